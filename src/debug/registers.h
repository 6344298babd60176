// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of a processor as a debugger sees them: rows in the order of their numbers, by feature of gdb's target
// description (gdb manual, appendix G). registers_x86_64.c and registers_aarch64.c each fill in one struct debug_family.
#ifndef DEBUG_REGISTERS_H
#define DEBUG_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcpu/vcpu.h"

#define DEBUG_REGISTER_BYTES 16 // of the widest

struct debug_register {
    const char *name; // of one, or of a run without its number: "xmm" for xmm0 to xmm15
    const char *type; // of the description
    uint8_t size;     // bytes
    uint8_t count;    // 0: one
    uint8_t kind;     // the family's own: how it is reached
    uint16_t field;   // offset in the CPU, or a number, as the kind says
    uint64_t mask;    // bits that a write changes; 0: it can only be read
};

struct debug_feature {
    const char *name;
    const char *types; // definitions that its rows use
    const struct debug_register *rows;
    unsigned count;
};

struct debug_family {
    const char *architecture;
    struct debug_feature features[4];
    unsigned feature_count;
    // How many of the features are sent as a whole; the others one register at a time.
    unsigned common_features;
    unsigned pc; // its number
    // What is shown in short: the first `rows` rows of the first feature, and of one more (`rows` 0: none).
    struct debug_short {
        uint8_t feature, rows;
    } in_short[2];
    // `index`: within the row's run. `value`: the row's size, little-endian.
    void (*read)(const struct vcpu *cpu, const struct debug_register *row, unsigned index, uint8_t *value);
    void (*write)(struct vcpu *cpu, const struct debug_register *row, unsigned index, const uint8_t *value);
};

extern const struct debug_family debug_x86_64, debug_aarch64;

// How many there are, and how many in the common features.
unsigned debug_register_count(const struct debug_family *family, bool common);

// The size of register `number` in bytes and its value; 0: there is none.
unsigned debug_register_read(const struct debug_family *family, const struct vcpu *cpu, unsigned number,
                             uint8_t value[DEBUG_REGISTER_BYTES]);
// The same, to change it; with `value` NULL only the size is told. *readonly: it was left as it is.
unsigned debug_register_write(const struct debug_family *family, struct vcpu *cpu, unsigned number,
                              const uint8_t *value, bool *readonly);

// The registers that are shown in short, four in a line: "rax=0000000000000001 rbx=...".
#define DEBUG_SHORT_TEXT 1400
void debug_registers_text(const struct debug_family *family, const struct vcpu *cpu, char text[DEBUG_SHORT_TEXT]);

// The target description, at most `size` bytes with the 0 at its end. False: it does not fit.
bool debug_describe(const struct debug_family *family, char *text, size_t size);

#endif

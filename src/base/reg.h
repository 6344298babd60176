// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register tables: one sorted row per register (or run of equal registers) in the order of the specification.
//
// The row drives guest access, names in traces, docs/registers.md and the mechanical tests (reset, write mask, widths).
// A row without functions is plain storage: `field` is its offset in the chip's struct.
#ifndef BASE_REG_H
#define BASE_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reg_width { REG_8 = 1, REG_16 = 2, REG_32 = 4, REG_64 = 8 }; // access sizes in bytes; or them together

struct reg {
    const char *name; // as in the manual
    uint32_t offset;
    uint32_t stride; // bytes from one to the next; 0 counts as one register
    uint32_t count;  // how many; 0 counts as 1
    uint8_t widths;  // sizes the architecture allows
    bool peek;       // reading has no side effect: debuggers and dumps may read it
    uint64_t reset;
    uint64_t mask; // bits a write can change; 0: read-only
    // `context` is the chip, or whatever its access function passes; `index` counts the registers of the row.
    uint64_t (*read)(void *context, unsigned index, uint64_t now);
    void (*write)(void *context, unsigned index, uint64_t value, uint64_t now);
};

// The row that holds `offset`, or NULL. `rows` is sorted by offset; O(log n).
const struct reg *reg_find(const struct reg *rows, unsigned count, uint32_t offset);

// Which register of the row `offset` is in, and the byte within it.
static inline unsigned reg_index(const struct reg *row, uint32_t offset)
{
    return row->stride ? (offset - row->offset) / row->stride : 0;
}

static inline unsigned reg_byte(const struct reg *row, uint32_t offset)
{
    return row->stride ? (offset - row->offset) % row->stride : offset - row->offset;
}

#endif

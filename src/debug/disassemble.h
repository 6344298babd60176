// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest code and host code as assembly, by Capstone, where the library was built with it; x86 in AT&T's syntax, as gdb and QEMU have it.
//
// The processors do not use it: what an instruction does is for src/vcpu/*/front alone to know.
#ifndef DEBUG_DISASSEMBLE_H
#define DEBUG_DISASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disassemble_mode {
    DISASSEMBLE_X86_16,
    DISASSEMBLE_X86_32,
    DISASSEMBLE_X86_64,
    DISASSEMBLE_A64,
    DISASSEMBLE_MODES
};

// That of the host; DISASSEMBLE_MODES: not known here.
#if defined(__x86_64__)
#define DISASSEMBLE_HOST DISASSEMBLE_X86_64
#elif defined(__aarch64__)
#define DISASSEMBLE_HOST DISASSEMBLE_A64
#else
#define DISASSEMBLE_HOST DISASSEMBLE_MODES
#endif

// That of code of 16, 32 or 64 bits; `arm`: A64.
static inline enum disassemble_mode disassemble_mode_of(bool arm, unsigned bits)
{
    if (arm)
        return DISASSEMBLE_A64;
    return bits == 64 ? DISASSEMBLE_X86_64 : bits == 32 ? DISASSEMBLE_X86_32 : DISASSEMBLE_X86_16;
}

#define DISASSEMBLE_TEXT 200 // of one instruction: a line, two for a long one of x86, each with its newline

// All 0: nothing is open yet. disassemble_free releases it, and makes it that again.
struct disassembler {
    size_t handles[DISASSEMBLE_MODES]; // Capstone's, opened when they are needed
};

// Was the library built with Capstone?
bool disassemble_is_built(void);

// The instruction at `code`, as its parts.
struct disassembled {
    size_t size; // bytes
    char mnemonic[32], operands[104];
};

// Of the code `size` bytes are there. What is no instruction, or is none that Capstone knows, is `.byte` or `.inst`, with `unknown`
// bytes, at least 1; for A64 4. False: `size` is 0 (for A64 less than 4), or Capstone is not there or has no memory.
bool disassemble(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address, const uint8_t *code,
                 size_t size, size_t unknown, struct disassembled *out);

// The same as a line: address, bytes, mnemonic, operands. Returns the bytes of the instruction, 0 where disassemble is false.
size_t disassemble_line(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address,
                        const uint8_t *code, size_t size, size_t unknown, char text[DISASSEMBLE_TEXT]);

void disassemble_free(struct disassembler *disassembler);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guests of a few instructions, made in place: a flat multiboot file that runs in 32-bit mode at 1 MiB.
#ifndef TESTS_MACHINE_X86_CODE_H
#define TESTS_MACHINE_X86_CODE_H

#include <stdint.h>
#include <string.h>

#include "machine/kernels.h"
#include "machine/tables/bytes.h"

enum { CODE_BASE = 0x100000, CODE_START = 32, CODE_SIZE = 4096 };

struct code {
    uint8_t bytes[CODE_SIZE];
    size_t size;
};

static inline void code_begin(struct code *code)
{
    memset(code, 0, sizeof *code);
    make_multiboot_header(code->bytes, 0x10000);
    put32(code->bytes + 12, CODE_BASE);
    put32(code->bytes + 16, CODE_BASE);
    put32(code->bytes + 20, CODE_BASE + CODE_SIZE);
    put32(code->bytes + 24, CODE_BASE + CODE_SIZE);
    put32(code->bytes + 28, CODE_BASE + CODE_START);
    code->size = CODE_START;
}

static inline void code_add(struct code *code, const void *bytes, size_t size)
{
    memcpy(code->bytes + code->size, bytes, size);
    code->size += size;
}

#define CODE(code, ...)                                                                                                \
    do {                                                                                                               \
        const uint8_t code_bytes_[] = { __VA_ARGS__ };                                                                 \
        code_add((code), code_bytes_, sizeof code_bytes_);                                                             \
    } while (0)

// mov dx, port; mov al, value; out dx, al
static inline void code_out8(struct code *code, uint16_t port, uint8_t value)
{
    CODE(code, 0x66, 0xba, (uint8_t)port, (uint8_t)(port >> 8), 0xb0, value, 0xee);
}

// mov dx, port; mov ax, value; out dx, ax
static inline void code_out16(struct code *code, uint16_t port, uint16_t value)
{
    CODE(code, 0x66, 0xba, (uint8_t)port, (uint8_t)(port >> 8), 0x66, 0xb8, (uint8_t)value, (uint8_t)(value >> 8), 0x66,
         0xef);
}

// mov dx, port; in al, dx
static inline void code_in8(struct code *code, uint16_t port)
{
    CODE(code, 0x66, 0xba, (uint8_t)port, (uint8_t)(port >> 8), 0xec);
}

// cli; again: hlt; jmp again
static inline void code_halt(struct code *code)
{
    CODE(code, 0xfa, 0xf4, 0xeb, 0xfd);
}

#endif

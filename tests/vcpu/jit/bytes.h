// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What was emitted, as Capstone reads it, where that is built in.
#ifndef TESTS_VCPU_JIT_BYTES_H
#define TESTS_VCPU_JIT_BYTES_H

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef INTACT_CAPSTONE
#include <capstone/capstone.h>

static inline csh opened(bool arm64)
{
    static csh handle[2];
    if (!handle[arm64] &&
        cs_open(arm64 ? CS_ARCH_ARM64 : CS_ARCH_X86, arm64 ? CS_MODE_LITTLE_ENDIAN : CS_MODE_64, &handle[arm64]))
        cr_assert(false, "Capstone does not open");
    return handle[arm64];
}

// All instructions as text, "mov rax, rbx; ret".
static inline size_t text_of(bool arm64, const uint8_t *bytes, size_t size, char *text, size_t room)
{
    cs_insn *instructions;
    size_t count = cs_disasm(opened(arm64), bytes, size, 0x1000, 0, &instructions), done = 0, length = 0;
    text[0] = 0;
    for (size_t i = 0; i < count; i++) {
        done += instructions[i].size;
        if (length < room)
            length +=
                (size_t)snprintf(text + length, room - length, "%s%s%s%s", i ? "; " : "", instructions[i].mnemonic,
                                 instructions[i].op_str[0] ? " " : "", instructions[i].op_str);
    }
    if (count)
        cs_free(instructions, count);
    return done;
}

// Version 5 writes more aliases for arm64 than the texts of the tests have.
static inline bool has_disassembler(bool arm64)
{
    return !arm64 || CS_API_MAJOR == 4;
}
#else
static inline size_t text_of(bool arm64, const uint8_t *bytes, size_t size, char *text, size_t room)
{
    (void)arm64, (void)bytes, (void)room;
    text[0] = 0;
    return size;
}

static inline bool has_disassembler(bool arm64)
{
    (void)arm64;
    return false;
}
#endif

// They are whole instructions of this host.
static inline void check_bytes(const uint8_t *bytes, size_t size)
{
    static char text[65536];
#ifdef __aarch64__
    const bool arm64 = true;
#else
    const bool arm64 = false;
#endif
    size_t done = text_of(arm64, bytes, size, text, sizeof text);
    cr_assert(done == size, "%zu of %zu bytes are instructions: %s", done, size, text);
}

#endif

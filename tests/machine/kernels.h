// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Small kernels of every format, made in memory.
#ifndef TESTS_MACHINE_KERNELS_H
#define TESTS_MACHINE_KERNELS_H

#include <stdint.h>
#include <string.h>

#include "machine/tables/bytes.h"

enum { BZIMAGE_SIZE = 8 * 512 };

// One setup sector and the boot sector, then a payload whose bytes count up; its load address is 2 MiB.
static inline void make_bzimage(uint8_t file[BZIMAGE_SIZE])
{
    memset(file, 0, BZIMAGE_SIZE);
    file[0x1f1] = 1;
    put32(file + 0x1f4, (BZIMAGE_SIZE - 1024) / 16);
    put16(file + 0x1fe, 0xaa55);
    file[0x200] = 0xeb;
    file[0x201] = 0x6a;
    memcpy(file + 0x202, "HdrS", 4);
    put16(file + 0x206, 0x20f);
    file[0x211] = 1;
    put32(file + 0x22c, 0x7fffffff);
    put32(file + 0x230, 0x200000);
    file[0x234] = 1;
    put16(file + 0x236, 1);
    put32(file + 0x238, 2047);
    put64(file + 0x258, 0x200000);
    put32(file + 0x260, 0x100000);
    for (unsigned i = 1024; i < BZIMAGE_SIZE; i++)
        file[i] = (uint8_t)i;
}

enum { ELF_SIZE = 4096 };

struct test_segment {
    uint32_t type;
    uint32_t offset;
    uint64_t address;
    uint64_t file_size, memory_size;
};

// An ELF file with these segments; the bytes from 1024 on count up.
static inline void make_elf(uint8_t file[ELF_SIZE], int is64, uint64_t entry, const struct test_segment *segments,
                            unsigned count)
{
    memset(file, 0, ELF_SIZE);
    memcpy(file, "\177ELF", 4);
    file[4] = is64 ? 2 : 1;
    file[5] = 1;
    file[6] = 1;
    put16(file + 16, 2);
    put16(file + 18, is64 ? 62 : 3);
    put32(file + 20, 1);
    if (is64) {
        put64(file + 24, entry);
        put64(file + 32, 64);
        put16(file + 54, 56);
        put16(file + 56, (uint16_t)count);
    } else {
        put32(file + 24, (uint32_t)entry);
        put32(file + 28, 52);
        put16(file + 42, 32);
        put16(file + 44, (uint16_t)count);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct test_segment *s = &segments[i];
        uint8_t *at = file + (is64 ? 64 + 56 * i : 52 + 32 * i);
        put32(at, s->type);
        if (is64) {
            put64(at + 8, s->offset);
            put64(at + 16, s->address);
            put64(at + 24, s->address);
            put64(at + 32, s->file_size);
            put64(at + 40, s->memory_size);
        } else {
            put32(at + 4, s->offset);
            put32(at + 8, (uint32_t)s->address);
            put32(at + 12, (uint32_t)s->address);
            put32(at + 16, (uint32_t)s->file_size);
            put32(at + 20, (uint32_t)s->memory_size);
        }
    }
    for (unsigned i = 1024; i < ELF_SIZE; i++)
        file[i] = (uint8_t)i;
}

// The Xen note PHYS32_ENTRY with a 32-bit contents, 20 bytes.
static inline void make_pvh_note(uint8_t *at, uint32_t entry)
{
    put32(at, 4);
    put32(at + 4, 4);
    put32(at + 8, 18);
    memcpy(at + 12, "Xen", 4);
    put32(at + 16, entry);
}

// A multiboot header of three words, or of eight with the addresses.
static inline void make_multiboot_header(uint8_t *at, uint32_t flags)
{
    put32(at, 0x1badb002);
    put32(at + 4, flags);
    put32(at + 8, 0u - 0x1badb002u - flags);
}

#endif

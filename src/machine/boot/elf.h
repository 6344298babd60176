// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ELF executables, 32- and 64-bit, little-endian: header checks, segments and notes. Everything is bounded by the file.
#ifndef MACHINE_BOOT_ELF_H
#define MACHINE_BOOT_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/error.h"
#include "machine/boot/image.h"

#define ELF_SEGMENT_LIMIT 64 // program headers we look at; a kernel has about five

enum { ELF_MACHINE_386 = 3, ELF_MACHINE_X86_64 = 62, ELF_MACHINE_AARCH64 = 183 };

enum elf_family { ELF_X86, ELF_AARCH64 };

struct elf_segment {
    uint32_t type;
    uint64_t offset, address, file_size, memory_size; // `address` is physical (p_paddr)
    uint64_t virtual_address;                         // p_vaddr
};

struct elf {
    bool is64;
    uint16_t machine;
    uint64_t entry; // e_entry, physical or virtual, depending on the kernel
    struct elf_segment segment[ELF_SEGMENT_LIMIT];
    unsigned count;
    uint64_t lowest, highest; // the loaded range, [lowest, highest)
};

bool elf_is(const struct image *image);

// Checks that the file is for the machine and fills `elf`: every segment lies in the file, has no more bytes in the
// file than in memory, ends below 2^52, and no two overlap in memory. 0 or -EINVAL with a line.
int elf_parse(const struct image *image, enum elf_family family, struct elf *elf, struct error *error);

// The entry's physical address: where its segment is loaded, for a file whose entry is a virtual address.
uint64_t elf_physical_entry(const struct elf *elf);

// Is it PT_LOAD?
bool elf_is_loaded(const struct elf_segment *segment);

// Copies the PT_LOAD segments to their physical addresses and zeroes the rest of each.
int elf_load(const struct image *image, const struct elf *elf, struct bus *memory, struct error *error);

// The contents of the note `type` of owner `name` in a PT_NOTE segment; NULL: there is none. `size` is set.
const uint8_t *elf_note(const struct image *image, const struct elf *elf, const char *name, uint32_t type,
                        uint32_t *size);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Booting a PC without firmware: input of its loaders, and the state of the first processor that they return.
//
// One format per file: linux_x86.c (bzImage), multiboot.c, pvh.c, firmware_image.c (-bios), all use elf.c, load_image.c
// and guest_memory.c; boot_x86.c tries them in turn. Loaders write guest RAM and nothing else; pc_start.c applies
// boot_x86_state to vCPU 0.
#ifndef MACHINE_BOOT_BOOT_X86_H
#define MACHINE_BOOT_BOOT_X86_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/error.h"
#include "machine/boot/boot.h"

// Fixed places in the first 640 KiB. The guest may use all of it as RAM; it copies what it needs early.
enum {
    BOOT_X86_GDT = 0x500,
    BOOT_X86_INFO = 0x7000,        // Linux's zero page, hvm_start_info or the multiboot information
    BOOT_X86_PAGE_TABLES = 0x9000, // PML4, PDPT and four page directories: the first 4 GiB
    BOOT_X86_TABLES_END = 0xf000,
    BOOT_X86_COMMAND_LINE = 0x20000,
    BOOT_X86_COMMAND_LINE_LIMIT = 0x10000, // with the closing NUL
};

enum memory_type { MEMORY_USABLE = 1, MEMORY_RESERVED = 2, MEMORY_ACPI = 3 }; // E820 types, ACPI 6.5 table 15.4

struct memory_range {
    uint64_t base, size;
    enum memory_type type;
};

#define MEMORY_RANGE_LIMIT 16

// Sorted, not overlapping: E820, the multiboot map and the PVH map are all made from it.
struct memory_map {
    struct memory_range range[MEMORY_RANGE_LIMIT];
    unsigned count;
};

struct boot_x86_request {
    struct boot_kernel kernel;
    const char *initrd, *append, *bios; // paths and text, NULL: not given
    bool firmware;                      // it starts, from `bios` or from flash that the board has filled
    struct image_store *files;          // keeps the files that were read; may be NULL
    struct bus *memory;
    struct memory_map map;
    uint64_t ram_below_4g; // end of the RAM that starts at 1 MiB
    uint64_t rsdp;         // where the ACPI tables start
};

enum boot_x86_mode {
    BOOT_X86_REAL,      // at the reset vector, all registers as after reset
    BOOT_X86_PROTECTED, // flat 32-bit segments, paging off
    BOOT_X86_LONG,      // 64-bit, identity mapped
};

// CS is a flat code segment and all others flat data segments of this selector; in BOOT_X86_REAL only `mode` is used.
struct boot_x86_state {
    enum boot_x86_mode mode;
    uint64_t rip, rsp, rsi, rbx, rax;
    uint64_t cr0, cr3, cr4, efer;
    uint64_t gdt_base;
    uint16_t gdt_limit;
    uint16_t cs, ds;
};

// Loads what `request` names and fills `state`. 0, or a negative errno with one line in `error`.
int boot_x86_load(const struct boot_x86_request *request, struct boot_x86_state *state, struct error *error);

// --- For the loaders -------------------------------------------------------------------------------------------------

enum { BOOT_X86_MODULES = 32 }; // that a multiboot kernel can have

// Is -initrd a list of modules for this kernel, and no name of a file? False also if it cannot be read.
bool boot_x86_takes_modules(const struct boot_kernel *kernel);
// Cuts the first module off the list "file1 its arguments,file2 its arguments". NULL after the last.
char *boot_x86_next_module(char **list);
// How much of a module is the path of its file.
size_t boot_x86_module_path(const char *module);

// Room for a ramdisk or module: `size` bytes, page aligned, as high as `limit` (exclusive) and the RAM below 4 GiB
// allow and not below `floor`. 0: there is none.
uint64_t boot_x86_place_high(const struct boot_x86_request *request, uint64_t size, uint64_t floor, uint64_t limit);

// The command line with its NUL to BOOT_X86_COMMAND_LINE; at most `limit` bytes of text.
int boot_x86_put_command_line(const struct boot_x86_request *request, uint64_t limit, struct error *error);

// How many bytes the boot sector and the setup code of a bzImage take up. 0: the image is none, or ends within them.
size_t linux_x86_setup(const struct image *image);

// For a firmware that starts it at its 16-bit entry point, with the setup code copied to `setup` (a multiple of 16 below 1 MiB).
// Writes into the setup header what a boot loader does ("Details of Header Fields"); `ramdisk` of 0 bytes: none.
void linux_x86_prepare(struct image *image, uint32_t setup, uint32_t command_line, uint32_t ramdisk, uint32_t size);
// Where the ramdisk is by that header; and the first address that it may not reach.
uint32_t linux_x86_ramdisk(const struct image *image);
uint64_t linux_x86_ramdisk_limit(const struct image *image);

// Entry states with a GDT at BOOT_X86_GDT; the long one also writes the identity map.
int boot_x86_enter_protected(const struct boot_x86_request *request, struct boot_x86_state *state, uint32_t entry,
                             struct error *error);
int boot_x86_enter_long(const struct boot_x86_request *request, struct boot_x86_state *state, uint64_t entry,
                        struct error *error);

// Whether the image is a file of that kind.
bool linux_x86_is(const struct image *image);
int linux_x86_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
                   struct error *error);
bool multiboot_is(const struct image *image);
int multiboot_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
                   struct error *error);
int pvh_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
             struct error *error);
int firmware_image_load(const struct boot_x86_request *request, struct boot_x86_state *state, struct error *error);

#endif

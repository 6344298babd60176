// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Booting an Arm machine: input of its loaders, and the state of the first processor.
//
//     RAM base                       device tree  for firmware, which runs in flash, and below an ELF file if it fits there
//     RAM base + 80000h or 200000h   kernel       linux_arm64.c: Image, or raw code; an ELF file at its own addresses
//     next 2 MiB boundary            device tree  otherwise
//     2 MiB above                    ramdisk
//
// The tree takes up at most 1 MiB, and its address goes to x0.
#ifndef MACHINE_BOOT_BOOT_ARM64_H
#define MACHINE_BOOT_BOOT_ARM64_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/error.h"
#include "machine/boot/boot.h"
#include "machine/tables/fdt.h"

#define BOOT_ARM64_TREE_LIMIT (UINT64_C(1) << 20)

struct boot_arm64_request {
    struct boot_kernel kernel;
    const char *initrd;        // a path, NULL: none
    struct image_store *files; // keeps the files that were read; may be NULL
    bool firmware;             // there is a firmware in flash, and nothing else is loaded
    uint64_t firmware_entry;   // where
    struct bus *memory;
    struct fdt_description *tree; // complete except the ramdisk, which the loader fills in
};

// EL1, MMU and interrupts off, x1 to x3 zero (Linux, Documentation/arm64/booting.rst).
struct boot_arm64_state {
    uint64_t entry;
    uint64_t tree; // x0
};

// Loads what `request` names. 0, or a negative errno with one line in `error`.
int boot_arm64_load(const struct boot_arm64_request *request, struct boot_arm64_state *state, struct error *error);

// The address and size of a kernel, with the memory after its last byte (.bss).
struct boot_arm64_place {
    uint64_t base, size, entry;
};

// linux_arm64.c
int linux_arm64_place(const struct image *image, const struct fdt_window *memory, struct boot_arm64_place *place,
                      struct error *error);

#endif

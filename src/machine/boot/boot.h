// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Booting without firmware, the part that all machines share: reading the kernel, and error lines.
//
//     boot_x86.h    bzImage, multiboot, PVH, firmware
//     boot_arm64.h  Image, ELF, raw code, firmware
#ifndef MACHINE_BOOT_BOOT_H
#define MACHINE_BOOT_BOOT_H

#include <stddef.h>

#include "base/error.h"
#include "machine/boot/image.h"

#define BOOT_KERNEL_LIMIT (UINT64_C(1) << 30) // bytes of a kernel, unpacked

// A kernel: the `size` bytes at `data`, or if that is NULL the file `name`. NULL for both: none.
struct boot_kernel {
    const char *name;
    const void *data;
    size_t size;
    bool zboot; // unpack an EFI zboot file, instead of using the EFI program that does
};

// zboot.c: replaces an EFI zboot file by the kernel in it; does not change others, except that other EFI programs are
// refused, since they need a firmware. 0, or a negative errno with a line in `error`.
int zboot_unpack(struct image *image, const char *name, struct error *error);

// Reads it and unpacks gzip; `store` keeps the result and may be NULL. `image` is to be released in either case. 0, or a
// negative errno with one line in `error`, also when no kernel is named.
int boot_read_kernel(const struct boot_kernel *kernel, struct image_store *store, struct image *image,
                     struct error *error);

// After a loader has refused the kernel: puts its name in front of the line, unless that names another option.
void boot_name_kernel(const char *name, struct error *error);

#endif

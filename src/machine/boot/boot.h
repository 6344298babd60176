// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Booting without firmware, as far as it is the same for every family: the kernel's bytes, and the line when it is refused.
//
//     boot_x86.h    bzImage, multiboot, PVH, firmware
//     boot_arm64.h  Image, ELF, raw code, firmware
#ifndef MACHINE_BOOT_BOOT_H
#define MACHINE_BOOT_BOOT_H

#include <stddef.h>

#include "base/error.h"
#include "machine/boot/image.h"

// The kernel `name`: the `size` bytes at `data`, or if that is NULL the file; unpacked. `image` is to be released in
// either case. 0, or a negative errno with one line in `error`, also when no kernel is named.
int boot_read_kernel(const char *name, const void *data, size_t size, struct image *image, struct error *error);

// A loader has refused the kernel: its name goes in front of the line, unless that names another option.
void boot_name_kernel(const char *name, struct error *error);

#endif

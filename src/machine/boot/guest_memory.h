// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Writes of loaders to guest RAM, with an error line if they fail.
#ifndef MACHINE_BOOT_GUEST_MEMORY_H
#define MACHINE_BOOT_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/error.h"

// Copies `size` bytes to `address`. -ENOMEM with a line naming `what` and the range when it is not RAM.
int guest_put(struct bus *bus, const char *what, uint64_t address, const void *data, size_t size, struct error *error);

// Zeroes the range in the same way. Pages that are zero already are not written, so that a large .bss needs no host
// memory.
int guest_zero(struct bus *bus, const char *what, uint64_t address, uint64_t size, struct error *error);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest RAM as the host sees it: a large range of zeroes that costs nothing until it is touched.
#ifndef MACHINE_BOARD_HOST_MEMORY_H
#define MACHINE_BOARD_HOST_MEMORY_H

#include <stdint.h>

// Returns `size` bytes of zeroes, aligned to a page, or NULL when the host refuses. The host allocates pages when they
// are first written.
uint8_t *host_memory_reserve(uint64_t size);

// Makes all of it zeroes again, as new: pages that were written to are given back to the host.
void host_memory_clear(uint8_t *memory, uint64_t size);

// Frees what host_memory_reserve returned. `memory` may be NULL.
void host_memory_release(uint8_t *memory, uint64_t size);

#endif

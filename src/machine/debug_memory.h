// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Memory as a debugger reads and writes it, between two runs: no flag of a page table changes, and no device notices.
#ifndef MACHINE_DEBUG_MEMORY_H
#define MACHINE_DEBUG_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;

// At an address that processor `cpu`'s kernel reaches by its tables, or a physical one. False: some byte of the range is
// not RAM (for a read, nor ROM), or not mapped; what is before it was copied.
bool debug_memory_read(struct board *board, unsigned cpu, bool physical, uint64_t address, void *data, size_t size);
// As many of `size` bytes as there are, and how many they were.
size_t debug_memory_read_some(struct board *board, unsigned cpu, bool physical, uint64_t address, void *data,
                              size_t size);
bool debug_memory_write(struct board *board, unsigned cpu, bool physical, uint64_t address, const void *data,
                        size_t size);

#endif

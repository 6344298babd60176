// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a log tells (<intact/log.h>): items by name, and the addresses of code that they are about.
#ifndef MACHINE_LOG_ITEMS_H
#define MACHINE_LOG_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/error.h>

#define LOG_RANGES 64

enum log_item {
    LOG_IN_ASM = 1 << 0,
    LOG_EXEC = 1 << 1,
    LOG_CPU = 1 << 2,
    LOG_GUEST_ERRORS = 1 << 3,
    LOG_UNIMP = 1 << 4,
    LOG_JIT = 1 << 5,
    LOG_OP = 1 << 6,
    LOG_OUT_ASM = 1 << 7,
};

struct log_wish {
    unsigned items;  // LOG_ bits
    uint64_t events; // of a trace: INTACT_TRACE_BIT
    unsigned range_count;
    struct log_range {
        uint64_t first, last;
    } ranges[LOG_RANGES]; // of code; none: all of it
};

// The name of item `index` ("trace:PATTERN" for any such) and what it tells; NULL: there are not so many.
const char *log_item_name(unsigned index, const char **about);

// Adds what the list names, or a list of ranges; NULL: nothing. 0; -EINVAL, or -ENOTSUP, with a line in `why`.
int log_wish_items(struct log_wish *wish, const char *list, char why[INTACT_ERROR_SIZE]);
int log_wish_ranges(struct log_wish *wish, const char *list, char why[INTACT_ERROR_SIZE]);

// Is one of the `size` bytes of code in the ranges?
bool log_wish_covers(const struct log_wish *wish, uint64_t address, uint64_t size);

#endif

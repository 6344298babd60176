// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lines for people: where the machines print what the monitor shows of them. See struct board_chip.
#ifndef MACHINE_BOARD_PRINTER_H
#define MACHINE_BOARD_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTER_TEXT 1200 // bytes of one call, with a 0 at its end

struct printer {
    void (*print)(void *owner, const char *text);
    void *owner;
};

void printer_say(const struct printer *printer, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A register's value as Intel's manuals write it: of 8 bits "31h", of 32 "0001_0031h", of 64 with four groups.
struct printer_value {
    char text[24];
};
struct printer_value printer_value(uint64_t value, unsigned bits);
#define HEX8(value)  printer_value((value), 8).text
#define HEX32(value) printer_value((value), 32).text
#define HEX64(value) printer_value((value), 64).text

// The names of what drives a wire, with `before` in front of them and `after` behind: " (com1.irq)"; nothing: "".
struct route;
void printer_drivers(const struct route *route, uint32_t gsi, const char *before, const char *after, char *text,
                     size_t size);

// A line "label: 31h, 41h-43h", or with "none": the members of a set of `bits` at most 256, a multiple of 64; `hex` or decimal.
void printer_set(const struct printer *printer, const char *label, const uint64_t *words, unsigned bits, bool hex);

#endif

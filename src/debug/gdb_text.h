// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The parts of a packet: what is left of the one being read, and the answer being written.
#ifndef DEBUG_GDB_TEXT_H
#define DEBUG_GDB_TEXT_H

#include "debug/gdb.h"

// What is left of a packet's data.
struct scan {
    const uint8_t *at, *end;
};

// Is the next one `text`? Then it is passed.
bool scan_text(struct scan *scan, const char *text);
// A number in hexadecimal of at most 16 digits. False: there is none.
bool scan_hex(struct scan *scan, uint64_t *value);
// Two digits.
bool scan_byte(struct scan *scan, uint8_t *value);
// A byte of binary data, without its escape.
bool scan_binary(struct scan *scan, uint8_t *value);

// An answer is one packet: begun, filled, ended. What does not fit makes it empty, which says "not supported".
void answer_begin(struct gdb *gdb);
void answer_text(struct gdb *gdb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void answer_hex(struct gdb *gdb, const void *bytes, size_t size);
void answer_binary(struct gdb *gdb, const void *bytes, size_t size);
void answer_end(struct gdb *gdb);

// A whole packet.
void answer(struct gdb *gdb, const char *text);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace events in words.
#ifndef OBSERVE_EVENT_TEXT_H
#define OBSERVE_EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#define EVENT_TEXT_SIZE INTACT_TRACE_TEXT

// Writes what happened, without its time, into `out`: "IOAPIC sees pin 2 go high". `arm`: in a machine with a GIC.
void event_text(bool arm, const struct intact_trace_event *event, char *out, size_t size);

// Writes which raise the event belongs to: "#12", or "#12x3" if three raises have become one; "-": unknown, or none.
void event_cause_text(const struct intact_trace_event *event, char *out, size_t size);

// The same as a line of a trace's text (docs/tracing.md), without an end of line: instructions, seconds, cause, processor, and
// what happened.
#define EVENT_LINE_SIZE (EVENT_TEXT_SIZE + 128)
void event_line(bool arm, const struct intact_trace_event *event, char *out, size_t size);
// What its columns are.
void event_line_head(char *out, size_t size);

// A number with separators, "1,204,331".
void count_text(uint64_t number, char *out, size_t size);

// The names of the bits of a processor's pending word, "INTR, NMI"; "nothing" for 0.
#define PENDING_BITS 7
extern const char *const pending_bits[PENDING_BITS];
void pending_text(uint64_t word, char *out, size_t size);

// The delivery mode of a local APIC's interrupt: "fixed", "lowest priority", ...
const char *delivery_text(uint64_t mode);
// The destination shorthand of ICR, Intel SDM volume 3, 11.6.1: "none", "self", "all", "others".
const char *shorthand_text(uint64_t shorthand);

// What the reason of a DROP is, and what its b and c are then; NULL: nothing.
struct drop {
    uint64_t reason;
    const char *text, *b, *c;
};
// NULL: an unknown reason.
const struct drop *drop_of(uint64_t reason);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace events in words.
#ifndef CLI_TRACE_TEXT_H
#define CLI_TRACE_TEXT_H

#include <stddef.h>

#include <intact/machine.h>

// Writes what happened in a machine of `type`, without its time, into `out`: "8259A sees IRQ 0 rise".
void trace_text(enum intact_machine_type type, const struct intact_trace_event *event, char *out, size_t size);

// Writes which raise the event belongs to: "#12", or "#12x3" if three raises have become one; "-": unknown, or none.
void trace_cause_text(const struct intact_trace_event *event, char *out, size_t size);

#endif

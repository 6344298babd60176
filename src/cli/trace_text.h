// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace events in words.
#ifndef CLI_TRACE_TEXT_H
#define CLI_TRACE_TEXT_H

#include <stddef.h>

#include <intact/machine.h>

// The events that belong to an interrupt's way.
#define TRACE_TEXT_INTERRUPTS                                                                                          \
    (1u << INTACT_TRACE_LINE | 1u << INTACT_TRACE_TRIGGER | 1u << INTACT_TRACE_ROUTE | 1u << INTACT_TRACE_MESSAGE |    \
     1u << INTACT_TRACE_PIN | 1u << INTACT_TRACE_ACCEPT | 1u << INTACT_TRACE_PENDING | 1u << INTACT_TRACE_TAKE |       \
     1u << INTACT_TRACE_EOI | 1u << INTACT_TRACE_IPI | 1u << INTACT_TRACE_TIMER | 1u << INTACT_TRACE_MISTAKE |         \
     1u << INTACT_TRACE_DROP | 1u << INTACT_TRACE_ACK)

// Writes what happened in a machine of `type`, without its time, into `out`: "8259A sees IRQ 0 rise".
void trace_text(enum intact_machine_type type, const struct intact_trace_event *event, char *out, size_t size);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace taps: the stations of an interrupt's path, told as they are passed. One tap serves the demo's narration, the
// trace ring, transcripts in tests and counters.
//
// Chips do not trace: they return what happened, and count guest mistakes in themselves. The wiring files (route.c,
// x86_irq.c, arm_irq.c), the loop and the machine call TRACE. With no tap set the cost is one load and one test.
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

enum trace_id {
    TRACE_LINE,    // a device moved a line:            a = gsi, b = level
    TRACE_TRIGGER, // a group was triggered:            a = first source id, b = index
    TRACE_ROUTE,   // a GSI reached a pin or a message: a = gsi, b = chip, c = pin
    TRACE_MESSAGE, // a message was decoded:            a = address, b = data, c = device id
    TRACE_PIN,     // a chip saw a pin move:            a = chip (enum of the family), b = pin, c = level
    TRACE_ACCEPT,  // a per-CPU receiver accepted:      a = vector or INTID, b = trigger/delivery mode
    TRACE_PENDING, // settle changed a CPU's word:      a = new word, b = old word
    TRACE_TAKE,    // the CPU took it:                  a = vector; Arm: PENDING_IRQ or _FIQ, b = guest PC before
    TRACE_EOI,     // an EOI reached a chip:            a = vector or INTID, b = chip, c = pin
    TRACE_IPI,     // an interprocessor interrupt:      a = destination, b = mode, c = vector or INTID
    TRACE_TIMER,   // a timer fired:                    a = deadline
    TRACE_ACCESS,  // a device register access:         a = address, b = value, c = size | write << 8
    TRACE_MISTAKE, // the guest broke a rule:           a = chip, b = mistake (enum of the chip), c = value
    TRACE_DROP,    // nobody took it:                   a = reason, b, c as the wiring says
    TRACE_ACK,     // Arm, the handler read IAR:        a = INTID, b = group (enum gic_group)
    TRACE_IDS
};

#define TRACE_NO_CPU UINT32_MAX

struct trace_event {
    enum trace_id id;
    uint32_t vcpu;         // or TRACE_NO_CPU
    uint64_t now;          // ns
    uint64_t instructions; // executed by the machine so far
    uint64_t a, b, c;
};

struct trace {
    uint64_t wanted; // BIT64(id) of what the tap wants
    void (*tap)(void *owner, const struct trace_event *event);
    void *owner;
    // Filled in by the loop: where we are. NULL in programs that embed the chips alone.
    void (*stamp)(void *owner, struct trace_event *event);
    void *stamp_owner;
};

const char *trace_name(enum trace_id id);
void trace_emit(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c);

// `trace` may be NULL.
#define TRACE(trace, id, vcpu, a, b, c)                                                                                \
    do {                                                                                                               \
        if (unlikely((trace) && ((trace)->wanted & BIT64(id))))                                                        \
            trace_emit((trace), (id), (vcpu), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));                            \
    } while (0)

#endif

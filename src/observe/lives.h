// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lives of interrupts: for each cause what raised it and when; and which interrupts are being handled at each processor.
//
// Memory: an entry for each cause that has come, since nothing says which will not come again (a level is sent again after its
// end with the same cause).
#ifndef OBSERVE_LIVES_H
#define OBSERVE_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#include "observe/name_table.h"

struct moment {
    uint64_t instructions, time;
};

// --- Causes ----------------------------------------------------------------------------------------------------------

struct life {
    uint64_t cause;       // 0: a free place
    uint32_t name;        // of what raised it, a number of `names`
    bool level;           // a line, or a chip's pin, raised it
    bool complete;        // it was raised after the trace began
    bool arrow;           // export_chrome.c: an arrow has begun and not ended
    struct moment raised; // the first event; of a level that is sent again, its last end
};

struct lives {
    bool arm; // as in struct export_machine
    struct name_table names;
    struct life *life; // a hash table by cause
    size_t count, room;
};

// The life that `event` belongs to; the first event of a cause makes it. NULL: the event belongs to none, or *failed is
// -ENOMEM now. It stays where it is until the next call.
struct life *lives_event(struct lives *lives, const struct intact_trace_event *event, int *failed);
void lives_free(struct lives *lives);

// The name of what raised the interrupt of an event that is the first of its cause: its source, or else the most that the
// event says: "GSI 4", "gic0.intid27", "vector 31h".
void source_text(bool arm, const struct intact_trace_event *event, char *out, size_t size);

// --- Handlers --------------------------------------------------------------------------------------------------------

// An interrupt from its delivery to its end.
struct delivery {
    uint64_t cause;
    uint64_t interrupt; // vector or INTID
    uint32_t cpu;
    uint32_t depth; // 0, or how many of the same processor it found unfinished, or a number below that is free again
    struct moment begun;
};

struct deliveries {
    bool arm;
    uint32_t cpus;
    struct delivery *open;
    size_t count, room;
    struct delivery *exception; // Arm, of each processor: the last exception; the handler has not read IAR yet
};

enum delivery_step { DELIVERY_NONE, DELIVERY_BEGINS, DELIVERY_ENDS };

// 0 or -ENOMEM.
int deliveries_init(struct deliveries *deliveries, bool arm, uint32_t cpus);
// Whether `event` begins or ends the delivery *of. It begins with TAKE on x86; on Arm with the exception, which is known to be
// of this interrupt when the handler has read IAR: the step comes with ACK, and `begun` is the exception's moment if it was
// taken for the same interrupt. It ends with the EOI at the processor's chip, or at the 8259A. What has no EOI (an NMI) begins
// and never ends; one that is taken again without an EOI replaces the former. *failed: -ENOMEM.
enum delivery_step deliveries_event(struct deliveries *deliveries, const struct intact_trace_event *event,
                                    struct delivery *of, int *failed);
// The one that began last at `cpu`; NULL: none.
const struct delivery *deliveries_last(const struct deliveries *deliveries, uint32_t cpu);
void deliveries_free(struct deliveries *deliveries);

static inline struct moment moment_of(const struct intact_trace_event *event)
{
    return (struct moment){ event->instructions, event->time };
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Stops on events of an interrupt's path, on accesses of devices, and on writes to physical memory: "raise:4",
// "deliver:0x31", "write:0xfee000b0". The texts are those of <intact/debug.h>.
//
// Most of them are found by an observer of the trace, which exists while there are any. Memory is watched page by page, by
// the TLBs (vcpu/stops.h); what the guest prints is compared with the texts. None of it changes the run.
#ifndef MACHINE_STOP_EVENTS_H
#define MACHINE_STOP_EVENTS_H

#include <intact/trace.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "machine/board/outside.h"
#include "vcpu/loop.h"

struct board;

enum { EVENTS_LIMIT = 64, EVENT_TEXT = 64 };

enum event_verb {
    EVENT_RAISE,
    EVENT_ACCEPT,
    EVENT_DELIVER,
    EVENT_ACKNOWLEDGE,
    EVENT_END,
    EVENT_READ,
    EVENT_WRITE,
    EVENT_IN,
    EVENT_OUT,
    EVENT_INSTRUCTION,
    EVENT_SAYS,
};

struct stop_event {
    enum event_verb verb;
    bool any;        // number
    bool memory;     // EVENT_WRITE to RAM
    uint32_t cpu;    // or STOP_NO_CPU: any
    uint64_t number; // GSI, vector, INTID, address, port, count of instructions, length of the text
    uint64_t size;   // bytes from the address or port on
    char text[EVENT_TEXT];
};

struct stop_events {
    struct board *board;
    struct intact_trace_observer observer;
    struct stop_event events[EVENTS_LIMIT];
    unsigned count;
    bool muted;                    // all of them are passed
    const struct stop_event *only; // the others are passed; NULL: none
    // The last one that stopped a run, and where; "" for none.
    char hit[EVENT_TEXT];
    struct loop_moment hit_at;
};

void stop_events_init(struct stop_events *events, struct board *board);

// The text of an EVENT_SAYS; and which events of the trace a verb needs on a machine. (stop_event_text.c)
const char *stop_event_words(const struct stop_event *event);
uint64_t stop_event_traced(enum event_verb verb, bool pc);

// Between two runs. -EINVAL with a line in `error`: `text` is not an event of this machine. Adding: -EEXIST, -ENOSPC, -ENOMEM.
int stop_events_parse(const struct stop_events *events, const char *text, struct stop_event *event,
                      struct error *error);
int stop_events_add(struct stop_events *events, const char *text, struct error *error);
// -ENOENT: there is none with this text.
int stop_events_remove(struct stop_events *events, const char *text);

// Between two runs: for now the runs stop for this event alone, whether it was added or not. NULL: for all again. -ENOMEM.
int stop_events_look_for(struct stop_events *events, const struct stop_event *event);

// The next EVENT_INSTRUCTION behind so many instructions; UINT64_MAX: there is none.
uint64_t stop_events_next(const struct stop_events *events, uint64_t instructions);
// The run was stopped there, by its limit: makes a stop of it.
void stop_events_reached(struct stop_events *events, uint64_t instructions);

// The run has ended with a stop for an event.
void stop_events_stopped(struct stop_events *events);
// Does the machine stand where `event` stopped it?
bool stop_events_is_at(const struct stop_events *events, const struct stop_event *event);

#endif

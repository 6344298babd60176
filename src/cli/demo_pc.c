// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's five interrupts (guests/demo/x86_64/demo.c): which events belong to each, and their texts.
#include <inttypes.h>
#include <stdio.h>

#include "cli/demo.h"
#include "guests/embedded.h"

enum { EXIT_PORT = 0xf4, PASSED = 33 };
enum { DELIVERY_FIXED = 0, PENDING_INTR_BIT = 1 };

// --- Which events are described --------------------------------------------------------------------------------------

// The 8259A and the IOAPIC see the same wire; with a local APIC's acceptance it was the IOAPIC that passed it on.
static bool pin_matters(const struct demo *demo, const struct intact_trace_event *event)
{
    return event->c && (event->a == INTACT_CHIP_IOAPIC) == demo_has(demo, INTACT_TRACE_ACCEPT);
}

// Rising edges and what follows from them, but not falling lines, and not the INIT and SIPI that start a processor.
static bool belongs(const struct demo *demo, const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_LINE: return event->b;
    case INTACT_TRACE_PIN: return pin_matters(demo, event);
    case INTACT_TRACE_PENDING: return event->a & ~event->b & PENDING_INTR_BIT;
    case INTACT_TRACE_IPI: return event->b == DELIVERY_FIXED;
    case INTACT_TRACE_ACCEPT: return event->a >= 16;
    default: return true;
    }
}

// The start of a processor comes before its first interrupt and would be described as part of it.
static unsigned begins(const struct demo *demo)
{
    unsigned begin = 0;
    for (unsigned i = 0; i < demo->count; i++)
        if (demo->events[i].id == INTACT_TRACE_IPI && demo->events[i].b != DELIVERY_FIXED)
            begin = i + 1;
    return begin;
}

// --- Texts -----------------------------------------------------------------------------------------------------------

static const char *chip(uint64_t number)
{
    return number == INTACT_CHIP_PIC ? "8259A" : number == INTACT_CHIP_IOAPIC ? "IOAPIC" : "local APIC";
}

// All pins that the wire leads to, in one line; 0: they were described with an earlier event.
static size_t tell_route(const struct demo *demo, unsigned at, char *out, size_t size)
{
    const struct intact_trace_event *event = &demo->events[at];
    for (unsigned i = 0; i < at; i++)
        if (demo->events[i].id == event->id && demo->events[i].a == event->a)
            return 0;
    size_t used = (size_t)snprintf(out, size, "wire %" PRIu64 " leads to pin %" PRIu64 " of the %s", event->a, event->c,
                                   chip(event->b));
    for (unsigned i = at + 1; i < demo->count && used < size; i++)
        if (demo->events[i].id == event->id && demo->events[i].a == event->a && demo->events[i].b != event->b)
            used += (size_t)snprintf(out + used, size - used, " and pin %" PRIu64 " of the %s", demo->events[i].c,
                                     chip(demo->events[i].b));
    return used;
}

// The station's number and name, and what happened there. Returns NULL if there is nothing to describe.
static const char *tell(const struct demo *demo, unsigned at, char *out, size_t size)
{
    const struct intact_trace_event *event = &demo->events[at];
    switch (event->id) {
    case INTACT_TRACE_LINE: snprintf(out, size, "raises its line, which is wire %" PRIu64, event->a); return "1 device";
    case INTACT_TRACE_TIMER:
        snprintf(out, size, "the timer in the local APIC of CPU %u is at zero", event->cpu);
        return "1 timer";
    case INTACT_TRACE_ROUTE: return tell_route(demo, at, out, size) ? "3 routing" : NULL;
    case INTACT_TRACE_MESSAGE:
        snprintf(out, size, "writes 0x%" PRIx64 " to address 0x%" PRIx64 ": an interrupt message", event->b, event->a);
        return "4 message";
    case INTACT_TRACE_PIN:
        snprintf(out, size, "the %s sees pin %" PRIu64 " rise%s", chip(event->a), event->b,
                 event->a == INTACT_CHIP_PIC ? ": it is not masked, so INT goes high"
                                             : " and sends what its entry says");
        return "5 chip";
    case INTACT_TRACE_IPI:
        snprintf(out, size, "CPU %u writes its ICR: vector 0x%" PRIx64 " to APIC %" PRIu64, event->cpu, event->c,
                 event->a);
        return "1 CPU";
    case INTACT_TRACE_ACCEPT:
        snprintf(out, size, "the local APIC of CPU %u accepts vector 0x%" PRIx64, event->cpu, event->a);
        return "5 chip";
    case INTACT_TRACE_PENDING: snprintf(out, size, "CPU %u: INTR in its pending word", event->cpu); return "6 settle";
    case INTACT_TRACE_TAKE:
        snprintf(out, size, "CPU %u leaves 0x%" PRIx64 " for the handler of vector 0x%" PRIx64, event->cpu, event->b,
                 event->a);
        return "8 taken";
    case INTACT_TRACE_EOI: snprintf(out, size, "the handler ends it: EOI to the %s", chip(event->b)); return "9 EOI";
    default: return NULL;
    }
}

// --- The machine -----------------------------------------------------------------------------------------------------

static void configure(struct intact_machine_config *config)
{
    config->kernel_data = demo_x86_64;
    config->kernel_size = demo_x86_64_size;
    config->debug_exit_port = EXIT_PORT;
    config->debug_exit_size = 4;
}

const struct demo_family demo_pc = {
    .introduction =
        "A guest of two processors runs on nothing but software, and takes an interrupt in five ways. Each line is\n"
        "a station of its path: the instruction count, how many came since it began, the station, what happens.",
    .mark = ": vector",
    .wanted = 1u << INTACT_TRACE_LINE | 1u << INTACT_TRACE_ROUTE | 1u << INTACT_TRACE_MESSAGE | 1u << INTACT_TRACE_PIN |
              1u << INTACT_TRACE_ACCEPT | 1u << INTACT_TRACE_PENDING | 1u << INTACT_TRACE_TAKE |
              1u << INTACT_TRACE_EOI | 1u << INTACT_TRACE_IPI | 1u << INTACT_TRACE_TIMER,
    .passed = PASSED,
    .configure = configure,
    .begins = begins,
    .belongs = belongs,
    .tell = tell,
};

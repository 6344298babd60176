// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm machine's five interrupts (guests/demo/aarch64/demo.c): which events belong to each, and their texts.
#include <inttypes.h>
#include <stdio.h>

#include "cli/demo.h"
#include "guests/embedded.h"

enum { PENDING_IRQ_BIT = 1 << 5, ACCESS_WRITE = 1 << 8, LPI_FIRST = 8192, SGI_END = 16 };

// Where the guest writes its message (docs/interrupt-path.md, station 4), as a device would.
#define V2M_SETSPI      UINT64_C(0x08020040)
#define GITS_TRANSLATER UINT64_C(0x08090040)

// --- Which events are described --------------------------------------------------------------------------------------

// Of all accesses to registers, only the message.
static bool notes(const struct intact_trace_event *event)
{
    return event->id != INTACT_TRACE_ACCESS ||
           (event->c & ACCESS_WRITE && (event->a == V2M_SETSPI || event->a == GITS_TRANSLATER));
}

// Rising lines and what follows from them, but not falling ones.
static bool belongs(const struct demo *demo, const struct intact_trace_event *event)
{
    (void)demo;
    switch (event->id) {
    case INTACT_TRACE_LINE: return event->b;
    case INTACT_TRACE_PIN: return event->c;
    case INTACT_TRACE_PENDING: return event->a & ~event->b & PENDING_IRQ_BIT;
    default: return true;
    }
}

// The guest prints a line of its own when it has prepared something.
static unsigned begins(const struct demo *demo)
{
    (void)demo;
    return 0;
}

// --- Texts -----------------------------------------------------------------------------------------------------------

// A timer's line goes directly to its processor's part of the GIC.
static const char *tell_pin(const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->a == INTACT_CHIP_GICD) {
        snprintf(out, size, "the distributor sees SPI %" PRIu64 " rise, which is INTID %" PRIu64, event->b,
                 event->b + 32);
        return "5 chip";
    }
    snprintf(out, size, "the timer of CPU %u raises its own line, INTID %" PRIu64, event->cpu, event->b);
    return "1 timer";
}

static const char *tell_accept(const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->a >= LPI_FIRST)
        snprintf(out, size, "the ITS makes LPI %" PRIu64 " of it, which is enabled, at CPU %u", event->a, event->cpu);
    else if (event->a < SGI_END)
        snprintf(out, size, "INTID %" PRIu64 " is enabled at CPU %u and goes to its interface", event->a, event->cpu);
    else
        snprintf(out, size, "INTID %" PRIu64 " is enabled and goes to the interface of CPU %u", event->a, event->cpu);
    return "5 chip";
}

static const char *tell_end(const struct intact_trace_event *event, char *out, size_t size)
{
    snprintf(out, size, "%s",
             event->b == INTACT_CHIP_GICD ? "the distributor lets go of it, and looks at the line again"
                                          : "the handler ends it: EOI to the CPU interface");
    return "9 EOI";
}

static const char *tell(const struct demo *demo, unsigned at, char *out, size_t size)
{
    const struct intact_trace_event *event = &demo->events[at];
    switch (event->id) {
    case INTACT_TRACE_LINE: snprintf(out, size, "raises its line, which is wire %" PRIu64, event->a); return "1 device";
    case INTACT_TRACE_ROUTE:
        snprintf(out, size, "wire %" PRIu64 " leads to SPI %" PRIu64 " of the distributor", event->a, event->c);
        return "3 routing";
    case INTACT_TRACE_ACCESS:
        snprintf(out, size, "CPU %u writes %" PRIu64 " to %s: an interrupt message", event->cpu, event->b,
                 event->a == V2M_SETSPI ? "the v2m frame" : "GITS_TRANSLATER");
        return "4 message";
    case INTACT_TRACE_PIN: return tell_pin(event, out, size);
    case INTACT_TRACE_IPI: snprintf(out, size, "CPU %u asks for SGI %" PRIu64, event->cpu, event->c); return "1 CPU";
    case INTACT_TRACE_ACCEPT: return tell_accept(event, out, size);
    case INTACT_TRACE_PENDING: snprintf(out, size, "CPU %u: IRQ in its pending word", event->cpu); return "6 settle";
    case INTACT_TRACE_TAKE:
        snprintf(out, size, "CPU %u leaves 0x%" PRIx64 " for the IRQ entry of its vector table", event->cpu, event->b);
        return "8 taken";
    case INTACT_TRACE_ACK:
        snprintf(out, size, "the handler reads IAR: INTID %" PRIu64 ", which is active now", event->a);
        if (event->a >= LPI_FIRST)
            snprintf(out, size, "the handler reads IAR: INTID %" PRIu64 ", an LPI, which is never active", event->a);
        return "8 taken";
    case INTACT_TRACE_EOI: return tell_end(event, out, size);
    default: return NULL;
    }
}

// --- The machine -----------------------------------------------------------------------------------------------------

static void configure(struct intact_machine_config *config)
{
    config->kernel_data = demo_aarch64;
    config->kernel_size = demo_aarch64_size;
}

const struct demo_family demo_virt = {
    .introduction =
        "A guest of two Arm processors runs on nothing but software, and takes an interrupt in five ways. Each line "
        "is\n"
        "a station of its path: the instruction count, how many came since it began, the station, what happens.",
    .mark = ": INTID",
    .wanted = 1u << INTACT_TRACE_LINE | 1u << INTACT_TRACE_ROUTE | 1u << INTACT_TRACE_PIN | 1u << INTACT_TRACE_ACCEPT |
              1u << INTACT_TRACE_PENDING | 1u << INTACT_TRACE_TAKE | 1u << INTACT_TRACE_ACK | 1u << INTACT_TRACE_EOI |
              1u << INTACT_TRACE_IPI | 1u << INTACT_TRACE_ACCESS,
    .configure = configure,
    .notes = notes,
    .begins = begins,
    .belongs = belongs,
    .tell = tell,
};

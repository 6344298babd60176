// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One line of text for each event of a trace, in the terms of the machine's architecture. See trace_text.h.
#include "cli/trace_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

static const char *chip_name(uint64_t chip, char *out, size_t size)
{
    static const char *const gic[] = { "GIC distributor", "ITS", "GIC of the CPU", "GIC message frame" };
    if (chip == INTACT_CHIP_PIC)
        return "8259A";
    if (chip == INTACT_CHIP_CPU)
        return "processor";
    if (chip >= INTACT_CHIP_GICD && chip <= INTACT_CHIP_GIC_V2M)
        return gic[chip - INTACT_CHIP_GICD];
    if (chip >= INTACT_CHIP_LAPIC)
        return "local APIC";
    if (chip == INTACT_CHIP_IOAPIC)
        return "IOAPIC";
    snprintf(out, size, "IOAPIC %" PRIu64, chip - INTACT_CHIP_IOAPIC);
    return out;
}

static const char *delivery_name(uint64_t mode)
{
    static const char *const names[8] = {
        "fixed", "lowest priority", "SMI", "mode 3", "NMI", "INIT", "SIPI", "ExtINT"
    };
    return names[mode & 7];
}

static void pending_text(uint64_t word, char *out, size_t size)
{
    static const char *const names[] = { "INTR", "NMI", "SMI", "INIT", "SIPI", "IRQ", "FIQ" };
    size_t used = 0;
    snprintf(out, size, "nothing");
    for (unsigned bit = 0; bit < sizeof names / sizeof names[0] && used < size; bit++)
        if (word >> bit & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[bit]);
}

static void mistake_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[32], number[24];
    snprintf(number, sizeof number, "%" PRIu64, event->b);
    snprintf(out, size, "a guest's mistake at the %s: %s (0x%" PRIx64 ")",
             event->device ? event->device : chip_name(event->a, chip, sizeof chip),
             event->mistake ? event->mistake : number, event->c);
}

// Events whose text is different for a GIC. False: the event is not one of them.
static bool gic_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[32];
    switch (event->id) {
    case INTACT_TRACE_ACCEPT:
        snprintf(out, size, "INTID %" PRIu64 " is forwarded to CPU %u", event->a, event->cpu);
        return true;
    case INTACT_TRACE_TAKE:
        pending_text(event->a, chip, sizeof chip);
        snprintf(out, size, "CPU %u takes the %s exception at 0x%" PRIx64, event->cpu, chip, event->b);
        return true;
    case INTACT_TRACE_EOI:
        snprintf(out, size, "end of INTID %" PRIu64 " at the %s", event->a, chip_name(event->b, chip, sizeof chip));
        return true;
    case INTACT_TRACE_IPI:
        snprintf(out, size, "CPU %u sends SGI %" PRIu64 " to 0x%" PRIx64, event->cpu, event->c, event->a);
        return true;
    default: return false;
    }
}

void trace_text(enum intact_machine_type type, const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[32], word[64];
    if (type == INTACT_VIRT && gic_text(event, out, size))
        return;
    switch (event->id) {
    case INTACT_TRACE_LINE:
        if (event->a == INTACT_NMI_LINE)
            snprintf(out, size, "the board %s the NMI line", event->b ? "raises" : "lowers");
        else
            snprintf(out, size, "a device %s the line of GSI %" PRIu64, event->b ? "raises" : "lowers", event->a);
        break;
    case INTACT_TRACE_TRIGGER:
        snprintf(out, size, "source %" PRIu64 " of the group at %" PRIu64 " is triggered", event->b, event->a);
        break;
    case INTACT_TRACE_ROUTE:
        snprintf(out, size, "GSI %" PRIu64 " leads to pin %" PRIu64 " of the %s", event->a, event->c,
                 chip_name(event->b, chip, sizeof chip));
        break;
    case INTACT_TRACE_MESSAGE:
        snprintf(out, size, "a message: data 0x%" PRIx64 " to address 0x%" PRIx64, event->b, event->a);
        break;
    case INTACT_TRACE_PIN:
        snprintf(out, size, "%s sees pin %" PRIu64 " go %s", chip_name(event->a, chip, sizeof chip), event->b,
                 event->c ? "high" : "low");
        break;
    case INTACT_TRACE_ACCEPT:
        snprintf(out, size, "local APIC of CPU %u accepts vector 0x%" PRIx64, event->cpu, event->a);
        break;
    case INTACT_TRACE_PENDING:
        pending_text(event->a, word, sizeof word);
        snprintf(out, size, "CPU %u has %s pending", event->cpu, word);
        break;
    case INTACT_TRACE_TAKE:
        snprintf(out, size, "CPU %u takes vector 0x%" PRIx64 " at 0x%" PRIx64, event->cpu, event->a, event->b);
        break;
    case INTACT_TRACE_EOI:
        snprintf(out, size, "EOI of vector 0x%" PRIx64 " at the %s", event->a, chip_name(event->b, chip, sizeof chip));
        break;
    case INTACT_TRACE_IPI:
        snprintf(out, size, "CPU %u sends an IPI (%s) to APIC %" PRIu64 ", vector 0x%" PRIx64, event->cpu,
                 delivery_name(event->b), event->a, event->c);
        break;
    case INTACT_TRACE_TIMER:
        if (event->cpu == INTACT_NO_CPU)
            snprintf(out, size, "a timer fires");
        else
            snprintf(out, size, "the local APIC timer of CPU %u fires", event->cpu);
        break;
    case INTACT_TRACE_ACCESS:
        snprintf(out, size, "a device register is %s at 0x%" PRIx64 ": 0x%" PRIx64,
                 event->c >> 8 & 1 ? "written" : "read", event->a, event->b);
        break;
    case INTACT_TRACE_MISTAKE: mistake_text(event, out, size); break;
    case INTACT_TRACE_DROP:
        snprintf(out, size, "dropped: reason 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64, event->a, event->b, event->c);
        break;
    case INTACT_TRACE_ACK: snprintf(out, size, "CPU %u acknowledges INTID %" PRIu64, event->cpu, event->a); break;
    case INTACT_TRACE_IDS: break;
    }
}

void trace_cause_text(const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->raises > 1)
        snprintf(out, size, "#%" PRIu64 "x%" PRIu64, event->cause, event->raises);
    else if (event->cause)
        snprintf(out, size, "#%" PRIu64, event->cause);
    else
        snprintf(out, size, "-");
}

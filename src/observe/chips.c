// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of chips. See chips.h.
#include "observe/chips.h"

#include <inttypes.h>
#include <stdio.h>

enum { ONE, NUMBERED, OF_CPU };

struct chip {
    uint64_t first, last;
    int how; // there is one; several, numbered from `first`; one in each processor
    const char *text, *name, *pin_text, *pin_name;
};

static const struct chip chips[] = {
    { INTACT_CHIP_PIC, INTACT_CHIP_PIC, ONE, "8259A", "pic", "IRQ ", "irq" },
    { INTACT_CHIP_IOAPIC, INTACT_CHIP_LAPIC - 1, NUMBERED, "IOAPIC", "ioapic", "pin ", "pin" },
    { INTACT_CHIP_LAPIC, INTACT_CHIP_LAPIC, OF_CPU, "local APIC", "lapic", "LINT", "lint" },
    { INTACT_CHIP_GICD, INTACT_CHIP_GICD, ONE, "GIC distributor", "gicd", "SPI ", "spi" },
    { INTACT_CHIP_ITS, INTACT_CHIP_ITS, ONE, "ITS", "its", "pin ", "pin" },
    { INTACT_CHIP_GIC_CPU, INTACT_CHIP_GIC_CPU, OF_CPU, "GIC", "gic", "INTID ", "intid" },
    { INTACT_CHIP_GIC_V2M, INTACT_CHIP_GIC_V2M, ONE, "GIC message frame", "v2m", "pin ", "pin" },
    { INTACT_CHIP_CPU, INTACT_CHIP_CPU, OF_CPU, "processor", "cpu", "pin ", "pin" },
    { INTACT_CHIP_SOURCE, INTACT_CHIP_SOURCE, ONE, "group", "group", "source ", "source" },
};

static const struct chip *find(uint64_t number)
{
    static const struct chip unknown = { 0, UINT64_MAX, NUMBERED, "chip", "chip", "pin ", "pin" };
    for (unsigned i = 0; i < sizeof chips / sizeof chips[0]; i++)
        if (number >= chips[i].first && number <= chips[i].last)
            return &chips[i];
    return &unknown;
}

uint64_t chip_of_event(const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_PIN:
    case INTACT_TRACE_MASK:
    case INTACT_TRACE_MISTAKE: return event->a;
    case INTACT_TRACE_ROUTE: return event->b == CHIP_MESSAGE ? CHIP_NONE : event->b;
    case INTACT_TRACE_SET:
    case INTACT_TRACE_EOI: return event->b;
    default: return CHIP_NONE;
    }
}

void chip_text(const struct intact_trace_event *event, uint64_t number, char *out, size_t size)
{
    const struct chip *chip = find(number);
    if (number >= INTACT_CHIP_DEVICE && event->device)
        snprintf(out, size, "%s", event->device);
    else if (number == INTACT_CHIP_CPU && event->cpu != INTACT_NO_CPU)
        snprintf(out, size, "CPU %" PRIu32, event->cpu);
    else if (chip->how == OF_CPU && event->cpu != INTACT_NO_CPU)
        snprintf(out, size, "%s of CPU %" PRIu32, chip->text, event->cpu);
    else if (chip->how == NUMBERED && number != INTACT_CHIP_IOAPIC) // most machines have one IOAPIC
        snprintf(out, size, "%s %" PRIu64, chip->text, number - chip->first);
    else
        snprintf(out, size, "%s", chip->text);
}

void chip_name(const struct intact_trace_event *event, uint64_t number, char *out, size_t size)
{
    const struct chip *chip = find(number);
    if (number >= INTACT_CHIP_DEVICE && event->device)
        snprintf(out, size, "%s", event->device);
    else if (chip->how == OF_CPU && event->cpu != INTACT_NO_CPU)
        snprintf(out, size, "%s%" PRIu32, chip->name, event->cpu);
    else if (chip->how == NUMBERED)
        snprintf(out, size, "%s%" PRIu64, chip->name, number - chip->first);
    else
        snprintf(out, size, "%s", chip->name);
}

// The INTID of a pin of the distributor: SPIs from 32 on; pins from 1024 on are the extended SPIs, from 4096 on.
static uint64_t intid_of(uint64_t pin)
{
    return pin < 1024 ? pin + 32 : pin - 1024 + 4096;
}

void pin_text(uint64_t chip, uint64_t pin, char *out, size_t size)
{
    if (chip == INTACT_CHIP_GICD)
        snprintf(out, size, "SPI %" PRIu64 " (INTID %" PRIu64 ")", pin, intid_of(pin));
    else
        snprintf(out, size, "%s%" PRIu64, find(chip)->pin_text, pin);
}

void pin_name(uint64_t chip, uint64_t pin, char *out, size_t size)
{
    snprintf(out, size, "%s%" PRIu64, find(chip)->pin_name, pin);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of a local APIC as data (<intact/chips.h>): those that software can read in the mode it is in, IA32_APIC_BASE,
// and the LINT pins.
//
// Spec: Intel SDM vol. 3A, APIC chapter, the figures of each register; "x2APIC Register Address Space".
#include "irqchip/x86/lapic.h"

#include "base/chip_register.h"

#define MASK   FLAG("mask", 16, "unmasked", "masked")
#define STATUS FLAG("delivery status", 12, "idle", "send pending")
#define MODE   CHOICE("delivery mode", 10, 8, "fixed", NULL, "SMI", NULL, "NMI", "INIT", NULL, "ExtINT")
#define VECTOR NUMBER("vector", 7, 0)

static const struct intact_register_field base[] = {
    NUMBER("APIC base, page", 51, 12),
    FLAG("global enable", 11, "disabled", "enabled"),
    FLAG("x2APIC mode", 10, "xAPIC", "x2APIC"),
    FLAG("BSP", 8, "no", "bootstrap processor"),
};
static const struct intact_register_field id[] = { NUMBER("APIC ID", 31, 24) };
static const struct intact_register_field version[] = {
    FLAG("EOI-broadcast suppression", 24, "no", "yes"),
    NUMBER("maximum LVT entry", 23, 16),
    NUMBER("version", 7, 0),
};
static const struct intact_register_field priority[] = { NUMBER("class", 7, 4), NUMBER("subclass", 3, 0) };
static const struct intact_register_field ldr[] = { NUMBER("logical APIC ID", 31, 24) };
static const struct intact_register_field ldr_x2apic[] = { NUMBER("cluster", 31, 16), NUMBER("bit in it", 15, 0) };
static const struct intact_register_field dfr[] = {
    CHOICE("model", 31, 28, "cluster", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, "flat"),
};
static const struct intact_register_field svr[] = {
    FLAG("EOI-broadcast suppression", 12, "no", "yes"),
    FLAG("APIC software enable", 8, "disabled", "enabled"),
    NUMBER("spurious vector", 7, 0),
};
static const struct intact_register_field esr[] = {
    FLAG("illegal register address", 7, "no", "yes"),
    FLAG("received illegal vector", 6, "no", "yes"),
    FLAG("send illegal vector", 5, "no", "yes"),
};
#define ICR_LOW                                                                                                        \
    CHOICE("destination shorthand", 19, 18, "none", "self", "all", "all but self"),                                    \
        FLAG("trigger mode", 15, "edge", "level"), FLAG("level", 14, "de-assert", "assert"), STATUS,                   \
        FLAG("destination mode", 11, "physical", "logical"),                                                           \
        CHOICE("delivery mode", 10, 8, "fixed", "lowest priority", "SMI", NULL, "NMI", "INIT", "SIPI", NULL), VECTOR
static const struct intact_register_field icr[] = { ICR_LOW };
static const struct intact_register_field icr_x2apic[] = { NUMBER("destination", 63, 32), ICR_LOW };
static const struct intact_register_field icr_high[] = { NUMBER("destination", 31, 24) };
static const struct intact_register_field lvt[] = { MASK, STATUS, MODE, VECTOR };
static const struct intact_register_field lvt_timer[] = {
    CHOICE("timer mode", 18, 17, "one-shot", "periodic", "TSC-deadline", NULL),
    MASK,
    STATUS,
    VECTOR,
};
static const struct intact_register_field lvt_lint[] = {
    MASK,
    FLAG("trigger mode", 15, "edge", "level"),
    FLAG("remote IRR", 14, "0", "1"),
    FLAG("polarity", 13, "active high", "active low"),
    STATUS,
    MODE,
    VECTOR,
};
static const struct intact_register_field lvt_error[] = { MASK, STATUS, VECTOR };
static const struct intact_register_field divide[] = {
    CHOICE("divided by", 3, 0, "2", "4", "8", "16", NULL, NULL, NULL, NULL, "32", "64", "128", "1"),
};

static const struct register_form forms[] = {
    FORM_IN("SDM 3A, Local APIC Status and Location", "IA32_APIC_BASE", base),
    FORM_IN("SDM 3A, Local APIC ID", "ID", id),
    FORM_IN("SDM 3A, Local APIC Version Register", "VERSION", version),
    FORM_IN("SDM 3A, Task and Processor Priorities", "TPR", priority),
    FORM_IN("SDM 3A, Lowest Priority Delivery Mode", "APR", priority),
    FORM_IN("SDM 3A, Task and Processor Priorities", "PPR", priority),
    FORM_IN("SDM 3A, Logical Destination Mode", "LDR", ldr),
    FORM_IN("SDM 3A, Logical Destination Mode", "DFR", dfr),
    FORM_IN("SDM 3A, Spurious Interrupt", "SVR", svr),
    FORM_SET_IN("SDM 3A, Interrupt Acceptance for Fixed Interrupts", "ISR", 1, 32, "vector"),
    FORM_SET_IN("SDM 3A, Interrupt Acceptance for Fixed Interrupts", "TMR", 1, 32, "vector"),
    FORM_SET_IN("SDM 3A, Interrupt Acceptance for Fixed Interrupts", "IRR", 1, 32, "vector"),
    FORM_IN("SDM 3A, Error Handling", "ESR", esr),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_CMCI", lvt),
    FORM_IN("SDM 3A, Interrupt Command Register (ICR)", "ICR", icr),
    FORM_IN("SDM 3A, Interrupt Command Register (ICR)", "ICR_HIGH", icr_high),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_TIMER", lvt_timer),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_THERMAL", lvt),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_PMC", lvt),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_LINT0", lvt_lint),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_LINT1", lvt_lint),
    FORM_IN("SDM 3A, Local Vector Table", "LVT_ERROR", lvt_error),
    FORM_IN("SDM 3A, APIC Timer", "DIVIDE", divide),
    FORM_NUMBER_IN("SDM 3A, APIC Timer", "INITIAL_COUNT"),
    FORM_NUMBER_IN("SDM 3A, APIC Timer", "CURRENT_COUNT"),
    FORM_NUMBER_IN("SDM 3A, Local APIC Register Address Map", "RRD"),
    FORM_SET("pins", 1, 8, "LINT"),
};
static const struct register_form x2apic_forms[] = {
    FORM_NUMBER_IN("SDM 3A, x2APIC Register Address Space", "ID"),
    FORM_IN("SDM 3A, Logical Destination Mode in x2APIC Mode", "LDR", ldr_x2apic),
    FORM_IN("SDM 3A, ICR Operation in x2APIC Mode", "ICR", icr_x2apic),
};

static const struct register_form *form(const char *name, bool x2apic)
{
    const struct register_form *own = x2apic ? register_form(x2apic_forms, countof(x2apic_forms), name) : NULL;
    return own ? own : register_form(forms, countof(forms), name);
}

static void tell_row(const struct lapic *lapic, const struct lapic_register *row, uint64_t now,
                     const struct register_sink *sink)
{
    bool x2apic = lapic_x2apic(lapic);
    uint32_t count = row->reg.count ? row->reg.count : 1, bits = x2apic && row->reg.widths & REG_64 ? 64 : 32;
    for (uint32_t i = 0; i < count; i++)
        register_tell(sink, row->reg.name, i, count, bits, lapic_look(lapic, row, i, now), form(row->reg.name, x2apic));
}

void lapic_tell(const struct lapic *lapic, uint64_t now, const struct register_sink *sink)
{
    unsigned readable = lapic_x2apic(lapic) ? LAPIC_X2APIC_READ : LAPIC_XAPIC_READ;
    register_tell(sink, "IA32_APIC_BASE", 0, 1, 64, lapic->base, form("IA32_APIC_BASE", false));
    register_tell(sink, "pins", 0, 1, 8, lapic->lint, form("pins", false));
    for (unsigned i = 0; i < lapic_register_count; i++)
        if (lapic_registers[i].reg.peek && lapic_registers[i].access & readable)
            tell_row(lapic, &lapic_registers[i], now, sink);
}

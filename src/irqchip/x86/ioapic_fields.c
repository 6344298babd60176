// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of an IOAPIC as data (<intact/chips.h>). A redirection entry is one register of 64 bits.
//
// Spec: 82093AA data sheet 3.1 and 3.2; ICH9 data sheet, "APIC registers".
#include "irqchip/x86/ioapic.h"

#include "base/chip_register.h"

static const struct intact_register_field id[] = { NUMBER("ID", 27, 24) };
static const struct intact_register_field version[] = { NUMBER("maximum redirection entry", 23, 16),
                                                        NUMBER("version", 7, 0) };
static const struct intact_register_field arbitration[] = { NUMBER("arbitration ID", 27, 24) };
static const struct intact_register_field entry[] = {
    NUMBER("destination", 63, 56),
    NUMBER("extended destination", 55, 49),
    FLAG("mask", 16, "unmasked", "masked"),
    FLAG("trigger mode", 15, "edge", "level"),
    FLAG("remote IRR", 14, "0", "1"),
    FLAG("polarity", 13, "active high", "active low"),
    FLAG("delivery status", 12, "idle", "send pending"),
    FLAG("destination mode", 11, "physical", "logical"),
    CHOICE("delivery mode", 10, 8, "fixed", "lowest priority", "SMI", NULL, "NMI", "INIT", NULL, "ExtINT"),
    NUMBER("vector", 7, 0),
};

static const struct register_form forms[] = {
    FORM_NUMBER_IN("82093AA 3.1.1", "IOREGSEL"),    FORM_IN("82093AA 3.2.1", "IOAPICID", id),
    FORM_IN("82093AA 3.2.2", "IOAPICVER", version), FORM_IN("82093AA 3.2.3", "IOAPICARB", arbitration),
    FORM_IN("82093AA 3.2.4", "IOREDTBL", entry),    FORM_SET("pins", 1, 32, "pin"),
};

static const struct register_form *form(const char *name)
{
    return register_form(forms, countof(forms), name);
}

static uint32_t high(const struct ioapic *ioapic, unsigned index)
{
    return (uint32_t)(ioapic->high.word[index / 2] >> (index % 2 * 32));
}

void ioapic_tell(const struct ioapic *ioapic, const struct register_sink *sink)
{
    unsigned words = (ioapic->pins + 31) / 32;
    for (unsigned i = 0; i < words; i++)
        register_tell(sink, "pins", i, words, 32, high(ioapic, i), form("pins"));
    register_tell(sink, "IOREGSEL", 0, 1, 32, ioapic->ioregsel, form("IOREGSEL"));
    for (unsigned i = 0; i < ioapic_reg_count; i++) {
        const struct reg *row = &ioapic_regs[i];
        if (!row->count)
            register_tell(sink, row->name, 0, 1, 32, reg_get(row, ioapic, (void *)(uintptr_t)ioapic, 0, 0),
                          form(row->name));
    }
    for (unsigned pin = 0; pin < ioapic->pins; pin++)
        register_tell(sink, "IOREDTBL", pin, ioapic->pins, 64, ioapic_entry(ioapic, pin), form("IOREDTBL"));
}

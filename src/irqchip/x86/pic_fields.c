// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the 8259As as data (<intact/chips.h>). Those that software writes as command words are told in the form of the
// word, whose bits are what the chip keeps of it.
//
// Spec: Intel 8259A data sheet (231468), "Programming the 8259A"; the ELCR ports are those of the 82371SB.
#include "irqchip/x86/pic.h"

#include "base/chip_register.h"
#include <intact/trace.h>

static const struct intact_register_field icw1[] = {
    FLAG("LTIM", 3, "edge", "level"),
    FLAG("ADI", 2, "call every 8 bytes", "call every 4 bytes"),
    FLAG("SNGL", 1, "cascade", "single"),
    FLAG("IC4", 0, "no ICW4", "ICW4 follows"),
};
static const struct intact_register_field icw2[] = { NUMBER("T7-T3", 7, 3), NUMBER("A10-A8", 2, 0) };
static const struct intact_register_field icw3_slave[] = { NUMBER("ID", 2, 0) };
static const struct intact_register_field icw4[] = {
    FLAG("SFNM", 4, "fully nested", "special fully nested"),
    CHOICE("BUF, M/S", 3, 2, "not buffered", "not buffered", "buffered slave", "buffered master"),
    FLAG("AEOI", 1, "normal EOI", "automatic EOI"),
    FLAG("uPM", 0, "8080", "8086"),
};
static const struct intact_register_field ocw3[] = {
    FLAG("SMM", 5, "no special mask mode", "special mask mode"),
    FLAG("P", 2, "no poll", "the next read polls"),
    FLAG("RIS", 0, "reads give IRR", "reads give ISR"),
};
static const struct intact_register_field stage[] = {
    CHOICE("waits for", 2, 0, "OCWs", "ICW2", "ICW3", "ICW4", "ICW1"),
};
static const struct intact_register_field rotation[] = {
    FLAG("in AEOI", 3, "fixed", "rotates"),
    NUMBER("lowest priority", 2, 0),
};

#define REQUESTS "8259A, Interrupt Request Register (IRR) and In-Service Register (ISR)"

static const struct register_form forms[] = {
    FORM_SET("pins", 1, 8, "IR"),
    FORM_SET_IN(REQUESTS, "IRR", 1, 8, "IR"),
    FORM_SET_IN(REQUESTS, "ISR", 1, 8, "IR"),
    FORM_SET_IN("8259A, Operation Control Word 1 (OCW1)", "IMR", 1, 8, "IR"),
    FORM_SET_IN("82371AB 8.6.5", "ELCR", 1, 8, "IR"),
    FORM_IN("8259A, Initialization Command Words 1 and 2 (ICW1, ICW2)", "ICW1", icw1),
    FORM_IN("8259A, Initialization Command Words 1 and 2 (ICW1, ICW2)", "ICW2", icw2),
    FORM_SET_IN("8259A, Initialization Command Word 3 (ICW3)", "ICW3", 1, 8, "IR"),
    FORM_IN("8259A, Initialization Command Word 4 (ICW4)", "ICW4", icw4),
    FORM_IN("8259A, Operation Control Word 3 (OCW3)", "OCW3", ocw3),
    FORM_IN("8259A, Operation Control Word 2 (OCW2)", "priority", rotation),
    FORM_IN("8259A, Figure 6, Initialization Sequence", "stage", stage),
};
static const struct register_form slave_icw3 =
    FORM_IN("8259A, Initialization Command Word 3 (ICW3)", "ICW3", icw3_slave);

static void tell(const struct register_sink *sink, const char *name, uint64_t value)
{
    register_tell(sink, name, 0, 1, 8, value, register_form(forms, countof(forms), name));
}

void pic_cascade_tell(const struct pic_cascade *cascade, unsigned chip, const struct register_sink *sink)
{
    const struct pic *pic = &cascade->chip[chip];
    tell(sink, "pins", pic->lines);
    tell(sink, "IRR", pic_cascade_irr(cascade, chip));
    tell(sink, "IMR", pic->imr);
    tell(sink, "ISR", pic->isr);
    tell(sink, "ELCR", pic->elcr);
    tell(sink, "ICW1", pic->icw1);
    tell(sink, "ICW2", pic->icw2);
    if (pic_is_master(pic))
        tell(sink, "ICW3", pic->icw3);
    else
        register_tell(sink, "ICW3", 0, 1, 8, pic->icw3, &slave_icw3);
    tell(sink, "ICW4", pic->icw4);
    tell(sink, "OCW3", (unsigned)pic->special_mask << 5 | (unsigned)pic->poll << 2 | pic->read_isr);
    tell(sink, "priority", (unsigned)pic->rotate_auto << 3 | pic->lowest);
    tell(sink, "stage", pic->stage);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of a redistributor as data (<intact/chips.h>), as Secure software sees them.
//
// Spec: IHI 0069, the GICR registers.
#include "irqchip/arm/gicr.h"

#include "irqchip/arm/gic_fields.h"

static const struct intact_register_field ctlr[] = {
    FLAG("DPG1S", 26, "takes 1 of N", "takes none"),
    FLAG("DPG1NS", 25, "takes 1 of N", "takes none"),
    FLAG("DPG0", 24, "takes 1 of N", "takes none"),
    FLAG("IR", 2, "no GICR_INVLPIR", "GICR_INVLPIR"),
    FLAG("CES", 1, "EnableLPIs stays", "EnableLPIs can be cleared"),
    FLAG("EnableLPIs", 0, "disabled", "enabled"),
};
static const struct intact_register_field typer[] = {
    NUMBER("Aff3", 63, 56),        NUMBER("Aff2", 55, 48),       NUMBER("Aff1", 47, 40),
    NUMBER("Aff0", 39, 32),        NUMBER("PPInum", 31, 27),     NUMBER("Processor_Number", 23, 8),
    FLAG("DPGS", 5, "no", "yes"),  FLAG("Last", 4, "no", "yes"), FLAG("DirectLPI", 3, "no", "yes"),
    FLAG("PLPIS", 0, "no", "yes"),
};
static const struct intact_register_field waker[] = {
    FLAG("ChildrenAsleep", 2, "no", "asleep"),
    FLAG("ProcessorSleep", 1, "no", "sleeps"),
};
static const struct intact_register_field propbaser[] = {
    NUMBER("OuterCache", 58, 56),   NUMBER("Physical_Address, page", 51, 12),
    NUMBER("Shareability", 11, 10), NUMBER("InnerCache", 9, 7),
    NUMBER("IDbits", 4, 0),
};
static const struct intact_register_field pendbaser[] = {
    FLAG("PTZ", 62, "the table is read", "the table is zero"),
    NUMBER("OuterCache", 58, 56),
    NUMBER("Physical_Address, 64 KiB", 51, 16),
    NUMBER("Shareability", 11, 10),
    NUMBER("InnerCache", 9, 7),
};
static const struct register_form forms[] = {
    FORM("GICR_CTLR", ctlr),           FORM("GICR_IIDR", gic_iidr_fields),
    FORM("GICR_TYPER", typer),         FORM("GICR_STATUSR", gic_statusr_fields),
    FORM("GICR_WAKER", waker),         FORM("GICR_PROPBASER", propbaser),
    FORM("GICR_PENDBASER", pendbaser),
};

struct view {
    struct gicr *gicr;
    bool two_states;
};

static uint64_t look(void *chip, uint64_t offset, unsigned size)
{
    const struct view *view = chip;
    struct gic_effect effect;
    return gicr_read(view->gicr, true, view->two_states, offset, size, 0, &effect);
}

void gicr_tell(const struct gicr *gicr, bool two_states, const struct register_sink *sink)
{
    struct view view = { (struct gicr *)(uintptr_t)gicr, two_states };
    gic_tell(&(struct gic_look){
        .sink = sink,
        .rows = gicr_registers,
        .row_count = gicr_register_count,
        .forms = forms,
        .form_count = countof(forms),
        .read = look,
        .chip = &view,
        .private_count = 32,
        .extended_count = (gicr->bank.blocks - 1) * 32,
    });
}

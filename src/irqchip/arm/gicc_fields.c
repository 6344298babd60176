// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of GICv2's CPU interface as data (<intact/chips.h>), as Secure software sees them.
//
// Spec: IHI 0048B 4.4.
#include "irqchip/arm/gicc.h"

#include "irqchip/arm/gic_fields.h"

static const struct intact_register_field ctlr[] = {
    FLAG("EOImodeNS", 10, "EOIR deactivates", "EOIR drops the priority"),
    FLAG("EOImodeS", 9, "EOIR deactivates", "EOIR drops the priority"),
    FLAG("IRQBypDisGrp1", 8, "0", "1"),
    FLAG("FIQBypDisGrp1", 7, "0", "1"),
    FLAG("IRQBypDisGrp0", 6, "0", "1"),
    FLAG("FIQBypDisGrp0", 5, "0", "1"),
    FLAG("CBPR", 4, "GICC_ABPR for Group 1", "GICC_BPR for both"),
    FLAG("FIQEn", 3, "Group 0 is IRQ", "Group 0 is FIQ"),
    FLAG("AckCtl", 2, "0", "1"),
    FLAG("EnableGrp1", 1, "disabled", "enabled"),
    FLAG("EnableGrp0", 0, "disabled", "enabled"),
};
static const struct intact_register_field priority[] = { NUMBER("Priority", 7, 0) };
static const struct intact_register_field bpr[] = { NUMBER("Binary_point", 2, 0) };
static const struct intact_register_field pending[] = { NUMBER("CPUID", 12, 10), NUMBER("INTID", 9, 0) };
static const struct register_form forms[] = {
    FORM("GICC_CTLR", ctlr),
    FORM("GICC_PMR", priority),
    FORM("GICC_RPR", priority),
    FORM("GICC_BPR", bpr),
    FORM("GICC_ABPR", bpr),
    FORM("GICC_HPPIR", pending),
    FORM("GICC_AHPPIR", pending),
    FORM("GICC_IIDR", gic_iidr_fields),
    FORM_SET("GICC_APR", 1, 32, "priority group"),
    FORM_SET("GICC_NSAPR", 1, 32, "priority group"),
};

struct view {
    struct gicc *gicc;
    const struct gic_ready *ready;
    struct gic_bank *bank;
    bool two_states;
};

static uint64_t look(void *chip, uint64_t offset, unsigned size)
{
    const struct view *view = chip;
    struct gic_effect effect;
    return gicc_read(view->gicc, view->ready, view->bank, true, view->two_states, offset, size, 0, &effect);
}

void gicc_tell(const struct gicc *gicc, const struct gic_ready *ready, const struct gic_bank *bank, bool two_states,
               const struct register_sink *sink)
{
    struct view view = { (struct gicc *)(uintptr_t)gicc, ready, (struct gic_bank *)(uintptr_t)bank, two_states };
    gic_tell(&(struct gic_look){
        .sink = sink,
        .rows = gicc_registers,
        .row_count = gicc_register_count,
        .forms = forms,
        .form_count = countof(forms),
        .read = look,
        .chip = &view,
    });
}

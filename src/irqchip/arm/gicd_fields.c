// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the distributor as data (<intact/chips.h>), as Secure software sees them.
//
// Spec: IHI 0069, the GICD registers; IHI 0048B 4.3.
#include "irqchip/arm/gicd.h"

#include "irqchip/arm/gic_fields.h"

static const struct intact_register_field ctlr_two[] = {
    FLAG("DS", 6, "two Security states", "one Security state"),
    FLAG("ARE_NS", 5, "off", "on"),
    FLAG("ARE_S", 4, "off", "on"),
    FLAG("EnableGrp1S", 2, "disabled", "enabled"),
    FLAG("EnableGrp1NS", 1, "disabled", "enabled"),
    FLAG("EnableGrp0", 0, "disabled", "enabled"),
};
static const struct intact_register_field ctlr[] = {
    FLAG("DS", 6, "two Security states", "one Security state"),
    FLAG("ARE", 4, "off", "on"),
    FLAG("EnableGrp1", 1, "disabled", "enabled"),
    FLAG("EnableGrp0", 0, "disabled", "enabled"),
};
static const struct intact_register_field typer[] = {
    NUMBER("ESPI_range", 31, 27),
    FLAG("RSS", 26, "Aff0 0 to 15", "Aff0 0 to 255"),
    FLAG("No1N", 25, "1 of N", "no 1 of N"),
    FLAG("A3V", 24, "Aff3 is 0", "Aff3"),
    NUMBER("IDbits", 23, 19),
    FLAG("DVIS", 18, "no", "yes"),
    FLAG("LPIS", 17, "no", "yes"),
    FLAG("MBIS", 16, "no", "yes"),
    FLAG("SecurityExtn", 10, "no", "yes"),
    FLAG("NMI", 9, "no", "yes"),
    FLAG("ESPI", 8, "no", "yes"),
    NUMBER("ITLinesNumber", 4, 0),
};
static const struct intact_register_field irouter[] = {
    NUMBER("Aff3", 39, 32), FLAG("Interrupt_Routing_Mode", 31, "the CPU of the affinity", "any CPU"),
    NUMBER("Aff2", 23, 16), NUMBER("Aff1", 15, 8),
    NUMBER("Aff0", 7, 0),
};
#define OTHERS                                                                                                         \
    FORM("GICD_TYPER", typer), FORM("GICD_IIDR", gic_iidr_fields), FORM("GICD_STATUSR", gic_statusr_fields),           \
        FORM("GICD_IROUTER", irouter), FORM("GICD_IROUTER_E", irouter)
static const struct register_form forms_two[] = { FORM("GICD_CTLR", ctlr_two), OTHERS };
static const struct register_form forms_one[] = { FORM("GICD_CTLR", ctlr), OTHERS };

static const struct intact_register_field v2_ctlr[] = {
    FLAG("EnableGrp1", 1, "disabled", "enabled"),
    FLAG("EnableGrp0", 0, "disabled", "enabled"),
};
static const struct intact_register_field v2_typer[] = {
    NUMBER("LSPI", 15, 11),
    FLAG("SecurityExtn", 10, "no", "yes"),
    NUMBER("CPUNumber", 7, 5),
    NUMBER("ITLinesNumber", 4, 0),
};
static const struct register_form v2_forms[] = {
    FORM("GICD_CTLR", v2_ctlr),
    FORM("GICD_TYPER", v2_typer),
    FORM("GICD_IIDR", gic_iidr_fields),
};

// A CPU's view: with GICv2 the private interrupts are its own.
struct view {
    struct gicd *gicd;
    struct gic_bank *bank;
    uint32_t cpu;
};

static uint64_t look(void *chip, uint64_t offset, unsigned size)
{
    const struct view *view = chip;
    struct gic_effect effect;
    return gicd_read(view->gicd, view->bank, view->cpu, true, offset, size, 0, &effect);
}

void gicd_tell(const struct gicd *gicd, const struct gic_bank *bank, uint32_t cpu, const struct register_sink *sink)
{
    struct view view = { (struct gicd *)(uintptr_t)gicd, (struct gic_bank *)(uintptr_t)bank, cpu };
    bool v2 = gicd->version == 2, two = gicd_two_states(gicd);
    gic_tell(&(struct gic_look){
        .sink = sink,
        .rows = v2 ? gicd_v2_registers : gicd_registers,
        .row_count = v2 ? gicd_v2_register_count : gicd_register_count,
        .forms = v2    ? v2_forms
                 : two ? forms_two
                       : forms_one,
        .form_count = v2 ? countof(v2_forms) : countof(forms_one),
        .read = look,
        .chip = &view,
        .private_count = v2 ? 32 : 0,
        .spi_count = gicd->spi.blocks * 32,
        .extended_count = gicd->spi.extended * 32,
    });
}

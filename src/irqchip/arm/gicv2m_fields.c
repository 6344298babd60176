// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the v2m frame as data (<intact/chips.h>).
//
// Spec: Arm Server Base System Architecture 3.0 (DEN0029), appendix E.
#include "irqchip/arm/gicv2m.h"

#include "irqchip/arm/gic_fields.h"

static const struct intact_register_field typer[] = { NUMBER("Base SPI", 25, 16), NUMBER("Number of SPIs", 9, 0) };
static const struct register_form forms[] = { FORM("MSI_TYPER", typer), FORM("MSI_IIDR", gic_iidr_fields) };

static uint64_t look(void *chip, uint64_t offset, unsigned size)
{
    struct gic_effect effect;
    return gicv2m_read(chip, offset, size, 0, &effect);
}

void gicv2m_tell(const struct gicv2m *gicv2m, const struct register_sink *sink)
{
    gic_tell(&(struct gic_look){
        .sink = sink,
        .rows = gicv2m_registers,
        .row_count = gicv2m_register_count,
        .forms = forms,
        .form_count = countof(forms),
        .read = look,
        .chip = (struct gicv2m *)(uintptr_t)gicv2m,
    });
}

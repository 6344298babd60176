// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv2m; see gicv2m.h.
//
// Path: msi/msi_arm.c / gicd.c
#include "irqchip/arm/gicv2m.h"

void gicv2m_init(struct gicv2m *gicv2m, uint32_t first, uint32_t count)
{
    *gicv2m = (struct gicv2m){ .first = first, .count = count };
}

bool gicv2m_message(struct gicv2m *gicv2m, uint32_t intid)
{
    if (intid - gicv2m->first < gicv2m->count)
        return true;
    gicv2m->mistakes[GIC_MISTAKE_INTID]++;
    return false;
}

static uint64_t typer_read(void *context, unsigned index, uint64_t now)
{
    const struct gicv2m *gicv2m = ((const struct gic_access *)context)->chip;
    (void)index, (void)now;
    return gicv2m->first << 16 | gicv2m->count;
}

static void setspi_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    if (!gicv2m_message(access->chip, (uint32_t)value))
        return;
    access->effect->flags |= GIC_RAISES;
    access->effect->intid = (uint32_t)value;
}

const struct gic_register gicv2m_registers[] = {
    { { "MSI_TYPER", 0x008, 0, 0, REG_32, true, 0, 0, typer_read }, GIC_READ },
    { { "MSI_SETSPI_NS", 0x040, 0, 0, REG_16 | REG_32, false, 0, 0x3ff, NULL, setspi_write }, GIC_WRITE },
    { { "MSI_IIDR", 0xfcc, 0, 0, REG_32, true, 0x43b, 0 }, GIC_READ },
};
const unsigned gicv2m_register_count = countof(gicv2m_registers);

static struct gic_access begin(struct gicv2m *gicv2m, struct gic_effect *effect)
{
    gic_effect_clear(effect);
    return (struct gic_access){ .chip = gicv2m, .mistakes = gicv2m->mistakes, .effect = effect };
}

uint64_t gicv2m_read(struct gicv2m *gicv2m, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(gicv2m, effect);
    return gic_access_read(&access, gicv2m_registers, gicv2m_register_count, offset, size, now);
}

void gicv2m_write(struct gicv2m *gicv2m, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                  struct gic_effect *effect)
{
    struct gic_access access = begin(gicv2m, effect);
    gic_access_write(&access, gicv2m_registers, gicv2m_register_count, offset, size, value, now);
}

void gicv2m_visit(struct gicv2m *gicv2m, struct visit *v)
{
    VISIT_ARRAY(v, gicv2m->mistakes);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the distributor's part. See gic_why.h.
//
// Spec: IHI 0069, the GICD registers; IHI 0048B 4.3.
//
// Path: arm_irq_why.c / gicr_why.c, icc_why.c, gicc_why.c
#include "irqchip/arm/gic_why.h"
#include "irqchip/arm/gicd.h"

static const struct gic_why_reasons spi_reasons = {
    .low = INTACT_WHY_ARM_SPI_LOW,
    .no_edge = INTACT_WHY_ARM_SPI_NO_EDGE,
    .not_pending = INTACT_WHY_ARM_SPI_NOT_PENDING,
    .active = INTACT_WHY_ARM_SPI_ACTIVE,
    .active_pending = INTACT_WHY_ARM_SPI_ACTIVE_PENDING,
    .disabled = INTACT_WHY_ARM_SPI_DISABLED,
};

// Block 0 of the SPIs is in register 1: INTIDs 32 to 63. Extended ones have registers of their own, from 0.
struct gic_why_place gicd_why_place(const struct gicd *gicd, uint32_t index)
{
    unsigned block = index / 32;
    bool extended = block >= GIC_EXTENDED_FIRST;
    return (struct gic_why_place){
        .block = &gicd->spi.block[block],
        .bit = index % 32,
        .intid = gic_intid_of(gic_shared_slot(index)),
        .number = extended ? block - GIC_EXTENDED_FIRST : block + 1,
        .extended = extended,
    };
}

void gicd_why(const struct gicd *gicd, uint32_t index, struct why *why)
{
    const struct gic_why_place place = gicd_why_place(gicd, index);
    gic_block_why(&place, &spi_reasons, gicd_two_states(gicd), why);
}

// GICD_CTLR as Secure software reads it.
static uint32_t ctlr(const struct gicd *gicd)
{
    if (gicd->version == 2)
        return gicd->ctlr & 3;
    return gicd->ctlr | GICD_CTLR_ARE_S | (gicd_two_states(gicd) ? GICD_CTLR_ARE_NS : 0);
}

void gicd_why_group(const struct gicd *gicd, const struct gic_why_place *place, uint32_t intid, enum gic_group group,
                    struct why *why)
{
    if (gicd->ctlr >> group & 1)
        return;
    if (place && group == GIC_G0 && gicd->ctlr & GICD_CTLR_GROUPS)
        WHY(why, INTACT_WHY_ARM_GROUP_0, intid, place->number, place->bit, place->extended, ctlr(gicd), place->gicr);
    else
        WHY(why, INTACT_WHY_ARM_GROUP_OFF, intid, gic_why_group(group, gicd_two_states(gicd)), ctlr(gicd));
}

// --- Messages -------------------------------------------------------------------------------------------------------

static void report_nsacr(const struct gicd *gicd, uint32_t index, struct why *why)
{
    const struct gic_why_place place = gicd_why_place(gicd, index);
    unsigned low = place.bit % 16 * 2;
    WHY(why, INTACT_WHY_ARM_SETSPI_NSACR, place.intid, place.number * 2 + place.bit / 16, low + 1, low, place.extended);
}

// The conditions of gicd_message.
bool gicd_why_message(const struct gicd *gicd, uint32_t intid, bool secure_register, struct why *why)
{
    uint32_t slot = gic_slot_of(intid);
    if (secure_register) {
        WHY(why, INTACT_WHY_ARM_SETSPI_SECURE, gicd_two_states(gicd));
        return false;
    }
    if (!gicd->messages || slot == GIC_NO_SLOT || gic_slot_private(slot) || !gicd_has(gicd, gic_shared_index(slot))) {
        WHY(why, INTACT_WHY_ARM_SETSPI_INTID, intid);
        return false;
    }
    if (!gicd_permits(gicd, gic_shared_index(slot), true, false))
        report_nsacr(gicd, gic_shared_index(slot), why);
    return true;
}

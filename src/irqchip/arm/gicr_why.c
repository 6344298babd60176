// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the redistributor's part (SGIs, PPIs, LPIs), with GICv2 the banked registers of the
// distributor. See gic_why.h.
//
// Spec: IHI 0069, the GICR registers, LPI configuration tables; IHI 0048B 4.3.
//
// Path: arm_irq_why.c, its_why.c / icc_why.c, gicc_why.c
#include "irqchip/arm/gic_why.h"
#include "irqchip/arm/gicr.h"

static const struct gic_why_reasons ppi_reasons = {
    .low = INTACT_WHY_ARM_PPI_LOW,
    .no_edge = INTACT_WHY_ARM_PPI_NO_EDGE,
    .not_pending = INTACT_WHY_ARM_PPI_NOT_PENDING,
    .active = INTACT_WHY_ARM_PPI_ACTIVE,
    .active_pending = INTACT_WHY_ARM_PPI_ACTIVE_PENDING,
    .disabled = INTACT_WHY_ARM_PPI_DISABLED,
};

static const struct gic_why_reasons sgi_reasons = {
    .not_pending = INTACT_WHY_ARM_SGI_NOT_SENT,
    .active = INTACT_WHY_ARM_PPI_ACTIVE,
    .active_pending = INTACT_WHY_ARM_PPI_ACTIVE_PENDING,
    .disabled = INTACT_WHY_ARM_PPI_DISABLED,
};

// Extended PPIs begin in register 1: GICR_ISENABLER1E.
struct gic_why_place gicr_why_place(const struct gicr *gicr, uint32_t slot, bool v2)
{
    unsigned block = gic_bank_block(slot);
    return (struct gic_why_place){
        .block = &gicr->bank.block[block],
        .bit = slot % 32,
        .intid = gic_intid_of(slot),
        .number = block,
        .extended = block > 0,
        .gicr = !v2,
        .cpu = gicr->number,
    };
}

// An SGI has no line.
void gicr_why(const struct gicr *gicr, uint32_t slot, bool two_states, bool v2, struct why *why)
{
    const struct gic_why_place place = gicr_why_place(gicr, slot, v2);
    bool group_0 = gic_block_group(place.block, place.bit, two_states) == GIC_G0;
    if (slot < 16 && !v2 && group_0 && !gic_why_pending(&place)) // before it looks as if nobody had sent it
        WHY(why, INTACT_WHY_ARM_SGI_GROUP_0, place.intid, place.cpu);
    gic_block_why(&place, slot < 16 ? &sgi_reasons : &ppi_reasons, two_states, why);
}

void gicr_why_asleep(const struct gicr *gicr, struct why *why)
{
    if (gicr_asleep(gicr))
        WHY(why, INTACT_WHY_ARM_ASLEEP, gicr->number, gicr->waker);
}

// --- LPIs -----------------------------------------------------------------------------------------------------------

static bool lpi_exists(const struct gicr *gicr, uint32_t intid, struct why *why)
{
    unsigned bits = (gicr->propbaser & 31) + 1;
    if (!(gicr->ctlr & GICR_CTLR_ENABLE_LPIS)) {
        WHY(why, INTACT_WHY_ARM_LPIS_OFF, intid, gicr->number);
        return false;
    }
    if (gicr_lpi_has(gicr, intid))
        return true;
    WHY(why, INTACT_WHY_ARM_LPI_RANGE, intid, gicr->number, bits - 1,
        bits_low(bits < gicr->lpi_bits ? bits : gicr->lpi_bits));
    return false;
}

// The pending table is read once, when LPIs are enabled.
static void lpi_not_pending(const struct gicr *gicr, const struct gic_memory *memory, uint32_t intid, struct why *why)
{
    uint64_t address = gicr_lpi_pending_table(gicr) + intid / 8;
    bool zero = gicr->pendbaser & GICR_PENDBASER_PTZ;
    uint8_t byte = 0;
    WHY(why, INTACT_WHY_ARM_LPI_NOT_PENDING, intid, gicr->number);
    bool readable = memory->read(memory->owner, address, &byte, 1);
    if (!readable && !zero)
        WHY(why, INTACT_WHY_ARM_LPI_PENDING_TABLE, gicr->number, gicr->pendbaser);
    else if (readable && zero && byte >> (intid % 8) & 1)
        WHY(why, INTACT_WHY_ARM_LPI_PENDING_ZERO, intid, gicr->number, address);
}

static void lpi_disabled(const struct gicr *gicr, uint32_t intid, const struct gicr_lpi_config *memory, struct why *why)
{
    if (!memory->readable)
        WHY(why, INTACT_WHY_ARM_LPI_TABLE, intid, memory->address, gicr->number);
    else if (memory->enabled)
        WHY(why, INTACT_WHY_ARM_LPI_STALE, intid, memory->byte, memory->address, gicr->number);
    else
        WHY(why, INTACT_WHY_ARM_LPI_DISABLED, intid, memory->byte, memory->address);
}

bool gicr_why_lpi(const struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid,
                  struct gic_pending *pending, struct why *why)
{
    struct gicr_lpi_config memory, used;
    if (!lpi_exists(gicr, intid, why))
        return false;
    if (!gicr_lpi_is_pending(gicr, intid))
        lpi_not_pending(gicr, world->memory, intid, why);
    gicr_lpi_read(gicr, world, intid, &memory);
    if (!gicr_lpi_cached(gicr, intid, &used))
        used = memory;
    if (!used.enabled)
        lpi_disabled(gicr, intid, &memory, why);
    *pending = (struct gic_pending){ intid, GIC_G1NS, used.enabled ? used.priority : memory.priority, false };
    return memory.readable || used.enabled;
}

void gicr_why_lpi_priority(const struct gicr *gicr, const struct gicr_lpi_world *world,
                           const struct gic_pending *pending, struct why *why)
{
    struct gicr_lpi_config memory;
    gicr_lpi_read(gicr, world, pending->intid, &memory);
    if (memory.readable && memory.priority < pending->priority)
        WHY(why, INTACT_WHY_ARM_LPI_STALE_PRIORITY, pending->intid, memory.priority, memory.address, gicr->number,
            pending->priority);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Distributor: SPIs, their inputs, and which are forwarded. Registers are in gicd_registers.c, the overview in gicd.h.
//
// Path: arm_irq.c / gicr.c, gicc.c
#include "irqchip/arm/gicd.h"

void gicd_init(struct gicd *gicd, const struct gicd_config *config)
{
    *gicd = (struct gicd){
        .version = (uint8_t)config->version,
        .security = config->security,
        .lpi_bits = (uint8_t)config->lpi_bits,
        .messages = config->messages,
        .nmi = config->nmi,
        .cpus = config->cpus,
        .spi.blocks = (config->spis + 31) / 32,
        .spi.extended = (config->extended_spis + 31) / 32,
    };
    gicd_reset(gicd);
}

// IHI 0069: all defined reset values are 0. UNKNOWN ones are 0 here too: every interrupt in Group 0, at the highest
// priority, to the CPU with affinity 0. With GICv2 an SPI is not forwarded until it has targets, except on a
// uniprocessor (IHI 0048B 4.3.12: GICD_ITARGETSR is RAZ/WI there, and all interrupts go to the one CPU).
void gicd_reset(struct gicd *gicd)
{
    for (unsigned i = 0; i < GIC_SPI_BLOCKS; i++)
        gicd->spi.block[i] = (struct gic_block){ .line = gicd->spi.block[i].line };
    for (unsigned i = 0; i < GICD_SPIS; i++) {
        gicd->irouter[i] = 0;
        gicd->itargetsr[i] = gicd->cpus == 1;
    }
    gicd->ctlr = gicd->security ? 0 : GICD_CTLR_DS;
    gicd->statusr[0] = gicd->statusr[1] = 0;
    gicd_touch_all(gicd);
}

void gicd_touch_all(struct gicd *gicd)
{
    for (unsigned i = 0; i < gicd->spi.blocks; i++)
        gic_shared_touch(&gicd->spi, i, UINT32_MAX);
    for (unsigned i = 0; i < gicd->spi.extended; i++)
        gic_shared_touch(&gicd->spi, GIC_EXTENDED_FIRST + i, UINT32_MAX);
}

// INTIDs 1020 to 1023 are special, though they would be in the last block.
bool gicd_has(const struct gicd *gicd, uint32_t index)
{
    if (index >= GIC_EXTENDED_FIRST * 32)
        return index - GIC_EXTENDED_FIRST * 32 < gicd->spi.extended * 32;
    return index < gicd->spi.blocks * 32 && index < 1020 - 32;
}

void gicd_set_line(struct gicd *gicd, uint32_t index, bool level)
{
    gic_block_set_line(&gicd->spi.block[index / 32], index % 32, level);
    gic_shared_touch(&gicd->spi, index / 32, BIT32(index % 32));
}

void gicd_trigger(struct gicd *gicd, uint32_t index)
{
    gicd->spi.block[index / 32].latch |= BIT32(index % 32);
    gic_shared_touch(&gicd->spi, index / 32, BIT32(index % 32));
}

// GICD_SETSPI_NSR and GICD_CLRSPI_NSR (IHI 0069): "if permitted by the Security state of the access and the GICD_NSACR
// value for that SPI". A Secure write reaches every SPI.
bool gicd_permits(const struct gicd *gicd, uint32_t index, bool set, bool secure)
{
    const struct gic_block *block = &gicd->spi.block[index / 32];
    if (secure || !gicd_two_states(gicd))
        return true;
    return (block->group | gic_block_nsacr(block, set ? 1 : 2)) >> (index % 32) & 1;
}

enum gic_mistake gicd_message(struct gicd *gicd, uint32_t intid, bool set, bool secure)
{
    uint32_t slot = gic_slot_of(intid);
    if (!gicd->messages || slot == GIC_NO_SLOT || gic_slot_private(slot))
        return GIC_MISTAKE_INTID;
    uint32_t index = gic_shared_index(slot), bit = BIT32(index % 32);
    if (!gicd_has(gicd, index))
        return GIC_MISTAKE_INTID;
    if (!gicd_permits(gicd, index, set, secure))
        return GIC_MISTAKE_SECURE;
    struct gic_block *block = &gicd->spi.block[index / 32];
    if (block->edge & bit)
        block->latch = set ? block->latch | bit : block->latch & ~bit;
    else
        block->message = set ? block->message | bit : block->message & ~bit;
    gic_shared_touch(&gicd->spi, index / 32, bit);
    return GIC_NO_MISTAKE;
}

void gicd_activate(struct gicd *gicd, uint32_t index)
{
    gic_block_activate(&gicd->spi.block[index / 32], index % 32);
    gic_shared_touch(&gicd->spi, index / 32, BIT32(index % 32));
}

bool gicd_deactivate(struct gicd *gicd, uint32_t index, bool secure)
{
    struct gic_block *block = &gicd->spi.block[index / 32];
    uint32_t bit = BIT32(index % 32);
    if (!gicd_has(gicd, index) || !(block->active & bit))
        return false;
    if (!secure && gicd_two_states(gicd) && !(block->group & bit))
        return false;
    block->active &= ~bit;
    gic_shared_touch(&gicd->spi, index / 32, bit);
    return true;
}

uint32_t gicd_forwarded(const struct gicd *gicd, unsigned block)
{
    return gic_block_forwarded(&gicd->spi.block[block], gicd->ctlr & GICD_CTLR_GROUPS, gicd_two_states(gicd)) &
           (block == GIC_SHARED_BLOCKS - 1 ? 0x0fffffff : UINT32_MAX);
}

enum gic_group gicd_group(const struct gicd *gicd, uint32_t index)
{
    return gic_block_group(&gicd->spi.block[index / 32], index % 32, gicd_two_states(gicd));
}

struct gic_rank gicd_rank(const struct gicd *gicd, uint32_t index)
{
    return gic_block_rank(&gicd->spi.block[index / 32], index % 32, gicd_two_states(gicd));
}

void gicd_visit(struct gicd *gicd, struct visit *v)
{
    VISIT(v, gicd->ctlr);
    VISIT_ARRAY(v, gicd->statusr);
    for (unsigned i = 0; i < GIC_SPI_BLOCKS; i++)
        gic_block_visit(&gicd->spi.block[i], v);
    VISIT_ARRAY(v, gicd->irouter);
    VISIT_ARRAY(v, gicd->itargetsr);
    VISIT_ARRAY(v, gicd->mistakes);
    VISIT_ARRAY(v, gicd->place);
}

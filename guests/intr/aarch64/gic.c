// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A GIC of either version: lines are its SPIs; messages are SPIs of a v2m frame (IHI 0048B; IHI
// 0069; SBSA, appendix on GICv2m). lib/aarch64/gic.h has the registers' verbs.
#include "lib/aarch64/gic.h"

#include "intr/chip.h"

enum { SPI_FIRST = 32, SPECIAL = 1020, PRIORITY = 0xa0 };

// By INTID.
static struct intr_source *spis[INTR_LINES];

static struct intr_source *source_of(unsigned intid)
{
    return intid < INTR_LINES ? spis[intid] : NULL;
}

// --- Lines --------------------------------------------------------------------------------------------------------------

static unsigned line_of(unsigned pin, enum intr_trigger *trigger)
{
    (void)trigger;
    return pin;
}

static void bind_spi(struct intr_source *source, unsigned intid)
{
    source->vector = intid;
    spis[intid] = source;
    gic_set_edge(intid, source->trigger == INTR_EDGE);
    gic_set_priority(intid, PRIORITY);
    gic_set_target(intid, source->cpu);
}

static void unbind_spi(const struct intr_source *source)
{
    gic_disable(source->vector);
    spis[source->vector] = NULL;
}

static int bind_irq(struct intr_irq *irq)
{
    unsigned intid = SPI_FIRST + irq->line;
    if (intid >= gic.lines || intid >= INTR_LINES || spis[intid])
        return INTR_NO_VECTOR;
    bind_spi(&irq->source, intid);
    return INTR_OK;
}

static void unbind_irq(struct intr_irq *irq)
{
    unbind_spi(&irq->source);
}

static void mask_irq(const struct intr_irq *irq)
{
    gic_disable(irq->source.vector);
}

static void unmask_irq(const struct intr_irq *irq)
{
    gic_enable(irq->source.vector);
}

// --- Messages by v2m ----------------------------------------------------------------------------------------------------

// MSI_TYPER: the first INTID in bits 25:16, how many in 9:0.
static int config_v2m(struct intr_msi *msi)
{
    uint32_t typer = gic.v2m ? read32(gic.v2m + V2M_TYPER) : 0;
    unsigned first = typer >> 16 & 0x3ff, count = typer & 0x3ff;
    for (unsigned intid = first; intid < first + count; intid++) {
        if (spis[intid])
            continue;
        bind_spi(&msi->source, intid);
        gic_enable(intid);
        msi->message = (struct intr_message){ gic.v2m + V2M_SETSPI, intid };
        return INTR_OK;
    }
    return INTR_NO_VECTOR;
}

static void release_v2m(struct intr_msi *msi)
{
    unbind_spi(&msi->source);
}

// --- Processors ---------------------------------------------------------------------------------------------------------

static void trapped(struct frame *frame)
{
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    (void)frame;
    if (intid < SPECIAL)
        intr_deliver(source_of(intid), iar);
}

static void cpu_init(void)
{
    if (processor_self())
        return;
    on_trap(VECTOR_IRQ, trapped);
}

const struct intr_chip *intr_find_chip(enum intr_kind kind)
{
    static struct intr_chip chip = {
        .line_of = line_of,
        .bind_irq = bind_irq,
        .unbind_irq = unbind_irq,
        .mask_irq = mask_irq,
        .unmask_irq = unmask_irq,
        .config_msi = config_v2m,
        .release_msi = release_v2m,
        .eoi = gic_eoi,
        .cpu_init = cpu_init,
    };
    bool v2 = gic.version == 2;
    if (kind != INTR_BEST && kind != (v2 ? INTR_GICV2 : INTR_GICV3))
        return NULL;
    chip.name = v2 ? "GICv2" : "GICv3";
    chip.lines = gic.lines - SPI_FIRST;
    return &chip;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A GIC of either version: lines are its SPIs; messages are SPIs of a v2m frame, or LPIs through the ITS (IHI 0048B;
// IHI 0069; SBSA, appendix on GICv2m). lib/aarch64/gic.h has functions for the registers.
#include "lib/aarch64/gic.h"

#include "intr/chip.h"
#include "lib/aarch64/its.h"

enum { SPI_FIRST = 32, SPECIAL = 1020, PRIORITY = 0xa0 };

// By INTID; LPIs are in a separate table.
static struct intr_source *spis[INTR_LINES], *lpis[INTR_MESSAGES];

static struct intr_source *source_of(unsigned intid)
{
    if (intid >= LPI_FIRST)
        return intid - LPI_FIRST < INTR_MESSAGES ? lpis[intid - LPI_FIRST] : NULL;
    return intid < INTR_LINES ? spis[intid] : NULL;
}

// --- Lines ----------------------------------------------------------------------------------------------------------

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

// --- Messages by v2m ------------------------------------------------------------------------------------------------

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

// --- Messages by the ITS --------------------------------------------------------------------------------------------

// Event n of any device is LPI n: an event id must only be unique within its device.
enum { EVENT_BITS = 9, DEVICES = 32 };
_Static_assert(1 << EVENT_BITS >= INTR_MESSAGES, "each message is an event");

static bool map_device(uint32_t requester)
{
    static uint32_t known[DEVICES];
    static unsigned count;
    for (unsigned i = 0; i < count; i++)
        if (known[i] == requester)
            return true;
    if (count == DEVICES)
        return false;
    known[count++] = requester;
    its_map_device(requester, EVENT_BITS, its_new_itt(EVENT_BITS));
    return true;
}

static int config_its(struct intr_msi *msi)
{
    uint32_t event = 0;
    while (event < INTR_MESSAGES && lpis[event])
        event++;
    if (!gic.its || event == INTR_MESSAGES || !map_device(msi->requester))
        return INTR_NO_VECTOR;
    lpis[event] = &msi->source;
    msi->source.vector = LPI_FIRST + event;
    lpi_configure(msi->source.vector, PRIORITY, true);
    its_map(msi->requester, event, msi->source.vector, msi->source.cpu);
    its_inv(msi->requester, event);
    msi->message = (struct intr_message){ gic.its + GITS_TRANSLATER, event };
    return INTR_OK;
}

static void release_its(struct intr_msi *msi)
{
    uint32_t event = msi->source.vector - LPI_FIRST;
    lpi_configure(msi->source.vector, PRIORITY, false);
    its_inv(msi->requester, event);
    its_discard(msi->requester, event);
    lpis[event] = NULL;
}

static void its_cpu_init(void)
{
    if (processor_self()) {
        lpi_cpu_init();
        its_map_processor(processor_self(), processor_self());
        return;
    }
    lpi_init();
    lpi_cpu_init();
    its_init();
}

// --- Processors -----------------------------------------------------------------------------------------------------

static void trapped(struct frame *frame)
{
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    (void)frame;
    if (intid < SPECIAL || intid >= LPI_FIRST)
        intr_deliver(source_of(intid), iar);
}

static void cpu_init(void)
{
    if (gic.its)
        its_cpu_init();
    if (processor_self() == 0)
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
        .eoi = gic_eoi,
        .cpu_init = cpu_init,
    };
    bool v2 = gic.version == 2;
    if (kind != INTR_BEST && kind != (v2 ? INTR_GICV2 : INTR_GICV3))
        return NULL;
    chip.name = v2 ? "GICv2" : "GICv3";
    chip.lines = gic.lines - SPI_FIRST;
    chip.config_msi = v2 ? config_v2m : config_its;
    chip.release_msi = v2 ? release_v2m : release_its;
    return &chip;
}

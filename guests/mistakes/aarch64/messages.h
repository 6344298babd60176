// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with messages: IHI 0069, LPIs and the ITS; GICv2m; PCI 6.8.
#ifndef MISTAKES_MESSAGES_H
#define MISTAKES_MESSAGES_H

#include "mistakes/aarch64/interrupts.h"

// edu's message, by the ITS: every step but the one that `skip` names.
enum step { ALL, MAPD, MAPTI, MAPC, ENABLE_LPIS, ENABLE_ITS, CONFIGURE };

static void prepare(enum step skip)
{
    edu_find();
    on_trap(VECTOR_IRQ, on_irq);
    quiet = edu_quiet;
    lpi_init();
    lpi_cpu_init();
    its_init();
    if (skip != MAPD)
        its_map_device(edu_devfn, EVENTS, its_new_itt(EVENTS));
    if (skip != MAPTI)
        its_map(edu_devfn, EDU_EVENT, LPI, skip == MAPC ? 1 : 0);
    lpi_configure(LPI, PRIORITY, skip != CONFIGURE);
    its_inv(edu_devfn, EDU_EVENT);
    if (skip == ENABLE_LPIS)
        write32(gicr_of(0) + GICR_CTLR, 0);
    if (skip == ENABLE_ITS)
        write32(gic.its + GITS_CTLR, 0);
}

static void by_its(enum step skip)
{
    prepare(wrong ? skip : ALL);
    if (!pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT))
        fail("edu has no MSI");
    edu_bits(1);
    wait_for(1);
}

static void no_mapd(void)
{
    by_its(MAPD);
}

static void no_mapti(void)
{
    by_its(MAPTI);
}

static void no_mapc(void)
{
    by_its(MAPC);
}

static void lpis_off(void)
{
    by_its(ENABLE_LPIS);
}

static void its_off(void)
{
    by_its(ENABLE_ITS);
}

static void lpi_disabled(void)
{
    by_its(CONFIGURE);
}

// The redistributor has read that the LPI is disabled, and may keep that until an INV.
static void no_inv(void)
{
    prepare(CONFIGURE);
    pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT);
    edu_bits(1);
    lpi_configure(LPI, PRIORITY, true);
    if (!wrong)
        its_inv(edu_devfn, EDU_EVENT);
    wait_for(1);
}

static void bus_master_off(void)
{
    prepare(ALL);
    pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT);
    set_command(edu_devfn, 0, wrong ? PCI_COMMAND_MASTER : 0);
    edu_bits(1);
    wait_for(1);
}

// The message frame of a GICv2 makes an edge of each message.
static void level_for_a_message(void)
{
    edu_find();
    on_trap(VECTOR_IRQ, on_irq);
    quiet = edu_quiet;
    unsigned intid = read32(gic.v2m + V2M_TYPER) >> 16 & 0x3ff;
    gic_set_edge(intid, !wrong);
    gic_enable(intid);
    if (!pci_msi_on(edu_devfn, gic.v2m + V2M_SETSPI, intid))
        fail("edu has no MSI");
    edu_bits(1);
    wait_for(1);
}

#endif

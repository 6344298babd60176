// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See piix.h.
//
// Not modelled: USB; SMM:
// APMC_EN is set from the start, by which a firmware knows that somebody else has set it up; the SMBus, whose base can be
// set and which does not answer; the timers and traps of PIIX4; chip selects and the type F DMA of the ISA bridge.
#include "devices/pci/piix.h"

#include <string.h>

#include "base/bits.h"

enum { PMBA_MASK = 0xffc0, APMC_EN = BIT32(25), PINS = 4 };
#define INTEL 0x8086

// --- The window of the ACPI registers ------------------------------------------------------------------------------

static uint16_t wanted(const struct piix *piix)
{
    bool on = pci_function_get(&piix->pm, PIIX_PMREGMISC, 1) & PIIX_PMIOSE;
    return on ? pci_function_get(&piix->pm, PIIX_PMBA, 2) & PMBA_MASK : 0;
}

static void place(struct piix *piix)
{
    piix->pm.mistakes[PCI_OVERLAP] += !moving_to(&piix->window, wanted(piix), PIIX_PM_PORTS);
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    (void)offset, (void)size, (void)now;
    place(owner);
}

static void isa_written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    struct piix *piix = owner;
    (void)now;
    if (offset < PIIX_PIRQRC + PINS && offset + size > PIIX_PIRQRC && piix->routed)
        piix->routed(piix->owner);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static void set_defaults(struct piix *piix)
{
    pci_function_set(&piix->isa, PCI_COMMAND, 2, 0x0007); // always on
    pci_function_set(&piix->isa, PCI_STATUS, 2, 0x0200);
    pci_function_set(&piix->isa, PIIX_IORT, 1, 0x4d);
    pci_function_set(&piix->isa, PIIX_XBCS, 2, 0x0003);
    pci_function_set(&piix->isa, PIIX_TOM, 1, 0x02);
    pci_function_set(&piix->isa, PIIX_SMICNTL, 1, 0x08);
    for (unsigned i = 0; i < PINS; i++)
        pci_function_set(&piix->isa, PIIX_PIRQRC + i, 1, PIIX_PIRQ_OFF);
    pci_function_set(&piix->pm, PCI_STATUS, 2, 0x0280);
    pci_function_set(&piix->pm, PIIX_PMBA, 4, 1); // an I/O address
    pci_function_set(&piix->pm, PIIX_SMBBA, 4, 1);
    pci_function_set(&piix->pm, PIIX_DEVACTB, 4, APMC_EN);
}

static void init_isa(struct piix *piix)
{
    pci_function_init(&piix->isa, INTEL, 0x7000, 0x060100, 0);
    pci_function_subsystem(&piix->isa, PIIX_SUBSYSTEM_VENDOR, PIIX_SUBSYSTEM);
    pci_function_allow(&piix->isa, PCI_COMMAND, 2, 0x0008); // special cycles
    pci_function_allow(&piix->isa, PCI_CACHE_LINE_SIZE, 2, 0);
    pci_function_allow(&piix->isa, PCI_INTERRUPT_LINE, 1, 0);
    for (unsigned i = 0; i < PINS; i++)
        pci_function_allow(&piix->isa, PIIX_PIRQRC + i, 1, 0x8f);
    piix->isa.written = isa_written;
    piix->isa.owner = piix;
}

static void init_pm(struct piix *piix)
{
    pci_function_init(&piix->pm, INTEL, 0x7113, 0x068000, 3);
    pci_function_subsystem(&piix->pm, PIIX_SUBSYSTEM_VENDOR, PIIX_SUBSYSTEM);
    pci_function_set(&piix->pm, PCI_INTERRUPT_PIN, 1, 1);
    pci_function_allow(&piix->pm, PCI_COMMAND, 2, 0x0001);
    pci_function_allow(&piix->pm, PCI_CACHE_LINE_SIZE, 2, 0);
    pci_function_allow(&piix->pm, PIIX_PMBA, 2, PMBA_MASK);
    pci_function_allow(&piix->pm, PIIX_DEVACTB, 4, ~(uint32_t)APMC_EN);
    pci_function_allow(&piix->pm, PIIX_PMREGMISC, 1, PIIX_PMIOSE);
    pci_function_allow(&piix->pm, PIIX_SMBBA, 2, 0xfff0);
    pci_function_allow(&piix->pm, PIIX_SMBHSTCFG, 1, 0x0f);
    piix->pm.written = written;
    piix->pm.owner = piix;
}

int piix_init(struct piix *piix, struct pci_bus *bus, struct bus *ports, const struct region *window)
{
    memset(piix, 0, sizeof *piix);
    piix->window = (struct moving){ .bus = ports, .region = *window };
    init_isa(piix);
    init_pm(piix);
    set_defaults(piix);
    int result = pci_bus_add(bus, PCI_DEVFN(PIIX_SLOT, 0), &piix->isa);
    return result == 0 ? pci_bus_add(bus, PCI_DEVFN(PIIX_SLOT, 3), &piix->pm) : result;
}

void piix_reset(struct piix *piix, uint64_t now)
{
    pci_function_reset(&piix->isa, now);
    pci_function_reset(&piix->pm, now);
    set_defaults(piix);
    place(piix);
    if (piix->routed)
        piix->routed(piix->owner);
}

void piix_visit(struct piix *piix, struct visit *v)
{
    VISIT_NESTED(v, "isa", pci_function_visit(&piix->isa, v));
    VISIT_NESTED(v, "pm", pci_function_visit(&piix->pm, v));
}

void piix_loaded(struct piix *piix)
{
    moving_to(&piix->window, wanted(piix), PIIX_PM_PORTS);
}

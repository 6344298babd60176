// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ich9.h.
//
// The ACPI registers are those of acpi_pm.h, but for the enables of GPE0, which are behind 64 bits of status, and SMI_EN.
//
// Not modelled: SMM (APMC_EN is set from the start, by which a firmware knows that somebody else has set it up), the TCO timer, GPIO,
// another SCI than IRQ 9; chipset configuration registers but for the interrupts of slots 25 to 31, which are as after a reset
// (INTA is PIRQA and so on), and that the HPET is there.
#include "devices/ich9.h"

#include <string.h>

#include "base/bits.h"

enum { INTEL = 0x8086, PM_MASK = 0xff80, RTE = 1, APMC_EN = BIT32(5), SMI_WRITABLE = 0x0000007f };
#define RCBA_MASK UINT32_C(0xffffc000)
// Of the chipset configuration registers.
enum { FIRST_ROUTE = 0x3140, LAST_ROUTE = 0x3150, ROUTES = 0x32103210, HPTC = 0x3404, HPET_ENABLE = 0x80 };

// --- The ACPI registers ----------------------------------------------------------------------------------------------

// Where acpi_pm.h has what is at `offset`; ACPI_PM_PORTS: nowhere.
static unsigned moved(unsigned offset)
{
    if (offset < ACPI_GPE0_EN)
        return offset;
    return offset - ICH9_GPE0_EN < 4 ? offset - ICH9_GPE0_EN + ACPI_GPE0_EN : ACPI_PM_PORTS;
}

static uint64_t read_ports(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct ich9 *ich9 = owner;
    unsigned within = (unsigned)offset % 4, at = moved((unsigned)offset);
    if (at < ACPI_PM_PORTS)
        return acpi_pm_read(ich9->pm, at, size, now);
    return offset - within == ICH9_SMI_EN ? ich9->SMI_EN >> (8 * within) & bits_low(8 * size) : 0;
}

static void write_ports(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct ich9 *ich9 = owner;
    unsigned within = (unsigned)offset % 4, at = moved((unsigned)offset);
    if (at < ACPI_PM_PORTS)
        acpi_pm_write(ich9->pm, at, size, value, now);
    else if (offset - within == ICH9_SMI_EN)
        ich9->SMI_EN = (uint32_t)bits_merge(ich9->SMI_EN, value << (8 * within),
                                            bits_low(8 * size) << (8 * within) & SMI_WRITABLE & ~(uint64_t)APMC_EN);
}

// --- The chipset configuration registers -----------------------------------------------------------------------------

static uint64_t read_chipset(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    uint64_t at = offset & ~UINT64_C(3), value = 0;
    (void)owner, (void)now;
    if (at >= FIRST_ROUTE && at <= LAST_ROUTE)
        value = ROUTES;
    else if (at == HPTC)
        value = HPET_ENABLE;
    return value >> (8 * (offset % 4)) & bits_low(8 * size);
}

static void write_chipset(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)value, (void)now;
}

// --- Windows ---------------------------------------------------------------------------------------------------------

static void follow(struct ich9 *ich9, bool counts)
{
    struct pci_function *lpc = &ich9->lpc;
    bool on = pci_function_get(lpc, ICH9_ACPI_CNTL, 1) & ICH9_ACPI_EN;
    uint32_t RCBA = pci_function_get(lpc, ICH9_RCBA, 4);
    bool acpi = moving_to(&ich9->acpi, on ? pci_function_get(lpc, ICH9_PMBASE, 2) & PM_MASK : 0, ICH9_PM_PORTS);
    bool chipset = moving_to(&ich9->chipset, RCBA & ICH9_RCBA_EN ? RCBA & RCBA_MASK : 0, ICH9_RCBA_SIZE);
    if (counts)
        lpc->mistakes[PCI_OVERLAP] += (uint32_t)!acpi + !chipset;
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    struct ich9 *ich9 = owner;
    (void)now;
    follow(ich9, true);
    if (offset < ICH9_PIRQE_ROUT + 4 && offset + size > ICH9_PIRQA_ROUT && ich9->routed)
        ich9->routed(ich9->owner);
}

// --- Life ------------------------------------------------------------------------------------------------------------

unsigned ich9_route_register(unsigned n)
{
    return n < 4 ? ICH9_PIRQA_ROUT + n : ICH9_PIRQE_ROUT + n - 4;
}

static void set_defaults(struct ich9 *ich9)
{
    struct pci_function *lpc = &ich9->lpc;
    pci_function_set(lpc, PCI_COMMAND, 2, 0x0007); // always on
    pci_function_set(lpc, PCI_STATUS, 2, 0x0200);
    pci_function_set(lpc, ICH9_PMBASE, 4, RTE);
    pci_function_set(lpc, ICH9_GPIOBASE, 4, RTE);
    pci_function_set(lpc, ICH9_SIRQ_CNTL, 1, 0x10);
    for (unsigned i = 0; i < ICH9_PIRQS; i++)
        pci_function_set(lpc, ich9_route_register(i), 1, ICH9_PIRQ_OFF);
    ich9->SMI_EN = APMC_EN;
}

static void init_function(struct ich9 *ich9)
{
    struct pci_function *lpc = &ich9->lpc;
    pci_function_init(lpc, INTEL, 0x2918, 0x060100, 2);
    pci_function_subsystem(lpc, 0x1af4, 0x1100); // as QEMU's devices have it
    pci_function_allow(lpc, PCI_COMMAND, 2, 0x0140);
    pci_function_allow(lpc, PCI_CACHE_LINE_SIZE, 2, 0);
    pci_function_allow(lpc, PCI_INTERRUPT_LINE, 1, 0);
    pci_function_allow(lpc, ICH9_PMBASE, 2, PM_MASK);
    pci_function_allow(lpc, ICH9_ACPI_CNTL, 1, 0x87);
    pci_function_allow(lpc, ICH9_GPIOBASE, 2, 0xffc0);
    pci_function_allow(lpc, ICH9_SIRQ_CNTL, 1, 0xd3);
    pci_function_allow(lpc, ICH9_LPC_IO_DEC, 4, UINT32_C(0x3f0f1377));
    pci_function_allow(lpc, ICH9_RCBA, 4, RCBA_MASK | ICH9_RCBA_EN);
    for (unsigned i = 0; i < ICH9_PIRQS; i++)
        pci_function_allow(lpc, ich9_route_register(i), 1, 0x8f);
    lpc->written = written;
    lpc->owner = ich9;
}

int ich9_init(struct ich9 *ich9, struct pci_bus *bus, struct bus *memory, struct bus *ports, struct acpi_pm *pm)
{
    memset(ich9, 0, sizeof *ich9);
    ich9->pm = pm;
    ich9->acpi.bus = ports;
    ich9->acpi.region =
        (struct region){ .name = "pm", .widest = 4, .read = read_ports, .write = write_ports, .owner = ich9 };
    ich9->chipset.bus = memory;
    ich9->chipset.region =
        (struct region){ .name = "RCBA", .widest = 4, .read = read_chipset, .write = write_chipset, .owner = ich9 };
    init_function(ich9);
    set_defaults(ich9);
    return pci_bus_add(bus, PCI_DEVFN(ICH9_SLOT, 0), &ich9->lpc);
}

void ich9_reset(struct ich9 *ich9, uint64_t now)
{
    pci_function_reset(&ich9->lpc, now);
    set_defaults(ich9);
    follow(ich9, true);
    if (ich9->routed)
        ich9->routed(ich9->owner);
}

void ich9_visit(struct ich9 *ich9, struct visit *v)
{
    VISIT_NESTED(v, "lpc", pci_function_visit(&ich9->lpc, v));
    VISIT(v, ich9->SMI_EN);
}

void ich9_loaded(struct ich9 *ich9)
{
    follow(ich9, false);
}

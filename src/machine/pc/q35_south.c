// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The chipset of `q35`: the MCH of a Q35, and an ICH9 in slot 31:
//
//     function 0   ich9.c   LPC bridge, power management
//     function 2   ahci.c   six ports with the drives of if=ide
//
//     PCI pin of slot  0-24: PIRQ E + (slot + pin) mod 4        PIRQ A-H -- IOAPIC pins 16-23
//                     25-31: PIRQ A + pin                                -- 8259As: as their registers say
//
// Not modelled: the PCI Express ports and the PCI bridge (slots 28 and 30), USB, HD audio and the SMBus (function 3) of the ICH9.
#include <errno.h>

#include "machine/board/device_drivers.h"
#include "machine/pc/pc.h"

enum { AHCI = PCI_DEVFN(ICH9_SLOT, 2), FIRST_FIXED_SLOT = 25 };
enum { PIRQ_E = 4 };
#define RAM_SPLIT  UINT64_C(0x80000000) // where there is more than fits below the ECAM
#define ECAM       UINT64_C(0xb0000000)
#define PCI_MEMORY UINT64_C(0xc0000000)
#define RCBA       UINT32_C(0xfed1c000)

// As SeaBIOS routes them.
static const uint8_t pirqs[ICH9_PIRQS] = { PC_IRQ_PCI_A, PC_IRQ_PCI_A, PC_IRQ_PCI_B, PC_IRQ_PCI_B,
                                           PC_IRQ_PCI_A, PC_IRQ_PCI_A, PC_IRQ_PCI_B, PC_IRQ_PCI_B };

static uint64_t ram_below_4g(uint64_t memory)
{
    return memory <= ECAM ? memory : RAM_SPLIT;
}

// --- Construction ----------------------------------------------------------------------------------------------------

static int make_ahci(struct pc *pc)
{
    int result = device_ahci_add(&pc->board, AHCI, "ide");
    return result == 0 ? pc_drives_connect(pc) : result;
}

static int make(struct pc *pc)
{
    struct board *board = &pc->board;
    mch_init(&pc->mch, &board->pci, &board->memory, &pc->reset);
    pci_function_subsystem(&board->pci.bridge, PIIX_SUBSYSTEM_VENDOR, PIIX_SUBSYSTEM);
    return ich9_init(&pc->ich9, &board->pci.bus, &board->memory, &board->ports, &pc->pm);
}

static unsigned pirq_of(unsigned slot, unsigned pin)
{
    return slot < FIRST_FIXED_SLOT ? PIRQ_E + (slot + pin) % PCI_PINS : pin;
}

static uint32_t gsi_of(unsigned slot, unsigned pin)
{
    return PC_GSI_PIRQ + pirq_of(slot, pin);
}

static uint32_t line_of(uint32_t gsi)
{
    return pirqs[gsi - PC_GSI_PIRQ];
}

static void lead(struct pc *pc, bool is_load)
{
    for (unsigned i = 0; i < ICH9_PIRQS; i++)
        pc_pirqs_lead(pc, i, (uint8_t)pci_function_get(&pc->ich9.lpc, ich9_route_register(i), 1), is_load);
}

static void routed(void *owner)
{
    lead(owner, false);
}

// The AHCI controller is made when there are interrupts to ask for.
static int wire(struct pc *pc)
{
    static const struct pci_bus_config wires = { .gsi_of = gsi_of };
    static const struct pci_windows windows = {
        .io = { PC_PCI_PORTS, 0x10000 },
        .memory = { PCI_MEMORY, PC_IOAPIC },
        .high = { PC_PCI_HIGH, PC_PCI_END },
        .line_of = line_of,
    };
    struct board *board = &pc->board;
    board_connect_pci(board, &wires, &windows);
    int result = pc_pirqs_wire(pc, ICH9_PIRQS, PC_GSI_PIRQ, false);
    pc->ich9.routed = routed;
    pc->ich9.owner = pc;
    return result == 0 ? make_ahci(pc) : result;
}

static int map(struct pc *pc)
{
    (void)pc; // all of its windows move
    return 0;
}

static void describe(const struct pc *pc, struct machine_description *machine)
{
    (void)pc;
    machine->gpe0_size = ICH9_GPE0_SIZE;
    machine->pirq_count = ICH9_PIRQS;
    machine->pirq_gsi = PC_GSI_PIRQ;
    memcpy(machine->pirq_irq, pirqs, sizeof pirqs);
    for (unsigned slot = 0; slot < PCI_SLOTS; slot++)
        for (unsigned pin = 0; pin < PCI_PINS; pin++)
            machine->pirq_of[slot][pin] = (uint8_t)pirq_of(slot, pin);
}

static void places(const struct pc *pc, struct pc_acpi_places *places)
{
    const struct pci_function *lpc = &pc->ich9.lpc, *bridge = &pc->board.pci.bridge;
    uint32_t ecam = pci_function_get(bridge, MCH_PCIEXBAR, 4);
    if (pci_function_get(lpc, ICH9_ACPI_CNTL, 1) & ICH9_ACPI_EN)
        places->pm = (uint16_t)(pci_function_get(lpc, ICH9_PMBASE, 2) & ~(ICH9_PM_PORTS - 1U));
    if (ecam & MCH_PCIEXBAR_ENABLE)
        places->ecam = ecam & ~(PCI_ECAM_SIZE - 1);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void reset(struct pc *pc, uint64_t now)
{
    mch_reset(&pc->mch);
    ich9_reset(&pc->ich9, now);
}

static void set(struct pc *pc, uint8_t devfn, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&pc->board.pci.bus, devfn, offset, size, value, pc->board.clock.now);
}

// As SeaBIOS sets them.
static void start(struct pc *pc)
{
    uint8_t lpc = pc->ich9.lpc.devfn;
    set(pc, 0, MCH_PCIEXBAR, 4, (uint32_t)ECAM | MCH_PCIEXBAR_ENABLE);
    set(pc, lpc, ICH9_PMBASE, 4, PC_PORT_PM);
    set(pc, lpc, ICH9_ACPI_CNTL, 1, ICH9_ACPI_EN);
    set(pc, lpc, ICH9_RCBA, 4, RCBA | ICH9_RCBA_EN);
    for (unsigned i = 0; i < ICH9_PIRQS; i++)
        set(pc, lpc, ich9_route_register(i), 1, pirqs[i]);
    set(pc, AHCI, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
}

static void visit(struct pc *pc, struct visit *v)
{
    VISIT_NESTED(v, "ich9", ich9_visit(&pc->ich9, v));
    pc_drives_visit(pc, v);
}

static void loaded(struct pc *pc)
{
    mch_loaded(&pc->mch);
    ich9_loaded(&pc->ich9);
    lead(pc, true);
    pc_drives_loaded(pc);
}

static void destroy(struct pc *pc)
{
    pc_drives_close(pc);
}

const struct pc_chipset pc_chipset_q35 = {
    .pam_register = MCH_PAM,
    .ecam = ECAM,
    .pci_memory = PCI_MEMORY,
    .ram_below_4g = ram_below_4g,
    .make = make,
    .wire = wire,
    .map = map,
    .describe = describe,
    .places = places,
    .reset = reset,
    .start = start,
    .visit = visit,
    .loaded = loaded,
    .destroy = destroy,
};

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The chipset of `pc`: an 82441FX, and the south bridge, which is there for a firmware, which expects it, and for IDE disks. In
// slot 1:
//
//     function 0, 3   piix.c   ISA bridge, power management
//     function 1      ide.c    two channels with the drives of if=ide
//
//     PCI INTA-D -- PIRQ A-D -- as PIRQRC say; without the south bridge 10 and 11      IDE -- 14, 15
#include <errno.h>

#include "machine/pc/pc.h"

enum { IDE_FUNCTION = 1 };

// The registers that SeaBIOS writes, with the same values.
enum { PIRQS = 0x0b0b0a0a, PM_LINE = PC_IRQ_SCI };

static uint64_t ram_below_4g(uint64_t memory)
{
    return memory < PC_RAM_SPLIT ? memory : PC_RAM_SPLIT;
}

// --- Construction ----------------------------------------------------------------------------------------------------

static int add_places(struct pc *pc)
{
    int result = 0;
    for (unsigned i = 0; i < IDE_CHANNELS * IDE_DISKS && result == 0; i++) {
        unsigned channel = i / IDE_DISKS, unit = i % IDE_DISKS;
        struct ata *disk = &pc->ide.channels[channel].disks[unit];
        result = disk_places_add(&pc->board, &(struct disk_place){ "ide", channel, unit, disk, false, &pc->ide.pci });
    }
    return result;
}

static int make_south(struct pc *pc)
{
    const struct region window = {
        .name = "pm", .widest = 4, .read = acpi_pm_read, .write = acpi_pm_write, .owner = &pc->pm
    };
    struct board *board = &pc->board;
    int result = piix_init(&pc->piix, &board->pci.bus, &board->ports, &window);
    if (result == 0)
        result = ide_init(&pc->ide, &board->pci.bus, PCI_DEVFN(PIIX_SLOT, IDE_FUNCTION), &board->ports);
    if (result == 0)
        result = add_places(pc);
    return result == 0 ? pc_drives_connect(pc) : result;
}

// The host bridge gets the identity by which a firmware knows such a machine.
static int make(struct pc *pc)
{
    struct board *board = &pc->board;
    pci_host_init(&board->pci, &pc->reset);
    pc->south = pc->runs_flash || pc_drives_wanted(&board->config);
    if (!pc->south)
        return 0;
    pci_function_subsystem(&board->pci.bridge, PIIX_SUBSYSTEM_VENDOR, PIIX_SUBSYSTEM);
    return make_south(pc);
}

static uint32_t line_of(uint32_t gsi)
{
    return gsi < PC_GSI_PIIX_PIRQ ? gsi : PIRQS >> (8 * (gsi - PC_GSI_PIIX_PIRQ)) & 0xff;
}

static void lead(struct pc *pc, bool is_load)
{
    for (unsigned i = 0; i < PCI_PINS; i++)
        pc_pirqs_lead(pc, i, (uint8_t)pci_function_get(&pc->piix.isa, PIIX_PIRQRC + i, 1), is_load);
}

static void routed(void *owner)
{
    lead(owner, false);
}

static int wire(struct pc *pc)
{
    static const struct pci_bus_config without = { .gsi = { PC_IRQ_PCI_A, PC_IRQ_PCI_B, PC_IRQ_PCI_A, PC_IRQ_PCI_B } };
    // Slot 1's INTA is PIRQA.
    static const struct pci_bus_config pirq = { .gsi = { PC_GSI_PIIX_PIRQ + 3, PC_GSI_PIIX_PIRQ, PC_GSI_PIIX_PIRQ + 1,
                                                         PC_GSI_PIIX_PIRQ + 2 } };
    static const struct pci_windows windows = {
        .io = { PC_PCI_PORTS, 0x10000 },
        .memory = { PC_RAM_SPLIT, PC_ECAM },
        .high = { PC_PCI_HIGH, PC_PCI_END },
        .line_of = line_of,
    };
    struct board *board = &pc->board;
    int result = pc->south ? pc_pirqs_wire(pc, PCI_PINS, PC_GSI_PIIX_PIRQ, true) : 0;
    pc->piix.routed = routed;
    pc->piix.owner = pc;
    board_connect_pci(board, pc->south ? &pirq : &without, &windows);
    for (unsigned i = 0; i < IDE_CHANNELS && pc->south && result == 0; i++) {
        pc->ide.channels[i].irq.name = names_numbered(&board->trace.names, "ide%u.irq", i);
        result = route_connect(&board->route, PC_IRQ_IDE + i, &pc->ide.channels[i].irq);
    }
    return result;
}

static int map(struct pc *pc)
{
    struct board *board = &pc->board;
    const struct region ecam = { .base = PC_ECAM,
                                 .size = PCI_ECAM_SIZE,
                                 .name = "ECAM",
                                 .widest = 4,
                                 .read = pci_ecam_read,
                                 .write = pci_ecam_write,
                                 .owner = &board->pci };
    const struct region pm = { .base = PC_PORT_PM,
                               .size = ACPI_PM_PORTS,
                               .name = "pm",
                               .widest = 4,
                               .read = acpi_pm_read,
                               .write = acpi_pm_write,
                               .owner = &pc->pm };
    int result = board_map(board, &board->memory, ecam);
    return result == 0 && !pc->south ? board_map(board, &board->ports, pm) : result;
}

static void describe(const struct pc *pc, struct machine_description *machine)
{
    static const uint8_t hpet[] = { PC_HPET_GSI, PC_HPET_GSI + 1, PC_HPET_GSI + 2 };
    memcpy(machine->hpet_gsi, hpet, sizeof hpet);
    for (unsigned pin = 0; pin < PCI_PINS; pin++)
        machine->pci_gsi[pin] = (uint8_t)line_of(pc->board.pci.bus.config.gsi[pin]);
    machine->gpe0_size = 8;
}

static void places(const struct pc *pc, struct pc_acpi_places *places)
{
    if (pci_function_get(&pc->piix.pm, PIIX_PMREGMISC, 1) & PIIX_PMIOSE)
        places->pm = (uint16_t)(pci_function_get(&pc->piix.pm, PIIX_PMBA, 2) & ~(PIIX_PM_PORTS - 1U));
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void set(struct pc *pc, const struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&pc->board.pci.bus, function->devfn, offset, size, value, pc->board.clock.now);
}

static void decode_ide(struct pc *pc)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        set(pc, &pc->ide.pci, IDE_IDETIM + 2 * i, 2, IDE_DECODE);
}

// A PIIX3 comes out of reset with both channels off, and SeaBIOS turns them on; OVMF expects to find them on.
static void reset(struct pc *pc, uint64_t now)
{
    if (!pc->south)
        return;
    piix_reset(&pc->piix, now);
    ide_reset(&pc->ide, now);
    decode_ide(pc);
}

static void start(struct pc *pc)
{
    if (!pc->south)
        return;
    set(pc, &pc->piix.isa, PIIX_PIRQRC, 4, PIRQS);
    set(pc, &pc->piix.pm, PIIX_PMBA, 4, PC_PORT_PM);
    set(pc, &pc->piix.pm, PIIX_PMREGMISC, 1, PIIX_PMIOSE);
    set(pc, &pc->piix.pm, PCI_INTERRUPT_LINE, 1, PM_LINE);
    set(pc, &pc->ide.pci, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

static void visit(struct pc *pc, struct visit *v)
{
    if (!pc->south)
        return;
    VISIT_NESTED(v, "piix", piix_visit(&pc->piix, v));
    VISIT_NESTED(v, "ide", ide_visit(&pc->ide, v));
    pc_drives_visit(pc, v);
}

static void loaded(struct pc *pc)
{
    if (!pc->south)
        return;
    piix_loaded(&pc->piix);
    lead(pc, true);
    ide_loaded(&pc->ide);
    pc_drives_loaded(pc);
}

static void destroy(struct pc *pc)
{
    ide_destroy(&pc->ide);
    pc_drives_close(pc);
}

const struct pc_chipset pc_chipset_i440fx = {
    .pam_register = PAM_REGISTER,
    .ecam = PC_ECAM,
    .pci_memory = PC_RAM_SPLIT,
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

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The south bridge: it is there for a firmware, which expects it, and for IDE disks. In slot 1:
//
//     function 0, 3   piix.c   ISA bridge, power management
//     function 1      ide.c    two channels with the drives of if=ide
#include <errno.h>
#include <stdio.h>

#include "machine/pc/pc.h"

enum { SERIAL = 16, IDE_FUNCTION = 1 };

// The registers that SeaBIOS writes, with the same values.
enum { PIRQS = 0x0b0b0a0a, PM_LINE = PC_IRQ_SCI };

static bool has_disks(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->drive_count; i++)
        if (config->drives[i].interface == INTACT_DRIVE_IDE)
            return true;
    return disk_places_wanted(config);
}

static struct ata *disk_at(struct ide *ide, unsigned unit)
{
    return &ide->channels[unit / IDE_DISKS].disks[unit % IDE_DISKS];
}

static int add_disk(struct pc *pc, unsigned index)
{
    struct board *board = &pc->board;
    unsigned unit = board->config.drives[index].unit;
    const struct intact_block *block;
    char serial[SERIAL];
    if (unit >= INTACT_IDE_DRIVES)
        return error_set(&board->error, -EINVAL, "-drive: if=ide has disks 0 to %u, not %u", INTACT_IDE_DRIVES - 1,
                         unit);
    struct ata *disk = disk_at(&pc->ide, unit);
    if (disk->block)
        return error_set(&board->error, -EINVAL, "-drive: two drives are IDE disk %u; give another index", unit);
    int result = backends_open_drive(board, index, &pc->disks[unit], &block);
    if (result < 0)
        return result;
    snprintf(serial, sizeof serial, "IN%05u", unit + 1);
    if (board->config.drives[index].cd)
        ata_init_cd(disk, block, serial);
    else
        ata_init(disk, block, serial);
    return 0;
}

static int make_ide(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->board.config;
    uint8_t devfn = PCI_DEVFN(PIIX_SLOT, IDE_FUNCTION);
    int result = ide_init(&pc->ide, &pc->board.pci.bus, devfn, &pc->board.ports);
    for (unsigned i = 0; i < config->drive_count && result == 0; i++)
        if (config->drives[i].interface == INTACT_DRIVE_IDE)
            result = add_disk(pc, i);
    for (unsigned i = 0; i < INTACT_IDE_DRIVES && result == 0; i++)
        result = disk_places_add(
            &pc->board, &(struct disk_place){ "ide", i / IDE_DISKS, i % IDE_DISKS, disk_at(&pc->ide, i), false });
    return result;
}

// The host bridge gets the identity by which a firmware knows such a machine.
int pc_south_make(struct pc *pc)
{
    const struct region window = {
        .name = "pm", .widest = 4, .read = acpi_pm_read, .write = acpi_pm_write, .owner = &pc->pm
    };
    pc->south = pc->board.config.bios || has_disks(&pc->board.config);
    if (!pc->south)
        return 0;
    pci_function_subsystem(&pc->board.pci.bridge, PIIX_SUBSYSTEM_VENDOR, PIIX_SUBSYSTEM);
    int result = piix_init(&pc->piix, &pc->board.pci.bus, &pc->board.ports, &window);
    return result == 0 ? make_ide(pc) : result;
}

void pc_south_reset(struct pc *pc, uint64_t now)
{
    piix_reset(&pc->piix, now);
    ide_reset(&pc->ide, now);
}

static void set(struct pc *pc, const struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&pc->board.pci.bus, function->devfn, offset, size, value, pc->board.clock.now);
}

void pc_south_start(struct pc *pc)
{
    set(pc, &pc->piix.isa, PIIX_PIRQRC, 4, PIRQS);
    set(pc, &pc->piix.pm, PIIX_PMBA, 4, PC_PORT_PM);
    set(pc, &pc->piix.pm, PIIX_PMREGMISC, 1, PIIX_PMIOSE);
    set(pc, &pc->piix.pm, PCI_INTERRUPT_LINE, 1, PM_LINE);
    set(pc, &pc->ide.pci, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        set(pc, &pc->ide.pci, IDE_IDETIM + 2 * i, 2, IDE_DECODE);
}

static bool has_many(const struct ata *disk)
{
    return !disk->is_cd && disk->sectors > UINT64_C(1024) * ATA_HEADS * ATA_SECTORS;
}

// Two bits for each disk: 0 as the disk has it, 1 as large disks do (cylinders up to 1024, with more heads).
uint8_t pc_south_translation(const struct pc *pc)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < INTACT_IDE_DRIVES; i++)
        bits |= (unsigned)has_many(&pc->ide.channels[i / IDE_DISKS].disks[i % IDE_DISKS]) << (2 * i);
    return (uint8_t)bits;
}

void pc_south_visit(struct pc *pc, struct visit *v)
{
    VISIT_NESTED(v, "piix", piix_visit(&pc->piix, v));
    VISIT_NESTED(v, "ide", ide_visit(&pc->ide, v));
    for (unsigned i = 0; i < INTACT_IDE_DRIVES; i++) {
        visit_enter_numbered(v, "drive", i);
        block_file_visit(&pc->disks[i], v);
        visit_leave(v);
    }
}

void pc_south_loaded(struct pc *pc)
{
    piix_loaded(&pc->piix);
    ide_loaded(&pc->ide);
    for (unsigned i = 0; i < INTACT_IDE_DRIVES; i++)
        block_file_loaded(&pc->disks[i]);
}

void pc_south_destroy(struct pc *pc)
{
    ide_destroy(&pc->ide);
    for (unsigned i = 0; i < INTACT_IDE_DRIVES; i++)
        block_file_close(&pc->disks[i]);
}

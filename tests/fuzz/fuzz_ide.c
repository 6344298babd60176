// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An IDE controller with two disks, a CD drive and RAM: any access to its ports, its bus masters and its configuration space, tables of
// descriptors anywhere, a host that fails.
//
// What must hold after every step:
//   - the interrupt of a channel is the selected disk's, unless it is disabled;
//   - a disk with DRQ moves data, and its place in the block and on the disk is within both;
//   - what is behind the last sector, and RAM without a transfer into memory, stays as it was;
//   - loading what was just saved changes nothing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ide.h"
#include "fuzz.h"

const char *const fuzz_name = "fuzz_ide";

enum { STEPS = 400, RAM_SIZE = 0x40000, SECTORS = 300, GUARD = 512, MASTER = 0xc000, TABLE = 0x1000 };

static struct rig {
    struct pci_host host;
    struct bus memory, ports;
    struct region ram;
    uint8_t bytes[RAM_SIZE];
    struct ide ide;
    struct intact_block blocks[3];
    uint8_t disks[3][SECTORS * INTACT_BLOCK_SECTOR + GUARD];
    bool fails;
} rig;

static void need(bool good, const char *what)
{
    if (!good)
        fuzz_fail("%s", what);
}

// --- The bench -------------------------------------------------------------------------------------------------------

static void check_range(uint64_t offset, size_t size)
{
    need(size % INTACT_BLOCK_SECTOR == 0 && offset + size <= SECTORS * INTACT_BLOCK_SECTOR, "a range of the disk");
}

static int read_disk(void *owner, uint64_t offset, void *data, size_t size)
{
    check_range(offset, size);
    memcpy(data, (uint8_t *)owner + offset, size);
    return rig.fails ? -EIO : 0;
}

static int write_disk(void *owner, uint64_t offset, const void *data, size_t size)
{
    check_range(offset, size);
    memcpy((uint8_t *)owner + offset, data, size);
    return rig.fails ? -EIO : 0;
}

static int flush_disk(void *owner)
{
    (void)owner;
    return rig.fails ? -EIO : 0;
}

static void make(struct fuzz *fuzz)
{
    memset(&rig, 0, sizeof rig);
    bus_init(&rig.memory);
    bus_init(&rig.ports);
    rig.ram = (struct region){ .base = 0, .size = RAM_SIZE, .name = "RAM", .ram = rig.bytes };
    bus_add(&rig.memory, &rig.ram);
    pci_host_init_ecam(&rig.host);
    pci_bus_connect(&rig.host.bus, &(struct pci_bus_config){ .memory = &rig.memory, .ports = &rig.ports });
    need(ide_init(&rig.ide, &rig.host.bus, PCI_DEVFN(1, 0), &rig.ports) == 0, "a controller");
    for (unsigned i = 0; i < 3; i++) {
        rig.blocks[i] = (struct intact_block){
            SECTORS * INTACT_BLOCK_SECTOR, fuzz_chance(fuzz, 8), read_disk, write_disk, flush_disk, NULL, rig.disks[i]
        };
    }
    for (unsigned i = 0; i < IDE_DISKS; i++)
        ata_init(&rig.ide.channels[0].disks[i], &rig.blocks[i], "FUZZ");
    ata_init_cd(&rig.ide.channels[1].disks[0], &rig.blocks[2], "FUZZ");
    ide_reset(&rig.ide, 0);
    pci_bus_write(&rig.host.bus, rig.ide.pci.devfn, PCI_BAR0 + 16, 4, MASTER, 0);
    pci_bus_write(&rig.host.bus, rig.ide.pci.devfn, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER, 0);
    pci_bus_write(&rig.host.bus, rig.ide.pci.devfn, IDE_IDETIM, 4, 0x80008000, 0);
}

// --- Steps -----------------------------------------------------------------------------------------------------------

static uint64_t base_of(struct fuzz *fuzz)
{
    return fuzz_chance(fuzz, 8) ? 0x170 : 0x1f0;
}

static void out(struct fuzz *fuzz, uint64_t port, unsigned size, uint64_t value)
{
    fuzz_tell(fuzz, "port %llx.%u = %llx", (unsigned long long)port, size, (unsigned long long)value);
    bus_write(&rig.ports, port, size, value, 0);
}

static void step_command(struct fuzz *fuzz)
{
    static const uint8_t often[] = { 0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0xc4, 0xc5, 0xc6,
                                     0xc8, 0xca, 0xe7, 0xec, 0xef, 0x90, 0x91, 0x40, 0x42, 0xf8 };
    uint64_t base = base_of(fuzz);
    for (unsigned i = fuzz_below(fuzz, 16); i > 0; i--)
        out(fuzz, base + ATA_FEATURES + fuzz_below(fuzz, 5), 1,
            fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 4) : fuzz_value(fuzz));
    out(fuzz, base + ATA_DEVICE, 1,
        (fuzz_chance(fuzz, 4) ? 0 : ATA_DEVICE_LBA) | (fuzz_chance(fuzz, 4) ? ATA_DEVICE_DEV : 0));
    out(fuzz, base + ATA_COMMAND, 1, fuzz_chance(fuzz, 8) ? fuzz_value(fuzz) : FUZZ_PICK(fuzz, often));
}

static void step_packet(struct fuzz *fuzz)
{
    static const uint8_t often[] = { 0x28, 0x28, 0xa8, 0xa8, 0x03, 0x12, 0x25, 0x43, 0x46, 0x4a, 0x51, 0x5a };
    static const uint16_t limits[] = { 0, 1, 2, 511, 2048, 4096, 0xfffe, 0xffff };
    uint16_t limit = FUZZ_PICK(fuzz, limits);
    uint8_t packet[ATAPI_PACKET];
    for (unsigned i = 0; i < sizeof packet; i++)
        packet[i] = (uint8_t)(fuzz_chance(fuzz, 8) ? fuzz_value(fuzz) : i % 4 == 1 ? fuzz_below(fuzz, 20) : 0);
    packet[0] = fuzz_chance(fuzz, 8) ? (uint8_t)fuzz_value(fuzz) : FUZZ_PICK(fuzz, often);
    packet[fuzz_below(fuzz, 4) + 6] = (uint8_t)fuzz_below(fuzz, 40);
    out(fuzz, 0x170 + ATA_DEVICE, 1, 0);
    out(fuzz, 0x170 + ATA_FEATURES, 1, fuzz_chance(fuzz, 3));
    out(fuzz, 0x170 + ATA_LBA_MID, 1, limit & 0xff);
    out(fuzz, 0x170 + ATA_LBA_HIGH, 1, limit >> 8);
    out(fuzz, 0x170 + ATA_COMMAND, 1, 0xa0);
    for (unsigned i = 0; i < ATAPI_PACKET; i += 2)
        out(fuzz, 0x170, 2, bytes_get(packet + i, 2));
}

static void step_data(struct fuzz *fuzz)
{
    unsigned count = fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 3000) : fuzz_below(fuzz, 300),
             size = 1u << fuzz_below(fuzz, 3);
    bool in = fuzz_chance(fuzz, 2);
    uint64_t port = fuzz_chance(fuzz, 3) ? 0x170 : 0x1f0;
    fuzz_tell(fuzz, "%u accesses of %u", count, size);
    for (unsigned i = 0; i < count; i++)
        if (in)
            bus_read(&rig.ports, port, size, 0);
        else
            bus_write(&rig.ports, port, size, i, 0);
}

static void step_port(struct fuzz *fuzz)
{
    unsigned size = 1u << fuzz_below(fuzz, 4);
    uint64_t port = fuzz_chance(fuzz, 3)
                        ? base_of(fuzz) + IDE_CONTROL_OFFSET
                        : (fuzz_chance(fuzz, 2) ? MASTER + fuzz_below(fuzz, 16) : base_of(fuzz) + fuzz_below(fuzz, 8));
    if (fuzz_chance(fuzz, 2))
        bus_read(&rig.ports, port, size, 0);
    else
        out(fuzz, port, size, fuzz_value(fuzz));
}

static void step_table(struct fuzz *fuzz)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t at = fuzz_chance(fuzz, 8) ? (uint32_t)fuzz_value(fuzz) : 0x2000 + fuzz_below(fuzz, 0x20000);
        uint32_t count = fuzz_chance(fuzz, 3) ? (uint32_t)fuzz_value(fuzz) : 512 * fuzz_below(fuzz, 32);
        bytes_put(rig.bytes + TABLE + 8 * i, 4, at);
        bytes_put(rig.bytes + TABLE + 8 * i + 4, 4, count | (i == 3 ? BIT32(31) : 0));
    }
    bool read = fuzz_chance(fuzz, 2);
    uint64_t master = MASTER + (fuzz_chance(fuzz, 3) ? 8 : 0);
    out(fuzz, master + IDE_BMIDTP, 4, fuzz_chance(fuzz, 8) ? fuzz_value(fuzz) : TABLE);
    out(fuzz, master + IDE_BMIC, 1, 0);
    out(fuzz, master + IDE_BMIC, 1, (read ? IDE_BMIC_READ : 0) | IDE_BMIC_START);
}

static void step_board(struct fuzz *fuzz)
{
    switch (fuzz_below(fuzz, 8)) {
    case 0: ide_reset(&rig.ide, 0); break;
    case 1: rig.fails = fuzz_chance(fuzz, 2); break;
    default:
        pci_bus_write(&rig.host.bus, rig.ide.pci.devfn, fuzz_chance(fuzz, 2) ? PCI_COMMAND : IDE_IDETIM, 4,
                      fuzz_chance(fuzz, 4) ? (uint32_t)fuzz_value(fuzz) : 0x80008005, 0);
    }
}

// --- What must hold --------------------------------------------------------------------------------------------------

static void check_disk(const struct ata *ata)
{
    bool moves = ata->phase != ATA_IDLE;
    need(moves == ((ata->status & ATA_DRQ) != 0), "DRQ");
    need(!moves || ata->position < ata->length, "the place in the block");
    need(ata->length <= ATA_BLOCK && ata->sector <= ata->sectors && ata->left <= ata->sectors - ata->sector,
         "the place on the disk");
}

static void check_channel(struct ide_channel *channel)
{
    const struct ata *disk = ide_selected(channel);
    need(channel->irq.level == (disk && disk->interrupt && !(channel->control & IDE_NIEN)), "the line");
    for (unsigned i = 0; i < IDE_DISKS; i++)
        check_disk(&channel->disks[i]);
}

static void check_state(void)
{
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    visit_save_init(&save);
    ide_visit(&rig.ide, &save.visit);
    visit_load_init(&load, save.data, save.size);
    ide_visit(&rig.ide, &load.visit);
    ide_loaded(&rig.ide);
    visit_differ_init(&differ, save.data, save.size);
    ide_visit(&rig.ide, &differ.visit);
    need(!load.failed && !differ.differs, "a load");
    free(save.data);
}

static void check(void)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        check_channel(&rig.ide.channels[i]);
    for (unsigned i = 0; i < GUARD; i++)
        for (unsigned disk = 0; disk < 3; disk++)
            need(!rig.disks[disk][SECTORS * INTACT_BLOCK_SECTOR + i], "what is behind the last sector");
    check_state();
}

void fuzz_case(struct fuzz *fuzz)
{
    static void (*const steps[])(struct fuzz *) = { step_command, step_command, step_data,  step_data,
                                                    step_port,    step_table,   step_table, step_packet };
    make(fuzz);
    for (unsigned i = 0; i < STEPS; i++) {
        if (fuzz_chance(fuzz, 40))
            step_board(fuzz);
        else
            FUZZ_PICK(fuzz, steps)(fuzz);
        check();
    }
    ide_destroy(&rig.ide);
    need(rig.ports.count == 0, "every window is gone");
}

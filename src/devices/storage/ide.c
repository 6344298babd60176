// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ide.h. ATA/ATAPI-6: 7 (registers), 9.1 and 9.2 (reset), 9.16 (single device configurations).
//
//     write: both disks get it; COMMAND is for the selected one
//     read:  the selected one answers; for a second disk that is not there the first one does, with STATUS 0
//
// INTRQ is that of the selected disk, and derived: it is on while the disk has it, unless nIEN is set.
//
// Not modelled: timing registers have no effect; the port 3F7h; native PCI mode.
#include "devices/storage/ide.h"

#include "base/bits.h"

enum { FLOATS = 0x7f, DIAGNOSE = 0x90 }; // a cable without disks: D7 is pulled low (8.2 of the PIIX3's design guide)

static bool is_there(const struct ata *disk)
{
    return disk->block != NULL;
}

static bool is_empty(const struct ide_channel *channel)
{
    return !is_there(&channel->disks[0]) && !is_there(&channel->disks[1]);
}

struct ata *ide_selected(struct ide_channel *channel)
{
    struct ata *disk = &channel->disks[channel->device & ATA_DEVICE_DEV ? 1 : 0];
    return is_there(disk) ? disk : NULL;
}

void ide_update(struct ide_channel *channel)
{
    const struct ata *disk = ide_selected(channel);
    bool level = disk && disk->interrupt && !(channel->control & IDE_NIEN);
    if (level && !channel->irq.level)
        channel->BMIS |= IDE_BMIS_INTERRUPT;
    intact_irq_line_set(&channel->irq, level);
}

// --- Registers -------------------------------------------------------------------------------------------------------

static uint8_t read_byte(struct ide_channel *channel, enum ata_register at)
{
    const struct ata *disk = ide_selected(channel);
    if (is_empty(channel))
        return FLOATS;
    if (at == ATA_STATUS && channel->control & IDE_SRST)
        return ATA_BSY;
    if (disk)
        return ata_read(disk, at, channel->control & IDE_HOB);
    const struct ata *other = &channel->disks[channel->device & ATA_DEVICE_DEV ? 0 : 1];
    return at == ATA_STATUS ? 0 : ata_read(other, at, channel->control & IDE_HOB);
}

static uint32_t read_data(struct ide_channel *channel, unsigned size)
{
    struct ata *disk = ide_selected(channel);
    uint32_t value = disk ? ata_read_data(disk, size < 2 ? 2 : size) : UINT32_MAX;
    ide_update(channel);
    return value;
}

uint64_t ide_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct ide_channel *channel = owner;
    struct ata *disk = ide_selected(channel);
    uint64_t value = 0;
    (void)now;
    if (offset == ATA_DATA)
        return read_data(channel, size) & bits_low(8 * size);
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)read_byte(channel, (enum ata_register)(offset + i)) << (8 * i);
        if (offset + i == ATA_STATUS && disk)
            disk->interrupt = false;
    }
    ide_update(channel);
    return value;
}

// 8.10: both disks do it, and afterwards the first one is selected.
static void diagnose(struct ide_channel *channel)
{
    for (unsigned i = 0; i < IDE_DISKS; i++)
        if (is_there(&channel->disks[i]))
            ata_execute(&channel->disks[i], DIAGNOSE);
    channel->disks[1].interrupt = false;
    channel->device = 0;
}

static void execute(struct ide_channel *channel, uint8_t command)
{
    struct ata *disk = ide_selected(channel);
    if (channel->control & IDE_SRST)
        return;
    if (command == DIAGNOSE)
        diagnose(channel);
    else if (disk)
        ata_execute(disk, command);
    ide_run_master(channel);
}

static void write_byte(struct ide_channel *channel, enum ata_register at, uint8_t value)
{
    channel->control &= (uint8_t)~IDE_HOB;
    if (at == ATA_COMMAND) {
        execute(channel, value);
        return;
    }
    if (at == ATA_DEVICE)
        channel->device = value;
    for (unsigned i = 0; i < IDE_DISKS; i++)
        ata_write(&channel->disks[i], at, value);
}

void ide_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct ide_channel *channel = owner;
    struct ata *disk = ide_selected(channel);
    (void)now;
    if (offset == ATA_DATA && disk)
        ata_write_data(disk, size < 2 ? 2 : size, (uint32_t)value);
    else if (offset != ATA_DATA)
        for (unsigned i = 0; i < size; i++)
            write_byte(channel, (enum ata_register)(offset + i), (uint8_t)(value >> (8 * i)));
    ide_update(channel);
}

uint64_t ide_read_control(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)offset, (void)size, (void)now;
    return read_byte(owner, ATA_STATUS);
}

// 9.2: the reset lasts as long as SRST is set.
void ide_write_control(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct ide_channel *channel = owner;
    bool resets = value & ~(uint64_t)channel->control & IDE_SRST;
    (void)offset, (void)size, (void)now;
    channel->control = (uint8_t)(value & (IDE_HOB | IDE_SRST | IDE_NIEN));
    for (unsigned i = 0; i < IDE_DISKS && resets; i++)
        ata_soft_reset(&channel->disks[i]);
    if (resets)
        channel->device = 0;
    ide_update(channel);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void reset_channel(struct ide_channel *channel)
{
    channel->control = channel->device = 0;
    for (unsigned i = 0; i < IDE_DISKS; i++)
        ata_reset(&channel->disks[i]);
    ide_reset_master(channel);
    ide_update(channel);
}

void ide_reset(struct ide *ide, uint64_t now)
{
    pci_function_reset(&ide->pci, now);
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        reset_channel(&ide->channels[i]);
    ide_loaded(ide);
}

static void visit_channel(struct ide_channel *channel, struct visit *v)
{
    for (unsigned i = 0; i < IDE_DISKS; i++) {
        if (!is_there(&channel->disks[i]))
            continue;
        visit_enter_numbered(v, "disk", i);
        ata_visit(&channel->disks[i], v);
        visit_leave(v);
    }
    VISIT(v, channel->control);
    VISIT(v, channel->device);
    VISIT(v, channel->irq.level);
    VISIT(v, channel->BMIC);
    VISIT(v, channel->BMIS);
    VISIT(v, channel->BMIDTP);
    VISIT(v, channel->descriptor);
    VISIT(v, channel->address);
    VISIT_BELOW(v, channel->left, 0x10001);
    VISIT(v, channel->last);
    VISIT_ARRAY(v, channel->mistakes);
}

void ide_visit(struct ide *ide, struct visit *v)
{
    VISIT_NESTED(v, "pci", pci_function_visit(&ide->pci, v));
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        visit_enter_numbered(v, "channel", i);
        visit_channel(&ide->channels[i], v);
        visit_leave(v);
    }
}

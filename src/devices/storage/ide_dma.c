// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The bus masters. Programming Interface for Bus Master IDE Controller 1.0, 2 (registers), 1.2 (physical region descriptors):
//
//     BMIDTP ──> | address 31:1          |     a descriptor: where in memory, and how many bytes; 0 is 64 KiB
//                | EOT | 0 | count 15:1  |     EOT: the table ends with this one
//
// A transfer is done when both sides are ready, within one access. How it ends, in BMIS (3.1):
//
//     INTERRUPT  ACTIVE
//        1         0      the table and the disk ended together
//        1         1      the disk ended before the table
//        0         0      the table ended before the disk, or ERROR: memory did not answer
#include "devices/storage/ide.h"

#include "base/bits.h"

#define EOT BIT32(31)

enum { DESCRIPTOR = 8, WRITABLE_BMIC = IDE_BMIC_START | IDE_BMIC_READ, CHANNEL_PORTS = 8 };

static void stop(struct ide_channel *channel, enum ide_mistake mistake, uint8_t status)
{
    channel->mistakes[mistake]++;
    channel->BMIS = (uint8_t)((channel->BMIS & ~IDE_BMIS_ACTIVE) | status);
}

// A table does not cross a boundary of 64 KiB.
static uint32_t behind(uint32_t descriptor)
{
    return (uint32_t)bits_merge(descriptor, descriptor + DESCRIPTOR, 0xffff);
}

static bool next_descriptor(struct ide_channel *channel)
{
    uint8_t bytes[DESCRIPTOR];
    if (channel->last) {
        stop(channel, IDE_MISTAKE_SHORT, 0);
        return false;
    }
    if (!pci_read_memory(&channel->ide->pci, channel->descriptor, bytes, sizeof bytes)) {
        stop(channel, IDE_MISTAKE_MEMORY, IDE_BMIS_ERROR);
        return false;
    }
    uint32_t count = (uint32_t)bytes_get(bytes + 4, 4);
    channel->descriptor = behind(channel->descriptor);
    channel->address = (uint32_t)bytes_get(bytes, 4) & ~UINT32_C(1);
    channel->left = count & 0xfffe ? count & 0xfffe : 0x10000;
    channel->last = count & EOT;
    return true;
}

static bool move(struct ide_channel *channel, struct ata *disk, uint32_t size, bool in)
{
    struct pci_function *pci = &channel->ide->pci;
    uint8_t *data = ata_dma_data(disk);
    bool done =
        in ? pci_write_memory(pci, channel->address, data, size) : pci_read_memory(pci, channel->address, data, size);
    if (!done) {
        stop(channel, IDE_MISTAKE_MEMORY, IDE_BMIS_ERROR);
        return false;
    }
    channel->address += size;
    channel->left -= size;
    if (channel->last && !channel->left)
        channel->BMIS &= (uint8_t)~IDE_BMIS_ACTIVE;
    ata_dma_moved(disk, size);
    return true;
}

void ide_run_master(struct ide_channel *channel)
{
    struct ata *disk = ide_selected(channel);
    bool in = channel->BMIC & IDE_BMIC_READ;
    while (disk && channel->BMIC & IDE_BMIC_START) {
        uint32_t size = ata_dma_size(disk, in);
        if (!size || (!channel->left && !next_descriptor(channel)))
            return;
        if (!move(channel, disk, size < channel->left ? size : channel->left, in))
            return;
    }
}

void ide_reset_master(struct ide_channel *channel)
{
    channel->BMIC = channel->BMIS = 0;
    channel->BMIDTP = channel->descriptor = channel->address = channel->left = 0;
    channel->last = false;
}

// --- Registers -------------------------------------------------------------------------------------------------------

static void write_command(struct ide_channel *channel, uint8_t value)
{
    bool starts = value & ~channel->BMIC & IDE_BMIC_START;
    channel->BMIC = value & WRITABLE_BMIC;
    if (!(value & IDE_BMIC_START))
        channel->BMIS &= (uint8_t)~IDE_BMIS_ACTIVE;
    if (!starts)
        return;
    channel->BMIS |= IDE_BMIS_ACTIVE;
    channel->descriptor = channel->BMIDTP;
    channel->left = 0;
    channel->last = false;
    ide_run_master(channel);
}

static void write_byte(struct ide_channel *channel, unsigned at, uint8_t value)
{
    if (at == IDE_BMIC)
        write_command(channel, value);
    else if (at == IDE_BMIS)
        channel->BMIS =
            (uint8_t)((channel->BMIS & ~(value & (IDE_BMIS_ERROR | IDE_BMIS_INTERRUPT)) & ~IDE_BMIS_CAPABLE) |
                      (value & IDE_BMIS_CAPABLE));
    else if (at >= IDE_BMIDTP)
        channel->BMIDTP = (uint32_t)bits_merge(channel->BMIDTP, (uint32_t)value << (8 * (at - IDE_BMIDTP)),
                                               UINT32_C(0xff) << (8 * (at - IDE_BMIDTP)) & ~UINT32_C(3));
}

static uint8_t read_byte(const struct ide_channel *channel, unsigned at)
{
    if (at == IDE_BMIC)
        return channel->BMIC;
    if (at == IDE_BMIS)
        return channel->BMIS;
    return at >= IDE_BMIDTP ? (uint8_t)(channel->BMIDTP >> (8 * (at - IDE_BMIDTP))) : 0;
}

uint64_t ide_master_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct ide *ide = owner;
    uint64_t value = 0;
    (void)now;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)offset + i;
        value |= (uint64_t)read_byte(&ide->channels[at / CHANNEL_PORTS % IDE_CHANNELS], at % CHANNEL_PORTS) << (8 * i);
    }
    return value;
}

void ide_master_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct ide *ide = owner;
    (void)now;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)offset + i;
        struct ide_channel *channel = &ide->channels[at / CHANNEL_PORTS % IDE_CHANNELS];
        write_byte(channel, at % CHANNEL_PORTS, (uint8_t)(value >> (8 * i)));
        ide_update(channel);
    }
}

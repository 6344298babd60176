// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI function of the IDE controller. PIIX3 data sheet (290550), 3.2: IDETIM, SIDETIM; the bus masters are at BAR 4.
//
//     the ports of a channel are there  =  I/O space is enabled in the command register  and  IDETIM[15] of the channel
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ide.h"

enum { MASTER_BAR = 4 };

static const uint16_t bases[IDE_CHANNELS] = { 0x1f0, 0x170 };

static bool wanted(const struct ide *ide, unsigned channel)
{
    return pci_function_get(&ide->pci, PCI_COMMAND, 2) & PCI_COMMAND_IO &&
           pci_function_get(&ide->pci, IDE_IDETIM + 2 * channel, 2) & IDE_DECODE;
}

static void leave(struct ide *ide, struct ide_channel *channel)
{
    if (!channel->mapped)
        return;
    bus_remove(ide->ports, &channel->commands);
    bus_remove(ide->ports, &channel->controls);
    channel->mapped = false;
}

static void enter(struct ide *ide, struct ide_channel *channel)
{
    if (bus_add(ide->ports, &channel->commands) == 0) {
        channel->mapped = bus_add(ide->ports, &channel->controls) == 0;
        if (channel->mapped)
            return;
        bus_remove(ide->ports, &channel->commands);
    }
    ide->pci.mistakes[PCI_OVERLAP]++;
}

static void follow(struct ide *ide)
{
    for (unsigned i = 0; i < IDE_CHANNELS; i++) {
        struct ide_channel *channel = &ide->channels[i];
        if (!wanted(ide, i))
            leave(ide, channel);
        else if (!channel->mapped)
            enter(ide, channel);
    }
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    (void)offset, (void)size, (void)now;
    follow(owner);
}

void ide_loaded(struct ide *ide)
{
    uint32_t overlaps = ide->pci.mistakes[PCI_OVERLAP];
    follow(ide);
    ide->pci.mistakes[PCI_OVERLAP] = overlaps;
}

static void init_channel(struct ide *ide, unsigned index)
{
    struct ide_channel *channel = &ide->channels[index];
    channel->ide = ide;
    channel->commands = (struct region){ .base = bases[index],
                                         .size = ATA_REGISTERS,
                                         .name = "IDE",
                                         .widest = 4,
                                         .read = ide_read,
                                         .write = ide_write,
                                         .owner = channel };
    channel->controls = (struct region){ .base = bases[index] + IDE_CONTROL_OFFSET,
                                         .size = 1,
                                         .name = "IDE control",
                                         .widest = 1,
                                         .read = ide_read_control,
                                         .write = ide_write_control,
                                         .owner = channel };
    for (unsigned i = 0; i < IDE_DISKS; i++)
        ata_init(&channel->disks[i], NULL, "");
}

int ide_init(struct ide *ide, struct pci_bus *bus, uint8_t devfn, struct bus *ports)
{
    memset(ide, 0, sizeof *ide);
    ide->ports = ports;
    pci_function_init(&ide->pci, 0x8086, 0x7010, 0x010180, 0);
    pci_function_allow(&ide->pci, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    pci_function_allow(&ide->pci, PCI_CACHE_LINE_SIZE, 2, 0xf000); // the latency timer
    pci_function_allow(&ide->pci, PCI_INTERRUPT_LINE, 1, 0);
    pci_function_set(&ide->pci, PCI_STATUS, 2, 0x0280);
    pci_function_allow(&ide->pci, IDE_IDETIM, 4, UINT32_MAX);
    pci_function_allow(&ide->pci, IDE_SIDETIM, 1, 0xff);
    ide->pci.written = written;
    ide->pci.owner = ide;
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        init_channel(ide, i);
    int result = pci_bar_add(&ide->pci, MASTER_BAR, PCI_BAR_IO, IDE_MASTER_PORTS, ide_master_read, ide_master_write,
                             ide, "IDE bus master");
    return result == 0 ? pci_bus_add(bus, devfn, &ide->pci) : result;
}

void ide_destroy(struct ide *ide)
{
    for (unsigned i = 0; i < IDE_CHANNELS && ide->ports; i++)
        leave(ide, &ide->channels[i]);
    pci_function_destroy(&ide->pci);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The IDE controller of a PIIX3: two channels, each a cable with up to two disks and an ISA interrupt, and a bus master for each.
//
// Spec: Intel 82371FB/82371SB (PIIX/PIIX3) data sheet, 290550, 3.2 (function 1); Programming Interface for Bus Master IDE
// Controller 1.0; ATA/ATAPI-6 for what is on the cable.
//
//     1F0h-1F7h, 3F6h   primary:    commands, control      IRQ 14        BAR 4 +0  BMIC, BMIS, BMIDTP
//     170h-177h, 376h   secondary                          IRQ 15              +8
//
//     ide.c       channels: their ports, which disk answers, INTRQ
//     ide_dma.c   the bus masters
//     ide_pci.c   the PCI function: where the ports are
//
// Path: devices/storage/ata.c / the board's routing of `irq`
#ifndef DEVICES_STORAGE_IDE_H
#define DEVICES_STORAGE_IDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/pci/pci.h"
#include "devices/storage/ata.h"
#include "intact/irq_line.h"

enum { IDE_CHANNELS = 2, IDE_DISKS = 2, IDE_CONTROL_OFFSET = 0x206, IDE_MASTER_PORTS = 16 };

enum ide_pci_register { IDE_IDETIM = 0x40, IDE_SIDETIM = 0x44 }; // one IDETIM of 16 bits for each channel
enum { IDE_DECODE = 0x8000 };                                    // of IDETIM: the channel's ports are there

enum ide_control { IDE_HOB = 0x80, IDE_SRST = 0x04, IDE_NIEN = 0x02 };

enum ide_master_register { IDE_BMIC = 0, IDE_BMIS = 2, IDE_BMIDTP = 4 };
enum { IDE_BMIC_START = 0x01, IDE_BMIC_READ = 0x08 }; // READ: of the disk, into memory
enum {
    IDE_BMIS_ACTIVE = 0x01,
    IDE_BMIS_ERROR = 0x02,
    IDE_BMIS_INTERRUPT = 0x04,
    IDE_BMIS_CAPABLE = 0x60, // what a firmware says of each disk
};

enum ide_mistake {
    IDE_MISTAKE_SHORT,  // a table of descriptors that ends before the disk's data
    IDE_MISTAKE_MEMORY, // a table, or data, where no RAM is
    IDE_MISTAKES
};

struct ide;

struct ide_channel {
    struct ide *ide;
    struct ata disks[IDE_DISKS];
    uint8_t control; // HOB, SRST, nIEN
    uint8_t device;  // DEV of the last write to the device register, which selects a disk
    struct intact_irq_line irq;
    // The bus master. `descriptor`: of the table, the one in use; `address` and `left` are what remains of it.
    uint8_t BMIC, BMIS;
    uint32_t BMIDTP, descriptor, address, left;
    bool last; // it is the table's last one
    uint32_t mistakes[IDE_MISTAKES];
    struct region commands, controls;
    bool mapped;
};

struct ide {
    struct pci_function pci;
    struct bus *ports;
    struct ide_channel channels[IDE_CHANNELS];
};

// A function of the bus at `devfn`. Disks are added with ata_init before the machine runs. What pci_bus_add says.
int ide_init(struct ide *ide, struct pci_bus *bus, uint8_t devfn, struct bus *ports);
void ide_reset(struct ide *ide, uint64_t now);
void ide_visit(struct ide *ide, struct visit *v);
void ide_loaded(struct ide *ide);
void ide_destroy(struct ide *ide);

// The ports of a channel: the command block (region.widest = 4) and the control register.
uint64_t ide_read(void *channel, uint64_t offset, unsigned size, uint64_t now);
void ide_write(void *channel, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t ide_read_control(void *channel, uint64_t offset, unsigned size, uint64_t now);
void ide_write_control(void *channel, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// BAR 4.
uint64_t ide_master_read(void *ide, uint64_t offset, unsigned size, uint64_t now);
void ide_master_write(void *ide, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// --- Between its files -----------------------------------------------------------------------------------------------

// The disk that is selected. NULL: it is not there.
struct ata *ide_selected(struct ide_channel *channel);
// Drives the line as INTRQ and nIEN say.
void ide_update(struct ide_channel *channel);
// Moves data while the bus master is started and the disk has or wants some.
void ide_run_master(struct ide_channel *channel);
void ide_reset_master(struct ide_channel *channel);

#endif

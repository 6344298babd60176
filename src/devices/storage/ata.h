// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An ATA disk, or a CD drive, which takes its commands in packets (ATAPI): its registers, its commands, and the block of data
// that is on its way. It is on a cable with another one (ide.h), and both see what the host writes.
//
// Spec: ANSI INCITS 361-2002, AT Attachment with Packet Interface 6 (ATA/ATAPI-6; T13/1410D): 6 features, 7 registers,
// 8 commands, 9 protocols. Behind a port of ahci.h it is a serial one: Serial ATA Revision 2.6, 13.2 (IDENTIFY DEVICE), 13.6
// (queued commands), 13.7 (their log).
//
//     ata.c           registers, blocks of data, reset
//     ata_command.c   the commands
//     ata_identify.c  what IDENTIFY DEVICE says
//     ata_log.c       queued commands of a serial one that failed (READ LOG EXT)
//     atapi.c         packets: the commands of a CD drive
//
//     command ──> IDLE ─┬─────────────────────────────────> done: INTRQ
//                       ├─ PIO_IN   block: DRQ, INTRQ  ──> host reads  ──> next block, or done without INTRQ
//                       ├─ PIO_OUT  block: DRQ         ──> host writes ──> next block with INTRQ, or done: INTRQ
//                       ├─ PACKET   12 bytes: DRQ    ──> host writes ──> one of the others
//                       └─ DMA_IN, DMA_OUT: DRQ until the bus master has moved all ──> done: INTRQ
//
// A command is finished within the access that gives the disk all that it needs, so that BSY is seen only in a reset.
#ifndef DEVICES_STORAGE_ATA_H
#define DEVICES_STORAGE_ATA_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/backend.h>

#include "base/visit.h"

// The command block.
enum ata_register {
    ATA_DATA,
    ATA_ERROR, // write: ATA_FEATURES
    ATA_COUNT,
    ATA_LBA_LOW,
    ATA_LBA_MID,
    ATA_LBA_HIGH,
    ATA_DEVICE,
    ATA_STATUS, // write: ATA_COMMAND
    ATA_REGISTERS,
    ATA_FEATURES = ATA_ERROR,
    ATA_COMMAND = ATA_STATUS,
};

enum ata_status {
    ATA_BSY = 0x80,
    ATA_DRDY = 0x40,
    ATA_DF = 0x20,
    ATA_DSC = 0x10,
    ATA_DRQ = 0x08,
    ATA_ERR = 0x01,
};

enum ata_error { ATA_UNC = 0x40, ATA_IDNF = 0x10, ATA_ABRT = 0x04, ATA_PASSED = 0x01 };

enum ata_device_bits { ATA_DEVICE_LBA = 0x40, ATA_DEVICE_DEV = 0x10, ATA_DEVICE_HEAD = 0x0f };

enum ata_phase { ATA_IDLE, ATA_PIO_IN, ATA_PIO_OUT, ATA_DMA_IN, ATA_DMA_OUT, ATA_PACKET, ATA_PHASES };

enum ata_mistake {
    ATA_MISTAKE_COMMAND, // a command that the disk does not have: aborted
    ATA_MISTAKE_RANGE,   // sectors that it does not have
    ATA_MISTAKE_EARLY,   // a command while another one moves data
    ATA_MISTAKE_DATA,    // the data register without DRQ
    ATA_MISTAKES
};

enum {
    ATA_SECTOR = INTACT_BLOCK_SECTOR,
    ATA_MULTIPLE = 16, // sectors of the largest block
    ATA_BLOCK = ATA_MULTIPLE * ATA_SECTOR,
    ATA_HEADS = 16, // of the default translation
    ATA_SECTORS = 63,
    ATA_SERIAL = 20,
    ATA_TAGS = 32,      // of queued commands
    ATA_QUEUE_LOG = 14, // bytes of the log's page that are not always 0
    ATAPI_PACKET = 12,
    ATAPI_SECTOR = 2048, // of a CD
};

struct ata {
    const struct intact_block *block; // NULL: there is no disk
    uint64_t sectors;
    char serial[ATA_SERIAL];
    bool is_cd, is_serial;

    // Registers. These five keep the byte written before the last one: current | previous << 8 (6.20).
    uint16_t features, count, lba[3];
    uint8_t error, device, status;
    bool interrupt; // INTRQ, unless the host has disabled it

    // The command that moves data.
    uint8_t command, phase;
    bool extended;             // its addresses have 48 bits
    uint8_t per_block;         // sectors of a block
    uint32_t position, length; // of the block: bytes that were moved, and all
    uint32_t end;              // where this DRQ ends: a CD drive gives a block in parts of at most `limit`
    uint64_t sector;           // of the block
    uint32_t left;             // sectors from there on
    uint8_t buffer[ATA_BLOCK];

    // What SET FEATURES, SET MULTIPLE MODE and INITIALIZE DEVICE PARAMETERS have set.
    uint8_t multiple, transfer_mode, heads, sectors_per_track;
    bool write_cache, look_ahead;

    // The queued command that failed, as its log has it. Until that is read, or a reset, nothing else is done.
    bool queue_failed;
    uint8_t queue_log[ATA_QUEUE_LOG];

    // Of a CD drive: the packet's answer comes by DMA, or with so many bytes for each DRQ; what REQUEST SENSE will say.
    bool by_dma;
    uint16_t limit;
    uint8_t sense_key, sense_code;

    uint32_t mistakes[ATA_MISTAKES];
};

// `block` NULL: no disk. `serial`: up to ATA_SERIAL characters. The second one makes a CD drive with a medium.
void ata_init(struct ata *ata, const struct intact_block *block, const char *serial);
void ata_init_cd(struct ata *ata, const struct intact_block *block, const char *serial);
// One of the two with a Serial ATA interface.
void ata_init_serial(struct ata *ata, const struct intact_block *block, const char *serial, bool cd);
// RESET#: settings are lost as well. SRST: they stay. Both leave the signature of a disk (9.12).
void ata_reset(struct ata *ata);
void ata_soft_reset(struct ata *ata);
void ata_visit(struct ata *ata, struct visit *v);

// One byte of the command block other than data; `previous`: HOB is set. Reading STATUS has no effect here: the caller
// clears `interrupt`.
uint8_t ata_read(const struct ata *ata, enum ata_register at, bool previous);
// Not COMMAND.
void ata_write(struct ata *ata, enum ata_register at, uint8_t value);
void ata_execute(struct ata *ata, uint8_t command);

// The data register, with 2 or 4 bytes.
uint32_t ata_read_data(struct ata *ata, unsigned size);
void ata_write_data(struct ata *ata, unsigned size, uint32_t value);

// DMA: how many bytes the disk gives or takes now; 0: none. Then the bus master moves as many or fewer.
uint32_t ata_dma_size(const struct ata *ata, bool in);
uint8_t *ata_dma_data(struct ata *ata);
void ata_dma_moved(struct ata *ata, uint32_t size);

// The same for a port that moves PIO's data as well: how many bytes this DRQ is for, of PIO or of a packet; whether the command
// has no data behind them. They are moved with ata_dma_moved.
uint32_t ata_pio_size(const struct ata *ata);
bool ata_is_last(const struct ata *ata);
// The command is a queued one; and its tag.
bool ata_is_queued(const struct ata *ata);
unsigned ata_tag(const struct ata *ata);

// --- Between its files -----------------------------------------------------------------------------------------------

// The command is done: with 0, or these bits of the error register.
void ata_done(struct ata *ata, uint8_t error);
// It moves `left` sectors from `sector` on.
void ata_begin(struct ata *ata, enum ata_phase phase);
// The number of a sector, into the registers of an address.
void ata_tell_sector(struct ata *ata, uint64_t sector);
// The 512 bytes of IDENTIFY DEVICE or IDENTIFY PACKET DEVICE.
void ata_identify(const struct ata *ata, uint8_t *out);
// A queued command has failed. READ LOG EXT: the page that the registers name; false: there is none.
void ata_log_queue(struct ata *ata);
bool ata_read_log(struct ata *ata, uint8_t *out);
// PACKET: the host writes 12 bytes, then they are executed. A block that can be read is told, or a part of it; the medium failed.
void atapi_begin(struct ata *ata);
void atapi_execute(struct ata *ata);
void atapi_tell_part(struct ata *ata);
void atapi_fail_medium(struct ata *ata);

#endif

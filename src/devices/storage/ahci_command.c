// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The commands of an AHCI port. AHCI 1.3.1: 4.2.2 (headers), 4.2.3 (tables), 5.3 (what the HBA does), 6.1.5 (overflow); Serial
// ATA 2.6, 10.3.4 (the FIS of a command), 11.4 (software reset), 13.6 (queued commands).
//
//     PxCLB + 32 * slot ──> | PRDTL | ... CFL |    the table:  00h  the FIS of the command, CFL dwords
//                           | bytes moved     |                40h  a packet (ATAPI)
//                           | table           |                80h  PRDTL descriptors: | address | 0 | I, bytes - 1 |
//
//     PIO:     PIO setup FIS, data ... then a register FIS, unless the last data went to the host
//     DMA:     data, then a register FIS
//     queued:  register FIS (released), DMA setup FIS, data, then a set device bits FIS
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ahci.h"

enum { HEADER = 32, HEADER_MOVED = 4, HEADER_TABLE = 8, TABLE_PACKET = 0x40, TABLE_DESCRIPTORS = 0x80 };
enum { FLAG_CFL = 0x1f, FLAG_C = 1 << 10, DESCRIPTOR = 16, DESCRIPTOR_COUNT = 0x3fffff };
#define DESCRIPTOR_I BIT32(31)
enum { FIS = 20, FIS_REGISTERS = 0x27, FIS_COMMAND = 0x80, CONTROL_SRST = 4 };
enum { IDLE_AFTER_DATA = ATA_DRDY | ATA_DSC, BUSY_AFTER_DATA = ATA_BSY | ATA_DRDY | ATA_DSC };

// A command while it is carried out.
struct command {
    struct ahci_port *port;
    unsigned slot;
    uint32_t flags; // the first dword of its header
    uint64_t header, table;
    uint32_t next;    // the descriptor behind the one in use
    uint64_t address; // what is left of that
    uint32_t left;
    bool interrupts; // its end does
    uint32_t moved;
};

static void fail_memory(struct ahci_port *port)
{
    ahci_halt(port, AHCI_MISTAKE_MEMORY, AHCI_HBFS);
}

// --- Data ------------------------------------------------------------------------------------------------------------

enum found { FOUND, NONE, FAILED };

static enum found next_descriptor(struct command *command)
{
    uint8_t bytes[DESCRIPTOR];
    uint64_t at = command->table + TABLE_DESCRIPTORS + (uint64_t)command->next * DESCRIPTOR;
    if (command->next == command->flags >> 16)
        return NONE;
    if (!pci_read_memory(&command->port->ahci->pci, at, bytes, sizeof bytes))
        return FAILED;
    uint32_t count = (uint32_t)bytes_get(bytes + 12, 4);
    command->next++;
    command->address = bytes_get(bytes, 8) & ~UINT64_C(1);
    command->left = ((count & DESCRIPTOR_COUNT) | 1) + 1; // whole words
    command->interrupts = count & DESCRIPTOR_I;
    return FOUND;
}

static bool move_part(struct command *command, uint8_t *data, uint32_t size, bool in)
{
    struct pci_function *pci = &command->port->ahci->pci;
    if (!(in ? pci_write_memory(pci, command->address, data, size)
             : pci_read_memory(pci, command->address, data, size)))
        return false;
    command->address += size;
    command->left -= size;
    command->moved += size;
    if (!command->left && command->interrupts)
        command->port->IS |= AHCI_DPS;
    return true;
}

// 6.1.5: what there is no room for is lost, and the command goes on; one that wants more data than there is stays busy.
static bool overflow(struct command *command, bool in)
{
    struct ahci_port *port = command->port;
    if (!in) {
        ahci_halt(port, AHCI_MISTAKE_SHORT, AHCI_OFS);
        return false;
    }
    port->mistakes[AHCI_MISTAKE_SHORT]++;
    port->IS |= AHCI_OFS;
    return true;
}

// False: the port is halted, in the middle of the command.
static bool move(struct command *command, uint32_t size, bool in)
{
    uint8_t *data = ata_dma_data(&command->port->disk);
    while (size) {
        enum found found = command->left ? FOUND : next_descriptor(command);
        if (found == NONE)
            return overflow(command, in);
        uint32_t part = size < command->left ? size : command->left;
        if (found == FAILED || !move_part(command, data, part, in)) {
            fail_memory(command->port);
            return false;
        }
        data += part;
        size -= part;
    }
    return true;
}

static bool move_packet(struct command *command)
{
    struct ahci_port *port = command->port;
    if (pci_read_memory(&port->ahci->pci, command->table + TABLE_PACKET, ata_dma_data(&port->disk), ATAPI_PACKET))
        return true;
    fail_memory(port);
    return false;
}

// --- The protocols ---------------------------------------------------------------------------------------------------

// One block by PIO. The last one to the host, but for that of a CD drive, is also the end of the command.
static bool move_pio(struct command *command, bool *ended)
{
    struct ahci_port *port = command->port;
    struct ata *disk = &port->disk;
    bool in = disk->phase == ATA_PIO_IN, packet = disk->phase == ATA_PACKET;
    uint32_t size = ata_pio_size(disk);
    *ended = in && ata_is_last(disk) && !disk->is_cd;
    uint8_t ends = *ended ? IDLE_AFTER_DATA : BUSY_AFTER_DATA;
    ahci_receive_pio_setup(port, size, in, ends);
    if (!(packet ? move_packet(command) : move(command, size, in)))
        return false;
    port->TFD = (uint32_t)bits_merge(port->TFD, ends, 0xff);
    ata_dma_moved(disk, size);
    return true;
}

static bool move_dma(struct command *command)
{
    struct ata *disk = &command->port->disk;
    bool in = disk->phase == ATA_DMA_IN;
    uint32_t size = ata_dma_size(disk, in);
    if (!move(command, size, in))
        return false;
    ata_dma_moved(disk, size);
    return true;
}

static bool is_dma(const struct ata *disk)
{
    return disk->phase == ATA_DMA_IN || disk->phase == ATA_DMA_OUT;
}

static void tell_moved(struct command *command)
{
    uint8_t bytes[4];
    bytes_put(bytes, sizeof bytes, command->moved);
    if (!pci_write_memory(&command->port->ahci->pci, command->header + HEADER_MOVED, bytes, sizeof bytes))
        fail_memory(command->port);
}

// A command that failed stays in PxCI, so that the driver sees which one it was (6.2.2.1).
static void end(struct command *command)
{
    if (!command->port->halted)
        command->port->CI &= ~BIT32(command->slot);
}

static void carry_out(struct command *command)
{
    struct ahci_port *port = command->port;
    struct ata *disk = &port->disk;
    bool ended = false;
    while (disk->phase != ATA_IDLE)
        if (!(is_dma(disk) ? move_dma(command) : move_pio(command, &ended)))
            return;
    tell_moved(command);
    if (!ended)
        ahci_receive_registers(port, disk->interrupt);
    disk->interrupt = false;
    end(command);
}

static void carry_out_queued(struct command *command)
{
    struct ahci_port *port = command->port;
    struct ata *disk = &port->disk;
    unsigned tag = ata_tag(disk);
    if (disk->phase == ATA_IDLE && disk->error != ATA_UNC) { // refused: not queued at all
        carry_out(command);
        return;
    }
    ahci_receive_release(port);
    end(command);
    if (disk->phase != ATA_IDLE)
        ahci_receive_dma_setup(port, tag, disk->left * ATA_SECTOR, disk->phase == ATA_DMA_IN);
    while (disk->phase != ATA_IDLE && !port->halted)
        if (!move_dma(command))
            return;
    if (!port->halted)
        ahci_receive_device_bits(port, tag);
    disk->interrupt = false;
}

// --- The FIS of a command --------------------------------------------------------------------------------------------

// Serial ATA 2.6, 11.4: SRST 1 begins a reset, SRST 0 ends it.
static void control(struct command *command, uint8_t value)
{
    struct ahci_port *port = command->port;
    bool resets = value & CONTROL_SRST, ends = port->resets && !resets;
    port->resets = resets;
    port->TFD |= resets ? ATA_BSY : 0;
    if (ends) {
        ata_soft_reset(&port->disk);
        ahci_receive_signature(port);
    } else if (command->flags & FLAG_C) {
        port->TFD &= ~(uint32_t)(ATA_BSY | ATA_DRQ);
    }
    end(command);
}

static void set_registers(struct ata *disk, const uint8_t *fis)
{
    ata_write(disk, ATA_FEATURES, fis[11]);
    ata_write(disk, ATA_FEATURES, fis[3]);
    ata_write(disk, ATA_COUNT, fis[13]);
    ata_write(disk, ATA_COUNT, fis[12]);
    for (unsigned i = 0; i < 3; i++) {
        ata_write(disk, ATA_LBA_LOW + i, fis[8 + i]);
        ata_write(disk, ATA_LBA_LOW + i, fis[4 + i]);
    }
    ata_write(disk, ATA_DEVICE, fis[7]);
}

static void send(struct command *command, const uint8_t *fis)
{
    struct ahci_port *port = command->port;
    if (!(fis[1] & FIS_COMMAND)) {
        control(command, fis[15]);
        return;
    }
    port->TFD |= ATA_BSY;
    set_registers(&port->disk, fis);
    ata_execute(&port->disk, fis[2]);
    if (ata_is_queued(&port->disk))
        carry_out_queued(command);
    else
        carry_out(command);
}

static void issue(struct ahci_port *port, unsigned slot)
{
    struct pci_function *pci = &port->ahci->pci;
    struct command command = { .port = port, .slot = slot, .header = port->CLB + slot * HEADER };
    uint8_t header[HEADER], fis[FIS];
    port->slot = (uint8_t)slot;
    if (!pci_read_memory(pci, command.header, header, sizeof header)) {
        fail_memory(port);
        return;
    }
    command.flags = (uint32_t)bytes_get(header, 4);
    command.table = bytes_get(header + HEADER_TABLE, 8) & ~UINT64_C(0x7f);
    if (!pci_read_memory(pci, command.table, fis, sizeof fis)) {
        fail_memory(port);
    } else if ((command.flags & FLAG_CFL) * 4 < FIS || fis[0] != FIS_REGISTERS) {
        port->SERR |= AHCI_SERR_H;
        ahci_halt(port, AHCI_MISTAKE_FIS, AHCI_IFS);
    } else {
        send(&command, fis);
    }
}

// --- The list --------------------------------------------------------------------------------------------------------

// 5.3.2: in turn, from the slot behind the last one on.
static unsigned next_slot(const struct ahci_port *port)
{
    unsigned slot = port->slot == AHCI_SLOTS ? 0 : (port->slot + 1) % AHCI_SLOTS;
    while (!(port->CI >> slot & 1))
        slot = (slot + 1) % AHCI_SLOTS;
    return slot;
}

static bool is_ready(const struct ahci_port *port)
{
    return port->CMD & AHCI_CMD_ST && !port->halted && port->CI && !(port->TFD & (ATA_BSY | ATA_DRQ)) &&
           ahci_port_has_disk(port);
}

void ahci_run(struct ahci_port *port)
{
    while (is_ready(port))
        issue(port, next_slot(port));
}

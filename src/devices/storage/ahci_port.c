// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A port of the AHCI controller. AHCI 1.3.1: 3.3 (registers), 4.2.1 (received FISes), 10.4.2 (COMRESET); Serial ATA 2.6, 10.3
// (FIS types), 14.1 (SStatus, SError, SControl).
//
//     COMRESET: PxSCTL.DET 1, then 0 ──> the device is reset, PxSSTS.DET 3, PxSERR.DIAG.X ──> its signature: PxSIG, PxTFD
//
// A FIS is dropped while PxCMD.FRE is 0, but for the signature, which waits.
#include "base/bits.h"
#include "devices/storage/ahci.h"

#define NO_SIGNATURE UINT32_MAX
enum { FIS_REGISTERS = 0x34, FIS_DMA_SETUP = 0x41, FIS_PIO_SETUP = 0x5f, FIS_DEVICE_BITS = 0xa1 };
enum { FIS_INTERRUPT = 0x40, FIS_TO_HOST = 0x20 };
enum { REGISTERS_SIZE = 20, DMA_SETUP_SIZE = 28, DEVICE_BITS_SIZE = 8 };
enum { DET_RESET = 1, DET_OFF = 4, DET = 15, LINK_UP = 0x103, GENERATION = 0xf0, GENERATION_2 = 2 };
enum { RELEASED = ATA_DRDY | ATA_DSC, NO_DEVICE = 0x7f, DEVICE_BITS = 0x77, WRITABLE_SCTL = 0xfff };
enum { WRITABLE_CMD = AHCI_CMD_ST | AHCI_CMD_FRE | AHCI_CMD_ATAPI | AHCI_CMD_DLAE };
enum { WRITABLE_IE = 0x7dc000ff };

bool ahci_port_has_disk(const struct ahci_port *port)
{
    return port->disk.block != NULL;
}

// --- What the device sends -------------------------------------------------------------------------------------------

void ahci_halt(struct ahci_port *port, enum ahci_mistake mistake, uint32_t interrupt)
{
    port->mistakes[mistake]++;
    port->IS |= interrupt;
    port->halted = true;
}

static void post(struct ahci_port *port, enum ahci_received at, const uint8_t *fis, unsigned size)
{
    if (port->CMD & AHCI_CMD_FRE && !pci_write_memory(&port->ahci->pci, port->FB + at, fis, size))
        ahci_halt(port, AHCI_MISTAKE_MEMORY, AHCI_HBFS);
}

static void take_status(struct ahci_port *port, uint8_t status, uint8_t error)
{
    port->TFD = (uint32_t)error << 8 | status;
    if (!(status & ATA_ERR))
        return;
    port->IS |= AHCI_TFES;
    port->halted = true;
}

// The device's registers, as three sorts of FIS have them.
static void fill(const struct ata *disk, uint8_t *fis, uint8_t type, uint8_t flags, uint8_t status)
{
    fis[0] = type;
    fis[1] = flags;
    fis[2] = status;
    fis[3] = disk->error;
    for (unsigned i = 0; i < 3; i++) {
        fis[4 + i] = ata_read(disk, ATA_LBA_LOW + i, false);
        fis[8 + i] = ata_read(disk, ATA_LBA_LOW + i, true);
    }
    fis[7] = disk->device;
    fis[12] = ata_read(disk, ATA_COUNT, false);
    fis[13] = ata_read(disk, ATA_COUNT, true);
}

void ahci_receive_registers(struct ahci_port *port, bool interrupt)
{
    uint8_t fis[REGISTERS_SIZE] = { 0 };
    fill(&port->disk, fis, FIS_REGISTERS, interrupt ? FIS_INTERRUPT : 0, port->disk.status);
    post(port, AHCI_REGISTERS, fis, sizeof fis);
    port->IS |= interrupt ? AHCI_DHRS : 0;
    take_status(port, port->disk.status, port->disk.error);
}

// Serial ATA 2.6, 13.6.2: the device has accepted a queued command, and is ready for another one.
void ahci_receive_release(struct ahci_port *port)
{
    uint8_t fis[REGISTERS_SIZE] = { 0 };
    fill(&port->disk, fis, FIS_REGISTERS, 0, RELEASED);
    fis[3] = 0;
    post(port, AHCI_REGISTERS, fis, sizeof fis);
    take_status(port, RELEASED, 0);
}

void ahci_receive_pio_setup(struct ahci_port *port, uint32_t bytes, bool in, uint8_t ends)
{
    uint8_t fis[REGISTERS_SIZE] = { 0 };
    bool interrupt = port->disk.interrupt;
    fill(&port->disk, fis, FIS_PIO_SETUP, (uint8_t)((interrupt ? FIS_INTERRUPT : 0) | (in ? FIS_TO_HOST : 0)),
         port->disk.status);
    fis[15] = ends;
    bytes_put(fis + 16, 2, bytes);
    post(port, AHCI_PIO_SETUP, fis, sizeof fis);
    port->IS |= interrupt ? AHCI_PSS : 0;
    port->disk.interrupt = false;
    port->TFD = (uint32_t)port->disk.error << 8 | port->disk.status;
}

// Serial ATA 2.6, 10.3.8. Its interrupt bit is 0: queued commands have theirs at the end.
void ahci_receive_dma_setup(struct ahci_port *port, unsigned tag, uint32_t bytes, bool in)
{
    uint8_t fis[DMA_SETUP_SIZE] = { FIS_DMA_SETUP, in ? FIS_TO_HOST : 0 };
    fis[4] = (uint8_t)tag;
    bytes_put(fis + 20, 4, bytes);
    post(port, AHCI_DMA_SETUP, fis, sizeof fis);
}

// Serial ATA 2.6, 10.3.6: a queued command has ended; after an error none has.
void ahci_receive_device_bits(struct ahci_port *port, unsigned tag)
{
    uint8_t status = port->disk.status & DEVICE_BITS, error = port->disk.error;
    uint32_t ended = status & ATA_ERR ? 0 : BIT32(tag);
    uint8_t fis[DEVICE_BITS_SIZE] = { FIS_DEVICE_BITS, FIS_INTERRUPT, status, error };
    bytes_put(fis + 4, 4, ended);
    post(port, AHCI_DEVICE_BITS, fis, sizeof fis);
    port->SACT &= ~ended;
    port->IS |= AHCI_SDBS;
    take_status(port, (uint8_t)bits_merge(port->TFD, status, DEVICE_BITS), error);
}

// --- The link --------------------------------------------------------------------------------------------------------

// PxSIG has the registers in another order than the FIS: LBA high, mid, low, count.
void ahci_receive_signature(struct ahci_port *port)
{
    port->SIG = ata_read(&port->disk, ATA_COUNT, false);
    for (unsigned i = 0; i < 3; i++)
        port->SIG |= (uint32_t)ata_read(&port->disk, ATA_LBA_LOW + i, false) << (8 * (i + 1));
    port->waits = !(port->CMD & AHCI_CMD_FRE);
    ahci_receive_registers(port, false);
}

static void link_down(struct ahci_port *port, uint32_t status)
{
    port->SSTS = status;
    port->SIG = NO_SIGNATURE;
    port->TFD = status == DET_RESET ? ATA_BSY : NO_DEVICE;
    port->waits = false;
}

// At the speed of both ends, unless PxSCTL.SPD wants less.
static void link_up(struct ahci_port *port)
{
    unsigned most = (unsigned)bits_get(port->SCTL, 7, 4), speed = most == 1 ? 1 : GENERATION_2;
    port->SSTS = LINK_UP | speed << 4;
    port->SERR |= AHCI_SERR_X | AHCI_SERR_N;
    port->resets = port->halted = false;
    ata_reset(&port->disk);
    ahci_receive_signature(port);
}

static void control_link(struct ahci_port *port, uint32_t before)
{
    unsigned wanted = port->SCTL & DET;
    if (!ahci_port_has_disk(port) || wanted == (before & DET))
        return;
    if (wanted == 0)
        link_up(port);
    else if (wanted == DET_RESET || wanted == DET_OFF)
        link_down(port, wanted);
}

void ahci_port_reset(struct ahci_port *port)
{
    port->IS = port->IE = port->CMD = port->SCTL = port->SERR = port->SACT = port->CI = 0;
    port->slot = AHCI_SLOTS;
    port->halted = port->resets = false;
    link_down(port, 0);
    if (ahci_port_has_disk(port))
        link_up(port);
}

void ahci_port_init(struct ahci *ahci, unsigned index)
{
    ahci->ports[index].ahci = ahci;
    ata_init_serial(&ahci->ports[index].disk, NULL, "", false);
}

// --- Registers -------------------------------------------------------------------------------------------------------

uint32_t ahci_port_interrupts(const struct ahci_port *port)
{
    return port->IS | (port->SERR & AHCI_SERR_X ? AHCI_PCS : 0) | (port->SERR & AHCI_SERR_N ? AHCI_PRCS : 0);
}

// CAP.SSS is 0: the device is powered and spun up.
static uint32_t read_command(const struct ahci_port *port)
{
    uint32_t value = port->CMD | AHCI_CMD_SUD | AHCI_CMD_POD;
    if (port->CMD & AHCI_CMD_FRE)
        value |= AHCI_CMD_FR;
    if (port->CMD & AHCI_CMD_ST)
        value |= AHCI_CMD_CR | (uint32_t)(port->slot % AHCI_SLOTS) << 8;
    return value;
}

uint32_t ahci_port_read(const struct ahci_port *port, unsigned offset)
{
    switch (offset) {
    case AHCI_PxCLB: return (uint32_t)port->CLB;
    case AHCI_PxCLBU: return (uint32_t)(port->CLB >> 32);
    case AHCI_PxFB: return (uint32_t)port->FB;
    case AHCI_PxFBU: return (uint32_t)(port->FB >> 32);
    case AHCI_PxIS: return ahci_port_interrupts(port);
    case AHCI_PxIE: return port->IE;
    case AHCI_PxCMD: return read_command(port);
    case AHCI_PxTFD: return port->TFD;
    case AHCI_PxSIG: return port->SIG;
    case AHCI_PxSSTS: return port->SSTS;
    case AHCI_PxSCTL: return port->SCTL;
    case AHCI_PxSERR: return port->SERR;
    case AHCI_PxSACT: return port->SACT;
    case AHCI_PxCI: return port->CI;
    default: return 0;
    }
}

// 3.3.7: a port that stops has no commands any more; the next one to start begins with slot 0.
static void write_command(struct ahci_port *port, uint32_t value, uint32_t mask)
{
    port->CMD = (uint32_t)bits_merge(port->CMD, value, mask & WRITABLE_CMD);
    if (value & mask & AHCI_CMD_CLO)
        port->TFD &= ~(uint32_t)(ATA_BSY | ATA_DRQ);
    if (!(port->CMD & AHCI_CMD_ST)) {
        port->CI = port->SACT = 0;
        port->slot = AHCI_SLOTS;
        port->halted = false;
    }
    if (port->waits && port->CMD & AHCI_CMD_FRE)
        ahci_receive_signature(port);
}

static void set_half(uint64_t *address, unsigned shift, uint32_t value, uint32_t mask)
{
    *address = bits_merge(*address, (uint64_t)value << shift, (uint64_t)mask << shift);
}

// The address of a list has multiples of 1 KiB, that of FISes multiples of 256 bytes.
void ahci_port_write(struct ahci_port *port, unsigned offset, uint32_t value, uint32_t mask)
{
    uint32_t ones = value & mask, before = port->SCTL;
    bool starts = port->CMD & AHCI_CMD_ST;
    switch (offset) {
    case AHCI_PxCLB: set_half(&port->CLB, 0, value, mask & ~UINT32_C(0x3ff)); break;
    case AHCI_PxCLBU: set_half(&port->CLB, 32, value, mask); break;
    case AHCI_PxFB: set_half(&port->FB, 0, value, mask & ~UINT32_C(0xff)); break;
    case AHCI_PxFBU: set_half(&port->FB, 32, value, mask); break;
    case AHCI_PxIS: port->IS &= ~ones; break;
    case AHCI_PxIE: port->IE = (uint32_t)bits_merge(port->IE, value, mask & WRITABLE_IE); break;
    case AHCI_PxCMD: write_command(port, value, mask); break;
    case AHCI_PxSCTL:
        port->SCTL = (uint32_t)bits_merge(before, value, mask & WRITABLE_SCTL);
        control_link(port, before);
        break;
    case AHCI_PxSERR: port->SERR &= ~ones; break;
    case AHCI_PxSACT: port->SACT |= starts ? ones : 0; break;
    case AHCI_PxCI: port->CI |= starts ? ones : 0; break;
    default: return;
    }
    ahci_run(port);
}

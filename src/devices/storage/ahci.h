// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An AHCI controller, that of the ICH9: six ports, each with a Serial ATA disk or CD drive, one interrupt for all.
//
// Spec: Serial ATA AHCI 1.3.1 (sections are those); Intel I/O Controller Hub 9 (ICH9) data sheet, 316972, 15 (D31:F2); Serial
// ATA Revision 2.6, 10.3 (FIS types), 13.6 (native command queuing); ATA/ATAPI-6 for the device behind a port.
//
//     driver ── list of 32 commands in memory, PxCI ──> FIS ──> the device (ata.h) ──> data by the table's descriptors
//                                                                       └──> FIS into memory, PxTFD, PxIS ──> IS ──> INTx, MSI
//
//     ahci.c          registers of the controller, its interrupt, reset, list of state
//     ahci_port.c     registers of a port, the link, what the device sends
//     ahci_command.c  commands: their FISes, their data
//     ahci_pci.c      the PCI function
//
// A command is finished within the access that issues it, so that nothing is on its way between two instructions.
// Path: devices/storage/ata.c / devices/pci/pci_irq.c
#ifndef DEVICES_STORAGE_AHCI_H
#define DEVICES_STORAGE_AHCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "devices/pci/pci.h"
#include "devices/storage/ata.h"

enum { AHCI_PORTS = 6, AHCI_SLOTS = 32, AHCI_MEMORY = 4096, AHCI_INDEX_PORTS = 32 };
enum { AHCI_MEMORY_BAR = 5, AHCI_INDEX_BAR = 4, AHCI_MSI = 0x80, AHCI_MAP = 0x90, AHCI_SATA = 0xa8 };

// 3.1, 3.3. Each port has AHCI_PORT bytes.
enum ahci_register {
    AHCI_CAP = 0x00,
    AHCI_GHC = 0x04,
    AHCI_IS = 0x08,
    AHCI_PI = 0x0c,
    AHCI_VS = 0x10,
    AHCI_FIRST_PORT = 0x100,
    AHCI_PORT = 0x80,
};

enum ahci_port_register {
    AHCI_PxCLB = 0x00,
    AHCI_PxCLBU = 0x04,
    AHCI_PxFB = 0x08,
    AHCI_PxFBU = 0x0c,
    AHCI_PxIS = 0x10,
    AHCI_PxIE = 0x14,
    AHCI_PxCMD = 0x18,
    AHCI_PxTFD = 0x20,
    AHCI_PxSIG = 0x24,
    AHCI_PxSSTS = 0x28,
    AHCI_PxSCTL = 0x2c,
    AHCI_PxSERR = 0x30,
    AHCI_PxSACT = 0x34,
    AHCI_PxCI = 0x38,
};

#define AHCI_GHC_AE BIT32(31) // AHCI is enabled, always (CAP.SAM)
enum { AHCI_GHC_IE = 2, AHCI_GHC_HR = 1 };

enum ahci_interrupt {
    AHCI_DHRS = 1 << 0,  // a register FIS
    AHCI_PSS = 1 << 1,   // a PIO setup FIS
    AHCI_DSS = 1 << 2,   // a DMA setup FIS
    AHCI_SDBS = 1 << 3,  // a set device bits FIS
    AHCI_DPS = 1 << 5,   // a descriptor with its interrupt bit
    AHCI_PCS = 1 << 6,   // PxSERR.DIAG.X
    AHCI_PRCS = 1 << 22, // PxSERR.DIAG.N
    AHCI_OFS = 1 << 24,  // more data than the descriptors have room for
    AHCI_IFS = 1 << 27,  // a FIS that the device refuses
    AHCI_HBFS = 1 << 29, // memory did not answer
    AHCI_TFES = 1 << 30, // PxTFD.STS.ERR
};

enum ahci_command_bits {
    AHCI_CMD_ST = 1 << 0,
    AHCI_CMD_SUD = 1 << 1,
    AHCI_CMD_POD = 1 << 2,
    AHCI_CMD_CLO = 1 << 3,
    AHCI_CMD_FRE = 1 << 4,
    AHCI_CMD_FR = 1 << 14,
    AHCI_CMD_CR = 1 << 15,
    AHCI_CMD_ATAPI = 1 << 24,
    AHCI_CMD_DLAE = 1 << 25,
};

enum { AHCI_SERR_H = 1 << 22, AHCI_SERR_N = 1 << 16, AHCI_SERR_X = 1 << 26 };

// Where in the memory for FISes each sort is (4.2.1), and its size.
enum ahci_received {
    AHCI_DMA_SETUP = 0x00,
    AHCI_PIO_SETUP = 0x20,
    AHCI_REGISTERS = 0x40,
    AHCI_DEVICE_BITS = 0x58,
};

enum ahci_mistake {
    AHCI_MISTAKE_SHORT,  // fewer bytes in the descriptors than the device has or wants
    AHCI_MISTAKE_MEMORY, // a list, a table, data or a place for FISes where no RAM is
    AHCI_MISTAKE_FIS,    // a command that is no register FIS
    AHCI_MISTAKES
};

struct ahci;

struct ahci_port {
    struct ahci *ahci;
    struct ata disk;
    uint64_t CLB, FB;
    uint32_t IS, IE, CMD, TFD, SIG, SSTS, SCTL, SERR, SACT, CI; // CMD: ST, FRE and the two without effect
    uint8_t slot;                                               // the last one that was issued; AHCI_SLOTS: none yet
    bool halted;                                                // by an error: no command until ST was 0 (6.2.2)
    bool resets;                                                // SRST of the last control FIS
    bool waits;                                                 // the signature waits for FRE
    uint32_t mistakes[AHCI_MISTAKES];
};

struct ahci {
    struct pci_function pci;
    uint32_t GHC, IS, index;
    struct ahci_port ports[AHCI_PORTS];
};

// A function of the bus at `devfn`. Disks are added with ata_init_serial before the machine runs. What pci_bus_add says, or
// pci_irq_init.
int ahci_init(struct ahci *ahci, struct pci_bus *bus, uint8_t devfn);
void ahci_reset(struct ahci *ahci, uint64_t now);
void ahci_visit(struct ahci *ahci, struct visit *v);
void ahci_destroy(struct ahci *ahci);

// BAR 5: the registers. BAR 4: an index and a data port for them.
uint64_t ahci_read(void *ahci, uint64_t offset, unsigned size, uint64_t now);
void ahci_write(void *ahci, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t ahci_index_read(void *ahci, uint64_t offset, unsigned size, uint64_t now);
void ahci_index_write(void *ahci, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// --- Between its files -----------------------------------------------------------------------------------------------

void ahci_port_init(struct ahci *ahci, unsigned index);
// As HBA reset has it: PxCLB and PxFB stay; the link comes up again (10.4.3).
void ahci_port_reset(struct ahci_port *port);
uint32_t ahci_port_read(const struct ahci_port *port, unsigned offset);
// The bytes of `mask`.
void ahci_port_write(struct ahci_port *port, unsigned offset, uint32_t value, uint32_t mask);
// PxIS, with the two bits that follow PxSERR.
uint32_t ahci_port_interrupts(const struct ahci_port *port);
bool ahci_port_has_disk(const struct ahci_port *port);

// A FIS of the device, from its registers. `ends`: what the status will be after the data of a PIO setup.
void ahci_receive_registers(struct ahci_port *port, bool interrupt);
void ahci_receive_signature(struct ahci_port *port);
void ahci_receive_release(struct ahci_port *port);
void ahci_receive_pio_setup(struct ahci_port *port, uint32_t bytes, bool in, uint8_t ends);
void ahci_receive_dma_setup(struct ahci_port *port, unsigned tag, uint32_t bytes, bool in);
void ahci_receive_device_bits(struct ahci_port *port, unsigned tag);
// An error that only PxCMD.ST = 0 ends (6.2.2).
void ahci_halt(struct ahci_port *port, enum ahci_mistake mistake, uint32_t interrupt);

// Carries out the commands of PxCI, as long as there are some and the port can.
void ahci_run(struct ahci_port *port);

#endif

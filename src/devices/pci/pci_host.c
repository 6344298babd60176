// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Configuration accesses of the processor, and the host bridge.
//
// PCI Local Bus 3.0, 3.2.2.3.2, configuration mechanism #1:
//
//   CF8h, dword access only          CFCh-CFFh: 1, 2 or 4 bytes of the register in CONFIG_ADDRESS
//    31 30..24 23..16 15..11 10..8 7..2 1..0
//    EN   0     bus   device  fn   reg   0
//
// Other accesses to CF8h-CFBh are ordinary I/O: the byte at CF9h belongs to the reset port.
//
// PCI Express Base 3.0, 7.2.2, ECAM: address 27:20 bus, 19:15 device, 14:12 function, 11:0 register.
//
// Not modelled: buses behind bridges, configuration mechanism #2, the SMRAM register of the 440FX. Its PAM registers are in
// pam.c.
#include <assert.h>
#include <string.h>

#include "base/bits.h"
#include "devices/pci/pci.h"
#include "devices/pci/reset_port.h"

#define CONFIG_ENABLE BIT32(31)
#define CONFIG_MASK   UINT32_C(0x80fffffc)
#define CONFIG_DATA   4 // offset of CFCh
#define RESET_PORT    1 // offset of CF9h

// --- Mechanism #1 ------------------------------------------------------------------------------------------------

static bool selects_bus_0(const struct pci_host *host)
{
    return (host->CONFIG_ADDRESS & CONFIG_ENABLE) && bits_get(host->CONFIG_ADDRESS, 23, 16) == 0;
}

static uint64_t data_read(struct pci_host *host, unsigned byte, unsigned size, uint64_t now)
{
    if (!selects_bus_0(host))
        return bits_low(8 * size);
    unsigned offset = (host->CONFIG_ADDRESS & 0xfc) + byte;
    return pci_bus_read(&host->bus, (uint8_t)(host->CONFIG_ADDRESS >> 8), offset, size, now);
}

static void data_write(struct pci_host *host, unsigned byte, unsigned size, uint32_t value, uint64_t now)
{
    unsigned offset = (host->CONFIG_ADDRESS & 0xfc) + byte;
    if (selects_bus_0(host))
        pci_bus_write(&host->bus, (uint8_t)(host->CONFIG_ADDRESS >> 8), offset, size, value, now);
}

uint64_t pci_host_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pci_host *host = owner;
    if (offset >= CONFIG_DATA)
        return data_read(host, (unsigned)offset - CONFIG_DATA, size, now);
    if (offset == 0 && size == 4)
        return host->CONFIG_ADDRESS;
    if (offset == RESET_PORT && size == 1 && host->reset_port)
        return reset_port_read(host->reset_port, 0, 1, now);
    return bits_low(8 * size);
}

void pci_host_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pci_host *host = owner;
    if (offset >= CONFIG_DATA)
        data_write(host, (unsigned)offset - CONFIG_DATA, size, (uint32_t)value, now);
    else if (offset == 0 && size == 4)
        host->CONFIG_ADDRESS = (uint32_t)value & CONFIG_MASK;
    else if (offset == RESET_PORT && size == 1 && host->reset_port)
        reset_port_write(host->reset_port, 0, 1, value, now);
}

// --- ECAM --------------------------------------------------------------------------------------------------------

// An access that crosses dwords, or is wider, is done in bytes: a function only gets accesses within one dword.
static bool within_dword(uint64_t offset, unsigned size)
{
    return offset % 4 + size <= 4;
}

uint64_t pci_ecam_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pci_host *host = owner;
    uint64_t value = 0;
    if (within_dword(offset, size))
        return offset < PCI_ECAM_BUS ? pci_bus_read(&host->bus, (uint8_t)(offset >> 12), offset & 0xfff, size, now)
                                     : bits_low(8 * size);
    for (unsigned i = 0; i < size; i++)
        value |= pci_ecam_read(owner, offset + i, 1, now) << (8 * i);
    return value;
}

void pci_ecam_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pci_host *host = owner;
    if (!within_dword(offset, size)) {
        for (unsigned i = 0; i < size; i++)
            pci_ecam_write(owner, offset + i, 1, value >> (8 * i) & 0xff, now);
    } else if (offset < PCI_ECAM_BUS) {
        pci_bus_write(&host->bus, (uint8_t)(offset >> 12), offset & 0xfff, size, (uint32_t)value, now);
    }
}

// --- Host bridge -------------------------------------------------------------------------------------------------

static void bridge_reset(struct pci_host *host)
{
    pci_function_set(&host->bridge, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY); // always on
    pci_function_set(&host->bridge, PCI_STATUS, 2, 0x0280);
    pci_function_set(&host->bridge, PCI_INTERRUPT_LINE, 1, 0);
}

static void bridge_init(struct pci_host *host, uint16_t vendor, uint16_t device, uint8_t revision)
{
    pci_function_init(&host->bridge, vendor, device, 0x060000, revision);
    pci_function_allow(&host->bridge, PCI_COMMAND, 2, 0x0140); // SERR and parity
    pci_function_allow(&host->bridge, PCI_CACHE_LINE_SIZE, 2, 0xff00);
    pci_function_allow(&host->bridge, PCI_INTERRUPT_LINE, 1, 0);
    bridge_reset(host);
    pci_bus_add(&host->bus, PCI_DEVFN(0, 0), &host->bridge);
}

void pci_host_init_as(struct pci_host *host, struct reset_port *reset_port, uint16_t vendor, uint16_t device,
                      uint8_t revision)
{
    memset(host, 0, sizeof *host);
    host->reset_port = reset_port;
    bridge_init(host, vendor, device, revision);
}

void pci_host_init(struct pci_host *host, struct reset_port *reset_port)
{
    pci_host_init_as(host, reset_port, 0x8086, 0x1237, 2); // 82441FX
}

void pci_host_init_ecam(struct pci_host *host)
{
    memset(host, 0, sizeof *host);
    bridge_init(host, 0x1b36, 0x0008, 0); // the generic PCI Express bridge of QEMU's machines
}

void pci_host_reset(struct pci_host *host, uint64_t now)
{
    (void)now;
    host->CONFIG_ADDRESS = 0;
    bridge_reset(host);
}

void pci_host_visit(struct pci_host *host, struct visit *v)
{
    VISIT(v, host->CONFIG_ADDRESS);
    visit_enter(v, "bridge");
    pci_function_visit(&host->bridge, v);
    visit_leave(v);
}

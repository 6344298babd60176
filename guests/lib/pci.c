// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Functions, BARs and capabilities (PCI 3.0, 6.1, 6.2.5, 6.7, 6.8), the same for both families.
#include "lib/pci.h"

enum { FUNCTIONS = 256, BAR_IO = 1, BAR_64 = 4, MSI_ENABLE = 1 << 16, MSI_64 = 1 << 23 };
#define MSIX_ENABLE UINT32_C(0x80000000)

int pci_find(uint16_t vendor, uint16_t device)
{
    for (unsigned devfn = 0; devfn < FUNCTIONS; devfn++)
        if (pci_read(devfn, PCI_ID) == ((uint32_t)device << 16 | vendor))
            return (int)devfn;
    return -1;
}

static void command(unsigned devfn, uint32_t set, uint32_t clear)
{
    pci_write(devfn, PCI_COMMAND, (pci_read(devfn, PCI_COMMAND) & 0xffff & ~clear) | set);
}

// 6.2.5.1: all ones read back with zeroes in the bits of the size.
static uint64_t size_bar(unsigned devfn, unsigned at, uint32_t low)
{
    uint32_t mask = low & BAR_IO ? ~UINT32_C(3) : ~UINT32_C(15);
    pci_write(devfn, at, UINT32_MAX);
    uint32_t ones = pci_read(devfn, at) & mask;
    pci_write(devfn, at, low);
    return (uint64_t)(~ones & (low & BAR_IO ? 0xffff : UINT32_MAX)) + 1;
}

uint64_t pci_bar(unsigned devfn, unsigned bar)
{
    unsigned at = PCI_BAR0 + 4 * bar;
    uint32_t low = pci_read(devfn, at), flags = low & (low & BAR_IO ? 3 : 15);
    uint64_t address = low - flags;
    if ((low & 6) == BAR_64 && !(low & BAR_IO))
        address |= (uint64_t)pci_read(devfn, at + 4) << 32;
    if (!address) {
        address = pci_place(low & BAR_IO, size_bar(devfn, at, low));
        pci_write(devfn, at, (uint32_t)address | flags);
    }
    command(devfn, (low & BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY) | PCI_COMMAND_MASTER, 0);
    return low & BAR_IO ? address + pci_io_base() : address;
}

unsigned pci_capability(unsigned devfn, uint8_t id, unsigned after)
{
    unsigned at = after ? pci_read(devfn, after) >> 8 & 0xfc : pci_read(devfn, PCI_CAPABILITIES) & 0xfc;
    for (; at; at = pci_read(devfn, at) >> 8 & 0xfc)
        if ((pci_read(devfn, at) & 0xff) == id)
            return at;
    return 0;
}

// 6.8.1: address, upper address if the capability has it, data.
bool pci_msi_on(unsigned devfn, uint64_t address, uint32_t data)
{
    unsigned at = pci_capability(devfn, PCI_CAP_MSI, 0);
    if (!at)
        return false;
    uint32_t control = pci_read(devfn, at) & ~UINT32_C(0x700000); // one message
    pci_write(devfn, at + 4, (uint32_t)address);
    if (control & MSI_64)
        pci_write(devfn, at + 8, (uint32_t)(address >> 32));
    pci_write(devfn, at + (control & MSI_64 ? 12 : 8), data);
    pci_write(devfn, at, control | MSI_ENABLE);
    return true;
}

void pci_msi_off(unsigned devfn)
{
    unsigned at = pci_capability(devfn, PCI_CAP_MSI, 0);
    pci_write(devfn, at, pci_read(devfn, at) & ~(uint32_t)MSI_ENABLE);
}

// 6.8.2: four dwords for each vector, in the BAR that the capability names.
bool pci_msix_set(unsigned devfn, unsigned vector, uint64_t address, uint32_t data)
{
    unsigned at = pci_capability(devfn, PCI_CAP_MSIX, 0);
    if (!at || vector > (pci_read(devfn, at) >> 16 & 0x7ff))
        return false;
    uint32_t table = pci_read(devfn, at + 4);
    uint64_t entry = pci_bar(devfn, table & 7) + (table & ~UINT32_C(7)) + 16 * vector;
    write32(entry, (uint32_t)address);
    write32(entry + 4, (uint32_t)(address >> 32));
    write32(entry + 8, data);
    write32(entry + 12, 0);
    pci_write(devfn, at, pci_read(devfn, at) | MSIX_ENABLE);
    return true;
}

void pci_msix_off(unsigned devfn)
{
    unsigned at = pci_capability(devfn, PCI_CAP_MSIX, 0);
    pci_write(devfn, at, pci_read(devfn, at) & ~MSIX_ENABLE);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI function of the AHCI controller. ICH9 data sheet (316972), 15.1: MSI at 80h, MAP at 90h, the SATA capability at A8h,
// which says where the index and data ports are (AHCI 1.3.1, 2.4).
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ahci.h"

enum { SATA_CAPABILITY_ID = 0x12, SATA_CAPABILITY_SIZE = 8, SATA_REVISION = 0x0010, MAP_AHCI = 0x40 };
enum { INDEX_OFFSET = 4 << 4, BAR4 = 8 }; // of SATACR1: 4 dwords, in the BAR at 10h + 4 * (8 - 4)

static int add_bars(struct ahci *ahci)
{
    int result = pci_bar_add(&ahci->pci, AHCI_INDEX_BAR, PCI_BAR_IO, AHCI_INDEX_PORTS, ahci_index_read,
                             ahci_index_write, ahci, "AHCI index");
    return result == 0 ? pci_bar_add(&ahci->pci, AHCI_MEMORY_BAR, PCI_BAR_MEMORY, AHCI_MEMORY, ahci_read, ahci_write,
                                     ahci, "AHCI")
                       : result;
}

// The list of capabilities goes on where each of them has its place.
static int add_capabilities(struct ahci *ahci)
{
    struct pci_function *pci = &ahci->pci;
    pci->next_capability = AHCI_MSI;
    int result = pci_irq_init(pci, &(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
    pci->next_capability = AHCI_SATA;
    unsigned at = pci_add_capability(pci, SATA_CAPABILITY_ID, SATA_CAPABILITY_SIZE);
    pci_function_set(pci, at + 2, 2, SATA_REVISION);
    pci_function_set(pci, at + 4, 4, INDEX_OFFSET | BAR4);
    return result;
}

int ahci_init(struct ahci *ahci, struct pci_bus *bus, uint8_t devfn)
{
    memset(ahci, 0, sizeof *ahci);
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        ahci_port_init(ahci, i);
    pci_function_init(&ahci->pci, 0x8086, 0x2922, 0x010601, 2);
    pci_function_subsystem(&ahci->pci, 0x1af4, 0x1100); // as QEMU's devices have it
    pci_function_set(&ahci->pci, AHCI_MAP, 1, MAP_AHCI);
    int result = pci_bus_add(bus, devfn, &ahci->pci);
    if (result == 0)
        result = add_bars(ahci);
    return result == 0 ? add_capabilities(ahci) : result;
}

void ahci_destroy(struct ahci *ahci)
{
    pci_function_destroy(&ahci->pci);
}

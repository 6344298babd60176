// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Configuration mechanism #1 (PCI 3.0, 3.2.2.3.2). A firmware has placed the BARs and written where INTx arrives into the
// interrupt line registers.
#include "lib/pci.h"

#include "lib/x86_64/cpu.h"

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };

// For a BAR that the firmware has not placed.
static uint64_t next_memory = 0xe0000000, next_io = 0xe000;

static void select(unsigned devfn, unsigned offset)
{
    outl(CONFIG_ADDRESS, UINT32_C(0x80000000) | devfn << 8 | (offset & 0xfc));
}

uint32_t pci_read(unsigned devfn, unsigned offset)
{
    select(devfn, offset);
    return inl(CONFIG_DATA);
}

void pci_write(unsigned devfn, unsigned offset, uint32_t value)
{
    select(devfn, offset);
    outl(CONFIG_DATA, value);
}

unsigned pci_pin(unsigned devfn)
{
    return pci_read(devfn, PCI_INTERRUPT) & 0xff;
}

uint64_t pci_place(bool io, uint64_t size)
{
    uint64_t *next = io ? &next_io : &next_memory, at = (*next + size - 1) & ~(size - 1);
    *next = at + size;
    return at;
}

uint64_t pci_io_base(void)
{
    return 0;
}

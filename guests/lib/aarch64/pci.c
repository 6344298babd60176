// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The host bridge that the device tree names "pci-host-ecam-generic" (PCI Bus Binding to Open Firmware 2.1; PCI Express
// Base Specification, 7.2.2): configuration space in memory, windows for BARs, and the map of INTA-D. Nobody has placed
// anything.
#include "lib/pci.h"

#include "lib/aarch64/fdt.h"
#include "lib/guest.h"

enum { RANGE_CELLS = 7, SPACE_IO = 1, SPACE_MEMORY = 2, MAP_MASK_CELLS = 4 };

extern const void *boot_fdt;

static struct host {
    uint64_t ecam;
    uint64_t io, next_io, next_memory;
    struct fdt_node node;
} host;

static uint64_t pair(const void *cells, unsigned index)
{
    return (uint64_t)fdt_cell(cells, index) << 32 | fdt_cell(cells, index + 1);
}

// ranges: the kind of space, PCI address, our address, size.
static void read_ranges(void)
{
    uint32_t size;
    const void *ranges = fdt_property(boot_fdt, &host.node, "ranges", &size);
    for (unsigned at = 0; ranges && at + RANGE_CELLS <= size / 4; at += RANGE_CELLS) {
        unsigned space = fdt_cell(ranges, at) >> 24 & 3;
        if (space == SPACE_IO)
            host.io = pair(ranges, at + 3);
        else if (space == SPACE_MEMORY)
            host.next_memory = pair(ranges, at + 1);
    }
    host.next_io = 0x1000;
}

static void find(void)
{
    if (host.ecam)
        return;
    if (!fdt_find(boot_fdt, &host.node, "pci-host-ecam-generic"))
        fail("no PCI in the device tree");
    fdt_reg(boot_fdt, &host.node, 0, &host.ecam, NULL);
    read_ranges();
}

uint32_t pci_read(unsigned devfn, unsigned offset)
{
    find();
    return read32(host.ecam + ((uint64_t)devfn << 12) + (offset & 0xffc));
}

void pci_write(unsigned devfn, unsigned offset, uint32_t value)
{
    find();
    write32(host.ecam + ((uint64_t)devfn << 12) + (offset & 0xffc), value);
}

// interrupt-map: the unit's address (3 cells) and pin, both under a mask; the parent's phandle; its unit address, whose
// size depends on the parent; three cells of the GIC's binding: kind, SPI, flags. Rows are all alike, so their length
// is the size divided by the number of rows that the mask distinguishes.
unsigned pci_pin(unsigned devfn)
{
    uint32_t map_size, mask_size;
    find();
    const void *map = fdt_property(boot_fdt, &host.node, "interrupt-map", &map_size);
    const void *mask = fdt_property(boot_fdt, &host.node, "interrupt-map-mask", &mask_size);
    if (!map || !mask || mask_size < 4 * MAP_MASK_CELLS)
        fail("no interrupt-map in the device tree");
    unsigned slots = (fdt_cell(mask, 0) >> 11) + 1, row = map_size / 4 / (slots * 4);
    uint32_t unit = (uint32_t)devfn << 8 & fdt_cell(mask, 0), pin = pci_read(devfn, PCI_INTERRUPT) >> 8 & 0xff;
    for (unsigned at = 0; at + row <= map_size / 4; at += row)
        if (fdt_cell(map, at) == unit && fdt_cell(map, at + 3) == pin)
            return fdt_cell(map, at + row - 2);
    fail("a PCI interrupt without a row in interrupt-map");
}

uint64_t pci_place(bool io, uint64_t size)
{
    uint64_t *next = io ? &host.next_io : &host.next_memory, at = (*next + size - 1) & ~(size - 1);
    *next = at + size;
    return at;
}

uint64_t pci_io_base(void)
{
    return host.io;
}

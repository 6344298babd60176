// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI bus: the functions at its slots, and the windows of their BARs. PCI Local Bus 3.0, 6.2.2 (command register),
// 6.2.5.1 (address maps), 6.2.5.2 (expansion ROM).
//
//     a BAR is mapped  =  its command bit is on  and  an address was written  and  nothing else answers there
//
// A BAR whose addresses are in use is counted and not mapped; it is tried again when another window moves. So the
// mapped BARs depend on the order of the guest's writes, as on a real board, and are part of the state.
//
// An address of 0 means none: no system puts a device there, and a BAR is 0 after reset.
//
// Not modelled: buses behind bridges; DMA to windows of devices (peer to peer, doorbells).
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/pci/pci.h"

#define HEADER_MULTI 0x80
#define PORT_LIMIT   UINT64_C(0x10000)

enum { ROM_ENABLE = 1 };

// --- BARs ------------------------------------------------------------------------------------------------------------

static unsigned register_of(unsigned index)
{
    return index == PCI_ROM ? PCI_ROM_ADDRESS : PCI_BAR0 + 4 * index;
}

static bool is_wide(enum pci_bar_kind kind)
{
    return kind == PCI_BAR_MEMORY64 || kind == PCI_BAR_MEMORY64_PREFETCHABLE;
}

static bool good_size(enum pci_bar_kind kind, uint64_t size)
{
    if (kind == PCI_BAR_IO)
        return is_power_of_two(size) && size >= 4 && size <= 256;
    return is_power_of_two(size) && size >= 16 && (is_wide(kind) || size <= BIT64(31));
}

int pci_bar_add(struct pci_function *function, unsigned index, enum pci_bar_kind kind, uint64_t size, bus_read_fn *read,
                bus_write_fn *write, void *owner, const char *name)
{
    static const uint8_t type[] = { [PCI_BAR_IO] = 1,
                                    [PCI_BAR_MEMORY64] = 4,
                                    [PCI_BAR_MEMORY64_PREFETCHABLE] = 12,
                                    [PCI_BAR_MEMORY_PREFETCHABLE] = 8 };
    unsigned registers = is_wide(kind) ? 2 : 1, offset = PCI_BAR0 + 4 * index;
    if (index + registers > PCI_BARS || kind == PCI_BAR_NONE || kind == PCI_BAR_ROM || !good_size(kind, size))
        return -EINVAL;
    for (unsigned i = index; i < index + registers; i++)
        if (function->bars[i].kind || function->writable[PCI_BAR0 + 4 * i + 3])
            return -EEXIST;
    if (index > 0 && is_wide(function->bars[index - 1].kind))
        return -EEXIST;
    uint8_t low = type[kind < countof(type) ? kind : 0];
    pci_function_set(function, offset, 4, low);
    pci_function_allow(function, offset, 4, (uint32_t) ~(size - 1) & ~UINT32_C(3));
    if (kind != PCI_BAR_IO)
        function->writable[offset] &= 0xf0;
    if (is_wide(kind))
        pci_function_allow(function, offset + 4, 4, (uint32_t)(~(size - 1) >> 32));
    function->bars[index] = (struct pci_bar){
        .kind = kind,
        .region = { .size = size,
                    .name = name,
                    .widest = kind == PCI_BAR_IO ? 4 : 8,
                    .read = read,
                    .write = write,
                    .owner = owner },
    };
    return 0;
}

void pci_bar_set_ram(struct pci_function *function, unsigned index, uint8_t *ram)
{
    function->bars[index].region.ram = ram;
}

int pci_rom_add(struct pci_function *function, const uint8_t *contents, size_t size)
{
    uint32_t whole = PCI_ROM_MIN;
    if (size == 0 || size > PCI_ROM_MAX)
        return -EINVAL;
    if (function->rom)
        return -EEXIST;
    while (whole < size)
        whole *= 2;
    function->rom = calloc(whole, 1);
    if (!function->rom)
        return -ENOMEM;
    memcpy(function->rom, contents, size);
    pci_function_allow(function, PCI_ROM_ADDRESS, 4, ~(whole - 1) | ROM_ENABLE);
    function->bars[PCI_ROM] = (struct pci_bar){
        .kind = PCI_BAR_ROM,
        .region = { .size = whole, .name = "expansion ROM", .ram = function->rom, .readonly = true, .widest = 8 },
    };
    return 0;
}

uint64_t pci_bar_address(const struct pci_function *function, unsigned index)
{
    enum pci_bar_kind kind = function->bars[index].kind;
    uint64_t address = pci_function_get(function, register_of(index), 4);
    if (kind == PCI_BAR_NONE)
        return 0;
    if (kind == PCI_BAR_ROM)
        return address & ~(uint64_t)ROM_ENABLE;
    if (is_wide(kind))
        address |= (uint64_t)pci_function_get(function, PCI_BAR0 + 4 * index + 4, 4) << 32;
    return address & ~(kind == PCI_BAR_IO ? UINT64_C(3) : UINT64_C(15));
}

bool pci_bar_mapped(const struct pci_function *function, unsigned index)
{
    return function->bars[index].mapped;
}

// --- Decoding --------------------------------------------------------------------------------------------------------

static struct bus *space_of(const struct pci_bus *bus, const struct pci_bar *bar)
{
    return bar->kind == PCI_BAR_IO ? bus->config.ports : bus->config.memory;
}

static bool wants(const struct pci_function *function, unsigned index)
{
    const struct pci_bar *bar = &function->bars[index];
    uint64_t address = pci_bar_address(function, index);
    bool io = bar->kind == PCI_BAR_IO;
    if (bar->kind == PCI_BAR_NONE || address == 0 || (io && address >= PORT_LIMIT))
        return false;
    if (bar->kind == PCI_BAR_ROM && !(function->config[PCI_ROM_ADDRESS] & ROM_ENABLE))
        return false;
    return function->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY);
}

static void leave_bus(struct pci_bus *bus, struct pci_bar *bar)
{
    if (bar->on_bus)
        bus_remove(space_of(bus, bar), &bar->region);
    bar->on_bus = bar->mapped = false;
}

static bool enter_bus(struct pci_bus *bus, struct pci_bar *bar)
{
    bar->on_bus = bar->mapped = space_of(bus, bar) && bus_add(space_of(bus, bar), &bar->region) == 0;
    return bar->mapped;
}

// BARs that moved or were switched off are unmapped before others are mapped.
static void leave_old(struct pci_bus *bus, struct pci_function *function)
{
    for (unsigned i = 0; i < PCI_WINDOWS; i++) {
        struct pci_bar *bar = &function->bars[i];
        bool stays = wants(function, i) && pci_bar_address(function, i) == bar->region.base;
        if (bar->mapped && !stays)
            leave_bus(bus, bar);
        if (!stays)
            bar->refused = false;
    }
}

static void enter_new(struct pci_bus *bus, struct pci_function *function)
{
    for (unsigned i = 0; i < PCI_WINDOWS; i++) {
        struct pci_bar *bar = &function->bars[i];
        if (bar->mapped || !wants(function, i))
            continue;
        bar->region.base = pci_bar_address(function, i);
        if (enter_bus(bus, bar) || bar->refused)
            continue;
        bar->refused = true;
        function->mistakes[PCI_OVERLAP]++;
    }
}

void pci_bus_decode(struct pci_bus *bus)
{
    for (unsigned devfn = 0; devfn < PCI_DEVFNS; devfn++)
        if (bus->functions[devfn])
            leave_old(bus, bus->functions[devfn]);
    for (unsigned devfn = 0; devfn < PCI_DEVFNS; devfn++)
        if (bus->functions[devfn])
            enter_new(bus, bus->functions[devfn]);
}

// The bus still has the windows of before the load, under the new addresses: all are removed, then those that were
// mapped are added.
void pci_bus_loaded(struct pci_bus *bus)
{
    for (unsigned devfn = 0; devfn < PCI_DEVFNS; devfn++) {
        struct pci_function *function = bus->functions[devfn];
        for (unsigned i = 0; function && i < PCI_WINDOWS; i++) {
            struct pci_bar *bar = &function->bars[i];
            if (bar->on_bus)
                bus_remove(space_of(bus, bar), &bar->region);
            bar->on_bus = false;
        }
    }
    for (unsigned devfn = 0; devfn < PCI_DEVFNS; devfn++) {
        struct pci_function *function = bus->functions[devfn];
        for (unsigned i = 0; function && i < PCI_WINDOWS; i++)
            if (function->bars[i].mapped)
                enter_bus(bus, &function->bars[i]);
        if (function)
            pci_irq_loaded(function);
    }
}

// --- Functions and slots ---------------------------------------------------------------------------------------------

void pci_bus_connect(struct pci_bus *bus, const struct pci_bus_config *config)
{
    bus->config = *config;
}

// The rotation is that of PCI-to-PCI Bridge 1.2, 9.1.
uint32_t pci_bus_gsi(const struct pci_bus *bus, unsigned slot, unsigned pin)
{
    return bus->config.gsi_of ? bus->config.gsi_of(slot, pin) : bus->config.gsi[(slot + pin) % PCI_PINS];
}

int pci_bus_add(struct pci_bus *bus, uint8_t devfn, struct pci_function *function)
{
    struct pci_function *first = bus->functions[devfn & ~7];
    if (bus->functions[devfn])
        return -EEXIST;
    if ((devfn & 7) && !first)
        return -EINVAL;
    if (devfn & 7)
        first->config[PCI_HEADER_TYPE] |= HEADER_MULTI; // 6.2.1: so that software searches for the others
    function->devfn = devfn;
    function->bus = bus;
    bus->functions[devfn] = function;
    return 0;
}

void pci_bus_remove(struct pci_bus *bus, struct pci_function *function)
{
    for (unsigned i = 0; i < PCI_WINDOWS; i++)
        leave_bus(bus, &function->bars[i]);
    bus->functions[function->devfn] = NULL;
    function->bus = NULL;
}

unsigned pci_bus_free_slot(const struct pci_bus *bus)
{
    unsigned slot = 1;
    while (slot < PCI_SLOTS && bus->functions[PCI_DEVFN(slot, 0)])
        slot++;
    return slot;
}

// --- DMA -------------------------------------------------------------------------------------------------------------

#define STATUS_MASTER_ABORT 0x20 // in the upper byte of the status register: bit 13

static bool may_master(struct pci_function *function)
{
    bool may = function->bus && function->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
    function->mistakes[PCI_NO_MASTER] += !may;
    return may;
}

// 3.3.3.1 and 6.2.3: no target claims the transaction, and the master sets its status bit.
static void abort_master(struct pci_function *function)
{
    function->mistakes[PCI_NO_MEMORY]++;
    function->config[PCI_STATUS + 1] |= STATUS_MASTER_ABORT;
}

bool pci_read_memory(struct pci_function *function, uint64_t address, void *data, size_t size)
{
    bool done = false;
    if (may_master(function)) {
        done = bus_read_memory(function->bus->config.memory, address, data, size);
        if (!done)
            abort_master(function);
    }
    if (!done)
        memset(data, 0xff, size);
    return done;
}

bool pci_write_memory(struct pci_function *function, uint64_t address, const void *data, size_t size)
{
    if (!may_master(function))
        return false;
    if (bus_write_memory(function->bus->config.memory, address, data, size))
        return true;
    abort_master(function);
    return false;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Addresses for BARs: the largest first, each at a multiple of its size, so that there is at most one gap, at the
// start.
//
//     I/O BAR            -> I/O window
//     32-bit memory BAR  -> memory window
//     64-bit memory BAR  -> memory window; the high one if it does not fit there
//
// Spec: PCI Local Bus 3.0, 6.2.5.1.
#include "machine/board/pci_place.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bits.h"

static bool take(struct pci_window *window, uint64_t size, uint64_t *address)
{
    uint64_t base = align_up(window->base, size);
    if (base < window->base || base >= window->end || window->end - base < size)
        return false;
    *address = base;
    window->base = base + size;
    return true;
}

static bool is_wide(enum pci_bar_kind kind)
{
    return kind == PCI_BAR_MEMORY64 || kind == PCI_BAR_MEMORY64_PREFETCHABLE;
}

static bool find_room(struct pci_windows *windows, const struct pci_bar *bar, uint64_t *address)
{
    if (bar->kind == PCI_BAR_IO)
        return take(&windows->io, bar->region.size, address);
    return take(&windows->memory, bar->region.size, address) ||
           (is_wide(bar->kind) && take(&windows->high, bar->region.size, address));
}

static int place_bar(struct pci_bus *bus, struct pci_function *function, unsigned index, struct pci_windows *windows,
                     uint64_t now, struct error *error)
{
    const struct pci_bar *bar = &function->bars[index];
    uint64_t address;
    if (!find_room(windows, bar, &address))
        return error_set(error, -ENOSPC,
                         "-device: PCI %02x.%x: no room for the %" PRIu64 " bytes of BAR %u; leave out a device",
                         function->devfn >> 3, function->devfn & 7, bar->region.size, index);
    pci_bus_write(bus, function->devfn, PCI_BAR0 + 4 * index, 4, (uint32_t)address, now);
    if (is_wide(bar->kind))
        pci_bus_write(bus, function->devfn, PCI_BAR0 + 4 * index + 4, 4, (uint32_t)(address >> 32), now);
    return 0;
}

static int place_size(struct pci_bus *bus, uint64_t size, struct pci_windows *windows, uint64_t now,
                      struct error *error)
{
    int result = 0;
    for (unsigned devfn = 0; devfn < PCI_DEVFNS && result == 0; devfn++) {
        struct pci_function *function = bus->functions[devfn];
        for (unsigned i = 0; function && i < PCI_BARS && result == 0; i++)
            if (function->bars[i].kind != PCI_BAR_NONE && function->bars[i].region.size == size)
                result = place_bar(bus, function, i, windows, now, error);
    }
    return result;
}

static uint32_t decoding(const struct pci_function *function)
{
    uint32_t command = 0;
    for (unsigned i = 0; i < PCI_BARS; i++)
        if (function->bars[i].kind != PCI_BAR_NONE)
            command |= function->bars[i].kind == PCI_BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    return command;
}

static void enable(struct pci_bus *bus, struct pci_function *function, const struct pci_windows *windows,
                   uint64_t now)
{
    uint32_t command = pci_function_get(function, PCI_COMMAND, 2);
    unsigned pin = function->config[PCI_INTERRUPT_PIN];
    pci_bus_write(bus, function->devfn, PCI_COMMAND, 2, command | decoding(function), now);
    if (windows->line_of && pin)
        pci_bus_write(bus, function->devfn, PCI_INTERRUPT_LINE, 1,
                      windows->line_of(pci_bus_gsi(bus, function->devfn >> 3, pin - 1)), now);
}

// Switches decoding off, so that moved BARs cannot overlap old ones.
static void disable(struct pci_bus *bus, struct pci_function *function, uint64_t now)
{
    uint32_t command = pci_function_get(function, PCI_COMMAND, 2);
    pci_bus_write(bus, function->devfn, PCI_COMMAND, 2, command & ~(uint32_t)(PCI_COMMAND_IO | PCI_COMMAND_MEMORY),
                  now);
}

int pci_place(struct pci_bus *bus, const struct pci_windows *windows, uint64_t now, struct error *error)
{
    struct pci_windows left = *windows;
    int result = 0;
    for (unsigned devfn = 0; devfn < PCI_DEVFNS; devfn++)
        if (bus->functions[devfn])
            disable(bus, bus->functions[devfn], now);
    for (unsigned log = 64; log-- > 0 && result == 0;)
        result = place_size(bus, BIT64(log), &left, now, error);
    for (unsigned devfn = 0; devfn < PCI_DEVFNS && result == 0; devfn++)
        if (bus->functions[devfn])
            enable(bus, bus->functions[devfn], windows, now);
    return result;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A PCI function: its configuration space as bytes with masks, its capabilities, its reset. PCI Local Bus 3.0, 6.1 to
// 6.3 (header), 6.7 (capability list).
//
// Not modelled: power management, function level reset, the extended 4 KiB space of PCI Express.
//
// Path: devices / devices/pci/pci_irq.c
#include "devices/pci/pci.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

// --- Registers as bytes ----------------------------------------------------------------------------------------------

void pci_function_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    assert(offset + size <= PCI_CONFIG_SIZE);
    bytes_put(function->config + offset, size, value);
}

uint32_t pci_function_get(const struct pci_function *function, unsigned offset, unsigned size)
{
    assert(offset + size <= PCI_CONFIG_SIZE);
    return (uint32_t)bytes_get(function->config + offset, size);
}

void pci_function_allow(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask)
{
    assert(offset + size <= PCI_CONFIG_SIZE);
    bytes_put(function->writable + offset, size, mask);
}

// 6.2.2 and 6.2.3: what every function has writable in its command register, and the error bits that a 1 clears.
void pci_function_init(struct pci_function *function, uint16_t vendor, uint16_t device, uint32_t class_code,
                       uint8_t revision)
{
    memset(function, 0, sizeof *function);
    pci_function_set(function, PCI_VENDOR_ID, 2, vendor);
    pci_function_set(function, PCI_DEVICE_ID, 2, device);
    pci_function_set(function, PCI_REVISION_ID, 4, class_code << 8 | revision);
    pci_function_allow(function, PCI_COMMAND, 2, 0x0547); // INTx off, SERR, parity, master, memory, I/O
    pci_function_allow(function, PCI_CACHE_LINE_SIZE, 2, 0xffff);
    pci_function_allow(function, PCI_INTERRUPT_LINE, 1, 0xff);
    function->clear[PCI_STATUS + 1] = 0xf9;
    function->last_capability = PCI_CAPABILITIES_POINTER;
    function->next_capability = PCI_FIRST_CAPABILITY;
}

void pci_function_subsystem(struct pci_function *function, uint16_t vendor, uint16_t device)
{
    pci_function_set(function, PCI_SUBSYSTEM_VENDOR_ID, 2, vendor);
    pci_function_set(function, PCI_SUBSYSTEM_ID, 2, device);
}

void pci_function_serr(struct pci_function *function)
{
    const struct pci_bus *bus = function->bus;
    if (!(pci_function_get(function, PCI_COMMAND, 2) & PCI_COMMAND_SERR))
        return;
    pci_function_set(function, PCI_STATUS, 2, pci_function_get(function, PCI_STATUS, 2) | PCI_STATUS_SIGNALED_ERROR);
    if (bus && bus->serr)
        bus->serr(bus->serr_owner);
}

// --- Capabilities ----------------------------------------------------------------------------------------------------

unsigned pci_add_capability(struct pci_function *function, uint8_t id, unsigned size)
{
    unsigned at = function->next_capability, end = (unsigned)align_up(at + size, 4);
    bool first = function->last_capability == PCI_CAPABILITIES_POINTER;
    if (at == 0 || size < 2 || end > PCI_CONFIG_SIZE)
        return 0;
    function->config[at] = id;
    function->config[at + 1] = 0;
    function->config[first ? PCI_CAPABILITIES_POINTER : function->last_capability + 1u] = (uint8_t)at;
    function->config[PCI_STATUS] |= PCI_STATUS_CAPABILITIES;
    function->last_capability = (uint8_t)at;
    function->next_capability = (uint8_t)end; // 256 becomes 0: full
    return at;
}

bool pci_hook_capability(struct pci_function *function, const struct pci_capability *capability)
{
    if (function->capability_count == PCI_CAPABILITIES)
        return false;
    function->capabilities[function->capability_count++] = *capability;
    return true;
}

static const struct pci_capability *hook_at(const struct pci_function *function, unsigned offset, unsigned size)
{
    for (unsigned i = 0; i < function->capability_count; i++) {
        const struct pci_capability *hook = &function->capabilities[i];
        if (offset >= hook->offset && offset + size <= hook->offset + (unsigned)hook->size)
            return hook;
    }
    return NULL;
}

// --- Access ----------------------------------------------------------------------------------------------------------

static void write_bytes(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i)), *at = &function->config[offset + i];
        *at = (uint8_t)bits_merge(*at, byte, function->writable[offset + i]);
        *at &= ~(byte & function->clear[offset + i]);
    }
}

static bool touches(unsigned offset, unsigned size, unsigned first, unsigned end)
{
    return offset < end && offset + size > first;
}

uint32_t pci_bus_read(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint64_t now)
{
    const struct pci_function *function = bus->functions[devfn];
    if (!function || offset + size > PCI_CONFIG_SIZE)
        return (uint32_t)bits_low(8 * size);
    const struct pci_capability *hook = hook_at(function, offset, size);
    if (hook && hook->read)
        return hook->read(hook->owner, offset - hook->offset, size, now);
    return pci_function_get(function, offset, size);
}

void pci_bus_write(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    struct pci_function *function = bus->functions[devfn];
    if (!function || offset + size > PCI_CONFIG_SIZE)
        return;
    const struct pci_capability *hook = hook_at(function, offset, size);
    if (hook && hook->write)
        hook->write(hook->owner, offset - hook->offset, size, value, now);
    else
        write_bytes(function, offset, size, value);
    bool command = touches(offset, size, PCI_COMMAND, PCI_COMMAND + 2);
    if (command || touches(offset, size, PCI_BAR0, PCI_BAR0 + 4 * PCI_BARS) ||
        touches(offset, size, PCI_ROM_ADDRESS, PCI_ROM_ADDRESS + 4))
        pci_bus_decode(bus);
    if (command)
        pci_irq_command(function);
    if (function->written)
        function->written(function->owner, offset, size, now);
}

// --- Life ------------------------------------------------------------------------------------------------------------

void pci_function_reset(struct pci_function *function, uint64_t now)
{
    (void)now;
    for (unsigned i = 0; i < PCI_CONFIG_SIZE; i++)
        function->config[i] &= ~(function->writable[i] | function->clear[i]);
    if (function->bus)
        pci_bus_decode(function->bus);
    pci_irq_reset(function);
}

void pci_function_destroy(struct pci_function *function)
{
    pci_irq_destroy(function);
    if (function->bus)
        pci_bus_remove(function->bus, function);
    free(function->rom);
    function->rom = NULL;
}

void pci_function_visit(struct pci_function *function, struct visit *v)
{
    VISIT_ARRAY(v, function->config);
    for (unsigned i = 0; i < PCI_WINDOWS; i++) {
        if (function->bars[i].kind == PCI_BAR_NONE)
            continue;
        VISIT_VALID(v, function->bars[i].region.base,
                    function->bars[i].region.base % function->bars[i].region.size == 0);
        VISIT(v, function->bars[i].mapped);
        VISIT(v, function->bars[i].refused);
    }
    VISIT_ARRAY(v, function->mistakes);
    pci_irq_visit(function, v);
}

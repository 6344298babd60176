// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI Local Bus Specification 3.0: 3.2.2.3.2 configuration mechanism #1, 6.1 to 6.2 configuration space header.
//
//   CF8h, dword access only          CFCh-CFFh: 1, 2 or 4 bytes of the register that CONFIG_ADDRESS names
//    31 30..24 23..16 15..11 10..8 7..2 1..0
//    EN   0     bus   device  fn   reg   0
//
// Other accesses to CF8h-CFBh are ordinary I/O: the byte at CF9h belongs to the reset port.
//
// Not modelled: buses behind bridges, the BARs' windows and INTx (no device of this machine needs them yet),
// configuration mechanism #2, the PAM and SMRAM registers of the 440FX (its RAM is plain everywhere).
#include "devices/pci.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "devices/reset_port.h"

#define CONFIG_ENABLE BIT32(31)
#define CONFIG_MASK   UINT32_C(0x80fffffc)
#define CONFIG_DATA   4 // offset of CFCh
#define RESET_PORT    1 // offset of CF9h
#define HEADER_MULTI  0x80

// --- Functions ---------------------------------------------------------------------------------------------------

void pci_function_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
    assert(offset + size <= PCI_CONFIG_SIZE);
    for (unsigned i = 0; i < size; i++)
        function->config[offset + i] = (uint8_t)(value >> (8 * i));
}

uint32_t pci_function_get(const struct pci_function *function, unsigned offset, unsigned size)
{
    uint32_t value = 0;
    assert(offset + size <= PCI_CONFIG_SIZE);
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)function->config[offset + i] << (8 * i);
    return value;
}

void pci_function_allow(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask)
{
    assert(offset + size <= PCI_CONFIG_SIZE);
    for (unsigned i = 0; i < size; i++)
        function->writable[offset + i] = (uint8_t)(mask >> (8 * i));
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
}

static uint32_t function_read(const struct pci_function *function, unsigned offset, unsigned size)
{
    return pci_function_get(function, offset, size);
}

static void function_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i)), *at = &function->config[offset + i];
        *at = (uint8_t)bits_merge(*at, byte, function->writable[offset + i]);
        *at &= ~(byte & function->clear[offset + i]);
    }
    if (function->written)
        function->written(function->owner, offset, size, now);
}

void pci_function_visit(struct pci_function *function, struct visit *v)
{
    VISIT_ARRAY(v, function->config);
}

// --- Bus ---------------------------------------------------------------------------------------------------------

int pci_bus_add(struct pci_bus *bus, uint8_t devfn, struct pci_function *function)
{
    struct pci_function *first = bus->functions[devfn & ~7];
    if (bus->functions[devfn])
        return -EEXIST;
    if ((devfn & 7) && !first)
        return -EINVAL;
    if (devfn & 7)
        first->config[PCI_HEADER_TYPE] |= HEADER_MULTI; // 6.2.1: so that software looks for the others
    function->devfn = devfn;
    bus->functions[devfn] = function;
    return 0;
}

uint32_t pci_bus_read(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint64_t now)
{
    const struct pci_function *function = bus->functions[devfn];
    (void)now;
    if (!function || offset + size > PCI_CONFIG_SIZE)
        return (uint32_t)bits_low(8 * size);
    return function_read(function, offset, size);
}

void pci_bus_write(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    struct pci_function *function = bus->functions[devfn];
    if (function && offset + size <= PCI_CONFIG_SIZE)
        function_write(function, offset, size, value, now);
}

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

// --- Host bridge -------------------------------------------------------------------------------------------------

static void bridge_reset(struct pci_host *host)
{
    pci_function_set(&host->bridge, PCI_COMMAND, 2, 0x0006); // 440FX: master and memory are always on
    pci_function_set(&host->bridge, PCI_STATUS, 2, 0x0280);
    pci_function_set(&host->bridge, PCI_INTERRUPT_LINE, 1, 0);
}

void pci_host_init(struct pci_host *host, struct reset_port *reset_port)
{
    memset(host, 0, sizeof *host);
    host->reset_port = reset_port;
    pci_function_init(&host->bridge, 0x8086, 0x1237, 0x060000, 2);
    pci_function_allow(&host->bridge, PCI_COMMAND, 2, 0x0140); // SERR and parity
    pci_function_allow(&host->bridge, PCI_CACHE_LINE_SIZE, 2, 0xff00);
    pci_function_allow(&host->bridge, PCI_INTERRUPT_LINE, 1, 0);
    bridge_reset(host);
    pci_bus_add(&host->bus, PCI_DEVFN(0, 0), &host->bridge);
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

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QEMU, docs/specs/pci-testdev. The header is drawn in pci_testdev.h.
//
// Not modelled: tests by eventfd (the notifiers of groups have tests of their own).
#include "devices/pci_testdev.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"

enum { TEST = 0, WIDTH = 1, OFFSET = 4, DATA = 8, COUNT = 12, NAME = 16, HEADER_SIZE = 48 };
enum { WIDTHS = 3, PATTERN = 0xfa };

static unsigned width_of(unsigned test)
{
    return 1u << test % WIDTHS;
}

static uint32_t data_of(unsigned test)
{
    return (uint32_t)(UINT32_C(0x01010101) * PATTERN & bits_low(8 * width_of(test)));
}

// The tests write to the upper half of the BAR, each at an address of its own.
static uint32_t offset_of(const struct pci_testdev_bar *bar, unsigned test)
{
    bool memory = bar == &bar->device->bars[0];
    return (memory ? PCI_TESTDEV_MEMORY : PCI_TESTDEV_PORTS) / 2 + 4 * test;
}

static void fill_header(const struct pci_testdev_bar *bar, uint8_t *header)
{
    bool memory = bar == &bar->device->bars[0];
    memset(header, 0, HEADER_SIZE);
    if (bar->test == PCI_TESTDEV_NONE)
        return;
    header[WIDTH] = (uint8_t)width_of(bar->test);
    bytes_put(header + OFFSET, 4, offset_of(bar, bar->test));
    bytes_put(header + DATA, 4, data_of(bar->test));
    bytes_put(header + COUNT, 4, bar->count);
    snprintf((char *)header + NAME, HEADER_SIZE - NAME, "%s-%s-%u", memory ? "mmio" : "portio",
             bar->test < WIDTHS ? "match" : "any", width_of(bar->test));
}

static uint64_t read_bar(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct pci_testdev_bar *bar = owner;
    uint8_t header[HEADER_SIZE];
    (void)now;
    if (offset + size > HEADER_SIZE)
        return 0;
    fill_header(bar, header);
    return bytes_get(header + offset, size);
}

static void write_bar(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pci_testdev_bar *bar = owner;
    (void)now;
    if (offset == TEST) {
        bar->test = (uint8_t)value < PCI_TESTDEV_TESTS ? (uint8_t)value : PCI_TESTDEV_NONE;
        bar->count = 0;
        return;
    }
    if (bar->test == PCI_TESTDEV_NONE || offset != offset_of(bar, bar->test) || size != width_of(bar->test))
        return;
    bar->count += bar->test >= WIDTHS || value == data_of(bar->test);
}

static uint64_t read_nothing(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)now;
    return UINT64_MAX;
}

static void write_nothing(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)value, (void)now;
}

static void stop(struct pci_testdev *device)
{
    for (unsigned i = 0; i < countof(device->bars); i++)
        device->bars[i] = (struct pci_testdev_bar){ .device = device, .test = PCI_TESTDEV_NONE };
}

int pci_testdev_init(struct pci_testdev *device, uint64_t membar, struct pci_bus *bus, uint8_t devfn)
{
    struct pci_function *pci = &device->pci;
    memset(device, 0, sizeof *device);
    stop(device);
    pci_function_init(pci, 0x1b36, 0x0005, 0x00ff00, 0);
    pci_function_subsystem(pci, 0x1af4, 0x1100);
    int result = pci_bus_add(bus, devfn, pci);
    if (result == 0)
        result = pci_bar_add(pci, 0, PCI_BAR_MEMORY, PCI_TESTDEV_MEMORY, read_bar, write_bar, &device->bars[0],
                             "pci-testdev");
    if (result == 0)
        result =
            pci_bar_add(pci, 1, PCI_BAR_IO, PCI_TESTDEV_PORTS, read_bar, write_bar, &device->bars[1], "pci-testdev");
    if (result == 0 && membar)
        result = pci_bar_add(pci, 2, PCI_BAR_MEMORY64_PREFETCHABLE, membar, read_nothing, write_nothing, device,
                             "pci-testdev membar");
    return result;
}

void pci_testdev_reset(struct pci_testdev *device, uint64_t now)
{
    stop(device);
    pci_function_reset(&device->pci, now);
}

void pci_testdev_visit(struct pci_testdev *device, struct visit *v)
{
    pci_function_visit(&device->pci, v);
    for (unsigned i = 0; i < countof(device->bars); i++) {
        VISIT_BELOW(v, device->bars[i].test, PCI_TESTDEV_NONE + 1);
        VISIT(v, device->bars[i].count);
    }
}

void pci_testdev_destroy(struct pci_testdev *device)
{
    pci_function_destroy(&device->pci);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bench for PCI devices: a bus with RAM, ports and an interrupt manager, and a record of its output.
#ifndef TESTS_DEVICES_PCI_RIG_H
#define TESTS_DEVICES_PCI_RIG_H

#include <criterion/criterion.h>
#include <intact/interrupt.h>
#include <string.h>

#include "devices/board.h"
#include "devices/pci/pci.h"

#define RIG_RAM     UINT64_C(0x100000)
#define RIG_LINES   4
#define RIG_RECORDS 64
#define RIG_NOWHERE UINT32_C(0x00001000) // no message may have this address

struct pci_rig {
    struct pci_host host;
    struct bus memory, ports;
    struct region ram;
    uint8_t bytes[RIG_RAM];
    struct intact_irq_manager *manager;
    bool level[RIG_LINES]; // of the pins that INTA to INTD of slot 0 reach
    struct rig_message {
        uint64_t address;
        uint32_t data, device;
    } messages[RIG_RECORDS];
    unsigned count;
};

static inline void rig_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct pci_rig *rig = owner;
    (void)chip;
    rig->level[pin] = level;
}

static inline bool rig_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct pci_rig *rig = owner;
    if (rig->count < RIG_RECORDS)
        rig->messages[rig->count] = (struct rig_message){ address, data, device };
    rig->count++;
    return true;
}

static inline bool rig_reaches(void *owner, uint64_t address, uint32_t device)
{
    (void)owner, (void)device;
    return address != RIG_NOWHERE;
}

static inline void rig_open(struct pci_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    const struct intact_irq_output output = { sizeof(struct intact_irq_output), rig_pin, rig_message, rig,
                                              rig_reaches };
    cr_assert_eq(intact_irq_manager_create(&output, &rig->manager), 0);
    cr_assert_eq(intact_irq_manager_add_chip(rig->manager, 0, RIG_LINES), 0);
    for (uint32_t pin = 0; pin < RIG_LINES; pin++)
        cr_assert_eq(intact_irq_manager_route(rig->manager, 16 + pin, 0, pin), 0);
    bus_init(&rig->memory);
    bus_init(&rig->ports);
    rig->ram = (struct region){ .base = 0, .size = RIG_RAM, .name = "RAM", .ram = rig->bytes };
    cr_assert_eq(bus_add(&rig->memory, &rig->ram), 0);
    pci_host_init_ecam(&rig->host);
    pci_bus_connect(&rig->host.bus, &(struct pci_bus_config){ .memory = &rig->memory,
                                                              .ports = &rig->ports,
                                                              .interrupts = rig->manager,
                                                              .gsi = { 16, 17, 18, 19 } });
}

static inline void rig_close(struct pci_rig *rig)
{
    intact_irq_manager_poll(rig->manager, 0);
    cr_assert_eq(intact_irq_manager_destroy(rig->manager), 0, "every function is gone");
}

static inline uint32_t rig_config(struct pci_rig *rig, const struct pci_function *function, unsigned offset,
                                  unsigned size)
{
    return pci_bus_read(&rig->host.bus, function->devfn, offset, size, 0);
}

static inline void rig_set(struct pci_rig *rig, const struct pci_function *function, unsigned offset, unsigned size,
                           uint32_t value)
{
    pci_bus_write(&rig->host.bus, function->devfn, offset, size, value, 0);
}

// The capability with this id, as a driver finds it; 0: none.
static inline unsigned rig_find(struct pci_rig *rig, const struct pci_function *function, uint8_t id)
{
    unsigned at = rig_config(rig, function, PCI_CAPABILITIES_POINTER, 1);
    if (!(rig_config(rig, function, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES))
        return 0;
    while (at && rig_config(rig, function, at, 1) != id)
        at = rig_config(rig, function, at + 1, 1);
    return at;
}

// The command register with everything on.
#define RIG_ON (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

static inline uint64_t rig_read(struct pci_rig *rig, uint64_t address, unsigned size)
{
    return bus_read(&rig->memory, address, size, 0);
}

static inline void rig_write(struct pci_rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    bus_write(&rig->memory, address, size, value, 0);
}

// How many bytes of a function its list must cover: what software can change, and what a device did.
static inline size_t rig_state(const struct pci_function *function)
{
    const struct pci_irq *irq = &function->irq;
    size_t state = sizeof function->config + sizeof function->mistakes;
    for (unsigned i = 0; i < PCI_WINDOWS; i++)
        if (function->bars[i].kind != PCI_BAR_NONE)
            state += sizeof function->bars[i].region.base + sizeof function->bars[i].mapped +
                     sizeof function->bars[i].refused;
    if (irq->device)
        state += sizeof irq->level + sizeof irq->mistakes;
    if (irq->config.msi_vectors)
        state += sizeof irq->msi.registers;
    if (irq->config.msix_vectors)
        state += sizeof irq->msix.control + sizeof irq->msix.mistakes;
    return state;
}

#endif

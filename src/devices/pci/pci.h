// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI: functions with their configuration space, BARs and capabilities; a bus of them; configuration accesses of the
// processor (mechanism #1, ECAM); the host bridge.
//
// Spec: PCI Local Bus 3.0, sections 3.2.2.3 (mechanism #1) and 6 (configuration space); PCI Express Base 3.0, 7.2.2
// (ECAM).
//
//     pci.c       a function: registers, capabilities, reset
//     pci_bus.c   the bus: the function at each configuration address, the windows of BARs; DMA
//     pci_host.c  mechanism #1, ECAM, the host bridge
//     pci_irq.c   a function's interrupts
//
// A device embeds a struct pci_function:
//
//     pci_function_init(&device->pci, vendor, id, class_code, revision);
//     pci_bus_add(bus, devfn, &device->pci);
//     pci_bar_add(&device->pci, 0, PCI_BAR_MEMORY, 4096, read, write, device, "registers");
//     pci_irq_init(&device->pci, &(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
//
// and calls pci_function_reset, _visit and _destroy from its own. Everything on the machine thread.
// Path: devices / devices/pci/pci_irq.c
#ifndef DEVICES_PCI_PCI_H
#define DEVICES_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/pci/pci_irq.h"

#define PCI_PORTS        8 // CF8h-CFFh; 1, 2 and 4 bytes (region.widest = 4)
#define PCI_CONFIG_SIZE  256
#define PCI_DEVFNS       256
#define PCI_SLOTS        32
#define PCI_PINS         4
#define PCI_BARS         6
#define PCI_ROM          6 // the expansion ROM, as the index of a window behind those of the BARs
#define PCI_WINDOWS      7
#define PCI_ROM_MIN      2048
#define PCI_ROM_MAX      (16u << 20)
#define PCI_CAPABILITIES 8                    // with functions of their own, per function
#define PCI_ECAM_SIZE    UINT64_C(0x10000000) // 256 buses
#define PCI_ECAM_BUS     UINT64_C(0x100000)   // of it for one bus

#define PCI_DEVFN(slot, function) ((uint8_t)((slot) << 3 | (function)))

enum pci_register {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROG = 0x09,
    PCI_CLASS_DEVICE = 0x0a,
    PCI_CACHE_LINE_SIZE = 0x0c,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_ROM_ADDRESS = 0x30,
    PCI_CAPABILITIES_POINTER = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_FIRST_CAPABILITY = 0x40,
};

enum pci_command {
    PCI_COMMAND_IO = 0x001,
    PCI_COMMAND_MEMORY = 0x002,
    PCI_COMMAND_MASTER = 0x004,
    PCI_COMMAND_SERR = 0x100,
    PCI_COMMAND_INTX_DISABLE = 0x400,
};

enum pci_status {
    PCI_STATUS_INTERRUPT = 0x08,
    PCI_STATUS_CAPABILITIES = 0x10,
    PCI_STATUS_SIGNALED_ERROR = 0x4000,
};

enum pci_bar_kind {
    PCI_BAR_NONE,
    PCI_BAR_IO,
    PCI_BAR_MEMORY,   // 32-bit
    PCI_BAR_MEMORY64, // takes the next BAR too
    PCI_BAR_MEMORY64_PREFETCHABLE,
    PCI_BAR_MEMORY_PREFETCHABLE, // 32-bit
    PCI_BAR_ROM,                 // of an expansion ROM alone
};

struct pci_bar {
    enum pci_bar_kind kind;
    struct region region; // its size; its base where it is mapped
    bool mapped;
    bool on_bus;  // `region` is in the bus: equal to `mapped`, except during a load
    bool refused; // it could not be mapped at its address: counted once
};

// A range of configuration space that is accessed by functions: `offset` is relative to its start.
struct pci_capability {
    uint8_t offset, size;
    uint32_t (*read)(void *owner, unsigned offset, unsigned size, uint64_t now);
    void (*write)(void *owner, unsigned offset, unsigned size, uint32_t value, uint64_t now);
    void *owner;
};

enum pci_mistake {
    PCI_OVERLAP,   // a BAR was enabled at an address that is in use
    PCI_NO_MASTER, // DMA with bus mastering off
    PCI_NO_MEMORY, // DMA to an address that is not RAM
    PCI_MISTAKES
};

struct pci_function {
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; // bits that a write changes; a reset makes them 0
    uint8_t clear[PCI_CONFIG_SIZE];    // bits that a write of 1 clears
    uint8_t devfn;
    struct pci_bus *bus;              // NULL: on none
    struct pci_bar bars[PCI_WINDOWS]; // and the expansion ROM
    struct pci_capability capabilities[PCI_CAPABILITIES];
    unsigned capability_count;
    uint8_t last_capability, next_capability; // the last capability in the list, and the next free byte
    struct pci_irq irq;
    uint32_t mistakes[PCI_MISTAKES];
    uint8_t *rom; // the contents of its expansion ROM; NULL: it has none
    // Called after a write changed `config`; NULL: nothing to do.
    void (*written)(void *owner, unsigned offset, unsigned size, uint64_t now);
    void *owner;
};

// The connections of a bus, filled in by the machine. `ports` is the space of I/O BARs, with addresses as the BARs have
// them.
struct pci_bus_config {
    struct bus *memory, *ports;
    struct intact_irq_manager *interrupts;
    uint32_t gsi[PCI_PINS]; // the GSIs of INTA to INTD of slot 0; those of slot n are rotated by n
    // Or a board has another rule. `pin` counts from 0. NULL: it has not.
    uint32_t (*gsi_of)(unsigned slot, unsigned pin);
};

struct pci_bus {
    struct pci_function *functions[PCI_DEVFNS];
    struct pci_bus_config config;
    // A function has pulsed SERR#. NULL: it leads nowhere.
    void (*serr)(void *owner);
    void *serr_owner;
};

struct pci_host {
    uint32_t CONFIG_ADDRESS;
    struct pci_bus bus;            // bus 0
    struct pci_function bridge;    // 00:00.0
    struct reset_port *reset_port; // answers bytes at CF9h; NULL: none
};

// --- Functions -------------------------------------------------------------------------------------------------------

// A function's identity: vendor and device id, `class_code` as class << 16 | subclass << 8 | interface, revision.
void pci_function_init(struct pci_function *function, uint16_t vendor, uint16_t device, uint32_t class_code,
                       uint8_t revision);
void pci_function_subsystem(struct pci_function *function, uint16_t vendor, uint16_t device);
// The writable bits of the 16- or 32-bit register at `offset`, little-endian.
void pci_function_allow(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask);
void pci_function_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value);
uint32_t pci_function_get(const struct pci_function *function, unsigned offset, unsigned size);
// The function has found an error that the system must know of: SERR#, if its command register allows it, which is noted in its
// status register (6.2.2, 6.2.3).
void pci_function_serr(struct pci_function *function);
// Everything that software can write is 0 again, BARs are unmapped, interrupts are INTx with the line low.
void pci_function_reset(struct pci_function *function, uint64_t now);
void pci_function_visit(struct pci_function *function, struct visit *v);
// Removes the function from the bus and frees what it has. A function that was never added, or is zeroed, may be
// destroyed too.
void pci_function_destroy(struct pci_function *function);

// Adds a BAR: `index` 0 to 5, `size` a power of two (I/O: 4 to 256, memory: 16 and more). Accesses have offsets from
// its start, I/O in at most 4 bytes, memory in at most 8, and any alignment. -EINVAL, -EEXIST.
int pci_bar_add(struct pci_function *function, unsigned index, enum pci_bar_kind kind, uint64_t size, bus_read_fn *read,
                bus_write_fn *write, void *owner, const char *name);
// A BAR that was just added is host memory instead, which the caller keeps alive: accesses do not reach its functions.
void pci_bar_set_ram(struct pci_function *function, unsigned index, uint8_t *ram);
// Adds an expansion ROM with a copy of `contents`, 1 to PCI_ROM_MAX bytes, and zeros up to a power of two of PCI_ROM_MIN at least.
// -EINVAL, -EEXIST, -ENOMEM.
int pci_rom_add(struct pci_function *function, const uint8_t *contents, size_t size);
// The address in a BAR or, PCI_ROM, of the expansion ROM, and whether it is mapped now.
uint64_t pci_bar_address(const struct pci_function *function, unsigned index);
bool pci_bar_mapped(const struct pci_function *function, unsigned index);

// Appends a capability of `size` bytes (header included) to the list; its bytes are 0 except the header. Returns its
// offset, or 0: no room.
unsigned pci_add_capability(struct pci_function *function, uint8_t id, unsigned size);
// Accesses to the bytes from `offset` on call `read` and `write` instead, with 1, 2 or 4 aligned bytes. False: there
// are PCI_CAPABILITIES already.
bool pci_hook_capability(struct pci_function *function, const struct pci_capability *capability);

// DMA: all or nothing. False: bus mastering is off, or some byte is not RAM (a master abort: status bit 13); counted,
// and a read returns all ones.
bool pci_read_memory(struct pci_function *function, uint64_t address, void *data, size_t size);
bool pci_write_memory(struct pci_function *function, uint64_t address, const void *data, size_t size);

// --- Bus -------------------------------------------------------------------------------------------------------------

void pci_bus_connect(struct pci_bus *bus, const struct pci_bus_config *config);
// The GSI of a slot's pin, which counts from 0.
uint32_t pci_bus_gsi(const struct pci_bus *bus, unsigned slot, unsigned pin);
// Puts `function` (kept alive by the caller) at `devfn`. -EEXIST: the place is taken; -EINVAL: function n of a slot
// without function 0.
int pci_bus_add(struct pci_bus *bus, uint8_t devfn, struct pci_function *function);
void pci_bus_remove(struct pci_bus *bus, struct pci_function *function);
// The first slot from 1 on that is free, or PCI_SLOTS: none is.
unsigned pci_bus_free_slot(const struct pci_bus *bus);
// Configuration access, for the host and for loaders: `size` 1, 2 or 4, naturally aligned. All ones for an empty place,
// or beyond 256 bytes.
uint32_t pci_bus_read(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint64_t now);
void pci_bus_write(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint32_t value, uint64_t now);
// Maps and unmaps BARs according to command registers and addresses. pci.c calls it when one of them was written.
void pci_bus_decode(struct pci_bus *bus);
// After a load of all functions: maps BARs as they were when the state was saved.
void pci_bus_loaded(struct pci_bus *bus);

// --- Host ------------------------------------------------------------------------------------------------------------

// Bus 0 with the host bridge `vendor`:`device` (class 060000h) in slot 0. `reset_port` may be NULL.
void pci_host_init(struct pci_host *host, struct reset_port *reset_port);
// The same with another bridge.
void pci_host_init_as(struct pci_host *host, struct reset_port *reset_port, uint16_t vendor, uint16_t device,
                      uint8_t revision);
void pci_host_init_ecam(struct pci_host *host);
void pci_host_reset(struct pci_host *host, uint64_t now);
// Its own state and the bridge's; functions are visited by their devices.
void pci_host_visit(struct pci_host *host, struct visit *v);

// Mechanism #1: the eight ports from CF8h.
uint64_t pci_host_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pci_host_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// ECAM: a window of PCI_ECAM_SIZE bytes, accesses of 1 to 4 bytes (region.widest = 4).
uint64_t pci_ecam_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pci_ecam_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

#endif

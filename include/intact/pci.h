// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A PCI device of your own, added to a machine.
//
//     static uint64_t read(void *owner, unsigned bar, uint64_t offset, unsigned size) { ... }
//     static void write(void *owner, unsigned bar, uint64_t offset, unsigned size, uint64_t value) { ... }
//
//     struct intact_pci_config config;
//     intact_pci_config_init(&config);
//     config.name = "counter";
//     config.vendor = 0x1234;
//     config.device = 0x1111;
//     config.bars[0] = (struct intact_pci_bar){ INTACT_PCI_MEMORY, 4096 };
//     config.msix_vectors = 2;
//     config.msix_bar = 1;
//     config.read = read;
//     config.write = write;
//     config.owner = &counter;
//     struct intact_pci_device *device;
//     if (intact_pci_add(machine, &config, &device, why) < 0)
//         die(why);
//     ...
//     intact_pci_trigger(device, 0);
//
// The guest's driver chooses INTx, MSI or MSI-X. The device triggers vectors and drives its level; a call for a kind
// that is not chosen has no effect for the guest. The same device works in every machine.
//
// Threads. All functions are called on the machine's thread, and so are the callbacks. Other threads interrupt through
// the group (intact_pci_group, <intact/interrupt.h>).
//
// Spec: PCI Local Bus 3.0, chapter 6.
#ifndef INTACT_PCI_H
#define INTACT_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/interrupt.h>
#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

#define INTACT_PCI_BARS 6

enum intact_pci_bar_kind {
    INTACT_PCI_NO_BAR,
    INTACT_PCI_IO,                    // 4 to 256 ports
    INTACT_PCI_MEMORY,                // 32 bits; 16 bytes and more
    INTACT_PCI_MEMORY64,              // 64 bits: takes the next BAR too
    INTACT_PCI_MEMORY64_PREFETCHABLE, // the same, and reads have no side effects
};

// (It will not grow.)
struct intact_pci_bar {
    enum intact_pci_bar_kind kind;
    uint64_t size; // bytes, a power of two
};

struct intact_pci_config {
    size_t size;      // of this structure: intact_pci_config_init sets it
    const char *name; // for messages; lives as long as the machine
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code; // class << 16 | subclass << 8 | interface
    uint8_t revision;
    unsigned slot; // 1 to 31; 0: the next free one
    struct intact_pci_bar bars[INTACT_PCI_BARS];

    // Interrupts.
    uint8_t pin;           // 1 to 4: INTA to INTD; 0: no INTx
    unsigned msi_vectors;  // 1, 2, 4, 8, 16 or 32; 0: no MSI
    unsigned msix_vectors; // 1 to 2048; 0: no MSI-X
    unsigned msix_bar;     // the BAR for its table; its kind above is INTACT_PCI_NO_BAR

    // Accesses of the guest: `offset` is relative to the BAR, `size` is 1, 2, 4 or 8 bytes (I/O: at most 4), any
    // alignment. NULL: `bars` are all INTACT_PCI_NO_BAR.
    uint64_t (*read)(void *owner, unsigned bar, uint64_t offset, unsigned size);
    void (*write)(void *owner, unsigned bar, uint64_t offset, unsigned size, uint64_t value);
    // The machine is reset; configuration space has been reset already. NULL: `state` is zeroed.
    void (*reset)(void *owner);
    // The time of intact_pci_set_alarm has come. NULL: it sets none.
    void (*alarm)(void *owner, uint64_t now);
    // The driver has enabled or disabled MSI or MSI-X, or a reset has: it uses `vectors` different vectors now (0: it
    // uses INTx), and intact_pci_group is another. NULL: the device does not care.
    void (*interrupts)(void *owner, unsigned vectors);
    void *owner;

    // All state of the device that the guest can see, without pointers; saved with the machine's state.
    void *state;
    size_t state_size; // bytes, 0: none
};

struct intact_pci_device;

// A device without BARs and interrupts, of class FF0000h ("unassigned").
void intact_pci_config_defaults(struct intact_pci_config *config, size_t size);
static inline void intact_pci_config_init(struct intact_pci_config *config)
{
    intact_pci_config_defaults(config, sizeof *config);
}

// Adds a device, before the machine runs for the first time. `config` is copied. 0 and *device, which belongs to the
// machine and is destroyed with it; or a negative errno with one line in `why` (<intact/error.h>): -EINVAL for an
// invalid value, -EEXIST for a slot that is in use, -ENOSPC when there is no slot or no address left, -ENOMEM.
int intact_pci_add(struct intact_machine *machine, const struct intact_pci_config *config,
                   struct intact_pci_device **device, char *why);

// Triggers vector `vector` (from 0). With MSI the number is taken modulo the vectors that the driver allotted. A vector
// that the driver has masked becomes pending. INTACT_IRQ_NOT_ENABLED: the driver uses INTx; BAD_INDEX: no such vector;
// NO_ROUTE: the message had no receiver (also counted).
int intact_pci_trigger(struct intact_pci_device *device, unsigned vector);

// Sets the level of INTx and the interrupt status bit, until the next call. The line follows it while the driver uses
// INTx.
void intact_pci_set_level(struct intact_pci_device *device, bool level);

// How many different vectors the driver has enabled; 0: it uses INTx.
unsigned intact_pci_vectors(const struct intact_pci_device *device);

// The sources of the MSI or MSI-X mode, for notifiers and for triggers from other threads; NULL: the driver uses INTx.
// It belongs to the device.
struct intact_irq_group *intact_pci_group(const struct intact_pci_device *device);

// DMA: all of it or nothing. False: the driver has not made the device a bus master, or some byte is not RAM.
bool intact_pci_read_memory(struct intact_pci_device *device, uint64_t address, void *data, size_t size);
bool intact_pci_write_memory(struct intact_pci_device *device, uint64_t address, const void *data, size_t size);

// The virtual time in ns now; and when `alarm` is to be called, which replaces an earlier time. UINT64_MAX: never. A
// reset cancels it.
uint64_t intact_pci_now(const struct intact_pci_device *device);
void intact_pci_set_alarm(struct intact_pci_device *device, uint64_t when);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif

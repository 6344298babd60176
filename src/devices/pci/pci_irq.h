// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interrupts of a PCI function, in the mode that its driver has chosen: INTx, MSI or MSI-X.
//
//     device ── pci_irq_set_level ──> INTx: a level on the line that the bus gives the slot's pin
//            ── pci_irq_trigger ────> MSI, MSI-X: the group of the function's intact_irq_device, source `vector`
//
//     driver ── command register, capabilities, MSI-X table ──> mode, messages, masks of that intact_irq_device
//
// A device always drives its INTx level, according to its status, and triggers vectors when something happens; a call
// for a mode that is not chosen has no effect. A device does not depend on the controller.
//
// Path: devices / msi/msi_capability.c, msi/msix.c, groups/device.c
#ifndef DEVICES_PCI_PCI_IRQ_H
#define DEVICES_PCI_PCI_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/interrupt.h>

#include "base/visit.h"
#include "msi/msi_capability.h"
#include "msi/msix.h"

struct pci_function;

// The configuration of a function. All zeroes: no interrupts at all.
struct pci_irq_config {
    uint8_t pin;          // 1 to 4: INTA to INTD; 0: none
    unsigned msi_vectors; // 1, 2, 4, 8, 16 or 32; 0: no MSI
    bool msi_32bit, msi_maskable;
    unsigned msix_vectors;         // 1 to 2048; 0: no MSI-X
    struct msix_entry *msix_table; // msix_vectors rows, in the memory of the device
    unsigned msix_bar;             // a BAR that holds table (at 0) and PBA (in its upper half) and nothing else
};

enum pci_irq_mistake {
    PCI_IRQ_BOTH,        // MSI and MSI-X enabled at once (6.8.2: not allowed); MSI-X is used
    PCI_IRQ_UNREACHABLE, // a message whose address the receiver refuses; the vector is disabled
    PCI_IRQ_MISTAKES
};

struct pci_irq {
    struct intact_irq_device *device; // NULL: the function has no interrupts
    struct pci_irq_config config;
    uint8_t msi_at, msix_at; // where the capabilities are
    struct msi_capability msi;
    struct msix msix;
    bool level; // what the device drives
    uint32_t mistakes[PCI_IRQ_MISTAKES];
    // Called when the driver has chosen another mode, or another number of vectors. May be NULL.
    void (*mode_changed)(void *owner);
    void *owner;
};

// Gives `function`, which has been added to its bus, its interrupts: the pin register, both capabilities and the BAR of
// the table. 0, or a negative enum intact_irq_error.
int pci_irq_init(struct pci_function *function, const struct pci_irq_config *config);

// The device's INTx level: the interrupt status bit follows it; the line too, while the driver uses INTx and has not
// disabled it.
void pci_irq_set_level(struct pci_function *function, bool level);

// Names its interrupts in traces: NAME.intx, NAME.msi0, NAME.msix0. NO_MEMORY. A function without interrupts has none.
int pci_irq_set_name(struct pci_function *function, const char *name);

// Triggers vector `vector`. In MSI mode with fewer vectors allotted than the function has, the number is taken modulo
// those. It becomes pending if it is masked, or while bus mastering is off. INTACT_IRQ_NOT_ENABLED: the driver uses
// INTx; BAD_INDEX; NO_ROUTE: the message had no receiver.
int pci_irq_trigger(struct pci_function *function, unsigned vector);

// DISABLED: no interrupts; LEGACY: INTx; PCI_MSI; PCI_MSIX.
enum intact_irq_mode pci_irq_mode(const struct pci_function *function);
// The number of different vectors: with MSI those allotted, with MSI-X all; 0 in INTx mode.
unsigned pci_irq_vectors(const struct pci_function *function);
// The group of an MSI or MSI-X mode, else NULL. It stays the same until mode_changed.
struct intact_irq_group *pci_irq_group(const struct pci_function *function);

// Why an interrupt of the function does not leave it; the findings call it `name`. `part` is "intx", "msiN" or "msixN".
// False: the function has none that is called so. (pci_irq_why.c)
struct why;
bool pci_irq_why(const struct pci_function *function, const char *part, const char *name, struct why *why);

// --- For pci.c -------------------------------------------------------------------------------------------------------

// The command register has changed: INTx disable, bus master.
void pci_irq_command(struct pci_function *function);
void pci_irq_reset(struct pci_function *function);
void pci_irq_visit(struct pci_function *function, struct visit *v);
void pci_irq_loaded(struct pci_function *function);
void pci_irq_destroy(struct pci_function *function);

#endif

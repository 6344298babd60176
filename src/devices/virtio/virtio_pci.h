// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio over PCI: a function of revision 1 and later (not transitional). VIRTIO 1.2, 4.1.
//
//     BAR 1   MSI-X table and PBA: one vector for each queue and one for the configuration
//     BAR 4   64-bit prefetchable, 16 KiB:   0000 common configuration   1000 ISR status
//                                            2000 device's configuration 3000 notifications, 4 bytes for each queue
//     vendor capabilities that describe these, and one (4.1.4.9) for access to BAR 4 through configuration space
#ifndef DEVICES_VIRTIO_VIRTIO_PCI_H
#define DEVICES_VIRTIO_VIRTIO_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/interrupt.h>

#include "base/visit.h"
#include "devices/pci/pci.h"
#include "devices/virtio/virtio.h"

#define VIRTIO_PCI_VENDOR     0x1af4
#define VIRTIO_PCI_DEVICE     0x1040 // and the type of the device
#define VIRTIO_PCI_BAR        4
#define VIRTIO_PCI_MSIX_BAR   1
#define VIRTIO_PCI_SIZE       0x4000
#define VIRTIO_PCI_ISR        0x1000
#define VIRTIO_PCI_CONFIG     0x2000
#define VIRTIO_PCI_NOTIFY     0x3000
#define VIRTIO_PCI_MULTIPLIER 4

enum virtio_pci_capability { // cfg_type, 4.1.4
    VIRTIO_PCI_CAP_COMMON = 1,
    VIRTIO_PCI_CAP_NOTIFY,
    VIRTIO_PCI_CAP_ISR,
    VIRTIO_PCI_CAP_DEVICE,
    VIRTIO_PCI_CAP_PCI,
};

struct virtio_pci {
    struct pci_function pci;
    struct intact_irq_status isr;
    uint32_t device_feature_select, driver_feature_select;
    uint16_t queue_select;
    uint16_t config_vector, queue_vectors[VIRTIO_QUEUES]; // INTACT_IRQ_NO_VECTOR: none
    struct msix_entry table[VIRTIO_QUEUES + 1];
    // Configuration.
    struct virtio *virtio;
    unsigned vectors;
    uint8_t access; // where the capability of 4.1.4.9 is
};

// Puts a function in front of `virtio`, which has all its queues, at `devfn` of `bus`. `class_code` as of
// pci_function_init; `vectors` of MSI-X, 0: only INTx. 0, or a negative errno or enum intact_irq_error.
int virtio_pci_init(struct virtio_pci *pci, struct virtio *virtio, uint32_t class_code, unsigned vectors,
                    struct pci_bus *bus, uint8_t devfn);
void virtio_pci_destroy(struct virtio_pci *pci);
// Resets the device too.
void virtio_pci_reset(struct virtio_pci *pci, uint64_t now);
// The transport's state; the device visits its own.
void virtio_pci_visit(struct virtio_pci *pci, struct visit *v);

#endif

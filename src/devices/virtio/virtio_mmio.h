// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio over MMIO: a window of registers, one interrupt. VIRTIO 1.2, 4.2; version 2, or the legacy version 1 (4.2.4).
//
//     000 MagicValue  004 Version  008 DeviceID  00c VendorID  010 DeviceFeatures  020 DriverFeatures
//     030 QueueSel  034 QueueNumMax  038 QueueNum  044 QueueReady  050 QueueNotify
//     060 InterruptStatus  064 InterruptACK  070 Status  080-0a4 addresses of the queue  0c0 QueueReset
//     0fc ConfigGeneration  100- configuration structure
#ifndef DEVICES_VIRTIO_VIRTIO_MMIO_H
#define DEVICES_VIRTIO_VIRTIO_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/interrupt.h>

#include "base/bus.h"
#include "base/reg.h"
#include "base/visit.h"
#include "devices/virtio/virtio.h"

#define VIRTIO_MMIO_SIZE 0x200 // bytes of the window; region.widest = 4

struct virtio_mmio {
    struct virtio *virtio; // the device behind it; NULL: an empty slot (DeviceID 0)
    struct intact_irq_status status;
    uint32_t DeviceFeaturesSel, DriverFeaturesSel, QueueSel;
    uint32_t GuestPageSize, QueueAlign[VIRTIO_QUEUES]; // legacy
    uint32_t QueuePFN[VIRTIO_QUEUES];
    uint32_t mistakes; // of an empty slot
    // Configuration.
    bool legacy;
    struct intact_irq_virtio irq;
    struct intact_irq_manager *manager;
    struct bus *memory;
};

// A slot whose interrupt is the level `gsi`. `virtio` may be NULL; `memory` is its memory for DMA. `legacy`: version 1.
// 0, or a negative enum intact_irq_error.
int virtio_mmio_init(struct virtio_mmio *mmio, struct virtio *virtio, struct intact_irq_manager *manager, uint32_t gsi,
                     struct bus *memory, bool legacy);
void virtio_mmio_destroy(struct virtio_mmio *mmio);
// The board's reset, of the device too. A driver's reset (Status 0) keeps the selectors, GuestPageSize and QueueAlign.
void virtio_mmio_reset(struct virtio_mmio *mmio);

uint64_t virtio_mmio_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void virtio_mmio_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// The transport's state; the device visits its own.
void virtio_mmio_visit(struct virtio_mmio *mmio, struct visit *v);

// The registers below the configuration structure, sorted: of both versions.
const struct reg *virtio_mmio_registers(unsigned *count);

#endif

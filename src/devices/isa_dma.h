// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// DMA of a PC/AT: two 8237As and the page registers, which give the address its upper bits.
//
//     channels 0-3, bytes --- first 8237A, HRQ --- channel 4 of the second, in cascade mode
//     channels 5-7, words ------------------------ second 8237A
//
// A device asks by its DREQ, and moves what it has when the channel is granted to it:
//
//     static void granted(void *owner)
//     {
//         struct device *device = owner;
//         device->at += isa_dma_write(device->dma, CHANNEL, device->data + device->at, device->size - device->at, &device->ended);
//         if (device->ended || device->at == device->size)
//             isa_dma_set_dreq(device->dma, CHANNEL, false);
//     }
//     ...
//     isa_dma_attach(dma, CHANNEL, granted, device);
//     isa_dma_set_dreq(dma, CHANNEL, true);
//
// It is granted within isa_dma_set_dreq, or later, by the guest's write that opens the channel. While DREQ stays high, each write
// to the controllers grants it again. Everything on the machine thread.
#ifndef DEVICES_ISA_DMA_H
#define DEVICES_ISA_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/dma8237.h"

enum {
    ISA_DMA_CHANNELS = 8,
    ISA_DMA_CASCADE = 4, // the channel without a device
    ISA_DMA_LOW_PORTS = 16,
    ISA_DMA_HIGH_PORTS = 32,
    ISA_DMA_PAGES = 16,
    ISA_DMA_PAGE_PORTS = 15, // 81h-8Fh: 80h is the POST port
};

enum isa_dma_mistake {
    ISA_DMA_NO_CASCADE, // channels 0 to 3 ask, and channel 4 is not in cascade mode: they wait
    ISA_DMA_DIRECTION,  // the mode has another direction than the device: nothing is moved
    ISA_DMA_NO_MEMORY,  // an address without RAM: reads give FFh, writes are lost
    ISA_DMA_MISTAKES
};

struct isa_dma {
    struct dma8237 chips[2];
    uint8_t pages[ISA_DMA_PAGES]; // by port from 80h; the first is not used
    uint32_t mistakes[ISA_DMA_MISTAKES];
    struct isa_dma_device {
        void (*granted)(void *owner); // NULL: no device
        void *owner;
    } devices[ISA_DMA_CHANNELS];
    struct bus *memory;
};

void isa_dma_init(struct isa_dma *dma, struct bus *memory);
// Pin RESET of both chips. The page registers keep their values.
void isa_dma_reset(struct isa_dma *dma);

// Ports 00h-0Fh; C0h-DFh, a register every second port; 81h-8Fh. Bytes (region.widest = 1).
uint64_t isa_dma_low_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void isa_dma_low_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t isa_dma_high_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void isa_dma_high_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t isa_dma_page_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void isa_dma_page_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// --- Devices ---------------------------------------------------------------------------------------------------------

// `channel` is 0 to 3 or 5 to 7. `granted` is called with DACK.
void isa_dma_attach(struct isa_dma *dma, unsigned channel, void (*granted)(void *owner), void *owner);
void isa_dma_set_dreq(struct isa_dma *dma, unsigned channel, bool level);

// Moves up to `size` bytes to guest memory, or from it, and returns how many it were; of channels 5 to 7 an even number. 0: the
// channel is not granted, or has the other direction. `*ended`: the last one was the terminal count.
size_t isa_dma_write(struct isa_dma *dma, unsigned channel, const void *data, size_t size, bool *ended);
size_t isa_dma_read(struct isa_dma *dma, unsigned channel, void *data, size_t size, bool *ended);

void isa_dma_visit(struct isa_dma *isa, struct visit *v);

#endif

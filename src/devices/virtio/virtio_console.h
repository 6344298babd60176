// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A console of one port. VIRTIO 1.2, 5.3.
#ifndef DEVICES_VIRTIO_VIRTIO_CONSOLE_H
#define DEVICES_VIRTIO_VIRTIO_CONSOLE_H

#include "devices/virtio/virtio.h"

#define VIRTIO_CONSOLE_INPUT 4096 // characters that wait for a buffer of the driver; a power of two

struct virtio_console {
    struct virtio virtio;
    uint8_t input[VIRTIO_CONSOLE_INPUT];
    uint32_t input_read, input_written; // counters; the characters between them are waiting
    // Configuration.
    void (*transmit)(void *owner, uint8_t byte); // NULL: dropped
    void (*drained)(void *owner);                // there is room for input again; NULL: not needed
    void *backend;
};

// `transmit` may be NULL; `backend` is the owner of both callbacks.
void virtio_console_init(struct virtio_console *console, void (*transmit)(void *owner, uint8_t byte), void *backend);

// The size in characters; the driver is notified if it changed.
void virtio_console_resize(struct virtio_console *console, uint16_t columns, uint16_t rows);

bool virtio_console_can_receive(const struct virtio_console *console);
// A character arrives. Call it only if virtio_console_can_receive.
void virtio_console_receive(struct virtio_console *console, uint8_t byte);

void virtio_console_visit(struct virtio_console *console, struct visit *v);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.3: receiveq 0, transmitq 1, the size, and the emergency write (5.3.4), which works before any queue does.
//
// Not modelled: VIRTIO_CONSOLE_F_MULTIPORT (named ports and the control queues).
//
// Path: machine/board/outside.c / virtio.c
#include "devices/virtio/virtio_console.h"

#include <string.h>

#include "base/bits.h"

enum { F_SIZE = 0, F_EMERG_WRITE = 2 };
enum { COLS = 0, ROWS = 2, MAX_NR_PORTS = 4, EMERG_WR = 8, CONFIG_SIZE = 12 };
enum { RECEIVE = 0, TRANSMIT = 1, QUEUE_SIZE = 64, PIECE = 256 };

static void put(struct virtio_console *console, uint8_t byte)
{
    if (console->transmit)
        console->transmit(console->backend, byte);
}

// Characters of one buffer, at most a piece at a time: a driver's buffer is a page or less.
static uint32_t handle(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_console *console = owner;
    uint8_t piece[PIECE];
    for (uint64_t done = 0; done < chain->readable_size; done += PIECE) {
        uint64_t left = chain->readable_size - done;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        if (!virtio_read(&console->virtio, queue, chain, done, piece, size))
            return 0;
        for (size_t i = 0; i < size; i++)
            put(console, piece[i]);
    }
    return 0;
}

// --- Input ----------------------------------------------------------------------------------------------------------

static uint32_t waiting(const struct virtio_console *console)
{
    return console->input_written - console->input_read;
}

static uint32_t fill(struct virtio_console *console, const struct virtqueue_chain *chain)
{
    uint8_t bytes[VIRTIO_CONSOLE_INPUT];
    uint32_t size = waiting(console) < chain->writable_size ? waiting(console) : (uint32_t)chain->writable_size;
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = console->input[(console->input_read + i) % VIRTIO_CONSOLE_INPUT];
    if (!virtio_write(&console->virtio, RECEIVE, chain, 0, bytes, size))
        return 0;
    console->input_read += size;
    return size;
}

static void deliver(struct virtio_console *console)
{
    struct virtqueue_chain chain;
    while (waiting(console) && virtio_take(&console->virtio, RECEIVE, &chain))
        virtio_give(&console->virtio, RECEIVE, &chain, fill(console, &chain));
    virtio_tell(&console->virtio, RECEIVE);
}

bool virtio_console_can_receive(const struct virtio_console *console)
{
    return waiting(console) < VIRTIO_CONSOLE_INPUT;
}

void virtio_console_receive(struct virtio_console *console, uint8_t byte)
{
    console->input[console->input_written++ % VIRTIO_CONSOLE_INPUT] = byte;
    deliver(console);
}

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_console *console = owner;
    (void)now;
    if (queue == TRANSMIT) {
        virtio_drain(&console->virtio, TRANSMIT, handle);
        return;
    }
    deliver(console);
    if (console->drained && virtio_console_can_receive(console))
        console->drained(console->backend);
}

// --- Configuration --------------------------------------------------------------------------------------------------

static void config_written(void *owner, unsigned offset, unsigned size, uint64_t value)
{
    struct virtio_console *console = owner;
    (void)size;
    if (offset == EMERG_WR)
        put(console, (uint8_t)value);
    else
        virtio_mistake(&console->virtio, VIRTIO_BAD_ACCESS);
}

void virtio_console_resize(struct virtio_console *console, uint16_t columns, uint16_t rows)
{
    virtio_config_change(&console->virtio, COLS, 4, (uint32_t)rows << 16 | columns);
}

static const struct virtio_type type = {
    .name = "virtio-console",
    .id = 3,
    .notified = notified,
    .config_written = config_written,
};

void virtio_console_init(struct virtio_console *console, void (*transmit)(void *owner, uint8_t byte), void *backend)
{
    memset(console, 0, sizeof *console);
    virtio_init(&console->virtio, &type, console, BIT64(F_SIZE) | BIT64(F_EMERG_WRITE), CONFIG_SIZE);
    virtio_config_set(&console->virtio, COLS, 2, 80);
    virtio_config_set(&console->virtio, ROWS, 2, 25);
    virtio_config_set(&console->virtio, MAX_NR_PORTS, 4, 1);
    virtio_add_queue(&console->virtio, QUEUE_SIZE);
    virtio_add_queue(&console->virtio, QUEUE_SIZE);
    console->transmit = transmit;
    console->backend = backend;
}

void virtio_console_visit(struct virtio_console *console, struct visit *v)
{
    virtio_visit(&console->virtio, v);
    VISIT_ARRAY(v, console->input);
    VISIT(v, console->input_read);
    VISIT_VALID(v, console->input_written, waiting(console) <= VIRTIO_CONSOLE_INPUT);
}

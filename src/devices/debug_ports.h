// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Debug ports for kernel developers: the E9h console, the exit port known from QEMU as isa-debug-exit, and the POST
// code port 80h.
#ifndef DEVICES_DEBUG_PORTS_H
#define DEVICES_DEBUG_PORTS_H

#include <stdint.h>

#include "base/visit.h"

#define DEBUGCON_PORT       0xe9
#define ISA_DEBUG_EXIT_PORT 0x501
#define POST_PORT           0x80

// A byte written is printed; a read gives E9h, by which a guest detects the port. Bytes (region.widest = 1).
struct debugcon {
    void (*transmit)(void *owner, uint8_t byte);
    void *owner;
};

void debugcon_init(struct debugcon *con, void (*transmit)(void *owner, uint8_t byte), void *owner);
uint64_t debugcon_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void debugcon_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// A value v written ends the machine with exit status (v << 1) | 1. Window of 1 to 4 bytes (region.widest = 4).
struct isa_debug_exit {
    void (*leave)(void *owner, uint32_t status); // whole status; the host keeps its low byte
    void *owner;
};

void isa_debug_exit_init(struct isa_debug_exit *port, void (*leave)(void *owner, uint32_t status), void *owner);
uint64_t isa_debug_exit_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void isa_debug_exit_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// The last byte written can be read (a DMA page register that nothing uses); kernels write it for a delay.
struct post_port {
    uint8_t code;
};

void post_port_init(struct post_port *port);
uint64_t post_port_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void post_port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
void post_port_visit(struct post_port *port, struct visit *v);

#endif

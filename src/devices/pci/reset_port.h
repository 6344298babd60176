// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two ways to reset a PC: the reset control register at CF9h and system control port A at 92h.
//
// CF9h lies inside the PCI configuration address port; `struct pci_host` passes its bytes on to here.
#ifndef DEVICES_PCI_RESET_PORT_H
#define DEVICES_PCI_RESET_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "intact/irq_line.h"

enum { RESET_PORT_SYS_RST = 2, RESET_PORT_RST_CPU = 4, RESET_PORT_FULL_RST = 8 };
enum { PORT92_INIT = 1, PORT92_A20 = 2 };

struct reset_port {
    uint8_t RST_CNT; // CF9h
    uint8_t port92;
    struct intact_irq_line a20;            // port 92h bit 1: address line 20 is not forced to 0
    void (*reset)(void *owner, bool hard); // hard: the whole system; else INIT to the CPUs
    void *owner;
};

void reset_port_init(struct reset_port *port, void (*reset)(void *owner, bool hard), void *owner);
void reset_port_reset(struct reset_port *port, uint64_t now);

// Another part of the board has opened or closed the gate of address line 20, which has one latch.
void reset_port_set_a20(struct reset_port *port, bool open);

// CF9h, one byte.
uint64_t reset_port_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void reset_port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// 92h, one byte.
uint64_t port92_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void port92_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

void reset_port_visit(struct reset_port *port, struct visit *v);

#endif

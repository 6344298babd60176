// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CF9h: 82371SB (PIIX3) data sheet, RC - Reset Control Register; ICH9, RST_CNT. 92h: ICH9, Port 92 Register.
#include "devices/pci/reset_port.h"

#include <string.h>

static void pulse(struct reset_port *port, bool hard)
{
    if (port->reset)
        port->reset(port->owner, hard);
}

uint64_t reset_port_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct reset_port *port = owner;
    (void)offset, (void)size, (void)now;
    return port->RST_CNT;
}

// A rise of RST_CPU causes the reset that SYS_RST selects: of the whole system, or INIT for the CPUs.
void reset_port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct reset_port *port = owner;
    (void)offset, (void)size, (void)now;
    bool rising = (value & ~port->RST_CNT) & RESET_PORT_RST_CPU;
    port->RST_CNT = (uint8_t)(value & (RESET_PORT_SYS_RST | RESET_PORT_RST_CPU | RESET_PORT_FULL_RST));
    if (rising)
        pulse(port, value & (RESET_PORT_SYS_RST | RESET_PORT_FULL_RST));
}

uint64_t port92_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct reset_port *port = owner;
    (void)offset, (void)size, (void)now;
    return port->port92;
}

void port92_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct reset_port *port = owner;
    (void)offset, (void)size, (void)now;
    bool rising = (value & ~port->port92) & PORT92_INIT;
    port->port92 = (uint8_t)value;
    intact_irq_line_set(&port->a20, value & PORT92_A20);
    if (rising)
        pulse(port, false);
}

void reset_port_set_a20(struct reset_port *port, bool open)
{
    port->port92 = (uint8_t)((port->port92 & ~PORT92_A20) | (open ? PORT92_A20 : 0));
    intact_irq_line_set(&port->a20, open);
}

void reset_port_init(struct reset_port *port, void (*reset)(void *owner, bool hard), void *owner)
{
    memset(port, 0, sizeof *port);
    port->reset = reset;
    port->owner = owner;
    reset_port_reset(port, 0);
}

// A20 starts open: the guest is entered without the firmware that would have opened it.
void reset_port_reset(struct reset_port *port, uint64_t now)
{
    (void)now;
    port->RST_CNT = 0;
    port->port92 = PORT92_A20;
    intact_irq_line_set(&port->a20, true);
}

void reset_port_visit(struct reset_port *port, struct visit *v)
{
    VISIT(v, port->RST_CNT);
    VISIT(v, port->port92);
    VISIT(v, port->a20.level);
}

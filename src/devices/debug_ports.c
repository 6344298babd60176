// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The behaviour of these ports is set by use: E9h by Bochs (port_e9_hack), the exit port by QEMU's isa-debug-exit.
#include "devices/debug_ports.h"

void debugcon_init(struct debugcon *con, void (*transmit)(void *owner, uint8_t byte), void *owner)
{
    *con = (struct debugcon){ .transmit = transmit, .owner = owner };
}

uint64_t debugcon_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)now;
    return DEBUGCON_PORT;
}

void debugcon_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct debugcon *con = owner;
    (void)offset, (void)size, (void)now;
    if (con->transmit)
        con->transmit(con->owner, (uint8_t)value);
}

void isa_debug_exit_init(struct isa_debug_exit *port, void (*leave)(void *owner, uint32_t status), void *owner)
{
    *port = (struct isa_debug_exit){ .leave = leave, .owner = owner };
}

uint64_t isa_debug_exit_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)now;
    return 0;
}

void isa_debug_exit_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct isa_debug_exit *port = owner;
    (void)offset, (void)size, (void)now;
    if (port->leave)
        port->leave(port->owner, (uint32_t)value << 1 | 1);
}

void post_port_init(struct post_port *port)
{
    *port = (struct post_port){ 0 };
}

uint64_t post_port_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct post_port *port = owner;
    (void)offset, (void)size, (void)now;
    return port->code;
}

void post_port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct post_port *port = owner;
    (void)offset, (void)size, (void)now;
    port->code = (uint8_t)value;
}

void post_port_visit(struct post_port *port, struct visit *v)
{
    VISIT(v, port->code);
}

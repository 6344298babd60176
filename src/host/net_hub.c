// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_hub.h. Path: devices/virtio/virtio_net.c / devices/virtio/virtio_net.c
#include "host/net_hub.h"

static void send(void *owner, const void *frame, size_t size, uint64_t now)
{
    const struct net_port *from = owner;
    (void)now;
    for (struct net_port *port = from->hub->ports; port; port = port->next)
        if (port != from && port->receive)
            port->receive(port->card, frame, size);
}

void net_hub_plug(struct net_hub *hub, struct net_port *port)
{
    struct net_port **last = &hub->ports;
    while (*last)
        last = &(*last)->next;
    *last = port;
    port->hub = hub;
    port->next = NULL;
    port->net = (struct intact_net){ .send = send, .owner = port };
}

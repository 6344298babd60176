// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A hub: what one of its ports sends, every other one receives, in the order in which they were plugged in, before the
// sender goes on. Nothing waits in it, so it has no state.
#ifndef HOST_NET_HUB_H
#define HOST_NET_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include <intact/backend.h>

struct net_hub;

struct net_port {
    struct intact_net net; // for the card
    struct net_hub *hub;
    struct net_port *next;
    // The card's side. False: it has not taken the frame.
    bool (*receive)(void *card, const void *frame, size_t size);
    void *card;
};

struct net_hub {
    struct net_port *ports;
};

// Plugs a port, which the caller keeps, into `hub`, behind all others. Set `receive` and `card` when there is one.
void net_hub_plug(struct net_hub *hub, struct net_port *port);

#endif

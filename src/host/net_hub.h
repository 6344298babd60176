// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A hub: what one of its ports sends, all others receive at once, in the order in which they were added. It stores no
// frames, so it has no state.
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
    // Delivers a frame to the card. False: the card has not accepted it.
    bool (*receive)(void *card, const void *frame, size_t size);
    void *card;
};

struct net_hub {
    struct net_port *ports;
};

// Adds a port, which belongs to the caller, to `hub`, after all others. Set `receive` and `card` when there is one.
void net_hub_plug(struct net_hub *hub, struct net_port *port);

#endif

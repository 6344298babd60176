// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How a frame from outside reaches a card: as messages of the inbox, one that begins the frame and as many as its bytes
// need, posted together. So it has a time stamp and a place in the order of messages, and its bytes are in a journal.
//
//     any thread -- net_ingress_post --> inbox --> receive -- card      (machine thread)
//
// Path: host/net_user.c, machine/machine.c / base/inbox.c
#ifndef HOST_NET_INGRESS_H
#define HOST_NET_INGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/backend.h>

#include "base/inbox.h"

struct net_ingress {
    struct inbox *inbox;
    uint16_t channel;
    // Delivers a frame to the card, on the machine's thread. False: the card has not accepted it, and it is lost.
    bool (*receive)(void *card, const void *frame, size_t size);
    void *card;
    // The frame that is arriving. No state: its messages are drained together.
    uint8_t frame[INTACT_NET_FRAME];
    size_t arrived, expected;
    atomic_uint posted, taken; // frames
};

// Before any other thread knows the inbox. `ingress` has `inbox`, `receive` and `card` set, and stays where it is. -ENOSPC.
int net_ingress_open(struct net_ingress *ingress);
// Any thread. 1 to INTACT_NET_FRAME bytes; -EINVAL, -ENOMEM: nothing was posted.
int net_ingress_post(struct net_ingress *ingress, const void *frame, size_t size);
// Any thread. How many frames the machine has not taken yet: a network that can wait does, so that they do not fill the memory.
unsigned net_ingress_waiting(const struct net_ingress *ingress);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A private network for the guest, behind the host's sockets (libslirp), as struct intact_user_network describes it. Frames from there are input from outside and enter through the inbox, so a run with such
// a network is reproducible only if its peers behave the same.
//
//     guest -- send --> queue --> [ thread: libslirp, sockets ] -- frames --> inbox --> receive -- guest
//
// Path: devices/virtio/virtio_net.c / host/net_ingress.c
#ifndef HOST_NET_USER_H
#define HOST_NET_USER_H

#include <stdbool.h>

#include <intact/backend.h>

#include "base/error.h"
#include "host/net_ingress.h"

struct intact_user_network;
struct net_user;

struct net_user_config {
    bool restricted;             // the guest reaches nothing outside but what `forwards` name
    const char *const *forwards; // "tcp:[host address]:port-[guest address]:port", "udp:..."
    unsigned forward_count;
    const struct intact_user_network *inner; // NULL: all as usual
    struct net_ingress *ingress; // where frames for the guest enter: open, and kept by the caller until after the close
};

// Whether the library was built with libslirp.
bool net_user_is_built(void);

// Opens the network and starts its thread. A negative errno with a line in `error`: -ENOTSUP, this build has no libslirp;
// -EINVAL, a forward that cannot be read; others of the host (the port is taken).
int net_user_open(const struct net_user_config *config, struct net_user **user, struct error *error);
void net_user_close(struct net_user *user); // NULL: nothing
// The network to connect the card to.
const struct intact_net *net_user_net(const struct net_user *user);

#endif

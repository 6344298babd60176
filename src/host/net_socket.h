// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A network that is a socket of the host: frames in a stream to one other program (net_frames.h, as QEMU's), or each in a datagram.
//
//     guest -- send --> net_queue --> [ thread: socket ] -- frames --> net_ingress -- guest
//
// A peer may come late, go, and come again. While there is none, what the guest sends is lost, as on a cable without an end.
#ifndef HOST_NET_SOCKET_H
#define HOST_NET_SOCKET_H

#include <stdbool.h>

#include <intact/backend.h>

#include "base/error.h"
#include "host/net_ingress.h"

struct net_socket;

struct net_socket_config {
    bool datagrams;
    // A stream: one of the two, "tcp:[HOST]:PORT", "unix:PATH" or "fd:N"; with `reconnects`, after so many ms, a remote end that
    // is not there is tried again. Datagrams: "udp:[HOST]:PORT" or "unix:PATH", where they come in and where they go; a `remote`
    // that is a group's address is joined, and `local` may be the address of the interface. NULL: none.
    const char *local, *remote;
    unsigned reconnects;
    struct net_ingress *ingress; // as of struct net_user_config
};

// Opens the sockets and starts the thread. A negative errno with a line in `error` that begins with -netdev: -ENOTSUP, a host
// without sockets.
int net_socket_open(const struct net_socket_config *config, struct net_socket **net, struct error *error);
void net_socket_close(struct net_socket *net); // NULL: nothing
// The network to connect the card to.
const struct intact_net *net_socket_net(const struct net_socket *net);
// The TCP port where it listens; 0: none.
unsigned net_socket_port(const struct net_socket *net);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_socket.h: a host without sockets.
#include <errno.h>

#include "host/net_socket.h"

int net_socket_open(const struct net_socket_config *config, struct net_socket **net, struct error *error)
{
    (void)config, (void)net;
    return error_set(error, -ENOTSUP, "-netdev: this host has no sockets; use -netdev hubport");
}

void net_socket_close(struct net_socket *net)
{
    (void)net;
}

const struct intact_net *net_socket_net(const struct net_socket *net)
{
    (void)net;
    return NULL;
}

unsigned net_socket_port(const struct net_socket *net)
{
    (void)net;
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A network card. VIRTIO 1.2, 5.1.
#ifndef DEVICES_VIRTIO_VIRTIO_NET_H
#define DEVICES_VIRTIO_VIRTIO_NET_H

#include <intact/backend.h>

#include "devices/virtio/virtio.h"

#define VIRTIO_NET_MAC        6
#define VIRTIO_NET_MAC_TABLES 2  // unicast and multicast
#define VIRTIO_NET_MAC_ROWS   64 // of each; a longer table is taken as "all"

enum virtio_net_filter { // frames accepted in addition to its own address and broadcasts
    VIRTIO_NET_PROMISC,
    VIRTIO_NET_ALLMULTI,
    VIRTIO_NET_ALLUNI,
    VIRTIO_NET_NOMULTI,
    VIRTIO_NET_NOUNI,
    VIRTIO_NET_NOBCAST,
    VIRTIO_NET_FILTERS,
};

struct virtio_net_config {
    uint8_t mac[VIRTIO_NET_MAC];
    unsigned queue_size;          // entries: a power of two, 4 to VIRTQUEUE_SIZE_MAX
    const struct intact_net *net; // kept alive by the caller; NULL: no cable
};

struct virtio_net {
    struct virtio virtio;
    uint8_t filter[VIRTIO_NET_FILTERS];
    uint8_t table[VIRTIO_NET_MAC_TABLES][VIRTIO_NET_MAC_ROWS][VIRTIO_NET_MAC];
    uint8_t table_rows[VIRTIO_NET_MAC_TABLES];
    uint8_t table_overflow[VIRTIO_NET_MAC_TABLES];
    uint64_t sent, received; // frames
    uint64_t dropped;        // frames for the guest without a buffer
    uint64_t filtered;       // frames for other addresses
    // Configuration.
    struct virtio_net_config config;
};

void virtio_net_init(struct virtio_net *net, const struct virtio_net_config *config);

// A frame arrives, from the destination address on. False: the driver has no buffer for it (or it is not for this
// card), and it is lost.
bool virtio_net_receive(struct virtio_net *net, const void *frame, size_t size);

// Connects or disconnects the cable; the driver is notified if that changed.
void virtio_net_set_link(struct virtio_net *net, bool up);
bool virtio_net_link(const struct virtio_net *net);

void virtio_net_visit(struct virtio_net *net, struct visit *v);

#endif

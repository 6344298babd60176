// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A memory balloon: a driver gives pages of its memory to the device, and takes them back. VIRTIO 1.2, 5.5.
//
// A page that is given is zeroed. Its memory stays the guest's, so nothing depends on when a driver says that it uses it again.
// Statistics come when the driver begins, and again each `interval` of virtual time.
//
// Not modelled: DEFLATE_ON_OOM, FREE_PAGE_HINT, PAGE_POISON, PAGE_REPORTING; memory of the host is not given back to it.
#ifndef DEVICES_VIRTIO_VIRTIO_BALLOON_H
#define DEVICES_VIRTIO_VIRTIO_BALLOON_H

#include "base/clock.h"
#include "devices/virtio/virtio.h"

#define VIRTIO_BALLOON_STATS    10u // VIRTIO_BALLOON_S_SWAP_IN to _HTLB_PGFAIL, 5.5.6.4
#define VIRTIO_BALLOON_UNKNOWN  UINT64_MAX
#define VIRTIO_BALLOON_PFNS_MAX 4096u // page numbers of one request; more are a request that cannot be answered

struct virtio_balloon {
    struct virtio virtio;
    uint64_t stats[VIRTIO_BALLOON_STATS]; // VIRTIO_BALLOON_UNKNOWN: the driver has not said it
    struct event poll;
    // Configuration.
    struct clock *clock;
    uint64_t interval; // ns, 0: statistics are not asked for again
};

void virtio_balloon_init(struct virtio_balloon *balloon, struct clock *clock, uint64_t interval);

// How many pages of 4 KiB the driver is to give. It is notified when that changes.
void virtio_balloon_set(struct virtio_balloon *balloon, uint32_t pages);
// How many it has given, by what it says.
uint32_t virtio_balloon_actual(const struct virtio_balloon *balloon);
// The name of a statistic, as QEMU has it.
const char *virtio_balloon_stat(unsigned index);

void virtio_balloon_visit(struct virtio_balloon *balloon, struct visit *v);

#endif

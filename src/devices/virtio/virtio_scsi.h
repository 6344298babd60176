// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A SCSI host adapter. VIRTIO 1.2, 5.6.
#ifndef DEVICES_VIRTIO_VIRTIO_SCSI_H
#define DEVICES_VIRTIO_VIRTIO_SCSI_H

#include "devices/storage/scsi.h"
#include "devices/virtio/virtio.h"

#define VIRTIO_SCSI_QUEUES     2u // control and event, before the request queues
#define VIRTIO_SCSI_QUEUE_SIZE 256u
#define VIRTIO_SCSI_UNITS      32u // of one adapter
#define VIRTIO_SCSI_TARGETS    256u
#define VIRTIO_SCSI_LUNS       16384u

struct virtio_scsi {
    struct virtio virtio;
    // Configuration.
    struct virtio_scsi_unit {
        unsigned target, lun;
        struct scsi_unit *unit;
    } units[VIRTIO_SCSI_UNITS];
    unsigned unit_count;
};

// `queues`: request queues, 1 to VIRTIO_QUEUES - VIRTIO_SCSI_QUEUES. `queue_size`: a power of two, up to VIRTQUEUE_SIZE_MAX.
void virtio_scsi_init(struct virtio_scsi *scsi, unsigned queues, unsigned queue_size);
void virtio_scsi_visit(struct virtio_scsi *scsi, struct visit *v);

// The unit at an address; NULL: none.
struct scsi_unit *virtio_scsi_unit(const struct virtio_scsi *scsi, unsigned target, unsigned lun);
// Connects a unit, which the caller keeps alive and visits. The address is free. false: there are VIRTIO_SCSI_UNITS already.
bool virtio_scsi_connect(struct virtio_scsi *scsi, unsigned target, unsigned lun, struct scsi_unit *unit);

#endif

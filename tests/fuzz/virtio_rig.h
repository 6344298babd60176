// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine of either family with every virtio device on every transport, and their backends.
//
//     struct virtio_notes   disks, what was sent and typed: plain data, which is part of a snapshot
//     struct virtio_target  a device: its transport, and a watch over its accesses to memory
#ifndef TESTS_FUZZ_VIRTIO_RIG_H
#define TESTS_FUZZ_VIRTIO_RIG_H

#include "devices/virtio/virtio_mmio.h"
#include "devices/virtio/virtio_pci.h"
#include "fuzz_bus.h"

enum { VIRTIO_DISKS = 4, VIRTIO_DISK_SIZE = 0x40000, VIRTIO_TARGETS = 15, VIRTIO_FAULTS_MAX = 1000 };

enum virtio_disk {
    VIRTIO_DISK_GOOD,
    VIRTIO_DISK_BROKEN,   // every third sector cannot be read, the upper half is full, nothing is ever flushed
    VIRTIO_DISK_READONLY, // a write is never asked of it
    VIRTIO_DISK_SMALL,    // three sectors
};

struct virtio_notes {
    uint64_t sent, typed;            // digests of frames and characters
    uint64_t faults[VIRTIO_TARGETS]; // of each device, at the last check
    uint64_t written[VIRTIO_DISKS];  // 64ths of each disk that were written to; the others are 0
    uint8_t disk[VIRTIO_DISKS][VIRTIO_DISK_SIZE];
};

// One access of the guest makes a device read and write memory so often, at most: a ring of 256 chains of 1024
// descriptors, for each of a card's frames and for the card that they go to.
#define VIRTIO_WORK_MAX (UINT64_C(1) << 27)

struct virtio_target {
    struct virtio *virtio;
    struct virtio_pci *pci;   // or
    struct virtio_mmio *mmio; // at
    uint64_t base;
    int disk;               // enum virtio_disk, -1: it is no disk
    struct virtio_dma real; // what is watched
    uint64_t reads, writes, bytes;
};

// `gic` 0 is a PC. `notes` stay where they are.
struct rig virtio_rig(const struct bus_config *config, struct virtio_notes *notes);
// Copies a struct virtio_notes; of disks, what was written to.
void virtio_rig_copy_notes(void *to, const void *from);
struct virtio_target *virtio_rig_target(const struct rig *rig, unsigned index);
// Every BAR where firmware had put it, and every function a bus master.
void virtio_rig_home(const struct rig *rig);

uint64_t virtio_rig_ram(const struct bus_config *config); // address of the first byte
uint64_t virtio_rig_digest(uint64_t digest, const void *data, size_t size);

#endif

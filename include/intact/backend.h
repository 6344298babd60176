// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Backends of devices: where a disk's blocks are stored, where a network card's frames go. The library has files, hubs,
// captures and the user network; with these structures a program adds backends of its own.
//
// Every function is called on the machine's thread, one at a time, and does its work before it returns. The guest sees
// its results: the machine is deterministic if the backend returns the same in every run.
#ifndef INTACT_BACKEND_H
#define INTACT_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

#define INTACT_BLOCK_SECTOR 512u

// A disk. `offset` and `size` are in bytes, multiples of INTACT_BLOCK_SECTOR, and lie within the disk. The functions
// return 0, or a negative errno, which the guest sees as an I/O error of the whole request.
struct intact_block {
    uint64_t size; // bytes, a multiple of INTACT_BLOCK_SECTOR
    bool readonly; // `write`, `discard` and `zero` are not called
    int (*read)(void *owner, uint64_t offset, void *data, size_t size);
    int (*write)(void *owner, uint64_t offset, const void *data, size_t size);
    int (*flush)(void *owner); // makes earlier writes permanent, also after a loss of power. NULL: they always are
    // The contents of the range are no longer needed. NULL: ignored.
    int (*discard)(void *owner, uint64_t offset, uint64_t size);
    void *owner;
    // The range reads as zeroes from now on; `release`: its room may be given back. NULL: zeroes are written.
    int (*zero)(void *owner, uint64_t offset, uint64_t size, bool release);
};

// Longest frame without its check sequence: a VLAN tag and a payload of 65,521 bytes at most.
#define INTACT_NET_FRAME 65536u

// What a network card is connected to.
struct intact_net {
    // The guest sends an Ethernet frame, from the destination address on, without a check sequence.
    void (*send)(void *owner, const void *frame, size_t size, uint64_t now);
    void *owner;
};

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif

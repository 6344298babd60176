// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The digest of a machine's whole state: 64 bits (XXH3) that are equal in two runs if, and but for accidents only if, every
// register, every field of every chip and device, and every byte of RAM is equal.
//
//     fields, by their visitors ---> one hash ---------------+
//     RAM: pages --> hash of each --> of 64 --> of 64 ... ---+--> digest
//
// The hashes of RAM are a tree that is kept: only pages that were written since the last digest, and what is above them,
// are hashed again. A page of zeros has the hash 0, as has a node above nothing else, so memory that was never used costs
// neither time nor host memory.
#ifndef REPLAY_DIGEST_H
#define REPLAY_DIGEST_H

#include <stdint.h>

#include "base/page_set.h"
#include "base/state.h"
#include "base/visit.h"

#define DIGEST_FAN    64u
#define DIGEST_LEVELS 7 // 64^6 pages of 4 KiB are more than any RAM

struct digest {
    const uint8_t *ram;
    struct page_set written; // pages to be hashed again: the owner adds to it before digest_of
    struct page_set parents;
    uint64_t *levels[DIGEST_LEVELS]; // [0]: of the pages; [n]: of 64 hashes each; the last one has one
    uint64_t counts[DIGEST_LEVELS];
    unsigned depth; // how many levels there are
    struct visit_save fields;
};

// `ram` has `size` bytes, a multiple of 4 KiB, at least one page. -ENOMEM.
int digest_init(struct digest *digest, const uint8_t *ram, uint64_t size);
void digest_free(struct digest *digest);

// The digest of the fields of `list` (without RAM and storage) and of RAM. False: the host has no memory left.
bool digest_of(struct digest *digest, const struct state_list *list, uint64_t *value);

// XXH3 of `size` bytes.
uint64_t digest_bytes(const void *data, size_t size);

#endif

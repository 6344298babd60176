// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sums of a machine's state, part by part: small enough for a journal, and enough to say where two states differ.
//
//     list of state:   now, rest ...    cpu0/ ...   lapic0/ ...        RAM, by pages
//     sums:            part 0           part 1      part 2             ram
//
// A part is what one name of the list's first level has; the fields beside those names are part 0. Its elements are the
// integers of its fields, in order. Each has a hash, and the part two sums modulo a prime: of the hashes, and of the
// hashes times their places, counted from 1. Where a single element differs in two states, the differences of the sums are h
// and h * place, so the quotient is its place; where more do, it is a place that does not exist, but for accidents.
#ifndef REPLAY_PARTS_H
#define REPLAY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/state.h"
#include "replay/digest.h"

#define PARTS_LIMIT 1024 // what comes later in the list belongs to the last one

#define PARTS_PRIME     UINT64_C(16777213)   // below 2^24: sums of fields
#define PARTS_RAM_PRIME UINT64_C(4294967291) // below 2^32: sums of RAM

struct part_sum {
    uint32_t hashes, places;
};

struct parts {
    unsigned count;
    struct part_sum sums[PARTS_LIMIT];
    struct part_sum ram;
};

// Of the fields of `list` that a digest has, and of the RAM of `digest` as it was at the last digest_of.
void parts_of(struct parts *parts, const struct state_list *list, const struct digest *digest);

// Writes what differs from `was`, the sums of another state of the same list, into `text`, which has `size` bytes and is
// terminated: fields by their paths with both values ("lapic1/tmr[3] (10, was 00)"; without the other value where it is
// not found by the hash), parts, pages of RAM by `address_of`. False: nothing.
bool parts_describe(const struct parts *was, const struct state_list *list, const struct digest *digest,
                    uint64_t (*address_of)(void *owner, uint64_t page), void *owner, char *text, size_t size);

#endif

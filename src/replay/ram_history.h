// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// RAM as it was at many moments. Pages that are equal at two of them are kept once.
//
//     moment 1 ---> node ---> pages 0, 1
//              +--> node ---> pages 64, 65
//              |
//     moment 2 +              the node is shared; 64 children each, NULL: zeros
//              +--> node ---> page 0 (shared), page 1 as it is now
//
// A moment is a tree that nothing changes any more; the next one has new nodes and pages only where pages were written in
// between. So to take a moment, and to go back to one, costs as much as pages were written.
#ifndef REPLAY_RAM_HISTORY_H
#define REPLAY_RAM_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/page_set.h"

#define RAM_HISTORY_FAN 64u

struct ram_moment; // the root of a tree, or NULL: all blank

struct ram_history {
    uint8_t *ram;
    uint64_t pages;
    unsigned depth;         // levels of nodes
    uint8_t blank;          // what each byte of a page is that no moment keeps: 0, unless the owner changes it at first
    struct ram_moment *now; // RAM is as in this moment, but for the pages of `written`
    struct page_set written; // the owner adds to it
    uint64_t bytes;          // that pages and nodes of all moments take up
};

// RAM of `size` bytes, a multiple of 4 KiB, which is blank but for the pages of `written`. -ENOMEM.
int ram_history_init(struct ram_history *history, uint8_t *ram, uint64_t size);
// All moments must have been released.
void ram_history_free(struct ram_history *history);

// RAM as it is now: *moment is to be released. -ENOMEM: nothing has changed.
int ram_history_take(struct ram_history *history, struct ram_moment **moment);
// RAM becomes what it was; `changed` is called for each page whose contents may have changed.
void ram_history_restore(struct ram_history *history, struct ram_moment *moment,
                         void (*changed)(void *owner, uint64_t page), void *owner);
void ram_history_release(struct ram_history *history, struct ram_moment *moment);

// Calls `visit` for each page of a moment that is not blank, in order, until it returns false; returns what it returned.
bool ram_history_pages(const struct ram_history *history, const struct ram_moment *moment,
                       bool (*visit)(void *owner, uint64_t page, const uint8_t *bytes), void *owner);

#endif

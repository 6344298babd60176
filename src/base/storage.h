// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Contents that a device keeps beside its fields and that may be large: a flash bank, what a guest wrote to the overlay of a
// drive. They are in the lists of state (base/visit.h); who keeps snapshots shares their pages instead of copying all.
#ifndef BASE_STORAGE_H
#define BASE_STORAGE_H

#include <stdint.h>

#include "base/page_set.h"

struct storage {
    uint8_t *bytes;           // may move when `used` grows; NULL while it is 0
    uint64_t used, limit;     // bytes, whole pages: those with contents, and how many they may become
    uint8_t blank;            // what each byte of most pages is
    struct page_set *written; // of who keeps snapshots: gets every page that is written; NULL: nobody does
};

// Bytes have been written.
static inline void storage_written(struct storage *storage, uint64_t offset, uint64_t size)
{
    if (!storage->written || !size)
        return;
    for (uint64_t page = offset >> RAM_PAGE_BITS; page <= (offset + size - 1) >> RAM_PAGE_BITS; page++)
        page_set_add(storage->written, page);
}

#endif

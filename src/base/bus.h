// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An address space: RAM and device windows, sorted, never overlapping. The machine has one for memory and, on the PC,
// one for I/O ports.
//
// vCPUs find RAM here once per page and keep it in their TLB; everything else comes through bus_read and bus_write with
// the time of the access. Reads that nothing answers give all ones, writes are dropped; both are counted.
#ifndef BASE_BUS_H
#define BASE_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/page_set.h"

#define BUS_REGION_LIMIT 256
#define BUS_NEAR         16

// `size` is 1, 2, 4 or 8 bytes and lies within the window; `offset` is relative to its base; `now` in ns.
typedef uint64_t bus_read_fn(void *owner, uint64_t offset, unsigned size, uint64_t now);
typedef void bus_write_fn(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

struct region {
    uint64_t base, size;
    const char *name;
    uint8_t *ram;    // host memory of a RAM or ROM window, NULL: a device
    bool readonly;   // ROM: writes are dropped, or go to `write` where there is one (flash)
    unsigned widest; // a larger access reaches the device in parts of at most this many bytes: 1, 2, 4 or 8
    bus_read_fn *read;
    bus_write_fn *write;
    void *owner;
};

struct bus {
    struct region *regions[BUS_REGION_LIMIT]; // sorted by base
    unsigned count;
    struct region *near[BUS_NEAR]; // by address: a cache of bus_find, which looks here first
    uint64_t unanswered_reads, unanswered_writes;
    // Called after bus_write_memory has changed RAM, so that the vCPUs drop code that they cached. May be NULL.
    void (*written)(void *owner, uint64_t address, uint64_t size);
    // Called after bus_set_ram or bus_remove has changed a window, so that the vCPUs drop it from their TLBs. May be
    // NULL.
    void (*mapped)(void *owner, uint64_t address, uint64_t size);
    void *written_owner; // the first argument of both
    // Called after an access that nothing, or something for a part of it alone, has answered; it changes nothing. NULL: nobody
    // wants to know.
    void (*unanswered)(void *owner, const struct bus *bus, uint64_t address, unsigned size, bool write, uint64_t value);
    void *unanswered_owner;
    // RAM whose written pages are recorded, in one piece of host memory, and the set that gets them. NULL: none.
    uint8_t *tracked;
    uint64_t tracked_size;
    struct page_set *written_pages;
};

void bus_init(struct bus *bus);

// Adds a window, which the caller owns and keeps alive. -EEXIST: it overlaps another; -ENOSPC: too many.
int bus_add(struct bus *bus, struct region *region);
// Removes a window (a BAR that moves, a relocated APIC page).
void bus_remove(struct bus *bus, struct region *region);
// Makes a window of the bus RAM or ROM with the host memory `ram`, or with NULL a device: flash is ROM until it gets a
// command, and then a device.
void bus_set_ram(struct bus *bus, struct region *region, uint8_t *ram);

// The window that holds `address`, or NULL. O(log n); O(1) for a window that was found before and is still in the
// cache.
struct region *bus_find(struct bus *bus, uint64_t address);

// Tracked RAM at `host` was written, or is about to be. Host memory that is not tracked is ignored.
static inline void bus_ram_written(struct bus *bus, const uint8_t *host, uint64_t size)
{
    uint64_t offset = (uint64_t)((uintptr_t)host - (uintptr_t)bus->tracked);
    if (!bus->tracked || offset >= bus->tracked_size || size == 0)
        return;
    for (uint64_t page = offset >> RAM_PAGE_BITS; page <= (offset + size - 1) >> RAM_PAGE_BITS; page++)
        page_set_add(bus->written_pages, page);
}

// Is `host` in tracked RAM, and its page not yet in the set?
static inline bool bus_ram_is_clean(const struct bus *bus, const uint8_t *host)
{
    uint64_t offset = (uint64_t)((uintptr_t)host - (uintptr_t)bus->tracked);
    return bus->tracked && offset < bus->tracked_size && !page_set_has(bus->written_pages, offset >> RAM_PAGE_BITS);
}

// One access of 1, 2, 4 or 8 bytes at any alignment; one that crosses windows is done in bytes.
uint64_t bus_read(struct bus *bus, uint64_t address, unsigned size, uint64_t now);
void bus_write(struct bus *bus, uint64_t address, unsigned size, uint64_t value, uint64_t now);

// Is all of the range RAM or ROM, possibly in several adjacent windows? True for an empty range.
bool bus_is_memory(struct bus *bus, uint64_t address, uint64_t size);

// Copies for DMA, from RAM and ROM and into RAM. False: some byte of the range is neither; nothing was copied.
bool bus_read_memory(struct bus *bus, uint64_t address, void *data, size_t size);
bool bus_write_memory(struct bus *bus, uint64_t address, const void *data, size_t size);
// The same for loaders, which also fill ROM.
bool bus_load_memory(struct bus *bus, uint64_t address, const void *data, size_t size);

#endif

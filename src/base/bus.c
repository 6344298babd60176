// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The windows of an address space: a sorted array, and accesses to RAM and devices through it. Described in bus.h.
#include "base/bus.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"

void bus_init(struct bus *bus)
{
    memset(bus, 0, sizeof *bus);
}

// Index of the first window that starts above `address`.
static unsigned upper_bound(const struct bus *bus, uint64_t address)
{
    unsigned low = 0, high = bus->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (bus->regions[middle]->base <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int bus_add(struct bus *bus, struct region *region)
{
    if (bus->count == BUS_REGION_LIMIT)
        return -ENOSPC;
    unsigned at = upper_bound(bus, region->base);
    if (region->size == 0 || region->base + (region->size - 1) < region->base)
        return -EINVAL;
    if (at > 0 && region->base - bus->regions[at - 1]->base < bus->regions[at - 1]->size)
        return -EEXIST;
    if (at < bus->count && bus->regions[at]->base - region->base < region->size)
        return -EEXIST;
    memmove(&bus->regions[at + 1], &bus->regions[at], (bus->count - at) * sizeof bus->regions[0]);
    bus->regions[at] = region;
    bus->count++;
    return 0;
}

void bus_remove(struct bus *bus, struct region *region)
{
    for (unsigned i = 0; i < bus->count; i++) {
        if (bus->regions[i] != region)
            continue;
        bus->count--;
        memmove(&bus->regions[i], &bus->regions[i + 1], (bus->count - i) * sizeof bus->regions[0]);
        memset(bus->near, 0, sizeof bus->near);
        if (bus->mapped)
            bus->mapped(bus->written_owner, region->base, region->size);
        return;
    }
}

void bus_set_ram(struct bus *bus, struct region *region, uint8_t *ram)
{
    if (region->ram == ram)
        return;
    region->ram = ram;
    if (bus->mapped)
        bus->mapped(bus->written_owner, region->base, region->size);
}

// The slot is chosen by the low bits of a port number, or by the page of a memory address.
static struct region **near_slot(struct bus *bus, uint64_t address)
{
    return &bus->near[(address >> 3 ^ address >> 12) % BUS_NEAR];
}

static NEVER_INLINE struct region *find_far(struct bus *bus, uint64_t address)
{
    unsigned at = upper_bound(bus, address);
    if (at == 0)
        return NULL;
    struct region *region = bus->regions[at - 1];
    if (address - region->base >= region->size)
        return NULL;
    *near_slot(bus, address) = region;
    return region;
}

struct region *bus_find(struct bus *bus, uint64_t address)
{
    struct region *region = *near_slot(bus, address);
    return likely(region && address - region->base < region->size) ? region : find_far(bus, address);
}

static inline uint64_t region_read(struct region *region, uint64_t offset, unsigned size, uint64_t now)
{
    if (region->ram)
        return bytes_get(region->ram + offset, size);
    if (size <= region->widest)
        return region->read(region->owner, offset, size, now) & bits_low(8 * size);
    uint64_t value = 0;
    for (unsigned at = 0; at < size; at += region->widest) {
        uint64_t piece = region->read(region->owner, offset + at, region->widest, now);
        value |= (piece & bits_low(8 * region->widest)) << (8 * at);
    }
    return value;
}

static inline void region_write(struct bus *bus, struct region *region, uint64_t offset, unsigned size, uint64_t value,
                                uint64_t now)
{
    if (region->ram && !region->readonly) {
        bytes_put(region->ram + offset, size, value);
        bus_ram_written(bus, region->ram + offset, size);
    } else if (region->write && size <= region->widest) {
        region->write(region->owner, offset, size, value & bits_low(8 * size), now);
    } else if (region->write) {
        for (unsigned at = 0, step = region->widest; at < size; at += step)
            region->write(region->owner, offset + at, step, (value >> (8 * at)) & bits_low(8 * step), now);
    }
}

// Is the range within the region, which may be NULL and otherwise holds `address`?
static bool fits(const struct region *region, uint64_t address, uint64_t size)
{
    return region && region->size - (address - region->base) >= size;
}

// An access that no window has as a whole.
static NEVER_INLINE uint64_t read_bytes(struct bus *bus, uint64_t address, unsigned size, uint64_t now)
{
    uint64_t value = 0, before = bus->unanswered_reads;
    for (unsigned at = 0; at < size; at++) {
        struct region *region = bus_find(bus, address + at);
        bus->unanswered_reads += !region;
        value |= (region ? region_read(region, address + at - region->base, 1, now) : 0xff) << (8 * at);
    }
    if (bus->unanswered && bus->unanswered_reads != before)
        bus->unanswered(bus->unanswered_owner, bus, address, size, false, value);
    return value;
}

static NEVER_INLINE void write_bytes(struct bus *bus, uint64_t address, unsigned size, uint64_t value, uint64_t now)
{
    uint64_t before = bus->unanswered_writes;
    for (unsigned at = 0; at < size; at++) {
        struct region *region = bus_find(bus, address + at);
        if (region)
            region_write(bus, region, address + at - region->base, 1, (value >> (8 * at)) & 0xff, now);
        else
            bus->unanswered_writes++;
    }
    if (bus->unanswered && bus->unanswered_writes != before)
        bus->unanswered(bus->unanswered_owner, bus, address, size, true, value);
}

uint64_t bus_read(struct bus *bus, uint64_t address, unsigned size, uint64_t now)
{
    struct region *region = bus_find(bus, address);
    if (likely(fits(region, address, size)))
        return region_read(region, address - region->base, size, now);
    return read_bytes(bus, address, size, now);
}

void bus_write(struct bus *bus, uint64_t address, unsigned size, uint64_t value, uint64_t now)
{
    struct region *region = bus_find(bus, address);
    if (likely(fits(region, address, size)))
        region_write(bus, region, address - region->base, size, value, now);
    else
        write_bytes(bus, address, size, value, now);
}

static bool all_ram(struct bus *bus, uint64_t address, uint64_t size, bool rom_too)
{
    while (size) {
        struct region *region = bus_find(bus, address);
        if (!region || !region->ram || (region->readonly && !rom_too))
            return false;
        uint64_t there = region->size - (address - region->base);
        if (there >= size)
            return true;
        address += there;
        size -= there;
    }
    return true;
}

static void copy_memory(struct bus *bus, uint64_t address, uint8_t *out, const uint8_t *in, size_t size)
{
    while (size) {
        struct region *region = bus_find(bus, address);
        uint64_t offset = address - region->base, there = region->size - offset;
        size_t piece = there < size ? (size_t)there : size;
        if (out) {
            memcpy(out, region->ram + offset, piece);
            out += piece;
        } else {
            memcpy(region->ram + offset, in, piece);
            in += piece;
            bus_ram_written(bus, region->ram + offset, piece);
        }
        address += piece;
        size -= piece;
    }
}

bool bus_is_memory(struct bus *bus, uint64_t address, uint64_t size)
{
    return all_ram(bus, address, size, true);
}

bool bus_read_memory(struct bus *bus, uint64_t address, void *data, size_t size)
{
    const struct region *region = bus_find(bus, address);
    if (likely(fits(region, address, size) && region->ram)) {
        memcpy(data, region->ram + (address - region->base), size);
        return true;
    }
    if (!all_ram(bus, address, size, true))
        return false;
    copy_memory(bus, address, data, NULL, size);
    return true;
}

static bool put_memory(struct bus *bus, uint64_t address, const void *data, size_t size, bool rom_too)
{
    if (!all_ram(bus, address, size, rom_too))
        return false;
    copy_memory(bus, address, NULL, data, size);
    if (bus->written)
        bus->written(bus->written_owner, address, size);
    return true;
}

bool bus_write_memory(struct bus *bus, uint64_t address, const void *data, size_t size)
{
    return put_memory(bus, address, data, size, false);
}

bool bus_load_memory(struct bus *bus, uint64_t address, const void *data, size_t size)
{
    return put_memory(bus, address, data, size, true);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See moving.h.
#include "devices/pci/moving.h"

bool moving_to(struct moving *window, uint64_t base, uint64_t size)
{
    struct region *region = &window->region;
    if (window->mapped && region->base == base && region->size == size)
        return true;
    if (window->mapped)
        bus_remove(window->bus, region);
    region->base = base;
    region->size = size;
    window->mapped = base && bus_add(window->bus, region) == 0;
    return !base || window->mapped;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The source ids of all groups.
//
//     0 ──────── 65535 | 65536 ───────────────────────── limit
//     GSIs of legacy     where the manager puts message groups itself (INTACT_IRQ_ANY_BASE)
//
// Groups are kept in the order of their base, so only the groups before and after need to be checked for an overlap.
#include "groups/ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"

#define FIRST_OWN_BASE ROUTE_GSI_LIMIT
#define LARGEST_MSI    32
#define LARGEST_GROUP  2048

// --- Which groups are valid -----------------------------------------------------------------------------------------

static int check_count(enum intact_irq_type type, uint32_t count)
{
    bool good;
    switch (type) {
    case INTACT_IRQ_LEGACY: good = count == 1; break;
    case INTACT_IRQ_MSI: good = is_power_of_two(count) && count <= LARGEST_MSI; break;
    case INTACT_IRQ_MSIX:
    case INTACT_IRQ_GENERIC: good = count >= 1 && count <= LARGEST_GROUP; break;
    default: return INTACT_IRQ_BAD_TYPE;
    }
    return good ? INTACT_IRQ_OK : INTACT_IRQ_BAD_COUNT;
}

static int check_base(enum intact_irq_type type, uint32_t base, uint32_t count)
{
    if (type == INTACT_IRQ_LEGACY)
        return base < ROUTE_GSI_LIMIT ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
    bool fits = base == INTACT_IRQ_ANY_BASE || (uint64_t)base + count - 1 < INTACT_IRQ_ANY_BASE;
    return fits ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

int ids_check(enum intact_irq_type type, uint32_t base, uint32_t count)
{
    int result = check_count(type, count);
    return result ? result : check_base(type, base, count);
}

// --- Choosing a place -----------------------------------------------------------------------------------------------

// The first group that ends behind `base`: no other can be the first to overlap a group that begins there.
static uint32_t place_of(const struct intact_irq_manager *manager, uint32_t base)
{
    uint32_t low = 0, high = manager->group_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct intact_irq_group *group = manager->groups[middle];
        if ((uint64_t)group->base + group->length > base)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_free(const struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base, uint32_t count)
{
    uint32_t place = place_of(manager, base);
    if (place == manager->group_count)
        return true;
    const struct intact_irq_group *group = manager->groups[place];
    bool shared_gsi = type == INTACT_IRQ_LEGACY && group->type == INTACT_IRQ_LEGACY;
    return shared_gsi || group->base >= (uint64_t)base + count;
}

// First fit above the GSIs. 0: none.
static uint32_t find_base(const struct intact_irq_manager *manager, uint32_t count)
{
    uint64_t base = FIRST_OWN_BASE;
    for (uint32_t i = place_of(manager, FIRST_OWN_BASE); i < manager->group_count; i++) {
        const struct intact_irq_group *group = manager->groups[i];
        if (group->base >= base + count)
            break;
        base = (uint64_t)group->base + group->length;
    }
    return base + count - 1 < INTACT_IRQ_ANY_BASE ? (uint32_t)base : 0;
}

int ids_choose(const struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t *base, uint32_t count)
{
    if (type != INTACT_IRQ_LEGACY && count > manager->limit - manager->assigned)
        return INTACT_IRQ_OUT_OF_VECTORS;
    if (*base != INTACT_IRQ_ANY_BASE)
        return is_free(manager, type, *base, count) ? INTACT_IRQ_OK : INTACT_IRQ_DUPLICATE;
    *base = find_base(manager, count);
    return *base ? INTACT_IRQ_OK : INTACT_IRQ_OUT_OF_VECTORS;
}

bool ids_insert(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    if (manager->group_count == manager->group_capacity) {
        uint32_t capacity = manager->group_capacity ? manager->group_capacity * 2 : 16;
        struct intact_irq_group **bigger = realloc(manager->groups, capacity * sizeof *bigger);
        if (!bigger)
            return false;
        manager->groups = bigger;
        manager->group_capacity = capacity;
    }
    uint32_t place = place_of(manager, group->base);
    memmove(&manager->groups[place + 1], &manager->groups[place],
            (manager->group_count - place) * sizeof manager->groups[0]);
    manager->groups[place] = group;
    manager->group_count++;
    if (group->type != INTACT_IRQ_LEGACY)
        manager->assigned += group->length;
    return true;
}

void ids_remove(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    uint32_t place = place_of(manager, group->base);
    while (manager->groups[place] != group) // others on the same GSI
        place++;
    manager->group_count--;
    memmove(&manager->groups[place], &manager->groups[place + 1],
            (manager->group_count - place) * sizeof manager->groups[0]);
    if (group->type != INTACT_IRQ_LEGACY)
        manager->assigned -= group->length;
}

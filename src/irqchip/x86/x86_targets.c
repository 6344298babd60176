// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds the CPUs that a destination matches; described in x86_targets.h.
#include "irqchip/x86/x86_targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

enum { FLAT_SETS = 8, CLUSTER_SETS = 16 * 4, SETS = FLAT_SETS + CLUSTER_SETS + 2 };

int x86_targets_init(struct x86_targets *targets, uint32_t cpus, uint32_t highest_id)
{
    *targets = (struct x86_targets){ .cpus = cpus, .words = (cpus + 63) / 64, .id_limit = highest_id + 1 };
    targets->by_x2apic_id = calloc(targets->id_limit, sizeof(uint32_t));
    targets->next = calloc(cpus, sizeof(uint32_t));
    targets->listed = calloc(cpus, sizeof(uint32_t));
    targets->flat = calloc((size_t)SETS * targets->words, sizeof(uint64_t));
    if (!targets->by_x2apic_id || !targets->next || !targets->listed || !targets->flat) {
        x86_targets_free(targets);
        return -ENOMEM;
    }
    targets->cluster = targets->flat + (size_t)FLAT_SETS * targets->words;
    targets->xapic = targets->cluster + (size_t)CLUSTER_SETS * targets->words;
    targets->x2apic = targets->xapic + targets->words;
    return 0;
}

void x86_targets_free(struct x86_targets *targets)
{
    free(targets->by_x2apic_id);
    free(targets->next);
    free(targets->listed);
    free(targets->flat);
    *targets = (struct x86_targets){ .cpus = 0 };
}

static void set_add(uint64_t *set, uint32_t cpu)
{
    set[cpu / 64] |= BIT64(cpu % 64);
}

// --- Keeping the tables ---------------------------------------------------------------------------------------------

static void forget(struct x86_targets *targets, uint32_t cpu, const struct lapic *lapic)
{
    for (unsigned i = 0; i < SETS; i++)
        targets->flat[(size_t)i * targets->words + cpu / 64] &= ~BIT64(cpu % 64);
    targets->by_x2apic_id[lapic->config.apic_id] = 0;
    if (targets->listed[cpu] == 0)
        return;
    uint32_t *link = &targets->by_xapic_id[targets->listed[cpu] - 1];
    while (*link != cpu + 1)
        link = &targets->next[*link - 1];
    *link = targets->next[cpu];
    targets->listed[cpu] = 0;
}

static void list_xapic(struct x86_targets *targets, uint32_t cpu, const struct lapic *lapic)
{
    uint32_t id = lapic->id >> 24, logical = lapic->ldr >> 24;
    bool flat = lapic->dfr >> 28 == 0xf;
    uint64_t *sets = flat ? targets->flat : targets->cluster + (size_t)(logical >> 4) * 4 * targets->words;
    set_add(targets->xapic, cpu);
    targets->next[cpu] = targets->by_xapic_id[id];
    targets->by_xapic_id[id] = cpu + 1;
    targets->listed[cpu] = id + 1;
    for (uint32_t bits = flat ? logical : logical & 15; bits; bits &= bits - 1)
        set_add(sets + (size_t)bits_lowest(bits) * targets->words, cpu);
}

void x86_targets_update(struct x86_targets *targets, uint32_t cpu, const struct lapic *lapic)
{
    forget(targets, cpu, lapic);
    if (!lapic_enabled(lapic))
        return;
    if (lapic_x2apic(lapic)) {
        set_add(targets->x2apic, cpu);
        targets->by_x2apic_id[lapic->config.apic_id] = cpu + 1;
    } else {
        list_xapic(targets, cpu, lapic);
    }
}

// --- Looking up -----------------------------------------------------------------------------------------------------

static uint32_t x2apic_cpu(const struct x86_targets *targets, uint32_t id)
{
    return id < targets->id_limit ? targets->by_x2apic_id[id] : 0;
}

uint32_t x86_targets_one(const struct x86_targets *targets, const struct x86_message *message)
{
    uint32_t id = message->destination;
    if (message->logical || id == X86_BROADCAST_SHORT || id == X86_BROADCAST)
        return X86_TARGETS_MANY;
    uint32_t found = x2apic_cpu(targets, id);
    uint32_t first = id <= 0xff ? targets->by_xapic_id[id] : 0;
    if (first == 0)
        return found ? found - 1 : X86_TARGETS_NONE;
    return found || targets->next[first - 1] ? X86_TARGETS_MANY : first - 1;
}

static void set_or(const struct x86_targets *targets, uint64_t *set, const uint64_t *other)
{
    for (uint32_t i = 0; i < targets->words; i++)
        set[i] |= other[i];
}

static void find_physical(const struct x86_targets *targets, uint32_t id, uint64_t *set)
{
    uint32_t found = x2apic_cpu(targets, id);
    if (found)
        set_add(set, found - 1);
    for (found = id <= 0xff ? targets->by_xapic_id[id] : 0; found; found = targets->next[found - 1])
        set_add(set, found - 1);
}

static void find_logical(const struct x86_targets *targets, uint32_t address, uint64_t *set)
{
    const uint64_t *cluster = targets->cluster + (size_t)(address >> 4 & 15) * 4 * targets->words;
    for (uint32_t bits = address & 0xffff; bits; bits &= bits - 1) {
        uint32_t found = x2apic_cpu(targets, (address >> 16) * 16 + bits_lowest(bits));
        if (found)
            set_add(set, found - 1);
    }
    if (address > 0xff)
        return;
    for (uint32_t bits = address; bits; bits &= bits - 1)
        set_or(targets, set, targets->flat + (size_t)bits_lowest(bits) * targets->words);
    for (uint32_t bits = address & 15; bits; bits &= bits - 1)
        set_or(targets, set, cluster + (size_t)bits_lowest(bits) * targets->words);
}

void x86_targets_all(const struct x86_targets *targets, uint64_t *set)
{
    set_or(targets, set, targets->xapic);
    set_or(targets, set, targets->x2apic);
}

void x86_targets_find(const struct x86_targets *targets, const struct x86_message *message, uint64_t *set)
{
    uint32_t address = message->destination;
    if (address == X86_BROADCAST || address == X86_BROADCAST_SHORT) // of any source, for a receiver with 8-bit ids
        set_or(targets, set, targets->xapic);
    if (x86_message_broadcast(message))
        set_or(targets, set, targets->x2apic);
    else if (message->logical)
        find_logical(targets, address, set);
    else
        find_physical(targets, address, set);
}

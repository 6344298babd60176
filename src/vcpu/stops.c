// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The set of breakpoints and watchpoints of a debugger outside the guest, and what they match.
#include "vcpu/stops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/guest.h"
#include "vcpu/loop.h"

// --- the set ---------------------------------------------------------------------------------------------------------

// The first point at `address` or above; they are sorted by it.
static unsigned place(const struct stops *stops, uint64_t address)
{
    unsigned low = 0, high = stops->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (stops->points[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct stop_point *find(struct stops *stops, enum stop_kind kind, uint64_t address, uint64_t size)
{
    for (unsigned i = place(stops, address); i < stops->count && stops->points[i].address == address; i++)
        if (stops->points[i].kind == kind && stops->points[i].size == size)
            return &stops->points[i];
    return NULL;
}

// What follows from the set is derived again. TLB entries stay: what a guest has not invalidated it may still see.
static void changed(struct loop *loop, enum stop_kind kind, uint64_t address)
{
    struct stops *stops = &loop->stops;
    if (kind == STOP_EXECUTE) {
        memset(stops->offsets, 0, sizeof stops->offsets);
        for (unsigned i = 0; i < stops->count; i++)
            if (stops->points[i].kind == STOP_EXECUTE)
                stops->offsets[(stops->points[i].address & ~PAGE_MASK) / 64] |= BIT64(stops->points[i].address % 64);
        blocks_forget_at(&loop->blocks, address & ~PAGE_MASK);
        return;
    }
    stops->watchpoints = 0;
    for (unsigned i = 0; i < stops->count; i++)
        stops->watchpoints += stops->points[i].kind != STOP_EXECUTE;
    for (unsigned i = 0; i < loop->count; i++)
        loop->guest->watch_changed(loop->vcpus[i]);
}

static bool grow(struct stops *stops)
{
    unsigned room = stops->room ? 2 * stops->room : 16;
    struct stop_point *points = realloc(stops->points, room * sizeof *points);
    if (!points)
        return false;
    stops->points = points;
    stops->room = room;
    return true;
}

int stops_add(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size)
{
    struct stops *stops = &loop->stops;
    if (find(stops, kind, address, size))
        return -EEXIST;
    if (stops->count == stops->room && !grow(stops))
        return -ENOMEM;
    struct stop_point *at = &stops->points[place(stops, address)];
    memmove(at + 1, at, (size_t)(stops->points + stops->count++ - at) * sizeof *at);
    *at = (struct stop_point){ .kind = kind, .except = STOP_NO_CPU, .address = address, .size = size };
    changed(loop, kind, address);
    return 0;
}

int stops_remove(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size)
{
    struct stops *stops = &loop->stops;
    struct stop_point *point = find(stops, kind, address, size);
    if (!point)
        return -ENOENT;
    memmove(point, point + 1, (size_t)(stops->points + --stops->count - point) * sizeof *point);
    changed(loop, kind, address);
    return 0;
}

void stops_remove_all(struct loop *loop)
{
    while (loop->stops.count) {
        struct stop_point last = loop->stops.points[--loop->stops.count];
        changed(loop, last.kind, last.address);
    }
}

int stops_except(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu)
{
    struct stop_point *point = find(&loop->stops, kind, address, size);
    if (!point)
        return -ENOENT;
    point->except = cpu;
    return 0;
}

void stops_free(struct stops *stops)
{
    free(stops->points);
    *stops = (struct stops){ 0 };
}

// --- what matches ----------------------------------------------------------------------------------------------------

void stops_report(struct vcpu *cpu, enum stop_kind kind, uint64_t address)
{
    if (cpu->loop->stop != LOOP_RUNNING)
        return; // the run ends for another reason, and what comes first is told
    cpu->loop->stops.last = (struct stop){ .kind = kind, .cpu = cpu->index, .address = address };
    loop_stop(cpu->loop, LOOP_BREAK, 0);
}

void stops_request(struct loop *loop)
{
    stops_report(loop->vcpus[loop->last], STOP_REQUEST, 0);
}

void stops_event(struct loop *loop, uint32_t cpu, uint64_t number)
{
    stops_report(loop->vcpus[cpu == STOP_NO_CPU ? loop->last : cpu], STOP_EVENT, number);
}

void stops_watch_memory(struct loop *loop, const struct stop_memory *memory)
{
    loop->stops.memory = *memory;
    for (unsigned i = 0; i < loop->count; i++)
        loop->guest->watch_changed(loop->vcpus[i]);
}

void stops_forget(struct loop *loop)
{
    for (unsigned i = 0; i < loop->count; i++)
        loop->vcpus[i]->stopped_after = UINT64_MAX;
}

// The same instruction is not stopped twice.
static bool has_stopped(const struct vcpu *cpu, uint64_t pc)
{
    return cpu->stopped_after == vcpu_executed(cpu) && cpu->stopped_at == pc;
}

static void stop_before(struct vcpu *cpu, uint64_t pc, enum stop_kind kind, uint64_t address)
{
    cpu->stopped_after = vcpu_executed(cpu);
    cpu->stopped_at = pc;
    cpu->loop->stops.undone = true;
    stops_report(cpu, kind, address);
}

// Without `left` the loop does not look at the pending word again, which it has done, and may do only after the
// instruction.
void stops_leave(struct vcpu *cpu)
{
    struct loop *loop = cpu->loop;
    loop->rest += (uint64_t)cpu->left;
    cpu->goal -= (uint64_t)cpu->left;
    cpu->left = 0;
    loop->stops.looked = true;
}

bool stops_before(struct vcpu *cpu, uint64_t pc)
{
    const struct stops *stops = &cpu->loop->stops;
    if (stops->muted || has_stopped(cpu, pc))
        return false;
    for (unsigned i = place(stops, pc); i < stops->count && stops->points[i].address == pc; i++) {
        const struct stop_point *point = &stops->points[i];
        if (point->kind != STOP_EXECUTE || point->except == cpu->index)
            continue;
        stop_before(cpu, pc, STOP_EXECUTE, pc);
        return true;
    }
    return false;
}

bool stops_watch_page(const struct stops *stops, uint64_t address)
{
    uint64_t page = address & PAGE_MASK;
    for (unsigned i = 0; i < stops->count; i++) {
        const struct stop_point *point = &stops->points[i];
        if (point->kind != STOP_EXECUTE && (point->address - page < PAGE_SIZE || page - point->address < point->size))
            return true;
    }
    return false;
}

static bool meets(const struct stop_point *point, enum access access)
{
    return point->kind == STOP_ACCESS || point->kind == (access == ACCESS_WRITE ? STOP_WRITE : STOP_READ);
}

bool stops_access(struct vcpu *cpu, uint64_t pc, uint64_t address, unsigned size, enum access access)
{
    const struct stops *stops = &cpu->loop->stops;
    for (unsigned i = 0; i < stops->count && !stops->muted; i++) {
        const struct stop_point *point = &stops->points[i];
        if (point->except == cpu->index || !meets(point, access))
            continue;
        bool within = address - point->address < point->size;
        if (!within && point->address - address >= size)
            continue;
        uint64_t first = within ? address : point->address;
        if (!cpu->loop->guest->watches_before) {
            stops_report(cpu, point->kind, first);
            return true;
        }
        if (has_stopped(cpu, pc))
            return false;
        stop_before(cpu, pc, point->kind, first);
        return true;
    }
    return false;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtual time and timer events: a binary heap by deadline and rank. Described in clock.h.
#include "base/clock.h"

#include <assert.h>
#include <string.h>

static bool earlier(const struct event *a, const struct event *b)
{
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->rank < b->rank;
}

static void put(struct clock *clock, uint32_t index, struct event *event)
{
    clock->heap[index] = event;
    event->place = index + 1;
}

static void sift_up(struct clock *clock, uint32_t index)
{
    struct event *event = clock->heap[index];
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (!earlier(event, clock->heap[parent]))
            break;
        put(clock, index, clock->heap[parent]);
        index = parent;
    }
    put(clock, index, event);
}

static void sift_down(struct clock *clock, uint32_t index)
{
    struct event *event = clock->heap[index];
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= clock->count)
            break;
        if (child + 1 < clock->count && earlier(clock->heap[child + 1], clock->heap[child]))
            child++;
        if (!earlier(clock->heap[child], event))
            break;
        put(clock, index, clock->heap[child]);
        index = child;
    }
    put(clock, index, event);
}

static void take_out(struct clock *clock, struct event *event)
{
    uint32_t index = event->place - 1;
    event->place = 0;
    clock->perpetual -= event->perpetual;
    struct event *last = clock->heap[--clock->count];
    if (last == event)
        return;
    put(clock, index, last);
    sift_up(clock, index);
    sift_down(clock, last->place - 1);
}

void clock_init(struct clock *clock)
{
    memset(clock, 0, sizeof *clock);
}

void clock_register(struct clock *clock, struct event *event, const char *name, void (*fire)(void *owner, uint64_t now),
                    void *owner)
{
    assert(clock->ranks < CLOCK_EVENT_LIMIT);
    *event =
        (struct event){ .deadline = CLOCK_NEVER, .rank = clock->ranks, .fire = fire, .owner = owner, .name = name };
    clock->registered[clock->ranks++] = event;
}

void clock_arm(struct clock *clock, struct event *event, uint64_t deadline)
{
    if (event->deadline == deadline)
        return;
    uint64_t first = clock_next(clock);
    if (event->place)
        take_out(clock, event);
    event->deadline = deadline;
    if (deadline != CLOCK_NEVER) {
        put(clock, clock->count++, event);
        sift_up(clock, clock->count - 1);
        clock->perpetual += event->perpetual;
    }
    if (clock_next(clock) < first)
        clock->moved = true;
}

bool clock_only_perpetual(const struct clock *clock)
{
    return clock->count && clock->perpetual == clock->count;
}

void clock_run_due(struct clock *clock)
{
    while (clock->count && clock->heap[0]->deadline <= clock->now) {
        struct event *event = clock->heap[0];
        take_out(clock, event);
        event->deadline = CLOCK_NEVER;
        event->fire(event->owner, clock->now);
    }
}

void event_visit(struct event *event, struct visit *v)
{
    VISIT(v, event->deadline);
}

void clock_loaded(struct clock *clock)
{
    clock->count = clock->perpetual = 0;
    for (uint32_t rank = 0; rank < clock->ranks; rank++) {
        struct event *event = clock->registered[rank];
        event->place = 0;
        if (event->deadline == CLOCK_NEVER)
            continue;
        put(clock, clock->count++, event);
        sift_up(clock, clock->count - 1);
        clock->perpetual += event->perpetual;
    }
    clock->moved = true;
}

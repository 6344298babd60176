// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The parts of a board for tests of devices: a wire that counts its edges, and time.
#ifndef TESTS_DEVICES_BOARD_H
#define TESTS_DEVICES_BOARD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

struct wire {
    bool level;
    unsigned rises, falls;
};

static inline void wire_set(void *owner, uint32_t pin, bool level)
{
    struct wire *wire = owner;
    (void)pin;
    wire->level = level;
    wire->rises += level;
    wire->falls += !level;
}

static inline void wire_connect(struct intact_irq_line *line, struct wire *wire)
{
    *wire = (struct wire){ .level = line->level };
    line->set = wire_set;
    line->owner = wire;
}

// Time passes as in the machine: it stops at every deadline.
static inline void run_to(struct clock *clock, uint64_t now)
{
    while (clock_next(clock) <= now) {
        clock_advance(clock, clock_next(clock) > clock->now ? clock_next(clock) : clock->now);
        clock_run_due(clock);
    }
    clock_advance(clock, now);
}

// Loads what `save` holds into `object` and compares: not a field may differ.
static inline void check_load(void *object, void (*list)(void *object, struct visit *v), const struct visit_save *save)
{
    struct visit_load load;
    visit_load_init(&load, save->data, save->size);
    list(object, &load.visit);
    cr_assert_not(load.failed);
    cr_assert_eq(load.position, save->size);
    struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    list(object, &differ.visit);
    cr_assert_not(differ.differs, "%s", differ.path);
}

#endif

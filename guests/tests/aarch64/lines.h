// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared peripheral interrupts without a device, for tests: edge triggered, requested by a write to GICD_ISPENDR.
#ifndef TESTS_AARCH64_LINES_H
#define TESTS_AARCH64_LINES_H

#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { LINE_A = 200, LINE_B = 201, LINE_C = 202, LINES = 3 };

static inline void raise(unsigned intid)
{
    gic_write_bit(GICD_ISPENDR, intid);
    barrier();
}

// Edge, priority A0h, enabled.
static inline void lines_init(void)
{
    for (unsigned i = LINE_A; i < LINE_A + LINES; i++) {
        gic_set_edge(i, true);
        gic_enable(i);
    }
}

static inline void print_state(const char *when, unsigned intid)
{
    print("  %s: pending %u, active %u\n", when, (uint64_t)gic_read_bit(GICD_ISPENDR, intid),
          (uint64_t)gic_read_bit(GICD_ISACTIVER, intid));
}

#endif

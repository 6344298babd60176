// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 14: priorities by vectors: classes, TPR and PPR. The processor interrupts itself, with vectors of several classes.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { LOW = 0x41, MIDDLE = 0x45, HIGH = 0x51, HIGHEST = 0x61 }; // classes 4, 4, 5, 6

static volatile unsigned handled[256];

static void raise(uint32_t vector)
{
    lapic_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | vector);
}

static uint64_t ppr(void)
{
    return lapic_read(LAPIC_PPR);
}

static void handler(struct frame *frame)
{
    print("    vector %x, PPR %x\n", frame->vector, ppr());
    handled[frame->vector]++;
    lapic_eoi();
}

// While it runs, two others come: one of its own class, and one of a higher class.
static void low_handler(struct frame *frame)
{
    print("  vector %x begins, PPR %x\n", frame->vector, ppr());
    raise(MIDDLE);
    raise(HIGH);
    interrupts_take();
    print("  vector %x ends\n", frame->vector);
    handled[frame->vector]++;
    lapic_eoi();
}

static void need(unsigned vector, unsigned times)
{
    if (handled[vector] != times)
        fail(handled[vector] < times ? "an interrupt is held back" : "an interrupt was not held back");
}

int guest_main(void)
{
    on_trap(LOW, low_handler);
    on_trap(MIDDLE, handler);
    on_trap(HIGH, handler);
    on_trap(HIGHEST, handler);

    print("classes:\n");
    raise(LOW);
    interrupts_take();
    need(MIDDLE, 1);
    need(HIGH, 1);

    print("TPR holds back class 4, but not class 5:\n");
    lapic_write(LAPIC_TPR, 0x40);
    raise(MIDDLE);
    raise(HIGH);
    raise(HIGHEST);
    interrupts_take();
    need(HIGHEST, 1);
    need(HIGH, 2);
    need(MIDDLE, 1);

    print("TPR is 0 again:\n");
    lapic_write(LAPIC_TPR, 0);
    interrupts_take();
    need(MIDDLE, 2);
    return EXIT_PASSED;
}

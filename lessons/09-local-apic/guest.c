// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 9: the local APIC, its vector table (LVT), and its EOI. The interrupts are those of its own timer.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

#define VECTOR 0x41

static volatile unsigned handled;

static void show(const char *when)
{
    print("  %s: IRR %u, ISR %u\n", when, (uint64_t)lapic_bit(LAPIC_IRR, VECTOR),
          (uint64_t)lapic_bit(LAPIC_ISR, VECTOR));
}

static void handler(struct frame *frame)
{
    (void)frame;
    show("in the handler    ");
    handled = handled + 1;
    lapic_write(LAPIC_EOI, 0); // the value is ignored: the local APIC ends the highest vector in ISR
}

// The timer counts down from its initial count, and interrupts at 0, as the entry of the LVT says.
static void timer_runs_out(void)
{
    lapic_write(LAPIC_INITIAL, 1000);
    while (lapic_read(LAPIC_CURRENT))
        relax();
}

static void interrupt(unsigned number)
{
    timer_runs_out();
    show("the timer is at 0 ");
    interrupts_take();
    show("after the handler ");
    if (handled != number)
        fail("the timer's interrupt does not come");
}

int guest_main(void)
{
    on_trap(VECTOR, handler);
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_1);

    print("the entry is masked:\n");
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR);
    timer_runs_out();
    show("the timer is at 0 ");
    lapic_write(LAPIC_LVT_TIMER, VECTOR); // unmasked: too late for this one
    interrupts_take();

    print("the entry is not masked:\n");
    interrupt(1);
    print("and once more:\n");
    interrupt(2);
    return EXIT_PASSED;
}

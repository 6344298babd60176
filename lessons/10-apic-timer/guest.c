// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 10: the timer of the local APIC. Nobody says how fast it counts: it is measured with a clock that is known.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, CALIBRATION_US = 1000, PERIOD_US = 100, TICKS = 10 };

static volatile unsigned ticks;

static void handler(struct frame *frame)
{
    (void)frame;
    ticks = ticks + 1;
    lapic_eoi();
}

// Counts per microsecond. wait_us() waits with the PIT, which counts at 1,193,182 Hz on every PC.
static uint32_t calibrate(void)
{
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR);
    lapic_write(LAPIC_INITIAL, UINT32_MAX);
    wait_us(CALIBRATION_US);
    return (UINT32_MAX - lapic_read(LAPIC_CURRENT)) / CALIBRATION_US;
}

int guest_main(void)
{
    on_trap(VECTOR, handler);
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_1);
    uint32_t per_us = calibrate();
    print("the timer counts about %u times in a microsecond\n", (uint64_t)per_us);

    lapic_write(LAPIC_LVT_TIMER, LVT_PERIODIC | VECTOR);
    lapic_write(LAPIC_INITIAL, per_us * PERIOD_US); // this write starts it
    interrupts_on();
    wait_us(TICKS * PERIOD_US + PERIOD_US / 2);
    interrupts_off();
    print("%u ticks of %u microseconds in %u\n", (uint64_t)ticks, (uint64_t)PERIOD_US, (uint64_t)(TICKS * PERIOD_US));
    if (ticks != TICKS)
        fail("the number of ticks is wrong");
    return EXIT_PASSED;
}

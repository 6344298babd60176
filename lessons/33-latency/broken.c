// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 33, with a mistake: the timer interrupts too late.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { TICK = 0x41, DISK = 0x31, PERIOD = 20000, BOUND = 2000 }; // ns: the timer counts one in a ns

static volatile unsigned ticks, late;

// The timer counts down from PERIOD again after it has interrupted, so its count says how long ago that was.
static void tick(struct frame *frame)
{
    (void)frame;
    unsigned now = PERIOD - lapic_read(LAPIC_CURRENT);
    late = now > late ? now : late;
    ticks = ticks + 1;
    lapic_eoi();
}

static void loop(unsigned times)
{
    for (volatile unsigned i = 0; i < times; i++)
        ;
}

// What there is to do after an interrupt of the disk.
static void work(void)
{
    loop(8000);
}

static void disk(struct frame *frame)
{
    (void)frame;
    work();
    lapic_eoi();
}

static void show(const char *what)
{
    interrupts_off();
    print("%s: at most %u ns late\n", what, (uint64_t)late);
    if (late > BOUND)
        fail("this is too late");
    late = 0;
    interrupts_on();
}

int guest_main(void)
{
    on_trap(TICK, tick);
    on_trap(DISK, disk);
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_1);
    lapic_write(LAPIC_LVT_TIMER, LVT_PERIODIC | TICK);
    lapic_write(LAPIC_INITIAL, PERIOD);

    interrupts_on();
    loop(8000);
    show("interrupts always on");

    for (unsigned i = 0; i < 100; i++) {
        interrupts_off();
        loop(100);
        interrupts_on();
    }
    show("short sections with interrupts off");

    for (unsigned before = ticks; ticks == before;)
        relax();
    lapic_ipi(0, DISK); // stands for a disk; the next tick is in 20 microseconds
    show("a slow device");
    return EXIT_PASSED;
}

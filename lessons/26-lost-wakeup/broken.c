// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 26, with a mistake: sometimes the program sleeps on, although the handler has run.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, LAST = 0x42, ROUNDS = 100 };

static volatile bool done;

static void handler(struct frame *frame)
{
    (void)frame;
    done = true;
    lapic_eoi();
}

// Returns when the handler has run.
static void sleep_until_done(void)
{
    interrupts_on();
    while (!done)
        __asm__ volatile("hlt" : : : "memory"); // until the next interrupt
    interrupts_off();
}

// The timer interrupts after `count` ns, which are `count` instructions.
static void round_of(unsigned count, uint32_t vector)
{
    done = false;
    lapic_write(LAPIC_LVT_TIMER, vector);
    lapic_write(LAPIC_INITIAL, count);
    sleep_until_done();
}

int guest_main(void)
{
    on_trap(VECTOR, handler);
    on_trap(LAST, handler);
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_1);
    print("an interrupt after %u instructions, after one less, ...\n", (uint64_t)ROUNDS);
    for (unsigned count = ROUNDS; count; count--)
        round_of(count, VECTOR);
    round_of(1000, LAST);
    print("each time the program went on\n");
    return EXIT_PASSED;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 15, with a mistake: some interrupts do not come where they should.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { CPUS = 2, VECTOR = 0x41, ICR_LOGICAL = 1 << 11 };

static volatile unsigned handled[CPUS];
static volatile bool ready;

static void handler(struct frame *frame)
{
    (void)frame;
    unsigned cpu = processor_self();
    handled[cpu] = handled[cpu] + 1;
    lapic_eoi();
}

// Each processor has its logical id in LDR, in bits 31:24. DFR as after a reset: the flat model, eight bits for eight
// processors.
static void join(void)
{
    lapic_write(LAPIC_DFR, 0xffffffff);
    lapic_write(LAPIC_LDR, processor_self() << 24);
}

static void second_processor(void)
{
    join();
    ready = true;
    for (;;)
        interrupts_wait();
}

static void send(uint32_t mask, uint32_t delivery)
{
    lapic_write(LAPIC_ICR_HIGH, mask << 24);
    lapic_write(LAPIC_ICR, ICR_LOGICAL | ICR_ASSERT | delivery | VECTOR);
    interrupts_take();
    wait_us(100);
    print("mask %x: CPU 0 has %u, CPU 1 has %u\n", (uint64_t)mask, (uint64_t)handled[0], (uint64_t)handled[1]);
}

int guest_main(void)
{
    on_trap(VECTOR, handler);
    join();
    if (!processor_run(1, second_processor))
        fail("CPU 1 does not start");
    while (!ready)
        relax();

    send(1 << 1, ICR_FIXED); // CPU 1
    if (handled[0] != 0 || handled[1] != 1)
        fail("the interrupt for CPU 1 did not come there");
    send(1 << 0 | 1 << 1, ICR_FIXED);  // both
    send(1 << 0 | 1 << 1, ICR_LOWEST); // one of them
    if (handled[0] < 1 || handled[1] < 2 || handled[0] + handled[1] != 4)
        fail("an interrupt for both did not come where it should");
    return EXIT_PASSED;
}

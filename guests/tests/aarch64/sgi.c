// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Software generated interrupts between several processors: to a list, to oneself, to all but oneself. IHI 0069, 4.7 and
// 12.2.22; IHI 0048B, 4.3.15.
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { SGI = 3, OTHER_SGI = 14 };
static volatile unsigned counts[PROCESSOR_LIMIT];
static volatile unsigned up, acknowledged, wrong;

static void counting(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    if (intid != SGI && intid != OTHER_SGI)
        wrong = intid;
    counts[processor_self()]++;
    gic_eoi(iar);
    __atomic_fetch_add(&acknowledged, 1, __ATOMIC_SEQ_CST);
}

static void other(void)
{
    gic_enable(SGI);
    gic_enable(OTHER_SGI);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    for (;;)
        interrupts_wait();
}

// Waits until `number` of them have been taken, and shows by whom.
static void gather(const char *name, unsigned number)
{
    while (acknowledged < number)
        interrupts_take();
    wait_us(100);
    interrupts_take();
    print("%s:", name);
    for (unsigned i = 0; i < processor_count(); i++) {
        print(" %u", (uint64_t)counts[i]);
        counts[i] = 0;
    }
    print("\n");
    acknowledged = 0;
}

int guest_main(void)
{
    unsigned number = processor_count();
    on_trap(VECTOR_IRQ, counting);
    gic_enable(SGI);
    gic_enable(OTHER_SGI);
    for (unsigned i = 1; i < number; i++) {
        if (!processor_run(i, other))
            fail("a processor does not start");
        while (up < i)
            relax();
    }
    print("%u processors\n", (uint64_t)number);
    gic_send(SGI, 1);
    gather("oneself", 1);
    gic_send(SGI, 1u << (number - 1));
    gather("the last", 1);
    gic_send(SGI, 5);
    gather("a list of 0 and 2", 2);
    gic_send(SGI, (1u << number) - 1);
    gather("a list of all", number);
    gic_send_others(SGI);
    gather("all but oneself", number - 1);
    gic_send(SGI, 0);
    gather("an empty list", 0);
    gic_send(SGI, 1u << 7);
    gather("one that is not there", 0);
    gic_send(SGI, 1);
    gic_send(SGI, 1);
    gather("twice, taken once", 1);
    gic_send(SGI, 1);
    gic_send(OTHER_SGI, 1);
    gather("two different ones", 2);
    gic_disable(SGI);
    gic_send(SGI, 2);
    gather("disabled here, enabled there", 1);
    if (wrong)
        fail("an interrupt that nobody sent");
    return EXIT_PASSED;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Several processors: start-up IPIs, broadcasts, logical and lowest-priority destinations. SDM volume 3, "Advanced
// Programmable Interrupt Controller" and "Multiple-Processor Management".
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { COUNT_VECTOR = 0x51 };
static volatile unsigned counts[PROCESSOR_LIMIT], nmis[PROCESSOR_LIMIT];
static volatile unsigned up, acknowledged;

static void counting(struct frame *frame)
{
    (void)frame;
    counts[processor_self()]++;
    __atomic_fetch_add(&acknowledged, 1, __ATOMIC_SEQ_CST);
    lapic_eoi();
}

static void non_maskable(struct frame *frame)
{
    (void)frame;
    nmis[processor_self()]++;
    __atomic_fetch_add(&acknowledged, 1, __ATOMIC_SEQ_CST);
}

static void other(void)
{
    lapic_write(LAPIC_DFR, 0xffffffff);
    lapic_write(LAPIC_LDR, 1u << 24 << processor_self());
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    for (;;)
        interrupts_wait();
}

// Waits until `number` processors have taken it, and shows who.
static void gather(const char *name, unsigned number)
{
    while (acknowledged < number)
        interrupts_take();
    wait_us(100);
    interrupts_take();
    print("%s:", name);
    for (unsigned i = 0; i < processor_count(); i++) {
        print(" %u", (uint64_t)(counts[i] + nmis[i]));
        counts[i] = nmis[i] = 0;
    }
    print("\n");
    acknowledged = 0;
}

int guest_main(void)
{
    unsigned number = processor_count();
    on_trap(COUNT_VECTOR, counting);
    on_trap(2, non_maskable);
    lapic_write(LAPIC_DFR, 0xffffffff);
    lapic_write(LAPIC_LDR, 1u << 24);
    for (unsigned i = 1; i < number; i++) {
        if (!processor_run(i, other))
            fail("a processor does not start");
        while (up < i)
            relax();
    }
    print("%u processors\n", (uint64_t)number);
    lapic_ipi(0, ICR_OTHERS | ICR_ASSERT | COUNT_VECTOR);
    gather("all but oneself", number - 1);
    lapic_ipi(0, ICR_ALL | ICR_ASSERT | COUNT_VECTOR);
    gather("all", number);
    lapic_ipi(0, ICR_SELF | ICR_ASSERT | COUNT_VECTOR);
    gather("oneself", 1);
    lapic_ipi((uint8_t)(number - 1), ICR_ASSERT | COUNT_VECTOR);
    gather("the last", 1);
    lapic_ipi(0xff, ICR_ASSERT | COUNT_VECTOR);
    gather("physical FF", number);
    lapic_ipi(0x05, 0x800 | ICR_ASSERT | COUNT_VECTOR);
    gather("logical 05", number > 2 ? 2 : 1);
    lapic_ipi(0, ICR_OTHERS | ICR_NMI | ICR_ASSERT);
    gather("NMI to all but oneself", number - 1);
    return EXIT_PASSED;
}

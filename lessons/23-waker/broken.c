// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 23, with a mistake: the redistributor does not wake up.
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { PROCESSOR_SLEEP = 1 << 1, CHILDREN_ASLEEP = 1 << 2 }; // of GICR_WAKER

static volatile unsigned handled;

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    uart_line(false);
    handled = handled + 1;
    gic_eoi(iar);
}

static uint32_t waker(void)
{
    return read32(gicr_of(0) + GICR_WAKER);
}

// Software says that the processor will sleep, and the redistributor says when its connection to the processor is quiet.
static void go_to_sleep(void)
{
    write32(gicr_of(0) + GICR_WAKER, waker() | PROCESSOR_SLEEP);
    while (!(waker() & CHILDREN_ASLEEP))
        relax();
}

static void wake_up(void)
{
    write32(gicr_of(0) + GICR_WAKER, waker() & ~CHILDREN_ASLEEP);
    for (unsigned i = 0; i < 1000 && waker() & CHILDREN_ASLEEP; i++)
        relax();
}

static void show(const char *when)
{
    interrupts_take();
    print("%s: GICR_WAKER %x, pending %u, handled %u\n", when, (uint64_t)waker(),
          (uint64_t)gic_read_bit(GICD_ISPENDR, UART_INTID), (uint64_t)handled);
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);
    gic_enable(UART_INTID);
    write_register(icc_igrpen1_el1, 0); // the groups are off before the redistributor sleeps
    barrier();
    go_to_sleep();
    print("the redistributor sleeps\n");
    uart_arm();
    write_register(icc_igrpen1_el1, 1);
    barrier();
    uart_line(true);
    show("asleep");
    if (handled)
        fail("the interrupt comes although the redistributor sleeps");

    wake_up();
    show("awake ");
    if (handled != 1)
        fail("the interrupt does not come");
    return EXIT_PASSED;
}

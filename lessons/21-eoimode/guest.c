// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 21: the states of an interrupt, and its end in one step or in two (EOImode).
#include "lib/guest.h"
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"

static volatile unsigned handled;
static volatile bool split; // EOImode 1

static void show(const char *when)
{
    print("  %s: pending %u, active %u, running priority %x\n", when, (uint64_t)gic_read_bit(GICD_ISPENDR, UART_INTID),
          (uint64_t)gic_read_bit(GICD_ISACTIVER, UART_INTID), (uint64_t)gic_running());
}

static void handler(struct frame *frame)
{
    (void)frame;
    show("before IAR  ");
    uint32_t iar = gic_acknowledge();
    show("after IAR   ");
    uart_line(false);
    handled = handled + 1;
    gic_eoi(iar); // the priority drops; with EOImode 0 the interrupt is deactivated, too
    show("after EOIR  ");
    if (split)
        gic_deactivate(iar);
    show("at the end  ");
}

static void interrupt(unsigned number)
{
    uart_line(true);
    interrupts_take();
    if (handled != number)
        fail("the interrupt does not come");
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);
    gic_enable(UART_INTID);

    print("EOImode 0:\n");
    uart_arm(); // something has been sent: from here on uart_line() moves its line
    interrupt(1);

    print("EOImode 1:\n");
    split = true;
    gic_set_eoi_mode(true);
    interrupt(2);
    print("and once more:\n");
    interrupt(3);
    return EXIT_PASSED;
}

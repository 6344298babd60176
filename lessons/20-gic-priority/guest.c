// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 20: priorities at the GIC. A lower number is more urgent; PMR lets through what is more urgent than it is.
#include "lib/guest.h"
#include "lib/aarch64/gic.h"

enum { URGENT = 1, SLOW = 2 }; // SGIs
enum { HIGH = 0x40, LOW = 0xa0 };

static volatile unsigned handled[16];
static volatile bool urgent_comes;

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  INTID %u begins, running priority %x\n", (uint64_t)intid, (uint64_t)gic_running());
    if (intid == SLOW && urgent_comes) {
        uint64_t elr = read_register(elr_el1), spsr = read_register(spsr_el1); // another exception overwrites them
        gic_send(URGENT, 1);
        interrupts_take();
        write_register(elr_el1, elr);
        write_register(spsr_el1, spsr);
    }
    handled[intid]++;
    gic_eoi(iar);
    print("  INTID %u has ended\n", (uint64_t)intid);
}

static void need(unsigned intid, unsigned times)
{
    interrupts_take();
    if (handled[intid] != times)
        fail(handled[intid] < times ? "an interrupt does not come" : "an interrupt was not held back");
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);
    gic_set_priority(URGENT, HIGH);
    gic_set_priority(SLOW, LOW);
    gic_enable(URGENT);
    gic_enable(SLOW);

    print("the urgent one comes while the slow one is handled:\n");
    urgent_comes = true;
    gic_send(SLOW, 1);
    need(SLOW, 1);
    need(URGENT, 1);
    urgent_comes = false;

    print("PMR lets only urgent ones through:\n");
    gic_set_mask(0x80);
    gic_send(SLOW, 1);
    gic_send(URGENT, 1);
    need(URGENT, 2);
    need(SLOW, 1);

    print("PMR lets all through:\n");
    gic_set_mask(0xf0);
    need(SLOW, 2);
    return EXIT_PASSED;
}

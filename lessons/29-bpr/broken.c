// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 29, with a mistake: a handler is interrupted by one of its own group.
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { DISK = 1, NET = 2, TIMER = 3, COUNT = 4 }; // SGIs, which stand for devices here

static volatile unsigned handled[COUNT];
static volatile unsigned nested; // sent while NET is handled
static volatile unsigned inside; // handlers that share the memory of disk and net

static void handle(unsigned intid)
{
    if (intid != TIMER && inside++)
        fail("the disk's handler runs within that of the net");
    if (nested) {
        uint64_t elr = read_register(elr_el1), spsr = read_register(spsr_el1);
        gic_send(nested, 1);
        nested = 0;
        interrupts_take();
        write_register(elr_el1, elr);
        write_register(spsr_el1, spsr);
    }
    if (intid != TIMER)
        inside--;
}

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  INTID %u begins, running priority %x\n", (uint64_t)intid, (uint64_t)gic_running());
    handle(intid);
    handled[intid]++;
    gic_eoi(iar);
    print("  INTID %u has ended\n", (uint64_t)intid);
}

static void need(unsigned disk, unsigned net, unsigned timer)
{
    interrupts_take();
    if (handled[DISK] != disk || handled[NET] != net || handled[TIMER] != timer)
        fail("the number of interrupts is wrong");
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);
    gic_set_priority(TIMER, 0x40);
    gic_set_priority(DISK, 0xa0);
    gic_set_priority(NET, 0xa8);
    for (unsigned intid = DISK; intid < COUNT; intid++)
        gic_enable(intid);
    write_register(icc_bpr1_el1, 3); // bits 7:4 are the group priority

    print("disk and net wait:\n");
    gic_send(NET, 1);
    gic_send(DISK, 1);
    need(1, 1, 0);

    print("the timer, of another group, comes while the net is handled:\n");
    nested = TIMER;
    gic_send(NET, 1);
    need(1, 2, 1);

    print("PMR is between disk and net:\n");
    gic_set_mask(0xa8);
    gic_send(NET, 1);
    gic_send(DISK, 1);
    need(2, 2, 1);

    print("PMR lets the net through; the disk, of the same group, comes while it is handled:\n");
    nested = DISK;
    gic_set_mask(0xf0);
    need(3, 3, 1);
    return EXIT_PASSED;
}

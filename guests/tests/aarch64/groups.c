// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Group 0 arrives as FIQ and Group 1 as IRQ, each with its own registers. IHI 0069, 4.6 and 12.2; IHI 0048B, 3.8 and
// 4.4 (GICC_CTLR.FIQEn; GICC_AIAR and GICC_AEOIR are those of Group 1: 4.4.8, and QEMU's GICv2 does not have them).
#include "tests/aarch64/lines.h"

enum { GICC_AIAR = 0x20, GICC_AEOIR = 0x24, GICC_BOTH = 3, GICC_FIQ = 1 << 3 };

static uint32_t acknowledge(unsigned group)
{
    uint32_t iar;
    if (gic.version == 2)
        iar = read32(gic.gicc + (group ? GICC_AIAR : GICC_IAR));
    else
        iar = (uint32_t)(group ? read_register(icc_iar1_el1) : read_register(icc_iar0_el1));
    barrier();
    return gic_intid(iar);
}

static void eoi(unsigned group, uint32_t intid)
{
    if (gic.version == 2)
        write32(gic.gicc + (group ? GICC_AEOIR : GICC_EOIR), intid);
    else if (group)
        write_register(icc_eoir1_el1, intid);
    else
        write_register(icc_eoir0_el1, intid);
    barrier();
}

static void enable(bool group0, bool group1)
{
    if (gic.version == 2) {
        write32(gic.gicc + GICC_CTLR, (group0 ? 1 : 0) | (group1 ? 2 : 0) | GICC_FIQ);
    } else {
        write_register(icc_igrpen0_el1, group0);
        write_register(icc_igrpen1_el1, group1);
    }
    barrier();
}

static void set_group(unsigned intid, unsigned group)
{
    uint64_t at = gic_frame(intid) + GICD_IGROUPR + intid / 32 * 4;
    uint32_t bit = UINT32_C(1) << intid % 32;
    write32(at, group ? read32(at) | bit : read32(at) & ~bit);
}

static void take(struct frame *frame)
{
    unsigned group = frame->vector == VECTOR_IRQ;
    uint32_t other = acknowledge(!group);
    uint32_t intid = acknowledge(group);
    print("  %s: INTID %u, by the other group's register %s, running priority %x\n", group ? "IRQ" : "FIQ",
          (uint64_t)intid, other >= 1020 ? "nothing" : "something", (uint64_t)gic_running());
    eoi(group, intid);
}

static void take_all(void)
{
    for (unsigned i = 0; i < LINES; i++)
        interrupts_take();
}

static void masks(void)
{
    print("each has a mask of its own\n");
    raise(LINE_A);
    print("  ISR %x, F alone is open\n", read_register(isr_el1));
    __asm__ volatile("msr daifclr, #2; isb; msr daifset, #2" : : : "memory");
    print("  I is open: nothing\n");
    __asm__ volatile("msr daifclr, #1; isb; msr daifset, #1" : : : "memory");
    raise(LINE_B);
    print("  ISR %x\n", read_register(isr_el1));
    take_all();
}

static void order(void)
{
    print("A (Group 0) at 60, B (Group 1) at 40\n");
    gic_set_priority(LINE_A, 0x60);
    gic_set_priority(LINE_B, 0x40);
    raise(LINE_A);
    raise(LINE_B);
    print("  ISR %x\n", read_register(isr_el1));
    take_all();
    print("A at 20\n");
    gic_set_priority(LINE_A, 0x20);
    raise(LINE_A);
    raise(LINE_B);
    print("  ISR %x\n", read_register(isr_el1));
    take_all();
}

static void enables(void)
{
    gic_set_priority(LINE_A, 0x60);
    print("Group 0 off\n");
    enable(false, true);
    raise(LINE_A);
    raise(LINE_B);
    take_all();
    print("Group 1 off, Group 0 on\n");
    raise(LINE_B);
    gic_set_priority(LINE_A, 0x20);
    enable(true, false);
    take_all();
    print("both on\n");
    enable(true, true);
    take_all();
}

static void change(void)
{
    print("A becomes Group 1 while it is pending\n");
    raise(LINE_A);
    set_group(LINE_A, 1);
    barrier();
    print("  ISR %x\n", read_register(isr_el1));
    take_all();
}

int guest_main(void)
{
    lines_init();
    on_trap(VECTOR_IRQ, take);
    on_trap(VECTOR_FIQ, take);
    if (gic.version == 2)
        write32(gic.gicd + GICD_CTLR, GICC_BOTH);
    set_group(LINE_A, 0);
    set_group(LINE_B, 1);
    enable(true, true);
    print("one of each\n");
    raise(LINE_A);
    take_all();
    raise(LINE_B);
    take_all();
    masks();
    order();
    enables();
    change();
    return EXIT_PASSED;
}

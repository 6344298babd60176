// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The CPU interface and the processor's masks, from inside a guest: priorities, the mask, nesting, grouping, running
// priority. IHI 0069, chapter 4; IHI 0048B, chapter 3; DDI 0487, D1.3.
#include "tests/aarch64/lines.h"

static void report(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    print("  INTID %u, running priority %x\n", (uint64_t)gic_intid(iar), (uint64_t)gic_running());
    gic_eoi(iar);
}

static void set_priorities(uint8_t a, uint8_t b, uint8_t c)
{
    gic_set_priority(LINE_A, a);
    gic_set_priority(LINE_B, b);
    gic_set_priority(LINE_C, c);
}

static void take_all(void)
{
    for (unsigned i = 0; i < LINES + 1; i++)
        interrupts_take();
}

static void priorities(void)
{
    print("nothing: highest pending %u, running priority %x\n", (uint64_t)gic_highest(), (uint64_t)gic_running());
    print("A at 60, B at 40, C at 50, with interrupts off\n");
    set_priorities(0x60, 0x40, 0x50);
    raise(LINE_A);
    raise(LINE_B);
    raise(LINE_C);
    print("  highest pending %u\n", (uint64_t)gic_highest());
    take_all();
    print("two requests of one interrupt are one\n");
    raise(LINE_A);
    raise(LINE_A);
    take_all();
    print("priority changed while pending\n");
    raise(LINE_A);
    raise(LINE_B);
    gic_set_priority(LINE_A, 0x20);
    take_all();
}

static void mask(void)
{
    print("mask 50 holds 50 back\n");
    set_priorities(0x50, 0x48, 0x50);
    gic_set_mask(0x50);
    raise(LINE_A);
    take_all();
    print("  48 goes through\n");
    raise(LINE_B);
    take_all();
    print("mask 58\n");
    gic_set_mask(0x58);
    take_all();
    print("mask 0 holds everything back\n");
    gic_set_mask(0);
    set_priorities(0, 0x48, 0x50);
    raise(LINE_A);
    take_all();
    gic_set_mask(0xff);
    take_all();
}

// Enables interrupts while it serves A, and requests one of higher and one of lower priority.
static void nest(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  enter %u, running priority %x\n", (uint64_t)intid, (uint64_t)gic_running());
    if (intid == LINE_A) {
        raise(LINE_B);
        raise(LINE_C);
        take_all();
        print("  B pending %u, C pending %u, running priority %x\n", (uint64_t)gic_read_bit(GICD_ISPENDR, LINE_B),
              (uint64_t)gic_read_bit(GICD_ISPENDR, LINE_C), (uint64_t)gic_running());
    }
    print("  leave %u\n", (uint64_t)intid);
    gic_eoi(iar);
}

static void nesting(void)
{
    on_trap(VECTOR_IRQ, nest);
    print("nesting: A at 60, B at 80, C at 40\n");
    set_priorities(0x60, 0x80, 0x40);
    raise(LINE_A);
    take_all();
    print("nesting: all at 60\n");
    set_priorities(0x60, 0x60, 0x60);
    raise(LINE_A);
    take_all();
    print("grouping, 6 bits of subpriority: A at 60, B at 48, C at 30\n");
    gic_set_subpriority(6);
    set_priorities(0x60, 0x48, 0x30);
    raise(LINE_A);
    take_all();
    print("grouping: what is pending together still comes in order\n");
    on_trap(VECTOR_IRQ, report);
    raise(LINE_A);
    raise(LINE_B);
    take_all();
    gic_set_subpriority(1);
}

static void enables(void)
{
    print("pending while disabled\n");
    set_priorities(0x60, 0x60, 0x60);
    gic_disable(LINE_A);
    raise(LINE_A);
    take_all();
    print("  pending %u, highest pending %u; enabled\n", (uint64_t)gic_read_bit(GICD_ISPENDR, LINE_A),
          (uint64_t)gic_highest());
    gic_enable(LINE_A);
    take_all();
    print("pending while the distributor is off\n");
    uint32_t control = read32(gic.gicd + GICD_CTLR);
    write32(gic.gicd + GICD_CTLR, control & ~3u);
    raise(LINE_A);
    take_all();
    print("  on\n");
    write32(gic.gicd + GICD_CTLR, control);
    take_all();
}

// WFI ends by an interrupt that the processor masks, and the instruction after it is the next.
static void masks(void)
{
    print("WFI with interrupts masked\n");
    raise(LINE_A);
    __asm__ volatile("wfi" : : : "memory");
    print("  behind it; ISR %x\n", read_register(isr_el1));
    take_all();
    print("  ISR %x, DAIF %x\n", read_register(isr_el1), read_register(daif));
}

static void show_mask(struct frame *frame)
{
    print("  DAIF %x in the handler, %x before\n", read_register(daif), frame->pstate & 0x3c0);
    report(frame);
}

int guest_main(void)
{
    lines_init();
    on_trap(VECTOR_IRQ, report);
    priorities();
    mask();
    nesting();
    enables();
    masks();
    on_trap(VECTOR_IRQ, show_mask);
    raise(LINE_A);
    take_all();
    return EXIT_PASSED;
}

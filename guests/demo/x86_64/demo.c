// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The guest of `intact demo`: one interrupt by each of five ways, a line of output for each.
//
// The demo shows everything that it does, so it is small: start a device, wait, print which interrupt came.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"
#include "lib/x86_64/hpet.h"

enum { VECTOR_PIT = 0x31, VECTOR_TIMER = 0x32, VECTOR_IPI = 0x33, VECTOR_MSI = 0x34 };
enum { ISA_PIT_PIN = 2 }; // ISA IRQ 0 is at pin 2 of the first IOAPIC, as in the MADT

static volatile unsigned arrived; // the vector that came last
static volatile bool other_is_up;

static void through_pic(struct frame *frame)
{
    arrived = (unsigned)frame->vector;
    outb(PIC1, PIC_EOI);
}

static void through_lapic(struct frame *frame)
{
    arrived = (unsigned)frame->vector;
    lapic_eoi();
}

static void expect(unsigned vector, const char *what)
{
    while (!arrived)
        interrupts_wait();
    if (arrived != vector)
        fail(what);
    print("%s: vector %x\n", what, (uint64_t)vector);
    arrived = 0;
}

static void pit_by_pic(void)
{
    on_trap(PIC_VECTOR, through_pic);
    pic_unmask(0);
    pit_start(0, 1193); // mode 0: one rising edge of OUT after about a millisecond
    expect(PIC_VECTOR, "PIT tick through the 8259");
    pic_mask_all();
}

static void pit_by_ioapic(void)
{
    on_trap(VECTOR_PIT, through_lapic);
    ioapic_route(ISA_PIT_PIN, VECTOR_PIT, 0);
    pit_start(0, 1193);
    expect(VECTOR_PIT, "PIT tick through the IOAPIC");
    ioapic_route(ISA_PIT_PIN, ENTRY_MASKED, 0);
}

static void local_timer(void)
{
    on_trap(VECTOR_TIMER, through_lapic);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
    lapic_write(LAPIC_INITIAL, 100000);
    expect(VECTOR_TIMER, "LAPIC timer");
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
}

// The other processor reports that it is running, then sleeps until it is interrupted, and answers with an IPI of its
// own.
static void other_processor(void)
{
    other_is_up = true;
    for (;;)
        interrupts_wait();
}

static void answer(struct frame *frame)
{
    if (processor_self() == 0) {
        through_lapic(frame);
        return;
    }
    lapic_eoi();
    lapic_ipi(0, ICR_FIXED | ICR_ASSERT | VECTOR_IPI);
}

static void ipi(void)
{
    if (processor_count() < 2) {
        print("IPI: needs a second processor\n");
        return;
    }
    on_trap(VECTOR_IPI, answer);
    if (!processor_run(1, other_processor))
        fail("the second processor does not start");
    while (!other_is_up)
        relax();
    lapic_ipi(1, ICR_FIXED | ICR_ASSERT | VECTOR_IPI);
    expect(VECTOR_IPI, "IPI to processor 1 and back");
}

static void msi(void)
{
    if (!hpet_can_send()) {
        print("MSI: no source\n");
        return;
    }
    on_trap(VECTOR_MSI, through_lapic);
    hpet_send(LAPIC, VECTOR_MSI, 10000); // to APIC id 0, fixed, edge
    expect(VECTOR_MSI, "MSI from the HPET");
}

int guest_main(void)
{
    print("demo: five interrupts\n");
    pit_by_pic();
    pit_by_ioapic();
    local_timer();
    ipi();
    msi();
    print("demo: done\n");
    return EXIT_PASSED;
}

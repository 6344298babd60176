// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The 8259 through the IOAPIC: its INTR is at pin 0 (MP specification 1.4, section 3.6.2.2, "virtual wire through the
// I/O APIC"), and an ExtINT entry has the processor fetch the vector from the 8259. Not run on emulators without that
// wire.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

static void line(unsigned pin, unsigned level)
{
    outb((uint16_t)(0x2000 + pin), (uint8_t)level);
}

static void through_pic(struct frame *frame)
{
    print("  vector %x\n", frame->vector);
    outb(PIC1, PIC_EOI);
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + 6, through_pic);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    pic_unmask(6);
    print("ExtINT through pin 0\n");
    ioapic_route(0, 0x700, 0);
    line(6, 1);
    interrupts_take();
    line(6, 0);
    return EXIT_PASSED;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sequences of chips.h, and waiting by the PIT.
#include "lib/x86_64/chips.h"

#include "lib/guest.h"

void pic_init(uint8_t icw4_bits)
{
    outb(PIC1, 0x11); // ICW1: edge, cascade, ICW4 follows
    outb(PIC2, 0x11);
    outb(PIC1_DATA, PIC_VECTOR);
    outb(PIC2_DATA, PIC_VECTOR + 8);
    outb(PIC1_DATA, 0x04); // ICW3: slave on 2
    outb(PIC2_DATA, 0x02);
    outb(PIC1_DATA, 0x01 | icw4_bits);
    outb(PIC2_DATA, 0x01 | icw4_bits);
    outb(ELCR1, 0);
    outb(ELCR2, 0);
    pic_mask_all();
}

void pic_mask_all(void)
{
    outb(PIC1_DATA, 0xff);
    outb(PIC2_DATA, 0xff);
}

void pic_unmask(unsigned irq)
{
    if (irq < 8) {
        outb(PIC1_DATA, inb(PIC1_DATA) & (uint8_t) ~(1u << irq));
        return;
    }
    outb(PIC2_DATA, inb(PIC2_DATA) & (uint8_t) ~(1u << (irq - 8)));
    outb(PIC1_DATA, inb(PIC1_DATA) & (uint8_t) ~(1u << 2));
}

// Virtual wire mode (MP specification 1.4, section 3.6.2.2): the 8259's INTR comes in at the boot processor's LINT0.
void lapic_init(bool boot_processor)
{
    lapic_write(LAPIC_SVR, 0x100 | SPURIOUS_VECTOR);
    lapic_write(LAPIC_TPR, 0);
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT0, boot_processor ? LVT_EXTINT : LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, boot_processor ? LVT_NMI : LVT_MASKED);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_1);
}

void lapic_ipi(uint8_t destination, uint32_t command)
{
    while (lapic_read(LAPIC_ICR) & ICR_PENDING)
        relax();
    lapic_write(LAPIC_ICR_HIGH, (uint32_t)destination << 24);
    lapic_write(LAPIC_ICR, command);
}

bool lapic_bit(enum lapic_register bank, unsigned vector)
{
    return read32(LAPIC + bank + vector / 32 * 0x10) >> (vector % 32) & 1;
}

// Counter 2 in mode 0 with its gate open: OUT2, readable in port 61h bit 5, rises when the count is done.
static void wait_counts(uint16_t counts)
{
    outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1);
    outb(PIT_CONTROL, 0xb0);
    outb(PIT2, (uint8_t)counts);
    outb(PIT2, (uint8_t)(counts >> 8));
    while (!(inb(PIT_GATE) & 0x20))
        relax();
}

void wait_us(uint64_t us)
{
    for (; us > 50000; us -= 50000)
        wait_counts(59659);
    wait_counts((uint16_t)(us * PIT_HZ / 1000000 + 1));
}

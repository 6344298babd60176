// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's interrupt hardware as a guest sees it: just the registers and the few sequences that every guest needs.
#ifndef GUEST_X86_64_CHIPS_H
#define GUEST_X86_64_CHIPS_H

#include "lib/x86_64/cpu.h"

// 8259A pair (Intel 8259A data sheet).
enum { PIC1 = 0x20, PIC1_DATA = 0x21, PIC2 = 0xa0, PIC2_DATA = 0xa1, ELCR1 = 0x4d0, ELCR2 = 0x4d1 };
enum { PIC_EOI = 0x20, PIC_SPECIFIC_EOI = 0x60, PIC_READ_IRR = 0x0a, PIC_READ_ISR = 0x0b, PIC_POLL = 0x0c };
#define PIC_VECTOR 0x20

// Edge triggered, cascade on 2, 8086 mode, everything masked. `icw4_bits`: 2 for automatic EOI.
void pic_init(uint8_t icw4_bits);
void pic_unmask(unsigned irq);
void pic_mask_all(void);

// 82093AA IOAPIC.
#define IOAPIC 0xfec00000u
enum { IOAPIC_VERSION = 1, IOAPIC_ENTRY = 0x10 };
enum { ENTRY_MASKED = 1 << 16, ENTRY_LEVEL = 1 << 15, ENTRY_REMOTE_IRR = 1 << 14, ENTRY_LOW = 1 << 13 };

INLINE uint32_t ioapic_read(uint32_t index)
{
    write32(IOAPIC, index);
    return read32(IOAPIC + 0x10);
}

INLINE void ioapic_write(uint32_t index, uint32_t value)
{
    write32(IOAPIC, index);
    write32(IOAPIC + 0x10, value);
}

// High half first, so that the entry never points at the wrong processor while it is unmasked.
INLINE void ioapic_route(unsigned pin, uint32_t low, uint8_t destination)
{
    ioapic_write(IOAPIC_ENTRY + 2 * pin + 1, (uint32_t)destination << 24);
    ioapic_write(IOAPIC_ENTRY + 2 * pin, low);
}

// Local APIC, xAPIC mode (Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller").
#define LAPIC 0xfee00000u
enum lapic_register {
    LAPIC_ID = 0x20,
    LAPIC_VERSION = 0x30,
    LAPIC_TPR = 0x80,
    LAPIC_PPR = 0xa0,
    LAPIC_EOI = 0xb0,
    LAPIC_LDR = 0xd0,
    LAPIC_DFR = 0xe0,
    LAPIC_SVR = 0xf0,
    LAPIC_ISR = 0x100,
    LAPIC_TMR = 0x180,
    LAPIC_IRR = 0x200,
    LAPIC_ESR = 0x280,
    LAPIC_ICR = 0x300,
    LAPIC_ICR_HIGH = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_INITIAL = 0x380,
    LAPIC_CURRENT = 0x390,
    LAPIC_DIVIDE = 0x3e0,
};
enum {
    ICR_FIXED = 0,
    ICR_LOWEST = 0x100,
    ICR_NMI = 0x400,
    ICR_INIT = 0x500,
    ICR_STARTUP = 0x600,
    ICR_ASSERT = 0x4000,
    ICR_SELF = 0x40000,
    ICR_ALL = 0x80000,
    ICR_OTHERS = 0xc0000,
    ICR_PENDING = 0x1000,
    LVT_MASKED = 0x10000,
    LVT_PERIODIC = 0x20000,
    LVT_EXTINT = 0x700,
    LVT_NMI = 0x400,
    LAPIC_DIVIDE_1 = 0xb,
    SPURIOUS_VECTOR = 0xff,
};

INLINE uint32_t lapic_read(enum lapic_register at)
{
    return read32(LAPIC + at);
}

INLINE void lapic_write(enum lapic_register at, uint32_t value)
{
    write32(LAPIC + at, value);
}

INLINE void lapic_eoi(void)
{
    lapic_write(LAPIC_EOI, 0);
}

void lapic_init(bool boot_processor);
void lapic_ipi(uint8_t destination, uint32_t command);
// Whether `vector`'s bit is set in the bank that starts at IRR, ISR or TMR.
bool lapic_bit(enum lapic_register bank, unsigned vector);

// 16550A UART, the first serial port.
#define COM1 0x3f8

// 8254 PIT.
enum { PIT0 = 0x40, PIT2 = 0x42, PIT_CONTROL = 0x43, PIT_GATE = 0x61 };
#define PIT_HZ 1193182u

INLINE void pit_start(unsigned mode, uint16_t count)
{
    outb(PIT_CONTROL, (uint8_t)(0x30 | mode << 1)); // counter 0, low byte then high byte
    outb(PIT0, (uint8_t)count);
    outb(PIT0, (uint8_t)(count >> 8));
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with the IOAPIC (82093AA).
#ifndef MISTAKES_IOAPIC_H
#define MISTAKES_IOAPIC_H

#include "lib/x86_64/hpet.h"
#include "mistakes/x86_64/interrupts.h"

static void uart_by_ioapic(uint32_t low, uint8_t destination)
{
    quiet = uart_quiet;
    on_trap(low & 0xff, on_lapic);
    ioapic_route(UART_IRQ, low, destination);
}

static void edu_by_ioapic(uint32_t low)
{
    edu_find();
    quiet = edu_quiet;
    on_trap(low & 0xff, on_lapic);
    ioapic_route(pci_pin(edu_devfn), low, 0);
}

static void entry_masked(void)
{
    uart_by_ioapic(VECTOR | (wrong ? ENTRY_MASKED : 0), 0);
    uart_times(1);
}

static void no_such_destination(void)
{
    uart_by_ioapic(VECTOR, wrong ? 7 : 0);
    uart_times(1);
}

static void vector_below_16(void)
{
    uart_by_ioapic(wrong ? UART_IRQ : VECTOR, 0);
    uart_times(1);
}

static void active_low(void)
{
    uart_by_ioapic(VECTOR | (wrong ? ENTRY_LOW : 0), 0);
    uart_times(1);
}

static void edge_for_a_level(void)
{
    edu_by_ioapic(VECTOR | (wrong ? 0 : ENTRY_LEVEL));
    edu_bits(3);
    wait_for(2);
}

// IRQ 0 arrives at pin 2, as the MADT's override says.
static void pin_0_for_the_timer(void)
{
    quiet = nothing;
    on_trap(VECTOR, on_lapic);
    ioapic_route(wrong ? TIMER_IRQ : TIMER_PIN, VECTOR, 0);
    pit_raise();
    wait_for(1);
}

static void device_not_cleared(void)
{
    edu_by_ioapic(VECTOR | ENTRY_LEVEL);
    if (wrong)
        quiet = nothing;
    edu_bits(1);
    interrupts_on();
    while (read32(edu_registers + EDU_INTERRUPT))
        relax();
}

// SVR bit 12: EOIs are not broadcast, and software writes the EOI register of the IOAPIC.
static void end_at_the_ioapic(struct frame *frame)
{
    on_lapic(frame);
    if (!wrong)
        write32(IOAPIC + 0x40, VECTOR);
}

static void no_ioapic_eoi(void)
{
    edu_by_ioapic(VECTOR | ENTRY_LEVEL);
    on_trap(VECTOR, end_at_the_ioapic);
    lapic_write(LAPIC_SVR, 0x1000 | 0x100 | SPURIOUS_VECTOR);
    edu_bits(3);
    wait_for(2);
}

// APIC id 1 exists, and nobody has started it.
static void to_a_cpu_not_started(void)
{
    uart_by_ioapic(VECTOR, wrong ? 1 : 0);
    uart_times(1);
}

static void intx_disabled(void)
{
    edu_by_ioapic(VECTOR | ENTRY_LEVEL);
    set_command(edu_devfn, wrong ? PCI_COMMAND_NO_INTX : 0, 0);
    edu_bits(1);
    wait_for(1);
}

static void no_gate(void)
{
    uart_by_ioapic(VECTOR, 0);
    if (wrong)
        gate_remove(VECTOR);
    uart_times(1);
}

// The entry is ready before the local APIC, which meanwhile accepts nothing.
static void unmasked_before_svr(void)
{
    if (wrong)
        lapic_write(LAPIC_SVR, SPURIOUS_VECTOR);
    uart_by_ioapic(VECTOR, 0);
    lapic_write(LAPIC_SVR, 0x100 | SPURIOUS_VECTOR);
    uart_times(1);
}

// OUT0 stays high when the count is over: as a level it asks for ever.
static void level_for_an_edge(void)
{
    quiet = nothing;
    on_trap(VECTOR, on_lapic);
    ioapic_route(TIMER_PIN, VECTOR | (wrong ? ENTRY_LEVEL : 0), 0);
    pit_raise();
    wait_for(1);
}

// Two devices have one line, and the handler has heard of one of them.
static void shared_line_claimed_alone(void)
{
    edu_find_two();
    quiet = wrong ? edu_quiet : edu_quiet_both;
    on_trap(VECTOR, on_lapic);
    ioapic_route(pci_pin(edu_devfn), VECTOR | ENTRY_LEVEL, 0);
    edu_bits(1);
    wait_for(1);
    write32(edu_other + EDU_RAISE, 1);
    interrupts_on();
    while (read32(edu_other + EDU_INTERRUPT))
        relax();
}

// IA-PC HPET 2.3.9.2.1: a comparator that is behind the counter matches when the counter has come round.
static void hpet_in_the_past(void)
{
    enum { LATER = 5000, ROUTE = 9 };
    unsigned pin = 31 - (unsigned)__builtin_clz(read32(HPET + HPET_TIMER0_CONFIG + 4)); // the last that it can have
    quiet = nothing;
    on_trap(VECTOR, on_lapic);
    ioapic_route(pin, VECTOR, 0);
    write32(HPET + HPET_TIMER0_CONFIG, TIMER_INT_ENABLE | pin << ROUTE);
    write32(HPET + HPET_CONFIG, HPET_ENABLE);
    while (read32(HPET + HPET_COUNTER) < LATER)
        relax();
    write32(HPET + HPET_TIMER0_COMPARATOR + 4, 0);
    write32(HPET + HPET_TIMER0_COMPARATOR, read32(HPET + HPET_COUNTER) + (wrong ? -1000 : LATER));
    wait_for(1);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What people do wrong with a PC's interrupts; see mistakes/mistakes.h. Intel 8259A data sheet; 82093AA (IOAPIC); SDM volume
// 3, chapter "Advanced Programmable Interrupt Controller".
#include "mistakes/mistakes.h"

#include "lib/x86_64/chips.h"

enum { UART_IRQ = 4, RTC_IRQ = 8, TIMER_IRQ = 0, TIMER_PIN = 2, VECTOR = 0x51, ENTRY_NMI = 0x400 };
enum { END_MASTER = 1, END_SLAVE = 2, END_LAPIC = 4 };

static void (*quiet)(void); // the device of the interrupt
static unsigned ends = END_MASTER | END_SLAVE;

static void on_pic(struct frame *frame)
{
    quiet();
    taken = taken + 1;
    if (frame->vector >= PIC_VECTOR + 8 && ends & END_SLAVE)
        outb(PIC2, PIC_EOI);
    if (ends & END_MASTER)
        outb(PIC1, PIC_EOI);
    if (ends & END_LAPIC)
        lapic_eoi();
}

static void on_lapic(struct frame *frame)
{
    (void)frame;
    quiet();
    taken = taken + 1;
    if (ends)
        lapic_eoi();
}

// --- Devices ----------------------------------------------------------------------------------------------------------

// 16550A: the transmitter's interrupt rises when it is enabled, and a read of the identification register ends it.
static void uart_raise(void)
{
    outb(COM1 + 1, 2);
}

static void uart_quiet(void)
{
    inb(COM1 + 2);
    outb(COM1 + 1, 0);
}

// MC146818A: 1,024 interrupts a second, each until register C is read.
static uint8_t rtc_read(uint8_t index)
{
    outb(0x70, index);
    return inb(0x71);
}

static void rtc_raise(void)
{
    uint8_t b = rtc_read(0x0b);
    outb(0x71, b | 0x40);
}

static void rtc_quiet(void)
{
    rtc_read(0x0c);
}

static void nothing(void)
{
}

static void pit_raise(void)
{
    pit_start(0, 1000);
}

// --- 8259A ------------------------------------------------------------------------------------------------------------

static void uart_by_pic(void)
{
    quiet = uart_quiet;
    on_trap(PIC_VECTOR + UART_IRQ, on_pic);
    pic_unmask(UART_IRQ);
}

static void uart_times(unsigned times)
{
    for (unsigned i = 1; i <= times; i++) {
        uart_raise();
        wait_for(i);
    }
}

static void rtc_by_pic(void)
{
    quiet = rtc_quiet;
    on_trap(PIC_VECTOR + RTC_IRQ, on_pic);
    pic_unmask(RTC_IRQ);
}

static void sti_forgotten(void)
{
    uart_by_pic();
    uart_raise();
    if (!wrong)
        interrupts_on();
    while (!taken)
        __asm__ volatile("hlt" : : : "memory");
}

static void irq_masked(void)
{
    uart_by_pic();
    if (wrong)
        outb(PIC1_DATA, 0xff);
    uart_times(1);
}

static void no_eoi(void)
{
    uart_by_pic();
    ends = wrong ? 0 : END_MASTER;
    uart_times(2);
}

// Its line is the 8259A's, so the local APIC has nothing in service.
static void eoi_to_lapic(void)
{
    uart_by_pic();
    ends = wrong ? END_LAPIC : END_MASTER;
    uart_times(2);
}

static void eoi_to_slave_only(void)
{
    rtc_by_pic();
    ends = wrong ? END_SLAVE : END_SLAVE | END_MASTER;
    rtc_raise();
    wait_for(2);
}

static void eoi_to_master_only(void)
{
    rtc_by_pic();
    ends = wrong ? END_MASTER : END_SLAVE | END_MASTER;
    rtc_raise();
    wait_for(2);
}

static void ended_not(struct frame *frame)
{
    (void)frame;
    taken = taken + 1;
    if (!wrong)
        outb(PIC1, PIC_EOI);
}

// The timer's handler has no EOI; it is the UART that suffers.
static void no_eoi_of_another(void)
{
    uart_by_pic();
    on_trap(PIC_VECTOR + TIMER_IRQ, ended_not);
    pic_unmask(TIMER_IRQ);
    pit_raise();
    wait_for(1);
    uart_raise();
    wait_for(2);
}

static void cascade_masked(void)
{
    rtc_by_pic();
    if (wrong)
        outb(PIC1_DATA, 0xff);
    rtc_raise();
    wait_for(1);
}

// The vectors of the BIOS: IRQ 1 is 09h, IRQ 4 is 0Ch, which is the stack fault's.
static void remap_forgotten(void)
{
    uart_by_pic();
    if (wrong) {
        outb(PIC1, 0x11);
        outb(PIC1_DATA, 0x08);
        outb(PIC1_DATA, 0x04);
        outb(PIC1_DATA, 0x01);
    }
    uart_times(1);
}

// The line stays up, so there is no second edge.
static void register_c_not_read(void)
{
    rtc_by_pic();
    if (wrong)
        quiet = nothing;
    rtc_raise();
    wait_for(2);
}

// A line with two causes at once: as an edge it comes once, and stays up.
static void elcr_edge(void)
{
    edu_find();
    unsigned irq = pci_pin(edu_devfn);
    quiet = edu_quiet;
    on_trap(PIC_VECTOR + irq, on_pic);
    if (!wrong)
        outb(ELCR2, (uint8_t)(1u << (irq - 8)));
    pic_unmask(irq);
    edu_bits(3);
    wait_for(2);
}

static void lint0_masked(void)
{
    uart_by_pic();
    if (wrong)
        lapic_write(LAPIC_LVT_LINT0, LVT_EXTINT | LVT_MASKED);
    uart_times(1);
}

// --- IOAPIC -----------------------------------------------------------------------------------------------------------

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

// --- Local APIC -------------------------------------------------------------------------------------------------------

static void software_disabled(void)
{
    uart_by_ioapic(VECTOR, 0);
    if (wrong)
        lapic_write(LAPIC_SVR, SPURIOUS_VECTOR);
    uart_times(1);
}

static void tpr_too_high(void)
{
    uart_by_ioapic(VECTOR, 0);
    lapic_write(LAPIC_TPR, wrong ? 0x50 : 0x40);
    uart_times(1);
}

static void no_lapic_eoi(void)
{
    uart_by_ioapic(VECTOR, 0);
    ends = !wrong;
    uart_times(2);
}

static void two_eois(struct frame *frame)
{
    on_lapic(frame);
    if (wrong)
        lapic_eoi();
}

static void eoi_twice(void)
{
    uart_by_ioapic(VECTOR, 0);
    on_trap(VECTOR, two_eois);
    uart_times(1);
}

static void timer_by_lapic(uint32_t entry)
{
    quiet = nothing;
    on_trap(VECTOR, on_lapic);
    lapic_write(LAPIC_LVT_TIMER, entry | VECTOR);
    lapic_write(LAPIC_INITIAL, 1000);
}

static void timer_masked(void)
{
    timer_by_lapic(wrong ? LVT_MASKED : 0);
    wait_for(1);
}

static void timer_not_rearmed(void)
{
    timer_by_lapic(wrong ? 0 : LVT_PERIODIC);
    wait_for(2);
}

// A write of LVT_TIMER starts nothing: the initial count does.
static void timer_not_started(void)
{
    timer_by_lapic(0);
    if (wrong)
        lapic_write(LAPIC_INITIAL, 0);
    wait_for(1);
}

// An NMI handler that leaves by a jump: until an IRET no other NMI is taken (SDM volume 3, "Handling Multiple NMIs").
static void *resume[5];

static void on_nmi(struct frame *frame)
{
    (void)frame;
    uart_quiet();
    taken = taken + 1;
    if (wrong)
        __builtin_longjmp(resume, 1);
}

static void nmi_without_iret(void)
{
    on_trap(2, on_nmi);
    ioapic_route(UART_IRQ, ENTRY_NMI, 0);
    if (!__builtin_setjmp(resume)) {
        uart_raise();
        while (taken < 1)
            relax();
    }
    uart_raise();
    while (taken < 2)
        relax();
}

// --- Messages ---------------------------------------------------------------------------------------------------------

static void edu_by_msi(uint32_t address, uint32_t data)
{
    edu_find();
    quiet = edu_quiet;
    on_trap(VECTOR, on_lapic);
    if (!pci_msi_on(edu_devfn, address, data))
        fail("edu has no MSI");
}

static void bus_master_off(void)
{
    edu_by_msi(LAPIC, VECTOR);
    set_command(edu_devfn, 0, wrong ? PCI_COMMAND_MASTER : 0);
    edu_bits(1);
    wait_for(1);
}

static void msi_not_enabled(void)
{
    edu_by_msi(LAPIC, VECTOR);
    if (wrong)
        pci_msi_off(edu_devfn);
    edu_bits(1);
    wait_for(1);
}

static void msi_to_no_cpu(void)
{
    edu_by_msi(LAPIC | (wrong ? 7 << 12 : 0), VECTOR);
    edu_bits(1);
    wait_for(1);
}

// The IOAPIC takes no messages.
static void msi_to_the_ioapic(void)
{
    edu_by_msi(wrong ? IOAPIC : LAPIC, VECTOR);
    edu_bits(1);
    wait_for(1);
}

static void msi_vector_below_16(void)
{
    edu_by_msi(LAPIC, wrong ? 5 : VECTOR);
    edu_bits(1);
    wait_for(1);
}

static const struct mistake mistakes[] = {
    { "sti-forgotten", sti_forgotten },
    { "irq-masked", irq_masked },
    { "no-eoi", no_eoi },
    { "eoi-to-lapic", eoi_to_lapic },
    { "eoi-to-slave-only", eoi_to_slave_only },
    { "eoi-to-master-only", eoi_to_master_only },
    { "no-eoi-of-another", no_eoi_of_another },
    { "cascade-masked", cascade_masked },
    { "remap-forgotten", remap_forgotten },
    { "register-c-not-read", register_c_not_read },
    { "elcr-edge", elcr_edge },
    { "lint0-masked", lint0_masked },
    { "entry-masked", entry_masked },
    { "no-such-destination", no_such_destination },
    { "vector-below-16", vector_below_16 },
    { "active-low", active_low },
    { "edge-for-a-level", edge_for_a_level },
    { "pin-0-for-the-timer", pin_0_for_the_timer },
    { "device-not-cleared", device_not_cleared },
    { "no-ioapic-eoi", no_ioapic_eoi },
    { "to-a-cpu-not-started", to_a_cpu_not_started },
    { "intx-disabled", intx_disabled },
    { "software-disabled", software_disabled },
    { "tpr-too-high", tpr_too_high },
    { "no-lapic-eoi", no_lapic_eoi },
    { "eoi-twice", eoi_twice },
    { "timer-masked", timer_masked },
    { "timer-not-rearmed", timer_not_rearmed },
    { "timer-not-started", timer_not_started },
    { "nmi-without-iret", nmi_without_iret },
    { "bus-master-off", bus_master_off },
    { "msi-not-enabled", msi_not_enabled },
    { "msi-to-no-cpu", msi_to_no_cpu },
    { "msi-to-the-ioapic", msi_to_the_ioapic },
    { "msi-vector-below-16", msi_vector_below_16 },
    { "msix-row-masked", msix_row_masked },
    { "msix-function-masked", msix_function_masked },
    { "msix-not-enabled", msix_not_enabled },
};

int guest_main(void)
{
    return run_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace events in words.
#include "observe/event_text.h"

#include <criterion/criterion.h>

static const char *say_event(bool arm, const struct intact_trace_event *event)
{
    static char text[EVENT_TEXT_SIZE];
    event_text(arm, event, text, sizeof text);
    return text;
}

#define SAY(is_arm, ...) say_event((is_arm), &(struct intact_trace_event){ __VA_ARGS__ })
#define ID(name)         .id = INTACT_TRACE_##name

Test(event_text, an_exception_and_the_read_of_iar_are_two_facts_of_the_arm_machine)
{
    cr_assert_str_eq(SAY(true, ID(TAKE), .cpu = 1, .a = 0x20, .b = 0x40080000),
                     "CPU 1 takes the IRQ exception at 0x40080000");
    cr_assert_str_eq(SAY(true, ID(TAKE), .a = 0x40, .source = "pl011"), "CPU 0 takes the FIQ exception (pl011)",
                     "chips alone know no program counter");
    cr_assert_str_eq(SAY(true, ID(ACK), .cpu = 1, .a = 27, .b = 1), "CPU 1 acknowledges INTID 27");
}

Test(event_text, the_pc_takes_vectors)
{
    cr_assert_str_eq(SAY(false, ID(TAKE), .cpu = 1, .a = 0x24, .b = 0x7c00), "CPU 1 takes vector 24h at 0x7c00");
    cr_assert_str_eq(SAY(false, ID(TAKE), .a = 0x31, .b = 0x1000e2, .source = "pit.out0"),
                     "CPU 0 takes vector 31h (pit.out0) at 0x1000e2");
}

Test(event_text, whoever_raises_a_line_has_a_name)
{
    cr_assert_str_eq(SAY(false, ID(LINE), .a = 2, .b = 1, .source = "pit.out0"), "pit.out0 raises GSI 2");
    cr_assert_str_eq(SAY(false, ID(LINE), .a = 2), "a device lowers GSI 2");
    cr_assert_str_eq(SAY(false, ID(LINE), .a = INTACT_NMI_LINE, .b = 1), "the board raises the NMI line");
    cr_assert_str_eq(SAY(false, ID(TRIGGER), .a = 8, .b = 1, .source = "edu0.msi"), "edu0.msi is triggered");
    cr_assert_str_eq(SAY(false, ID(MESSAGE), .a = 0xfee00000, .b = 0x31, .source = "edu0.msi"),
                     "edu0.msi sends a message: 0x31 to address 0xfee00000");
    cr_assert_str_eq(SAY(false, ID(TIMER), .cpu = 2), "local APIC timer of CPU 2 fires");
}

Test(event_text, chips_and_pins_have_names)
{
    cr_assert_str_eq(SAY(false, ID(PIN), .a = INTACT_CHIP_IOAPIC, .b = 2, .c = 1), "IOAPIC sees pin 2 go high");
    cr_assert_str_eq(SAY(false, ID(PIN), .a = INTACT_CHIP_IOAPIC + 1, .b = 2), "IOAPIC 1 sees pin 2 go low");
    cr_assert_str_eq(SAY(false, ID(PIN), .a = INTACT_CHIP_PIC, .b = 4, .c = 1), "8259A sees IRQ 4 go high");
    cr_assert_str_eq(SAY(false, ID(PIN), .cpu = 1, .a = INTACT_CHIP_LAPIC, .b = 1, .c = 1),
                     "local APIC of CPU 1 sees LINT1 go high");
    cr_assert_str_eq(SAY(true, ID(PIN), .a = INTACT_CHIP_GICD, .b = 1, .c = 1),
                     "GIC distributor sees SPI 1 (INTID 33) go high");
    cr_assert_str_eq(SAY(true, ID(PIN), .a = INTACT_CHIP_GICD, .b = 1025, .c = 1),
                     "GIC distributor sees SPI 1025 (INTID 4097) go high");
    cr_assert_str_eq(SAY(true, ID(PIN), .cpu = 1, .a = INTACT_CHIP_GIC_CPU, .b = 27, .c = 1),
                     "GIC of CPU 1 sees INTID 27 go high");
    cr_assert_str_eq(SAY(false, ID(ROUTE), .a = 2, .b = INTACT_CHIP_IOAPIC, .c = 2),
                     "GSI 2 leads to pin 2 of the IOAPIC");
    cr_assert_str_eq(SAY(false, ID(ROUTE), .a = 5, .b = 0xffffffff), "GSI 5 leads to a message");
    cr_assert_str_eq(SAY(false, ID(EOI), .a = 0x31, .b = INTACT_CHIP_IOAPIC, .c = 2),
                     "end of vector 31h at pin 2 of the IOAPIC");
    cr_assert_str_eq(SAY(false, ID(EOI), .a = 0x31, .b = INTACT_CHIP_LAPIC),
                     "end of vector 31h at the local APIC of CPU 0");
}

Test(event_text, what_a_local_apic_accepts_and_sends_has_a_mode)
{
    cr_assert_str_eq(SAY(false, ID(ACCEPT), .a = 0x31), "local APIC of CPU 0 accepts vector 31h");
    cr_assert_str_eq(SAY(false, ID(ACCEPT), .a = 2, .b = 4), "local APIC of CPU 0 accepts NMI");
    cr_assert_str_eq(SAY(false, ID(IPI), .a = 1, .c = 0x33),
                     "CPU 0 sends an IPI to destination 0x1: vector 33h, fixed");
    cr_assert_str_eq(SAY(false, ID(IPI), .b = 3 << 8 | 5), "CPU 0 sends an IPI to all other CPUs: INIT");
    cr_assert_str_eq(SAY(true, ID(IPI), .a = 2, .c = 1), "CPU 0 sends SGI 1 to target 1");
    cr_assert_str_eq(SAY(true, ID(IPI), .a = 0x103010009, .c = 3),
                     "CPU 0 sends SGI 3 to targets 0 3 of affinity 0.1.1");
    cr_assert_str_eq(SAY(true, ID(IPI), .a = UINT64_C(1) << 44 | 0xffff, .c = 3),
                     "CPU 0 sends SGI 3 to targets 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31");
    cr_assert_str_eq(SAY(true, ID(IPI), .a = UINT64_C(1) << 40, .c = 1), "CPU 0 sends SGI 1 to all other CPUs");
    cr_assert_str_eq(SAY(false, ID(PENDING), .a = 3), "CPU 0 has INTR, NMI pending");
    cr_assert_str_eq(SAY(false, ID(PENDING)), "CPU 0 has nothing pending");
}

Test(event_text, accesses_say_who_and_how)
{
    cr_assert_str_eq(SAY(false, ID(ACCESS), .a = 0x20, .b = 0x60, .c = 1 | 1 << 8 | 1 << 9),
                     "CPU 0 writes 0x60 to port 0x20");
    cr_assert_str_eq(SAY(false, ID(ACCESS), .cpu = INTACT_NO_CPU, .a = 0xfee00020, .b = 0, .c = 4),
                     "a CPU reads 0x0 from register 0xfee00020");
}

Test(event_text, a_mistake_is_the_guests)
{
    cr_assert_str_eq(SAY(false, ID(MISTAKE), .a = INTACT_CHIP_PIC, .b = 1, .c = 0x20, .mistake = "eoi"),
                     "a mistake of the guest at the 8259A: eoi (0x20)");
    cr_assert_str_eq(SAY(false, ID(MISTAKE), .a = INTACT_CHIP_DEVICE, .b = 1, .c = 3, .device = "com1"),
                     "a mistake of the guest at com1: number 1 (0x3)");
}

Test(event_text, a_mask_says_where_and_whether_the_interrupt_waits)
{
    cr_assert_str_eq(SAY(false, ID(MASK), .a = INTACT_CHIP_PIC, .b = 4, .c = 1),
                     "IRQ 4 of the 8259A is masked: the interrupt waits");
    cr_assert_str_eq(SAY(false, ID(MASK), .a = INTACT_CHIP_IOAPIC, .b = 2),
                     "pin 2 of the IOAPIC is masked: the interrupt is lost");
    cr_assert_str_eq(SAY(true, ID(MASK), .cpu = 2, .a = INTACT_CHIP_GIC_CPU, .b = 27, .c = 1),
                     "INTID 27 of the GIC of CPU 2 is masked: the interrupt waits");
    cr_assert_str_eq(SAY(true, ID(MASK), .a = INTACT_CHIP_SOURCE, .b = 7, .c = 1),
                     "source 7 of the group is masked: the interrupt waits");
    cr_assert_str_eq(SAY(true, ID(MASK), .a = INTACT_CHIP_SOURCE, .b = 7, .c = 1, .source = "nic.msix1"),
                     "nic.msix1 is masked: the interrupt waits");
}

Test(event_text, a_resample_says_what_it_found)
{
    cr_assert_str_eq(SAY(false, ID(RESAMPLE), .a = 4, .b = 1), "after the end GSI 4 is still high");
    cr_assert_str_eq(SAY(true, ID(RESAMPLE), .a = UINT32_MAX), "after the end the wire is low");
}

Test(event_text, software_may_be_what_raises)
{
    cr_assert_str_eq(SAY(true, ID(SET), .cpu = INTACT_NO_CPU, .a = 37, .b = INTACT_CHIP_GICD),
                     "software makes INTID 37 pending at the GIC distributor");
    cr_assert_str_eq(SAY(true, ID(SET), .cpu = 1, .a = 3, .b = INTACT_CHIP_GIC_CPU),
                     "software makes INTID 3 pending at the GIC of CPU 1");
}

Test(event_text, a_drop_says_why)
{
    cr_assert_str_eq(SAY(false, ID(DROP), .a = 1, .b = 5), "dropped: GSI 5 leads nowhere");
    cr_assert_str_eq(SAY(false, ID(DROP), .a = 0x100, .b = 7, .c = 0x31),
                     "vector 31h is dropped: no CPU is destination 0x7");
    cr_assert_str_eq(SAY(false, ID(DROP), .a = 0x101, .b = 7, .c = 0x31),
                     "vector 31h is dropped: no CPU of destination 0x7 accepts it");
    cr_assert_str_eq(SAY(false, ID(DROP), .a = 0x102, .b = 0xfed00000, .c = UINT64_C(1) << 32 | 0x31),
                     "dropped: 0x31 to address 0xfed00000 is no interrupt message here");
    cr_assert_str_eq(SAY(true, ID(DROP), .a = 0x200, .b = 8, .c = 3), "INTID 3 is dropped: no CPU for target 3");
    cr_assert_str_eq(SAY(true, ID(DROP), .a = 0x201, .b = 40),
                     "INTID 40 is dropped: it is not there, or not for the sender");
    cr_assert_str_eq(SAY(true, ID(DROP), .a = 0x203, .b = UINT64_C(0x18) << 32 | 2),
                     "dropped: the ITS has no mapping for event 2 of device 0x18");
    cr_assert_str_eq(SAY(true, ID(DROP), .a = 0x999, .b = 1, .c = 2), "dropped: reason 0x999, 0x1, 0x2");
}

Test(event_text, a_sentence_is_cut_where_the_room_ends)
{
    char text[10];
    const struct intact_trace_event event = { .id = INTACT_TRACE_LINE, .a = 2, .source = "a very long name" };
    event_text(false, &event, text, sizeof text);
    cr_assert_str_eq(text, "a very lo");
}

Test(event_text, numbers_have_separators)
{
    char text[32];
    count_text(0, text, sizeof text);
    cr_assert_str_eq(text, "0");
    count_text(1204331, text, sizeof text);
    cr_assert_str_eq(text, "1,204,331");
    count_text(UINT64_MAX, text, sizeof text);
    cr_assert_str_eq(text, "18,446,744,073,709,551,615");
}

Test(event_text, a_cause_is_a_number_and_how_many_raises_it_stands_for)
{
    char text[24];
    struct intact_trace_event event = { .cause = 12, .raises = 1 };
    event_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "#12");
    event.raises = 3;
    event_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "#12x3");
    event.cause = event.raises = 0;
    event_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "-");
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x86 wiring: 8259A, IOAPIC and messages to the CPUs, EOIs back, resampling, reset, saved state.
#include "test_x86_irq.h"

#include <errno.h>
#include <stdlib.h>

#include "starve.h"

static struct board b;

// --- 8259A ----------------------------------------------------------------------------------------------------------

Test(x86_irq, in_virtual_wire_mode_the_8259_interrupts_cpu_0_through_lint0)
{
    board_pc(&b, 2);
    pic_setup(&b);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, true);
    cr_assert_eq(b.pending[0], 0, "LINT0 is masked after reset");
    x86_irq_virtual_wire(&b.irq);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert_eq(b.pending[1], 0);
    cr_assert_eq(take(&b, 0), 0x24);
    cr_assert_eq(b.pending[0], 0);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, false);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    settled(&b);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, the_slave_8259_comes_through_the_master)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 12, true);
    cr_assert_eq(take(&b, 0), 0x2c);
    x86_irq_port_write(&b.irq, 0xa0, 0x20);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, the_8259_is_acknowledged_only_when_taken)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, true);
    settled(&b);
    cr_assert_eq(pic_cascade_isr(&b.irq.pic, 0), 0, "pending is not taken");
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, false);
    cr_assert_eq(b.pending[0], 0, "withdrawn");
    cr_assert_eq(take(&b, 0), -1, "a stale word takes nothing");
    cr_assert_eq(pic_cascade_isr(&b.irq.pic, 0), 0);
}

Test(x86_irq, with_the_apic_disabled_the_8259_reaches_the_intr_pin)
{
    board_pc(&b, 1);
    pic_setup(&b);
    put_msr(&b, 0, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE | LAPIC_BASE_BSP);
    cr_assert(!x86_irq_apic_enabled(&b.irq, 0));
    cr_assert_eq(b.page[0], UINT64_MAX);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, true);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert_eq(take(&b, 0), 0x21);
}

Test(x86_irq, the_imcr_leads_the_8259_past_the_apic_until_the_guest_changes_it)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 2, .pic = true, .imcr = true, .pic_pin = -1 });
    pic_setup(&b);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, true);
    cr_assert_eq(b.pending[0], PENDING_INTR, "PIC mode: LINT0 is still masked");
    x86_irq_set_nmi(&b.irq, true);
    cr_assert_eq(b.pending[0], PENDING_INTR | PENDING_NMI);
    cr_assert_eq(b.pending[1], 0);
    x86_irq_acknowledge(&b.irq, 0, PENDING_NMI, 0);
    x86_irq_port_write(&b.irq, 0x22, 0x70);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x23), 0);
    x86_irq_port_write(&b.irq, 0x23, 0x01);
    cr_assert_eq(b.pending[0], 0, "symmetric mode");
    x86_irq_virtual_wire(&b.irq);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert_eq(take(&b, 0), 0x21);
    x86_irq_port_write(&b.irq, 0x23, 0x00);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, false);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, true);
    cr_assert_eq(take(&b, 0), 0x21, "and back");
}

Test(x86_irq, in_pic_mode_the_lint_pins_stay_low)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic = true, .imcr = true, .pic_pin = -1 });
    board_enable(&b);
    pic_setup(&b);
    put(&b, 0, LAPIC_LVT_LINT0, 0x55);
    put(&b, 0, LAPIC_LVT_LINT1, 0x56);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, true);
    x86_irq_set_nmi(&b.irq, true);
    cr_assert_eq(take(&b, 0), 0x21);
    cr_assert_eq(get(&b, 0, LAPIC_IRR + 0x20), 0, "neither 55h nor 56h");
}

Test(x86_irq, a_reset_leads_nmi_past_the_apic_again)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic = true, .imcr = true, .pic_pin = -1 });
    x86_irq_port_write(&b.irq, 0x22, 0x70);
    x86_irq_port_write(&b.irq, 0x23, 0x01);
    x86_irq_set_nmi(&b.irq, true);
    x86_irq_reset(&b.irq);
    x86_irq_virtual_wire(&b.irq);
    cr_assert_eq(b.pending[0], 0);
    x86_irq_port_write(&b.irq, 0x22, 0x70);
    x86_irq_port_write(&b.irq, 0x23, 0x01);
    cr_assert_eq(b.pending[0], PENDING_NMI, "LINT1 rises when the IMCR leads the line there");
}

// An ExtINT entry needs an APIC that software has enabled; the way past the APIC does not.
Test(x86_irq, an_extint_entry_does_not_close_the_way_of_the_imcr)
{
    board_config(&b, (struct x86_irq_config){
                         .cpus = 1, .pic = true, .imcr = true, .ioapic_count = 2, .ioapics = board_ioapics });
    pic_setup(&b);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(0));
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 1, true);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert_eq(take(&b, 0), 0x21);
}

Test(x86_irq, imcr_ports_do_nothing_without_an_imcr_or_another_index)
{
    board_pc(&b, 1);
    x86_irq_port_write(&b.irq, 0x22, 0x70);
    x86_irq_port_write(&b.irq, 0x23, 0x01);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x22), 0xff);
    x86_irq_free(&b.irq);
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic = true, .imcr = true, .pic_pin = -1 });
    x86_irq_port_write(&b.irq, 0x22, 0x71);
    x86_irq_port_write(&b.irq, 0x23, 0x01);
    cr_assert_eq(b.irq.imcr, 0);
}

Test(x86_irq, extint_through_the_ioapic_gives_the_vector_of_the_8259)
{
    board_pc(&b, 2);
    board_enable(&b);
    pic_setup(&b);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(1));
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, true);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(b.pending[1], PENDING_INTR);
    cr_assert_eq(pic_cascade_isr(&b.irq.pic, 0), 0);
    cr_assert_eq(take(&b, 1), 0x23);
    cr_assert_eq(b.pending[1], 0);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(1) | ENTRY_MASKED);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, false);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, true);
    cr_assert_eq(b.pending[1], 0, "masked");
    cr_assert_eq(pic_cascade_isr(&b.irq.pic, 0), 0, "and not acknowledged");
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(0));
    cr_assert_eq(b.pending[0], PENDING_INTR, "the wire is led to another CPU");
}

Test(x86_irq, extint_waits_for_an_apic_that_is_enabled)
{
    board_pc(&b, 2);
    pic_setup(&b);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(1));
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, true);
    cr_assert_eq(b.pending[1], 0);
    put(&b, 1, LAPIC_SVR, 0x1ff);
    cr_assert_eq(b.pending[1], PENDING_INTR);
    put(&b, 1, LAPIC_SVR, 0xff);
    cr_assert_eq(b.pending[1], 0);
}

Test(x86_irq, extint_with_several_targets_is_taken_by_the_first)
{
    board_pc(&b, 3);
    board_enable(&b);
    pic_setup(&b);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(0xff));
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, true);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(b.pending[i], PENDING_INTR);
    cr_assert_eq(take(&b, 2), 0x23);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(b.pending[i], 0);
    cr_assert_eq(take(&b, 0), -1);
}

Test(x86_irq, a_fixed_edge_at_lint0_sees_int_rise_once)
{
    board_pc(&b, 1);
    board_enable(&b);
    pic_setup(&b);
    put(&b, 0, LAPIC_LVT_LINT0, 0x55);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 5, true);
    cr_assert_eq(take(&b, 0), 0x55);
    eoi(&b, 0);
    cr_assert_eq(b.pending[0], 0, "INT is still high, as there was no INTA");
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 5, false);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 5, true);
    cr_assert_eq(take(&b, 0), 0x55);
}

Test(x86_irq, int_falls_at_the_acknowledge_so_that_another_request_is_an_edge)
{
    board_pc(&b, 2);
    board_enable(&b);
    pic_setup(&b);
    x86_irq_port_write(&b.irq, 0x20, 0x11), x86_irq_port_write(&b.irq, 0x21, 0x20);
    x86_irq_port_write(&b.irq, 0x21, 0x04), x86_irq_port_write(&b.irq, 0x21, 0x03); // automatic EOI
    put(&b, 0, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    route(&b, 0, 0, 0x66 | ENTRY_DEST(1)); // CPU 1 counts edges of INT
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 3, true);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, true);
    cr_assert_eq(take(&b, 1), 0x66);
    eoi(&b, 1);
    cr_assert_eq(b.pending[1], 0);
    cr_assert_eq(take(&b, 0), 0x23);
    cr_assert_eq(b.pending[1], PENDING_INTR, "INT fell and rose for line 4");
    cr_assert_eq(b.resampled, 1, "an automatic EOI resamples as well");
    cr_assert_eq(b.resampled_pin, 3);
    cr_assert_eq(take(&b, 0), 0x24);
}

Test(x86_irq, poll_mode_and_elcr_work_through_the_ports)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    x86_irq_port_write(&b.irq, 0x4d0, 0x20);
    x86_irq_port_write(&b.irq, 0x4d1, 0x0e);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x4d0), 0x20);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x4d1), 0x0e);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 5, true);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    x86_irq_port_write(&b.irq, 0x20, 0x0c);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x20), 0x85);
    cr_assert_eq(b.pending[0], 0, "the poll acknowledged");
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    cr_assert_eq(b.pending[0], PENDING_INTR, "level: still there after EOI");
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x24), 0xff);
}

Test(x86_irq, an_eoi_at_the_8259_resamples_the_line)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    x86_irq_port_write(&b.irq, 0x4d1, 0x04); // line 10 level
    b.lower_on_resample = true;
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 10, true);
    cr_assert_eq(take(&b, 0), 0x2a);
    x86_irq_port_write(&b.irq, 0xa0, 0x20);
    cr_assert_eq(b.resampled, 1);
    cr_assert_eq(b.resampled_chip, X86_IRQ_PIC);
    cr_assert_eq(b.resampled_pin, 10);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    cr_assert_eq(b.pending[0], 0);
}

static struct intact_trace_event ended[8];
static unsigned ended_count;

static void note_end(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    ended[ended_count++ % 8] = *event;
}

// OCW2 names a level at most, and the IOAPIC a pin: the vector is looked up.
Test(x86_irq, an_eoi_is_told_with_the_vector_the_chip_and_the_pin)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    route(&b, 1, 3, 0x71 | ENTRY_LEVEL);
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, BIT64(TRACE_EOI), note_end, NULL);
    cr_assert_eq(trace_add(&b.trace, &observer), 0);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 12, true);
    cr_assert_eq(take(&b, 0), 0x2c);
    x86_irq_port_write(&b.irq, 0xa0, 0x20);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC + 1, 3, true);
    cr_assert_eq(take(&b, 0), 0x71);
    eoi(&b, 0);
    const struct {
        uint64_t vector, chip, pin;
    } expected[] = {
        { 0x2c, X86_IRQ_PIC, 12 }, { 0x22, X86_IRQ_PIC, 2 }, { 0x71, X86_IRQ_LAPIC, 0 }, { 0x71, X86_IRQ_IOAPIC + 1, 3 }
    };
    cr_assert_eq(ended_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(ended[i].a, expected[i].vector);
        cr_assert_eq(ended[i].b, expected[i].chip);
        cr_assert_eq(ended[i].c, expected[i].pin);
    }
}

Test(x86_irq, without_an_8259_its_ports_float)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic_pin = -1 });
    x86_irq_port_write(&b.irq, 0x20, 0x11);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x20), 0xff);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, true);
    cr_assert_eq(b.signals, 0);
    put(&b, 0, LAPIC_SVR, 0x1ff);
    put(&b, 0, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    x86_irq_set_lint(&b.irq, 0, 0, true);
    cr_assert_eq(take(&b, 0), 0xff, "nobody drives the vector");
}

// --- IOAPIC ---------------------------------------------------------------------------------------------------------

Test(x86_irq, an_edge_at_an_ioapic_pin_interrupts_the_cpu_it_names)
{
    board_pc(&b, 4);
    board_enable(&b);
    route(&b, 0, 4, 0x61 | ENTRY_DEST(3));
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 4, true);
    cr_assert_eq(b.pending[3], PENDING_INTR);
    cr_assert_eq(b.signals, 1);
    settled(&b);
    cr_assert_eq(take(&b, 3), 0x61);
    cr_assert_eq(b.pending[3], 0);
    eoi(&b, 3);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 4, false);
    cr_assert_eq(b.pending[3], 0);
}

Test(x86_irq, a_level_repeats_after_eoi_while_the_line_is_high)
{
    board_pc(&b, 1);
    board_enable(&b);
    route(&b, 1, 9, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC + 1, 9, true);
    cr_assert_eq(take(&b, 0), 0x71);
    eoi(&b, 0);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert_eq(take(&b, 0), 0x71);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC + 1, 9, false);
    eoi(&b, 0);
    cr_assert_eq(b.pending[0], 0);
    settled(&b);
}

Test(x86_irq, a_resampled_source_falls_before_the_line_is_looked_at_again)
{
    board_pc(&b, 1);
    board_enable(&b);
    b.lower_on_resample = true;
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    cr_assert_eq(take(&b, 0), 0x71);
    eoi(&b, 0);
    cr_assert_eq(b.resampled, 1);
    cr_assert_eq(b.resampled_chip, X86_IRQ_IOAPIC);
    cr_assert_eq(b.resampled_pin, 9);
    cr_assert_eq(b.pending[0], 0, "no second interrupt");
}

Test(x86_irq, with_broadcast_suppressed_the_eoi_register_ends_one_ioapic)
{
    board_pc(&b, 1);
    put(&b, 0, LAPIC_SVR, 0x11ff);
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    cr_assert_eq(take(&b, 0), 0x71);
    eoi(&b, 0);
    cr_assert_eq(b.pending[0], 0, "remote IRR is still set");
    cr_assert_eq(b.resampled, 0);
    x86_irq_ioapic_write(&b.irq, 0, 0x40, 4, 0x71, b.now);
    cr_assert_eq(b.resampled, 1);
    cr_assert_eq(b.pending[0], PENDING_INTR, "ended: the line is still high");
}

Test(x86_irq, an_eoi_is_broadcast_to_every_ioapic)
{
    board_pc(&b, 1);
    board_enable(&b);
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL);
    route(&b, 1, 3, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC + 1, 3, true);
    cr_assert_eq(take(&b, 0), 0x71);
    eoi(&b, 0);
    cr_assert_eq(b.resampled, 2);
}

Test(x86_irq, a_level_that_found_its_apic_disabled_comes_when_it_is_enabled)
{
    board_pc(&b, 1);
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(b.drops, 1);
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
    cr_assert(ioapic_entry(&b.irq.ioapics[0], 9) & BIT32(12), "send pending");
    put(&b, 0, LAPIC_SVR, 0x1ff);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    cr_assert(!(ioapic_entry(&b.irq.ioapics[0], 9) & BIT32(12)));
    cr_assert_eq(take(&b, 0), 0x71);
}

Test(x86_irq, an_edge_that_found_its_apic_disabled_is_gone)
{
    board_pc(&b, 1);
    route(&b, 0, 4, 0x61);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 4, true);
    put(&b, 0, LAPIC_SVR, 0x1ff);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(b.drops, 1);
}

Test(x86_irq, an_ioapic_may_send_nmi_smi_and_init)
{
    static const struct {
        unsigned delivery;
        uint32_t pending;
    } rows[] = { { X86_NMI, PENDING_NMI }, { X86_SMI, PENDING_SMI }, { X86_INIT, PENDING_INIT } };
    for (unsigned i = 0; i < countof(rows); i++) {
        board_pc(&b, 2);
        route(&b, 0, 5, rows[i].delivery << 8 | ENTRY_DEST(1));
        x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 5, true);
        cr_assert_eq(b.pending[1], rows[i].pending);
        cr_assert_eq(x86_irq_acknowledge(&b.irq, 1, rows[i].pending, 0), 0);
        cr_assert_eq(b.pending[1], 0);
        x86_irq_free(&b.irq);
    }
}

Test(x86_irq, a_storm_lets_the_guest_breathe)
{
    board_pc(&b, 1);
    board_enable(&b);
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    unsigned taken = 0;
    while (b.pending[0] && taken < 2 * IOAPIC_STORM_LIMIT) {
        cr_assert_eq(take(&b, 0), 0x71);
        eoi(&b, 0);
        taken++;
    }
    cr_assert_eq(taken, IOAPIC_STORM_LIMIT);
    cr_assert_eq(b.hub_deadline, b.now + IOAPIC_STORM_REST);
    b.now = b.hub_deadline;
    x86_irq_timer(&b.irq, X86_IRQ_HUB, b.now);
    cr_assert_eq(b.pending[0], PENDING_INTR, "and it goes on");
}

Test(x86_irq, a_trigger_is_one_request)
{
    board_pc(&b, 1);
    board_enable(&b);
    pic_setup(&b);
    put(&b, 0, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    route(&b, 0, 4, 0x61);
    x86_irq_trigger(&b.irq, X86_IRQ_IOAPIC, 4);
    cr_assert_eq(take(&b, 0), 0x61);
    eoi(&b, 0);
    x86_irq_trigger(&b.irq, X86_IRQ_PIC, 4);
    cr_assert_eq(take(&b, 0), 0x24);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, cpus_without_x2apic_and_tsc_deadline_have_none_of_their_registers)
{
    uint64_t value;
    board_make(&b, (struct x86_irq_config){ .cpus = 2, .pic_pin = -1 });
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        static const uint32_t msrs[] = { LAPIC_MSR_TSC_DEADLINE, LAPIC_MSR_FIRST + 2, LAPIC_MSR_FIRST + 0x30 };
        uint64_t x2apic = b.irq.cpus[cpu].lapic.base | LAPIC_BASE_X2APIC;
        cr_assert_eq(x86_irq_cpu_write(&b.irq, cpu, PORT_REGISTER, LAPIC_MSR_BASE, 8, x2apic, 0), PORT_FAULT);
        for (unsigned i = 0; i < countof(msrs); i++) {
            cr_assert_eq(x86_irq_cpu_read(&b.irq, cpu, PORT_REGISTER, msrs[i], 8, &value, 0), PORT_FAULT);
            cr_assert_eq(x86_irq_cpu_write(&b.irq, cpu, PORT_REGISTER, msrs[i], 8, 0, 0), PORT_FAULT);
        }
        put(&b, cpu, LAPIC_LVT_TIMER, 0x50040);
        cr_assert_eq(get(&b, cpu, LAPIC_LVT_TIMER), 0x10040);
    }
}

Test(x86_irq, registers_written_in_x2apic_mode_change_what_is_told)
{
    board_pc(&b, 1);
    enter_x2apic(&b, 0);
    put_msr(&b, 0, LAPIC_MSR_FIRST + LAPIC_SVR / 16, 0x1ff);
    x86_irq_msi(&b.irq, 0xfee00000, 0x55, 0);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    put_msr(&b, 0, LAPIC_MSR_FIRST + LAPIC_TPR / 16, 0x50);
    cr_assert_eq(b.pending[0], 0);
    put_msr(&b, 0, LAPIC_MSR_FIRST + LAPIC_TPR / 16, 0x40);
    cr_assert_eq(b.pending[0], PENDING_INTR);
    put_msr(&b, 0, LAPIC_MSR_FIRST + LAPIC_LVT_TIMER / 16, 0x40);
    put_msr(&b, 0, LAPIC_MSR_FIRST + LAPIC_INITIAL_COUNT / 16, 100);
    cr_assert_eq(b.deadline[0], b.now + 200);
}

Test(x86_irq, a_message_reaches_those_it_names_while_an_extint_entry_drives_others)
{
    static const unsigned deliveries[] = { X86_FIXED, X86_LOWEST, X86_NMI };
    board_pc(&b, 3);
    board_enable(&b);
    for (uint32_t i = 0; i < 3; i++)
        put(&b, i, LAPIC_LDR, 0x01000000u << i);
    route(&b, 0, 0, X86_EXTINT << 8 | ENTRY_DEST(2));
    pic_setup(&b);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 4, true);
    cr_assert_eq(b.pending[2], PENDING_INTR);
    for (unsigned i = 0; i < countof(deliveries); i++) {
        cr_assert(x86_irq_msi(&b.irq, 0xfee03004, deliveries[i] << 8 | (0x50 + i), 0)); // logical, CPUs 0 and 1
        cr_assert_eq(b.pending[2], PENDING_INTR);
        cr_assert_eq(get(&b, 2, LAPIC_IRR + 0x20), 0);
    }
    cr_assert_eq(b.pending[0], PENDING_NMI | PENDING_INTR);
    cr_assert_eq(b.pending[1], PENDING_NMI | PENDING_INTR);
    put(&b, 0, LAPIC_ICR, LAPIC_TO_ALL << 18 | 0x60);
    settled(&b);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee80004, 0x50, 0)); // logical, no receiver
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_NO_CPU);
}

Test(x86_irq, an_init_takes_the_logical_id_away)
{
    board_pc(&b, 2);
    board_enable(&b);
    put(&b, 1, LAPIC_LDR, 0x02000000);
    cr_assert(x86_irq_msi(&b.irq, 0xfee02004, X86_NMI << 8, 0));
    x86_irq_msi(&b.irq, 0xfee01000, X86_INIT << 8, 0);
    cr_assert_eq(x86_irq_acknowledge(&b.irq, 1, PENDING_INIT, 0), 0);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee02004, X86_NMI << 8, 0));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_NO_CPU);
}

Test(x86_irq, an_ipi_to_itself_that_a_disabled_apic_refuses_is_dropped_by_name)
{
    board_pc(&b, 1);
    put(&b, 0, LAPIC_ICR, LAPIC_TO_SELF << 18 | 0x40);
    cr_assert_eq(b.drops, 1);
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
}

Test(x86_irq, the_nmi_pin_is_an_edge_in_pic_mode)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic = true, .imcr = true, .pic_pin = -1 });
    x86_irq_set_nmi(&b.irq, false);
    cr_assert_eq(b.pending[0], 0);
    x86_irq_set_nmi(&b.irq, true);
    cr_assert_eq(x86_irq_acknowledge(&b.irq, 0, PENDING_NMI, 0), 0);
    x86_irq_set_nmi(&b.irq, true);
    x86_irq_set_nmi(&b.irq, false);
    cr_assert_eq(b.pending[0], 0);
    x86_irq_set_nmi(&b.irq, true);
    cr_assert_eq(b.pending[0], PENDING_NMI);
}

Test(x86_irq, each_trigger_is_one_run_of_the_handler_edge_or_level)
{
    board_pc(&b, 1);
    board_enable(&b);
    for (unsigned level = 0; level < 2; level++) {
        unsigned runs = 0;
        route(&b, 1, 7, 0x62 | (level ? ENTRY_LEVEL : 0));
        for (unsigned i = 0; i < 3; i++) {
            x86_irq_trigger(&b.irq, X86_IRQ_IOAPIC + 1, 7);
            while (b.pending[0] && ++runs) {
                cr_assert_eq(take(&b, 0), 0x62);
                eoi(&b, 0);
            }
        }
        cr_assert_eq(runs, 3);
    }
}

Test(x86_irq, an_illegal_vector_of_a_level_entry_is_corrected_while_the_line_is_high)
{
    board_pc(&b, 1);
    board_enable(&b);
    put(&b, 0, LAPIC_LVT_ERROR, 0xfe);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    route(&b, 0, 9, ENTRY_LEVEL | 0x0f);
    cr_assert_eq(take(&b, 0), 0xfe, "received illegal vector");
    eoi(&b, 0);
    put(&b, 0, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, 0, LAPIC_ESR), LAPIC_ERROR_RECEIVE_VECTOR);
    cr_assert_eq(b.pending[0], 0, "reported once");
    cr_assert_eq(ioapic_entry(&b.irq.ioapics[0], 9) & 0xf000, 0x9000, "send pending, no remote IRR");
    x86_irq_ioapic_write(&b.irq, 0, 0x10, 4, ENTRY_LEVEL | 0x71, b.now); // the low half is selected still
    cr_assert_eq(take(&b, 0), 0x71);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, false);
    eoi(&b, 0);
    settled(&b);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, a_message_with_an_illegal_vector_is_not_taken_and_raises_the_error_interrupt)
{
    board_pc(&b, 2);
    board_enable(&b);
    put(&b, 1, LAPIC_LVT_ERROR, 0xfe);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee01000, 0x0f, 0));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
    cr_assert_eq(take(&b, 1), 0xfe);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, pins_that_are_not_there_are_ignored)
{
    board_pc(&b, 1);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 16, true);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 24, true);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC + 2, 0, true);
    x86_irq_trigger(&b.irq, X86_IRQ_LAPIC, 0);
    cr_assert_eq(b.signals, 0);
}

// --- MSI ------------------------------------------------------------------------------------------------------------

Test(x86_irq, an_msi_interrupts_the_cpu_it_names)
{
    board_pc(&b, 4);
    board_enable(&b);
    cr_assert(x86_irq_msi(&b.irq, 0xfee02000, 0x4055, 7));
    cr_assert_eq(b.pending[2], PENDING_INTR);
    cr_assert_eq(b.signals, 1);
    cr_assert_eq(take(&b, 2), 0x55);
}

Test(x86_irq, a_message_that_nobody_takes_is_told_with_its_reason)
{
    board_pc(&b, 2);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee01000, 0x55, 7));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee09000, 0x55, 7));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_NO_CPU);
    cr_assert(!x86_irq_msi(&b.irq, 0xfee00010, 0x55, 7));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_MALFORMED);
    cr_assert_eq(b.drops, 3);
    cr_assert_eq(b.signals, 0);
}

// --- NMI, LINT, internal sources ------------------------------------------------------------------------------------

Test(x86_irq, the_nmi_line_reaches_lint1_of_every_cpu)
{
    board_pc(&b, 3);
    board_enable(&b);
    put(&b, 0, LAPIC_LVT_LINT1, X86_NMI << 8);
    put(&b, 2, LAPIC_LVT_LINT1, X86_NMI << 8);
    x86_irq_set_nmi(&b.irq, true);
    cr_assert_eq(b.pending[0], PENDING_NMI);
    cr_assert_eq(b.pending[1], 0, "masked there");
    cr_assert_eq(b.pending[2], PENDING_NMI);
}

Test(x86_irq, internal_sources_reach_their_own_cpu)
{
    board_pc(&b, 2);
    board_enable(&b);
    put(&b, 1, LAPIC_LVT_THERMAL, 0xfa);
    x86_irq_raise(&b.irq, 1, LAPIC_THERMAL);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(take(&b, 1), 0xfa);
}

// --- CPU port -------------------------------------------------------------------------------------------------------

Test(x86_irq, cr8_holds_interrupts_back_and_lets_them_go)
{
    uint64_t value;
    board_pc(&b, 1);
    board_enable(&b);
    cr_assert_eq(x86_irq_cpu_write(&b.irq, 0, PORT_REGISTER, PORT_CR8, 8, 5, 0), PORT_DONE);
    x86_irq_msi(&b.irq, 0xfee00000, 0x55, 0);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 0, PORT_REGISTER, PORT_CR8, 8, &value, 0), PORT_DONE);
    cr_assert_eq(value, 5);
    x86_irq_cpu_write(&b.irq, 0, PORT_REGISTER, PORT_CR8, 8, 4, 0);
    cr_assert_eq(b.pending[0], PENDING_INTR);
}

Test(x86_irq, the_spurious_vector_is_given_to_a_cpu_that_was_late)
{
    board_pc(&b, 1);
    board_enable(&b);
    x86_irq_msi(&b.irq, 0xfee00000, 0x55, 0);
    put(&b, 0, LAPIC_TPR, 0xf0);
    cr_assert_eq(take(&b, 0), 0xff);
    cr_assert_eq(b.pending[0], 0);
}

Test(x86_irq, each_cpu_has_its_page_where_its_base_says)
{
    uint64_t value;
    board_pc(&b, 2);
    put_msr(&b, 1, LAPIC_MSR_BASE, UINT64_C(0x1234000) | LAPIC_BASE_ENABLE);
    cr_assert_eq(b.page[1], 0x1234000);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 1, PORT_MEMORY, 0x1234020, 4, &value, 0), PORT_DONE);
    cr_assert_eq(value, 0x01000000);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 1, PORT_MEMORY, LAPIC_DEFAULT_BASE + 0x20, 4, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(x86_irq_cpu_write(&b.irq, 1, PORT_MEMORY, LAPIC_DEFAULT_BASE + 0x80, 4, 0, 0), PORT_NOT_MINE);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 0, PORT_MEMORY, LAPIC_DEFAULT_BASE + 0x20, 4, &value, 0), PORT_DONE);
    enter_x2apic(&b, 1);
    cr_assert_eq(b.page[1], UINT64_MAX);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 1, PORT_MEMORY, 0x1234020, 4, &value, 0), PORT_NOT_MINE);
}

Test(x86_irq, faults_and_foreign_registers_are_told_apart)
{
    static const uint32_t faulting[] = { 0x802, 0x8ff, 0x10 }; // and one of another component
    uint64_t value;
    board_pc(&b, 1);
    for (unsigned i = 0; i < countof(faulting); i++) {
        value = UINT64_MAX;
        cr_assert_neq(x86_irq_cpu_read(&b.irq, 0, PORT_REGISTER, faulting[i], 8, &value, 0), PORT_DONE);
        cr_assert_eq(value, 0, "whoever looks at it all the same sees the same in every run");
    }
    value = UINT64_MAX;
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 0, PORT_MEMORY, 0xfee00014, 4, &value, 0), PORT_DONE);
    cr_assert_eq(value, 0, "there is no register");
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 0, PORT_REGISTER, 0x802, 8, &value, 0), PORT_FAULT);
    cr_assert_eq(x86_irq_cpu_write(&b.irq, 0, PORT_REGISTER, 0x1b, 8, 1, 0), PORT_FAULT);
    cr_assert_eq(x86_irq_cpu_read(&b.irq, 0, PORT_REGISTER, 0x10, 8, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(x86_irq_cpu_write(&b.irq, 0, PORT_REGISTER, UINT64_C(0x200000000), 8, 1, 0), PORT_NOT_MINE);
}

Test(x86_irq, the_port_is_these_three_functions)
{
    struct cpu_port port;
    uint64_t value;
    board_pc(&b, 1);
    x86_irq_port(&b.irq, &port);
    cr_assert_eq(port.read(port.owner, 0, PORT_REGISTER, 0x1b, 8, &value, 0), PORT_DONE);
    cr_assert_eq(value, LAPIC_DEFAULT_BASE | LAPIC_BASE_BSP | LAPIC_BASE_ENABLE);
    cr_assert_eq(port.write(port.owner, 0, PORT_MEMORY, LAPIC_DEFAULT_BASE + LAPIC_SVR, 4, 0x1ff, 0), PORT_DONE);
    x86_irq_msi(&b.irq, 0xfee00000, 0x55, 0);
    cr_assert_eq(port.acknowledge(port.owner, 0, PENDING_INTR, 0), 0x55);
}

// --- Timers ---------------------------------------------------------------------------------------------------------

Test(x86_irq, the_deadline_of_a_timer_is_told_when_it_changes)
{
    board_pc(&b, 2);
    board_enable(&b);
    put(&b, 1, LAPIC_LVT_TIMER, 0x200ec);
    put(&b, 1, LAPIC_DIVIDE, 0xb);
    put(&b, 1, LAPIC_INITIAL_COUNT, 500);
    cr_assert_eq(b.deadline[1], b.now + 500);
    cr_assert_eq(b.deadline[0], CLOCK_NEVER);
    x86_irq_timer(&b.irq, 1, b.now + 500);
    cr_assert_eq(b.deadline[1], b.now + 1000);
    cr_assert_eq(take(&b, 1), 0xec);
    eoi(&b, 1);
    x86_irq_timer(&b.irq, 1, b.now + 600);
    cr_assert_eq(b.pending[1], 0, "too early: nothing");
    cr_assert_eq(b.deadline[1], b.now + 1000, "and told again, as the event was used up");
    put(&b, 1, LAPIC_LVT_TIMER, 0x100ec);
    cr_assert_eq(b.deadline[1], CLOCK_NEVER);
    settled(&b);
}

Test(x86_irq, a_tsc_deadline_is_told)
{
    board_pc(&b, 1);
    board_enable(&b);
    put(&b, 0, LAPIC_LVT_TIMER, 0x400ec);
    put_msr(&b, 0, LAPIC_MSR_TSC_DEADLINE, 123456);
    cr_assert_eq(b.deadline[0], 123456);
    x86_irq_timer(&b.irq, 0, 123456);
    cr_assert_eq(b.deadline[0], CLOCK_NEVER);
    cr_assert_eq(take(&b, 0), 0xec);
}

// --- Reset, saved state ---------------------------------------------------------------------------------------------

Test(x86_irq, reset_masks_every_entry_and_gives_back_the_ids)
{
    board_pc(&b, 1);
    for (uint32_t i = 0; i < 2; i++) {
        route(&b, i, 23, 0x8071);
        x86_irq_ioapic_write(&b.irq, i, 0x00, 4, 0, b.now);
        x86_irq_ioapic_write(&b.irq, i, 0x10, 4, 0x0f000000, b.now);
    }
    x86_irq_reset(&b.irq);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(ioapic_entry(&b.irq.ioapics[i], 23), 0x10000);
        x86_irq_ioapic_write(&b.irq, i, 0x00, 4, 0, b.now);
        cr_assert_eq(x86_irq_ioapic_read(&b.irq, i, 0x10, 4), board_ioapics[i].id << 24);
    }
}

Test(x86_irq, reset_takes_everything_back)
{
    board_pc(&b, 2);
    board_enable(&b);
    enter_x2apic(&b, 1);
    put(&b, 0, LAPIC_LVT_TIMER, 0xec);
    put(&b, 0, LAPIC_INITIAL_COUNT, 500);
    route(&b, 0, 4, 0x61 | ENTRY_DEST(0));
    x86_irq_msi(&b.irq, 0xfee00000, 0x55, 0);
    x86_irq_reset(&b.irq);
    cr_assert_eq(b.pending[0], 0);
    cr_assert_eq(b.deadline[0], CLOCK_NEVER);
    cr_assert_eq(b.page[1], LAPIC_DEFAULT_BASE);
    cr_assert_eq(get(&b, 1, LAPIC_ID), 0x01000000);
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 4, true);
    cr_assert_eq(b.pending[0], 0, "the entry is masked");
    x86_irq_ioapic_write(&b.irq, 1, 0, 4, 0, 0);
    cr_assert_eq(x86_irq_ioapic_read(&b.irq, 1, 0x10, 4), 0x01000000, "the id that firmware gives");
    settled(&b);
}

Test(x86_irq, a_saved_board_continues_as_the_original)
{
    static struct board c;
    struct visit_save save;
    struct visit_load load;
    board_pc(&b, 3);
    board_enable(&b);
    pic_setup(&b);
    put(&b, 0, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    put(&b, 1, LAPIC_ID, 0x09000000);
    enter_x2apic(&b, 2);
    put(&b, 1, LAPIC_LVT_TIMER, 0xec);
    put(&b, 1, LAPIC_INITIAL_COUNT, 500);
    route(&b, 0, 10, 0x72 | ENTRY_LEVEL | ENTRY_DEST(5)); // no receiver: not sent again by the load
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 10, true);
    route(&b, 0, 9, 0x71 | ENTRY_LEVEL | ENTRY_DEST(9));
    x86_irq_set_pin(&b.irq, X86_IRQ_IOAPIC, 9, true);
    x86_irq_set_pin(&b.irq, X86_IRQ_PIC, 5, true);
    visit_save_init(&save);
    x86_irq_visit(&b.irq, &save.visit);
    board_pc(&c, 3);
    visit_load_init(&load, save.data, save.size);
    x86_irq_visit(&c.irq, &load.visit);
    cr_assert(!load.failed);
    cr_assert_eq(load.position, load.size);
    for (unsigned i = 0; i < BOARD_CPUS; i++)
        c.pending[i] = UINT32_MAX; // reported in any case
    c.hub_deadline = 0;
    x86_irq_loaded(&c.irq);
    cr_assert_eq(c.hub_deadline, b.hub_deadline);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(c.pending[i], b.pending[i]);
        cr_assert_eq(c.deadline[i], b.deadline[i]);
    }
    cr_assert_eq(c.page[2], UINT64_MAX);
    struct visit_differ differ;
    visit_differ_init(&differ, save.data, save.size);
    x86_irq_visit(&c.irq, &differ.visit);
    cr_assert(!differ.differs, "%s", differ.path);
    free(save.data);
    cr_assert_eq(take(&c, 0), 0x25);
    cr_assert_eq(take(&c, 1), 0x71, "found by the id that the guest gave");
    cr_assert(x86_irq_msi(&c.irq, 0xfee02000, 0x44, 0));
    cr_assert_eq(x86_irq_acknowledge(&c.irq, 2, PENDING_INTR, 0), 0x44);
    settled(&c);
}

Test(x86_irq, a_configuration_out_of_range_is_refused_with_a_text)
{
    static const uint32_t twice[] = { 3, 3 }, large[] = { 0, 65536 }, high[] = { 4093, 65535, 65535 };
    static const struct x86_irq_ioapic pins = { 241, 0x20, 0 }, version = { 24, 0x12, 0 }, id = { 24, 0x11, 16 };
    const struct x86_irq_config configs[] = {
        { .cpus = 0, .pic_pin = -1 },
        { .cpus = INTACT_X86_CPUS_MAX + 1, .pic_pin = -1 },
        { .cpus = 2, .apic_ids = twice, .pic_pin = -1 },
        { .cpus = 2, .apic_ids = large, .pic_pin = -1 },
        { .cpus = 3, .apic_ids = high, .pic_pin = -1 },
        { .cpus = 1, .address_bits = 53, .pic_pin = -1 },
        { .cpus = 1, .ioapic_count = 1, .ioapics = &pins },
        { .cpus = 1, .ioapic_count = 1, .ioapics = &version },
        { .cpus = 1, .ioapic_count = 1, .ioapics = &id },
        { .cpus = 1, .pic = true, .pic_pin = 0 },
        { .cpus = 1, .pic = true, .pic_pin = -2 },
        { .cpus = 1, .timer_hz = LAPIC_TIMER_HZ_LIMIT + 1, .pic_pin = -1 },
        { .cpus = 1, .ioapic_count = 1, .pic_pin = -1 },
        { .cpus = 1, .pic = true, .ioapic_count = 1, .ioapics = board_ioapics, .pic_pin = 24 },
        { .cpus = 1, .ioapic_count = INTACT_X86_IOAPICS_MAX + 1, .ioapics = board_ioapics },
    };
    for (unsigned i = 0; i < countof(configs); i++) {
        struct x86_irq irq;
        struct error error = { 0 };
        cr_assert_eq(x86_irq_init(&irq, &configs[i], &error), -EINVAL, "%u", i);
        cr_assert_neq(error.text[0], 0);
    }
}

Test(x86_irq, whose_turn_it_is_among_equals_is_saved)
{
    static struct board other;
    struct visit_save save;
    struct visit_load load;
    board_pc(&b, 3);
    board_pc(&other, 3);
    board_enable(&b);
    for (unsigned i = 0; i < 3; i++)
        put(&b, i, LAPIC_LDR, BIT32(24 + i));
    cr_assert(x86_irq_msi(&b.irq, 0xfee0700c, 0x141, 0)); // lowest priority, logical, all three
    cr_assert_eq(b.pending[1], PENDING_INTR, "the one behind CPU 0");
    cr_assert_eq(take(&b, 1), 0x41);
    eoi(&b, 1);
    visit_save_init(&save);
    x86_irq_visit(&b.irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    x86_irq_visit(&other.irq, &load.visit);
    for (unsigned i = 0; i < 3; i++)
        other.pending[i] = UINT32_MAX;
    x86_irq_loaded(&other.irq);
    cr_assert(x86_irq_msi(&other.irq, 0xfee0700c, 0x142, 0));
    cr_assert_eq(other.pending[2], PENDING_INTR, "the one behind CPU 1");
    free(save.data);
}

Test(x86_irq, a_message_that_one_cpu_matches_changes_no_turn)
{
    board_pc(&b, 3);
    board_enable(&b);
    for (unsigned i = 0; i < 3; i++)
        put(&b, i, LAPIC_LDR, BIT32(24 + i));
    cr_assert(x86_irq_msi(&b.irq, 0xfee02008, 0x141, 0)); // lowest priority, physical, CPU 2
    cr_assert_eq(take(&b, 2), 0x41);
    eoi(&b, 2);
    cr_assert(x86_irq_msi(&b.irq, 0xfee0700c, 0x142, 0)); // lowest priority, logical, all three
    cr_assert_eq(b.pending[1], PENDING_INTR, "the one behind CPU 0");
}

Test(x86_irq, what_is_made_leaves_no_error)
{
    const struct x86_irq_config config = { .cpus = 1, .pic_pin = -1 };
    struct x86_irq irq;
    struct error error = { .text = "" };
    cr_assert_eq(x86_irq_init(&irq, &config, &error), 0);
    cr_assert_str_eq(error.text, "");
    x86_irq_free(&irq);
}

#ifdef CAN_STARVE

Test(x86_irq, a_host_without_memory_is_an_error_of_one_line)
{
    const struct x86_irq_config config = { .cpus = 64, .ioapic_count = 2, .ioapics = board_ioapics, .pic_pin = -1 };
    static struct x86_irq irq;
    struct error error = { .text = "" };
    struct rlimit limit;
    struct starve_block *taken = use_up_memory(&limit);
    int code = x86_irq_init(&irq, &config, &error);
    give_memory_back(taken, &limit);
    cr_assert_eq(code, -ENOMEM);
    cr_assert_str_eq(error.text, "no memory for 64 CPUs and 2 IOAPICs");
}

#endif

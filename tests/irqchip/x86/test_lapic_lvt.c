// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Local APIC: LINT pins, the local vector table, the interrupt command register, destinations.
#include "test_lapic.h"

enum { LOW_ACTIVE = 1 << 13, REMOTE_IRR = 1 << 14, LEVEL = 1 << 15, MASKED = 1 << 16 };

static void lint(struct bench *b, unsigned pin, bool high)
{
    lapic_set_lint(&b->lapic, pin, high);
}

// --- LINT pins ------------------------------------------------------------------------------------------------------

Test(lapic_lvt, a_fixed_edge_at_either_lint_pin_requests_once)
{
    for (unsigned pin = 0; pin < 2; pin++) {
        struct bench b = bench_enabled();
        put(&b, LAPIC_LVT_LINT0 + pin * 16, 0x61);
        lint(&b, pin, true);
        cr_assert_eq(lapic_take_vector(&b.lapic), 0x61);
        put(&b, LAPIC_EOI, 0);
        cr_assert_eq(b.effect.flags, LAPIC_CHANGED | LAPIC_ENDED, "an edge is not broadcast");
        cr_assert_eq(lapic_output(&b.lapic), 0);
        lint(&b, pin, false);
        cr_assert_eq(lapic_output(&b.lapic), 0);
        lint(&b, pin, true);
        cr_assert_eq(lapic_take_vector(&b.lapic), 0x61);
    }
}

Test(lapic_lvt, a_low_active_pin_requests_when_it_falls)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT1, 0x61 | LOW_ACTIVE);
    lint(&b, 1, true);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    lint(&b, 1, false);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x61);
}

Test(lapic_lvt, an_edge_while_masked_is_lost)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x61 | MASKED);
    lint(&b, 0, true);
    put(&b, LAPIC_LVT_LINT0, 0x61);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

Test(lapic_lvt, a_level_at_lint0_sets_remote_irr_and_repeats_after_eoi)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL);
    lint(&b, 0, true);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT0), 0x62 | LEVEL | REMOTE_IRR);
    cr_assert(bench_bit(&b, LAPIC_TMR, 0x62));
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x62);
    lint(&b, 0, false);
    lint(&b, 0, true);
    cr_assert(!bench_bit(&b, LAPIC_IRR, 0x62), "remote IRR holds it back");
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x62, "still high");
    lint(&b, 0, false);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT0), 0x62 | LEVEL);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

Test(lapic_lvt, only_the_eoi_of_its_own_vector_clears_remote_irr)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL);
    lint(&b, 0, true);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x62);
    lapic_accept_vector(&b.lapic, 0x93, true);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x93);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.vector, 0x93);
    cr_assert(get(&b, LAPIC_LVT_LINT0) & REMOTE_IRR);
    cr_assert(!bench_bit(&b, LAPIC_IRR, 0x62));
}

Test(lapic_lvt, a_level_at_lint0_is_seen_when_it_is_unmasked)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL | MASKED);
    lint(&b, 0, true);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x62);
}

Test(lapic_lvt, remote_irr_is_read_only_and_goes_with_level_mode)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL | REMOTE_IRR);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT0), 0x62 | LEVEL);
    lint(&b, 0, true);
    put(&b, LAPIC_LVT_LINT0, 0x62 | LEVEL | MASKED);
    cr_assert(get(&b, LAPIC_LVT_LINT0) & REMOTE_IRR, "a write does not clear it");
    put(&b, LAPIC_LVT_LINT0, 0x62);
    cr_assert(!(get(&b, LAPIC_LVT_LINT0) & REMOTE_IRR));
}

Test(lapic_lvt, lint1_is_an_edge_whatever_its_trigger_mode_says)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT1, 0x63 | LEVEL);
    lint(&b, 1, true);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x63);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT1), 0x63 | LEVEL);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

Test(lapic_lvt, nmi_smi_and_init_are_edges_at_the_pins)
{
    static const struct {
        unsigned delivery;
        uint32_t pending;
    } rows[] = { { X86_NMI, PENDING_NMI }, { X86_SMI, PENDING_SMI }, { X86_INIT, PENDING_INIT } };
    for (unsigned i = 0; i < countof(rows); i++) {
        for (unsigned pin = 0; pin < 2; pin++) {
            struct bench b = bench_enabled();
            put(&b, LAPIC_LVT_LINT0 + pin * 16, rows[i].delivery << 8 | LEVEL);
            lint(&b, pin, true);
            cr_assert_eq(lapic_output(&b.lapic), rows[i].pending);
            lapic_take(&b.lapic, rows[i].pending);
            cr_assert_eq(lapic_output(&b.lapic), 0, "high, and no second edge");
        }
    }
}

Test(lapic_lvt, extint_follows_the_pin_and_needs_no_priority)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0xff);
    put(&b, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    lint(&b, 0, true);
    cr_assert(lapic_extint(&b.lapic));
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
    put(&b, LAPIC_LVT_LINT0, X86_EXTINT << 8 | MASKED);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put(&b, LAPIC_LVT_LINT0, X86_EXTINT << 8);
    lint(&b, 0, false);
    cr_assert_eq(lapic_output(&b.lapic), 0, "a level: withdrawn with the pin");
}

Test(lapic_lvt, disabled_the_pins_are_intr_and_nmi)
{
    struct bench b = bench_enabled();
    put_msr(&b, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE);
    lint(&b, 0, true);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
    cr_assert(lapic_extint(&b.lapic));
    lint(&b, 0, false);
    lint(&b, 1, true);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_NMI);
    lapic_take(&b.lapic, PENDING_NMI);
    lint(&b, 1, false);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

// --- Sources inside -------------------------------------------------------------------------------------------------

Test(lapic_lvt, cmci_thermal_and_performance_entries_deliver_in_their_modes)
{
    static const struct {
        enum lapic_lvt entry;
        uint32_t offset;
    } rows[] = { { LAPIC_CMCI, LAPIC_LVT_CMCI }, { LAPIC_THERMAL, LAPIC_LVT_THERMAL }, { LAPIC_PMC, LAPIC_LVT_PMC } };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct bench b = bench_enabled();
        lapic_raise(&b.lapic, rows[i].entry);
        cr_assert_eq(lapic_output(&b.lapic), 0, "masked");
        put(&b, rows[i].offset, 0x77);
        lapic_raise(&b.lapic, rows[i].entry);
        cr_assert_eq(lapic_take_vector(&b.lapic), 0x77);
        put(&b, LAPIC_EOI, 0);
        put(&b, rows[i].offset, X86_NMI << 8);
        lapic_raise(&b.lapic, rows[i].entry);
        cr_assert_eq(lapic_take(&b.lapic, PENDING_NMI), 0);
        put(&b, rows[i].offset, X86_SMI << 8);
        lapic_raise(&b.lapic, rows[i].entry);
        cr_assert_eq(lapic_take(&b.lapic, PENDING_SMI), 0);
        put(&b, rows[i].offset, X86_INIT << 8);
        lapic_raise(&b.lapic, rows[i].entry);
        put(&b, rows[i].offset, X86_EXTINT << 8);
        lapic_raise(&b.lapic, rows[i].entry);
        cr_assert_eq(lapic_output(&b.lapic), 0, "INIT and ExtINT are not supported there");
    }
}

Test(lapic_lvt, the_performance_entry_masks_itself)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_PMC, 0x77);
    lapic_raise(&b.lapic, LAPIC_PMC);
    cr_assert_eq(get(&b, LAPIC_LVT_PMC), 0x77 | MASKED);
    put(&b, LAPIC_LVT_THERMAL, 0x78);
    lapic_raise(&b.lapic, LAPIC_THERMAL);
    cr_assert_eq(get(&b, LAPIC_LVT_THERMAL), 0x78);
}

Test(lapic_lvt, an_illegal_vector_in_an_entry_is_an_error)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT0, 0x0f);
    lint(&b, 0, true);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_RECEIVE_VECTOR);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_VECTOR], 1);
}

// --- Interrupt command register -------------------------------------------------------------------------------------

Test(lapic_lvt, the_icr_becomes_a_message)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR_HIGH, 0x3a000000);
    cr_assert_eq(b.effect.flags & LAPIC_SENDS, 0, "only the low half sends");
    for (unsigned delivery = 0; delivery < 7; delivery++) {
        for (unsigned shorthand = 0; shorthand < 4; shorthand++) {
            put(&b, LAPIC_ICR, shorthand << 18 | 1 << 14 | 1 << 11 | delivery << 8 | 0x45);
            if (delivery == 3)
                continue;
            cr_assert(b.effect.flags & LAPIC_SENDS);
            cr_assert_eq(b.effect.shorthand, shorthand);
            cr_assert_eq(b.effect.ipi.destination, 0x3a);
            cr_assert_eq(b.effect.ipi.delivery, delivery);
            cr_assert_eq(b.effect.ipi.vector, 0x45);
            cr_assert(b.effect.ipi.logical);
            cr_assert(b.effect.ipi.short_destination);
            cr_assert(b.effect.ipi.assert_level);
            cr_assert(!b.effect.ipi.level);
        }
    }
    cr_assert_eq(get(&b, LAPIC_ICR), 3 << 18 | 1 << 14 | 1 << 11 | 6 << 8 | 0x45, "idle at once");
}

Test(lapic_lvt, the_x2apic_icr_has_a_32_bit_destination)
{
    struct bench b = bench_x2apic(0);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_ICR), UINT64_C(0x1234567800004045)), PORT_DONE);
    cr_assert_eq(b.effect.ipi.destination, 0x12345678);
    cr_assert(!b.effect.ipi.short_destination);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ICR)), UINT64_C(0x1234567800004045));
}

Test(lapic_lvt, an_ipi_is_an_edge_even_with_trigger_mode_level)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR, 1 << 15 | 1 << 14 | 0x45);
    cr_assert(!b.effect.ipi.level);
    put(&b, LAPIC_ICR, 1 << 15 | 0x45);
    cr_assert(b.effect.flags & LAPIC_SENDS, "level 0 means something for INIT alone");
    cr_assert(b.effect.ipi.assert_level);
}

Test(lapic_lvt, init_with_level_zero_and_trigger_level_is_the_deassert)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR, X86_INIT << 8 | 1 << 15 | 1 << 14);
    cr_assert(b.effect.ipi.assert_level);
    put(&b, LAPIC_ICR, X86_INIT << 8 | 1 << 15);
    cr_assert(!b.effect.ipi.assert_level);
    put(&b, LAPIC_ICR, X86_INIT << 8);
    cr_assert(b.effect.ipi.assert_level, "an edge is always an INIT");
}

Test(lapic_lvt, an_illegal_vector_is_not_sent_and_an_error)
{
    struct bench b = bench_enabled();
    for (unsigned delivery = X86_FIXED; delivery <= X86_LOWEST; delivery++) {
        put(&b, LAPIC_ICR, delivery << 8 | 0x0f);
        cr_assert_eq(b.effect.flags & LAPIC_SENDS, 0);
        cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_VECTOR], delivery + 1);
        put(&b, LAPIC_ESR, 0);
        cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_SEND_VECTOR);
    }
    put(&b, LAPIC_ICR, LAPIC_TO_SELF << 18 | 0x0f);
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_SEND_VECTOR | LAPIC_ERROR_RECEIVE_VECTOR);
    put(&b, LAPIC_ICR, X86_SIPI << 8 | 0x08);
    cr_assert(b.effect.flags & LAPIC_SENDS, "the vector of a SIPI is a page");
}

Test(lapic_lvt, reserved_delivery_modes_are_not_sent)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR, 3 << 8 | 0x45);
    cr_assert_eq(b.effect.flags & LAPIC_SENDS, 0);
    put(&b, LAPIC_ICR, X86_EXTINT << 8 | 0x45);
    cr_assert_eq(b.effect.flags & LAPIC_SENDS, 0);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_ICR], 2);
}

Test(lapic_lvt, invalid_combinations_with_a_shorthand_are_counted)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR, LAPIC_TO_SELF << 18 | X86_NMI << 8);
    put(&b, LAPIC_ICR, LAPIC_TO_ALL << 18 | X86_INIT << 8);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_ICR], 2);
    put(&b, LAPIC_ICR, LAPIC_TO_OTHERS << 18 | X86_INIT << 8);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_ICR], 2);
}

Test(lapic_lvt, the_self_ipi_register_sends_a_fixed_interrupt_to_itself)
{
    struct bench b = bench_x2apic(4);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_SELF_IPI), 0x99), PORT_DONE);
    cr_assert(b.effect.flags & LAPIC_SENDS);
    cr_assert_eq(b.effect.shorthand, LAPIC_TO_SELF);
    cr_assert_eq(b.effect.ipi.delivery, X86_FIXED);
    cr_assert_eq(b.effect.ipi.vector, 0x99);
    put_msr(&b, msr_of(LAPIC_SELF_IPI), 0x0f);
    cr_assert_eq(b.effect.flags & LAPIC_SENDS, 0);
    put_msr(&b, msr_of(LAPIC_ESR), 0);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ESR)), LAPIC_ERROR_SEND_VECTOR | LAPIC_ERROR_RECEIVE_VECTOR);
}

// --- Destinations (SDM, "Determining IPI Destination", "... in x2APIC Mode") ----------------------------------------

static bool named(struct bench *b, uint32_t destination, bool logical, bool short_destination)
{
    struct x86_message message = {
        .destination = destination, .logical = logical, .short_destination = short_destination, .assert_level = true
    };
    return lapic_matches(&b->lapic, &message);
}

Test(lapic_lvt, a_physical_destination_is_the_id_or_a_broadcast)
{
    struct bench b = bench_reset(6, false);
    cr_assert(named(&b, 6, false, true));
    cr_assert(!named(&b, 7, false, true));
    cr_assert(named(&b, 0xff, false, true));
    cr_assert(named(&b, 0xffffffff, false, false));
    cr_assert(!named(&b, 0x106, false, false), "the upper bits are not cut off");
    put(&b, LAPIC_ID, 0x09000000);
    cr_assert(named(&b, 9, false, true));
    cr_assert(!named(&b, 6, false, true));
}

Test(lapic_lvt, a_flat_logical_destination_is_a_mask)
{
    struct bench b = bench_reset(6, false);
    cr_assert(!named(&b, 0x04, true, true));
    put(&b, LAPIC_LDR, 0x04000000);
    cr_assert(named(&b, 0x04, true, true));
    cr_assert(named(&b, 0x0c, true, true));
    cr_assert(!named(&b, 0x08, true, true));
    cr_assert(named(&b, 0xff, true, true));
}

Test(lapic_lvt, a_cluster_logical_destination_is_a_cluster_and_a_mask)
{
    struct bench b = bench_reset(6, false);
    put(&b, LAPIC_DFR, 0x0fffffff);
    put(&b, LAPIC_LDR, 0x32000000);
    cr_assert(named(&b, 0x32, true, true));
    cr_assert(named(&b, 0x3f, true, true));
    cr_assert(!named(&b, 0x3d, true, true));
    cr_assert(!named(&b, 0x22, true, true));
    cr_assert(named(&b, 0xff, true, true), "broadcast");
}

Test(lapic_lvt, an_x2apic_destination_has_32_bits)
{
    struct bench b = bench_x2apic(0x102);
    cr_assert(named(&b, 0x102, false, false));
    cr_assert(!named(&b, 0x02, false, true));
    cr_assert(named(&b, 0xff, false, true), "an 8-bit broadcast reaches it");
    cr_assert(!named(&b, 0xff, false, false), "id 255");
    cr_assert(named(&b, 0xffffffff, false, false));
    cr_assert(named(&b, 0xffffffff, true, false));
    cr_assert(named(&b, 0x10 << 16 | 1 << 2, true, false));
    cr_assert(!named(&b, 0x10 << 16 | 1 << 3, true, false));
    cr_assert(!named(&b, 0x11 << 16 | 1 << 2, true, false));
}

Test(lapic_lvt, an_8_bit_logical_destination_reaches_cluster_zero_of_x2apics)
{
    struct bench b = bench_x2apic(5);
    cr_assert(named(&b, 1 << 5, true, true));
    cr_assert(!named(&b, 1 << 4, true, true));
}

Test(lapic_lvt, reset_and_init_leave_the_levels_at_the_lint_pins)
{
    for (unsigned pin = 0; pin < 2; pin++)
        for (unsigned init = 0; init < 2; init++) {
            struct bench b = bench_enabled();
            lapic_set_lint(&b.lapic, pin, true);
            if (init)
                bench_accept(&b, X86_INIT, 0), lapic_take(&b.lapic, PENDING_INIT);
            else
                lapic_reset(&b.lapic, true);
            put(&b, LAPIC_SVR, 0x1ff);
            put(&b, LAPIC_LVT_LINT0, X86_EXTINT << 8);
            put(&b, LAPIC_LVT_LINT1, X86_EXTINT << 8);
            cr_assert(lapic_extint(&b.lapic));
            lapic_set_lint(&b.lapic, pin, false);
            cr_assert(!lapic_extint(&b.lapic));
        }
}

// --- ExtINT ---------------------------------------------------------------------------------------------------------

Test(lapic_lvt, extint_is_a_wire_of_the_lint_pins_alone)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_LINT1, X86_EXTINT << 8);
    cr_assert(!lapic_extint(&b.lapic));
    lapic_set_lint(&b.lapic, 1, true);
    cr_assert(lapic_extint(&b.lapic));
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
    put(&b, LAPIC_LVT_LINT1, MASKED | X86_EXTINT << 8);
    cr_assert(!lapic_extint(&b.lapic));
    put(&b, LAPIC_LVT_PMC, X86_EXTINT << 8);
    put(&b, LAPIC_LVT_THERMAL, X86_EXTINT << 8);
    cr_assert(!lapic_extint(&b.lapic));
    lapic_raise(&b.lapic, LAPIC_THERMAL);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

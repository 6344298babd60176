// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Local APIC: acceptance, priorities, EOI, signals, the state list.
#include <stdlib.h>

#include "test_lapic.h"

// --- Acceptance for fixed interrupts --------------------------------------------------------------------------------

Test(lapic, every_vector_from_16_is_requested_taken_and_ended)
{
    struct bench b = bench_enabled();
    for (unsigned vector = 16; vector < 256; vector++) {
        cr_assert(bench_accept(&b, X86_FIXED, vector));
        cr_assert(bench_bit(&b, LAPIC_IRR, vector));
        cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
        cr_assert_eq(lapic_take_vector(&b.lapic), (int)vector);
        cr_assert(!bench_bit(&b, LAPIC_IRR, vector));
        cr_assert(bench_bit(&b, LAPIC_ISR, vector));
        cr_assert_eq(lapic_output(&b.lapic), 0);
        put(&b, LAPIC_EOI, 0);
        cr_assert_eq(b.effect.vector, vector);
        cr_assert(!bench_bit(&b, LAPIC_ISR, vector));
        cr_assert_eq(lapic_take_vector(&b.lapic), -1);
    }
}

Test(lapic, the_highest_of_many_requests_comes_first)
{
    struct bench b = bench_enabled();
    for (unsigned vector = 16; vector < 256; vector++)
        bench_accept(&b, X86_FIXED, vector);
    for (unsigned vector = 255; vector >= 16; vector--) {
        cr_assert_eq(lapic_take_vector(&b.lapic), (int)vector);
        put(&b, LAPIC_EOI, 0);
    }
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

Test(lapic, one_request_waits_behind_one_in_service_and_a_third_is_merged)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x40);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x40);
    cr_assert(bench_accept(&b, X86_FIXED, 0x40));
    cr_assert(bench_accept(&b, X86_FIXED, 0x40));
    cr_assert_eq(lapic_output(&b.lapic), 0, "same class as the one in service");
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x40);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(lapic_take_vector(&b.lapic), -1);
}

Test(lapic, tmr_follows_the_trigger_mode_of_the_last_acceptance)
{
    struct bench b = bench_enabled();
    lapic_accept_vector(&b.lapic, 0x91, true);
    cr_assert(bench_bit(&b, LAPIC_TMR, 0x91));
    lapic_accept_vector(&b.lapic, 0x91, false);
    cr_assert(!bench_bit(&b, LAPIC_TMR, 0x91));
}

Test(lapic, a_software_disabled_apic_refuses_fixed_but_takes_the_signals)
{
    struct bench b = bench_reset(1, false);
    cr_assert(!bench_accept(&b, X86_FIXED, 0x40));
    cr_assert(!bench_accept(&b, X86_LOWEST, 0x40));
    cr_assert(bench_accept(&b, X86_NMI, 0));
    cr_assert(bench_accept(&b, X86_SMI, 0));
    cr_assert(bench_accept(&b, X86_SIPI, 0x9a));
    cr_assert_eq(lapic_output(&b.lapic), PENDING_NMI | PENDING_SMI | PENDING_SIPI);
    cr_assert(bench_accept(&b, X86_INIT, 0));
    cr_assert(lapic_output(&b.lapic) & PENDING_INIT);
}

Test(lapic, requests_and_service_survive_a_software_disable)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x41);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x41);
    bench_accept(&b, X86_FIXED, 0x52);
    put(&b, LAPIC_SVR, 0xff);
    cr_assert(bench_bit(&b, LAPIC_IRR, 0x52));
    cr_assert(bench_bit(&b, LAPIC_ISR, 0x41));
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x52);
}

Test(lapic, reserved_delivery_modes_and_extint_messages_are_refused)
{
    struct bench b = bench_enabled();
    cr_assert(!bench_accept(&b, 3, 0x40));
    cr_assert(!bench_accept(&b, X86_EXTINT, 0x40));
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

// --- Priorities -----------------------------------------------------------------------------------------------------

Test(lapic, only_a_class_above_the_task_priority_interrupts)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x4f);
    put(&b, LAPIC_TPR, 0x40);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put(&b, LAPIC_TPR, 0x3f);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
}

Test(lapic, ppr_is_the_task_priority_or_the_class_in_service)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0x35);
    cr_assert_eq(get(&b, LAPIC_PPR), 0x35);
    bench_accept(&b, X86_FIXED, 0x5a);
    lapic_take_vector(&b.lapic);
    cr_assert_eq(get(&b, LAPIC_PPR), 0x50);
    put(&b, LAPIC_TPR, 0x5c);
    cr_assert_eq(get(&b, LAPIC_PPR), 0x5c);
    put(&b, LAPIC_TPR, 0x63);
    cr_assert_eq(get(&b, LAPIC_PPR), 0x63);
}

Test(lapic, apr_takes_the_highest_of_task_service_and_request)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0x25);
    cr_assert_eq(get(&b, LAPIC_APR), 0x25);
    bench_accept(&b, X86_FIXED, 0x47);
    cr_assert_eq(get(&b, LAPIC_APR), 0x40, "request above task");
    lapic_take_vector(&b.lapic);
    cr_assert_eq(get(&b, LAPIC_APR), 0x40, "in service above task");
    put(&b, LAPIC_TPR, 0x4b);
    cr_assert_eq(get(&b, LAPIC_APR), 0x40, "task not above service: the low bits are 0");
    bench_accept(&b, X86_FIXED, 0x71);
    cr_assert_eq(get(&b, LAPIC_APR), 0x70);
    put(&b, LAPIC_TPR, 0x7e);
    cr_assert_eq(get(&b, LAPIC_APR), 0x7e);
}

Test(lapic, a_higher_class_nests_and_eoi_ends_the_highest)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x31);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x31);
    bench_accept(&b, X86_FIXED, 0x3e);
    cr_assert_eq(lapic_output(&b.lapic), 0, "a higher vector of the same class does not nest");
    bench_accept(&b, X86_FIXED, 0x41);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x41);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.vector, 0x41);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.vector, 0x31);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x3e);
}

Test(lapic, cr8_is_the_class_of_the_tpr)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0xa7);
    cr_assert_eq(lapic_cr8(&b.lapic), 0xa);
    lapic_set_cr8(&b.lapic, 0x4);
    cr_assert_eq(get(&b, LAPIC_TPR), 0x40);
}

Test(lapic, the_spurious_vector_is_given_when_priority_rose_before_the_acknowledge)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_SVR, 0x1ef);
    bench_accept(&b, X86_FIXED, 0x40);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
    put(&b, LAPIC_TPR, 0x80);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0xef);
    cr_assert(!bench_bit(&b, LAPIC_ISR, 0xef), "no ISR bit, no EOI");
    cr_assert(bench_bit(&b, LAPIC_IRR, 0x40), "the request waits");
    put(&b, LAPIC_TPR, 0);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x40);
}

// --- EOI ------------------------------------------------------------------------------------------------------------

Test(lapic, eoi_of_a_level_interrupt_is_broadcast_and_that_of_an_edge_is_not)
{
    struct bench b = bench_enabled();
    lapic_accept_vector(&b.lapic, 0x60, true);
    lapic_take_vector(&b.lapic);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.flags, LAPIC_CHANGED | LAPIC_ENDED | LAPIC_BROADCAST);
    cr_assert_eq(b.effect.vector, 0x60);
    lapic_accept_vector(&b.lapic, 0x60, false);
    lapic_take_vector(&b.lapic);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.flags, LAPIC_CHANGED | LAPIC_ENDED);
}

Test(lapic, eoi_broadcast_suppression_is_advertised_and_done)
{
    struct bench b = bench_enabled();
    cr_assert(get(&b, LAPIC_VERSION_REGISTER) & BIT32(24));
    put(&b, LAPIC_SVR, 0x11ff);
    lapic_accept_vector(&b.lapic, 0x60, true);
    lapic_take_vector(&b.lapic);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.flags, LAPIC_CHANGED | LAPIC_ENDED);
    cr_assert(!bench_bit(&b, LAPIC_ISR, 0x60));
}

Test(lapic, an_eoi_with_nothing_in_service_is_counted_and_does_nothing)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x40);
    put(&b, LAPIC_EOI, 0);
    cr_assert_eq(b.effect.flags, 0);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_EOI], 1);
    cr_assert(bench_bit(&b, LAPIC_IRR, 0x40));
}

Test(lapic, any_value_ends_an_interrupt_in_xapic_mode)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_FIXED, 0x40);
    lapic_take_vector(&b.lapic);
    put(&b, LAPIC_EOI, 0xdeadbeef);
    cr_assert_eq(b.effect.vector, 0x40);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_EOI], 0);
}

// --- NMI, SMI, INIT, SIPI -------------------------------------------------------------------------------------------

Test(lapic, one_nmi_is_latched_until_taken)
{
    struct bench b = bench_enabled();
    bench_accept(&b, X86_NMI, 0);
    bench_accept(&b, X86_NMI, 0);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_NMI), 0);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_NMI), -1);
}

Test(lapic, signals_ignore_the_priority)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0xff);
    bench_accept(&b, X86_NMI, 0);
    bench_accept(&b, X86_SMI, 0);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_NMI | PENDING_SMI);
}

Test(lapic, init_resets_all_but_id_base_and_mode)
{
    struct bench b = bench_reset(3, false);
    put(&b, LAPIC_SVR, 0x1ff);
    put(&b, LAPIC_ID, 0x07000000);
    put(&b, LAPIC_TPR, 0x20);
    put(&b, LAPIC_LDR, 0x04000000);
    put(&b, LAPIC_DFR, 0x0fffffff);
    put(&b, LAPIC_LVT_TIMER, 0x20040);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    put(&b, LAPIC_DIVIDE, 0xb);
    bench_accept(&b, X86_FIXED, 0x50);
    bench_accept(&b, X86_NMI, 0);
    lapic_take_vector(&b.lapic);
    bench_accept(&b, X86_FIXED, 0x80);
    bench_accept(&b, X86_INIT, 0);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_INIT), 0);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    cr_assert_eq(get(&b, LAPIC_ID), 0x07000000);
    cr_assert_eq(b.lapic.base, LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE);
    cr_assert_eq(get(&b, LAPIC_TPR), 0);
    cr_assert_eq(get(&b, LAPIC_LDR), 0);
    cr_assert_eq(get(&b, LAPIC_DFR), 0xffffffff);
    cr_assert_eq(get(&b, LAPIC_SVR), 0xff);
    cr_assert_eq(get(&b, LAPIC_LVT_TIMER), 0x10000);
    cr_assert_eq(get(&b, LAPIC_INITIAL_COUNT), 0);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
    cr_assert_eq(get(&b, LAPIC_DIVIDE), 0);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(get(&b, LAPIC_IRR + i * 16) | get(&b, LAPIC_ISR + i * 16), 0);
}

Test(lapic, init_keeps_x2apic_mode)
{
    struct bench b = bench_x2apic(0x12345);
    bench_accept(&b, X86_INIT, 0);
    lapic_take(&b.lapic, PENDING_INIT);
    cr_assert(lapic_x2apic(&b.lapic));
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ID)), 0x12345);
}

Test(lapic, a_sipi_is_taken_once_after_an_init_and_ignored_otherwise)
{
    struct bench b = bench_reset(1, false);
    cr_assert(bench_accept(&b, X86_SIPI, 0x12), "an application processor waits from reset on");
    cr_assert(bench_accept(&b, X86_SIPI, 0x34));
    cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), 0x12, "the second is ignored");
    cr_assert(bench_accept(&b, X86_SIPI, 0x56));
    cr_assert_eq(lapic_output(&b.lapic), 0, "running: ignored");
    bench_accept(&b, X86_INIT, 0);
    lapic_take(&b.lapic, PENDING_INIT);
    bench_accept(&b, X86_SIPI, 0x78);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), 0x78);
}

Test(lapic, a_sipi_behind_an_init_that_was_not_taken_yet_is_kept)
{
    struct bench b = bench_reset(1, false);
    bench_accept(&b, X86_SIPI, 0x10);
    lapic_take(&b.lapic, PENDING_SIPI);
    bench_accept(&b, X86_INIT, 0);
    bench_accept(&b, X86_SIPI, 0x22);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_INIT), 0);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_SIPI);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), 0x22);
}

Test(lapic, an_init_forgets_the_sipi_of_the_init_before_it)
{
    struct bench b = bench_reset(1, false);
    bench_accept(&b, X86_INIT, 0);
    bench_accept(&b, X86_SIPI, 0x12);
    bench_accept(&b, X86_INIT, 0);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INIT);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_INIT), 0);
    cr_assert_eq(lapic_output(&b.lapic), 0, "waits for a SIPI that belongs to this INIT");
    bench_accept(&b, X86_SIPI, 0x34);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), 0x34);
}

Test(lapic, an_init_forgets_a_sipi_that_a_waiting_cpu_has_not_taken)
{
    struct bench b = bench_reset(1, false);
    bench_accept(&b, X86_SIPI, 0x12);
    bench_accept(&b, X86_INIT, 0);
    lapic_take(&b.lapic, PENDING_INIT);
    cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), -1);
}

Test(lapic, an_init_at_a_lint_pin_forgets_a_pending_sipi_and_nmi)
{
    for (unsigned pin = 0; pin < 2; pin++) {
        struct bench b = bench_reset(1, false);
        put(&b, LAPIC_SVR, 0x1ff);
        put(&b, pin ? LAPIC_LVT_LINT1 : LAPIC_LVT_LINT0, X86_INIT << 8);
        bench_accept(&b, X86_SIPI, 0x12);
        bench_accept(&b, X86_NMI, 0);
        lapic_set_lint(&b.lapic, pin, true);
        cr_assert_eq(lapic_output(&b.lapic), PENDING_INIT);
    }
}

Test(lapic, an_nmi_before_an_init_is_forgotten_and_one_after_it_waits_for_the_sipi)
{
    for (unsigned taken = 0; taken < 2; taken++) { // whether the CPU has looked in between or not
        struct bench b = bench_reset(1, false);
        bench_accept(&b, X86_NMI, 0);
        bench_accept(&b, X86_SMI, 0);
        bench_accept(&b, X86_INIT, 0);
        if (taken)
            lapic_take(&b.lapic, PENDING_INIT);
        cr_assert_eq(lapic_output(&b.lapic), taken ? 0 : PENDING_INIT);
        bench_accept(&b, X86_NMI, 0);
        bench_accept(&b, X86_SIPI, 0x12);
        if (!taken)
            lapic_take(&b.lapic, PENDING_INIT);
        cr_assert_eq(lapic_output(&b.lapic), PENDING_NMI | PENDING_SIPI);
        cr_assert_eq(lapic_take(&b.lapic, PENDING_SIPI), 0x12);
        cr_assert_eq(lapic_take(&b.lapic, PENDING_NMI), 0);
    }
}

Test(lapic, the_bootstrap_processor_does_not_wait_for_a_sipi)
{
    struct bench b = bench_reset(0, true);
    bench_accept(&b, X86_SIPI, 0x10);
    cr_assert_eq(lapic_output(&b.lapic), 0);
    bench_accept(&b, X86_INIT, 0);
    bench_accept(&b, X86_SIPI, 0x10);
    lapic_take(&b.lapic, PENDING_INIT);
    cr_assert_eq(lapic_output(&b.lapic), 0, "it restarts at its reset vector");
}

Test(lapic, an_init_level_deassert_does_nothing)
{
    struct bench b = bench_enabled();
    struct x86_message message = { .delivery = X86_INIT, .level = true, .assert_level = false };
    cr_assert(lapic_accept(&b.lapic, &message));
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    lapic_visit(object, v);
}

Test(lapic, the_state_list_misses_only_the_configuration_and_what_is_derived)
{
    struct lapic lapic;
    // The configuration, and the timer's frequency; three summaries and the padding behind them; padding at the end of
    // the timer and the chip.
    size_t known = sizeof lapic.config + sizeof lapic.timer.hz + 3 * (4 + 4) + (sizeof(struct lapic_timer) - 44);
    size_t fields = offsetof(struct lapic, mistakes) + sizeof lapic.mistakes;
    known += sizeof lapic - fields;
    cr_assert_eq(visit_uncovered(&lapic, sizeof lapic, list), known);
}

Test(lapic, a_saved_chip_continues_as_the_original)
{
    struct bench b = bench_enabled(), c = bench_reset(0, true);
    struct visit_save save;
    struct visit_load load;
    b.now = 5000;
    put(&b, LAPIC_LVT_TIMER, 0x20080);
    put(&b, LAPIC_DIVIDE, 0x3);
    put(&b, LAPIC_INITIAL_COUNT, 1000);
    bench_accept(&b, X86_FIXED, 0x33);
    lapic_take_vector(&b.lapic);
    lapic_accept_vector(&b.lapic, 0xe7, true);
    bench_accept(&b, X86_NMI, 0);
    visit_save_init(&save);
    lapic_visit(&b.lapic, &save.visit);
    visit_load_init(&load, save.data, save.size);
    lapic_visit(&c.lapic, &load.visit);
    lapic_loaded(&c.lapic);
    cr_assert(!load.failed);
    cr_assert_eq(load.position, load.size);
    free(save.data);
    c.now = b.now = 5777;
    cr_assert_eq(get(&c, LAPIC_CURRENT_COUNT), get(&b, LAPIC_CURRENT_COUNT), "the phase of the timer is kept");
    cr_assert_eq(lapic_deadline(&c.lapic), 5000 + 16000);
    cr_assert_eq(lapic_output(&c.lapic), lapic_output(&b.lapic));
    cr_assert_eq(lapic_take_vector(&c.lapic), 0xe7);
    put(&c, LAPIC_EOI, 0);
    cr_assert_eq(c.effect.flags, LAPIC_CHANGED | LAPIC_ENDED | LAPIC_BROADCAST);
    put(&c, LAPIC_EOI, 0);
    cr_assert_eq(c.effect.vector, 0x33);
}

Test(lapic, a_local_apic_is_far_below_two_kilobytes)
{
    cr_assert_lt(sizeof(struct lapic), 512);
}

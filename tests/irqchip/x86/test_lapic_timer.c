// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The timer of the local APIC: SDM, "APIC Timer", "TSC-Deadline Mode".
#include "test_lapic.h"

enum { VECTOR = 0xec, PERIODIC = 1 << 17, TSC_DEADLINE = 2 << 17, MASKED = 1 << 16 };

static struct bench timer_bench(uint32_t lvt, uint32_t divide)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_TIMER, lvt);
    put(&b, LAPIC_DIVIDE, divide);
    return b;
}

Test(lapic_timer, every_divisor_stretches_a_tick)
{
    static const struct {
        uint32_t divide, divisor;
    } rows[] = { { 0x0, 2 }, { 0x1, 4 }, { 0x2, 8 }, { 0x3, 16 }, { 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct bench b = timer_bench(VECTOR, rows[i].divide);
        uint64_t start = b.now;
        put(&b, LAPIC_INITIAL_COUNT, 10);
        cr_assert_eq(lapic_timer_divisor(&b.lapic.timer), rows[i].divisor);
        cr_assert_eq(lapic_deadline(&b.lapic), start + 10 * rows[i].divisor);
        for (unsigned tick = 0; tick < 10; tick++) {
            b.now = start + tick * rows[i].divisor;
            cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 10 - tick);
            b.now += rows[i].divisor - 1;
            cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 10 - tick, "the last ns of a tick");
        }
    }
}

Test(lapic_timer, one_shot_fires_once_and_stays_at_zero)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 500);
    cr_assert(!lapic_fire(&b.lapic, b.now + 499));
    cr_assert(lapic_fire(&b.lapic, b.now + 500));
    cr_assert(!lapic_fire(&b.lapic, b.now + 5000));
    b.now += 5000;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
    cr_assert_eq(get(&b, LAPIC_INITIAL_COUNT), 500);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    cr_assert_eq(lapic_take_vector(&b.lapic), VECTOR);
}

Test(lapic_timer, the_count_stays_at_zero_when_the_mode_changes_after_a_one_shot)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 500);
    b.now += 600;
    put(&b, LAPIC_LVT_TIMER, VECTOR | PERIODIC);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
    b.now += 10000;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
}

Test(lapic_timer, a_running_count_goes_on_between_one_shot_and_periodic)
{
    struct bench b = timer_bench(VECTOR | PERIODIC, 0xb);
    uint64_t start = b.now;
    put(&b, LAPIC_INITIAL_COUNT, 1000);
    b.now = start + 2300;
    put(&b, LAPIC_LVT_TIMER, VECTOR);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 700);
    cr_assert_eq(lapic_deadline(&b.lapic), start + 3000);
    b.now = start + 3001;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0, "one-shot at its end");
    put(&b, LAPIC_INITIAL_COUNT, 1000);
    put(&b, LAPIC_LVT_TIMER, VECTOR | PERIODIC);
    b.now = start + 4500;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 501, "periodic at its end: reloaded");
}

Test(lapic_timer, periodic_never_drifts_however_late_it_is_looked_at)
{
    struct bench b = timer_bench(VECTOR | PERIODIC, 0x0);
    uint64_t start = b.now;
    put(&b, LAPIC_INITIAL_COUNT, 333);
    uint64_t late = 0;
    for (unsigned i = 1; i <= 10000; i++) {
        late = (late * 31 + i) % 600;
        cr_assert_eq(lapic_deadline(&b.lapic), start + i * UINT64_C(666));
        cr_assert(lapic_fire(&b.lapic, lapic_deadline(&b.lapic) + late));
        cr_assert_eq(lapic_take_vector(&b.lapic), VECTOR);
        put(&b, LAPIC_EOI, 0);
    }
}

Test(lapic_timer, periods_that_were_missed_make_one_request_and_keep_the_phase)
{
    struct bench b = timer_bench(VECTOR | PERIODIC, 0xb);
    uint64_t start = b.now;
    put(&b, LAPIC_INITIAL_COUNT, 100);
    cr_assert(lapic_fire(&b.lapic, start + 100000050));
    cr_assert_eq(lapic_deadline(&b.lapic), start + 100000100);
    b.now = start + 100000050;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 50);
}

Test(lapic_timer, a_new_divider_keeps_the_count_and_the_part_of_a_tick)
{
    struct bench b = timer_bench(VECTOR, 0x3); // 16
    uint64_t start = b.now;
    put(&b, LAPIC_INITIAL_COUNT, 100);
    b.now = start + 16 * 40 + 5; // 5 ns into the tick of count 60
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 60);
    put(&b, LAPIC_DIVIDE, 0xa); // 128
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 60);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + 60 * 128 - 5);
    put(&b, LAPIC_DIVIDE, 0x3);
    cr_assert_eq(lapic_deadline(&b.lapic), start + 1600, "and back: as if nothing had been");
    put(&b, LAPIC_DIVIDE, 0x0); // 2
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 60);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + 60 * 2 - 1);
}

Test(lapic_timer, writing_the_initial_count_restarts_and_zero_stops)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 500);
    b.now += 400;
    put(&b, LAPIC_INITIAL_COUNT, 500);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + 500);
    put(&b, LAPIC_INITIAL_COUNT, 0);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
    cr_assert(!lapic_fire(&b.lapic, b.now + 1000));
}

Test(lapic_timer, the_longest_count_fits)
{
    struct bench b = timer_bench(VECTOR, 0xa);
    put(&b, LAPIC_INITIAL_COUNT, 0xffffffff);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0xffffffff);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + (UINT64_C(0xffffffff) << 7));
}

Test(lapic_timer, a_masked_timer_counts_without_interrupt_or_deadline)
{
    struct bench b = timer_bench(VECTOR | PERIODIC | MASKED, 0xb);
    uint64_t start = b.now;
    put(&b, LAPIC_INITIAL_COUNT, 1000);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    b.now = start + 10250;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 750);
    put(&b, LAPIC_LVT_TIMER, VECTOR | PERIODIC);
    cr_assert_eq(lapic_output(&b.lapic), 0, "what expired while masked is lost");
    cr_assert_eq(lapic_deadline(&b.lapic), start + 11000);
}

Test(lapic_timer, an_access_after_the_deadline_finds_the_interrupt_requested)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    b.now += 150;
    cr_assert(bench_bit(&b, LAPIC_IRR, VECTOR));
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
}

Test(lapic_timer, masking_after_expiry_comes_too_late)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    b.now += 100;
    put(&b, LAPIC_LVT_TIMER, VECTOR | MASKED);
    cr_assert(b.effect.flags & LAPIC_CHANGED);
    cr_assert_eq(lapic_take_vector(&b.lapic), VECTOR);
}

Test(lapic_timer, an_illegal_vector_is_an_error_and_no_interrupt)
{
    struct bench b = timer_bench(0x0f, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    cr_assert(lapic_fire(&b.lapic, b.now + 100));
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_RECEIVE_VECTOR);
}

// --- TSC-deadline ---------------------------------------------------------------------------------------------------

Test(lapic_timer, a_tsc_deadline_is_absolute_fires_once_and_clears_itself)
{
    struct bench b = timer_bench(VECTOR | TSC_DEADLINE, 0xa);
    cr_assert_eq(put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777), PORT_DONE);
    cr_assert_eq(lapic_deadline(&b.lapic), 7777, "no divider, not relative");
    cr_assert_eq(get_msr(&b, LAPIC_MSR_TSC_DEADLINE), 7777);
    cr_assert(!lapic_fire(&b.lapic, 7776));
    cr_assert(lapic_fire(&b.lapic, 7777));
    cr_assert_eq(lapic_take_vector(&b.lapic), VECTOR);
    b.now = 7777;
    cr_assert_eq(get_msr(&b, LAPIC_MSR_TSC_DEADLINE), 0);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
}

Test(lapic_timer, a_tsc_deadline_in_the_past_fires_at_once)
{
    struct bench b = timer_bench(VECTOR | TSC_DEADLINE, 0);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 1);
    cr_assert_eq(lapic_output(&b.lapic), PENDING_INTR);
    cr_assert_eq(get_msr(&b, LAPIC_MSR_TSC_DEADLINE), 0);
}

Test(lapic_timer, a_second_deadline_replaces_the_first_and_zero_disarms)
{
    struct bench b = timer_bench(VECTOR | TSC_DEADLINE, 0);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 9999);
    cr_assert_eq(lapic_deadline(&b.lapic), 9999);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 0);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
}

Test(lapic_timer, tsc_deadline_mode_ignores_the_initial_count_and_reads_zero)
{
    struct bench b = timer_bench(VECTOR | TSC_DEADLINE, 0);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    cr_assert_eq(get(&b, LAPIC_INITIAL_COUNT), 0);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
}

Test(lapic_timer, other_modes_ignore_the_tsc_deadline)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 5000);
    cr_assert_eq(put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777), PORT_DONE);
    cr_assert_eq(get_msr(&b, LAPIC_MSR_TSC_DEADLINE), 0);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + 5000);
}

Test(lapic_timer, moving_into_and_out_of_tsc_deadline_mode_disarms)
{
    struct bench b = timer_bench(VECTOR, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 5000);
    put(&b, LAPIC_LVT_TIMER, VECTOR | TSC_DEADLINE);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777);
    put(&b, LAPIC_LVT_TIMER, VECTOR | PERIODIC);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    cr_assert_eq(get_msr(&b, LAPIC_MSR_TSC_DEADLINE), 0);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
}

Test(lapic_timer, rewriting_the_same_mode_keeps_the_deadline)
{
    struct bench b = timer_bench(VECTOR | TSC_DEADLINE, 0);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777);
    put(&b, LAPIC_LVT_TIMER, (VECTOR + 1) | TSC_DEADLINE);
    cr_assert_eq(lapic_deadline(&b.lapic), 7777);
}

Test(lapic_timer, the_reserved_mode_never_counts)
{
    struct bench b = timer_bench(VECTOR | 3 << 17, 0xb);
    put(&b, LAPIC_INITIAL_COUNT, 100);
    put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 7777);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 0);
}

// --- Other clocks ---------------------------------------------------------------------------------------------------

static struct bench bench_of(uint64_t hz, uint32_t lvt)
{
    struct bench b = { .now = 1000 };
    struct lapic_config config = bench_config(0);
    config.timer_hz = hz;
    lapic_init(&b.lapic, &config, true);
    put(&b, LAPIC_SVR, 0x1ff);
    put(&b, LAPIC_LVT_TIMER, lvt);
    put(&b, LAPIC_DIVIDE, 0xb);
    return b;
}

Test(lapic_timer, a_clock_of_25_mhz_ticks_every_40_ns_also_after_an_init)
{
    struct bench b = bench_of(25000000, VECTOR);
    put(&b, LAPIC_INITIAL_COUNT, 10);
    cr_assert_eq(lapic_deadline(&b.lapic), 1400);
    b.now = 1039;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 10);
    b.now = 1040;
    cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), 9);
    put(&b, LAPIC_DIVIDE, 0);
    cr_assert_eq(lapic_deadline(&b.lapic), 1040 + 9 * 80);
    bench_accept(&b, X86_INIT, 0);
    lapic_take(&b.lapic, PENDING_INIT);
    put(&b, LAPIC_SVR, 0x1ff);
    put(&b, LAPIC_LVT_TIMER, VECTOR);
    put(&b, LAPIC_INITIAL_COUNT, 1);
    cr_assert_eq(lapic_deadline(&b.lapic), 1040 + 80, "divided by 2");
}

Test(lapic_timer, a_frequency_that_divides_no_nanosecond_never_drifts)
{
    static const uint64_t hz[] = { 3, 14318180, 300000007, 999999999, 1000000001, LAPIC_TIMER_HZ_LIMIT };
    for (unsigned i = 0; i < countof(hz); i++) {
        struct bench b = bench_of(hz[i], VECTOR | PERIODIC);
        uint64_t tick = 1000 * hz[i] / 1000000000;
        put(&b, LAPIC_INITIAL_COUNT, 7);
        for (unsigned n = 1; n <= 10000; n++) {
            tick += 7;
            uint64_t expected = (tick / hz[i]) * 1000000000 + (tick % hz[i] * 1000000000 + hz[i] - 1) / hz[i];
            if (expected <= b.now) // several periods in a nanosecond are one interrupt
                continue;
            cr_assert_eq(lapic_deadline(&b.lapic), expected, "period %u", n);
            cr_assert(!lapic_fire(&b.lapic, expected - 1));
            cr_assert(lapic_fire(&b.lapic, expected));
            b.now = expected;
        }
    }
}

Test(lapic_timer, the_current_count_follows_the_ticks_at_any_frequency)
{
    static const uint64_t hz[] = { 14318180, 300000007, 2500000000 };
    for (unsigned i = 0; i < countof(hz); i++) {
        struct bench b = bench_of(hz[i], VECTOR);
        uint64_t first = b.now * hz[i] / 1000000000;
        put(&b, LAPIC_INITIAL_COUNT, 3000);
        for (; b.now < 2200; b.now++) {
            uint64_t over = b.now * hz[i] / 1000000000 - first;
            cr_assert_eq(get(&b, LAPIC_CURRENT_COUNT), over < 3000 ? 3000 - over : 0);
        }
    }
}

Test(lapic_timer, a_count_that_ends_behind_all_time_never_fires)
{
    struct bench b = bench_of(1, VECTOR);
    put(&b, LAPIC_DIVIDE, 0xa);
    put(&b, LAPIC_INITIAL_COUNT, 0xffffffff);
    cr_assert_eq(lapic_deadline(&b.lapic), CLOCK_NEVER);
    b.now = 128000000000;
    put(&b, LAPIC_INITIAL_COUNT, 100);
    cr_assert_eq(lapic_deadline(&b.lapic), b.now + UINT64_C(12800) * 1000000000);
}

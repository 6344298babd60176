// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI 6.5, section 4.8.
#include <criterion/criterion.h>

#include "devices/acpi_pm.h"
#include "devices/board.h"
#include "devices/ticks.h"

struct board {
    struct clock clock;
    struct acpi_pm pm;
    struct wire sci;
    unsigned offs;
};

static struct board board;

static void power_off(void *owner)
{
    struct board *b = owner;
    b->offs++;
}

static uint32_t in(unsigned offset, unsigned size)
{
    return (uint32_t)acpi_pm_read(&board.pm, offset, size, board.clock.now);
}

static void out(unsigned offset, unsigned size, uint32_t value)
{
    acpi_pm_write(&board.pm, offset, size, value, board.clock.now);
}

static void acpi_mode(uint8_t command)
{
    acpi_smi_write(&board.pm, 0, 1, command, board.clock.now);
}

static void start(bool wide)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    acpi_pm_init(&board.pm, &board.clock, wide, power_off, &board);
    wire_connect(&board.pm.sci, &board.sci);
}

static void setup(void)
{
    start(true);
}

TestSuite(acpi_pm, .init = setup);

Test(acpi_pm, the_timer_runs_at_3_579545_mhz_exactly)
{
    run_to(&board.clock, NS_PER_SECOND - 1);
    cr_assert_eq(in(ACPI_PM_TMR, 4), 3579544);
    run_to(&board.clock, NS_PER_SECOND);
    cr_assert_eq(in(ACPI_PM_TMR, 4), 3579545);
    run_to(&board.clock, 10000 * NS_PER_SECOND);
    cr_assert_eq(in(ACPI_PM_TMR, 4), (uint32_t)35795450000);
    cr_assert_eq(in(ACPI_PM_TMR, 2), 35795450000 & 0xffff);
    out(ACPI_PM_TMR, 4, 0);
    cr_assert_eq(in(ACPI_PM_TMR, 4), (uint32_t)35795450000, "read-only");
    start(false);
    run_to(&board.clock, 10000 * NS_PER_SECOND);
    cr_assert_eq(in(ACPI_PM_TMR, 4), 35795450000 & 0xffffff);
}

Test(acpi_pm, smi_commands_turn_acpi_mode_on_and_off)
{
    cr_assert_eq(in(ACPI_PM1_CNT, 2), 0);
    out(ACPI_PM1_CNT, 2, ACPI_CNT_SCI_EN);
    cr_assert_eq(in(ACPI_PM1_CNT, 2), 0, "SCI_EN belongs to the firmware");
    acpi_mode(ACPI_SMI_ENABLE);
    cr_assert_eq(in(ACPI_PM1_CNT, 2), ACPI_CNT_SCI_EN);
    cr_assert_eq(acpi_smi_read(&board.pm, 0, 1, 0), ACPI_SMI_ENABLE);
    acpi_mode(ACPI_SMI_DISABLE);
    cr_assert_eq(in(ACPI_PM1_CNT, 2), 0);
    acpi_smi_write(&board.pm, 1, 1, 0x77, 0);
    cr_assert_eq(acpi_smi_read(&board.pm, 1, 1, 0), 0x77);
}

Test(acpi_pm, the_power_button_raises_the_sci_until_its_status_is_cleared)
{
    acpi_pm_power_button(&board.pm, 0);
    out(ACPI_PM1_EN, 2, ACPI_PM1_PWRBTN);
    cr_assert_not(board.sci.level, "not in ACPI mode");
    acpi_mode(ACPI_SMI_ENABLE);
    cr_assert(board.sci.level);
    out(ACPI_PM1_STS, 2, ACPI_PM1_TMR);
    cr_assert(board.sci.level);
    out(ACPI_PM1_STS, 2, ACPI_PM1_PWRBTN);
    cr_assert_not(board.sci.level);
    cr_assert_eq(in(ACPI_PM1_STS, 2), 0);
    out(ACPI_PM1_EN, 2, 0);
    acpi_pm_power_button(&board.pm, 0);
    cr_assert_not(board.sci.level);
    cr_assert_eq(in(ACPI_PM1_STS, 4), ACPI_PM1_PWRBTN);
}

Test(acpi_pm, the_timer_status_is_set_when_the_top_bit_changes)
{
    for (unsigned wide = 0; wide < 2; wide++) {
        start(wide);
        uint64_t half = UINT64_C(1) << (wide ? 31 : 23);
        cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
        acpi_mode(ACPI_SMI_ENABLE);
        out(ACPI_PM1_EN, 2, ACPI_PM1_TMR);
        cr_assert_eq(clock_next(&board.clock), ticks_time(half, ACPI_PM_HZ));
        run_to(&board.clock, clock_next(&board.clock));
        cr_assert(board.sci.level);
        cr_assert_eq(in(ACPI_PM_TMR, 4), half);
        cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
        out(ACPI_PM1_STS, 2, ACPI_PM1_TMR);
        cr_assert_not(board.sci.level);
        cr_assert_eq(clock_next(&board.clock), ticks_time(2 * half, ACPI_PM_HZ));
    }
}

Test(acpi_pm, s5_powers_off_and_other_types_do_not)
{
    out(ACPI_PM1_CNT, 2, ACPI_CNT_SLP_EN | 5 << ACPI_CNT_SLP_TYP_SHIFT);
    cr_assert_eq(board.offs, 0);
    cr_assert_eq(board.pm.mistakes[ACPI_PM_MISTAKE_SLEEP], 1);
    cr_assert_eq(in(ACPI_PM1_CNT, 2), 5 << ACPI_CNT_SLP_TYP_SHIFT, "SLP_EN reads as 0");
    out(ACPI_PM1_CNT, 2, ACPI_S5_TYPE << ACPI_CNT_SLP_TYP_SHIFT);
    cr_assert_eq(board.offs, 0);
    out(ACPI_PM1_CNT, 2, ACPI_CNT_SLP_EN | ACPI_S5_TYPE << ACPI_CNT_SLP_TYP_SHIFT);
    cr_assert_eq(board.offs, 1);
    out(ACPI_PM1_CNT + 1, 1, ACPI_CNT_SLP_EN >> 8); // byte-wise, as Linux may
    cr_assert_eq(board.offs, 2);
}

Test(acpi_pm, general_purpose_events)
{
    acpi_mode(ACPI_SMI_ENABLE);
    acpi_pm_gpe(&board.pm, 17, 0);
    cr_assert_eq(in(ACPI_GPE0_STS, 4), 1u << 17);
    cr_assert_not(board.sci.level);
    out(ACPI_GPE0_EN + 2, 1, 0x02);
    cr_assert_eq(in(ACPI_GPE0_EN, 4), 1u << 17);
    cr_assert(board.sci.level);
    out(ACPI_GPE0_STS + 2, 1, 0x02);
    cr_assert_eq(in(ACPI_GPE0_STS, 4), 0);
    cr_assert_not(board.sci.level);
}

Test(acpi_pm, write_masks)
{
    out(ACPI_PM1_EN, 2, 0xffff);
    cr_assert_eq(in(ACPI_PM1_EN, 2), 0x0721);
    out(ACPI_PM1_CNT, 2, 0xffff & ~ACPI_CNT_SLP_EN);
    cr_assert_eq(in(ACPI_PM1_CNT, 2), 0x1c02);
    cr_assert_eq(in(0x10, 4), 0);
}

static void list(void *object, struct visit *v)
{
    acpi_pm_visit(object, v);
}

Test(acpi_pm, its_state_is_saved_and_loaded)
{
    acpi_mode(ACPI_SMI_ENABLE);
    out(ACPI_PM1_EN, 2, ACPI_PM1_TMR);
    acpi_pm_gpe(&board.pm, 3, 0);
    struct visit_save save;
    visit_save_init(&save);
    acpi_pm_visit(&board.pm, &save.visit);
    uint64_t deadline = clock_next(&board.clock);
    setup();
    check_load(&board.pm, list, &save);
    clock_loaded(&board.clock);
    cr_assert_eq(clock_next(&board.clock), deadline);
    cr_assert_eq(in(ACPI_GPE0_STS, 4), 8);
    free(save.data);
}

Test(acpi_pm, the_list_misses_only_padding_pointers_and_the_event)
{
    cr_assert_eq(visit_uncovered(&board.pm, offsetof(struct acpi_pm, wide), list), 2 + 6);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine that stays off: the end that is a stop, what starts it again, and that a run without the choice ends.
#include <criterion/criterion.h>
#include <string.h>

#include <intact/debug.h>
#include <intact/machine.h>

// MOV X9, #9000000h; MOV W1, 'A'; STRB W1, [X9]; MOV X0, #84000000h; MOVK X0, #8 or 9; HVC #0: SYSTEM_OFF, SYSTEM_RESET
static const uint32_t code_off[] = { 0xd2a12009, 0x52800821, 0x39000121, 0xd2b08000, 0xf2800100, 0xd4000002 };
static const uint32_t code_reset[] = { 0xd2a12009, 0x52800821, 0x39000121, 0xd2b08000, 0xf2800120, 0xd4000002 };

static struct intact_machine_config config;
static struct intact_machine *machine;
static char printed[8];
static unsigned count;

static void print(void *owner, uint8_t byte)
{
    (void)owner;
    if (count < sizeof printed - 1)
        printed[count++] = (char)byte;
}

static void start(void)
{
    intact_machine_config_init(&config);
    memset(printed, 0, sizeof printed);
    count = 0;
    config.type = INTACT_VIRT;
    config.memory = UINT64_C(16) << 20;
    config.kernel = "code";
    config.kernel_data = code_off;
    config.kernel_size = sizeof code_off;
    config.serial.write = print;
    config.stay_off = true;
}

static void finish(void)
{
    intact_machine_destroy(machine);
}

TestSuite(stay_off, .init = start, .fini = finish);

static void make(void)
{
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void stops_at(uint64_t instructions)
{
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_BREAK, "%s", intact_reason_text(end.reason));
    cr_assert_eq(end.stop, INTACT_STOP_OFF);
    cr_assert_eq(end.instructions, instructions, "%llu", (unsigned long long)end.instructions);
}

Test(stay_off, a_reset_starts_it_again)
{
    make();
    stops_at(6);
    cr_assert_eq(intact_machine_reset(machine), 0);
    stops_at(1000012);
    cr_assert_str_eq(printed, "AA");
    intact_machine_quit(machine);
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_QUIT);
    cr_assert_eq(end.status, 0);
}

Test(stay_off, a_pause_does_not_hide_it)
{
    make();
    cr_assert_eq(intact_machine_run_for(machine, 3).reason, INTACT_PAUSED);
    struct intact_exit end = intact_machine_run_for(machine, 1000);
    cr_assert_eq(end.stop, INTACT_STOP_OFF);
}

Test(stay_off, without_reboot_a_reset_is_one_too)
{
    config.kernel_data = code_reset;
    config.reboot = false;
    make();
    stops_at(6);
    cr_assert_eq(intact_machine_reset(machine), 0);
    stops_at(6);
    cr_assert_str_eq(printed, "A");
}

Test(stay_off, otherwise_the_run_ends)
{
    config.stay_off = false;
    make();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
}

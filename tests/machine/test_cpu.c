// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Stepping a machine, and its processors' registers and memory between two runs.
#include <criterion/criterion.h>

#include <errno.h>
#include <intact/machine.h>

#include "base/bits.h"
#include "machine/arm64_code.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static int within_run; // what a read in a callback answered

static void print(void *owner, uint8_t byte)
{
    uint64_t value;
    (void)owner, (void)byte;
    if (machine)
        within_run = intact_machine_read_register(machine, 0, "rax", &value);
}

static void make(void)
{
    char why[INTACT_ERROR_SIZE];
    machine = NULL;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

// mov ebx, 5; again: dec ebx; jnz again; out a character; halt
static void setup(void)
{
    code_begin(&code);
    CODE(&code, 0xbb, 5, 0, 0, 0, 0x4b, 0x75, 0xfd);
    code_out8(&code, 0x3f8, 'x');
    code_halt(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.serial.write = print;
}

TestSuite(cpu, .init = setup);

static uint64_t get(const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(intact_machine_read_register(machine, 0, name, &value), 0, "%s", name);
    return value;
}

Test(cpu, it_runs_so_many_instructions_and_no_more)
{
    make();
    struct intact_exit end = intact_machine_run_for(machine, 0);
    cr_assert_eq(end.reason, INTACT_PAUSED);
    cr_assert_eq(get("rip"), CODE_BASE + CODE_START);
    end = intact_machine_run_for(machine, 1);
    cr_assert_eq(end.reason, INTACT_PAUSED);
    cr_assert_eq(end.instructions, 1);
    cr_assert_eq(get("rbx"), 5);
    cr_assert_eq(get("rip"), CODE_BASE + CODE_START + 5);
    cr_assert_eq(intact_machine_run_for(machine, 3).instructions, 4);
    cr_assert_eq(get("rbx"), 3);
    intact_machine_destroy(machine);
}

Test(cpu, where_it_pauses_changes_nothing)
{
    make();
    struct intact_exit whole = intact_machine_run(machine);
    cr_assert_eq(whole.reason, INTACT_DEADLOCK);
    intact_machine_destroy(machine);
    make();
    struct intact_exit end;
    unsigned pauses = 0;
    while ((end = intact_machine_run_for(machine, 1)).reason == INTACT_PAUSED)
        pauses++;
    cr_assert_eq(end.reason, INTACT_DEADLOCK);
    cr_assert_eq(end.instructions, whole.instructions);
    cr_assert_eq(end.time, whole.time);
    cr_assert_eq(pauses, whole.instructions);
    intact_machine_destroy(machine);
}

Test(cpu, the_limit_of_the_configuration_stays_the_nearer_one)
{
    config.limit = 7;
    make();
    cr_assert_eq(intact_machine_run_for(machine, 5).reason, INTACT_PAUSED);
    struct intact_exit end = intact_machine_run_for(machine, 5);
    cr_assert_eq(end.reason, INTACT_LIMIT);
    cr_assert_eq(end.instructions, 7);
    intact_machine_destroy(machine);
}

Test(cpu, registers_have_names_and_are_written_where_a_guest_could)
{
    make();
    intact_machine_run_for(machine, 2);
    unsigned count = 0;
    for (const char *name; (name = intact_machine_register(machine, count)); count++)
        get(name);
    cr_assert_gt(count, 40);
    cr_assert_eq(get("cs"), get("cs") & ~7u);
    cr_assert_eq(get("cr0") & 1, 1, "protected mode");
    cr_assert_eq(intact_machine_write_register(machine, 0, "rbx", 1), 0);
    cr_assert_eq(intact_machine_write_register(machine, 0, "cr0", 0), -EROFS);
    cr_assert_eq(intact_machine_write_register(machine, 0, "eax", 0), -ENOENT);
    cr_assert_eq(intact_machine_write_register(machine, 1, "rax", 0), -EINVAL);
    uint64_t flags = get("rflags"), value;
    cr_assert_eq(intact_machine_write_register(machine, 0, "rflags", flags | 0x40 | BIT64(17)), 0);
    cr_assert_eq(get("rflags"), flags | 0x40, "ZF, but no virtual 8086 mode");
    cr_assert_eq(intact_machine_read_register(machine, 0, "none", &value), -ENOENT);
    intact_machine_run_for(machine, 1); // jnz falls through
    cr_assert_eq(get("rip"), CODE_BASE + CODE_START + 8);
    intact_machine_destroy(machine);
}

Test(cpu, memory_is_read_and_written_and_code_follows)
{
    uint8_t bytes[8] = { 0 };
    make();
    intact_machine_run_for(machine, 2); // the loop has been translated
    cr_assert_eq(intact_machine_read_memory(machine, CODE_BASE + CODE_START, bytes, 5), 0);
    cr_assert_eq(bytes[0], 0xbb);
    const uint8_t inc = 0x43; // inc ebx instead of dec ebx
    cr_assert_eq(intact_machine_write_virtual(machine, 0, CODE_BASE + CODE_START + 5, &inc, 1), 0);
    cr_assert_eq(intact_machine_read_virtual(machine, 0, CODE_BASE + CODE_START + 5, bytes, 1), 0);
    cr_assert_eq(bytes[0], inc);
    intact_machine_run_for(machine, 2);
    cr_assert_eq(get("rbx"), 5);
    cr_assert_eq(intact_machine_read_memory(machine, 0xfec00000, bytes, 4), -EFAULT, "a device");
    cr_assert_eq(intact_machine_write_memory(machine, config.memory - 4, bytes, 8), -EFAULT);
    cr_assert_eq(intact_machine_read_virtual(machine, 0, config.memory - 4, bytes, 8), -EFAULT);
    cr_assert_eq(intact_machine_write_memory(machine, config.memory - 4, bytes, 4), 0);
    intact_machine_destroy(machine);
}

Test(cpu, nothing_is_looked_at_within_a_run)
{
    make();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(within_run, -EBUSY);
    intact_machine_destroy(machine);
}

Test(cpu, an_arm_processor_has_its_own_registers)
{
    config.type = INTACT_VIRT;
    config.kernel_data = code_timer3;
    config.kernel_size = sizeof code_timer3;
    config.serial.write = NULL;
    make();
    uint64_t pc = get("pc");
    intact_machine_run_for(machine, 1);
    cr_assert_eq(get("pc"), pc + 4);
    cr_assert_eq(get("pstate") & 0xf, 5, "EL1h");
    cr_assert_eq(intact_machine_write_register(machine, 0, "x7", 0x1234), 0);
    cr_assert_eq(get("x7"), 0x1234);
    cr_assert_eq(intact_machine_write_register(machine, 0, "pstate", UINT64_C(0x60000000)), 0);
    cr_assert_eq(get("pstate"), 0x60000005);
    cr_assert_eq(get("VBAR_EL1"), 0);
    cr_assert_eq(intact_machine_write_register(machine, 0, "VBAR_EL1", 1), -EROFS);
    cr_assert_eq(intact_machine_write_register(machine, 0, "rax", 1), -ENOENT);
    for (unsigned i = 0; intact_machine_register(machine, i); i++)
        get(intact_machine_register(machine, i));
    intact_machine_destroy(machine);
}

Test(cpu, a_configuration_of_a_newer_version_is_refused)
{
    char why[INTACT_ERROR_SIZE];
    config.size += 8;
    cr_assert_eq(intact_machine_create(&config, &machine, why), -EINVAL);
    cr_assert_not_null(strstr(why, "intact_machine_config_init"));
    cr_assert_eq(intact_machine_create(&config, &machine, NULL), -EINVAL);
}

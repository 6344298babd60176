// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is there to see of a machine: registers of its chips, its wires, its processors; and that looking changes nothing.
#include <errno.h>
#include <intact/debug.h>
#include <intact/replay.h>
#include <string.h>

#include "machine/demo.h"

enum { STEP = 997 };

static struct intact_machine *machine;
static struct intact_machine_config config;
static unsigned registers, wires, named;
static int within_run;

static void count_register(void *owner, const struct intact_chip_register *reg)
{
    (void)owner;
    registers += reg->name && *reg->chip_name && *reg->chip_text;
}

static void count_wire(void *owner, const struct intact_wire *wire)
{
    (void)owner;
    cr_assert(wire->high || !wire->drives, "GSI %u: a driver is high, and the wire is not", wire->gsi);
    wires++;
    named += wire->driver && !strcmp(wire->driver, config.type == INTACT_PC ? "com1.irq" : "uart.irq");
}

static void look(void)
{
    registers = wires = named = 0;
    cr_assert_eq(intact_machine_chip_registers(machine, INTACT_NO_CPU, count_register, NULL), 0);
    cr_assert_eq(intact_machine_wires(machine, count_wire, NULL), 0);
    cr_assert(registers > 50, "%u", registers);
    cr_assert_eq(named, 1);
    cr_assert_geq(wires, 2);
}

static uint64_t run(enum intact_machine_type type, bool looks)
{
    demo_config(&config, type);
    machine = demo_make(&config);
    struct intact_exit end;
    do {
        if (looks)
            look();
        end = intact_machine_run_for(machine, STEP);
    } while (end.reason == INTACT_PAUSED);
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    intact_machine_destroy(machine);
    return digest;
}

Test(look, looking_changes_nothing, .timeout = 60)
{
    for (int type = INTACT_PC; type <= INTACT_VIRT; type++)
        cr_assert_eq(run((enum intact_machine_type)type, true), run((enum intact_machine_type)type, false));
}

static void count_call(void *owner, struct intact_machine *of)
{
    unsigned *calls = owner;
    cr_assert_eq(of, machine);
    *calls += 1;
}

static uint64_t run_with_calls(bool calls)
{
    unsigned called = 0, asked = 0;
    demo_config(&config, INTACT_PC);
    machine = demo_make(&config);
    struct intact_exit end;
    do {
        if (calls) {
            cr_assert_eq(intact_machine_look(machine, count_call, &called), 0);
            cr_assert_eq(intact_machine_look(machine, count_call, &called), -EBUSY);
            asked++;
        }
        end = intact_machine_run_for(machine, STEP);
        cr_assert_eq(called, asked);
    } while (end.reason == INTACT_PAUSED);
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    intact_machine_destroy(machine);
    return digest;
}

Test(look, another_threads_look_changes_nothing, .timeout = 60)
{
    cr_assert_eq(run_with_calls(true), run_with_calls(false));
}

Test(look, processors_run_wait_and_are_off)
{
    demo_config(&config, INTACT_VIRT);
    machine = demo_make(&config);
    cr_assert_eq(intact_machine_cpu_state(machine, 0), INTACT_CPU_RUNNING);
    cr_assert_eq(intact_machine_cpu_state(machine, 1), INTACT_CPU_STOPPED);
    cr_assert_eq(intact_machine_cpu_state(machine, 2), -EINVAL);
    cr_assert_eq(intact_machine_chip_registers(machine, 2, count_register, NULL), -EINVAL);
    intact_machine_destroy(machine);
}

static void take_instruction(void *owner, const struct intact_instruction *instruction)
{
    unsigned *bytes = owner;
    cr_assert(*instruction->mnemonic);
    cr_assert_eq(instruction->address, 0x40080000 + *bytes);
    *bytes += instruction->size;
}

Test(look, code_is_told_as_instructions)
{
    unsigned bytes = 0;
    uint64_t pc;
    demo_config(&config, INTACT_VIRT);
    machine = demo_make(&config);
    intact_machine_read_register(machine, 0, "pc", &pc);
    int count = intact_machine_disassemble(machine, 0, pc, 3, take_instruction, &bytes);
    if (count != -ENOTSUP) {
        cr_assert_eq(count, 3);
        cr_assert_eq(bytes, 12);
        cr_assert_eq(intact_machine_disassemble(machine, 0, 0xf000000000, 3, take_instruction, &bytes), 0);
    }
    cr_assert_eq(intact_machine_disassemble(machine, 2, pc, 3, take_instruction, &bytes), -EINVAL);
    intact_machine_destroy(machine);
}

static void write_byte(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
    if (machine)
        within_run = intact_machine_wires(machine, count_wire, NULL);
}

Test(look, not_within_a_run)
{
    demo_config(&config, INTACT_PC);
    config.serial.write = write_byte;
    machine = NULL;
    machine = demo_make(&config);
    within_run = 1;
    intact_machine_run(machine);
    cr_assert_eq(within_run, -EBUSY);
    intact_machine_destroy(machine);
}

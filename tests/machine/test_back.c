// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A debugger's ways back, on a history that keeps the beginning alone and runs forward from there.
#include "machine/back.h"

#include <criterion/criterion.h>
#include <intact/debug.h>
#include <stdlib.h>
#include <string.h>

#include "machine/arm64_code.h"
#include "machine/board/board.h"
#include "machine/machine.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct board *board;
static struct visit_save beginning;
static uint8_t *memory;

static bool go_to(void *owner, uint64_t instructions)
{
    struct visit_load load;
    (void)owner;
    visit_load_init(&load, beginning.data, beginning.size);
    board_visit_chips(board, &load.visit);
    memcpy(board->ram, memory, board->ram_size);
    loop_memory_written(&board->loop, 0, UINT64_MAX >> 1);
    board_loaded(board);
    cr_assert(!load.failed);
    if (instructions == 0)
        return true;
    return intact_machine_run_for(machine, instructions).reason == INTACT_PAUSED;
}

static const struct history history = { .go_to = go_to };

static void make(void)
{
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    board = machine_board(machine);
    visit_save_init(&beginning);
    board_visit_chips(board, &beginning.visit);
    memory = malloc(board->ram_size);
    memcpy(memory, board->ram, board->ram_size);
    board->history = &history;
}

static void setup(void)
{
    code_begin(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
}

static void teardown(void)
{
    free(memory);
    free(beginning.data);
    intact_machine_destroy(machine);
}

TestSuite(back, .init = setup, .fini = teardown, .timeout = 60);

static uint64_t get(unsigned cpu, const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(intact_machine_read_register(machine, cpu, name, &value), 0, "%s", name);
    return value;
}

enum { START = CODE_BASE + CODE_START, TURNS = 3000 };

// mov ebx, 3000; mov edi, 0x200000; again: mov [edi], ebx; dec ebx; jnz again; then halts for ever
static void make_loop(void)
{
    CODE(&code, 0xbb, 0xb8, 0x0b, 0, 0, 0xbf, 0, 0, 0x20, 0, 0x89, 0x1f, 0x4b, 0x75, 0xfb);
    code_halt(&code);
    make();
}

Test(back, a_step_back_undoes_one_instruction)
{
    make_loop();
    cr_assert_eq(intact_machine_run_for(machine, 4).reason, INTACT_PAUSED);
    cr_assert_eq(get(0, "rbx"), TURNS - 1);
    cr_expect(back_step(machine, 0));
    cr_expect_eq(get(0, "rbx"), TURNS);
    cr_expect_eq(get(0, "rip"), START + 12);
    cr_expect(back_step(machine, 0) && back_step(machine, 0) && back_step(machine, 0));
    cr_expect_eq(get(0, "rip"), START);
    cr_expect(!back_step(machine, 0));
    cr_expect_eq(intact_machine_instructions(machine), 0);
}

Test(back, back_to_the_last_breakpoint_and_the_one_before)
{
    make_loop();
    struct intact_exit end;
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, START + 12, 0), 0);
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(intact_machine_run(machine).reason, INTACT_BREAK);
    uint64_t here = intact_machine_instructions(machine);
    for (unsigned i = 1; i < 5; i++) {
        cr_assert(back_continue(machine, &end));
        cr_expect_eq(end.stop, INTACT_STOP_EXECUTE);
        cr_expect_eq(end.address, START + 12);
        cr_expect_eq(end.instructions, here - 3 * i);
        cr_expect_eq(intact_machine_instructions(machine), here - 3 * i);
        cr_expect_eq(get(0, "rip"), START + 12);
    }
    cr_expect(!back_continue(machine, &end));
    cr_expect_eq(intact_machine_instructions(machine), 0);
    // Forward again, it stops at all of them.
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(intact_machine_run(machine).reason, INTACT_BREAK);
    cr_expect_eq(intact_machine_instructions(machine), here);
}

// The breakpoint is far back: several stretches are looked at.
Test(back, back_over_more_than_one_stretch)
{
    make_loop();
    struct intact_exit end;
    cr_assert_eq(intact_machine_run_for(machine, 8000).reason, INTACT_PAUSED);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, START + 5, 0), 0);
    cr_assert(back_continue(machine, &end));
    cr_expect_eq(end.instructions, 1);
    cr_expect_eq(get(0, "rip"), START + 5);
    cr_assert_eq(intact_machine_run_for(machine, 10).reason, INTACT_PAUSED); // it does not stop there again
}

// A watchpoint of a PC stops behind its instruction, also where two stretches meet.
Test(back, back_to_the_last_write)
{
    make_loop();
    struct intact_exit end;
    cr_assert_eq(intact_machine_run_for(machine, 2000).reason, INTACT_PAUSED);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_WRITE, 0x200000, 4), 0);
    for (uint64_t at = 1998; at > 3; at -= 3) {
        cr_assert(back_continue(machine, &end));
        cr_assert_eq(end.instructions, at);
        cr_assert_eq(get(0, "rip"), START + 12);
    }
    cr_assert_eq(intact_break_remove(machine, INTACT_STOP_WRITE, 0x200000, 4), 0);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_WRITE, 0x207000, 4), 0);
    cr_expect(!back_continue(machine, &end));
}

Test(back, a_step_back_of_one_processor_goes_before_its_own_last_instruction)
{
    config.type = INTACT_VIRT;
    config.kernel_data = code_smp;
    config.kernel_size = sizeof code_smp;
    config.cpus = 2;
    make();
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(intact_machine_step(machine, 1).reason, INTACT_BREAK);
    uint64_t pc = get(1, "pc");
    cr_assert_eq(intact_machine_step(machine, 1).reason, INTACT_BREAK);
    cr_expect(back_step(machine, 1));
    cr_expect_eq(get(1, "pc"), pc);
    uint64_t executed = board->loop.vcpus[0]->goal;
    cr_expect(back_step(machine, 0));
    cr_expect_eq(board->loop.vcpus[0]->goal, executed - 1);
}

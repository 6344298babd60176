// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// <intact/debug.h>: where breakpoints, watchpoints and steps stop a machine, and that nothing else changes.
#include <criterion/criterion.h>

#include <errno.h>
#include <intact/debug.h>
#include <intact/snapshot.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "guests/embedded.h"
#include "machine/arm64_code.h"
#include "machine/board/board.h"
#include "machine/machine.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;

static void make(void)
{
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
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
    intact_machine_destroy(machine);
    machine = NULL;
}

TestSuite(debug, .init = setup, .fini = teardown, .timeout = 60);

static uint64_t get(const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(intact_machine_read_register(machine, 0, name, &value), 0, "%s", name);
    return value;
}

static void add(enum intact_stop kind, uint64_t address, uint64_t size)
{
    cr_assert_eq(intact_break_add(machine, kind, address, size), 0);
}

// Runs, and expects a stop of this kind there.
static struct intact_exit stops(enum intact_stop kind, uint64_t address)
{
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_BREAK, "%s", intact_reason_text(end.reason));
    cr_assert_eq(end.stop, kind);
    cr_assert_eq(end.address, address, "%#jx, not %#jx", (uintmax_t)end.address, (uintmax_t)address);
    cr_assert_eq(end.cpu, 0);
    return end;
}

enum { START = CODE_BASE + CODE_START };

// mov ebx, 5; again: dec ebx; jnz again; then halts for ever
static void make_loop(void)
{
    CODE(&code, 0xbb, 5, 0, 0, 0, 0x4b, 0x75, 0xfd);
    code_halt(&code);
    make();
}

// --- breakpoints -----------------------------------------------------------------------------------------------------

Test(debug, a_breakpoint_stops_before_its_instruction_each_time)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START + 5, 0);
    for (unsigned i = 0; i < 5; i++) {
        struct intact_exit end = stops(INTACT_STOP_EXECUTE, START + 5);
        cr_expect_eq(end.instructions, 1 + 2 * i);
        cr_expect_eq(get("rip"), START + 5);
        cr_expect_eq(get("rbx"), 5 - i);
    }
    struct intact_exit end = intact_machine_run(machine);
    cr_expect_eq(end.reason, INTACT_DEADLOCK);
    cr_expect_eq(end.stop, INTACT_STOP_NONE);
}

Test(debug, a_breakpoint_at_the_first_instruction_stops_before_anything)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START, 0);
    cr_expect_eq(stops(INTACT_STOP_EXECUTE, START).instructions, 0);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, breakpoints_come_and_go_in_code_that_has_run)
{
    make_loop();
    cr_assert_eq(intact_machine_run_for(machine, 4).reason, INTACT_PAUSED);
    add(INTACT_STOP_EXECUTE, START + 6, 0);
    stops(INTACT_STOP_EXECUTE, START + 6);
    cr_assert_eq(intact_break_remove(machine, INTACT_STOP_EXECUTE, START + 6, 0), 0);
    cr_assert_eq(intact_break_remove(machine, INTACT_STOP_EXECUTE, START + 6, 0), -ENOENT);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, the_same_offset_in_another_page_is_not_the_same_address)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START + 5 + 0x1000, 0);
    add(INTACT_STOP_EXECUTE, START + 5 - 0x1000, 0);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, a_breakpoint_between_two_instructions_meets_neither)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START + 2, 0);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, a_breakpoint_is_not_in_guest_memory)
{
    uint8_t before[16], with[16];
    make_loop();
    cr_assert_eq(intact_machine_read_memory(machine, START, before, sizeof before), 0);
    add(INTACT_STOP_EXECUTE, START, 0);
    cr_assert_eq(intact_machine_read_memory(machine, START, with, sizeof with), 0);
    cr_expect_eq(memcmp(before, with, sizeof with), 0);
}

Test(debug, a_pause_at_a_breakpoint_does_not_hide_it)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START + 5, 0);
    cr_assert_eq(intact_machine_run_for(machine, 1).reason, INTACT_PAUSED);
    cr_expect_eq(stops(INTACT_STOP_EXECUTE, START + 5).instructions, 1);
    cr_assert_eq(intact_machine_run_for(machine, 1).reason, INTACT_PAUSED);
    cr_expect_eq(stops(INTACT_STOP_EXECUTE, START + 5).instructions, 3);
}

Test(debug, a_breakpoint_stops_again_where_it_did_before_a_snapshot_was_restored)
{
    struct intact_snapshot *snapshot;
    char why[INTACT_ERROR_SIZE];
    make_loop();
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, why), 0, "%s", why);
    add(INTACT_STOP_EXECUTE, START + 6, 0);
    stops(INTACT_STOP_EXECUTE, START + 6);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(intact_machine_restore(machine, snapshot, why), 0, "%s", why);
        cr_expect_eq(stops(INTACT_STOP_EXECUTE, START + 6).instructions, 2);
    }
    intact_machine_snapshot_free(machine, snapshot);
}

Test(debug, a_repeated_string_instruction_stops_before_its_first_iteration)
{
    // cld; mov ecx, 3000; mov edi, 0x200000; rep stosb; inc edx
    CODE(&code, 0xfc, 0xb9, 0xb8, 0x0b, 0, 0, 0xbf, 0, 0, 0x20, 0, 0xf3, 0xaa, 0x42);
    code_halt(&code);
    make();
    add(INTACT_STOP_EXECUTE, START + 11, 0);
    stops(INTACT_STOP_EXECUTE, START + 11);
    cr_assert_eq(intact_machine_run_for(machine, 7).reason, INTACT_PAUSED);
    cr_expect_eq(get("rcx"), 2993);
    struct intact_exit end = intact_machine_step(machine, 0);
    cr_expect_eq(end.stop, INTACT_STOP_STEP);
    cr_expect_eq(get("rcx"), 2992);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, a_breakpoint_on_an_instruction_that_faults_stops_once_before_it)
{
    // lidt with an empty table; ud2: a triple fault
    CODE(&code, 0x0f, 0x01, 0x1d, 0, 0, 0x20, 0, 0x0f, 0x0b);
    config.reboot = false;
    make();
    add(INTACT_STOP_EXECUTE, START + 7, 0);
    stops(INTACT_STOP_EXECUTE, START + 7);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_RESET);
}

// --- watchpoints -----------------------------------------------------------------------------------------------------

// mov edi, 0x200ffc; mov eax, 7; mov [edi], eax; mov ebx, [edi + 2]; push eax; nop; halts
static void make_accesses(void)
{
    CODE(&code, 0xbc, 0x00, 0x80, 0x20, 0, 0xbf, 0xfc, 0x0f, 0x20, 0, 0xb8, 7, 0, 0, 0);
    CODE(&code, 0x89, 0x07, 0x8b, 0x5f, 0x02, 0x50, 0x90);
    code_halt(&code);
    make();
}

enum { STORE = START + 15, LOAD = STORE + 2, PUSH = LOAD + 3 };

Test(debug, a_watchpoint_of_a_pc_stops_after_the_instruction)
{
    make_accesses();
    add(INTACT_STOP_WRITE, 0x200ffe, 1);
    stops(INTACT_STOP_WRITE, 0x200ffe);
    cr_expect_eq(get("rip"), LOAD);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, reads_and_writes_are_told_apart)
{
    make_accesses();
    add(INTACT_STOP_READ, 0x200ffc, 16);
    stops(INTACT_STOP_READ, 0x200ffe);
    cr_expect_eq(get("rip"), PUSH);
    cr_expect_eq(get("rbx"), 0);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, an_access_watchpoint_stops_for_both)
{
    make_accesses();
    add(INTACT_STOP_ACCESS, 0x200ffc, 4);
    add(INTACT_STOP_WRITE, 0x207ffc, 4);
    stops(INTACT_STOP_ACCESS, 0x200ffc);
    stops(INTACT_STOP_ACCESS, 0x200ffe);
    stops(INTACT_STOP_WRITE, 0x207ffc); // the push
    cr_expect_eq(get("rip"), PUSH + 1);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, bytes_beside_the_access_are_not_met)
{
    make_accesses();
    add(INTACT_STOP_ACCESS, 0x200ffb, 1);
    add(INTACT_STOP_ACCESS, 0x201004, 4);
    add(INTACT_STOP_WRITE, 0x201000, 2);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, a_watchpoint_meets_pages_that_are_in_the_tlb_and_leaves_them)
{
    // mov edi, 0x200000; again: inc dword [edi]; jmp again
    CODE(&code, 0xbf, 0, 0, 0x20, 0, 0xff, 0x07, 0xeb, 0xfc);
    make();
    cr_assert_eq(intact_machine_run_for(machine, 1001).reason, INTACT_PAUSED);
    add(INTACT_STOP_WRITE, 0x200000, 4);
    cr_expect_eq(stops(INTACT_STOP_WRITE, 0x200000).instructions, 1002);
    cr_expect_eq(stops(INTACT_STOP_WRITE, 0x200000).instructions, 1004);
    cr_assert_eq(intact_break_remove(machine, INTACT_STOP_WRITE, 0x200000, 4), 0);
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
}

Test(debug, a_watched_stack_stops_after_the_entry_of_a_handler)
{
    // The demo's guest takes interrupts on its stack.
    config.kernel_data = demo_x86_64;
    config.kernel_size = demo_x86_64_size;
    config.cpus = 2;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    make();
    struct intact_exit plain = intact_machine_run(machine);
    teardown();
    make();
    cr_assert_eq(intact_machine_run_for(machine, 14000).reason, INTACT_PAUSED);
    uint64_t page = get("rsp") & ~UINT64_C(4095);
    add(INTACT_STOP_WRITE, page, 4096);
    struct intact_exit end;
    unsigned stopped = 0;
    while ((end = intact_machine_run(machine)).reason == INTACT_BREAK)
        stopped++;
    cr_expect_gt(stopped, 100);
    cr_expect_eq(end.reason, plain.reason);
    cr_expect_eq(end.status, plain.status);
    cr_expect_eq(end.instructions, plain.instructions);
    cr_expect_eq(end.time, plain.time);
}

// A raw kernel of virt begins at 0x40000000 or wherever PC says.
static void be_virt(const uint32_t *words, size_t size)
{
    config.type = INTACT_VIRT;
    config.kernel_data = words;
    config.kernel_size = size;
    make();
}

Test(debug, a_watchpoint_of_virt_stops_before_the_access)
{
    static const uint32_t words[] = {
        0xd2a80801, // mov x1, #0x40400000
        0x528000e2, // mov w2, #7
        0xb9000422, // str w2, [x1, #4]
        0xb9400423, // ldr w3, [x1, #4]
        0xd2b08000, // mov x0, #0x84000000
        0xf2800100, // movk x0, #8
        0xd4000002, // hvc #0
    };
    be_virt(words, sizeof words);
    uint64_t start = get("pc");
    uint32_t value;
    add(INTACT_STOP_WRITE, 0x40400006, 1);
    add(INTACT_STOP_READ, 0x40400004, 8);
    stops(INTACT_STOP_WRITE, 0x40400006);
    cr_expect_eq(get("pc"), start + 8);
    cr_assert_eq(intact_machine_read_memory(machine, 0x40400004, &value, 4), 0);
    cr_expect_eq(value, 0, "%#x", value);
    stops(INTACT_STOP_READ, 0x40400004);
    cr_expect_eq(get("pc"), start + 12);
    cr_expect_eq(get("x3"), 0);
    cr_assert_eq(intact_machine_read_memory(machine, 0x40400004, &value, 4), 0);
    cr_expect_eq(value, 7);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
}

Test(debug, a_watchpoint_within_an_exclusive_sequence_leaves_its_monitor)
{
    static const uint32_t words[] = {
        0xd2a80801, // mov x1, #0x40400000
        0xc85f7c22, // again: ldxr x2, [x1]
        0x91000442, // add x2, x2, #1
        0xc8037c22, // stxr w3, x2, [x1]
        0x91000484, // add x4, x4, #1
        0x35ffff83, // cbnz w3, again
        0xd2b08000, // mov x0, #0x84000000
        0xf2800100, // movk x0, #8
        0xd4000002, // hvc #0
    };
    be_virt(words, sizeof words);
    add(INTACT_STOP_WRITE, 0x40400000, 8);
    stops(INTACT_STOP_WRITE, 0x40400000);
    cr_assert_eq(intact_machine_run_for(machine, 2).reason, INTACT_PAUSED);
    cr_expect_eq(get("x3"), 0);
    cr_expect_eq(get("x4"), 1);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
}

// --- steps -----------------------------------------------------------------------------------------------------------

Test(debug, a_step_is_one_instruction)
{
    make_loop();
    for (unsigned i = 1; i <= 5; i++) {
        struct intact_exit end = intact_machine_step(machine, 0);
        cr_expect_eq(end.reason, INTACT_BREAK);
        cr_expect_eq(end.stop, INTACT_STOP_STEP);
        cr_expect_eq(end.instructions, i);
    }
    cr_expect_eq(get("rbx"), 3);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, a_step_stops_at_a_breakpoint_it_has_not_stopped_at)
{
    make_loop();
    add(INTACT_STOP_EXECUTE, START, 0);
    cr_expect_eq(intact_machine_step(machine, 0).stop, INTACT_STOP_EXECUTE);
    cr_expect_eq(intact_machine_step(machine, 0).stop, INTACT_STOP_STEP);
}

Test(debug, a_step_of_a_halted_machine_ends_as_its_run_does)
{
    make_loop();
    intact_machine_run(machine);
    cr_expect_eq(intact_machine_step(machine, 0).reason, INTACT_DEADLOCK);
}

// Two processors: each step is one instruction of the one that is asked for, whatever the other does meanwhile.
Test(debug, a_step_of_one_processor_lets_the_others_run_in_their_turns)
{
    config.type = INTACT_VIRT;
    config.kernel_data = code_smp;
    config.kernel_size = sizeof code_smp;
    config.cpus = 2;
    make();
    struct intact_exit plain = intact_machine_run(machine);
    teardown();
    make();
    struct intact_exit end;
    unsigned steps = 0, cpu = 0;
    while ((end = intact_machine_step(machine, cpu)).reason == INTACT_BREAK) {
        cr_expect_eq(end.cpu, cpu);
        cpu = ++steps >= 6;
    }
    cr_expect_gt(steps, 10);
    cr_expect_eq(end.reason, plain.reason);
    cr_expect_eq(end.instructions, plain.instructions);
    cr_expect_eq(end.time, plain.time);
}

// lgdt, lidt; ES of 12 bytes; cld; ten REP STOSD, of which the fourth faults, twice; the handler of #DF halts. What it finds
// pushed as flags.
static uint64_t double_fault(bool steps)
{
    enum { TABLES = 0x200000, IDT = 0x100, GDTR = 0x400, IDTR = 0x410, HANDLER = START + 38 };
    uint8_t tables[0x420] = { 0 };
    uint32_t esp = 0, flags = 0;
    code_begin(&code);
    CODE(&code, 0x0f, 0x01, 0x15, 0x00, 0x04, 0x20, 0x00, 0x0f, 0x01, 0x1d, 0x10, 0x04, 0x20, 0x00);
    CODE(&code, 0xb8, 0x18, 0, 0, 0, 0x8e, 0xc0, 0xbc, 0, 0x80, 0x20, 0, 0x31, 0xff, 0xb9, 10, 0, 0, 0, 0xfc, 0xf3,
         0xab);
    CODE(&code, 0x90, 0x90);
    code_halt(&code);
    bytes_put(tables + 8, 8, 0x00cf9b000000ffff);
    bytes_put(tables + 16, 8, 0x00cf93000000ffff);
    bytes_put(tables + 24, 8, 0x004093300000000b);
    bytes_put(tables + IDT + 64, 8, 0x00008e0000080000 | (HANDLER & 0xffff) | (uint64_t)(HANDLER >> 16) << 48);
    bytes_put(tables + GDTR, 8, (uint64_t)TABLES << 16 | 31);
    bytes_put(tables + IDTR, 8, (uint64_t)(TABLES + IDT) << 16 | 0xff);
    make();
    cr_assert_eq(intact_machine_write_memory(machine, TABLES, tables, sizeof tables), 0);
    while (intact_machine_run_for(machine, steps ? 1 : 1000).reason == INTACT_PAUSED)
        continue;
    esp = (uint32_t)get("rsp");
    cr_assert_eq(esp, 0x208000 - 16);
    cr_assert_eq(get("rcx"), 7);
    cr_assert_eq(intact_machine_read_memory(machine, esp + 12, &flags, 4), 0);
    teardown();
    return flags;
}

Test(debug, a_double_fault_within_a_repeated_instruction_pushes_the_same_in_steps)
{
    uint64_t flags = double_fault(false);
    cr_expect(flags & 0x10000, "%#jx", (uintmax_t)flags); // RF
    cr_expect_eq(double_fault(true), flags);
}

// --- requests, and what is refused -----------------------------------------------------------------------------------

static void *interrupt(void *unused)
{
    (void)unused;
    intact_machine_interrupt(machine);
    return NULL;
}

Test(debug, another_thread_interrupts_a_run)
{
    CODE(&code, 0xeb, 0xfe); // jmp to itself
    make();
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt, NULL), 0);
    struct intact_exit end = intact_machine_run(machine);
    pthread_join(thread, NULL);
    cr_expect_eq(end.reason, INTACT_BREAK);
    cr_expect_eq(end.stop, INTACT_STOP_REQUEST);
    cr_expect_eq(get("rip"), START);
}

static void *interrupt_later(void *unused)
{
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    return interrupt(unused);
}

Test(debug, another_thread_interrupts_a_machine_that_waits_for_input)
{
    config.interactive = true;
    make_loop();
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, interrupt_later, NULL), 0);
    struct intact_exit end = intact_machine_run(machine);
    pthread_join(thread, NULL);
    cr_expect_eq(end.stop, INTACT_STOP_REQUEST);
    intact_machine_input_end(machine);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, an_interrupt_between_two_runs_ends_the_next_and_counts_once)
{
    make_loop();
    intact_machine_interrupt(machine);
    intact_machine_interrupt(machine);
    struct intact_exit end = intact_machine_run(machine);
    cr_expect_eq(end.stop, INTACT_STOP_REQUEST);
    cr_expect_eq(end.instructions, 0);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
}

Test(debug, what_is_no_point_is_refused)
{
    make_loop();
    cr_expect_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, START, 1), -EINVAL);
    cr_expect_eq(intact_break_add(machine, INTACT_STOP_STEP, START, 0), -EINVAL);
    cr_expect_eq(intact_break_add(machine, INTACT_STOP_WRITE, START, 0), -EINVAL);
    cr_expect_eq(intact_break_add(machine, INTACT_STOP_WRITE, START, 4097), -EINVAL);
    add(INTACT_STOP_WRITE, START, 4096);
    cr_expect_eq(intact_break_add(machine, INTACT_STOP_WRITE, START, 4096), -EEXIST);
    cr_expect_eq(intact_break_remove(machine, INTACT_STOP_READ, START, 4096), -ENOENT);
}

// --- nothing changes -------------------------------------------------------------------------------------------------

// All of a machine's state.
struct whole {
    struct visit_save chips;
    uint8_t *memory;
    size_t size;
};

static struct whole save_whole(void)
{
    struct board *board = machine_board(machine);
    struct whole whole = { .memory = malloc(board->ram_size), .size = board->ram_size };
    visit_save_init(&whole.chips);
    board_visit_chips(board, &whole.chips.visit);
    memcpy(whole.memory, board->ram, whole.size);
    return whole;
}

static void compare_whole(const struct whole *whole)
{
    static struct visit_differ differ;
    struct board *board = machine_board(machine);
    visit_differ_init(&differ, whole->chips.data, whole->chips.size);
    board_visit_chips(board, &differ.visit);
    cr_expect(!differ.differs, "%s", differ.path);
    cr_expect_eq(memcmp(whole->memory, board->ram, whole->size), 0);
    free(whole->chips.data);
    free(whole->memory);
}

// The demo's guest takes five interrupts with two processors. It is stopped at all that it executes in a page of its code.
Test(debug, a_run_with_many_stops_is_the_same_run)
{
    config.kernel_data = demo_x86_64;
    config.kernel_size = demo_x86_64_size;
    config.cpus = 2;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    make();
    struct intact_exit plain = intact_machine_run(machine);
    struct whole whole = save_whole();
    teardown();
    make();
    enum { FIRST = 0x102000, BEHIND = 0x103000, ENOUGH = 20000 };
    for (uint64_t address = FIRST; address < BEHIND; address++)
        add(INTACT_STOP_EXECUTE, address, 0);
    struct intact_exit end = intact_machine_run(machine);
    unsigned stopped = 0;
    for (uint64_t last = 0; end.reason == INTACT_BREAK && stopped < ENOUGH; stopped++) {
        cr_assert_geq(end.instructions, last);
        last = end.instructions;
        end = intact_machine_run(machine);
    }
    cr_expect_gt(stopped, 1000);
    for (uint64_t address = FIRST; address < BEHIND; address++)
        intact_break_remove(machine, INTACT_STOP_EXECUTE, address, 0);
    if (end.reason == INTACT_BREAK)
        end = intact_machine_run(machine);
    cr_expect_eq(end.reason, plain.reason);
    cr_expect_eq(end.status, plain.status);
    cr_expect_eq(end.instructions, plain.instructions);
    cr_expect_eq(end.time, plain.time);
    compare_whole(&whole);
}

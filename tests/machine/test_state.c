// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine is its list of state: what the list says of one moment, loaded elsewhere, continues to the same bytes. The
// guest is the demo's, which takes an interrupt in each of five ways with two processors.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "guests/embedded.h"
#include "machine/pc.h"

enum { CPUS = 2, FURTHER = 30000, ALL = 20000000 };

static struct pc *make(void)
{
    struct pc *pc = calloc(1, sizeof *pc);
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.cpus = CPUS;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "demo";
    config.kernel_data = demo_x86_64;
    config.kernel_size = demo_x86_64_size;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    config.testdev = true;
    cr_assert_eq(board_create(&pc->board, &pc_type, &config), 0, "%s", pc->board.error.text);
    return pc;
}

static void destroy(struct pc *pc)
{
    board_destroy(&pc->board);
    free(pc);
}

static enum loop_stop run_to(struct pc *pc, uint64_t instructions)
{
    pc->board.loop.limit = instructions;
    return vcpu_run(&pc->board.loop);
}

static struct visit_save save(struct pc *pc)
{
    struct visit_save saved;
    visit_save_init(&saved);
    board_visit(&pc->board, &saved.visit);
    cr_assert(!saved.failed);
    return saved;
}

static void load(struct pc *pc, const struct visit_save *saved)
{
    struct visit_load from;
    visit_load_init(&from, saved->data, saved->size);
    board_visit(&pc->board, &from.visit);
    cr_assert(!from.failed);
    cr_assert_eq(from.position, from.size);
    board_loaded(&pc->board);
}

static void same(struct pc *one, struct pc *other, uint64_t when)
{
    struct visit_save saved = save(one);
    struct visit_differ differ;
    visit_differ_init(&differ, saved.data, saved.size);
    board_visit(&other->board, &differ.visit);
    cr_assert(!differ.differs, "%s is not the same after %lu instructions", differ.path, (unsigned long)when);
    cr_assert_eq(differ.position, saved.size);
    free(saved.data);
}

// From the moment `when` on, a machine that has run there and one that was loaded go the same way.
static void continues_from(uint64_t when)
{
    struct pc *one = make(), *other = make();
    cr_assert_eq(run_to(one, when), LOOP_LIMIT);
    struct visit_save saved = save(one);
    load(other, &saved);
    free(saved.data);
    same(one, other, when);
    cr_assert_eq(run_to(one, when + FURTHER), run_to(other, when + FURTHER));
    same(one, other, when + FURTHER);
    cr_assert_eq(run_to(one, ALL), run_to(other, ALL));
    same(one, other, one->board.loop.instructions);
    destroy(one);
    destroy(other);
}

Test(state, a_saved_machine_continues_elsewhere_to_the_same_byte)
{
    static const uint64_t moments[] = { 1, 5000, 14260, 14300, 14950, 15660, 10000000, 10016680, 10017490 };
    for (unsigned i = 0; i < countof(moments); i++)
        continues_from(moments[i]);
}

// The blocks and TLBs of what ran before must not be found again.
Test(state, a_machine_can_go_back_to_where_it_was)
{
    struct pc *one = make(), *other = make();
    run_to(one, 14260);
    run_to(other, 14260);
    struct visit_save saved = save(one);
    cr_assert_eq(run_to(one, ALL), LOOP_EXIT);
    memset(one->board.ram + PC_ROM_END, 0xcc, 65536);
    load(one, &saved);
    same(one, other, 14260);
    cr_assert_eq(run_to(one, ALL), LOOP_EXIT);
    cr_assert_eq(run_to(other, ALL), LOOP_EXIT);
    same(one, other, one->board.loop.instructions);
    free(saved.data);
    destroy(one);
    destroy(other);
}

Test(state, two_fresh_machines_run_to_the_same_bytes)
{
    struct pc *one = make(), *other = make();
    same(one, other, 0);
    cr_assert_eq(run_to(one, ALL), LOOP_EXIT);
    cr_assert_eq(run_to(other, ALL), LOOP_EXIT);
    same(one, other, one->board.loop.instructions);
    destroy(one);
    destroy(other);
}

Test(state, characters_that_wait_for_com1_are_part_of_it)
{
    struct pc *one = make(), *other = make();
    static const uint8_t text[] = "more than the receiver holds at once, which is one character";
    cr_assert_eq(outside_input(&one->board.outside, text, sizeof text), sizeof text);
    run_to(one, 1000);
    cr_assert_gt(one->board.outside.input_written - one->board.outside.input_read, sizeof text / 2);
    struct visit_save saved = save(one);
    load(other, &saved);
    same(one, other, 1000);
    cr_assert_eq(atomic_load(&other->board.outside.input_waiting), atomic_load(&one->board.outside.input_waiting));
    cr_assert_eq(run_to(one, ALL), run_to(other, ALL));
    same(one, other, one->board.loop.instructions);
    free(saved.data);
    destroy(one);
    destroy(other);
}

Test(state, it_ends_with_all_of_memory)
{
    struct pc *pc = make();
    struct visit_save saved = save(pc);
    cr_assert_gt(saved.size, pc->board.ram_size);
    cr_assert_arr_eq(saved.data + saved.size - pc->board.ram_size, pc->board.ram, pc->board.ram_size);
    free(saved.data);
    destroy(pc);
}

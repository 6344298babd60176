// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What every machine has, tested on both.
#include "machine/board/board.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "machine/arm64_code.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

enum { FREE = 0x20000000 }; // where neither machine of this size has anything

static struct board *board;
static struct code code;
static struct intact_machine_config config;

static const struct board_type *const types[] = { &pc_type, &virt_type };

static void choose(const struct board_type *type)
{
    intact_machine_config_init(&config);
    config.type = type == &pc_type ? INTACT_PC : INTACT_VIRT;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = type == &pc_type ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == &pc_type ? sizeof code.bytes : sizeof code_hello;
    free(board);
    board = calloc(1, type->size);
}

static void make(const struct board_type *type)
{
    choose(type);
    cr_assert_eq(board_create(board, type, &config), 0, "%s", board->error.text);
}

static void end(void)
{
    free(board);
    board = NULL;
}

TestSuite(board, .fini = end);

static uint64_t read_window(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)size, (void)now;
    return offset + 1;
}

static struct region window(unsigned index)
{
    return (struct region){
        .base = FREE + UINT64_C(0x1000) * index, .size = 0x1000, .name = "window", .widest = 4, .read = read_window
    };
}

Test(board, it_keeps_as_many_windows_as_a_bus_takes)
{
    for (unsigned i = 0; i < countof(types); i++) {
        make(types[i]);
        unsigned before = board->memory.count, added = 0;
        while (board_map(board, &board->memory, window(added)) == 0)
            added++;
        cr_assert_eq(before + added, BUS_REGION_LIMIT);
        for (unsigned k = 0; k < added; k++)
            cr_assert_eq(bus_read(&board->memory, window(k).base + 8, 4, 0), 9);
        cr_assert_eq(board_map(board, &board->memory, window(added)), -ENOSPC);
        board_destroy(board);
    }
}

// The sanitizer sees a line that falls when what it reaches, or the device, is gone.
Test(board, it_is_taken_down_while_lines_are_high)
{
    for (unsigned i = 0; i < countof(types); i++) {
        choose(types[i]);
        config.testdev = types[i] == &pc_type;
        cr_assert_eq(board_create(board, types[i], &config), 0, "%s", board->error.text);
        struct intact_irq_line line = { 0 };
        cr_assert_eq(intact_irq_manager_connect(board->manager, 20, &line), 0);
        intact_irq_line_set(&line, true);
        if (config.testdev)
            bus_write(&board->ports, PC_TESTDEV_LINE_PORT + 5, 1, 1, 0);
        else
            intact_irq_line_set(&virt_of(board)->uart.irq, true);
        intact_irq_manager_disconnect(board->manager, &line);
        board_destroy(board);
    }
}

Test(board, a_window_over_another_is_refused_and_leaves_it_alone)
{
    make(&virt_type);
    struct region over = window(0);
    over.base = VIRT_RAM;
    cr_assert_eq(board_map(board, &board->memory, over), -EEXIST);
    cr_assert_eq(bus_find(&board->memory, VIRT_RAM)->ram, board->ram);
    board_destroy(board);
}

Test(board, what_is_destroyed_can_be_destroyed_again_and_made_again)
{
    for (unsigned i = 0; i < countof(types); i++) {
        make(types[i]);
        board_destroy(board);
        board_destroy(board);
        cr_assert_eq(board_create(board, types[i], &config), 0, "%s", board->error.text);
        board_destroy(board);
    }
}

static void refused(const struct board_type *type, const char *want)
{
    cr_assert_eq(board_create(board, type, &config), -EINVAL);
    cr_assert_str_eq(board->error.text, want);
    board_destroy(board);
    choose(type);
}

Test(board, both_machines_refuse_the_same_in_the_same_words)
{
    for (unsigned i = 0; i < countof(types); i++) {
        choose(types[i]);
        config.memory = INTACT_MEMORY_MIN + 1;
        refused(types[i], "-m: 4194305 bytes; 4 MiB to 512 GiB in steps of 4 KiB are possible");
        config.shift = 11;
        refused(types[i], "-icount: shift is 0 to 10");
        config.rtc_date = -1;
        refused(types[i], types[i] == &pc_type ? "-rtc: the date must be between 1970 and 9999"
                                               : "-rtc: the date must be between 1970 and 2106");
        config.rtc_date = types[i]->last_date + 1;
        refused(types[i], types[i] == &pc_type ? "-rtc: the date must be between 1970 and 9999"
                                               : "-rtc: the date must be between 1970 and 2106");
    }
}

// Both lists begin and end alike; what a family adds stands between.
Test(board, its_state_begins_with_the_time_and_ends_with_memory)
{
    for (unsigned i = 0; i < countof(types); i++) {
        struct visit_save saved;
        make(types[i]);
        board->clock.now = UINT64_C(0x123456789abcdef0);
        visit_save_init(&saved);
        board_visit(board, &saved.visit);
        cr_assert_not(saved.failed);
        cr_assert_eq(memcmp(saved.data, &board->clock.now, sizeof board->clock.now), 0);
        cr_assert_arr_eq(saved.data + saved.size - board->ram_size, board->ram, board->ram_size);
        free(saved.data);
        board_destroy(board);
    }
}

Test(board, the_chips_alone_are_the_same_list_without_memory)
{
    for (unsigned i = 0; i < countof(types); i++) {
        struct visit_save all, chips;
        make(types[i]);
        visit_save_init(&all);
        board_visit(board, &all.visit);
        visit_save_init(&chips);
        board_visit_chips(board, &chips.visit);
        cr_assert_eq(all.size, chips.size + board->ram_size);
        cr_assert_eq(memcmp(all.data, chips.data, chips.size), 0);
        free(all.data);
        free(chips.data);
        board_destroy(board);
    }
}

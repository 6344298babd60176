// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Routing: wires, wired OR, pins reached twice, messages, EOI and resample, traces, errors, state.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "irqchip/route.h"

enum { PIC, IOAPIC, CHIPS };

struct board {
    struct route route;
    struct trace trace;
    struct intact_trace_observer observer;
    bool level[CHIPS][24];
    unsigned changes, messages;
    uint64_t address;
    uint32_t data, device;
    bool deaf; // messages have no receiver
    unsigned edges[CHIPS][24];
    struct intact_irq_line *moved; // by on_moving_pin
    unsigned moves;
    struct intact_trace_event events[64];
    unsigned event_count;
};

static void on_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct board *board = owner;
    board->level[chip][pin] = level;
    board->changes++;
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct board *board = owner;
    board->messages++;
    board->address = address;
    board->data = data;
    board->device = device;
    return !board->deaf;
}

static bool only_apic(void *owner, uint64_t address, uint32_t device)
{
    (void)owner;
    (void)device;
    return address >> 20 == 0xfee;
}

static void on_trace(void *owner, const struct intact_trace_event *event)
{
    struct board *board = owner;
    board->events[board->event_count++] = *event;
}

// A PC in small: ISA interrupts reach both chips, and 0 is pin 2 of the IOAPIC.
static void open_board(struct board *board)
{
    *board = (struct board){ .trace = { .wanted = 0 } };
    route_init(&board->route, &(struct route_sink){ on_pin, on_message, board, NULL }, &board->trace);
    cr_assert_eq(route_add_chip(&board->route, PIC, 16), 0);
    cr_assert_eq(route_add_chip(&board->route, IOAPIC, 24), 0);
    for (uint32_t i = 0; i < 16; i++) {
        if (i != 2)
            cr_assert_eq(route_add_pin(&board->route, i, PIC, i), 0);
        if (i != 2)
            cr_assert_eq(route_add_pin(&board->route, i, IOAPIC, i ? i : 2), 0);
    }
}

Test(route, a_gsi_raises_every_pin_it_reaches)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line timer = { .level = false }, uart = { .level = false };
    cr_assert_eq(route_connect(&b.route, 0, &timer), 0);
    cr_assert_eq(route_connect(&b.route, 4, &uart), 0);
    intact_irq_line_set(&timer, true);
    cr_expect(b.level[PIC][0]);
    cr_expect(b.level[IOAPIC][2]);
    cr_expect_not(b.level[IOAPIC][0]);
    intact_irq_line_set(&uart, true);
    intact_irq_line_set(&timer, false);
    cr_expect(b.level[PIC][4] && b.level[IOAPIC][4]);
    cr_expect_not(b.level[PIC][0] || b.level[IOAPIC][2]);
    cr_expect(route_gsi_level(&b.route, 4));
    cr_expect_not(route_gsi_level(&b.route, 0));
    cr_expect_not(route_gsi_level(&b.route, 999));
    route_free(&b.route);
}

Test(route, lines_that_share_a_wire_are_ored)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line lines[200] = { { .level = false } };
    for (unsigned i = 0; i < countof(lines); i++)
        cr_assert_eq(route_connect(&b.route, 11, &lines[i]), 0);
    for (unsigned i = 0; i < countof(lines); i++)
        intact_irq_line_set(&lines[i], true);
    cr_expect_eq(b.changes, 2, "one rise at each chip, however many raise it");
    for (unsigned i = 1; i < countof(lines); i++)
        intact_irq_line_set(&lines[i], false);
    cr_expect(b.level[PIC][11]);
    intact_irq_line_set(&lines[0], false);
    cr_expect_not(b.level[PIC][11]);
    cr_expect_eq(b.changes, 4);
    route_free(&b.route);
}

Test(route, two_gsis_on_one_pin_are_ored_too)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line one = { .level = false }, other = { .level = false };
    cr_assert_eq(route_add_pin(&b.route, 100, IOAPIC, 9), 0);
    route_connect(&b.route, 9, &one);
    route_connect(&b.route, 100, &other);
    intact_irq_line_set(&one, true);
    intact_irq_line_set(&other, true);
    intact_irq_line_set(&one, false);
    cr_expect(b.level[IOAPIC][9]);
    cr_expect_not(b.level[PIC][9], "the other wire does not reach the 8259");
    cr_expect(route_pin_level(&b.route, IOAPIC, 9));
    intact_irq_line_set(&other, false);
    cr_expect_not(b.level[IOAPIC][9]);
    route_free(&b.route);
}

Test(route, a_line_leaves_its_wire_low_and_can_be_connected_elsewhere)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line line = { .level = true };
    cr_assert_eq(route_connect(&b.route, 5, &line), 0);
    cr_expect(b.level[PIC][5], "a line that is high raises the wire as it is connected");
    cr_expect_eq(route_connect(&b.route, 6, &line), -EBUSY);
    route_disconnect(&b.route, &line);
    cr_expect_not(b.level[PIC][5]);
    intact_irq_line_set(&line, false);
    cr_expect_eq(b.changes, 4, "a line that is not connected swallows its level");
    cr_assert_eq(route_connect(&b.route, 6, &line), 0);
    intact_irq_line_set(&line, true);
    cr_expect(b.level[PIC][6]);
    route_disconnect(&b.route, &line);
    route_disconnect(&b.route, &line);
    route_free(&b.route);
}

Test(route, a_pin_added_to_a_high_wire_rises_at_once_and_clearing_lets_it_fall)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line line = { .level = false };
    cr_assert_eq(route_connect(&b.route, 300, &line), 0);
    intact_irq_line_set(&line, true);
    cr_expect_eq(b.changes, 0);
    cr_expect_eq(b.route.drops, 1, "the wire led nowhere");
    cr_assert_eq(route_add_pin(&b.route, 300, IOAPIC, 20), 0);
    cr_expect(b.level[IOAPIC][20]);
    route_clear(&b.route, 300);
    cr_expect_not(b.level[IOAPIC][20]);
    cr_expect_not(route_has_gsi(&b.route, 300));
    cr_assert_eq(route_add_pin(&b.route, 300, IOAPIC, 21), 0);
    cr_expect(b.level[IOAPIC][21], "its source is still attached and high");
    route_free(&b.route);
}

Test(route, an_edge_is_a_rise_and_a_fall_where_the_sink_knows_no_other_and_not_seen_on_a_high_wire)
{
    struct board b;
    open_board(&b);
    struct route_source source = { .level = false };
    cr_assert_eq(route_attach(&b.route, 3, &source), 0);
    cr_expect(route_trigger(&b.route, &source));
    cr_expect_eq(b.changes, 4);
    cr_expect_not(b.level[PIC][3]);
    cr_expect(route_trigger_gsi(&b.route, 3));
    cr_expect_eq(b.changes, 8);
    route_set_level(&b.route, &source, true);
    cr_expect(route_trigger_gsi(&b.route, 3));
    cr_expect_eq(b.changes, 10, "there was no edge to see");
    route_set_level(&b.route, &source, true);
    cr_expect_eq(b.changes, 10, "a level it has already is not told again");
    route_detach(&b.route, &source);
    route_detach(&b.route, &source);
    cr_expect_not(b.level[PIC][3]);
    cr_expect_not(route_trigger(&b.route, &source), "not attached");
    route_free(&b.route);
}

Test(route, a_wire_can_lead_to_a_message_sent_on_each_rise)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line line = { .level = false };
    cr_assert_eq(route_add_message(&b.route, 500, 0xfee01000, 0x4041, 77), 0);
    cr_assert_eq(route_connect(&b.route, 500, &line), 0);
    intact_irq_line_set(&line, true);
    intact_irq_line_set(&line, false);
    cr_expect_eq(b.messages, 1);
    cr_expect_eq(b.address, 0xfee01000);
    cr_expect_eq(b.data, 0x4041);
    cr_expect_eq(b.device, 77);
    b.deaf = true;
    cr_expect_not(route_trigger_gsi(&b.route, 500));
    cr_expect_eq(b.route.drops, 1);
    route_free(&b.route);
}

Test(route, messages_tell_whether_somebody_took_them)
{
    struct board b;
    open_board(&b);
    cr_expect(route_message(&b.route, 0xfee00000, 0x31, 8));
    b.deaf = true;
    cr_expect_not(route_message(&b.route, 0xfee00000, 0x31, 8));
    cr_expect_eq(b.route.drops, 1);
    cr_expect(route_reaches(&b.route, 0, 0), "a sink that does not say takes every address");
    b.route.sink.reaches = only_apic;
    cr_expect(route_reaches(&b.route, 0xfee12345, 0));
    cr_expect_not(route_reaches(&b.route, 0x1000, 0));
    route_free(&b.route);
}

static void on_edge(void *owner, uint32_t chip, uint32_t pin)
{
    struct board *board = owner;
    board->edges[chip][pin]++;
}

Test(route, an_edge_is_told_to_every_pin_that_is_low_and_moves_no_level)
{
    struct board b;
    open_board(&b);
    b.route.sink.edge = on_edge;
    struct intact_irq_line line = { .level = false }, other = { .level = false };
    cr_assert_eq(route_connect(&b.route, 4, &line), 0);
    cr_assert_eq(route_add_pin(&b.route, 300, PIC, 4), 0);
    cr_assert_eq(route_connect(&b.route, 300, &other), 0);
    intact_irq_line_trigger(&line);
    intact_irq_line_trigger(&line);
    cr_expect_eq(b.edges[PIC][4], 2);
    cr_expect_eq(b.edges[IOAPIC][4], 2);
    cr_expect_eq(b.changes, 0, "the wire stays free for others");
    intact_irq_line_set(&other, true);
    cr_expect_eq(route_trigger_gsi(&b.route, 4), ROUTE_EDGE_TAKEN);
    cr_expect_eq(b.edges[PIC][4], 2, "this pin is high by another wire and shows no edge");
    cr_expect_eq(b.edges[IOAPIC][4], 3);
    cr_expect_eq(route_trigger_gsi(&b.route, 300), ROUTE_EDGE_JOINED);
    intact_irq_line_set(&line, true);
    intact_irq_line_trigger(&line);
    cr_expect_eq(route_trigger_gsi(&b.route, 4), ROUTE_EDGE_JOINED);
    cr_expect_eq(b.edges[IOAPIC][4], 3);
    route_free(&b.route);
}

Test(route, a_line_of_its_own_is_raised_and_lowered_by_an_edge_where_the_receiver_knows_no_other)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line line = { .level = false };
    cr_assert_eq(route_connect(&b.route, 4, &line), 0);
    line.trigger = NULL;
    intact_irq_line_trigger(&line);
    cr_expect_eq(b.changes, 4);
    cr_expect_not(b.level[PIC][4] || b.level[IOAPIC][4] || line.level);
    route_free(&b.route);
}

// The receiver of the first pin changes the level of that line: `moves` says how.
static void on_moving_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct board *board = owner;
    on_pin(owner, chip, pin, level);
    if (chip == PIC && board->moves)
        intact_irq_line_set(board->moved, board->moves-- & 1 ? !level : level);
}

Test(route, outputs_end_at_the_last_level_when_a_receiver_moves_the_line)
{
    for (unsigned moves = 1; moves < 8; moves++) {
        struct board b;
        struct intact_irq_line line = { .level = false };
        open_board(&b);
        b.route.sink.pin = on_moving_pin;
        cr_assert_eq(route_connect(&b.route, 4, &line), 0);
        for (unsigned level = 0; level < 2; level++) {
            b.moves = moves;
            b.moved = &line;
            intact_irq_line_set(&line, !level);
            cr_expect_eq(route_gsi_level(&b.route, 4), line.level);
            cr_expect_eq(b.level[PIC][4], line.level);
            cr_expect_eq(b.level[IOAPIC][4], line.level);
            cr_expect_eq(route_pin_level(&b.route, IOAPIC, 4), line.level);
        }
        b.moves = 0;
        intact_irq_line_set(&line, false);
        route_disconnect(&b.route, &line);
        cr_expect_not(b.level[PIC][4] || b.level[IOAPIC][4]);
        route_free(&b.route);
    }
}

Test(route, a_receiver_that_hears_of_a_clearing_may_move_the_line)
{
    struct board b;
    struct intact_irq_line line = { .level = false };
    open_board(&b);
    b.route.sink.pin = on_moving_pin;
    b.moved = &line;
    cr_assert_eq(route_connect(&b.route, 4, &line), 0);
    intact_irq_line_set(&line, true);
    b.moves = 2;
    route_clear(&b.route, 4);
    cr_expect_not(b.level[PIC][4] || b.level[IOAPIC][4]);
    route_free(&b.route);
}

static void lower(void *owner, struct route_source *source)
{
    route_set_level(owner, source, false);
}

static void count_line(void *owner, struct intact_irq_line *line)
{
    (void)line;
    ++*(unsigned *)owner;
}

Test(route, an_eoi_resamples_every_source_of_the_pin_and_no_other)
{
    struct board b;
    open_board(&b);
    unsigned asked = 0, other = 0;
    struct intact_irq_line quiet = { .level = false }, line = { .level = false }, elsewhere = { .level = false };
    struct route_source on_wire = { .resample = lower, .owner = &b.route }, on_pin_only = on_wire;
    route_connect(&b.route, 10, &quiet);
    route_connect_resample(&b.route, 10, &line, count_line, &asked);
    route_connect_resample(&b.route, 11, &elsewhere, count_line, &other);
    cr_assert_eq(route_attach(&b.route, 10, &on_wire), 0);
    cr_assert_eq(route_attach_pin(&b.route, IOAPIC, 10, &on_pin_only), 0);
    route_set_level(&b.route, &on_wire, true);
    route_set_level(&b.route, &on_pin_only, true);
    route_eoi(&b.route, IOAPIC, 10);
    cr_expect_eq(asked, 1);
    cr_expect_eq(other, 0);
    cr_expect_not(b.level[IOAPIC][10]);
    route_set_level(&b.route, &on_pin_only, true);
    route_eoi(&b.route, PIC, 10);
    cr_expect_eq(asked, 2, "the same wire ends at the 8259 too");
    cr_expect(b.level[IOAPIC][10], "a source of the IOAPIC's pin alone does not hear the 8259");
    route_eoi(&b.route, IOAPIC, 999);
    route_free(&b.route);
}

Test(route, a_wire_that_was_cleared_is_not_resampled_and_may_reach_the_pin_again)
{
    struct board b;
    open_board(&b);
    unsigned asked = 0, cleared = 0;
    struct intact_irq_line line = { .level = false }, gone = { .level = false };
    cr_assert_eq(route_add_pin(&b.route, 100, IOAPIC, 9), 0);
    route_connect_resample(&b.route, 9, &line, count_line, &asked);
    route_connect_resample(&b.route, 100, &gone, count_line, &cleared);
    route_clear(&b.route, 100);
    route_eoi(&b.route, IOAPIC, 9);
    cr_expect_eq(asked, 1);
    cr_expect_eq(cleared, 0);
    cr_expect_eq(route_add_pin(&b.route, 9, IOAPIC, 9), -EEXIST);
    cr_expect_eq(route_add_pin(&b.route, 100, IOAPIC, 9), 0);
    route_eoi(&b.route, IOAPIC, 9);
    cr_expect_eq(asked, 2);
    cr_expect_eq(cleared, 1);
    route_free(&b.route);
}

Test(route, there_is_no_table_to_exhaust)
{
    struct board b;
    open_board(&b);
    for (uint32_t gsi = 1000; gsi < 9192; gsi++)
        cr_assert_eq(route_add_message(&b.route, gsi, 0xfee00000, gsi & 0xff, gsi), 0);
    for (uint32_t gsi = 1000; gsi < 9192; gsi++)
        cr_assert(route_trigger_gsi(&b.route, gsi));
    cr_expect_eq(b.messages, 8192, "twice the table of KVM");
    cr_expect_eq(b.device, 9191);
    route_free(&b.route);
}

Test(route, mistakes_of_the_wiring_are_told)
{
    struct board b;
    open_board(&b);
    struct intact_irq_line line = { .level = false };
    struct route_source source = { .level = false };
    cr_expect_eq(route_add_chip(&b.route, PIC, 8), -EEXIST);
    cr_expect_eq(route_add_chip(&b.route, ROUTE_CHIP_LIMIT, 8), -EINVAL);
    cr_expect_eq(route_add_chip(&b.route, 7, 0), -EINVAL);
    cr_expect_eq(route_add_pin(&b.route, 4, PIC, 16), -ENXIO);
    cr_expect_eq(route_add_pin(&b.route, 4, 9, 0), -ENXIO);
    cr_expect_eq(route_add_pin(&b.route, 4, PIC, 4), -EEXIST);
    cr_expect_eq(route_add_pin(&b.route, ROUTE_GSI_LIMIT, PIC, 4), -EINVAL);
    cr_expect_eq(route_connect(&b.route, ROUTE_GSI_LIMIT, &line), -EINVAL);
    cr_expect_eq(route_attach(&b.route, 2, &source), -ENXIO, "ISA interrupt 2 is the cascade: no wire");
    cr_expect_eq(route_attach_pin(&b.route, IOAPIC, 24, &source), -ENXIO);
    cr_expect_eq(route_attach(&b.route, 1, &source), 0);
    cr_expect_eq(route_attach(&b.route, 1, &source), -EBUSY);
    cr_expect_eq(route_attach_pin(&b.route, PIC, 1, &source), -EBUSY);
    cr_expect_not(route_trigger_gsi(&b.route, 2));
    cr_expect_eq(b.route.drops, 1);
    cr_expect(route_has_pin(&b.route, PIC, 15));
    cr_expect_not(route_has_pin(&b.route, PIC, 16));
    route_detach(&b.route, &source);
    route_free(&b.route);
}

Test(route, observers_hear_of_line_route_and_drop)
{
    struct board b;
    open_board(&b);
    intact_trace_observer_init(&b.observer, BIT64(TRACE_LINE) | BIT64(TRACE_ROUTE) | BIT64(TRACE_DROP), on_trace, &b);
    cr_assert_eq(trace_add(&b.trace, &b.observer), 0);
    struct intact_irq_line line = { .level = false };
    route_connect(&b.route, 0, &line);
    intact_irq_line_set(&line, true);
    intact_irq_line_set(&line, false);
    b.deaf = true;
    route_message(&b.route, 0xfee00000, 0x22, 3);
    const struct intact_trace_event expected[] = {
        { .id = INTACT_TRACE_LINE, .a = 0, .b = 1 },
        { .id = INTACT_TRACE_ROUTE, .a = 0, .b = PIC, .c = 0 },
        { .id = INTACT_TRACE_ROUTE, .a = 0, .b = IOAPIC, .c = 2 },
        { .id = INTACT_TRACE_LINE, .a = 0, .b = 0 },
        { .id = INTACT_TRACE_DROP, .a = ROUTE_DROP_MESSAGE, .b = 0xfee00000, .c = 0x22 },
    };
    cr_assert_eq(b.event_count, countof(expected));
    for (unsigned i = 0; i < countof(expected); i++) {
        cr_expect_eq(b.events[i].id, expected[i].id);
        cr_expect_eq(b.events[i].a, expected[i].a);
        cr_expect_eq(b.events[i].b, expected[i].b);
        cr_expect_eq(b.events[i].c, expected[i].c);
    }
    route_free(&b.route);
}

// A source without a function for it may still hold its wire.
Test(route, observers_hear_what_an_end_finds_at_the_wire)
{
    struct board b;
    open_board(&b);
    intact_trace_observer_init(&b.observer, BIT64(TRACE_RESAMPLE), on_trace, &b);
    cr_assert_eq(trace_add(&b.trace, &b.observer), 0);
    struct intact_irq_line line = { .level = false };
    route_connect(&b.route, 0, &line);
    route_eoi(&b.route, IOAPIC, 2);
    cr_expect_eq(b.event_count, 0u, "nobody is there");
    intact_irq_line_set(&line, true);
    route_eoi(&b.route, IOAPIC, 2);
    cr_assert_eq(b.event_count, 1u);
    cr_expect_eq(b.events[0].a, 0u);
    cr_expect_eq(b.events[0].b, 1u);
    route_free(&b.route);
}

Test(route, levels_are_saved_and_loaded)
{
    struct board one, two;
    struct intact_irq_line lines[2][3] = { { { .level = false } } };
    struct board *boards[] = { &one, &two };
    for (unsigned i = 0; i < 2; i++) {
        open_board(boards[i]);
        route_connect(&boards[i]->route, 9, &lines[i][0]);
        route_connect(&boards[i]->route, 9, &lines[i][1]);
        route_connect(&boards[i]->route, 14, &lines[i][2]);
    }
    intact_irq_line_set(&lines[0][0], true);
    intact_irq_line_set(&lines[0][1], true);
    struct visit_save save;
    visit_save_init(&save);
    route_visit(&one.route, &save.visit);
    struct visit_differ differ;
    visit_differ_init(&differ, save.data, save.size);
    route_visit(&two.route, &differ.visit);
    cr_expect(differ.differs);
    struct visit_load load;
    visit_load_init(&load, save.data, save.size);
    route_visit(&two.route, &load.visit);
    cr_expect_not(load.failed);
    for (unsigned i = 0; i < 3; i++)
        lines[1][i].level = lines[0][i].level; // saved with the device
    cr_expect(route_pin_level(&two.route, PIC, 9));
    two.level[PIC][9] = true; // the chip's own state has it
    intact_irq_line_set(&lines[1][0], false);
    cr_expect(route_pin_level(&two.route, PIC, 9), "the other line holds it");
    intact_irq_line_set(&lines[1][1], false);
    cr_expect_not(route_pin_level(&two.route, PIC, 9));
    cr_expect_not(two.level[PIC][9]);
    free(save.data);
    route_free(&one.route);
    route_free(&two.route);
}

Test(route, the_level_of_a_pin_that_a_source_reaches_directly_is_saved)
{
    struct board one, two, *const boards[] = { &one, &two };
    struct route_source sources[2][2] = { { { .level = false } } };
    for (unsigned i = 0; i < 2; i++) {
        open_board(boards[i]);
        for (unsigned k = 0; k < 2; k++)
            cr_assert_eq(route_attach_pin(&boards[i]->route, IOAPIC, 17, &sources[i][k]), 0);
    }
    for (unsigned k = 0; k < 2; k++)
        route_set_level(&one.route, &sources[0][k], true);
    struct visit_save save;
    struct visit_load load;
    visit_save_init(&save);
    route_visit(&one.route, &save.visit);
    visit_load_init(&load, save.data, save.size);
    route_visit(&two.route, &load.visit);
    cr_expect_not(load.failed);
    for (unsigned k = 0; k < 2; k++)
        sources[1][k].level = true; // saved with its owner
    two.level[IOAPIC][17] = true;   // the chip's own state has it
    for (unsigned k = 0; k < 2; k++) {
        cr_expect(route_pin_level(&two.route, IOAPIC, 17));
        route_set_level(&two.route, &sources[1][k], false);
    }
    cr_expect_not(route_pin_level(&two.route, IOAPIC, 17));
    cr_expect_not(two.level[IOAPIC][17]);
    free(save.data);
    route_free(&one.route);
    route_free(&two.route);
}

Test(route, an_output_that_is_moved_takes_its_level_with_it)
{
    enum { WIRE = 30 };
    struct board board;
    struct intact_irq_line line = { .level = false };
    uint32_t chip, pin;
    open_board(&board);
    cr_assert_eq(route_reserve_pin(&board.route, PIC, 3, 1), 0);
    cr_assert_eq(route_reserve_pin(&board.route, PIC, 5, 1), 0);
    cr_assert_eq(route_reserve_pin(&board.route, PIC, 99, 1), -ENXIO);
    cr_assert_eq(route_add_open(&board.route, WIRE), 0);
    cr_assert_eq(route_connect(&board.route, WIRE, &line), 0);
    intact_irq_line_set(&line, true);
    cr_expect_eq(board.changes, 0);
    cr_expect_eq(board.route.drops, 1, "it leads nowhere");
    cr_expect_not(route_output_at(&board.route, WIRE, 0, &chip, &pin));
    route_lead_output(&board.route, WIRE, 0, PIC, 3);
    cr_expect(board.level[PIC][3]);
    cr_assert(route_output_at(&board.route, WIRE, 0, &chip, &pin));
    cr_expect_eq(pin, 3);
    route_lead_output(&board.route, WIRE, 0, PIC, 5);
    cr_expect_not(board.level[PIC][3]);
    cr_expect(board.level[PIC][5]);
    intact_irq_line_set(&line, false);
    cr_expect_not(board.level[PIC][5]);
    cr_expect_eq(board.changes, 4);
    intact_irq_line_set(&line, true);
    route_lead_output(&board.route, WIRE, 0, ROUTE_OPEN, 0);
    cr_expect_not(board.level[PIC][5]);
    cr_expect_eq(route_trigger_gsi(&board.route, WIRE), ROUTE_EDGE_JOINED);
    intact_irq_line_set(&line, false);
    cr_expect_eq(route_trigger_gsi(&board.route, WIRE), ROUTE_EDGE_LOST);
    route_free(&board.route);
}

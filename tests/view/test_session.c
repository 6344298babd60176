// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A session: what keys do to the demo's machine, what its screen shows, that the way back leads to the same screens, and that
// nothing of it changes the run.
#include "view/session.h"

#include <criterion/criterion.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <stdio.h>
#include <string.h>

#include "machine/demo.h"
#include "view/keys.h"

static struct intact_machine_config config;
static struct intact_machine *machine;
static struct session session;
static struct grid grid;
static char why[INTACT_ERROR_SIZE];

static void begin(enum intact_machine_type type)
{
    memset(&session, 0, sizeof session);
    demo_config(&config, type);
    config.serial = (struct intact_console){ .write = session_print, .owner = &session };
    machine = demo_make(&config);
    cr_assert_eq(intact_machine_history(machine, 64 << 20, why), 0, "%s", why);
    cr_assert_eq(session_open(&session, machine, &config, why), 0, "%s", why);
    cr_assert_eq(grid_init(&grid, 120, 40), 0);
}

static void end(void)
{
    grid_free(&grid);
    session_close(&session);
    intact_machine_destroy(machine);
}

static void press(const char *keys)
{
    for (; *keys; keys++) {
        session_key(&session, *keys);
        while (session.runs)
            session_run_on(&session);
    }
}

// The whole screen, in `text` of 32 KiB.
static void shoot(char *text)
{
    size_t used = 0;
    session_draw(&session, &grid);
    for (unsigned line = 0; line < grid.height; line++) {
        char one[GRID_MAX_WIDTH + 1];
        grid_text(&grid, line, one);
        used += (size_t)sprintf(text + used, "%s\n", one);
    }
}

static bool shows(const char *what)
{
    static char text[32768];
    shoot(text);
    return strstr(text, what) != NULL;
}

TestSuite(session, .timeout = 120);

Test(session, it_begins_before_the_first_instruction)
{
    begin(INTACT_PC);
    cr_assert(shows("instruction 0, 0 ns: not started"));
    cr_assert(shows("-- 8259A master "));
    cr_assert(shows("no interrupt was raised yet"));
    cr_assert(shows("com1.irq"));
    end();
}

Test(session, a_step_is_one_instruction_and_back_is_where_it_was)
{
    static char before[32768], after[32768];
    begin(INTACT_PC);
    press("ss");
    cr_assert_eq(session.view->instructions, 2);
    press("b");
    cr_assert_eq(session.view->instructions, 1);
    shoot(before);
    press("sb");
    shoot(after);
    cr_assert(strstr(after, "instruction 1, "));
    cr_assert_str_eq(strchr(before, '\n'),
                     strchr(after, '\n')); // but for the marks of what has changed, which are of the last key
    press("bb");
    cr_assert_eq(session.view->instructions, 0);
    end();
}

// Every life of the demo, there and back and there again.
static void go_there_and_back(enum intact_machine_type type, bool forward)
{
    static struct view_life first[VIEW_LIVES], again[VIEW_LIVES];
    begin(type);
    press("nnnnnnnnnn");
    uint64_t instructions = session.view->instructions;
    unsigned count = session.view->life_count;
    cr_assert_gt(count, 1);
    memcpy(first, session.view->lives, sizeof first);
    press("pp");
    cr_assert_lt(session.view->instructions, instructions);
    cr_assert_leq(session.view->life_count, count);
    if (forward)
        cr_assert_eq(view_go_to(session.view, instructions, why), 0, "%s", why);
    view_look(session.view);
    while (session.view->instructions < instructions)
        press("n");
    cr_assert_eq(session.view->instructions, instructions);
    cr_assert_eq(session.view->life_count, count);
    memcpy(again, session.view->lives, sizeof again);
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(again[i].number, first[i].number);
        cr_assert_str_eq(again[i].source, first[i].source);
        for (unsigned s = 0; s < again[i].count; s++)
            cr_assert_str_eq(again[i].stations[s].text, first[i].stations[s].text);
        if (forward &&
            i + 1 == count) // what comes between two instructions, as the last stop did, comes behind this place
            continue;
        cr_assert_eq(again[i].count, first[i].count, "life %u", i);
        cr_assert_eq(again[i].taken, first[i].taken);
        cr_assert_eq(again[i].ended, first[i].ended);
    }
    end();
}

Test(session, the_way_back_leads_to_the_same_lives)
{
    go_there_and_back(INTACT_PC, false);
    go_there_and_back(INTACT_VIRT, false);
}

Test(session, a_way_forward_leads_to_the_same_lives)
{
    go_there_and_back(INTACT_PC, true);
    go_there_and_back(INTACT_VIRT, true);
}

Test(session, events_that_the_user_has_added_stay)
{
    begin(INTACT_PC);
    cr_assert_eq(intact_break_event(machine, "raise", why), 0, "%s", why);
    press("nnpn");
    cr_assert_str_eq(intact_break_event_text(machine, 0), "raise");
    cr_assert_null(intact_break_event_text(machine, 1), "those of n and p are gone");
    press("g");
    cr_assert(shows("stopped by raise"));
    end();
}

Test(session, keys_choose_a_chip_and_a_processor)
{
    begin(INTACT_VIRT);
    cr_assert(shows("-- distributor ") && shows("-- CPU 0 "));
    press("\t");
    cr_assert(!shows("-- distributor "));
    session_key(&session, VIEW_KEY_BACK_TAB);
    cr_assert(shows("-- distributor ") && shows("GICD_CTLR"));
    press("j");
    cr_assert(!shows("GICD_CTLR"));
    press("kc");
    cr_assert(shows("GICD_CTLR") && shows("-- CPU 1 ") && shows("off at 0x"));
    press("?");
    cr_assert(shows("-- keys ") && !shows("-- CPU 1 "));
    end();
}

Test(session, why_is_of_the_interrupt_that_is_shown)
{
    begin(INTACT_PC);
    press("nw");
    cr_assert(shows("-- why "));
    cr_assert(shows(session.view->lives[session.view->life_count - 1].source));
    press("w"); // the first source of the machine
    cr_assert(shows("-- why "));
    press("s");
    cr_assert(shows("-- interrupts "));
    end();
}

Test(session, why_is_of_the_chosen_interrupt_not_of_the_newest)
{
    begin(INTACT_PC);
    press("nnnnnnnn");
    cr_assert_str_neq(session.view->lives[session.view->life_count - 1].source, "pit.out0");
    press("hw");
    cr_assert(shows("pit.out0 is "));
    end();
}

Test(session, it_goes_on_to_the_end_and_says_how_it_ended)
{
    begin(INTACT_PC);
    press("g");
    cr_assert(shows("ended: isa-debug-exit"));
    uint64_t instructions = session.view->instructions;
    press("nsGg"); // nothing goes on
    cr_assert(shows("ended: isa-debug-exit"));
    cr_assert_eq(session.view->instructions, instructions);
    press("b");
    cr_assert_eq(session.view->instructions, instructions - 1);
    cr_assert(shows("stopped"));
    cr_assert(!session_key(&session, 'q'));
    end();
}

// Where the last line that was printed begins.
static size_t last_line(void)
{
    size_t at = strlen(session.printed);
    while (at && (session.printed[at - 1] == '\n' || session.printed[at - 1] == '\r'))
        at--;
    while (at && session.printed[at - 1] != '\n')
        at--;
    return at;
}

Test(session, what_was_printed_later_is_not_shown)
{
    char line[64] = "";
    begin(INTACT_PC);
    press("g");
    size_t at = last_line();
    sscanf(session.printed + at, "%63[^\r\n]", line);
    cr_assert(*line && shows(line), "%s", session.printed);
    for (unsigned i = 0; i < 20 && session.view->instructions > session.printed_at[at]; i++)
        press("p");
    cr_assert_leq(session.view->instructions, session.printed_at[at]);
    cr_assert(!shows(line));
    press("g");
    cr_assert(shows(line));
    end();
}

static uint64_t digest_of_the_end(enum intact_machine_type type, bool watched)
{
    uint64_t digest;
    begin(type);
    if (watched)
        press("nnsbpnw");
    intact_machine_run(machine);
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    end();
    return digest;
}

Test(session, watching_changes_nothing)
{
    for (int type = INTACT_PC; type <= INTACT_VIRT; type++)
        cr_assert_eq(digest_of_the_end((enum intact_machine_type)type, true),
                     digest_of_the_end((enum intact_machine_type)type, false));
}

// --- A cursor, and a mouse -------------------------------------------------------------------------------------------

// Presses keys as -keys has them.
static void type(const char *keys)
{
    session_draw(&session, &grid);
    while (*keys)
        session_key(&session, view_key_next(&keys, session.panes.console));
}

// Clicks on the first place where a text is on the screen.
static void click(const char *what)
{
    char line[GRID_MAX_WIDTH + 1];
    session_draw(&session, &grid);
    for (unsigned i = 0; i < grid.height; i++) {
        grid_text(&grid, i, line);
        const char *at = strstr(line, what);
        if (at) {
            session_key(&session, view_key_click((unsigned)(at - line), i));
            return;
        }
    }
    cr_assert_fail("'%s' is not on the screen", what);
}

Test(session, a_click_chooses_a_chip_and_tells_a_register_and_its_fields)
{
    begin(INTACT_PC);
    click("lapic1");
    cr_assert(shows("-- local APIC of CPU 1 "));
    click("SVR ");
    cr_assert(shows("SVR of the local APIC of CPU 1: 000000FFh (SDM 3A, Spurious Interrupt)"));
    cr_assert(shows("bit 8       APIC software enable: disabled (or 1 enabled)"));
    cr_assert(shows("bits 7:0    spurious vector: 255 (FFh)"));
    click("spurious vector 255");
    cr_assert(shows("bits 7:0    spurious vector: 255 (FFh)"));
    cr_assert(!shows("APIC software enable: disabled (or"));
    click("-- CPU 0 "); // a title is the key of what it shows
    cr_assert(shows("-- CPU 1 "));
    end();
}

Test(session, a_click_tells_what_holds_interrupts_and_who_drives_a_wire)
{
    begin(INTACT_PC);
    click("IF   0");
    cr_assert(shows("IF of CPU 0: 0: only NMIs are taken (SDM 3A, Masking Maskable Hardware Interrupts)"));
    click("GSI 4 ");
    cr_assert(shows("GSI 4 is low. Low by "));
    end();
}

static const struct view_wire *wire_of(uint32_t gsi)
{
    for (unsigned i = 0; i < session.view->wire_count; i++)
        if (session.view->wires[i].gsi == gsi)
            return &session.view->wires[i];
    cr_assert_fail("GSI %u is not shown", (unsigned)gsi);
    return NULL;
}

// A click on the level of a wire.
static void click_level(uint32_t gsi)
{
    session_draw(&session, &grid);
    for (unsigned i = 0; i < grid.width * grid.height; i++) {
        struct grid_target target = grid.cells[i].target;
        if (target.kind != PANES_LEVEL || session.view->wires[target.index].gsi != gsi)
            continue;
        session_key(&session, view_key_click(i % grid.width, i / grid.width));
        return;
    }
    cr_assert_fail("the level of GSI %u is not on the screen", (unsigned)gsi);
}

// It is input: it comes with the next instruction, comes again on the way, and is undone on the way back.
Test(session, a_click_on_a_level_holds_the_wire)
{
    begin(INTACT_PC);
    press("s");
    click_level(4);
    cr_assert(shows("GSI 4 is held high by hand when the machine goes on"));
    cr_assert_not(wire_of(4)->high);
    press("s");
    cr_assert(wire_of(4)->high && wire_of(4)->held && wire_of(4)->changed);
    cr_assert(shows("GSI 4   high gsi:4") && shows("#1 gsi:4: waits"));
    press("bb");
    cr_assert_not(wire_of(4)->high);
    press("ss");
    cr_assert(wire_of(4)->held);
    click_level(4);
    cr_assert(shows("GSI 4 is let go when the machine goes on"));
    press("s");
    cr_assert_not(wire_of(4)->high || wire_of(4)->held);
    end();
}

Test(session, a_click_in_the_last_line_is_a_key)
{
    begin(INTACT_PC);
    click("s step");
    cr_assert_eq(session.view->instructions, 1);
    click("b back");
    cr_assert_eq(session.view->instructions, 0);
    click("? keys");
    cr_assert(shows("-- keys "));
    end();
}

Test(session, a_click_on_a_station_goes_back_to_it)
{
    begin(INTACT_PC);
    press("nnnnnnnn");
    const struct view_life *life = &session.view->lives[session.view->life_count - 1];
    char last[INTACT_TRACE_TEXT], number[32];
    snprintf(last, sizeof last, "%s", life->stations[1].text);
    uint64_t at = life->stations[1].instructions;
    snprintf(number, sizeof number, "#%llu ", (unsigned long long)life->number);
    press("n");
    cr_assert_gt(session.view->instructions, at);
    click(last);
    cr_assert(session.view->instructions == at || session.view->instructions == at + 1);
    cr_assert(shows(number) && shows(last));
    end();
}

Test(session, the_cursor_goes_through_the_panes_and_enter_is_a_click)
{
    begin(INTACT_PC);
    type("o<Right><Enter>");
    cr_assert(shows("-- 8259A slave "));
    type("<Down><Down><Enter>");
    cr_assert(shows("of the 8259A slave: "));
    type("<Esc>");
    cr_assert(!shows("of the 8259A slave: "));
    type("o<Down><Enter>");
    cr_assert(shows("IF of CPU 0"));
    type("o<Enter>");
    cr_assert(shows("GSI "));
    cr_assert(session.panes.cursor.kind == PANES_WIRE);
    type("<Esc><Esc>");
    cr_assert_eq(session.panes.cursor.kind, PANES_NOTHING);
    type("<Down>"); // the arrows are as without a cursor
    cr_assert_eq(session.panes.first_register, 1);
    end();
}

Test(session, each_cell_says_what_it_shows)
{
    begin(INTACT_PC);
    press("nn");
    session_draw(&session, &grid);
    for (unsigned line = 0; line < grid.height; line++)
        for (unsigned column = 0; column < grid.width; column++) {
            struct grid_target target = grid_cell(&grid, column, line)->target;
            char text[GRID_MAX_WIDTH + 1];
            grid_text(&grid, line, text);
            if (target.kind == PANES_REGISTER)
                cr_assert(strstr(text, session.view->registers[target.index].is.name));
            if (target.kind == PANES_GATE)
                cr_assert(strstr(text, session.view->cpus[target.index].gates[target.part].text));
            if (target.kind == PANES_STATION)
                cr_assert(strstr(text, session.view->lives[target.index].stations[target.part].text));
            if (target.kind == PANES_LIFE)
                cr_assert(strstr(text, session.view->lives[target.index].source));
            if (target.kind == PANES_CHIP)
                cr_assert(strstr(text, session.view->chips[target.index].name));
        }
    end();
}

// --- The console -----------------------------------------------------------------------------------------------------

Test(session, the_console_shows_what_is_printed_and_runs)
{
    begin(INTACT_PC);
    session_console(&session);
    while (session.runs)
        session_run_on(&session);
    cr_assert(shows("-- the guest's console "));
    cr_assert(shows("PIT tick through the IOAPIC"));
    cr_assert(shows("ended: isa-debug-exit"));
    cr_assert(shows("Ctrl-a c the panes"));
    type("q<Up>"); // for the guest, which has ended
    cr_assert(shows("-- the guest's console "));
    type("<Ctrl-a>c");
    cr_assert(shows("-- interrupts "));
    type("C<Ctrl-a>");
    cr_assert(!session_key(&session, 'x'));
    end();
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A session's console: what is typed there reaches the guest, and comes again on the way back and forward.
#include "view/session.h"

#include <criterion/criterion.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <stdio.h>
#include <string.h>

#include "machine/x86_code.h"
#include "view/keys.h"

static struct intact_machine *machine;
static struct session session;
static struct grid grid;
static char why[INTACT_ERROR_SIZE];

// The guest says > and gives back each character of COM1, up to a q. It asks the UART all the time.
static void begin(void)
{
    static struct code code;
    struct intact_machine_config config;
    memset(&session, 0, sizeof session);
    code_begin(&code);
    code_out8(&code, 0x3f8, '>');
    code_in8(&code, 0x3fd);              // again: the line status
    CODE(&code, 0xa8, 0x01, 0x74, 0xf7); // test al, 1; jz again
    code_in8(&code, 0x3f8);
    CODE(&code, 0xee, 0x3c, 'q', 0x75, 0xed); // out dx, al; cmp al, 'q'; jnz again
    code_out8(&code, 0xf4, 3);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    config.serial = (struct intact_console){ .write = session_print, .owner = &session };
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(machine, 64 << 20, why), 0, "%s", why);
    cr_assert_eq(session_open(&session, machine, &config, why), 0, "%s", why);
    cr_assert_eq(grid_init(&grid, 100, 40), 0);
}

static void end(void)
{
    grid_free(&grid);
    session_close(&session);
    intact_machine_destroy(machine);
}

TestSuite(console, .init = begin, .fini = end);

static void type(const char *keys)
{
    while (*keys)
        cr_assert(session_key(&session, view_key_next(&keys, session.panes.console)));
}

static bool shows(const char *what)
{
    char line[GRID_MAX_WIDTH + 1];
    session_draw(&session, &grid);
    for (unsigned i = 0; i < grid.height; i++) {
        grid_text(&grid, i, line);
        if (strcmp(line, what) == 0)
            return true;
    }
    return false;
}

static void run_on(unsigned portions)
{
    while (portions-- && session.runs)
        session_run_on(&session);
}

Test(console, what_is_typed_reaches_the_guest_and_comes_again)
{
    uint64_t digest, again;
    type("C");
    run_on(2);
    cr_assert(session.runs && shows(">_"));
    type("ab");
    run_on(2);
    cr_assert(shows(">ab_"));
    type("<Ctrl-a>c");
    cr_assert(!session.runs && shows(">ab"));
    uint64_t now = session.view->instructions;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    cr_assert_eq(view_go_to(session.view, now / 4, why), 0, "%s", why);
    view_look(session.view);
    cr_assert(shows(">"));
    cr_assert_eq(view_go_to(session.view, now, why), 0, "%s", why);
    cr_assert_eq(intact_machine_digest(machine, &again), 0);
    cr_assert_eq(again, digest);
    view_look(session.view);
    cr_assert(shows(">ab"));
}

Test(console, ctrl_a_begins_what_is_not_for_the_guest)
{
    type("C<Ctrl-a>h<Ctrl-a>aq");
    run_on(1000);
    cr_assert(session_has_ended(&session));
    cr_assert(shows(">.q_")); // the Ctrl-a
}

Test(console, a_guest_is_not_ahead_of_the_hosts_clock)
{
    type("C");
    cr_assert_eq(session_pace(&session, 1000000000), 0); // both clocks begin here
    run_on(25);
    uint64_t passed = intact_machine_time(machine);
    cr_assert_gt(passed, 4000000);
    cr_assert_eq(session_pace(&session, 1000000000 + passed - 2500000), 2);
    cr_assert_eq(session_pace(&session, 1000000000 + passed), 0);
    type("<Ctrl-a>c");
    cr_assert_eq(session_pace(&session, 1000000000), 0); // only the console
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The monitor's command line: commands that exist, damaged ones, any bytes, on a machine of either family with two
// processors, which runs a little when a command resumes it, and back in its history.
//
// What must hold: every answer is whole lines without control characters; a command that leaves the machine as it is executes
// nothing; no point is left in the machine when the monitor has gone; the run ends in the state of one without a monitor.
#include <stdio.h>
#include <string.h>

#include <intact/replay.h>
#include <intact/snapshot.h>

#include "counting.h"
#include "fuzz.h"
#include "machine/machine.h"
#include "machine/monitor/monitor.h"

const char *const fuzz_name = "fuzz_monitor";

enum { LINES = 40, TEXT = 1500, RUN = 200, LIMIT = 20000 };

// clang-format off
static const char *const lines[] = {
    "help", "? info", "help info cpus", "info status", "info instructions", "info cpus", "info registers", "info registers 1",
    "info breaks", "info snapshots", "stop", "cont", "c", "step", "s 1", "wait", "break 0x100027", "b $pc+4", "break $rip-2",
    "break 0x4008000c", "watch 0x200000", "rwatch 0x200000 8", "awatch $sp-16 32", "watch 0xfffffffffffffff0 4096", "delete",
    "d 1", "delete 99999999999999999999", "break deliver", "break raise:4", "break write:0x200000,size=8", "break in:0x3f8",
    "break instruction:150,cpu=1", "break eoi:27,cpu=9", "go 0", "go 17", "go 0xffffffffffffffff", "back", "back 1",
    "back write:0x200000", "back instruction:3", "reverse", "rc", "snapshots", "snapshots 64K", "snapshots 99999G", "x $pc",
    "x 0x100020 64", "x 0xffffffffffffffff 2", "xp 0 1024", "xp 0xfee00000", "x $nowhere", "x 1+-+2", "x - 1", "quit now", "",
    "loadvm", "loadvm /nonexistent/a b", "p $pc", "p/d -(3<<2)%5", "p 1/0", "p ((~1", "x/4xw $pc", "xp/3gx 0x100020", "x/2c 0",
    "x/9999999xg 0", "x/4i $pc", "sum 0 4096", "sum $sp 0xffffffffffffffff", "nmi", "system_reset", "system_powerdown",
    "sendkey ctrl-alt-f1 5", "mouse_move 5 -5 1", "mouse_button 5",
    "replay_seek 5", "replay_break 40", "replay_delete_break", "trace on", "trace on events=all", "trace on events=raise,cpu=0,from=3", "trace on x=1", "trace off", "trace last",
    "trace last 3", "info trace", "info replay", "info version", "info jit", "help sources",
};
// clang-format on

static struct intact_machine *machine;
static struct monitor monitor;
static unsigned column; // of what was printed last

static uint64_t digest(struct intact_machine *of)
{
    uint64_t value;
    if (intact_machine_digest(of, &value) < 0)
        fuzz_fail("no memory");
    return value;
}

static void print(void *owner, const char *text)
{
    (void)owner;
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' ? *text != '\n' : *text == 0x7f)
            fuzz_fail("an answer has the character %02x", (unsigned char)*text);
        column = *text == '\n' ? 0 : column + 1;
    }
}

// --- what is typed ---------------------------------------------------------------------------------------------------

static void make_line(struct fuzz *fuzz, char *line)
{
    snprintf(line, TEXT, "%s", FUZZ_PICK(fuzz, lines));
    size_t size = strlen(line);
    if (fuzz_chance(fuzz, 32))
        for (; size + 1 < TEXT && !fuzz_chance(fuzz, TEXT); size++)
            line[size] = (char)(1 + fuzz_below(fuzz, 255));
    line[size] = 0;
    for (unsigned n = fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 3) : 0; n && size; n--)
        line[fuzz_below(fuzz, (uint32_t)size)] =
            fuzz_chance(fuzz, 2) ? "0123456789$:,+- x"[fuzz_below(fuzz, 17)] : (char)(1 + fuzz_below(fuzz, 255));
}

// It would write to files of any name.
static bool saves(const char *line)
{
    return strstr(line, "savevm") || strstr(line, "write");
}

// It is input of the guest's.
static bool presses(const char *line)
{
    return strstr(line, "nmi") || strstr(line, "system_") || strstr(line, "sendkey") || strstr(line, "mouse_");
}

// --- what it does ----------------------------------------------------------------------------------------------------

// False: the run has ended.
static bool run(const struct monitor_result *how)
{
    struct intact_exit end =
        how->action == MONITOR_STEPS ? intact_machine_step(machine, how->cpu) : intact_machine_run_for(machine, RUN);
    if (end.reason == INTACT_BREAK) {
        monitor_note_stop(&monitor, &end);
        monitor_tell_place(&monitor);
    }
    return end.reason == INTACT_BREAK || end.reason == INTACT_PAUSED;
}

static bool obey(const char *line)
{
    uint64_t before = intact_machine_instructions(machine);
    column = 0;
    struct monitor_result result = monitor_command(&monitor, line);
    if (column)
        fuzz_fail("the answer to '%s' is no whole line", line);
    switch (result.action) {
    case MONITOR_STAYS:
        if (intact_machine_instructions(machine) != before)
            fuzz_fail("'%s' has executed something", line);
        return true;
    case MONITOR_STOPS: monitor.running = false; return true;
    case MONITOR_RUNS:
    case MONITOR_STEPS: return run(&result);
    case MONITOR_WAITS: monitor.running = false; return true;
    case MONITOR_QUITS: return true; // it is the server that ends the run
    }
    return true;
}

// The rest of the run, without the monitor's points.
static void finish(struct intact_machine *of)
{
    struct intact_exit end;
    do
        end = intact_machine_run(of);
    while (end.reason == INTACT_BREAK);
}

static uint64_t plain_digest(enum intact_machine_type type)
{
    static uint64_t digests[2];
    static bool known[2];
    if (!known[type]) {
        struct intact_machine *plain = counting_machine(type, LIMIT);
        finish(plain);
        digests[type] = digest(plain);
        known[type] = true;
        intact_machine_destroy(plain);
    }
    return digests[type];
}

void fuzz_case(struct fuzz *fuzz)
{
    char line[TEXT];
    enum intact_machine_type type = fuzz_chance(fuzz, 2) ? INTACT_VIRT : INTACT_PC;
    uint64_t plain = plain_digest(type);
    machine = counting_machine(type, LIMIT);
    monitor = (struct monitor){ .machine = machine, .print = print, .in_gdb = fuzz_chance(fuzz, 8) };
    bool goes_on = true, guest_input = fuzz_chance(fuzz, 4);
    for (unsigned n = 1 + fuzz_below(fuzz, LINES); n && goes_on; n--) {
        make_line(fuzz, line);
        if (saves(line) || (presses(line) && !guest_input))
            continue;
        monitor.running = fuzz_chance(fuzz, 4);
        fuzz_tell(fuzz, "%s%s", monitor.running ? "(runs) " : "", line);
        goes_on = obey(line);
    }
    monitor_free(&monitor);
    if (machine_board(machine)->loop.stops.count || machine->events.count)
        fuzz_fail("points are left");
    if (goes_on)
        finish(machine);
    if (!guest_input && digest(machine) != plain)
        fuzz_fail("the run is another than without a monitor");
    intact_machine_destroy(machine);
}

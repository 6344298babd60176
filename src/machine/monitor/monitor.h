// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The monitor's commands: one table, for its own server (intact_monitor.c) and for gdb's `monitor`.
//
//     monitor.c         printing, a line, and where the machine stopped
//     monitor_table.c   the commands, and help
//     monitor_words.c   numbers, expressions, processors
//     monitor_run.c, monitor_info.c, ...   what the commands do
//
// A command is a line: its name of one or two words, and arguments. It is done between two runs, prints what it has to say,
// and leaves the running of the machine to its caller. But for loadvm and the machine's buttons none of them changes what the
// guest sees.
#ifndef MACHINE_MONITOR_H
#define MACHINE_MONITOR_H

#include <intact/debug.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/stop_events.h"

#define MONITOR_LINE 1024 // bytes of a command, with a 0 at its end

enum monitor_action {
    MONITOR_STAYS, // as it was: stopped or running
    MONITOR_STOPS, // it is stopped from here on
    MONITOR_RUNS,  // until something stops it
    MONITOR_STEPS, // until processor `cpu` has executed an instruction
    MONITOR_WAITS, // no other command is to be done before the machine stops
    MONITOR_QUITS,
};

struct monitor_result {
    enum monitor_action action;
    unsigned cpu;
};

// A breakpoint, watchpoint or event that the monitor has added.
struct monitor_point {
    unsigned number;
    enum intact_stop kind;
    uint64_t address, size; // not of INTACT_STOP_EVENT
    char text[EVENT_TEXT];  // INTACT_STOP_EVENT
};

struct monitor {
    // Set by the owner.
    struct intact_machine *machine;
    void (*print)(void *owner, const char *text);
    void *owner;
    bool in_gdb;  // what gdb has commands of its own for is refused
    bool running; // the command came while the machine runs, and interrupted it
    unsigned cpu; // that a command without a CPU is about: it stopped last

    struct monitor_point *points;
    unsigned count, room, last_number;
    unsigned replay_number; // of the point of replay_break; 0: there was none
    char stopped[120];      // why it stopped last: " by breakpoint 1"
};

// Does what the line says. A command that is wrong is answered with one line of text, and MONITOR_STAYS.
struct monitor_result monitor_command(struct monitor *monitor, const char *line);

// The run ended with INTACT_BREAK.
void monitor_note_stop(struct monitor *monitor, const struct intact_exit *end);
// Prints where the machine is, and why it stopped there, in one line.
void monitor_tell_place(struct monitor *monitor);

// Removes its points from the machine.
void monitor_free(struct monitor *monitor);

#endif

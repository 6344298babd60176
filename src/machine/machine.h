// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine behind the public handle, for the other public APIs in this folder.
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "machine/board/board.h"
#include "machine/code.h"
#include "machine/config_lists.h"
#include "machine/replay/replay.h"
#include "machine/servers/servers.h"
#include "machine/stop_events.h"

struct intact_lint;
struct intact_log;
struct intact_trace_log;
struct past;
struct perf_map;
struct timeline;

// Why a machine that stays off is off.
enum machine_off { MACHINE_ON, MACHINE_OFF, MACHINE_OFF_BY_RESET, MACHINE_OFF_BY_HOST };

struct intact_machine {
    struct board *board; // NULL: it was not made
    struct config_lists lists;
    struct replay replay;
    struct timeline *timeline;    // NULL: it cannot go back
    char *jit_report;             // of intact_machine_jit_report; NULL: nobody has asked yet
    struct stop_events events;    // that stop a run
    struct past *past;            // what became of interrupts; NULL: it is not watched
    struct intact_lint *lint;     // NULL: nobody asked for it
    struct intact_trace_log *log; // of the monitors' trace on; NULL: nobody asked for it
    bool log_listens;             // trace off has not ended it
    struct intact_exit last;      // of the last run
    bool runs;                    // within a run
    enum machine_off off;         // config.stay_off
    unsigned pointer_buttons;     // enum intact_button, as monitors and QMP have left them
    struct moment *moments;       // of intact_machine_call_at, the next one first
    struct servers servers;       // of debuggers
    // Who is told what is executed.
    struct code_observers code;
    struct intact_log *logs;   // the last one first
    struct perf_map *perf_map; // NULL: nobody asked for it
};

// As intact_machine_run_for, up to a moment that is later than now.
struct intact_exit machine_run_to(struct intact_machine *machine, struct loop_moment moment);
// Between two runs, at a limit within a slice: as loop_look. True: *end is the stop.
bool machine_look(struct intact_machine *machine, struct intact_exit *end);

// The power is off, and no reset was asked for since: the machine cannot go on. The line says what to do.
bool machine_is_off(const struct intact_machine *machine);
#define MACHINE_OFF_TEXT "the power is off; system_reset comes first"

struct board *machine_board(struct intact_machine *machine);
// The end of a run that a callback of another one asked for.
struct intact_exit machine_refuse_run(struct intact_machine *machine);

// monitor_trace.c
void machine_log_free(struct intact_machine *machine);

#endif

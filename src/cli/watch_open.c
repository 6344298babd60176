// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine under a user's hands: what its settings may not say, and what is made before its first instruction. See watch.h.
#include <string.h>

#include <intact/debug.h>
#include <intact/snapshot.h>

#include "cli/watch.h"

#include "view/session.h"

// What a screen under a user's hands has no use for is refused, not forgotten.
int watch_check(struct settings *settings)
{
    bool elsewhere = settings->serial.kind == STREAM_FILE || settings->serial.kind == STREAM_HOST;
    const char *what = servers_wanted(settings)                    ? "-gdb, -qmp or a monitor"
                       : settings->rr != RR_NONE                   ? "a recording or a replay"
                       : settings->trace_count                     ? "-trace"
                       : settings->log_items || settings->log_exit ? "-d"
                       : settings->lint != LINT_OFF                ? "-lint"
                       : settings->save_file                       ? "-savevm"
                       : elsewhere ? "-serial to a file or a socket: the port is on the screen"
                                   : NULL;
    if (settings->window && (settings->why_source || settings->tells_digest || settings->answers))
        return refuse(settings, "-display sdl: only intact run and intact watch have a window");
    if (what && settings->window)
        return refuse(settings, "-display sdl: not with %s; without the window there is", what);
    return what ? refuse(settings, "watch: not with %s; intact run has it", what) : 0;
}

// Before the first instruction: what the options say, and what a session needs.
static int prepare(struct settings *settings, struct intact_machine *machine, struct session *session)
{
    uint64_t history = settings->history ? settings->history : WATCH_HISTORY;
    if ((settings->load_file && intact_machine_load_file(machine, settings->load_file, settings->why) < 0) ||
        intact_machine_history(machine, history, settings->why) < 0 ||
        session_open(session, machine, &settings->config, settings->why) < 0)
        return -1;
    for (unsigned i = 0; i < settings->break_count; i++)
        if (intact_break_event(machine, settings->breaks[i], settings->why) < 0)
            return -1;
    return intact_machine_why_watch(machine) < 0 ? refuse(settings, "watch: the host has no memory left") : 0;
}

struct intact_machine *watch_open(struct settings *settings, struct session *session)
{
    struct intact_machine *machine;
    memset(session, 0, sizeof *session);
    settings->config.serial = (struct intact_console){ .write = session_print, .owner = session };
    settings->config.interactive = settings->config.paced = false;
    if (intact_machine_create(&settings->config, &machine, settings->why) < 0)
        return NULL;
    if (prepare(settings, machine, session) == 0)
        return machine;
    watch_close(machine, session);
    return NULL;
}

void watch_close(struct intact_machine *machine, struct session *session)
{
    session_close(session);
    intact_machine_destroy(machine);
}

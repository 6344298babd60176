// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server for gdb of <intact/debug.h>: packets are answered until one resumes the machine; it runs until a stop, or
// until the client has something to say (debug_turn.h).
#include <intact/debug.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <intact/snapshot.h>

#include "base/bits.h"
#include "debug/gdb.h"
#include "machine/back.h"
#include "machine/board/board.h"
#include "machine/debug_turn.h"
#include "machine/gdb_target.h"
#include "machine/machine.h"

struct intact_gdb {
    struct intact_machine *machine;
    struct board *board;
    struct debug_turn turn;
    struct gdb_target target;
    struct monitor monitor; // of the client's `monitor`
    struct gdb *gdb;        // the conversation, NULL without a client
    struct stop stop;
};

#define HISTORY_BYTES (UINT64_C(512) << 20) // of host memory, unless the machine has a history already

// --- the client ------------------------------------------------------------------------------------------------------

static void end_client(struct intact_gdb *server)
{
    if (server->gdb)
        gdb_close(server->gdb);
    free(server->gdb);
    server->gdb = NULL;
    monitor_free(&server->monitor);
    debug_turn_drop(&server->turn);
}

// Nothing is kept before there is a client. Without a history (a drive that is written to, a recording) there is no way back.
static void begin_client(struct intact_gdb *server)
{
    if (!server->board->history)
        intact_machine_history(server->machine, HISTORY_BYTES, NULL);
    server->target.reverses = server->board->history != NULL;
    server->gdb = malloc(sizeof *server->gdb);
    if (!server->gdb || gdb_open(server->gdb, &server->target) < 0) {
        end_client(server);
        return;
    }
    server->gdb->stop = server->stop;
    server->gdb->general = server->gdb->resumed = server->stop.cpu;
}

static void flush(struct intact_gdb *server)
{
    debug_socket_write(server->turn.socket, server->gdb->output, server->gdb->output_size);
    server->gdb->output_size = 0;
}

// The next packet of the client's. False: none came within `timeout` ms. GDB_STAY also for a client that came or went.
static bool next_action(struct intact_gdb *server, int timeout, enum gdb_action *action)
{
    size_t used = 0;
    struct debug_turn *turn = &server->turn;
    enum debug_socket_event event = debug_turn_listen(turn, timeout);
    *action = GDB_STAY;
    if (event == DEBUG_SOCKET_CAME)
        begin_client(server);
    else if (event == DEBUG_SOCKET_WENT)
        end_client(server);
    if (event != DEBUG_SOCKET_DATA)
        return event != DEBUG_SOCKET_NOTHING;
    *action = gdb_receive(server->gdb, turn->bytes + turn->at, turn->size - turn->at, &used);
    turn->at += used;
    flush(server);
    return true;
}

// --- whose turn it is ------------------------------------------------------------------------------------------------

static void note_stop(struct intact_gdb *server, const struct intact_exit *end)
{
    server->stop = (struct stop){ .kind = (enum stop_kind)end->stop, .cpu = end->cpu, .address = end->address };
    monitor_note_stop(&server->monitor, end);
}

// gdb has no word for a stop at an event.
static void tell_event(struct intact_gdb *server)
{
    char text[EVENT_TEXT + 64];
    snprintf(text, sizeof text, "Stopped by the event %s, after %" PRIu64 " instructions.\n",
             server->machine->events.hit, server->board->loop.instructions);
    gdb_say(server->gdb, text);
}

static void tell_stop(struct intact_gdb *server)
{
    if (server->stop.kind == STOP_EVENT)
        tell_event(server);
    gdb_stopped(server->gdb, &server->stop);
    flush(server);
}

static uint64_t program_counter(const struct intact_gdb *server, unsigned cpu)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    debug_register_read(server->target.family, server->board->loop.vcpus[cpu], server->target.family->pc, value);
    return bytes_get(value, 8);
}

static struct intact_exit go_on(struct intact_gdb *server, const struct gdb_resume *how)
{
    struct intact_exit end;
    bool repeats;
    if (!how->steps)
        return intact_machine_run(server->machine);
    do {
        end = intact_machine_step(server->machine, how->cpu);
        uint64_t pc = program_counter(server, how->cpu);
        repeats = end.reason == INTACT_BREAK && end.stop == INTACT_STOP_STEP && pc >= how->first && pc < how->behind;
    } while (repeats);
    return end;
}

// False: there is nothing before.
static bool go_back(struct intact_gdb *server, const struct gdb_resume *how, struct intact_exit *end)
{
    *end = (struct intact_exit){ .reason = INTACT_BREAK, .stop = INTACT_STOP_STEP, .cpu = how->cpu };
    return how->direction == GDB_BACK ? back_continue(server->machine, end) : back_step(server->machine, how->cpu);
}

static void tell_way_back(struct intact_gdb *server)
{
    struct intact_exit end;
    struct gdb_resume how = server->gdb->resume;
    if (go_back(server, &how, &end)) {
        note_stop(server, &end);
        tell_stop(server);
        return;
    }
    gdb_no_history(server->gdb);
    flush(server);
}

// Answers until the machine is to run forward. A machine that is to end runs as well, and ends at once.
static enum gdb_action serve(struct intact_gdb *server)
{
    enum { LOOK = 100 }; // ms
    enum gdb_action action = GDB_STAY;
    while (action == GDB_STAY && !atomic_load(&server->board->outside.quit_posted)) {
        next_action(server, LOOK, &action);
        if (action == GDB_RESUME && server->gdb->resume.direction != GDB_FORWARD) {
            tell_way_back(server);
            action = GDB_STAY;
        }
    }
    return action == GDB_STAY ? GDB_RESUME : action;
}

// The client has something to say while the machine runs: it comes, or goes, or interrupts. True: the machine stops. A
// client that comes asks for the reason itself.
static bool listen_to_client(struct intact_gdb *server, const struct intact_exit *end, enum gdb_action *action)
{
    bool came = !server->gdb, goes_on = true;
    while (goes_on && next_action(server, 0, action))
        goes_on = !came && server->gdb && !server->gdb->interrupt && *action != GDB_KILL && *action != GDB_DETACH;
    if (!server->gdb || *action == GDB_KILL || *action == GDB_DETACH)
        return false;
    bool interrupted = server->gdb->interrupt;
    server->gdb->interrupt = false;
    if (came || interrupted)
        note_stop(server, end);
    if (came)
        server->gdb->stop = server->stop;
    else if (interrupted)
        tell_stop(server);
    return came || interrupted;
}

static struct intact_exit killed(struct intact_gdb *server)
{
    end_client(server);
    intact_machine_quit(server->machine);
    return intact_machine_run(server->machine);
}

static struct intact_exit run(struct intact_gdb *server, bool stopped)
{
    struct gdb_resume how = { .steps = false };
    enum gdb_action action = GDB_RESUME;
    for (;;) {
        if (stopped) {
            outside_flush(&server->board->outside);
            action = serve(server);
        }
        if (action == GDB_KILL)
            return killed(server);
        if (stopped)
            how = action == GDB_RESUME && server->gdb ? server->gdb->resume : (struct gdb_resume){ .steps = false };
        if (action == GDB_DETACH)
            end_client(server);
        debug_socket_watch(server->turn.socket, true);
        struct intact_exit end = go_on(server, &how);
        debug_socket_watch(server->turn.socket, false);
        stopped = true;
        action = GDB_RESUME;
        if (end.reason != INTACT_BREAK)
            return end;
        if (end.stop == INTACT_STOP_REQUEST) {
            stopped = listen_to_client(server, &end, &action);
            continue;
        }
        note_stop(server, &end);
        if (!server->gdb)
            return end;
        tell_stop(server);
    }
}

struct intact_exit intact_gdb_run(struct intact_gdb *server, bool stopped)
{
    struct intact_exit end = run(server, stopped);
    if (server->gdb) {
        gdb_exited(server->gdb, end.status);
        flush(server);
    }
    end_client(server);
    return end;
}

// --- life ------------------------------------------------------------------------------------------------------------

int intact_gdb_open(struct intact_machine *machine, const char *where, struct intact_gdb **gdb, char *why)
{
    struct intact_gdb *server = calloc(1, sizeof *server);
    if (!server && why)
        snprintf(why, INTACT_ERROR_SIZE, "-gdb: the host has no memory left");
    int result = server ? debug_turn_open(&server->turn, machine, "-gdb", where, why) : -ENOMEM;
    if (result < 0) {
        free(server);
        return result;
    }
    server->machine = server->monitor.machine = machine;
    server->board = machine_board(machine);
    server->stop.kind = STOP_STEP;
    server->target = gdb_target_of(machine, &server->monitor);
    *gdb = server;
    return 0;
}

unsigned intact_gdb_port(const struct intact_gdb *server)
{
    return debug_socket_port(server->turn.socket);
}

void intact_gdb_close(struct intact_gdb *server)
{
    if (!server)
        return;
    end_client(server);
    debug_turn_close(&server->turn);
    free(server);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server for gdb of <intact/debug.h>: packets are answered, and one that resumes the machine is answered when it has
// stopped (servers.h).
//
// gdb takes a stop for the answer to a packet that resumes: one that it does not wait for would be taken for the answer to
// something else. So what others do with the machine is told to a client that waits, and only to that.
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
#include "machine/machine.h"
#include "machine/servers/gdb_target.h"
#include "machine/servers/servers.h"

struct intact_gdb {
    struct server server;
    struct intact_machine *machine;
    struct board *board;
    struct gdb_target target;
    struct monitor monitor; // of the client's `monitor`
    struct gdb *gdb;        // the conversation, NULL without a client
    bool waits;             // for a stop
    struct stop stop;       // the last one
};

#define HISTORY_BYTES (UINT64_C(512) << 20) // of host memory, unless the machine has a history already

static struct intact_gdb *of(struct server *server)
{
    return (struct intact_gdb *)server; // its first member
}

// --- the client ------------------------------------------------------------------------------------------------------

static void forget_client(struct intact_gdb *server)
{
    if (server->gdb)
        gdb_close(server->gdb);
    free(server->gdb);
    server->gdb = NULL;
    server->waits = false;
    monitor_free(&server->monitor);
}

// Nothing is kept before there is a client. Without a history (a drive that is written to, a recording) there is no way back.
static void begin_client(struct intact_gdb *server)
{
    if (!server->board->history)
        intact_machine_history(server->machine, HISTORY_BYTES, NULL);
    server->target.reverses = server->board->history != NULL;
    server->gdb = malloc(sizeof *server->gdb);
    if (!server->gdb || gdb_open(server->gdb, &server->target) < 0) {
        forget_client(server);
        server_drop(&server->server);
        return;
    }
    server->gdb->stop = server->stop;
    server->gdb->general = server->gdb->resumed = server->stop.cpu;
}

static void flush(struct intact_gdb *server)
{
    do {
        debug_socket_write(server->server.turn.socket, server->gdb->output, server->gdb->output_size);
        server->gdb->output_size = 0;
    } while (gdb_more(server->gdb));
}

// A client that comes stops the machine, and asks for the reason itself.
static void came(struct server *base)
{
    if (base->all->running)
        server_stops(base);
    begin_client(of(base));
}

static void went(struct server *base)
{
    forget_client(of(base));
}

// --- stops -----------------------------------------------------------------------------------------------------------

static void note_stop(struct intact_gdb *server, const struct intact_exit *end)
{
    enum stop_kind kind = end->stop == INTACT_STOP_OFF ? STOP_REQUEST : (enum stop_kind)end->stop;
    server->stop = (struct stop){ .kind = kind, .cpu = end->cpu, .address = end->address };
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
    if (machine_is_off(server->machine))
        gdb_say(server->gdb, "The guest has turned the power off; monitor system_reset comes before continue.\n");
    gdb_stopped(server->gdb, &server->stop);
    flush(server);
}

static void stopped(struct server *base, const struct server_stop *stop)
{
    struct intact_gdb *server = of(base);
    bool by_a_command = stop->by == base && server->gdb && !server->waits;
    if (!by_a_command) {
        note_stop(server, &stop->end);
        server_note_stop(stop, &server->monitor);
    }
    if (server->gdb && server->waits)
        tell_stop(server);
    server->waits = false;
}

// By another client: what gdb has taken out of the machine is not to stop it.
static void resumed(struct server *base)
{
    struct intact_gdb *server = of(base);
    if (server->gdb && !server->waits)
        gdb_left_alone(server->gdb);
}

static void ended(struct server *base, const struct intact_exit *end)
{
    struct intact_gdb *server = of(base);
    if (server->gdb) {
        gdb_exited(server->gdb, end->status);
        flush(server);
    }
    forget_client(server);
}

// --- the way back ----------------------------------------------------------------------------------------------------

// False: there is nothing before.
static bool go_back(struct intact_gdb *server, const struct gdb_resume *how, struct intact_exit *end)
{
    *end = (struct intact_exit){ .reason = INTACT_BREAK, .stop = INTACT_STOP_STEP, .cpu = how->cpu };
    return how->direction == GDB_BACK ? back_continue(server->machine, end) : back_step(server->machine, how->cpu);
}

// The others see the machine at another place.
static void tell_way_back(struct intact_gdb *server)
{
    struct intact_exit end;
    struct gdb_resume how = server->gdb->resume;
    bool found = go_back(server, &how, &end);
    server_stops(&server->server);
    if (found) {
        note_stop(server, &end);
        tell_stop(server);
        return;
    }
    gdb_no_history(server->gdb);
    flush(server);
}

// --- packets ---------------------------------------------------------------------------------------------------------

static void let_run(struct intact_gdb *server)
{
    const struct gdb_resume *how = &server->gdb->resume;
    const struct server_run run = { .steps = how->steps, .cpu = how->cpu, .first = how->first, .behind = how->behind };
    server->waits = true;
    server_resumes(&server->server, &run);
}

static void obey(struct intact_gdb *server, enum gdb_action action)
{
    switch (action) {
    case GDB_STAY: break;
    case GDB_RESUME:
        if (server->gdb->resume.direction == GDB_FORWARD)
            let_run(server);
        else
            tell_way_back(server);
        break;
    case GDB_DETACH:
    case GDB_KILL:
        forget_client(server);
        server_drop(&server->server);
        if (action == GDB_KILL)
            server_quits(&server->server);
        else
            server_resumes(&server->server, &(struct server_run){ .steps = false });
        break;
    }
}

// One packet at most. A command of `monitor` may take the machine elsewhere, and that stops it.
static void heard(struct server *base)
{
    size_t used = 0;
    struct intact_gdb *server = of(base);
    struct debug_turn *turn = &base->turn;
    uint64_t before = server->board->loop.instructions;
    server->monitor.running = base->all->running;
    enum gdb_action action = gdb_receive(server->gdb, turn->bytes + turn->at, turn->size - turn->at, &used);
    turn->at += used;
    flush(server);
    bool interrupted = server->gdb->interrupt;
    server->gdb->interrupt = false;
    if ((interrupted && base->all->running) || server->board->loop.instructions != before)
        server_stops(base);
    obey(server, action);
}

static const struct server_type type = {
    .option = "-gdb",
    .name = "gdb",
    .came = came,
    .heard = heard,
    .went = went,
    .stopped = stopped,
    .resumed = resumed,
    .ended = ended,
};

struct intact_exit intact_gdb_run(struct intact_gdb *server, bool stopped)
{
    return servers_run(server->machine, stopped);
}

// --- life ------------------------------------------------------------------------------------------------------------

int intact_gdb_open(struct intact_machine *machine, const char *where, struct intact_gdb **gdb, char *why)
{
    struct intact_gdb *server = calloc(1, sizeof *server);
    if (!server && why)
        snprintf(why, INTACT_ERROR_SIZE, "-gdb: the host has no memory left");
    int result = server ? server_open(&server->server, &type, machine, where, why) : -ENOMEM;
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
    return debug_socket_port(server->server.turn.socket);
}

void intact_gdb_close(struct intact_gdb *server)
{
    if (!server)
        return;
    forget_client(server);
    server_close(&server->server);
    free(server);
}

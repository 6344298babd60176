// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server of the monitor of <intact/debug.h>: lines are done as commands (monitor.h), while the machine is stopped and,
// between two instructions, while it runs (servers.h).
#include <intact/debug.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/machine.h"
#include "machine/monitor/monitor.h"
#include "machine/servers/servers.h"

#define PROMPT "(intact) "

static const char TOO_LONG[] = "A line has at most 1023 characters; nothing was done.\n";
_Static_assert(MONITOR_LINE == 1024, "the text says how long a line may be");

struct intact_monitor {
    struct server server;
    struct board *board;
    struct monitor monitor;
    bool prompted;           // the client's cursor is behind a prompt
    char line[MONITOR_LINE]; // being received
    size_t length;
    bool too_long;
    char text[2048]; // that is to be sent
    size_t size;
};

static struct intact_monitor *of(struct server *server)
{
    return (struct intact_monitor *)server; // its first member
}

// --- the client ------------------------------------------------------------------------------------------------------

// Without a client it goes nowhere, but to standard output, which there is after the end of standard input.
static void flush(struct intact_monitor *server)
{
    debug_socket_write(server->server.turn.socket, server->text, server->size);
    server->size = 0;
}

static void print(void *owner, const char *text)
{
    struct intact_monitor *server = owner;
    size_t length = strlen(text);
    if (server->prompted)
        server->text[server->size++] = '\n';
    server->prompted = false;
    while (length) {
        size_t room = sizeof server->text - 1 - server->size, piece = length < room ? length : room;
        memcpy(server->text + server->size, text, piece);
        server->size += piece;
        text += piece;
        length -= piece;
        if (piece == room)
            flush(server);
    }
}

static void prompt(struct intact_monitor *server)
{
    print(server, PROMPT);
    server->prompted = true;
    flush(server);
}

static void came(struct server *base)
{
    struct intact_monitor *server = of(base);
    server->prompted = false;
    print(server, "intact's monitor; help lists the commands\n");
    server->monitor.running = base->all->running;
    monitor_command(&server->monitor, "info status");
    prompt(server);
}

static void forget_client(struct intact_monitor *server)
{
    server->too_long = false;
    server->length = server->size = 0;
}

// --- commands --------------------------------------------------------------------------------------------------------

// A step of a processor that runs is soon done, and what follows it is about the place behind it. One that is halted may never
// execute anything.
static void obey(struct intact_monitor *server, struct monitor_result result)
{
    struct server_run how = { .steps = result.action == MONITOR_STEPS, .cpu = result.cpu };
    switch (result.action) {
    case MONITOR_STAYS: break;
    case MONITOR_STOPS: server_stops(&server->server); break;
    case MONITOR_RUNS:
    case MONITOR_STEPS:
        server_resumes(&server->server, &how);
        server->server.waits = how.steps && server->board->loop.vcpus[how.cpu]->state == VCPU_RUNNING;
        break;
    case MONITOR_WAITS: server->server.waits = true; break;
    case MONITOR_QUITS: server_quits(&server->server); break;
    }
}

static void do_line(struct intact_monitor *server)
{
    if (server->length && server->line[server->length - 1] == '\r')
        server->length--;
    server->line[server->length] = 0;
    server->prompted = false;
    server->monitor.running = server->server.all->running;
    if (server->too_long)
        print(server, TOO_LONG);
    else
        obey(server, monitor_command(&server->monitor, server->line));
    server->length = 0;
    server->too_long = false;
    if (server->server.waits || atomic_load(&server->board->outside.quit_posted))
        flush(server);
    else
        prompt(server);
}

// The bytes of one line at most.
static void heard(struct server *base)
{
    struct intact_monitor *server = of(base);
    struct debug_turn *turn = &base->turn;
    while (turn->at < turn->size) {
        char c = (char)turn->bytes[turn->at++];
        if (c == '\n') {
            do_line(server);
            return;
        }
        if (server->length + 1 < sizeof server->line)
            server->line[server->length++] = c ? c : '?';
        else
            server->too_long = true;
    }
}

// The last line of standard input may have no end.
static void went(struct server *base)
{
    struct intact_monitor *server = of(base);
    if (debug_socket_ended(base->turn.socket) && server->length)
        do_line(server);
    forget_client(server);
}

// --- the machine -----------------------------------------------------------------------------------------------------

// A command of its own has said it.
static void stopped(struct server *base, const struct server_stop *stop)
{
    struct intact_monitor *server = of(base);
    if (stop->by == base)
        return;
    server_note_stop(stop, &server->monitor);
    monitor_tell_place(&server->monitor);
    if (base->connected)
        prompt(server);
    flush(server);
}

static void resumed(struct server *base)
{
    (void)base;
}

static void ended(struct server *base, const struct intact_exit *end)
{
    char text[160];
    struct intact_monitor *server = of(base);
    snprintf(text, sizeof text, "ended: %s, exit status %d, after %" PRIu64 " instructions\n",
             intact_reason_text(end->reason), end->status, end->instructions);
    print(server, text);
    flush(server);
    forget_client(server);
}

static const struct server_type type = {
    .option = "-monitor",
    .name = "a monitor",
    .stdio = true,
    .came = came,
    .heard = heard,
    .went = went,
    .stopped = stopped,
    .resumed = resumed,
    .ended = ended,
};

// A stop without a client waits for one.
struct intact_exit intact_monitor_run(struct intact_monitor *server, bool stopped)
{
    struct intact_exit end = servers_run(server->monitor.machine, stopped);
    while (end.reason == INTACT_BREAK)
        end = servers_run(server->monitor.machine, true);
    return end;
}

// --- life ------------------------------------------------------------------------------------------------------------

int intact_monitor_open(struct intact_machine *machine, const char *where, struct intact_monitor **monitor, char *why)
{
    struct intact_monitor *server = calloc(1, sizeof *server);
    if (!server && why)
        snprintf(why, INTACT_ERROR_SIZE, "-monitor: the host has no memory left");
    int result = server ? server_open(&server->server, &type, machine, where, why) : -ENOMEM;
    if (result < 0) {
        free(server);
        return result;
    }
    server->board = machine_board(machine);
    server->monitor = (struct monitor){ .machine = machine, .print = print, .owner = server };
    *monitor = server;
    return 0;
}

unsigned intact_monitor_port(const struct intact_monitor *server)
{
    return debug_socket_port(server->server.turn.socket);
}

void intact_monitor_close(struct intact_monitor *server)
{
    if (!server)
        return;
    monitor_free(&server->monitor);
    server_close(&server->server);
    free(server);
}

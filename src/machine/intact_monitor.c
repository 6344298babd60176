// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server of the monitor of <intact/debug.h>: lines are done as commands (monitor.h), while the machine is stopped and,
// between two instructions, while it runs (debug_turn.h).
#include <intact/debug.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/debug_turn.h"
#include "machine/machine.h"
#include "machine/monitor.h"

#define PROMPT "(intact) "

static const char TOO_LONG[] = "A line has at most 1023 characters; nothing was done.\n";
_Static_assert(MONITOR_LINE == 1024, "the text says how long a line may be");

struct intact_monitor {
    struct board *board;
    struct debug_turn turn;
    struct monitor monitor;
    bool connected;
    bool waits;    // no more lines before the machine stops
    bool prompted; // the client's cursor is behind a prompt
    bool steps;    // how the machine runs: until processor `cpu` has executed an instruction
    unsigned cpu;
    char line[MONITOR_LINE]; // being received
    size_t length;
    bool too_long;
    char text[2048]; // that is to be sent
    size_t size;
};

// --- the client ------------------------------------------------------------------------------------------------------

// Without a client it goes nowhere, but to standard output, which there is after the end of standard input.
static void flush(struct intact_monitor *server)
{
    debug_socket_write(server->turn.socket, server->text, server->size);
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

static void begin_client(struct intact_monitor *server)
{
    server->connected = true;
    server->prompted = false;
    print(server, "intact's monitor; help lists the commands\n");
    monitor_command(&server->monitor, "info status");
    prompt(server);
}

static void end_client(struct intact_monitor *server)
{
    server->connected = server->waits = server->too_long = false;
    server->length = server->size = 0;
    debug_turn_drop(&server->turn);
}

// --- commands --------------------------------------------------------------------------------------------------------

// A step of a processor that runs is soon done, and what follows it is about the place behind it. One that is halted may never
// execute anything.
static void obey(struct intact_monitor *server, struct monitor_result result)
{
    struct monitor *monitor = &server->monitor;
    switch (result.action) {
    case MONITOR_STAYS: break;
    case MONITOR_STOPS: monitor->running = false; break;
    case MONITOR_RUNS:
    case MONITOR_STEPS:
        monitor->running = true;
        server->steps = result.action == MONITOR_STEPS;
        server->cpu = result.cpu;
        server->waits = server->steps && server->board->loop.vcpus[result.cpu]->state == VCPU_RUNNING;
        break;
    case MONITOR_WAITS: server->waits = true; break;
    case MONITOR_QUITS: intact_machine_quit(monitor->machine); break;
    }
}

static void do_line(struct intact_monitor *server)
{
    if (server->length && server->line[server->length - 1] == '\r')
        server->length--;
    server->line[server->length] = 0;
    server->prompted = false;
    if (server->too_long)
        print(server, TOO_LONG);
    else
        obey(server, monitor_command(&server->monitor, server->line));
    server->length = 0;
    server->too_long = false;
    if (server->waits || atomic_load(&server->board->outside.quit_posted))
        flush(server);
    else
        prompt(server);
}

// The bytes of one line at most.
static void take_bytes(struct intact_monitor *server)
{
    struct debug_turn *turn = &server->turn;
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
static void client_went(struct intact_monitor *server)
{
    if (debug_socket_ended(server->turn.socket) && server->length)
        do_line(server);
    end_client(server);
}

// --- whose turn it is ------------------------------------------------------------------------------------------------

// Nobody can come to a machine that is stopped: it ends.
static void listen_to_client(struct intact_monitor *server)
{
    enum { LOOK = 100 }; // ms
    const struct monitor *monitor = &server->monitor;
    while (!(monitor->running && server->waits) && !atomic_load(&server->board->outside.quit_posted)) {
        if (!monitor->running && debug_socket_ended(server->turn.socket))
            intact_machine_quit(monitor->machine);
        switch (debug_turn_listen(&server->turn, monitor->running ? 0 : LOOK)) {
        case DEBUG_SOCKET_CAME: begin_client(server); break;
        case DEBUG_SOCKET_DATA: take_bytes(server); break;
        case DEBUG_SOCKET_WENT: client_went(server); break;
        case DEBUG_SOCKET_NOTHING:
            if (monitor->running)
                return;
        }
    }
}

static struct intact_exit go_on(struct intact_monitor *server)
{
    debug_socket_watch(server->turn.socket, !server->waits);
    struct intact_exit end = server->steps ? intact_machine_step(server->monitor.machine, server->cpu)
                                           : intact_machine_run(server->monitor.machine);
    debug_socket_watch(server->turn.socket, false);
    return end;
}

static void stopped_by(struct intact_monitor *server, const struct intact_exit *end)
{
    server->monitor.running = server->waits = false;
    monitor_note_stop(&server->monitor, end);
    monitor_tell_place(&server->monitor);
    if (server->connected)
        prompt(server);
    flush(server);
}

static struct intact_exit run(struct intact_monitor *server)
{
    for (;;) {
        listen_to_client(server);
        struct intact_exit end = go_on(server);
        if (end.reason != INTACT_BREAK)
            return end;
        if (end.stop != INTACT_STOP_REQUEST)
            stopped_by(server, &end);
    }
}

struct intact_exit intact_monitor_run(struct intact_monitor *server, bool stopped)
{
    char text[160];
    server->monitor.running = !stopped;
    server->steps = false;
    if (debug_socket_connected(server->turn.socket))
        begin_client(server);
    struct intact_exit end = run(server);
    snprintf(text, sizeof text, "ended: %s, exit status %d, after %" PRIu64 " instructions\n",
             intact_reason_text(end.reason), end.status, end.instructions);
    print(server, text);
    flush(server);
    end_client(server);
    return end;
}

// --- life ------------------------------------------------------------------------------------------------------------

static int open_at(struct intact_monitor *server, struct intact_machine *machine, const char *where, char *why)
{
    if (strcmp(where, "stdio") == 0)
        return debug_turn_open_stdio(&server->turn, machine, "-monitor", why);
    if (strncmp(where, "unix:", 5) == 0 || strncmp(where, "tcp:", 4) == 0)
        return debug_turn_open(&server->turn, machine, "-monitor", where, why);
    if (why)
        snprintf(why, INTACT_ERROR_SIZE, "-monitor: '%.80s' is not stdio, tcp:[HOST]:PORT, unix:PATH or none", where);
    return -EINVAL;
}

int intact_monitor_open(struct intact_machine *machine, const char *where, struct intact_monitor **monitor, char *why)
{
    struct intact_monitor *server = calloc(1, sizeof *server);
    if (!server && why)
        snprintf(why, INTACT_ERROR_SIZE, "-monitor: the host has no memory left");
    int result = server ? open_at(server, machine, where, why) : -ENOMEM;
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
    return debug_socket_port(server->turn.socket);
}

void intact_monitor_close(struct intact_monitor *server)
{
    if (!server)
        return;
    monitor_free(&server->monitor);
    debug_turn_close(&server->turn);
    free(server);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See servers.h.
#include "machine/servers/servers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

// --- telling ---------------------------------------------------------------------------------------------------------

static void tell_stop(struct servers *all, const struct server_stop *stop)
{
    all->running = false;
    for (unsigned i = 0; i < all->count; i++) {
        all->list[i]->waits = false;
        all->list[i]->type->stopped(all->list[i], stop);
    }
}

void server_stops(struct server *by)
{
    struct intact_machine *machine = by->turn.machine;
    struct server_stop stop = { .by = by };
    machine->off = MACHINE_ON; // it is at another place, or was on
    stop.end = (struct intact_exit){ .reason = INTACT_BREAK,
                                     .stop = INTACT_STOP_REQUEST,
                                     .instructions = machine->board->loop.instructions,
                                     .time = machine->board->clock.now,
                                     .cpu = machine->last.cpu };
    tell_stop(by->all, &stop);
}

void server_note_stop(const struct server_stop *stop, struct monitor *monitor)
{
    monitor_note_stop(monitor, &stop->end);
    if (stop->by)
        snprintf(monitor->stopped, sizeof monitor->stopped, " by %s", stop->by->type->name);
}

void server_resumes(struct server *by, const struct server_run *how)
{
    struct servers *all = by->all;
    bool was_running = all->running;
    all->how = *how;
    all->running = true;
    for (unsigned i = 0; i < all->count && !was_running; i++)
        all->list[i]->type->resumed(all->list[i]);
}

void server_quits(struct server *by)
{
    by->all->quits = true;
    intact_machine_quit(by->turn.machine);
}

void servers_reset(struct servers *all, bool by_guest)
{
    for (unsigned i = 0; i < all->count && all->runs; i++)
        if (all->list[i]->type->reset)
            all->list[i]->type->reset(all->list[i], by_guest);
}

void servers_power_button(struct servers *all)
{
    for (unsigned i = 0; i < all->count; i++)
        if (all->list[i]->type->power_button)
            all->list[i]->type->power_button(all->list[i]);
}

static void tell_end(struct servers *all, const struct intact_exit *end)
{
    for (unsigned i = 0; i < all->count; i++) {
        all->list[i]->type->ended(all->list[i], end);
        server_drop(all->list[i]);
    }
}

// --- listening -------------------------------------------------------------------------------------------------------

static void come(struct server *server)
{
    server->connected = true;
    server->type->came(server);
}

// False: the client has nothing to say.
static bool listen_to(struct server *server)
{
    if (server->all->running && server->waits)
        return false;
    switch (debug_turn_listen(&server->turn, 0)) {
    case DEBUG_SOCKET_CAME: come(server); return true;
    case DEBUG_SOCKET_DATA: server->type->heard(server); return true;
    case DEBUG_SOCKET_WENT:
        server->type->went(server);
        server_drop(server);
        return true;
    case DEBUG_SOCKET_NOTHING: break;
    }
    return false;
}

// Standard input, which was the only client, has ended.
static bool nobody_can_come(const struct servers *all)
{
    unsigned ended = 0;
    for (unsigned i = 0; i < all->count; i++)
        ended += debug_socket_ended(all->list[i]->turn.socket);
    return ended == all->count;
}

static void wait_for_clients(const struct servers *all)
{
    enum { LOOK = 100 }; // ms
    struct debug_socket *sockets[SERVERS_LIMIT];
    for (unsigned i = 0; i < all->count; i++)
        sockets[i] = all->list[i]->turn.socket;
    debug_socket_wait(sockets, all->count, LOOK);
}

// A machine that is stopped where nobody can start it ends. False: a client has more to say than the machine can wait for.
static bool listen_to_all(struct intact_machine *machine)
{
    enum { ROUNDS = 1000 };
    struct servers *all = &machine->servers;
    for (unsigned rounds = 0; rounds < ROUNDS; rounds = all->running ? rounds + 1 : 0) {
        bool any = false;
        for (unsigned i = 0; i < all->count && !atomic_load(&machine->board->outside.quit_posted); i++)
            any |= listen_to(all->list[i]);
        if (atomic_load(&machine->board->outside.quit_posted) || (all->running && !any))
            return true;
        if (!any && nobody_can_come(all))
            intact_machine_quit(machine);
        else if (!any)
            wait_for_clients(all);
    }
    return false;
}

// --- running ---------------------------------------------------------------------------------------------------------

static uint64_t program_counter(struct board *board, unsigned cpu)
{
    uint64_t pc = 0;
    board->type->read_register(board, cpu, board->config.type == INTACT_PC ? "rip" : "pc", &pc);
    return pc;
}

static struct intact_exit step(struct intact_machine *machine, const struct server_run *how)
{
    struct intact_exit end;
    bool repeats;
    do {
        end = intact_machine_step(machine, how->cpu);
        uint64_t pc = program_counter(machine->board, how->cpu);
        repeats = end.reason == INTACT_BREAK && end.stop == INTACT_STOP_STEP && pc >= how->first && pc < how->behind;
    } while (repeats);
    return end;
}

static void watch(const struct servers *all, bool on)
{
    for (unsigned i = 0; i < all->count; i++)
        if (!all->list[i]->waits)
            debug_socket_watch(all->list[i]->turn.socket, on);
}

// A machine that is to end runs as well, and ends at once. Where a client has more to say, it runs a while nevertheless.
static struct intact_exit go_on(struct intact_machine *machine, bool heard_all)
{
    enum { WHILE = 100000 }; // instructions
    struct servers *all = &machine->servers;
    if (!heard_all && !all->how.steps)
        return intact_machine_run_for(machine, WHILE);
    watch(all, true);
    all->runs = true;
    struct intact_exit end = all->running && all->how.steps ? step(machine, &all->how) : intact_machine_run(machine);
    all->runs = false;
    watch(all, false);
    return end;
}

static bool anybody_is_there(const struct servers *all)
{
    bool any = false;
    for (unsigned i = 0; i < all->count; i++)
        any |= all->list[i]->connected;
    return any;
}

struct intact_exit servers_run(struct intact_machine *machine, bool stopped)
{
    struct servers *all = &machine->servers;
    all->running = !stopped;
    all->quits = false;
    all->how = (struct server_run){ .steps = false };
    for (unsigned i = 0; i < all->count; i++)
        if (debug_socket_connected(all->list[i]->turn.socket) && !all->list[i]->connected)
            come(all->list[i]);
    for (;;) {
        bool heard_all = listen_to_all(machine);
        if (machine_is_off(machine) && !atomic_load(&machine->board->outside.quit_posted)) {
            tell_stop(all, &(struct server_stop){ .end = machine->last });
            continue;
        }
        struct intact_exit end = go_on(machine, heard_all);
        if (end.reason == INTACT_PAUSED)
            continue;
        if (end.reason != INTACT_BREAK) {
            tell_end(all, &end);
            return end;
        }
        if (end.stop == INTACT_STOP_REQUEST)
            continue;
        tell_stop(all, &(struct server_stop){ .end = end });
        if (!anybody_is_there(all))
            return end;
    }
}

struct intact_exit intact_machine_serve(struct intact_machine *machine, bool stopped)
{
    return servers_run(machine, stopped);
}

// --- life ------------------------------------------------------------------------------------------------------------

_Static_assert(SERVERS_LIMIT == 16, "the text says how many there may be");

static int refuse(char *why, int result, const char *option, const char *text)
{
    if (why)
        snprintf(why, INTACT_ERROR_SIZE, "%s: %s", option, text);
    return result;
}

static int open_connection(struct server *server, const struct server_type *type, struct intact_machine *machine,
                           const char *where, char *why)
{
    char text[160];
    uint64_t fd;
    if (!type->stdio || strncmp(where, "unix:", 5) == 0 || strncmp(where, "tcp:", 4) == 0)
        return debug_turn_open(&server->turn, machine, type->option, where, why);
    if (strncmp(where, "fd:", 3) == 0 && monitor_number(where + 3, &fd) && fd <= INT32_MAX)
        return debug_turn_open_fd(&server->turn, machine, type->option, (int)fd, why);
    if (strcmp(where, "stdio") == 0)
        return debug_turn_open_stdio(&server->turn, machine, type->option, why);
    snprintf(text, sizeof text, "'%.80s' is not stdio, tcp:[HOST]:PORT, unix:PATH or fd:N", where);
    return refuse(why, -EINVAL, type->option, text);
}

int server_open(struct server *server, const struct server_type *type, struct intact_machine *machine,
                const char *where, char *why)
{
    struct servers *all = &machine->servers;
    if (machine_board(machine)->loop.current)
        return refuse(why, -EBUSY, type->option, "the machine is running");
    if (all->count == SERVERS_LIMIT)
        return refuse(why, -ENOSPC, type->option, "the machine has 16 servers already");
    int result = open_connection(server, type, machine, where, why);
    if (result < 0)
        return result;
    server->type = type;
    server->all = all;
    all->list[all->count++] = server;
    return 0;
}

void server_drop(struct server *server)
{
    server->connected = server->waits = false;
    debug_turn_drop(&server->turn);
}

void server_close(struct server *server)
{
    struct servers *all = server->all;
    unsigned i = 0;
    while (all->list[i] != server)
        i++;
    all->count--;
    memmove(&all->list[i], &all->list[i + 1], (all->count - i) * sizeof all->list[0]);
    debug_turn_close(&server->turn);
}

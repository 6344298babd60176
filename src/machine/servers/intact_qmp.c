// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server for QMP of <intact/debug.h>: commands (qmp_commands.c) while the machine is stopped and, between two
// instructions, while it runs (servers.h); what happens to the machine is told in events.
#include <intact/debug.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

static struct intact_qmp *of(struct server *server)
{
    return (struct intact_qmp *)server; // its first member
}

static void send(void *owner, const char *text, size_t size)
{
    struct intact_qmp *server = owner;
    debug_socket_write(server->server.turn.socket, text, size);
}

static void event(struct intact_qmp *server, const char *name, json_t *data)
{
    qmp_event(&server->qmp, name, server->machine->board->clock.now, data);
}

// --- the client ------------------------------------------------------------------------------------------------------

static void came(struct server *base)
{
    struct intact_qmp *server = of(base);
    server->told_running = base->all->running;
    qmp_open(&server->qmp);
}

static void heard(struct server *base)
{
    struct debug_turn *turn = &base->turn;
    size_t used = 0;
    qmp_receive(&of(base)->qmp, turn->bytes + turn->at, turn->size - turn->at, &used);
    turn->at += used;
}

static void remove_points(struct intact_qmp *server)
{
    monitor_free(&server->monitor);
    qmp_drop_break(server);
}

// Whoever reads standard output is there when standard input has ended.
static void went(struct server *base)
{
    struct intact_qmp *server = of(base);
    server->qmp.negotiated &= debug_socket_ended(base->turn.socket);
    remove_points(server);
}

// --- the machine -----------------------------------------------------------------------------------------------------

static json_t *describe_off(const struct intact_machine *machine)
{
    static const char *const reasons[] = {
        [MACHINE_OFF] = "guest-shutdown",
        [MACHINE_OFF_BY_RESET] = "guest-reset",
        [MACHINE_OFF_BY_HOST] = "host-qmp-system-reset",
    };
    return json_pack("{s:b, s:s}", "guest", (int)(machine->off != MACHINE_OFF_BY_HOST), "reason",
                     reasons[machine->off]);
}

// A machine that was stopped before, and was taken to another place, is no news.
static void stopped(struct server *base, const struct server_stop *stop)
{
    struct intact_qmp *server = of(base);
    if (stop->end.stop == INTACT_STOP_OFF && server->told_running)
        event(server, "SHUTDOWN", describe_off(server->machine));
    if (stop->by != base) // else its own command has noted it
        server_note_stop(stop, &server->monitor);
    server->status = stop->by ? "paused" : "debug";
    if (server->told_running)
        event(server, "STOP", NULL);
    server->told_running = false;
}

static void resumed(struct server *base)
{
    struct intact_qmp *server = of(base);
    server->told_running = true;
    event(server, "RESUME", NULL);
}

static void reset(struct server *base, bool by_guest)
{
    event(
        of(base), "RESET",
        json_pack("{s:b, s:s}", "guest", (int)by_guest, "reason", by_guest ? "guest-reset" : "host-qmp-system-reset"));
}

static void power_button(struct server *base)
{
    event(of(base), "POWERDOWN", NULL);
}

static json_t *describe_end(const struct intact_qmp *server, const struct intact_exit *end)
{
    bool guest = false;
    const char *reason = "host-error"; // a deadlock, a limit, a replay that differs
    switch (end->reason) {
    case INTACT_POWER_OFF:
    case INTACT_DEBUG_EXIT:
        guest = true;
        reason = "guest-shutdown";
        break;
    case INTACT_RESET:
        guest = !server->machine->board->outside.reset_due;
        reason = guest ? "guest-reset" : "host-qmp-system-reset";
        break;
    case INTACT_QUIT: reason = server->server.all->quits ? "host-qmp-quit" : "host-signal"; break;
    default: break;
    }
    return json_pack("{s:b, s:s}", "guest", (int)guest, "reason", reason);
}

static void ended(struct server *base, const struct intact_exit *end)
{
    event(of(base), "SHUTDOWN", describe_end(of(base), end));
    of(base)->qmp.negotiated = false;
    remove_points(of(base));
}

const struct server_type qmp_server_type = {
    .option = "-qmp",
    .name = "QMP",
    .stdio = true,
    .came = came,
    .heard = heard,
    .went = went,
    .stopped = stopped,
    .resumed = resumed,
    .reset = reset,
    .power_button = power_button,
    .ended = ended,
};

// --- life ------------------------------------------------------------------------------------------------------------

void qmp_machine_init(struct intact_qmp *server, struct intact_machine *machine)
{
    server->machine = server->monitor.machine = machine;
    server->status = "prelaunch";
    server->qmp.commands = qmp_commands;
    server->qmp.count = qmp_command_count;
    server->qmp.send = send;
    server->qmp.owner = server;
}

void qmp_machine_free(struct intact_qmp *server)
{
    remove_points(server);
    free(server->text);
}

int intact_qmp_open(struct intact_machine *machine, const char *where, struct intact_qmp **qmp, char *why)
{
    struct intact_qmp *server = calloc(1, sizeof *server);
    if (!server && why)
        snprintf(why, INTACT_ERROR_SIZE, "-qmp: the host has no memory left");
    int result = server ? server_open(&server->server, &qmp_server_type, machine, where, why) : -ENOMEM;
    if (result < 0) {
        free(server);
        return result;
    }
    qmp_machine_init(server, machine);
    *qmp = server;
    return 0;
}

unsigned intact_qmp_port(const struct intact_qmp *server)
{
    return debug_socket_port(server->server.turn.socket);
}

void intact_qmp_close(struct intact_qmp *server)
{
    if (!server)
        return;
    qmp_machine_free(server);
    server_close(&server->server);
    free(server);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of QMP about the run: stop, cont, quit; the machine's buttons; a balloon; replay-break, replay-seek.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <intact/snapshot.h>

#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

static void stop_here(struct intact_qmp *server, const char *command)
{
    snprintf(server->monitor.stopped, sizeof server->monitor.stopped, " by %s", command);
    server_stops(&server->server);
}

json_t *qmp_stop(struct qmp *qmp, json_t *arguments)
{
    struct intact_qmp *server = qmp_server(qmp);
    (void)arguments;
    if (server->server.all->running)
        stop_here(server, "stop");
    return json_object();
}

// A machine that is in a step goes on behind it.
json_t *qmp_cont(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    if (machine_is_off(qmp_server(qmp)->machine))
        return qmp_fail(qmp, MACHINE_OFF_TEXT);
    server_resumes(&qmp_server(qmp)->server, &(struct server_run){ .steps = false });
    return json_object();
}

json_t *qmp_quit(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    server_quits(&qmp_server(qmp)->server);
    return json_object();
}

// --- buttons ---------------------------------------------------------------------------------------------------------

static json_t *pressed(struct qmp *qmp, int result, const char *without)
{
    if (result == -ENOTSUP)
        return qmp_fail(qmp, "%s", without);
    if (result == -EROFS)
        return qmp_fail(qmp, "a replay takes its input from the journal");
    return result < 0 ? NULL : json_object();
}

// RESET is told when it is done: a machine that is stopped does it when it goes on.
json_t *qmp_reset(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    return pressed(qmp, intact_machine_reset(qmp_server(qmp)->machine), "");
}

json_t *qmp_powerdown(struct qmp *qmp, json_t *arguments)
{
    struct intact_machine *machine = qmp_server(qmp)->machine;
    int result = intact_machine_power_button(machine);
    (void)arguments;
    if (result == 0)
        servers_power_button(&machine->servers);
    return pressed(qmp, result, "this machine has no power button");
}

json_t *qmp_nmi(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    return pressed(qmp, intact_machine_nmi(qmp_server(qmp)->machine), "this machine has no NMI line");
}

// --- a balloon -------------------------------------------------------------------------------------------------------

static const char no_balloon[] = "No balloon device has been activated"; // as QEMU says it

json_t *qmp_balloon(struct qmp *qmp, json_t *arguments)
{
    json_int_t size = json_integer_value(json_object_get(arguments, "value"));
    if (size <= 0)
        return qmp_fail(qmp, "value is a size in bytes, and not 0");
    return pressed(qmp, intact_machine_balloon(qmp_server(qmp)->machine, (uint64_t)size), no_balloon);
}

json_t *qmp_query_balloon(struct qmp *qmp, json_t *arguments)
{
    uint64_t size;
    (void)arguments;
    if (intact_machine_balloon_actual(qmp_server(qmp)->machine, &size) < 0)
        return qmp_fail(qmp, "%s", no_balloon);
    return json_pack("{s:I}", "actual", (json_int_t)size);
}

// --- places of the run -----------------------------------------------------------------------------------------------

// False: the error.
static bool get_place(struct qmp *qmp, json_t *arguments, uint64_t *place)
{
    json_int_t icount = json_integer_value(json_object_get(arguments, "icount"));
    *place = (uint64_t)icount;
    if (icount < 0)
        qmp_fail(qmp, "icount is a number of instructions, and not below 0");
    return icount >= 0;
}

void qmp_drop_break(struct intact_qmp *server)
{
    if (server->replay_break[0])
        intact_break_event_remove(server->machine, server->replay_break);
    server->replay_break[0] = 0;
}

json_t *qmp_replay_break(struct qmp *qmp, json_t *arguments)
{
    struct intact_qmp *server = qmp_server(qmp);
    uint64_t place, here = server->machine->board->loop.instructions;
    char text[EVENT_TEXT], why[INTACT_ERROR_SIZE];
    if (!get_place(qmp, arguments, &place))
        return NULL;
    if (place < here)
        return qmp_fail(qmp, "instruction %" PRIu64 " has passed; the machine is at %" PRIu64, place, here);
    qmp_drop_break(server);
    snprintf(text, sizeof text, "instruction:%" PRIu64, place);
    if (intact_break_event(server->machine, text, why) < 0)
        return qmp_fail(qmp, "%s", why);
    memcpy(server->replay_break, text, sizeof text);
    return json_object();
}

json_t *qmp_replay_delete_break(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    qmp_drop_break(qmp_server(qmp));
    return json_object();
}

json_t *qmp_replay_seek(struct qmp *qmp, json_t *arguments)
{
    struct intact_qmp *server = qmp_server(qmp);
    uint64_t place;
    char why[INTACT_ERROR_SIZE];
    if (!get_place(qmp, arguments, &place))
        return NULL;
    if (intact_machine_go_to(server->machine, place, why) < 0)
        return qmp_fail(qmp, "%s", why);
    stop_here(server, "replay-seek");
    return json_object();
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP's human-monitor-command: a command of the monitor (monitor.h), whose text is the answer. What a client adds, its
// breakpoints, lasts as long as its connection.
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

static void add(struct intact_qmp *server, char c)
{
    enum { FIRST_ROOM = 4096 };
    if (server->text_size == server->text_room) {
        size_t room = server->text_room ? 2 * server->text_room : FIRST_ROOM;
        char *grown = server->text_lost ? NULL : realloc(server->text, room);
        server->text_lost = !grown;
        if (!grown)
            return;
        server->text = grown;
        server->text_room = room;
    }
    server->text[server->text_size++] = c;
}

// With the line ends of QEMU's answers.
static void print(void *owner, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            add(owner, '\r');
        add(owner, *text);
    }
}

static json_t *printed(struct intact_qmp *server)
{
    add(server, 0);
    json_t *value = server->text_lost ? NULL : qmp_text(server->text);
    free(server->text);
    server->text = NULL;
    server->text_size = server->text_room = 0;
    server->text_lost = false;
    return value;
}

// A client of QMP is told of the stop that the monitor's `wait` waits for.
static void obey(struct intact_qmp *server, struct monitor_result result)
{
    const struct server_run how = { .steps = result.action == MONITOR_STEPS, .cpu = result.cpu };
    switch (result.action) {
    case MONITOR_STAYS: break;
    case MONITOR_STOPS: server_stops(&server->server); break;
    case MONITOR_RUNS:
    case MONITOR_STEPS: server_resumes(&server->server, &how); break;
    case MONITOR_WAITS: print(server, "wait: it has no effect here; the event STOP tells of a stop\n"); break;
    case MONITOR_QUITS: server_quits(&server->server); break;
    }
}

json_t *qmp_human(struct qmp *qmp, json_t *arguments)
{
    struct intact_qmp *server = qmp_server(qmp);
    const json_t *index = json_object_get(arguments, "cpu-index");
    const char *line = json_string_value(json_object_get(arguments, "command-line"));
    json_int_t cpu = index ? json_integer_value(index) : (json_int_t)server->monitor.cpu;
    unsigned cpus = machine_board(server->machine)->loop.count;
    if (cpu < 0 || cpu >= (json_int_t)cpus)
        return qmp_fail(qmp, "cpu-index: the machine has CPUs 0 to %u", cpus - 1);
    if (strlen(line) >= MONITOR_LINE)
        return qmp_fail(qmp, "command-line has at most %d bytes", MONITOR_LINE - 1);
    server->monitor.print = print;
    server->monitor.owner = server;
    server->monitor.cpu = (unsigned)cpu;
    server->monitor.running = server->server.all->running;
    obey(server, monitor_command(&server->monitor, line));
    return printed(server);
}

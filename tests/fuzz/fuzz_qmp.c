// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A client of QMP: commands that exist, damaged ones and any bytes, in pieces, on a machine of either family with two
// processors, which runs a little in between, and back in its history.
//
// What must hold: whatever is sent is one line of JSON, with an answer or an event; a command is answered exactly once; no point
// is left in the machine when the client has gone; the run ends in the state of one without a client.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/replay.h>
#include <intact/snapshot.h>

#include "counting.h"
#include "fuzz.h"
#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

const char *const fuzz_name = "fuzz_qmp";

enum { MESSAGES = 40, RUN = 200, LIMIT = 20000, LINE = 1 << 20 };

// clang-format off
static const char *const messages[] = {
    "{\"execute\": \"qmp_capabilities\"}", "{\"execute\": \"query-version\"}", "{\"execute\": \"query-commands\", \"id\": {}}",
    "{\"execute\": \"query-status\", \"id\": [1, \"a\", null]}", "{\"execute\": \"query-cpus-fast\"}", "{\"execute\": \"stop\"}",
    "{\"execute\": \"query-replay\"}", "{\"execute\": \"query-machines\"}", "{\"execute\": \"cont\"}", "{\"execute\": \"quit\"}",
    "{\"execute\": \"query-name\"}{\"execute\": \"query-kvm\"}", "{\"execute\": \"query-target\"}\n{\"execute\": \"query-uuid\"}",
    "{\"execute\": \"query-memory-size-summary\"}", "{\"execute\": \"x-intact-lint\"}", "{\"execute\": \"x-intact-digest\"}",
    "{\"execute\": \"x-intact-why\", \"arguments\": {\"source\": \"pit.out0\"}}",
    "{\"execute\": \"x-intact-why\", \"arguments\": {\"source\": \"intid:27@1\"}}",
    "{\"execute\": \"replay-break\", \"arguments\": {\"icount\": 100}}", "{\"execute\": \"replay-delete-break\"}",
    "{\"execute\": \"replay-break\", \"arguments\": {\"icount\": 9223372036854775807}}",
    "{\"execute\": \"replay-seek\", \"arguments\": {\"icount\": 17}}", "{\"execute\": \"replay-seek\", \"arguments\": {\"icount\": -1}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"info registers\", \"cpu-index\": 1}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"break $pc+4\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"break deliver\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"watch 0x200000\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"snapshots 64K\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"step 1\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"reverse\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"help\"}}",
    "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"wait\"}}",
    "[]", "5\n", "\"\\u0000\"\n", "{\"execute\": \"stop\"", "}\n", "\xff", "",
};
// clang-format on

static struct intact_machine *machine;
static struct intact_qmp *server;
static char line[LINE];
static size_t length;
static unsigned answers;

static uint64_t digest(struct intact_machine *of)
{
    uint64_t value;
    if (intact_machine_digest(of, &value) < 0)
        fuzz_fail("no memory");
    return value;
}

// --- what is answered ------------------------------------------------------------------------------------------------

static void check_line(void)
{
    json_error_t error;
    json_t *message = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    unsigned kinds = 0;
    static const char *const keys[] = { "return", "error", "QMP", "event" };
    for (unsigned i = 0; i < 4; i++)
        kinds += json_object_get(message, keys[i]) != NULL;
    if (kinds != 1)
        fuzz_fail("this is no message: %.*s", (int)length, line);
    answers += json_object_get(message, "return") || json_object_get(message, "error");
    json_decref(message);
    length = 0;
}

static void take(void *owner, const char *text, size_t size)
{
    (void)owner;
    if (length + size > LINE)
        fuzz_fail("a line is longer than 1 MiB");
    memcpy(line + length, text, size);
    length += size;
    if (length >= 2 && memcmp(line + length - 2, "\r\n", 2) == 0)
        check_line();
    else if (memchr(text, '\n', size))
        fuzz_fail("a line ends within a message: %.*s", (int)length, line);
}

// --- what is said ----------------------------------------------------------------------------------------------------

static size_t make_message(struct fuzz *fuzz, char *text, size_t room)
{
    size_t size = (size_t)snprintf(text, room, "%s\n", FUZZ_PICK(fuzz, messages));
    if (fuzz_chance(fuzz, 32))
        while (size + 1 < room && !fuzz_chance(fuzz, 3000))
            text[size++] = "[{\"a\\: \n1"[fuzz_below(fuzz, 9)];
    if (fuzz_chance(fuzz, 64))
        for (; size + 5 < room; size += 5)
            memcpy(text + size, fuzz_chance(fuzz, 2) ? "{\"a\":" : "[[[[[", 5);
    for (unsigned n = fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 4) : 0; n && size; n--)
        text[fuzz_below(fuzz, (uint32_t)size)] =
            fuzz_chance(fuzz, 2) ? "0123456789\"{}[]:,\\-e"[fuzz_below(fuzz, 20)] : (char)fuzz_below(fuzz, 256);
    return size;
}

// It would write to files of any name, or change the guest.
static bool is_left_out(const char *text, size_t size)
{
    static const char *const words[] = { "save", "loadvm", "system", "nmi", "trace", "dump" };
    for (unsigned i = 0; i < 6; i++)
        for (size_t at = 0; at + strlen(words[i]) <= size; at++)
            if (memcmp(text + at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

// --- the machine -----------------------------------------------------------------------------------------------------

static void begin(enum intact_machine_type type)
{
    machine = counting_machine(type, LIMIT);
    server = calloc(1, sizeof *server);
    if (!server)
        fuzz_fail("no memory");
    server->server = (struct server){ .type = &qmp_server_type, .all = &machine->servers, .turn.machine = machine };
    machine->servers.list[0] = &server->server;
    machine->servers.count = 1;
    qmp_machine_init(server, machine);
    server->qmp.send = take;
    length = 0;
    qmp_server_type.came(&server->server);
}

// False: the run has ended.
static bool run(void)
{
    struct servers *all = &machine->servers;
    if (!all->running)
        return true;
    struct intact_exit end =
        all->how.steps ? intact_machine_step(machine, all->how.cpu) : intact_machine_run_for(machine, RUN);
    if (end.reason == INTACT_BREAK && end.stop != INTACT_STOP_REQUEST) {
        all->running = false;
        qmp_server_type.stopped(&server->server, &(struct server_stop){ .end = end });
    }
    return end.reason == INTACT_BREAK || end.reason == INTACT_PAUSED || end.reason == INTACT_QUIT;
}

// In pieces, as a socket would give them.
static bool say(struct fuzz *fuzz, const char *text, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < size; at += used) {
        size_t piece = fuzz_chance(fuzz, 2) ? size - at : 1 + fuzz_below(fuzz, (uint32_t)(size - at));
        answers = 0;
        qmp_receive(&server->qmp, (const uint8_t *)text + at, piece, &used);
        if (answers > 1 || used == 0)
            fuzz_fail("%u answers at once", answers);
        if (!run())
            return false;
    }
    return true;
}

static void finish(struct intact_machine *of)
{
    struct intact_exit end;
    do
        end = intact_machine_run(of);
    while (end.reason == INTACT_BREAK || end.reason == INTACT_QUIT);
}

static uint64_t plain_digest(enum intact_machine_type type)
{
    static uint64_t digests[2];
    static bool known[2];
    if (!known[type]) {
        struct intact_machine *plain = counting_machine(type, LIMIT);
        finish(plain);
        digests[type] = digest(plain);
        known[type] = true;
        intact_machine_destroy(plain);
    }
    return digests[type];
}

void fuzz_case(struct fuzz *fuzz)
{
    static char text[2 * QMP_MESSAGE];
    enum intact_machine_type type = fuzz_chance(fuzz, 2) ? INTACT_VIRT : INTACT_PC;
    uint64_t plain = plain_digest(type);
    bool goes_on = true;
    begin(type);
    if (!fuzz_chance(fuzz, 8))
        say(fuzz, messages[0], strlen(messages[0]));
    for (unsigned n = 1 + fuzz_below(fuzz, MESSAGES); n && goes_on; n--) {
        size_t size = make_message(fuzz, text, sizeof text);
        if (is_left_out(text, size))
            continue;
        fuzz_tell(fuzz, "%.*s", (int)(size < 300 ? size : 300), text);
        goes_on = say(fuzz, text, size);
    }
    qmp_machine_free(server);
    free(server);
    machine->servers.count = 0;
    if (machine_board(machine)->loop.stops.count || machine->events.count)
        fuzz_fail("points are left");
    if (goes_on)
        finish(machine);
    if (digest(machine) != plain)
        fuzz_fail("the run is another than without a client");
    intact_machine_destroy(machine);
}

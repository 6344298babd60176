// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of QMP that look: query-*, x-intact-why, x-intact-lint, x-intact-digest.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <intact/replay.h>

#include "machine/jit_text.h"
#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

static struct board *board_of(struct qmp *qmp)
{
    return machine_board(qmp_server(qmp)->machine);
}

static const char *target(struct qmp *qmp)
{
    return board_of(qmp)->config.type == INTACT_PC ? "x86_64" : "aarch64";
}

json_t *qmp_query_status(struct qmp *qmp, json_t *arguments)
{
    const struct intact_qmp *server = qmp_server(qmp);
    bool running = server->server.all->running;
    const char *status = running                           ? "running"
                         : machine_is_off(server->machine) ? "shutdown"
                         : server->machine->off            ? "prelaunch" // it was reset
                                                           : server->status;
    (void)arguments;
    return json_pack("{s:s, s:b, s:b}", "status", status, "singlestep", 0, "running", (int)running);
}

// Nobody has given it one.
json_t *qmp_query_name(struct qmp *qmp, json_t *arguments)
{
    (void)qmp, (void)arguments;
    return json_object();
}

json_t *qmp_query_kvm(struct qmp *qmp, json_t *arguments)
{
    (void)qmp, (void)arguments;
    return json_pack("{s:b, s:b}", "enabled", 0, "present", 0);
}

json_t *qmp_query_target(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    return json_pack("{s:s}", "arch", target(qmp));
}

json_t *qmp_query_uuid(struct qmp *qmp, json_t *arguments)
{
    const uint8_t *uuid = board_of(qmp)->config.uuid;
    char text[37] = "";
    (void)arguments;
    for (unsigned i = 0; i < 16; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%02x",
                 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid ? uuid[i] : 0);
    return json_pack("{s:s}", "UUID", text);
}

static json_t *describe_machine(const char *name, unsigned cpus, const char *cpu)
{
    return json_pack("{s:s, s:i, s:b, s:b, s:b, s:s}", "name", name, "cpu-max", (int)cpus, "hotpluggable-cpus", 0,
                     "numa-mem-supported", 0, "deprecated", 0, "default-cpu-type", cpu);
}

// Those of the machine's target, as with QEMU, whose programs have one each.
json_t *qmp_query_machines(struct qmp *qmp, json_t *arguments)
{
    enum { PC_CPUS = 255 };
    enum intact_machine_type type = board_of(qmp)->config.type;
    (void)arguments;
    const char *cpu = intact_machine_cpu(type, 0, NULL);
    if (type == INTACT_VIRT)
        return json_pack("[o]", describe_machine("virt", INTACT_CPUS_MAX, cpu));
    return json_pack("[o, o]", describe_machine("pc", PC_CPUS, cpu), describe_machine("q35", PC_CPUS, cpu));
}

// No processor has a thread of its own: their numbers are those of gdb's threads.
static json_t *describe_cpu(struct qmp *qmp, unsigned cpu)
{
    char path[64];
    snprintf(path, sizeof path, "/machine/unattached/cpu[%u]", cpu);
    return json_pack("{s:i, s:{s:i, s:i, s:i}, s:s, s:i, s:s}", "thread-id", (int)cpu + 1, "props", "core-id", (int)cpu,
                     "thread-id", 0, "socket-id", 0, "qom-path", path, "cpu-index", (int)cpu, "target", target(qmp));
}

json_t *qmp_query_cpus(struct qmp *qmp, json_t *arguments)
{
    json_t *list = json_array();
    (void)arguments;
    for (unsigned i = 0; i < board_of(qmp)->loop.count; i++)
        json_array_append_new(list, describe_cpu(qmp, i));
    return list;
}

json_t *qmp_query_memory(struct qmp *qmp, json_t *arguments)
{
    (void)arguments;
    return json_pack("{s:I, s:I}", "base-memory", (json_int_t)board_of(qmp)->config.memory, "plugged-memory",
                     (json_int_t)0);
}

json_t *qmp_query_replay(struct qmp *qmp, json_t *arguments)
{
    static const char *const modes[] = {
        [REPLAY_OFF] = "none", [REPLAY_RECORDS] = "record", [REPLAY_REPEATS] = "play"
    };
    const struct intact_machine *machine = qmp_server(qmp)->machine;
    (void)arguments;
    return json_pack("{s:I, s:s}", "icount", (json_int_t)machine->board->loop.instructions, "mode",
                     modes[machine->replay.mode]);
}

// Text for people, as QEMU's.
json_t *qmp_query_jit(struct qmp *qmp, json_t *arguments)
{
    const struct intact_machine *machine = qmp_server(qmp)->machine;
    char state[JIT_TEXT], counts[JIT_TEXT], both[2 * JIT_TEXT];
    (void)arguments;
    jit_text_state(machine, state);
    jit_text_counts(machine, counts);
    snprintf(both, sizeof both, "%s%s", state, counts);
    return json_pack("{s:o}", "human-readable-text", qmp_text(both));
}

// --- of our own ------------------------------------------------------------------------------------------------------

static void add_finding(void *owner, const struct intact_why_finding *finding)
{
    static const char *const kinds[] = {
        [INTACT_WHY_GATE] = "gate", [INTACT_WHY_PLACE] = "place", [INTACT_WHY_PAST] = "past"
    };
    char text[INTACT_WHY_TEXT];
    json_t *values = json_array();
    for (unsigned i = 0; i < INTACT_WHY_VALUES; i++)
        json_array_append_new(values, json_integer((json_int_t)finding->value[i]));
    intact_why_text(finding, text, sizeof text);
    json_t *one = json_pack("{s:s, s:s, s:o, s:s, s:o}", "kind", kinds[intact_why_kind(finding->reason)], "reason",
                            intact_why_name(finding->reason), "text", qmp_text(text), "section",
                            intact_why_section(finding->reason), "values", values);
    if (one && finding->name)
        json_object_set_new(one, "name", qmp_text(finding->name));
    json_array_append_new(owner, one);
}

json_t *qmp_why(struct qmp *qmp, json_t *arguments)
{
    struct intact_machine *machine = qmp_server(qmp)->machine;
    char why[INTACT_ERROR_SIZE];
    json_t *list;
    if (intact_machine_why_watch(machine) < 0) // from the first question on, as the monitor's
        return NULL;
    list = json_array();
    if (intact_machine_why(machine, json_string_value(json_object_get(arguments, "source")), add_finding, list, why) ==
        0)
        return list;
    json_decref(list);
    return qmp_fail(qmp, "%s", why);
}

static void add_lint(void *owner, const struct intact_lint_finding *finding)
{
    char text[INTACT_LINT_TEXT];
    intact_lint_text(finding, text, sizeof text);
    json_t *one =
        json_pack("{s:s, s:o, s:s, s:o, s:I, s:I}", "id", intact_lint_name(finding->id), "text", qmp_text(text),
                  "section", intact_lint_section(finding->id), "name", qmp_text(finding->name), "count",
                  (json_int_t)finding->count, "instruction", (json_int_t)finding->instructions);
    if (one && finding->cpu != INTACT_NO_CPU)
        json_object_set_new(one, "cpu", json_integer((json_int_t)finding->cpu));
    if (one && finding->has_pc)
        json_object_set_new(one, "pc", json_integer((json_int_t)finding->pc));
    json_array_append_new(owner, one);
}

// The first one begins the lint, as the monitor's.
json_t *qmp_lint(struct qmp *qmp, json_t *arguments)
{
    struct intact_machine *machine = qmp_server(qmp)->machine;
    json_t *list = json_array();
    (void)arguments;
    if (intact_machine_lint(machine, NULL) < 0) {
        json_decref(list);
        return NULL;
    }
    intact_machine_lint_each(machine, add_lint, list);
    return list;
}

json_t *qmp_digest(struct qmp *qmp, json_t *arguments)
{
    struct intact_machine *machine = qmp_server(qmp)->machine;
    uint64_t digest;
    char text[24];
    (void)arguments;
    if (intact_machine_digest(machine, &digest) < 0)
        return NULL;
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    return json_pack("{s:s, s:I, s:I}", "digest", text, "instructions", (json_int_t)machine->board->loop.instructions,
                     "time", (json_int_t)machine->board->clock.now);
}

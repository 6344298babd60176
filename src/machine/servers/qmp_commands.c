// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of QMP's commands. The names and arguments are QEMU's; those that begin with x-intact are ours.
//
// Not modelled: QEMU's commands about block devices, character devices, networks, migration, CPU models and objects
// (qom), and hot plugging.
#include "base/bits.h"
#include "machine/servers/qmp_machine.h"

#define NO_ARGUMENTS                                                                                                   \
    {                                                                                                                  \
        {                                                                                                              \
            NULL                                                                                                       \
        }                                                                                                              \
    }

// clang-format off
const struct qmp_command qmp_commands[] = {
    { "query-status", NO_ARGUMENTS, qmp_query_status },
    { "query-name", NO_ARGUMENTS, qmp_query_name },
    { "query-kvm", NO_ARGUMENTS, qmp_query_kvm },
    { "query-target", NO_ARGUMENTS, qmp_query_target },
    { "query-uuid", NO_ARGUMENTS, qmp_query_uuid },
    { "query-machines", NO_ARGUMENTS, qmp_query_machines },
    { "query-cpus-fast", NO_ARGUMENTS, qmp_query_cpus },
    { "query-memory-size-summary", NO_ARGUMENTS, qmp_query_memory },
    { "query-replay", NO_ARGUMENTS, qmp_query_replay },
    { "x-query-jit", NO_ARGUMENTS, qmp_query_jit },
    { "stop", NO_ARGUMENTS, qmp_stop },
    { "cont", NO_ARGUMENTS, qmp_cont },
    { "quit", NO_ARGUMENTS, qmp_quit },
    { "system_reset", NO_ARGUMENTS, qmp_reset },
    { "system_powerdown", NO_ARGUMENTS, qmp_powerdown },
    { "balloon", { { "value", QMP_INTEGER, false } }, qmp_balloon },
    { "query-balloon", NO_ARGUMENTS, qmp_query_balloon },
    { "inject-nmi", NO_ARGUMENTS, qmp_nmi },
    { "send-key", { { "keys", QMP_ARRAY, false }, { "hold-time", QMP_INTEGER, true } }, qmp_send_key },
    { "input-send-event", { { "device", QMP_STRING, true }, { "head", QMP_INTEGER, true },
                            { "events", QMP_ARRAY, false } }, qmp_input_send_event },
    { "human-monitor-command", { { "command-line", QMP_STRING, false }, { "cpu-index", QMP_INTEGER, true } }, qmp_human },
    { "memsave", { { "val", QMP_INTEGER, false }, { "size", QMP_INTEGER, false }, { "filename", QMP_STRING, false },
                   { "cpu-index", QMP_INTEGER, true } }, qmp_memsave },
    { "pmemsave", { { "val", QMP_INTEGER, false }, { "size", QMP_INTEGER, false }, { "filename", QMP_STRING, false } },
      qmp_pmemsave },
    { "screendump", { { "filename", QMP_STRING, false }, { "format", QMP_STRING, true } }, qmp_screendump },
    { "replay-break", { { "icount", QMP_INTEGER, false } }, qmp_replay_break },
    { "replay-delete-break", NO_ARGUMENTS, qmp_replay_delete_break },
    { "replay-seek", { { "icount", QMP_INTEGER, false } }, qmp_replay_seek },
    { "x-intact-why", { { "source", QMP_STRING, false } }, qmp_why },
    { "x-intact-lint", NO_ARGUMENTS, qmp_lint },
    { "x-intact-digest", NO_ARGUMENTS, qmp_digest },
};
// clang-format on

const unsigned qmp_command_count = countof(qmp_commands);

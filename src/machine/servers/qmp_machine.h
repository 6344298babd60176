// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server of QMP, and what the files of its commands share.
#ifndef MACHINE_QMP_MACHINE_H
#define MACHINE_QMP_MACHINE_H

#include "debug/qmp.h"
#include "machine/monitor/monitor.h"
#include "machine/servers/servers.h"

struct intact_qmp {
    struct server server;
    struct intact_machine *machine;
    struct qmp qmp;
    struct monitor monitor; // of human-monitor-command
    char *text;             // that a command of it prints
    size_t text_size, text_room;
    bool text_lost;                // there was no memory for it
    const char *status;            // while the machine is stopped, as query-status has it
    bool told_running;             // the client takes the machine for one that runs
    char replay_break[EVENT_TEXT]; // the event of replay-break; "": none
};

// For intact_qmp_open, and for tests without a socket.
void qmp_machine_init(struct intact_qmp *qmp, struct intact_machine *machine);
void qmp_machine_free(struct intact_qmp *qmp);

// The server of a conversation.
static inline struct intact_qmp *qmp_server(struct qmp *qmp)
{
    return qmp->owner;
}

extern const struct qmp_command qmp_commands[];
extern const unsigned qmp_command_count;
extern const struct server_type qmp_server_type;

// qmp_query.c
qmp_function qmp_query_status, qmp_query_name, qmp_query_kvm, qmp_query_target, qmp_query_uuid, qmp_query_machines,
    qmp_query_cpus, qmp_query_memory, qmp_query_replay, qmp_query_jit, qmp_why, qmp_lint, qmp_digest;
// qmp_run.c
qmp_function qmp_stop, qmp_cont, qmp_quit, qmp_reset, qmp_powerdown, qmp_nmi, qmp_balloon, qmp_query_balloon,
    qmp_replay_break, qmp_replay_delete_break, qmp_replay_seek;
// Removes the breakpoint of replay-break.
void qmp_drop_break(struct intact_qmp *qmp);
// qmp_memory.c
qmp_function qmp_memsave, qmp_pmemsave;
// qmp_screen.c
qmp_function qmp_screendump;
// qmp_input.c
qmp_function qmp_send_key, qmp_input_send_event;
// qmp_human.c
qmp_function qmp_human;

#endif

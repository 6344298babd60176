// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lines to the host's other programs: sockets, pseudo-terminals, pipes. Each has one user at this side, a port of the guest or a
// monitor, or with mux several: what all of them say goes out, what comes in is for one, and Ctrl-a c goes to the next.
//
//     port of the guest --+-- struct char_line -- host/char_stream.h
//     monitor ------------+
#ifndef CLI_CHAR_LINES_H
#define CLI_CHAR_LINES_H

#include <pthread.h>

#include "cli/keys.h"
#include "cli/settings.h"

enum { CHAR_LINES = CHARDEV_LIMIT + MONITOR_LIMIT + 2, CHAR_LINE_USERS = 8 };

struct char_lines;

struct char_line {
    struct char_lines *lines;
    const struct stream *stream; // of which it is; two users of one chardev have the same
    struct char_stream *host;
    bool started;
    struct char_line_user {
        bool is_port;
        const char *port; // as of intact_machine_chardev_input
        int monitor;      // else the command's end of a connection to a monitor; -1: it has gone
        pthread_t thread; // that carries what the monitor says
        struct char_line *line;
    } users[CHAR_LINE_USERS];
    unsigned user_count, focus;
    struct keys keys;
};

struct char_lines {
    struct char_line line[CHAR_LINES];
    unsigned count;
    struct intact_machine *machine;
};

// The line at `stream`, which lives as long, for one more user; opened if it is the first. `name` begins error lines, `label` is
// what QEMU calls it. NULL: settings->why says why.
struct char_line *char_lines_open(struct char_lines *lines, struct settings *settings, const struct stream *stream,
                                  const char *name, const char *label);
// Its user is a port of the guest, as intact_machine_chardev_input names it. -1: it has as many as there can be.
int char_line_add_port(struct char_line *line, struct settings *settings, const char *port);
// Its user is a monitor. *fd: the monitor's end of a connection.
int char_line_add_monitor(struct char_line *line, struct settings *settings, int *fd);
// The machine's thread. `line` is a struct char_line.
void char_line_put(void *line, uint8_t byte);

// The machine is there: input begins. Waits for clients where that is wanted. -1: settings->why says what failed.
int char_lines_start(struct char_lines *lines, struct settings *settings, struct intact_machine *machine);
void char_lines_close(struct char_lines *lines);

#endif

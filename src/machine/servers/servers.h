// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The servers of a machine, of gdb, monitors and QMP, and the loop that runs the machine for all of them:
//
//     listen      clients are answered one command at a time, in turn. While the machine is stopped, until one of them
//                 starts it; while it runs, until none has anything left to say, or for a thousand turns
//     run         until a stop, or until a client says something, which is INTACT_STOP_REQUEST (debug_turn.h)
//     tell        a stop, a start, and the end are told to all servers, whoever was the cause
//
// All of it is on the machine's thread.
#ifndef MACHINE_SERVERS_H
#define MACHINE_SERVERS_H

#include <intact/debug.h>

#include "machine/servers/debug_turn.h"
#include "machine/monitor/monitor.h"

#define SERVERS_LIMIT DEBUG_SOCKET_WAIT

struct server;

struct server_stop {
    struct intact_exit end;
    const struct server *by; // whose client stopped it, or went to another place; NULL: a breakpoint, or a step
};

// Each function gets the server. A client is there between `came` and `went`.
struct server_type {
    const char *option; // "-gdb", for errors
    const char *name;   // of whoever stopped the machine: "stopped by gdb"
    bool stdio;         // it can be on standard input and output
    void (*came)(struct server *server);
    void (*heard)(struct server *server); // there are bytes in its turn: takes those of one command at most
    void (*went)(struct server *server);
    // The machine has stopped, or is stopped at another place than before.
    void (*stopped)(struct server *server, const struct server_stop *stop);
    void (*resumed)(struct server *server);              // it was stopped, and is to run
    void (*reset)(struct server *server, bool by_guest); // it starts again. NULL: it does not matter
    void (*power_button)(struct server *server);         // somebody has pressed it. NULL: it does not matter
    void (*ended)(struct server *server, const struct intact_exit *end); // the client is gone afterwards
};

// The first member of each server's own structure.
struct server {
    const struct server_type *type;
    struct servers *all;
    struct debug_turn turn;
    bool connected;
    bool waits; // it is not listened to before the machine stops
};

// How the machine runs: until something stops it, or until processor `cpu` has executed an instruction, and again while its
// program counter is in [first, behind).
struct server_run {
    bool steps;
    unsigned cpu;
    uint64_t first, behind;
};

struct servers {
    struct server *list[SERVERS_LIMIT];
    unsigned count;
    bool running;
    bool quits; // a client has ended the machine
    bool runs;  // within servers_run: the machine is running, and not being taken elsewhere
    struct server_run how;
};

// Opens the server's connection ("stdio", "tcp:[HOST]:PORT", "unix:PATH" or "fd:N"), and adds it to the machine's. A negative
// errno, -EBUSY within a run, with a line in `why` (INTACT_ERROR_SIZE bytes, or NULL).
int server_open(struct server *server, const struct server_type *type, struct intact_machine *machine,
                const char *where, char *why);
// Ends the client's connection, and closes the server.
void server_close(struct server *server);
// Ends the client's connection.
void server_drop(struct server *server);

// For a command: the machine is to run.
void server_resumes(struct server *by, const struct server_run *how);
// The machine is stopped from here on, or has been taken to another place.
void server_stops(struct server *by);
// The machine is to end.
void server_quits(struct server *by);

// Of the commands of a monitor: why the machine stopped, "stopped by gdb".
void server_note_stop(const struct server_stop *stop, struct monitor *monitor);

// By the machine, within a run: it starts again.
void servers_reset(struct servers *all, bool by_guest);
// For a command: the power button was pressed.
void servers_power_button(struct servers *all);

// intact_machine_serve.
struct intact_exit servers_run(struct intact_machine *machine, bool stopped);

#endif

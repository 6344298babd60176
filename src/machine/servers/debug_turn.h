// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Whose turn it is, that of a debugger's client or that of the machine: what the servers of gdb and of the monitor share.
// All of it is on the machine's thread; the socket's own thread only interrupts a run.
//
//     stopped: the client is listened to   <-->   running, between two calls of debug_socket_watch: until a stop, or the
//                                                 client has something to say, which is INTACT_STOP_REQUEST
#ifndef MACHINE_DEBUG_TURN_H
#define MACHINE_DEBUG_TURN_H

#include <intact/debug.h>

#include "host/debug_socket.h"

struct debug_turn {
    struct intact_machine *machine;
    struct debug_socket *socket;
    uint8_t bytes[4096];
    size_t at, size; // of those that are still to be read
};

// Listens at `where` for clients. A negative errno, with a line that begins with the name of the option in `why`
// (INTACT_ERROR_SIZE bytes, or NULL).
int debug_turn_open(struct debug_turn *turn, struct intact_machine *machine, const char *option, const char *where,
                    char *why);
// The same on a socket that is connected already, and belongs to it from here on.
int debug_turn_open_fd(struct debug_turn *turn, struct intact_machine *machine, const char *option, int fd, char *why);
// The same on standard input and output.
int debug_turn_open_stdio(struct debug_turn *turn, struct intact_machine *machine, const char *option, char *why);
void debug_turn_close(struct debug_turn *turn);

// What happens first within `timeout` ms. For DATA there are bytes from `at` to `size`, at once if some are left.
enum debug_socket_event debug_turn_listen(struct debug_turn *turn, int timeout);

// Ends the client's connection; what it has said and was not read is gone.
void debug_turn_drop(struct debug_turn *turn);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The connection of a debugger: a socket that listens, and one client at a time, or standard input and output, which are a
// client that is there from the beginning and comes once. All bytes pass on the machine's thread,
// while the machine is stopped; while it runs, a thread waits for the client and says when there is something to read.
#ifndef HOST_DEBUG_SOCKET_H
#define HOST_DEBUG_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct debug_socket;

// Listens at "tcp:[HOST]:PORT" or "unix:PATH"; behind it ",server=on" and ",wait=off" are allowed. `wake` is called on a
// thread of its own. A negative errno, with a line in `error` that begins with `option`, a constant: "-gdb".
int debug_socket_open(struct debug_socket **out, const char *option, const char *where, void (*wake)(void *owner),
                      void *owner, struct error *error);
// The same on a socket that is connected already, which belongs to it, but to the caller after an error: its other end is the
// client, and comes once. -EBADF: `fd` is not open; -ENOMEM, -EAGAIN.
int debug_socket_open_fd(struct debug_socket **out, const char *option, int fd, void (*wake)(void *owner), void *owner,
                         struct error *error);
// The same on standard input and output, which belong to it until it is closed. -ENOMEM, -EAGAIN.
int debug_socket_open_stdio(struct debug_socket **out, const char *option, void (*wake)(void *owner), void *owner,
                            struct error *error);
void debug_socket_close(struct debug_socket *socket);

// The TCP port where it listens; 0: it is no TCP port.
unsigned debug_socket_port(const struct debug_socket *socket);

bool debug_socket_connected(const struct debug_socket *socket);
// Standard input, or the socket that was connected already, has ended: nobody can come any more.
bool debug_socket_ended(const struct debug_socket *socket);

// While `on`, `wake` is called once when a client comes, sends something, takes what was queued, or goes.
void debug_socket_watch(struct debug_socket *socket, bool on);

enum debug_socket_event { DEBUG_SOCKET_NOTHING, DEBUG_SOCKET_CAME, DEBUG_SOCKET_DATA, DEBUG_SOCKET_WENT };

// What happens first within `timeout` ms. For DATA: *size of the bytes.
enum debug_socket_event debug_socket_read(struct debug_socket *socket, void *data, size_t *size, int timeout);
// Waits until one of them, at most DEBUG_SOCKET_WAIT, has something to read or takes what was queued, or for `timeout` ms.
#define DEBUG_SOCKET_WAIT 16
void debug_socket_wait(struct debug_socket *const *sockets, unsigned count, int timeout);
// Sends it, without waiting: what the client does not take is sent by the next calls of any function here, and wakes the owner
// as well when it can be. A client that leaves more than 1 MiB is given up. One that has gone is noticed by the next read.
// Standard output is waited for, and is there when standard input has ended.
void debug_socket_write(struct debug_socket *socket, const void *data, size_t size);
// Ends the connection, after at most 5 s for what is queued, and waits for the next client.
void debug_socket_drop(struct debug_socket *socket);

#endif

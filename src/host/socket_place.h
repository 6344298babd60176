// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where a stream socket is: the path of a Unix socket, or a host and a port of TCP.
//
// Without a host it is this host alone: who is at the other end may do much, so other hosts must be named.
#ifndef HOST_SOCKET_PLACE_H
#define HOST_SOCKET_PLACE_H

#include <stdbool.h>

#include "base/error.h"

struct socket_place {
    const char *text;        // as the user wrote it, for error lines
    const char *path;        // NULL: TCP
    const char *host, *port; // host: a name or a number, NULL or "": 127.0.0.1; port: 0 to 65535
};

// Cuts "[HOST]:PORT" in `text`, which stays in use; a HOST with colons is in brackets. False: it is not of that form.
bool socket_place_cut(char *text, struct socket_place *place);
// Is it a number from 0 to 65535?
bool socket_place_port(const char *text);

// A socket that listens. The name of a Unix socket is there when it does; one of an earlier run is replaced, another file is
// not. A negative errno with a line in `error` that begins with `option`.
int socket_place_listen(const struct socket_place *place, const char *option, int *listener, struct error *error);
// A connected socket; it waits for the connection.
int socket_place_connect(const struct socket_place *place, const char *option, int *out, struct error *error);
// The port where it listens; 0: it is no TCP port.
unsigned socket_place_listens_at(int listener);
// What every connection here needs: it does not block, is closed in other programs, sends at once, and raises no SIGPIPE.
void socket_place_prepare(int connection);

#endif

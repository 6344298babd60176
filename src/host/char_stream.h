// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The host's side of a character device: a socket that listens or connects, a pseudo-terminal, a pair of named pipes.
//
//     machine's thread -- char_stream_write --> queue --> [ thread: its peer ] -- take --> whoever has the input
//
// What the guest prints is kept, up to CHAR_STREAM_KEPT bytes, while nobody is there to read it, and a peer that comes gets it.
// With a peer that does not read, the machine waits when so much is kept, up to CHAR_STREAM_PATIENCE ms without a byte taken. What does
// not fit is dropped, counted and told. Nothing of this can be seen by the guest: its port is always ready.
#ifndef HOST_CHAR_STREAM_H
#define HOST_CHAR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "host/socket_place.h"

#define CHAR_STREAM_KEPT     (1u << 20) // bytes
#define CHAR_STREAM_PATIENCE 5000       // ms
#define CHAR_STREAM_NAME     128

enum char_stream_kind {
    CHAR_STREAM_LISTENS,  // a socket at `place`: one client at a time, any number one after the other
    CHAR_STREAM_CONNECTS, // to `place`
    CHAR_STREAM_GIVEN,    // a connected socket, `given`
    CHAR_STREAM_PTY,      // a pseudo-terminal
    CHAR_STREAM_PIPE,     // place.path with .in and .out behind it, or else itself
};

struct char_stream_config {
    enum char_stream_kind kind;
    struct socket_place place;
    int given;
    bool waits;  // LISTENS: char_stream_start waits for the first client
    bool telnet; // LISTENS: its clients speak telnet
    bool lines;  // of which each edits a line and sends it: it is not greeted, and CR NUL and CR LF are a line's end
    unsigned reconnects; // CONNECTS: after so many ms, if it has gone or does not listen yet; 0: not at all
};

// Whoever has the input. On the stream's thread.
struct char_stream_user {
    // Returns how many bytes it took; the others come again.
    size_t (*take)(void *owner, const uint8_t *data, size_t size);
    void (*end)(void *owner); // nothing more can come
    // A line for the user, about what was lost. On the machine's thread or that of char_stream_close.
    void (*tell)(void *owner, const char *line);
    void *owner;
};

struct char_stream;

// Opens it: the socket listens, or is connected. `name` is copied and begins error lines: "-chardev com", "-serial".
int char_stream_open(const struct char_stream_config *config, const char *name, struct char_stream **stream,
                     struct error *error);
// Where it is, if the host has chosen that: the path of a pseudo-terminal. NULL: the user knows.
const char *char_stream_terminal(const struct char_stream *stream);
unsigned char_stream_port(const struct char_stream *stream); // 0: no TCP port where it listens
// Begins to read and write. With `waits` it returns when the first client is there. A negative errno with a line in `error`.
int char_stream_start(struct char_stream *stream, const struct char_stream_user *user, struct error *error);
// Any thread. Bytes to the peer.
void char_stream_write(struct char_stream *stream, const uint8_t *data, size_t size);
// Waits, as long as the peer reads, until what was kept is sent; tells what nobody read; closes all. NULL: nothing.
void char_stream_close(struct char_stream *stream);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server's side of telnet (RFC 854) for a console: what it says at first, and the two directions without commands.
#ifndef HOST_TELNET_H
#define HOST_TELNET_H

#include <stddef.h>
#include <stdint.h>

// Where the input is within a command. Zeroed at first.
struct telnet {
    enum { TELNET_DATA, TELNET_COMMAND, TELNET_OPTION, TELNET_WITHIN, TELNET_WITHIN_COMMAND } at;
};

// What the server says to a new client: it echoes, and both sides send all bytes without turns.
extern const uint8_t telnet_greeting[12];

// Takes the commands out of `size` bytes from the client, in place, and returns how many are left.
size_t telnet_take(struct telnet *telnet, uint8_t *data, size_t size);
// Takes CR and NUL out of `size` bytes of lines that end with CR LF or CR NUL, so that LF ends each. Returns how many are left.
size_t telnet_lines(uint8_t *data, size_t size);
// A byte of data as it is sent: in `out`, one or two bytes.
size_t telnet_put(uint8_t byte, uint8_t out[2]);

#endif

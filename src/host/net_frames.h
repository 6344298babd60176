// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Frames in a stream of bytes, as QEMU's networks over stream sockets have them: each behind its length, 4 bytes with the highest
// first.
#ifndef HOST_NET_FRAMES_H
#define HOST_NET_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/backend.h>

enum { NET_FRAMES_HEADER = 4 };

// What has come of the next frame. Zeroed at the beginning of a stream.
struct net_frames {
    uint8_t bytes[NET_FRAMES_HEADER + INTACT_NET_FRAME];
    size_t count; // of `bytes`
};

// Takes the next bytes of the stream up to the end of a frame, at most `size`, and returns how many. *frame: the frame that is
// whole now, which stays until the next call, and *frame_size; or NULL. -1: a length is none, 0 or more than INTACT_NET_FRAME,
// and what follows cannot be read.
ptrdiff_t net_frames_take(struct net_frames *frames, const uint8_t *data, size_t size, const uint8_t **frame,
                          size_t *frame_size);
void net_frames_header(size_t frame_size, uint8_t header[NET_FRAMES_HEADER]);

#endif

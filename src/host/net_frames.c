// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_frames.h.
#include "host/net_frames.h"

#include <string.h>

static size_t length_of(const struct net_frames *frames)
{
    const uint8_t *bytes = frames->bytes;
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

// Bytes up to `end` of what is collected.
static size_t collect(struct net_frames *frames, const uint8_t *data, size_t size, size_t end)
{
    size_t wanted = end - frames->count;
    size_t taken = size < wanted ? size : wanted;
    memcpy(frames->bytes + frames->count, data, taken);
    frames->count += taken;
    return taken;
}

ptrdiff_t net_frames_take(struct net_frames *frames, const uint8_t *data, size_t size, const uint8_t **frame,
                          size_t *frame_size)
{
    size_t taken = 0;
    *frame = NULL;
    if (frames->count < NET_FRAMES_HEADER)
        taken = collect(frames, data, size, NET_FRAMES_HEADER);
    if (frames->count < NET_FRAMES_HEADER)
        return (ptrdiff_t)taken;
    size_t length = length_of(frames);
    if (length == 0 || length > INTACT_NET_FRAME)
        return -1;
    taken += collect(frames, data + taken, size - taken, NET_FRAMES_HEADER + length);
    if (frames->count < NET_FRAMES_HEADER + length)
        return (ptrdiff_t)taken;
    *frame = frames->bytes + NET_FRAMES_HEADER;
    *frame_size = length;
    frames->count = 0;
    return (ptrdiff_t)taken;
}

void net_frames_header(size_t frame_size, uint8_t header[NET_FRAMES_HEADER])
{
    for (unsigned i = 0; i < NET_FRAMES_HEADER; i++)
        header[i] = (uint8_t)(frame_size >> (24 - 8 * i));
}

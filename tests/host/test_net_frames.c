// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Frames in a stream of bytes: whole whatever the pieces are, and lengths that cannot be.
#include "host/net_frames.h"

#include <criterion/criterion.h>
#include <string.h>

static struct net_frames frames;
static uint8_t stream[3 * (NET_FRAMES_HEADER + INTACT_NET_FRAME)];

static size_t put(size_t at, size_t length)
{
    net_frames_header(length, stream + at);
    for (size_t i = 0; i < length; i++)
        stream[at + NET_FRAMES_HEADER + i] = (uint8_t)(i * 7 + length);
    return at + NET_FRAMES_HEADER + length;
}

// Takes `size` bytes of the stream in pieces of at most `piece`; the frames must be those of `lengths`.
static void check(size_t size, size_t piece, const size_t *lengths, unsigned count)
{
    unsigned seen = 0;
    size_t begin = 0;
    frames = (struct net_frames){ .count = 0 };
    for (size_t at = 0; at < size;) {
        const uint8_t *frame;
        size_t length, left = size - at < piece ? size - at : piece;
        ptrdiff_t taken = net_frames_take(&frames, stream + at, left, &frame, &length);
        cr_assert(taken > 0 && (size_t)taken <= left);
        at += (size_t)taken;
        if (!frame)
            continue;
        cr_assert_lt(seen, count);
        cr_assert_eq(length, lengths[seen]);
        cr_assert_arr_eq(frame, stream + begin + NET_FRAMES_HEADER, length);
        begin += NET_FRAMES_HEADER + length;
        seen++;
    }
    cr_assert_eq(seen, count);
}

Test(net_frames, every_way_to_cut_the_stream_gives_the_same_frames)
{
    static const size_t lengths[] = { 1, 60, INTACT_NET_FRAME, 1514 }, pieces[] = { 1, 3, 5, 1000, sizeof stream };
    size_t size = 0;
    for (unsigned i = 0; i < 4; i++)
        size = put(size, lengths[i]);
    for (unsigned i = 0; i < 5; i++)
        check(size, pieces[i], lengths, 4);
}

Test(net_frames, a_header_has_its_highest_byte_first)
{
    uint8_t header[NET_FRAMES_HEADER];
    net_frames_header(0x10203, header);
    cr_assert_arr_eq(header, ((uint8_t[]){ 0, 1, 2, 3 }), 4);
}

Test(net_frames, lengths_that_cannot_be_are_refused)
{
    static const uint32_t bad[] = { 0, INTACT_NET_FRAME + 1, 0x80000000, UINT32_MAX };
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *frame;
        size_t length;
        frames = (struct net_frames){ .count = 0 };
        net_frames_header(bad[i], stream);
        cr_assert_eq(net_frames_take(&frames, stream, 3, &frame, &length), 3);
        cr_assert_eq(net_frames_take(&frames, stream + 3, 100, &frame, &length), -1);
        cr_assert_null(frame);
    }
}

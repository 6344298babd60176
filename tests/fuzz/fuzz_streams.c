// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Streams of bytes from peers that keep no rule: frames behind their lengths, and telnet, in pieces of any size.
//
// What must hold: how the stream is cut makes no difference; a frame has 1 to INTACT_NET_FRAME bytes; telnet leaves no more than
// came.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "host/net_frames.h"
#include "host/telnet.h"

const char *const fuzz_name = "fuzz_streams";

enum { SIZE = 3 * INTACT_NET_FRAME, FRAMES = 64 };

static uint8_t stream[SIZE];

// --- frames ----------------------------------------------------------------------------------------------------------

struct taken {
    size_t lengths[FRAMES];
    unsigned count;
    size_t sum; // of all their bytes
    bool refused;
};

static size_t piece_of(struct fuzz *fuzz, size_t left)
{
    size_t piece = fuzz_chance(fuzz, 4) ? 1 + fuzz_below(fuzz, 8) : 1 + fuzz_below(fuzz, SIZE);
    return piece < left ? piece : left;
}

// NULL: in pieces as large as there are bytes.
static void take_frames(struct fuzz *fuzz, size_t size, struct taken *taken)
{
    static struct net_frames frames;
    frames.count = 0;
    *taken = (struct taken){ .count = 0 };
    for (size_t at = 0; at < size && taken->count < FRAMES;) {
        size_t piece = fuzz ? piece_of(fuzz, size - at) : size - at, length;
        uint8_t *copy = malloc(piece); // so that a read beyond it is seen
        const uint8_t *frame;
        memcpy(copy, stream + at, piece);
        ptrdiff_t used = net_frames_take(&frames, copy, piece, &frame, &length);
        free(copy);
        taken->refused = used < 0;
        if (used < 0)
            return;
        if (used == 0 || (size_t)used > piece)
            fuzz_fail("%td bytes of %zu are taken", used, piece);
        at += (size_t)used;
        if (!frame)
            continue;
        if (length == 0 || length > INTACT_NET_FRAME)
            fuzz_fail("a frame has %zu bytes", length);
        for (size_t i = 0; i < length; i++)
            taken->sum = taken->sum * 31 + frame[i];
        taken->lengths[taken->count++] = length;
    }
}

static size_t make_frames(struct fuzz *fuzz)
{
    size_t size = 0;
    while (size + NET_FRAMES_HEADER < SIZE && !fuzz_chance(fuzz, 10)) {
        size_t length = fuzz_chance(fuzz, 20) ? (size_t)(uint32_t)fuzz_value(fuzz) : 1 + fuzz_below(fuzz, 2000);
        net_frames_header(length, stream + size);
        size += NET_FRAMES_HEADER;
        for (size_t i = 0; i < length && size < SIZE; i++)
            stream[size++] = (uint8_t)fuzz_word(fuzz);
    }
    return size;
}

static void check_frames(struct fuzz *fuzz)
{
    struct taken whole, pieces;
    size_t size = make_frames(fuzz);
    take_frames(NULL, size, &whole);
    take_frames(fuzz, size, &pieces);
    fuzz_tell(fuzz, "%zu bytes are %u frames%s", size, whole.count, whole.refused ? " and none" : "");
    if (memcmp(&whole.lengths, &pieces.lengths, sizeof whole.lengths) != 0 || whole.sum != pieces.sum ||
        whole.refused != pieces.refused)
        fuzz_fail("%zu bytes are %u frames at once and %u in pieces", size, whole.count, pieces.count);
}

// --- telnet ----------------------------------------------------------------------------------------------------------

static void check_telnet(struct fuzz *fuzz)
{
    static const uint8_t likely[] = { 255, 255, 250, 240, 251, 252, 253, 254, 243, 'a' };
    static uint8_t once[2000], again[2000];
    struct telnet telnet = { TELNET_DATA };
    size_t size = fuzz_below(fuzz, sizeof once), left = 0;
    for (size_t i = 0; i < size; i++)
        once[i] = stream[i] = fuzz_chance(fuzz, 2) ? FUZZ_PICK(fuzz, likely) : (uint8_t)fuzz_word(fuzz);
    size_t kept = telnet_take(&telnet, once, size);
    telnet = (struct telnet){ TELNET_DATA };
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = piece_of(fuzz, size - at);
        memcpy(again + left, stream + at, piece);
        left += telnet_take(&telnet, again + left, piece);
    }
    if (kept > size || kept != left || memcmp(once, again, kept) != 0)
        fuzz_fail("of %zu bytes %zu are left at once and %zu in pieces", size, kept, left);
    if (telnet_lines(once, kept) > kept)
        fuzz_fail("%zu bytes of lines became more", kept);
}

void fuzz_case(struct fuzz *fuzz)
{
    check_frames(fuzz);
    check_telnet(fuzz);
}

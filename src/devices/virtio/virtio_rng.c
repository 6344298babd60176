// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.4. The generator is xoshiro256** by Blackman and Vigna, seeded through splitmix64 as its authors advise.
// The stream goes on over resets: a guest that starts again does not see the same numbers.
//
// It is good enough to start and to test a guest, but not secure.
//
// Path: the generator / virtio.c
#include "devices/virtio/virtio_rng.h"

#include "base/bits.h"
#include "base/split.h"

enum { QUEUE_SIZE = 64, PIECE = 256 };
enum { MOST = 65536 }; // bytes for one request: 5.4.6.1 allows less than was requested

static uint64_t rotate(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

static uint64_t next(uint64_t *state)
{
    uint64_t result = rotate(state[1] * 5, 7) * 9, shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

static uint32_t handle(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_rng *rng = owner;
    uint64_t size = chain->writable_size < MOST ? chain->writable_size : MOST;
    for (uint64_t done = 0; done < size; done += PIECE) {
        uint8_t piece[PIECE];
        for (unsigned i = 0; i < PIECE; i += 8)
            bytes_put(piece + i, 8, next(rng->state));
        if (!virtio_write(&rng->virtio, queue, chain, done, piece, size - done < PIECE ? (size_t)(size - done) : PIECE))
            return 0;
    }
    return (uint32_t)size;
}

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_rng *rng = owner;
    (void)now;
    virtio_drain(&rng->virtio, queue, handle);
}

static const struct virtio_type type = { .name = "virtio-rng", .id = 4, .notified = notified };

void virtio_rng_init(struct virtio_rng *rng, uint64_t seed)
{
    virtio_init(&rng->virtio, &type, rng, 0, 0);
    virtio_add_queue(&rng->virtio, QUEUE_SIZE);
    for (unsigned i = 0; i < countof(rng->state); i++)
        rng->state[i] = split_next(&seed);
}

void virtio_rng_visit(struct virtio_rng *rng, struct visit *v)
{
    virtio_visit(&rng->virtio, v);
    VISIT_ARRAY(v, rng->state);
}

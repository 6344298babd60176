// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.4.
#include "devices/virtio/virtio_rng.h"

#include "devices/virtio/virtio_rig.h"

static struct virtio_rig rig;
static struct virtio_rng rng;

static void make(uint64_t seed)
{
    virtio_rng_init(&rng, seed);
    rig_connect(&rig, &rng.virtio, false);
    rig_start(&rig, 0);
}

static void setup(void)
{
    make(1);
}

TestSuite(virtio_rng, .init = setup);

static uint64_t draw(void)
{
    rig_request(&rig, 0, 0, 0, RIG_BUFFERS, 8);
    return rig_get(&rig, RIG_BUFFERS, 8);
}

// Known answers, worked out apart from the source: splitmix64 of 1, then xoshiro256**.
Test(virtio_rng, the_stream_is_that_of_the_published_generator)
{
    cr_assert_eq(rng.state[0], UINT64_C(0x910a2dec89025cc1));
    cr_assert_eq(rng.state[1], UINT64_C(0xbeeb8da1658eec67));
    cr_assert_eq(draw(), UINT64_C(0xb3f2af6d0fc710c5));
}

Test(virtio_rng, one_seed_gives_one_stream)
{
    uint64_t first = draw(), second = draw();
    cr_assert_neq(first, second);
    make(1);
    cr_assert_eq(draw(), first);
    virtio_reset(&rng.virtio);
    rig_start(&rig, 0);
    cr_assert_eq(draw(), second, "a reset does not begin anew");
    make(2);
    cr_assert_neq(draw(), first);
}

Test(virtio_rng, a_buffer_is_filled_up_to_a_bound)
{
    rig_request(&rig, 0, 0, 0, RIG_BUFFERS, 300);
    cr_assert_eq(rig_used_length(&rig, 0, 0), 300);
    cr_assert_neq(rig_get(&rig, RIG_BUFFERS + 292, 8), 0);
    cr_assert_eq(rig.ram[RIG_BUFFERS + 300], 0);
    rig_request(&rig, 0, 0, 0, 0x60000, 0x90000);
    cr_assert_eq(rig_used_length(&rig, 0, 1), 65536);
    rig_request(&rig, 0, RIG_BUFFERS, 16, 0, 0);
    cr_assert_eq(rig_used_length(&rig, 0, 2), 0, "no buffer, no bytes");
    cr_assert_eq(rig.notices[0], 3);
}

static void list(void *object, struct visit *v)
{
    virtio_rng_visit(object, v);
}

Test(virtio_rng, its_state_travels_whole)
{
    draw();
    struct visit_save save;
    visit_save_init(&save);
    virtio_rng_visit(&rng, &save.visit);
    uint64_t next = draw();
    make(7);
    struct visit_load load;
    visit_load_init(&load, save.data, save.size);
    rig_request(&rig, 0, 0, 0, RIG_BUFFERS, 8); // the ring is where the state says it is
    virtio_rng_visit(&rng, &load.visit);
    cr_assert_eq(draw(), next);
    rig_connect(&rig, &rng.virtio, false);
    check_load(&rng, list, &save);
    free(save.data);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.5.
#include "devices/virtio/virtio_balloon.h"

#include "devices/virtio/virtio_rig.h"

enum { INFLATE, DEFLATE, STATS, PAGE = 4096 };

static struct virtio_rig rig;
static struct virtio_balloon balloon;
static struct clock timer;

static void make(uint64_t interval)
{
    clock_init(&timer);
    memset(&balloon, 0, sizeof balloon);
    virtio_balloon_init(&balloon, &timer, interval);
    rig_connect(&rig, &balloon.virtio, false);
    rig_start(&rig, 2);
}

static void setup(void)
{
    make(0);
}

TestSuite(virtio_balloon, .init = setup);

static void ask(unsigned queue, const uint32_t *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rig_put(&rig, RIG_BUFFERS + 4 * (uint64_t)i, 4, pages[i]);
    rig_request(&rig, queue, RIG_BUFFERS, 4 * count, 0, 0);
}

Test(virtio_balloon, a_page_is_zeroed_when_it_is_given_and_not_when_it_is_taken_back)
{
    static const uint32_t pages[] = { 0x90, 0x92 };
    memset(rig.ram + 0x90000, 0xaa, 3 * PAGE);
    ask(INFLATE, pages, 2);
    cr_assert_eq(rig_used_index(&rig, INFLATE), 1);
    cr_assert_eq(rig_get(&rig, 0x90000, 8), 0);
    cr_assert_eq(rig_get(&rig, 0x90ff8, 8), 0);
    cr_assert_eq(rig.ram[0x91000], 0xaa);
    cr_assert_eq(rig_get(&rig, 0x92000, 8), 0);
    rig_put(&rig, 0x90000, 8, 5);
    ask(DEFLATE, pages, 2);
    cr_assert_eq(rig_used_index(&rig, DEFLATE), 1);
    cr_assert_eq(rig_get(&rig, 0x90000, 8), 5);
}

Test(virtio_balloon, a_page_that_is_not_ram_is_passed)
{
    static const uint32_t pages[] = { 0x12345, UINT32_MAX, 0x90 };
    rig.ram[0x90000] = 1;
    ask(INFLATE, pages, 3);
    cr_assert_eq(rig.ram[0x90000], 0);
    cr_assert_eq(balloon.virtio.status & VIRTIO_STATUS_NEEDS_RESET, 0);
    ask(INFLATE, pages, 0);
    cr_assert_eq(rig_used_index(&rig, INFLATE), 2);
    rig_request(&rig, INFLATE, RIG_BUFFERS, 4 * (VIRTIO_BALLOON_PFNS_MAX + 1), 0, 0);
    cr_assert_neq(balloon.virtio.status & VIRTIO_STATUS_NEEDS_RESET, 0, "more than there may be");
}

Test(virtio_balloon, the_driver_is_told_how_many_pages_are_wanted_and_says_how_many_it_has_given)
{
    virtio_balloon_set(&balloon, 256);
    cr_assert_eq(rig.config_notices, 1);
    cr_assert_eq(virtio_config_read(&balloon.virtio, 0, 4), 256);
    virtio_balloon_set(&balloon, 256);
    cr_assert_eq(rig.config_notices, 1, "it has not changed");
    virtio_config_write(&balloon.virtio, 4, 4, 200);
    virtio_config_write(&balloon.virtio, 0, 4, 7);
    cr_assert_eq(virtio_balloon_actual(&balloon), 200);
    cr_assert_eq(virtio_config_read(&balloon.virtio, 0, 4), 256, "the driver cannot change it");
    virtio_reset(&balloon.virtio);
    cr_assert_eq(virtio_balloon_actual(&balloon), 0);
    cr_assert_eq(virtio_config_read(&balloon.virtio, 0, 4), 256);
}

static void tell_stats(uint64_t free)
{
    rig_put(&rig, RIG_BUFFERS, 2, 4);
    rig_put(&rig, RIG_BUFFERS + 2, 8, free);
    rig_put(&rig, RIG_BUFFERS + 10, 2, 77);
    rig_put(&rig, RIG_BUFFERS + 12, 8, 1);
    rig_request(&rig, STATS, RIG_BUFFERS, 20, 0, 0);
}

Test(virtio_balloon, statistics_are_read_and_their_buffer_stays)
{
    cr_assert_eq(balloon.stats[4], VIRTIO_BALLOON_UNKNOWN);
    tell_stats(1000);
    cr_assert_eq(balloon.stats[4], 1000);
    cr_assert_eq(balloon.stats[5], VIRTIO_BALLOON_UNKNOWN);
    cr_assert_eq(rig_used_index(&rig, STATS), 0);
    cr_assert_str_eq(virtio_balloon_stat(4), "free-memory");
}

Test(virtio_balloon, each_interval_asks_for_new_statistics)
{
    make(1000);
    clock_advance(&timer, 1000);
    clock_run_due(&timer);
    cr_assert_eq(rig_used_index(&rig, STATS), 0, "there is no buffer yet");
    tell_stats(1000);
    clock_advance(&timer, 2000);
    clock_run_due(&timer);
    cr_assert_eq(rig_used_index(&rig, STATS), 1);
    cr_assert_eq(rig.notices[STATS], 1);
    tell_stats(900);
    cr_assert_eq(balloon.stats[4], 900);
    cr_assert_eq(clock_next(&timer), 3000);
}

static void list(void *object, struct visit *v)
{
    virtio_balloon_visit(object, v);
}

Test(virtio_balloon, its_state_travels_whole)
{
    tell_stats(12);
    struct visit_save save;
    visit_save_init(&save);
    virtio_balloon_visit(&balloon, &save.visit);
    make(0);
    check_load(&balloon, list, &save);
    cr_assert_eq(balloon.stats[4], 12);
    free(save.data);
}

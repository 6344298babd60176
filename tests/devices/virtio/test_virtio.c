// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, chapters 2 and 3: features, status, faults, notices. With a device that returns its input.
#include "devices/virtio/virtio_rig.h"

static struct virtio_rig rig;
static struct virtio device;
static unsigned notified[3], resets;
static uint64_t written;

static uint32_t handle(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    uint8_t bytes[64];
    size_t size = chain->readable_size < 64 ? (size_t)chain->readable_size : 64;
    (void)owner;
    if (!virtio_read(&device, queue, chain, 0, bytes, size))
        return 0;
    if (size > chain->writable_size) {
        virtio_bad_request(&device);
        return 0;
    }
    return virtio_write(&device, queue, chain, 0, bytes, size) ? (uint32_t)size : 0;
}

static void on_notified(void *owner, unsigned queue, uint64_t now)
{
    (void)owner, (void)now;
    notified[queue]++;
    virtio_drain(&device, queue, handle);
}

static void on_reset(void *owner)
{
    (void)owner;
    resets++;
}

static void on_config(void *owner, unsigned offset, unsigned size, uint64_t value)
{
    (void)owner;
    written = (uint64_t)offset << 32 | size << 16 | value;
}

static const struct virtio_type echo = { "echo", 99, on_notified, on_reset, on_config };

static void make(bool legacy)
{
    virtio_init(&device, &echo, NULL, BIT64(3) | BIT64(40), 8);
    for (unsigned i = 0; i < 3; i++)
        virtio_add_queue(&device, 64);
    virtio_config_set(&device, 0, 4, 0x11223344);
    virtio_config_set(&device, 4, 4, 0x55667788);
    rig_connect(&rig, &device, legacy);
    memset(notified, 0, sizeof notified);
    resets = 0;
}

static void setup(void)
{
    make(false);
}

TestSuite(virtio, .init = setup);

// --- Features and status --------------------------------------------------------------------------------------------

Test(virtio, the_features_of_the_rings_and_of_version_1_are_offered)
{
    cr_assert_eq(virtio_offered(&device), BIT64(3) | BIT64(28) | BIT64(29) | BIT64(32) | BIT64(40));
    cr_assert_eq(virtio_get_features(&device, 0, true), 0x30000008);
    cr_assert_eq(virtio_get_features(&device, 1, true), 0x101);
    cr_assert_eq(virtio_get_features(&device, 2, true), 0);
    make(true);
    cr_assert_eq(virtio_offered(&device), BIT64(3) | BIT64(27) | BIT64(28) | BIT64(29));
}

static uint8_t negotiate(uint64_t features)
{
    virtio_set_status(&device, 0, 0);
    virtio_set_status(&device, 3, 0);
    virtio_set_features(&device, 0, (uint32_t)features);
    virtio_set_features(&device, 1, (uint32_t)(features >> 32));
    virtio_set_status(&device, 11, 0);
    return device.status;
}

Test(virtio, features_are_accepted_as_a_subset_with_version_1)
{
    cr_assert_eq(negotiate(BIT64(32)), 11);
    cr_assert_eq(negotiate(BIT64(32) | BIT64(3) | BIT64(29)), 11);
    cr_assert(virtio_has(&device, 29));
    cr_assert_eq(negotiate(BIT64(3)), 3, "without VERSION_1");
    cr_assert_eq(negotiate(BIT64(32) | BIT64(4)), 3, "one that was not offered");
    cr_assert_eq(device.mistakes[VIRTIO_FEATURES_REFUSED], 2);
    virtio_set_features(&device, 2, 1);
    cr_assert_eq(device.mistakes[VIRTIO_FEATURES_REFUSED], 3, "features beyond 64 do not exist");
}

Test(virtio, features_stay_after_features_ok)
{
    negotiate(BIT64(32));
    virtio_set_features(&device, 0, 8);
    cr_assert_eq(device.driver_features, BIT64(32));
    cr_assert_eq(device.mistakes[VIRTIO_FEATURES_LATE], 1);
}

Test(virtio, driver_ok_needs_features_ok)
{
    virtio_set_status(&device, 3, 0);
    virtio_set_status(&device, 7, 0);
    cr_assert_eq(device.status, 3);
    cr_assert_eq(device.mistakes[VIRTIO_STATUS_EARLY], 1);
    make(true);
    virtio_set_status(&device, 7, 0);
    cr_assert_eq(device.status, 7, "a legacy driver knows no FEATURES_OK");
}

Test(virtio, status_bits_are_only_taken_back_by_a_reset)
{
    rig_start(&rig, 0);
    virtio_set_status(&device, 3, 0);
    cr_assert_eq(device.status, 15);
    cr_assert_eq(device.mistakes[VIRTIO_STATUS_CLEARED], 1);
    virtio_set_status(&device, 15 | VIRTIO_STATUS_NEEDS_RESET, 0);
    cr_assert_eq(device.status, 15, "only the device asks for a reset");
    virtio_set_status(&device, 0, 0);
    cr_assert_eq(device.status, 0);
    cr_assert_eq(device.driver_features, 0);
    cr_assert_not(device.queues[0].ready);
    cr_assert_eq(device.queues[0].size, 64);
}

// --- Queues ---------------------------------------------------------------------------------------------------------

Test(virtio, a_notification_gives_chains_back_and_interrupts)
{
    rig_start(&rig, 0);
    memcpy(rig.ram + RIG_BUFFERS, "hello", 5);
    rig_request(&rig, 1, RIG_BUFFERS, 5, RIG_BUFFERS + 64, 10);
    cr_assert_arr_eq(rig.ram + RIG_BUFFERS + 64, "hello", 5);
    cr_assert_eq(rig_used_index(&rig, 1), 1);
    cr_assert_eq(rig_used_length(&rig, 1, 0), 5);
    cr_assert_eq(rig.notices[1], 1);
    cr_assert_eq(rig.notices[0] + rig.notices[2] + rig.config_notices, 0);
}

Test(virtio, a_round_interrupts_once_and_event_indices_ask_for_more)
{
    rig_start(&rig, BIT64(29));
    for (unsigned i = 0; i < 4; i++) {
        rig_descriptor(&rig, 0, i, RIG_BUFFERS, 8, VIRTQ_DESC_F_WRITE, 0);
        rig_offer(&rig, 0, (uint16_t)i);
    }
    virtio_notified(&device, 0, 0);
    cr_assert_eq(rig_used_index(&rig, 0), 4);
    cr_assert_eq(rig.notices[0], 1);
    cr_assert_eq(rig_get(&rig, rig_used(0) + 4 + 8 * RIG_SIZE, 2), 4, "avail_event");
    rig_offer(&rig, 0, 0);
    virtio_notified(&device, 0, 0);
    cr_assert_eq(rig.notices[0], 1, "used_event is still 0");
}

Test(virtio, nothing_happens_before_driver_ok_and_then_all_that_waited)
{
    virtio_set_status(&device, 3, 0);
    virtio_set_features(&device, 1, 1);
    virtio_set_status(&device, 11, 0);
    rig_queue(&rig, 0, RIG_SIZE);
    rig_request(&rig, 0, RIG_BUFFERS, 4, RIG_BUFFERS, 4);
    cr_assert_eq(notified[0], 0);
    cr_assert_eq(device.mistakes[VIRTIO_NOTIFIED_EARLY], 1);
    virtio_set_status(&device, 15, 0);
    cr_assert_eq(notified[0], 1);
    cr_assert_eq(notified[1], 0, "a queue that is not ready");
    cr_assert_eq(rig_used_index(&rig, 0), 1);
    cr_assert_eq(rig.notices[0], 1);
}

Test(virtio, queues_that_are_not_there_are_counted)
{
    rig_start(&rig, 0);
    virtio_notified(&device, 3, 0);
    virtio_notified(&device, UINT32_MAX, 0);
    virtio_queue_set_size(&device, 64, 4);
    virtio_queue_enable(&device, 64);
    virtio_queue_reset(&device, 64);
    device.queues[2].ready = false;
    virtio_notified(&device, 2, 0);
    cr_assert_eq(device.mistakes[VIRTIO_NO_QUEUE], 6);
    cr_assert_eq(notified[2], 1, "at DRIVER_OK");
}

Test(virtio, a_ready_queue_is_not_set_up_again)
{
    rig_start(&rig, 0);
    virtio_queue_set_size(&device, 0, 32);
    cr_assert_eq(device.queues[0].size, RIG_SIZE);
    virtio_queue_enable(&device, 0);
    cr_assert_eq(device.mistakes[VIRTIO_QUEUE_BUSY], 2);
}

Test(virtio, one_queue_can_be_reset_alone)
{
    rig_start(&rig, BIT64(VIRTIO_F_RING_RESET));
    rig_request(&rig, 0, RIG_BUFFERS, 4, RIG_BUFFERS, 4);
    virtio_queue_reset(&device, 0);
    cr_assert_not(device.queues[0].ready);
    cr_assert(device.queues[1].ready);
    rig_queue(&rig, 0, 8);
    rig_request(&rig, 0, RIG_BUFFERS, 4, RIG_BUFFERS, 4);
    cr_assert_eq(rig_used_index(&rig, 0), 1);
    rig_start(&rig, 0);
    virtio_queue_reset(&device, 0);
    cr_assert(device.queues[0].ready, "not without the feature");
}

// --- Faults ---------------------------------------------------------------------------------------------------------

static void check_stopped(unsigned config_notices)
{
    cr_assert_eq(device.status, 15 | VIRTIO_STATUS_NEEDS_RESET);
    cr_assert_eq(rig.config_notices, config_notices);
    unsigned before = notified[1];
    virtio_notified(&device, 1, 0);
    cr_assert_eq(notified[1], before, "it stands still");
}

Test(virtio, a_fault_stops_the_device_until_it_is_reset)
{
    rig_start(&rig, 0);
    rig_request(&rig, 0, RIG_RAM, 4, RIG_BUFFERS, 4);
    cr_assert_eq(device.faults[VIRTQUEUE_BUFFER_OUTSIDE], 1);
    cr_assert_eq(rig_used_index(&rig, 0), 0);
    cr_assert_eq(rig.notices[0], 0);
    check_stopped(1);
    rig_start(&rig, 0);
    rig_request(&rig, 0, RIG_BUFFERS, 4, RIG_BUFFERS, 4);
    cr_assert_eq(rig_used_index(&rig, 0), 1);
}

Test(virtio, a_request_without_an_answer_stops_the_device)
{
    rig_start(&rig, 0);
    rig_request(&rig, 0, RIG_BUFFERS, 8, RIG_BUFFERS, 4);
    cr_assert_eq(device.mistakes[VIRTIO_BAD_REQUEST], 1);
    check_stopped(1);
}

Test(virtio, rings_at_fault_stop_the_device)
{
    rig_start(&rig, 0);
    rig_put(&rig, rig_available(0) + 2, 2, 100);
    virtio_notified(&device, 0, 0);
    cr_assert_eq(device.faults[VIRTQUEUE_INDEX_JUMP], 1);
    check_stopped(1);
    rig_start(&rig, 0);
    rig_descriptor(&rig, 0, 0, RIG_BUFFERS, 1, VIRTQ_DESC_F_NEXT, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&device, 0, 0);
    cr_assert_eq(device.faults[VIRTQUEUE_LOOP], 1);
    check_stopped(2);
}

Test(virtio, a_fault_before_driver_ok_is_told_at_driver_ok)
{
    virtio_set_status(&device, 3, 0);
    virtio_set_features(&device, 1, 1);
    virtio_set_status(&device, 11, 0);
    virtio_queue_set_size(&device, 0, 24);
    cr_assert_eq(device.faults[VIRTQUEUE_BAD_SIZE], 1);
    virtio_queue_set_size(&device, 0, 0);
    virtio_queue_set_size(&device, 0, 65536);
    virtio_queue_set_size(&device, 0, 128);
    cr_assert_eq(device.faults[VIRTQUEUE_BAD_SIZE], 4);
    cr_assert_eq(rig.config_notices, 0);
    virtio_set_status(&device, 15, 0);
    check_stopped(1);
}

// A device's own writes can move the index of the ring they came from.
Test(virtio, a_buffer_over_the_ring_does_not_make_the_round_longer)
{
    rig_start(&rig, 0);
    rig_put(&rig, RIG_BUFFERS, 2, 9);
    rig_descriptor(&rig, 0, 0, RIG_BUFFERS, 2, VIRTQ_DESC_F_NEXT, 1);
    rig_descriptor(&rig, 0, 1, rig_available(0) + 2, 2, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&device, 0, 0);
    cr_assert_eq(rig_used_index(&rig, 0), 1);
}

// --- Configuration --------------------------------------------------------------------------------------------------

Test(virtio, the_configuration_structure_is_read_in_every_size)
{
    cr_assert_eq(virtio_config_read(&device, 0, 1), 0x44);
    cr_assert_eq(virtio_config_read(&device, 2, 2), 0x1122);
    cr_assert_eq(virtio_config_read(&device, 0, 8), UINT64_C(0x5566778811223344));
    cr_assert_eq(virtio_config_read(&device, 4, 8), 0, "beyond its end");
    cr_assert_eq(virtio_config_read(&device, 8, 1), 0);
    virtio_config_write(&device, 4, 2, 7);
    cr_assert_eq(written, UINT64_C(4) << 32 | 2 << 16 | 7);
    virtio_config_write(&device, 7, 2, 7);
    cr_assert_eq(device.mistakes[VIRTIO_BAD_ACCESS], 1);
}

Test(virtio, a_change_is_told_and_counts_as_a_generation)
{
    virtio_config_change(&device, 0, 4, 1);
    cr_assert_eq(device.generation, 1);
    cr_assert_eq(rig.config_notices, 0, "not before DRIVER_OK");
    rig_start(&rig, 0);
    virtio_config_change(&device, 0, 4, 1);
    cr_assert_eq(device.generation, 1, "the same value is no change");
    virtio_config_change(&device, 0, 4, 2);
    cr_assert_eq(device.generation, 2);
    cr_assert_eq(rig.config_notices, 1);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    virtio_visit(object, v);
}

Test(virtio, its_state_travels_whole)
{
    rig_start(&rig, BIT64(28) | BIT64(29) | BIT64(3));
    rig_request(&rig, 2, RIG_BUFFERS, 4, RIG_BUFFERS, 4);
    rig_request(&rig, 1, RIG_RAM, 4, RIG_BUFFERS, 4);
    struct visit_save save;
    visit_save_init(&save);
    virtio_visit(&device, &save.visit);
    make(false);
    check_load(&device, list, &save);
    free(save.data);
    cr_assert_eq(device.status, 15 | VIRTIO_STATUS_NEEDS_RESET);
    cr_assert_eq(device.queues[2].next_used, 1);
    cr_assert(device.queues[0].event_index);
    size_t queues = sizeof(struct virtqueue) * (VIRTIO_QUEUES - 3); // that the device does not have
    size_t own = sizeof(struct virtqueue) - offsetof(struct virtqueue, event_index) - 1;
    cr_assert_eq(visit_uncovered(&device, offsetof(struct virtio, queue_count), list), queues + 3 * own + 3);
}

Test(virtio, a_queue_of_no_size_is_not_loaded)
{
    struct visit_load load;
    uint8_t nothing[2048];
    memset(nothing, 0xff, sizeof nothing);
    visit_load_init(&load, nothing, sizeof nothing);
    virtio_visit(&device, &load.visit);
    virtio_loaded(&device);
    cr_assert_eq(device.queues[0].size, 64);
    cr_assert_not(device.queues[0].ready);
}

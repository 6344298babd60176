// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a virtio device says of a driver that it does not notify: status, queues, and what a driver writes into its rings.
// VIRTIO 1.2, 2.1, 2.7.7, 2.7.8, 3.1.1.
#include "devices/virtio/virtio_rig.h"

#include "answer.h"

static struct virtio_rig rig;
static struct virtio device;
static struct answer answer;

static void on_notified(void *owner, unsigned queue, uint64_t now)
{
    (void)owner, (void)queue, (void)now; // the test plays the device
}

static const struct virtio_type idle = { "idle", 99, on_notified, NULL, NULL };

static void setup(void)
{
    virtio_init(&device, &idle, NULL, 0, 8);
    for (unsigned i = 0; i < 2; i++)
        virtio_add_queue(&device, 64);
    rig_connect(&rig, &device, false);
}

TestSuite(why_virtio, .init = setup);

static const char *ask(unsigned queue, const char *name)
{
    struct why why = answer_begin(&answer);
    virtio_why(&device, queue, name, &why);
    return answer.text;
}

static void offer(void)
{
    rig_request(&rig, 0, RIG_BUFFERS, 4, RIG_BUFFERS + 64, 4);
}

// The device uses the next buffer, and may look later whether to notify.
static void use(void)
{
    static struct virtqueue_chain chain;
    cr_assert(virtio_take(&device, 0, &chain));
    virtio_give(&device, 0, &chain, 4);
}

static void suppress(uint16_t flags)
{
    rig_put(&rig, rig_available(0), 2, flags);
}

static void set_used_event(uint16_t index)
{
    rig_put(&rig, rig_available(0) + 4 + 2 * RIG_SIZE, 2, index);
}

Test(why_virtio, a_driver_that_is_not_ready_hears_nothing)
{
    virtio_set_status(&device, 3, 0);
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- the driver of virtio-blk0.queue0 is not ready: device status = 03h, bit 2 (DRIVER_OK) is 0\n"
                     "- virtio-blk0.queue0 is not ready: the driver has not enabled the queue\n");
    cr_expect_str_eq(ask(VIRTIO_CONFIG, "virtio-blk0.config"),
                     "- the driver of virtio-blk0.config is not ready: device status = 03h, bit 2 (DRIVER_OK) is 0\n");
    rig_start(&rig, 0);
    cr_expect_str_eq(ask(VIRTIO_CONFIG, "virtio-blk0.config"), "");
    cr_expect_str_eq(ask(1, "virtio-blk0.queue1"),
                     "- virtio-blk0.queue1 has no buffer that the driver has made available since the last used one\n");
}

Test(why_virtio, a_queue_that_was_not_enabled_says_so)
{
    virtio_set_status(&device, 3, 0);
    virtio_set_features(&device, 1, 1);
    virtio_set_status(&device, 11, 0);
    rig_queue(&rig, 0, RIG_SIZE);
    virtio_set_status(&device, 15, 0);
    cr_expect_str_eq(ask(1, "virtio-net0.queue1"),
                     "- virtio-net0.queue1 is not ready: the driver has not enabled the queue\n");
}

Test(why_virtio, a_device_that_needs_a_reset_notifies_of_nothing_more)
{
    rig_start(&rig, 0);
    offer();
    rig_put(&rig, rig_available(0) + 2, 2, 1000); // an index beyond the queue
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"), "", "the next use of the queue finds it");
    cr_expect_not(virtio_take(&device, 0, &(struct virtqueue_chain){ 0 }));
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- the device of virtio-blk0.queue0 needs a reset: device status = 4Fh, bit 6\n");
}

Test(why_virtio, buffers_are_available_then_used_then_told)
{
    rig_start(&rig, 0);
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has no buffer that the driver has made available since the last used one\n");
    offer();
    offer();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has 2 available buffers, and the device has not used them yet\n");
    use();
    use();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "= the device has used 2 buffers of virtio-blk0.queue0, and has not looked yet whether the driver "
                     "wants an interrupt\n");
    virtio_tell(&device, 0);
    cr_expect_eq(rig.notices[0], 1, "it arrives");
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has no buffer that the driver has made available since the last used one\n");
}

Test(why_virtio, a_flag_suppresses_notifications_without_event_indices)
{
    rig_start(&rig, 0);
    suppress(VIRTQ_AVAIL_F_NO_INTERRUPT);
    offer();
    cr_expect_str_eq(
        ask(0, "virtio-blk0.queue0"),
        "- virtio-blk0.queue0 has 1 available buffers, and the device has not used them yet\n"
        "- the driver wants no interrupt of virtio-blk0.queue0: flags of the available ring = 0001h, bit 0\n");
    use();
    virtio_tell(&device, 0);
    cr_expect_eq(rig.notices[0], 0);
    suppress(0);
    offer();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has 1 available buffers, and the device has not used them yet\n");
    use();
    virtio_tell(&device, 0);
    cr_expect_eq(rig.notices[0], 1, "it arrives");
}

Test(why_virtio, used_event_names_the_buffer_that_the_driver_waits_for)
{
    rig_start(&rig, BIT64(VIRTIO_F_EVENT_IDX));
    set_used_event(1);
    suppress(VIRTQ_AVAIL_F_NO_INTERRUPT); // without a meaning here, 2.7.7
    offer();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has 1 available buffers, and the device has not used them yet\n"
                     "- the driver wants no interrupt for the next used buffer of virtio-blk0.queue0: used_event = "
                     "0001h, the used index = 0000h\n");
    use();
    virtio_tell(&device, 0);
    cr_expect_eq(rig.notices[0], 0);
    offer();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "- virtio-blk0.queue0 has 1 available buffers, and the device has not used them yet\n");
    use();
    cr_expect_str_eq(ask(0, "virtio-blk0.queue0"),
                     "= the device has used 1 buffers of virtio-blk0.queue0, and has not looked yet whether the driver "
                     "wants an interrupt\n",
                     "and it wants this one");
    virtio_tell(&device, 0);
    cr_expect_eq(rig.notices[0], 1, "it arrives");
}

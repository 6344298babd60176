// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.1.
#include "devices/virtio/virtio_net.h"

#include "devices/virtio/virtio_rig.h"

enum { RECEIVE, TRANSMIT, CONTROL };

static struct virtio_rig rig;
static struct virtio_net net;
static uint8_t sent[INTACT_NET_FRAME];
static size_t sent_size;
static unsigned sends;

static void on_send(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)now;
    memcpy(sent, frame, size);
    sent_size = size;
    sends++;
}

static const struct intact_net cable = { on_send, NULL };
static const uint8_t own[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

static void make(bool legacy, uint64_t without)
{
    struct virtio_net_config config = { .queue_size = 64, .net = &cable };
    memcpy(config.mac, own, sizeof own);
    virtio_net_init(&net, &config);
    rig_connect(&rig, &net.virtio, legacy);
    rig_start(&rig, virtio_offered(&net.virtio) & ~without);
    sends = 0;
}

static void setup(void)
{
    make(false, 0);
}

TestSuite(virtio_net, .init = setup);

static bool arrive(const uint8_t *to, size_t size)
{
    static uint8_t frame[INTACT_NET_FRAME + 1];
    for (size_t i = 0; i < size; i++)
        frame[i] = (uint8_t)(i * 3 + 1);
    memcpy(frame, to, 6);
    return virtio_net_receive(&net, frame, size);
}

static void give_buffer(unsigned index, uint64_t address, uint32_t size)
{
    rig_descriptor(&rig, RECEIVE, index, address, size, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, RECEIVE, (uint16_t)index);
}

Test(virtio_net, a_frame_is_sent_without_its_header)
{
    memset(rig.ram + RIG_BUFFERS, 0, 12);
    memset(rig.ram + RIG_BUFFERS + 12, 0x77, 60);
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 72, 0, 0);
    cr_assert_eq(sends, 1);
    cr_assert_eq(sent_size, 60);
    cr_assert_eq(sent[0], 0x77);
    cr_assert_eq(rig.notices[TRANSMIT], 1);
    cr_assert_eq(net.sent, 1);
}

Test(virtio_net, a_legacy_header_is_shorter)
{
    make(true, BIT64(15));
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 70, 0, 0);
    cr_assert_eq(sent_size, 60);
    give_buffer(0, RIG_BUFFERS, 2048);
    cr_assert(arrive(own, 60));
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 0), 70);
    cr_assert_eq(rig.ram[RIG_BUFFERS + 10], own[0]);
}

Test(virtio_net, what_is_no_frame_comes_back_unsent)
{
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 12, 0, 0);
    rig_request(&rig, TRANSMIT, 0, 0x20000, 0, 0);
    cr_assert_eq(sends, 0);
    cr_assert_eq(rig_used_index(&rig, TRANSMIT), 2);
    rig_request(&rig, TRANSMIT, RIG_RAM - 20, 72, 0, 0);
    cr_assert_eq(net.virtio.faults[VIRTQUEUE_BUFFER_OUTSIDE], 1);
}

Test(virtio_net, a_frame_arrives_behind_a_header_of_one_buffer)
{
    memset(rig.ram + RIG_BUFFERS, 0xee, 64);
    give_buffer(0, RIG_BUFFERS, 2048);
    cr_assert(arrive(own, 60));
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 0), 72);
    cr_assert_eq(rig_get(&rig, RIG_BUFFERS, 8), 0);
    cr_assert_eq(rig_get(&rig, RIG_BUFFERS + 8, 4), 1 << 16, "num_buffers");
    cr_assert_arr_eq(rig.ram + RIG_BUFFERS + 12, own, 6);
    cr_assert_eq(rig.ram[RIG_BUFFERS + 12 + 59], (uint8_t)(59 * 3 + 1));
    cr_assert_eq(rig.notices[RECEIVE], 1);
}

Test(virtio_net, a_long_frame_goes_on_in_the_next_buffers)
{
    for (unsigned i = 0; i < 4; i++)
        give_buffer(i, RIG_BUFFERS + 0x1000 * i, 100);
    cr_assert(arrive(own, 250));
    cr_assert_eq(rig_used_index(&rig, RECEIVE), 3);
    cr_assert_eq(rig_get(&rig, RIG_BUFFERS + 10, 2), 3);
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 0), 100);
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 2), 62);
    cr_assert_eq(rig.ram[RIG_BUFFERS + 0x1000], (uint8_t)(88 * 3 + 1), "byte 88 of the frame");
    cr_assert_eq(rig.ram[RIG_BUFFERS + 0x2000 + 61], (uint8_t)(249 * 3 + 1));
    cr_assert_eq(rig.notices[RECEIVE], 1, "one frame, one interrupt");
}

Test(virtio_net, a_frame_without_room_is_dropped_and_takes_no_buffer)
{
    cr_assert_not(arrive(own, 60));
    give_buffer(0, RIG_BUFFERS, 100);
    give_buffer(1, RIG_BUFFERS + 0x1000, 100);
    cr_assert_not(arrive(own, 250));
    cr_assert_eq(net.dropped, 2);
    cr_assert_eq(rig_used_index(&rig, RECEIVE), 0);
    cr_assert(arrive(own, 150), "both are still there");
    cr_assert_eq(rig_used_index(&rig, RECEIVE), 2);
    make(false, BIT64(15));
    give_buffer(0, RIG_BUFFERS, 100);
    cr_assert_not(arrive(own, 250), "without MRG_RXBUF one buffer takes all");
    cr_assert(arrive(own, 80));
    cr_assert_not(arrive(own, 13), "no header");
    cr_assert_not(arrive(own, INTACT_NET_FRAME + 1));
}

// --- Control --------------------------------------------------------------------------------------------------------

static uint8_t control(uint8_t class, uint8_t command, const void *data, uint32_t size)
{
    rig.ram[RIG_BUFFERS] = class;
    rig.ram[RIG_BUFFERS + 1] = command;
    memcpy(rig.ram + RIG_BUFFERS + 2, data, size);
    rig.ram[RIG_BUFFERS + 0x800] = 0x55;
    rig_request(&rig, CONTROL, RIG_BUFFERS, 2 + size, RIG_BUFFERS + 0x800, 1);
    return rig.ram[RIG_BUFFERS + 0x800];
}

static void many_buffers(void)
{
    for (unsigned i = 0; i < RIG_SIZE; i++)
        give_buffer(i, RIG_BUFFERS + 0x1000, 2048);
}

Test(virtio_net, filters_choose_what_arrives)
{
    static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 }, other[6] = { 0x52, 1, 2, 3, 4, 5 },
                         group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    many_buffers();
    cr_assert(arrive(other, 60), "promiscuous until told otherwise");
    cr_assert_eq(control(0, 0, "\0", 1), 0);
    cr_assert_not(arrive(other, 60));
    cr_assert_not(arrive(group, 60));
    cr_assert(arrive(own, 60));
    cr_assert(arrive(broadcast, 60));
    cr_assert_eq(net.filtered, 2);
    control(0, 1, "\1", 1);
    cr_assert(arrive(group, 60), "ALLMULTI");
    control(0, 3, "\1", 1);
    cr_assert_not(arrive(group, 60), "NOMULTI");
    control(0, 2, "\1", 1);
    cr_assert(arrive(other, 60), "ALLUNI");
    control(0, 4, "\1", 1);
    cr_assert_not(arrive(own, 60), "NOUNI");
    control(0, 5, "\1", 1);
    cr_assert_not(arrive(broadcast, 60), "NOBCAST");
    cr_assert_eq(control(0, 6, "\1", 1), 1);
    cr_assert_eq(control(9, 0, "\1", 1), 1);
}

Test(virtio_net, tables_of_addresses_are_heeded)
{
    static const uint8_t other[6] = { 0x52, 1, 2, 3, 4, 5 }, group[6] = { 1, 0, 0x5e, 0, 0, 1 };
    uint8_t tables[4 + 6 + 4 + 6 * 65] = { 1 };
    memcpy(tables + 4, other, 6);
    tables[10] = 1;
    memcpy(tables + 14, group, 6);
    many_buffers();
    control(0, 0, "\0", 1);
    cr_assert_eq(control(1, 0, tables, 20), 0);
    cr_assert(arrive(other, 60));
    cr_assert(arrive(group, 60));
    cr_assert_eq(control(1, 0, tables, 19), 1, "not whole");
    tables[10] = 65;
    memset(tables + 14, 3, 6);
    cr_assert_eq(control(1, 0, tables, sizeof tables), 0);
    cr_assert(arrive(group, 60), "a table too long stands for all");
}

Test(virtio_net, the_driver_can_change_the_address)
{
    static const uint8_t other[6] = { 0x52, 1, 2, 3, 4, 5 };
    many_buffers();
    control(0, 0, "\0", 1);
    cr_assert_eq(control(1, 1, other, 6), 0);
    cr_assert(arrive(other, 60));
    cr_assert_not(arrive(own, 60));
    cr_assert_eq(virtio_config_read(&net.virtio, 0, 1), 0x52);
    cr_assert_eq(virtio_config_read(&net.virtio, 1, 1), 1);
    cr_assert_eq(control(1, 1, other, 5), 1);
    virtio_set_status(&net.virtio, 0, 0);
    cr_assert_eq(virtio_config_read(&net.virtio, 5, 1), 0x56, "a reset brings the first one back");
    rig_start(&rig, 0);
    rig_request(&rig, CONTROL, RIG_BUFFERS, 1, RIG_BUFFERS, 1);
    cr_assert_eq(net.virtio.mistakes[VIRTIO_BAD_REQUEST], 1);
}

Test(virtio_net, the_link_goes_down_and_up_with_an_interrupt)
{
    many_buffers();
    cr_assert(virtio_net_link(&net));
    virtio_net_set_link(&net, false);
    cr_assert_eq(rig.config_notices, 1);
    cr_assert_eq(virtio_config_read(&net.virtio, 6, 2), 0);
    cr_assert_not(arrive(own, 60));
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 72, 0, 0);
    cr_assert_eq(sends, 0);
    cr_assert_eq(rig_used_index(&rig, TRANSMIT), 1, "the buffer comes back all the same");
    virtio_net_set_link(&net, true);
    cr_assert_eq(rig.config_notices, 2);
    cr_assert(arrive(own, 60));
}

static void list(void *object, struct visit *v)
{
    virtio_net_visit(object, v);
}

Test(virtio_net, its_state_travels_whole)
{
    uint8_t tables[14] = { 1, 0, 0, 0, 2, 3, 4, 5, 6, 7 };
    many_buffers();
    control(0, 0, "\0", 1);
    control(1, 0, tables, sizeof tables);
    arrive(own, 60);
    virtio_net_set_link(&net, false);
    struct visit_save save;
    visit_save_init(&save);
    virtio_net_visit(&net, &save.visit);
    setup();
    check_load(&net, list, &save);
    free(save.data);
    cr_assert_eq(net.table_rows[0], 1);
    cr_assert_eq(net.received, 1);
    cr_assert_not(virtio_net_link(&net));
}

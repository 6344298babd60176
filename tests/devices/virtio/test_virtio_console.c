// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.3.
#include "devices/virtio/virtio_console.h"

#include "devices/virtio/virtio_rig.h"

enum { RECEIVE, TRANSMIT };

static struct virtio_rig rig;
static struct virtio_console console;
static char out[1024];
static unsigned out_count, drained;

static void transmit(void *owner, uint8_t byte)
{
    (void)owner;
    out[out_count++ % sizeof out] = (char)byte;
}

static void on_drained(void *owner)
{
    (void)owner;
    drained++;
}

static void setup(void)
{
    out_count = drained = 0;
    virtio_console_init(&console, transmit, NULL);
    console.drained = on_drained;
    rig_connect(&rig, &console.virtio, false);
    rig_start(&rig, virtio_offered(&console.virtio));
    drained = 0;
}

TestSuite(virtio_console, .init = setup);

static void type_text(const char *text)
{
    for (; *text; text++)
        virtio_console_receive(&console, (uint8_t)*text);
}

Test(virtio_console, what_the_driver_sends_comes_out)
{
    memcpy(rig.ram + RIG_BUFFERS, "hello, world", 12);
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 12, 0, 0);
    cr_assert_eq(out_count, 12);
    cr_assert_arr_eq(out, "hello, world", 12);
    cr_assert_eq(rig.notices[TRANSMIT], 1);
    memset(rig.ram + RIG_BUFFERS, 'x', 700);
    rig_request(&rig, TRANSMIT, RIG_BUFFERS, 700, 0, 0);
    cr_assert_eq(out_count, 712);
}

Test(virtio_console, input_goes_into_the_drivers_buffers)
{
    rig_request(&rig, RECEIVE, 0, 0, RIG_BUFFERS, 64);
    cr_assert_eq(drained, 1);
    type_text("a");
    cr_assert_eq(rig.ram[RIG_BUFFERS], 'a');
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 0), 1);
    cr_assert_eq(rig.notices[RECEIVE], 1);
}

Test(virtio_console, input_waits_for_a_buffer)
{
    type_text("hello");
    cr_assert_eq(rig.notices[RECEIVE], 0);
    rig_request(&rig, RECEIVE, 0, 0, RIG_BUFFERS, 3);
    cr_assert_arr_eq(rig.ram + RIG_BUFFERS, "hel", 3);
    rig_request(&rig, RECEIVE, 0, 0, RIG_BUFFERS, 64);
    cr_assert_arr_eq(rig.ram + RIG_BUFFERS, "lo", 2);
    cr_assert_eq(rig_used_length(&rig, RECEIVE, 1), 2);
    for (unsigned i = 0; i < VIRTIO_CONSOLE_INPUT; i++) {
        cr_assert(virtio_console_can_receive(&console));
        virtio_console_receive(&console, 'x');
    }
    cr_assert_not(virtio_console_can_receive(&console));
    unsigned before = drained;
    rig_request(&rig, RECEIVE, 0, 0, RIG_BUFFERS, 1);
    cr_assert(virtio_console_can_receive(&console));
    cr_assert_eq(drained, before + 1);
}

Test(virtio_console, a_new_size_is_told)
{
    cr_assert_eq(virtio_config_read(&console.virtio, 0, 4), 25 << 16 | 80);
    virtio_console_resize(&console, 132, 43);
    cr_assert_eq(rig.config_notices, 1);
    cr_assert_eq(virtio_config_read(&console.virtio, 0, 2), 132);
    cr_assert_eq(virtio_config_read(&console.virtio, 2, 2), 43);
    virtio_console_resize(&console, 132, 43);
    cr_assert_eq(rig.config_notices, 1);
}

Test(virtio_console, an_emergency_write_needs_no_queue)
{
    virtio_reset(&console.virtio);
    virtio_config_write(&console.virtio, 8, 4, '!');
    cr_assert_eq(out[0], '!');
    virtio_config_write(&console.virtio, 0, 2, 80);
    cr_assert_eq(console.virtio.mistakes[VIRTIO_BAD_ACCESS], 1);
}

Test(virtio_console, a_bad_buffer_loses_no_input)
{
    type_text("safe");
    rig_request(&rig, RECEIVE, 0, 0, RIG_RAM, 16);
    cr_assert_eq(console.virtio.faults[VIRTQUEUE_BUFFER_OUTSIDE], 1);
    rig_start(&rig, 0);
    rig_request(&rig, RECEIVE, 0, 0, RIG_BUFFERS, 16);
    cr_assert_arr_eq(rig.ram + RIG_BUFFERS, "safe", 4);
}

static void list(void *object, struct visit *v)
{
    virtio_console_visit(object, v);
}

Test(virtio_console, its_state_travels_whole)
{
    type_text("waiting");
    virtio_console_resize(&console, 100, 30);
    struct visit_save save;
    visit_save_init(&save);
    virtio_console_visit(&console, &save.visit);
    setup();
    check_load(&console, list, &save);
    free(save.data);
    cr_assert_eq(console.input_written, 7);
    cr_assert_eq(virtio_config_read(&console.virtio, 0, 2), 100);
}

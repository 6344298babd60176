// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, "Mouse".
#include <criterion/criterion.h>

#include <intact/input.h>

#include "devices/input/ps2_mouse.h"

#define MS UINT64_C(1000000)

static struct ps2_mouse mouse;
static uint64_t now;

static void setup(void)
{
    memset(&mouse, 0, sizeof mouse);
    now = 0;
    ps2_mouse_reset(&mouse);
}

TestSuite(ps2_mouse, .init = setup);

static void send(uint8_t byte)
{
    ps2_mouse_receive(&mouse, byte);
}

static void move(int x, int y, int wheel, unsigned buttons)
{
    ps2_mouse_move(&mouse, x, y, wheel, (uint8_t)buttons, now);
}

static void expect(unsigned count, const uint8_t *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(ps2_mouse_ready(&mouse), "byte %u of %u is missing", i, count);
        uint8_t byte = ps2_mouse_take(&mouse);
        cr_assert_eq(byte, bytes[i], "byte %u is %02x, not %02x", i, byte, bytes[i]);
    }
    cr_assert_not(ps2_mouse_ready(&mouse), "there is more: %02x", ps2_mouse_take(&mouse));
}

#define EXPECT(...) expect(sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })
#define NOTHING()   cr_assert_not(ps2_mouse_ready(&mouse))

static void command(uint8_t byte)
{
    send(byte);
    EXPECT(0xfa);
}

static void rate(uint8_t value)
{
    command(PS2_MOUSE_RATE);
    command(value);
}

static void sample(void)
{
    now = ps2_mouse_deadline(&mouse);
    cr_assert_neq(now, UINT64_MAX);
    ps2_mouse_tick(&mouse, now);
}

Test(ps2_mouse, it_answers_what_a_driver_asks)
{
    send(PS2_MOUSE_RESET);
    EXPECT(0xfa, 0xaa, 0x00);
    send(PS2_MOUSE_IDENTIFY);
    EXPECT(0xfa, 0x00);
    send(PS2_MOUSE_STATUS);
    EXPECT(0xfa, 0x00, 2, 100);
    command(PS2_MOUSE_RESOLUTION);
    command(3);
    rate(40);
    command(PS2_MOUSE_SCALE_2);
    command(PS2_MOUSE_ENABLE);
    move(0, 0, 0, INTACT_BUTTON_RIGHT | INTACT_BUTTON_LEFT);
    send(PS2_MOUSE_STATUS);
    EXPECT(0xfa, 0x35, 3, 40);
    command(PS2_MOUSE_REMOTE);
    send(PS2_MOUSE_STATUS);
    EXPECT(0xfa, 0x75, 3, 40);
    command(PS2_MOUSE_DEFAULTS);
    send(PS2_MOUSE_STATUS);
    EXPECT(0xfa, 0x05, 2, 100);
}

Test(ps2_mouse, the_second_wrong_byte_is_an_error)
{
    send(0xe1);
    EXPECT(0xfe);
    send(0xe1);
    EXPECT(0xfc);
    command(PS2_MOUSE_RATE);
    send(0x11);
    EXPECT(0xfe);
    command(60);
    cr_assert_eq(mouse.rate, 60);
    command(PS2_MOUSE_RESOLUTION);
    send(4);
    EXPECT(0xfe);
    send(5);
    EXPECT(0xfc);
    command(PS2_MOUSE_ENABLE);
}

Test(ps2_mouse, movement_streams_at_the_sample_rate_when_it_is_on)
{
    move(9, 9, 0, 0);
    NOTHING();
    command(PS2_MOUSE_ENABLE);
    move(3, 4, 0, INTACT_BUTTON_LEFT);
    EXPECT(0x29, 3, 0xfc);
    move(-1, 0, 0, INTACT_BUTTON_LEFT | INTACT_BUTTON_MIDDLE);
    NOTHING();
    cr_assert_eq(ps2_mouse_deadline(&mouse), 10 * MS);
    sample();
    EXPECT(0x1d, 0xff, 0);
    rate(200);
    command(PS2_MOUSE_DISABLE);
    move(1, 1, 0, 0);
    NOTHING();
    cr_assert_eq(ps2_mouse_deadline(&mouse), UINT64_MAX);
}

Test(ps2_mouse, what_a_packet_cannot_hold_is_in_the_next)
{
    command(PS2_MOUSE_ENABLE);
    move(300, 600, 0, 0);
    EXPECT(0x28, 255, 1);
    sample();
    EXPECT(0x28, 45, 1);
    sample();
    EXPECT(0x28, 0, 0x100 - 90);
    cr_assert_eq(ps2_mouse_deadline(&mouse), UINT64_MAX);
}

Test(ps2_mouse, a_packet_waits_until_the_one_before_was_taken)
{
    command(PS2_MOUSE_ENABLE);
    move(1, 0, 0, 0);
    move(2, 0, 0, 0);
    cr_assert_eq(ps2_mouse_deadline(&mouse), UINT64_MAX);
    EXPECT(0x08, 1, 0);
    sample();
    EXPECT(0x08, 2, 0);
}

Test(ps2_mouse, a_click_between_two_samples_is_not_lost)
{
    command(PS2_MOUSE_ENABLE);
    move(1, 0, 0, 0);
    EXPECT(0x08, 1, 0);
    move(0, 0, 0, INTACT_BUTTON_LEFT);
    move(0, 0, 0, 0);
    EXPECT(0x09, 0, 0);
    sample();
    EXPECT(0x08, 0, 0);
}

Test(ps2_mouse, the_rates_200_100_80_give_it_a_wheel)
{
    rate(200);
    rate(100);
    rate(80);
    send(PS2_MOUSE_IDENTIFY);
    EXPECT(0xfa, 3);
    command(PS2_MOUSE_ENABLE);
    move(0, 0, -1, INTACT_BUTTON_SIDE);
    EXPECT(0x08, 0, 0, 0xff);
    move(0, 0, 9, 0);
    sample();
    EXPECT(0x08, 0, 0, 7);
    sample();
    EXPECT(0x08, 0, 0, 2);
    send(PS2_MOUSE_RESET);
    EXPECT(0xfa, 0xaa, 0);
}

Test(ps2_mouse, the_rates_200_200_80_give_it_five_buttons)
{
    rate(200);
    rate(200);
    rate(80);
    send(PS2_MOUSE_IDENTIFY);
    EXPECT(0xfa, 4);
    command(PS2_MOUSE_ENABLE);
    move(0, 0, -1, INTACT_BUTTON_SIDE);
    EXPECT(0x08, 0, 0, 0x1f);
    move(0, 0, 1, INTACT_BUTTON_EXTRA);
    sample();
    EXPECT(0x08, 0, 0, 0x21);
}

Test(ps2_mouse, in_remote_mode_it_tells_when_it_is_asked)
{
    command(PS2_MOUSE_REMOTE);
    move(2, 0, 0, INTACT_BUTTON_RIGHT);
    move(2, -1, 0, INTACT_BUTTON_RIGHT);
    NOTHING();
    send(PS2_MOUSE_READ);
    EXPECT(0xfa, 0x0a, 4, 1);
    send(PS2_MOUSE_READ);
    EXPECT(0xfa, 0x0a, 0, 0);
    command(PS2_MOUSE_STREAM);
    cr_assert_not(mouse.remote);
}

Test(ps2_mouse, in_wrap_mode_it_repeats_all_but_two_commands)
{
    command(PS2_MOUSE_WRAP);
    for (unsigned byte = 0; byte < 256; byte++) {
        if (byte == PS2_MOUSE_WRAP_OFF || byte == PS2_MOUSE_RESET)
            continue;
        send((uint8_t)byte);
        EXPECT((uint8_t)byte);
    }
    command(PS2_MOUSE_WRAP_OFF);
    command(PS2_MOUSE_WRAP);
    send(PS2_MOUSE_RESET);
    EXPECT(0xfa, 0xaa, 0x00);
    send(PS2_MOUSE_IDENTIFY);
    EXPECT(0xfa, 0x00);
}

Test(ps2_mouse, scaling_2_to_1_counts_in_stream_mode_alone)
{
    static const uint8_t scaled[] = { 0, 1, 1, 3, 6, 9, 12, 14 };
    command(PS2_MOUSE_SCALE_2);
    command(PS2_MOUSE_ENABLE);
    for (uint8_t i = 1; i < sizeof scaled; i++) {
        move(i, -i, 0, 0);
        if (!mouse.count)
            sample();
        EXPECT(0x08, scaled[i], scaled[i]);
    }
    command(PS2_MOUSE_REMOTE);
    move(5, 0, 0, 0);
    send(PS2_MOUSE_READ);
    EXPECT(0xfa, 0x08, 5, 0);
}

Test(ps2_mouse, resend_repeats_the_last_packet)
{
    command(PS2_MOUSE_ENABLE);
    move(7, 0, 0, 0);
    EXPECT(0x08, 7, 0);
    send(PS2_MOUSE_RESEND);
    EXPECT(0x08, 7, 0);
    send(PS2_MOUSE_RESEND);
    EXPECT(0x08, 7, 0);
}

static void list(void *object, struct visit *v)
{
    ps2_mouse_visit(object, v);
}

Test(ps2_mouse, the_list_misses_only_padding)
{
    size_t missed = visit_uncovered(&mouse, sizeof mouse, list);
    cr_assert_eq(missed, 8, "%zu", missed);
}

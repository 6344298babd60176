// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)".
#include <criterion/criterion.h>

#include "devices/input/ps2_keyboard.h"

#define MS UINT64_C(1000000)

static struct ps2_keyboard kbd;
static uint64_t now;

static void setup(void)
{
    memset(&kbd, 0, sizeof kbd);
    now = 0;
    ps2_keyboard_reset(&kbd);
}

TestSuite(ps2_keyboard, .init = setup);

static void send(uint8_t byte)
{
    ps2_keyboard_receive(&kbd, byte);
}

static void key(enum intact_key key, bool down)
{
    ps2_keyboard_key(&kbd, key, down, now);
}

static void expect(const char *what, unsigned count, const uint8_t *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(ps2_keyboard_ready(&kbd), "%s: byte %u of %u is missing", what, i, count);
        uint8_t byte = ps2_keyboard_take(&kbd);
        cr_assert_eq(byte, bytes[i], "%s: byte %u is %02x, not %02x", what, i, byte, bytes[i]);
    }
    cr_assert_not(ps2_keyboard_ready(&kbd), "%s: there is more: %02x", what, ps2_keyboard_take(&kbd));
}

#define EXPECT(...) expect("", sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })
#define NOTHING()   cr_assert_not(ps2_keyboard_ready(&kbd))

static void command(uint8_t byte, uint8_t value)
{
    send(byte);
    EXPECT(0xfa);
    send(value);
    EXPECT(0xfa);
}

static void tap(enum intact_key which)
{
    key(which, true);
    key(which, false);
}

// The tables of the reference: make and break code of a key in each set.
static const struct {
    enum intact_key key;
    uint8_t set1[8], set2[8], set3[4];
} rows[] = {
    { INTACT_KEY_A, { 0x1e, 0x9e }, { 0x1c, 0xf0, 0x1c }, { 0x1c, 0xf0, 0x1c } },
    { INTACT_KEY_ESC, { 0x01, 0x81 }, { 0x76, 0xf0, 0x76 }, { 0x08, 0xf0, 0x08 } },
    { INTACT_KEY_F7, { 0x41, 0xc1 }, { 0x83, 0xf0, 0x83 }, { 0x37, 0xf0, 0x37 } },
    { INTACT_KEY_F12, { 0x58, 0xd8 }, { 0x07, 0xf0, 0x07 }, { 0x5e, 0xf0, 0x5e } },
    { INTACT_KEY_BACKSLASH, { 0x2b, 0xab }, { 0x5d, 0xf0, 0x5d }, { 0x5c, 0xf0, 0x5c } },
    { INTACT_KEY_LESS, { 0x56, 0xd6 }, { 0x61, 0xf0, 0x61 }, { 0x13, 0xf0, 0x13 } },
    { INTACT_KEY_CTRL_R, { 0xe0, 0x1d, 0xe0, 0x9d }, { 0xe0, 0x14, 0xe0, 0xf0, 0x14 }, { 0x58, 0xf0, 0x58 } },
    { INTACT_KEY_DELETE, { 0xe0, 0x53, 0xe0, 0xd3 }, { 0xe0, 0x71, 0xe0, 0xf0, 0x71 }, { 0x64, 0xf0, 0x64 } },
    { INTACT_KEY_KP_ENTER, { 0xe0, 0x1c, 0xe0, 0x9c }, { 0xe0, 0x5a, 0xe0, 0xf0, 0x5a }, { 0x79, 0xf0, 0x79 } },
    { INTACT_KEY_KP_DIVIDE, { 0xe0, 0x35, 0xe0, 0xb5 }, { 0xe0, 0x4a, 0xe0, 0xf0, 0x4a }, { 0x77, 0xf0, 0x77 } },
    { INTACT_KEY_META_L, { 0xe0, 0x5b, 0xe0, 0xdb }, { 0xe0, 0x1f, 0xe0, 0xf0, 0x1f }, { 0x8b, 0xf0, 0x8b } },
    { INTACT_KEY_PRINT,
      { 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa },
      { 0xe0, 0x12, 0xe0, 0x7c },
      { 0x57, 0xf0, 0x57 } },
    { INTACT_KEY_PAUSE,
      { 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5 },
      { 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77 },
      { 0x62, 0xf0, 0x62 } },
};

static unsigned length(const uint8_t *bytes, unsigned limit)
{
    unsigned count = 0;
    while (count < limit && bytes[count])
        count++;
    return count;
}

Test(ps2_keyboard, a_key_has_its_codes_in_each_set)
{
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = "a key";
        command(PS2_KBD_SCAN_SET, 1);
        tap(rows[i].key);
        expect(name, length(rows[i].set1, 8), rows[i].set1);
        command(PS2_KBD_SCAN_SET, 2);
        if (rows[i].key != INTACT_KEY_PRINT) {
            tap(rows[i].key);
            expect(name, length(rows[i].set2, 8), rows[i].set2);
        }
        command(PS2_KBD_SCAN_SET, 3);
        send(PS2_KBD_ALL_BREAK);
        EXPECT(0xfa);
        tap(rows[i].key);
        expect(name, length(rows[i].set3, 4), rows[i].set3);
    }
}

Test(ps2_keyboard, no_two_keys_have_one_code)
{
    for (unsigned a = 0; a < INTACT_KEY_COUNT; a++) {
        cr_assert_neq(ps2_keys[a].set2, 0, "key %u has none", a);
        for (unsigned b = 0; b < a; b++) {
            bool special = ps2_keys[a].special == PS2_PAUSE || ps2_keys[b].special == PS2_PAUSE;
            cr_assert(special || ps2_keys[a].set2 != ps2_keys[b].set2 || ps2_keys[a].prefix != ps2_keys[b].prefix);
            bool print = a == INTACT_KEY_SYSRQ || b == INTACT_KEY_SYSRQ;
            cr_assert(print || !ps2_keys[a].set3 || ps2_keys[a].set3 != ps2_keys[b].set3, "%u, %u", a, b);
        }
    }
}

Test(ps2_keyboard, the_cursor_block_depends_on_shift_and_num_lock)
{
    key(INTACT_KEY_SHIFT, true);
    EXPECT(0x12);
    tap(INTACT_KEY_LEFT);
    EXPECT(0xe0, 0xf0, 0x12, 0xe0, 0x6b, 0xe0, 0xf0, 0x6b, 0xe0, 0x12);
    tap(INTACT_KEY_KP_DIVIDE);
    EXPECT(0xe0, 0xf0, 0x12, 0xe0, 0x4a, 0xe0, 0xf0, 0x4a, 0xe0, 0x12);
    key(INTACT_KEY_SHIFT, false);
    EXPECT(0xf0, 0x12);
    command(PS2_KBD_LEDS, PS2_LED_NUM);
    tap(INTACT_KEY_LEFT);
    EXPECT(0xe0, 0x12, 0xe0, 0x6b, 0xe0, 0xf0, 0x6b, 0xe0, 0xf0, 0x12);
    key(INTACT_KEY_SHIFT_R, true);
    EXPECT(0x59);
    tap(INTACT_KEY_LEFT);
    EXPECT(0xe0, 0x6b, 0xe0, 0xf0, 0x6b);
    key(INTACT_KEY_LEFT, true);
    EXPECT(0xe0, 0x6b);
}

Test(ps2_keyboard, print_is_sysrq_with_alt_and_pause_is_break_with_ctrl)
{
    key(INTACT_KEY_CTRL, true);
    EXPECT(0x14);
    tap(INTACT_KEY_PRINT);
    EXPECT(0xe0, 0x7c, 0xe0, 0xf0, 0x7c);
    tap(INTACT_KEY_PAUSE);
    EXPECT(0xe0, 0x7e, 0xe0, 0xf0, 0x7e);
    key(INTACT_KEY_ALT, true);
    EXPECT(0x11);
    key(INTACT_KEY_PRINT, true);
    EXPECT(0x84);
    key(INTACT_KEY_ALT, false);
    EXPECT(0xf0, 0x11);
    key(INTACT_KEY_PRINT, false);
    EXPECT(0xf0, 0x84);
}

Test(ps2_keyboard, keys_of_set_3_have_types)
{
    command(PS2_KBD_SCAN_SET, 3);
    tap(INTACT_KEY_A);
    EXPECT(0x1c); // repeats, has no break code
    tap(INTACT_KEY_SHIFT);
    EXPECT(0x12, 0xf0, 0x12);
    tap(INTACT_KEY_F1);
    EXPECT(0x07);
    command(PS2_KBD_KEY_BREAK, 0x07);
    send(0x1c); // another key of the same command
    EXPECT(0xfa);
    send(0x90);
    EXPECT(0xfe);
    tap(INTACT_KEY_F1);
    EXPECT(0x07, 0xf0, 0x07);
    key(INTACT_KEY_A, true);
    EXPECT(0x1c);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), UINT64_MAX, "make and break, no repetition");
    key(INTACT_KEY_A, false);
    EXPECT(0xf0, 0x1c);
    send(PS2_KBD_ALL_REPEAT);
    EXPECT(0xfa);
    key(INTACT_KEY_F1, true);
    EXPECT(0x07);
    cr_assert_neq(ps2_keyboard_deadline(&kbd), UINT64_MAX);
    key(INTACT_KEY_F1, false);
    NOTHING();
    tap(INTACT_KEY_F13); // not in this set
    NOTHING();
    send(PS2_KBD_DEFAULTS);
    EXPECT(0xfa);
    cr_assert_eq(kbd.scan_set, 2);
    cr_assert_eq(kbd.types[0x07], PS2_MAKE);
}

Test(ps2_keyboard, the_last_key_repeats_with_the_rate_and_the_delay_that_were_set)
{
    command(PS2_KBD_RATE, 0x00); // 250 ms, 30 per second
    key(INTACT_KEY_A, true);
    now = 10 * MS;
    key(INTACT_KEY_B, true);
    EXPECT(0x1c, 0x32);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), 260 * MS);
    ps2_keyboard_tick(&kbd, 260 * MS);
    EXPECT(0x32);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), 260 * MS + 33333333);
    key(INTACT_KEY_A, false);
    cr_assert_neq(ps2_keyboard_deadline(&kbd), UINT64_MAX, "the other one is still down");
    key(INTACT_KEY_B, false);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), UINT64_MAX);
    EXPECT(0xf0, 0x1c, 0xf0, 0x32);
    command(PS2_KBD_RATE, 0x7f); // 1 s, 2 per second
    now = 0;
    key(INTACT_KEY_A, true);
    EXPECT(0x1c);
    ps2_keyboard_tick(&kbd, 1000 * MS);
    EXPECT(0x1c);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), 1500 * MS);
}

Test(ps2_keyboard, a_held_key_fills_no_buffer)
{
    key(INTACT_KEY_A, true);
    for (unsigned i = 0; i < 100; i++)
        ps2_keyboard_tick(&kbd, ps2_keyboard_deadline(&kbd));
    EXPECT(0x1c);
}

Test(ps2_keyboard, lost_keys_are_told_once_by_the_overrun_code)
{
    for (unsigned i = 0; i < 5; i++)
        tap(INTACT_KEY_A); // 3 bytes each
    tap(INTACT_KEY_B);
    tap(INTACT_KEY_C);
    cr_assert_eq(kbd.lost, 3);
    EXPECT(0x1c, 0xf0, 0x1c, 0x1c, 0xf0, 0x1c, 0x1c, 0xf0, 0x1c, 0x1c, 0xf0, 0x1c, 0x1c, 0xf0, 0x1c, 0x32, 0x00);
    command(PS2_KBD_SCAN_SET, 1);
    for (unsigned i = 0; i < 9; i++)
        tap(INTACT_KEY_A);
    for (unsigned i = 0; i < 16; i++)
        ps2_keyboard_take(&kbd);
    EXPECT(0xff);
}

Test(ps2_keyboard, answers_come_before_codes_and_a_command_takes_the_place_of_an_answer)
{
    tap(INTACT_KEY_A);
    send(PS2_KBD_IDENTIFY);
    send(PS2_KBD_IDENTIFY);
    EXPECT(0xfa, 0xab, 0x83, 0x1c, 0xf0, 0x1c);
    send(PS2_KBD_ECHO);
    EXPECT(0xee);
    send(PS2_KBD_RESEND);
    EXPECT(0xee);
}

Test(ps2_keyboard, commands_that_clear_the_buffer_do_so)
{
    static const uint8_t clearing[] = { PS2_KBD_ENABLE, PS2_KBD_DISABLE, PS2_KBD_DEFAULTS };
    for (unsigned i = 0; i < sizeof clearing; i++) {
        send(PS2_KBD_ENABLE);
        EXPECT(0xfa);
        tap(INTACT_KEY_A);
        send(clearing[i]);
        EXPECT(0xfa);
    }
    key(INTACT_KEY_A, true);
    send(PS2_KBD_RESET);
    EXPECT(0xfa, 0xaa);
    cr_assert_eq(ps2_keyboard_deadline(&kbd), UINT64_MAX);
}

Test(ps2_keyboard, a_keyboard_that_is_off_remembers_which_keys_are_down)
{
    send(PS2_KBD_DISABLE);
    EXPECT(0xfa);
    key(INTACT_KEY_SHIFT, true);
    NOTHING();
    send(PS2_KBD_ENABLE);
    EXPECT(0xfa);
    key(INTACT_KEY_HOME, true);
    EXPECT(0xe0, 0xf0, 0x12, 0xe0, 0x6c);
    key(INTACT_KEY_HOME, true);
    NOTHING();
    key(INTACT_KEY_ESC, false);
    NOTHING();
}

static void list(void *object, struct visit *v)
{
    ps2_keyboard_visit(object, v);
}

Test(ps2_keyboard, the_list_misses_only_padding)
{
    size_t missed = visit_uncovered(&kbd, sizeof kbd, list);
    cr_assert_eq(missed, 9, "%zu", missed);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, keyboard controller and keyboard.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/i8042.h"

struct board {
    struct i8042 kbc;
    struct wire kbd, aux, a20;
    unsigned resets;
};

static struct board board;

static void reset(void *owner)
{
    struct board *b = owner;
    b->resets++;
}

static uint8_t status(void)
{
    return (uint8_t)i8042_read_status(&board.kbc, 0, 1, 0);
}

static uint8_t data(void)
{
    return (uint8_t)i8042_read_data(&board.kbc, 0, 1, 0);
}

static void command(uint8_t byte)
{
    i8042_write_command(&board.kbc, 0, 1, byte, 0);
}

static void send(uint8_t byte)
{
    i8042_write_data(&board.kbc, 0, 1, byte, 0);
}

static void expect(unsigned count, const uint8_t *bytes)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert(status() & I8042_STS_OBF, "byte %u of %u is missing", i, count);
        uint8_t byte = data();
        cr_assert_eq(byte, bytes[i], "byte %u is %02x", i, byte);
    }
    cr_assert_not(status() & I8042_STS_OBF);
}

#define EXPECT(...) expect(sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })

static void setup(void)
{
    memset(&board, 0, sizeof board);
    i8042_init(&board.kbc, reset, &board);
    wire_connect(&board.kbc.kbd_irq, &board.kbd);
    wire_connect(&board.kbc.aux_irq, &board.aux);
    wire_connect(&board.kbc.a20, &board.a20);
}

static void raw(void) // no translation
{
    command(0x60);
    send(I8042_CTR_SYS | I8042_CTR_KBD_INT);
}

TestSuite(i8042, .init = setup);

Test(i8042, the_self_test_passes_and_so_do_the_port_tests)
{
    cr_assert_eq(status(), I8042_STS_SYS | I8042_STS_UNLOCKED);
    command(0xaa);
    EXPECT(0x55);
    command(0xab);
    EXPECT(0);
    command(0xa9);
    EXPECT(0);
    command(0x20);
    EXPECT(I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_KBD_OFF | I8042_CTR_AUX_OFF);
}

Test(i8042, the_command_byte_and_the_ram_behind_it_are_read_and_written)
{
    for (uint8_t i = 0; i < 32; i++) {
        command(0x60 + i);
        cr_assert(status() & I8042_STS_CMD);
        send(i * 3);
        cr_assert_not(status() & I8042_STS_CMD);
    }
    for (uint8_t i = 0; i < 32; i++) {
        command(0x20 + i);
        EXPECT(i * 3);
    }
}

Test(i8042, ports_are_switched_off_and_on)
{
    command(0xad);
    command(0xa8);
    command(0x20);
    EXPECT(I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_KBD_OFF | I8042_CTR_KBD_INT);
    i8042_key(&board.kbc, (uint8_t[]){ 0x1c }, 1);
    cr_assert_not(status() & I8042_STS_OBF);
    command(0xa7);
    command(0xae);
    EXPECT(0x1e);
}

Test(i8042, the_aux_loop_comes_back_through_irq_12)
{
    command(0x60);
    send(I8042_CTR_AUX_INT | I8042_CTR_AUX_OFF);
    command(0xd3);
    send(0xa5);
    cr_assert(board.aux.level);
    cr_assert_not(board.kbd.level);
    cr_assert(status() & I8042_STS_AUX);
    cr_assert_eq(data(), 0xa5);
    cr_assert_not(board.aux.level);
    command(0xd2);
    send(0x12);
    cr_assert_not(status() & I8042_STS_AUX);
    EXPECT(0x12);
}

Test(i8042, nothing_on_the_second_port_answers_with_a_timeout)
{
    command(0xd4);
    send(0xff);
    cr_assert_eq(status() & (I8042_STS_AUX | I8042_STS_TIMEOUT | I8042_STS_OBF), 0x61);
    EXPECT(0xfe);
}

Test(i8042, the_keyboard_answers_what_a_driver_asks)
{
    raw();
    send(0xff);
    EXPECT(0xfa, 0xaa);
    send(0xf2);
    EXPECT(0xfa, 0xab, 0x83);
    send(0xed);
    EXPECT(0xfa);
    send(0x07);
    EXPECT(0xfa);
    cr_assert_eq(board.kbc.leds, 7);
    send(0xf3);
    send(0x00);
    EXPECT(0xfa, 0xfa);
    send(0xf0);
    send(0);
    EXPECT(0xfa, 0xfa, 2);
    send(0xf0);
    send(3);
    EXPECT(0xfa, 0xfa);
    cr_assert_eq(board.kbc.scan_set, 3);
    send(0xee);
    EXPECT(0xee);
    send(0xfe);
    EXPECT(0xee);
    send(0xfb);
    send(0x1c);
    EXPECT(0xfa, 0xfa);
    for (uint8_t byte = 0xf4; byte <= 0xfa; byte++) {
        send(byte);
        EXPECT(0xfa);
    }
    send(0x00);
    EXPECT(0xfe);
    send(0xef);
    EXPECT(0xfe);
}

Test(i8042, a_command_in_place_of_an_argument_is_a_command)
{
    raw();
    send(0xed);
    send(0xf4);
    EXPECT(0xfa, 0xfa);
    cr_assert_eq(board.kbc.leds, 0);
}

Test(i8042, keys_are_translated_to_set_1_when_asked)
{
    static const uint8_t keys[] = { 0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0x83 };
    cr_assert(i8042_key(&board.kbc, keys, sizeof keys));
    EXPECT(0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x41);
    raw();
    cr_assert(i8042_key(&board.kbc, keys, sizeof keys));
    expect(sizeof keys, keys);
}

Test(i8042, each_byte_gives_an_edge_of_irq_1)
{
    static const uint8_t keys[] = { 0x1c, 0x32, 0x21 };
    i8042_key(&board.kbc, keys, sizeof keys);
    cr_assert_eq(board.kbd.rises, 1);
    data();
    cr_assert_eq(board.kbd.rises, 2);
    data();
    cr_assert_eq(board.kbd.rises, 3);
    cr_assert(board.kbd.level);
    data();
    cr_assert_not(board.kbd.level);
    cr_assert_eq(data(), 0x2e, "an empty buffer repeats itself");
}

Test(i8042, an_answer_waits_until_the_byte_before_it_was_taken)
{
    static const uint8_t keys[] = { 0x1c, 0x32 };
    i8042_key(&board.kbc, keys, sizeof keys);
    command(0xaa);
    EXPECT(0x55);
    i8042_reset(&board.kbc, 0);
    i8042_key(&board.kbc, keys, sizeof keys);
    command(0x20);
    EXPECT(0x1e, 0x65, 0x30);
}

Test(i8042, a_full_keyboard_takes_no_more_keys_and_a_disabled_one_none)
{
    static const uint8_t keys[I8042_KEYS] = { 0x1c };
    cr_assert(i8042_key(&board.kbc, keys, I8042_KEYS));
    cr_assert(i8042_key(&board.kbc, keys, 1), "one has gone to the controller");
    cr_assert_not(i8042_key(&board.kbc, keys, 1));
    send(0xee);
    cr_assert_eq(board.kbc.mistakes[I8042_MISTAKE_LOST], 0, "an answer still finds room");
    send(0xf5);
    cr_assert_not(i8042_key(&board.kbc, keys, 1));
}

Test(i8042, reset_is_pulsed_by_feh_and_by_the_output_port)
{
    command(0xff);
    cr_assert_eq(board.resets, 0, "no bit pulsed");
    command(0xfe);
    cr_assert_eq(board.resets, 1);
    command(0xd1);
    send(0x02);
    cr_assert_eq(board.resets, 2);
}

Test(i8042, a20_follows_the_output_port)
{
    cr_assert(board.a20.level);
    command(0xd1);
    send(0x01);
    cr_assert_not(board.a20.level);
    command(0xd0);
    EXPECT(0xc1);
    command(0xdf);
    cr_assert(board.a20.level);
    command(0xdd);
    cr_assert_not(board.a20.level);
    cr_assert_eq(board.resets, 0);
}

Test(i8042, unknown_commands_are_counted)
{
    command(0xb7);
    cr_assert_eq(board.kbc.mistakes[I8042_MISTAKE_COMMAND], 1);
    cr_assert_not(status() & I8042_STS_OBF);
}

Test(i8042, any_bytes_crash_nothing)
{
    uint32_t seed = 5;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        uint8_t byte = (uint8_t)(seed >> 24);
        switch ((seed >> 16) & 3) {
        case 0: command(byte); break;
        case 1: send(byte); break;
        case 2: data(); break;
        default: i8042_key(&board.kbc, &byte, 1);
        }
        cr_assert_leq(board.kbc.keyboard.count, I8042_QUEUE);
        bool irq = (status() & (I8042_STS_OBF | I8042_STS_AUX)) == I8042_STS_OBF && (board.kbc.ram[0] & 1);
        cr_assert_eq(board.kbd.level, irq);
    }
}

static void list(void *object, struct visit *v)
{
    i8042_visit(object, v);
}

Test(i8042, its_state_is_saved_and_loaded_with_the_bytes_on_their_way)
{
    static const uint8_t keys[] = { 0x1c, 0xf0, 0x1c };
    i8042_key(&board.kbc, keys, sizeof keys);
    send(0xed);
    struct visit_save save;
    visit_save_init(&save);
    i8042_visit(&board.kbc, &save.visit);
    setup();
    check_load(&board.kbc, list, &save);
    EXPECT(0x1e, 0x9e, 0xfa);
    send(5);
    EXPECT(0xfa);
    cr_assert_eq(board.kbc.leds, 5);
    free(save.data);
}

Test(i8042, the_list_misses_only_pointers)
{
    size_t mistakes = offsetof(struct i8042, mistakes), end = offsetof(struct i8042, scanning) + 1;
    cr_assert_eq(visit_uncovered(&board.kbc, offsetof(struct i8042, kbd_irq), list),
                 mistakes - end + offsetof(struct i8042, kbd_irq) - mistakes - sizeof board.kbc.mistakes);
}

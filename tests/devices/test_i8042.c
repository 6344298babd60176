// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, keyboard controller and keyboard.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/i8042.h"

struct board {
    struct clock clock;
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
    clock_init(&board.clock);
    i8042_init(&board.kbc, &board.clock, reset, &board);
    wire_connect(&board.kbc.kbd_irq, &board.kbd);
    wire_connect(&board.kbc.aux_irq, &board.aux);
    wire_connect(&board.kbc.a20, &board.a20);
}

static void key(enum intact_key key, bool down)
{
    i8042_key(&board.kbc, key, down, board.clock.now);
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
    key(INTACT_KEY_A, true);
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

Test(i8042, the_mouse_answers_on_the_second_port)
{
    command(0x60);
    send(I8042_CTR_SYS | I8042_CTR_KBD_INT | I8042_CTR_AUX_INT | I8042_CTR_AUX_OFF);
    command(0xd4);
    send(0xff);
    cr_assert_eq(status() & (I8042_STS_AUX | I8042_STS_OBF), I8042_STS_AUX | I8042_STS_OBF);
    cr_assert(board.aux.level);
    EXPECT(0xfa, 0xaa, 0x00);
    cr_assert_eq(board.aux.rises, 3, "each byte is an edge");
    command(0x20);
    EXPECT(I8042_CTR_SYS | I8042_CTR_KBD_INT | I8042_CTR_AUX_INT); // a byte to the mouse turned its port on
    command(0xd4);
    send(0xf4);
    EXPECT(0xfa);
    command(0xa7);
    i8042_move(&board.kbc, 5, -3, 0, INTACT_BUTTON_LEFT, 0);
    cr_assert_not(status() & I8042_STS_OBF, "held back");
    command(0xa8);
    EXPECT(0x09, 5, 3);
}

Test(i8042, the_mouse_sends_a_packet_for_each_sample)
{
    command(0xd4);
    send(0xf4);
    EXPECT(0xfa);
    i8042_move(&board.kbc, 1, 0, 0, 0, 0);
    i8042_move(&board.kbc, 2, 0, 0, 0, 0);
    EXPECT(0x08, 1, 0);
    run_to(&board.clock, 9999999);
    cr_assert_not(status() & I8042_STS_OBF);
    run_to(&board.clock, 10000000);
    EXPECT(0x08, 2, 0);
}

Test(i8042, a_held_key_repeats_in_virtual_time)
{
    key(INTACT_KEY_A, true);
    EXPECT(0x1e);
    run_to(&board.clock, 499999999);
    cr_assert_not(status() & I8042_STS_OBF);
    run_to(&board.clock, 500000000);
    EXPECT(0x1e);
    cr_assert(board.kbc.repeat.perpetual, "it keeps no halted machine alive");
    key(INTACT_KEY_A, false);
    EXPECT(0x9e);
    run_to(&board.clock, 2000000000);
    cr_assert_not(status() & I8042_STS_OBF);
}

Test(i8042, no_password_is_there)
{
    command(0xa4);
    EXPECT(0xf1);
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
    cr_assert_eq(board.kbc.keyboard.leds, 7);
    send(0xf3);
    send(0x00);
    EXPECT(0xfa, 0xfa);
    send(0xf0);
    send(0);
    EXPECT(0xfa, 0xfa, 2);
    send(0xf0);
    send(3);
    EXPECT(0xfa, 0xfa);
    cr_assert_eq(board.kbc.keyboard.scan_set, 3);
    send(0xee);
    EXPECT(0xee);
    send(0xfe);
    EXPECT(0xee);
    send(0xfb);
    send(0x1c);
    EXPECT(0xfa, 0xfa);
    send(0xf0);
    send(4);
    EXPECT(0xfa, 0xfe);
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
    cr_assert_eq(board.kbc.keyboard.leds, 0);
}

static void press_some(void)
{
    key(INTACT_KEY_A, true);
    key(INTACT_KEY_A, false);
    key(INTACT_KEY_UP, true);
    key(INTACT_KEY_UP, false);
    key(INTACT_KEY_F7, true);
    key(INTACT_KEY_F7, false);
}

Test(i8042, keys_are_translated_to_set_1_when_asked)
{
    press_some();
    EXPECT(0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8, 0x41, 0xc1);
    raw();
    press_some();
    EXPECT(0x1c, 0xf0, 0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0x83, 0xf0, 0x83);
}

Test(i8042, each_byte_gives_an_edge_of_irq_1)
{
    key(INTACT_KEY_A, true);
    key(INTACT_KEY_B, true);
    key(INTACT_KEY_C, true);
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
    key(INTACT_KEY_A, true);
    key(INTACT_KEY_B, true);
    command(0xaa);
    EXPECT(0x55);
    i8042_reset(&board.kbc, 0);
    key(INTACT_KEY_C, true);
    key(INTACT_KEY_D, true);
    command(0x20);
    EXPECT(0x2e, 0x65, 0x20);
}

Test(i8042, answers_come_before_the_keys_and_those_before_the_mouse)
{
    command(0xd4);
    send(0xf4);
    EXPECT(0xfa);
    i8042_move(&board.kbc, 1, 0, 0, 0, 0);
    key(INTACT_KEY_A, true);
    command(0x20);
    cr_assert_eq(status() & I8042_STS_AUX, I8042_STS_AUX);
    EXPECT(0x08, 0x45, 0x1e, 1, 0);
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
        default:
            if (seed & 1)
                key(byte % INTACT_KEY_COUNT, seed >> 9 & 1);
            else
                i8042_move(&board.kbc, byte - 128, (int)(seed & 0xff), (int8_t)(seed >> 8), byte & 0x1f,
                           board.clock.now);
            run_to(&board.clock, board.clock.now + byte * UINT64_C(1000000));
        }
        cr_assert_leq(board.kbc.keyboard.code_count, PS2_CODES + 1);
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
    key(INTACT_KEY_A, true);
    key(INTACT_KEY_A, false);
    send(0xed);
    struct visit_save save;
    visit_save_init(&save);
    i8042_visit(&board.kbc, &save.visit);
    setup();
    check_load(&board.kbc, list, &save);
    EXPECT(0x1e, 0xfa, 0x9e);
    send(5);
    EXPECT(0xfa);
    cr_assert_eq(board.kbc.keyboard.leds, 5);
    free(save.data);
}

Test(i8042, the_list_misses_only_padding_pointers_and_events)
{
    size_t known = sizeof board.kbc.repeat - sizeof(uint64_t);
    size_t missed = visit_uncovered(&board.kbc, offsetof(struct i8042, kbd_irq), list) - 2 * known - sizeof(void *);
    cr_assert_eq(missed, 17, "%zu", missed);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a VGA shows: text with its glyphs, cursor and blinking, and the shapes of graphics modes.
#include <errno.h>

#include <intact/screen.h>

#include "devices/display/vga_rig.h"

static struct intact_picture picture;
static struct intact_screen_text text;

static void end(void)
{
    free(picture.pixels);
    free(text.cells);
}

TestSuite(vga_picture, .init = rig_open, .fini = end);

static void draw_at(uint64_t now)
{
    free(picture.pixels);
    cr_assert_eq(vga_picture(&vga, now, &picture), 0);
}

static uint32_t dot(unsigned x, unsigned y)
{
    return picture.pixels[y * picture.width + x];
}

static void put(unsigned column, unsigned row, unsigned character, unsigned attribute)
{
    memory[4 * (row * 80 + column)] = (uint8_t)character;
    memory[4 * (row * 80 + column) + 1] = (uint8_t)attribute;
}

// Line `scan` of a character's glyph, in a map of 8 KiB.
static void put_glyph(unsigned map, unsigned character, unsigned scan, unsigned bits)
{
    memory[4 * (map * 0x2000 + character * 32 + scan) + 2] = (uint8_t)bits;
}

Test(vga_picture, nothing_is_shown_before_a_mode_is_set)
{
    draw_at(0);
    cr_assert_eq(picture.width, 640);
    cr_assert_eq(picture.height, 480);
    cr_assert_eq(dot(5, 5), 0);
    cr_assert_eq(vga_text(&vga, 0, &text), -ENOTSUP);
}

Test(vga_picture, a_character_has_its_glyph_and_the_colours_of_its_attribute)
{
    set_text_mode();
    set(CRTC, VGA_CURSOR_START, VGA_CURSOR_OFF);
    put_glyph(0, 'A', 3, 0xa1);
    put(2, 1, 'A', 0x4e);
    draw_at(0);
    cr_assert_eq(picture.width, 640);
    cr_assert_eq(picture.height, 400);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(dot(16 + i, 16 + 3), colour(0xa1 >> (7 - i) & 1 ? 14 : 4), "dot %u", i);
    cr_assert_eq(dot(16, 16 + 4), colour(4));
    cr_assert_eq(dot(24, 16 + 3), colour(0));
}

Test(vga_picture, the_ninth_dot_repeats_the_eighth_for_line_characters)
{
    set_text_mode();
    set(SEQUENCER, VGA_CLOCKING_MODE, 0);
    set_attribute(VGA_ATTRIBUTE_MODE, VGA_LINE_GRAPHICS);
    set_attribute(VGA_PIXEL_PANNING, 8); // of nine dots none is hidden
    for (unsigned i = 0; i < 2; i++) {
        put_glyph(0, 0xbf + i, 0, 0x01);
        put(i, 0, 0xbf + i, 0x0f);
    }
    draw_at(0);
    cr_assert_eq(picture.width, 720);
    cr_assert_eq(dot(8, 0), colour(0), "BFh");
    cr_assert_eq(dot(17, 0), colour(15), "C0h");
}

Test(vga_picture, bit_3_chooses_between_two_maps_of_glyphs)
{
    set_text_mode();
    set(SEQUENCER, VGA_CHARACTER_MAP, 0x2e); // A: 7, at the sixth 8 KiB and 8 more; B: 2
    put_glyph(7, 'x', 0, 0x80);
    put_glyph(4, 'x', 0, 0x40);
    put(0, 0, 'x', 0x0f);
    put(1, 0, 'x', 0x07);
    draw_at(0);
    cr_assert_eq(dot(0, 0), colour(15));
    cr_assert_eq(dot(9, 0), colour(7));
}

Test(vga_picture, the_cursor_and_characters_blink_by_virtual_time)
{
    uint64_t picture_time = 14268000;
    set_text_mode();
    set(CRTC, VGA_CURSOR_START, 14);
    set(CRTC, VGA_CURSOR_END, 15);
    set(CRTC, VGA_CURSOR_LOW, 81);
    set_attribute(VGA_ATTRIBUTE_MODE, VGA_BLINK);
    put(1, 1, 0, 0x07);
    put(0, 0, 'b', 0xc2);
    put_glyph(0, 'b', 0, 0xff);
    for (unsigned frame = 0; frame < 64; frame++) {
        draw_at(frame * picture_time + picture_time / 2);
        cr_assert_eq(dot(8, 16 + 14), colour(frame / 8 % 2 ? 0 : 7), "the cursor in picture %u", frame);
        cr_assert_eq(dot(8, 16 + 13), colour(0));
        cr_assert_eq(dot(0, 0), colour(frame / 16 % 2 ? 4 : 2), "the character in picture %u", frame);
    }
    set_attribute(VGA_ATTRIBUTE_MODE, 0);
    draw_at(0);
    cr_assert_eq(dot(0, 1), colour(12), "without blinking it is a colour");
}

Test(vga_picture, text_is_told_as_characters)
{
    set_text_mode();
    set(CRTC, VGA_CURSOR_START, 14);
    set(CRTC, VGA_CURSOR_END, 15);
    set(CRTC, VGA_CURSOR_LOW, 5);
    set(CRTC, VGA_CURSOR_HIGH, 1); // 261: row 3, column 21
    put(79, 24, 'Z', 0x1f);
    cr_assert_eq(vga_text(&vga, 0, &text), 0);
    cr_assert_eq(text.columns, 80);
    cr_assert_eq(text.rows, 25);
    cr_assert_eq(text.cells[24 * 80 + 79].character, 'Z');
    cr_assert_eq(text.cells[24 * 80 + 79].attribute, 0x1f);
    cr_assert_eq(text.colours[9], colour(9));
    cr_assert(text.cursor && text.cursor_row == 3 && text.cursor_column == 21);
    cr_assert_not(text.blinking);
    set(CRTC, VGA_CURSOR_START, VGA_CURSOR_OFF);
    free(text.cells);
    cr_assert_eq(vga_text(&vga, 0, &text), 0);
    cr_assert_not(text.cursor);
}

static void set_graphics(unsigned mode, unsigned scan)
{
    set_planar();
    set_timings();
    set_palette();
    set(SEQUENCER, VGA_CLOCKING_MODE, VGA_EIGHT_DOTS);
    set(GRAPHICS, VGA_MODE, mode);
    set(CRTC, VGA_RETRACE_END, 0);
    set(CRTC, VGA_MAXIMUM_SCAN, scan);
    set(CRTC, VGA_MODE_CONTROL, 0xe3);
}

Test(vga_picture, bits_of_four_planes_are_a_colour)
{
    set_graphics(0, 0x40);
    bytes_put(memory + 4 * 81, 4, 0x80402010);
    draw_at(0);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(dot(8 + i, 1), colour(i < 4 ? 8u >> i : 0), "dot %u", i);
}

Test(vga_picture, dots_of_256_colours_are_two_wide_and_lines_may_be_two_high)
{
    set_graphics(VGA_SHIFT_256, 0x41);
    set_colour(200, 10, 20, 30);
    memory[320 + 3] = 200;
    draw_at(0);
    uint8_t rgb[] = { 10, 20, 30 };
    for (unsigned y = 1; y < 5; y++)
        for (unsigned x = 5; x < 9; x++)
            cr_assert_eq(dot(x, y), (x == 6 || x == 7) && (y == 2 || y == 3) ? picture_colour6(rgb) : 0, "%u, %u", x,
                         y);
    vga_port_write(&vga, 0x3c6, 0x0f, 0);
    draw_at(0);
    cr_assert_eq(dot(6, 2), colour(8), "the PEL mask");
}

Test(vga_picture, cga_has_two_bits_for_a_dot_and_odd_lines_8_kib_further)
{
    set_graphics(VGA_SHIFT_CGA, 0xc1);
    set(CRTC, VGA_MODE_CONTROL, 0xa2);
    set(SEQUENCER, VGA_CLOCKING_MODE, VGA_EIGHT_DOTS | VGA_HALF_CLOCK);
    set(CRTC, VGA_HORIZONTAL_END, 39);
    memory[0] = 0x1b;
    memory[1] = 0xc0;
    memory[4 * 0x1000] = 0xff; // the line below: bit 13 of the guest's address
    draw_at(0);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(dot(2 * i, 1), colour(i), "dot %u", i);
    cr_assert_eq(dot(9, 0), colour(3));
    cr_assert_eq(dot(7, 2), colour(3));
    cr_assert_eq(dot(7, 4), colour(0));
}

Test(vga_picture, the_lower_part_of_a_split_screen_begins_at_address_0)
{
    set_graphics(0, 0x00);
    set(CRTC, VGA_START_LOW, 80);
    set(CRTC, VGA_OVERFLOW, 0x0f); // the line compare is 255
    memory[0] = 0x80;
    draw_at(0);
    cr_assert_eq(dot(0, 0), colour(0));
    cr_assert_eq(dot(0, 255), colour(0));
    cr_assert_eq(dot(0, 256), colour(1));
}

Test(vga_picture, panning_moves_dots_to_the_left)
{
    set_graphics(0, 0x40);
    set_attribute(VGA_PIXEL_PANNING, 3);
    memory[0] = 0x10;
    memory[4] = 0x80;
    draw_at(0);
    cr_assert_eq(dot(0, 0), colour(1));
    cr_assert_eq(dot(5, 0), colour(1));
    cr_assert_eq(dot(3, 0), colour(0));
}

Test(vga_picture, the_screen_can_be_switched_off)
{
    set_graphics(0, 0x40);
    memset(memory, 0xff, 64);
    draw_at(0);
    cr_assert_eq(dot(0, 0), colour(15));
    set(SEQUENCER, VGA_CLOCKING_MODE, VGA_EIGHT_DOTS | VGA_SCREEN_OFF);
    draw_at(0);
    cr_assert_eq(dot(0, 0), 0);
}

// --- VBE -------------------------------------------------------------------------------------------------------------

static void set_vbe(unsigned width, unsigned height, unsigned bits)
{
    vga_vbe_write(&vga, VBE_ENABLE, 0);
    vga_vbe_write(&vga, VBE_XRES, (uint16_t)width);
    vga_vbe_write(&vga, VBE_YRES, (uint16_t)height);
    vga_vbe_write(&vga, VBE_BPP, (uint16_t)bits);
    vga_vbe_write(&vga, VBE_ENABLE, VBE_ENABLED | VBE_LFB | VBE_NOCLEARMEM);
}

Test(vga_picture, vbe_modes_have_4_to_32_bits)
{
    static const struct {
        unsigned bits;
        uint64_t bytes;
        uint32_t colour;
    } rows[] = {
        { 15, 0x7c1f, 0xff00ff }, { 15, 0x03e0, 0x00ff00 }, { 15, 0x0421, 0x080808 },   { 16, 0xf81f, 0xff00ff },
        { 16, 0x07e0, 0x00ff00 }, { 16, 0x0821, 0x080408 }, { 24, 0x123456, 0x123456 }, { 32, 0xff123456, 0x123456 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        memset(memory, 0, 4096);
        set_vbe(64, 8, rows[i].bits);
        unsigned bytes = (rows[i].bits + 7) / 8;
        bytes_put(memory + bytes * (64 * 2 + 5), bytes, rows[i].bytes);
        draw_at(0);
        cr_assert_eq(picture.width, 64);
        cr_assert_eq(picture.height, 8);
        cr_assert_eq(dot(5, 2), rows[i].colour, "%u bits: %x", rows[i].bits, dot(5, 2));
        cr_assert_eq(dot(6, 2), 0);
    }
    set_palette();
    set_vbe(64, 8, 8);
    memory[64 + 1] = 9;
    draw_at(0);
    cr_assert_eq(dot(1, 1), colour(9));
    set_vbe(64, 8, 4);
    bytes_put(memory + 4 * 8, 4, 0x00800080);
    draw_at(0);
    cr_assert_eq(dot(0, 1), colour(5));
}

Test(vga_picture, a_vbe_picture_may_be_a_part_of_a_larger_one)
{
    set_vbe(64, 8, 32);
    vga_vbe_write(&vga, VBE_VIRT_WIDTH, 128);
    vga_vbe_write(&vga, VBE_X_OFFSET, 3);
    vga_vbe_write(&vga, VBE_Y_OFFSET, 2);
    bytes_put(memory + 4 * (128 * 3 + 7), 4, 0xabcdef);
    draw_at(0);
    cr_assert_eq(dot(4, 1), 0xabcdef);
}

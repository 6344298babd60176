// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Bochs VBE extensions: what becomes of values that do not fit, and of memory.
#include "devices/display/edid.h"
#include "devices/display/vga_rig.h"

TestSuite(vbe, .init = rig_open);

static void put(unsigned index, unsigned value)
{
    vga_vbe_write(&vga, index, (uint16_t)value);
}

static unsigned at(unsigned index)
{
    return vbe_read(&vga.vbe, index);
}

static void set_mode(unsigned width, unsigned height, unsigned bits, unsigned flags)
{
    put(VBE_ENABLE, 0);
    put(VBE_XRES, width);
    put(VBE_YRES, height);
    put(VBE_BPP, bits);
    put(VBE_ENABLE, VBE_ENABLED | flags);
}

Test(vbe, the_id_can_be_an_older_one)
{
    cr_assert_eq(at(VBE_ID), VBE_ID5);
    put(VBE_ID, 0xb0c2);
    cr_assert_eq(at(VBE_ID), 0xb0c2);
    put(VBE_ID, 0xb0cf);
    cr_assert_eq(at(VBE_ID), 0xb0c2, "there is no such one");
    cr_assert_eq(at(VBE_VIDEO_MEMORY_64K), 16);
    cr_assert_eq(at(VBE_REGISTERS), 0xffff);
}

Test(vbe, the_largest_values_can_be_read)
{
    put(VBE_ENABLE, VBE_GETCAPS);
    cr_assert_eq(at(VBE_XRES), VBE_MAX_XRES);
    cr_assert_eq(at(VBE_YRES), VBE_MAX_YRES);
    cr_assert_eq(at(VBE_BPP), 32);
    put(VBE_ENABLE, 0);
    cr_assert_eq(at(VBE_XRES), 0);
}

Test(vbe, what_does_not_fit_is_made_to_fit_when_a_mode_is_set)
{
    set_mode(801, 0, 17, 0);
    cr_assert_eq(at(VBE_XRES), 800);
    cr_assert_eq(at(VBE_YRES), 1);
    cr_assert_eq(at(VBE_BPP), 8);
    cr_assert_eq(at(VBE_VIRT_WIDTH), 800);
    cr_assert_eq(at(VBE_VIRT_HEIGHT), RIG_MEMORY / 800);
    set_mode(1024, 768, 32, 0);
    cr_assert_eq(at(VBE_YRES), 256, "1 MiB");
    put(VBE_Y_OFFSET, 1);
    cr_assert_eq(at(VBE_Y_OFFSET), 0);
    set_mode(65535, 65535, 32, 0);
    cr_assert_eq(at(VBE_XRES), VBE_MAX_XRES);
    cr_assert_eq(at(VBE_YRES), 16);
}

Test(vbe, the_offsets_stay_within_the_memory)
{
    set_mode(640, 480, 8, 0);
    put(VBE_VIRT_WIDTH, 1024);
    cr_assert_eq(at(VBE_VIRT_HEIGHT), 1024);
    put(VBE_Y_OFFSET, 544);
    cr_assert_eq(at(VBE_Y_OFFSET), 544);
    put(VBE_X_OFFSET, 8);
    cr_assert_eq(at(VBE_X_OFFSET), 0, "the last line would end behind it");
    put(VBE_Y_OFFSET, 545);
    cr_assert_eq(at(VBE_Y_OFFSET), 0);
    put(VBE_X_OFFSET, 384);
    cr_assert_eq(at(VBE_X_OFFSET), 384);
}

Test(vbe, setting_a_mode_clears_its_memory_unless_it_is_kept)
{
    memset(memory, 0x55, sizeof memory);
    set_mode(640, 480, 8, VBE_NOCLEARMEM);
    cr_assert_eq(memory[0], 0x55);
    set_mode(640, 480, 8, 0);
    cr_assert_eq(memory[0], 0);
    cr_assert_eq(memory[640 * 480 - 1], 0);
    cr_assert_eq(memory[640 * 480], 0x55);
}

Test(vbe, the_window_shows_a_bank_of_the_memory_as_it_is)
{
    set(GRAPHICS, VGA_MISCELLANEOUS, 0x05);
    set_mode(640, 480, 8, 0);
    put(VBE_BANK, 3);
    write_window(0x10, 4, 0x44332211);
    cr_assert_eq(bytes_get(memory + 0x30010, 4), 0x44332211);
    cr_assert_eq(read_window(0x11, 1), 0x22);
    put(VBE_BANK, 0x13);
    cr_assert_eq(at(VBE_BANK), 3, "there are 16");
    put(VBE_ENABLE, 0);
    cr_assert_eq(at(VBE_BANK), 0);
}

Test(vbe, a_mode_of_four_planes_goes_through_the_graphics_controller)
{
    set_planar();
    set_mode(640, 480, 4, 0);
    set(SEQUENCER, VGA_MAP_MASK, 2);
    put(VBE_BANK, 1);
    write_window(1, 1, 0x81);
    cr_assert_eq(planes(0x10001), 0x8100);
    put(VBE_BANK, 7);
    cr_assert_eq(at(VBE_BANK), 3, "of each plane 256 KiB");
}

// --- EDID ------------------------------------------------------------------------------------------------------------

Test(vbe, the_edid_has_a_checksum_and_the_best_mode)
{
    uint8_t edid[EDID_SIZE], sum = 0;
    edid_make(edid, 1280, 800);
    for (unsigned i = 0; i < EDID_SIZE; i++)
        sum = (uint8_t)(sum + edid[i]);
    cr_assert_eq(sum, 0);
    cr_assert_eq(bytes_get(edid, 8), UINT64_C(0x00ffffffffffff00));
    cr_assert_eq(edid[56] | (edid[58] & 0xf0) << 4, 1280);
    cr_assert_eq(edid[59] | (edid[61] & 0xf0) << 4, 800);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": registers, planes, write and read modes, the beam.
#include "devices/display/vga_rig.h"

TestSuite(vga, .init = rig_open);

// --- Registers -------------------------------------------------------------------------------------------------------

static void write_attribute(unsigned index, unsigned value)
{
    set_attribute(index, value);
}

static unsigned read_attribute(unsigned index)
{
    vga_port_read(&vga, 0x3da, 0);
    vga_port_write(&vga, ATTRIBUTE, (uint8_t)index, 0);
    unsigned value = vga_port_read(&vga, 0x3c1, 0);
    vga_port_read(&vga, 0x3da, 0);
    return value;
}

Test(vga, each_register_keeps_the_bits_of_its_mask)
{
    static const unsigned ports[VGA_TABLES] = { SEQUENCER, GRAPHICS, CRTC, 0 };
    for (unsigned t = 0; t < VGA_TABLES; t++)
        for (unsigned i = 0; i < vga_tables[t].count; i++) {
            const struct reg *row = &vga_tables[t].rows[i];
            for (unsigned value = 0xff; value < 0x100; value -= 0xff) {
                if (t == 2)
                    set(CRTC, VGA_RETRACE_END, 0); // not protected
                if (ports[t])
                    set(ports[t], row->offset, value);
                else
                    write_attribute(row->offset, value);
                unsigned now = ports[t] ? get(ports[t], row->offset) : read_attribute(row->offset);
                cr_assert_eq(now, value & row->mask, "%s: %s", vga_tables[t].title, row->name);
            }
        }
}

Test(vga, the_first_crtc_registers_can_be_protected_but_for_a_bit_of_the_line_compare)
{
    set(CRTC, VGA_HORIZONTAL_END, 0x4f);
    set(CRTC, VGA_OVERFLOW, 0x00);
    set(CRTC, VGA_RETRACE_END, VGA_PROTECT);
    set(CRTC, VGA_HORIZONTAL_END, 0x27);
    set(CRTC, VGA_OVERFLOW, 0xff);
    cr_assert_eq(get(CRTC, VGA_HORIZONTAL_END), 0x4f);
    cr_assert_eq(get(CRTC, VGA_OVERFLOW), 0x10);
    set(CRTC, VGA_PRESET_ROW_SCAN, 0x11);
    cr_assert_eq(get(CRTC, VGA_PRESET_ROW_SCAN), 0x11, "the others are not");
}

Test(vga, an_index_without_a_register_is_counted)
{
    set(SEQUENCER, 6, 1);
    cr_assert_eq(get(GRAPHICS, 12), 0);
    cr_assert_eq(vga.mistakes[VGA_BAD_INDEX], 2);
}

Test(vga, index_and_data_of_the_attribute_controller_alternate_and_the_status_port_begins_again)
{
    vga_port_write(&vga, ATTRIBUTE, 3, 0);
    vga_port_write(&vga, ATTRIBUTE, 0x15, 0);
    vga_port_write(&vga, ATTRIBUTE, 4, 0);
    vga_port_read(&vga, 0x3da, 0);
    vga_port_write(&vga, ATTRIBUTE, 0x25, 0);
    cr_assert_eq(vga.attribute[3], 0x15);
    cr_assert_eq(vga_port_read(&vga, ATTRIBUTE, 0), 0x25, "an index again");
    cr_assert_eq(vga.attribute[4], 0);
}

Test(vga, a_monochrome_display_has_its_ports_at_3b4h)
{
    vga_port_write(&vga, 0x3c2, 0x02, 0);
    vga_port_write(&vga, 0x3b4, VGA_OFFSET, 0);
    vga_port_write(&vga, 0x3b5, 0x28, 0);
    cr_assert_eq(vga.crtc[VGA_OFFSET], 0x28);
    cr_assert_eq(vga_port_read(&vga, 0x3d5, 0), 0xff);
    cr_assert_neq(vga_port_read(&vga, 0x3ba, 0), 0xff);
    vga_port_write(&vga, 0x3c2, 0x03, 0);
    cr_assert_eq(vga_port_read(&vga, 0x3b5, 0), 0xff);
    cr_assert_eq(vga_port_read(&vga, 0x3d5, 0), 0x28);
    cr_assert_eq(vga_port_read(&vga, 0x3cc, 0), 0x03);
}

Test(vga, the_dac_goes_through_red_green_and_blue_and_on)
{
    set_colour(7, 0xff, 2, 3);
    vga_port_write(&vga, 0x3c9, 4, 0);
    cr_assert_eq(vga.palette[7][0], 0x3f, "six bits");
    cr_assert_eq(vga.palette[8][0], 4);
    cr_assert_eq(vga_port_read(&vga, 0x3c7, 0), 0, "it was written last");
    vga_port_write(&vga, 0x3c7, 7, 0);
    cr_assert_eq(vga_port_read(&vga, 0x3c7, 0), 3);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(vga_port_read(&vga, 0x3c9, 0), i == 0 ? 0x3f : i + 1);
    cr_assert_eq(vga_port_read(&vga, 0x3c9, 0), 4);
    vga_vbe_write(&vga, VBE_ENABLE, VBE_8BIT_DAC);
    set_colour(7, 0xff, 2, 3);
    cr_assert_eq(vga.palette[7][0], 0xff, "eight");
}

// --- Planes ----------------------------------------------------------------------------------------------------------

Test(vga, a_planar_write_reaches_the_planes_of_the_map_mask)
{
    set_planar();
    set(SEQUENCER, VGA_MAP_MASK, 5);
    write_window(0x10, 2, 0x5aa5);
    cr_assert_eq(planes(0x10), 0x00a500a5);
    cr_assert_eq(planes(0x11), 0x005a005a);
    set(GRAPHICS, VGA_READ_MAP, 2);
    cr_assert_eq(read_window(0x10, 2), 0x5aa5);
    set(GRAPHICS, VGA_READ_MAP, 1);
    cr_assert_eq(read_window(0x10, 2), 0);
}

Test(vga, write_mode_0_rotates_and_combines_with_the_latches)
{
    static const uint32_t expected[] = { 0x4b4b4b4b, 0x01420300, 0x4bdb7b5b, 0x4a99785b };
    for (unsigned function = 0; function < 4; function++) {
        set_planar();
        bytes_put(memory, 4, 0x01d23310);
        set(GRAPHICS, VGA_DATA_ROTATE, function << 3 | 3);
        read_window(0, 1);
        write_window(0, 1, 0x5a); // 4Bh, rotated
        cr_assert_eq(planes(0), expected[function], "%u: %x", function, planes(0));
    }
}

Test(vga, set_reset_and_the_bit_mask_take_the_place_of_data)
{
    set_planar();
    bytes_put(memory, 4, 0x11223344);
    set(GRAPHICS, VGA_SET_RESET, 0x4);
    set(GRAPHICS, VGA_ENABLE_SET_RESET, 0xc);
    set(GRAPHICS, VGA_BIT_MASK, 0xf0);
    read_window(0, 1);
    write_window(0, 1, 0x95);
    cr_assert_eq(planes(0), 0x01f29394);
}

Test(vga, write_mode_1_copies_the_latches)
{
    set_planar();
    bytes_put(memory, 4, 0x11223344);
    set(GRAPHICS, VGA_MODE, 1);
    read_window(0, 1);
    write_window(7, 1, 0xff);
    cr_assert_eq(planes(7), 0x11223344);
}

Test(vga, write_mode_2_expands_a_colour_and_mode_3_has_the_data_as_a_mask)
{
    set_planar();
    set(GRAPHICS, VGA_MODE, 2);
    set(GRAPHICS, VGA_BIT_MASK, 0x3c);
    read_window(0, 1);
    write_window(0, 1, 0x9);
    cr_assert_eq(planes(0), 0x3c00003c);
    set(GRAPHICS, VGA_MODE, 3);
    set(GRAPHICS, VGA_SET_RESET, 0x6);
    read_window(0, 1);
    write_window(0, 1, 0x0f);
    cr_assert_eq(planes(0), 0x300c0c30);
}

Test(vga, read_mode_1_compares_colours)
{
    set_planar();
    bytes_put(memory, 4, 0xff0f00f0);
    set(GRAPHICS, VGA_MODE, VGA_READ_MODE_1);
    set(GRAPHICS, VGA_COLOUR_COMPARE, 0x9);
    set(GRAPHICS, VGA_COLOUR_DO_NOT_CARE, 0xf);
    cr_assert_eq(read_window(0, 1), 0xf0, "planes 0 and 3 alone");
    set(GRAPHICS, VGA_COLOUR_DO_NOT_CARE, 0x8);
    cr_assert_eq(read_window(0, 1), 0xff);
}

Test(vga, chain_4_and_odd_even_choose_the_plane_by_the_address)
{
    set_planar();
    set(SEQUENCER, VGA_MEMORY_MODE, VGA_NO_ODD_EVEN | VGA_CHAIN_4);
    write_window(4, 8, 0x8877665544332211);
    cr_assert_eq(planes(1), 0x44332211);
    cr_assert_eq(planes(2), 0x88776655);
    cr_assert_eq(read_window(5, 4), 0x55443322);
    set(SEQUENCER, VGA_MEMORY_MODE, 0);
    set(SEQUENCER, VGA_MAP_MASK, 3);
    set(GRAPHICS, VGA_MODE, VGA_HOST_ODD_EVEN);
    write_window(16, 4, 0x44332211);
    cr_assert_eq(planes(8), 0x00002211);
    cr_assert_eq(planes(9), 0x00004433);
    set(GRAPHICS, VGA_READ_MAP, 0);
    cr_assert_eq(read_window(16, 4), 0x44332211);
}

Test(vga, the_window_is_where_the_memory_map_says_and_only_with_ram_enabled)
{
    static const uint64_t first[] = { 0, 0, 0x10000, 0x18000 }, last[] = { 0x1ffff, 0xffff, 0x17fff, 0x1ffff };
    for (unsigned map = 0; map < 4; map++) {
        set_planar();
        set(GRAPHICS, VGA_MISCELLANEOUS, map << 2 | 1);
        for (uint64_t offset = 0; offset < VGA_WINDOW_SIZE; offset += 0x7fff) {
            write_window(offset, 1, 0x77);
            bool there = offset >= first[map] && offset <= last[map];
            cr_assert_eq(read_window(offset, 1), there ? 0x77 : 0xff, "%u: %x", map, (unsigned)offset);
        }
    }
    vga_port_write(&vga, 0x3c2, 0x61, 0);
    cr_assert_eq(read_window(0x18000, 1), 0xff);
}

static unsigned told;

static void written(void *owner, uint64_t address, uint64_t size)
{
    (void)owner, (void)size;
    told += address == 0xe0000040;
}

Test(vga, a_write_by_the_window_is_told_where_the_linear_framebuffer_is)
{
    static struct pci_bar bar;
    bus.written = written;
    bar.region.base = 0xe0000000;
    vga.linear = &bar;
    set_planar();
    write_window(0x10, 1, 1);
    cr_assert_eq(told, 0, "it is not mapped");
    bar.mapped = true;
    write_window(0x10, 1, 1);
    cr_assert_eq(told, 1);
}

// --- The beam --------------------------------------------------------------------------------------------------------

Test(vga, the_beam_follows_from_the_time_and_the_registers)
{
    unsigned retraces = 0, lines = 0;
    bool was_retrace = false, was_display = false;
    set_timings();
    set(SEQUENCER, VGA_CLOCKING_MODE, VGA_EIGHT_DOTS);
    for (uint64_t now = 0; now < 1000000000; now += 1000) {
        uint8_t status = vga_port_read(&vga, 0x3da, now);
        retraces += status & 8 && !was_retrace;
        lines += !(status & 1) && !was_display;
        was_retrace = status & 8;
        was_display = !(status & 1);
    }
    cr_assert_eq(retraces, 70, "70.09 Hz");
    cr_assert_eq(lines, 28039, "400 lines of 70 pictures, and 39 of the next; %u", lines);
    cr_assert_eq(vga_port_read(&vga, 0x3da, 412 * UINT64_C(31778)) & 9, 9, "line 412 is in the retrace");
    cr_assert_eq(vga_port_read(&vga, 0x3da, 100 * UINT64_C(31778) + 5000) & 9, 0, "line 100 is not");
}

// --- State -----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    vga_visit(object, v);
}

Test(vga, its_list_covers_all_but_its_connections)
{
    size_t outside = sizeof vga.memory + sizeof vga.size + sizeof vga.bus + sizeof vga.linear + sizeof vga.vbe.size;
    size_t uncovered = visit_uncovered(&vga, sizeof vga, list);
    cr_assert(uncovered >= outside && uncovered < outside + 16, "%zu, and padding", uncovered);
}

Test(vga, a_reset_keeps_the_memory_and_the_dac)
{
    set_text_mode();
    set_colour(1, 1, 2, 3);
    memory[5] = 7;
    vga_vbe_write(&vga, VBE_ENABLE, VBE_ENABLED | VBE_NOCLEARMEM);
    vga_reset(&vga);
    cr_assert_eq(vga.crtc[VGA_OFFSET], 0);
    cr_assert_eq(vga.misc_output, 0);
    cr_assert_not(vbe_is_on(&vga.vbe));
    cr_assert_eq(memory[5], 7);
    cr_assert_eq(vga.palette[1][2], 3);
}

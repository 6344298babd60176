// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bench for a VGA: its memory, its registers by their ports, and a text mode of 80 by 25 with 8 dots.
#ifndef TESTS_DEVICES_DISPLAY_RIG_H
#define TESTS_DEVICES_DISPLAY_RIG_H

#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/vga.h"

#define RIG_MEMORY (1u << 20)

enum { SEQUENCER = 0x3c4, GRAPHICS = 0x3ce, CRTC = 0x3d4, ATTRIBUTE = 0x3c0 };

static struct vga vga;
static struct bus bus;
static uint8_t memory[RIG_MEMORY];

static inline void rig_open(void)
{
    memset(memory, 0, sizeof memory);
    bus_init(&bus);
    vga_init(&vga, &bus, memory, RIG_MEMORY);
    vga_port_write(&vga, 0x3c2, 0x63, 0); // colour, RAM on
}

static inline void set(unsigned port, unsigned index, unsigned value)
{
    vga_port_write(&vga, port, (uint8_t)index, 0);
    vga_port_write(&vga, port + 1, (uint8_t)value, 0);
}

static inline unsigned get(unsigned port, unsigned index)
{
    vga_port_write(&vga, port, (uint8_t)index, 0);
    return vga_port_read(&vga, port + 1, 0);
}

static inline void set_attribute(unsigned index, unsigned value)
{
    vga_port_read(&vga, 0x3da, 0);
    vga_port_write(&vga, ATTRIBUTE, (uint8_t)index, 0);
    vga_port_write(&vga, ATTRIBUTE, (uint8_t)value, 0);
    vga_port_write(&vga, ATTRIBUTE, 0x20, 0); // the picture is on
    vga_port_read(&vga, 0x3da, 0);
}

static inline void set_colour(unsigned index, unsigned red, unsigned green, unsigned blue)
{
    vga_port_write(&vga, 0x3c8, (uint8_t)index, 0);
    vga_port_write(&vga, 0x3c9, (uint8_t)red, 0);
    vga_port_write(&vga, 0x3c9, (uint8_t)green, 0);
    vga_port_write(&vga, 0x3c9, (uint8_t)blue, 0);
}

// Timings of 640 by 400 at 70 Hz, of IBM's tables.
static inline void set_timings(void)
{
    static const uint8_t crtc[] = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x20, 0x0e, 0x00,
                                    0x00, 0x00, 0x00, 0x9c, 0x0e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff };
    for (unsigned i = 0; i < countof(crtc); i++)
        set(CRTC, i, crtc[i]);
}

// Colours 0 to 15 are (i, 2 i, 3 i), and the palette is straight.
static inline void set_palette(void)
{
    for (unsigned i = 0; i < 16; i++) {
        set_colour(i, i, 2 * i, 3 * i);
        set_attribute(i, i);
    }
    set_attribute(VGA_PLANE_ENABLE, 15);
}

static inline uint32_t colour(unsigned index)
{
    uint8_t rgb[3] = { (uint8_t)index, (uint8_t)(2 * index), (uint8_t)(3 * index) };
    return picture_colour6(rgb);
}

static inline void set_text_mode(void)
{
    set(SEQUENCER, VGA_CLOCKING_MODE, VGA_EIGHT_DOTS);
    set(SEQUENCER, VGA_MAP_MASK, 3);
    set(SEQUENCER, VGA_MEMORY_MODE, 2);
    set(GRAPHICS, VGA_MODE, VGA_HOST_ODD_EVEN);
    set(GRAPHICS, VGA_MISCELLANEOUS, 0x0e);
    set(GRAPHICS, VGA_BIT_MASK, 0xff);
    set_timings();
    set_palette();
}

static inline void write_window(uint64_t offset, unsigned size, uint64_t value)
{
    vga_window_write(&vga, offset, size, value, 0);
}

static inline uint64_t read_window(uint64_t offset, unsigned size)
{
    return vga_window_read(&vga, offset, size, 0);
}

// Four planes, each byte of which a write reaches.
static inline void set_planar(void)
{
    set(SEQUENCER, VGA_MAP_MASK, 15);
    set(SEQUENCER, VGA_MEMORY_MODE, VGA_NO_ODD_EVEN);
    set(GRAPHICS, VGA_MISCELLANEOUS, 0x05);
    set(GRAPHICS, VGA_BIT_MASK, 0xff);
}

static inline uint32_t planes(uint32_t address)
{
    return (uint32_t)bytes_get(memory + 4 * (uint64_t)address, 4);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where the beam is. The first picture begins at time 0, and all are as long as the CRTC's registers say now: the place follows from
// the time and the registers alone.
//
//     <- horizontal display end -><-- blank, retrace ->
//     +--------------------------+--------------------+  \ .
//     |         picture          |                    |   | vertical display end
//     +--------------------------+                    |  /
//     |                            vertical retrace   |     retrace start to end
//     +-----------------------------------------------+     vertical total
//
// Spec: as vga.c, CRT controller registers; the clocks are 25.175 and 28.322 MHz.
#include "base/bits.h"
#include "devices/display/vga.h"

enum { KHZ_25 = 25175, KHZ_28 = 28322 };
#define NS_PER_KILOSECOND UINT64_C(1000000) // ns in a cycle of 1 kHz

// Ten bits of which the upper two are in the overflow register.
static unsigned vertical(const struct vga *vga, unsigned index, unsigned bit8, unsigned bit9)
{
    unsigned overflow = vga->crtc[VGA_OVERFLOW];
    return vga->crtc[index] | (overflow >> bit8 & 1) << 8 | (overflow >> bit9 & 1) << 9;
}

unsigned vga_lines(const struct vga *vga)
{
    return vertical(vga, VGA_VERTICAL_END, 1, 6) + 1;
}

unsigned vga_columns(const struct vga *vga)
{
    return vga->crtc[VGA_HORIZONTAL_END] + 1u;
}

// Dots of the clock in one character.
static unsigned character_dots(const struct vga *vga)
{
    unsigned dots = vga->sequencer[VGA_CLOCKING_MODE] & VGA_EIGHT_DOTS ? 8 : 9;
    return vga->sequencer[VGA_CLOCKING_MODE] & VGA_HALF_CLOCK ? 2 * dots : dots;
}

// From the line where it starts to the next whose low four bits are those of the end.
static bool in_retrace(const struct vga *vga, unsigned line)
{
    unsigned start = vertical(vga, VGA_RETRACE_START, 2, 7);
    unsigned length = (vga->crtc[VGA_RETRACE_END] - start) & 15;
    return line - start < (length ? length : 16);
}

struct vga_beam vga_beam_at(const struct vga *vga, uint64_t now)
{
    uint64_t khz = vga->misc_output & VGA_MISC_CLOCK_28 ? KHZ_28 : KHZ_25;
    uint64_t characters = vga->crtc[VGA_HORIZONTAL_TOTAL] + 5u, lines = vertical(vga, VGA_VERTICAL_TOTAL, 0, 5) + 2u;
    uint64_t line = characters * character_dots(vga), frame = line * lines; // in dots
    // The dot within all pictures: seconds and the rest apart, so that nothing overflows.
    uint64_t whole = now / (1000 * NS_PER_KILOSECOND), rest = now % (1000 * NS_PER_KILOSECOND);
    uint64_t dot = whole * khz * 1000 + rest * khz / NS_PER_KILOSECOND;
    uint64_t within = dot % frame;
    unsigned y = (unsigned)(within / line), x = (unsigned)(within % line / character_dots(vga));
    return (struct vga_beam){ .frame = dot / frame,
                              .display = y < vga_lines(vga) && x < vga_columns(vga),
                              .retrace = in_retrace(vga, y) };
}

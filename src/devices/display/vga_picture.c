// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The picture, line by line, as the CRTC and the attribute controller make it of the memory: IBM, "CRT Controller", "Attribute
// Controller"; for VBE modes see vbe.h.
//
//     each line:  the address of its first character, and the line within the character  ->  8 or 9 dots for each character
//
// Shapes of a character's four bytes, by bits 6:5 of the graphics mode:
//     00  8 dots; bit 7 - i of plane p is bit p of dot i
//     01  8 dots of 2 bits: planes 0 (and 2), then planes 1 (and 3)
//     1x  4 dots of 8 bits, each two dots wide
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/vga.h"

enum { DOTS = 9, COLOURS = 256 };
enum { WORD_MODE_BIT = 12, BYTE_MODE_BIT = 13 }; // the address bit that CGA's modes have the line's bit 0 in

// --- Colours ---------------------------------------------------------------------------------------------------------

void vga_dac_colours(const struct vga *vga, uint32_t colours[256])
{
    bool wide = vga->vbe.registers[VBE_ENABLE] & VBE_8BIT_DAC;
    for (unsigned i = 0; i < COLOURS; i++) {
        const uint8_t *rgb = vga->palette[i & vga->pel_mask];
        colours[i] = wide ? (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2] : picture_colour6(rgb);
    }
}

void vga_attribute_colours(const struct vga *vga, uint32_t colours[16])
{
    uint32_t dac[COLOURS];
    unsigned select = vga->attribute[VGA_COLOUR_SELECT];
    vga_dac_colours(vga, dac);
    for (unsigned i = 0; i < 16; i++) {
        unsigned index = vga->attribute[i & vga->attribute[VGA_PLANE_ENABLE] & 15];
        if (vga->attribute[VGA_ATTRIBUTE_MODE] & VGA_PALETTE_SELECT)
            index = (select & 15) << 4 | (index & 15);
        else
            index = (select & 12) << 4 | (index & 63);
        colours[i] = dac[index];
    }
}

// --- Lines -----------------------------------------------------------------------------------------------------------

bool vga_is_on(const struct vga *vga)
{
    return vga->attribute_index & VGA_PALETTE_SOURCE && !(vga->sequencer[VGA_CLOCKING_MODE] & VGA_SCREEN_OFF);
}

// The picture begins again at address 0 behind the line that is compared.
static unsigned split_after(const struct vga *vga)
{
    return vga->crtc[VGA_LINE_COMPARE] | (vga->crtc[VGA_OVERFLOW] & 0x10u) << 4 |
           (vga->crtc[VGA_MAXIMUM_SCAN] & 0x40u) << 3;
}

static uint32_t crtc_address(const struct vga *vga, unsigned high)
{
    return (uint32_t)vga->crtc[high] << 8 | vga->crtc[high + 1];
}

static unsigned panning(const struct vga *vga)
{
    unsigned pan = vga->attribute[VGA_PIXEL_PANNING];
    if (vga->graphics[VGA_MODE] & VGA_SHIFT_256 && vga_is_graphics(vga))
        return pan & 6;
    if (vga->sequencer[VGA_CLOCKING_MODE] & VGA_EIGHT_DOTS)
        return pan & 7;
    return pan >= 8 ? 0 : pan + 1; // nine dots: 8 is none
}

// In the modes of CGA lines alternate between two or four parts of memory.
static uint32_t interleave(const struct vga *vga, uint32_t address, unsigned scan)
{
    unsigned mode = vga->crtc[VGA_MODE_CONTROL];
    unsigned bit = mode & VGA_BYTE_MODE ? BYTE_MODE_BIT : WORD_MODE_BIT;
    if (!(mode & 1))
        address = (uint32_t)bits_merge(address, (uint64_t)(scan & 1) << bit, BIT64(bit));
    if (!(mode & 2))
        address = (uint32_t)bits_merge(address, (uint64_t)(scan >> 1 & 1) << (bit + 1), BIT64(bit + 1));
    return address;
}

struct vga_line vga_line_at(const struct vga *vga, unsigned y)
{
    unsigned maximum = vga->crtc[VGA_MAXIMUM_SCAN], doubled = maximum & VGA_DOUBLE_SCAN ? 1 : 0;
    unsigned lines = (maximum & 31) + 1, split = split_after(vga);
    uint32_t address = crtc_address(vga, VGA_START_HIGH) + (vga->crtc[VGA_PRESET_ROW_SCAN] >> 5 & 3);
    struct vga_line line = { .pan = panning(vga) };
    unsigned from_top = (y >> doubled) + (vga->crtc[VGA_PRESET_ROW_SCAN] & 31);
    if (y > split) {
        address = 0;
        from_top = (y - split - 1) >> doubled;
        if (vga->attribute[VGA_ATTRIBUTE_MODE] & VGA_PAN_TOP)
            line.pan = 0;
    }
    line.scan = from_top % lines;
    line.address = address + from_top / lines * vga->crtc[VGA_OFFSET] * 2;
    if (vga_is_graphics(vga))
        line.address = interleave(vga, line.address, line.scan);
    return line;
}

// --- Dots ------------------------------------------------------------------------------------------------------------

struct palettes {
    uint32_t attribute[16], dac[COLOURS];
};

static void planar_dots(const uint8_t group[4], const uint32_t colours[16], uint32_t *dots)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned bit = 7 - i;
        unsigned index = (group[0] >> bit & 1) | (group[1] >> bit & 1) << 1 | (group[2] >> bit & 1) << 2 |
                         (group[3] >> bit & 1) << 3;
        dots[i] = colours[index];
    }
}

static void cga_dots(const uint8_t group[4], const uint32_t colours[16], uint32_t *dots)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned plane = i / 4, bit = 6 - 2 * (i % 4);
        dots[i] = colours[(group[plane] >> bit & 3) | (group[plane + 2] >> bit & 3) << 2];
    }
}

static void packed_dots(const uint8_t group[4], const uint32_t colours[COLOURS], uint32_t *dots)
{
    for (unsigned i = 0; i < 8; i++)
        dots[i] = colours[group[i / 2]];
}

static unsigned graphics_dots(const struct vga *vga, uint32_t address, const struct palettes *palettes, uint32_t *dots)
{
    const uint8_t *group = vga->memory + (address * 4 & (vga->size - 1));
    if (vga->graphics[VGA_MODE] & VGA_SHIFT_256)
        packed_dots(group, palettes->dac, dots);
    else if (vga->graphics[VGA_MODE] & VGA_SHIFT_CGA)
        cga_dots(group, palettes->attribute, dots);
    else
        planar_dots(group, palettes->attribute, dots);
    return 8;
}

// A dot of half the clock is two wide. Panning moves the line to the left, so that one character more begins in it.
static void draw_line(const struct vga *vga, unsigned y, struct vga_blink blink, const struct palettes *palettes,
                      const struct intact_picture *picture)
{
    struct vga_line line = vga_line_at(vga, y);
    unsigned wide = vga->sequencer[VGA_CLOCKING_MODE] & VGA_HALF_CLOCK ? 2 : 1;
    uint32_t dots[DOTS], *out = picture->pixels + (size_t)y * picture->width;
    uint32_t x = 0, hidden = line.pan;
    for (uint32_t address = line.address; x < picture->width; address++) {
        unsigned count = vga_is_graphics(vga)
                             ? graphics_dots(vga, address, palettes, dots)
                             : vga_text_dots(vga, address, line.scan, blink, palettes->attribute, dots);
        for (unsigned i = 0; i < count * wide && x < picture->width; i++)
            if (hidden)
                hidden -= i % wide == wide - 1;
            else
                out[x++] = dots[i / wide];
    }
}

static uint32_t dot_width(const struct vga *vga)
{
    bool narrow = vga_is_graphics(vga) || vga->sequencer[VGA_CLOCKING_MODE] & VGA_EIGHT_DOTS;
    return vga_columns(vga) * (narrow ? 8 : 9) * (vga->sequencer[VGA_CLOCKING_MODE] & VGA_HALF_CLOCK ? 2 : 1);
}

static int draw_vga(const struct vga *vga, uint64_t now, struct intact_picture *picture)
{
    struct palettes palettes;
    int result = picture_make(picture, dot_width(vga), vga_lines(vga));
    if (result < 0)
        return result;
    vga_dac_colours(vga, palettes.dac);
    vga_attribute_colours(vga, palettes.attribute);
    for (unsigned y = 0; y < picture->height; y++)
        draw_line(vga, y, vga_blink_at(vga, now), &palettes, picture);
    return 0;
}

// --- VBE -------------------------------------------------------------------------------------------------------------

static void draw_vbe_line(const struct vga *vga, uint32_t at, const struct palettes *palettes, uint32_t *out,
                          uint32_t width)
{
    const uint8_t *bytes = vga->memory + at;
    unsigned bits = vbe_bits(&vga->vbe);
    if (bits == 4)
        for (uint32_t x = 0; x < width; x += 8)
            planar_dots(bytes + x / 2, palettes->attribute, out + x);
    else if (bits == 8)
        for (uint32_t x = 0; x < width; x++)
            out[x] = palettes->dac[bytes[x]];
    else
        picture_decode(out, bytes, width, bits);
}

static int draw_vbe(const struct vga *vga, struct intact_picture *picture)
{
    const struct vbe *vbe = &vga->vbe;
    struct palettes palettes;
    int result = picture_make(picture, vbe->registers[VBE_XRES], vbe->registers[VBE_YRES]);
    if (result < 0)
        return result;
    vga_dac_colours(vga, palettes.dac);
    vga_attribute_colours(vga, palettes.attribute);
    for (uint32_t y = 0; y < picture->height; y++)
        draw_vbe_line(vga, vbe_start(vbe) + y * vbe_line_bytes(vbe), &palettes,
                      picture->pixels + (size_t)y * picture->width, picture->width);
    return 0;
}

// A VBE mode needs no palette source: drivers set it that never touch the VGA's registers.
int vga_picture(const void *owner, uint64_t now, struct intact_picture *picture)
{
    const struct vga *vga = owner;
    if (vbe_is_on(&vga->vbe))
        return draw_vbe(vga, picture);
    if (!vga_is_on(vga))
        return picture_make(picture, DISPLAY_OFF_WIDTH, DISPLAY_OFF_HEIGHT);
    return draw_vga(vga, now, picture);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Text modes: characters in plane 0, attributes in plane 1, glyphs in plane 2, 32 bytes each, up to 8 sets of 256. IBM, "Character
// map select", "Attribute mode control", "Cursor start" and following.
//
// The cursor is on for 8 pictures and off for 8; characters that blink are for 16 and 16, as on IBM's hardware.
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "devices/display/vga.h"

enum { CURSOR_PICTURES = 8, CHARACTER_PICTURES = 16, GLYPH = 32, UNDERLINED = 1, UNDERLINE_COLOUR = 7 };
enum { FIRST_LINE_CHARACTER = 0xc0, LAST_LINE_CHARACTER = 0xdf };

struct vga_blink vga_blink_at(const struct vga *vga, uint64_t now)
{
    uint64_t frame = vga_beam_at(vga, now).frame;
    return (struct vga_blink){ .characters = frame / CHARACTER_PICTURES % 2 == 0,
                               .cursor = frame / CURSOR_PICTURES % 2 == 0 };
}

static const uint8_t *group_at(const struct vga *vga, uint32_t address)
{
    return vga->memory + (address * 4 & (vga->size - 1));
}

// --- Dots ------------------------------------------------------------------------------------------------------------

// Bit 3 of the attribute chooses map A (1) or B (0). A map's number has its upper bit apart.
static uint8_t glyph_line(const struct vga *vga, uint8_t character, uint8_t attribute, unsigned scan)
{
    unsigned select = vga->sequencer[VGA_CHARACTER_MAP];
    unsigned low = attribute & 8 ? select >> 2 & 3 : select & 3,
             high = attribute & 8 ? select >> 5 & 1 : select >> 4 & 1;
    return group_at(vga, low * 0x4000 + high * 0x2000 + character * GLYPH + scan)[2];
}

static bool in_cursor(const struct vga *vga, uint32_t address, unsigned scan)
{
    unsigned start = vga->crtc[VGA_CURSOR_START];
    uint32_t place = (uint32_t)vga->crtc[VGA_CURSOR_HIGH] << 8 | vga->crtc[VGA_CURSOR_LOW];
    return address == place && !(start & VGA_CURSOR_OFF) && scan >= (start & 31) &&
           scan <= (vga->crtc[VGA_CURSOR_END] & 31u);
}

static bool is_underlined(const struct vga *vga, uint8_t attribute, unsigned scan)
{
    return vga->attribute[VGA_ATTRIBUTE_MODE] & VGA_MONO && (attribute & UNDERLINE_COLOUR) == UNDERLINED &&
           scan == (vga->crtc[VGA_UNDERLINE] & 31u);
}

unsigned vga_text_dots(const struct vga *vga, uint32_t address, unsigned scan, struct vga_blink blink,
                       const uint32_t colours[16], uint32_t dots[9])
{
    uint8_t character = group_at(vga, address)[0], attribute = group_at(vga, address)[1];
    unsigned mode = vga->attribute[VGA_ATTRIBUTE_MODE], line = glyph_line(vga, character, attribute, scan) << 1;
    bool blinks = mode & VGA_BLINK, repeats = character >= FIRST_LINE_CHARACTER && character <= LAST_LINE_CHARACTER;
    uint32_t front = colours[attribute & 15], back = colours[attribute >> 4 & (blinks ? 7 : 15)];
    if (mode & VGA_LINE_GRAPHICS && repeats)
        line |= line >> 1 & 1; // the ninth dot is the eighth
    if (is_underlined(vga, attribute, scan))
        line = 0x1ff;
    if (blinks && attribute & 0x80 && !blink.characters)
        line = 0;
    if (blink.cursor && in_cursor(vga, address, scan))
        line = 0x1ff;
    for (unsigned i = 0; i < 9; i++)
        dots[i] = line >> (8 - i) & 1 ? front : back;
    return vga->sequencer[VGA_CLOCKING_MODE] & VGA_EIGHT_DOTS ? 8 : 9;
}

// --- Characters ------------------------------------------------------------------------------------------------------

static unsigned row_height(const struct vga *vga)
{
    unsigned maximum = vga->crtc[VGA_MAXIMUM_SCAN];
    return ((maximum & 31) + 1) << (maximum & VGA_DOUBLE_SCAN ? 1 : 0);
}

static void place_cursor(const struct vga *vga, struct intact_screen_text *text)
{
    uint32_t place = (uint32_t)vga->crtc[VGA_CURSOR_HIGH] << 8 | vga->crtc[VGA_CURSOR_LOW];
    unsigned start = vga->crtc[VGA_CURSOR_START];
    text->cursor = false;
    if (start & VGA_CURSOR_OFF || (start & 31) > (vga->crtc[VGA_CURSOR_END] & 31u))
        return;
    for (uint32_t row = 0; row < text->rows && !text->cursor; row++) {
        uint32_t first = vga_line_at(vga, row * row_height(vga)).address;
        if (place < first || place - first >= text->columns)
            continue;
        text->cursor = true;
        text->cursor_row = row;
        text->cursor_column = place - first;
    }
}

int vga_text(const void *owner, uint64_t now, struct intact_screen_text *text)
{
    const struct vga *vga = owner;
    unsigned height = row_height(vga);
    (void)now;
    *text = (struct intact_screen_text){ 0 };
    if (!vga_is_on(vga) || vga_is_graphics(vga) || vbe_is_on(&vga->vbe))
        return -ENOTSUP;
    text->columns = vga_columns(vga);
    text->rows = (vga_lines(vga) + height - 1) / height;
    text->cells = calloc((size_t)text->columns * text->rows, sizeof *text->cells);
    if (!text->cells)
        return -ENOMEM;
    for (uint32_t row = 0; row < text->rows; row++)
        for (uint32_t column = 0; column < text->columns; column++) {
            const uint8_t *group = group_at(vga, vga_line_at(vga, row * height).address + column);
            text->cells[row * text->columns + column] = (struct intact_screen_cell){ group[0], group[1] };
        }
    vga_attribute_colours(vga, text->colours);
    text->blinking = vga->attribute[VGA_ATTRIBUTE_MODE] & VGA_BLINK;
    place_cursor(vga, text);
    return 0;
}

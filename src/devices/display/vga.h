// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM's VGA: ports, registers, the window at A0000h, and four planes of video memory; with the Bochs VBE extensions (vbe.h).
//
//     3C4h ─ sequencer ────────┐                              ┌─ attribute controller ─ 3C0h
//     3CEh ─ graphics ctrl. ─ planes 0-3 ─ CRTC: addresses ─ dots ─┤
//     A0000h ┘     latches         │         3D4h             └─ DAC ─ 3C6h-3C9h ─ picture
//                                linear framebuffer (BAR 0)
//
// Spec: IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem" (1988); FreeVGA project, register
// descriptions. Register and field names are theirs.
//
// Video memory is host memory of the machine, four bytes to an address of the planes: byte 4 n + p is plane p at n. So a
// chain-4 mode, and the modes of VBE, have their pixels one behind the other, as the linear framebuffer needs them.
#ifndef DEVICES_DISPLAY_VGA_H
#define DEVICES_DISPLAY_VGA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/reg.h"
#include "base/visit.h"
#include "devices/display/display.h"
#include "devices/display/vbe.h"
#include "devices/pci/pci.h"

#define VGA_WINDOW_SIZE 0x20000 // at A0000h; region.widest = 8
#define VGA_PORT_MONO   0x3b4   // ports 3B4h-3BBh; region.widest = 1
#define VGA_PORT        0x3c0   // 3C0h-3CFh
#define VGA_PORT_COLOUR 0x3d4   // 3D4h-3DBh
#define VGA_VBE_PORT    0x1ce   // 1CEh-1D1h; region.widest = 2

enum { VGA_SEQUENCER_COUNT = 5, VGA_GRAPHICS_COUNT = 9, VGA_CRTC_COUNT = 25, VGA_ATTRIBUTE_COUNT = 21 };

enum vga_misc { VGA_MISC_COLOUR = 0x01, VGA_MISC_RAM = 0x02, VGA_MISC_CLOCK_28 = 0x04 };

enum vga_sequencer {
    VGA_CLOCKING_MODE = 1, // bit 0: 8 dots, 3: half the dot clock, 5: screen off
    VGA_MAP_MASK = 2,
    VGA_CHARACTER_MAP = 3,
    VGA_MEMORY_MODE = 4,
};
enum { VGA_EIGHT_DOTS = 0x01, VGA_HALF_CLOCK = 0x08, VGA_SCREEN_OFF = 0x20 };
enum { VGA_NO_ODD_EVEN = 0x04, VGA_CHAIN_4 = 0x08 };

enum vga_graphics {
    VGA_SET_RESET = 0,
    VGA_ENABLE_SET_RESET = 1,
    VGA_COLOUR_COMPARE = 2,
    VGA_DATA_ROTATE = 3,
    VGA_READ_MAP = 4,
    VGA_MODE = 5,
    VGA_MISCELLANEOUS = 6,
    VGA_COLOUR_DO_NOT_CARE = 7,
    VGA_BIT_MASK = 8,
};
enum { VGA_READ_MODE_1 = 0x08, VGA_HOST_ODD_EVEN = 0x10, VGA_SHIFT_CGA = 0x20, VGA_SHIFT_256 = 0x40 };
enum { VGA_GRAPHICS_MODE = 0x01 };

enum vga_crtc {
    VGA_HORIZONTAL_TOTAL = 0x00,
    VGA_HORIZONTAL_END = 0x01,
    VGA_VERTICAL_TOTAL = 0x06,
    VGA_OVERFLOW = 0x07,
    VGA_PRESET_ROW_SCAN = 0x08,
    VGA_MAXIMUM_SCAN = 0x09,
    VGA_CURSOR_START = 0x0a,
    VGA_CURSOR_END = 0x0b,
    VGA_START_HIGH = 0x0c,
    VGA_START_LOW = 0x0d,
    VGA_CURSOR_HIGH = 0x0e,
    VGA_CURSOR_LOW = 0x0f,
    VGA_RETRACE_START = 0x10,
    VGA_RETRACE_END = 0x11, // bit 7: registers 0 to 7 are read-only
    VGA_VERTICAL_END = 0x12,
    VGA_OFFSET = 0x13,
    VGA_UNDERLINE = 0x14,
    VGA_MODE_CONTROL = 0x17,
    VGA_LINE_COMPARE = 0x18,
};
enum { VGA_DOUBLE_SCAN = 0x80, VGA_CURSOR_OFF = 0x20, VGA_PROTECT = 0x80, VGA_BYTE_MODE = 0x40 };

enum vga_attribute {
    VGA_ATTRIBUTE_MODE = 0x10,
    VGA_PLANE_ENABLE = 0x12,
    VGA_PIXEL_PANNING = 0x13,
    VGA_COLOUR_SELECT = 0x14,
};
enum { VGA_MONO = 0x02, VGA_LINE_GRAPHICS = 0x04, VGA_BLINK = 0x08, VGA_PAN_TOP = 0x20, VGA_PALETTE_SELECT = 0x80 };
enum { VGA_PALETTE_SOURCE = 0x20 }; // in the attribute index: the palette is the picture's

enum vga_mistake {
    VGA_BAD_INDEX, // an index without a register was written or read
    VGA_MISTAKES
};

struct vga {
    // General registers.
    uint8_t misc_output, feature_control;
    // Indices, and the registers behind them.
    uint8_t sequencer_index, graphics_index, crtc_index, attribute_index;
    bool attribute_data; // the flip-flop: the next write of 3C0h is data
    uint8_t sequencer[VGA_SEQUENCER_COUNT], graphics[VGA_GRAPHICS_COUNT];
    uint8_t crtc[VGA_CRTC_COUNT], attribute[VGA_ATTRIBUTE_COUNT];
    // DAC.
    uint8_t pel_mask, pel_read, pel_write, pel_part; // the indices, and which of red, green and blue is next
    bool pel_reads;                                  // the last index that was written is the one for reads
    uint8_t palette[256][3];                         // 6 bits each, with VBE_8BIT_DAC 8
    // Memory.
    uint32_t latch; // a byte for each plane, plane 0 lowest
    struct vbe vbe;
    uint32_t mistakes[VGA_MISTAKES];

    // Connections.
    uint8_t *memory;              // video memory
    uint32_t size;                // a power of two, 1 MiB at least
    struct bus *bus;              // it is told when the memory changes
    const struct pci_bar *linear; // the BAR that is the memory; NULL: none
};

void vga_init(struct vga *vga, struct bus *bus, uint8_t *memory, uint32_t size);
void vga_reset(struct vga *vga);
void vga_visit(struct vga *vga, struct visit *v);

// The tables, in the order of the ports: sequencer, graphics controller, CRTC, attribute controller.
struct vga_table {
    const char *title;
    const struct reg *rows;
    unsigned count;
};
#define VGA_TABLES 4
extern const struct vga_table vga_tables[VGA_TABLES];

// --- Ports: `offset` is the port's number ----------------------------------------------------------------------------

uint8_t vga_port_read(struct vga *vga, unsigned port, uint64_t now);
void vga_port_write(struct vga *vga, unsigned port, uint8_t value, uint64_t now);

// A register of VBE, which may clear the memory.
void vga_vbe_write(struct vga *vga, unsigned index, uint16_t value);

// --- Memory (vga_memory.c) -------------------------------------------------------------------------------------------

// The window: accesses of 1 to 8 bytes, done one by one from the lowest.
uint64_t vga_window_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void vga_window_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Bytes of video memory were written.
void vga_memory_written(struct vga *vga, uint32_t offset, uint32_t size);

// --- Time (vga_timing.c) ---------------------------------------------------------------------------------------------

struct vga_beam {
    uint64_t frame; // how many pictures were finished
    bool display;   // it is within the picture
    bool retrace;   // vertical
};
struct vga_beam vga_beam_at(const struct vga *vga, uint64_t now);

// --- Picture (vga_picture.c, vga_text.c) -----------------------------------------------------------------------------

int vga_picture(const void *vga, uint64_t now, struct intact_picture *picture);
int vga_text(const void *vga, uint64_t now, struct intact_screen_text *text);

struct vga_blink {
    bool characters, cursor; // they are to be seen
};
struct vga_blink vga_blink_at(const struct vga *vga, uint64_t now);

static inline bool vga_is_graphics(const struct vga *vga)
{
    return vga->graphics[VGA_MISCELLANEOUS] & VGA_GRAPHICS_MODE;
}
// The picture's palette is in use, and the screen is not switched off.
bool vga_is_on(const struct vga *vga);
unsigned vga_lines(const struct vga *vga);   // of the picture
unsigned vga_columns(const struct vga *vga); // in characters of 8 or 9 dots
// The colours of the 16 attributes.
void vga_attribute_colours(const struct vga *vga, uint32_t colours[16]);
void vga_dac_colours(const struct vga *vga, uint32_t colours[256]);
// A line of the picture: the plane address of its first character, and the line within the character.
struct vga_line {
    uint32_t address;
    unsigned scan, pan;
};
struct vga_line vga_line_at(const struct vga *vga, unsigned y);
// The dots of one character of a text mode in colours; returns their number, 8 or 9.
unsigned vga_text_dots(const struct vga *vga, uint32_t address, unsigned scan, struct vga_blink blink,
                       const uint32_t colours[16], uint32_t dots[9]);

#endif

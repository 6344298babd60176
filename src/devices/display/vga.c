// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Ports and registers of the VGA. IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem": general, sequencer, CRT
// controller, graphics controller, attribute controller, video DAC.
//
// A register whose bits all do what the hardware does, or nothing, is only a row of its table.
//
// Not modelled: the reset and the 16-dot shift of the sequencer, the sense comparator of the DAC (input status 0 is 0), the
// vertical interrupt, the sleep bit at 3C3h, light pen, the word and double-word addressing of the CRTC (the planes are addressed
// as each way of writing needs it), the 64 KiB bit of the memory mode, border (overscan), skews, the display's polarities. Its ports
// and window answer whatever the PCI command register says.
#include "devices/display/vga.h"

#include <string.h>

#include "base/bits.h"

// Ports; those at 3D4h, 3D5h and 3DAh are at 3B4h, 3B5h and 3BAh on a monochrome display.
enum {
    PORT_ATTRIBUTE = 0x3c0,
    PORT_ATTRIBUTE_READ = 0x3c1,
    PORT_MISC = 0x3c2, // read: input status 0
    PORT_SEQUENCER = 0x3c4,
    PORT_PEL_MASK = 0x3c6,
    PORT_PEL_READ = 0x3c7, // read: the DAC's state
    PORT_PEL_WRITE = 0x3c8,
    PORT_PEL_DATA = 0x3c9,
    PORT_FEATURE_READ = 0x3ca,
    PORT_MISC_READ = 0x3cc,
    PORT_GRAPHICS = 0x3ce,
    PORT_CRTC = 0x3d4,
    PORT_STATUS = 0x3da, // write: feature control
    MONO_DISTANCE = PORT_CRTC - VGA_PORT_MONO,
};

enum { STATUS_NO_DISPLAY = 0x01, STATUS_RETRACE = 0x08 };
enum { PEL_STATE_READ = 3, PEL_STATE_WRITE = 0 };
enum { SEQUENCER_INDEX = 0x07, GRAPHICS_INDEX = 0x0f, CRTC_INDEX = 0x3f, ATTRIBUTE_INDEX = 0x3f };
enum { ATTRIBUTE_NUMBER = 0x1f, LINE_COMPARE_8 = 0x10, LAST_PROTECTED = 0x07 };

// --- Tables ----------------------------------------------------------------------------------------------------------

#define ROW(row_name, array, row_index, row_mask)                                                                      \
    {                                                                                                                  \
        row_name, row_index, .widths = REG_8, .mask = (row_mask), REG_FIELD(struct vga, array[row_index])              \
    }
#define SEQUENCER(name, index, mask) ROW(name, sequencer, index, mask)
#define GRAPHICS(name, index, mask)  ROW(name, graphics, index, mask)
#define CRTC(name, index, mask)      ROW(name, crtc, index, mask)
#define ATTRIBUTE(name, index, mask) ROW(name, attribute, index, mask)

static const struct reg sequencer_rows[] = {
    SEQUENCER("Reset", 0x00, 0x03),
    SEQUENCER("Clocking Mode", VGA_CLOCKING_MODE, 0x3d),
    SEQUENCER("Map Mask", VGA_MAP_MASK, 0x0f),
    SEQUENCER("Character Map Select", VGA_CHARACTER_MAP, 0x3f),
    SEQUENCER("Memory Mode", VGA_MEMORY_MODE, 0x0e),
};

static const struct reg graphics_rows[] = {
    GRAPHICS("Set/Reset", VGA_SET_RESET, 0x0f),
    GRAPHICS("Enable Set/Reset", VGA_ENABLE_SET_RESET, 0x0f),
    GRAPHICS("Color Compare", VGA_COLOUR_COMPARE, 0x0f),
    GRAPHICS("Data Rotate", VGA_DATA_ROTATE, 0x1f),
    GRAPHICS("Read Map Select", VGA_READ_MAP, 0x03),
    GRAPHICS("Graphics Mode", VGA_MODE, 0x7b),
    GRAPHICS("Miscellaneous", VGA_MISCELLANEOUS, 0x0f),
    GRAPHICS("Color Don't Care", VGA_COLOUR_DO_NOT_CARE, 0x0f),
    GRAPHICS("Bit Mask", VGA_BIT_MASK, 0xff),
};

static const struct reg crtc_rows[] = {
    CRTC("Horizontal Total", VGA_HORIZONTAL_TOTAL, 0xff),
    CRTC("Horizontal Display Enable End", VGA_HORIZONTAL_END, 0xff),
    CRTC("Start Horizontal Blanking", 0x02, 0xff),
    CRTC("End Horizontal Blanking", 0x03, 0xff),
    CRTC("Start Horizontal Retrace", 0x04, 0xff),
    CRTC("End Horizontal Retrace", 0x05, 0xff),
    CRTC("Vertical Total", VGA_VERTICAL_TOTAL, 0xff),
    CRTC("Overflow", VGA_OVERFLOW, 0xff),
    CRTC("Preset Row Scan", VGA_PRESET_ROW_SCAN, 0x7f),
    CRTC("Maximum Scan Line", VGA_MAXIMUM_SCAN, 0xff),
    CRTC("Cursor Start", VGA_CURSOR_START, 0x3f),
    CRTC("Cursor End", VGA_CURSOR_END, 0x7f),
    CRTC("Start Address High", VGA_START_HIGH, 0xff),
    CRTC("Start Address Low", VGA_START_LOW, 0xff),
    CRTC("Cursor Location High", VGA_CURSOR_HIGH, 0xff),
    CRTC("Cursor Location Low", VGA_CURSOR_LOW, 0xff),
    CRTC("Vertical Retrace Start", VGA_RETRACE_START, 0xff),
    CRTC("Vertical Retrace End", VGA_RETRACE_END, 0xff),
    CRTC("Vertical Display Enable End", VGA_VERTICAL_END, 0xff),
    CRTC("Offset", VGA_OFFSET, 0xff),
    CRTC("Underline Location", VGA_UNDERLINE, 0x7f),
    CRTC("Start Vertical Blanking", 0x15, 0xff),
    CRTC("End Vertical Blanking", 0x16, 0xff),
    CRTC("CRTC Mode Control", VGA_MODE_CONTROL, 0xef),
    CRTC("Line Compare", VGA_LINE_COMPARE, 0xff),
};

static const struct reg attribute_rows[] = {
    { "Palette", 0x00, 1, 16, REG_8, .mask = 0x3f, REG_ARRAY(struct vga, attribute) },
    ATTRIBUTE("Attribute Mode Control", VGA_ATTRIBUTE_MODE, 0xef),
    ATTRIBUTE("Overscan Color", 0x11, 0xff),
    ATTRIBUTE("Color Plane Enable", VGA_PLANE_ENABLE, 0x3f),
    ATTRIBUTE("Horizontal PEL Panning", VGA_PIXEL_PANNING, 0x0f),
    ATTRIBUTE("Color Select", VGA_COLOUR_SELECT, 0x0f),
};

enum { SEQUENCER_TABLE, GRAPHICS_TABLE, CRTC_TABLE, ATTRIBUTE_TABLE };

const struct vga_table vga_tables[VGA_TABLES] = {
    { "VGA: sequencer", sequencer_rows, countof(sequencer_rows) },
    { "VGA: graphics controller", graphics_rows, countof(graphics_rows) },
    { "VGA: CRT controller", crtc_rows, countof(crtc_rows) },
    { "VGA: attribute controller", attribute_rows, countof(attribute_rows) },
};

static uint8_t read_table(struct vga *vga, unsigned table, unsigned index)
{
    uint64_t value;
    if (reg_read(vga_tables[table].rows, vga_tables[table].count, vga, index, 1, 0, &value) == REG_OK)
        return (uint8_t)value;
    vga->mistakes[VGA_BAD_INDEX]++;
    return 0;
}

static void write_table(struct vga *vga, unsigned table, unsigned index, uint8_t value)
{
    if (reg_write(vga_tables[table].rows, vga_tables[table].count, vga, index, 1, value, 0) != REG_OK)
        vga->mistakes[VGA_BAD_INDEX]++;
}

// --- CRTC ------------------------------------------------------------------------------------------------------------

// Bit 8 of the line compare is not protected, so that a screen can be split at any time.
static void write_crtc(struct vga *vga, uint8_t value)
{
    unsigned index = vga->crtc_index;
    if (vga->crtc[VGA_RETRACE_END] & VGA_PROTECT && index <= LAST_PROTECTED) {
        if (index == VGA_OVERFLOW)
            vga->crtc[index] = (uint8_t)bits_merge(vga->crtc[index], value, LINE_COMPARE_8);
        return;
    }
    write_table(vga, CRTC_TABLE, index, value);
}

// --- Attribute controller --------------------------------------------------------------------------------------------

static void write_attribute(struct vga *vga, uint8_t value)
{
    if (vga->attribute_data)
        write_table(vga, ATTRIBUTE_TABLE, vga->attribute_index & ATTRIBUTE_NUMBER, value);
    else
        vga->attribute_index = value & ATTRIBUTE_INDEX;
    vga->attribute_data = !vga->attribute_data;
}

// --- DAC -------------------------------------------------------------------------------------------------------------

// The three parts of a colour, then the next colour.
static void step(struct vga *vga, uint8_t *index)
{
    if (++vga->pel_part < 3)
        return;
    vga->pel_part = 0;
    ++*index;
}

static uint8_t read_pel(struct vga *vga)
{
    uint8_t value = vga->palette[vga->pel_read][vga->pel_part];
    step(vga, &vga->pel_read);
    return value;
}

static void write_pel(struct vga *vga, uint8_t value)
{
    bool wide = vga->vbe.registers[VBE_ENABLE] & VBE_8BIT_DAC;
    vga->palette[vga->pel_write][vga->pel_part] = wide ? value : value & 0x3f;
    step(vga, &vga->pel_write);
}

static void set_pel_index(struct vga *vga, bool reads, uint8_t index)
{
    vga->pel_reads = reads;
    *(reads ? &vga->pel_read : &vga->pel_write) = index;
    vga->pel_part = 0;
}

// --- Ports -----------------------------------------------------------------------------------------------------------

// The port as it is on a colour display; 0: this display does not have it.
static unsigned colour_port(const struct vga *vga, unsigned port)
{
    bool mono = port < VGA_PORT, colour = port >= VGA_PORT_COLOUR;
    bool is_colour = vga->misc_output & VGA_MISC_COLOUR;
    if ((mono && is_colour) || (colour && !is_colour))
        return 0;
    return mono ? port + MONO_DISTANCE : port;
}

static uint8_t read_status(struct vga *vga, uint64_t now)
{
    struct vga_beam beam = vga_beam_at(vga, now);
    vga->attribute_data = false;
    return (uint8_t)((beam.display ? 0 : STATUS_NO_DISPLAY) | (beam.retrace ? STATUS_RETRACE : 0));
}

uint8_t vga_port_read(struct vga *vga, unsigned port, uint64_t now)
{
    switch (colour_port(vga, port)) {
    case PORT_ATTRIBUTE: return vga->attribute_index;
    case PORT_ATTRIBUTE_READ: return read_table(vga, ATTRIBUTE_TABLE, vga->attribute_index & ATTRIBUTE_NUMBER);
    case PORT_MISC: return 0;
    case PORT_SEQUENCER: return vga->sequencer_index;
    case PORT_SEQUENCER + 1: return read_table(vga, SEQUENCER_TABLE, vga->sequencer_index);
    case PORT_PEL_MASK: return vga->pel_mask;
    case PORT_PEL_READ: return vga->pel_reads ? PEL_STATE_READ : PEL_STATE_WRITE;
    case PORT_PEL_WRITE: return vga->pel_write;
    case PORT_PEL_DATA: return read_pel(vga);
    case PORT_FEATURE_READ: return vga->feature_control;
    case PORT_MISC_READ: return vga->misc_output;
    case PORT_GRAPHICS: return vga->graphics_index;
    case PORT_GRAPHICS + 1: return read_table(vga, GRAPHICS_TABLE, vga->graphics_index);
    case PORT_CRTC: return vga->crtc_index;
    case PORT_CRTC + 1: return read_table(vga, CRTC_TABLE, vga->crtc_index);
    case PORT_STATUS: return read_status(vga, now);
    default: return 0xff;
    }
}

void vga_port_write(struct vga *vga, unsigned port, uint8_t value, uint64_t now)
{
    (void)now;
    switch (colour_port(vga, port)) {
    case PORT_ATTRIBUTE: write_attribute(vga, value); break;
    case PORT_MISC: vga->misc_output = value & ~UINT8_C(0x10); break;
    case PORT_SEQUENCER: vga->sequencer_index = value & SEQUENCER_INDEX; break;
    case PORT_SEQUENCER + 1: write_table(vga, SEQUENCER_TABLE, vga->sequencer_index, value); break;
    case PORT_PEL_MASK: vga->pel_mask = value; break;
    case PORT_PEL_READ: set_pel_index(vga, true, value); break;
    case PORT_PEL_WRITE: set_pel_index(vga, false, value); break;
    case PORT_PEL_DATA: write_pel(vga, value); break;
    case PORT_GRAPHICS: vga->graphics_index = value & GRAPHICS_INDEX; break;
    case PORT_GRAPHICS + 1: write_table(vga, GRAPHICS_TABLE, vga->graphics_index, value); break;
    case PORT_CRTC: vga->crtc_index = value & CRTC_INDEX; break;
    case PORT_CRTC + 1: write_crtc(vga, value); break;
    case PORT_STATUS: vga->feature_control = value & 0x03; break;
    default: break;
    }
}

void vga_vbe_write(struct vga *vga, unsigned index, uint16_t value)
{
    if (!vbe_write(&vga->vbe, index, value))
        return;
    uint32_t size = vga->vbe.registers[VBE_YRES] * vbe_line_bytes(&vga->vbe);
    memset(vga->memory, 0, size);
    vga_memory_written(vga, 0, size);
}

// --- Life ------------------------------------------------------------------------------------------------------------

void vga_init(struct vga *vga, struct bus *bus, uint8_t *memory, uint32_t size)
{
    *vga = (struct vga){ .memory = memory, .size = size, .bus = bus };
    vbe_init(&vga->vbe, size);
    vga_reset(vga);
}

// Video memory and the DAC keep what they have.
void vga_reset(struct vga *vga)
{
    vga->misc_output = vga->feature_control = 0;
    vga->sequencer_index = vga->graphics_index = vga->crtc_index = vga->attribute_index = 0;
    vga->attribute_data = vga->pel_reads = false;
    memset(vga->sequencer, 0, sizeof vga->sequencer);
    memset(vga->graphics, 0, sizeof vga->graphics);
    memset(vga->crtc, 0, sizeof vga->crtc);
    memset(vga->attribute, 0, sizeof vga->attribute);
    vga->pel_mask = 0xff;
    vga->pel_read = vga->pel_write = vga->pel_part = 0;
    vga->latch = 0;
    vbe_reset(&vga->vbe);
}

void vga_visit(struct vga *vga, struct visit *v)
{
    VISIT(v, vga->misc_output);
    VISIT(v, vga->feature_control);
    VISIT(v, vga->sequencer_index);
    VISIT(v, vga->graphics_index);
    VISIT(v, vga->crtc_index);
    VISIT(v, vga->attribute_index);
    VISIT(v, vga->attribute_data);
    VISIT_ARRAY(v, vga->sequencer);
    VISIT_ARRAY(v, vga->graphics);
    VISIT_ARRAY(v, vga->crtc);
    VISIT_ARRAY(v, vga->attribute);
    VISIT(v, vga->pel_mask);
    VISIT(v, vga->pel_read);
    VISIT(v, vga->pel_write);
    VISIT_BELOW(v, vga->pel_part, 3);
    VISIT(v, vga->pel_reads);
    v->field(v, "palette", vga->palette, 1, sizeof vga->palette);
    VISIT(v, vga->latch);
    VISIT_ARRAY(v, vga->mistakes);
    VISIT_NESTED(v, "vbe", vbe_visit(&vga->vbe, v));
}

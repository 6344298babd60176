// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See vbe.h.
//
// Not modelled: big-endian framebuffers.
#include "devices/display/vbe.h"

#include <string.h>

#include "base/bits.h"

enum { WHOLE = 8 }; // widths are multiples of so many pixels

#define ROW(row_name, row_index, row_mask)                                                                             \
    [row_index] = { row_name, row_index, .widths = REG_16, .mask = (row_mask),                                         \
                    REG_FIELD(struct vbe, registers[row_index]) }

// Masks: which bits a write can change; the value then has to fit the others.
const struct reg vbe_rows[VBE_REGISTERS] = {
    ROW("ID", VBE_ID, 0x000f),
    ROW("XRES", VBE_XRES, UINT16_MAX),
    ROW("YRES", VBE_YRES, UINT16_MAX),
    ROW("BPP", VBE_BPP, UINT16_MAX),
    ROW("ENABLE", VBE_ENABLE, VBE_ENABLED | VBE_GETCAPS | VBE_8BIT_DAC | VBE_LFB | VBE_NOCLEARMEM),
    ROW("BANK", VBE_BANK, UINT16_MAX),
    ROW("VIRT_WIDTH", VBE_VIRT_WIDTH, UINT16_MAX),
    ROW("VIRT_HEIGHT", VBE_VIRT_HEIGHT, 0),
    ROW("X_OFFSET", VBE_X_OFFSET, UINT16_MAX),
    ROW("Y_OFFSET", VBE_Y_OFFSET, UINT16_MAX),
    ROW("VIDEO_MEMORY_64K", VBE_VIDEO_MEMORY_64K, 0),
};

void vbe_init(struct vbe *vbe, uint32_t size)
{
    *vbe = (struct vbe){ .size = size };
    vbe_reset(vbe);
}

void vbe_reset(struct vbe *vbe)
{
    memset(vbe->registers, 0, sizeof vbe->registers);
    vbe->index = 0;
    vbe->registers[VBE_ID] = VBE_ID5;
    vbe->registers[VBE_VIDEO_MEMORY_64K] = (uint16_t)(vbe->size >> 16);
}

// --- Modes -----------------------------------------------------------------------------------------------------------

static uint32_t bytes_of(const struct vbe *vbe, uint32_t pixels)
{
    unsigned bits = vbe_bits(vbe) == 15 ? 16 : vbe_bits(vbe);
    return pixels * bits / 8;
}

uint32_t vbe_line_bytes(const struct vbe *vbe)
{
    return bytes_of(vbe, vbe->registers[VBE_VIRT_WIDTH]);
}

uint32_t vbe_start(const struct vbe *vbe)
{
    return vbe->registers[VBE_Y_OFFSET] * vbe_line_bytes(vbe) + bytes_of(vbe, vbe->registers[VBE_X_OFFSET]);
}

static uint16_t within(uint32_t value, uint32_t least, uint32_t most)
{
    return (uint16_t)(value < least ? least : value > most ? most : value);
}

static bool is_depth(unsigned bits)
{
    return bits == 4 || bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
}

// A bank is 64 KiB of the window; with four planes, of each.
static uint16_t last_bank(const struct vbe *vbe)
{
    unsigned planes = vbe_is_on(vbe) && vbe_bits(vbe) == 4 ? 4 : 1;
    return (uint16_t)((vbe->size >> 16) / planes - 1);
}

// All of the picture is in memory: first its width, then as many lines as there is room for, then the offsets.
static void fit(struct vbe *vbe)
{
    uint16_t *r = vbe->registers;
    if (!is_depth(r[VBE_BPP]))
        r[VBE_BPP] = 8;
    r[VBE_BANK] &= last_bank(vbe);
    r[VBE_XRES] = within(r[VBE_XRES] & ~(WHOLE - 1u), WHOLE, VBE_MAX_XRES);
    r[VBE_VIRT_WIDTH] = within(r[VBE_VIRT_WIDTH] & ~(WHOLE - 1u), r[VBE_XRES], VBE_MAX_XRES);
    uint32_t line = vbe_line_bytes(vbe), lines = vbe->size / line;
    r[VBE_VIRT_HEIGHT] = within(lines, 1, UINT16_MAX);
    r[VBE_YRES] = within(r[VBE_YRES], 1, lines < VBE_MAX_YRES ? lines : VBE_MAX_YRES);
    uint32_t room = vbe->size - r[VBE_YRES] * line;
    if ((uint64_t)r[VBE_Y_OFFSET] * line > room)
        r[VBE_Y_OFFSET] = 0;
    if (bytes_of(vbe, r[VBE_X_OFFSET]) > room - r[VBE_Y_OFFSET] * line)
        r[VBE_X_OFFSET] = 0;
}

static bool enable(struct vbe *vbe, uint16_t value)
{
    uint16_t *r = vbe->registers;
    bool begins = value & VBE_ENABLED && !vbe_is_on(vbe);
    r[VBE_ENABLE] = value;
    if (!(value & VBE_ENABLED))
        r[VBE_BANK] = 0;
    if (!begins)
        return false;
    r[VBE_VIRT_WIDTH] = r[VBE_X_OFFSET] = r[VBE_Y_OFFSET] = 0;
    fit(vbe);
    return !(value & VBE_NOCLEARMEM);
}

// --- Registers -------------------------------------------------------------------------------------------------------

uint16_t vbe_read(const struct vbe *vbe, unsigned index)
{
    static const uint16_t most[] = { [VBE_XRES] = VBE_MAX_XRES, [VBE_YRES] = VBE_MAX_YRES, [VBE_BPP] = VBE_MAX_BPP };
    if (index >= VBE_REGISTERS)
        return UINT16_MAX;
    if (vbe->registers[VBE_ENABLE] & VBE_GETCAPS && index < countof(most) && most[index])
        return most[index];
    return vbe->registers[index];
}

bool vbe_write(struct vbe *vbe, unsigned index, uint16_t value)
{
    if (index >= VBE_REGISTERS)
        return false;
    uint16_t *at = &vbe->registers[index];
    value = (uint16_t)bits_merge(*at, value, vbe_rows[index].mask);
    switch ((enum vbe_register)index) {
    case VBE_ID: *at = value <= VBE_ID5 ? value : *at; return false;
    case VBE_ENABLE: return enable(vbe, value);
    case VBE_BANK: *at = value & last_bank(vbe); return false;
    default: break;
    }
    *at = value;
    if (vbe_is_on(vbe))
        fit(vbe);
    return false;
}

// --- State -----------------------------------------------------------------------------------------------------------

// Could a guest have set these values?
static bool is_possible(const struct vbe *vbe)
{
    struct vbe fitting = *vbe;
    if (vbe_is_on(vbe))
        fit(&fitting);
    return vbe->registers[VBE_BANK] <= last_bank(vbe) &&
           memcmp(fitting.registers, vbe->registers, sizeof vbe->registers) == 0;
}

void vbe_visit(struct vbe *vbe, struct visit *v)
{
    VISIT_ARRAY(v, vbe->registers);
    VISIT_VALID(v, vbe->index, is_possible(vbe));
}

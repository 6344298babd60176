// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The window at A0000h. An access names a byte of one plane, or of several at once; the graphics controller is between it and
// them: IBM, "Graphics Controller": write modes, read modes; "Sequencer": memory mode, map mask.
//
//     way          address a is        planes of a write, of those in the map mask
//     chain-4      n = a / 4           a mod 4
//     odd/even     n = a / 2           a mod 2, and a mod 2 + 2
//     planar       n = a               all
//
// With a mode of VBE of 8 bits or more the window is 64 KiB of the memory as it is, from the bank on.
//
// An access of all planes is one of 32 bits: byte p is plane p (vga.h).
#include <string.h>

#include "base/bits.h"
#include "devices/display/vga.h"

enum { BANK = 0x10000, EVEN_PLANES = 0x00ff00ff };
#define PLANES UINT32_C(0x01010101) // times a byte: the byte in each plane

// Code that vCPUs have decoded from the framebuffer is dropped.
void vga_memory_written(struct vga *vga, uint32_t offset, uint32_t size)
{
    bus_ram_written(vga->bus, vga->memory + offset, size);
    if (vga->linear && vga->linear->mapped && vga->bus->written)
        vga->bus->written(vga->bus->written_owner, vga->linear->region.base + offset, size);
}

// --- Addresses -------------------------------------------------------------------------------------------------------

// Where the window decodes, by bits 3:2 of the miscellaneous register: from A0000h on.
static bool decode(const struct vga *vga, uint64_t offset, uint32_t *address)
{
    static const struct {
        uint32_t base, size;
    } maps[] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
    unsigned map = vga->graphics[VGA_MISCELLANEOUS] >> 2 & 3;
    *address = (uint32_t)offset - maps[map].base;
    return vga->misc_output & VGA_MISC_RAM && *address < maps[map].size;
}

static bool is_packed(const struct vga *vga)
{
    return vbe_is_on(&vga->vbe) && vbe_bits(&vga->vbe) != 4;
}

static uint32_t bank(const struct vga *vga)
{
    return vbe_is_on(&vga->vbe) ? (uint32_t)vga->vbe.registers[VBE_BANK] * BANK : 0;
}

static uint32_t packed_offset(const struct vga *vga, uint32_t address)
{
    return (bank(vga) + address) & (vga->size - 1);
}

// The byte of plane 0 of the four.
static uint32_t group(const struct vga *vga, uint32_t address, unsigned shift)
{
    return ((bank(vga) + address) >> shift << 2) & (vga->size - 1);
}

// A mask with the bytes of those planes.
static uint32_t plane_mask(unsigned planes)
{
    return ((planes & 1) | (planes & 2) << 7 | (planes & 4) << 14 | (planes & 8) << 21) * 0xff;
}

static uint32_t load(const struct vga *vga, uint32_t at)
{
    return (uint32_t)bytes_get(vga->memory + at, 4);
}

// --- Reads -----------------------------------------------------------------------------------------------------------

// Read mode 1: a bit is 1 where the planes that are compared have the colour.
static uint8_t compare(const struct vga *vga)
{
    uint32_t wrong = (vga->latch ^ plane_mask(vga->graphics[VGA_COLOUR_COMPARE])) &
                     plane_mask(vga->graphics[VGA_COLOUR_DO_NOT_CARE]);
    return (uint8_t) ~(wrong | wrong >> 8 | wrong >> 16 | wrong >> 24);
}

static uint8_t read_byte(struct vga *vga, uint32_t address)
{
    unsigned plane = vga->graphics[VGA_READ_MAP], shift = 0;
    if (is_packed(vga))
        return vga->memory[packed_offset(vga, address)];
    if (vga->sequencer[VGA_MEMORY_MODE] & VGA_CHAIN_4) {
        plane = address & 3;
        shift = 2;
    } else if (vga->graphics[VGA_MODE] & VGA_HOST_ODD_EVEN) {
        plane = (plane & 2) | (address & 1);
        shift = 1;
    }
    vga->latch = load(vga, group(vga, address, shift));
    return vga->graphics[VGA_MODE] & VGA_READ_MODE_1 ? compare(vga) : (uint8_t)(vga->latch >> (8 * plane));
}

uint64_t vga_window_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct vga *vga = owner;
    uint64_t value = 0;
    uint32_t address;
    (void)now;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)(decode(vga, offset + i, &address) ? read_byte(vga, address) : 0xff) << (8 * i);
    return value;
}

// --- Writes ----------------------------------------------------------------------------------------------------------

static uint32_t rotate(const struct vga *vga, uint8_t value)
{
    unsigned count = vga->graphics[VGA_DATA_ROTATE] & 7;
    return (uint8_t)(value >> count | value << (8 - count));
}

static uint32_t combine(const struct vga *vga, uint32_t value)
{
    switch (vga->graphics[VGA_DATA_ROTATE] >> 3 & 3) {
    case 1: return value & vga->latch;
    case 2: return value | vga->latch;
    case 3: return value ^ vga->latch;
    default: return value;
    }
}

// What the graphics controller makes of a byte, for all four planes.
static uint32_t prepare(const struct vga *vga, uint8_t value)
{
    uint32_t set = plane_mask(vga->graphics[VGA_SET_RESET]), bits = vga->graphics[VGA_BIT_MASK] * PLANES, data;
    switch (vga->graphics[VGA_MODE] & 3) {
    case 0:
        data = (uint32_t)bits_merge(rotate(vga, value) * PLANES, set, plane_mask(vga->graphics[VGA_ENABLE_SET_RESET]));
        break;
    case 1: return vga->latch;
    case 2: data = plane_mask(value); break;
    default:
        data = set;
        bits &= rotate(vga, value) * PLANES;
        break;
    }
    return (uint32_t)bits_merge(vga->latch, combine(vga, data), bits);
}

static void write_planes(struct vga *vga, uint32_t at, uint32_t mask, uint8_t value)
{
    mask &= plane_mask(vga->sequencer[VGA_MAP_MASK]);
    if (!mask)
        return;
    bytes_put(vga->memory + at, 4, bits_merge(load(vga, at), prepare(vga, value), mask));
    vga_memory_written(vga, at, 4);
}

static void write_byte(struct vga *vga, uint32_t address, uint8_t value)
{
    if (is_packed(vga)) {
        uint32_t at = packed_offset(vga, address);
        vga->memory[at] = value;
        vga_memory_written(vga, at, 1);
    } else if (vga->sequencer[VGA_MEMORY_MODE] & VGA_CHAIN_4) {
        write_planes(vga, group(vga, address, 2), UINT32_C(0xff) << (8 * (address & 3)), value);
    } else if (!(vga->sequencer[VGA_MEMORY_MODE] & VGA_NO_ODD_EVEN)) {
        write_planes(vga, group(vga, address, 1), (uint32_t)EVEN_PLANES << (8 * (address & 1)), value);
    } else {
        write_planes(vga, group(vga, address, 0), UINT32_MAX, value);
    }
}

void vga_window_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct vga *vga = owner;
    uint32_t address;
    (void)now;
    for (unsigned i = 0; i < size; i++)
        if (decode(vga, offset + i, &address))
            write_byte(vga, address, (uint8_t)(value >> (8 * i)));
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The "Bochs VBE extensions": modes of any size with 4 to 32 bits for each pixel, by ten registers of 16 bits. Spec: Bochs,
// "VBE Display API" (bochs.sourceforge.io/techspec/vbe_ext.html); QEMU, docs/specs/standard-vga.
//
//     1CEh  index        1CFh, on a PC also 1D0h  data
//
// A value that cannot be shown is changed to one that can, as soon as the extensions are enabled; drivers read back what became
// of theirs.
#ifndef DEVICES_DISPLAY_VBE_H
#define DEVICES_DISPLAY_VBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reg.h"
#include "base/visit.h"

enum vbe_register {
    VBE_ID,
    VBE_XRES,
    VBE_YRES,
    VBE_BPP,
    VBE_ENABLE,
    VBE_BANK,
    VBE_VIRT_WIDTH,
    VBE_VIRT_HEIGHT,
    VBE_X_OFFSET,
    VBE_Y_OFFSET,
    VBE_VIDEO_MEMORY_64K,
    VBE_REGISTERS
};

enum vbe_enable {
    VBE_ENABLED = 0x01,
    VBE_GETCAPS = 0x02, // XRES, YRES and BPP read as the largest values
    VBE_8BIT_DAC = 0x20,
    VBE_LFB = 0x40,
    VBE_NOCLEARMEM = 0x80,
};

enum { VBE_ID0 = 0xb0c0, VBE_ID5 = 0xb0c5 };
enum { VBE_MAX_XRES = 16000, VBE_MAX_YRES = 12000, VBE_MAX_BPP = 32 };

struct vbe {
    uint16_t index;
    uint16_t registers[VBE_REGISTERS];
    uint32_t size; // of the video memory
};

extern const struct reg vbe_rows[VBE_REGISTERS];

void vbe_init(struct vbe *vbe, uint32_t size);
void vbe_reset(struct vbe *vbe);
void vbe_visit(struct vbe *vbe, struct visit *v);

// A register by its number; one that does not exist reads as ones. True of vbe_write: a mode was set, and its memory is to be cleared.
uint16_t vbe_read(const struct vbe *vbe, unsigned index);
bool vbe_write(struct vbe *vbe, unsigned index, uint16_t value);

static inline bool vbe_is_on(const struct vbe *vbe)
{
    return vbe->registers[VBE_ENABLE] & VBE_ENABLED;
}

static inline unsigned vbe_bits(const struct vbe *vbe)
{
    return vbe->registers[VBE_BPP];
}

// Bytes from one line to the next (with 4 bits: of one plane, times four), and of the first line.
uint32_t vbe_line_bytes(const struct vbe *vbe);
uint32_t vbe_start(const struct vbe *vbe);

#endif

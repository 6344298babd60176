// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a device that shows something answers: its picture, and its text. A board asks the first such device it has.
//
//     vga.c          registers and ports of a VGA
//     vga_memory.c   its window at A0000h, with latches and write modes
//     vga_timing.c   where its beam is, by virtual time
//     vga_picture.c  its picture;  vga_text.c  its characters
//     vbe.c          the Bochs VBE extensions
//     display_pci.c  the PCI functions VGA and bochs-display
//     edid.c         what the monitor says about itself
//     ramfb.c        a picture in guest memory, described through fw_cfg
#ifndef DEVICES_DISPLAY_DISPLAY_H
#define DEVICES_DISPLAY_DISPLAY_H

#include <stdint.h>

#include <intact/screen.h>

// Both return what the functions of intact/screen.h do. `owner` is the device, which they do not change.
struct display {
    int (*picture)(const void *owner, uint64_t now, struct intact_picture *picture);
    int (*text)(const void *owner, uint64_t now, struct intact_screen_text *text);
    const void *owner;
};

// A black picture of 1 to INTACT_PICTURE_SIDE_MAX pixels in each direction. -ENOMEM.
int picture_make(struct intact_picture *picture, uint32_t width, uint32_t height);

// What is shown where no mode was set: black.
#define DISPLAY_OFF_WIDTH  640
#define DISPLAY_OFF_HEIGHT 480

// Pixels of 15 to 32 bits, little-endian, as 0x00RRGGBB: 15: 1:5:5:5, 16: 5:6:5, 24 and 32: blue first.
void picture_decode(uint32_t *out, const uint8_t *in, uint32_t count, unsigned bits);

// A colour of 6 bits for each component as 0x00RRGGBB, each with its upper bits repeated below, so that 3Fh is FFh.
static inline uint32_t picture_colour6(const uint8_t rgb[3])
{
    uint32_t colour = 0;
    for (unsigned i = 0; i < 3; i++)
        colour = colour << 8 | (uint32_t)(rgb[i] & 0x3f) << 2 | (rgb[i] & 0x3f) >> 4;
    return colour;
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See edid.h. Section numbers are of the standard.
//
// Not modelled: extension blocks.
#include "devices/display/edid.h"

#include <string.h>

enum { REFRESH = 60, PIXELS_PER_CM = 40, MM_PER_CM = 10 };
enum { TIMING = 54, DESCRIPTORS = 72, DESCRIPTOR = 18, CHECKSUM = 127 };

// 3.10.2: the blank parts are a fifth of the width, and a thirtieth of the height.
static void put_timing(uint8_t *at, unsigned width, unsigned height)
{
    unsigned wide_blank = width / 5 & ~7u, high_blank = height / 30 + 8, front = wide_blank / 4, sync = wide_blank / 4;
    unsigned width_mm = width * MM_PER_CM / PIXELS_PER_CM, height_mm = height * MM_PER_CM / PIXELS_PER_CM;
    unsigned clock = (unsigned)((uint64_t)(width + wide_blank) * (height + high_blank) * REFRESH / 10000);
    at[0] = (uint8_t)clock; // in 10 kHz
    at[1] = (uint8_t)(clock >> 8);
    at[2] = (uint8_t)width;
    at[3] = (uint8_t)wide_blank;
    at[4] = (uint8_t)(width >> 8 << 4 | wide_blank >> 8);
    at[5] = (uint8_t)height;
    at[6] = (uint8_t)high_blank;
    at[7] = (uint8_t)(height >> 8 << 4 | high_blank >> 8);
    at[8] = (uint8_t)front;
    at[9] = (uint8_t)sync;
    at[10] = 3 << 4 | 4; // vertical: front porch and sync, in lines
    at[11] = (uint8_t)(front >> 8 << 6 | sync >> 8 << 4);
    at[12] = (uint8_t)width_mm;
    at[13] = (uint8_t)height_mm;
    at[14] = (uint8_t)(width_mm >> 8 << 4 | height_mm >> 8);
    at[17] = 0x18; // digital, separate syncs
}

// 3.10.3: a text descriptor, or one that says that nothing is there (10h).
static void put_descriptor(uint8_t *at, uint8_t tag, const char *text)
{
    size_t length = strlen(text);
    memset(at, 0, DESCRIPTOR);
    at[3] = tag;
    if (!length)
        return;
    memset(at + 5, ' ', DESCRIPTOR - 5);
    memcpy(at + 5, text, length);
    at[5 + length] = '\n';
}

void edid_make(uint8_t edid[EDID_SIZE], unsigned width, unsigned height)
{
    static const uint8_t header[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
    static const uint8_t identity[] = { 0x25, 0xd4, 0x01, 0x00, 0, 0, 0, 0, 0, 36, 1, 4 }; // "INT", of 2026, EDID 1.4
    // 3.7: red, green, blue and white of sRGB, ten bits each
    static const uint8_t colours[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    uint8_t sum = 0;
    memset(edid, 0, EDID_SIZE);
    memcpy(edid, header, sizeof header);
    memcpy(edid + 8, identity, sizeof identity);
    edid[20] = 0xa5; // digital, 8 bits for each colour, DisplayPort
    edid[21] = (uint8_t)(width / PIXELS_PER_CM);
    edid[22] = (uint8_t)(height / PIXELS_PER_CM);
    edid[23] = 120;  // gamma 2.2
    edid[24] = 0x06; // sRGB; the first timing is the best mode
    memcpy(edid + 25, colours, sizeof colours);
    edid[35] = 0x21;             // 640x480 and 800x600 at 60 Hz
    edid[36] = 0x08;             // 1024x768 at 60 Hz
    memset(edid + 38, 0x01, 16); // no standard timings
    put_timing(edid + TIMING, width, height);
    put_descriptor(edid + DESCRIPTORS, 0xfc, "Intact");
    put_descriptor(edid + DESCRIPTORS + DESCRIPTOR, 0x10, "");
    put_descriptor(edid + DESCRIPTORS + 2 * DESCRIPTOR, 0x10, "");
    for (unsigned i = 0; i < CHECKSUM; i++)
        sum += edid[i];
    edid[CHECKSUM] = (uint8_t)-sum;
}

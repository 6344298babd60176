// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Pictures: making one, and pixels of several sizes in memory.
#include "devices/display/display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

int picture_make(struct intact_picture *picture, uint32_t width, uint32_t height)
{
    *picture = (struct intact_picture){ 0 };
    uint32_t *pixels = calloc((size_t)width * height, sizeof *pixels);
    if (!pixels)
        return -ENOMEM;
    *picture = (struct intact_picture){ width, height, pixels };
    return 0;
}

// `bits` bits as eight: the upper ones follow again below.
static uint32_t widen(uint32_t value, unsigned bits)
{
    value &= (1u << bits) - 1;
    return value << (8 - bits) | value >> (2 * bits - 8);
}

static uint32_t colour(uint32_t value, unsigned bits)
{
    unsigned green = bits == 16 ? 6 : 5;
    return widen(value >> (5 + green), 5) << 16 | widen(value >> 5, green) << 8 | widen(value, 5);
}

void picture_decode(uint32_t *out, const uint8_t *in, uint32_t count, unsigned bits)
{
    unsigned bytes = (bits + 7) / 8;
    for (uint32_t i = 0; i < count; i++, in += bytes) {
        uint32_t value = (uint32_t)bytes_get(in, bytes);
        out[i] = bytes == 2 ? colour(value, bits) : value & 0xffffff;
    }
}

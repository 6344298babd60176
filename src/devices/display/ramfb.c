// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ramfb.h. What cannot be shown is black: a format that is not listed, a size of 0 or above INTACT_PICTURE_SIDE_MAX, a line that
// is not all in memory.
#include "devices/display/ramfb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

#define FOURCC(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

struct shown {
    uint64_t address, stride;
    uint32_t width, height;
    unsigned bits;
};

static unsigned bits_of(uint32_t format)
{
    switch (format) {
    case FOURCC('X', 'R', '2', '4'):
    case FOURCC('A', 'R', '2', '4'): return 32;
    case FOURCC('R', 'G', '2', '4'): return 24;
    case FOURCC('R', 'G', '1', '6'): return 16;
    case FOURCC('X', 'R', '1', '5'): return 15;
    default: return 0;
    }
}

static uint32_t word(const struct ramfb *ramfb, unsigned offset)
{
    return __builtin_bswap32((uint32_t)bytes_get(ramfb->config + offset, 4));
}

static bool is_side(uint32_t pixels)
{
    return pixels >= 1 && pixels <= INTACT_PICTURE_SIDE_MAX;
}

static bool read_config(const struct ramfb *ramfb, struct shown *shown)
{
    *shown = (struct shown){ .address = (uint64_t)word(ramfb, 0) << 32 | word(ramfb, 4),
                             .bits = bits_of(word(ramfb, 8)),
                             .width = word(ramfb, 16),
                             .height = word(ramfb, 20),
                             .stride = word(ramfb, 24) };
    if (!shown->stride)
        shown->stride = (uint64_t)shown->width * ((shown->bits + 7) / 8);
    return shown->bits && is_side(shown->width) && is_side(shown->height);
}

int ramfb_picture(const void *owner, uint64_t now, struct intact_picture *picture)
{
    const struct ramfb *ramfb = owner;
    struct shown shown;
    (void)now;
    if (!read_config(ramfb, &shown))
        return picture_make(picture, DISPLAY_OFF_WIDTH, DISPLAY_OFF_HEIGHT);
    size_t bytes = (size_t)shown.width * ((shown.bits + 7) / 8);
    uint8_t *line = malloc(bytes);
    int result = line ? picture_make(picture, shown.width, shown.height) : -ENOMEM;
    for (uint32_t y = 0; result == 0 && y < shown.height; y++)
        if (bus_read_memory(ramfb->memory, shown.address + y * shown.stride, line, bytes))
            picture_decode(picture->pixels + (size_t)y * shown.width, line, shown.width, shown.bits);
    free(line);
    return result;
}

void ramfb_init(struct ramfb *ramfb, struct bus *memory)
{
    *ramfb = (struct ramfb){ .memory = memory };
}

void ramfb_reset(struct ramfb *ramfb)
{
    memset(ramfb->config, 0, sizeof ramfb->config);
}

void ramfb_visit(struct ramfb *ramfb, struct visit *v)
{
    VISIT_ARRAY(v, ramfb->config);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ramfb: pictures in guest memory, and descriptions of what cannot be shown.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/ramfb.h"

#define RAM UINT64_C(0x80000000)

static struct ramfb ramfb;
static struct bus bus;
static uint8_t memory[0x4000];
static struct region region = { .base = RAM, .size = sizeof memory, .name = "RAM", .ram = memory };
static struct intact_picture picture;

static void setup(void)
{
    bus_init(&bus);
    cr_assert_eq(bus_add(&bus, &region), 0);
    memset(memory, 0, sizeof memory);
    ramfb_init(&ramfb, &bus);
}

static void teardown(void)
{
    free(picture.pixels);
}

TestSuite(ramfb, .init = setup, .fini = teardown);

static void draw(uint64_t address, const char *format, uint32_t width, uint32_t height, uint32_t stride)
{
    const uint32_t words[] = { (uint32_t)(address >> 32), (uint32_t)address, 0, 0, width, height, stride };
    for (unsigned i = 0; i < countof(words); i++)
        bytes_put(ramfb.config + 4 * i, 4, __builtin_bswap32(words[i]));
    for (unsigned i = 0; i < 4; i++)
        ramfb.config[8 + i] = (uint8_t)format[3 - i];
    free(picture.pixels);
    cr_assert_eq(ramfb_picture(&ramfb, 0, &picture), 0);
}

static void check_off(const char *why)
{
    cr_assert(picture.width == DISPLAY_OFF_WIDTH && picture.height == DISPLAY_OFF_HEIGHT, "%s", why);
}

Test(ramfb, a_picture_has_its_format_and_stride)
{
    static const struct {
        const char *format;
        unsigned bytes;
        uint64_t value;
        uint32_t colour;
    } rows[] = { { "XR24", 4, 0x99123456, 0x123456 },
                 { "AR24", 4, 0x00123456, 0x123456 },
                 { "RG24", 3, 0x123456, 0x123456 },
                 { "RG16", 2, 0xf81f, 0xff00ff },
                 { "XR15", 2, 0x83e0, 0x00ff00 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        memset(memory, 0, sizeof memory);
        bytes_put(memory + 256 + 100 + 5 * rows[i].bytes, rows[i].bytes, rows[i].value);
        draw(RAM + 100, rows[i].format, 16, 8, 256);
        cr_assert_eq(picture.width, 16);
        cr_assert_eq(picture.height, 8);
        cr_assert_eq(picture.pixels[16 + 5], rows[i].colour, "%s", rows[i].format);
    }
    bytes_put(memory + 4 * 17, 4, 0xabcdef);
    draw(RAM, "XR24", 16, 8, 0);
    cr_assert_eq(picture.pixels[17], 0xabcdef, "without a stride there are no gaps");
}

Test(ramfb, what_cannot_be_shown_is_black)
{
    cr_assert_eq(ramfb_picture(&ramfb, 0, &picture), 0);
    check_off("nothing was written");
    draw(RAM, "XR48", 16, 8, 0);
    check_off("a format");
    draw(RAM, "XR24", 0, 8, 0);
    check_off("a width");
    draw(RAM, "XR24", 16, INTACT_PICTURE_SIDE_MAX + 1, 0);
    check_off("a height");
    memset(memory, 0xff, sizeof memory);
    draw(RAM, "XR24", 1024, 8, 0);
    cr_assert_eq(picture.pixels[3 * 1024], 0xffffff);
    cr_assert_eq(picture.pixels[4 * 1024], 0, "lines that are not in memory");
    draw(UINT64_MAX - 100, "XR24", 16, 8, UINT32_MAX);
    cr_assert_eq(picture.pixels[0], 0);
}

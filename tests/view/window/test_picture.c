// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A picture of a grid: each cell has its character's glyph, in its style's colours, and a PNG file is the same every time.
#include "view/window/picture.h"

#include <criterion/criterion.h>
#include <intact/error.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct font font;
static struct grid grid;
static SDL_Surface *surface;
static char why[INTACT_ERROR_SIZE];

static void make(void)
{
    int width, height;
    const struct window_font wish = { .size = 15 };
    cr_assert_eq(font_open(&font, &wish, why), 0, "%s", why);
    cr_assert_eq(grid_init(&grid, 30, 5), 0);
    picture_size(&font, &grid, &width, &height);
    surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_ARGB8888);
    cr_assert(surface);
}

static void unmake(void)
{
    SDL_FreeSurface(surface);
    grid_free(&grid);
    font_close(&font);
}

TestSuite(picture, .init = make, .fini = unmake);

static Uint32 pixel(int x, int y)
{
    return ((const Uint32 *)((const char *)surface->pixels + (size_t)y * (size_t)surface->pitch))[x] & 0xffffff;
}

static Uint32 rgb(SDL_Color colour)
{
    return (Uint32)colour.r << 16 | (Uint32)colour.g << 8 | colour.b;
}

// How much ink a glyph has at a place of a cell, 0 to 255.
static unsigned ink(char character, bool bold, int x, int y)
{
    Uint8 red, green, blue, alpha;
    if (character < FONT_FIRST || character > FONT_LAST)
        return 0;
    const SDL_Surface *glyph = font.glyphs[bold][character - FONT_FIRST];
    if (x >= glyph->w || y >= glyph->h)
        return 0;
    SDL_GetRGBA(((const Uint32 *)((const char *)glyph->pixels + (size_t)y * (size_t)glyph->pitch))[x], glyph->format,
                &red, &green, &blue, &alpha);
    return alpha;
}

// Every pixel that the glyph covers, or leaves alone, has the style's colour.
static bool shows(unsigned column, unsigned line, char character)
{
    const struct picture_style *style = picture_style((enum grid_style)grid_cell(&grid, column, line)->style);
    int left = picture_margin(&font) + (int)column * font.width, top = picture_margin(&font) + (int)line * font.height;
    for (int y = 0; y < font.height; y++)
        for (int x = 0; x < font.width; x++) {
            unsigned covered = ink(character, style->bold, x, y);
            if ((covered == 255 && pixel(left + x, top + y) != rgb(style->ink)) ||
                (covered == 0 && pixel(left + x, top + y) != rgb(style->paper)))
                return false;
        }
    return true;
}

Test(picture, each_cell_has_the_glyph_of_its_character)
{
    struct grid_box box = grid_box(&grid, 0, 0, 30, 5, "IOAPIC 0");
    grid_say(&box, GRID_PLAIN, "%s", "IRR 01h, ISR #$%&'()*+-./:;<=>");
    grid_say(&box, GRID_CHANGED, "%s", "ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_");
    grid_say(&box, GRID_BAR, "%s", "abcdefghijklmnopqrstuvwxyz{|}~");
    grid_say(&box, GRID_CURSOR, "%s", "0123456789 \"`@!?");
    picture_draw(&font, &grid, surface);
    for (unsigned line = 0; line < grid.height; line++)
        for (unsigned column = 0; column < grid.width; column++) {
            const struct grid_cell *cell = grid_cell(&grid, column, line);
            char other = cell->character == 'W' ? 'i' : 'W';
            if (cell->style == GRID_RULE)
                continue;
            cr_assert(shows(column, line, cell->character), "'%c' at %u,%u", cell->character, column, line);
            cr_assert(!shows(column, line, other), "'%c' at %u,%u", other, column, line);
        }
}

Test(picture, a_title_goes_on_as_a_line)
{
    grid_box(&grid, 0, 0, 30, 5, "x");
    picture_draw(&font, &grid, surface);
    int x = picture_margin(&font) + 20 * font.width + 1, y = picture_margin(&font) + font.height / 2;
    cr_assert_eq(pixel(x, y), rgb(picture_style(GRID_RULE)->ink));
    cr_assert_eq(pixel(x, y - font.height / 4), rgb(picture_style(GRID_RULE)->paper));
}

// WCAG 2.1, "relative luminance" and "contrast ratio".
static double part(Uint8 value)
{
    double is = value / 255.0, linear = (is + 0.055) / 1.055;
    return is <= 0.03928 ? is / 12.92 : linear * linear * (0.6 + 0.4 * linear); // near enough to the power of 2.4
}

static double luminance(SDL_Color colour)
{
    return 0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b);
}

Test(picture, text_can_be_read_on_its_paper)
{
    for (int style = 0; style < GRID_STYLES; style++) {
        const struct picture_style *is = picture_style((enum grid_style)style);
        double a = luminance(is->ink) + 0.05, b = luminance(is->paper) + 0.05;
        cr_assert(is->rule || (a > b ? a / b : b / a) >= 4.4, "style %d", style);
    }
}

static size_t read_file(const char *path, void *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file);
    size_t length = fread(bytes, 1, size, file);
    fclose(file);
    return length;
}

Test(picture, a_file_is_a_png_of_the_right_size_and_the_same_every_time)
{
    static char first[200000], second[200000];
    char path[] = "/tmp/intact-picture-XXXXXX";
    const struct window_font wish = { .size = 15 };
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
    struct grid_box box = grid_box(&grid, 0, 0, 30, 5, "CPU 0");
    grid_say(&box, GRID_OPEN, "o IF 1");
    cr_assert_eq(window_write_png(&grid, &wish, path, why), 0, "%s", why);
    size_t length = read_file(path, first, sizeof first);
    cr_assert_eq(window_write_png(&grid, &wish, path, why), 0, "%s", why);
    cr_assert_eq(read_file(path, second, sizeof second), length);
    cr_assert_arr_eq(first, second, length);
    png_image image = { .version = PNG_IMAGE_VERSION };
    cr_assert(png_image_begin_read_from_memory(&image, first, length));
    cr_assert_eq((int)image.width, surface->w);
    cr_assert_eq((int)image.height, surface->h);
    png_image_free(&image);
    unlink(path);
}

Test(picture, a_font_that_cannot_be_used_is_refused)
{
    struct font other;
    cr_assert_eq(font_open(&other, &(struct window_font){ .name = "No Such Font" }, why), -1);
    cr_assert(strstr(why, "there is no font 'No Such Font'; the nearest is '"), "%s", why);
    cr_assert_eq(font_open(&other, &(struct window_font){ .name = "/nowhere.ttf" }, why), -1);
    cr_assert(strstr(why, "cannot use the font '/nowhere.ttf'"), "%s", why);
    cr_assert_eq(window_write_png(&grid, &(struct window_font){ .size = 15 }, "/nowhere/x.png", why), -1);
    cr_assert(strstr(why, "cannot write '/nowhere/x.png'"), "%s", why);
}

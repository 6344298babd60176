// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See picture.h. The hues are those of Okabe and Ito, "Color Universal Design", darker, so that all have a contrast of 4.5 at least
// on their paper (WCAG 2.1, 1.4.3).
#ifdef INTACT_SDL

#include "view/window/picture.h"

#include <intact/error.h>
#include <png.h>
#include <stdio.h>

#define COLOUR(rgb)                                                                                                    \
    {                                                                                                                  \
        (rgb) >> 16 & 255, (rgb) >> 8 & 255, (rgb)&255, 255                                                            \
    }
#define PAPER COLOUR(0xfcfbf7)

static const struct picture_style styles[GRID_STYLES] = {
    [GRID_PLAIN] = { .ink = COLOUR(0x1f2328), .paper = PAPER },
    [GRID_TITLE] = { .ink = COLOUR(0x00558a), .paper = PAPER, .bold = true },
    [GRID_QUIET] = { .ink = COLOUR(0x6b7079), .paper = PAPER },
    [GRID_CHANGED] = { .ink = COLOUR(0xa03c00), .paper = COLOUR(0xfdeedd), .bold = true },
    [GRID_OPEN] = { .ink = COLOUR(0x00694e), .paper = PAPER },
    [GRID_CLOSED] = { .ink = COLOUR(0x8c2f66), .paper = PAPER },
    [GRID_BAR] = { .ink = COLOUR(0xffffff), .paper = COLOUR(0x24425f) },
    [GRID_CURSOR] = { .ink = COLOUR(0x000000), .paper = COLOUR(0xf0e442), .bold = true },
    [GRID_RULE] = { .ink = COLOUR(0x9db4c7), .paper = PAPER, .rule = true },
};

const struct picture_style *picture_style(enum grid_style style)
{
    return &styles[style];
}

int picture_margin(const struct font *font)
{
    return font->width;
}

void picture_size(const struct font *font, const struct grid *grid, int *width, int *height)
{
    *width = (int)grid->width * font->width + 2 * picture_margin(font);
    *height = (int)grid->height * font->height + 2 * picture_margin(font);
}

static Uint32 colour(const SDL_Surface *surface, SDL_Color is)
{
    return SDL_MapRGB(surface->format, is.r, is.g, is.b);
}

static void draw_cell(const struct font *font, const struct grid_cell *cell, SDL_Surface *surface, SDL_Rect place)
{
    const struct picture_style *style = &styles[cell->style];
    SDL_FillRect(surface, &place, colour(surface, style->paper));
    if (style->rule) {
        SDL_Rect line = { place.x, place.y + place.h / 2, place.w, place.h / 16 + 1 };
        SDL_FillRect(surface, &line, colour(surface, style->ink));
    } else if (cell->character >= FONT_FIRST && cell->character <= FONT_LAST) {
        SDL_Surface *glyph = font->glyphs[style->bold][cell->character - FONT_FIRST];
        SDL_Rect from = { 0, 0, place.w, place.h }; // what would reach into the next cell is cut
        SDL_SetSurfaceColorMod(glyph, style->ink.r, style->ink.g, style->ink.b);
        SDL_BlitSurface(glyph, &from, surface, &place);
    }
}

// The bars go up to the edges.
static void draw_bars(const struct font *font, const struct grid *grid, SDL_Surface *surface)
{
    int margin = picture_margin(font), bottom = margin + (int)(grid->height - 1) * font->height;
    SDL_Rect top = { 0, 0, surface->w, margin + font->height }, last = { 0, bottom, surface->w, surface->h - bottom };
    SDL_FillRect(surface, &top, colour(surface, styles[GRID_BAR].paper));
    SDL_FillRect(surface, &last, colour(surface, styles[GRID_BAR].paper));
}

SDL_Rect picture_draw_line(const struct font *font, const struct grid *grid, unsigned line, SDL_Surface *surface)
{
    int left = picture_margin(font), top = left + (int)line * font->height;
    for (unsigned column = 0; column < grid->width; column++) {
        SDL_Rect place = { left + (int)column * font->width, top, font->width, font->height };
        draw_cell(font, grid_cell(grid, column, line), surface, place);
    }
    return (SDL_Rect){ left, top, (int)grid->width * font->width, font->height };
}

void picture_draw(const struct font *font, const struct grid *grid, SDL_Surface *surface)
{
    SDL_FillRect(surface, NULL, colour(surface, styles[GRID_PLAIN].paper));
    draw_bars(font, grid, surface);
    for (unsigned line = 0; line < grid->height; line++)
        picture_draw_line(font, grid, line, surface);
}

// --- Files -----------------------------------------------------------------------------------------------------------

static int write_surface(const SDL_Surface *surface, const char *path, char *why)
{
    png_image image = { .version = PNG_IMAGE_VERSION,
                        .width = (png_uint_32)surface->w,
                        .height = (png_uint_32)surface->h,
                        .format = PNG_FORMAT_RGB };
    if (png_image_write_to_file(&image, path, 0, surface->pixels, surface->pitch, NULL))
        return 0;
    snprintf(why, INTACT_ERROR_SIZE, "watch: cannot write '%.80s': %s", path, image.message);
    png_image_free(&image);
    return -1;
}

// Drawn in a window's usual format, so that both are equal in every pixel: SDL rounds otherwise for others.
static SDL_Surface *make_picture(const struct font *font, const struct grid *grid)
{
    int width, height;
    picture_size(font, grid, &width, &height);
    SDL_Surface *drawn = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGB888);
    if (!drawn)
        return NULL;
    picture_draw(font, grid, drawn);
    SDL_Surface *surface = SDL_ConvertSurfaceFormat(drawn, SDL_PIXELFORMAT_RGB24, 0);
    SDL_FreeSurface(drawn);
    return surface;
}

int window_write_png(const struct grid *grid, const struct window_font *wish, const char *path, char *why)
{
    struct font font;
    if (font_open(&font, wish, why) < 0)
        return -1;
    SDL_Surface *surface = make_picture(&font, grid);
    int status = surface ? write_surface(surface, path, why) : -1;
    if (!surface)
        snprintf(why, INTACT_ERROR_SIZE, "watch: the host has no memory left");
    SDL_FreeSurface(surface);
    font_close(&font);
    return status;
}

#endif

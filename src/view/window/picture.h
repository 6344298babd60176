// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A grid as a picture: cells with glyphs, in colours that differ for people who see colours otherwise, too (after Okabe and Ito), and
// in their lightness; what they say is said by signs as well.
#ifndef VIEW_WINDOW_PICTURE_H
#define VIEW_WINDOW_PICTURE_H

#include "view/window/font.h"

struct picture_style {
    SDL_Color ink, paper;
    bool bold, rule; // rule: a line is drawn instead of the character
};

const struct picture_style *picture_style(enum grid_style style);

// The pixels around the cells.
int picture_margin(const struct font *font);
// How large a picture is.
void picture_size(const struct font *font, const struct grid *grid, int *width, int *height);
// Draws the whole grid into the upper left corner of a surface, and the rest in the colour of the paper.
void picture_draw(const struct font *font, const struct grid *grid, SDL_Surface *surface);
// One line of it, where the rest is there; returns its place.
SDL_Rect picture_draw_line(const struct font *font, const struct grid *grid, unsigned line, SDL_Surface *surface);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A monospaced font: the files that fontconfig names, and the glyphs of ASCII, drawn once.
#ifndef VIEW_WINDOW_FONT_H
#define VIEW_WINDOW_FONT_H

#define SDL_MAIN_HANDLED // the command has a main of its own
#include <SDL.h>

#include "view/window/window.h"

enum { FONT_FIRST = '!', FONT_LAST = '~' };

struct font {
    int width, height;                                  // of a cell, in pixels
    SDL_Surface *glyphs[2][FONT_LAST - FONT_FIRST + 1]; // white, with alpha; the second row is bold
};

// 0; or -1 with a line in `why` (INTACT_ERROR_SIZE bytes). font_close allows a font that is all 0.
int font_open(struct font *font, const struct window_font *wish, char *why);
void font_close(struct font *font);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The window: a session's grid drawn with a font, for a screen, or as a picture in a file. Whoever includes this sees nothing of
// SDL; without SDL these functions say how to get them (window_none.c).
//
//     picture.c   a grid on a surface, with a font and colours; PNG files
//     font.c      finds the font, and keeps its glyphs
//     window.c    the window, and what its events mean as keys and clicks
//
// Not modelled: characters outside ASCII, as a guest's UTF-8; selecting and copying text.
#ifndef VIEW_WINDOW_WINDOW_H
#define VIEW_WINDOW_WINDOW_H

#include <stdbool.h>

#include "view/grid.h"
#include "view/session.h"

#define WINDOW_FONT_SIZE 16 // pixels, if nothing says otherwise
#define WINDOW_FONT_MIN  6
#define WINDOW_FONT_MAX  96

// A monospaced font.
struct window_font {
    const char *name; // of its family, or of a file, which has a / in it; NULL: the host's monospaced one
    unsigned size;    // pixels, WINDOW_FONT_MIN to WINDOW_FONT_MAX; 0: WINDOW_FONT_SIZE
};

struct window_wish {
    struct window_font font;
    const char *
        keys; // instead of those of a user: they come as events of the window, and it is closed behind the last; or NULL
    bool paced; // a guest at its console is not ahead of the host's clock
};

// Is there a window in this build?
bool window_is_built(void);

// Shows the session until the user ends it. *grid, which is of the wish's size, follows the window's. 0; or -1 with a line in `why`
// (INTACT_ERROR_SIZE bytes).
int window_run(struct session *session, struct grid *grid, const struct window_wish *wish, char *why);

// Writes a grid to a PNG file. 0; or -1 with a line in `why`.
int window_write_png(const struct grid *grid, const struct window_font *font, const char *path, char *why);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A screen of text as cells, for a terminal or a window: each has a character and says what it is, and the face chooses colours.
#ifndef VIEW_GRID_H
#define VIEW_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_style {
    GRID_PLAIN,
    GRID_TITLE,
    GRID_QUIET,   // of less interest
    GRID_CHANGED, // since the last look
    GRID_OPEN,    // lets interrupts pass
    GRID_CLOSED,  // holds them
    GRID_CHOSEN,  // by the cursor
    GRID_STYLES
};

struct grid_cell {
    char character; // ASCII
    uint8_t style;  // enum grid_style
};

#define GRID_MAX_WIDTH  400
#define GRID_MAX_HEIGHT 200

struct grid {
    unsigned width, height; // at most GRID_MAX_WIDTH and GRID_MAX_HEIGHT
    struct grid_cell *cells;
};

// All spaces. -ENOMEM. grid_free allows a grid that is all 0.
int grid_init(struct grid *grid, unsigned width, unsigned height);
void grid_free(struct grid *grid);
void grid_clear(struct grid *grid);

// A part of a grid. Lines are written one below the other, and cut where they do not fit.
struct grid_box {
    struct grid *grid;
    unsigned left, top, width, height;
    unsigned line; // the next one
};

// A box with a title in its first line.
struct grid_box grid_box(struct grid *grid, unsigned left, unsigned top, unsigned width, unsigned height,
                         const char *title);
// False: there is no line left.
bool grid_say(struct grid_box *box, enum grid_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A text of lines, of which those that are too long go on in the next line, two characters to the right.
void grid_say_lines(struct grid_box *box, enum grid_style style, const char *text);
// Lines that are left.
static inline unsigned grid_left(const struct grid_box *box)
{
    return box->height - box->line;
}

// A line of text without spaces at its end, into `text` of `width` + 1 bytes at least.
void grid_text(const struct grid *grid, unsigned line, char *text);

#endif

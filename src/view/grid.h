// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A screen of text as cells, for a terminal or a window: each has a character and says what it is, and the face chooses colours. A
// cell also says what it shows, so that a mouse or a cursor can point to it.
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
    GRID_BAR,     // the first line and the last
    GRID_CURSOR,  // what the user points to
    GRID_RULE,    // of a title, up to the end of its line
    GRID_STYLES
};

// What a cell shows. A grid only keeps it; the kinds are of whoever draws (panes.h). All 0: nothing.
struct grid_target {
    uint8_t kind, part;
    uint32_t index;
};

static inline bool grid_same_target(struct grid_target a, struct grid_target b)
{
    return a.kind == b.kind && a.part == b.part && a.index == b.index;
}

struct grid_cell {
    char character; // ASCII
    uint8_t style;  // enum grid_style
    struct grid_target target;
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
    unsigned line;             // the next one
    struct grid_target target; // of the lines that are written from here on
};

// A box with a title in its first line.
struct grid_box grid_box(struct grid *grid, unsigned left, unsigned top, unsigned width, unsigned height,
                         const char *title);
// The same, whose title shows something.
struct grid_box grid_box_of(struct grid *grid, unsigned left, unsigned top, unsigned width, unsigned height,
                            const char *title, struct grid_target target);
// False: there is no line left.
bool grid_say(struct grid_box *box, enum grid_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// A text of lines, of which those that are too long go on in the next line, two characters to the right.
void grid_say_lines(struct grid_box *box, enum grid_style style, const char *text);
// The `length` characters from `column` on of the line that was written last show something else than the rest of it.
void grid_mark(struct grid_box *box, size_t column, size_t length, struct grid_target target);
// Lines that are left.
static inline unsigned grid_left(const struct grid_box *box)
{
    return box->height - box->line;
}

static inline struct grid_cell *grid_cell(const struct grid *grid, unsigned column, unsigned line)
{
    return &grid->cells[(size_t)line * grid->width + column];
}

// A line of text without spaces at its end, into `text` of `width` + 1 bytes at least.
void grid_text(const struct grid *grid, unsigned line, char *text);

#endif

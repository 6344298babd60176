// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See grid.h.
#include "view/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int grid_init(struct grid *grid, unsigned width, unsigned height)
{
    grid->width = width;
    grid->height = height;
    grid->cells = calloc((size_t)width * height, sizeof *grid->cells);
    if (!grid->cells)
        return -ENOMEM;
    grid_clear(grid);
    return 0;
}

void grid_free(struct grid *grid)
{
    free(grid->cells);
    grid->cells = NULL;
}

void grid_clear(struct grid *grid)
{
    for (size_t i = 0; i < (size_t)grid->width * grid->height; i++)
        grid->cells[i] = (struct grid_cell){ .character = ' ' };
}

// Characters outside ASCII's printable ones, as a guest may print them, become dots.
static void put(struct grid_box *box, const char *text, enum grid_style style)
{
    struct grid_cell *cells = grid_cell(box->grid, box->left, box->top + box->line);
    for (unsigned i = 0; i < box->width; i++) {
        char character = *text ? *text++ : ' ';
        cells[i].character = character < ' ' || character > '~' ? '.' : character;
        cells[i].style = (uint8_t)style;
        cells[i].target = box->target;
    }
    box->line++;
}

void grid_mark(struct grid_box *box, size_t column, size_t length, struct grid_target target)
{
    for (size_t i = column; i < column + length && i < box->width; i++)
        grid_cell(box->grid, box->left + (unsigned)i, box->top + box->line - 1)->target = target;
}

// "-- title ----".
static void put_title(struct grid_box *box, const char *title)
{
    char text[GRID_MAX_WIDTH + 1];
    size_t length = (size_t)snprintf(text, sizeof text, "-- %s ", title);
    put(box, text, GRID_TITLE);
    for (size_t i = 0; i < box->width; i++) {
        struct grid_cell *cell = grid_cell(box->grid, box->left + (unsigned)i, box->top);
        if (i >= 2 && i < length)
            continue;
        cell->character = '-';
        cell->style = GRID_RULE;
    }
}

struct grid_box grid_box_of(struct grid *grid, unsigned left, unsigned top, unsigned width, unsigned height,
                            const char *title, struct grid_target target)
{
    struct grid_box box = {
        .grid = grid, .left = left, .top = top, .width = width, .height = height, .target = target
    };
    if (height && width)
        put_title(&box, title);
    box.target = (struct grid_target){ 0 };
    return box;
}

struct grid_box grid_box(struct grid *grid, unsigned left, unsigned top, unsigned width, unsigned height,
                         const char *title)
{
    return grid_box_of(grid, left, top, width, height, title, (struct grid_target){ 0 });
}

bool grid_say(struct grid_box *box, enum grid_style style, const char *format, ...)
{
    char text[GRID_MAX_WIDTH + 1];
    va_list values;
    if (box->line >= box->height)
        return false;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    put(box, text, style);
    return true;
}

// The characters of `text` that fill a line of `width`: up to its end, or else up to a space, if there is one.
static size_t line_length(const char *text, size_t width)
{
    size_t length = strcspn(text, "\n"), fits = width;
    if (length <= width)
        return length;
    while (fits && text[fits] != ' ')
        fits--;
    return fits ? fits : width;
}

void grid_say_lines(struct grid_box *box, enum grid_style style, const char *text)
{
    unsigned indent = 0;
    while (*text && box->line < box->height && box->width > 2) {
        size_t length = line_length(text, box->width - indent);
        grid_say(box, style, "%*s%.*s", (int)indent, "", (int)length, text);
        text += length;
        indent = *text && *text != '\n' ? 2 : 0;
        text += *text == '\n' || *text == ' ';
    }
}

void grid_text(const struct grid *grid, unsigned line, char *text)
{
    unsigned length = 0;
    for (unsigned i = 0; i < grid->width; i++) {
        text[i] = grid->cells[(size_t)line * grid->width + i].character;
        if (text[i] != ' ')
            length = i + 1;
    }
    text[length] = 0;
}

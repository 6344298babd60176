// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See printed.h. Spec: ECMA-48 5.4 (control sequences), 8.3.39 (ED), 8.3.41 (EL).
#include "view/printed.h"

#include <string.h>

enum { ESCAPE = 27, TAB = 8 };

// The last `height` lines of those that were begun, in a ring.
struct paper {
    char lines[GRID_MAX_HEIGHT + 1][GRID_MAX_WIDTH + 1];
    unsigned width, height; // one more line than the box has: an empty one at the end is not shown
    unsigned row, column;   // of the next character
    unsigned first;         // the row behind the screen that was cleared last
};

static char *line_of(struct paper *paper, unsigned row)
{
    return paper->lines[row % paper->height];
}

static void clear_line(struct paper *paper, unsigned from)
{
    char *line = line_of(paper, paper->row);
    memset(line + from, ' ', paper->width - from);
    line[paper->width] = 0;
}

static void next_line(struct paper *paper)
{
    paper->row++;
    paper->column = 0;
    clear_line(paper, 0);
}

static void put(struct paper *paper, char character)
{
    if (paper->column == paper->width)
        next_line(paper);
    line_of(paper, paper->row)[paper->column++] = character;
}

static void take(struct paper *paper, char character)
{
    switch (character) {
    case '\n': next_line(paper); break;
    case '\r': paper->column = 0; break;
    case '\b': paper->column -= paper->column > 0; break;
    case '\a': break;
    case '\t':
        do
            put(paper, ' ');
        while (paper->column % TAB);
        break;
    default: put(paper, character);
    }
}

// How long the sequence is that begins with an escape; what it clears is cleared.
static size_t take_sequence(struct paper *paper, const char *text, size_t size)
{
    size_t length = 2;
    if (size < 2 || text[1] != '[')
        return size > 2 && (text[1] == '(' || text[1] == ')') ? 3 : length < size ? length : size;
    while (length < size && (text[length] < '@' || text[length] > '~'))
        length++;
    if (length < size && text[length] == 'K' && length == 2)
        clear_line(paper, paper->column);
    if (length < size && text[length] == 'J' && text[2] == '2') {
        next_line(paper);
        paper->first = paper->row;
    }
    return length < size ? length + 1 : size;
}

void printed_draw(const char *text, size_t size, bool cursor, struct grid_box *box)
{
    struct paper paper = { .width = box->width, .height = grid_left(box) + 1 };
    unsigned first = box->line;
    if (!grid_left(box) || !paper.width)
        return;
    clear_line(&paper, 0);
    for (size_t i = 0; i < size;)
        if (text[i] == ESCAPE)
            i += take_sequence(&paper, text + i, size - i);
        else
            take(&paper, text[i++]);
    unsigned end = paper.row + (cursor || paper.column > 0), height = grid_left(box);
    unsigned begin = end > height + paper.first ? end - height : paper.first;
    for (unsigned row = begin; row < end; row++)
        grid_say(box, GRID_PLAIN, "%s", line_of(&paper, row));
    if (cursor) {
        unsigned column = paper.column < paper.width ? paper.column : paper.width - 1;
        struct grid_cell *cell = grid_cell(box->grid, box->left + column, box->top + first + paper.row - begin);
        cell->style = GRID_CURSOR;
        cell->character = cell->character == ' ' ? '_' : cell->character;
    }
}

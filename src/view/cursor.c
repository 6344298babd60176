// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See cursor.h.
#include "view/cursor.h"

static unsigned cells_of(const struct grid *grid)
{
    return grid->width * grid->height;
}

// The number of its first cell in reading order, or the count of cells.
static unsigned head_of(const struct grid *grid, struct grid_target target)
{
    unsigned cell = 0;
    while (cell < cells_of(grid) && !grid_same_target(grid->cells[cell].target, target))
        cell++;
    return cell;
}

static bool is_head(const struct grid *grid, cursor_pane *pane_of, unsigned pane, unsigned cell)
{
    struct grid_target target = grid->cells[cell].target;
    return target.kind && pane_of(target) == pane && head_of(grid, target) == cell;
}

bool cursor_find(const struct grid *grid, struct grid_target target, unsigned *column, unsigned *line)
{
    unsigned cell = head_of(grid, target);
    *column = cell % grid->width;
    *line = cell / grid->width;
    return cell < cells_of(grid);
}

static unsigned distance(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

// The head in a line that is the nearest to a column, or the count of cells.
static unsigned nearest(const struct grid *grid, cursor_pane *pane_of, unsigned pane, unsigned line, unsigned column)
{
    unsigned best = cells_of(grid);
    for (unsigned i = 0; i < grid->width; i++) {
        unsigned cell = line * grid->width + i;
        bool nearer = best == cells_of(grid) || distance(i, column) < distance(best % grid->width, column);
        if (nearer && is_head(grid, pane_of, pane, cell))
            best = cell;
    }
    return best;
}

static unsigned move_lines(const struct grid *grid, cursor_pane *pane_of, unsigned pane, unsigned from, bool down)
{
    unsigned found = cells_of(grid), column = from % grid->width;
    for (unsigned line = from / grid->width; found == cells_of(grid) && (down ? line + 1 < grid->height : line > 0);) {
        line += down ? 1 : -1u;
        found = nearest(grid, pane_of, pane, line, column);
    }
    return found;
}

static unsigned move_cells(const struct grid *grid, cursor_pane *pane_of, unsigned pane, unsigned from, bool right)
{
    for (unsigned cell = from; right ? cell + 1 < cells_of(grid) : cell > 0;) {
        cell += right ? 1 : -1u;
        if (is_head(grid, pane_of, pane, cell))
            return cell;
    }
    return cells_of(grid);
}

bool cursor_move(const struct grid *grid, cursor_pane *pane_of, enum cursor_way way, struct grid_target *target)
{
    unsigned from = head_of(grid, *target), pane = pane_of(*target), found;
    if (from == cells_of(grid))
        return false;
    if (way == CURSOR_UP || way == CURSOR_DOWN)
        found = move_lines(grid, pane_of, pane, from, way == CURSOR_DOWN);
    else
        found = move_cells(grid, pane_of, pane, from, way == CURSOR_RIGHT);
    if (found == cells_of(grid))
        return false;
    *target = grid->cells[found].target;
    return true;
}

bool cursor_next_pane(const struct grid *grid, cursor_pane *pane_of, struct grid_target *target)
{
    unsigned now = target->kind ? pane_of(*target) : 0, best = 0;
    struct grid_target first = { 0 };
    for (unsigned cell = 0; cell < cells_of(grid); cell++) {
        unsigned pane = grid->cells[cell].target.kind ? pane_of(grid->cells[cell].target) : 0;
        // Panes behind this one come before those from the first one on.
        bool better = pane && (!best || (pane > now) > (best > now) || ((pane > now) == (best > now) && pane < best));
        if (!better)
            continue;
        best = pane;
        first = grid->cells[cell].target;
    }
    if (best)
        *target = first;
    return best != 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A cursor on a grid: it stands on a target, which is all cells that show the same, and moves from target to target.
#ifndef VIEW_CURSOR_H
#define VIEW_CURSOR_H

#include "view/grid.h"

enum cursor_way { CURSOR_UP, CURSOR_DOWN, CURSOR_LEFT, CURSOR_RIGHT };

// The pane that a target is in; 0: none.
typedef unsigned cursor_pane(struct grid_target target);

// Moves within the pane. False: there is nothing that way, or the target is not on the grid.
bool cursor_move(const struct grid *grid, cursor_pane *pane_of, enum cursor_way way, struct grid_target *target);
// To the first target of the next pane with a larger number, or else of the first one. False: no pane has any.
bool cursor_next_pane(const struct grid *grid, cursor_pane *pane_of, struct grid_target *target);
// Its first cell. False: it is not on the grid.
bool cursor_find(const struct grid *grid, struct grid_target target, unsigned *column, unsigned *line);

#endif

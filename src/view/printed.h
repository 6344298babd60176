// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest prints, as lines: carriage returns, backspaces and tabs have their effect.
//
// Not modelled: a guest's colours, and places on the screen: escape sequences are left out, but for those that clear a line or the
// screen.
#ifndef VIEW_PRINTED_H
#define VIEW_PRINTED_H

#include "view/grid.h"

// The last lines of the text that fit into the rest of the box, with its target. With `cursor` the next character's place is shown.
void printed_draw(const char *text, size_t size, bool cursor, struct grid_box *box);

#endif

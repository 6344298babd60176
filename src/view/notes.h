// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What there is to say of a part of the screen that the user points to, as lines of text.
#ifndef VIEW_NOTES_H
#define VIEW_NOTES_H

#include "view/grid.h"
#include "view/view.h"

// Of a register or a field, a processor's gate or a wire, by the kinds of panes.h: lines in `text`, `size` bytes, and their title.
// False: of this there is nothing to say.
bool notes_write(const struct view *view, struct grid_target target, char *text, size_t size, const char **title);

// Adds the answer of `intact why` about a source to the text.
void notes_add_why(const struct view *view, const char *source, char *text, size_t size);

#endif

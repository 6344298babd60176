// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A view drawn on a grid: the processor and its gates, wires, one chip with its registers, lives of interrupts, and what a guest
// prints. 80 by 24 cells are enough; more are used.
#ifndef VIEW_PANES_H
#define VIEW_PANES_H

#include "view/grid.h"
#include "view/view.h"

#define PANES_MIN_WIDTH  80
#define PANES_MIN_HEIGHT 24
#define PANES_NOTE       4096

// What the user has chosen to see.
struct panes {
    unsigned cpu;            // whose gates
    unsigned chip;           // an index of the view's chips
    unsigned first_register; // that is shown of it
    unsigned life;           // 0: the newest
    const char *state;       // "stopped", "power off"
    const char *printed;     // the end of what the guest has printed
    size_t printed_size;
    char note[PANES_NOTE]; // an answer, in lines, instead of the lives; empty: none
    bool help;             // the keys, instead of everything else
    bool full;             // the interrupts alone
};

// How many registers of a chip are shown.
unsigned panes_rows(const struct view *view, unsigned chip);
// The whole grid.
void panes_draw(const struct view *view, const struct panes *panes, struct grid *grid);

#endif

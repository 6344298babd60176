// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A view drawn on a grid: the processor and its gates, wires, one chip with its registers, lives of interrupts, and what a guest
// prints. 80 by 24 cells are enough; more are used.
#ifndef VIEW_PANES_H
#define VIEW_PANES_H

#include "view/grid.h"
#include "view/view.h"

// What a cell shows: the kind of its target, and what index and part are with it.
enum panes_target {
    PANES_NOTHING,
    PANES_KEY,      // a key that is named in the last line, or that a title stands for: the key
    PANES_CHIP,     // a chip in the line of all of them: index of the view's chips
    PANES_REGISTER, // its row: index of the view's registers
    PANES_FIELD,    // a field in it: the register, and the index of its field, or of the number whose bits are shown
    PANES_CPU,      // where a processor is: the processor
    PANES_GATE,     // the processor, and the gate
    PANES_CODE,     // the processor, and the instruction
    PANES_WIRE,     // index of the view's wires
    PANES_LEVEL,    // its level, which a hand can change: index of the view's wires
    PANES_LIFE,     // index of the view's lives
    PANES_STATION,  // the life, and the station
    PANES_NOTE,     // an answer
    PANES_PRINTED,  // what the guest prints
};

#define PANES_MIN_WIDTH  80
#define PANES_MIN_HEIGHT 24
#define PANES_NOTE       4096

// What the user has chosen to see.
struct panes {
    unsigned cpu;            // whose gates
    unsigned chip;           // an index of the view's chips
    unsigned first_register; // that is shown of it
    unsigned life;           // 0: the newest
    struct grid_target cursor;
    const char *state;   // "stopped", "power off"
    const char *printed; // the end of what the guest has printed
    size_t printed_size;
    char note[PANES_NOTE];  // an answer, in lines, instead of the lives; empty: none
    const char *note_title; // of it
    bool help;              // the keys, instead of everything else
    bool full;              // the interrupts alone
    bool console;           // what the guest prints has more room, and keys go to the guest
};

// How many registers of a chip are shown.
unsigned panes_rows(const struct view *view, unsigned chip);
// The pane that a target is in, from 1 on, in the order in which the cursor goes through them; 0: none.
unsigned panes_pane_of(struct grid_target target);
// The whole grid.
void panes_draw(const struct view *view, const struct panes *panes, struct grid *grid);

#endif

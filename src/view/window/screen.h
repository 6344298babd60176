// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A window with the guest's screen. What a user types and does with the mouse goes to the guest's keyboard and mouse. Whoever
// includes this sees nothing of SDL; without SDL screen_open says how to get it (screen_none.c).
//
// A click into the window, or Ctrl-Alt-g, gives the mouse to the guest; Ctrl-Alt-g takes it back.
//
// Threads: one for all functions, and not the machine's.
#ifndef VIEW_WINDOW_SCREEN_H
#define VIEW_WINDOW_SCREEN_H

#include <stdbool.h>

#include <intact/machine.h>
#include <intact/screen.h>

struct screen;

// NULL with a line in `why` (INTACT_ERROR_SIZE bytes).
struct screen *screen_open(struct intact_machine *machine, char *why);
// Shows a picture; the window follows its size.
void screen_draw(struct screen *screen, const struct intact_picture *picture);
// Waits up to so many ms for something to do, and does it. False: the user has closed the window.
bool screen_step(struct screen *screen, unsigned milliseconds);
void screen_close(struct screen *screen);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The keys of SDL, by their places, as the guest's.
#ifndef VIEW_WINDOW_SCREEN_KEYS_H
#define VIEW_WINDOW_SCREEN_KEYS_H

#define SDL_MAIN_HANDLED // the command has a main of its own
#include <SDL.h>

// A key of intact/input.h, -1: the guest's keyboard has none there.
int screen_key(SDL_Scancode code);

#endif

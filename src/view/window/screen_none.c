// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See screen.h: without SDL.
#include "view/window/screen.h"

#ifndef INTACT_SDL

#include <intact/error.h>
#include <stdio.h>

struct screen *screen_open(struct intact_machine *machine, char *why)
{
    (void)machine;
    snprintf(
        why, INTACT_ERROR_SIZE,
        "-display sdl: this intact is built without SDL; install SDL2, SDL2_ttf, fontconfig and libpng, and build it "
        "again");
    return NULL;
}

void screen_draw(struct screen *screen, const struct intact_picture *picture)
{
    (void)screen, (void)picture;
}

bool screen_step(struct screen *screen, unsigned milliseconds)
{
    (void)screen, (void)milliseconds;
    return false;
}

void screen_close(struct screen *screen)
{
    (void)screen;
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See window.h: without SDL.
#include "view/window/window.h"

#ifndef INTACT_SDL

#include <intact/error.h>
#include <stdio.h>

static int refuse(char *why, const char *what)
{
    snprintf(why, INTACT_ERROR_SIZE,
             "%s: this intact is built without SDL; install SDL2, SDL2_ttf, fontconfig and libpng (Debian: libsdl2-dev "
             "libsdl2-ttf-dev libfontconfig-dev libpng-dev), and build it again",
             what);
    return -1;
}

bool window_is_built(void)
{
    return false;
}

int window_run(struct session *session, struct grid *grid, const struct window_wish *wish, char *why)
{
    (void)session, (void)grid, (void)wish;
    return refuse(why, "-display sdl");
}

int window_write_png(const struct grid *grid, const struct window_font *font, const char *path, char *why)
{
    (void)grid, (void)font, (void)path;
    return refuse(why, "watch: a picture as PNG");
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -display sdl: the guest's screen in a window (view/window/screen.h).
#include <stdlib.h>

#include <intact/screen.h>

#include "cli/face.h"
#include "view/window/screen.h"

struct shown {
    struct screen *screen;
    struct intact_picture picture;
};

static void look(struct face *face, struct intact_machine *machine)
{
    struct shown *shown = face->own;
    intact_picture_free(&shown->picture);
    intact_machine_picture(machine, &shown->picture);
}

static void draw(struct face *face)
{
    struct shown *shown = face->own;
    if (shown->picture.pixels)
        screen_draw(shown->screen, &shown->picture);
}

static bool step(struct face *face, unsigned milliseconds)
{
    return screen_step(((struct shown *)face->own)->screen, milliseconds);
}

static void end(struct face *face)
{
    struct shown *shown = face->own;
    screen_close(shown->screen);
    intact_picture_free(&shown->picture);
    free(shown);
    face->own = NULL;
}

bool face_window(struct face *face, char *why)
{
    struct shown *shown = calloc(1, sizeof *shown);
    struct screen *screen = shown ? screen_open(face->machine, why) : NULL;
    if (!screen) {
        free(shown);
        return false;
    }
    shown->screen = screen;
    face->own = shown;
    face->look = look;
    face->draw = draw;
    face->step = step;
    face->close = end;
    return true;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See screen.h. Everything is drawn into the window's surface: no graphics card is needed.
#ifdef INTACT_SDL

#include "view/window/screen.h"

#include <intact/error.h>
#include <intact/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/window/screen_keys.h"

#define TITLE "Intact"

struct screen {
    struct intact_machine *machine;
    SDL_Window *window;
    uint32_t width, height; // of the last picture
    SDL_Surface *picture;
    bool grabbed, closed;
    bool down[INTACT_KEY_COUNT]; // keys that the guest has down because of us
    unsigned buttons;            // enum intact_button
};

// --- Life ------------------------------------------------------------------------------------------------------------

// Without a screen SDL may take a driver that shows nothing, where nobody could close the window: only if it was asked for.
static bool shows_nothing(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    return !SDL_GetHint(SDL_HINT_VIDEODRIVER) && driver &&
           (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0 || strcmp(driver, "evdev") == 0);
}

static const char *start(struct screen *screen)
{
    SDL_SetMainReady();
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (SDL_Init(SDL_INIT_VIDEO) < 0)
        return SDL_GetError();
    if (shows_nothing())
        return "there is no screen (DISPLAY and WAYLAND_DISPLAY are not set)";
    screen->window =
        SDL_CreateWindow(TITLE, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, 640, 480, SDL_WINDOW_RESIZABLE);
    return screen->window ? NULL : SDL_GetError();
}

struct screen *screen_open(struct intact_machine *machine, char *why)
{
    struct screen *screen = calloc(1, sizeof *screen);
    const char *wrong = screen ? start(screen) : "the host has no memory left";
    if (!wrong) {
        screen->machine = machine;
        return screen;
    }
    snprintf(why, INTACT_ERROR_SIZE, "-display sdl: %.160s", wrong);
    if (screen)
        screen_close(screen);
    return NULL;
}

void screen_close(struct screen *screen)
{
    SDL_FreeSurface(screen->picture);
    if (screen->window)
        SDL_DestroyWindow(screen->window);
    SDL_Quit();
    free(screen);
}

// --- The picture -----------------------------------------------------------------------------------------------------

static bool follow_size(struct screen *screen, const struct intact_picture *picture)
{
    if (screen->picture && screen->width == picture->width && screen->height == picture->height)
        return true;
    SDL_FreeSurface(screen->picture);
    screen->width = picture->width;
    screen->height = picture->height;
    screen->picture = SDL_CreateRGBSurface(0, (int)picture->width, (int)picture->height, 32, 0xff0000, 0xff00, 0xff, 0);
    SDL_SetWindowSize(screen->window, (int)picture->width, (int)picture->height);
    return screen->picture;
}

static void show(struct screen *screen)
{
    SDL_Surface *surface = SDL_GetWindowSurface(screen->window);
    if (!surface || !screen->picture)
        return;
    if (surface->w == screen->picture->w && surface->h == screen->picture->h)
        SDL_BlitSurface(screen->picture, NULL, surface, NULL);
    else
        SDL_BlitScaled(screen->picture, NULL, surface, NULL);
    SDL_UpdateWindowSurface(screen->window);
}

void screen_draw(struct screen *screen, const struct intact_picture *picture)
{
    if (!follow_size(screen, picture))
        return;
    for (uint32_t row = 0; row < picture->height; row++)
        memcpy((uint8_t *)screen->picture->pixels + (size_t)row * (size_t)screen->picture->pitch,
               picture->pixels + (size_t)row * picture->width, picture->width * sizeof *picture->pixels);
    show(screen);
}

// --- Keyboard and mouse ----------------------------------------------------------------------------------------------

static void send_key(struct screen *screen, int key, bool down)
{
    if (key < 0 || screen->down[key] == down)
        return;
    screen->down[key] = down;
    intact_machine_key(screen->machine, key, down);
}

// What a user holds while the window loses the keyboard, nobody lets go.
static void release_all(struct screen *screen)
{
    for (int key = 0; key < INTACT_KEY_COUNT; key++)
        send_key(screen, key, false);
}

static void grab(struct screen *screen, bool on)
{
    screen->grabbed = on;
    SDL_SetRelativeMouseMode(on ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowGrab(screen->window, on ? SDL_TRUE : SDL_FALSE);
    SDL_SetWindowTitle(screen->window, on ? TITLE " - Ctrl-Alt-g takes the mouse back" : TITLE);
}

static void take_key(struct screen *screen, const SDL_KeyboardEvent *event)
{
    bool down = event->type == SDL_KEYDOWN;
    bool ours =
        (event->keysym.mod & KMOD_CTRL) && (event->keysym.mod & KMOD_ALT) && event->keysym.scancode == SDL_SCANCODE_G;
    if (event->repeat)
        return;
    if (ours && down)
        grab(screen, !screen->grabbed);
    if (!ours || !down)
        send_key(screen, screen_key(event->keysym.scancode), down);
}

static int limited(int count, int limit)
{
    return count < -limit ? -limit : count > limit ? limit : count;
}

static void move(struct screen *screen, int x, int y, int wheel)
{
    intact_machine_pointer(screen->machine, limited(x, 32767), limited(y, 32767), limited(wheel, 127), screen->buttons);
}

static void take_button(struct screen *screen, const SDL_MouseButtonEvent *event)
{
    static const unsigned buttons[] = {
        0, INTACT_BUTTON_LEFT, INTACT_BUTTON_MIDDLE, INTACT_BUTTON_RIGHT, INTACT_BUTTON_SIDE, INTACT_BUTTON_EXTRA
    };
    bool down = event->type == SDL_MOUSEBUTTONDOWN;
    unsigned button = event->button < sizeof buttons / sizeof buttons[0] ? buttons[event->button] : 0;
    if (!screen->grabbed) {
        if (down)
            grab(screen, true);
        return;
    }
    screen->buttons = down ? screen->buttons | button : screen->buttons & ~button;
    move(screen, 0, 0, 0);
}

static void take_event(struct screen *screen, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_QUIT: screen->closed = true; break;
    case SDL_KEYDOWN:
    case SDL_KEYUP: take_key(screen, &event->key); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: take_button(screen, &event->button); break;
    case SDL_MOUSEMOTION:
        if (screen->grabbed)
            move(screen, event->motion.xrel, event->motion.yrel, 0);
        break;
    case SDL_MOUSEWHEEL:
        if (screen->grabbed)
            move(screen, 0, 0, -event->wheel.y);
        break;
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_FOCUS_LOST) {
            release_all(screen);
            grab(screen, false);
        }
        show(screen);
        break;
    }
}

bool screen_step(struct screen *screen, unsigned milliseconds)
{
    SDL_Event event;
    if (SDL_WaitEventTimeout(&event, (int)milliseconds)) {
        do
            take_event(screen, &event);
        while (SDL_PollEvent(&event));
    }
    return !screen->closed;
}

#endif

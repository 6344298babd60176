// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See window.h. What a user does comes as events of SDL and goes to the session as keys and clicks (view/keys.h); so does what -keys
// says, which is put into SDL's queue. Everything is drawn into the window's surface: no graphics card is needed.
//
// The host's clock says when to draw a machine that runs, and how fast a guest at its console may run, and nothing else.
#ifdef INTACT_SDL

#include <intact/error.h>
#include <stdio.h>
#include <string.h>

#include "view/keys.h"
#include "view/window/picture.h"

#define FRAME UINT64_C(33000000) // ns between two pictures of a machine that runs

struct window {
    struct session *session;
    struct grid *grid;
    const struct window_wish *wish;
    const char *keys; // that are left of the wish's; NULL: a user is there
    SDL_Window *window;
    struct font font;
    unsigned font_size; // in the window's points
    bool too_small, changed, closed;
    struct grid shown;     // what the surface shows; without cells: nothing
    uint64_t drawn, spent; // when it was drawn last, and how long that took: ns of the host's time
    char *why;
};

bool window_is_built(void)
{
    return true;
}

static int fail(struct window *window, const char *what)
{
    snprintf(window->why, INTACT_ERROR_SIZE, "-display sdl: %s: %.120s", what, SDL_GetError());
    return -1;
}

static uint64_t host_time(void)
{
    return (uint64_t)((double)SDL_GetPerformanceCounter() * 1e9 / (double)SDL_GetPerformanceFrequency());
}

// --- Size ------------------------------------------------------------------------------------------------------------

// Pixels for one of the window's points: 2 on many high-resolution screens.
static double density(const struct window *window)
{
    int points = 0, height;
    const SDL_Surface *surface = SDL_GetWindowSurface(window->window);
    SDL_GetWindowSize(window->window, &points, &height);
    return surface && points > 0 ? (double)surface->w / points : 1;
}

static int load_font(struct window *window)
{
    struct window_font wish = { window->wish->font.name, (unsigned)(window->font_size * density(window) + 0.5) };
    struct font font;
    if (font_open(&font, &wish, window->why) < 0)
        return -1;
    font_close(&window->font);
    window->font = font;
    return 0;
}

static unsigned cells(int pixels, int margin, int cell, unsigned most)
{
    unsigned count = pixels > 2 * margin ? (unsigned)((pixels - 2 * margin) / cell) : 0;
    return count < most ? count : most;
}

// The grid gets as many cells as the window has room for.
static int follow_size(struct window *window)
{
    const SDL_Surface *surface = SDL_GetWindowSurface(window->window);
    struct grid grid;
    if (!surface)
        return fail(window, "the window cannot be drawn");
    int margin = picture_margin(&window->font);
    grid_free(&window->shown);
    unsigned width = cells(surface->w, margin, window->font.width, GRID_MAX_WIDTH);
    unsigned height = cells(surface->h, margin, window->font.height, GRID_MAX_HEIGHT);
    window->changed = true;
    window->too_small = width < PANES_MIN_WIDTH || height < PANES_MIN_HEIGHT;
    if (window->too_small || (width == window->grid->width && height == window->grid->height))
        return 0;
    if (grid_init(&grid, width, height) < 0) {
        snprintf(window->why, INTACT_ERROR_SIZE, "-display sdl: the host has no memory left");
        return -1;
    }
    grid_free(window->grid);
    *window->grid = grid;
    return 0;
}

// Larger characters are fewer, in a window of the same size.
static int scale(struct window *window, int by)
{
    int size = by                        ? (int)window->font_size + by
               : window->wish->font.size ? (int)window->wish->font.size
                                         : WINDOW_FONT_SIZE;
    if (size < WINDOW_FONT_MIN || size > WINDOW_FONT_MAX)
        return 0;
    window->font_size = (unsigned)size;
    return load_font(window) < 0 ? -1 : follow_size(window);
}

// --- Drawing ---------------------------------------------------------------------------------------------------------

static void draw_refusal(const struct window *window, SDL_Surface *surface)
{
    struct grid small;
    if (grid_init(&small, PANES_MIN_WIDTH, 3) < 0)
        return;
    struct grid_box box = { .grid = &small, .width = small.width, .height = small.height, .line = 1 };
    grid_say(&box, GRID_PLAIN, "80x24 characters are needed: Ctrl - makes them smaller");
    picture_draw(&window->font, &small, surface);
    grid_free(&small);
}

static bool same_line(const struct grid *a, const struct grid *b, unsigned line)
{
    for (unsigned i = 0; i < a->width; i++) {
        const struct grid_cell *one = grid_cell(a, i, line), *other = grid_cell(b, i, line);
        if (one->character != other->character || one->style != other->style)
            return false;
    }
    return true;
}

static void draw_all(struct window *window, SDL_Surface *surface)
{
    picture_draw(&window->font, window->grid, surface);
    SDL_UpdateWindowSurface(window->window);
    if (grid_init(&window->shown, window->grid->width, window->grid->height) == 0)
        memcpy(window->shown.cells, window->grid->cells,
               sizeof *window->grid->cells * window->grid->width * window->grid->height);
}

// The lines that are not as they were.
static void draw_lines(struct window *window, SDL_Surface *surface)
{
    SDL_Rect rects[GRID_MAX_HEIGHT];
    int count = 0;
    for (unsigned line = 0; line < window->grid->height; line++) {
        if (same_line(window->grid, &window->shown, line))
            continue;
        rects[count++] = picture_draw_line(&window->font, window->grid, line, surface);
        memcpy(grid_cell(&window->shown, 0, line), grid_cell(window->grid, 0, line),
               sizeof *window->grid->cells * window->grid->width);
    }
    if (count)
        SDL_UpdateWindowSurfaceRects(window->window, rects, count);
}

static int draw(struct window *window)
{
    SDL_Surface *surface = SDL_GetWindowSurface(window->window);
    if (!surface)
        return fail(window, "the window cannot be drawn");
    if (window->too_small) {
        draw_refusal(window, surface);
        SDL_UpdateWindowSurface(window->window);
    } else {
        session_draw(window->session, window->grid);
        if (window->shown.cells)
            draw_lines(window, surface);
        else
            draw_all(window, surface);
    }
    window->changed = false;
    return 0;
}

// --- Events ----------------------------------------------------------------------------------------------------------

static void press(struct window *window, int key)
{
    window->closed |= !session_key(window->session, key);
    window->changed = true;
}

// UTF-8; what is not ASCII is for the guest alone.
static void take_text(struct window *window, const char *text)
{
    for (; *text && !window->closed; text++)
        if ((uint8_t)*text < 0x80 || window->session->panes.console)
            press(window, (uint8_t)*text);
}

// The keys that are no text.
static int key_of(const SDL_Keysym *key)
{
    switch (key->sym) {
    case SDLK_TAB: return key->mod & KMOD_SHIFT ? VIEW_KEY_BACK_TAB : VIEW_KEY_TAB;
    case SDLK_RETURN:
    case SDLK_KP_ENTER: return VIEW_KEY_ENTER;
    case SDLK_ESCAPE: return VIEW_KEY_ESCAPE;
    case SDLK_BACKSPACE: return 0x7f; // as terminals send it
    case SDLK_UP: return VIEW_KEY_UP;
    case SDLK_DOWN: return VIEW_KEY_DOWN;
    case SDLK_LEFT: return VIEW_KEY_LEFT;
    case SDLK_RIGHT: return VIEW_KEY_RIGHT;
    default: return key->mod & KMOD_CTRL && key->sym >= 'a' && key->sym <= 'z' ? key->sym - 'a' + 1 : -1;
    }
}

static int take_key(struct window *window, const SDL_Keysym *key)
{
    if (key->mod & KMOD_CTRL)
        switch (key->sym) {
        case SDLK_PLUS:
        case SDLK_EQUALS:
        case SDLK_KP_PLUS: return scale(window, 2);
        case SDLK_MINUS:
        case SDLK_KP_MINUS: return scale(window, -2);
        case SDLK_0:
        case SDLK_KP_0: return scale(window, 0);
        }
    int is = key_of(key);
    if (is >= 0)
        press(window, is);
    return 0;
}

static void take_click(struct window *window, const SDL_MouseButtonEvent *click)
{
    double pixels = density(window);
    int margin = picture_margin(&window->font);
    int x = (int)(click->x * pixels) - margin, y = (int)(click->y * pixels) - margin;
    if (click->button == SDL_BUTTON_LEFT && x >= 0 && y >= 0 && !window->too_small)
        press(window, view_key_click((unsigned)(x / window->font.width), (unsigned)(y / window->font.height)));
}

static int take_event(struct window *window, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_QUIT: window->closed = true; return 0;
    case SDL_TEXTINPUT: take_text(window, event->text.text); return 0;
    case SDL_KEYDOWN: return take_key(window, &event->key.keysym);
    case SDL_MOUSEBUTTONDOWN: take_click(window, &event->button); return 0;
    case SDL_MOUSEWHEEL:
        if (!window->session->panes.console && event->wheel.y)
            press(window, event->wheel.y > 0 ? VIEW_KEY_UP : VIEW_KEY_DOWN);
        return 0;
    case SDL_WINDOWEVENT:
        window->changed = true;
        grid_free(&window->shown);
        return event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED ? follow_size(window) : 0;
    default: return 0;
    }
}

// --- Keys of the wish, as events ----------------------------------------------------------------------------------------

static void push_click(const struct window *window, unsigned column, unsigned line)
{
    int margin = picture_margin(&window->font);
    SDL_Event event = { .type = SDL_MOUSEBUTTONDOWN };
    event.button.button = SDL_BUTTON_LEFT;
    event.button.x = (int)((margin + (column + 0.5) * window->font.width) / density(window));
    event.button.y = (int)((margin + (line + 0.5) * window->font.height) / density(window));
    SDL_PushEvent(&event);
}

static void push_keysym(SDL_Keycode sym, Uint16 mod)
{
    SDL_Event event = { .type = SDL_KEYDOWN };
    event.key.keysym.sym = sym;
    event.key.keysym.mod = mod;
    SDL_PushEvent(&event);
}

static void push_key(const struct window *window, int key)
{
    static const SDL_Keycode arrows[] = { SDLK_UP, SDLK_DOWN, SDLK_LEFT, SDLK_RIGHT };
    unsigned column, line;
    if (view_key_is_click(key, &column, &line)) {
        push_click(window, column, line);
    } else if (key >= VIEW_KEY_UP && key <= VIEW_KEY_RIGHT) {
        push_keysym(arrows[key - VIEW_KEY_UP], KMOD_NONE);
    } else if (key == VIEW_KEY_BACK_TAB) {
        push_keysym(SDLK_TAB, KMOD_LSHIFT);
    } else if (key == VIEW_KEY_TAB || key == VIEW_KEY_ENTER || key == VIEW_KEY_ESCAPE) {
        push_keysym(key, KMOD_NONE);
    } else if (key < ' ') {
        push_keysym(key + 'a' - 1, KMOD_LCTRL);
    } else {
        SDL_Event event = { .type = SDL_TEXTINPUT };
        event.text.text[0] = (char)key;
        SDL_PushEvent(&event);
    }
}

// The next key, or the end behind the last.
static void push_next(struct window *window)
{
    SDL_Event quit = { .type = SDL_QUIT };
    if (*window->keys)
        push_key(window, view_key_next(&window->keys, window->session->panes.console));
    else
        SDL_PushEvent(&quit);
}

// --- The loop --------------------------------------------------------------------------------------------------------

// What is typed into the guest's console by the wish comes in before the machine goes on.
static bool runs(const struct window *window)
{
    const struct session *session = window->session;
    return session->runs && !(window->keys && session_expects(session, window->keys));
}

// A host that draws slowly spends a quarter of its time on that, not all of it.
static int draw_in_time(struct window *window)
{
    uint64_t now = host_time(), pause = 4 * window->spent;
    if (runs(window) ? now - window->drawn < (pause > FRAME ? pause : FRAME) : !window->changed)
        return 0;
    int result = draw(window);
    window->spent = host_time() - now;
    window->drawn = now;
    return result;
}

// Waits for an event, or runs the machine meanwhile. False: there is none.
static bool next_event(struct window *window, SDL_Event *event)
{
    if (SDL_PollEvent(event))
        return true;
    if (!runs(window)) {
        if (window->keys)
            push_next(window);
        return SDL_WaitEvent(event);
    }
    unsigned wait = window->wish->paced && !window->keys ? session_pace(window->session, host_time()) : 0;
    if (wait)
        return SDL_WaitEventTimeout(event, (int)wait);
    session_run_on(window->session);
    window->changed = true;
    return false;
}

static int loop(struct window *window)
{
    SDL_Event event;
    while (!window->closed) {
        if (draw_in_time(window) < 0 || (next_event(window, &event) && take_event(window, &event) < 0))
            return -1;
    }
    return 0;
}

// --- Life ------------------------------------------------------------------------------------------------------------

// As large as the wish's grid.
static int make_window(struct window *window)
{
    int width, height;
    struct window_font font = { window->wish->font.name, window->font_size };
    if (font_open(&window->font, &font, window->why) < 0)
        return -1;
    picture_size(&window->font, window->grid, &width, &height);
    window->window = SDL_CreateWindow("Intact", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width, height,
                                      SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!window->window)
        return fail(window, "there is no window");
    if (density(window) > 1 && load_font(window) < 0)
        return -1;
    SDL_StartTextInput();
    return follow_size(window);
}

// Without a screen SDL may take a driver that shows nothing, where nobody could close the window: only if it was asked for.
static bool shows_nothing(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    return !SDL_GetHint(SDL_HINT_VIDEODRIVER) && driver &&
           (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0 || strcmp(driver, "evdev") == 0);
}

static int start(struct window *window)
{
    if (SDL_Init(SDL_INIT_VIDEO) < 0)
        return fail(window, "there is no screen");
    if (!shows_nothing())
        return make_window(window);
    snprintf(
        window->why, INTACT_ERROR_SIZE,
        "-display sdl: there is no screen (DISPLAY and WAYLAND_DISPLAY are not set); intact watch without it is on "
        "the terminal");
    return -1;
}

int window_run(struct session *session, struct grid *grid, const struct window_wish *wish, char *why)
{
    struct window window = { .session = session, .grid = grid, .wish = wish, .keys = wish->keys, .why = why };
    window.font_size = wish->font.size ? wish->font.size : WINDOW_FONT_SIZE;
    SDL_SetMainReady();
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    int status = start(&window) < 0 ? -1 : loop(&window);
    font_close(&window.font);
    grid_free(&window.shown);
    if (window.window)
        SDL_DestroyWindow(window.window);
    SDL_Quit();
    return status;
}

#endif

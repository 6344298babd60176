// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The window with the guest's screen, by SDL's driver that shows nothing: its picture is the machine's, and what comes as events of
// SDL reaches the guest's keyboard and mouse.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "view/window/screen.h"
#include "view/window/screen_keys.h"

static struct intact_machine *machine;
static struct screen *screen;
static char why[INTACT_ERROR_SIZE];

static void setup(void)
{
    static const struct intact_device_config vga = { "VGA", NULL, 0 };
    static uint8_t kernel[64] = { 0x02, 0xb0, 0xad, 0x1b, 0, 0, 1, 0, 0xfe, 0x4f, 0x51, 0xe4 }; // multiboot
    static const uint32_t places[] = { 0x100000, 0x100000, 0x100040, 0x100040, 0x100020 };
    struct intact_machine_config config;
    memcpy(kernel + 12, places, sizeof places);
    kernel[32] = 0xeb; // again: jmp again
    kernel[33] = 0xfe;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "guest";
    config.kernel_data = kernel;
    config.kernel_size = sizeof kernel;
    config.devices = &vga;
    config.device_count = 1;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    screen = screen_open(machine, why);
    cr_assert(screen, "%s", why);
}

static void teardown(void)
{
    screen_close(screen);
    intact_machine_destroy(machine);
}

TestSuite(screen, .init = setup, .fini = teardown, .timeout = 60);

static struct i8042 *controller(void)
{
    return &pc_of(machine_board(machine))->keyboard;
}

static void follow(void)
{
    cr_assert(screen_step(screen, 0));
    intact_machine_run_for(machine, 10);
}

static SDL_Window *window(void)
{
    for (Uint32 id = 1; id < 100; id++)
        if (SDL_GetWindowFromID(id))
            return SDL_GetWindowFromID(id);
    cr_assert_fail("there is no window");
    return NULL;
}

static void check_picture(const struct intact_picture *picture)
{
    screen_draw(screen, picture);
    const SDL_Surface *surface = SDL_GetWindowSurface(window());
    cr_assert_eq(surface->w, picture->width);
    cr_assert_eq(surface->h, picture->height);
    for (uint32_t y = 0; y < picture->height; y++)
        for (uint32_t x = 0; x < picture->width; x++) {
            uint32_t pixel;
            uint8_t r, g, b;
            memcpy(&pixel,
                   (uint8_t *)surface->pixels + y * (uint32_t)surface->pitch + x * surface->format->BytesPerPixel,
                   surface->format->BytesPerPixel);
            SDL_GetRGB(pixel, surface->format, &r, &g, &b);
            cr_assert_eq((uint32_t)r << 16 | (uint32_t)g << 8 | b, picture->pixels[y * picture->width + x]);
        }
}

Test(screen, the_window_shows_the_machines_picture)
{
    struct intact_picture picture;
    cr_assert_eq(intact_machine_picture(machine, &picture), 0);
    check_picture(&picture);
    for (uint32_t i = 0; i < picture.width * picture.height; i++)
        picture.pixels[i] = i * 7919 & 0xffffff;
    check_picture(&picture);
    picture.height /= 2; // the window follows
    check_picture(&picture);
    intact_picture_free(&picture);
}

static void push_key(Uint32 type, SDL_Scancode code, Uint16 mod, bool again)
{
    SDL_Event event = { .type = type };
    event.key.keysym.scancode = code;
    event.key.keysym.mod = mod;
    event.key.repeat = again;
    SDL_PushEvent(&event);
}

Test(screen, keys_go_to_the_guest)
{
    push_key(SDL_KEYDOWN, SDL_SCANCODE_LSHIFT, KMOD_NONE, false);
    push_key(SDL_KEYDOWN, SDL_SCANCODE_KP_7, KMOD_LSHIFT, false);
    push_key(SDL_KEYDOWN, SDL_SCANCODE_KP_7, KMOD_LSHIFT, true);
    push_key(SDL_KEYUP, SDL_SCANCODE_LSHIFT, KMOD_NONE, false);
    follow();
    cr_expect_not(controller()->keyboard.down[INTACT_KEY_SHIFT]);
    cr_expect(controller()->keyboard.down[INTACT_KEY_KP_7]);
    SDL_Event lost = { .type = SDL_WINDOWEVENT };
    lost.window.event = SDL_WINDOWEVENT_FOCUS_LOST;
    SDL_PushEvent(&lost);
    follow();
    cr_expect_not(controller()->keyboard.down[INTACT_KEY_KP_7], "nobody lets it go");
    cr_expect_eq(screen_key(SDL_SCANCODE_A), INTACT_KEY_A);
    cr_expect_eq(screen_key(SDL_SCANCODE_UNKNOWN), -1);
}

static void push_motion(int x, int y)
{
    SDL_Event event = { .type = SDL_MOUSEMOTION };
    event.motion.xrel = x;
    event.motion.yrel = y;
    SDL_PushEvent(&event);
}

static void push_button(Uint32 type, Uint8 button)
{
    SDL_Event event = { .type = type };
    event.button.button = button;
    SDL_PushEvent(&event);
}

Test(screen, the_mouse_goes_to_the_guest_while_the_window_has_it)
{
    struct ps2_mouse *mouse = &controller()->mouse;
    ps2_mouse_receive(mouse, PS2_MOUSE_REMOTE);
    push_motion(5, 6);
    follow();
    cr_expect_eq(mouse->x, 0);
    push_button(SDL_MOUSEBUTTONDOWN, SDL_BUTTON_LEFT); // gives it to the guest, which does not see that
    follow();
    push_button(SDL_MOUSEBUTTONUP, SDL_BUTTON_LEFT);
    push_motion(5, -6);
    push_button(SDL_MOUSEBUTTONDOWN, SDL_BUTTON_RIGHT);
    follow();
    cr_expect_eq(mouse->x, 5);
    cr_expect_eq(mouse->y, -6);
    cr_expect_eq(mouse->buttons, INTACT_BUTTON_RIGHT);
    push_button(SDL_MOUSEBUTTONUP, SDL_BUTTON_RIGHT);
    push_key(SDL_KEYDOWN, SDL_SCANCODE_G, KMOD_LCTRL | KMOD_LALT, false);
    push_motion(5, 6);
    follow();
    cr_expect_eq(mouse->x, 5);
    cr_expect_eq(mouse->buttons, 0);
    cr_expect_not(controller()->keyboard.down[INTACT_KEY_G]);
}

Test(screen, a_window_that_is_closed_says_so)
{
    SDL_Event quit = { .type = SDL_QUIT };
    SDL_PushEvent(&quit);
    cr_expect_not(screen_step(screen, 0));
}

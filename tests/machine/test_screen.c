// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine's picture: of which device, what a guest draws into the framebuffer, its files, snapshots and digest; and calls at an
// instruction.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <intact/replay.h>
#include <intact/screen.h>
#include <intact/snapshot.h>

#include "devices/display/vbe.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"

enum { WIDTH = 64, HEIGHT = 32 };
#define FRAMEBUFFER UINT32_C(0xc0000000) // the first address for BARs
#define COLOUR      UINT32_C(0x123456)

static struct code code;
static struct intact_machine_config config;
static struct intact_device_config display;
static struct intact_machine *machine;
static struct intact_picture picture;
static char why[INTACT_ERROR_SIZE], path[64];

// It draws one pixel, and then nothing more.
static void setup(void)
{
    code_begin(&code);
    make_start(&code);
    store(&code, FRAMEBUFFER + 4 * (WIDTH + 3), COLOUR);
    make_loop(&code, true);
    make_stubs(&code);
    make_handler(&code);
    make_tables(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    display = (struct intact_device_config){ .driver = "VGA" };
    config.devices = &display;
    config.device_count = 1;
    snprintf(path, sizeof path, "/tmp/intact-screen-%ld", (long)getpid());
}

static void teardown(void)
{
    intact_picture_free(&picture);
    intact_machine_destroy(machine);
    unlink(path);
}

TestSuite(screen, .init = setup, .fini = teardown, .timeout = 120);

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void look(void)
{
    intact_picture_free(&picture);
    cr_assert_eq(intact_machine_picture(machine, &picture), 0);
}

static void set_vbe(unsigned index, unsigned value)
{
    struct board *board = machine_board(machine);
    bus_write(&board->ports, 0x1ce, 2, index, 0);
    bus_write(&board->ports, 0x1cf, 2, value, 0);
}

static void set_mode(void)
{
    set_vbe(VBE_XRES, WIDTH);
    set_vbe(VBE_YRES, HEIGHT);
    set_vbe(VBE_BPP, 32);
    set_vbe(VBE_ENABLE, VBE_ENABLED | VBE_LFB);
}

static uint64_t digest(void)
{
    uint64_t value;
    cr_assert_eq(intact_machine_digest(machine, &value), 0);
    return value;
}

Test(screen, a_machine_without_a_display_has_none)
{
    struct intact_screen_text text;
    config.device_count = 0;
    make();
    cr_assert_eq(intact_machine_picture(machine, &picture), -ENODEV);
    cr_assert_eq(intact_machine_screen_text(machine, &text), -ENODEV);
    intact_screen_text_free(&text);
}

Test(screen, what_a_guest_draws_is_shown_saved_and_a_part_of_the_digest)
{
    struct intact_snapshot *before;
    struct intact_screen_text text;
    make();
    set_mode();
    look();
    cr_assert_eq(picture.width, WIDTH);
    cr_assert_eq(picture.height, HEIGHT);
    cr_assert_eq(picture.pixels[WIDTH + 3], 0);
    cr_assert_eq(intact_machine_screen_text(machine, &text), -ENOTSUP, "a graphics mode");
    cr_assert_eq(intact_machine_snapshot(machine, &before, why), 0, "%s", why);
    uint64_t first = digest();
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
    look();
    cr_assert_eq(picture.pixels[WIDTH + 3], COLOUR);
    cr_assert_eq(picture.pixels[WIDTH + 4], 0);
    uint64_t second = digest();
    look();
    cr_assert_eq(digest(), second, "looking changes nothing");
    cr_assert_eq(intact_machine_restore(machine, before, why), 0, "%s", why);
    cr_assert_eq(digest(), first);
    look();
    cr_assert_eq(picture.pixels[WIDTH + 3], 0);
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
    cr_assert_eq(digest(), second);
    intact_machine_snapshot_free(machine, before);
}

Test(screen, the_first_display_is_the_machines)
{
    static const struct intact_device_config two[] = { { .driver = "ramfb" }, { .driver = "VGA" } };
    config.devices = two;
    config.device_count = 2;
    make();
    set_mode();
    look();
    cr_assert_eq(picture.width, 640, "ramfb's");
}

Test(screen, a_picture_is_written_as_ppm_or_png)
{
    uint8_t bytes[16];
    make();
    set_mode();
    intact_machine_run_for(machine, 1000);
    look();
    cr_assert_eq(intact_picture_write(&picture, path, INTACT_PICTURE_BY_NAME), 0);
    FILE *file = fopen(path, "rb");
    cr_assert_eq(fread(bytes, 1, 13, file), 13);
    cr_assert_arr_eq(bytes, "P6\n64 32\n255\n", 13);
    fseek(file, 13 + 3 * (WIDTH + 3), SEEK_SET);
    cr_assert_eq(fread(bytes, 1, 3, file), 3);
    cr_assert_arr_eq(bytes, "\x12\x34\x56", 3);
    fclose(file);
    int result = intact_picture_write(&picture, path, INTACT_PICTURE_PNG);
    cr_assert(result == 0 || result == -ENOTSUP);
    file = fopen(path, "rb");
    cr_assert_eq(fread(bytes, 1, 4, file), 4);
    cr_assert_arr_eq(bytes, result == 0 ? "\x89PNG" : "P6\n6", 4);
    fclose(file);
    cr_assert_eq(intact_picture_write(&picture, "/nonexistent/x", INTACT_PICTURE_PPM), -ENOENT);
}

// --- Calls at an instruction -----------------------------------------------------------------------------------------

static uint64_t calls[8];
static unsigned call_count;

static void call(void *owner, struct intact_machine *of)
{
    cr_assert_eq(owner, &calls);
    calls[call_count++] = intact_machine_instructions(of);
}

Test(screen, a_call_comes_once_at_its_instruction)
{
    make();
    cr_assert_eq(intact_machine_call_at(machine, 777, call, &calls), 0);
    cr_assert_eq(intact_machine_call_at(machine, 333, call, &calls), 0);
    cr_assert_eq(intact_machine_call_at(machine, 333, call, &calls), 0);
    cr_assert_eq(intact_machine_call_at(machine, 1000, call, &calls), 0);
    cr_assert_eq(intact_machine_call_at(machine, 100000, call, &calls), 0);
    cr_assert_eq(intact_machine_run_for(machine, 500).instructions, 500);
    cr_assert_eq(call_count, 2);
    cr_assert_eq(intact_machine_run_for(machine, 500).instructions, 1000);
    cr_assert_eq(call_count, 4);
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
    cr_assert_eq(call_count, 4);
    cr_assert(calls[0] == 333 && calls[1] == 333 && calls[2] == 777 && calls[3] == 1000);
    cr_assert_eq(intact_machine_call_at(machine, 1999, call, &calls), -EINVAL, "it has passed");
}

Test(screen, a_call_while_reset_is_held_comes_before_the_reset)
{
    make();
    intact_machine_run_for(machine, 1000);
    cr_assert_eq(intact_machine_call_at(machine, 5000, call, &calls), 0);
    cr_assert_eq(intact_machine_reset(machine), 0);
    intact_machine_run_for(machine, 2000);
    cr_assert_eq(call_count, 0, "%u", call_count);
    intact_machine_run_for(machine, 2000000);
    cr_assert_eq(call_count, 1);
}

// --- Refused ---------------------------------------------------------------------------------------------------------

static void refuse(const char *driver, const char *name, const char *value, const char *text)
{
    const struct intact_property property = { name, value };
    display = (struct intact_device_config){ driver, &property, 1 };
    cr_assert_eq(intact_machine_create(&config, &machine, why) < 0, true);
    cr_assert(strstr(why, text), "%s", why);
}

Test(screen, what_cannot_be_made_is_refused)
{
    refuse("VGA", "vgamem_mb", "3", "vgamem_mb=3: 1 to 512 MiB");
    refuse("VGA", "vgamem_mb", "1024", "vgamem_mb=1024: 1 to 512 MiB");
    refuse("bochs-display", "vgamem", "1000", "vgamem=1000: 1 to 512 MiB");
    refuse("VGA", "xres", "63", "xres=63 is not a number from 64 to 4095");
    refuse("VGA", "romfile", "/nonexistent/rom", "romfile: cannot read '/nonexistent/rom'");
    refuse("ramfb", "romfile", "/nonexistent/rom", "romfile: cannot read '/nonexistent/rom'");
    refuse("edu", "rombar", "2", "rombar is on or off");
}

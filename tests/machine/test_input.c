// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Keys and the mouse from outside (intact/input.h): what the guest gets, names, and that a journal, a history and a saved state
// have them at their moment.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <intact/input.h>
#include <intact/replay.h>
#include <intact/snapshot.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/x86_code.h"

enum { DEBUG_PORT = 0xe9 };

struct scene {
    struct intact_machine *machine;
    unsigned count;
    uint8_t bytes[512];
};

static struct code code;
static struct intact_machine_config config;
static char why[INTACT_ERROR_SIZE], path[64];

static void told(void *owner, uint8_t byte)
{
    struct scene *scene = owner;
    if (scene->count < sizeof scene->bytes)
        scene->bytes[scene->count++] = byte;
}

// The guest turns the mouse on, and writes what the controller has to the debug port.
static void make_code(void)
{
    code_begin(&code);
    code_out8(&code, 0x64, 0xd4);
    code_out8(&code, 0x60, 0xf4);
    CODE(&code, 0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa); // again: in al, 64h; test al, 1; jz again
    CODE(&code, 0xe4, 0x60, 0xe6, DEBUG_PORT);       // in al, 60h; out DEBUG_PORT, al
    CODE(&code, 0xeb, 0xf4);                         // jmp again
}

static void setup(void)
{
    make_code();
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = DEBUG_PORT;
    snprintf(path, sizeof path, "/tmp/intact-input-%ld", (long)getpid());
}

TestSuite(input, .init = setup, .timeout = 120);

static void make(struct scene *scene)
{
    *scene = (struct scene){ .count = 0 };
    config.debugcon = (struct intact_console){ .write = told, .owner = scene };
    cr_assert_eq(intact_machine_create(&config, &scene->machine, why), 0, "%s", why);
}

static void run_for(struct scene *scene, uint64_t count)
{
    struct intact_exit end = intact_machine_run_for(scene->machine, count);
    cr_assert_eq(end.reason, INTACT_PAUSED, "%s", intact_reason_text(end.reason));
}

static uint64_t digest(struct intact_machine *machine)
{
    uint64_t value;
    cr_assert_eq(intact_machine_digest(machine, &value), 0);
    return value;
}

static void check_bytes(const struct scene *scene, unsigned count, const uint8_t *bytes)
{
    cr_assert_eq(scene->count, count, "%u bytes", scene->count);
    cr_assert_arr_eq(scene->bytes, bytes, count);
}

#define CHECK_BYTES(scene, ...) check_bytes(scene, sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })

// --- names -----------------------------------------------------------------------------------------------------------

Test(input, keys_have_qemus_names)
{
    static const struct {
        const char *name;
        int key;
    } rows[] = { { "ctrl", INTACT_KEY_CTRL },
                 { "a", INTACT_KEY_A },
                 { "0", INTACT_KEY_0 },
                 { "f12", INTACT_KEY_F12 },
                 { "spc", INTACT_KEY_SPC },
                 { "kp_enter", INTACT_KEY_KP_ENTER },
                 { "0x1e", INTACT_KEY_A },
                 { "0xc8", INTACT_KEY_UP },
                 { "asterisk", INTACT_KEY_KP_MULTIPLY },
                 { "enter", -ENOENT },
                 { "0x", -ENOENT },
                 { "0x1ff", -ENOENT },
                 { "", -ENOENT },
                 { "0x1ez", -ENOENT },
                 { "A", -ENOENT } };
    for (unsigned i = 0; i < countof(rows); i++)
        cr_expect_eq(intact_key_find(rows[i].name), rows[i].key, "%s", rows[i].name);
    for (unsigned key = 0; key < INTACT_KEY_COUNT; key++)
        cr_expect_eq(intact_key_find(intact_key_name(key)), (int)key);
    cr_expect_null(intact_key_name(INTACT_KEY_COUNT));
}

// --- what the guest gets ---------------------------------------------------------------------------------------------

Test(input, keys_and_the_mouse_reach_the_guest)
{
    struct scene scene;
    make(&scene);
    run_for(&scene, 1000);
    cr_assert_eq(intact_machine_key(scene.machine, INTACT_KEY_A, true), 0);
    cr_assert_eq(intact_machine_key(scene.machine, INTACT_KEY_A, false), 0);
    CHECK_BYTES(&scene, 0xfa); // the machine is stopped
    run_for(&scene, 1000);
    CHECK_BYTES(&scene, 0xfa, 0x1e, 0x9e);
    cr_assert_eq(intact_machine_pointer(scene.machine, 3, 2, 0, INTACT_BUTTON_LEFT), 0);
    run_for(&scene, 1000);
    CHECK_BYTES(&scene, 0xfa, 0x1e, 0x9e, 0x29, 3, 0xfe);
    intact_machine_destroy(scene.machine);
}

Test(input, what_is_no_key_and_no_movement_is_refused)
{
    struct scene scene;
    make(&scene);
    cr_expect_eq(intact_machine_key(scene.machine, -1, true), -EINVAL);
    cr_expect_eq(intact_machine_key(scene.machine, INTACT_KEY_COUNT, true), -EINVAL);
    cr_expect_eq(intact_machine_pointer(scene.machine, 32768, 0, 0, 0), -EINVAL);
    cr_expect_eq(intact_machine_pointer(scene.machine, 0, -32769, 0, 0), -EINVAL);
    cr_expect_eq(intact_machine_pointer(scene.machine, 0, 0, 128, 0), -EINVAL);
    cr_expect_eq(intact_machine_pointer(scene.machine, 0, 0, 0, 0x20), -EINVAL);
    intact_machine_destroy(scene.machine);
}

Test(input, virt_has_no_keyboard)
{
    static const uint32_t loop[] = { 0x14000000 }; // b .
    struct scene scene;
    config.type = INTACT_VIRT;
    config.kernel_data = loop;
    config.kernel_size = sizeof loop;
    config.debugcon_port = 0;
    make(&scene);
    cr_expect_eq(intact_machine_key(scene.machine, INTACT_KEY_A, true), -ENOTSUP);
    cr_expect_eq(intact_machine_pointer(scene.machine, 1, 1, 0, 0), -ENOTSUP);
    intact_machine_destroy(scene.machine);
}

Test(input, a_stroke_is_pressed_and_let_go_by_virtual_time)
{
    static const int keys[] = { INTACT_KEY_CTRL, INTACT_KEY_C };
    struct scene scene;
    make(&scene);
    run_for(&scene, 1000);
    cr_assert_eq(intact_machine_stroke(scene.machine, keys, 2, 1), 0);
    cr_assert_eq(intact_machine_stroke(scene.machine, NULL, 0, 2), 0);
    cr_assert_eq(intact_machine_stroke(scene.machine, keys + 1, 1, 0), 0);
    run_for(&scene, 100);
    CHECK_BYTES(&scene, 0xfa, 0x1d);
    run_for(&scene, 1000000);
    CHECK_BYTES(&scene, 0xfa, 0x1d, 0x2e);
    run_for(&scene, 2000000);
    CHECK_BYTES(&scene, 0xfa, 0x1d, 0x2e, 0xae, 0x9d);
    run_for(&scene, 3000000);
    CHECK_BYTES(&scene, 0xfa, 0x1d, 0x2e, 0xae, 0x9d, 0x2e, 0xae);
    cr_expect_eq(intact_machine_stroke(scene.machine, keys, 17, 0), -EINVAL);
    cr_expect_eq(intact_machine_stroke(scene.machine, keys, 1, 60001), -EINVAL);
    cr_expect_eq(intact_machine_stroke(scene.machine, (int[]){ INTACT_KEY_COUNT }, 1, 0), -EINVAL);
    intact_machine_destroy(scene.machine);
}

Test(input, keys_for_which_there_is_no_room_are_counted)
{
    struct scene scene;
    make(&scene);
    for (unsigned i = 0; i < 2000; i++)
        cr_assert_eq(intact_machine_stroke(scene.machine, (int[]){ INTACT_KEY_A }, 1, 60000), 0);
    run_for(&scene, 1000);
    cr_expect_eq(machine_board(scene.machine)->input.count, INTACT_CHANGES_MAX);
    cr_expect_eq(machine_board(scene.machine)->input.lost, 4000 - 1 - INTACT_CHANGES_MAX);
    intact_machine_destroy(scene.machine);
}

Test(input, characters_are_typed_on_a_us_keyboard)
{
    static const struct {
        char character;
        int count, first, second;
    } rows[] = { { 'a', 1, INTACT_KEY_A, 0 },
                 { 'Z', 2, INTACT_KEY_SHIFT, INTACT_KEY_Z },
                 { '0', 1, INTACT_KEY_0, 0 },
                 { ')', 2, INTACT_KEY_SHIFT, INTACT_KEY_0 },
                 { '"', 2, INTACT_KEY_SHIFT, INTACT_KEY_APOSTROPHE },
                 { '\\', 1, INTACT_KEY_BACKSLASH, 0 },
                 { '?', 2, INTACT_KEY_SHIFT, INTACT_KEY_SLASH },
                 { '\n', 1, INTACT_KEY_RET, 0 },
                 { ' ', 1, INTACT_KEY_SPC, 0 } };
    int keys[2];
    for (unsigned i = 0; i < countof(rows); i++) {
        cr_expect_eq(intact_key_of_character(rows[i].character, keys), rows[i].count, "%c", rows[i].character);
        cr_expect_eq(keys[0], rows[i].first, "%c", rows[i].character);
        cr_expect(rows[i].count == 1 || keys[1] == rows[i].second, "%c", rows[i].character);
    }
    for (char c = ' '; c < 0x7f; c++)
        cr_expect_geq(intact_key_of_character(c, keys), 1, "%c", c);
    cr_expect_eq(intact_key_of_character(0, keys), -ENOENT);
    cr_expect_eq(intact_key_of_character('\x80', keys), -ENOENT);
}

// --- journals and histories ------------------------------------------------------------------------------------------

static void type_some(struct scene *scene)
{
    run_for(scene, 1111);
    cr_assert_eq(intact_machine_key(scene->machine, INTACT_KEY_SHIFT, true), 0);
    run_for(scene, 7);
    cr_assert_eq(intact_machine_key(scene->machine, INTACT_KEY_UP, true), 0);
    cr_assert_eq(intact_machine_pointer(scene->machine, -300, 4, 0, INTACT_BUTTON_RIGHT), 0);
    cr_assert_eq(intact_machine_stroke(scene->machine, (int[]){ INTACT_KEY_B }, 1, 5), 0);
    run_for(scene, 11000000); // the next packet comes after 10 ms
    cr_assert_eq(intact_machine_key(scene->machine, INTACT_KEY_UP, false), 0);
    run_for(scene, 10000);
}

static void record(struct scene *scene)
{
    struct intact_recording recording;
    make(scene);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = 1000;
    cr_assert_eq(intact_machine_record(scene->machine, &recording, why), 0, "%s", why);
    type_some(scene);
}

Test(input, a_replay_has_keys_and_movement_from_the_journal)
{
    static struct scene was, is;
    struct intact_journal *journal;
    record(&was);
    uint64_t expected = digest(was.machine), instructions = intact_machine_instructions(was.machine);
    cr_assert_eq(intact_machine_record_end(was.machine, why), 0, "%s", why);
    intact_machine_destroy(was.machine);
    cr_assert_gt(was.count, 12);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make(&is);
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), 0, "%s", why);
    cr_expect_eq(intact_machine_key(is.machine, INTACT_KEY_A, true), -EROFS);
    cr_expect_eq(intact_machine_pointer(is.machine, 1, 0, 0, 0), -EROFS);
    cr_expect_neq(intact_machine_run(is.machine).reason, INTACT_DIVERGED, "%s", intact_machine_error(is.machine));
    cr_expect_eq(intact_machine_instructions(is.machine), instructions);
    cr_expect_eq(digest(is.machine), expected);
    cr_expect_eq(is.count, was.count);
    cr_expect_arr_eq(is.bytes, was.bytes, was.count);
    intact_journal_close(journal);
    intact_machine_destroy(is.machine);
    unlink(path);
}

Test(input, a_machine_that_goes_back_gets_them_again)
{
    static struct scene scene;
    make(&scene);
    cr_assert_eq(intact_machine_history(scene.machine, UINT64_C(64) << 20, why), 0, "%s", why);
    type_some(&scene);
    uint64_t end = intact_machine_instructions(scene.machine), expected = digest(scene.machine);
    cr_assert_eq(intact_machine_go_to(scene.machine, 1000, why), 0, "%s", why);
    cr_assert_eq(intact_machine_go_to(scene.machine, end, why), 0, "%s", why);
    cr_expect_eq(digest(scene.machine), expected);
    intact_machine_destroy(scene.machine);
}

Test(input, a_saved_machine_has_what_was_not_yet_sent)
{
    static struct scene was, is;
    make(&was);
    run_for(&was, 1000);
    cr_assert_eq(intact_machine_pointer(was.machine, 300, 0, 0, 0), 0);
    cr_assert_eq(intact_machine_key(was.machine, INTACT_KEY_A, true), 0);
    run_for(&was, 1000);
    cr_assert_eq(intact_machine_save_file(was.machine, path, why), 0, "%s", why);
    run_for(&was, 11000000);
    make(&is);
    cr_assert_eq(intact_machine_load_file(is.machine, path, why), 0, "%s", why);
    run_for(&is, 11000000);
    cr_expect_eq(digest(is.machine), digest(was.machine));
    CHECK_BYTES(&is, 0x08, 45, 0);
    intact_machine_destroy(was.machine);
    intact_machine_destroy(is.machine);
    unlink(path);
}

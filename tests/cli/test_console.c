// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The consoles of the command without a machine: each that is not a terminal shows a part of a line by itself, within 50 ms
// of the host's time.
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/console.h"
#include "cli/late_output.h"
#include "machine/memory.h"

TestSuite(console, .timeout = 60);

// --- Which outputs ---------------------------------------------------------------------------------------------------

// Waits until `path` holds `text`. The guest of these consoles never falls idle: nothing else flushes them.
static void shows(const char *path, const char *text)
{
    char bytes[64] = "";
    do {
        FILE *file = fopen(path, "rb");
        cr_assert_not_null(file);
        bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
        fclose(file);
        sched_yield();
    } while (strcmp(bytes, text) != 0);
}

Test(console, every_output_that_is_held_back_is_shown_by_itself)
{
    static struct settings settings;
    struct consoles consoles;
    char *paths[3];
    settings_init(&settings);
    for (unsigned i = 0; i < 3; i++)
        paths[i] = test_file("", 0);
    settings.serial = (struct stream){ STREAM_FILE, paths[0], false };
    settings.debugcon = (struct stream){ STREAM_FILE, paths[1], false };
    settings.chardevs[0] = (struct chardev){ "c", { STREAM_FILE, paths[2], false } };
    settings.chardev_count = 1;
    settings.device_properties[0] = (struct intact_property){ "chardev", "c" };
    settings.device_property_count = 1;
    cr_assert_eq(consoles_open(&consoles, &settings), 0, "%s", settings.why);
    cr_assert_eq(consoles_start(&consoles, NULL, &settings), 0);
    const struct intact_console outputs[3] = { settings.config.serial, settings.config.debugcon,
                                               settings.device_chardevs[0].console };
    for (unsigned i = 0; i < 3; i++) {
        outputs[i].write(outputs[i].owner, '>');
        shows(paths[i], ">");
        outputs[i].write(outputs[i].owner, '?');
        shows(paths[i], ">?");
    }
    consoles_close(&consoles);
    for (unsigned i = 0; i < 3; i++)
        test_file_remove(paths[i]);
    settings_free(&settings);
}

// --- When ------------------------------------------------------------------------------------------------------------

// How fast the host is cannot be asked of a test; the deadline that the thread sleeps to can.
Test(console, a_part_of_a_line_waits_50_ms_at_most)
{
    static const struct timespec times[] = { { 0, 0 }, { 5, 1 }, { 7, 979999999 }, { 7, 980000000 }, { 8, 999999999 } };
    for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct timespec until = late_output_deadline(times[i]);
        long long wait = (until.tv_sec - times[i].tv_sec) * 1000000000LL + until.tv_nsec - times[i].tv_nsec;
        cr_assert(wait > 0 && wait <= 50000000, "%lld ns", wait);
        cr_assert(until.tv_nsec >= 0 && until.tv_nsec < 1000000000, "a time that pthread_cond_timedwait takes");
    }
}

static atomic_uint flushes;

static void count_flush(void *owner)
{
    (void)owner;
    atomic_fetch_add(&flushes, 1);
}

// With nothing held back the thread sleeps, however long the run is.
Test(console, each_note_is_one_flush)
{
    cr_assert(late_output_start(count_flush, NULL));
    for (unsigned i = 0; i < 3; i++) {
        late_output_note();
        while (atomic_load(&flushes) == i)
            sched_yield();
        nanosleep(&(struct timespec){ .tv_nsec = 3 * LATE_OUTPUT_MS * 1000000L }, NULL);
        cr_assert_eq(atomic_load(&flushes), i + 1);
    }
    late_output_stop();
}

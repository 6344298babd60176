// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// RAM at many moments, against copies of the whole.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ram_history.h"

TestSuite(ram_history, .timeout = 60);

enum { MOMENTS = 40 };

struct scene {
    struct ram_history history;
    uint8_t *ram, *before;
    uint64_t size;
    struct ram_moment *moments[MOMENTS];
    uint8_t *copies[MOMENTS];
    unsigned told;
};

static void open_scene(struct scene *scene, uint64_t pages)
{
    *scene = (struct scene){ .size = pages * RAM_PAGE };
    scene->ram = calloc(1, scene->size);
    scene->before = calloc(1, scene->size);
    cr_assert_eq(ram_history_init(&scene->history, scene->ram, scene->size), 0);
}

static void write_some(struct scene *scene)
{
    for (unsigned n = (unsigned)rand() % 6; n > 0; n--) {
        uint64_t page = ((uint64_t)rand() << 8 ^ (uint64_t)rand()) % scene->history.pages;
        memset(scene->ram + page * RAM_PAGE, 0, RAM_PAGE);
        if (rand() % 4) // else the page is zeros again
            scene->ram[page * RAM_PAGE + (uint64_t)rand() % RAM_PAGE] = (uint8_t)rand();
        page_set_add(&scene->history.written, page);
    }
}

static void take(struct scene *scene, unsigned i)
{
    cr_assert_eq(ram_history_take(&scene->history, &scene->moments[i]), 0);
    scene->copies[i] = malloc(scene->size);
    memcpy(scene->copies[i], scene->ram, scene->size);
}

static void drop(struct scene *scene, unsigned i)
{
    ram_history_release(&scene->history, scene->moments[i]);
    free(scene->copies[i]);
    scene->copies[i] = NULL;
}

// Every page that is not what it was before must be told.
static void told(void *owner, uint64_t page)
{
    struct scene *scene = owner;
    memcpy(scene->before + page * RAM_PAGE, scene->ram + page * RAM_PAGE, RAM_PAGE);
    scene->told++;
}

static void go_back(struct scene *scene, unsigned i)
{
    memcpy(scene->before, scene->ram, scene->size);
    ram_history_restore(&scene->history, scene->moments[i], told, scene);
    cr_assert_arr_eq(scene->ram, scene->copies[i], scene->size);
    cr_assert_arr_eq(scene->ram, scene->before, scene->size);
}

Test(ram_history, any_moment_comes_back_from_any_other)
{
    static const uint64_t pages[] = { 1, 64, 65, 4096, 5000 };
    srand(3);
    for (unsigned p = 0; p < countof(pages); p++) {
        struct scene scene;
        open_scene(&scene, pages[p]);
        for (unsigned step = 0; step < 150; step++) {
            unsigned i = (unsigned)rand() % MOMENTS;
            write_some(&scene);
            if (!scene.copies[i])
                take(&scene, i);
            else if (rand() % 4)
                go_back(&scene, i);
            else
                drop(&scene, i);
        }
        for (unsigned i = 0; i < MOMENTS; i++)
            if (scene.copies[i])
                drop(&scene, i);
        ram_history_free(&scene.history);
        cr_assert_eq(scene.history.bytes, 0);
        free(scene.ram);
        free(scene.before);
    }
}

Test(ram_history, a_moment_costs_what_was_written_since_the_last)
{
    struct scene scene;
    open_scene(&scene, 65536);
    for (uint64_t page = 0; page < 1000; page++) {
        scene.ram[page * RAM_PAGE] = 1;
        page_set_add(&scene.history.written, page);
    }
    take(&scene, 0);
    uint64_t bytes = scene.history.bytes;
    scene.ram[777 * RAM_PAGE] = 2;
    page_set_add(&scene.history.written, 777);
    take(&scene, 1);
    cr_assert_lt(scene.history.bytes - bytes, 2 * RAM_PAGE);
    bytes = scene.history.bytes;
    take(&scene, 2); // nothing was written
    cr_assert_eq(scene.history.bytes, bytes);
    go_back(&scene, 0);
    cr_assert_eq(scene.told, 1);
    for (unsigned i = 0; i < 3; i++)
        drop(&scene, i);
    ram_history_free(&scene.history);
    free(scene.ram);
    free(scene.before);
}

static unsigned seen;

static bool count(void *owner, uint64_t page, const uint8_t *bytes)
{
    const uint64_t *pages = owner;
    cr_assert_eq(page, pages[seen]);
    cr_assert_eq(bytes[1], page % 251);
    return ++seen < 3;
}

Test(ram_history, lists_the_pages_of_a_moment_in_order)
{
    static uint64_t pages[] = { 3, 64, 5000, 5001 };
    struct scene scene;
    open_scene(&scene, 6000);
    for (unsigned i = 0; i < countof(pages); i++) {
        scene.ram[pages[i] * RAM_PAGE + 1] = (uint8_t)(pages[i] % 251);
        page_set_add(&scene.history.written, pages[i]);
    }
    take(&scene, 0);
    cr_assert(!ram_history_pages(&scene.history, scene.moments[0], count, pages));
    cr_assert_eq(seen, 3);
    drop(&scene, 0);
    ram_history_free(&scene.history);
    free(scene.ram);
    free(scene.before);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Machines for the fuzzers: create, reset, save, load, compare.
//
// RAM is restored by the host's MMU. It is a private mapping of a file that has its first contents: mapping the file
// once more drops the pages that were written to, and no others are touched.
#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

enum { PAGE = 4096 }; // a unit of copies

struct rig rig_make(const struct board_type *type, const struct intact_machine_config *config)
{
    struct board *board = calloc(1, type->size);
    if (!board || board_create(board, type, config) < 0)
        fuzz_fail("cannot make a machine: %s", board ? board->error.text : "no memory");
    return (struct rig){
        .machine = board,
        .cpus = config->cpus,
        .clock = &board->clock,
        .loop = &board->loop,
        .memory = &board->memory,
        .trace = &board->trace,
        .manager = board->manager,
        .ram = board->ram,
    };
}

void rig_free(struct rig *rig)
{
    if (rig->kept)
        fclose(rig->kept);
    board_destroy(rig->machine);
    free(rig->machine);
    free(rig->host);
    *rig = (struct rig){ .machine = NULL };
}

void rig_reset(struct rig *rig)
{
    if (board_reset(rig->machine) < 0)
        fuzz_fail("reset: %s", rig->machine->error.text);
}

void rig_save_begin(struct visit_save *save)
{
    if (!save->data)
        visit_save_init(save);
    save->size = 0;
}

void rig_save(const struct rig *rig, struct visit_save *save)
{
    rig_save_begin(save);
    board_visit_chips(rig->machine, &save->visit);
    if (save->failed)
        fuzz_fail("no memory for a snapshot");
}

void rig_load(const struct rig *rig, const struct visit_save *save)
{
    struct visit_load load;
    visit_load_init(&load, save->data, save->size);
    board_visit_chips(rig->machine, &load.visit);
    board_loaded(rig->machine);
    if (load.failed || load.position != load.size)
        fuzz_fail("a snapshot does not fit the machine: %zu of %zu bytes used", load.position, load.size);
}

const char *rig_differs(const struct rig *rig, const struct visit_save *save)
{
    static struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    board_visit_chips(rig->machine, &differ.visit);
    return differ.differs ? differ.path : NULL;
}

// --- RAM -------------------------------------------------------------------------------------------------------------

void rig_keep_ram(struct rig *rig)
{
    rig->kept = tmpfile();
    if (!rig->kept || fwrite(rig->ram, RIG_RAM, 1, rig->kept) != 1 || fflush(rig->kept))
        fuzz_fail("no file for the contents of RAM");
    rig_restore_ram(rig);
}

void rig_restore_ram(const struct rig *rig)
{
    void *at = mmap(rig->ram, RIG_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fileno(rig->kept), 0);
    if (at != rig->ram)
        fuzz_fail("cannot map RAM");
}

// A page that is the same stays the file's.
void rig_copy_ram(const struct rig *rig, const struct rig *from)
{
    for (size_t at = 0; at < RIG_RAM; at += PAGE)
        if (memcmp(rig->ram + at, from->ram + at, PAGE) != 0)
            memcpy(rig->ram + at, from->ram + at, PAGE);
}

bool rig_same_ram(const struct rig *rig, const struct rig *from)
{
    return memcmp(rig->ram, from->ram, RIG_RAM) == 0;
}

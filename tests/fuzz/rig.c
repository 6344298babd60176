// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Machines for the fuzzers: create, reset, save, load, compare.
#include "rig.h"

#include <stdlib.h>

#include "fuzz.h"

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

struct visit_save rig_save(const struct rig *rig)
{
    struct visit_save save;
    visit_save_init(&save);
    board_visit_chips(rig->machine, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    return save;
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

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "rig.h"

#include <stdlib.h>

#include "fuzz.h"

void rig_free(struct rig *rig)
{
    rig->destroy(rig->machine);
    free(rig->machine);
    *rig = (struct rig){ .machine = NULL };
}

void rig_reset(struct rig *rig)
{
    if (rig->reset(rig->machine) < 0)
        fuzz_fail("reset: %s", rig->error->text);
}

struct visit_save rig_save(const struct rig *rig)
{
    struct visit_save save;
    visit_save_init(&save);
    rig->visit(rig->machine, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    return save;
}

void rig_load(const struct rig *rig, const struct visit_save *save)
{
    struct visit_load load;
    visit_load_init(&load, save->data, save->size);
    rig->visit(rig->machine, &load.visit);
    rig->loaded(rig->machine);
    if (load.failed || load.position != load.size)
        fuzz_fail("a snapshot does not fit the machine: %zu of %zu bytes used", load.position, load.size);
}

const char *rig_differs(const struct rig *rig, const struct visit_save *save)
{
    static struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    rig->visit(rig->machine, &differ.visit);
    return differ.differs ? differ.path : NULL;
}

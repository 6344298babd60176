// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See screendump.h.
#include "cli/screendump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <intact/machine.h>
#include <intact/screen.h>

#include "cli/run.h"

static void write_dump(void *owner, struct intact_machine *machine)
{
    struct screendump *dump = owner;
    struct intact_picture picture;
    int result = intact_machine_picture(machine, &picture);
    if (result == 0)
        result = intact_picture_write(&picture, dump->file, INTACT_PICTURE_BY_NAME);
    intact_picture_free(&picture);
    dump->done = true;
    dump->failed = result < 0;
    if (result == -ENOTSUP)
        fprintf(stderr, "intact: -screendump-at: '%s': built without libpng; a name that ends with .ppm is possible\n",
                dump->file);
    else if (result < 0)
        fprintf(stderr, "intact: -screendump-at: cannot write '%s': %s\n", dump->file, strerror(-result));
}

int screendumps_begin(struct settings *settings, struct intact_machine *machine)
{
    struct intact_picture picture;
    int result = settings->dump_count ? intact_machine_picture(machine, &picture) : 0;
    if (result == -ENODEV)
        return refuse(settings, "-screendump-at: the machine has no display; -vga std is one");
    if (settings->dump_count && result == 0)
        intact_picture_free(&picture);
    for (unsigned i = 0; i < settings->dump_count; i++) {
        struct screendump *dump = &settings->dumps[i];
        result = intact_machine_call_at(machine, dump->at, write_dump, dump);
        if (result == -EINVAL)
            return refuse(settings, "-screendump-at: %" PRIu64 " instructions have been executed already", dump->at);
        if (result < 0)
            return refuse(settings, "-screendump-at: %s", strerror(-result));
    }
    return 0;
}

int screendumps_end(const struct settings *settings, int status)
{
    for (unsigned i = 0; i < settings->dump_count; i++) {
        const struct screendump *dump = &settings->dumps[i];
        if (!dump->done)
            fprintf(stderr,
                    "intact: -screendump-at: '%s' is not written: the run ended before instruction %" PRIu64 "\n",
                    dump->file, dump->at);
        if ((!dump->done || dump->failed) && status == 0)
            status = STATUS_USAGE;
    }
    return status;
}

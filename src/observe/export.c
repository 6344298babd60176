// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The frame of all formats. See export.h.
#include "observe/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CPUS = 1024 }; // more than a machine has: the number may come from a damaged file

const struct export_format *const export_formats[] = { &export_text, &export_json,    &export_vcd, &export_chrome,
                                                       &export_svg,  &export_latency, NULL };

const struct export_format *export_format(const char *name)
{
    unsigned i = 0;
    while (export_formats[i] && strcmp(export_formats[i]->name, name) != 0)
        i++;
    return export_formats[i];
}

int export_begin(const struct export_format *format, FILE *file, const struct export_machine *machine,
                 struct export **out)
{
    struct export *export = calloc(1, sizeof *export);
    if (!export)
        return -ENOMEM;
    export->format = format;
    export->file = file;
    export->machine = *machine;
    if (export->machine.cpus > MOST_CPUS)
        export->machine.cpus = MOST_CPUS;
    int result = format->begin(export);
    if (result < 0) {
        free(export);
        return result;
    }
    *out = export;
    return 0;
}

void export_event(struct export *export, const struct intact_trace_event *event)
{
    if (!export->failed)
        export->format->event(export, event);
}

int export_end(struct export *export)
{
    export->format->end(export);
    int result = export->failed;
    if (result == 0 && (fflush(export->file) != 0 || ferror(export->file)))
        result = -EIO;
    free(export);
    return result;
}

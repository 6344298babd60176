// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What all formats of a trace have in common.
#include "observe/traces.h"

#include <errno.h>

Test(export, a_file_that_cannot_be_written_is_an_error)
{
    struct export *export;
    FILE *file = fopen("/dev/full", "w");
    if (!file)
        return; // not on this system
    cr_assert_eq(export_begin(&export_text, file, &pc, &export), 0);
    export_event(export, &ipi[0]);
    cr_assert_eq(export_end(export), -EIO);
    fclose(file);
}

Test(export, every_format_is_in_the_list_and_takes_every_event)
{
    unsigned count = 0;
    for (; export_formats[count]; count++) {
        struct intact_trace_event events[2 * INTACT_TRACE_IDS + 1];
        for (unsigned i = 0; i < 2 * INTACT_TRACE_IDS; i++)
            events[i] = (struct intact_trace_event){ .id = i / 2, .cpu = NOBODY, .cause = i % 2, .raises = i % 2 };
        events[2 * INTACT_TRACE_IDS] = (struct intact_trace_event){ .id = INTACT_TRACE_IDS };
        free(exported(export_formats[count], &pc, events, LENGTH(events)));
        free(exported(export_formats[count], &virt, events, LENGTH(events)));
    }
    cr_assert_eq(count, 6);
}

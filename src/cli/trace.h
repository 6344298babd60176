// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The traces of a run: opens their files, listens to the machine, and writes what is left at the end.
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include <stdio.h>

#include <intact/trace_log.h>

#include "cli/settings.h"

struct trace_output {
    const struct trace_wish *wish;
    FILE *file;
    struct export *export;                 // with a format: what writes it
    struct intact_trace_log *log;          // without one: what keeps the events
    struct intact_trace_observer observer; // of `export`
};

struct traces {
    unsigned count;
    struct trace_output output[TRACE_LIMIT];
};

// Before the run: the files of settings->traces are made. -1: settings->why, and nothing is open.
int traces_open(struct traces *traces, struct settings *settings);
// Before anything that raises an interrupt. -1: settings->why.
int traces_attach(struct traces *traces, struct intact_machine *machine, struct settings *settings);
// Before the machine is destroyed, whose names they use. -1: settings->why. A second call does nothing.
int traces_close(struct traces *traces, struct settings *settings);

// Standard output (NULL, or "-"), or a file. NULL, -1: settings->why.
FILE *trace_file_open(struct settings *settings, const char *path);
// `result`: -ENOMEM or -EIO if it could not be written before.
int trace_file_close(struct settings *settings, FILE *file, const char *path, int result);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What -d tells of a run, on standard error or in the file of -D.
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include <intact/log.h>
#include <stdio.h>

#include "cli/settings.h"

struct run_log {
    FILE *file;             // standard error without -D
    struct intact_log *log; // NULL: nothing is told but `exit`
};

// Before the machine: makes the file of -D. -1: settings->why.
int log_open(struct run_log *log, struct settings *settings);
// Before the first instruction. -1: settings->why.
int log_attach(struct run_log *log, struct intact_machine *machine, struct settings *settings);
// The last line, of `exit`.
void log_tell_exit(struct run_log *log, const struct settings *settings, const struct intact_exit *end);
// Before the machine is destroyed.
void log_detach(struct run_log *log);
// -1: the file could not be written, settings->why.
int log_close(struct run_log *log, struct settings *settings);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inside of a log: <intact/trace_log.h>.
#ifndef OBSERVE_TRACE_LOG_H
#define OBSERVE_TRACE_LOG_H

#include <intact/trace_log.h>

#include <stdio.h>

#include "observe/export.h"
#include "observe/filter.h"
#include "observe/ring.h"

struct error;

struct intact_trace_log {
    struct ring ring;
    struct filter filter;
    bool takes_all; // every event that the observer gets
    bool arm;
    uint32_t cpus;
    struct intact_trace_observer observer;
};

// A log that keeps what `filter` wants, instead of what a text says.
int trace_log_create(const struct intact_trace_log_config *config, const struct filter *filter,
                     struct intact_trace_log **log, char *why);
// Writes those of the kept events that `filter` wants (NULL: all) to an open file. `cause` is that of struct export_machine. 0,
// -ENOMEM or -EIO.
int trace_log_export(const struct intact_trace_log *log, const struct export_format *format,
                     const struct filter *filter, uint64_t cause, FILE *file);

// trace_file.c
// To an open file, which is flushed. 0 or -EIO.
int trace_file_put(const struct intact_trace_log *log, FILE *file);
int trace_file_write(const struct intact_trace_log *log, const char *path, struct error *error);
// `log` is zeroed. What it holds is freed with ring_free, after a failure too.
int trace_file_read(struct intact_trace_log *log, const char *path, struct error *error);

#endif

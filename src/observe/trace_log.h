// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inside of a log: <intact/trace_log.h>.
#ifndef OBSERVE_TRACE_LOG_H
#define OBSERVE_TRACE_LOG_H

#include <intact/trace_log.h>

#include "base/error.h"
#include "observe/filter.h"
#include "observe/ring.h"

struct intact_trace_log {
    struct ring ring;
    struct filter filter;
    bool arm;
    uint32_t cpus;
    struct intact_trace_observer observer;
};

// trace_file.c
int trace_file_write(const struct intact_trace_log *log, const char *path, struct error *error);
// `log` is zeroed. What it holds is freed with ring_free, after a failure too.
int trace_file_read(struct intact_trace_log *log, const char *path, struct error *error);

#endif

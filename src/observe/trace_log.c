// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A log of events, as a public object: an observer with a filter and a ring.
#include "observe/trace_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sized.h"

static const struct intact_trace_log_config default_config = { .size = sizeof default_config,
                                                               .records = INTACT_TRACE_LOG_RECORDS,
                                                               .cpus = 1 };

void intact_trace_log_config_defaults(struct intact_trace_log_config *config, size_t size)
{
    sized_give(config, size, &default_config, sizeof default_config);
}

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct intact_trace_log *log = owner;
    if (filter_wants(&log->filter, event))
        ring_add(&log->ring, event);
}

static int prepare(struct intact_trace_log *log, const struct intact_trace_log_config *config, struct error *error)
{
    if (config->records < 4 || config->records > UINT32_MAX)
        return error_set(error, -EINVAL, "records is %zu; 4 to %u are kept", config->records, UINT32_MAX);
    filter_init(&log->filter);
    int result = filter_parse(&log->filter, config->filter, error);
    error_prefix(error, "filter");
    if (result < 0)
        return -EINVAL;
    log->arm = config->arm;
    log->cpus = config->cpus;
    intact_trace_observer_init(&log->observer, log->filter.events, hear, log);
    if (ring_init(&log->ring, config->records) < 0)
        return error_set(error, -ENOMEM, "the host has no memory for %zu records", config->records);
    return 0;
}

// The public form of what `made` is: *log, or the error's line in `why`.
static int give(int result, struct intact_trace_log *made, struct intact_trace_log **log, const struct error *error,
                char *why)
{
    *log = result < 0 ? NULL : made;
    if (result < 0)
        intact_trace_log_destroy(made);
    if (result < 0 && why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error->text);
    return result;
}

int intact_trace_log_create(const struct intact_trace_log_config *given, struct intact_trace_log **log, char *why)
{
    struct intact_trace_log_config config = default_config;
    struct error error = { 0 };
    if (!sized_take(&config, sizeof config, given))
        return give(error_set(&error, -EINVAL, "the configuration was not prepared by intact_trace_log_config_init"),
                    NULL, log, &error, why);
    struct intact_trace_log *made = calloc(1, sizeof *made);
    if (!made)
        return give(error_set(&error, -ENOMEM, "the host has no memory left"), NULL, log, &error, why);
    return give(prepare(made, &config, &error), made, log, &error, why);
}

void intact_trace_log_destroy(struct intact_trace_log *log)
{
    if (!log)
        return;
    intact_trace_observer_remove(&log->observer);
    ring_free(&log->ring);
    free(log);
}

struct intact_trace_observer *intact_trace_log_observer(struct intact_trace_log *log)
{
    return &log->observer;
}

uint64_t intact_trace_log_lost(const struct intact_trace_log *log)
{
    return log->ring.lost;
}

void intact_trace_log_each(const struct intact_trace_log *log,
                           void (*each)(void *owner, const struct intact_trace_event *event), void *owner)
{
    ring_each(&log->ring, each, owner);
}

int intact_trace_log_write(const struct intact_trace_log *log, const char *path, char *why)
{
    struct error error = { 0 };
    int result = trace_file_write(log, path, &error);
    if (result < 0 && why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error.text);
    return result;
}

int intact_trace_log_read(const char *path, struct intact_trace_log **log, char *why)
{
    struct error error = { 0 };
    struct intact_trace_log *made = calloc(1, sizeof *made);
    if (!made)
        return give(error_set(&error, -ENOMEM, "the host has no memory left"), NULL, log, &error, why);
    filter_init(&made->filter);
    intact_trace_observer_init(&made->observer, made->filter.events, hear, made);
    return give(trace_file_read(made, path, &error), made, log, &error, why);
}

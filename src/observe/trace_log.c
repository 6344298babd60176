// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A log of events, as a public object: an observer with a filter and a ring.
#include "observe/trace_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
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
    if (log->takes_all || filter_wants(&log->filter, event))
        ring_add(&log->ring, event);
}

static int prepare(struct intact_trace_log *log, const struct intact_trace_log_config *config,
                   const struct filter *filter, struct error *error)
{
    if (config->records < 4 || config->records > UINT32_MAX)
        return error_set(error, -EINVAL, "records is %zu; 4 to %u are kept", config->records, UINT32_MAX);
    log->filter = *filter;
    log->takes_all = filter_is_open(filter);
    log->arm = config->arm;
    log->cpus = config->cpus;
    intact_trace_observer_init(&log->observer, log->filter.events, hear, log);
    if (ring_init(&log->ring, config->records) < 0)
        return error_set(error, -ENOMEM, "the host has no memory for %zu records", config->records);
    return 0;
}

// *log is what was made, or NULL after an error.
static int give(int result, struct intact_trace_log *made, struct intact_trace_log **log)
{
    *log = result < 0 ? NULL : made;
    if (result < 0)
        intact_trace_log_destroy(made);
    return result;
}

// Puts the line of an error into the `why` of a public function.
static int tell(int result, const struct error *error, char *why)
{
    if (result < 0 && why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error->text);
    return result;
}

int trace_log_create(const struct intact_trace_log_config *config, const struct filter *filter,
                     struct intact_trace_log **log, char *why)
{
    struct error error = { 0 };
    struct intact_trace_log *made = calloc(1, sizeof *made);
    int result =
        made ? prepare(made, config, filter, &error) : error_set(&error, -ENOMEM, "the host has no memory left");
    return tell(give(result, made, log), &error, why);
}

int intact_trace_log_create(const struct intact_trace_log_config *given, struct intact_trace_log **log, char *why)
{
    struct intact_trace_log_config config = default_config;
    struct error error = { 0 };
    struct filter filter;
    *log = NULL;
    if (!sized_take(&config, sizeof config, given))
        return tell(error_set(&error, -EINVAL, "the configuration was not prepared by intact_trace_log_config_init"),
                    &error, why);
    filter_init(&filter);
    if (filter_parse(&filter, config.filter, &error) < 0) {
        error_prefix(&error, "filter");
        return tell(-EINVAL, &error, why);
    }
    return trace_log_create(&config, &filter, log, why);
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
    return ring_lost(&log->ring);
}

void intact_trace_log_each(const struct intact_trace_log *log,
                           void (*each)(void *owner, const struct intact_trace_event *event), void *owner)
{
    ring_each(&log->ring, each, owner);
}

int intact_trace_log_write(const struct intact_trace_log *log, const char *path, char *why)
{
    struct error error = { 0 };
    return tell(trace_file_write(log, path, &error), &error, why);
}

int intact_trace_log_read(const char *path, struct intact_trace_log **log, char *why)
{
    struct error error = { 0 };
    struct intact_trace_log *made = calloc(1, sizeof *made);
    *log = NULL;
    if (!made)
        return tell(error_set(&error, -ENOMEM, "the host has no memory left"), &error, why);
    filter_init(&made->filter);
    intact_trace_observer_init(&made->observer, made->filter.events, hear, made);
    return tell(give(trace_file_read(made, path, &error), made, log), &error, why);
}

// --- Formats ---------------------------------------------------------------------------------------------------------

const char *intact_trace_format(unsigned index, const char **about)
{
    unsigned count = 0;
    while (export_formats[count])
        count++;
    if (index >= count)
        return NULL;
    if (about)
        *about = export_formats[index]->about;
    return export_formats[index]->name;
}

struct exporting {
    struct export *export;
    const struct filter *filter;
};

static void export_one(void *owner, const struct intact_trace_event *event)
{
    const struct exporting *exporting = owner;
    if (!exporting->filter || filter_wants(exporting->filter, event))
        export_event(exporting->export, event);
}

int trace_log_export(const struct intact_trace_log *log, const struct export_format *format,
                     const struct filter *filter, uint64_t cause, FILE *file)
{
    const struct export_machine machine = { .arm = log->arm, .cpus = log->cpus, .cause = cause };
    struct exporting exporting = { .filter = filter };
    int result = export_begin(format, file, &machine, &exporting.export);
    if (result < 0)
        return result;
    ring_each(&log->ring, export_one, &exporting);
    return export_end(exporting.export);
}

static int refuse_format(const char *name, struct error *error)
{
    char known[200] = "";
    for (unsigned i = 0; export_formats[i]; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", export_formats[i]->name);
    }
    return error_set(error, -EINVAL, "there is no format '%.40s'; there are %s", name, known);
}

static int export_file(const struct intact_trace_log *log, const char *name, const char *path, struct error *error)
{
    const struct export_format *format = export_format(name);
    if (!format)
        return refuse_format(name, error);
    FILE *file = fopen(path, "wb");
    if (!file)
        return error_set(error, -errno, "cannot write '%.200s': %s", path, strerror(errno));
    int result = trace_log_export(log, format, NULL, 0, file);
    if (fclose(file) && result == 0)
        result = -errno;
    return result < 0 ? error_set(error, result, "cannot write '%.200s': %s", path, strerror(-result)) : 0;
}

int intact_trace_log_export(const struct intact_trace_log *log, const char *format, const char *path, char *why)
{
    struct error error = { 0 };
    return tell(export_file(log, format, path, &error), &error, why);
}

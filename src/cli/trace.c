// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See trace.h.
#include "cli/trace.h"

#include <errno.h>
#include <string.h>

#include "observe/trace_log.h"

// --- Files -----------------------------------------------------------------------------------------------------------

static const char *name_of(const char *path)
{
    return path && strcmp(path, "-") != 0 ? path : "standard output";
}

FILE *trace_file_open(struct settings *settings, const char *path)
{
    bool is_file = path && strcmp(path, "-") != 0;
    FILE *file = is_file ? fopen(path, "wb") : stdout;
    if (!file)
        refuse(settings, "trace: cannot write '%.200s': %s", path, strerror(errno));
    return file;
}

int trace_file_close(struct settings *settings, FILE *file, const char *path, int result)
{
    errno = 0;
    if ((file == stdout ? fflush(file) : fclose(file)) != 0 && result == 0)
        result = -EIO;
    if (result == -ENOMEM)
        return refuse(settings, "trace: the host has no memory left; '%.200s' is not complete", name_of(path));
    if (result < 0)
        return refuse(settings, "trace: '%.200s' is not complete: %s", name_of(path),
                      errno ? strerror(errno) : "it could not be written");
    return 0;
}

// --- A run -----------------------------------------------------------------------------------------------------------

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct trace_output *output = owner;
    if (filter_wants(&output->wish->filter, event))
        export_event(output->export, event);
}

// Without a format: a ring of the last events.
static int keep(struct trace_output *output, const struct settings *settings, char *why)
{
    struct intact_trace_log_config config;
    intact_trace_log_config_init(&config);
    if (output->wish->records)
        config.records = (size_t)output->wish->records;
    config.arm = settings->config.type == INTACT_VIRT;
    config.cpus = settings->config.cpus;
    return trace_log_create(&config, &output->wish->filter, &output->log, why);
}

static int begin(struct trace_output *output, const struct settings *settings)
{
    const struct export_machine machine = { .arm = settings->config.type == INTACT_VIRT,
                                            .cpus = settings->config.cpus,
                                            .cause = output->wish->cause };
    intact_trace_observer_init(&output->observer, output->wish->filter.events, hear, output);
    return export_begin(output->wish->format, output->file, &machine, &output->export);
}

static int open_output(struct trace_output *output, const struct trace_wish *wish, struct settings *settings)
{
    char why[INTACT_ERROR_SIZE] = "the host has no memory left";
    *output = (struct trace_output){ .wish = wish };
    if (!(output->file = trace_file_open(settings, wish->file)))
        return -1;
    if ((wish->format ? begin(output, settings) : keep(output, settings, why)) == 0)
        return 0;
    trace_file_close(settings, output->file, wish->file, 0);
    return refuse(settings, "trace: %s", why);
}

int traces_open(struct traces *traces, struct settings *settings)
{
    char why[sizeof settings->why];
    traces->count = 0;
    for (unsigned i = 0; i < settings->trace_count; i++, traces->count++) {
        if (open_output(&traces->output[i], &settings->traces[i], settings) == 0)
            continue;
        memcpy(why, settings->why, sizeof why);
        traces_close(traces, settings);
        memcpy(settings->why, why, sizeof why);
        return -1;
    }
    return 0;
}

int traces_attach(struct traces *traces, struct intact_machine *machine, struct settings *settings)
{
    for (unsigned i = 0; i < traces->count; i++) {
        struct trace_output *output = &traces->output[i];
        struct intact_trace_observer *observer =
            output->log ? intact_trace_log_observer(output->log) : &output->observer;
        if (intact_machine_trace(machine, observer) < 0)
            return refuse(settings, "trace: the host has no memory left");
    }
    return 0;
}

static int finish(struct trace_output *output)
{
    if (output->log) {
        int result = trace_file_put(output->log, output->file);
        intact_trace_log_destroy(output->log);
        return result;
    }
    intact_trace_observer_remove(&output->observer);
    return export_end(output->export);
}

int traces_close(struct traces *traces, struct settings *settings)
{
    int failed = 0;
    for (unsigned i = 0; i < traces->count; i++) {
        struct trace_output *output = &traces->output[i];
        if (trace_file_close(settings, output->file, output->wish->file, finish(output)) < 0)
            failed = -1;
    }
    traces->count = 0;
    return failed;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What -d tells of a run.
#include "cli/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int log_open(struct run_log *log, struct settings *settings)
{
    *log = (struct run_log){ .file = stderr };
    if (!settings->log_path || settings->answers)
        return 0;
    log->file = fopen(settings->log_path, "w");
    return log->file ? 0 : refuse(settings, "-D: cannot write '%s': %s", settings->log_path, strerror(errno));
}

static void write_text(void *owner, const char *text, size_t size)
{
    struct run_log *log = owner;
    fwrite(text, 1, size, log->file);
}

int log_attach(struct run_log *log, struct intact_machine *machine, struct settings *settings)
{
    char why[INTACT_ERROR_SIZE];
    struct intact_log_config config;
    if (!settings->log_items)
        return 0;
    intact_log_config_init(&config);
    config.items = settings->log_items;
    config.ranges = settings->log_ranges;
    config.write = write_text;
    config.owner = log;
    return intact_log_open(machine, &config, &log->log, why) < 0 ? refuse(settings, "-d: %s", why) : 0;
}

void log_tell_exit(struct run_log *log, const struct settings *settings, const struct intact_exit *end)
{
    if (settings->log_exit)
        fprintf(log->file, "intact: exit %d after %" PRIu64 " instructions\n", end->status, end->instructions);
}

void log_detach(struct run_log *log)
{
    intact_log_close(log->log);
    log->log = NULL;
}

int log_close(struct run_log *log, struct settings *settings)
{
    if (log->file == stderr)
        return 0;
    bool good = !ferror(log->file);
    if (fclose(log->file) != 0 || !good)
        return refuse(settings, "-D: cannot write '%s': the disk may be full", settings->log_path);
    return 0;
}

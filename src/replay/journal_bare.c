// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See journal.h. A bare host has no files that can be written: no run is recorded, and none repeated.
#include "replay/journal.h"

#include <errno.h>

static int refuse(const char *path, struct error *error)
{
    return error_set(error, -ENOTSUP, "'%.200s': this host has no journals", path);
}

int journal_create(struct journal_writer *writer, const char *path, const char *text, struct error *error)
{
    (void)writer, (void)text;
    return refuse(path, error);
}

void journal_put(struct journal_writer *writer, const struct journal_entry *entry)
{
    (void)writer, (void)entry;
}

void journal_write(struct journal_writer *writer)
{
    (void)writer;
}

void journal_flush(struct journal_writer *writer)
{
    (void)writer;
}

bool journal_is_flushed(const struct journal_writer *writer)
{
    (void)writer;
    return true;
}

int journal_close(struct journal_writer *writer)
{
    (void)writer;
    return 0;
}

int journal_open(struct journal_reader *reader, const char *path, struct error *error)
{
    (void)reader;
    return refuse(path, error);
}

bool journal_next(struct journal_reader *reader, struct journal_entry *entry)
{
    (void)reader, (void)entry;
    return false;
}

void journal_free(struct journal_reader *reader)
{
    (void)reader;
}

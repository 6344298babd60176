// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See state_file.h. A bare host has no files that can be written, and so none with a state.
#include "machine/replay/state_file.h"

#include <errno.h>

static int refuse(const char *path, struct error *error)
{
    return error_set(error, -ENOTSUP, "'%.200s': this host keeps no states in files", path);
}

int state_file_save(struct board *board, const char *path, struct error *error)
{
    (void)board;
    return refuse(path, error);
}

int state_file_load(struct board *board, const char *path, struct error *error)
{
    (void)board;
    return refuse(path, error);
}

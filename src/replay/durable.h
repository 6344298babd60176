// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Files that a loss of power leaves whole: as they were before, or as they are to be.
//
//     durable_open: a new file in the same folder --> write --> durable_finish: sync, rename, sync the folder
//
// Threads: any, each with files of its own.
#ifndef REPLAY_DURABLE_H
#define REPLAY_DURABLE_H

#include <stdbool.h>
#include <stdio.h>

// Brings the file to its disk. 0, or a negative errno. A pipe or a device has no disk behind it, which is no error.
int durable_sync(int descriptor);

struct durable {
    const char *path;
    char *beside; // what is written; NULL: `path` itself, which is a pipe or a device
    FILE *file;
};

// Begins a file that will be at `path`, which has to stay valid. What is there stays as it is until durable_finish. 0, or a
// negative errno.
int durable_open(struct durable *durable, const char *path);

// Ends it: `result` is 0, or the error with which writing it failed. 0: it is at `path` and on the disk. A negative errno:
// `result`, or the first failure here; what was at `path` is still there, unless only the folder could not be synced.
int durable_finish(struct durable *durable, int result);

#endif

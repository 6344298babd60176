// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Locks on image files against other processes, at the bytes where QEMU has its own, so that each refuses what the other has.
#ifndef HOST_HOST_LOCK_H
#define HOST_HOST_LOCK_H

#include <stdbool.h>

#include "base/error.h"
#include "host/host_file.h"

// Until the file is closed others may read it, and write it if `shared`. A file system without locks: nothing happens. A
// negative errno, and a line in `error` that begins with the path.
int host_lock(const struct host_file *file, const char *path, bool writable, bool shared, struct error *error);

#endif

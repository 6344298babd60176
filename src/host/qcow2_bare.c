// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// qcow2 on a bare host, which has no zlib and zstd: none.
#include <errno.h>

#include "host/qcow2.h"

int qcow2_open(struct qcow2 *qcow2, struct host_file *file, const char *name, bool writable, struct error *error)
{
    (void)qcow2, (void)file, (void)writable;
    return error_set(error, -ENOTSUP, "'%.200s' is a qcow2 image, which this build cannot read; give a raw one", name);
}

int qcow2_close(struct qcow2 *qcow2)
{
    (void)qcow2;
    return 0;
}

int qcow2_zero(void *owner, uint64_t offset, uint64_t size, bool release)
{
    (void)owner, (void)offset, (void)size, (void)release;
    return -ENOTSUP;
}

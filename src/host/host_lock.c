// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See host_lock.h. Who does something with a file holds a lock on byte 100 + n; who allows it to nobody else holds one on byte
// 200 + n. All are locks for reading, so that several processes can hold them; whether another process has one is asked for.
//
//     n   0 reads what is consistent   1 writes   3 changes the size
//
// Not modelled: hosts without locks of open files (F_OFD_SETLK), where a file is not locked.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 // F_OFD_SETLK
#endif
#include "host/host_lock.h"

#include <errno.h>
#include <fcntl.h>

enum { READ = 0, WRITE = 1, RESIZE = 3, KINDS = 4, DOES = 100, DENIES = 200 };

#ifdef F_OFD_SETLK

static const char *const names[KINDS] = { [READ] = "consistent read", [WRITE] = "write", [RESIZE] = "resize" };

static bool has(unsigned set, unsigned kind)
{
    return set >> kind & 1;
}

// The host's file system may have no locks.
static bool take(const struct host_file *file, off_t byte)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return fcntl(file->descriptor, F_OFD_SETLK, &lock) == 0;
}

static bool somebody_has(const struct host_file *file, off_t byte)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return fcntl(file->descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int refuse(const char *path, const char *how, unsigned kind, struct error *error)
{
    return error_set(
        error, -EBUSY,
        "'%.200s': Failed to get %s\"%s\" lock: is another process using the image? readonly=on or snapshot=on "
        "beside a reader, share-rw=on on both sides, or a copy",
        path, how, names[kind]);
}

int host_lock(const struct host_file *file, const char *path, bool writable, bool shared, struct error *error)
{
    unsigned does = 1u << READ | (writable ? 1u << WRITE | 1u << RESIZE : 0);
    unsigned denies = 1u << RESIZE | (shared ? 0 : 1u << WRITE);
    if (shared)
        does &= ~(1u << RESIZE);
    for (unsigned kind = 0; kind < KINDS; kind++)
        if ((has(does, kind) && !take(file, DOES + kind)) || (has(denies, kind) && !take(file, DENIES + kind)))
            return 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (has(does, kind) && somebody_has(file, DENIES + kind))
            return refuse(path, "", kind, error);
        if (has(denies, kind) && somebody_has(file, DOES + kind))
            return refuse(path, "shared ", kind, error);
    }
    return 0;
}

#else

int host_lock(const struct host_file *file, const char *path, bool writable, bool shared, struct error *error)
{
    (void)file, (void)path, (void)writable, (void)shared, (void)error;
    return 0;
}

#endif

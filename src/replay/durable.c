// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See durable.h. A name is on the disk when its folder is: rename alone may be lost, or come to the disk before the contents.
#include "replay/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 100 };

int durable_sync(int descriptor)
{
    if (fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS)
        return 0;
    return errno ? -errno : -EIO;
}

static bool is_replaced(const char *path)
{
    struct stat status;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

// A name that nobody has: neither another process that writes the same file, nor one that was killed.
static int open_beside(struct durable *durable)
{
    size_t room = strlen(durable->path) + 48;
    durable->beside = malloc(room);
    if (!durable->beside)
        return -ENOMEM;
    for (unsigned i = 0; i < NAMES_TRIED; i++) {
        snprintf(durable->beside, room, "%s.%ld-%u.part", durable->path, (long)getpid(), i);
        int descriptor = open(durable->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0)
            return descriptor;
        if (errno != EEXIST)
            break;
    }
    return -errno;
}

int durable_open(struct durable *durable, const char *path)
{
    *durable = (struct durable){ .path = path };
    int descriptor = is_replaced(path) ? open_beside(durable) : open(path, O_WRONLY | O_CLOEXEC);
    int result = descriptor < 0 ? (durable->beside ? descriptor : -errno) : 0;
    if (result == 0 && !(durable->file = fdopen(descriptor, "wb"))) {
        result = -errno;
        close(descriptor);
        if (durable->beside)
            unlink(durable->beside);
    }
    if (result < 0)
        free(durable->beside);
    return result;
}

// The folder of `path`, whose last slash may be its first character.
static int open_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strdup(path) : NULL;
    if (slash && !folder)
        return -ENOMEM;
    if (folder)
        folder[slash == path ? 1 : slash - path] = 0;
    int descriptor = open(folder ? folder : ".", O_RDONLY | O_CLOEXEC);
    int error = errno;
    free(folder);
    return descriptor < 0 ? -error : descriptor;
}

// A folder that may be written to and not be read cannot be synced: the file is there, as it would be without all this.
static int sync_folder(const char *path)
{
    int descriptor = open_folder(path);
    if (descriptor < 0)
        return descriptor == -EACCES ? 0 : descriptor;
    int result = durable_sync(descriptor);
    close(descriptor);
    return result;
}

int durable_finish(struct durable *durable, int result)
{
    if (result == 0 && fflush(durable->file) != 0)
        result = errno ? -errno : -EIO;
    if (result == 0)
        result = durable_sync(fileno(durable->file));
    if (fclose(durable->file) != 0 && result == 0)
        result = -errno;
    if (durable->beside && result == 0 && rename(durable->beside, durable->path) != 0)
        result = -errno;
    if (durable->beside && result < 0)
        unlink(durable->beside);
    else if (durable->beside)
        result = sync_folder(durable->path);
    free(durable->beside);
    return result;
}

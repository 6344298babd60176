// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Texts of the values that functions of the library return; <intact/error.h> says which these are.
#include <errno.h>
#include <stddef.h>

#include <intact/error.h>
#include <intact/interrupt.h>

#include "base/bits.h"

static const struct {
    int error;
    const char *text;
} texts[] = {
    { -ENOENT, "there is no such file or object" },
    { -EIO, "input or output failed" },
    { -ENOEXEC, "the file is not of a kind that can be run" },
    { -EACCES, "permission denied" },
    { -EISDIR, "it is a directory" },
    { -ENFILE, "the host has too many files open" },
    { -EFBIG, "the file is too large" },
    { -EROFS, "it can only be read" },
    { -EFAULT, "there is no memory at a part of the range" },
    { -EADDRINUSE, "the address is in use by something else" },
    { -EBADF, "the descriptor is not open" },
    { -ENOTSUP, "it is not supported" },
    { INTACT_IRQ_NO_ROUTE, "no route: the pin, the GSI or the message leads nowhere" },
    { INTACT_IRQ_NO_MEMORY, "out of memory" },
    { INTACT_IRQ_BUSY, "busy: it is still in use elsewhere" },
    { INTACT_IRQ_DUPLICATE, "duplicate: another group has one of these sources, or the pin is wired already" },
    { INTACT_IRQ_INVALID, "invalid argument, or not possible in this mode" },
    { INTACT_IRQ_OUT_OF_FILES, "the host has no file left for a notifier" },
    { INTACT_IRQ_OUT_OF_VECTORS, "out of room: all vectors, slots or addresses are in use" },
    { INTACT_IRQ_BAD_INDEX, "bad index: the group has no such source" },
    { INTACT_IRQ_BAD_TYPE, "bad type: it does not fit the type of the group" },
    { INTACT_IRQ_NOT_ENABLED, "not enabled: enable the group first" },
    { INTACT_IRQ_BAD_COUNT, "bad count: a group of this type cannot have so many sources" },
};

const char *intact_strerror(int error)
{
    if (error >= 0)
        return "success";
    for (size_t i = 0; i < countof(texts); i++)
        if (texts[i].error == error)
            return texts[i].text;
    return "unknown error";
}

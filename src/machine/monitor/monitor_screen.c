// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the guest shows: screendump.
#include <errno.h>
#include <string.h>

#include <intact/screen.h>

#include "machine/monitor/monitor_commands.h"

struct monitor_result monitor_screendump(struct monitor *monitor, unsigned count, char *const *words)
{
    struct intact_picture picture;
    int result = intact_machine_picture(monitor->machine, &picture);
    (void)count;
    if (result == -ENODEV)
        return monitor_refuse(monitor, words[0], "the machine has no display; -vga std is one");
    if (result == 0)
        result = intact_picture_write(&picture, words[1], INTACT_PICTURE_BY_NAME);
    intact_picture_free(&picture);
    if (result == -ENOTSUP)
        return monitor_refuse(monitor, words[0], "built without libpng; a name that ends with .ppm is possible");
    if (result < 0)
        return monitor_refuse(monitor, words[0], "cannot write '%s': %s", words[1], strerror(-result));
    return MONITOR_STAY;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP's screendump. Without a format it is what the file's name says, PNG or PPM.
//
// Not modelled: device and head: there is one screen.
#include <errno.h>
#include <string.h>

#include <intact/screen.h>

#include "machine/servers/qmp_machine.h"

static json_t *write_picture(struct qmp *qmp, const char *name, enum intact_picture_format format)
{
    struct intact_picture picture;
    int result = intact_machine_picture(qmp_server(qmp)->machine, &picture);
    if (result == -ENODEV)
        return qmp_fail(qmp, "the machine has no display; -vga std is one");
    if (result == 0)
        result = intact_picture_write(&picture, name, format);
    intact_picture_free(&picture);
    if (result == -ENOTSUP)
        return qmp_fail(qmp, "built without libpng; format ppm is possible");
    return result < 0 ? qmp_fail(qmp, "cannot write '%.200s': %s", name, strerror(-result)) : json_object();
}

json_t *qmp_screendump(struct qmp *qmp, json_t *arguments)
{
    const char *name = json_string_value(json_object_get(arguments, "filename"));
    const char *format = json_string_value(json_object_get(arguments, "format"));
    if (!format)
        return write_picture(qmp, name, INTACT_PICTURE_BY_NAME);
    if (strcmp(format, "ppm") != 0 && strcmp(format, "png") != 0)
        return qmp_fail(qmp, "format: '%.80s' is not ppm or png", format);
    return write_picture(qmp, name, strcmp(format, "png") == 0 ? INTACT_PICTURE_PNG : INTACT_PICTURE_PPM);
}

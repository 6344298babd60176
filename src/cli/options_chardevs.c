// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Options of consoles: -serial, -debugcon, -chardev; and what has standard input and output. What they name is
// read by options_streams.c.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "cli/options_streams.h"
#include "cli/properties.h"
#include "cli/text.h"

static int parse_stream(struct settings *settings, const char *option, const char *value, struct stream *stream,
                        const char **chardev)
{
    if (strncmp(value, "chardev:", 8) != 0 || !value[8])
        return stream_of_text(settings, option, value, stream);
    *stream = (struct stream){ 0 };
    *chardev = settings_copy(settings, value + 8);
    return *chardev ? 0 : -1;
}

static int add_chardev(struct settings *settings, const char *option, const struct chardev *chardev);

// The number of a port, which QEMU's names of its character devices have, too.
static const char *serial_id(struct settings *settings, unsigned number)
{
    char id[16];
    snprintf(id, sizeof id, "serial%u", number);
    return settings_copy(settings, id);
}

static int add_com(struct settings *settings, const struct stream *stream, const char *chardev, unsigned number)
{
    struct chardev own = { .stream = *stream };
    if (stream->kind == STREAM_NONE)
        return 0;
    if (number > 3)
        return refuse(settings, "-serial: more than four; a PC has COM1 to COM4");
    if (!chardev) {
        chardev = own.id = serial_id(settings, number);
        if (!chardev || add_chardev(settings, "-serial", &own) < 0)
            return -1;
    }
    settings->coms[number - 1].chardev = chardev;
    return 0;
}

int settings_add_serial(struct settings *settings, const char *chardev)
{
    const struct stream stream = { .kind = STREAM_NULL };
    unsigned number = settings->serial_count++;
    if (number)
        return add_com(settings, &stream, chardev, number);
    settings->serial_chardev = chardev;
    return 0;
}

int take_serial(struct settings *settings, const char *value)
{
    struct stream stream;
    const char *chardev = NULL;
    if (parse_stream(settings, "-serial", value, &stream, &chardev) < 0)
        return -1;
    unsigned number = settings->serial_count++;
    if (number)
        return add_com(settings, &stream, chardev, number);
    settings->serial = stream;
    settings->serial_chardev = chardev;
    return 0;
}

int take_debugcon(struct settings *settings, const char *value)
{
    settings->debugcon_chardev = NULL;
    settings->config.debugcon_port = 0xe9;
    return parse_stream(settings, "-debugcon", value, &settings->debugcon, &settings->debugcon_chardev);
}

static const struct chardev *find_chardev(const struct settings *settings, const char *id)
{
    for (unsigned i = 0; i < settings->chardev_count; i++)
        if (strcmp(settings->chardevs[i].id, id) == 0)
            return &settings->chardevs[i];
    return NULL;
}

static int add_chardev(struct settings *settings, const char *option, const struct chardev *chardev)
{
    if (find_chardev(settings, chardev->id))
        return refuse(settings, "%s: there are two with the id '%.80s'", option, chardev->id);
    if (settings->chardev_count == CHARDEV_LIMIT)
        return refuse(settings, "%s: more than %d", option, CHARDEV_LIMIT);
    settings->chardevs[settings->chardev_count++] = *chardev;
    return 0;
}

int take_chardev(struct settings *settings, const char *value)
{
    struct properties properties;
    struct chardev chardev = { 0 };
    if (properties_parse(settings, "-chardev", value, &properties) < 0 ||
        stream_of_properties(settings, &properties, &chardev.stream) < 0)
        return -1;
    chardev.id = properties_get(&properties, "id");
    if (!chardev.id)
        return refuse(settings, "-chardev: needs id=ID");
    return add_chardev(settings, "-chardev", &chardev);
}

const struct chardev *settings_chardev(struct settings *settings, const char *option, const char *id)
{
    const struct chardev *chardev = find_chardev(settings, id);
    const char *ids[CHARDEV_LIMIT + 1] = { 0 };
    for (unsigned i = 0; i < settings->chardev_count; i++)
        ids[i] = settings->chardevs[i].id;
    if (!chardev)
        refuse_unknown(settings, option, "id", id, ids);
    return chardev;
}

static int resolve(struct settings *settings, const char *option, const char *id, struct stream *stream)
{
    if (!id)
        return 0;
    const struct chardev *chardev = settings_chardev(settings, "-chardev", id);
    if (!chardev)
        return -1;
    if (chardev->stream.kind == STREAM_TESTDEV)
        return refuse(settings, "%s: the chardev '%.80s' is a testdev, for a -device virtconsole", option, id);
    *stream = chardev->stream;
    return 0;
}

// A replay reads nothing but its journal: its output may share the terminal with the monitor.
static const char *monitor_at_stdio(const struct settings *settings)
{
    return settings->rr == RR_REPLAY ? NULL : settings_monitor_at_stdio(settings);
}

static int check_stdio(struct settings *settings)
{
    const char *other = settings->serial.kind == STREAM_STDIO     ? settings->nographic ? "-nographic" : "-serial"
                        : settings->debugcon.kind == STREAM_STDIO ? "-debugcon"
                                                                  : NULL;
    for (unsigned i = 0; i < settings->chardev_count; i++)
        if (settings->chardevs[i].stream.kind == STREAM_STDIO &&
            !settings_monitor_has(settings, settings->chardevs[i].id))
            other = "-chardev";
    const char *option = monitor_at_stdio(settings);
    if (!other || !option)
        return 0;
    return refuse(settings, "%s: stdio is taken by %s; give the monitor unix:PATH, or the other one file:PATH", option,
                  other);
}

// The ports beyond the first.
static int check_coms(struct settings *settings)
{
    for (unsigned i = 0; i < 3; i++) {
        const char *id = settings->coms[i].chardev;
        settings->config.com_chardevs[i] = id;
        if (id && settings->config.type != INTACT_PC)
            return refuse(settings, "-serial: there is one serial port on virt; a second can only be 'none'");
        if (id && !settings_chardev(settings, "-serial", id))
            return -1;
    }
    return 0;
}

// If idle time were skipped, a guest's timeout would end before an answer from outside could arrive.
static void follow_host(struct settings *settings)
{
    bool lines = settings->serial.kind == STREAM_HOST;
    for (unsigned i = 0; i < settings->chardev_count; i++)
        lines |= settings->chardevs[i].stream.kind == STREAM_HOST &&
                 !settings_monitor_has(settings, settings->chardevs[i].id);
    if (lines && settings->sleep == CHOICE_AUTO && settings->rr != RR_REPLAY)
        settings->sleep = CHOICE_ON;
}

// -daemonize leaves the terminal.
static int check_daemon(struct settings *settings)
{
    const char *option = settings->serial.kind == STREAM_STDIO     ? settings->nographic ? "-nographic" : "-serial"
                         : settings->debugcon.kind == STREAM_STDIO ? "-debugcon"
                         : settings->window || settings->curses    ? "-display"
                                                                   : settings_monitor_at_stdio(settings);
    if (!settings->daemonize || !option)
        return 0;
    return refuse(settings, "-daemonize: %s has the terminal, which is left; give it a file or a socket", option);
}

int resolve_streams(struct settings *settings)
{
    if (check_coms(settings) < 0)
        return -1;
    if (resolve_monitors(settings) < 0 ||
        resolve(settings, "-serial", settings->serial_chardev, &settings->serial) < 0 ||
        resolve(settings, "-debugcon", settings->debugcon_chardev, &settings->debugcon) < 0)
        return -1;
    if (settings->serial.kind == STREAM_UNSET && settings->nodefaults && !settings->nographic)
        settings->serial.kind = STREAM_NONE;
    if (settings->serial.kind == STREAM_UNSET && (monitor_at_stdio(settings) || settings->curses) &&
        !settings->nographic)
        settings->serial.kind = STREAM_NULL;
    if (settings->serial.kind == STREAM_UNSET && settings->daemonize && !settings->nographic)
        settings->serial.kind = STREAM_NULL;
    if (settings->serial.kind == STREAM_UNSET)
        settings->serial = (struct stream){ .kind = STREAM_STDIO, .escape = true };
    if (settings->debugcon.kind == STREAM_NONE)
        settings->config.debugcon_port = 0;
    settings->config.com1 = settings->serial.kind != STREAM_NONE;
    follow_host(settings);
    return check_daemon(settings) < 0 ? -1 : check_stdio(settings);
}

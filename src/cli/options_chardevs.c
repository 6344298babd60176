// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Options of consoles: -serial, -debugcon, -chardev; and what has standard input and output.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "cli/properties.h"
#include "cli/text.h"

static int parse_stream(struct settings *settings, const char *option, const char *value, struct stream *stream,
                        const char **chardev)
{
    static const char *const words[] = { "stdio", "mon:stdio", "none", "null", "file:", "chardev:", NULL };
    *stream = (struct stream){ 0 };
    if (strcmp(value, "stdio") == 0 || strcmp(value, "mon:stdio") == 0) {
        stream->kind = STREAM_STDIO;
        stream->escape = value[0] == 'm';
    } else if (strcmp(value, "none") == 0) {
        stream->kind = STREAM_NONE;
    } else if (strcmp(value, "null") == 0) {
        stream->kind = STREAM_NULL;
    } else if (strncmp(value, "file:", 5) == 0 && value[5]) {
        stream->kind = STREAM_FILE;
        stream->path = settings_copy(settings, value + 5);
        return stream->path ? 0 : -1;
    } else if (strncmp(value, "chardev:", 8) == 0 && value[8]) {
        *chardev = settings_copy(settings, value + 8);
        return *chardev ? 0 : -1;
    } else {
        return refuse_unknown(settings, option, "place", value, words);
    }
    return 0;
}

int take_serial(struct settings *settings, const char *value)
{
    struct stream stream;
    const char *chardev = NULL;
    if (parse_stream(settings, "-serial", value, &stream, &chardev) < 0)
        return -1;
    if (settings->serial.kind == STREAM_UNSET && !settings->serial_chardev) {
        settings->serial = stream;
        settings->serial_chardev = chardev;
        return 0;
    }
    if (stream.kind == STREAM_NONE)
        return 0;
    return refuse(settings, "-serial: there is one serial port, and it is in use; a second can only be 'none'");
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

static int chardev_switch(struct settings *settings, const struct properties *properties, const char *name, bool *on)
{
    const char *text = properties_get(properties, name);
    if (text && !text_switch(text, on))
        return refuse(settings, "-chardev: %s is on or off", name);
    return 0;
}

// "unix:PATH" or "tcp:HOST:PORT". It listens, and does not wait for a client; QEMU does both only if it is told to.
static const char *socket_place(struct settings *settings, const struct properties *properties)
{
    const char *path = properties_get(properties, "path"), *host = properties_get(properties, "host"),
               *port = properties_get(properties, "port");
    char text[600];
    bool server = false, waits = false;
    if (chardev_switch(settings, properties, "server", &server) < 0 ||
        chardev_switch(settings, properties, "wait", &waits) < 0)
        return NULL;
    if (!server || waits || (path != NULL) == (port != NULL) || (host && path)) {
        refuse(settings, "-chardev: a socket listens, and does not wait: socket,id=ID,path=PATH,server=on,wait=off, or "
                         "host=HOST,port=PORT instead of the path");
        return NULL;
    }
    if (path)
        snprintf(text, sizeof text, "unix:%.500s", path);
    else
        snprintf(text, sizeof text, "tcp:%.500s:%.20s", host ? host : "", port);
    return settings_copy(settings, text);
}

// Ctrl-a x quits if the terminal is multiplexed, or if its keys send no signals.
static int chardev_stream(struct settings *settings, const struct properties *properties, struct stream *stream)
{
    static const char *const kinds[] = { "stdio", "null", "file", "socket", NULL };
    const char *kind = properties->first ? properties->first : "", *path = properties_get(properties, "path");
    bool mux = false, signals = true;
    if (strcmp(kind, "socket") == 0) {
        *stream = (struct stream){ .kind = STREAM_SOCKET, .path = socket_place(settings, properties) };
        return stream->path ? 0 : -1;
    }
    if (chardev_switch(settings, properties, "mux", &mux) < 0 ||
        chardev_switch(settings, properties, "signal", &signals) < 0)
        return -1;
    if (strcmp(kind, "stdio") == 0)
        *stream = (struct stream){ .kind = STREAM_STDIO, .escape = mux || !signals };
    else if (strcmp(kind, "null") == 0)
        stream->kind = STREAM_NULL;
    else if (strcmp(kind, "file") == 0)
        *stream = (struct stream){ .kind = STREAM_FILE, .path = path };
    else
        return refuse_unknown(settings, "-chardev", "kind", kind, kinds);
    if ((stream->kind == STREAM_FILE) != (path != NULL))
        return refuse(settings, "-chardev: %s", path ? "only a file has a path" : "file needs path=PATH");
    return 0;
}

int take_chardev(struct settings *settings, const char *value)
{
    static const char *const names[] = { "id", "path", "mux", "signal", "host", "port", "server", "wait", NULL };
    struct properties properties;
    struct chardev chardev = { 0 };
    if (properties_parse(settings, "-chardev", value, &properties) < 0 ||
        properties_check(settings, "-chardev", &properties, names) < 0 ||
        chardev_stream(settings, &properties, &chardev.stream) < 0)
        return -1;
    chardev.id = properties_get(&properties, "id");
    if (!chardev.id)
        return refuse(settings, "-chardev: needs id=ID");
    if (find_chardev(settings, chardev.id))
        return refuse(settings, "-chardev: there are two with the id '%.80s'", chardev.id);
    if (settings->chardev_count == CHARDEV_LIMIT)
        return refuse(settings, "-chardev: more than %d", CHARDEV_LIMIT);
    settings->chardevs[settings->chardev_count++] = chardev;
    return 0;
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
    if (chardev->stream.kind == STREAM_SOCKET)
        return refuse(settings, "%s: the chardev '%.80s' is a socket, which only -mon can use", option, id);
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

int resolve_streams(struct settings *settings)
{
    if (resolve_monitors(settings) < 0 ||
        resolve(settings, "-serial", settings->serial_chardev, &settings->serial) < 0 ||
        resolve(settings, "-debugcon", settings->debugcon_chardev, &settings->debugcon) < 0)
        return -1;
    if (settings->serial.kind == STREAM_UNSET && settings->nodefaults && !settings->nographic)
        settings->serial.kind = STREAM_NONE;
    if (settings->serial.kind == STREAM_UNSET && monitor_at_stdio(settings) && !settings->nographic)
        settings->serial.kind = STREAM_NULL;
    if (settings->serial.kind == STREAM_UNSET)
        settings->serial = (struct stream){ .kind = STREAM_STDIO, .escape = true };
    if (settings->debugcon.kind == STREAM_NONE)
        settings->config.debugcon_port = 0;
    settings->config.com1 = settings->serial.kind != STREAM_NONE;
    return check_stdio(settings);
}

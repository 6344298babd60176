// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where characters go and come from: the values of -chardev, and of -serial and others, which are a kind and a place in one
// word and become the same properties.
//
// Not modelled: udp, ringbuf, vc, serial, parallel, mice and Braille displays as character devices; TLS and WebSocket.
#include "cli/options_streams.h"

#include <stdio.h>
#include <string.h>

#include "cli/text.h"

struct source {
    struct settings *settings;
    const char *option;
    const struct properties *properties;
};

static int take_switch(const struct source *from, const char *name, bool *on)
{
    const char *text = properties_get(from->properties, name);
    if (text && !text_switch(text, on))
        return refuse(from->settings, "%s: %s is on or off, not '%.80s'", from->option, name, text);
    return 0;
}

static int take_number(const struct source *from, const char *name, uint64_t most, uint64_t *number)
{
    const char *text = properties_get(from->properties, name);
    if (text && (!text_number(text, number) || *number > most))
        return refuse(from->settings, "%s: %s is a number up to %u, not '%.80s'", from->option, name, (unsigned)most,
                      text);
    return 0;
}

static int check(const struct source *from, const char *kind, const char *const *names)
{
    char option[80];
    snprintf(option, sizeof option, "%s %s", from->option, kind);
    return properties_check(from->settings, option, from->properties, names);
}

#define COMMON "id", "logfile", "logappend", "mux"

// --- Sockets ---------------------------------------------------------------------------------------------------------

static int socket_times(const struct source *from, struct char_stream_config *config)
{
    uint64_t seconds = 0, ms = 0;
    if (take_number(from, "reconnect", 86400, &seconds) < 0 || take_number(from, "reconnect-ms", 86400000, &ms) < 0)
        return -1;
    config->reconnects = (unsigned)(ms ? ms : seconds * 1000);
    return 0;
}

// `server`, `nowait` and others: "nowait" is "wait=off".
static int socket_switches(const struct source *from, struct char_stream_config *config)
{
    bool server = false, nowait = false, ignored;
    if (take_switch(from, "server", &server) < 0 || take_switch(from, "nowait", &nowait) < 0 ||
        take_switch(from, "telnet", &config->telnet) < 0 || take_switch(from, "nodelay", &ignored) < 0)
        return -1;
    config->kind = server ? CHAR_STREAM_LISTENS : CHAR_STREAM_CONNECTS;
    config->waits = server && !nowait;
    if (take_switch(from, "wait", &config->waits) < 0)
        return -1;
    if (!server && config->waits)
        return refuse(from->settings,
                      "%s: wait=on is for server=on; what connects is connected when the machine starts", from->option);
    if (!server && config->telnet)
        return refuse(from->settings, "%s: telnet is for server=on; a client connects without it", from->option);
    if (server && config->reconnects)
        return refuse(from->settings, "%s: reconnect is for what connects, not for server=on", from->option);
    return 0;
}

static int socket_place(const struct source *from, struct stream *stream)
{
    struct socket_place *place = &stream->host.place;
    char text[600];
    place->path = properties_get(from->properties, "path");
    place->host = properties_get(from->properties, "host");
    place->port = properties_get(from->properties, "port");
    if ((place->path != NULL) == (place->port != NULL) || (place->path && place->host))
        return refuse(from->settings, "%s: a socket has path=PATH, or host=HOST,port=PORT; server=on makes it listen",
                      from->option);
    if (place->port && !socket_place_port(place->port))
        return refuse(from->settings, "%s: '%.80s' is no port from 0 to 65535", from->option, place->port);
    if (place->path)
        snprintf(text, sizeof text, "unix:%.500s", place->path);
    else
        snprintf(text, sizeof text,
                 strchr(place->host ? place->host : "", ':') ? "tcp:[%.500s]:%.20s" : "tcp:%.500s:%.20s",
                 place->host ? place->host : "", place->port);
    place->text = settings_copy(from->settings, text);
    if (stream->host.kind == CHAR_STREAM_LISTENS && !stream->host.telnet && !stream->host.waits)
        stream->path = place->text;
    return place->text ? 0 : -1;
}

static int take_socket(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON,         "path",      "host",    "port",   "server", "wait", "telnet",
                                         "reconnect-ms", "reconnect", "nodelay", "nowait", "fd",     NULL };
    uint64_t fd = 0;
    if (check(from, "socket", names) < 0 || take_number(from, "fd", INT32_MAX, &fd) < 0 ||
        socket_times(from, &stream->host) < 0 || socket_switches(from, &stream->host) < 0)
        return -1;
    stream->kind = STREAM_HOST;
    if (!properties_get(from->properties, "fd"))
        return socket_place(from, stream);
    if (stream->host.kind == CHAR_STREAM_LISTENS || properties_get(from->properties, "path") ||
        properties_get(from->properties, "port"))
        return refuse(from->settings, "%s: fd=N is a socket that is connected already, without a place or server=on",
                      from->option);
    stream->host.kind = CHAR_STREAM_GIVEN;
    stream->host.given = (int)fd;
    return 0;
}

// --- The others ------------------------------------------------------------------------------------------------------

// Ctrl-a x quits if the terminal is multiplexed, or if its keys send no signals.
static int take_stdio(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, "signal", NULL };
    bool signals = true;
    if (check(from, "stdio", names) < 0 || take_switch(from, "signal", &signals) < 0)
        return -1;
    stream->kind = STREAM_STDIO;
    stream->escape = stream->mux || !signals;
    return 0;
}

static int take_null(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, NULL };
    stream->kind = STREAM_NULL;
    return check(from, "null", names);
}

static int take_file(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, "path", "append", NULL };
    stream->kind = STREAM_FILE;
    stream->path = properties_get(from->properties, "path");
    if (check(from, "file", names) < 0 || take_switch(from, "append", &stream->appends) < 0)
        return -1;
    return stream->path && *stream->path ? 0 : refuse(from->settings, "%s: file needs path=PATH", from->option);
}

static int take_pty(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, NULL };
    stream->kind = STREAM_HOST;
    stream->host.kind = CHAR_STREAM_PTY;
    return check(from, "pty", names);
}

static int take_pipe(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, "path", NULL };
    stream->kind = STREAM_HOST;
    stream->host.kind = CHAR_STREAM_PIPE;
    stream->host.place.path = properties_get(from->properties, "path");
    if (check(from, "pipe", names) < 0)
        return -1;
    return stream->host.place.path
               ? 0
               : refuse(from->settings, "%s: pipe needs path=PATH, of PATH.in and PATH.out", from->option);
}

static int take_testdev(const struct source *from, struct stream *stream)
{
    static const char *const names[] = { COMMON, NULL };
    stream->kind = STREAM_TESTDEV;
    return check(from, "testdev", names);
}

// What is there elsewhere, and why it is not here.
static const char *reason_against(const char *kind)
{
    static const char *const rows[][2] = {
        { "udp", "datagrams may be lost; socket has a connection" },
        { "vc", "there are no virtual consoles; stdio, pty or socket" },
        { "ringbuf", "nothing here reads it; file keeps what is printed" },
        { "memory", "nothing here reads it; file keeps what is printed" },
        { "serial", "the host's serial ports are not used; pipe and socket connect other programs" },
        { "parallel", "there is no parallel port" },
        { "braille", "there is no Braille display" },
        { "msmouse", "there is no serial mouse" },
        { "wctablet", "there is no tablet" },
        { "spicevmc", "there is no SPICE" },
        { "spiceport", "there is no SPICE" },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i][0], kind) == 0)
            return rows[i][1];
    return NULL;
}

static const char *const kinds[] = { "stdio", "null", "file", "socket", "pty", "pipe", "testdev", NULL };

static int take_kind(const struct source *from, const char *kind, struct stream *stream)
{
    static int (*const take[])(const struct source *, struct stream *) = { take_stdio,  take_null, take_file,
                                                                           take_socket, take_pty,  take_pipe,
                                                                           take_testdev };
    const char *reason = reason_against(kind);
    for (unsigned i = 0; kinds[i]; i++)
        if (strcmp(kinds[i], kind) == 0)
            return take[i](from, stream);
    if (reason)
        return refuse(from->settings, "%s: there is no '%s' here: %s", from->option, kind, reason);
    return refuse_unknown(from->settings, from->option, "kind", kind, kinds);
}

static int take_common(const struct source *from, struct stream *stream)
{
    if (take_switch(from, "mux", &stream->mux) < 0 || take_switch(from, "logappend", &stream->log_appends) < 0)
        return -1;
    stream->log = properties_get(from->properties, "logfile");
    if (stream->log_appends && !stream->log)
        return refuse(from->settings, "%s: logappend needs logfile=FILE", from->option);
    stream->escape = stream->mux;
    return 0;
}

int stream_of_properties(struct settings *settings, const struct properties *properties, struct stream *stream)
{
    const struct source from = { settings, "-chardev", properties };
    *stream = (struct stream){ 0 };
    if (take_common(&from, stream) < 0)
        return -1;
    return take_kind(&from, properties->first ? properties->first : "", stream);
}

// --- In one word -----------------------------------------------------------------------------------------------------

static void add(struct properties *properties, const char *name, const char *value)
{
    if (properties->count == PROPERTY_LIMIT)
        return; // as properties_parse has it, there is room for what is added here
    properties->name[properties->count] = name;
    properties->value[properties->count++] = value;
}

// "HOST:PORT" is the first part, or the whole if it has a "=" (a Unix socket's path may).
static int take_host_and_port(const struct source *from, struct properties *properties, const char *text)
{
    struct socket_place place = { .text = text };
    char *copy = settings_copy(from->settings, text);
    if (!copy)
        return -1;
    if (!socket_place_cut(copy, &place))
        return refuse(from->settings, "%s: '%.80s' is not [HOST]:PORT", from->option, text);
    add(properties, "host", place.host);
    add(properties, "port", place.port);
    return 0;
}

// What follows "tcp:" and others.
static int take_place(const struct source *outer, const char *kind, const char *text, struct stream *stream)
{
    struct properties properties;
    const struct source from = { outer->settings, outer->option, &properties };
    bool is_tcp = strcmp(kind, "tcp") == 0 || strcmp(kind, "telnet") == 0;
    if (properties_parse(from.settings, from.option, text, &properties) < 0)
        return -1;
    const char *place = properties.first;
    if (!place || !*place || properties.count > PROPERTY_LIMIT - 4)
        return refuse(from.settings, "%s: '%s:%.80s' names no place", from.option, kind, text);
    if (is_tcp && take_host_and_port(&from, &properties, place) < 0)
        return -1;
    if (strcmp(kind, "telnet") == 0)
        add(&properties, "telnet", "on");
    if (!is_tcp)
        add(&properties, "path", place);
    if (take_common(&from, stream) < 0)
        return -1;
    bool is_socket = is_tcp || strcmp(kind, "unix") == 0;
    return take_kind(&from, is_socket ? "socket" : kind, stream);
}

static const char *const places[] = { "tcp", "telnet", "unix", "pipe", NULL };
static const char *const words[] = { "stdio",   "mon:stdio", "none", "null",  "file:",    "tcp:",
                                     "telnet:", "unix:",     "pty",  "pipe:", "chardev:", NULL };

static int take_word(struct settings *settings, const char *option, const char *value, struct stream *stream)
{
    const struct source from = { settings, option, NULL };
    if (strcmp(value, "stdio") == 0)
        stream->kind = STREAM_STDIO;
    else if (strcmp(value, "none") == 0)
        stream->kind = STREAM_NONE;
    else if (strcmp(value, "null") == 0)
        stream->kind = STREAM_NULL;
    else if (strcmp(value, "pty") == 0)
        *stream = (struct stream){ .kind = STREAM_HOST, .host.kind = CHAR_STREAM_PTY };
    else if (strncmp(value, "file:", 5) == 0 && value[5])
        *stream = (struct stream){ .kind = STREAM_FILE, .path = settings_copy(settings, value + 5) };
    else {
        for (unsigned i = 0; places[i]; i++) {
            size_t length = strlen(places[i]);
            if (strncmp(value, places[i], length) == 0 && value[length] == ':')
                return take_place(&from, places[i], value + length + 1, stream);
        }
        char kind[32];
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(value, ":"), value);
        const char *reason = reason_against(kind);
        if (reason)
            return refuse(settings, "%s: there is no '%s' here: %s", option, kind, reason);
        return refuse_unknown(settings, option, "place", value, words);
    }
    return stream->kind == STREAM_FILE && !stream->path ? -1 : 0;
}

// "mon:" in front: Ctrl-a is the escape key, and a monitor is behind it.
int stream_of_text(struct settings *settings, const char *option, const char *value, struct stream *stream)
{
    bool shared = strncmp(value, "mon:", 4) == 0;
    *stream = (struct stream){ 0 };
    if (take_word(settings, option, shared ? value + 4 : value, stream) < 0)
        return -1;
    stream->mux |= shared;
    stream->escape |= shared;
    return 0;
}

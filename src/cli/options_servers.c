// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Options of the servers for debuggers: -gdb, -s, -monitor, -qmp, -mon.
//
// Not modelled: -mon pretty=on; QMP's greeting for the second client of a line that is shared (mux=on) or was waited for (wait=on).
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_streams.h"
#include "cli/properties.h"

int take_gdb(struct settings *settings, const char *value)
{
    bool none = strcmp(value, "none") == 0;
    settings->gdb = none ? NULL : settings_copy(settings, value);
    return none || settings->gdb ? 0 : -1;
}

int take_gdb_default(struct settings *settings, const char *value)
{
    (void)value;
    settings->gdb = "tcp::1234";
    return 0;
}

// --- monitors --------------------------------------------------------------------------------------------------------

static const char *option_of(const struct monitor_wish *wish)
{
    return wish->chardev ? "-mon" : wish->qmp ? "-qmp" : "-monitor";
}

static int add(struct settings *settings, const struct monitor_wish *wish)
{
    if (settings->monitor_count == MONITOR_LIMIT)
        return refuse(settings, "%s: more than %d monitors", option_of(wish), MONITOR_LIMIT);
    settings->monitors[settings->monitor_count++] = *wish;
    return 0;
}

static void drop_all(struct settings *settings, bool qmp)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (settings->monitors[i].chardev || settings->monitors[i].qmp != qmp)
            settings->monitors[kept++] = settings->monitors[i];
    settings->monitor_count = kept;
}

// A socket that listens and does not wait is the library's, with a session for each client; others are lines of the command's.
static bool is_line(const char *value)
{
    static const char *const beginnings[] = { "telnet:", "pipe:" }, *const properties[] = { ",wait=on", ",wait,",
                                                                                            ",server=off", ",reconnect",
                                                                                            ",telnet" };
    const char *comma = strchr(value, ',');
    if (strcmp(value, "pty") == 0)
        return true;
    for (unsigned i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(value, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    for (unsigned i = 0; comma && i < sizeof properties / sizeof properties[0]; i++)
        if (strstr(comma, properties[i]))
            return true;
    return false;
}

static int take_line(struct settings *settings, const char *value, struct monitor_wish *wish)
{
    const char *option = option_of(wish);
    if (stream_of_text(settings, option, value, &wish->own) < 0)
        return -1;
    if (wish->own.kind != STREAM_HOST)
        return refuse(settings, "%s: '%.80s' has nobody who could say something", option, value);
    wish->own.host.lines = wish->own.host.telnet;
    return 0;
}

static int take_at(struct settings *settings, bool qmp, const char *value)
{
    struct monitor_wish wish = { .qmp = qmp, .where = settings_copy(settings, value) };
    if (strncmp(value, "chardev:", 8) == 0 && wish.where) {
        wish.chardev = wish.where + 8;
        return add(settings, &wish);
    }
    if (!wish.where || (is_line(value) && take_line(settings, value, &wish) < 0))
        return -1;
    if (strcmp(value, "none") != 0)
        return add(settings, &wish);
    drop_all(settings, qmp);
    return 0;
}

int take_monitor(struct settings *settings, const char *value)
{
    settings->no_monitor = strcmp(value, "none") == 0;
    return take_at(settings, false, value);
}

int take_qmp(struct settings *settings, const char *value)
{
    return take_at(settings, true, value);
}

int take_mon(struct settings *settings, const char *value)
{
    static const char *const names[] = { "chardev", "mode", "pretty", NULL }, *const modes[] = { "readline", "control",
                                                                                                 NULL };
    struct properties properties;
    struct monitor_wish wish = { 0 };
    if (properties_parse(settings, "-mon", value, &properties) < 0 ||
        properties_check(settings, "-mon", &properties, names) < 0)
        return -1;
    const char *mode = properties_get(&properties, "mode"), *pretty = properties_get(&properties, "pretty");
    wish.chardev = properties.first ? properties.first : properties_get(&properties, "chardev");
    if (!wish.chardev)
        return refuse(settings, "-mon: needs chardev=ID, of a -chardev");
    wish.qmp = mode && strcmp(mode, "control") == 0;
    if (mode && !wish.qmp && strcmp(mode, "readline") != 0)
        return refuse_unknown(settings, "-mon", "mode", mode, modes);
    if (pretty && strcmp(pretty, "off") != 0)
        return refuse(settings, "-mon: pretty can only be off; each message is one line");
    return add(settings, &wish);
}

// --- when all options are read ---------------------------------------------------------------------------------------

static int resolve_chardev(struct settings *settings, struct monitor_wish *wish)
{
    const struct chardev *chardev = settings_chardev(settings, "-mon", wish->chardev);
    if (!chardev)
        return -1;
    if (chardev->stream.kind == STREAM_STDIO)
        wish->where = "stdio";
    else if (chardev->stream.kind == STREAM_HOST && chardev->stream.path && !chardev->stream.mux)
        wish->where = chardev->stream.path;
    else if (chardev->stream.kind == STREAM_HOST)
        wish->stream = &chardev->stream;
    else
        return refuse(settings, "-mon: the chardev '%.80s' cannot be read; a socket can, a pty, a pipe, and stdio",
                      wish->chardev);
    return 0;
}

// As with -serial mon:stdio: the serial port has the terminal, and a monitor is behind Ctrl-a c.
static bool is_behind_serial(const struct settings *settings, const struct monitor_wish *wish)
{
    if (wish->qmp || wish->stream || !wish->chardev || !settings->serial_chardev ||
        strcmp(wish->chardev, settings->serial_chardev) != 0 || strcmp(wish->where, "stdio") != 0)
        return false;
    for (unsigned i = 0; i < settings->chardev_count; i++)
        if (strcmp(settings->chardevs[i].id, wish->chardev) == 0)
            return settings->chardevs[i].stream.escape;
    return false;
}

static void drop_those_behind_serial(struct settings *settings)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (!is_behind_serial(settings, &settings->monitors[i]))
            settings->monitors[kept++] = settings->monitors[i];
    settings->monitor_count = kept;
}

bool settings_monitor_has(const struct settings *settings, const char *chardev)
{
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (settings->monitors[i].chardev && strcmp(settings->monitors[i].chardev, chardev) == 0)
            return true;
    return false;
}

const char *settings_monitor_at_stdio(const struct settings *settings)
{
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (!settings->monitors[i].stream && strcmp(settings->monitors[i].where, "stdio") == 0)
            return option_of(&settings->monitors[i]);
    return NULL;
}

static bool same_place(const struct monitor_wish *one, const struct monitor_wish *other)
{
    if (one->stream || other->stream)
        return one->stream == other->stream && !one->stream->mux;
    return strcmp(one->where, other->where) == 0;
}

int resolve_monitors(struct settings *settings)
{
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (settings->monitors[i].own.kind == STREAM_HOST)
            settings->monitors[i].stream = &settings->monitors[i].own;
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (settings->monitors[i].chardev && resolve_chardev(settings, &settings->monitors[i]) < 0)
            return -1;
    drop_those_behind_serial(settings);
    for (unsigned i = 0; i < settings->monitor_count; i++)
        for (unsigned j = 0; j < i; j++)
            if (same_place(&settings->monitors[i], &settings->monitors[j]))
                return refuse(settings, "%s: '%.80s' has a monitor already; give this one another place",
                              option_of(&settings->monitors[i]),
                              settings->monitors[i].where ? settings->monitors[i].where
                                                          : settings->monitors[i].chardev);
    return 0;
}

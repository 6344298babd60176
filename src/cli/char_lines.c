// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See char_lines.h. Input comes on the thread of its char_stream; what a monitor says, on one of its own.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "cli/char_lines.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SO_NOSIGPIPE instead
#endif

// --- Input -----------------------------------------------------------------------------------------------------------

static struct char_line_user *focused(struct char_line *line)
{
    return &line->users[line->focus];
}

// A monitor that has gone takes everything, and drops it.
static size_t give_monitor(struct char_line_user *user, const uint8_t *data, size_t size)
{
    ssize_t count = user->monitor >= 0 ? send(user->monitor, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) : (ssize_t)size;
    if (count >= 0)
        return (size_t)count;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : size;
}

static size_t give(struct char_line *line, const uint8_t *data, size_t size)
{
    struct char_line_user *user = focused(line);
    if (!user->is_port)
        return give_monitor(user, data, size);
    return intact_machine_chardev_input(line->lines->machine, user->port, data, size);
}

// One byte, which may be a key of ours. False: it was not taken, and its key is as before.
static bool take_byte(struct char_line *line, uint8_t byte)
{
    struct keys before = line->keys;
    switch (keys_take(&line->keys, &byte)) {
    case KEY_NOTHING: return true;
    case KEY_QUIT: intact_machine_quit(line->lines->machine); return true;
    case KEY_SWITCH: line->focus = (line->focus + 1) % line->user_count; return true;
    case KEY_BYTE: break;
    }
    if (give(line, &byte, 1) == 1)
        return true;
    line->keys = before;
    return false;
}

static size_t take(void *owner, const uint8_t *data, size_t size)
{
    struct char_line *line = owner;
    size_t taken = 0;
    if (!line->keys.escapes)
        return give(line, data, size);
    while (taken < size && take_byte(line, data[taken]))
        taken++;
    return taken;
}

static void end(void *owner)
{
    struct char_line *line = owner;
    for (unsigned i = 0; i < line->user_count; i++) {
        if (line->users[i].is_port)
            intact_machine_chardev_input_end(line->lines->machine, line->users[i].port);
        else if (line->users[i].monitor >= 0)
            shutdown(line->users[i].monitor, SHUT_WR);
    }
}

static void tell(void *owner, const char *text)
{
    (void)owner;
    fprintf(stderr, "intact: %s\n", text);
}

// --- Output ----------------------------------------------------------------------------------------------------------

void char_line_put(void *line, uint8_t byte)
{
    char_stream_write(((struct char_line *)line)->host, &byte, 1);
}

static void *carry_monitor(void *argument)
{
    struct char_line_user *user = argument;
    uint8_t bytes[512];
    for (;;) {
        ssize_t count = read(user->monitor, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return NULL;
        char_stream_write(user->line->host, bytes, (size_t)count);
    }
}

// --- Users -----------------------------------------------------------------------------------------------------------

static struct char_line *find(struct char_lines *lines, const struct stream *stream)
{
    for (unsigned i = 0; i < lines->count; i++)
        if (lines->line[i].stream == stream)
            return &lines->line[i];
    return NULL;
}

// Scripts look for the terminal's name in the form that QEMU writes.
static void announce(const struct char_line *line, const char *name, const char *label)
{
    const struct stream *stream = line->stream;
    unsigned port = char_stream_port(line->host);
    if (char_stream_terminal(line->host)) {
        printf("char device redirected to %s (label %s)\n", char_stream_terminal(line->host), label);
        fflush(stdout);
    } else if (port && strspn(stream->host.place.port, "0") == strlen(stream->host.place.port)) {
        fprintf(stderr, "intact: %s listens at port %u\n", name, port);
    }
}

struct char_line *char_lines_open(struct char_lines *lines, struct settings *settings, const struct stream *stream,
                                  const char *name, const char *label)
{
    struct char_line *line = find(lines, stream);
    struct error error = { 0 };
    if (line && !stream->mux) {
        refuse(settings, "%s: it is in use already; mux=on lets several use it", name);
        return NULL;
    }
    if (line)
        return line;
    line = &lines->line[lines->count]; // as many as there can be users
    *line = (struct char_line){ .lines = lines, .stream = stream };
    line->keys = (struct keys){ .escapes = stream->escape, .escape = settings->escape };
    if (char_stream_open(&stream->host, name, &line->host, &error) < 0) {
        refuse(settings, "%s", error.text);
        return NULL;
    }
    lines->count++;
    announce(line, name, label);
    return line;
}

static struct char_line_user *add_user(struct char_line *line, struct settings *settings)
{
    struct char_line_user *user = &line->users[line->user_count];
    if (line->user_count == CHAR_LINE_USERS) {
        refuse(settings, "-chardev: more than %d users of one with mux=on", CHAR_LINE_USERS);
        return NULL;
    }
    line->user_count++;
    line->keys.has_monitor = line->user_count > 1;
    *user = (struct char_line_user){ .line = line, .monitor = -1 };
    return user;
}

int char_line_add_port(struct char_line *line, struct settings *settings, const char *port)
{
    struct char_line_user *user = add_user(line, settings);
    if (!user)
        return -1;
    user->is_port = true;
    user->port = port;
    return 0;
}

// Signals are for the machine's thread.
static int start_carrier(struct char_line_user *user)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&user->thread, NULL, carry_monitor, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int char_line_add_monitor(struct char_line *line, struct settings *settings, int *fd)
{
    struct char_line_user *user = add_user(line, settings);
    int pair[2];
    if (!user)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        line->user_count--;
        return refuse(settings, "-monitor: %s", strerror(errno));
    }
    user->monitor = pair[0];
    int code = start_carrier(user);
    if (code) {
        line->user_count--;
        close(pair[0]);
        close(pair[1]);
        return refuse(settings, "-monitor: %s", strerror(code));
    }
    *fd = pair[1];
    return 0;
}

// --- Life ------------------------------------------------------------------------------------------------------------

static int start(struct char_line *line, struct settings *settings)
{
    const struct char_stream_user user = { .take = take, .end = end, .tell = tell, .owner = line };
    struct error error = { 0 };
    if (line->stream->host.waits)
        fprintf(stderr, "intact: waits for a client at %s\n", line->stream->host.place.text);
    line->started = true;
    return char_stream_start(line->host, &user, &error) < 0 ? refuse(settings, "%s", error.text) : 0;
}

int char_lines_start(struct char_lines *lines, struct settings *settings, struct intact_machine *machine)
{
    int result = 0;
    lines->machine = machine;
    for (unsigned i = 0; i < lines->count && result == 0; i++)
        result = start(&lines->line[i], settings);
    return result;
}

static void drop_monitors(struct char_line *line)
{
    for (unsigned i = 0; i < line->user_count; i++) {
        if (line->users[i].monitor < 0)
            continue;
        shutdown(line->users[i].monitor, SHUT_RDWR);
        pthread_join(line->users[i].thread, NULL);
    }
}

void char_lines_close(struct char_lines *lines)
{
    for (unsigned i = 0; i < lines->count; i++) {
        struct char_line *line = &lines->line[i];
        drop_monitors(line);
        char_stream_close(line->host);
        for (unsigned j = 0; j < line->user_count; j++)
            if (line->users[j].monitor >= 0)
                close(line->users[j].monitor);
    }
    lines->count = 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See monitor_terminal.h.
//
//     terminal -- keys --> line editor -- a line --> socket --> the monitor, on the machine's thread
//              <------------------------- text, prompts ------
//
// The monitor's prompts are not shown as they come: each says that a line can be typed, and the editor shows its own. Text
// that comes while a line is typed is written above it.
#include "cli/monitor_terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cli/host_terminal.h"
#include "cli/line_editor.h"
#include "machine/monitor/monitor_complete.h"

#ifndef MSG_NOSIGNAL // the thread of the terminal has its signals blocked
#define MSG_NOSIGNAL 0
#endif

#define PROMPT "(intact) "

enum { AHEAD = 4096 };

struct monitor_terminal {
    struct intact_machine *machine;
    struct intact_monitor *server;
    struct keys *keys;
    struct line_editor *editor;
    struct monitor_names names;
    int socket;   // -1: the monitor is gone
    bool shown;   // the user has seen it
    bool ready;   // it has prompted
    bool editing; // a line is being typed
    bool left;    // Ctrl-a c
    bool over;    // no input any more

    char tail[sizeof PROMPT]; // the end of what the monitor said, which may be the beginning of a prompt
    size_t tail_size;
    uint8_t ahead[AHEAD]; // typed, and not yet taken
    size_t ahead_at, ahead_size;
};

// --- what the monitor says -------------------------------------------------------------------------------------------

// How much at the end of the text may be a prompt's beginning.
static size_t prompt_size(const char *text, size_t size)
{
    size_t length = sizeof PROMPT - 1 < size ? sizeof PROMPT - 1 : size;
    while (length && memcmp(text + size - length, PROMPT, length) != 0)
        length--;
    return length;
}

static void show(const struct monitor_terminal *monitor, const char *text, size_t size)
{
    if (!monitor->shown)
        return;
    fwrite(text, 1, size, stdout);
    fflush(stdout);
}

static void take_text(struct monitor_terminal *monitor, const char *text, size_t size)
{
    char whole[sizeof monitor->tail + 1024];
    memcpy(whole, monitor->tail, monitor->tail_size);
    memcpy(whole + monitor->tail_size, text, size);
    size += monitor->tail_size;
    monitor->tail_size = prompt_size(whole, size);
    show(monitor, whole, size - monitor->tail_size);
    memcpy(monitor->tail, whole + size - monitor->tail_size, monitor->tail_size);
    if (monitor->tail_size < sizeof PROMPT - 1)
        return;
    monitor->tail_size = 0;
    monitor->ready = true;
    if (monitor->editing)
        line_editor_redraw(monitor->editor);
}

static bool hear(struct monitor_terminal *monitor, int flags)
{
    char text[1024];
    ssize_t size = recv(monitor->socket, text, sizeof text, flags);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (size <= 0) {
        close(monitor->socket);
        monitor->socket = -1;
        return false;
    }
    take_text(monitor, text, (size_t)size);
    return true;
}

bool monitor_terminal_hear(struct monitor_terminal *monitor)
{
    return hear(monitor, 0);
}

int monitor_terminal_fd(const struct monitor_terminal *monitor)
{
    return monitor->socket;
}

// --- what is typed ---------------------------------------------------------------------------------------------------

static void read_terminal(struct monitor_terminal *monitor)
{
    ssize_t size = read(STDIN_FILENO, monitor->ahead, sizeof monitor->ahead);
    monitor->ahead_at = monitor->ahead_size = 0;
    if (size > 0)
        monitor->ahead_size = (size_t)size;
    else if (size == 0 || (errno != EINTR && errno != EAGAIN))
        monitor->over = true;
}

// A byte for the editor; -1: the key had another meaning.
static int take_key(struct monitor_terminal *monitor)
{
    uint8_t byte = monitor->ahead[monitor->ahead_at++];
    bool help = monitor->keys && monitor->keys->escape_seen && byte == 'h';
    switch (monitor->keys ? keys_take(monitor->keys, &byte) : KEY_BYTE) {
    case KEY_BYTE: return byte;
    case KEY_QUIT: intact_machine_quit(monitor->machine); break;
    case KEY_SWITCH: monitor->left = true; break;
    case KEY_NOTHING:
        if (help && monitor->editing)
            line_editor_redraw(monitor->editor);
        break;
    }
    return -1;
}

static bool is_over(const struct monitor_terminal *monitor)
{
    return monitor->left || monitor->over;
}

// Waits until there is something to take, or the monitor has said something.
static void wait_for(struct monitor_terminal *monitor)
{
    switch (terminal_wait(monitor->socket)) {
    case TERMINAL_INPUT: read_terminal(monitor); break;
    case TERMINAL_OTHER: hear(monitor, 0); break;
    case TERMINAL_END: monitor->over = true; break;
    }
}

static int next_byte(void *owner)
{
    struct monitor_terminal *monitor = owner;
    int byte = -1;
    while (byte < 0 && !is_over(monitor)) {
        if (monitor->ahead_at < monitor->ahead_size)
            byte = take_key(monitor);
        else
            wait_for(monitor);
    }
    return byte;
}

// While a command is done, what is typed is kept, but for the keys behind Ctrl-a.
static void wait_for_prompt(struct monitor_terminal *monitor)
{
    uint8_t kept[AHEAD];
    size_t count = 0;
    while (!monitor->ready && monitor->socket >= 0 && !is_over(monitor)) {
        while (monitor->ahead_at < monitor->ahead_size && !monitor->left) {
            int byte = take_key(monitor);
            if (byte >= 0 && count < sizeof kept)
                kept[count++] = (uint8_t)byte;
        }
        if (!monitor->left)
            wait_for(monitor);
    }
    size_t left = monitor->ahead_size - monitor->ahead_at;
    if (!count)
        return;
    left = left < AHEAD - count ? left : AHEAD - count;
    memcpy(kept + count, monitor->ahead + monitor->ahead_at, left);
    memcpy(monitor->ahead, kept, count + left);
    monitor->ahead_at = 0;
    monitor->ahead_size = count + left;
}

static void say(struct monitor_terminal *monitor, const char *line)
{
    struct iovec pieces[] = { { .iov_base = (void *)(uintptr_t)line, .iov_len = strlen(line) },
                              { .iov_base = "\n", .iov_len = 1 } };
    const struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
    monitor->ready = false;
    sendmsg(monitor->socket, &message, MSG_NOSIGNAL);
}

static void complete(void *owner, const char *line, void (*found)(void *owner, const char *word), void *found_owner)
{
    const struct monitor_terminal *monitor = owner;
    monitor_complete(&monitor->names, line, found, found_owner);
}

static void greet(struct monitor_terminal *monitor)
{
    char name[KEYS_NAME];
    if (monitor->keys && !monitor->shown) {
        keys_name(monitor->keys, name);
        printf("\nintact's monitor: %s c goes back to the console, help lists the commands\n", name);
    } else if (monitor->keys)
        putchar('\n');
    fflush(stdout);
    monitor->shown = true;
}

// On the terminal as it is while it is used: libedit begins with that, and leaves that behind.
static bool open_editor(struct monitor_terminal *monitor)
{
    const struct line_editor_host host = {
        .prompt = PROMPT, .next_byte = next_byte, .complete = complete, .owner = monitor, .quiet = monitor->keys != NULL
    };
    if (!monitor->editor)
        monitor->editor = line_editor_open(&host);
    return monitor->editor != NULL;
}

size_t monitor_terminal_run(struct monitor_terminal *monitor, const uint8_t *data, size_t size, const uint8_t **rest)
{
    const char *line = open_editor(monitor) ? "" : NULL;
    size = size < sizeof monitor->ahead ? size : sizeof monitor->ahead;
    memmove(monitor->ahead, data, size);
    monitor->ahead_at = 0;
    monitor->ahead_size = size;
    monitor->left = false;
    greet(monitor);
    while (line && monitor->socket >= 0 && !is_over(monitor)) {
        wait_for_prompt(monitor);
        if (!monitor->ready || is_over(monitor))
            continue;
        monitor->editing = true;
        line = line_editor_read(monitor->editor);
        monitor->editing = false;
        if (line)
            say(monitor, line);
    }
    if (monitor->left || (!line && !monitor->over))
        show(monitor, "\n", 1);
    if (!monitor->keys && monitor->socket >= 0)
        shutdown(monitor->socket, SHUT_WR); // the input has ended
    terminal_raw_again();
    *rest = monitor->ahead + monitor->ahead_at;
    return monitor->ahead_size - monitor->ahead_at;
}

// --- life ------------------------------------------------------------------------------------------------------------

static bool name_sources(struct monitor_terminal *monitor)
{
    struct monitor_names *names = &monitor->names;
    char name[96];
    while (intact_machine_source(monitor->machine, names->source_count, name, sizeof name)) {
        char **grown = realloc(names->sources, (names->source_count + 1) * sizeof *grown);
        if (!grown)
            return false;
        names->sources = grown;
        if (!(grown[names->source_count] = strdup(name)))
            return false;
        names->source_count++;
    }
    return true;
}

static bool open_server(struct monitor_terminal *monitor, char *why)
{
    int pair[2];
    char where[32];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        snprintf(why, INTACT_ERROR_SIZE, "-monitor: %s", strerror(errno));
        return false;
    }
    monitor->socket = pair[0];
    snprintf(where, sizeof where, "fd:%d", pair[1]);
    if (intact_monitor_open(monitor->machine, where, &monitor->server, why) == 0)
        return true;
    close(pair[1]);
    return false;
}

struct monitor_terminal *monitor_terminal_open(struct intact_machine *machine, unsigned cpus, struct keys *keys,
                                               char *why)
{
    struct monitor_terminal *monitor = calloc(1, sizeof *monitor);
    snprintf(why, INTACT_ERROR_SIZE, "-monitor: the host has no memory left");
    if (!monitor)
        return NULL;
    *monitor = (struct monitor_terminal){ .machine = machine, .keys = keys, .socket = -1, .shown = !keys };
    monitor->names.cpus = cpus;
    if (name_sources(monitor) && open_server(monitor, why))
        return monitor;
    monitor_terminal_close(monitor);
    return NULL;
}

void monitor_terminal_close(struct monitor_terminal *monitor)
{
    if (!monitor)
        return;
    intact_monitor_close(monitor->server);
    while (monitor->socket >= 0)
        hear(monitor, 0); // up to its end
    line_editor_close(monitor->editor);
    for (unsigned i = 0; i < monitor->names.source_count; i++)
        free(monitor->names.sources[i]);
    free(monitor->names.sources);
    free(monitor);
}

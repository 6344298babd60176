// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The connection of a debugger, by POSIX sockets, or standard input and output.
//
// An empty HOST is this host alone: a debugger may do anything, so other hosts must be named.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "host/debug_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/quiet_thread.h"
#include "host/send_queue.h"
#include "host/socket_place.h"

struct debug_socket {
    const char *option;
    bool stdio;              // no listener, and the client is standard input and output
    int given;               // no listener, and the client was connected already: its socket, else -1
    int listener, client;    // client: -1 without one
    char *path;              // of a Unix socket, removed at the end
    struct send_queue queue; // of the client
    void (*wake)(void *owner);
    void *owner;

    // The thread waits for `watched` while `watching`; a byte in the pipe ends its wait.
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool watching, waiting, ending;
    bool watched_queue; // whether it takes more, too
    int watched, pipe[2];
};

// --- waiting ---------------------------------------------------------------------------------------------------------

// macOS cannot poll a terminal.
static int select_instead(struct pollfd *polled, unsigned count, int timeout)
{
    struct timeval time = { .tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000 };
    fd_set set;
    int last = -1;
    FD_ZERO(&set);
    for (unsigned i = 0; i < count; i++) {
        polled[i].revents = 0;
        if (polled[i].fd >= 0)
            FD_SET(polled[i].fd, &set);
        last = polled[i].fd > last ? polled[i].fd : last;
    }
    int ready = select(last + 1, &set, NULL, NULL, timeout < 0 ? NULL : &time);
    for (unsigned i = 0; ready > 0 && i < count; i++)
        if (polled[i].fd >= 0 && FD_ISSET(polled[i].fd, &set))
            polled[i].revents = POLLIN;
    return ready;
}

static int wait_for(bool stdio, struct pollfd *polled, unsigned count, int timeout)
{
    bool fits = true;
    for (unsigned i = 0; i < count; i++)
        fits &= polled[i].fd < FD_SETSIZE;
    return stdio && fits ? select_instead(polled, count, timeout) : poll(polled, count, timeout);
}

void debug_socket_wait(struct debug_socket *const *sockets, unsigned count, int timeout)
{
    struct pollfd polled[DEBUG_SOCKET_WAIT];
    bool stdio = false;
    for (unsigned i = 0; i < count; i++) {
        polled[i] = (struct pollfd){ .fd = sockets[i]->client >= 0 ? sockets[i]->client : sockets[i]->listener,
                                     .events = sockets[i]->queue.size ? POLLIN | POLLOUT : POLLIN };
        stdio |= sockets[i]->stdio;
    }
    wait_for(stdio, polled, count, timeout);
}

// --- the thread ------------------------------------------------------------------------------------------------------

static void *watch(void *argument)
{
    struct debug_socket *s = argument;
    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        if (!s->watching) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        short events = s->watched_queue ? POLLIN | POLLOUT : POLLIN;
        struct pollfd polled[2] = { { .fd = s->watched, .events = events }, { .fd = s->pipe[0], .events = POLLIN } };
        s->waiting = true;
        pthread_mutex_unlock(&s->lock);
        int count = wait_for(s->stdio, polled, 2, -1);
        pthread_mutex_lock(&s->lock);
        s->waiting = false;
        pthread_cond_broadcast(&s->changed);
        if (s->watching && count > 0 && polled[0].revents) {
            s->watching = false;
            s->wake(s->owner);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void drain_pipe(struct debug_socket *s)
{
    struct pollfd polled = { .fd = s->pipe[0], .events = POLLIN };
    char byte;
    while (poll(&polled, 1, 0) > 0 && read(s->pipe[0], &byte, 1) > 0)
        continue;
}

void debug_socket_watch(struct debug_socket *s, bool on)
{
    pthread_mutex_lock(&s->lock);
    s->watching = on;
    s->watched = s->client >= 0 ? s->client : s->listener;
    s->watched_queue = s->queue.size > 0;
    pthread_cond_broadcast(&s->changed);
    if (!on && s->waiting) {
        while (write(s->pipe[1], "", 1) < 0 && errno == EINTR)
            continue;
        while (s->waiting)
            pthread_cond_wait(&s->changed, &s->lock);
        drain_pipe(s);
    }
    pthread_mutex_unlock(&s->lock);
}

static int start_thread(struct debug_socket *s)
{
    if (pipe(s->pipe) < 0)
        return -errno;
    int error = quiet_thread_start(&s->thread, watch, s);
    s->has_thread = error == 0;
    return -error;
}

// --- listening -------------------------------------------------------------------------------------------------------

// The options that QEMU's scripts give: it always listens, and never waits by itself.
static bool has_good_options(const char *options)
{
    static const char *const known[] = { ",server", ",server=on", ",nowait", ",wait=off" };
    while (*options) {
        size_t length = strcspn(options + 1, ",") + 1, i = 0;
        while (i < 4 && (strlen(known[i]) != length || strncmp(known[i], options, length) != 0))
            i++;
        if (i == 4)
            return false;
        options += length;
    }
    return true;
}

// "[HOST]:PORT"; a HOST with colons is in brackets.
static int listen_tcp(struct debug_socket *s, char *text, const char *where, struct error *error)
{
    struct socket_place place = { .text = where };
    if (!socket_place_cut(text, &place))
        return error_set(error, -EINVAL, "%s: '%.80s' is not tcp:[HOST]:PORT", s->option, where);
    return socket_place_listen(&place, s->option, &s->listener, error);
}

static int listen_unix(struct debug_socket *s, const char *path, struct error *error)
{
    const struct socket_place place = { .text = path, .path = path };
    int result = socket_place_listen(&place, s->option, &s->listener, error);
    if (result == 0)
        s->path = strdup(path);
    return result;
}

static int start_listening(struct debug_socket *s, const char *where, struct error *error)
{
    char text[512];
    size_t length = strcspn(where, ",");
    if (length >= sizeof text || !has_good_options(where + length))
        return error_set(error, -EINVAL, "%s: '%.80s' has options other than server=on and wait=off", s->option, where);
    memcpy(text, where, length);
    text[length] = 0;
    if (strncmp(text, "unix:", 5) == 0)
        return listen_unix(s, text + 5, error);
    if (strncmp(text, "tcp:", 4) == 0)
        return listen_tcp(s, text + 4, where, error);
    return error_set(error, -EINVAL, "%s: '%.80s' is neither tcp:[HOST]:PORT nor unix:PATH", s->option, where);
}

static struct debug_socket *create(const char *option, void (*wake)(void *owner), void *owner, struct error *error)
{
    struct debug_socket *s = calloc(1, sizeof *s);
    if (!s) {
        error_set(error, -ENOMEM, "%s: the host has no memory left", option);
        return NULL;
    }
    s->listener = s->client = s->given = s->pipe[0] = s->pipe[1] = -1;
    s->option = option;
    s->wake = wake;
    s->owner = owner;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    return s;
}

// `result`: of what came before.
static int finish(struct debug_socket *s, int result, struct debug_socket **out, struct error *error)
{
    if (result == 0 && (result = start_thread(s)) < 0)
        error_set(error, result, "%s: the host has no thread left", s->option);
    if (result < 0)
        debug_socket_close(s);
    else
        *out = s;
    return result;
}

int debug_socket_open(struct debug_socket **out, const char *option, const char *where, void (*wake)(void *owner),
                      void *owner, struct error *error)
{
    struct debug_socket *s = create(option, wake, owner, error);
    return s ? finish(s, start_listening(s, where, error), out, error) : -ENOMEM;
}

// A client that does not read for PATIENCE seconds what it is sent is given up, as the machine waits for it.
static void set_options(int client)
{
    enum { PATIENCE = 5 };
    const struct timeval patience = { .tv_sec = PATIENCE };
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
#ifdef SO_NOSIGPIPE
    int on = 1;
    setsockopt(client, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

int debug_socket_open_fd(struct debug_socket **out, const char *option, int fd, void (*wake)(void *owner), void *owner,
                         struct error *error)
{
    if (fcntl(fd, F_GETFD) < 0)
        return error_set(error, -EBADF, "%s: fd:%d is not open: it must be a connected socket", option, fd);
    struct debug_socket *s = create(option, wake, owner, error);
    int result = s ? finish(s, 0, out, error) : -ENOMEM;
    if (result < 0)
        return result;
    s->given = s->client = fd;
    set_options(fd);
    return 0;
}

int debug_socket_open_stdio(struct debug_socket **out, const char *option, void (*wake)(void *owner), void *owner,
                            struct error *error)
{
    struct debug_socket *s = create(option, wake, owner, error);
    if (!s)
        return -ENOMEM;
    s->stdio = true;
    s->client = STDIN_FILENO;
    return finish(s, 0, out, error);
}

static void close_if_open(int file)
{
    if (file >= 0)
        close(file);
}

void debug_socket_close(struct debug_socket *s)
{
    if (s->has_thread) {
        debug_socket_watch(s, false);
        pthread_mutex_lock(&s->lock);
        s->ending = true;
        pthread_cond_broadcast(&s->changed);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    debug_socket_drop(s);
    close_if_open(s->given);
    close_if_open(s->listener);
    close_if_open(s->pipe[0]);
    close_if_open(s->pipe[1]);
    if (s->path)
        unlink(s->path);
    free(s->path);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

// --- the client ------------------------------------------------------------------------------------------------------

unsigned debug_socket_port(const struct debug_socket *s)
{
    return s->stdio || s->listener < 0 ? 0 : socket_place_listens_at(s->listener);
}

bool debug_socket_connected(const struct debug_socket *s)
{
    return s->client >= 0;
}

bool debug_socket_ended(const struct debug_socket *s)
{
    return (s->stdio || s->given >= 0) && s->client < 0;
}

// --- what the client is sent -----------------------------------------------------------------------------------------

static void write_output(const char *data, size_t size)
{
    while (size) {
        ssize_t count = write(STDOUT_FILENO, data, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        data += count;
        size -= (size_t)count;
    }
}

void debug_socket_write(struct debug_socket *s, const void *data, size_t size)
{
    if (s->stdio)
        write_output(data, size);
    else if (s->given >= 0 || s->client >= 0)
        send_queue_write(&s->queue, s->given >= 0 ? s->given : s->client, data, size);
}

// Its last answers are waited for.
void debug_socket_drop(struct debug_socket *s)
{
    if (s->client >= 0)
        send_queue_flush(&s->queue, s->client, true);
    send_queue_empty(&s->queue);
    if (!s->stdio && s->given < 0)
        close_if_open(s->client);
    s->client = -1;
}

// --- what the client says --------------------------------------------------------------------------------------------

static enum debug_socket_event take_client(struct debug_socket *s)
{
    int on = 1;
    s->client = accept(s->listener, NULL, NULL);
    if (s->client < 0)
        return DEBUG_SOCKET_NOTHING;
    set_options(s->client);
    if (!s->path) // an answer is waited for before the next question: without delay
        setsockopt(s->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return DEBUG_SOCKET_CAME;
}

enum debug_socket_event debug_socket_read(struct debug_socket *s, void *data, size_t *size, int timeout)
{
    struct pollfd polled = { .fd = s->client >= 0 ? s->client : s->listener, .events = POLLIN };
    if (s->client >= 0)
        send_queue_flush(&s->queue, s->client, false);
    if (wait_for(s->stdio, &polled, 1, timeout) <= 0)
        return DEBUG_SOCKET_NOTHING;
    if (s->client < 0)
        return take_client(s);
    ssize_t count = s->stdio ? read(s->client, data, *size) : recv(s->client, data, *size, 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return DEBUG_SOCKET_NOTHING;
    if (count <= 0) {
        debug_socket_drop(s);
        return DEBUG_SOCKET_WENT;
    }
    *size = (size_t)count;
    return DEBUG_SOCKET_DATA;
}

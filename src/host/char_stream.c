// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See char_stream.h. One thread to a stream, which alone uses its peer; POSIX sockets, terminals and pipes.
//
// Not modelled: a speed of the line.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700 // posix_openpt
#endif
#include "host/char_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/quiet_thread.h"
#include "host/telnet.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SO_NOSIGPIPE instead
#endif

enum {
    INPUT = 4096,
    LOOK_AGAIN = 100,
    RETRY = 2
}; // bytes; ms until a terminal is looked at again, and until input is offered again

struct char_stream {
    struct char_stream_config config;
    struct char_stream_user user;
    char name[CHAR_STREAM_NAME], terminal[64];
    char *path;   // of a socket that listens, removed at the end
    int listener; // -1: none
    int in, out;  // the peer; -1: none. A pseudo-terminal stays open, and is a peer while `connected`
    int wake[2];
    pthread_t thread;
    bool has_thread;

    // Of the thread.
    uint8_t input[INPUT];
    size_t taken, read; // of `input`
    struct telnet telnet;
    uint64_t connect_at; // ms of the host's clock

    // Under the lock.
    pthread_mutex_t lock;
    pthread_cond_t moved; // the peer has taken something, or it came or went
    uint8_t *queue;       // a ring of CHAR_STREAM_KEPT bytes
    size_t first, count;
    uint64_t sent, lost;
    bool connected, ending;
    bool stuck; // the peer has taken nothing for CHAR_STREAM_PATIENCE
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_terminal(const struct char_stream *stream)
{
    return stream->config.kind == CHAR_STREAM_PTY;
}

static void wake(struct char_stream *stream)
{
    while (write(stream->wake[1], "", 1) < 0 && errno == EINTR)
        continue; // when the pipe is full, the thread will wake anyhow
}

// --- The queue -------------------------------------------------------------------------------------------------------

static void queue_byte(struct char_stream *stream, uint8_t byte)
{
    stream->queue[(stream->first + stream->count++) % CHAR_STREAM_KEPT] = byte;
}

static void tell(const struct char_stream *stream, const char *text, uint64_t bytes)
{
    char line[CHAR_STREAM_NAME + 160];
    if (!stream->user.tell)
        return; // it has not been started
    snprintf(line, sizeof line, text, stream->name, bytes);
    stream->user.tell(stream->user.owner, line);
}

// With the lock. Waits until the peer has taken something. False: it did not, or it has gone.
static bool wait_for_peer(struct char_stream *stream)
{
    struct timespec until;
    uint64_t sent = stream->sent;
    clock_gettime(CLOCK_REALTIME, &until); // what pthread_cond_timedwait counts by
    until.tv_sec += CHAR_STREAM_PATIENCE / 1000;
    while (stream->connected && sent == stream->sent)
        if (pthread_cond_timedwait(&stream->moved, &stream->lock, &until) == ETIMEDOUT)
            break;
    return sent != stream->sent;
}

// With the lock. True: there is room for `size` bytes.
static bool make_room(struct char_stream *stream, size_t size)
{
    while (stream->count + size > CHAR_STREAM_KEPT && stream->connected && !stream->stuck)
        stream->stuck = !wait_for_peer(stream) && stream->connected;
    return stream->count + size <= CHAR_STREAM_KEPT;
}

// With the lock. A byte for which there is no room is lost.
static void queue_or_lose(struct char_stream *stream, uint8_t byte)
{
    uint8_t bytes[2] = { byte };
    size_t size = stream->config.telnet ? telnet_put(byte, bytes) : 1;
    bool room = make_room(stream, size);
    for (size_t i = 0; room && i < size; i++)
        queue_byte(stream, bytes[i]);
    stream->lost += !room;
}

void char_stream_write(struct char_stream *stream, const uint8_t *data, size_t size)
{
    pthread_mutex_lock(&stream->lock);
    bool was_empty = stream->count == 0;
    uint64_t lost = stream->lost;
    for (size_t i = 0; i < size; i++)
        queue_or_lose(stream, data[i]);
    bool begins = lost == 0 && stream->lost;
    pthread_mutex_unlock(&stream->lock);
    if (was_empty)
        wake(stream);
    if (begins)
        tell(stream,
             "%s: more than %" PRIu64 " bytes of output that nobody reads: the rest is dropped until somebody does",
             CHAR_STREAM_KEPT);
}

// --- The peer --------------------------------------------------------------------------------------------------------

static void set_connected(struct char_stream *stream, bool connected)
{
    pthread_mutex_lock(&stream->lock);
    stream->connected = connected;
    stream->stuck = false;
    pthread_cond_broadcast(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
}

static void greet(struct char_stream *stream)
{
    stream->telnet = (struct telnet){ TELNET_DATA };
    if (stream->config.telnet && !stream->config.lines &&
        send(stream->out, telnet_greeting, sizeof telnet_greeting, MSG_NOSIGNAL) < 0)
        return; // it has gone, which the first read finds
}

static void meet(struct char_stream *stream, int peer)
{
    socket_place_prepare(peer);
    stream->in = stream->out = peer;
    greet(stream);
    set_connected(stream, true);
}

static bool accept_client(struct char_stream *stream)
{
    int peer = accept(stream->listener, NULL, NULL);
    if (peer >= 0)
        meet(stream, peer);
    return peer >= 0;
}

static void try_connecting(struct char_stream *stream)
{
    int peer;
    if (socket_place_connect(&stream->config.place, stream->name, &peer, NULL) == 0)
        meet(stream, peer);
    else
        stream->connect_at = now_ms() + stream->config.reconnects;
}

// A stream without a listener or a further try has no more input.
static void part(struct char_stream *stream)
{
    if (!is_terminal(stream)) {
        close(stream->in);
        if (stream->out != stream->in)
            close(stream->out);
        stream->in = stream->out = -1;
    }
    stream->connect_at = now_ms() + stream->config.reconnects;
    set_connected(stream, false);
    if (stream->listener < 0 && !is_terminal(stream) && !stream->config.reconnects)
        stream->user.end(stream->user.owner);
}

// A terminal has a peer while some program has it open.
static void look_at_terminal(struct char_stream *stream)
{
    struct pollfd polled = { .fd = stream->in, .events = POLLIN };
    if (poll(&polled, 1, 0) >= 0 && !(polled.revents & POLLHUP))
        set_connected(stream, true);
}

static void look_for_peer(struct char_stream *stream)
{
    if (is_terminal(stream))
        look_at_terminal(stream);
    else if (stream->listener < 0 && stream->config.reconnects && now_ms() >= stream->connect_at)
        try_connecting(stream);
}

// --- Bytes -----------------------------------------------------------------------------------------------------------

static ssize_t send_some(struct char_stream *stream, const uint8_t *data, size_t size)
{
    bool is_socket = stream->config.kind <= CHAR_STREAM_GIVEN;
    ssize_t count = is_socket ? send(stream->out, data, size, MSG_NOSIGNAL) : write(stream->out, data, size);
    bool again = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return again ? 0 : count;
}

// False: the peer has gone. What it did not take is kept for the next one.
static bool send_queue(struct char_stream *stream)
{
    ssize_t count = 1;
    pthread_mutex_lock(&stream->lock);
    while (stream->count && count > 0) {
        size_t size = CHAR_STREAM_KEPT - stream->first;
        count = send_some(stream, stream->queue + stream->first, size < stream->count ? size : stream->count);
        if (count <= 0)
            break;
        stream->first = (stream->first + (size_t)count) % CHAR_STREAM_KEPT;
        stream->count -= (size_t)count;
        stream->sent += (uint64_t)count;
        stream->stuck = false;
        pthread_cond_broadcast(&stream->moved);
    }
    pthread_mutex_unlock(&stream->lock);
    return count >= 0;
}

// False: the peer has gone.
static bool receive(struct char_stream *stream)
{
    ssize_t count = read(stream->in, stream->input, sizeof stream->input);
    if (count <= 0)
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    stream->taken = 0;
    stream->read = (size_t)count;
    if (stream->config.telnet)
        stream->read = telnet_take(&stream->telnet, stream->input, stream->read);
    if (stream->config.lines)
        stream->read = telnet_lines(stream->input, stream->read);
    return true;
}

static void offer(struct char_stream *stream)
{
    if (stream->taken < stream->read)
        stream->taken +=
            stream->user.take(stream->user.owner, stream->input + stream->taken, stream->read - stream->taken);
}

// --- The thread ------------------------------------------------------------------------------------------------------

static void drain_wakes(struct char_stream *stream)
{
    uint8_t bytes[64];
    while (read(stream->wake[0], bytes, sizeof bytes) > 0)
        continue;
}

static int timeout_of(const struct char_stream *stream, bool connected)
{
    if (stream->taken < stream->read)
        return RETRY;
    if (connected || (!is_terminal(stream) && !stream->config.reconnects))
        return -1;
    return LOOK_AGAIN;
}

static void serve_peer(struct char_stream *stream, const struct pollfd *in, const struct pollfd *out)
{
    bool there = true;
    if (out->revents)
        there = send_queue(stream);
    if (there && in->revents & POLLIN)
        there = receive(stream);
    else if (there && in->revents)
        there = false; // it has gone, and there is nothing left to read
    if (!there)
        part(stream);
}

// One wait for whatever happens next.
static void turn(struct char_stream *stream, bool connected, bool sends)
{
    bool reads = stream->taken == stream->read;
    struct pollfd polled[3] = {
        { .fd = stream->wake[0], .events = POLLIN },
        { .fd = connected ? reads ? stream->in : -1 : stream->listener, .events = POLLIN },
        { .fd = connected && sends ? stream->out : -1, .events = POLLOUT },
    };
    poll(polled, 3, timeout_of(stream, connected));
    drain_wakes(stream);
    if (connected)
        serve_peer(stream, &polled[1], &polled[2]);
    else if (polled[1].revents)
        accept_client(stream);
    else
        look_for_peer(stream);
    offer(stream);
}

static void *serve(void *argument)
{
    struct char_stream *stream = argument;
    for (;;) {
        pthread_mutex_lock(&stream->lock);
        bool ending = stream->ending, connected = stream->connected, sends = stream->count > 0;
        pthread_mutex_unlock(&stream->lock);
        if (ending)
            return NULL;
        turn(stream, connected, sends);
    }
}

// --- Opening ---------------------------------------------------------------------------------------------------------

static int failed(const struct char_stream *stream, const char *what, struct error *error)
{
    return error_set(error, -errno, "%s: %.200s: %s", stream->name, what, strerror(errno));
}

// Bytes pass as they are, also before a program that opens the terminal sets it.
static int open_terminal(struct char_stream *stream, struct error *error)
{
    struct termios mode;
    stream->in = stream->out = posix_openpt(O_RDWR | O_NOCTTY);
    if (stream->in < 0 || grantpt(stream->in) < 0 || unlockpt(stream->in) < 0)
        return failed(stream, "no pseudo-terminal", error);
    const char *name = ptsname(stream->in);
    snprintf(stream->terminal, sizeof stream->terminal, "%s", name ? name : "");
    int other = open(stream->terminal, O_RDWR | O_NOCTTY);
    if (other < 0 || tcgetattr(other, &mode) < 0)
        return failed(stream, "no pseudo-terminal", error);
    mode.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_oflag &= ~(tcflag_t)OPOST;
    mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    tcsetattr(other, TCSANOW, &mode);
    close(other);
    return 0;
}

// Opened for both directions, a named pipe has no end when a program closes it, and needs none to be opened.
static int open_named(const char *path, const char *suffix)
{
    char name[4096];
    if ((size_t)snprintf(name, sizeof name, "%s%s", path, suffix) >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int open_pipe(struct char_stream *stream, struct error *error)
{
    const char *path = stream->config.place.path;
    stream->in = open_named(path, ".in");
    stream->out = open_named(path, ".out");
    if (stream->in >= 0 && stream->out >= 0)
        return 0;
    if (stream->in >= 0)
        close(stream->in);
    if (stream->out >= 0)
        close(stream->out);
    stream->in = stream->out = open_named(path, "");
    if (stream->in < 0)
        return error_set(error, -errno, "%s: neither '%.80s.in' and '%.80s.out' nor '%.80s': %s; mkfifo makes them",
                         stream->name, path, path, path, strerror(errno));
    return 0;
}

static int open_peer(struct char_stream *stream, struct error *error)
{
    const struct char_stream_config *config = &stream->config;
    int result = 0;
    switch (config->kind) {
    case CHAR_STREAM_LISTENS:
        result = socket_place_listen(&config->place, stream->name, &stream->listener, error);
        if (result == 0 && config->place.path)
            stream->path = strdup(config->place.path);
        break;
    case CHAR_STREAM_CONNECTS:
        if (!config->reconnects)
            result = socket_place_connect(&config->place, stream->name, &stream->in, error);
        break;
    case CHAR_STREAM_GIVEN:
        stream->in = config->given;
        if (fcntl(stream->in, F_GETFD) < 0)
            result = error_set(error, -EBADF, "%s: fd=%d is not open: it must be a connected socket", stream->name,
                               stream->in);
        break;
    case CHAR_STREAM_PTY: result = open_terminal(stream, error); break;
    case CHAR_STREAM_PIPE: result = open_pipe(stream, error); break;
    }
    if (result < 0)
        return result;
    if (config->kind == CHAR_STREAM_CONNECTS || config->kind == CHAR_STREAM_GIVEN)
        stream->out = stream->in;
    if (config->kind == CHAR_STREAM_GIVEN || config->kind == CHAR_STREAM_CONNECTS)
        socket_place_prepare(stream->in);
    stream->connected = stream->in >= 0 && !is_terminal(stream);
    return 0;
}

static int open_wake(struct char_stream *stream, struct error *error)
{
    if (pipe(stream->wake) < 0) {
        stream->wake[0] = stream->wake[1] = -1;
        return failed(stream, "no pipe", error);
    }
    for (unsigned i = 0; i < 2; i++) {
        fcntl(stream->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(stream->wake[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

static void release(struct char_stream *stream)
{
    const int files[] = { stream->listener, stream->in, stream->out == stream->in ? -1 : stream->out, stream->wake[0],
                          stream->wake[1] };
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i] >= 0)
            close(files[i]);
    if (stream->path)
        unlink(stream->path);
    free(stream->path);
    free(stream->queue);
    pthread_cond_destroy(&stream->moved);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

int char_stream_open(const struct char_stream_config *config, const char *name, struct char_stream **out,
                     struct error *error)
{
    struct char_stream *stream = calloc(1, sizeof *stream);
    uint8_t *queue = malloc(CHAR_STREAM_KEPT);
    if (!stream || !queue) {
        free(stream);
        free(queue);
        return error_set(error, -ENOMEM, "%s: the host has no memory left", name);
    }
    stream->config = *config;
    snprintf(stream->name, sizeof stream->name, "%s", name);
    stream->queue = queue;
    stream->listener = stream->in = stream->out = stream->wake[0] = stream->wake[1] = -1;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->moved, NULL);
    int result = open_wake(stream, error);
    if (result == 0)
        result = open_peer(stream, error);
    if (result < 0)
        release(stream);
    else
        *out = stream;
    return result;
}

const char *char_stream_terminal(const struct char_stream *stream)
{
    return is_terminal(stream) ? stream->terminal : NULL;
}

unsigned char_stream_port(const struct char_stream *stream)
{
    return stream->listener >= 0 ? socket_place_listens_at(stream->listener) : 0;
}

int char_stream_start(struct char_stream *stream, const struct char_stream_user *user, struct error *error)
{
    stream->user = *user;
    while (stream->config.waits && !stream->connected)
        if (!accept_client(stream) && errno != EINTR && errno != ECONNABORTED)
            return failed(stream, "no client", error);
    if (stream->listener >= 0)
        fcntl(stream->listener, F_SETFL, fcntl(stream->listener, F_GETFL) | O_NONBLOCK);
    if (is_terminal(stream))
        fcntl(stream->in, F_SETFL, fcntl(stream->in, F_GETFL) | O_NONBLOCK);
    int code = quiet_thread_start(&stream->thread, serve, stream);
    stream->has_thread = code == 0;
    return code ? error_set(error, -code, "%s: the host has no thread left", stream->name) : 0;
}

// With the lock.
static void wait_until_sent(struct char_stream *stream)
{
    while (stream->connected && stream->count && wait_for_peer(stream))
        continue;
}

void char_stream_close(struct char_stream *stream)
{
    if (!stream)
        return;
    if (stream->has_thread) {
        pthread_mutex_lock(&stream->lock);
        wait_until_sent(stream);
        stream->ending = true;
        pthread_mutex_unlock(&stream->lock);
        wake(stream);
        pthread_join(stream->thread, NULL);
    }
    if (stream->lost)
        tell(stream, "%s: %" PRIu64 " bytes of output were dropped", stream->lost);
    if (stream->count)
        tell(stream, "%s: %" PRIu64 " bytes of output were read by nobody", stream->count);
    release(stream);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The user network. Only its own thread calls libslirp; frames of the guest reach it through a queue, frames for the
// guest go through net_ingress.h.
//
// Not modelled: IPv6, TFTP, the virtual servers of libslirp.
#include "host/net_user.h"

#include <errno.h>

#ifdef INTACT_SLIRP

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"

enum { POLL_LIMIT = 512, TIMER_LIMIT = 8, QUEUE_LIMIT = 1024 };

struct frame {
    struct frame *next;
    size_t size;
    uint8_t bytes[];
};

struct user_timer {
    SlirpTimerCb call;
    void *opaque;
    int64_t when; // ms; -1: not armed
};

struct net_user {
    struct net_user_config config;
    struct intact_net net;

    // Between the threads.
    pthread_mutex_t lock;
    struct frame *first, **last;
    unsigned queued;
    bool quit;
    int wake[2];

    // libslirp's thread.
    pthread_t thread;
    Slirp *slirp;
    struct user_timer timers[TIMER_LIMIT];
    struct pollfd files[POLL_LIMIT];
    unsigned file_count;
};

// --- To the guest ---------------------------------------------------------------------------------------------------

// A frame is lost if the host has no memory for it.
static ssize_t post_frame(const void *bytes, size_t size, void *opaque)
{
    const struct net_user *user = opaque;
    net_ingress_post(user->config.ingress, bytes, size);
    return (ssize_t)size;
}

// --- From the guest -------------------------------------------------------------------------------------------------

static void wake(struct net_user *user)
{
    static const uint8_t byte = 0;
    if (write(user->wake[1], &byte, 1) < 0)
        return; // the pipe is full: the thread will wake anyhow
}

// The machine's thread. When libslirp's thread is too slow, frames are dropped, as by a switch.
static void send_frame(void *owner, const void *bytes, size_t size, uint64_t now)
{
    struct net_user *user = owner;
    struct frame *frame = malloc(sizeof *frame + size);
    (void)now;
    if (!frame)
        return;
    frame->next = NULL;
    frame->size = size;
    memcpy(frame->bytes, bytes, size);
    pthread_mutex_lock(&user->lock);
    bool room = user->queued < QUEUE_LIMIT;
    if (room) {
        *user->last = frame;
        user->last = &frame->next;
        user->queued++;
    }
    pthread_mutex_unlock(&user->lock);
    if (room)
        wake(user);
    else
        free(frame);
}

static struct frame *take_frames(struct net_user *user, bool *quit)
{
    pthread_mutex_lock(&user->lock);
    struct frame *first = user->first;
    user->first = NULL;
    user->last = &user->first;
    user->queued = 0;
    *quit = user->quit;
    pthread_mutex_unlock(&user->lock);
    return first;
}

// --- What libslirp asks for -----------------------------------------------------------------------------------------

static int64_t host_ns(void *opaque)
{
    struct timespec t;
    (void)opaque;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *timer_new(SlirpTimerCb call, void *call_opaque, void *opaque)
{
    struct net_user *user = opaque;
    for (unsigned i = 0; i < TIMER_LIMIT; i++) {
        if (user->timers[i].call)
            continue;
        user->timers[i] = (struct user_timer){ .call = call, .opaque = call_opaque, .when = -1 };
        return &user->timers[i];
    }
    return NULL;
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    if (timer)
        ((struct user_timer *)timer)->call = NULL;
}

static void timer_mod(void *timer, int64_t when, void *opaque)
{
    (void)opaque;
    if (timer)
        ((struct user_timer *)timer)->when = when;
}

static void ignore_error(const char *text, void *opaque)
{
    (void)text, (void)opaque;
}

static void ignore_file(int file, void *opaque)
{
    (void)file, (void)opaque;
}

static void notify(void *opaque)
{
    wake(opaque);
}

static const SlirpCb callbacks = {
    .send_packet = post_frame,
    .guest_error = ignore_error,
    .clock_get_ns = host_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = ignore_file,
    .unregister_poll_fd = ignore_file,
    .notify = notify,
};

// --- Its thread -----------------------------------------------------------------------------------------------------

static const struct {
    int slirp;
    short host;
} poll_bits[] = {
    { SLIRP_POLL_IN, POLLIN },   { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
    { SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

static int add_file(int file, int events, void *opaque)
{
    struct net_user *user = opaque;
    short wanted = 0;
    if (user->file_count == POLL_LIMIT)
        return -1;
    for (unsigned i = 0; i < countof(poll_bits); i++)
        if (events & poll_bits[i].slirp)
            wanted |= poll_bits[i].host;
    user->files[user->file_count] = (struct pollfd){ .fd = file, .events = wanted };
    return (int)user->file_count++;
}

static int file_events(int index, void *opaque)
{
    const struct net_user *user = opaque;
    int events = 0;
    for (unsigned i = 0; index >= 0 && i < countof(poll_bits); i++)
        if (user->files[index].revents & poll_bits[i].host)
            events |= poll_bits[i].slirp;
    return events;
}

static void run_timers(struct net_user *user)
{
    int64_t now = host_ns(NULL) / 1000000;
    for (unsigned i = 0; i < TIMER_LIMIT; i++) {
        struct user_timer *timer = &user->timers[i];
        if (!timer->call || timer->when < 0 || timer->when > now)
            continue;
        timer->when = -1;
        timer->call(timer->opaque);
    }
}

static void drain_wakes(struct net_user *user)
{
    uint8_t bytes[64];
    while (read(user->wake[0], bytes, sizeof bytes) > 0)
        continue;
}

static void wait_and_poll(struct net_user *user)
{
    uint32_t timeout = 1000; // ms; timers are coarse
    user->files[0] = (struct pollfd){ .fd = user->wake[0], .events = POLLIN };
    user->file_count = 1;
    slirp_pollfds_fill(user->slirp, &timeout, add_file, user);
    int result = poll(user->files, user->file_count, (int)timeout);
    slirp_pollfds_poll(user->slirp, result < 0, file_events, user);
    drain_wakes(user);
    run_timers(user);
}

static void *serve(void *argument)
{
    struct net_user *user = argument;
    for (;;) {
        bool quit;
        struct frame *frame = take_frames(user, &quit);
        while (frame) {
            struct frame *next = frame->next;
            slirp_input(user->slirp, frame->bytes, (int)frame->size);
            free(frame);
            frame = next;
        }
        if (quit)
            return NULL;
        wait_and_poll(user);
    }
}

// --- Forwards: "tcp:host:port-guest:port" ---------------------------------------------------------------------------

// "[address]:port" up to `end`; no address: `otherwise`.
static bool read_end(const char *text, const char *end, const char *otherwise, struct in_addr *address, int *port)
{
    char host[64], *stop;
    const char *colon = memchr(text, ':', (size_t)(end - text));
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    long value = strtol(colon + 1, &stop, 10);
    *port = (int)value;
    return stop == end && stop != colon + 1 && value >= 0 && value <= 65535 &&
           inet_pton(AF_INET, host[0] ? host : otherwise, address) == 1;
}

static int add_forward(struct net_user *user, const char *text, struct error *error)
{
    struct in_addr host, guest;
    int host_port, guest_port;
    bool udp = strncmp(text, "udp:", 4) == 0;
    const char *dash = strchr(text, '-');
    if ((!udp && strncmp(text, "tcp:", 4) != 0) || !dash || !read_end(text + 4, dash, "0.0.0.0", &host, &host_port) ||
        !read_end(dash + 1, text + strlen(text), "10.0.2.15", &guest, &guest_port))
        return error_set(error, -EINVAL, "-netdev user: hostfwd=%.80s is not tcp|udp:[address]:port-[address]:port",
                         text);
    if (slirp_add_hostfwd(user->slirp, udp, host, host_port, guest, guest_port) < 0)
        return error_set(error, -EADDRINUSE, "-netdev user: hostfwd=%.80s: the host does not give that port", text);
    return 0;
}

static int add_forwards(struct net_user *user, struct error *error)
{
    int result = 0;
    for (unsigned i = 0; result == 0 && i < user->config.forward_count; i++)
        result = add_forward(user, user->config.forwards[i], error);
    return result;
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int open_slirp(struct net_user *user, struct error *error)
{
    SlirpConfig config = { .version = 1, .restricted = user->config.restricted, .in_enabled = true };
    inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    user->slirp = slirp_new(&config, &callbacks, user);
    return user->slirp ? 0 : error_set(error, -ENOMEM, "-netdev user: libslirp does not start");
}

static int open_wake(struct net_user *user, struct error *error)
{
    if (pipe(user->wake) < 0) {
        user->wake[0] = user->wake[1] = -1;
        return error_set(error, -errno, "-netdev user: %s", strerror(errno));
    }
    for (unsigned i = 0; i < 2; i++) {
        fcntl(user->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(user->wake[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

static int start(struct net_user *user, struct error *error)
{
    int result = pthread_create(&user->thread, NULL, serve, user);
    return result ? error_set(error, -result, "-netdev user: %s", strerror(result)) : 0;
}

static void release(struct net_user *user)
{
    if (user->slirp)
        slirp_cleanup(user->slirp);
    for (unsigned i = 0; i < 2; i++)
        if (user->wake[i] >= 0)
            close(user->wake[i]);
    pthread_mutex_destroy(&user->lock);
    free(user);
}

bool net_user_is_built(void)
{
    return true;
}

int net_user_open(const struct net_user_config *config, struct net_user **opened, struct error *error)
{
    struct net_user *user = calloc(1, sizeof *user);
    if (!user)
        return error_set(error, -ENOMEM, "-netdev user: the host has no memory left");
    user->config = *config;
    user->net = (struct intact_net){ .send = send_frame, .owner = user };
    user->last = &user->first;
    pthread_mutex_init(&user->lock, NULL);
    int result = open_wake(user, error);
    if (result == 0)
        result = open_slirp(user, error);
    if (result == 0)
        result = add_forwards(user, error);
    if (result == 0)
        result = start(user, error);
    if (result < 0)
        release(user);
    else
        *opened = user;
    return result;
}

void net_user_close(struct net_user *user)
{
    bool quit;
    if (!user)
        return;
    pthread_mutex_lock(&user->lock);
    user->quit = true;
    pthread_mutex_unlock(&user->lock);
    wake(user);
    pthread_join(user->thread, NULL);
    for (struct frame *frame = take_frames(user, &quit), *next; frame; frame = next) {
        next = frame->next;
        free(frame);
    }
    release(user);
}

const struct intact_net *net_user_net(const struct net_user *user)
{
    return &user->net;
}

#else

bool net_user_is_built(void)
{
    return false;
}

int net_user_open(const struct net_user_config *config, struct net_user **user, struct error *error)
{
    (void)config, (void)user;
    return error_set(error, -ENOTSUP,
                     "-netdev user: this build has no libslirp; build with its headers, or use -netdev hubport");
}

void net_user_close(struct net_user *user)
{
    (void)user;
}

const struct intact_net *net_user_net(const struct net_user *user)
{
    (void)user;
    return NULL;
}

#endif

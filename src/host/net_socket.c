// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_socket.h. Only its own thread uses the sockets.
//
// A stream's peer that sends a length which cannot be is given up, and so is one that ends its side. Frames that a peer does not
// take are kept, up to SEND_LIMIT bytes, and then dropped. While the machine has not taken IN_FLIGHT frames, a stream is not read, and
// datagrams are dropped.
//
// Not modelled: IPv6 groups.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "host/net_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/quiet_thread.h"
#include "host/net_frames.h"
#include "host/net_queue.h"
#include "host/socket_place.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SO_NOSIGPIPE instead
#endif

enum { SEND_LIMIT = 1 << 20, READ = 65536, IN_FLIGHT = 1024, LOOK_AGAIN = 2 };

static const char option[] = "-netdev";

struct net_socket {
    struct net_socket_config config;
    struct intact_net net;
    struct net_queue queue;
    pthread_t thread;

    int listener, peer; // -1: none. A socket of datagrams is the peer
    char *path;         // of a Unix socket of ours, removed at the end
    struct socket_place remote;
    char remote_text[600];
    uint64_t connect_at; // ms of the host's clock

    // A stream.
    struct net_frames frames;
    uint8_t *out; // SEND_LIMIT bytes, of which out_size wait
    size_t out_size;

    // Where datagrams go.
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    } to;
    socklen_t to_size;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_transient(int code)
{
    return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

// --- A stream --------------------------------------------------------------------------------------------------------

static void part(struct net_socket *net)
{
    close(net->peer);
    net->peer = -1;
    net->connect_at = now_ms() + net->config.reconnects;
}

static void meet(struct net_socket *net, int peer)
{
    socket_place_prepare(peer);
    net->peer = peer;
    net->frames.count = 0;
    net->out_size = 0;
}

static void flush_out(struct net_socket *net)
{
    if (net->out_size == 0 || net->peer < 0)
        return;
    ssize_t count = send(net->peer, net->out, net->out_size, MSG_NOSIGNAL);
    if (count < 0 && !is_transient(errno)) {
        part(net);
    } else if (count > 0) {
        net->out_size -= (size_t)count;
        memmove(net->out, net->out + count, net->out_size);
    }
}

static void send_in_stream(struct net_socket *net, const struct net_frame *frame)
{
    if (net->peer < 0 || net->out_size + NET_FRAMES_HEADER + frame->size > SEND_LIMIT)
        return;
    net_frames_header(frame->size, net->out + net->out_size);
    memcpy(net->out + net->out_size + NET_FRAMES_HEADER, frame->bytes, frame->size);
    net->out_size += NET_FRAMES_HEADER + frame->size;
}

// False: it is no stream of frames.
static bool take_bytes(struct net_socket *net, const uint8_t *data, size_t size)
{
    while (size) {
        const uint8_t *frame;
        size_t frame_size;
        ptrdiff_t taken = net_frames_take(&net->frames, data, size, &frame, &frame_size);
        if (taken < 0)
            return false;
        if (frame)
            net_ingress_post(net->config.ingress, frame, frame_size);
        data += taken;
        size -= (size_t)taken;
    }
    return true;
}

static void receive_stream(struct net_socket *net)
{
    static _Thread_local uint8_t bytes[READ];
    ssize_t count = recv(net->peer, bytes, sizeof bytes, 0);
    bool there = count > 0 ? take_bytes(net, bytes, (size_t)count) : count < 0 && is_transient(errno);
    if (count > 0 && !there)
        fprintf(stderr,
                "intact: -netdev: its peer sends a length of a frame that cannot be; the connection is ended\n");
    if (!there)
        part(net);
}

static void look_for_peer(struct net_socket *net)
{
    int peer;
    if (net->listener >= 0) {
        peer = accept(net->listener, NULL, NULL);
        if (peer >= 0)
            meet(net, peer);
    } else if (net->config.reconnects && now_ms() >= net->connect_at) {
        if (socket_place_connect(&net->remote, option, &peer, NULL) == 0)
            meet(net, peer);
        else
            net->connect_at = now_ms() + net->config.reconnects;
    }
}

// --- Datagrams -------------------------------------------------------------------------------------------------------

// What cannot be sent is lost, as datagrams are.
static void send_datagram(struct net_socket *net, const struct net_frame *frame)
{
    ssize_t count = net->to_size
                        ? sendto(net->peer, frame->bytes, frame->size, MSG_NOSIGNAL, &net->to.any, net->to_size)
                        : send(net->peer, frame->bytes, frame->size, MSG_NOSIGNAL);
    (void)count;
}

static void receive_datagrams(struct net_socket *net)
{
    static _Thread_local uint8_t bytes[INTACT_NET_FRAME];
    for (unsigned i = 0; i < 64; i++) {
        ssize_t count = recv(net->peer, bytes, sizeof bytes, 0);
        if (count < 0)
            return;
        if (count > 0 && net_ingress_waiting(net->config.ingress) < IN_FLIGHT)
            net_ingress_post(net->config.ingress, bytes, (size_t)count);
    }
}

// --- The thread ------------------------------------------------------------------------------------------------------

static void send_frames(struct net_socket *net, struct net_frame *frame)
{
    while (frame) {
        struct net_frame *next = frame->next;
        if (net->config.datagrams)
            send_datagram(net, frame);
        else
            send_in_stream(net, frame);
        free(frame);
        frame = next;
    }
    flush_out(net);
}

static int timeout_of(const struct net_socket *net, bool full)
{
    if (full)
        return LOOK_AGAIN;
    if (net->peer >= 0 || net->listener >= 0 || !net->config.reconnects)
        return -1;
    uint64_t now = now_ms();
    return net->connect_at > now ? (int)(net->connect_at - now) : 0;
}

static void turn(struct net_socket *net)
{
    bool full = !net->config.datagrams && net_ingress_waiting(net->config.ingress) >= IN_FLIGHT;
    short wanted = (short)((full ? 0 : POLLIN) | (net->out_size ? POLLOUT : 0));
    struct pollfd polled[2] = { { .fd = net->queue.wake[0], .events = POLLIN },
                                { .fd = net->peer >= 0 ? net->peer : net->listener, .events = wanted } };
    if (net->peer < 0)
        polled[1].events = POLLIN;
    poll(polled, 2, timeout_of(net, full));
    net_queue_drain_wakes(&net->queue);
    if (net->peer < 0)
        look_for_peer(net);
    else if (net->config.datagrams && polled[1].revents)
        receive_datagrams(net);
    else if (polled[1].revents & (POLLIN | POLLHUP | POLLERR) && !full)
        receive_stream(net);
}

static void *serve(void *argument)
{
    struct net_socket *net = argument;
    for (;;) {
        bool quit;
        send_frames(net, net_queue_take(&net->queue, &quit));
        if (quit)
            return NULL;
        turn(net);
    }
}

// --- Opening streams -------------------------------------------------------------------------------------------------

static int refuse(const char *text, const char *why, struct error *error)
{
    return error_set(error, -EINVAL, "%s: '%.80s' %s", option, text, why);
}

// "tcp:[HOST]:PORT" or "unix:PATH", in `copy`.
static int read_place(const char *text, char *copy, size_t size, struct socket_place *place, struct error *error)
{
    place->text = text;
    if ((size_t)snprintf(copy, size, "%s", text) >= size)
        return refuse(text, "is too long", error);
    if (strncmp(copy, "unix:", 5) == 0)
        place->path = copy + 5;
    else if (strncmp(copy, "tcp:", 4) != 0 || !socket_place_cut(copy + 4, place))
        return refuse(text, "is neither tcp:[HOST]:PORT nor unix:PATH", error);
    return 0;
}

static int open_given(struct net_socket *net, const char *text, struct error *error)
{
    net->peer = atoi(text + 3);
    if (fcntl(net->peer, F_GETFD) < 0) {
        net->peer = -1;
        return refuse(text, "is not open: it must be a connected socket", error);
    }
    return 0;
}

static int open_listener(struct net_socket *net, struct error *error)
{
    struct socket_place place = { 0 };
    char copy[600];
    int result = read_place(net->config.local, copy, sizeof copy, &place, error);
    if (result == 0)
        result = socket_place_listen(&place, option, &net->listener, error);
    if (result < 0)
        return result;
    fcntl(net->listener, F_SETFL, fcntl(net->listener, F_GETFL) | O_NONBLOCK);
    if (place.path)
        net->path = strdup(place.path);
    return 0;
}

static int open_stream(struct net_socket *net, struct error *error)
{
    const char *local = net->config.local, *remote = net->config.remote, *given = local ? local : remote;
    net->out = malloc(SEND_LIMIT);
    if (!net->out)
        return error_set(error, -ENOMEM, "%s: the host has no memory left", option);
    if (!given)
        return error_set(error, -EINVAL, "%s: a stream has a place, local or remote", option);
    if (strncmp(given, "fd:", 3) == 0)
        return open_given(net, given, error);
    if (local)
        return open_listener(net, error);
    int result = read_place(remote, net->remote_text, sizeof net->remote_text, &net->remote, error);
    if (result == 0 && !net->config.reconnects)
        result = socket_place_connect(&net->remote, option, &net->peer, error);
    return result;
}

// --- Opening datagrams -----------------------------------------------------------------------------------------------

// "udp:[HOST]:PORT"; no HOST: `otherwise`.
static int read_udp(const char *text, const char *otherwise, struct sockaddr_in *address, struct error *error)
{
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *found = NULL;
    struct socket_place place = { 0 };
    char copy[600];
    if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy || strncmp(copy, "udp:", 4) != 0 ||
        !socket_place_cut(copy + 4, &place))
        return refuse(text, "is neither udp:[HOST]:PORT nor unix:PATH", error);
    int result = getaddrinfo(place.host[0] ? place.host : otherwise, place.port, &hints, &found);
    if (result)
        return error_set(error, -EINVAL, "%s: '%.80s': %s", option, text, gai_strerror(result));
    memcpy(address, found->ai_addr, sizeof *address);
    freeaddrinfo(found);
    return 0;
}

static int failed(const char *text, struct error *error)
{
    return error_set(error, -errno, "%s: cannot use '%.200s': %s", option, text, strerror(errno));
}

static bool is_group(const struct sockaddr_in *address)
{
    return ntohl(address->sin_addr.s_addr) >> 28 == 0xe;
}

// All programs of this host that joined the group have its port.
static bool join(struct net_socket *net, const struct sockaddr_in *group, const struct sockaddr_in *interface)
{
    const struct ip_mreq request = { .imr_multiaddr = group->sin_addr, .imr_interface = interface->sin_addr };
    const unsigned char loops = 1;
    int on = 1;
    bool good = setsockopt(net->peer, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
#ifdef SO_REUSEPORT
    good = good && setsockopt(net->peer, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
#endif
    good = good && bind(net->peer, (const struct sockaddr *)group, sizeof *group) == 0 &&
           setsockopt(net->peer, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0 &&
           setsockopt(net->peer, IPPROTO_IP, IP_MULTICAST_LOOP, &loops, sizeof loops) == 0;
    if (good && interface->sin_addr.s_addr != htonl(INADDR_ANY))
        good =
            setsockopt(net->peer, IPPROTO_IP, IP_MULTICAST_IF, &interface->sin_addr, sizeof interface->sin_addr) == 0;
    return good;
}

static int open_udp(struct net_socket *net, struct error *error)
{
    struct sockaddr_in local = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
    const char *at = net->config.local, *to = net->config.remote;
    int result = read_udp(to, "127.0.0.1", &net->to.v4, error);
    if (result == 0 && at)
        result = read_udp(at, is_group(&net->to.v4) ? "0.0.0.0" : "127.0.0.1", &local, error);
    if (result < 0)
        return result;
    net->to_size = sizeof net->to.v4;
    net->peer = socket(AF_INET, SOCK_DGRAM, 0);
    if (net->peer < 0)
        return failed(to, error);
    if (is_group(&net->to.v4))
        return join(net, &net->to.v4, &local) ? 0 : failed(to, error);
    if (!at)
        return error_set(error, -EINVAL, "%s: '%.80s' is no group: a local place is needed, too", option, to);
    return bind(net->peer, (const struct sockaddr *)&local, sizeof local) == 0 ? 0 : failed(at, error);
}

static bool put_path(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    return path[0] &&
           (size_t)snprintf(address->sun_path, sizeof address->sun_path, "%s", path) < sizeof address->sun_path;
}

static int open_unix(struct net_socket *net, struct error *error)
{
    struct sockaddr_un local;
    struct stat status;
    const char *at = net->config.local, *to = net->config.remote;
    if (!at || strncmp(at, "unix:", 5) != 0 || strncmp(to, "unix:", 5) != 0)
        return refuse(to, "needs a local place of the same kind", error);
    if (!put_path(&local, at + 5) || !put_path(&net->to.un, to + 5))
        return error_set(error, -EINVAL, "%s: a path has at most %zu characters", option, sizeof local.sun_path - 1);
    net->to_size = sizeof net->to.un;
    bool exists = lstat(at + 5, &status) == 0;
    if (exists && !S_ISSOCK(status.st_mode))
        return refuse(at, "is another file", error);
    if (exists)
        unlink(at + 5); // of an earlier run
    net->peer = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (net->peer < 0 || bind(net->peer, (const struct sockaddr *)&local, sizeof local) < 0)
        return failed(at, error);
    net->path = strdup(at + 5);
    return 0;
}

static int open_datagrams(struct net_socket *net, struct error *error)
{
    const char *given = net->config.local, *to = net->config.remote;
    if (given && strncmp(given, "fd:", 3) == 0)
        return open_given(net, given, error);
    if (!to)
        return error_set(error, -EINVAL, "%s: datagrams need a remote place", option);
    return strncmp(to, "unix:", 5) == 0 ? open_unix(net, error) : open_udp(net, error);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void release(struct net_socket *net)
{
    if (net->listener >= 0)
        close(net->listener);
    if (net->peer >= 0)
        close(net->peer);
    if (net->path)
        unlink(net->path);
    net_queue_destroy(&net->queue);
    free(net->path);
    free(net->out);
    free(net);
}

int net_socket_open(const struct net_socket_config *config, struct net_socket **out, struct error *error)
{
    struct net_socket *net = calloc(1, sizeof *net);
    if (!net)
        return error_set(error, -ENOMEM, "%s: the host has no memory left", option);
    net->config = *config;
    net->listener = net->peer = -1;
    net->net = (struct intact_net){ .send = net_queue_send, .owner = &net->queue };
    int result = net_queue_init(&net->queue, option, error);
    if (result == 0)
        result = config->datagrams ? open_datagrams(net, error) : open_stream(net, error);
    if (result == 0 && net->peer >= 0)
        socket_place_prepare(net->peer);
    int code = result == 0 ? quiet_thread_start(&net->thread, serve, net) : 0;
    if (code)
        result = error_set(error, -code, "%s: the host has no thread left", option);
    if (result < 0)
        release(net);
    else
        *out = net;
    return result;
}

void net_socket_close(struct net_socket *net)
{
    if (!net)
        return;
    net_queue_quit(&net->queue);
    pthread_join(net->thread, NULL);
    release(net);
}

const struct intact_net *net_socket_net(const struct net_socket *net)
{
    return &net->net;
}

unsigned net_socket_port(const struct net_socket *net)
{
    return net->listener >= 0 ? socket_place_listens_at(net->listener) : 0;
}

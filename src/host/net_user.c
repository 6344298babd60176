// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The user network. Only its own thread calls libslirp; frames of the guest reach it through a queue, frames for the
// guest go through net_ingress.h.
//
// Not modelled: an SMB server; forwards of IPv6 ports.
#include "host/net_user.h"

#include <errno.h>

#ifdef INTACT_SLIRP

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/bits.h"
#include "host/net_queue.h"
#include "intact/machine.h"

enum { POLL_LIMIT = 512, TIMER_LIMIT = 8 };

struct user_timer {
    SlirpTimerCb call;
    void *opaque;
    int64_t when; // ms; -1: not armed
};

struct net_user {
    struct net_user_config config;
    struct intact_net net;

    struct net_queue queue; // from the machine's thread

    // libslirp's thread.
    pthread_t thread;
    Slirp *slirp;
    char dhcp_start[INET_ADDRSTRLEN]; // where forwards lead that do not say it
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
    net_queue_wake(&((struct net_user *)opaque)->queue);
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

static void wait_and_poll(struct net_user *user)
{
    uint32_t timeout = 1000; // ms; timers are coarse
    user->files[0] = (struct pollfd){ .fd = user->queue.wake[0], .events = POLLIN };
    user->file_count = 1;
    slirp_pollfds_fill(user->slirp, &timeout, add_file, user);
    int result = poll(user->files, user->file_count, (int)timeout);
    slirp_pollfds_poll(user->slirp, result < 0, file_events, user);
    net_queue_drain_wakes(&user->queue);
    run_timers(user);
}

static void *serve(void *argument)
{
    struct net_user *user = argument;
    for (;;) {
        bool quit;
        struct net_frame *frame = net_queue_take(&user->queue, &quit);
        while (frame) {
            struct net_frame *next = frame->next;
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
        !read_end(dash + 1, text + strlen(text), user->dhcp_start, &guest, &guest_port))
        return error_set(error, -EINVAL, "-netdev user: hostfwd=%.80s is not tcp|udp:[address]:port-[address]:port",
                         text);
    if (slirp_add_hostfwd(user->slirp, udp, host, host_port, guest, guest_port) < 0)
        return error_set(error, -EADDRINUSE, "-netdev user: hostfwd=%.80s: the host does not give that port", text);
    return 0;
}

// --- Who answers inside: "tcp:ADDRESS:PORT-cmd:COMMAND", "tcp:ADDRESS:PORT-unix:PATH" --------------------------------

static int add_guest_forward(struct net_user *user, const char *text, struct error *error)
{
    struct in_addr address;
    int port, result = -1;
    const char *begin = strncmp(text, "tcp:", 4) == 0 ? text + 4 : text, *dash = strchr(text, '-');
    bool runs = dash && strncmp(dash, "-cmd:", 5) == 0, is_socket = dash && strncmp(dash, "-unix:", 6) == 0;
    if (!(runs || is_socket) || !read_end(begin, dash, "", &address, &port))
        return error_set(error, -EINVAL,
                         "-netdev user: guestfwd=%.80s is not tcp:ADDRESS:PORT-cmd:COMMAND, nor -unix:PATH", text);
    if (runs)
        result = slirp_add_exec(user->slirp, dash + 5, &address, port);
    else
        result = slirp_add_unix(user->slirp, dash + 6, &address, port);
    if (result < 0)
        return error_set(error, -EINVAL, "-netdev user: guestfwd=%.80s: no free address of the network but the host's",
                         text);
    return 0;
}

static int add_forwards(struct net_user *user, struct error *error)
{
    const struct intact_user_network *inner = user->config.inner;
    int result = 0;
    for (unsigned i = 0; result == 0 && i < user->config.forward_count; i++)
        result = add_forward(user, user->config.forwards[i], error);
    for (unsigned i = 0; inner && result == 0 && i < inner->guest_forward_count; i++)
        result = add_guest_forward(user, inner->guest_forwards[i], error);
    return result;
}

// --- Addresses -------------------------------------------------------------------------------------------------------

static int refuse(const char *name, const char *text, const char *why, struct error *error)
{
    return error_set(error, -EINVAL, "-netdev user: %s=%.80s is %s", name, text, why);
}

// "10.0.2.0", "10.0.2.0/24", "10.0.2.0/255.255.255.0". Without a length it is that of the address's class, as QEMU has it.
static int read_network(const char *text, SlirpConfig *config, struct error *error)
{
    static const char what[] = "no IPv4 network, as 10.0.2.0/24 is";
    char address[64], *slash, *end;
    snprintf(address, sizeof address, "%s", text);
    slash = strchr(address, '/');
    if (slash)
        *slash++ = 0;
    if (inet_pton(AF_INET, address, &config->vnetwork) != 1)
        return refuse("net", text, what, error);
    uint32_t number = ntohl(config->vnetwork.s_addr), mask;
    unsigned long length = slash ? strtoul(slash, &end, 10) : number < 0x80000000 ? 8 : number < 0xc0000000 ? 16 : 24;
    if (slash && strchr(slash, '.')) {
        if (inet_pton(AF_INET, slash, &config->vnetmask) != 1)
            return refuse("net", text, what, error);
        mask = ntohl(config->vnetmask.s_addr);
    } else {
        if (slash && (end == slash || *end || length < 4 || length > 30))
            return refuse("net", text, what, error);
        mask = UINT32_MAX << (32 - length);
    }
    config->vnetmask.s_addr = htonl(mask);
    config->vnetwork.s_addr = htonl(number & mask);
    return 0;
}

// An address in the network; NULL: that with this number in it.
static int read_host(const char *name, const char *text, unsigned number, const SlirpConfig *config,
                     struct in_addr *address, struct error *error)
{
    uint32_t network = ntohl(config->vnetwork.s_addr), mask = ntohl(config->vnetmask.s_addr);
    address->s_addr = htonl(network | number);
    if (text && inet_pton(AF_INET, text, address) != 1)
        return refuse(name, text, "no IPv4 address", error);
    uint32_t own = ntohl(address->s_addr) & ~mask;
    if ((ntohl(address->s_addr) & mask) != network || own == 0 || own == ~mask)
        return refuse(name, text ? text : "(by default)", "no address of a host in the network", error);
    return 0;
}

static int read_inner(const struct intact_user_network *inner, SlirpConfig *config, struct error *error)
{
    int result = read_network(inner->net ? inner->net : "10.0.2.0/24", config, error);
    if (result == 0)
        result = read_host("host", inner->host, 2, config, &config->vhost, error);
    if (result == 0)
        result = read_host("dns", inner->dns, 3, config, &config->vnameserver, error);
    if (result == 0)
        result = read_host("dhcpstart", inner->dhcp_start, 15, config, &config->vdhcp_start, error);
    if (result == 0 && config->vhost.s_addr == config->vnameserver.s_addr)
        result = refuse("dns", inner->dns ? inner->dns : "(by default)", "the host's address as well", error);
    return result;
}

// The prefix, and the last number of an address in it.
static int read_inner6(const struct intact_user_network *inner, SlirpConfig *config, struct error *error)
{
    const char *net = inner->net6 ? inner->net6 : "fec0::/64";
    char address[80], *slash, *end;
    snprintf(address, sizeof address, "%s", net);
    slash = strchr(address, '/');
    if (slash)
        *slash = 0;
    unsigned long length = slash ? strtoul(slash + 1, &end, 10) : 64;
    if (inet_pton(AF_INET6, address, &config->vprefix_addr6) != 1 || (slash && *end) || length < 1 || length > 126)
        return refuse("ipv6-net", net, "no IPv6 network, as fec0::/64 is", error);
    config->vprefix_len = (uint8_t)length;
    config->vhost6 = config->vnameserver6 = config->vprefix_addr6;
    config->vhost6.s6_addr[15] |= 2;
    config->vnameserver6.s6_addr[15] |= 3;
    if (inner->host6 && inet_pton(AF_INET6, inner->host6, &config->vhost6) != 1)
        return refuse("ipv6-host", inner->host6, "no IPv6 address", error);
    if (inner->dns6 && inet_pton(AF_INET6, inner->dns6, &config->vnameserver6) != 1)
        return refuse("ipv6-dns", inner->dns6, "no IPv6 address", error);
    return 0;
}

static int check_tftp(const char *path, struct error *error)
{
    struct stat status;
    if (!path || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return 0;
    return error_set(error, -ENOENT, "-netdev user: tftp=%.200s is no folder", path);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int start_slirp(struct net_user *user, const struct intact_user_network *inner, SlirpConfig *config,
                       struct error *error)
{
    const char **search = calloc(inner->search_count + 1, sizeof *search);
    if (!search)
        return error_set(error, -ENOMEM, "-netdev user: the host has no memory left");
    for (unsigned i = 0; i < inner->search_count; i++)
        search[i] = inner->search[i];
    config->vdnssearch = inner->search_count ? search : NULL;
    config->vhostname = inner->hostname;
    config->vdomainname = inner->domain;
    config->tftp_path = inner->tftp;
    config->tftp_server_name = inner->tftp_server;
    config->bootfile = inner->bootfile;
    user->slirp = slirp_new(config, &callbacks, user);
    free(search);
    return user->slirp ? 0 : error_set(error, -ENOMEM, "-netdev user: libslirp does not start");
}

static int open_slirp(struct net_user *user, struct error *error)
{
    static const struct intact_user_network usual = { .net = NULL };
    const struct intact_user_network *inner = user->config.inner ? user->config.inner : &usual;
    SlirpConfig config = { .version = 1,
                           .restricted = user->config.restricted,
                           .in_enabled = !inner->no_ipv4,
                           .in6_enabled = !inner->no_ipv6 };
    int result = read_inner(inner, &config, error);
    if (result == 0)
        result = read_inner6(inner, &config, error);
    if (result == 0)
        result = check_tftp(inner->tftp, error);
    inet_ntop(AF_INET, &config.vdhcp_start, user->dhcp_start, sizeof user->dhcp_start);
    return result < 0 ? result : start_slirp(user, inner, &config, error);
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
    net_queue_destroy(&user->queue);
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
    user->net = (struct intact_net){ .send = net_queue_send, .owner = &user->queue };
    int result = net_queue_init(&user->queue, "-netdev user", error);
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
    if (!user)
        return;
    net_queue_quit(&user->queue);
    pthread_join(user->thread, NULL);
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

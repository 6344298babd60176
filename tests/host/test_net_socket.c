// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Networks over sockets of the host: two of them to each other in each way, a peer that comes and goes, one that sends what is
// no frame, and what is refused.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE // mkdtemp
#endif
#include "host/net_socket.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct end {
    struct inbox inbox;
    struct net_ingress ingress;
    struct net_socket *net;
    uint8_t got[INTACT_NET_FRAME];
    size_t size;
    unsigned count;
};

static struct end one, other;
static struct error error;
static char folder[] = "/tmp/intact-XXXXXX", path[64], path2[64];
static uint8_t frame[INTACT_NET_FRAME];

static bool receive(void *card, const void *bytes, size_t size)
{
    struct end *end = card;
    memcpy(end->got, bytes, size);
    end->size = size;
    end->count++;
    return true;
}

static int open_end(struct end *end, bool datagrams, const char *local, const char *remote)
{
    const struct net_socket_config config = {
        .datagrams = datagrams, .local = local, .remote = remote, .ingress = &end->ingress
    };
    error = (struct error){ 0 };
    end->net = NULL;
    end->count = 0;
    end->ingress = (struct net_ingress){ .inbox = &end->inbox, .receive = receive, .card = end };
    cr_assert_eq(inbox_init(&end->inbox), 0);
    cr_assert_eq(net_ingress_open(&end->ingress), 0);
    return net_socket_open(&config, &end->net, &error);
}

static void close_end(struct end *end)
{
    net_socket_close(end->net);
    inbox_destroy(&end->inbox);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "unix:%s/one", folder);
    snprintf(path2, sizeof path2, "unix:%s/other", folder);
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 31 + (i >> 8));
}

static void teardown(void)
{
    cr_assert_eq(rmdir(folder), 0, "a socket's name stays");
}

TestSuite(net_socket, .init = setup, .fini = teardown, .timeout = 60);

static void drain_until(struct end *end, unsigned count)
{
    for (unsigned i = 0; i < 20000 && end->count < count; i++) {
        inbox_drain(&end->inbox, 0, 0);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    cr_assert_eq(end->count, count);
}

// A listener may not have met its client yet, and then drops: it is sent again until something comes.
static void passes(const struct end *from, struct end *to, size_t size)
{
    const struct intact_net *net = net_socket_net(from->net);
    unsigned before = to->count;
    for (unsigned i = 0; i < 20000 && to->count == before; i++) {
        if (i % 100 == 0)
            net->send(net->owner, frame, size, 0);
        inbox_drain(&to->inbox, 0, 0);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    cr_assert_gt(to->count, before);
    cr_assert_eq(to->size, size);
    cr_assert_arr_eq(to->got, frame, size);
}

Test(net_socket, a_stream_carries_frames_of_every_size_both_ways)
{
    cr_assert_eq(open_end(&one, false, path, NULL), 0, "%s", error.text);
    cr_assert_eq(open_end(&other, false, NULL, path), 0, "%s", error.text);
    passes(&other, &one, 60);
    passes(&one, &other, 1514);
    passes(&one, &other, INTACT_NET_FRAME);
    passes(&other, &one, 1);
    close_end(&other);
    cr_assert_eq(open_end(&other, false, NULL, path), 0, "another client: %s", error.text);
    passes(&one, &other, 100);
    close_end(&other);
    close_end(&one);
}

Test(net_socket, a_port_of_tcp_does_too)
{
    char to[32];
    cr_assert_eq(open_end(&one, false, "tcp:127.0.0.1:0", NULL), 0, "%s", error.text);
    snprintf(to, sizeof to, "tcp:localhost:%u", net_socket_port(one.net));
    cr_assert_eq(open_end(&other, false, NULL, to), 0, "%s", error.text);
    passes(&other, &one, 1000);
    passes(&one, &other, 1000);
    close_end(&other);
    close_end(&one);
}

Test(net_socket, datagrams_are_frames)
{
    cr_assert_eq(open_end(&one, true, path, path2), 0, "%s", error.text);
    cr_assert_eq(open_end(&other, true, path2, path), 0, "%s", error.text);
    passes(&other, &one, 60);
    passes(&one, &other, 1514);
    close_end(&other);
    close_end(&one);
    cr_assert_eq(open_end(&one, true, "udp:127.0.0.1:47811", "udp:127.0.0.1:47812"), 0, "%s", error.text);
    cr_assert_eq(open_end(&other, true, "udp:127.0.0.1:47812", "udp:127.0.0.1:47811"), 0, "%s", error.text);
    passes(&other, &one, 60);
    passes(&one, &other, 1514);
    close_end(&other);
    close_end(&one);
}

static int connect_to(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, name);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

Test(net_socket, a_peer_that_sends_no_frames_is_given_up_and_the_next_one_is_heard)
{
    static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 1, 2, 3 }, good[] = { 0, 0, 0, 2, 'o', 'k' };
    char byte;
    cr_assert_eq(open_end(&one, false, path, NULL), 0, "%s", error.text);
    int client = connect_to(path + 5);
    cr_assert_eq(write(client, huge, sizeof huge), sizeof huge);
    cr_assert_leq(read(client, &byte, 1), 0, "the end, or a reset");
    close(client);
    client = connect_to(path + 5);
    cr_assert_eq(write(client, good, 5), 5);
    cr_assert_eq(write(client, good + 5, 1), 1);
    drain_until(&one, 1);
    cr_assert_eq(one.size, 2);
    close(client);
    close_end(&one);
}

// More than may wait: the rest stays with the sender, and nothing is lost.
Test(net_socket, a_machine_that_takes_nothing_is_waited_for)
{
    enum { FRAMES = 3000 };
    static uint8_t good[FRAMES][6];
    for (unsigned i = 0; i < FRAMES; i++)
        memcpy(good[i], ((const uint8_t[]){ 0, 0, 0, 2, 'o', 'k' }), 6);
    cr_assert_eq(open_end(&one, false, path, NULL), 0, "%s", error.text);
    int client = connect_to(path + 5);
    cr_assert_eq(write(client, good, sizeof good), sizeof good);
    drain_until(&one, FRAMES);
    close(client);
    close_end(&one);
}

static void refuses(bool datagrams, const char *local, const char *remote, const char *text)
{
    cr_assert_lt(open_end(&one, datagrams, local, remote), 0);
    cr_assert_not_null(strstr(error.text, text), "%s", error.text);
    close_end(&one);
}

Test(net_socket, what_cannot_be_is_refused)
{
    char too_long[200];
    snprintf(too_long, sizeof too_long, "unix:/%0150d", 0);
    refuses(false, NULL, NULL, "a stream has a place");
    refuses(false, "tcp:", NULL, "is neither tcp:[HOST]:PORT nor unix:PATH");
    refuses(false, "tcp:127.0.0.1:70000", NULL, "is neither tcp");
    refuses(false, NULL, path, "cannot connect to");
    refuses(false, too_long, NULL, "is no path of at most");
    refuses(false, "fd:1000000", NULL, "is not open");
    refuses(true, NULL, NULL, "datagrams need a remote place");
    refuses(true, NULL, "udp:127.0.0.1:1", "a local place is needed");
    refuses(true, "udp:127.0.0.1:1", "tcp:127.0.0.1:1", "is neither udp");
    refuses(true, NULL, path, "needs a local place of the same kind");
    refuses(true, too_long, path, "a path has at most");
}

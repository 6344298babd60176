// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The network behind the host's sockets, as far as it can be tested within the process: ARP for the host's address, and
// what is refused.
#include "host/net_user.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <intact/machine.h>
#include <string.h>

static struct inbox inbox;
static struct net_ingress ingress;
static uint8_t got[INTACT_NET_FRAME];
static size_t got_size;

static bool receive(void *card, const void *frame, size_t size)
{
    (void)card;
    memcpy(got, frame, size);
    got_size = size;
    return true;
}

static const struct intact_user_network *inner;

static struct net_user *open_user(const char *const *forward, int expected, struct error *error)
{
    struct net_user *user = NULL;
    struct net_user_config config = { .forwards = forward, .ingress = &ingress, .inner = inner };
    while (forward && forward[config.forward_count])
        config.forward_count++;
    cr_assert_eq(inbox_init(&inbox), 0);
    ingress = (struct net_ingress){ .inbox = &inbox, .receive = receive };
    cr_assert_eq(net_ingress_open(&ingress), 0);
    int result = net_user_open(&config, &user, error);
    if (result == -ENOTSUP)
        cr_skip_test("built without libslirp");
    cr_assert_eq(result, expected, "%d: %s", result, error->text);
    return user;
}

// RFC 826: who has 10.0.2.2? Padded to the shortest frame.
static void ask_for_host(struct net_user *user)
{
    static const uint8_t request[60] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x08, 0x06, // to all, ARP
        0,    1,    8,    0,    6,    4,    0,    1,                                     // Ethernet, IPv4, request
        0x52, 0x54, 0,    0x12, 0x34, 0x56, 10,   0,    2, 15,                           // from
        0,    0,    0,    0,    0,    0,    10,   0,    2, 2,                            // about
    };
    const struct intact_net *net = net_user_net(user);
    net->send(net->owner, request, sizeof request, 0);
}

Test(net_user, the_host_answers_and_its_frame_comes_by_the_inbox, .timeout = 60)
{
    struct error error = { 0 };
    struct net_user *user = open_user(NULL, 0, &error);
    ask_for_host(user);
    while (got_size == 0) {
        inbox_wait(&inbox, UINT64_MAX);
        inbox_drain(&inbox, 0, 0);
    }
    cr_assert_geq(got_size, 42);
    cr_assert_eq(got[21], 2, "an ARP reply");
    static const uint8_t host[] = { 10, 0, 2, 2 };
    cr_assert_arr_eq(got + 28, host, 4);
    net_user_close(user);
    inbox_destroy(&inbox);
}

Test(net_user, frames_that_wait_are_let_go_at_the_end, .timeout = 60)
{
    struct error error = { 0 };
    struct net_user *user = open_user(NULL, 0, &error);
    for (unsigned i = 0; i < 5000; i++)
        ask_for_host(user);
    net_user_close(user);
    inbox_destroy(&inbox);
}

Test(net_user, a_forward_that_cannot_be_read_is_named)
{
    static const char *const bad[] = {
        "tcp:22",         "tcp::22",  "tcp::x-:22", "sctp::1-:2", "tcp::70000-:22",
        "tcp:1.2.3:1-:2", "tcp::22-", "",           "udp:::1-:2", "tcp::1-10.0.2.300:2"
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const forward[] = { bad[i], NULL };
        struct error error = { 0 };
        open_user(forward, -EINVAL, &error);
        cr_assert_not_null(strstr(error.text, "hostfwd="), "%s", error.text);
        inbox_destroy(&inbox);
    }
}

Test(net_user, a_forward_takes_a_port_of_the_host)
{
    const char *const forward[] = { "tcp:127.0.0.1:0-:22", "udp::0-10.0.2.15:53", NULL };
    struct error error = { 0 };
    net_user_close(open_user(forward, 0, &error));
    inbox_destroy(&inbox);
}

Test(net_user, addresses_that_cannot_be_are_refused_by_name)
{
    static const char *const forward[] = { "tcp:10.0.2.100:80-tcp:127.0.0.1:1", "tcp:10.0.2.2:80-cmd:cat" };
    static const struct {
        struct intact_user_network inner;
        const char *text;
    } rows[] = {
        { { .net = "10.0.2" }, "net=10.0.2 is no IPv4 network" },
        { { .net = "10.0.2.0/33" }, "net=10.0.2.0/33 is no IPv4 network" },
        { { .host = "10.0.3.2" }, "host=10.0.3.2 is no address of a host in the network" },
        { { .host = "10.0.2.255" }, "host=10.0.2.255 is no address" },
        { { .dns = "name" }, "dns=name is no IPv4 address" },
        { { .dns = "10.0.2.2" }, "dns=10.0.2.2 is the host's address as well" },
        { { .net = "10.0.2.0/29" }, "dhcpstart=(by default) is no address" },
        { { .net6 = "fec0::/200" }, "ipv6-net=fec0::/200 is no IPv6 network" },
        { { .host6 = "1.2.3.4" }, "ipv6-host=1.2.3.4 is no IPv6 address" },
        { { .tftp = "/no/such/folder" }, "tftp=/no/such/folder is no folder" },
        { { .guest_forwards = &forward[0], .guest_forward_count = 1 }, "is not tcp:ADDRESS:PORT-cmd:COMMAND" },
        { { .guest_forwards = &forward[1], .guest_forward_count = 1 }, "no free address of the network" },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error = { 0 };
        inner = &rows[i].inner;
        open_user(NULL, strstr(rows[i].text, "folder") ? -ENOENT : -EINVAL, &error);
        cr_assert_not_null(strstr(error.text, rows[i].text), "%s", error.text);
        inbox_destroy(&inbox);
    }
}

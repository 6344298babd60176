// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Options of what leads out of the machine: sockets, pipes and terminals of ports, and networks.
#include "cli/options.h"

#include <criterion/criterion.h>
#include <string.h>

static struct settings settings;

static int parse(const char *const *words)
{
    char *argv[80];
    int argc = 0;
    settings_free(&settings);
    settings_init(&settings);
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return options_parse(&settings, argc, argv);
}

#define TAKES(...) cr_assert_eq(parse((const char *const[]){ __VA_ARGS__, NULL }), 0, "%s", settings.why)

#define REFUSES(text, ...)                                                                                             \
    do {                                                                                                               \
        cr_assert_lt(parse((const char *const[]){ __VA_ARGS__, NULL }), 0);                                            \
        cr_assert_not_null(strstr(settings.why, (text)), "got: %s", settings.why);                                     \
        cr_assert_null(strchr(settings.why, '\n'));                                                                    \
    } while (0)

static void finish(void)
{
    settings_free(&settings);
}

TestSuite(options_host, .fini = finish);

Test(options_host, sockets_pipes_and_terminals)
{
    TAKES("-serial", "tcp:localhost:4444,server=on,wait=off");
    cr_assert_eq(settings.serial.host.kind, CHAR_STREAM_LISTENS);
    cr_assert_str_eq(settings.serial.path, "tcp:localhost:4444");
    cr_assert_eq(settings.sleep, CHOICE_ON);
    TAKES("-serial", "tcp:[::1]:4444,server,nowait");
    cr_assert_str_eq(settings.serial.host.place.host, "::1");
    cr_assert_str_eq(settings.serial.path, "tcp:[::1]:4444");
    TAKES("-serial", "telnet::4444,server");
    cr_assert(settings.serial.host.telnet && settings.serial.host.waits);
    TAKES("-serial", "unix:/tmp/x,reconnect=3");
    cr_assert_eq(settings.serial.host.kind, CHAR_STREAM_CONNECTS);
    cr_assert_eq(settings.serial.host.reconnects, 3000);
    TAKES("-chardev", "pipe,id=a,path=/tmp/x", "-serial", "chardev:a", "-chardev", "pty,id=b,mux=on", "-mon", "b");
    cr_assert_eq(settings.serial.host.kind, CHAR_STREAM_PIPE);
    cr_assert_eq(settings.monitors[0].stream, &settings.chardevs[1].stream);
    TAKES("-monitor", "telnet::4444,server,nowait", "-qmp", "unix:/tmp/x,server=on,wait=on");
    cr_assert(settings.monitors[0].stream->host.telnet && settings.monitors[0].stream->host.lines);
    cr_assert(settings.monitors[1].stream->host.waits);
    TAKES("-chardev", "socket,id=a,fd=3", "-chardev", "testdev,id=t", "-chardev", "file,id=f,path=x,append=on");
    cr_assert_eq(settings.chardevs[0].stream.host.given, 3);
    cr_assert(settings.chardevs[2].stream.appends);
    REFUSES("fd=N is a socket that is connected already", "-chardev", "socket,id=a,fd=3,server=on");
    REFUSES("telnet is for server=on", "-serial", "telnet::4444");
    REFUSES("is a testdev", "-chardev", "testdev,id=t", "-serial", "chardev:t");
}

Test(options_host, networks_at_sockets)
{
    TAKES("-netdev", "socket,id=a,listen=:1234", "-netdev", "socket,id=b,connect=127.0.0.1:1234", "-netdev",
          "socket,id=c,mcast=230.0.0.1:1234,localaddr=127.0.0.1", "-netdev", "socket,id=d,udp=a:1,localaddr=:2");
    const struct intact_netdev_config *netdevs = settings.netdevs;
    cr_assert_eq(netdevs[0].kind, INTACT_NETDEV_STREAM);
    cr_assert_str_eq(netdevs[0].local, "tcp::1234");
    cr_assert_str_eq(netdevs[1].remote, "tcp:127.0.0.1:1234");
    cr_assert_eq(netdevs[2].kind, INTACT_NETDEV_DGRAM);
    cr_assert_str_eq(netdevs[2].local, "udp:127.0.0.1:0");
    cr_assert_str_eq(netdevs[3].local, "udp::2");
    cr_assert_str_eq(netdevs[3].remote, "udp:a:1");
    cr_assert_eq(settings.sleep, CHOICE_ON);
    TAKES("-netdev", "stream,id=a,server=on,addr.type=unix,addr.path=/tmp/x", "-netdev",
          "stream,id=b,addr.type=inet,addr.host=::1,addr.port=5,reconnect=2", "-netdev",
          "dgram,id=c,local.type=unix,local.path=/a,remote.type=unix,remote.path=/b", "-netdev",
          "stream,id=d,addr.type=fd,addr.str=7");
    cr_assert_str_eq(netdevs[0].local, "unix:/tmp/x");
    cr_assert_str_eq(netdevs[1].remote, "tcp:[::1]:5");
    cr_assert_eq(netdevs[1].reconnect_ms, 2000);
    cr_assert_str_eq(netdevs[2].local, "unix:/a");
    cr_assert_str_eq(netdevs[2].remote, "unix:/b");
    cr_assert_str_eq(netdevs[3].local, "fd:7");
    REFUSES("needs one of listen=", "-netdev", "socket,id=a");
    REFUSES("needs one of listen=", "-netdev", "socket,id=a,listen=:1,connect=:2");
    REFUSES("localaddr=[HOST]:PORT is for udp=", "-netdev", "socket,id=a,udp=a:1");
    REFUSES("localaddr=[HOST]:PORT is for udp=", "-netdev", "socket,id=a,listen=:1,localaddr=:2");
    REFUSES("needs addr.type", "-netdev", "stream,id=a,server=on");
    REFUSES("addr.type is inet with addr.host", "-netdev", "stream,id=a,addr.type=inet,addr.path=/x");
    REFUSES("reconnect is for what connects", "-netdev",
            "stream,id=a,server=on,addr.type=unix,addr.path=x,reconnect=1");
    REFUSES("no property 'servr'", "-netdev", "stream,id=a,servr=on");
}

Test(options_host, the_user_network_has_addresses_of_its_own)
{
    TAKES("-netdev",
          "user,id=a,net=192.168.7.0/24,host=192.168.7.9,dns=192.168.7.8,dhcpstart=192.168.7.20,hostname=h,"
          "domainname=d,dnssearch=s1,dnssearch=s2,tftp=/tmp,bootfile=b,ipv6=off,guestfwd=tcp:192.168.7.5:80-cmd:cat,"
          "hostfwd=tcp::1-:2");
    const struct intact_user_network *user = &settings.netdevs[0].user;
    cr_assert_str_eq(user->net, "192.168.7.0/24");
    cr_assert_str_eq(user->dhcp_start, "192.168.7.20");
    cr_assert_eq(user->search_count, 2);
    cr_assert_str_eq(user->search[1], "s2");
    cr_assert_eq(user->guest_forward_count, 1);
    cr_assert_eq(settings.netdevs[0].forward_count, 1);
    cr_assert(user->no_ipv6 && !user->no_ipv4);
    REFUSES("there is no SMB server", "-netdev", "user,id=a,smb=/tmp");
    REFUSES("nothing is left", "-netdev", "user,id=a,ipv4=off,ipv6=off");
    REFUSES("ipv6 is on or off", "-netdev", "user,id=a,ipv6=maybe");
}

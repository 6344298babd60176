// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Several servers of one machine: what a client of one does is told to the clients of all.
#include "machine/socket_client.h"

#include <intact/debug.h>
#include <pthread.h>

#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_gdb *gdb;
static struct intact_monitor *monitors[2];
static char why[INTACT_ERROR_SIZE];

// inc dword [0x200000]; jmp: for ever
static void setup(void)
{
    make_folder();
    code_begin(&code);
    CODE(&code, 0xff, 0x05, 0, 0, 0x20, 0, 0xeb, 0xf8);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_gdb_open(machine, at("gdb"), &gdb, why), 0, "%s", why);
    cr_assert_eq(intact_monitor_open(machine, at("a"), &monitors[0], why), 0, "%s", why);
    cr_assert_eq(intact_monitor_open(machine, at("b"), &monitors[1], why), 0, "%s", why);
}

static void teardown(void)
{
    intact_gdb_close(gdb);
    intact_monitor_close(monitors[0]);
    intact_monitor_close(monitors[1]);
    intact_machine_destroy(machine);
    rmdir(folder);
}

TestSuite(servers, .init = setup, .fini = teardown, .timeout = 120);

// --- clients, on a thread of their own -------------------------------------------------------------------------------

static void packet(const struct client *client, const char *data)
{
    char text[256];
    unsigned sum = 0;
    for (const char *c = data; *c; c++)
        sum += (unsigned char)*c;
    snprintf(text, sizeof text, "$%s#%02x", data, sum & 0xff);
    say(client, text);
}

static struct intact_exit run_with(void *(*clients)(void *), bool stopped)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, clients, NULL), 0);
    struct intact_exit end = intact_machine_serve(machine, stopped);
    pthread_join(thread, NULL);
    return end;
}

static struct client g, a, b;

static void begin(void)
{
    come(&a, "a");
    hears(&a, "(intact) ");
    come(&b, "b");
    hears(&b, "(intact) ");
    come(&g, "gdb");
    packet(&g, "QStartNoAckMode");
    hears(&g, "+$OK#9a");
    say(&g, "+");
}

static void *stops_for_all(void *unused)
{
    begin();
    say(&a, "cont\n");
    hears(&a, "(intact) ");
    hears_nothing(&b); // that it runs is no news
    say(&a, "stop\n");
    hears(&a, "stopped by stop: instruction ");
    hears(&b, "\nstopped by a monitor: instruction ");
    hears(&b, "(intact) ");
    hears_nothing(&g); // it did not wait for a stop

    packet(&g, "c");
    hears_nothing(&g);
    say(&b, "info status\n");
    hears(&b, "running: ");
    say(&b, "stop\n");
    hears(&b, "stopped by stop: instruction ");
    hears(&g, "$T02thread:1;#d4");
    hears(&a, "stopped by a monitor: instruction ");

    packet(&g, "s");
    hears(&g, "$T05thread:1;#d7");
    hears(&a, "stopped by step: instruction ");

    packet(&g, "c");
    say(&g, "\x03");
    hears(&g, "$T02thread:1;#d4");
    hears(&a, "stopped by gdb: instruction ");
    say(&b, "quit\n");
    hears(&a, "ended: quit, exit status 0");
    hears(&b, "ended: quit, exit status 0");
    hears(&g, "$W00#b7");
    return unused;
}

Test(servers, a_stop_by_any_client_is_told_to_all)
{
    cr_expect_eq(run_with(stops_for_all, true).reason, INTACT_QUIT);
}

static void *uses_breakpoints(void *unused)
{
    begin();
    packet(&g, "Z0,100026,1"); // the jump
    hears(&g, "$OK#9a");
    packet(&g, "c");
    hears(&g, "$T05thread:1;#d7"); // at 0x100026
    hears(&b, "stopped by a breakpoint: instruction 1, 1 ns, CPU 0, rip 0x100026");
    hears(&a, "stopped by a breakpoint: instruction 1, ");
    say(&a, "break 0x100020\n");
    hears(&a, "1: break 0x100020");
    say(&b, "cont\n");
    hears(&a, "stopped by breakpoint 1: instruction 2, 2 ns, CPU 0, rip 0x100020");
    hears(&b, "stopped by a breakpoint: instruction 2, ");
    hears_nothing(&g);         // at its prompt
    packet(&g, "z0,100026,1"); // as gdb does whenever it is told of a stop
    hears(&g, "$OK#9a");
    say(&a, "cont\n"); // past gdb's, which is not in the machine any more
    hears(&a, "stopped by breakpoint 1: instruction 4, ");
    packet(&g, "vCont;c");
    hears(&a, "stopped by breakpoint 1: instruction 6, ");
    hears(&g, "$T05thread:1;#d7");
    say(&a, "delete\nquit\n");
    return unused;
}

Test(servers, breakpoints_of_each_stop_the_machine_for_all)
{
    struct intact_exit end = run_with(uses_breakpoints, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 6);
}

static void *goes_back(void *unused)
{
    begin();
    say(&a, "break instruction:1000\ncont\nwait\ndelete\n");
    hears(&a, "stopped by breakpoint 1, instruction:1000: instruction 1000, ");
    hears(&b, "stopped by a breakpoint, instruction:1000: instruction 1000, ");
    packet(&g, "bs");
    hears(&g, "$T05thread:1;#d7");
    hears(&a, "stopped by gdb: instruction 999, ");
    hears(&b, "stopped by gdb: instruction 999, ");
    say(&b, "go 500\n");
    hears(&b, "stopped by go: instruction 500, ");
    hears(&a, "stopped by a monitor: instruction 500, ");
    packet(&g, "qRcmd,676f20363030"); // go 600
    hears(&a, "stopped by gdb: instruction 600, ");
    say(&a, "quit\n");
    return unused;
}

Test(servers, a_client_that_goes_back_takes_the_machine_with_it)
{
    struct intact_exit end = run_with(goes_back, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 600);
}

static void *come_and_go(void *unused)
{
    come(&a, "a");
    hears(&a, "running: instruction ");
    come(&g, "gdb"); // which stops it
    hears(&a, "stopped by gdb: instruction ");
    close(g.socket);
    say(&a, "info status\n");
    hears(&a, "stopped by gdb: instruction ");
    come(&g, "gdb");
    packet(&g, "D"); // and starts it again
    hears(&g, "$OK#9a");
    say(&a, "info status\nquit now\n");
    hears(&a, "running: instruction ");
    close(g.socket);
    come(&b, "b");
    hears(&b, "running: instruction ");
    packet(&b, "c");
    say(&b, "\n");
    hears(&b, "There is no command");
    close(b.socket);
    close(a.socket);
    intact_machine_quit(machine);
    return unused;
}

Test(servers, clients_come_and_go)
{
    cr_expect_eq(run_with(come_and_go, false).reason, INTACT_QUIT);
}

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static void *talks_without_end(void *unused)
{
    char lines[4096], answers[65536];
    memset(lines, '\n', sizeof lines);
    for (;;) {
        ssize_t sent = send(a.socket, lines, sizeof lines, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            break;
        while (recv(a.socket, answers, sizeof answers, MSG_DONTWAIT) > 0)
            continue;
    }
    return unused;
}

static void *is_beside_a_talker(void *unused)
{
    pthread_t talker;
    come(&a, "a");
    come(&b, "b");
    hears(&b, "(intact) ");
    cr_assert_eq(pthread_create(&talker, NULL, talks_without_end, NULL), 0);
    poll(NULL, 0, 100);
    say(&b, "cont\n");
    hears(&b, "stopped by a breakpoint, instruction:3000000: ");
    say(&b, "quit\n");
    pthread_join(talker, NULL);
    return unused;
}

Test(servers, a_client_that_talks_without_end_does_not_hold_the_machine)
{
    cr_assert_eq(intact_break_event(machine, "instruction:3000000", why), 0, "%s", why);
    struct intact_exit end = run_with(is_beside_a_talker, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 3000000);
}

Test(servers, a_stop_without_a_client_is_told_to_the_program)
{
    cr_assert_eq(intact_break_event(machine, "instruction:100", why), 0, "%s", why);
    struct intact_exit end = intact_machine_serve(machine, false);
    cr_expect_eq(end.reason, INTACT_BREAK);
    cr_expect_eq(end.instructions, 100);
    intact_machine_quit(machine);
    cr_expect_eq(intact_machine_serve(machine, true).reason, INTACT_QUIT);
}

Test(servers, a_machine_has_at_most_sixteen)
{
    struct intact_monitor *more[16];
    for (unsigned i = 0; i < 13; i++)
        cr_assert_eq(intact_monitor_open(machine, "tcp::0", &more[i], why), 0, "%s", why);
    cr_expect_eq(intact_monitor_open(machine, "tcp::0", &more[13], why), -ENOSPC);
    cr_expect_str_eq(why, "-monitor: the machine has 16 servers already");
    for (unsigned i = 0; i < 13; i++)
        intact_monitor_close(more[i]);
    cr_expect_eq(intact_monitor_open(machine, "tcp::0", &more[0], why), 0);
    intact_monitor_close(more[0]);
}

static struct intact_machine *running;
static unsigned refused;

static void opens_servers(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
    struct intact_gdb *one_gdb;
    struct intact_monitor *one_monitor;
    struct intact_qmp *one_qmp;
    refused += intact_gdb_open(running, "tcp::0", &one_gdb, why) == -EBUSY;
    refused += strcmp(why, "-gdb: the machine is running") == 0;
    refused += intact_monitor_open(running, "tcp::0", &one_monitor, why) == -EBUSY;
    refused += strcmp(why, "-monitor: the machine is running") == 0;
    refused += intact_qmp_open(running, "tcp::0", &one_qmp, why) == -EBUSY;
    refused += strcmp(why, "-qmp: the machine is running") == 0;
}

Test(servers, none_is_opened_within_a_run)
{
    code_begin(&code);
    code_out8(&code, 0x3f8, 'x');
    config.serial.write = opens_servers;
    cr_assert_eq(intact_machine_create(&config, &running, why), 0, "%s", why);
    intact_machine_run_for(running, 3);
    cr_expect_eq(refused, 6);
    intact_machine_destroy(running);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The monitor's server: clients that come and go, lines while the machine runs and while it is stopped, standard input.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE // mkdtemp
#define MSG_NOSIGNAL     0
#endif
#include <criterion/criterion.h>
#include <errno.h>
#include <intact/debug.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "machine/machine.h"
#include "machine/x86_code.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_monitor *monitor;
static char folder[] = "/tmp/intact-XXXXXX", path[64], where[80], why[INTACT_ERROR_SIZE];

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/monitor", folder);
    snprintf(where, sizeof where, "unix:%s", path);
    code_begin(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
}

static void teardown(void)
{
    intact_monitor_close(monitor);
    intact_machine_destroy(machine);
    cr_expect_neq(access(path, F_OK), 0); // the socket has gone
    rmdir(folder);
}

TestSuite(monitor_server, .init = setup, .fini = teardown, .timeout = 120);

// inc dword [0x200000]; jmp: for ever
static void make_endless(void)
{
    CODE(&code, 0xff, 0x05, 0, 0, 0x20, 0, 0xeb, 0xf8);
    make();
}

// --- the client, on a thread of its own ------------------------------------------------------------------------------

static char heard[65536];
static size_t heard_size;

static int come(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, path);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
    heard_size = 0;
    return client;
}

static void say(int client, const char *text)
{
    cr_assert_eq(write(client, text, strlen(text)), (ssize_t)strlen(text));
}

// Reads until the text comes, behind what was expected before.
static void hears(int client, const char *text)
{
    for (;;) {
        heard[heard_size] = 0;
        char *found = strstr(heard, text);
        if (found) {
            found += strlen(text);
            heard_size -= (size_t)(found - heard);
            memmove(heard, found, heard_size);
            return;
        }
        struct pollfd polled = { .fd = client, .events = POLLIN };
        size_t room = sizeof heard - 1 - heard_size;
        ssize_t size = poll(&polled, 1, 20000) > 0 ? read(client, heard + heard_size, room) : 0;
        cr_assert_gt(size, 0, "'%s' does not come after: %s", text, heard);
        heard_size += (size_t)size;
    }
}

// Opens the monitor, and runs the machine while the thread is a client, or several.
static struct intact_exit run_with(void *(*client)(void *), bool stopped)
{
    pthread_t thread;
    cr_assert_eq(intact_monitor_open(machine, where, &monitor, why), 0, "%s", why);
    cr_assert_eq(pthread_create(&thread, NULL, client, NULL), 0);
    struct intact_exit end = intact_monitor_run(monitor, stopped);
    pthread_join(thread, NULL);
    return end;
}

static void *stops_and_quits(void *unused)
{
    int client = come();
    hears(client, "intact's monitor; help lists the commands\n");
    hears(client, "stopped: instruction 0, 0 ns, CPU 0, rip 0x100020\n(intact) ");
    say(client, "break 0x100026\n");
    hears(client, "1: break 0x100026\n(intact) ");
    say(client, "cont\n");
    hears(client, "(intact) \nstopped by breakpoint 1: instruction 1, 1 ns, CPU 0, rip 0x100026\n(intact) ");
    say(client, "step\r\ndelete 1\r\n");
    hears(client, "stopped by step: instruction 2, 2 ns, CPU 0, rip 0x100020\n(intact) (intact) ");
    say(client, "cont\ninfo status\n");
    hears(client, "running: instruction ");
    say(client, "stop\ninfo status\n");
    hears(client, "stopped by stop: instruction ");
    hears(client, "(intact) stopped by stop: instruction ");
    say(client, "cont\nquit\ninfo status\n");
    hears(client, "ended: quit, exit status 0, after ");
    close(client);
    return unused;
}

Test(monitor_server, a_client_stops_starts_and_ends_the_machine)
{
    make_endless();
    cr_expect_eq(run_with(stops_and_quits, true).reason, INTACT_QUIT);
}

// --- clients that come and go ----------------------------------------------------------------------------------------

static void *leaves(void *unused)
{
    int client = come();
    hears(client, "running: instruction ");
    say(client, "break 0x100020\nqui"); // the rest of the line never comes
    hears(client, "1: break 0x100020\n");
    hears(client, "stopped by breakpoint 1: ");
    close(client);
    client = come();
    hears(client, "stopped by breakpoint 1: instruction ");
    say(client, "t\n"); // it is not the end of "quit"
    hears(client, "There is no command 't'");
    say(client, "info breaks\ndelete\ncont\n");
    hears(client, "1: break 0x100020\n(intact) (intact) (intact) ");
    close(client);
    client = come();
    hears(client, "running: instruction ");
    intact_machine_quit(machine); // of the program's own
    hears(client, "ended: quit");
    close(client);
    return unused;
}

Test(monitor_server, a_client_that_leaves_lets_the_machine_be)
{
    make_endless();
    cr_expect_eq(run_with(leaves, false).reason, INTACT_QUIT);
}

static void *is_rude(void *unused)
{
    static char line[100000];
    int client = come();
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 2] = '\n';
    hears(client, "(intact) ");
    say(client, line);
    hears(client, "A line has at most 1023 characters; nothing was done.\n");
    for (unsigned i = 0; i < 256; i++)
        cr_assert_eq(write(client, &(char){ (char)i }, 1), 1);
    say(client, "\n");
    hears(client, "There is no command '");
    cr_assert_eq(write(client, "in\0fo\n", 6), 6);
    hears(client, "There is no command 'in?fo'");
    shutdown(client, SHUT_RD); // what is answered is lost
    say(client, "help\nhelp\n");
    close(client);
    client = come();
    hears(client, "stopped: instruction 0");
    say(client, "quit\n");
    close(client);
    return unused;
}

Test(monitor_server, bad_input_is_answered_with_lines)
{
    make_endless();
    struct intact_exit end = run_with(is_rude, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 0);
}

static void *does_not_listen(void *unused)
{
    int client = come();
    while (send(client, "help\n", 5, MSG_NOSIGNAL) == 5)
        continue;
    close(client);
    client = come();
    hears(client, "stopped: instruction 0");
    say(client, "quit\n");
    hears(client, "ended: quit");
    close(client);
    return unused;
}

Test(monitor_server, a_client_that_reads_nothing_is_given_up)
{
    make_endless();
    cr_expect_eq(run_with(does_not_listen, true).reason, INTACT_QUIT);
}

static void *waits_for_the_stop(void *unused)
{
    int client = come();
    hears(client, "(intact) ");
    say(client, "break instruction:500000\ncont\nwait\ninfo instructions\nwait\nquit\n");
    hears(client, "stopped by breakpoint 1, instruction:500000: ");
    hears(client, ") 500000 instructions, ");
    hears(client, "wait: the machine is stopped already; cont starts it\n");
    hears(client, "ended: quit");
    close(client);
    return unused;
}

Test(monitor_server, what_follows_wait_is_done_when_the_machine_has_stopped)
{
    make_endless();
    struct intact_exit end = run_with(waits_for_the_stop, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 500000);
}

static void *steps_what_is_halted(void *unused)
{
    int client = come();
    hears(client, "(intact) ");
    say(client, "step 1\n");
    hears(client, "(intact) ");
    say(client, "stop\ninfo cpus\nquit\n");
    hears(client, "stopped by stop: ");
    hears(client, "  CPU 1: stopped, ");
    close(client);
    return unused;
}

Test(monitor_server, a_step_of_a_processor_that_was_not_started_can_be_stopped)
{
    config.cpus = 2;
    make_endless();
    cr_expect_eq(run_with(steps_what_is_halted, true).reason, INTACT_QUIT);
}

static void *quits_soon(void *unused)
{
    intact_machine_quit(machine);
    return unused;
}

Test(monitor_server, a_stopped_machine_without_a_client_can_be_ended)
{
    make_endless();
    struct intact_exit end = run_with(quits_soon, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 0);
}

// --- standard input --------------------------------------------------------------------------------------------------

static int output[2];

static struct intact_exit run_script(const char *script, bool stopped)
{
    int input[2];
    cr_assert(pipe(input) == 0 && pipe(output) == 0);
    cr_assert_eq(write(input[1], script, strlen(script)), (ssize_t)strlen(script));
    close(input[1]);
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    cr_assert_eq(intact_monitor_open(machine, "stdio", &monitor, why), 0, "%s", why);
    return intact_monitor_run(monitor, stopped);
}

Test(monitor_server, a_script_on_standard_input_ends_a_machine_that_is_stopped)
{
    make_endless();
    struct intact_exit end = run_script("break 0x100026\ncont\nwait\ninfo registers", true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 1);
    hears(output[0], "stopped: instruction 0");
    hears(output[0], "stopped by breakpoint 1: ");
    hears(output[0], "rip              0000000000100026"); // its line has no end
    hears(output[0], "ended: quit");
}

Test(monitor_server, without_input_the_machine_runs_on_until_something_stops_it)
{
    make_endless();
    struct intact_exit end = run_script("break instruction:5000\ncont\n", true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 5000);
    hears(output[0], "stopped by breakpoint 1, instruction:5000: ");
    hears(output[0], "ended: quit");
}

Test(monitor_server, no_input_at_all_is_a_run_without_a_monitor)
{
    CODE(&code, 0x90, 0x90);
    code_halt(&code);
    make();
    struct intact_exit end = run_script("", false);
    cr_expect_eq(end.reason, INTACT_DEADLOCK);
    hears(output[0], "ended: every processor is halted");
    hears(output[0], ", exit status 64, after 4 instructions\n");
}

// --- nothing changes -------------------------------------------------------------------------------------------------

enum { LIMIT = 30000000 };

static void *looks_often(void *unused)
{
    int client = come();
    hears(client, "(intact) ");
    say(client, "cont\n");
    for (unsigned i = 0; i < 60; i++) {
        say(client, "info registers\nx $pc 64\nbreak 0x100026\nstop\ninfo cpus\nstep\n");
        hears(client, "stopped by ");
        hears(client, "CPU 0: running");
        hears(client, "stopped by ");
        say(client, "delete\nwatch 0x200000\ncont\nwait\ndelete\ncont\n");
        hears(client, "by watchpoint ");
    }
    close(client);
    return unused;
}

Test(monitor_server, a_run_with_many_commands_is_that_without)
{
    uint64_t plain, with;
    config.limit = LIMIT;
    make_endless();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_LIMIT);
    cr_assert_eq(intact_machine_digest(machine, &plain), 0);
    intact_machine_destroy(machine);
    make();
    struct intact_exit end = run_with(looks_often, true);
    cr_expect_eq(end.reason, INTACT_LIMIT);
    cr_expect_eq(end.instructions, LIMIT);
    cr_assert_eq(intact_machine_digest(machine, &with), 0);
    cr_expect_eq(with, plain);
}

// --- opening ---------------------------------------------------------------------------------------------------------

static void refuses(const char *address, const char *text)
{
    cr_expect_lt(intact_monitor_open(machine, address, &monitor, why), 0, "%s", address);
    cr_expect_not_null(strstr(why, text), "%s", why);
    cr_expect_lt(intact_monitor_open(machine, address, &monitor, NULL), 0, "%s", address);
}

static void *talks_over_a_pair(void *argument)
{
    int client = *(int *)argument;
    heard_size = 0;
    hears(client, "intact's monitor; ");
    hears(client, "(intact) ");
    say(client, "p 3*4\n");
    hears(client, "0xc\n(intact) ");
    say(client, "stop\n");
    hears(client, "stopped by stop: ");
    shutdown(client, SHUT_WR); // a stopped machine that nobody can start ends
    return NULL;
}

Test(monitor_server, a_connected_socket_is_a_client_that_comes_once)
{
    int pair[2];
    char text[32];
    pthread_t thread;
    make_endless();
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    snprintf(text, sizeof text, "fd:%d", pair[1]);
    cr_assert_eq(intact_monitor_open(machine, text, &monitor, why), 0, "%s", why);
    cr_assert_eq(pthread_create(&thread, NULL, talks_over_a_pair, &pair[0]), 0);
    cr_expect_eq(intact_monitor_run(monitor, false).reason, INTACT_QUIT);
    pthread_join(thread, NULL);
    hears(pair[0], "ended: quit, ");
    close(pair[0]);
}

Test(monitor_server, a_descriptor_that_is_not_open_is_refused)
{
    char text[32], expected[96];
    const int unused = 999;
    make_endless();
    snprintf(text, sizeof text, "fd:%d", unused);
    snprintf(expected, sizeof expected, "-monitor: fd:%d is not open: it must be a connected socket", unused);
    cr_expect_eq(intact_monitor_open(machine, text, &monitor, why), -EBADF);
    cr_expect_str_eq(why, expected);
    refuses("fd:x", "-monitor: 'fd:x' is not stdio, ");
}

Test(monitor_server, an_address_that_is_none_is_refused_with_its_option)
{
    make_endless();
    refuses("", "-monitor: '' is not stdio, tcp:[HOST]:PORT, unix:PATH or fd:N");
    refuses("vc", "-monitor: 'vc' is not stdio, ");
    refuses("stdio,x", "-monitor: 'stdio,x' is not stdio, ");
    refuses("tcp:", "-monitor: 'tcp:' is not tcp:[HOST]:PORT");
    refuses("unix:/nonexistent/a/b", "-monitor: cannot listen at '/nonexistent/a/b': ");
    refuses("unix:/tmp/a,wait=on", "-monitor: 'unix:/tmp/a,wait=on' has options other than server=on and wait=off");
    cr_assert_eq(intact_monitor_open(machine, "tcp::0,server,nowait", &monitor, why), 0, "%s", why);
}

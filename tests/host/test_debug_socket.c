// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A debugger's connection: addresses, clients that come and go, bytes both ways, and who is woken.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE // mkdtemp, INADDR_LOOPBACK
#endif
#include "host/debug_socket.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct debug_socket *debug_socket;
static struct error error;
static atomic_uint woken;
static char folder[] = "/tmp/intact-XXXXXX", path[64], where[80];

static void wake(void *owner)
{
    cr_assert_eq(owner, &woken);
    atomic_fetch_add(&woken, 1);
}

static int open_at(const char *text)
{
    error = (struct error){ 0 };
    return debug_socket_open(&debug_socket, "-gdb", text, wake, &woken, &error);
}

static void setup(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gdb", folder);
    snprintf(where, sizeof where, "unix:%s", path);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(debug_socket, .init = setup, .fini = teardown, .timeout = 60);

static int connect_to(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, name);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static void wait_for_wakes(unsigned count)
{
    for (unsigned i = 0; i < 5000 && atomic_load(&woken) < count; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    cr_assert_eq(atomic_load(&woken), count);
}

Test(debug_socket, bytes_go_both_ways_until_the_client_goes)
{
    char data[16];
    size_t size = sizeof data;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 0), DEBUG_SOCKET_NOTHING);
    cr_assert_not(debug_socket_connected(debug_socket));
    int client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    cr_assert(debug_socket_connected(debug_socket));
    cr_assert_eq(write(client, "$?#3f", 5), 5);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_DATA);
    cr_assert_eq(size, 5);
    cr_assert_eq(memcmp(data, "$?#3f", 5), 0);
    debug_socket_write(debug_socket, "+", 1);
    cr_assert_eq(read(client, data, sizeof data), 1);
    close(client);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_WENT);
    debug_socket_write(debug_socket, "+", 1); // to nobody
    client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    debug_socket_drop(debug_socket);
    cr_assert_eq(read(client, data, sizeof data), 0);
    close(client);
    debug_socket_close(debug_socket);
}

Test(debug_socket, a_client_that_has_gone_takes_no_answer)
{
    char data[16];
    size_t size = sizeof data;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    int client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    close(client);
    for (unsigned i = 0; i < 100; i++)
        debug_socket_write(debug_socket, "nobody", 6); // no signal
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_WENT);
    debug_socket_close(debug_socket);
}

Test(debug_socket, while_it_watches_the_owner_is_woken_once)
{
    char data[16];
    size_t size = sizeof data;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    for (unsigned i = 0; i < 100; i++) { // it can be stopped at any time
        debug_socket_watch(debug_socket, true);
        debug_socket_watch(debug_socket, false);
    }
    debug_socket_watch(debug_socket, true);
    int client = connect_to(path);
    wait_for_wakes(1);
    debug_socket_watch(debug_socket, false);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    cr_assert_eq(write(client, "\x03", 1), 1);
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    cr_assert_eq(atomic_load(&woken), 1); // not while it does not watch
    debug_socket_watch(debug_socket, true);
    wait_for_wakes(2);
    debug_socket_watch(debug_socket, false);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_DATA);
    debug_socket_watch(debug_socket, true);
    close(client);
    wait_for_wakes(3);
    debug_socket_close(debug_socket); // also while it watches
    cr_assert_neq(access(path, F_OK), 0);
}

Test(debug_socket, a_port_of_this_host)
{
    // Some port is free.
    char text[64];
    int result = -EADDRINUSE;
    unsigned port = 20000 + (unsigned)getpid() % 10000;
    for (unsigned i = 0; i < 100 && result == -EADDRINUSE; i++) {
        snprintf(text, sizeof text, "tcp::%u,server=on,wait=off", ++port);
        result = open_at(text);
    }
    cr_assert_eq(result, 0, "%s", error.text);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    char data[16];
    size_t size = sizeof data;
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    close(client);
    struct debug_socket *first = debug_socket;
    cr_assert_eq(open_at(text), -EADDRINUSE);
    cr_assert_not_null(strstr(error.text, "cannot listen"));
    debug_socket_close(first);
}

Test(debug_socket, an_address_that_is_none_is_refused)
{
    static const char *const wrong[] = { "",
                                         "1234",
                                         "tcp:",
                                         "tcp:1234",
                                         "tcp::",
                                         "tcp::x",
                                         "tcp::99999",
                                         "unix:",
                                         "pipe:x",
                                         "tcp::1234,server=off",
                                         "tcp::1234,",
                                         "unix:/nonexistent/x",
                                         "tcp:no.such.host.invalid:1" };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_lt(open_at(wrong[i]), 0, "%s", wrong[i]);
        cr_expect_eq(strncmp(error.text, "-gdb: ", 6), 0, "%s: %s", wrong[i], error.text);
    }
    FILE *file = fopen(path, "w"); // it is no socket of an earlier run
    cr_assert_not_null(file);
    fclose(file);
    cr_expect_eq(open_at(where), -EADDRINUSE);
    cr_expect_eq(access(path, F_OK), 0);
    char longest[400] = "unix:/";
    memset(longest + 6, 'x', 300);
    cr_expect_eq(open_at(longest), -EINVAL);
}

Test(debug_socket, a_port_that_the_host_chose_is_told)
{
    cr_assert_eq(open_at("tcp:127.0.0.1:0"), 0, "%s", error.text);
    unsigned port = debug_socket_port(debug_socket);
    cr_assert(port > 0 && port < 65536);
    debug_socket_close(debug_socket);
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    cr_assert_eq(debug_socket_port(debug_socket), 0u);
    debug_socket_close(debug_socket);
}

// As a script does that waits for the path: connects as soon as it is there. 0, or the number of the error.
static void *connect_when_there(void *owner)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int client = socket(AF_UNIX, SOCK_STREAM, 0), result;
    (void)owner;
    strcpy(address.sun_path, path);
    do
        result = connect(client, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    while (result == ENOENT);
    close(client);
    return (void *)(intptr_t)result;
}

Test(debug_socket, a_path_that_exists_can_be_connected_to)
{
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        void *result;
        cr_assert_eq(pthread_create(&thread, NULL, connect_when_there, NULL), 0);
        cr_assert_eq(open_at(where), 0, "%s", error.text);
        pthread_join(thread, &result);
        cr_assert_eq(result, NULL, "error %d", (int)(intptr_t)result);
        debug_socket_close(debug_socket);
        cr_assert_eq(rmdir(folder), 0, "a file was left"); // of the name before
        cr_assert_eq(mkdir(folder, 0700), 0);
    }
}

static int input[2], output[2];

static void be_stdio(void)
{
    cr_assert(pipe(input) == 0 && pipe(output) == 0);
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    cr_assert_eq(debug_socket_open_stdio(&debug_socket, "-monitor", wake, &woken, &error), 0, "%s", error.text);
}

Test(debug_socket, standard_input_and_output_are_a_client_that_goes_once)
{
    char data[16];
    size_t size = sizeof data;
    be_stdio();
    cr_expect(debug_socket_connected(debug_socket));
    cr_expect_eq(debug_socket_read(debug_socket, data, &size, 1), DEBUG_SOCKET_NOTHING);
    cr_assert_eq(write(input[1], "help", 4), 4);
    cr_expect_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_DATA);
    cr_expect(size == 4 && memcmp(data, "help", 4) == 0);
    debug_socket_write(debug_socket, "text", 4);
    cr_expect_eq(read(output[0], data, sizeof data), 4);
    cr_expect_not(debug_socket_ended(debug_socket));
    close(input[1]);
    size = sizeof data;
    cr_expect_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_WENT);
    cr_expect(debug_socket_ended(debug_socket));
    cr_expect_eq(debug_socket_read(debug_socket, data, &size, 1), DEBUG_SOCKET_NOTHING);
    debug_socket_write(debug_socket, "text", 4);
    debug_socket_close(debug_socket);
    cr_expect_eq(write(STDOUT_FILENO, "x", 1), 1); // it is still open
}

Test(debug_socket, standard_input_wakes_who_watches_it)
{
    be_stdio();
    debug_socket_watch(debug_socket, true);
    debug_socket_watch(debug_socket, false);
    cr_expect_eq(atomic_load(&woken), 0);
    debug_socket_watch(debug_socket, true);
    cr_assert_eq(write(input[1], "stop", 4), 4);
    wait_for_wakes(1);
    debug_socket_watch(debug_socket, false);
    close(input[1]);
    debug_socket_drop(debug_socket);
    debug_socket_watch(debug_socket, true);
    debug_socket_watch(debug_socket, false);
    cr_expect_eq(atomic_load(&woken), 1);
    debug_socket_close(debug_socket);
}

// --- a client that does not read --------------------------------------------------------------------------------------

enum { PIECE = 1000, PIECES = 800 };

static void write_much(void)
{
    char piece[PIECE];
    for (unsigned i = 0; i < PIECES; i++) {
        memset(piece, 'a' + (int)(i % 26), sizeof piece);
        debug_socket_write(debug_socket, piece, sizeof piece);
    }
}

Test(debug_socket, nothing_waits_for_a_client_that_reads_late)
{
    char data[PIECE];
    size_t size = sizeof data, got = 0;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    int client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    write_much();
    debug_socket_watch(debug_socket, true);
    while (got < PIECE * PIECES) {
        struct pollfd polled = { .fd = client, .events = POLLIN };
        ssize_t count = poll(&polled, 1, 10) > 0 ? read(client, data, sizeof data) : 0;
        for (ssize_t i = 0; i < count; i++)
            cr_assert_eq(data[i], 'a' + (int)((got + (size_t)i) / PIECE % 26));
        got += count > 0 ? (size_t)count : 0;
        if (atomic_exchange(&woken, 0)) { // the owner can send more
            debug_socket_watch(debug_socket, false);
            cr_assert_eq(debug_socket_read(debug_socket, data, &size, 0), DEBUG_SOCKET_NOTHING);
            debug_socket_watch(debug_socket, true);
        }
    }
    debug_socket_close(debug_socket);
    close(client);
}

// How much comes before the end.
static void *read_all(void *client)
{
    static size_t got;
    char data[4 * PIECE];
    for (ssize_t count; (count = read(*(int *)client, data, sizeof data)) > 0;)
        got += (size_t)count;
    return &got;
}

Test(debug_socket, what_is_queued_is_sent_before_the_end)
{
    char data[16];
    size_t size = sizeof data;
    pthread_t thread;
    void *got;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    int client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    write_much();
    cr_assert_eq(pthread_create(&thread, NULL, read_all, &client), 0);
    debug_socket_close(debug_socket);
    pthread_join(thread, &got);
    cr_expect_eq(*(size_t *)got, PIECE * PIECES);
    close(client);
}

Test(debug_socket, a_client_that_leaves_too_much_is_given_up)
{
    char data[16];
    size_t size = sizeof data;
    cr_assert_eq(open_at(where), 0, "%s", error.text);
    int client = connect_to(path);
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 1000), DEBUG_SOCKET_CAME);
    write_much();
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 0), DEBUG_SOCKET_NOTHING);
    write_much();
    cr_assert_eq(debug_socket_read(debug_socket, data, &size, 0), DEBUG_SOCKET_WENT);
    debug_socket_close(debug_socket);
    close(client);
}

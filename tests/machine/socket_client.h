// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Clients of servers at Unix sockets in a folder of the test's own, on a thread beside the machine's.
#ifndef TESTS_MACHINE_SOCKET_CLIENT_H
#define TESTS_MACHINE_SOCKET_CLIENT_H

#if defined(__APPLE__)
#define _DARWIN_C_SOURCE // mkdtemp
#endif
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/intact-XXXXXX";

static inline void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static inline const char *at(const char *name)
{
    static char where[100];
    snprintf(where, sizeof where, "unix:%s/%s", folder, name);
    return where;
}

struct client {
    int socket;
    size_t size;
    char heard[16384];
};

static inline void come(struct client *client, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", at(name) + strlen("unix:"));
    client->size = 0;
    client->socket = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(client->socket, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
}

static inline void say(const struct client *client, const char *text)
{
    cr_assert_eq(write(client->socket, text, strlen(text)), (ssize_t)strlen(text));
}

// Reads until the text comes, behind what was expected before.
static inline void hears(struct client *client, const char *text)
{
    for (;;) {
        client->heard[client->size] = 0;
        char *found = strstr(client->heard, text);
        if (found) {
            found += strlen(text);
            client->size -= (size_t)(found - client->heard);
            memmove(client->heard, found, client->size);
            return;
        }
        struct pollfd polled = { .fd = client->socket, .events = POLLIN };
        size_t room = sizeof client->heard - 1 - client->size;
        ssize_t size = poll(&polled, 1, 20000) > 0 ? read(client->socket, client->heard + client->size, room) : 0;
        cr_assert_gt(size, 0, "'%s' does not come after: %s", text, client->heard);
        client->size += (size_t)size;
    }
}

// In 100 ms nothing comes.
static inline void hears_nothing(const struct client *client)
{
    struct pollfd polled = { .fd = client->socket, .events = POLLIN };
    cr_assert_eq(client->size, 0, "'%.*s' is left", (int)client->size, client->heard);
    cr_assert_eq(poll(&polled, 1, 100), 0);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See socket_place.h. POSIX sockets.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "host/socket_place.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void socket_place_prepare(int connection)
{
    int on = 1;
    fcntl(connection, F_SETFD, FD_CLOEXEC);
    fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | O_NONBLOCK);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

unsigned socket_place_listens_at(int listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } address;
    socklen_t size = sizeof address;
    if (getsockname(listener, &address.any, &size) < 0)
        return 0;
    if (address.any.sa_family == AF_INET)
        return ntohs(address.v4.sin_port);
    return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

// --- Unix ------------------------------------------------------------------------------------------------------------

static int check_path(const struct socket_place *place, const char *option, struct error *error)
{
    struct sockaddr_un address;
    if (strlen(place->path) == 0 || strlen(place->path) >= sizeof address.sun_path)
        return error_set(error, -EINVAL, "%s: '%.80s' is no path of at most %zu characters", option, place->path,
                         sizeof address.sun_path - 1);
    return 0;
}

static int cannot(const struct socket_place *place, const char *option, const char *what, int code, struct error *error)
{
    return error_set(error, -code, "%s: cannot %s '%.200s': %s", option, what, place->text, strerror(code));
}

// The name of a socket until it listens, in the same folder. False: it would be too long.
static bool name_before(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    return (size_t)snprintf(name, size, "%.*s.intact-%ld", folder, path, (long)getpid()) < size;
}

// A program that waits for the path can connect as soon as it exists: the socket gets its name when it listens.
static int bind_unix(int listener, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    bool named = name_before(path, address.sun_path, sizeof address.sun_path);
    if (!named)
        strcpy(address.sun_path, path);
    else
        unlink(address.sun_path);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) < 0)
        return errno;
    bool good = listen(listener, 1) == 0 && (!named || rename(address.sun_path, path) == 0);
    int code = good ? 0 : errno;
    if (!good)
        unlink(address.sun_path);
    return code;
}

static int listen_unix(const struct socket_place *place, const char *option, int *listener, struct error *error)
{
    struct stat status;
    int result = check_path(place, option, error);
    if (result < 0)
        return result;
    bool exists = lstat(place->path, &status) == 0;
    if (exists && !S_ISSOCK(status.st_mode))
        return error_set(error, -EADDRINUSE, "%s: cannot listen at '%.200s': it is another file", option, place->path);
    *listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (*listener < 0)
        return cannot(place, option, "listen at", errno, error);
    if (exists)
        unlink(place->path); // of an earlier run
    int code = bind_unix(*listener, place->path);
    return code ? cannot(place, option, "listen at", code, error) : 0;
}

static int connect_unix(const struct socket_place *place, const char *option, int *out, struct error *error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int result = check_path(place, option, error);
    if (result < 0)
        return result;
    strcpy(address.sun_path, place->path);
    *out = socket(AF_UNIX, SOCK_STREAM, 0);
    if (*out < 0 || connect(*out, (const struct sockaddr *)&address, sizeof address) < 0)
        return cannot(place, option, "connect to", errno, error);
    return 0;
}

// --- TCP -------------------------------------------------------------------------------------------------------------

static bool try_listen(int *listener, const struct addrinfo *address)
{
    int on = 1;
    *listener = socket(address->ai_family, SOCK_STREAM, 0);
    return *listener >= 0 && setsockopt(*listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(*listener, address->ai_addr, address->ai_addrlen) == 0 && listen(*listener, 1) == 0;
}

static bool try_connect(int *connection, const struct addrinfo *address)
{
    *connection = socket(address->ai_family, SOCK_STREAM, 0);
    return *connection >= 0 && connect(*connection, address->ai_addr, address->ai_addrlen) == 0;
}

// Of the addresses that a name has, the first one that can be used.
static int use_tcp(const struct socket_place *place, const char *option, const char *what,
                   bool (*use)(int *socket, const struct addrinfo *address), int *out, struct error *error)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
    const char *host = place->host && place->host[0] ? place->host : "127.0.0.1";
    int result = getaddrinfo(host, place->port, &hints, &found), code = 0;
    if (result)
        return error_set(error, -EINVAL, "%s: '%.80s': %s", option, place->text, gai_strerror(result));
    for (const struct addrinfo *address = found; address; address = address->ai_next) {
        if (use(out, address)) {
            freeaddrinfo(found);
            return 0;
        }
        code = errno;
        if (*out >= 0)
            close(*out);
        *out = -1;
    }
    freeaddrinfo(found);
    return cannot(place, option, what, code, error);
}

// --- Both ------------------------------------------------------------------------------------------------------------

static int finish(int result, int *out)
{
    if (result == 0)
        fcntl(*out, F_SETFD, FD_CLOEXEC);
    else if (*out >= 0)
        close(*out);
    if (result < 0)
        *out = -1;
    return result;
}

int socket_place_listen(const struct socket_place *place, const char *option, int *listener, struct error *error)
{
    *listener = -1;
    return finish(place->path ? listen_unix(place, option, listener, error)
                              : use_tcp(place, option, "listen at", try_listen, listener, error),
                  listener);
}

int socket_place_connect(const struct socket_place *place, const char *option, int *out, struct error *error)
{
    *out = -1;
    return finish(place->path ? connect_unix(place, option, out, error)
                              : use_tcp(place, option, "connect to", try_connect, out, error),
                  out);
}

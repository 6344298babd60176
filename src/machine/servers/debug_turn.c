// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See debug_turn.h.
#include "machine/servers/debug_turn.h"

#include <stdio.h>

static void wake(void *owner)
{
    intact_machine_interrupt(owner);
}

static int tell(char *why, int result, const struct error *error)
{
    if (result < 0 && why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error->text);
    return result;
}

int debug_turn_open(struct debug_turn *turn, struct intact_machine *machine, const char *option, const char *where,
                    char *why)
{
    struct error error = { 0 };
    *turn = (struct debug_turn){ .machine = machine };
    int result = debug_socket_open(&turn->socket, option, where, wake, machine, &error);
    return tell(why, result, &error);
}

int debug_turn_open_fd(struct debug_turn *turn, struct intact_machine *machine, const char *option, int fd, char *why)
{
    struct error error = { 0 };
    *turn = (struct debug_turn){ .machine = machine };
    return tell(why, debug_socket_open_fd(&turn->socket, option, fd, wake, machine, &error), &error);
}

int debug_turn_open_stdio(struct debug_turn *turn, struct intact_machine *machine, const char *option, char *why)
{
    struct error error = { 0 };
    *turn = (struct debug_turn){ .machine = machine };
    return tell(why, debug_socket_open_stdio(&turn->socket, option, wake, machine, &error), &error);
}

void debug_turn_close(struct debug_turn *turn)
{
    debug_socket_close(turn->socket);
}

enum debug_socket_event debug_turn_listen(struct debug_turn *turn, int timeout)
{
    if (turn->at < turn->size)
        return DEBUG_SOCKET_DATA;
    turn->at = 0;
    turn->size = sizeof turn->bytes;
    enum debug_socket_event event = debug_socket_read(turn->socket, turn->bytes, &turn->size, timeout);
    if (event != DEBUG_SOCKET_DATA)
        turn->size = 0;
    return event;
}

void debug_turn_drop(struct debug_turn *turn)
{
    turn->at = turn->size = 0;
    debug_socket_drop(turn->socket);
}

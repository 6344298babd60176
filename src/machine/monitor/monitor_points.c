// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints and watchpoints of the monitor, by their numbers.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

enum { WATCHED_DEFAULT = 4, WATCHED = 4096 }; // bytes

static const char *kind_text(enum intact_stop kind)
{
    switch (kind) {
    case INTACT_STOP_WRITE: return "watch";
    case INTACT_STOP_READ: return "rwatch";
    case INTACT_STOP_ACCESS: return "awatch";
    default: return "break";
    }
}

const struct monitor_point *monitor_point_of(const struct monitor *monitor, const struct intact_exit *end)
{
    for (unsigned i = 0; i < monitor->count; i++) {
        const struct monitor_point *point = &monitor->points[i];
        uint64_t size = point->size ? point->size : 1;
        bool is_it = point->kind == INTACT_STOP_EVENT ? strcmp(point->text, monitor->machine->events.hit) == 0
                                                      : end->address - point->address < size;
        if (point->kind == end->stop && is_it)
            return point;
    }
    return NULL;
}

static void tell(struct monitor *monitor, const struct monitor_point *point)
{
    const char *name = kind_text(point->kind);
    if (point->kind == INTACT_STOP_EVENT)
        monitor_print(monitor, "%u: %s %s\n", point->number, name, point->text);
    else if (point->size)
        monitor_print(monitor, "%u: %s 0x%" PRIx64 " %" PRIu64 "\n", point->number, name, point->address, point->size);
    else
        monitor_print(monitor, "%u: %s 0x%" PRIx64 "\n", point->number, name, point->address);
}

static bool make_room(struct monitor *monitor)
{
    if (monitor->count < monitor->room)
        return true;
    unsigned room = monitor->room ? 2 * monitor->room : 16;
    struct monitor_point *grown = realloc(monitor->points, room * sizeof *grown);
    if (!grown)
        return false;
    monitor->points = grown;
    monitor->room = room;
    return true;
}

static struct monitor_result added(struct monitor *monitor, const struct monitor_point *point)
{
    monitor->points[monitor->count] = *point;
    monitor->points[monitor->count].number = ++monitor->last_number;
    tell(monitor, &monitor->points[monitor->count++]);
    return MONITOR_STAY;
}

static struct monitor_result add(struct monitor *monitor, const char *command, enum intact_stop kind, uint64_t address,
                                 uint64_t size)
{
    int result = make_room(monitor) ? intact_break_add(monitor->machine, kind, address, size) : -ENOMEM;
    if (result == -EEXIST)
        return monitor_refuse(monitor, command, "there is one at 0x%" PRIx64 " already", address);
    if (result < 0)
        return monitor_refuse(monitor, command, "%s", strerror(-result));
    return added(monitor, &(struct monitor_point){ .kind = kind, .address = address, .size = size });
}

static struct monitor_result add_event(struct monitor *monitor, const char *command, const char *text)
{
    struct monitor_point point = { .kind = INTACT_STOP_EVENT };
    char why[INTACT_ERROR_SIZE];
    if (!make_room(monitor))
        return monitor_refuse(monitor, command, "%s", strerror(ENOMEM));
    if (intact_break_event(monitor->machine, text, why) < 0)
        return monitor_refuse(monitor, command, "%s", why);
    snprintf(point.text, sizeof point.text, "%s", text); // what is longer is no event
    return added(monitor, &point);
}

struct monitor_result monitor_break(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t address;
    (void)count;
    if (monitor_is_event(words[1]))
        return add_event(monitor, words[0], words[1]);
    if (monitor->in_gdb)
        return monitor_refuse_in_gdb(monitor, words[0], "break *ADDRESS");
    if (!monitor_value(monitor, words[0], words[1], &address))
        return MONITOR_STAY;
    return add(monitor, words[0], INTACT_STOP_EXECUTE, address, 0);
}

struct monitor_result monitor_watch(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t address, size = WATCHED_DEFAULT;
    enum intact_stop kind = words[0][0] == 'r'   ? INTACT_STOP_READ
                            : words[0][0] == 'a' ? INTACT_STOP_ACCESS
                                                 : INTACT_STOP_WRITE;
    if (!monitor_value(monitor, words[0], words[1], &address))
        return MONITOR_STAY;
    if (count > 2 && (!monitor_number(words[2], &size) || size == 0 || size > WATCHED))
        return monitor_refuse(monitor, words[0], "'%s' is no SIZE; 1 to %d bytes can be watched", words[2], WATCHED);
    return add(monitor, words[0], kind, address, size);
}

static void drop(struct monitor *monitor, unsigned index)
{
    struct monitor_point *point = &monitor->points[index];
    if (point->kind == INTACT_STOP_EVENT)
        intact_break_event_remove(monitor->machine, point->text);
    else
        intact_break_remove(monitor->machine, point->kind, point->address, point->size);
    monitor->count--;
    memmove(point, point + 1, (monitor->count - index) * sizeof *point);
}

struct monitor_result monitor_delete(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t number;
    if (count == 1)
        while (monitor->count)
            drop(monitor, monitor->count - 1);
    if (count == 1)
        return MONITOR_STAY;
    bool is_number = monitor_number(words[1], &number);
    for (unsigned i = 0; is_number && i < monitor->count; i++)
        if (monitor->points[i].number == number) {
            drop(monitor, i);
            return MONITOR_STAY;
        }
    return monitor_refuse(monitor, words[0], "there is no breakpoint or watchpoint '%s'; info breaks lists them",
                          words[1]);
}

// --- QEMU's, for a place of a replay ---------------------------------------------------------------------------------

static struct monitor_point *replay_point(const struct monitor *monitor)
{
    for (unsigned i = 0; i < monitor->count; i++)
        if (monitor->points[i].number == monitor->replay_number)
            return &monitor->points[i];
    return NULL;
}

struct monitor_result monitor_replay_break(struct monitor *monitor, unsigned count, char *const *words)
{
    char event[EVENT_TEXT];
    uint64_t instruction;
    (void)count;
    if (!monitor_number(words[1], &instruction))
        return monitor_refuse(monitor, words[0], "'%s' is no number of instructions", words[1]);
    const struct monitor_point *before = replay_point(monitor);
    if (before)
        drop(monitor, (unsigned)(before - monitor->points));
    snprintf(event, sizeof event, "instruction:%" PRIu64, instruction);
    unsigned last = monitor->last_number;
    struct monitor_result result = add_event(monitor, words[0], event);
    monitor->replay_number = monitor->last_number != last ? monitor->last_number : 0;
    return result;
}

struct monitor_result monitor_replay_delete_break(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct monitor_point *point = replay_point(monitor);
    (void)count;
    if (!point)
        return monitor_refuse(monitor, words[0], "there is none; replay_break makes one");
    drop(monitor, (unsigned)(point - monitor->points));
    return MONITOR_STAY;
}

struct monitor_result monitor_info_breaks(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count, (void)words;
    for (unsigned i = 0; i < monitor->count; i++)
        tell(monitor, &monitor->points[i]);
    if (monitor->count == 0)
        monitor_print(monitor, "There are no breakpoints and no watchpoints.\n");
    return MONITOR_STAY;
}

void monitor_free(struct monitor *monitor)
{
    while (monitor->count)
        drop(monitor, monitor->count - 1);
    free(monitor->points);
    monitor->points = NULL;
    monitor->room = 0;
}

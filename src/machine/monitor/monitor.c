// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the monitor prints, a line that is done as a command, and where the machine stopped. See monitor.h.
#include "machine/monitor/monitor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/monitor/monitor_table.h"

enum { WORDS = 5, LENGTH = MONITOR_LINE + 400 };

// --- printing --------------------------------------------------------------------------------------------------------

void monitor_print(struct monitor *monitor, const char *format, ...)
{
    char text[LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    monitor->print(monitor->owner, text);
}

struct monitor_result monitor_refuse(struct monitor *monitor, const char *command, const char *format, ...)
{
    char text[LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    monitor_print(monitor, "%s: %s\n", command, text);
    return MONITOR_STAY;
}

void monitor_tell_place(struct monitor *monitor)
{
    struct board *board = machine_board(monitor->machine);
    const char *name = board->config.type == INTACT_PC ? "rip" : "pc";
    uint64_t pc = 0;
    board->type->read_register(board, monitor->cpu, name, &pc);
    monitor_print(monitor, "stopped%s: instruction %" PRIu64 ", %" PRIu64 " ns, CPU %u, %s 0x%" PRIx64 "\n",
                  monitor->stopped, board->loop.instructions, board->clock.now, monitor->cpu, name, pc);
}

// What stopped it is the monitor's own point, or one of the program's.
static void describe_stop(const struct monitor *monitor, const struct intact_exit *end, char *text, size_t size)
{
    const struct monitor_point *point = monitor_point_of(monitor, end);
    bool watched = end->stop == INTACT_STOP_WRITE || end->stop == INTACT_STOP_READ || end->stop == INTACT_STOP_ACCESS;
    int used = 0;
    text[0] = 0;
    if (end->stop == INTACT_STOP_OFF)
        snprintf(text, size, " by power off");
    else if (end->stop == INTACT_STOP_STEP)
        snprintf(text, size, " by step");
    else if (point)
        used = snprintf(text, size, " by %s %u", watched ? "watchpoint" : "breakpoint", point->number);
    else if (end->stop != INTACT_STOP_REQUEST)
        used = snprintf(text, size, " by a %s", watched ? "watchpoint" : "breakpoint");
    if (watched)
        snprintf(text + used, size - (size_t)used, " at 0x%" PRIx64, end->address);
    else if (end->stop == INTACT_STOP_EVENT)
        snprintf(text + used, size - (size_t)used, ", %s", monitor->machine->events.hit);
}

void monitor_note_stop(struct monitor *monitor, const struct intact_exit *end)
{
    monitor->cpu = end->cpu;
    describe_stop(monitor, end, monitor->stopped, sizeof monitor->stopped);
}

struct monitor_result monitor_refuse_in_gdb(struct monitor *monitor, const char *command, const char *instead)
{
    return monitor_refuse(monitor, command, "gdb has a command of its own for it: %s", instead);
}

// --- a line ----------------------------------------------------------------------------------------------------------

// Cuts the text into words, one more than `most` if there are more. With MONITOR_LINE_ARGUMENT it is one.
static unsigned cut(char *text, unsigned most, char **words)
{
    unsigned count = 0;
    if (most == MONITOR_LINE_ARGUMENT) {
        words[0] = text;
        return *text != 0;
    }
    while (*text && count <= most) {
        words[count++] = text;
        text += strcspn(text, " ");
        if (*text)
            *text++ = 0;
        text += strspn(text, " ");
    }
    return count;
}

// Without control characters, and without blanks around it.
static void clean(const char *line, char *text)
{
    size_t length = 0;
    for (line += strspn(line, " \t"); line[length] && length + 1 < MONITOR_LINE; length++) {
        unsigned char c = (unsigned char)line[length];
        text[length] = c == '\t' ? ' ' : c < ' ' || c == 0x7f ? '?' : line[length];
    }
    while (length && text[length - 1] == ' ')
        length--;
    text[length] = 0;
}

struct monitor_result monitor_command(struct monitor *monitor, const char *line)
{
    char text[MONITOR_LINE], *arguments, *words[WORDS] = { NULL };
    clean(line, text);
    if (!text[0])
        return MONITOR_STAY;
    const struct monitor_row *command = monitor_find(text, &arguments);
    if (!command) {
        monitor_print(monitor, "There is no command '%s'; help lists all.\n", text);
        return MONITOR_STAY;
    }
    words[0] = (char *)(uintptr_t)command->name;
    unsigned count = cut(arguments, command->most, words + 1);
    if (monitor->in_gdb && command->in_gdb)
        return monitor_refuse_in_gdb(monitor, command->name, command->in_gdb);
    if (count < command->least)
        return monitor_refuse(monitor, command->name, "needs %s", command->arguments);
    if (count > command->most)
        return monitor_refuse(monitor, command->name, "'%s' is too much; it takes %s", words[count],
                              command->arguments[0] ? command->arguments : "nothing");
    return command->run(monitor, count + 1, words);
}

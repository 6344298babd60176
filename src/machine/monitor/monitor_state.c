// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that take the machine to another place of its run: go, back, reverse; snapshots, savevm, loadvm.
#include <intact/snapshot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/back.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/timeline.h"

#define HISTORY_BYTES (UINT64_C(512) << 20)

// gdb keeps the registers that it has read.
static void tell_gdb(struct monitor *monitor)
{
    if (monitor->in_gdb)
        monitor_print(monitor, "gdb does not know it yet: maintenance flush register-cache\n");
}

static struct monitor_result arrived(struct monitor *monitor)
{
    monitor_tell_place(monitor);
    tell_gdb(monitor);
    return (struct monitor_result){ MONITOR_STOPS, 0 };
}

static bool has_history(struct monitor *monitor, const char *command)
{
    if (machine_board(monitor->machine)->history)
        return true;
    monitor_refuse(monitor, command,
                   "the machine has no history; snapshots begins one, and so does the option -snapshots");
    return false;
}

static void note(struct monitor *monitor, const char *command)
{
    snprintf(monitor->stopped, sizeof monitor->stopped, " by %s", command);
}

struct monitor_result monitor_go(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct timeline *timeline = monitor->machine->timeline;
    uint64_t instruction;
    (void)count;
    if (!has_history(monitor, words[0]))
        return MONITOR_STAY;
    if (!monitor_number(words[1], &instruction))
        return monitor_refuse(monitor, words[0], "'%s' is no number of instructions", words[1]);
    if (intact_machine_go_to(monitor->machine, instruction, NULL) < 0)
        return monitor_refuse(monitor, words[0],
                              "the history does not reach instruction %" PRIu64 "; it goes from %" PRIu64
                              " to %" PRIu64,
                              instruction, timeline->history.first, timeline_end(timeline));
    note(monitor, words[0]);
    return arrived(monitor);
}

static struct monitor_result back_to(struct monitor *monitor, const char *command, const char *event)
{
    struct intact_exit end;
    char why[INTACT_ERROR_SIZE];
    if (intact_machine_back(monitor->machine, event, &end, why) < 0)
        return monitor_refuse(monitor, command, "%s", why);
    monitor_note_stop(monitor, &end);
    if (event)
        snprintf(monitor->stopped, sizeof monitor->stopped, " by %s, %.80s", command, event);
    return arrived(monitor);
}

struct monitor_result monitor_back(struct monitor *monitor, unsigned count, char *const *words)
{
    unsigned cpu;
    if (!has_history(monitor, words[0]))
        return MONITOR_STAY;
    if (count > 1 && monitor_is_event(words[1]))
        return back_to(monitor, words[0], words[1]);
    if (!monitor_cpu(monitor, count, words, 1, &cpu))
        return MONITOR_STAY;
    monitor->cpu = cpu;
    note(monitor, words[0]);
    if (!back_step(monitor->machine, cpu))
        monitor_refuse(monitor, words[0], "CPU %u has executed nothing since the history began", cpu);
    return arrived(monitor);
}

struct monitor_result monitor_reverse(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    return has_history(monitor, words[0]) ? back_to(monitor, words[0], NULL) : MONITOR_STAY;
}

// "64M", "1G"; without a letter MiB.
static bool read_size(const char *text, uint64_t *bytes)
{
    static const char letters[] = "KMG";
    char digits[24];
    size_t length = strcspn(text, letters), shift = 20;
    if (length >= sizeof digits || (text[length] && text[length + 1]))
        return false;
    memcpy(digits, text, length);
    digits[length] = 0;
    if (text[length])
        shift = 10 * (size_t)(strchr(letters, text[length]) - letters + 1);
    if (!monitor_number(digits, bytes) || *bytes == 0 || *bytes > UINT64_MAX >> shift)
        return false;
    *bytes <<= shift;
    return true;
}

struct monitor_result monitor_snapshots(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t bytes = HISTORY_BYTES;
    char why[INTACT_ERROR_SIZE];
    if (count > 1 && !read_size(words[1], &bytes))
        return monitor_refuse(monitor, words[0], "'%s' is no size; 512M and 4G are", words[1]);
    if (intact_machine_history(monitor->machine, bytes, why) < 0)
        return monitor_refuse(monitor, words[0], "%s", why);
    monitor_print(monitor, "the history begins at instruction %" PRIu64 "\n",
                  intact_machine_instructions(monitor->machine));
    return MONITOR_STAY;
}

// --- files -----------------------------------------------------------------------------------------------------------

struct monitor_result monitor_savevm(struct monitor *monitor, unsigned count, char *const *words)
{
    char why[INTACT_ERROR_SIZE];
    (void)count;
    if (intact_machine_save_file(monitor->machine, words[1], why) < 0)
        return monitor_refuse(monitor, words[0], "%s", why);
    monitor_print(monitor, "instruction %" PRIu64 " is in '%s'\n", intact_machine_instructions(monitor->machine),
                  words[1]);
    return MONITOR_STAY;
}

// A file that turns out to be damaged has changed the machine already.
static int load(struct intact_machine *machine, const char *file, char *why, bool *lost)
{
    struct intact_snapshot *before = NULL;
    int result = 0;
    *lost = false;
    if (machine->replay.mode == REPLAY_OFF) // else it is refused
        result = intact_machine_snapshot(machine, &before, why);
    if (result < 0)
        return result;
    result = intact_machine_load_file(machine, file, why);
    if (result < 0 && before)
        *lost = intact_machine_restore(machine, before, NULL) < 0;
    intact_machine_snapshot_free(machine, before);
    return result;
}

struct monitor_result monitor_loadvm(struct monitor *monitor, unsigned count, char *const *words)
{
    char why[INTACT_ERROR_SIZE];
    bool lost;
    (void)count;
    if (monitor->machine->timeline)
        return monitor_refuse(monitor, words[0], "the machine has a history: go takes it back");
    if (load(monitor->machine, words[1], why, &lost) < 0) {
        monitor_refuse(monitor, words[0], "%s", why);
        return lost ? (struct monitor_result){ MONITOR_QUITS, 0 } : MONITOR_STAY;
    }
    note(monitor, words[0]);
    if (monitor->running)
        return monitor_info_status(monitor, 1, words);
    monitor_tell_place(monitor);
    tell_gdb(monitor);
    return MONITOR_STAY;
}

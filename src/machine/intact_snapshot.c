// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of snapshots, <intact/snapshot.h>.
#include <intact/snapshot.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/back.h"
#include "machine/machine.h"
#include "machine/replay/checkpoint.h"
#include "machine/replay/state_file.h"
#include "machine/timeline.h"

struct intact_snapshot {
    struct intact_machine *machine;
    struct checkpoint checkpoint;
};

static int tell(char *why, int result, const char *text)
{
    if (why && result < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", text);
    return result;
}

static int no_memory(char *why)
{
    return tell(why, -ENOMEM, "the host has no memory left");
}

// Recording and replay know their place in a journal, which a restored state would leave behind.
static int check(const struct intact_machine *machine, bool changes, char *why)
{
    if (machine->board->loop.current)
        return tell(why, -EBUSY, "the machine is running");
    if (changes && machine->replay.mode != REPLAY_OFF)
        return tell(why, -EBUSY, "the run is recorded or replayed: its state cannot be replaced");
    if (changes && machine->timeline)
        return tell(why, -EBUSY, "the machine has a history: intact_machine_go_to takes it back");
    return 0;
}

int intact_machine_snapshot(struct intact_machine *machine, struct intact_snapshot **snapshot, char *why)
{
    int result = check(machine, false, why);
    if (result < 0)
        return result;
    struct intact_snapshot *made = calloc(1, sizeof *made);
    if (!made || checkpoint_take(&machine->replay, &made->checkpoint) < 0) {
        free(made);
        return no_memory(why);
    }
    made->machine = machine;
    *snapshot = made;
    return 0;
}

int intact_machine_restore(struct intact_machine *machine, const struct intact_snapshot *snapshot, char *why)
{
    int result = check(machine, true, why);
    if (result < 0)
        return result;
    if (snapshot->machine != machine)
        return tell(why, -EINVAL, "the snapshot is of another machine: a file can carry it from one to the other");
    result = checkpoint_restore(&machine->replay, &snapshot->checkpoint);
    return tell(why, result, "the snapshot does not belong to this machine as it is now");
}

void intact_machine_snapshot_free(struct intact_machine *machine, struct intact_snapshot *snapshot)
{
    if (!snapshot)
        return;
    checkpoint_free(&machine->replay, &snapshot->checkpoint);
    free(snapshot);
}

uint64_t intact_snapshot_instructions(const struct intact_snapshot *snapshot)
{
    return snapshot->checkpoint.instructions;
}

uint64_t intact_machine_snapshot_bytes(const struct intact_machine *machine)
{
    return replay_history_bytes(&machine->replay);
}

// --- Back in time ----------------------------------------------------------------------------------------------------

// A file that the guest has written to stays as it is.
static const struct intact_drive_config *written_drive(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->drive_count; i++)
        if (!config->drives[i].readonly && config->drives[i].format != INTACT_DRIVE_NULL &&
            (!config->drives[i].snapshot || config->drives[i].block) && !config->replays)
            return &config->drives[i];
    return NULL;
}

int intact_machine_history(struct intact_machine *machine, uint64_t bytes, char *why)
{
    int result = check(machine, false, why);
    const struct intact_drive_config *drive = written_drive(&machine->board->config);
    struct error error;
    if (result < 0)
        return result;
    if (machine->timeline)
        return tell(why, -EINVAL, "the machine has a history already");
    if (drive) {
        error_set(&error, -EINVAL, "-drive: '%s' cannot go back: give snapshot=on or readonly=on",
                  drive->file ? drive->file : "a drive of the program's own");
        return tell(why, -EINVAL, error.text);
    }
    struct timeline *timeline = calloc(1, sizeof *timeline);
    result = timeline ? timeline_begin(timeline, machine, bytes) : -ENOMEM;
    if (result < 0) {
        free(timeline);
        return tell(why, result, result == -EBUSY ? "the run is recorded" : "the host has no memory left");
    }
    machine->timeline = timeline;
    return 0;
}

int intact_machine_go_to(struct intact_machine *machine, uint64_t instructions, char *why)
{
    const struct history *history = machine->board->history;
    int result = check(machine, false, why);
    if (result < 0)
        return result;
    if (!history || !back_go_to(machine, instructions))
        return tell(why, -ENOENT, history ? "the history does not reach there" : "the machine has no history");
    return 0;
}

// --- Files -----------------------------------------------------------------------------------------------------------

int intact_machine_save_file(struct intact_machine *machine, const char *file, char *why)
{
    struct error error = { 0 };
    int result = check(machine, false, why);
    return result < 0 ? result : tell(why, state_file_save(machine->board, file, &error), error.text);
}

int intact_machine_load_file(struct intact_machine *machine, const char *file, char *why)
{
    struct error error = { 0 };
    int result = check(machine, true, why);
    return result < 0 ? result : tell(why, state_file_load(machine->board, file, &error), error.text);
}

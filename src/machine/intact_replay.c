// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of recording and replay, <intact/replay.h>.
#include <intact/replay.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "machine/machine.h"
#include "machine/replay/facts.h"
#include "replay/dump.h"

struct intact_journal {
    struct journal_reader reader;
    char **arguments; // copies, ended by NULL
    int64_t rtc_date;
};

static int tell(char *why, int result, const struct error *error)
{
    if (why && result < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error->text);
    return result;
}

// --- Digest ----------------------------------------------------------------------------------------------------------

int intact_machine_digest(struct intact_machine *machine, uint64_t *digest)
{
    if (machine->board->loop.current)
        return -EBUSY;
    return replay_digest(&machine->replay, digest);
}

int intact_machine_describe(struct intact_machine *machine,
                            void (*line)(void *owner, const char *path, const char *value), void *owner)
{
    const struct board *board = machine->board;
    struct dump dump;
    if (board->loop.current)
        return -EBUSY;
    dump_init(&dump, line, owner);
    board_visit_chips(machine->board, &dump.visit);
    for (unsigned i = 0; i < board->memory.count; i++) {
        const struct region *region = board->memory.regions[i];
        if (region->ram >= board->ram && region->ram < board->ram + board->ram_size)
            dump_ram(&dump, region->ram, region->size, region->base);
    }
    return 0;
}

// A history keeps the input of a run by the same means.
static int check_history(const struct intact_machine *machine, struct error *error)
{
    return machine->timeline ? error_set(error, -EBUSY, "the machine has a history") : 0;
}

// --- Recording -------------------------------------------------------------------------------------------------------

static const struct intact_recording default_recording = {
    .size = sizeof default_recording,
    .digest = REPLAY_INTERVAL,
};

void intact_recording_defaults(struct intact_recording *recording, size_t size)
{
    sized_give(recording, size, &default_recording, sizeof default_recording);
}

static int take(struct intact_recording *recording, const struct intact_recording *given, struct error *error)
{
    *recording = default_recording;
    if (!sized_take(recording, sizeof *recording, given))
        return error_set(error, -EINVAL,
                         "the recording was not prepared by intact_recording_init, or by a newer version");
    if (!recording->file)
        return error_set(error, -EINVAL, "a recording needs a file");
    for (unsigned i = 0; i < recording->argument_count; i++)
        if (strchr(recording->arguments[i], '\n'))
            return error_set(error, -EINVAL, "an argument with a newline cannot be recorded: '%.80s'",
                             recording->arguments[i]);
    return 0;
}

int intact_machine_record(struct intact_machine *machine, const struct intact_recording *given, char *why)
{
    struct error error = { 0 };
    struct intact_recording recording;
    int result = take(&recording, given, &error);
    if (result == 0)
        result = check_history(machine, &error);
    if (result == 0)
        result = facts_check_output(machine->board, recording.file, &error);
    if (result < 0)
        return tell(why, result, &error);
    char *text = facts_write(machine->board, recording.digest, recording.arguments, recording.argument_count, &error);
    if (!text)
        return tell(why, -EINVAL, &error);
    result = replay_record(&machine->replay, recording.file, text, recording.digest, &error);
    free(text);
    return tell(why, result, &error);
}

int intact_machine_record_end(struct intact_machine *machine, char *why)
{
    struct error error = { 0 };
    if (machine->replay.mode != REPLAY_RECORDS)
        return tell(why, error_set(&error, -EINVAL, "nothing is being recorded"), &error);
    int result = replay_end(&machine->replay, (uint32_t)machine->last.reason, (uint32_t)machine->last.status);
    if (result < 0)
        error_set(&error, result, "the journal could not be written to its end: %s", strerror(-result));
    return tell(why, result, &error);
}

// --- Replay ----------------------------------------------------------------------------------------------------------

static int copy_arguments(struct intact_journal *journal)
{
    const char *end, *line = journal->reader.text;
    unsigned count = 0, i = 0;
    while ((line = facts_line(line, "argument", 0, &end)))
        line = end, count++;
    journal->arguments = calloc(count + 1, sizeof *journal->arguments);
    line = journal->reader.text;
    while (journal->arguments && (line = facts_line(line, "argument", 0, &end))) {
        if (!(journal->arguments[i++] = strndup(line, (size_t)(end - line))))
            return -ENOMEM;
        line = end;
    }
    return journal->arguments ? 0 : -ENOMEM;
}

int intact_journal_open(const char *file, struct intact_journal **journal, char *why)
{
    struct error error = { 0 };
    struct intact_journal *opened = calloc(1, sizeof *opened);
    if (!opened)
        return tell(why, error_set(&error, -ENOMEM, "the host has no memory left"), &error);
    int result = journal_open(&opened->reader, file, &error);
    if (result == 0 && copy_arguments(opened) < 0)
        result = error_set(&error, -ENOMEM, "the host has no memory left");
    if (result == 0) {
        opened->rtc_date = (int64_t)facts_number(opened->reader.text, "rtc", 0);
        *journal = opened;
    } else {
        intact_journal_close(opened);
    }
    return tell(why, result, &error);
}

void intact_journal_close(struct intact_journal *journal)
{
    if (!journal)
        return;
    for (char **argument = journal->arguments; argument && *argument; argument++)
        free(*argument);
    free(journal->arguments);
    journal_free(&journal->reader);
    free(journal);
}

const char *intact_journal_argument(const struct intact_journal *journal, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (!journal->arguments[i])
            return NULL;
    return journal->arguments[index];
}

void intact_journal_prepare(const struct intact_journal *journal, struct intact_machine_config *config)
{
    config->rtc_date = journal->rtc_date;
    config->paced = false;
    config->replays = true;
}

int intact_machine_replay(struct intact_machine *machine, struct intact_journal *journal, char *why)
{
    struct error error = { 0 };
    if (!journal->reader.text)
        return tell(why, error_set(&error, -EINVAL, "the journal has been replayed already"), &error);
    int result = check_history(machine, &error);
    if (result == 0)
        result = facts_check(machine->board, journal->reader.text, &error);
    if (result == 0) {
        uint64_t interval = facts_number(journal->reader.text, "digest", 0);
        result = replay_repeat(&machine->replay, &journal->reader, interval, &error);
    }
    return tell(why, result, &error);
}

bool intact_machine_replayed(const struct intact_machine *machine, uint64_t *compared)
{
    if (compared)
        *compared = machine->replay.agreed;
    return machine->replay.outcome == REPLAY_SAME;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See replay.h. What is done at one moment, in this order: a digest that is due; input; then the loop goes on with timers.
#include "machine/replay/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/storage.h"
#include "machine/board/host_clock.h"

#define FLUSH_NS     UINT64_C(900000000)
#define FULL_EVERY   256u                // checks; the others have JOURNAL_CHECK_BITS
#define PARTS_EVERY  512u                // checks, of the full ones: the sums of the parts
#define WITHIN_LIMIT 65536u              // entries of calls between two others
#define LOOK_AHEAD   UINT64_C(512000000) // instructions that a replay which differs goes on at most

void replay_init(struct replay *replay, struct board *board)
{
    *replay = (struct replay){ .board = board };
}

// The devices are still there.
static void free_storages(struct replay *replay)
{
    for (unsigned i = 0; i < replay->storage_count; i++) {
        replay->storages[i].storage->written = NULL;
        ram_history_free(&replay->storages[i].history);
    }
    free(replay->storages);
    replay->storages = NULL;
    replay->storage_count = 0;
}

void replay_free(struct replay *replay)
{
    if (replay->mode == REPLAY_RECORDS)
        journal_close(&replay->writer);
    journal_free(&replay->reader);
    free(replay->within);
    digest_free(&replay->digest);
    if (replay->has_history)
        ram_history_free(&replay->history);
    free_storages(replay);
}

// --- Written pages ---------------------------------------------------------------------------------------------------

void replay_gather(struct replay *replay)
{
    struct page_set *const sets[] = { replay->has_digest ? &replay->digest.written : NULL,
                                      replay->has_history ? &replay->history.written : NULL };
    board_take_written(replay->board, sets, countof(sets));
}

// One that comes late does not know what was written before: all pages might have been.
static void catch_up(const struct replay *replay, struct page_set *written)
{
    if (replay->board->written_taken)
        page_set_fill(written);
}

struct gathering {
    struct visit visit;
    struct replay *replay;
    int result;
};

// Whatever it has was written before.
static void gather_storage(struct visit *v, struct storage *storage)
{
    struct gathering *gathering = container_of(v, struct gathering, visit);
    struct replay *replay = gathering->replay;
    struct replay_storage *grown = realloc(replay->storages, (replay->storage_count + 1) * sizeof *replay->storages);
    if (grown)
        replay->storages = grown;
    if (gathering->result < 0 || !grown) {
        gathering->result = -ENOMEM;
        return;
    }
    struct replay_storage *kept = &grown[replay->storage_count];
    kept->storage = storage;
    gathering->result = ram_history_init(&kept->history, storage->bytes, storage->limit);
    if (gathering->result == 0)
        replay->storage_count++;
    kept->history.blank = storage->blank;
}

static int make_storages(struct replay *replay)
{
    struct gathering gathering = { .visit = { .storage = gather_storage }, .replay = replay };
    board_visit_storage(replay->board, &gathering.visit);
    for (unsigned i = 0; i < replay->storage_count; i++) { // they move no more
        struct storage *storage = replay->storages[i].storage;
        storage->written = &replay->storages[i].history.written;
        storage_written(storage, 0, storage->used);
    }
    if (gathering.result < 0)
        free_storages(replay);
    return gathering.result;
}

int replay_want_history(struct replay *replay)
{
    const struct board *board = replay->board;
    if (replay->has_history)
        return 0;
    int result = make_storages(replay);
    if (result < 0)
        return result;
    result = ram_history_init(&replay->history, board->ram, board->ram_size);
    replay->has_history = result == 0;
    if (result == 0)
        catch_up(replay, &replay->history.written);
    else
        free_storages(replay);
    return result;
}

uint64_t replay_history_bytes(const struct replay *replay)
{
    uint64_t bytes = replay->history.bytes;
    for (unsigned i = 0; i < replay->storage_count; i++)
        bytes += replay->storages[i].history.bytes;
    return bytes;
}

// Where in the guest's address space a page of board->ram is.
static uint64_t physical_of(const struct board *board, uint64_t page)
{
    const uint8_t *host = board->ram + page * RAM_PAGE;
    for (unsigned i = 0; i < board->memory.count; i++) {
        const struct region *region = board->memory.regions[i];
        if (region->ram && host >= region->ram && (uint64_t)(host - region->ram) < region->size)
            return region->base + (uint64_t)(host - region->ram);
    }
    return UINT64_MAX;
}

void replay_page_changed(void *owner, uint64_t page)
{
    struct replay *replay = owner;
    uint64_t physical = physical_of(replay->board, page);
    if (physical != UINT64_MAX)
        loop_memory_written(&replay->board->loop, physical, RAM_PAGE);
    if (replay->has_digest)
        page_set_add(&replay->digest.written, page);
}

// --- Digest ----------------------------------------------------------------------------------------------------------

static void visit_chips(void *board, struct visit *v)
{
    board_visit_chips(board, v);
}

static struct state_list list_of(const struct replay *replay)
{
    return (struct state_list){ visit_chips, replay->board };
}

static int make_digest(struct replay *replay)
{
    const struct board *board = replay->board;
    if (replay->has_digest)
        return 0;
    int result = digest_init(&replay->digest, board->ram, board->ram_size);
    replay->has_digest = result == 0;
    if (result == 0)
        catch_up(replay, &replay->digest.written);
    return result;
}

int replay_digest(struct replay *replay, uint64_t *value)
{
    const struct state_list list = list_of(replay);
    int result = make_digest(replay);
    if (result < 0)
        return result;
    replay_gather(replay);
    return digest_of(&replay->digest, &list, value) ? 0 : -ENOMEM;
}

static bool is_full(const struct replay *replay)
{
    return replay->checks % FULL_EVERY == 0;
}

static void next_check(struct replay *replay)
{
    uint64_t interval = replay->interval ? replay->interval : REPLAY_INTERVAL;
    replay->next_check = (replay->board->loop.instructions / interval + 1) * interval;
}

// --- Recording -------------------------------------------------------------------------------------------------------

static void note_message(void *owner, const struct inbox_message *message, uint64_t now, uint64_t instructions)
{
    struct replay *replay = owner;
    struct journal_entry entry = {
        .kind = JOURNAL_MESSAGE,
        .instructions = instructions,
        .turns = replay->board->loop.turns,
        .message = *message,
    };
    (void)now;
    journal_put(&replay->writer, &entry);
}

static void note_within(void *owner, const struct inbox_message *message)
{
    struct replay *replay = owner;
    journal_put(&replay->writer, &(struct journal_entry){ .kind = JOURNAL_WITHIN, .message = *message });
}

static void flush(struct replay *replay)
{
    journal_flush(&replay->writer);
    replay->flushed = host_clock_ns();
}

// What was written is on the disk a second later, whether the machine runs or waits, and the disk is asked once a second:
// input that comes as fast as somebody types does not wait for it. In how many ns the next flush is due; UINT64_MAX: there is
// nothing to flush.
static uint64_t flush_if_due(struct replay *replay)
{
    if (journal_is_flushed(&replay->writer))
        return UINT64_MAX;
    uint64_t passed = host_clock_ns() - replay->flushed;
    if (passed < FLUSH_NS)
        return FLUSH_NS - passed;
    flush(replay);
    return UINT64_MAX;
}

// While it runs, the host's clock is looked at after so many instructions, which take some milliseconds.
static void next_flush(struct replay *replay)
{
    flush_if_due(replay);
    replay->next_flush = replay->board->loop.instructions + REPLAY_INTERVAL;
}

// A machine that waits, waits with a journal that is whole.
static uint64_t flush_while_waiting(void *owner)
{
    struct replay *replay = owner;
    journal_write(&replay->writer);
    return flush_if_due(replay);
}

// Behind a digest of the same state.
static void record_parts(struct replay *replay)
{
    const struct state_list list = list_of(replay);
    struct parts parts;
    parts_of(&parts, &list, &replay->digest);
    journal_put(&replay->writer, &(struct journal_entry){ .kind = JOURNAL_PARTS, .parts = &parts });
}

static void record_check(struct replay *replay)
{
    struct journal_entry entry = { .kind = is_full(replay) ? JOURNAL_DIGEST : JOURNAL_CHECK };
    if (replay->interval && replay_digest(replay, &entry.digest) == 0) {
        journal_put(&replay->writer, &entry);
        if (replay->checks % PARTS_EVERY == 0)
            record_parts(replay);
        replay->checks++;
    }
}

int replay_record(struct replay *replay, const char *path, const char *text, uint64_t interval, struct error *error)
{
    if (replay->mode != REPLAY_OFF || replay->board->loop.turns)
        return error_set(error, -EBUSY, "a run is recorded from its beginning, and once");
    if (make_digest(replay) < 0)
        return error_set(error, -ENOMEM, "the host has no memory left");
    int result = journal_create(&replay->writer, path, text, error);
    if (result < 0)
        return result;
    replay->mode = REPLAY_RECORDS;
    replay->interval = interval;
    next_check(replay);
    replay->flushed = host_clock_ns(); // by journal_create
    next_flush(replay);
    replay->board->inbox.journal = note_message;
    replay->board->inbox.within = note_within;
    replay->board->inbox.journal_owner = replay;
    replay->board->outside.chore = flush_while_waiting;
    replay->board->outside.chore_owner = replay;
    return 0;
}

int replay_end(struct replay *replay, uint32_t reason, uint32_t status)
{
    struct board *board = replay->board;
    struct journal_entry entry = { .kind = JOURNAL_END, .reason = reason, .status = status };
    if (replay->mode != REPLAY_RECORDS)
        return 0;
    entry.instructions = board->loop.instructions;
    entry.turns = board->loop.turns;
    replay->mode = REPLAY_OFF;
    board->inbox.journal = NULL;
    board->inbox.within = NULL;
    board->outside.chore = NULL;
    if (replay_digest(replay, &entry.digest) == 0) {
        journal_put(&replay->writer, &entry);
        record_parts(replay);
    }
    return journal_close(&replay->writer);
}

// --- Repeating -------------------------------------------------------------------------------------------------------

// False: the host has no memory, or the journal has more of them than a run makes between two moments.
static bool keep_within(struct replay *replay)
{
    if (replay->within_count == replay->within_room) {
        size_t room = replay->within_room ? 2 * replay->within_room : 64;
        struct journal_entry *grown =
            room <= WITHIN_LIMIT ? realloc(replay->within, room * sizeof *replay->within) : NULL;
        if (!grown)
            return false;
        replay->within = grown;
        replay->within_room = room;
    }
    replay->within[replay->within_count++] = replay->next;
    return true;
}

// The next entry but those of calls, which come when the calls do; tell_parts reads the PARTS that it needs.
static void take_next(struct replay *replay)
{
    while (journal_next(&replay->reader, &replay->next) &&
           (replay->next.kind == JOURNAL_WITHIN || replay->next.kind == JOURNAL_PARTS))
        if (replay->next.kind == JOURNAL_WITHIN && !keep_within(replay)) {
            replay->reader.damaged = true;
            replay->next.kind = JOURNAL_NOTHING;
            return;
        }
}

static enum loop_stop diverged(struct replay *replay, const char *how)
{
    struct board *board = replay->board;
    const struct journal_entry *input = &replay->last_input;
    char after[80] = "";
    replay->outcome = REPLAY_DIVERGED;
    if (replay->differs)
        return LOOP_QUIT; // it has been said
    if (input->kind == JOURNAL_MESSAGE)
        snprintf(after, sizeof after, "; the last input before it: %s, at instruction %" PRIu64,
                 board->inbox.channels[input->message.channel].name, input->instructions);
    error_set(&board->error, -EIO,
              "the run is another than the recorded one: between instructions %" PRIu64 " and %" PRIu64 ", %s%s",
              replay->agreed, board->loop.instructions, how, after);
    return LOOP_QUIT;
}

static enum loop_stop cut(struct replay *replay)
{
    struct board *board = replay->board;
    if (replay->differs)
        return diverged(replay, "");
    replay->outcome = REPLAY_CUT;
    error_set(&board->error, -EIO, "the journal %s after instruction %" PRIu64,
              replay->reader.damaged ? "is damaged" : "ends", board->loop.instructions);
    return LOOP_QUIT;
}

// Is the moment of the next entry here; and is it over?
static bool is_here(const struct replay *replay)
{
    const struct loop *loop = &replay->board->loop;
    return replay->next.instructions == loop->instructions && replay->next.turns == loop->turns;
}

static bool is_past(const struct replay *replay)
{
    const struct loop *loop = &replay->board->loop;
    return loop->instructions > replay->next.instructions ||
           (loop->instructions == replay->next.instructions && loop->turns > replay->next.turns);
}

static bool is_moment(const struct journal_entry *entry)
{
    return entry->kind == JOURNAL_MESSAGE || entry->kind == JOURNAL_END;
}

// The machine is halted: did the recorded one get something here?
static bool repeat_idle(void *owner, uint64_t until)
{
    const struct replay *replay = owner;
    (void)until;
    return replay->next.kind == JOURNAL_MESSAGE && is_here(replay);
}

static uint64_t address_of_page(void *board, uint64_t page)
{
    return physical_of(board, page);
}

// The next entry is a DIGEST or END of another state than this one: do sums follow it?
static void tell_parts(struct replay *replay)
{
    const struct state_list list = list_of(replay);
    struct error *error = &replay->board->error;
    char text[256];
    journal_next(&replay->reader, &replay->next);
    if (replay->next.kind != JOURNAL_PARTS ||
        !parts_describe(replay->next.parts, &list, &replay->digest, address_of_page, replay->board, text, sizeof text))
        return;
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, "; after %" PRIu64 " instructions these differ: %s",
             replay->board->loop.instructions, text);
}

// A run that differs goes on, without output, if the journal says soon enough in which parts it does.
static enum loop_stop look_ahead(struct replay *replay)
{
    uint64_t checks = replay->checks % PARTS_EVERY;
    if (checks == 0)
        tell_parts(replay);
    if (checks == 0 || (PARTS_EVERY - checks) * replay->interval > LOOK_AHEAD)
        return LOOP_QUIT;
    replay->outcome = REPLAY_GOES_ON;
    replay->differs = true;
    replay->board->outside.quiet = true;
    return LOOP_RUNNING;
}

static enum loop_stop repeat_check(struct replay *replay)
{
    uint64_t value, mask = replay->next.kind == JOURNAL_CHECK ? bits_low(JOURNAL_CHECK_BITS) : UINT64_MAX;
    enum loop_stop stop = LOOP_RUNNING;
    if (is_moment(&replay->next))
        return diverged(replay, "where the recorded run got input, or ended, before");
    if (replay->within_count)
        return diverged(replay, "where a call of the recorded run was not made");
    if (replay_digest(replay, &value) < 0)
        return diverged(replay, "and the host has no memory for a digest");
    if (replay->differs || (value & mask) != replay->next.digest) {
        diverged(replay, "where its state has another digest");
        stop = look_ahead(replay);
    } else {
        replay->agreed = replay->board->loop.instructions;
    }
    if (stop == LOOP_RUNNING) {
        replay->checks++;
        take_next(replay);
    }
    return stop;
}

static bool repeat_within(void *owner, struct inbox_message *message)
{
    struct replay *replay = owner;
    const struct journal_entry *entry = &replay->within[replay->within_taken];
    if (replay->within_taken == replay->within_count || !inbox_same_call(&entry->message, message))
        return false;
    *message = entry->message;
    if (++replay->within_taken == replay->within_count)
        replay->within_taken = replay->within_count = 0;
    return true;
}

// False: it diverged.
static bool repeat_message(struct replay *replay)
{
    struct board *board = replay->board;
    const struct inbox_message *message = &replay->next.message;
    if (!inbox_can_replay(&board->inbox, message))
        diverged(replay, "where input came on a channel that this machine does not have");
    else if (replay->within_count)
        diverged(replay, "where a call of the recorded run was not made");
    if (replay->outcome == REPLAY_DIVERGED)
        return false;
    board->loop.steps = 0;
    inbox_replay(&board->inbox, message, board->clock.now);
    replay->last_input = replay->next;
    take_next(replay);
    return true;
}

// What the input of this moment makes of the run. A recorded run that somebody ended may have been continued, and then its
// reset was done.
static enum loop_stop stop_of_input(const struct replay *replay)
{
    const struct board *board = replay->board;
    bool continued = !(replay->next.kind == JOURNAL_END && is_here(replay));
    if (board->loop.stop == LOOP_QUIT && continued)
        return board->outside.reset_due ? LOOP_RESET : LOOP_RUNNING;
    return board->loop.stop;
}

// Everything that the journal has for this moment.
static enum loop_stop repeat_moment(struct replay *replay)
{
    bool any = false;
    for (; replay->next.kind == JOURNAL_MESSAGE && is_here(replay); any = true) {
        if (!any)
            replay->board->loop.stop = LOOP_RUNNING;
        if (!repeat_message(replay))
            return LOOP_QUIT;
    }
    enum loop_stop stop = any ? stop_of_input(replay) : LOOP_RUNNING;
    if (stop != LOOP_RUNNING)
        return stop;
    if (replay->next.kind == JOURNAL_NOTHING)
        return cut(replay);
    if (replay->next.kind == JOURNAL_END && is_here(replay))
        return LOOP_QUIT;
    if (is_moment(&replay->next) && is_past(replay))
        return diverged(replay, "where the recorded run got input, or ended, before");
    return LOOP_RUNNING;
}

static void end_differs(struct replay *replay)
{
    diverged(replay, "where both ended, but in different states");
    tell_parts(replay);
}

void replay_ended(struct replay *replay, bool stopped)
{
    uint64_t value;
    if (replay->mode != REPLAY_REPEATS || replay->outcome != REPLAY_GOES_ON)
        return;
    bool ends = replay->next.kind == JOURNAL_END && is_here(replay);
    if (replay->next.kind == JOURNAL_NOTHING)
        cut(replay);
    else if (!ends && stopped && !replay->differs && !(is_moment(&replay->next) && is_past(replay)))
        return; // the program has stopped it, and may go on
    else if (!ends)
        diverged(replay, "where it ended, but not the recorded one");
    else if (replay_digest(replay, &value) == 0 && value == replay->next.digest && !replay->differs)
        replay->outcome = REPLAY_SAME;
    else
        end_differs(replay);
}

int replay_repeat(struct replay *replay, struct journal_reader *reader, uint64_t interval, struct error *error)
{
    struct loop *loop = &replay->board->loop;
    if (replay->mode != REPLAY_OFF || loop->turns)
        return error_set(error, -EBUSY, "a run is repeated from its beginning, and once");
    if (make_digest(replay) < 0)
        return error_set(error, -ENOMEM, "the host has no memory left");
    replay->mode = REPLAY_REPEATS;
    replay->interval = interval;
    next_check(replay);
    replay->reader = *reader;
    *reader = (struct journal_reader){ .file = NULL };
    replay->board->inbox.repeats = true;
    replay->board->inbox.repeat_within = repeat_within;
    replay->board->inbox.repeat_owner = replay;
    loop->idle = repeat_idle;
    loop->idle_owner = replay;
    take_next(replay);
    return 0;
}

// --- Running ---------------------------------------------------------------------------------------------------------

// The nearest of what the caller asked for, the next digest, the next look at the journal's age, and its next entry.
static void set_limit(struct replay *replay, uint64_t limit)
{
    struct loop *loop = &replay->board->loop;
    loop->limit = limit && limit <= replay->next_check ? limit : replay->next_check;
    if (replay->mode == REPLAY_RECORDS && replay->next_flush < loop->limit)
        loop->limit = replay->next_flush;
    loop->limit_turns = 0;
    if (replay->mode == REPLAY_REPEATS && is_moment(&replay->next) && replay->next.instructions < loop->limit) {
        loop->limit = replay->next.instructions;
        loop->limit_turns = replay->next.turns;
    }
}

static enum loop_stop check(struct replay *replay)
{
    enum loop_stop stop = LOOP_RUNNING;
    if (replay->mode == REPLAY_RECORDS)
        record_check(replay);
    else if (replay->interval)
        stop = replay->next.kind == JOURNAL_NOTHING ? cut(replay) : repeat_check(replay);
    next_check(replay);
    return stop;
}

static enum loop_stop run(struct replay *replay, uint64_t limit)
{
    struct loop *loop = &replay->board->loop;
    for (;;) {
        enum loop_stop stop = LOOP_RUNNING;
        if (loop->instructions >= replay->next_check)
            stop = check(replay);
        if (replay->mode == REPLAY_RECORDS && loop->instructions >= replay->next_flush)
            next_flush(replay);
        if (stop == LOOP_RUNNING && limit && loop->instructions >= limit)
            stop = replay->differs ? diverged(replay, "") : LOOP_LIMIT;
        if (stop == LOOP_RUNNING && replay->mode == REPLAY_REPEATS)
            stop = repeat_moment(replay);
        if (stop != LOOP_RUNNING)
            return stop;
        set_limit(replay, limit);
        stop = vcpu_run(loop);
        if (stop != LOOP_LIMIT)
            return stop;
    }
}

enum loop_stop replay_run(struct replay *replay)
{
    struct loop *loop = &replay->board->loop;
    uint64_t limit = loop->limit;
    if (replay->mode == REPLAY_OFF)
        return vcpu_run(loop);
    enum loop_stop stop = run(replay, limit);
    loop->limit = limit;
    loop->limit_turns = 0;
    return stop;
}

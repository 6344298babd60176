// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See timeline.h.
#include "machine/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"

// A way of more instructions than FAR gets a snapshot this much before its end: the next way back is short.
enum { FAR = 200000, NEAR_END = 20000 };

static struct loop *loop_of(const struct timeline *timeline)
{
    return &timeline->replay->board->loop;
}

static struct loop_moment now(const struct timeline *timeline)
{
    return (struct loop_moment){ loop_of(timeline)->instructions, loop_of(timeline)->turns };
}

static bool is_before(struct loop_moment a, struct loop_moment b)
{
    return a.instructions < b.instructions || (a.instructions == b.instructions && a.turns < b.turns);
}

static bool is_past(const struct timeline *timeline)
{
    return is_before(now(timeline), timeline->frontier);
}

// --- Input -----------------------------------------------------------------------------------------------------------

static void add_entry(struct timeline *timeline, const struct journal_entry *entry)
{
    if (timeline->entry_count == timeline->entry_room) {
        size_t room = timeline->entry_room ? 2 * timeline->entry_room : 1024;
        struct journal_entry *grown = realloc(timeline->entries, room * sizeof *grown);
        timeline->incomplete |= !grown;
        if (!grown)
            return;
        timeline->entries = grown;
        timeline->entry_room = room;
    }
    timeline->entries[timeline->entry_count++] = *entry;
}

static void note_message(void *owner, const struct inbox_message *message, uint64_t time, uint64_t instructions)
{
    struct timeline *timeline = owner;
    struct journal_entry entry = {
        .kind = JOURNAL_MESSAGE,
        .instructions = instructions,
        .turns = loop_of(timeline)->turns,
        .message = *message,
    };
    (void)time;
    if (loop_of(timeline)->inbox->holds)
        return; // the past has its input: what is about the run ends it here, this time
    entry.message.target = NULL;
    add_entry(timeline, &entry);
    timeline->cursor = timeline->entry_count;
}

static void note_within(void *owner, const struct inbox_message *message)
{
    struct timeline *timeline = owner;
    add_entry(timeline, &(struct journal_entry){ .kind = JOURNAL_WITHIN, .message = *message });
    timeline->cursor = timeline->entry_count;
}

static struct loop_moment moment_of(const struct journal_entry *entry)
{
    return (struct loop_moment){ entry->instructions, entry->turns };
}

// The next entry that comes by itself, and not within a call; NULL after the last.
static const struct journal_entry *next_message(const struct timeline *timeline)
{
    size_t i = timeline->cursor;
    while (i < timeline->entry_count && timeline->entries[i].kind == JOURNAL_WITHIN)
        i++;
    return i < timeline->entry_count ? &timeline->entries[i] : NULL;
}

static bool has_input_here(const struct timeline *timeline)
{
    const struct journal_entry *message = next_message(timeline);
    return message && !is_before(now(timeline), moment_of(message));
}

// What it makes of the run: LOOP_BREAK, an event that it led to stops it; LOOP_RESET, somebody resets the machine here; or it
// goes on.
static enum loop_stop repeat_input(struct timeline *timeline)
{
    struct board *board = timeline->replay->board;
    board->loop.stop = LOOP_RUNNING;
    while (has_input_here(timeline)) {
        const struct journal_entry *entry = next_message(timeline);
        timeline->cursor = (size_t)(entry - timeline->entries) + 1;
        board->loop.steps = 0;
        inbox_replay(&board->inbox, &entry->message, board->clock.now);
    }
    if (board->outside.reset_due)
        return LOOP_RESET;
    return board->loop.stop == LOOP_BREAK ? LOOP_BREAK : LOOP_RUNNING;
}

static bool repeat_within(void *owner, struct inbox_message *message)
{
    struct timeline *timeline = owner;
    const struct journal_entry *entry = &timeline->entries[timeline->cursor];
    if (timeline->cursor == timeline->entry_count || entry->kind != JOURNAL_WITHIN ||
        !inbox_same_call(&entry->message, message))
        return false;
    *message = entry->message;
    timeline->cursor++;
    return true;
}

// Halted where input is repeated: either something came in here, or the frontier is here, or time goes on.
static bool repeat_idle(void *owner, uint64_t until)
{
    const struct timeline *timeline = owner;
    (void)until;
    return has_input_here(timeline) || (timeline->past && !is_past(timeline));
}

static void set_mode(struct timeline *timeline, bool past)
{
    struct board *board = timeline->replay->board;
    bool repeats = past || timeline->replays;
    timeline->past = past;
    board->outside.quiet = past;
    board->inbox.holds = past && !timeline->replays;
    board->inbox.repeat_within = repeats ? repeat_within : NULL;
    board->inbox.repeat_owner = timeline;
    board->loop.idle = repeats ? repeat_idle : outside_idle;
    board->loop.idle_owner = repeats ? (void *)timeline : &board->outside;
}

// The rest of a replay's journal. Its reader is at the end then, where replay_ended looks: at the end of what is good.
static void take_journal(struct timeline *timeline)
{
    struct replay *replay = timeline->replay;
    for (size_t i = replay->within_taken; i < replay->within_count; i++)
        add_entry(timeline, &replay->within[i]);
    replay->within_taken = replay->within_count = 0;
    while (replay->next.kind != JOURNAL_NOTHING && replay->next.kind != JOURNAL_END) {
        bool is_message = replay->next.kind == JOURNAL_MESSAGE || replay->next.kind == JOURNAL_WITHIN;
        replay->reader.damaged |= is_message && !inbox_can_replay(&replay->board->inbox, &replay->next.message);
        if (is_message && !replay->reader.damaged)
            add_entry(timeline, &replay->next);
        journal_next(&replay->reader, &replay->next);
    }
    timeline->replays = true;
    timeline->end = now(timeline);
    if (replay->next.kind == JOURNAL_END)
        timeline->end = moment_of(&replay->next);
    else if (timeline->entry_count) // it was cut short
        timeline->end = moment_of(&timeline->entries[timeline->entry_count - 1]);
}

// --- Snapshots -------------------------------------------------------------------------------------------------------

uint64_t timeline_bytes(const struct timeline *timeline)
{
    uint64_t bytes = replay_history_bytes(timeline->replay);
    for (unsigned i = 0; i < timeline->kept_count; i++)
        bytes += timeline->kept[i].checkpoint.size;
    return bytes;
}

uint64_t timeline_end(const struct timeline *timeline)
{
    return is_past(timeline) ? timeline->frontier.instructions : loop_of(timeline)->instructions;
}

static void drop(struct timeline *timeline, unsigned index)
{
    checkpoint_free(timeline->replay, &timeline->kept[index].checkpoint);
    timeline->kept_count--;
    memmove(&timeline->kept[index], &timeline->kept[index + 1],
            (timeline->kept_count - index) * sizeof timeline->kept[0]);
}

// Drops the one whose neighbours are closest together for how long ago it is: gaps grow with the distance. The first and
// the last stay.
static void thin(struct timeline *timeline)
{
    uint64_t end = timeline->frontier.instructions, here = loop_of(timeline)->instructions;
    unsigned best = 0;
    double least = 0;
    end = here > end ? here : end; // the frontier is set when a run ends
    for (unsigned i = 1; i + 1 < timeline->kept_count; i++) {
        uint64_t gap = timeline->kept[i + 1].checkpoint.instructions - timeline->kept[i - 1].checkpoint.instructions;
        double share = (double)gap / (double)(end - timeline->kept[i].checkpoint.instructions + TIMELINE_INTERVAL);
        if (best == 0 || share < least) {
            best = i;
            least = share;
        }
    }
    if (best)
        drop(timeline, best);
}

// The last snapshot at or before the instruction; the first one is never after.
static unsigned find(const struct timeline *timeline, uint64_t instructions)
{
    unsigned low = 0, high = timeline->kept_count;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (timeline->kept[middle].checkpoint.instructions <= instructions)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void take(struct timeline *timeline)
{
    struct timeline_place place = { .cursor = timeline->cursor };
    uint64_t here = loop_of(timeline)->instructions;
    unsigned at = timeline->kept_count ? find(timeline, here) + 1 : 0;
    if (at && timeline->kept[at - 1].checkpoint.instructions == here)
        return;
    if (checkpoint_take(timeline->replay, &place.checkpoint) < 0) {
        timeline->incomplete |= at == 0;
        return;
    }
    memmove(&timeline->kept[at + 1], &timeline->kept[at], (timeline->kept_count - at) * sizeof timeline->kept[0]);
    timeline->kept[at] = place;
    timeline->kept_count++;
    while (timeline->kept_count > 2 &&
           (timeline->kept_count == TIMELINE_KEPT || timeline_bytes(timeline) > timeline->bytes)) {
        unsigned before = timeline->kept_count;
        thin(timeline);
        if (timeline->kept_count == before)
            break;
    }
}

// --- Running ---------------------------------------------------------------------------------------------------------

static void limit_to(struct loop *loop, struct loop_moment moment)
{
    if ((loop->limit || loop->limit_turns) &&
        !is_before(moment, (struct loop_moment){ loop->limit, loop->limit_turns }))
        return;
    loop->limit = moment.instructions;
    loop->limit_turns = moment.turns;
}

static enum loop_stop run(struct timeline *timeline, struct loop_moment limit)
{
    bool limited = limit.instructions || limit.turns;
    struct loop *loop = loop_of(timeline);
    for (;;) {
        bool past = is_past(timeline);
        set_mode(timeline, past);
        enum loop_stop stop = repeat_input(timeline);
        if (stop != LOOP_RUNNING)
            return stop;
        if (limited && !is_before(now(timeline), limit))
            return LOOP_LIMIT;
        if (timeline->replays && !is_before(now(timeline), timeline->end))
            return LOOP_QUIT;
        if (loop->instructions >= timeline->next_take) {
            take(timeline);
            timeline->next_take = loop->instructions + TIMELINE_INTERVAL;
        }
        loop->limit = limit.instructions;
        loop->limit_turns = limit.turns;
        limit_to(loop, (struct loop_moment){ timeline->next_take, 0 });
        const struct journal_entry *message = next_message(timeline);
        if (message)
            limit_to(loop, moment_of(message));
        if (past)
            limit_to(loop, timeline->frontier);
        if (timeline->replays)
            limit_to(loop, timeline->end);
        stop = vcpu_run(loop);
        if (!past)
            timeline->frontier = now(timeline);
        if (stop != LOOP_LIMIT)
            return stop;
    }
}

bool timeline_repeats(const struct timeline *timeline)
{
    return is_past(timeline);
}

enum loop_stop timeline_run(struct timeline *timeline)
{
    struct loop *loop = loop_of(timeline);
    struct loop_moment limit = { loop->limit, loop->limit_turns };
    enum loop_stop stop = run(timeline, limit);
    loop->limit = limit.instructions;
    loop->limit_turns = limit.turns;
    return stop;
}

// --- Going back ------------------------------------------------------------------------------------------------------

// A thread that interrupts the run meanwhile gets what it wants: the machine stops, soon, at the place.
static bool run_to(struct timeline *timeline, uint64_t instructions)
{
    const struct loop *loop = loop_of(timeline);
    bool interrupted = loop->instructions < instructions;
    while (interrupted)
        interrupted =
            intact_machine_run_for(timeline->machine, instructions - loop->instructions).stop == INTACT_STOP_REQUEST;
    return loop->instructions == instructions;
}

static bool go_to(void *owner, uint64_t instructions)
{
    struct timeline *timeline = owner;
    if (timeline->incomplete || instructions < timeline->history.first ||
        instructions > timeline->frontier.instructions)
        return false;
    const struct timeline_place *place = &timeline->kept[find(timeline, instructions)];
    if (checkpoint_restore(timeline->replay, &place->checkpoint) < 0)
        return false;
    timeline->cursor = place->cursor;
    timeline->next_take = UINT64_MAX; // what follows is short, or has its snapshots
    if (instructions - loop_of(timeline)->instructions > FAR && run_to(timeline, instructions - NEAR_END))
        take(timeline);
    bool done = run_to(timeline, instructions);
    timeline->next_take = timeline->frontier.instructions + TIMELINE_INTERVAL;
    return done;
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void forget(struct timeline *timeline)
{
    while (timeline->kept_count)
        drop(timeline, timeline->kept_count - 1);
    free(timeline->entries);
}

int timeline_begin(struct timeline *timeline, struct intact_machine *machine, uint64_t bytes)
{
    struct board *board = machine->board;
    if (machine->replay.mode == REPLAY_RECORDS)
        return -EBUSY;
    *timeline = (struct timeline){ .machine = machine, .replay = &machine->replay, .bytes = bytes };
    timeline->frontier = now(timeline);
    timeline->history = (struct history){ .owner = timeline, .first = board->loop.instructions, .go_to = go_to };
    take(timeline);
    if (machine->replay.mode == REPLAY_REPEATS)
        take_journal(timeline);
    if (timeline->incomplete) {
        forget(timeline);
        return -ENOMEM;
    }
    timeline->next_take = board->loop.instructions + TIMELINE_INTERVAL;
    set_mode(timeline, false);
    if (!timeline->replays) {
        board->inbox.journal = note_message;
        board->inbox.within = note_within;
        board->inbox.journal_owner = timeline;
    }
    board->history = &timeline->history;
    return 0;
}

void timeline_free(struct timeline *timeline)
{
    struct board *board = timeline->replay->board;
    set_mode(timeline, false);
    board->inbox.journal = NULL;
    board->inbox.within = NULL;
    board->inbox.repeat_within = NULL;
    board->history = NULL;
    forget(timeline);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a lint has found: each kind once for each chip, device or source. And what it suspects: a timer that was armed for a time
// that has passed may be armed again at once.
#include <inttypes.h>
#include <stdio.h>

#include "observe/grow.h"
#include "observe/lint.h"

#define LINT_PATIENCE UINT64_C(1000000) // ns until a suspicion is a finding

static struct lint_entry *find(const struct intact_lint *lint, enum intact_lint_id id, uint64_t number)
{
    for (size_t i = 0; i < lint->count; i++)
        if (lint->entries[i].finding.id == id && lint->entries[i].number == number)
            return &lint->entries[i];
    return NULL;
}

// The last finding of a kind that has so many of them that no more are kept apart; NULL: it has not.
static struct lint_entry *last_of_many(const struct intact_lint *lint, enum intact_lint_id id)
{
    struct lint_entry *last = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < lint->count; i++) {
        if (lint->entries[i].finding.id != id)
            continue;
        last = &lint->entries[i];
        count++;
    }
    return count >= LINT_OF_KIND ? last : NULL;
}

void lint_note(struct intact_lint *lint, const struct intact_lint_finding *first, uint64_t number)
{
    struct lint_entry *entry = find(lint, first->id, number);
    if (!entry)
        entry = last_of_many(lint, first->id);
    if (entry) {
        entry->finding.count += first->count;
        return;
    }
    if (lint->count == LINT_FINDINGS)
        return;
    struct lint_entry *entries = grow(lint->entries, &lint->room, lint->count, sizeof *entries);
    if (!entries)
        return;
    lint->entries = entries;
    entry = &entries[lint->count++];
    *entry = (struct lint_entry){ .finding = *first, .number = number };
    snprintf(entry->name, sizeof entry->name, "%s", first->name);
}

struct lint_where lint_locate(const struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct lint_where where = { .cpu = event->cpu };
    if (lint->where)
        lint->where(lint->where_owner, event, &where);
    return where;
}

struct intact_lint_finding lint_describe(const struct intact_lint *lint, const struct intact_trace_event *event,
                                         enum intact_lint_id id, const char *name)
{
    struct lint_where where = lint_locate(lint, event);
    return (struct intact_lint_finding){
        .id = id,
        .cpu = where.cpu,
        .count = 1,
        .instructions = event->instructions,
        .time = event->time,
        .pc = where.pc,
        .has_pc = where.has_pc,
        .name = name,
    };
}

void lint_source_name(const struct intact_lint *lint, const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->source)
        snprintf(out, size, "%s", event->source);
    else if (event->id == INTACT_TRACE_DROP && event->cpu == INTACT_NO_CPU)
        snprintf(out, size, "a device");
    else if (event->id == INTACT_TRACE_DROP)
        snprintf(out, size, "CPU %" PRIu32, event->cpu);
    else
        snprintf(out, size, lint->config.arm ? "INTID %" PRIu64 : "vector %02" PRIX64 "h", event->a);
}

// --- Suspicions ------------------------------------------------------------------------------------------------------

static bool is_suspected(const struct intact_lint *lint, enum intact_lint_id id, uint64_t number)
{
    for (size_t i = 0; i < lint->suspicion_count; i++)
        if (lint->suspicions[i].finding.id == id && lint->suspicions[i].number == number)
            return true;
    return false;
}

void lint_suspect(struct intact_lint *lint, const struct intact_lint_finding *first, uint64_t number)
{
    if (lint->suspicion_count == LINT_SUSPICIONS || is_suspected(lint, first->id, number))
        return;
    struct lint_entry *entry = &lint->suspicions[lint->suspicion_count++];
    *entry = (struct lint_entry){ .finding = *first, .number = number };
    snprintf(entry->name, sizeof entry->name, "%s", first->name);
}

static void forget(struct intact_lint *lint, size_t index)
{
    lint->suspicions[index] = lint->suspicions[--lint->suspicion_count];
}

void lint_trust(struct intact_lint *lint, enum intact_lint_id id, uint64_t number)
{
    for (size_t i = lint->suspicion_count; i-- > 0;)
        if (lint->suspicions[i].finding.id == id && lint->suspicions[i].number == number)
            forget(lint, i);
}

void lint_confirm(struct intact_lint *lint, uint64_t time)
{
    for (size_t i = lint->suspicion_count; i-- > 0;) {
        struct lint_entry entry = lint->suspicions[i];
        if (entry.finding.time <= time && time - entry.finding.time < LINT_PATIENCE)
            continue;
        forget(lint, i);
        entry.finding.name = entry.name;
        if (entry.finding.time <= time && lint->machine->holds(lint->where_owner, entry.finding.id, entry.number))
            lint_note(lint, &entry.finding, entry.number);
    }
}

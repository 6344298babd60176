// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A lint, as a public object: an observer that keeps what the guest does wrong. See <intact/lint.h>.
//
//     MISTAKE, DROP ----------------------------------------------------> lint_note.c
//     TAKE, ACK --> served, until EOI; for too long: lint_check ---------->
//               --> levels: how often the same raise was taken ---------->
//     any event --> the machine (machine/lint.c) ------------------------->
#include "observe/lint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "observe/chips.h"
#include "observe/grow.h"

static const struct intact_lint_config default_config = { .size = sizeof default_config,
                                                          .service = 10000000,
                                                          .storm = 1000 };

void intact_lint_config_defaults(struct intact_lint_config *config, size_t size)
{
    sized_give(config, size, &default_config, sizeof default_config);
}

#define SERVED_BY_PIC  UINT64_C(0xffffffff)          // in place of a CPU
#define SLAVE_EOI_DONE (SERVED_BY_PIC << 32 | 0x100) // waits for the second EOI, that of the master

// --- Mistakes and drops -----------------------------------------------------------------------------------------------

// An EOI with nothing in service at an 8259A while the local APIC has something, or the other way round.
static bool is_for_other_chip(const struct intact_lint *lint, enum intact_lint_id id, uint32_t cpu)
{
    bool pic = id == INTACT_LINT_PIC_EOI;
    if ((pic && cpu == INTACT_NO_CPU) || (!pic && id != INTACT_LINT_LAPIC_EOI))
        return false;
    for (size_t i = 0; i < lint->served_count; i++)
        if (lint->served[i].number >> 32 == (pic ? cpu : SERVED_BY_PIC))
            return true;
    return false;
}

static void mistake(struct intact_lint *lint, const struct intact_trace_event *event)
{
    char name[LINT_NAME];
    enum intact_lint_id id = lint_of_mistake(event);
    uint64_t cpu = event->a < INTACT_CHIP_DEVICE && event->cpu != INTACT_NO_CPU ? event->cpu + UINT64_C(1) : 0;
    if (id == INTACT_LINT_IDS)
        return;
    chip_name(event, event->a, name, sizeof name);
    if (event->a >= INTACT_CHIP_DEVICE && strchr(name, '.')) // "edu.0/irq" is a part of edu.0
        name[strcspn(name, "/")] = 0;
    struct intact_lint_finding finding = lint_describe(lint, event, id, name);
    finding.value = event->c;
    if (is_for_other_chip(lint, id, finding.cpu))
        finding.id = INTACT_LINT_EOI_WRONG_CHIP;
    lint_note(lint, &finding, event->a << 32 | cpu);
}

// A message that the chips have dropped is dropped by its routing too.
static void drop(struct intact_lint *lint, const struct intact_trace_event *event)
{
    char name[LINT_NAME];
    enum intact_lint_id id = lint_of_drop(event);
    bool again = id == INTACT_LINT_NO_RECEIVER && event->cause && lint->dropped_cause == event->cause &&
                 lint->dropped_at == event->instructions;
    lint->dropped_cause = event->cause;
    lint->dropped_at = event->instructions;
    if (id == INTACT_LINT_IDS || again)
        return;
    lint_source_name(lint, event, name, sizeof name);
    struct intact_lint_finding finding = lint_describe(lint, event, id, name);
    finding.value = event->b;
    lint_note(lint, &finding, event->b);
}

// --- In service ------------------------------------------------------------------------------------------------------
//
// On x86 a vector is either the local APIC's or an 8259A's, and gets its EOI there. An interrupt without a cause was raised
// before the lint began, or is a spurious one: it is not followed.

static uint64_t served_number(uint64_t cpu, uint64_t interrupt)
{
    return cpu << 32 | interrupt;
}

static struct lint_served *find_served(const struct intact_lint *lint, uint64_t number)
{
    for (size_t i = 0; i < lint->served_count; i++)
        if (lint->served[i].number == number)
            return &lint->served[i];
    return NULL;
}

static struct lint_served *add_served(struct intact_lint *lint, uint64_t number)
{
    struct lint_served *served = find_served(lint, number);
    if (served || lint->served_count == LINT_SERVED)
        return served;
    struct lint_served *all = grow(lint->served, &lint->served_room, lint->served_count, sizeof *all);
    if (!all)
        return NULL;
    lint->served = all;
    return &all[lint->served_count++];
}

// One that is in service already was ended in another way: its controller was initialised again.
static void begin_service(struct intact_lint *lint, const struct intact_trace_event *event, uint64_t number,
                          const char *name)
{
    struct lint_served *served = add_served(lint, number);
    if (!served)
        return;
    *served =
        (struct lint_served){ .number = number, .first = lint_describe(lint, event, INTACT_LINT_EOI_MISSING, NULL) };
    snprintf(served->name, sizeof served->name, "%s", name);
    if (lint->due == UINT64_MAX)
        lint->due = event->instructions + lint->config.service;
}

static bool end_service(struct intact_lint *lint, uint64_t number)
{
    struct lint_served *served = find_served(lint, number);
    if (!served)
        return false;
    *served = lint->served[--lint->served_count];
    return true;
}

void lint_reset(struct intact_lint *lint)
{
    lint->served_count = 0;
}

void lint_check(struct intact_lint *lint, uint64_t instructions)
{
    lint->now = instructions;
    lint->due = UINT64_MAX;
    for (size_t i = 0; i < lint->served_count; i++) {
        struct lint_served *served = &lint->served[i];
        uint64_t begun = served->first.instructions;
        if (served->told || begun > instructions) // the machine has gone back
            continue;
        if (instructions - begun >= lint->config.service) {
            served->told = true;
            served->first.value = instructions - begun;
            served->first.name = served->name;
            lint_note(lint, &served->first, served->number);
        } else if (begun + lint->config.service < lint->due) {
            lint->due = begun + lint->config.service;
        }
    }
}

// --- Taken -----------------------------------------------------------------------------------------------------------

// All takes of a level that stays up belong to one raise.
static void count_take(struct intact_lint *lint, const struct intact_trace_event *event, const char *name)
{
    struct lint_level *level = &lint->levels[event->cause % LINT_LEVELS];
    if (level->cause != event->cause)
        *level = (struct lint_level){ .cause = event->cause };
    if (++level->taken < lint->config.storm)
        return;
    char both[LINT_NAME];
    bool shared = lint->machine && lint->machine->shared(lint->where_owner, event, both, sizeof both);
    struct intact_lint_finding finding =
        lint_describe(lint, event, shared ? INTACT_LINT_SHARED_LINE : INTACT_LINT_STORM, shared ? both : name);
    finding.value = lint->config.storm;
    lint_note(lint, &finding, event->a);
}

static bool was_accepted(struct intact_lint *lint, const struct intact_trace_event *event)
{
    uint64_t *word, bit = UINT64_C(1) << event->a % 64;
    if (event->cpu >= lint->cpus || event->a > 0xff)
        return false;
    word = &lint->accepted[event->cpu][event->a / 64];
    bool accepted = *word & bit;
    *word &= ~bit;
    return accepted;
}

// Vector 2 is the NMI.
static void check_vector(struct intact_lint *lint, const struct intact_trace_event *event, const char *name)
{
    if (event->a >= 32 || event->a == 2 || !lint->where || lint_locate(lint, event).real_mode)
        return;
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_X86_EXCEPTION_VECTOR, name);
    finding.value = event->a;
    lint_note(lint, &finding, event->a);
}

// An 8259A with AEOI has ended it already.
static void take(struct intact_lint *lint, const struct intact_trace_event *event)
{
    char name[LINT_NAME];
    bool lapic = was_accepted(lint, event);
    bool ended = lint->pic_ended == event->a && lint->pic_ended_at == event->instructions;
    if (!event->cause || (!lapic && event->a == 2))
        return;
    lint_source_name(lint, event, name, sizeof name);
    count_take(lint, event, name);
    check_vector(lint, event, name);
    if (lapic)
        begin_service(lint, event, served_number(event->cpu, event->a), name);
    else if (!ended)
        begin_service(lint, event, served_number(SERVED_BY_PIC, event->a), name);
}

static void acknowledge(struct intact_lint *lint, const struct intact_trace_event *event)
{
    char name[LINT_NAME];
    if (!event->cause)
        return;
    lint_source_name(lint, event, name, sizeof name);
    count_take(lint, event, name);
    begin_service(lint, event, served_number(event->cpu, event->a), name);
}

// Only fixed and lowest priority have a vector of their own.
static void accept(struct intact_lint *lint, const struct intact_trace_event *event)
{
    if (lint->config.arm || (event->b & 7) > 1 || event->a > 0xff || event->cpu >= LINT_CPUS)
        return;
    if (event->cpu >= lint->cpus) {
        uint64_t(*more)[4] = realloc(lint->accepted, (event->cpu + UINT64_C(1)) * sizeof *more);
        if (!more)
            return;
        memset(more + lint->cpus, 0, (event->cpu + 1 - lint->cpus) * sizeof *more);
        lint->accepted = more;
        lint->cpus = event->cpu + 1;
    }
    lint->accepted[event->cpu][event->a / 64] |= UINT64_C(1) << event->a % 64;
}

// An interrupt of the slave has two EOIs, in either order; the one for the master is that of its pin 2.
static void end_at_pic(struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct lint_served *served = find_served(lint, served_number(SERVED_BY_PIC, event->a));
    bool both = served && lint->cascade_ended > served->first.instructions;
    lint->pic_ended = event->a;
    lint->pic_ended_at = event->instructions;
    if (event->c == 2) {
        lint->cascade_ended = event->instructions + 1;
        end_service(lint, SLAVE_EOI_DONE);
    } else if (event->c >= 8 && served && !both && !find_served(lint, SLAVE_EOI_DONE)) {
        begin_service(lint, event, SLAVE_EOI_DONE, "the slave at pin 2 of the master 8259A");
    }
    end_service(lint, served_number(SERVED_BY_PIC, event->a));
}

static void end(struct intact_lint *lint, const struct intact_trace_event *event)
{
    if (event->b == INTACT_CHIP_LAPIC || event->b == INTACT_CHIP_GIC_CPU)
        end_service(lint, served_number(event->cpu, event->a));
    else if (event->b == INTACT_CHIP_PIC)
        end_at_pic(lint, event);
}

// --- The observer ----------------------------------------------------------------------------------------------------

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct intact_lint *lint = owner;
    lint->now = event->instructions;
    if (event->instructions >= lint->due)
        lint_check(lint, event->instructions);
    lint_confirm(lint, event->time);
    switch (event->id) {
    case INTACT_TRACE_MISTAKE: mistake(lint, event); break;
    case INTACT_TRACE_DROP: drop(lint, event); break;
    case INTACT_TRACE_ACCEPT: accept(lint, event); break;
    case INTACT_TRACE_ACK: acknowledge(lint, event); break;
    case INTACT_TRACE_EOI: end(lint, event); break;
    case INTACT_TRACE_TAKE:
        if (!lint->config.arm)
            take(lint, event);
        break;
    default: break;
    }
    if (lint->machine)
        lint->machine->hear(lint->where_owner, event);
}

int intact_lint_create(const struct intact_lint_config *given, struct intact_lint **lint)
{
    struct intact_lint_config config = default_config;
    *lint = NULL;
    if ((given && !sized_take(&config, sizeof config, given)) || !config.service || !config.storm)
        return -EINVAL;
    struct intact_lint *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->config = config;
    made->due = UINT64_MAX;
    made->pic_ended_at = UINT64_MAX;
    intact_trace_observer_init(&made->observer,
                               INTACT_TRACE_BIT(INTACT_TRACE_MISTAKE) | INTACT_TRACE_BIT(INTACT_TRACE_DROP) |
                                   INTACT_TRACE_BIT(INTACT_TRACE_ACCEPT) | INTACT_TRACE_BIT(INTACT_TRACE_ACK) |
                                   INTACT_TRACE_BIT(INTACT_TRACE_EOI) | INTACT_TRACE_BIT(INTACT_TRACE_TAKE),
                               hear, made);
    *lint = made;
    return 0;
}

void intact_lint_destroy(struct intact_lint *lint)
{
    if (!lint)
        return;
    intact_trace_observer_remove(&lint->observer);
    free(lint->entries);
    free(lint->served);
    free(lint->accepted);
    free(lint);
}

struct intact_trace_observer *intact_lint_observer(struct intact_lint *lint)
{
    return &lint->observer;
}

size_t intact_lint_each(struct intact_lint *lint, void (*each)(void *owner, const struct intact_lint_finding *finding),
                        void *owner)
{
    lint_check(lint, lint->now);
    for (size_t i = 0; i < lint->count; i++) {
        struct intact_lint_finding finding = lint->entries[i].finding;
        finding.name = lint->entries[i].name;
        each(owner, &finding);
    }
    return lint->count;
}

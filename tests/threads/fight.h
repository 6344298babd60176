// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Eight host threads against one machine thread: they trigger, mask, update, enable, create and destroy, and write
// notifiers, while the machine thread drains and does the same. Nothing may be lost, and every trigger must be counted.
//
// A device counts its work before it triggers, and the handler of the interrupt takes the work. Work that is left at
// the end means a lost interrupt. The handler is in the program: a loop, or a real guest.
#ifndef TESTS_THREADS_FIGHT_H
#define TESTS_THREADS_FIGHT_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <intact/interrupt.h>

enum {
    FIGHT_THREADS = 8,
    FIGHT_SOURCES = 64,
    FIGHT_ROUNDS = 20000, // of each thread at least, and as many more as it takes until
    FIGHT_HANDLED = 2000, // interrupts were handled
    FIGHT_CREATED = 300,  // groups that the creating thread makes and destroys
    FIGHT_DEVICE = 1,     // requester of the shared group; those that come and go have 0
};

struct fight {
    struct intact_irq_manager *manager;
    uint32_t address, first_data; // where messages go, and the data of source 0; the value before it is not used
    uint32_t gsi;                 // of the level line
    struct intact_irq_group *shared, *line;
    atomic_uint work[FIGHT_SOURCES], line_work;
    atomic_uint handled; // by the machine's end
    atomic_int running, errors;
    struct fighter {
        pthread_t thread;
        struct fight *fight;
        unsigned number;
    } fighters[FIGHT_THREADS];
};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void expect_ok(struct fight *fight, int result)
{
    if (result)
        atomic_fetch_add(&fight->errors, 1);
}

static struct intact_irq_config message_of(const struct fight *fight, uint32_t source)
{
    return (struct intact_irq_config){ .type = INTACT_IRQ_MSIX,
                                       .address_low = fight->address,
                                       .data = fight->first_data + source,
                                       .device = FIGHT_DEVICE };
}

// --- Before and after ------------------------------------------------------------------------------------------------

static void fight_open(struct fight *fight)
{
    const struct intact_irq_config line = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = true };
    expect_ok(fight, intact_irq_manager_create_group(fight->manager, INTACT_IRQ_LEGACY, fight->gsi, 1, &fight->line));
    expect_ok(fight, intact_irq_group_enable(fight->line, &line));
    expect_ok(fight, intact_irq_manager_create_group(fight->manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE,
                                                     FIGHT_SOURCES, &fight->shared));
    for (uint32_t i = 0; i < FIGHT_SOURCES; i++) {
        struct intact_irq_config config = message_of(fight, i);
        expect_ok(fight, intact_irq_group_update(fight->shared, i, &config, false, false));
    }
    expect_ok(fight, intact_irq_group_enable(fight->shared, NULL));
    atomic_store(&fight->running, FIGHT_THREADS);
}

static unsigned fight_lost(struct fight *fight)
{
    unsigned lost = atomic_load(&fight->line_work) != 0;
    for (uint32_t i = 0; i < FIGHT_SOURCES; i++)
        lost += atomic_load(&fight->work[i]) != 0 || intact_irq_group_pending(fight->shared, i) != 0;
    return lost;
}

static void fight_unmask(struct fight *fight)
{
    for (uint32_t i = 0; i < FIGHT_SOURCES; i++)
        expect_ok(fight, intact_irq_group_unmask(fight->shared, i));
}

// Machine thread. Prints what happened; the exit status of the program.
static int fight_close(struct fight *fight, unsigned lost)
{
    struct intact_irq_counts c;
    intact_irq_manager_destroy_group(fight->manager, fight->shared);
    intact_irq_manager_destroy_group(fight->manager, fight->line);
    intact_irq_manager_poll(fight->manager, 0);
    intact_irq_manager_counts(fight->manager, &c);
    int errors = atomic_load(&fight->errors);
    unsigned handled = atomic_load(&fight->handled);
    printf("lost %u, errors %d, triggered %llu = delivered %llu + coalesced %llu + dropped %llu + abandoned %llu; "
           "handled %u\n",
           lost, errors, (unsigned long long)c.triggered, (unsigned long long)c.delivered,
           (unsigned long long)c.coalesced, (unsigned long long)c.dropped, (unsigned long long)c.abandoned, handled);
    bool adds_up = c.triggered == c.delivered + c.coalesced + c.dropped + c.abandoned;
    return lost || errors || c.dropped || !adds_up || handled > c.delivered;
}

// --- What any thread does --------------------------------------------------------------------------------------------

// Refused while another thread has the group disabled: the device then keeps its work, and tries again.
static void trigger_at_random(struct fight *fight, uint32_t *random, void (*refused)(struct fight *fight))
{
    uint32_t source = next_random(random) % FIGHT_SOURCES;
    atomic_fetch_add(&fight->work[source], 1);
    while (intact_irq_group_trigger(fight->shared, source) == INTACT_IRQ_NOT_ENABLED)
        refused(fight);
}

static void configure_at_random(struct fight *fight, uint32_t *random)
{
    uint32_t source = next_random(random) % (FIGHT_SOURCES - 1);
    struct intact_irq_config one = message_of(fight, source), two = message_of(fight, source + 1);
    switch (next_random(random) % 6) {
    case 0: expect_ok(fight, intact_irq_group_mask(fight->shared, source)); break;
    case 1: expect_ok(fight, intact_irq_group_unmask(fight->shared, source)); break;
    case 2:
        expect_ok(fight, intact_irq_group_update(fight->shared, source, &one, false, false));
        expect_ok(fight, intact_irq_group_update(fight->shared, source + 1, &two, false, false));
        expect_ok(fight, intact_irq_group_set_gsi(fight->shared));
        break;
    case 3:
        expect_ok(fight, intact_irq_group_disable(fight->shared));
        expect_ok(fight, intact_irq_group_enable(fight->shared, NULL));
        break;
    default: expect_ok(fight, intact_irq_group_pending(fight->shared, source) < 0); break;
    }
}

// --- The eight -------------------------------------------------------------------------------------------------------

static void let_others_run(struct fight *fight)
{
    (void)fight;
    sched_yield();
}

static void come_and_go(struct fight *fight, uint32_t *random)
{
    struct intact_irq_group *group;
    uint32_t count = 1 + next_random(random) % 16;
    int result = intact_irq_manager_create_group(fight->manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, count, &group);
    expect_ok(fight, result);
    if (result)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct intact_irq_config config = message_of(fight, 0);
        config.data = fight->first_data - 1;
        config.device = 0;
        expect_ok(fight, intact_irq_group_update(group, i, &config, i & 1, false));
    }
    expect_ok(fight, intact_irq_group_enable(group, NULL));
    for (uint32_t i = 0; i < count * 4; i++)
        expect_ok(fight, intact_irq_group_trigger(group, i % count));
    intact_irq_manager_destroy_group(fight->manager, group);
}

static void signal_at_random(struct fight *fight, uint32_t *random)
{
    struct intact_irq_notifier *notifier = NULL;
    uint32_t source = next_random(random) % FIGHT_SOURCES;
    expect_ok(fight, intact_irq_group_notifier(fight->shared, source, &notifier));
    atomic_fetch_add(&fight->work[source], 1);
    if (notifier)
        expect_ok(fight, intact_irq_notifier_signal(notifier));
}

// The rounds beyond FIGHT_ROUNDS: the machine thread, one of nine, is behind. On a busy host it would have a ninth of the
// program's time only, and the more the others trigger the longer it lasts.
static void let_machine_catch_up(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static void *fight_on(void *argument)
{
    const struct fighter *fighter = argument;
    struct fight *fight = fighter->fight;
    uint32_t random = 12345 + fighter->number * 7919;
    for (unsigned i = 0; i < FIGHT_ROUNDS || atomic_load(&fight->handled) < FIGHT_HANDLED; i++) {
        if (i >= FIGHT_ROUNDS)
            let_machine_catch_up();
        switch (fighter->number) {
        case 0:
        case 1:
        case 2:
        case 3:
            trigger_at_random(fight, &random, let_others_run);
            atomic_fetch_add(&fight->line_work, 1);
            expect_ok(fight, intact_irq_group_trigger(fight->line, 0));
            break;
        case 4:
        case 5:
            if (i < FIGHT_ROUNDS) // each is a separate message: the number of changes is limited
                configure_at_random(fight, &random);
            break;
        case 6:
            if (i % (FIGHT_ROUNDS / FIGHT_CREATED) == 0 && i < FIGHT_ROUNDS)
                come_and_go(fight, &random);
            break;
        default:
            if (i % 16 == 0)
                signal_at_random(fight, &random);
            break;
        }
    }
    atomic_fetch_sub(&fight->running, 1);
    return NULL;
}

static void fight_begin(struct fight *fight)
{
    for (unsigned i = 0; i < FIGHT_THREADS; i++) {
        fight->fighters[i] = (struct fighter){ .fight = fight, .number = i };
        pthread_create(&fight->fighters[i].thread, NULL, fight_on, &fight->fighters[i]);
    }
}

static void fight_join(struct fight *fight)
{
    for (unsigned i = 0; i < FIGHT_THREADS; i++)
        pthread_join(fight->fighters[i].thread, NULL);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Eight host threads against one machine thread: they trigger, mask, update, enable, create and destroy, and write
// notifiers, while it drains, triggers and reconfigures. Nothing may be lost, and every trigger must be accounted for.
//
// Built with -fsanitize=thread this file is a program of its own (Criterion's runner does not start under it):
//     cmake -S . -B build-tsan -DCMAKE_C_FLAGS=-fsanitize=thread && build-tsan/tests/test-irqchip-threads
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "rig.h"

#define THREADS 8
#define SOURCES 64
#define ROUNDS  20000
#define CREATED 300 // groups that each creating thread makes and destroys

// What a device would have for its driver. The "driver" takes it when the interrupt comes; what is still there when all
// is quiet was a lost interrupt.
struct bench {
    struct rig rig;
    struct intact_irq_group *shared, *line;
    atomic_uint work[SOURCES];
    atomic_uint line_work;
    atomic_int running, errors;
    uint64_t delivered;
};

struct worker {
    pthread_t thread;
    struct bench *bench;
    unsigned number;
};

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void expect_ok(struct bench *bench, int result)
{
    if (result)
        atomic_fetch_add(&bench->errors, 1);
}

// --- The machine thread's end ----------------------------------------------------------------------------------------

// data: source of the shared group; device: 1, or 0 for groups that come and go
static bool take_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct bench *bench = owner;
    bench->delivered++;
    if (device)
        atomic_store(&bench->work[data % SOURCES], 0);
    return address == RIG_MSI;
}

static void take_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct bench *bench = owner;
    bench->rig.level[chip][pin] = level;
}

// The guest's handler of the level line: serves the device, then ends the interrupt.
static void serve_line(struct bench *bench)
{
    if (!bench->rig.level[0][10])
        return;
    atomic_store(&bench->line_work, 0);
    intact_irq_manager_eoi(bench->rig.manager, 0, 10);
}

static struct intact_irq_config message_for(uint32_t source)
{
    return (struct intact_irq_config){ .type = INTACT_IRQ_MSIX, .address_low = RIG_MSI, .data = source, .device = 1 };
}

static void act_as_machine(struct bench *bench, uint32_t *random)
{
    uint32_t source = next_random(random) % SOURCES;
    struct intact_irq_config config = message_for(source);
    switch (next_random(random) % 8) {
    case 0: intact_irq_group_mask(bench->shared, source); break;
    case 1: expect_ok(bench, intact_irq_group_unmask(bench->shared, source)); break;
    case 2: expect_ok(bench, intact_irq_group_update(bench->shared, source, &config, false, true)); break;
    default:
        atomic_fetch_add(&bench->work[source], 1);
        while (intact_irq_group_trigger(bench->shared, source) == INTACT_IRQ_NOT_ENABLED)
            intact_irq_manager_poll(bench->rig.manager, 0); // another thread is about to enable it again
        break;
    }
}

// --- The threads -----------------------------------------------------------------------------------------------------

static void trigger_at_random(struct bench *bench, uint32_t *random)
{
    uint32_t source = next_random(random) % SOURCES;
    atomic_fetch_add(&bench->work[source], 1);
    // Refused while another thread has the group disabled: the device then keeps its work, and tries again.
    while (intact_irq_group_trigger(bench->shared, source) == INTACT_IRQ_NOT_ENABLED)
        sched_yield();
    atomic_fetch_add(&bench->line_work, 1);
    expect_ok(bench, intact_irq_group_trigger(bench->line, 0));
}

static void configure_at_random(struct bench *bench, uint32_t *random)
{
    uint32_t source = next_random(random) % (SOURCES - 1);
    struct intact_irq_config one = message_for(source), two = message_for(source + 1);
    switch (next_random(random) % 6) {
    case 0: expect_ok(bench, intact_irq_group_mask(bench->shared, source)); break;
    case 1: expect_ok(bench, intact_irq_group_unmask(bench->shared, source)); break;
    case 2:
        expect_ok(bench, intact_irq_group_update(bench->shared, source, &one, false, false));
        expect_ok(bench, intact_irq_group_update(bench->shared, source + 1, &two, false, false));
        expect_ok(bench, intact_irq_group_set_gsi(bench->shared));
        break;
    case 3:
        expect_ok(bench, intact_irq_group_disable(bench->shared));
        expect_ok(bench, intact_irq_group_enable(bench->shared, NULL));
        break;
    default: expect_ok(bench, intact_irq_group_pending(bench->shared, source) < 0); break;
    }
}

static void come_and_go(struct bench *bench, uint32_t *random)
{
    struct intact_irq_group *group;
    uint32_t count = 1 + next_random(random) % 16;
    int result =
        intact_irq_manager_create_group(bench->rig.manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, count, &group);
    expect_ok(bench, result);
    if (result)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct intact_irq_config config = { .type = INTACT_IRQ_MSIX, .address_low = RIG_MSI, .data = i };
        expect_ok(bench, intact_irq_group_update(group, i, &config, i & 1, false));
    }
    expect_ok(bench, intact_irq_group_enable(group, NULL));
    for (uint32_t i = 0; i < count * 4; i++)
        expect_ok(bench, intact_irq_group_trigger(group, i % count));
    intact_irq_manager_destroy_group(bench->rig.manager, group);
}

static void signal_at_random(struct bench *bench, uint32_t *random)
{
    struct intact_irq_notifier *notifier = NULL;
    uint32_t source = next_random(random) % SOURCES;
    expect_ok(bench, intact_irq_group_notifier(bench->shared, source, &notifier));
    atomic_fetch_add(&bench->work[source], 1);
    if (notifier)
        expect_ok(bench, intact_irq_notifier_signal(notifier));
}

static void *work(void *argument)
{
    const struct worker *worker = argument;
    struct bench *bench = worker->bench;
    uint32_t random = 12345 + worker->number * 7919;
    for (unsigned i = 0; i < ROUNDS; i++) {
        switch (worker->number) {
        case 0:
        case 1:
        case 2:
        case 3: trigger_at_random(bench, &random); break;
        case 4:
        case 5: configure_at_random(bench, &random); break;
        case 6:
            if (i % (ROUNDS / CREATED) == 0)
                come_and_go(bench, &random);
            break;
        default:
            if (i % 16 == 0)
                signal_at_random(bench, &random);
            break;
        }
    }
    atomic_fetch_sub(&bench->running, 1);
    return NULL;
}

// --- The whole -------------------------------------------------------------------------------------------------------

static void open_bench(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    const struct intact_irq_output output = { .pin = take_pin, .message = take_message, .owner = bench };
    intact_irq_manager_create(&output, &bench->rig.manager);
    intact_irq_manager_add_chip(bench->rig.manager, 0, 24);
    intact_irq_manager_route(bench->rig.manager, 10, 0, 10);
    bench->line = rig_legacy(&bench->rig, true);
    bench->shared = rig_group(&bench->rig, INTACT_IRQ_MSIX, SOURCES);
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct intact_irq_config config = message_for(i);
        intact_irq_group_update(bench->shared, i, &config, false, false);
    }
    intact_irq_group_enable(bench->shared, NULL);
    atomic_store(&bench->running, THREADS);
}

static void run_machine(struct bench *bench)
{
    uint32_t random = 99;
    uint64_t now = 0;
    while (atomic_load(&bench->running)) {
        intact_irq_manager_poll(bench->rig.manager, now++);
        for (int i = 0; i < 16; i++)
            act_as_machine(bench, &random);
        serve_line(bench);
    }
}

static unsigned count_lost(struct bench *bench)
{
    unsigned lost = atomic_load(&bench->line_work) != 0;
    for (uint32_t i = 0; i < SOURCES; i++)
        lost += atomic_load(&bench->work[i]) != 0 || intact_irq_group_pending(bench->shared, i) != 0;
    return lost;
}

// Everything is let out; what notifiers still hold comes in.
static void quiesce(struct bench *bench)
{
    intact_irq_manager_poll(bench->rig.manager, 0);
    for (uint32_t i = 0; i < SOURCES; i++)
        expect_ok(bench, intact_irq_group_unmask(bench->shared, i));
    for (int i = 0; i < 100 && (i == 0 || count_lost(bench)); i++) {
        intact_irq_manager_wait(bench->rig.manager, 100000000);
        intact_irq_manager_poll(bench->rig.manager, 0);
        while (bench->rig.level[0][10])
            serve_line(bench);
    }
}

struct verdict {
    unsigned lost;
    int errors;
    struct intact_irq_counts counts;
    uint64_t delivered;
};

static struct verdict fight(void)
{
    static struct bench bench;
    struct worker workers[THREADS];
    struct verdict verdict;
    open_bench(&bench);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .bench = &bench, .number = i };
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    run_machine(&bench);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    quiesce(&bench);
    verdict.lost = count_lost(&bench);
    verdict.errors = atomic_load(&bench.errors);
    intact_irq_manager_destroy_group(bench.rig.manager, bench.shared);
    intact_irq_manager_destroy_group(bench.rig.manager, bench.line);
    intact_irq_manager_poll(bench.rig.manager, 0);
    intact_irq_manager_counts(bench.rig.manager, &verdict.counts);
    verdict.delivered = bench.delivered;
    verdict.errors += intact_irq_manager_destroy(bench.rig.manager) != INTACT_IRQ_OK;
    return verdict;
}

static bool adds_up(const struct intact_irq_counts *c)
{
    return c->triggered == c->delivered + c->coalesced + c->dropped + c->abandoned;
}

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER
#endif
#endif

#ifdef THREAD_SANITIZER
int main(void)
{
    struct verdict v = fight();
    printf("lost %u, errors %d, triggered %llu, delivered %llu, coalesced %llu, dropped %llu, abandoned %llu\n", v.lost,
           v.errors, (unsigned long long)v.counts.triggered, (unsigned long long)v.counts.delivered,
           (unsigned long long)v.counts.coalesced, (unsigned long long)v.counts.dropped,
           (unsigned long long)v.counts.abandoned);
    return v.lost || v.errors || !adds_up(&v.counts);
}
#else
Test(threads, eight_threads_lose_no_interrupt_and_every_trigger_is_accounted_for, .timeout = 300)
{
    struct verdict v = fight();
    cr_expect_eq(v.errors, 0, "%d calls failed", v.errors);
    cr_expect_eq(v.lost, 0, "%u sources have work that nobody was told of", v.lost);
    cr_expect(adds_up(&v.counts), "triggered %llu, delivered %llu, coalesced %llu, dropped %llu, abandoned %llu",
              (unsigned long long)v.counts.triggered, (unsigned long long)v.counts.delivered,
              (unsigned long long)v.counts.coalesced, (unsigned long long)v.counts.dropped,
              (unsigned long long)v.counts.abandoned);
    cr_expect_eq(v.counts.dropped, 0);
    cr_expect_gt(v.counts.delivered, 1000);
    cr_expect_leq(v.delivered, v.counts.delivered, "messages are a part of what was delivered");
}
#endif

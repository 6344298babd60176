// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inbox: order, stamps, journal and replay, batches, sleeping, and many threads posting at once.
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "base/inbox.h"
#include "starve.h"

#define POSTERS 8
#define POSTS   20000

struct seen {
    struct inbox *inbox;
    uint64_t a[64], now[64];
    unsigned count;
    unsigned refused; // accept says no to a == this
    uint64_t journal[64], instructions;
    unsigned journalled;
};

static bool accept(void *owner, struct inbox_message *m)
{
    struct seen *seen = owner;
    m->b = m->a * 2; // completed on arrival
    return m->a != seen->refused;
}

static void handle(void *owner, const struct inbox_message *m, uint64_t now)
{
    struct seen *seen = owner;
    seen->a[seen->count] = m->a;
    seen->now[seen->count++] = now;
}

static void journal(void *owner, const struct inbox_message *m, uint64_t now, uint64_t instructions)
{
    struct seen *seen = owner;
    (void)now;
    seen->journal[seen->journalled++] = m->b;
    seen->instructions = instructions;
}

static void open_inbox(struct inbox *inbox, struct seen *seen)
{
    *seen = (struct seen){ .inbox = inbox, .refused = UINT32_MAX };
    cr_assert_eq(inbox_init(inbox), 0);
    cr_assert_eq(inbox_register(inbox, &(struct inbox_channel){ "test", accept, handle, seen }), 0);
    inbox->journal = journal;
    inbox->journal_owner = seen;
}

static void swallow(void *owner, const struct inbox_message *m, uint64_t now)
{
    (void)owner, (void)m, (void)now;
}

static void post(struct inbox *inbox, uint64_t a)
{
    cr_assert_eq(inbox_post(inbox, &(struct inbox_message){ .a = a }, 1), 0);
}

Test(inbox, messages_come_out_in_the_order_they_were_posted)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    cr_expect(inbox_empty(&inbox));
    for (uint64_t i = 0; i < 50; i++)
        post(&inbox, i);
    cr_expect_not(inbox_empty(&inbox));
    cr_expect_eq(seen.count, 0, "nothing is handled before the drain");
    cr_expect_eq(inbox_drain(&inbox, 7, 70), 50);
    for (uint64_t i = 0; i < 50; i++)
        cr_expect_eq(seen.a[i], i);
    cr_expect(inbox_empty(&inbox));
    cr_expect_eq(inbox_drain(&inbox, 8, 80), 0);
    inbox_destroy(&inbox);
}

Test(inbox, every_message_carries_the_stamp_of_its_drain)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    post(&inbox, 1);
    inbox_drain(&inbox, 100, 1000);
    post(&inbox, 2);
    inbox_drain(&inbox, 200, 2000);
    cr_expect_eq(seen.now[0], 100);
    cr_expect_eq(seen.now[1], 200);
    cr_expect_eq(seen.instructions, 2000);
    cr_expect_eq(inbox.drained, 2);
    inbox_destroy(&inbox);
}

Test(inbox, the_journal_sees_a_message_after_accept_completed_it_and_not_when_it_was_refused)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    seen.refused = 5;
    post(&inbox, 4);
    post(&inbox, 5);
    post(&inbox, 6);
    cr_expect_eq(inbox_drain(&inbox, 0, 0), 2);
    cr_expect_eq(seen.journalled, 2);
    cr_expect_eq(seen.journal[0], 8);
    cr_expect_eq(seen.journal[1], 12);
    cr_expect_eq(seen.count, 2);
    inbox_destroy(&inbox);
}

Test(inbox, a_replayed_message_is_handled_and_not_journalled_again)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    inbox_replay(&inbox, &(struct inbox_message){ .a = 9 }, 33);
    cr_expect_eq(seen.count, 1);
    cr_expect_eq(seen.a[0], 9);
    cr_expect_eq(seen.now[0], 33);
    cr_expect_eq(seen.journalled, 0);
    inbox_destroy(&inbox);
}

static void post_from_handler(void *owner, const struct inbox_message *m, uint64_t now)
{
    struct seen *seen = owner;
    handle(owner, m, now);
    if (m->a < 3)
        post(seen->inbox, m->a + 1);
}

Test(inbox, what_a_handler_posts_waits_for_the_next_drain)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    inbox.channels[0].handle = post_from_handler;
    post(&inbox, 2);
    cr_expect_eq(inbox_drain(&inbox, 0, 0), 1);
    cr_expect_eq(inbox_drain(&inbox, 0, 0), 1);
    cr_expect_eq(inbox_drain(&inbox, 0, 0), 0);
    inbox_destroy(&inbox);
}

Test(inbox, messages_for_the_guest_that_were_held_come_first_when_they_are_held_no_more)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    inbox.holds = true;
    post(&inbox, 1);
    cr_assert_eq(inbox_drain(&inbox, 0, 0), 0);
    post(&inbox, 2);
    cr_assert_eq(inbox_drain(&inbox, 0, 0), 0);
    cr_assert(inbox_empty(&inbox), "what is held is no reason to drain");
    inbox.holds = false;
    post(&inbox, 3);
    cr_assert_eq(inbox_drain(&inbox, 7, 0), 3);
    for (unsigned i = 0; i < 3; i++)
        cr_expect_eq(seen.a[i], i + 1);
    cr_assert(inbox_empty(&inbox));
    inbox_destroy(&inbox);
}

Test(inbox, channels_are_numbered_in_order_until_they_run_out)
{
    struct inbox inbox;
    cr_assert_eq(inbox_init(&inbox), 0);
    for (int i = 0; i < INBOX_CHANNEL_LIMIT; i++)
        cr_expect_eq(inbox_register(&inbox, &(struct inbox_channel){ "c" }), i);
    cr_expect_eq(inbox_register(&inbox, &(struct inbox_channel){ "c" }), -ENOSPC);
    inbox_destroy(&inbox);
}

Test(inbox, nodes_are_used_again)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    for (int round = 0; round < 1000; round++) {
        for (uint64_t i = 0; i < 40; i++)
            post(&inbox, i);
        seen.count = seen.journalled = 0;
        cr_expect_eq(inbox_drain(&inbox, 0, 0), 40);
    }
    unsigned spare = 0;
    for (struct inbox_node *n = atomic_load(&inbox.spare); n; n = n->next)
        spare++;
    for (struct inbox_node *n = inbox.free; n; n = n->next)
        spare++;
    cr_expect_leq(spare, 128, "40000 messages went through two chunks of 64 nodes");
    inbox_destroy(&inbox);
}

// Nodes that there are, wherever they are. Nothing is being drained.
static unsigned count_nodes(const struct inbox *inbox)
{
    unsigned count = 0;
    for (struct inbox_node *n = atomic_load(&inbox->spare); n; n = n->next)
        count++;
    for (struct inbox_node *n = inbox->free; n; n = n->next)
        count++;
    for (struct inbox_node *n = atomic_load(&inbox->arrived); n; n = n->next)
        count += !n->owned;
    return count;
}

Test(inbox, memory_is_at_most_what_ever_waited)
{
    static const unsigned waiting[] = { 1, 64, 5, 63, 100, 128, 129, 1, 192, 60, 190, 193, 7 };
    struct inbox inbox;
    unsigned most = 0;
    cr_assert_eq(inbox_init(&inbox), 0);
    inbox_register(&inbox, &(struct inbox_channel){ "sink", NULL, swallow, NULL });
    for (unsigned round = 0; round < 50; round++)
        for (unsigned i = 0; i < countof(waiting); i++) {
            most = waiting[i] > most ? waiting[i] : most;
            for (unsigned k = 0; k < waiting[i]; k++)
                post(&inbox, k);
            cr_assert_eq(count_nodes(&inbox), (most + 63) / 64 * 64, "%u nodes for %u", count_nodes(&inbox), most);
            cr_assert_eq(inbox_drain(&inbox, 0, 0), waiting[i]);
            cr_assert_eq(count_nodes(&inbox), (most + 63) / 64 * 64, "none is lost");
        }
    inbox_destroy(&inbox);
}

#ifdef CAN_STARVE

// A batch is posted as a whole or not at all; what it had taken by then is free again.
Test(inbox, a_batch_that_finds_no_memory_leaves_the_nodes_as_they_were)
{
    static struct inbox_message messages[65];
    struct inbox inbox;
    struct rlimit before;
    cr_assert_eq(inbox_init(&inbox), 0);
    inbox_register(&inbox, &(struct inbox_channel){ "sink", NULL, swallow, NULL });
    post(&inbox, 1);
    cr_assert_eq(inbox_drain(&inbox, 0, 0), 1);
    struct starve_block *taken = use_up_memory(&before);
    int result = inbox_post(&inbox, messages, 65);
    unsigned nodes = count_nodes(&inbox), waiting = inbox_drain(&inbox, 0, 0);
    int fits = inbox_post(&inbox, messages, 64);
    give_memory_back(taken, &before);
    cr_assert_eq(result, -ENOMEM);
    cr_assert_eq(nodes, 64);
    cr_assert_eq(waiting, 0);
    cr_assert_eq(fits, 0);
    cr_assert_eq(inbox_drain(&inbox, 0, 0), 64);
    inbox_destroy(&inbox);
}

#endif

struct again {
    struct inbox *inbox;
    struct inbox_node node;
    unsigned left;
};

static void post_own_again(void *owner, const struct inbox_message *m, uint64_t now)
{
    struct again *again = owner;
    (void)now;
    cr_expect_eq(m->a, 77);
    memset(&again->node, 0xff, sizeof again->node); // from now on it is ours
    again->node = (struct inbox_node){ .message = { .a = 77 } };
    if (again->left && again->left--)
        inbox_post_node(again->inbox, &again->node);
}

Test(inbox, a_node_of_the_posters_own_takes_no_other_and_is_his_again_when_it_is_handled)
{
    struct inbox inbox;
    struct again again = { .inbox = &inbox, .node = { .message = { .a = 77 } }, .left = 10 };
    cr_assert_eq(inbox_init(&inbox), 0);
    inbox_register(&inbox, &(struct inbox_channel){ "again", NULL, post_own_again, &again });
    inbox_post_node(&inbox, &again.node);
    for (unsigned i = 0; i <= 10; i++)
        cr_expect_eq(inbox_drain(&inbox, 0, 0), 1);
    cr_expect_eq(inbox_drain(&inbox, 0, 0), 0);
    cr_expect_null(inbox.chunks, "no memory was asked for");
    inbox_destroy(&inbox);
}

Test(inbox, own_nodes_and_others_come_out_in_the_order_they_were_posted)
{
    struct inbox inbox;
    struct seen seen;
    struct inbox_node own[2] = { { .message = { .a = 1 } }, { .message = { .a = 3 } } };
    open_inbox(&inbox, &seen);
    for (unsigned round = 0; round < 3; round++) {
        seen.count = seen.journalled = 0;
        post(&inbox, 0);
        inbox_post_node(&inbox, &own[0]);
        post(&inbox, 2);
        inbox_post_node(&inbox, &own[1]);
        cr_expect_eq(inbox_drain(&inbox, 0, 0), 4);
        for (uint64_t i = 0; i < 4; i++)
            cr_expect_eq(seen.a[i], i);
    }
    cr_expect_eq(count_nodes(&inbox), 64);
    inbox_destroy(&inbox);
}

static void *ask_whether_machine(void *argument)
{
    struct inbox *inbox = argument;
    bool before = inbox_is_machine(inbox);
    inbox_adopt(inbox);
    return (void *)(uintptr_t)(!before && inbox_is_machine(inbox));
}

Test(inbox, knows_its_machine_thread)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    cr_expect(inbox_is_machine(&inbox));
    pthread_t thread;
    void *right;
    pthread_create(&thread, NULL, ask_whether_machine, &inbox);
    pthread_join(thread, &right);
    cr_expect_not_null(right);
    cr_expect_not(inbox_is_machine(&inbox));
    inbox_adopt(&inbox);
    cr_expect(inbox_is_machine(&inbox));
    inbox_destroy(&inbox);
}

// --- Sleeping ------------------------------------------------------------------------------------------------------

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

Test(inbox, a_wait_ends_at_its_timeout)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    cr_expect_not(inbox_wait(&inbox, 20000000));
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    cr_expect_geq(ns, 19000000);
    post(&inbox, 1);
    cr_expect(inbox_wait(&inbox, UINT64_MAX), "something is there already");
    inbox_destroy(&inbox);
}

static void *post_late(void *argument)
{
    pause_ms(10);
    post(argument, 1);
    return NULL;
}

static void *wake_late(void *argument)
{
    pause_ms(10);
    inbox_wake(argument);
    return NULL;
}

Test(inbox, a_post_and_a_wake_end_a_wait, .timeout = 120)
{
    struct inbox inbox;
    struct seen seen;
    open_inbox(&inbox, &seen);
    pthread_t thread;
    pthread_create(&thread, NULL, post_late, &inbox);
    cr_expect(inbox_wait(&inbox, UINT64_MAX));
    pthread_join(thread, NULL);
    inbox_drain(&inbox, 0, 0);
    pthread_create(&thread, NULL, wake_late, &inbox);
    cr_expect_not(inbox_wait(&inbox, UINT64_MAX));
    pthread_join(thread, NULL);
    inbox_destroy(&inbox);
}

// --- Threads -------------------------------------------------------------------------------------------------------

struct poster {
    pthread_t thread;
    struct inbox *inbox;
    uint64_t number;
};

struct census {
    uint64_t next[POSTERS]; // per poster: what must come next
    uint64_t pair;          // the poster of the first half of a batch, + 1
    bool wrong;
};

static void *post_many(void *argument)
{
    struct poster *p = argument;
    for (uint64_t i = 0; i < POSTS; i += 2) {
        struct inbox_message batch[2] = { { .id = 1, .a = p->number, .b = i },
                                          { .id = 2, .a = p->number, .b = i + 1 } };
        if (inbox_post(p->inbox, batch, 2))
            return argument;
    }
    return NULL;
}

static void take_census(void *owner, const struct inbox_message *m, uint64_t now)
{
    struct census *census = owner;
    (void)now;
    census->wrong |= m->b != census->next[m->a]++;
    census->wrong |= m->id == 1 ? census->pair != 0 : census->pair != m->a + 1;
    census->pair = m->id == 1 ? m->a + 1 : 0;
}

Test(inbox, eight_threads_lose_nothing_keep_their_order_and_their_batches, .timeout = 120)
{
    struct inbox inbox;
    struct census census = { .wrong = false };
    struct poster posters[POSTERS];
    cr_assert_eq(inbox_init(&inbox), 0);
    inbox_register(&inbox, &(struct inbox_channel){ "census", NULL, take_census, &census });
    for (uint64_t i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){ .inbox = &inbox, .number = i };
        pthread_create(&posters[i].thread, NULL, post_many, &posters[i]);
    }
    while (inbox.drained < POSTERS * POSTS) {
        inbox_wait(&inbox, UINT64_MAX);
        inbox_drain(&inbox, 0, 0);
        cr_assert_not(census.pair, "a batch was cut in two");
    }
    for (unsigned i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    cr_expect_not(census.wrong);
    for (unsigned i = 0; i < POSTERS; i++)
        cr_expect_eq(census.next[i], POSTS);
    inbox_destroy(&inbox);
}

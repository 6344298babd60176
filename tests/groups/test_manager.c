// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The manager: types and counts, ids, limits, create and destroy, and its groups in snapshots and replays.
#include <stdlib.h>

#include "groups/group.h"
#include "groups/ids.h"
#include "groups/manager.h"
#include "rig.h"
#include "starve.h"

static int make(struct rig *rig, enum intact_irq_type type, uint32_t base, uint32_t count,
                struct intact_irq_group **group)
{
    return intact_irq_manager_create_group(rig->manager, type, base, count, group);
}

// --- Types, counts, ids ----------------------------------------------------------------------------------------------

Test(manager, each_type_has_the_counts_its_specification_allows)
{
    struct rig rig;
    struct intact_irq_group *group;
    rig_open(&rig);
    for (uint32_t count = 0; count <= 2049; count++) {
        bool msi = count && count <= 32 && !(count & (count - 1)), msix = count && count <= 2048;
        const struct {
            enum intact_irq_type type;
            bool good;
        } cases[] = {
            { INTACT_IRQ_LEGACY, count == 1 },
            { INTACT_IRQ_MSI, msi },
            { INTACT_IRQ_MSIX, msix },
            { INTACT_IRQ_GENERIC, msix },
        };
        for (unsigned i = 0; i < 4; i++) {
            uint32_t base = cases[i].type == INTACT_IRQ_LEGACY ? 1 : INTACT_IRQ_ANY_BASE;
            int result = make(&rig, cases[i].type, base, count, &group);
            cr_expect_eq(result, cases[i].good ? INTACT_IRQ_OK : INTACT_IRQ_BAD_COUNT);
            if (result)
                continue;
            cr_expect_eq(intact_irq_group_length(group), count);
            cr_expect_eq(intact_irq_group_type(group), cases[i].type);
            cr_expect_not(intact_irq_group_enabled(group));
            intact_irq_manager_destroy_group(rig.manager, group);
            intact_irq_manager_poll(rig.manager, 0);
        }
    }
    rig_close(&rig);
}

Test(manager, an_unknown_type_is_refused)
{
    struct rig rig;
    struct intact_irq_group *group;
    rig_open(&rig);
    cr_expect_eq(make(&rig, (enum intact_irq_type)0, 100, 1, &group), INTACT_IRQ_BAD_TYPE);
    cr_expect_eq(make(&rig, (enum intact_irq_type)5, 100, 1, &group), INTACT_IRQ_BAD_TYPE);
    rig_close(&rig);
}

Test(manager, overlapping_ids_are_a_duplicate_and_neighbours_are_not)
{
    struct rig rig;
    struct intact_irq_group *a, *b, *c, *none;
    rig_open(&rig);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSIX, 1000, 10, &a), INTACT_IRQ_OK);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, 1000, 10, &none), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSI, 1009, 1, &none), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSI, 999, 2, &none), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, 990, 100, &none), INTACT_IRQ_DUPLICATE);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSI, 998, 2, &b), INTACT_IRQ_OK);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSIX, 1010, 3, &c), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, a);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSIX, 1000, 10, &a), INTACT_IRQ_OK, "its ids are free again at once");
    intact_irq_manager_destroy_group(rig.manager, b);
    intact_irq_manager_destroy_group(rig.manager, c);
    intact_irq_manager_destroy_group(rig.manager, a);
    rig_close(&rig);
}

Test(manager, a_gsi_is_shared_among_lines_but_not_with_messages)
{
    struct rig rig;
    struct intact_irq_group *a, *b, *c, *none;
    rig_open(&rig);
    cr_assert_eq(make(&rig, INTACT_IRQ_LEGACY, 10, 1, &a), INTACT_IRQ_OK);
    cr_assert_eq(make(&rig, INTACT_IRQ_LEGACY, 10, 1, &b), INTACT_IRQ_OK);
    cr_assert_eq(make(&rig, INTACT_IRQ_LEGACY, 10, 1, &c), INTACT_IRQ_OK);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSI, 8, 4, &none), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(make(&rig, INTACT_IRQ_LEGACY, 65536, 1, &none), INTACT_IRQ_INVALID);
    cr_expect_eq(make(&rig, INTACT_IRQ_LEGACY, INTACT_IRQ_ANY_BASE, 1, &none), INTACT_IRQ_INVALID);
    intact_irq_manager_destroy_group(rig.manager, b);
    intact_irq_manager_destroy_group(rig.manager, a);
    intact_irq_manager_destroy_group(rig.manager, c);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSI, 8, 4, &a), INTACT_IRQ_OK);
    cr_expect_eq(make(&rig, INTACT_IRQ_LEGACY, 10, 1, &none), INTACT_IRQ_DUPLICATE);
    intact_irq_manager_destroy_group(rig.manager, a);
    rig_close(&rig);
}

Test(manager, chooses_bases_that_are_free_and_fills_gaps)
{
    struct rig rig;
    struct intact_irq_group *g[4];
    rig_open(&rig);
    for (int i = 0; i < 3; i++)
        g[i] = rig_group(&rig, INTACT_IRQ_MSIX, 100);
    uint32_t base = intact_irq_group_base(g[0]);
    cr_expect_geq(base, 65536, "above every GSI");
    cr_expect_eq(intact_irq_group_base(g[1]), base + 100);
    intact_irq_manager_destroy_group(rig.manager, g[1]);
    g[3] = rig_group(&rig, INTACT_IRQ_MSIX, 101);
    cr_expect_eq(intact_irq_group_base(g[3]), base + 300, "it does not fit the gap");
    g[1] = rig_group(&rig, INTACT_IRQ_MSI, 32);
    cr_expect_eq(intact_irq_group_base(g[1]), base + 100);
    for (int i = 0; i < 4; i++)
        intact_irq_manager_destroy_group(rig.manager, g[i]);
    rig_close(&rig);
}

// One long group in place of the two million that would fill the ids.
Test(manager, no_base_is_chosen_beyond_32_bits)
{
    enum { LEFT = 7 };
    struct intact_irq_group most = { .type = INTACT_IRQ_MSIX,
                                     .base = 65536,
                                     .length = INTACT_IRQ_ANY_BASE - 65536 - LEFT };
    struct intact_irq_group *list[] = { &most };
    struct intact_irq_manager manager = { .groups = list, .group_count = 1, .limit = IDS_SOURCES };
    for (uint32_t count = LEFT - 1; count <= LEFT + 1; count++) {
        uint32_t base = INTACT_IRQ_ANY_BASE;
        int result = ids_choose(&manager, INTACT_IRQ_MSIX, &base, count);
        cr_expect_eq(result, count <= LEFT ? INTACT_IRQ_OK : INTACT_IRQ_OUT_OF_VECTORS);
        cr_expect_eq(base, count <= LEFT ? INTACT_IRQ_ANY_BASE - LEFT : 0);
    }
}

Test(manager, ids_end_at_32_bits)
{
    struct rig rig;
    struct intact_irq_group *group, *none;
    rig_open(&rig);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, UINT32_MAX - 3, 4, &none), INTACT_IRQ_INVALID);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, UINT32_MAX - 4, 2048, &none), INTACT_IRQ_INVALID);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, UINT32_MAX - 4, 4, &group), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(manager, a_limit_makes_vectors_run_out_and_come_back)
{
    struct rig rig;
    struct intact_irq_group *a, *b, *none;
    rig_open(&rig);
    cr_expect_eq(intact_irq_manager_set_limit(rig.manager, 0), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_manager_set_limit(rig.manager, 64), INTACT_IRQ_OK);
    a = rig_group(&rig, INTACT_IRQ_MSIX, 60);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE, 8, &none), INTACT_IRQ_OUT_OF_VECTORS);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSI, 500000, 8, &none), INTACT_IRQ_OUT_OF_VECTORS);
    cr_expect_eq(intact_irq_manager_set_limit(rig.manager, 59), INTACT_IRQ_INVALID, "more are given out already");
    b = rig_group(&rig, INTACT_IRQ_MSI, 4);
    cr_expect_eq(make(&rig, INTACT_IRQ_LEGACY, 1, 1, &none), INTACT_IRQ_OK, "a line needs no vector");
    intact_irq_manager_destroy_group(rig.manager, none);
    intact_irq_manager_destroy_group(rig.manager, a);
    cr_assert_eq(make(&rig, INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE, 8, &a), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, a);
    intact_irq_manager_destroy_group(rig.manager, b);
    rig_close(&rig);
}

Test(manager, a_thousand_groups_find_their_way)
{
    struct rig rig;
    struct intact_irq_group *groups[1000];
    rig_open(&rig);
    for (unsigned i = 0; i < 1000; i++) {
        groups[i] = rig_group(&rig, INTACT_IRQ_MSI, 32);
        rig_enable(groups[i], i * 32);
    }
    for (unsigned i = 0; i < 1000; i++)
        intact_irq_group_trigger(groups[i], i & 31);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(rig.messages[i].data, i * 32 + (i & 31), "32,000 routes: KVM has 4,096");
    for (unsigned i = 0; i < 1000; i++)
        intact_irq_manager_destroy_group(rig.manager, groups[i * 7 % 1000]);
    rig_close(&rig);
}

// --- Life ------------------------------------------------------------------------------------------------------------

Test(manager, is_not_destroyed_while_groups_exist)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSI, 1);
    cr_expect_eq(intact_irq_manager_destroy(rig.manager), INTACT_IRQ_BUSY);
    intact_irq_manager_destroy_group(rig.manager, group);
    cr_expect_eq(intact_irq_manager_destroy(rig.manager), INTACT_IRQ_OK, "retired groups go with it");
}

// A walk through all that are retired, for each of them, would take many minutes.
Test(manager, the_end_of_a_group_takes_the_same_time_however_many_end, .timeout = 60)
{
    struct rig rig;
    rig_open(&rig);
    for (int i = 0; i < 200000; i++)
        intact_irq_manager_destroy_group(rig.manager, rig_group(&rig, INTACT_IRQ_MSI, 1));
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(intact_irq_manager_destroy(rig.manager), INTACT_IRQ_OK);
}

static void ignore(void *owner, const struct inbox_message *message, uint64_t now)
{
    (void)owner, (void)message, (void)now;
}

Test(manager, is_not_made_where_the_inbox_has_no_channel_left)
{
    struct inbox inbox;
    struct route route;
    struct trace trace = { .wanted = 0 };
    struct intact_irq_manager *manager = NULL;
    cr_assert_eq(inbox_init(&inbox), 0);
    route_init(&route, &(struct route_sink){ .owner = NULL }, &trace);
    for (unsigned i = 0; i < INBOX_CHANNEL_LIMIT; i++)
        cr_assert_geq(inbox_register(&inbox, &(struct inbox_channel){ "taken", NULL, ignore, NULL }), 0);
    cr_assert_lt(manager_create(&route, &inbox, &trace, &manager), 0);
    cr_assert_null(manager);
    route_free(&route);
    inbox_destroy(&inbox);
}

Test(manager, wiring_mistakes_have_their_errors)
{
    struct rig rig;
    rig_open(&rig);
    cr_expect_eq(intact_irq_manager_add_chip(rig.manager, 0, 8), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(intact_irq_manager_add_chip(rig.manager, 256, 8), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_manager_route(rig.manager, 1, 0, 1), INTACT_IRQ_DUPLICATE);
    cr_expect_eq(intact_irq_manager_route(rig.manager, 1, 0, 24), INTACT_IRQ_NO_ROUTE);
    cr_expect_eq(intact_irq_manager_route(rig.manager, 65536, 0, 1), INTACT_IRQ_INVALID);
    rig_close(&rig);
}

Test(manager, a_devices_line_is_connected_beside_groups)
{
    struct rig rig;
    struct intact_irq_line line = { .level = false };
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    cr_expect_eq(intact_irq_manager_connect(rig.manager, 65536, &line), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_manager_connect(rig.manager, 10, &line), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_manager_connect(rig.manager, 10, &line), INTACT_IRQ_BUSY);
    intact_irq_group_set_level(group, 0, true);
    intact_irq_line_set(&line, true);
    intact_irq_group_set_level(group, 0, false);
    cr_expect(rig.level[0][10], "the line holds it");
    intact_irq_manager_disconnect(rig.manager, &line);
    cr_expect_not(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(manager, counts_go_on_when_a_group_is_gone)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *gone = rig_group(&rig, INTACT_IRQ_MSI, 2), *stays = rig_group(&rig, INTACT_IRQ_MSI, 1);
    rig_enable(gone, 0);
    rig_enable(stays, 0);
    intact_irq_group_mask(gone, 1);
    intact_irq_group_trigger(gone, 0);
    intact_irq_group_trigger(gone, 1);
    intact_irq_group_trigger(stays, 0);
    intact_irq_manager_destroy_group(rig.manager, gone);
    intact_irq_manager_poll(rig.manager, 0);
    intact_irq_manager_counts(rig.manager, &counts);
    cr_expect_eq(counts.triggered, 3);
    cr_expect_eq(counts.delivered, 2);
    cr_expect_eq(counts.abandoned, 1, "the masked one, when its group went");
    intact_irq_manager_destroy_group(rig.manager, stays);
    rig_close(&rig);
}

// --- Locks -----------------------------------------------------------------------------------------------------------

static void *trigger_first(void *group)
{
    intact_irq_group_trigger(group, 0);
    return NULL;
}

Test(manager, triggers_and_the_drain_take_no_lock_on_the_machine_thread, .timeout = 60)
{
    struct rig rig;
    pthread_t thread;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    pthread_create(&thread, NULL, trigger_first, group);
    pthread_join(thread, NULL);
    pthread_mutex_t *const locks[] = { &rig.manager->lock, &group->lock, &rig.manager->watch.lock,
                                       &rig.manager->inbox->lock };
    for (unsigned i = 0; i < 4; i++)
        pthread_mutex_lock(locks[i]); // a thread that locks one now waits for ever
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(intact_irq_manager_poll(rig.manager, 0), 1);
    for (unsigned i = 0; i < 4; i++)
        pthread_mutex_unlock(locks[i]);
    cr_expect_eq(rig.count, 2);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Snapshot and replay ---------------------------------------------------------------------------------------------

struct pair {
    struct rig rig;
    struct intact_irq_group *line, *msix;
};

static void open_pair(struct pair *pair)
{
    rig_open(&pair->rig);
    pair->line = rig_group(&pair->rig, INTACT_IRQ_LEGACY, 1);
    pair->msix = rig_group(&pair->rig, INTACT_IRQ_MSIX, 5);
}

static void close_pair(struct pair *pair)
{
    intact_irq_manager_destroy_group(pair->rig.manager, pair->line);
    intact_irq_manager_destroy_group(pair->rig.manager, pair->msix);
    rig_close(&pair->rig);
}

static void visit_all(struct pair *pair, struct visit *v)
{
    manager_visit(pair->rig.manager, v);
    route_visit(pair->rig.manager->route, v);
}

Test(manager, groups_are_saved_and_loaded_with_all_that_waits_in_them)
{
    struct pair one, two;
    struct intact_irq_config line = rig_line(true), late = rig_config(INTACT_IRQ_MSIX, 0x99);
    open_pair(&one);
    open_pair(&two);
    intact_irq_group_enable(one.line, &line);
    intact_irq_group_set_level(one.line, 0, true);
    rig_enable(one.msix, 0x40);
    intact_irq_group_mask(one.msix, 3);
    intact_irq_group_trigger(one.msix, 3);
    intact_irq_group_update(one.msix, 4, &late, false, false);

    struct visit_save save;
    visit_save_init(&save);
    visit_all(&one, &save.visit);
    struct visit_load load;
    visit_load_init(&load, save.data, save.size);
    visit_all(&two, &load.visit);
    cr_assert_not(load.failed);
    manager_loaded(two.rig.manager);
    struct visit_differ differ;
    visit_differ_init(&differ, save.data, save.size);
    visit_all(&two, &differ.visit);
    cr_expect_not(differ.differs, "%s", differ.path);

    cr_expect(intact_irq_group_enabled(two.line) && intact_irq_group_enabled(two.msix));
    cr_expect_eq(intact_irq_group_pending(two.msix, 3), 1);
    intact_irq_group_unmask(two.msix, 3);
    cr_expect_eq(two.rig.messages[0].data, 0x43);
    intact_irq_group_set_gsi(two.msix);
    intact_irq_group_trigger(two.msix, 4);
    cr_expect_eq(two.rig.messages[1].data, 0x99, "the update still waited");
    cr_expect_eq(two.rig.rises[0][10], 0, "loading moves no line: the chips load their own");
    intact_irq_group_set_level(two.line, 0, false);
    cr_expect_eq(two.rig.falls[0][10], 1);
    free(save.data);
    close_pair(&one);
    close_pair(&two);
}

struct journal {
    struct inbox_message messages[256];
    unsigned count;
};

static void write_journal(void *owner, const struct inbox_message *message, uint64_t now, uint64_t instructions)
{
    struct journal *journal = owner;
    (void)now;
    (void)instructions;
    journal->messages[journal->count] = *message;
    journal->messages[journal->count++].target = NULL;
}

// What another thread does with groups, one of which it makes itself.
static void *act_from_outside(void *argument)
{
    struct pair *pair = argument;
    struct intact_irq_group *group = NULL;
    struct intact_irq_config line = rig_line(true);
    rig_enable(pair->msix, 0x40);
    intact_irq_group_trigger(pair->msix, 1);
    intact_irq_group_mask(pair->msix, 2);
    intact_irq_group_trigger(pair->msix, 2);
    intact_irq_group_enable(pair->line, &line);
    intact_irq_group_set_level(pair->line, 0, true);
    intact_irq_group_unmask(pair->msix, 2);
    intact_irq_manager_create_group(pair->rig.manager, INTACT_IRQ_MSI, 777777, 2, &group);
    rig_enable(group, 0x70);
    intact_irq_group_trigger(group, 1);
    intact_irq_group_disable(group);
    intact_irq_manager_destroy_group(pair->rig.manager, group);
    return NULL;
}

Test(manager, a_journal_of_the_inbox_replays_what_other_threads_did)
{
    struct pair recorded, replayed;
    struct journal journal = { .count = 0 };
    pthread_t thread;
    open_pair(&recorded);
    open_pair(&replayed);
    recorded.rig.manager->inbox->journal = write_journal;
    recorded.rig.manager->inbox->journal_owner = &journal;
    pthread_create(&thread, NULL, act_from_outside, &recorded);
    pthread_join(thread, NULL);
    cr_expect_eq(recorded.rig.count, 0, "nothing from outside reaches the guest before the drain");
    intact_irq_manager_poll(recorded.rig.manager, 0);
    cr_expect_eq(recorded.rig.count, 3);
    cr_expect(recorded.rig.level[0][10]);

    for (unsigned i = 0; i < journal.count; i++)
        inbox_replay(replayed.rig.manager->inbox, &journal.messages[i], 0);
    cr_assert_eq(replayed.rig.count, recorded.rig.count);
    for (unsigned i = 0; i < recorded.rig.count; i++)
        cr_expect_eq(replayed.rig.messages[i].data, recorded.rig.messages[i].data);
    cr_expect(replayed.rig.level[0][10]);
    cr_expect(intact_irq_group_enabled(replayed.msix), "requests follow too");
    cr_expect_eq(intact_irq_group_trigger(replayed.msix, 4), INTACT_IRQ_OK);
    cr_expect_eq(replayed.rig.messages[3].data, 0x44);
    close_pair(&recorded);
    close_pair(&replayed);
}

Test(manager, what_the_machine_thread_does_itself_is_not_in_the_journal)
{
    struct pair pair;
    struct journal journal = { .count = 0 };
    open_pair(&pair);
    pair.rig.manager->inbox->journal = write_journal;
    pair.rig.manager->inbox->journal_owner = &journal;
    rig_enable(pair.msix, 0x40);
    intact_irq_group_trigger(pair.msix, 0);
    close_pair(&pair);
    cr_expect_eq(journal.count, 0);
}

// Triggers that are cleared while they are in the inbox, and one that is not.
static void *trigger_and_clear(void *argument)
{
    const struct pair *pair = argument;
    intact_irq_group_trigger(pair->msix, 1);
    intact_irq_group_clear_pending(pair->msix, 1);
    intact_irq_group_trigger(pair->msix, 2);
    intact_irq_group_trigger(pair->msix, 3);
    intact_irq_group_clear_pending(pair->msix, 3);
    intact_irq_group_trigger(pair->msix, 3);
    return NULL;
}

Test(manager, a_replay_counts_triggers_as_the_run_that_was_recorded)
{
    struct pair recorded, replayed;
    struct journal journal = { .count = 0 };
    struct intact_irq_counts was, is;
    pthread_t thread;
    open_pair(&recorded);
    open_pair(&replayed);
    rig_enable(recorded.msix, 0x40);
    rig_enable(replayed.msix, 0x40);
    recorded.rig.manager->inbox->journal = write_journal;
    recorded.rig.manager->inbox->journal_owner = &journal;
    pthread_create(&thread, NULL, trigger_and_clear, &recorded);
    pthread_join(thread, NULL);
    intact_irq_manager_poll(recorded.rig.manager, 0);
    for (unsigned i = 0; i < journal.count; i++)
        inbox_replay(replayed.rig.manager->inbox, &journal.messages[i], 0);
    intact_irq_group_counts(recorded.msix, &was);
    intact_irq_group_counts(replayed.msix, &is);
    cr_expect_eq(was.triggered, 4);
    cr_expect_eq(is.triggered, was.triggered, "%u", (unsigned)is.triggered);
    cr_expect_eq(is.delivered, was.delivered);
    cr_expect_eq(is.abandoned, was.abandoned);
    close_pair(&recorded);
    close_pair(&replayed);
}

Test(manager, a_replay_leaves_a_group_at_the_change_that_the_recorded_run_had)
{
    struct pair recorded, replayed;
    struct journal journal = { .count = 0 };
    pthread_t thread;
    open_pair(&recorded);
    open_pair(&replayed);
    recorded.rig.manager->inbox->journal = write_journal;
    recorded.rig.manager->inbox->journal_owner = &journal;
    pthread_create(&thread, NULL, act_from_outside, &recorded);
    pthread_join(thread, NULL);
    intact_irq_manager_poll(recorded.rig.manager, 0);
    for (unsigned i = 0; i < journal.count; i++)
        inbox_replay(replayed.rig.manager->inbox, &journal.messages[i], 0);
    cr_expect_neq(recorded.msix->version, 0);
    cr_expect_eq(replayed.msix->version, recorded.msix->version);
    cr_expect_eq(replayed.line->version, recorded.line->version);
    close_pair(&recorded);
    close_pair(&replayed);
}

Test(manager, a_newer_change_of_the_machine_thread_outlives_an_older_one_still_under_way)
{
    struct pair pair;
    struct intact_irq_config mine = rig_config(INTACT_IRQ_MSIX, 0x66);
    pthread_t thread;
    open_pair(&pair);
    pthread_create(&thread, NULL, act_from_outside, &pair);
    pthread_join(thread, NULL);
    cr_expect_eq(intact_irq_group_update(pair.msix, 0, &mine, false, true), INTACT_IRQ_OK);
    intact_irq_manager_poll(pair.rig.manager, 0);
    unsigned before = pair.rig.count;
    intact_irq_group_trigger(pair.msix, 0);
    cr_expect_eq(pair.rig.messages[before].data, 0x66, "the older settings in the inbox were refused");
    close_pair(&pair);
}

static void *enable_from_outside(void *group)
{
    rig_enable(group, 0x40);
    return NULL;
}

static void *disable_from_outside(void *group)
{
    intact_irq_group_disable(group);
    return NULL;
}

static void run_outside(void *(*call)(void *), void *argument)
{
    pthread_t thread;
    pthread_create(&thread, NULL, call, argument);
    pthread_join(thread, NULL);
}

Test(manager, what_another_thread_has_asked_for_the_machine_thread_gets_at_once)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    run_outside(enable_from_outside, group);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_NOT_ENABLED, "not yet in force");
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_OK);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(rig.count, 1);
    cr_expect_eq(rig.messages[0].data, 0x41);

    run_outside(disable_from_outside, group);
    cr_expect_eq(intact_irq_group_disable(group), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_NOT_ENABLED, "nothing comes after a disable");
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_OK, "the older disable in the inbox was refused");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Order, and what is recorded -------------------------------------------------------------------------------------

static void *mask_from_outside(void *group)
{
    intact_irq_group_mask(group, 1);
    return NULL;
}

static void *unmask_from_outside(void *group)
{
    intact_irq_group_unmask(group, 1);
    return NULL;
}

static void *commit_from_outside(void *group)
{
    const struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x77);
    intact_irq_group_update(group, 1, &config, false, false);
    intact_irq_group_set_gsi(group);
    return NULL;
}

static void *enable_again_from_outside(void *group)
{
    const struct intact_irq_config configs[] = { rig_config(INTACT_IRQ_MSIX, 0x88), rig_config(INTACT_IRQ_MSIX, 0x89) };
    intact_irq_group_enable(group, configs);
    return NULL;
}

// A change by the machine thread while one of another thread is in the inbox is the newer one and stays.
Test(manager, an_older_change_in_the_inbox_does_not_undo_a_newer_one)
{
    void *(*const outside[])(void *) = { mask_from_outside, unmask_from_outside, commit_from_outside,
                                         enable_again_from_outside, disable_from_outside };
    for (unsigned older = 0; older < 5; older++)
        for (unsigned newer = 0; newer < 4; newer++) {
            struct rig rig;
            rig_open(&rig);
            struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
            const struct intact_irq_config mine = rig_config(INTACT_IRQ_MSIX, 0x66);
            rig_enable(group, 0x40);
            run_outside(outside[older], group);
            if (newer == 0)
                intact_irq_group_mask(group, 1);
            else if (newer == 1)
                intact_irq_group_update(group, 1, &mine, false, true);
            else
                intact_irq_group_disable(group);
            if (newer == 3)
                intact_irq_group_enable(group, NULL);
            intact_irq_manager_poll(rig.manager, 0);
            bool disabled = newer == 2 || (older == 4 && newer < 2);
            cr_expect_eq(intact_irq_group_trigger(group, 1), disabled ? INTACT_IRQ_NOT_ENABLED : INTACT_IRQ_OK);
            bool masked = newer == 0 || (older == 0 && newer == 3);
            cr_expect_eq(rig.count, !disabled && !masked, "older %u, newer %u", older, newer);
            if (newer == 1 && !disabled)
                cr_expect_eq(rig.messages[0].data, 0x66);
            intact_irq_manager_destroy_group(rig.manager, group);
            rig_close(&rig);
        }
}

// And what another thread has changed last is in force once the inbox is empty.
Test(manager, changes_of_another_thread_come_in_their_order)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    run_outside(disable_from_outside, group);
    run_outside(enable_again_from_outside, group);
    run_outside(mask_from_outside, group);
    run_outside(unmask_from_outside, group);
    run_outside(commit_from_outside, group);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_OK);
    cr_expect_eq(rig.messages[0].data, 0x77);
    run_outside(enable_again_from_outside, group);
    run_outside(mask_from_outside, group);
    run_outside(disable_from_outside, group);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_NOT_ENABLED);
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.count, 1, "the mask stayed");
    intact_irq_group_unmask(group, 1);
    cr_expect_eq(rig.messages[1].data, 0x89);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void *mask_and_unmask_from_outside(void *argument)
{
    struct pair *pair = argument;
    intact_irq_group_mask(pair->msix, 1);
    intact_irq_group_mask(pair->msix, 2);
    intact_irq_group_unmask(pair->msix, 2);
    return NULL;
}

Test(manager, a_mask_is_part_of_what_is_saved_whoever_set_it)
{
    for (unsigned outside = 0; outside < 2; outside++) {
        struct pair one, two;
        open_pair(&one);
        open_pair(&two);
        rig_enable(one.msix, 0x40);
        rig_enable(two.msix, 0x40);
        intact_irq_group_mask(two.msix, 2); // all of it is to come from the saved state
        if (outside)
            run_outside(mask_and_unmask_from_outside, &one);
        else
            mask_and_unmask_from_outside(&one);
        intact_irq_manager_poll(one.rig.manager, 0);
        struct visit_save save;
        visit_save_init(&save);
        visit_all(&one, &save.visit);
        struct visit_load load;
        visit_load_init(&load, save.data, save.size);
        visit_all(&two, &load.visit);
        manager_loaded(two.rig.manager);
        for (uint32_t i = 1; i < 3; i++) {
            intact_irq_group_trigger(two.msix, i);
            cr_expect_eq(intact_irq_group_pending(two.msix, i), i == 1);
        }
        // The requests were loaded too: an update without a change of the mask, and a change of only the mask.
        struct intact_irq_config configs[8];
        for (uint32_t i = 0; i < 8; i++)
            configs[i] = rig_config(INTACT_IRQ_MSIX, 0x60 + i);
        cr_expect_eq(intact_irq_group_enable(two.msix, configs), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_group_pending(two.msix, 1), 1, "masks stay as they are");
        intact_irq_group_unmask(two.msix, 1);
        cr_expect_eq(two.rig.count, 2);
        cr_expect_eq(two.rig.messages[1].data, 0x61);
        free(save.data);
        close_pair(&one);
        close_pair(&two);
    }
}

static void *trigger_three_times(void *group)
{
    for (int i = 0; i < 3; i++)
        intact_irq_group_trigger(group, 1);
    intact_irq_group_trigger(group, 0);
    return NULL;
}

Test(manager, triggers_that_join_one_of_another_thread_are_counted_as_coalesced)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    run_outside(trigger_three_times, group);
    intact_irq_group_counts(group, &counts);
    cr_expect(counts.triggered == 4 && counts.coalesced == 2 && counts.delivered == 0);
    intact_irq_manager_poll(rig.manager, 0);
    intact_irq_group_counts(group, &counts);
    cr_expect(counts.triggered == 4 && counts.coalesced == 2 && counts.delivered == 2);
    run_outside(trigger_three_times, group);
    intact_irq_manager_poll(rig.manager, 0);
    intact_irq_group_counts(group, &counts);
    cr_expect(counts.triggered == 8 && counts.coalesced == 4 && counts.delivered == 4, "the next one is a new one");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void handle_of_another(void *owner, const struct inbox_message *message, uint64_t now)
{
    (void)message, (void)now;
    ++*(unsigned *)owner;
}

Test(manager, what_other_threads_ask_for_comes_by_the_managers_own_channel)
{
    struct rig rig;
    struct inbox inbox;
    struct intact_irq_manager *manager;
    struct intact_irq_group *group;
    unsigned others = 0;
    rig_open(&rig);
    cr_assert_eq(inbox_init(&inbox), 0);
    const struct inbox_channel other = { .name = "other", .handle = handle_of_another, .owner = &others };
    cr_assert_eq(inbox_register(&inbox, &other), 0);
    cr_assert_eq(manager_create(rig.manager->route, &inbox, NULL, &manager), 0);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 2, &group),
                 INTACT_IRQ_OK);
    rig_enable(group, 0x40);
    run_outside(trigger_three_times, group);
    inbox_drain(&inbox, 0, 0);
    cr_expect_eq(rig.count, 2);
    cr_expect_eq(others, 0);
    manager_destroy(manager);
    inbox_destroy(&inbox);
    rig_close(&rig);
}

static void *raise_from_outside(void *group)
{
    intact_irq_group_set_level(group, 0, true);
    return NULL;
}

static void *lower_from_outside(void *group)
{
    intact_irq_group_set_level(group, 0, false);
    return NULL;
}

Test(manager, each_level_of_another_thread_arrives)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    for (unsigned i = 0; i < 6; i++) {
        run_outside(i % 2 ? lower_from_outside : raise_from_outside, group);
        intact_irq_manager_poll(rig.manager, 0);
        cr_assert_eq(rig.level[0][10], i % 2 == 0, "change %u", i);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void *destroy_from_outside(void *argument)
{
    struct rig *rig = argument;
    intact_irq_manager_destroy_group(rig->manager, rig->group);
    return NULL;
}

// The sanitizer finds a wire that still points to the group.
Test(manager, a_group_that_another_thread_destroyed_leaves_its_wire_also_when_nobody_polls_any_more)
{
    struct rig rig;
    struct intact_irq_line line = { .level = false };
    rig_open(&rig);
    cr_assert_eq(intact_irq_manager_connect(rig.manager, 10, &line), INTACT_IRQ_OK);
    rig.group = rig_legacy(&rig, true);
    intact_irq_group_set_level(rig.group, 0, true);
    run_outside(destroy_from_outside, &rig);
    cr_expect(rig.level[0][10], "not drained yet");
    cr_expect_eq(intact_irq_manager_destroy(rig.manager), INTACT_IRQ_OK);
    cr_expect_not(rig.level[0][10]);
}

// --- Memory ----------------------------------------------------------------------------------------------------------

#ifdef CAN_STARVE

static void *adopt(void *manager)
{
    intact_irq_manager_adopt(manager);
    return NULL;
}

Test(manager, a_host_without_memory_is_told_and_nothing_changes, .timeout = 60)
{
    struct rig rig;
    struct rlimit limit;
    struct intact_irq_group *group, *made = NULL;
    struct intact_irq_notifier *notifier = NULL;
    struct intact_irq_device *device = NULL;
    struct intact_irq_manager *manager = NULL;
    const struct intact_irq_output output = { sizeof(struct intact_irq_output), rig_pin, rig_message, &rig, NULL };
    const struct intact_irq_resources resources = { .size = sizeof(struct intact_irq_resources), .legacy = { 10, 1 } };
    rig_open(&rig);
    group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    struct starve_block *taken = use_up_memory(&limit);
    const int results[] = {
        make(&rig, INTACT_IRQ_MSIX, 70000, 2048, &made),
        make(&rig, INTACT_IRQ_LEGACY, 11, 1, &made),
        intact_irq_device_create(rig.manager, &resources, &device),
        intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &notifier),
        intact_irq_group_notifier(group, 0, &notifier),
        intact_irq_manager_create(&output, &manager),
        intact_irq_manager_add_chip(rig.manager, 7, 24),
        intact_irq_manager_route(rig.manager, 60000, 0, 3),
    };
    give_memory_back(taken, &limit);
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++)
        cr_expect_eq(results[i], INTACT_IRQ_NO_MEMORY, "call %u: %d", i, results[i]);
    cr_expect(!made && !notifier && !device && !manager);
    cr_expect_eq(make(&rig, INTACT_IRQ_MSIX, 70000, 2048, &made), INTACT_IRQ_OK, "its ids are still free");
    intact_irq_manager_destroy_group(rig.manager, made);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(manager, what_cannot_be_posted_is_refused_and_not_half_done, .timeout = 60)
{
    struct rig rig;
    struct rlimit limit;
    struct intact_irq_counts counts;
    struct intact_irq_config configs[2] = { rig_config(INTACT_IRQ_MSIX, 0x40), rig_config(INTACT_IRQ_MSIX, 0x41) };
    rig_open(&rig);
    struct intact_irq_group *on = rig_group(&rig, INTACT_IRQ_MSIX, 2), *off = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    struct intact_irq_group *line = rig_legacy(&rig, true);
    rig_enable(on, 0x50);
    run_outside(adopt, rig.manager); // from here on we are another thread
    struct starve_block *taken = use_up_memory(&limit);
    while (intact_irq_group_mask(on, 0) == INTACT_IRQ_OK) // until the inbox has no room either
        continue;
    const int results[] = {
        intact_irq_group_enable(off, configs),
        intact_irq_group_disable(on),
        intact_irq_group_mask(on, 1),
        intact_irq_group_update(on, 1, &configs[0], true, true),
    };
    const int events[] = {
        intact_irq_group_clear_pending(on, 1),
        intact_irq_group_trigger(on, 1),
        intact_irq_group_trigger(on, 1),
        intact_irq_group_set_level(line, 0, true),
    };
    give_memory_back(taken, &limit);
    intact_irq_manager_adopt(rig.manager);
    intact_irq_manager_poll(rig.manager, 0);
    for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++)
        cr_expect_eq(results[i], INTACT_IRQ_NO_MEMORY, "call %u: %d", i, results[i]);
    for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++)
        cr_expect_eq(events[i], INTACT_IRQ_OK, "event %u needs no memory: %d", i, events[i]);
    cr_expect(intact_irq_group_enabled(on) && !intact_irq_group_enabled(off));
    intact_irq_group_counts(on, &counts);
    cr_expect(counts.triggered == 2 && counts.coalesced == 1 && counts.delivered == 1);
    cr_expect(rig.level[0][10]);
    cr_expect_eq(rig.count, 1, "not masked");
    cr_expect_eq(rig.messages[0].data, 0x51, "not updated");
    intact_irq_manager_destroy_group(rig.manager, on);
    intact_irq_manager_destroy_group(rig.manager, off);
    intact_irq_manager_destroy_group(rig.manager, line);
    rig_close(&rig);
}

static void *create_from_outside(void *argument)
{
    struct rig *rig = argument;
    rig->group = rig_group(rig, INTACT_IRQ_MSIX, 2);
    rig_enable(rig->group, 0x50);
    intact_irq_group_mask(rig->group, 0);
    return NULL;
}

Test(manager, a_group_ends_without_memory_and_counts_what_was_pending, .timeout = 60)
{
    struct rig rig;
    struct rlimit limit;
    struct intact_irq_counts counts;
    rig_open(&rig);
    run_outside(create_from_outside, &rig);
    struct intact_irq_group *other = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    intact_irq_manager_poll(rig.manager, 0);
    run_outside(adopt, rig.manager);
    struct starve_block *taken = use_up_memory(&limit);
    while (intact_irq_group_mask(other, 0) == INTACT_IRQ_OK)
        continue;
    int triggered = intact_irq_group_trigger(rig.group, 0);
    intact_irq_manager_destroy_group(rig.manager, rig.group);
    give_memory_back(taken, &limit);
    intact_irq_manager_adopt(rig.manager);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(triggered, INTACT_IRQ_OK);
    intact_irq_manager_counts(rig.manager, &counts);
    cr_expect(counts.triggered == 1 && counts.abandoned == 1);
    cr_expect_null(rig.manager->retired, "it is gone");
    intact_irq_manager_destroy_group(rig.manager, other);
    rig_close(&rig);
}

#endif

Test(manager, structures_of_another_version_are_refused)
{
    struct rig rig;
    struct intact_irq_output output;
    struct intact_irq_resources resources;
    struct intact_irq_manager *manager = NULL;
    struct intact_irq_device *device = NULL;
    intact_irq_output_init(&output);
    output.size--;
    cr_assert_eq(intact_irq_manager_create(&output, &manager), INTACT_IRQ_INVALID);
    cr_assert_null(manager);
    rig_open(&rig);
    intact_irq_resources_init(&resources);
    resources.size--;
    cr_assert_eq(intact_irq_device_create(rig.manager, &resources, &device), INTACT_IRQ_INVALID);
    cr_assert_null(device);
    resources.size++;
    cr_assert_eq(intact_irq_device_create(rig.manager, &resources, &device), INTACT_IRQ_OK);
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Groups on the machine thread: enable, disable, trigger, level, update and commit, mask, pending, resample, errors.
#include "rig.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/visit.h"
#include "groups/manager.h"

// --- Enable and disable ----------------------------------------------------------------------------------------------

Test(group, a_triggered_source_sends_its_message)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 3);
    rig_enable(group, 0x40);
    cr_expect_eq(intact_irq_group_trigger(group, 2), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_OK);
    cr_assert_eq(rig.count, 2);
    cr_expect_eq(rig.messages[0].address, RIG_MSI);
    cr_expect_eq(rig.messages[0].data, 0x42);
    cr_expect_eq(rig.messages[0].device, 5);
    cr_expect_eq(rig.messages[1].data, 0x40);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, the_upper_half_of_an_address_is_kept)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSI, 1);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSI, 1);
    config.address_high = 1;
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_NO_ROUTE, "1fee00000 is no interrupt address");
    config.address_high = 0;
    config.address_low |= 0xff0fc;
    config.data = 0xffffffff;
    config.device = 0xffffffff;
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.messages[0].address, 0xfeeff0fc);
    cr_expect_eq(rig.messages[0].data, 0xffffffff);
    cr_expect_eq(rig.messages[0].device, 0xffffffff);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, enabling_twice_is_enabling_once_and_configurations_replace)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_GENERIC, 2);
    rig_enable(group, 0x40);
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    struct intact_irq_config configs[2] = { rig_config(INTACT_IRQ_GENERIC, 0x70),
                                            rig_config(INTACT_IRQ_GENERIC, 0x71) };
    cr_expect_eq(intact_irq_group_enable(group, configs), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.messages[0].data, 0x71);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_failed_enable_leaves_everything_as_it_was)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 4);
    struct intact_irq_config configs[4];
    for (uint32_t i = 0; i < 4; i++)
        configs[i] = rig_config(INTACT_IRQ_MSIX, 0x50 + i);
    configs[3].address_low = RIG_NOWHERE;
    cr_expect_eq(intact_irq_group_enable(group, configs), INTACT_IRQ_NO_ROUTE);
    cr_expect_not(intact_irq_group_enabled(group));
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_NOT_ENABLED, "none of the first three is on");
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_INVALID, "nothing was configured by the failure");
    configs[3].type = INTACT_IRQ_MSI;
    cr_expect_eq(intact_irq_group_enable(group, configs), INTACT_IRQ_BAD_TYPE);
    rig_enable(group, 0x40);
    cr_expect_eq(intact_irq_group_enable(group, configs), INTACT_IRQ_BAD_TYPE);
    cr_expect(intact_irq_group_enabled(group));
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.messages[0].data, 0x40, "the failed one replaced nothing");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_masked_source_needs_no_configuration_to_enable)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x31);
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_group_mask(group, 1), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_source_that_was_never_configured_is_not_let_out_of_an_enabled_group)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *msix = rig_group(&rig, INTACT_IRQ_MSIX, 1), *line = rig_group(&rig, INTACT_IRQ_LEGACY, 1);
    struct intact_irq_group *const groups[] = { msix, line };
    for (unsigned i = 0; i < 2; i++) {
        cr_expect_eq(intact_irq_group_mask(groups[i], 0), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_group_unmask(groups[i], 0), INTACT_IRQ_OK, "as it was when it was made");
        cr_expect_eq(intact_irq_group_mask(groups[i], 0), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_group_enable(groups[i], NULL), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_group_unmask(groups[i], 0), INTACT_IRQ_INVALID);
        cr_expect_eq(intact_irq_group_trigger(groups[i], 0), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_group_pending(groups[i], 0), 1);
    }
    cr_expect_eq(rig.count, 0, "no message to address 0");
    cr_expect_eq(rig.rises[0][0], 0, "no pulse on pin 0, which is somebody else's");
    struct intact_irq_config pin = rig_line(false);
    cr_expect_eq(intact_irq_group_update(line, 0, &pin, true, true), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_unmask(line, 0), INTACT_IRQ_OK);
    cr_expect_eq(rig.rises[0][10], 1, "what was pending comes by its own pin");
    intact_irq_manager_destroy_group(rig.manager, msix);
    intact_irq_manager_destroy_group(rig.manager, line);
    rig_close(&rig);
}

Test(group, a_disabled_group_reaches_nobody_and_keeps_its_configuration)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSI, 2);
    rig_enable(group, 0x60);
    cr_expect_eq(intact_irq_group_disable(group), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_disable(group), INTACT_IRQ_OK, "disabling a disabled group does nothing");
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_NOT_ENABLED);
    cr_expect_eq(rig.count, 0);
    cr_expect_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.messages[0].data, 0x61);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Errors ----------------------------------------------------------------------------------------------------------

Test(group, an_index_beyond_the_group_is_refused_by_every_call)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2), *next = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 1);
    struct intact_irq_notifier *notifier = NULL;
    rig_enable(group, 0x20);
    rig_enable(next, 0x30);
    const uint32_t bad[] = { 2, 3, UINT32_MAX }; // 2 is the first source of the next group
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(intact_irq_group_trigger(group, bad[i]), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_set_level(group, bad[i], true), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_update(group, bad[i], &config, false, true), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_mask(group, bad[i]), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_unmask(group, bad[i]), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_pending(group, bad[i]), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_clear_pending(group, bad[i]), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_notifier(group, bad[i], &notifier), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_set_notifier(group, bad[i], NULL), INTACT_IRQ_BAD_INDEX);
        cr_expect_eq(intact_irq_group_set_resample(group, bad[i], NULL), INTACT_IRQ_BAD_INDEX);
    }
    cr_expect_eq(rig.count, 0);
    intact_irq_manager_destroy_group(rig.manager, group);
    intact_irq_manager_destroy_group(rig.manager, next);
    rig_close(&rig);
}

Test(group, a_configuration_of_another_type_is_refused)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *msix = rig_group(&rig, INTACT_IRQ_MSIX, 1), *line = rig_group(&rig, INTACT_IRQ_LEGACY, 1);
    struct intact_irq_config message = rig_config(INTACT_IRQ_MSIX, 1), pin = rig_line(true);
    cr_expect_eq(intact_irq_group_update(msix, 0, &pin, false, true), INTACT_IRQ_BAD_TYPE);
    cr_expect_eq(intact_irq_group_update(line, 0, &message, false, true), INTACT_IRQ_BAD_TYPE);
    cr_expect_eq(intact_irq_group_enable(msix, &pin), INTACT_IRQ_BAD_TYPE);
    cr_expect_eq(intact_irq_group_set_resample(msix, 0, NULL), INTACT_IRQ_BAD_TYPE);
    rig_enable(msix, 1);
    cr_expect_eq(intact_irq_group_set_level(msix, 0, true), INTACT_IRQ_BAD_TYPE, "a message has no level");
    cr_expect_eq(intact_irq_group_set_level(line, 0, true), INTACT_IRQ_BAD_TYPE, "not configured as a level");
    pin = rig_line(false);
    cr_expect_eq(intact_irq_group_enable(line, &pin), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_level(line, 0, true), INTACT_IRQ_BAD_TYPE, "an edge has no level");
    intact_irq_manager_destroy_group(rig.manager, msix);
    intact_irq_manager_destroy_group(rig.manager, line);
    rig_close(&rig);
}

Test(group, a_message_that_nobody_takes_is_no_route_and_counted)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSI, 1);
    rig_enable(group, 1);
    rig.deaf = true;
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_NO_ROUTE);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.triggered, 1);
    cr_expect_eq(counts.dropped, 1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Update and commit -----------------------------------------------------------------------------------------------

Test(group, a_batch_takes_effect_as_a_whole)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2048);
    rig_enable(group, 0);
    for (uint32_t i = 0; i < 2048; i++) {
        struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x10000 + i);
        cr_assert_eq(intact_irq_group_update(group, i, &config, false, false), INTACT_IRQ_OK);
    }
    intact_irq_group_trigger(group, 7);
    cr_expect_eq(rig.messages[0].data, 7, "not committed yet");
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 7);
    intact_irq_group_trigger(group, 2047);
    cr_expect_eq(rig.messages[1].data, 0x10007);
    cr_expect_eq(rig.messages[2].data, 0x107ff);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK, "nothing waits: nothing happens");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_commit_with_one_bad_update_commits_none_and_keeps_all_waiting)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 3);
    rig_enable(group, 0x20);
    struct intact_irq_config good = rig_config(INTACT_IRQ_MSIX, 0x80), bad = good;
    bad.address_low = RIG_NOWHERE;
    intact_irq_group_update(group, 0, &good, false, false);
    intact_irq_group_update(group, 1, &bad, false, false);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_NO_ROUTE);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.messages[0].data, 0x20);
    good.data = 0x81;
    cr_expect_eq(intact_irq_group_update(group, 1, &good, false, false), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK, "the bad one was replaced");
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.messages[1].data, 0x80);
    cr_expect_eq(rig.messages[2].data, 0x81);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_failed_update_with_commit_is_forgotten_alone)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x20);
    struct intact_irq_config good = rig_config(INTACT_IRQ_MSIX, 0x90), bad = good;
    bad.address_low = RIG_NOWHERE;
    intact_irq_group_update(group, 0, &good, false, false);
    cr_expect_eq(intact_irq_group_update(group, 1, &bad, false, true), INTACT_IRQ_NO_ROUTE);
    cr_expect_eq(intact_irq_group_update(group, 0, &bad, false, true), INTACT_IRQ_NO_ROUTE, "one that waited before");
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.messages[0].data, 0x90);
    cr_expect_eq(rig.messages[1].data, 0x21);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, waiting_updates_can_be_forgotten)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x20);
    struct intact_irq_config bad = rig_config(INTACT_IRQ_MSIX, 1);
    bad.address_low = RIG_NOWHERE;
    intact_irq_group_update(group, 1, &bad, true, false);
    intact_irq_group_forget(group);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 1);
    cr_expect_eq(rig.messages[0].data, 0x21);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, an_update_changes_the_mask_with_the_message)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x33), nowhere = config;
    nowhere.address_low = RIG_NOWHERE;
    rig_enable(group, 0x20);
    cr_expect_eq(intact_irq_group_update(group, 0, &nowhere, true, true), INTACT_IRQ_OK, "masked: it may be anything");
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    cr_expect_eq(intact_irq_group_unmask(group, 0), INTACT_IRQ_NO_ROUTE);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1, "it stays masked");
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_OK);
    cr_assert_eq(rig.count, 1);
    cr_expect_eq(rig.messages[0].data, 0x33, "what was pending goes with the new message");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Mask and pending ------------------------------------------------------------------------------------------------

Test(group, a_masked_source_becomes_pending_and_comes_once_at_unmask)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x20);
    cr_expect_eq(intact_irq_group_mask(group, 1), INTACT_IRQ_OK);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(intact_irq_group_trigger(group, 1), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 0);
    cr_expect_eq(intact_irq_group_pending(group, 1), 1);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    cr_expect_eq(intact_irq_group_unmask(group, 1), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 1);
    cr_expect_eq(intact_irq_group_pending(group, 1), 0);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.triggered, 3);
    cr_expect_eq(counts.delivered, 1);
    cr_expect_eq(counts.coalesced, 2);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, pending_survives_disable_and_comes_with_enable)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x20);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_disable(group);
    intact_irq_group_unmask(group, 0);
    cr_expect_eq(rig.count, 0, "unmasked, but not enabled");
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x55);
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    cr_assert_eq(rig.count, 1);
    cr_expect_eq(rig.messages[0].data, 0x55, "with the configuration of the enable, not an old one");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, pending_can_be_cleared_and_is_then_counted_as_abandoned)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x20);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(intact_irq_group_clear_pending(group, 0), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_group_unmask(group, 0);
    cr_expect_eq(rig.count, 0);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.abandoned, 1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// A trigger that joined one which the clear was to forget was forgotten with it.
static void *clear_between_triggers(void *group)
{
    intact_irq_group_trigger(group, 0);
    intact_irq_group_clear_pending(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_clear_pending(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 0);
    return NULL;
}

static void from_outside(void *(*what)(void *), void *argument)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, what, argument), 0);
    pthread_join(thread, NULL);
}

Test(group, a_trigger_from_another_thread_after_a_clear_is_a_new_one)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x20);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    from_outside(clear_between_triggers, group);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_group_unmask(group, 0);
    cr_expect_eq(rig.count, 1);
    intact_irq_group_counts(group, &counts);
    cr_expect(counts.triggered == 5 && counts.delivered == 1);
    cr_expect(counts.abandoned == 2 && counts.coalesced == 2);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void *trigger_first(void *group)
{
    intact_irq_group_trigger(group, 0);
    return NULL;
}

static void *clear_first(void *group)
{
    intact_irq_group_clear_pending(group, 0);
    return NULL;
}

// It stayed under way, and the source was pending again after the next poll.
Test(group, a_clear_on_the_machine_thread_forgets_what_is_under_way)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x20);
    from_outside(trigger_first, group);
    from_outside(clear_first, group);
    cr_expect_eq(intact_irq_group_clear_pending(group, 0), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(rig.count, 0);
    from_outside(trigger_first, group);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(rig.count, 1, "its node is free for the next");
    intact_irq_group_counts(group, &counts);
    cr_expect(counts.triggered == 2 && counts.abandoned == 1 && counts.delivered == 1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// The index of the update that failed stayed behind in the list of those that wait, which is saved.
Test(group, an_update_that_fails_leaves_the_saved_state_as_it_was)
{
    struct rig rig;
    struct visit_save save;
    struct visit_differ differ;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x20);
    rig_enable(group, 0x20);
    visit_save_init(&save);
    manager_visit(rig.manager, &save.visit);
    config.address_low = RIG_NOWHERE;
    cr_expect_eq(intact_irq_group_update(group, 1, &config, false, true), INTACT_IRQ_NO_ROUTE);
    visit_differ_init(&differ, save.data, save.size);
    manager_visit(rig.manager, &differ.visit);
    cr_expect_not(differ.differs, "%s", differ.path);
    free(save.data);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_mask_is_what_a_forgotten_update_goes_back_to)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    struct intact_irq_config late = rig_config(INTACT_IRQ_MSIX, 0x99);
    rig_enable(group, 0x40);
    intact_irq_group_update(group, 0, &late, false, false);
    intact_irq_group_mask(group, 0);
    intact_irq_group_forget(group);
    late.data = 0x9a;
    cr_expect_eq(intact_irq_group_enable(group, &late), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.count, 0, "it is masked still");
    intact_irq_group_update(group, 0, &late, true, false);
    intact_irq_group_unmask(group, 0);
    cr_expect_eq(rig.count, 1);
    intact_irq_group_forget(group);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.count, 2, "it is unmasked still");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_commit_delivers_what_is_pending_by_the_new_message)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 3);
    rig_enable(group, 0x40);
    for (uint32_t i = 0; i < 3; i++) {
        struct intact_irq_config late = rig_config(INTACT_IRQ_MSIX, 0x90 + i);
        intact_irq_group_mask(group, i);
        intact_irq_group_trigger(group, i);
        if (i)
            intact_irq_group_update(group, i, &late, false, false);
    }
    cr_expect_eq(rig.count, 0);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 2, "each once, and the one that was not updated waits on");
    cr_expect(rig.messages[0].data == 0x91 && rig.messages[1].data == 0x92);
    for (uint32_t i = 0; i < 3; i++)
        cr_expect_eq(intact_irq_group_pending(group, i), i == 0);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.delivered, 2);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_commit_moves_a_level_that_is_high_to_its_new_pin)
{
    struct rig rig;
    struct intact_irq_config elsewhere = rig_line(true), nowhere;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    elsewhere.chip = 1;
    elsewhere.pin = 7;
    intact_irq_group_set_level(group, 0, true);
    intact_irq_group_update(group, 0, &elsewhere, false, false);
    cr_expect(rig.level[0][10] && rig.level[1][10] && !rig.level[1][7], "it waits for the commit");
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_OK);
    cr_expect(!rig.level[0][10] && !rig.level[1][10] && rig.level[1][7]);
    nowhere = elsewhere;
    nowhere.pin = 99;
    intact_irq_group_update(group, 0, &nowhere, false, false);
    cr_expect_eq(intact_irq_group_set_gsi(group), INTACT_IRQ_NO_ROUTE);
    cr_expect(rig.level[1][7], "and stays where a commit fails");
    intact_irq_group_forget(group);
    intact_irq_group_update(group, 0, &elsewhere, true, true);
    cr_expect_not(rig.level[1][7]);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_mask_does_not_commit_a_waiting_update)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x20);
    struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, 0x77);
    intact_irq_group_update(group, 0, &config, true, false);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.messages[0].data, 0x20, "neither message nor mask of the update is in force");
    intact_irq_group_mask(group, 0);
    intact_irq_group_unmask(group, 0);
    intact_irq_group_set_gsi(group);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.messages[1].data, 0x77, "the last word on the mask was unmask");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Legacy ----------------------------------------------------------------------------------------------------------

Test(group, an_edge_line_pulses_every_pin_of_its_gsi)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, false);
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_OK);
    cr_expect_eq(rig.rises[0][10], 1);
    cr_expect_eq(rig.falls[1][10], 1);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.rises[0][10], 1);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_group_unmask(group, 0);
    cr_expect_eq(rig.rises[0][10], 2);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_legacy_configuration_may_name_one_pin)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_LEGACY, 1);
    struct intact_irq_config config = { .type = INTACT_IRQ_LEGACY, .chip = 1, .pin = 21, .level = true };
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    intact_irq_group_set_level(group, 0, true);
    cr_expect(rig.level[1][21]);
    cr_expect_not(rig.level[0][21] || rig.level[0][10] || rig.level[1][10]);
    config.pin = 22;
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_OK);
    cr_expect_not(rig.level[1][21], "the pin it leaves falls");
    cr_expect(rig.level[1][22]);
    config.pin = 24;
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_NO_ROUTE);
    config.chip = 9;
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_NO_ROUTE);
    cr_expect(rig.level[1][22]);
    intact_irq_manager_destroy_group(rig.manager, group);
    cr_expect_not(rig.level[1][22], "a destroyed group lets go");
    rig_close(&rig);
}

Test(group, a_gsi_without_pins_is_no_route)
{
    struct rig rig;
    struct intact_irq_group *group;
    rig_open(&rig);
    cr_assert_eq(intact_irq_manager_create_group(rig.manager, INTACT_IRQ_LEGACY, 2, 1, &group), INTACT_IRQ_OK);
    struct intact_irq_config config = rig_line(true);
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_NO_ROUTE);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, groups_that_share_a_gsi_are_ored)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *one = rig_legacy(&rig, true), *other = rig_legacy(&rig, true);
    intact_irq_group_set_level(one, 0, true);
    intact_irq_group_set_level(other, 0, true);
    intact_irq_group_set_level(one, 0, false);
    cr_expect(rig.level[0][10]);
    cr_expect_eq(rig.falls[0][10], 0);
    intact_irq_group_set_level(other, 0, false);
    cr_expect_not(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, one);
    intact_irq_manager_destroy_group(rig.manager, other);
    rig_close(&rig);
}

Test(group, a_level_follows_mask_and_enable_and_is_pending_meanwhile)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    intact_irq_group_set_level(group, 0, true);
    cr_expect(rig.level[0][10]);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_group_mask(group, 0);
    cr_expect_not(rig.level[0][10]);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_group_unmask(group, 0);
    cr_expect(rig.level[0][10]);
    intact_irq_group_disable(group);
    cr_expect_not(rig.level[0][10]);
    intact_irq_group_enable(group, NULL);
    cr_expect(rig.level[0][10]);
    intact_irq_group_set_level(group, 0, false);
    cr_expect_not(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void count_signal(void *owner)
{
    ++*(unsigned *)owner;
}

Test(group, a_triggered_level_source_stays_up_until_its_eoi)
{
    struct rig rig;
    unsigned resampled = 0;
    struct intact_irq_notifier *notifier;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    cr_assert_eq(intact_irq_notifier_create_callback(count_signal, &resampled, &notifier), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_resample(group, 0, notifier), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 0);
    cr_expect(rig.level[0][10], "a pulse would be lost on a level pin");
    intact_irq_manager_eoi(rig.manager, 1, 11);
    cr_expect(rig.level[0][10], "another pin's EOI is not ours");
    intact_irq_manager_eoi(rig.manager, 1, 10);
    cr_expect_not(rig.level[0][10]);
    cr_expect_eq(resampled, 1);
    cr_expect(intact_irq_notifier_consume(notifier));
    cr_expect_not(intact_irq_notifier_consume(notifier));
    intact_irq_manager_eoi(rig.manager, 1, 10);
    cr_expect_eq(resampled, 2, "a shared pin's EOI asks everyone");
    cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_BUSY);
    cr_expect_eq(intact_irq_group_set_resample(group, 0, NULL), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_level_held_back_before_its_eoi_is_pending_though_it_was_delivered)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    intact_irq_group_trigger(group, 0);
    for (int by_mask = 0; by_mask < 2; by_mask++) {
        by_mask ? intact_irq_group_mask(group, 0) : intact_irq_group_disable(group);
        cr_expect_not(rig.level[0][10]);
        cr_expect_eq(intact_irq_group_pending(group, 0), 1, "its pin may not have been looked at");
        by_mask ? intact_irq_group_unmask(group, 0) : intact_irq_group_enable(group, NULL);
        cr_expect(rig.level[0][10]);
        cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    }
    intact_irq_group_mask(group, 0);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_eq(intact_irq_group_pending(group, 0), 0, "the guest had it");
    intact_irq_group_unmask(group, 0);
    cr_expect_not(rig.level[0][10]);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.triggered, 1);
    cr_expect_eq(counts.delivered, 1, "once");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_level_source_triggered_again_before_its_eoi_interrupts_again)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    for (int i = 0; i < 3; i++)
        intact_irq_group_trigger(group, 0);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1, "one more is to come");
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect(rig.level[0][10], "it stays up over the first EOI");
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_not(rig.level[0][10]);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.triggered, 3);
    cr_expect_eq(counts.delivered, 2);
    cr_expect_eq(counts.coalesced, 1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_level_triggered_again_before_its_eoi_falls_and_rises_at_it)
{
    struct rig rig;
    struct intact_irq_counts counts;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 0);
    cr_expect_eq(rig.rises[0][10], 1);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_eq(rig.rises[0][10], 2, "a pin that looks for edges sees the second one");
    cr_expect_eq(rig.falls[0][10], 1);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_mask(group, 0);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.delivered, 2, "the fourth waits for the unmask");
    cr_expect_eq(counts.coalesced, 1);
    intact_irq_group_unmask(group, 0);
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.delivered, 3);
    cr_expect_eq(rig.rises[0][10], 3);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_not(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void count_edge(void *owner, uint32_t chip, uint32_t pin)
{
    unsigned *edges = owner;
    edges[chip] += pin == 10;
}

static void ignore_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    unsigned *edges = owner;
    (void)chip, (void)pin, (void)level;
    edges[2]++;
}

Test(group, an_edge_source_reaches_the_edge_output_of_the_program_and_its_pins_stay_low)
{
    unsigned edges[3] = { 0 }; // of two chips, and how often a level moved
    struct intact_irq_manager *manager;
    struct intact_irq_group *edge, *level;
    struct intact_irq_config config = rig_line(false);
    struct intact_irq_counts counts;
    const struct intact_irq_output output = {
        .size = sizeof(struct intact_irq_output), .pin = ignore_pin, .owner = edges, .edge = count_edge
    };
    cr_assert_eq(intact_irq_manager_create(&output, &manager), INTACT_IRQ_OK);
    for (uint32_t chip = 0; chip < 2; chip++) {
        intact_irq_manager_add_chip(manager, chip, 24);
        intact_irq_manager_route(manager, 10, chip, 10);
    }
    intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, 10, 1, &edge);
    intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, 10, 1, &level);
    cr_assert_eq(intact_irq_group_enable(edge, &config), INTACT_IRQ_OK);
    config.level = true;
    cr_assert_eq(intact_irq_group_enable(level, &config), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_trigger(edge, 0), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_trigger(edge, 0), INTACT_IRQ_OK);
    cr_expect(edges[0] == 2 && edges[1] == 2 && edges[2] == 0);
    intact_irq_group_set_level(level, 0, true);
    cr_expect_eq(intact_irq_group_trigger(edge, 0), INTACT_IRQ_OK);
    cr_expect_eq(edges[0], 2, "the wire is high: there is no edge to see");
    intact_irq_group_counts(edge, &counts);
    cr_expect(counts.triggered == 3 && counts.delivered == 2 && counts.coalesced == 1);
    intact_irq_manager_destroy_group(manager, edge);
    intact_irq_manager_destroy_group(manager, level);
    intact_irq_manager_poll(manager, 0);
    cr_expect_eq(intact_irq_manager_destroy(manager), INTACT_IRQ_OK);
}

static void lower_at_first_rise(struct rig *rig, uint32_t chip, uint32_t pin, bool level)
{
    (void)pin;
    if (chip == 0 && level)
        intact_irq_group_set_level(rig->group, 0, false);
}

static void end_at_first_rise(struct rig *rig, uint32_t chip, uint32_t pin, bool level)
{
    if (chip == 0 && level)
        intact_irq_manager_eoi(rig->manager, chip, pin);
}

Test(group, an_output_that_lowers_its_source_while_it_rises_leaves_no_pin_high)
{
    void (*const hooks[])(struct rig *, uint32_t, uint32_t, bool) = { lower_at_first_rise, end_at_first_rise };
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        rig_open(&rig);
        struct intact_irq_group *group = rig_legacy(&rig, true);
        rig.group = group;
        rig.moved = hooks[i];
        if (i == 0)
            intact_irq_group_set_level(group, 0, true);
        else
            intact_irq_group_trigger(group, 0);
        cr_expect_not(rig.level[0][10]);
        cr_expect_not(rig.level[1][10]);
        rig.moved = NULL;
        intact_irq_group_set_level(group, 0, true);
        cr_expect(rig.level[0][10] && rig.level[1][10]);
        intact_irq_manager_destroy_group(rig.manager, group);
        cr_expect_not(rig.level[0][10] || rig.level[1][10]);
        rig_close(&rig);
    }
}

Test(group, a_level_source_triggered_while_masked_waits_for_the_unmask_whoever_ends_meanwhile)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_manager_eoi(rig.manager, 0, 10); // of a device that shares the pin
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_group_unmask(group, 0);
    cr_expect(rig.level[0][10]);
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_not(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, enabling_again_does_not_move_a_line_that_is_high)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    struct intact_irq_config config = rig_line(true);
    intact_irq_group_set_level(group, 0, true);
    cr_expect_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_update(group, 0, &config, false, true), INTACT_IRQ_OK);
    cr_expect_eq(rig.rises[0][10], 1, "an edge pin would have seen one edge too many");
    cr_expect_eq(rig.falls[0][10], 0);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_trigger_survives_a_change_between_edge_and_level)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, false);
    struct intact_irq_config level = rig_line(true), edge = rig_line(false);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_update(group, 0, &level, true, true);
    cr_expect_eq(intact_irq_group_pending(group, 0), 1);
    intact_irq_group_unmask(group, 0);
    cr_expect(rig.level[0][10]);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_update(group, 0, &edge, false, true);
    cr_expect_not(rig.level[0][10]);
    cr_expect_eq(rig.rises[0][10], 2, "the second trigger came as an edge");
    cr_expect_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(group, a_level_driven_on_a_masked_source_is_not_pending_once_it_is_an_edge)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    struct intact_irq_config edge = rig_line(false);
    intact_irq_group_mask(group, 0);
    intact_irq_group_set_level(group, 0, true);
    cr_assert_eq(intact_irq_group_pending(group, 0), 1);
    cr_assert_eq(intact_irq_group_update(group, 0, &edge, true, true), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_pending(group, 0), 0);
    intact_irq_group_set_level(group, 0, false);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Speed -----------------------------------------------------------------------------------------------------------

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double time_triggers(struct intact_irq_group *group, uint32_t mask)
{
    double best = 1e9;
    for (int run = 0; run < 5; run++) {
        double start = seconds();
        for (uint32_t i = 0; i < 400000; i++)
            intact_irq_group_trigger(group, i & mask);
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best / 400000 * 1e9;
}

Test(group, a_trigger_costs_the_same_in_a_group_of_2048_as_in_one_of_1)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *small = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    struct intact_irq_group *large = rig_group(&rig, INTACT_IRQ_MSIX, 2048);
    rig_enable(small, 0);
    rig_enable(large, 0);
    double one = time_triggers(small, 0), same = time_triggers(large, 0), all = time_triggers(large, 2047);
    cr_log_info("trigger: %.1f ns in a group of 1, %.1f ns in one of 2048, %.1f ns over all of them", one, same, all);
    cr_expect_lt(same, one * 2 + 20, "measured %.1f and %.1f ns", one, same);
    cr_expect_lt(all, one * 4 + 40, "measured %.1f and %.1f ns", one, all);
    intact_irq_manager_destroy_group(rig.manager, small);
    intact_irq_manager_destroy_group(rig.manager, large);
    rig_close(&rig);
}

Test(group, a_million_updates_and_commits_take_a_few_seconds_at_most)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2048);
    rig_enable(group, 0);
    double start = seconds();
    for (uint32_t i = 0; i < 1000000; i++) {
        struct intact_irq_config config = rig_config(INTACT_IRQ_MSIX, i);
        intact_irq_group_update(group, i & 2047, &config, false, false);
        intact_irq_group_set_gsi(group);
    }
    double took = seconds() - start;
    cr_log_info("update and commit: %.2f million per second", 1 / took);
    cr_expect_lt(took, 5.0, "a loose bound for slow and sanitized builds; it took %.2f s", took);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

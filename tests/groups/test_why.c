// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a group says of a source that does not interrupt: each gate opened in its turn, until the interrupt leaves.
#include "groups/rig.h"

#include "answer.h"
#include "groups/group.h"

static struct rig rig;
static struct intact_irq_group *group;
static struct answer answer;

static void setup(void)
{
    rig_open(&rig);
}

static void teardown(void)
{
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

TestSuite(why_group, .init = setup, .fini = teardown);

static const char *ask(uint32_t index, const char *name)
{
    struct why why = answer_begin(&answer);
    group_why_raised(group, index, name, &why);
    group_why(group, index, name, &why);
    group_why_idle(group, index, name, &why);
    return answer.text;
}

Test(why_group, a_message_waits_for_its_groups_enable_and_for_its_mask)
{
    group = rig_group(&rig, INTACT_IRQ_MSIX, 4);
    cr_expect_str_eq(ask(2, "edu0.msix2"),
                     "- edu0.msix2 is not enabled: its group was not enabled, or was disabled\n"
                     "- edu0.msix2 has nothing pending: its triggers were sent, or there was none\n");
    rig_enable(group, 0x40);
    cr_expect_str_eq(ask(2, "edu0.msix2"),
                     "- edu0.msix2 has nothing pending: its triggers were sent, or there was none\n");
    cr_assert_eq(intact_irq_group_mask(group, 2), 0);
    cr_assert_eq(intact_irq_group_trigger(group, 2), 0);
    cr_expect_str_eq(ask(2, "edu0.msix2"), "= edu0.msix2 is pending: it was triggered\n"
                                           "- edu0.msix2 is masked: its group's mask\n");
    cr_expect_str_eq(ask(1, "edu0.msix1"),
                     "- edu0.msix1 has nothing pending: its triggers were sent, or there was none\n");
    cr_assert_eq(intact_irq_group_disable(group), 0);
    cr_expect_str_eq(ask(2, "edu0.msix2"), "= edu0.msix2 is pending: it was triggered\n"
                                           "- edu0.msix2 is not enabled: its group was not enabled, or was disabled\n"
                                           "- edu0.msix2 is masked: its group's mask\n");
    cr_assert_eq(intact_irq_group_enable(group, NULL), 0);
    cr_assert_eq(rig.count, 0);
    cr_assert_eq(intact_irq_group_unmask(group, 2), 0);
    cr_expect_eq(rig.count, 1, "it leaves");
    cr_expect_str_eq(ask(2, "edu0.msix2"),
                     "- edu0.msix2 has nothing pending: its triggers were sent, or there was none\n");
}

Test(why_group, a_level_is_low_or_waits_or_is_at_the_pin)
{
    group = rig_legacy(&rig, true);
    cr_expect_str_eq(ask(0, "edu0.intx"), "- edu0.intx is low: its device raises no interrupt now\n");
    cr_assert_eq(intact_irq_group_mask(group, 0), 0);
    cr_assert_eq(intact_irq_group_set_level(group, 0, true), 0);
    cr_expect_str_eq(ask(0, "edu0.intx"), "= edu0.intx is pending: it was triggered\n"
                                          "- edu0.intx is masked: its group's mask\n");
    cr_assert_eq(intact_irq_group_unmask(group, 0), 0);
    cr_expect(rig.level[0][10], "it leaves");
    cr_expect_str_eq(ask(0, "edu0.intx"), "= edu0.intx is high, on GSI 10\n", "its wire is next");
    cr_assert_eq(intact_irq_group_set_level(group, 0, false), 0);
    cr_expect_str_eq(ask(0, "edu0.intx"), "- edu0.intx is low: its device raises no interrupt now\n");
}

Test(why_group, a_level_that_was_triggered_is_up_until_its_eoi)
{
    group = rig_legacy(&rig, true);
    cr_assert_eq(intact_irq_group_trigger(group, 0), 0);
    cr_expect_str_eq(ask(0, "edu0.intx"), "= edu0.intx is high, on GSI 10\n");
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_str_eq(ask(0, "edu0.intx"), "- edu0.intx is low: its device raises no interrupt now\n");
}

Test(why_group, a_source_is_found_by_its_groups_name_and_its_number_alone)
{
    static const char *const none[] = { "edu0.msi4",  "edu0.msi", "edu0.msi01", "edu0.msi-1",        "edu0.msi 1",
                                        "edu0.msi1x", "edu0.ms",  "",           "edu0.msi4294967296" };
    struct intact_irq_group *found;
    uint32_t index;
    group = rig_group(&rig, INTACT_IRQ_MSI, 4);
    cr_expect_not(group_find_source(rig.manager, "edu0.msi0", &found, &index), "it has no name yet");
    cr_assert_eq(intact_irq_group_set_name(group, "edu0.msi"), 0);
    for (uint32_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(group_find_source(rig.manager, none[i], &found, &index), "'%s'", none[i]);
    cr_assert(group_find_source(rig.manager, "edu0.msi3", &found, &index));
    cr_expect_eq(found, group);
    cr_expect_eq(index, 3);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The device interrupt manager: every mode change, enable and disable, staging and update, reset.
#include "rig.h"

#define MODES 5

static const struct intact_irq_resources everything = {
    .size = sizeof(struct intact_irq_resources),
    .legacy = { 10, 1 },
    .generic_msi = { INTACT_IRQ_ANY_BASE, 3 },
    .pci_msi = { INTACT_IRQ_ANY_BASE, 4 },
    .pci_msix = { INTACT_IRQ_ANY_BASE, 5 },
    .requester = 0x18,
};

static struct intact_irq_device *make(struct rig *rig, const struct intact_irq_resources *resources)
{
    struct intact_irq_device *device = NULL;
    cr_assert_eq(intact_irq_device_create(rig->manager, resources, &device), INTACT_IRQ_OK);
    return device;
}

static bool is_msi(int mode)
{
    return mode >= INTACT_IRQ_MODE_GENERIC_MSI;
}

static void enter(struct intact_irq_device *device, int mode)
{
    intact_irq_device_disable(device);
    cr_assert_eq(intact_irq_device_set_mode(device, INTACT_IRQ_MODE_DISABLED), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_device_set_mode(device, (enum intact_irq_mode)mode), INTACT_IRQ_OK);
}

Test(device, every_change_of_mode_is_allowed_but_from_one_msi_to_another)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_DISABLED);
    for (int from = 0; from < MODES; from++) {
        for (int to = 0; to < MODES; to++) {
            enter(device, from);
            bool allowed = from == to || !(is_msi(from) && is_msi(to));
            int result = intact_irq_device_set_mode(device, (enum intact_irq_mode)to);
            cr_expect_eq(result, allowed ? INTACT_IRQ_OK : INTACT_IRQ_INVALID, "%d to %d", from, to);
            cr_expect_eq((int)intact_irq_device_mode(device), allowed ? to : from);
        }
    }
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, the_mode_stays_while_enabled)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    for (int from = INTACT_IRQ_MODE_LEGACY; from < MODES; from++) {
        enter(device, from);
        for (uint32_t i = 0; is_msi(from) && i < 3; i++)
            intact_irq_device_set_address_low(device, i, RIG_MSI);
        for (uint32_t i = 0; is_msi(from) && i < 5; i++)
            intact_irq_device_set_masked(device, i, i >= 3);
        cr_assert_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
        for (int to = 0; to < MODES; to++)
            cr_expect_eq(intact_irq_device_set_mode(device, (enum intact_irq_mode)to),
                         from == to ? INTACT_IRQ_OK : INTACT_IRQ_INVALID);
        cr_expect_eq((int)intact_irq_device_mode(device), from);
    }
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, a_mode_without_a_resource_is_refused_and_does_not_crash_later)
{
    struct rig rig;
    rig_open(&rig);
    for (int has = INTACT_IRQ_MODE_LEGACY; has < MODES; has++) {
        struct intact_irq_resources one = { .size = sizeof(struct intact_irq_resources), .requester = 1 };
        struct intact_irq_resource *const fields[] = { &one.legacy, &one.generic_msi, &one.pci_msi, &one.pci_msix };
        *fields[has - 1] = (struct intact_irq_resource){ has == INTACT_IRQ_MODE_LEGACY ? 10 : INTACT_IRQ_ANY_BASE, 1 };
        struct intact_irq_device *device = make(&rig, &one);
        for (int to = INTACT_IRQ_MODE_LEGACY; to < MODES; to++) {
            int result = intact_irq_device_set_mode(device, (enum intact_irq_mode)to);
            cr_expect_eq(result, to == has ? INTACT_IRQ_OK : INTACT_IRQ_INVALID);
            intact_irq_device_set_mode(device, INTACT_IRQ_MODE_DISABLED);
        }
        cr_expect_eq(intact_irq_device_set_mode(device, (enum intact_irq_mode)9), INTACT_IRQ_INVALID);
        intact_irq_device_destroy(device);
    }
    rig_close(&rig);
}

Test(device, a_saved_mode_that_the_device_cannot_have_is_disabled)
{
    struct rig rig;
    rig_open(&rig);
    const struct intact_irq_resources legacy = { .size = sizeof legacy, .requester = 1, .legacy = { 10, 1 } };
    struct intact_irq_device *device = make(&rig, &legacy);
    intact_irq_device_restore(device, INTACT_IRQ_MODE_LEGACY, true);
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_LEGACY);
    cr_expect(intact_irq_device_enabled(device));
    static const int impossible[] = { INTACT_IRQ_MODE_PCI_MSIX, MODES, -1 };
    for (unsigned i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        intact_irq_device_restore(device, (enum intact_irq_mode)impossible[i], true);
        cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_DISABLED);
        cr_expect_not(intact_irq_device_enabled(device));
    }
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, enable_in_mode_disabled_takes_legacy_or_nothing)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_LEGACY);
    intact_irq_group_set_level(intact_irq_device_group(device), 0, true);
    cr_expect(rig.level[0][10], "a level, unless the resource says edge");
    intact_irq_device_destroy(device);
    cr_expect_not(rig.level[0][10]);

    struct intact_irq_resources messages = everything;
    messages.legacy.count = 0;
    device = make(&rig, &messages);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID);
    cr_expect_not(intact_irq_device_enabled(device));
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_DISABLED);
    intact_irq_device_destroy(device);

    device = make(&rig, &(struct intact_irq_resources){ .size = sizeof(struct intact_irq_resources), .requester = 0 });
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID, "no source at all");
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, enable_and_disable_reach_the_group_and_are_idempotent)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_resources edge = everything;
    edge.legacy_edge = true;
    struct intact_irq_device *device = make(&rig, &edge);
    cr_expect_null(intact_irq_device_group(device));
    cr_expect_eq(intact_irq_device_disable(device), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    struct intact_irq_group *group = intact_irq_device_group(device);
    cr_assert_not_null(group);
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_OK);
    cr_expect_eq(rig.rises[0][10], 1);
    cr_expect_eq(intact_irq_device_disable(device), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_disable(device), INTACT_IRQ_OK);
    cr_expect_null(intact_irq_device_group(device));
    cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_NOT_ENABLED);
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_LEGACY, "disable keeps the mode");
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

static void write_message(struct intact_irq_device *device, uint32_t index, uint32_t data)
{
    cr_assert_eq(intact_irq_device_set_address_low(device, index, RIG_MSI | index << 12), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_device_set_address_high(device, index, 0), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_device_set_data(device, index, data), INTACT_IRQ_OK);
}

Test(device, messages_written_before_enable_are_in_force_after_it)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSIX);
    for (uint32_t i = 0; i < 5; i++)
        write_message(device, i, 0x60 + i);
    intact_irq_device_set_masked(device, 4, true);
    cr_assert_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    struct intact_irq_group *group = intact_irq_device_group(device);
    intact_irq_group_trigger(group, 3);
    cr_expect_eq(rig.messages[0].address, RIG_MSI | 0x3000);
    cr_expect_eq(rig.messages[0].data, 0x63);
    cr_expect_eq(rig.messages[0].device, 0x18, "the requester of the resources");
    intact_irq_group_trigger(group, 4);
    cr_expect_eq(intact_irq_group_pending(group, 4), 1);
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, a_message_written_while_enabled_waits_for_update)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSI);
    for (uint32_t i = 0; i < 4; i++)
        write_message(device, i, 0x60 + i);
    intact_irq_device_enable(device);
    struct intact_irq_group *group = intact_irq_device_group(device);
    write_message(device, 2, 0x99);
    intact_irq_device_set_masked(device, 2, true);
    intact_irq_group_trigger(group, 2);
    cr_expect_eq(rig.messages[0].data, 0x62);
    cr_expect_eq(intact_irq_device_update(device, 2), INTACT_IRQ_OK);
    intact_irq_group_trigger(group, 2);
    cr_expect_eq(rig.count, 1);
    intact_irq_device_set_masked(device, 2, false);
    cr_expect_eq(intact_irq_device_update(device, 2), INTACT_IRQ_OK);
    cr_expect_eq(rig.messages[1].data, 0x99);
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, a_new_requester_is_in_the_messages_after_the_next_update)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSI);
    for (uint32_t i = 0; i < 4; i++)
        write_message(device, i, i);
    intact_irq_device_enable(device);
    intact_irq_device_set_requester(device, 0x128);
    intact_irq_group_trigger(intact_irq_device_group(device), 1);
    cr_expect_eq(rig.messages[0].device, 0x18);
    intact_irq_device_update(device, 1);
    intact_irq_group_trigger(intact_irq_device_group(device), 1);
    cr_expect_eq(rig.messages[1].device, 0x128);
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, updates_are_refused_when_not_enabled_in_legacy_mode_or_out_of_range)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_INVALID, "mode disabled");
    cr_expect_eq(intact_irq_device_set_data(device, 0, 1), INTACT_IRQ_INVALID);
    intact_irq_device_enable(device);
    cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_INVALID, "legacy");
    cr_expect_eq(intact_irq_device_set_address_low(device, 0, 1), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_device_set_address_high(device, 0, 1), INTACT_IRQ_INVALID);
    cr_expect_eq(intact_irq_device_set_masked(device, 0, true), INTACT_IRQ_INVALID);
    enter(device, INTACT_IRQ_MODE_GENERIC_MSI);
    cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_INVALID, "not enabled");
    for (uint32_t i = 0; i < 3; i++)
        write_message(device, i, i);
    cr_expect_eq(intact_irq_device_set_data(device, 3, 0), INTACT_IRQ_BAD_INDEX);
    cr_assert_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_update(device, 2), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_update(device, 3), INTACT_IRQ_INVALID, "out of range");
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, a_failed_enable_leaves_the_device_as_it_was)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSIX);
    for (uint32_t i = 0; i < 4; i++)
        write_message(device, i, i);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID, "source 4 was never written");
    write_message(device, 4, 4);
    intact_irq_device_set_address_low(device, 4, RIG_NOWHERE);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_NO_ROUTE, "now it leads nowhere");
    cr_expect_not(intact_irq_device_enabled(device));
    cr_expect_null(intact_irq_device_group(device));
    cr_expect_eq(intact_irq_device_set_mode(device, INTACT_IRQ_MODE_LEGACY), INTACT_IRQ_OK, "not half enabled");
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, a_source_that_was_never_written_is_not_let_out)
{
    static const enum intact_irq_mode modes[] = { INTACT_IRQ_MODE_GENERIC_MSI, INTACT_IRQ_MODE_PCI_MSI,
                                                  INTACT_IRQ_MODE_PCI_MSIX };
    for (unsigned i = 0; i < 3; i++) {
        struct rig rig;
        rig_open(&rig);
        struct intact_irq_device *device = make(&rig, &everything);
        cr_assert_eq(intact_irq_device_set_mode(device, modes[i]), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID);
        intact_irq_device_set_data(device, 0, 0x41);
        cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID, "a message without an address is none");
        for (uint32_t source = 0; intact_irq_device_set_masked(device, source, true) == INTACT_IRQ_OK; source++)
            continue;
        cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK, "masked sources need none");
        struct intact_irq_group *group = intact_irq_device_group(device);
        cr_expect_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_device_set_masked(device, 0, false), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_INVALID);
        cr_expect_eq(intact_irq_group_unmask(group, 0), INTACT_IRQ_INVALID);
        cr_expect_eq(rig.count, 0, "no message to address 0");
        intact_irq_device_set_masked(device, 0, true);
        cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_OK);
        write_message(device, 0, 0x42);
        intact_irq_device_set_masked(device, 0, false);
        cr_expect_eq(intact_irq_device_update(device, 0), INTACT_IRQ_OK);
        cr_expect_eq(rig.count, 1);
        cr_expect_eq(rig.messages[0].data, 0x42);
        intact_irq_device_destroy(device);
        rig_close(&rig);
    }
}

Test(device, reset_disables_and_clears_everything_staged_and_pending)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_device *device = make(&rig, &everything);
    intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSIX);
    for (uint32_t i = 0; i < 5; i++)
        write_message(device, i, 0x60 + i);
    intact_irq_device_set_masked(device, 0, true);
    intact_irq_device_enable(device);
    intact_irq_group_trigger(intact_irq_device_group(device), 0);
    cr_expect_eq(intact_irq_device_reset(device), INTACT_IRQ_OK);
    cr_expect_not(intact_irq_device_enabled(device));
    cr_expect_eq(intact_irq_device_mode(device), INTACT_IRQ_MODE_DISABLED);
    cr_expect_eq(intact_irq_device_set_mode(device, INTACT_IRQ_MODE_PCI_MSIX), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_INVALID, "the old messages are forgotten");
    for (uint32_t i = 0; i < 5; i++)
        write_message(device, i, 0x70 + i);
    cr_expect_eq(intact_irq_device_enable(device), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 0, "so is what was pending");
    intact_irq_group_trigger(intact_irq_device_group(device), 0);
    cr_expect_eq(rig.messages[0].data, 0x70, "and the mask");
    intact_irq_device_destroy(device);
    rig_close(&rig);
}

Test(device, resources_that_no_group_could_have_leave_nothing_behind)
{
    struct rig rig;
    struct intact_irq_device *device = NULL;
    rig_open(&rig);
    struct intact_irq_resources bad = everything;
    bad.pci_msix.count = 2049;
    cr_expect_eq(intact_irq_device_create(rig.manager, &bad, &device), INTACT_IRQ_BAD_COUNT);
    bad = everything;
    bad.pci_msi.count = 3;
    cr_expect_eq(intact_irq_device_create(rig.manager, &bad, &device), INTACT_IRQ_BAD_COUNT);
    bad = everything;
    bad.legacy.base = 70000;
    cr_expect_eq(intact_irq_device_create(rig.manager, &bad, &device), INTACT_IRQ_INVALID);
    bad = everything;
    bad.pci_msi.base = bad.pci_msix.base = 100000;
    cr_expect_eq(intact_irq_device_create(rig.manager, &bad, &device), INTACT_IRQ_DUPLICATE);
    intact_irq_manager_set_limit(rig.manager, 10);
    cr_expect_eq(intact_irq_device_create(rig.manager, &everything, &device), INTACT_IRQ_OUT_OF_VECTORS);
    cr_expect_null(device);
    rig_close(&rig);
}

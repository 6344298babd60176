// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI 3.0, 6.2.2, 6.2.3, 6.8: what a driver writes becomes the mode, the messages and the masks of the function's
// sources.
#include "devices/pci/pci_rig.h"
#include "groups/manager.h"

#define TABLE    UINT64_C(0xe0000000)
#define MESSAGE  UINT32_C(0xfee01000)
#define MSIX_CAP 0x11
#define MSI_CAP  0x05

static struct pci_rig rig;
static struct pci_function function;
static struct msix_entry table[2048];
static unsigned modes;

static void mode_changed(void *owner)
{
    (void)owner;
    modes++;
}

static void make(const struct pci_irq_config *config)
{
    pci_function_init(&function, 0x1234, 0x11e8, 0x00ff00, 0x10);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(3, 0), &function), 0);
    cr_assert_eq(pci_irq_init(&function, config), 0);
    function.irq.mode_changed = mode_changed;
    rig_set(&rig, &function, PCI_COMMAND, 2, RIG_ON);
}

static void make_msix(unsigned vectors)
{
    make(&(struct pci_irq_config){ .pin = 1, .msix_vectors = vectors, .msix_table = table, .msix_bar = 1 });
    rig_set(&rig, &function, PCI_BAR0 + 4, 4, (uint32_t)TABLE);
}

static void setup(void)
{
    rig_open(&rig);
    memset(&function, 0, sizeof function);
    modes = 0;
}

static void teardown(void)
{
    pci_function_destroy(&function);
    rig_close(&rig);
}

TestSuite(pci_irq, .init = setup, .fini = teardown);

// --- A driver's hands ------------------------------------------------------------------------------------------------

static void msix_control(uint16_t value)
{
    rig_set(&rig, &function, rig_find(&rig, &function, MSIX_CAP) + 2, 2, value);
}

static void entry(unsigned vector, uint64_t address, uint32_t data, bool masked)
{
    rig_write(&rig, TABLE + 16 * vector, 8, address);
    rig_write(&rig, TABLE + 16 * vector + 8, 4, data);
    rig_write(&rig, TABLE + 16 * vector + 12, 4, masked);
}

static void check_last(unsigned count, uint64_t address, uint32_t data)
{
    cr_assert_eq(rig.count, count, "%u messages", rig.count);
    cr_assert_eq(rig.messages[count - 1].address, address);
    cr_assert_eq(rig.messages[count - 1].data, data);
    cr_assert_eq(rig.messages[count - 1].device, PCI_DEVFN(3, 0), "the requester id");
}

static uint64_t pba(unsigned index)
{
    uint64_t half = function.bars[1].region.size / 2;
    return rig_read(&rig, TABLE + half + 8 * index, 8);
}

// --- INTx ------------------------------------------------------------------------------------------------------------

Test(pci_irq, the_pin_is_turned_by_the_slot_and_its_level_is_in_the_status)
{
    make(&(struct pci_irq_config){ .pin = 1 });
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_LEGACY);
    cr_assert_eq(rig_config(&rig, &function, PCI_INTERRUPT_PIN, 1), 1);
    pci_irq_set_level(&function, true);
    cr_assert(rig.level[3], "slot 3, INTA");
    cr_assert(rig_config(&rig, &function, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    pci_irq_set_level(&function, false);
    cr_assert_not(rig.level[3]);
    cr_assert_not(rig_config(&rig, &function, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    cr_assert_eq(pci_irq_trigger(&function, 0), INTACT_IRQ_NOT_ENABLED, "INTx has no vectors");
    cr_assert_null(pci_irq_group(&function));
    cr_assert_eq(pci_irq_vectors(&function), 0);
}

Test(pci_irq, every_slot_and_pin_has_its_line)
{
    for (unsigned slot = 1; slot < PCI_SLOTS; slot++) {
        for (uint8_t pin = 1; pin <= PCI_PINS; pin++) {
            struct pci_function one;
            pci_function_init(&one, 1, 1, 0, 0);
            cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(slot, 0), &one), 0);
            cr_assert_eq(pci_irq_init(&one, &(struct pci_irq_config){ .pin = pin }), 0);
            pci_irq_set_level(&one, true);
            for (unsigned line = 0; line < RIG_LINES; line++)
                cr_assert_eq(rig.level[line], line == (slot + pin - 1) % 4);
            pci_function_destroy(&one);
            for (unsigned line = 0; line < RIG_LINES; line++)
                cr_assert_not(rig.level[line], "the line falls with its function");
        }
    }
}

Test(pci_irq, functions_share_a_line)
{
    struct pci_function other;
    make(&(struct pci_irq_config){ .pin = 1 });
    pci_function_init(&other, 1, 1, 0, 0);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(7, 0), &other), 0);
    cr_assert_eq(pci_irq_init(&other, &(struct pci_irq_config){ .pin = 1 }), 0);
    pci_irq_set_level(&function, true);
    pci_irq_set_level(&other, true);
    pci_irq_set_level(&function, false);
    cr_assert(rig.level[3]);
    pci_irq_set_level(&other, false);
    cr_assert_not(rig.level[3]);
    pci_function_destroy(&other);
}

Test(pci_irq, interrupt_disable_stops_the_line_and_not_the_status)
{
    make(&(struct pci_irq_config){ .pin = 2 });
    pci_irq_set_level(&function, true);
    cr_assert(rig.level[0], "slot 3, INTB");
    rig_set(&rig, &function, PCI_COMMAND, 2, RIG_ON | PCI_COMMAND_INTX_DISABLE);
    cr_assert_not(rig.level[0]);
    cr_assert(rig_config(&rig, &function, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    rig_set(&rig, &function, PCI_COMMAND, 2, RIG_ON);
    cr_assert(rig.level[0]);
}

// --- MSI -------------------------------------------------------------------------------------------------------------

static void enable_msi(unsigned log)
{
    unsigned at = rig_find(&rig, &function, MSI_CAP);
    cr_assert_neq(at, 0);
    rig_set(&rig, &function, at + 4, 4, MESSAGE);
    rig_set(&rig, &function, at + 8, 4, 0x12);
    rig_set(&rig, &function, at + 12, 2, 0x4040);
    rig_set(&rig, &function, at + 2, 2, 1 | log << 4);
}

Test(pci_irq, msi_takes_the_place_of_intx)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
    pci_irq_set_level(&function, true);
    enable_msi(0);
    cr_assert_eq(modes, 1);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_PCI_MSI);
    cr_assert_not(rig.level[3], "the line falls");
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    check_last(1, 0x12fee01000, 0x4040);
    cr_assert_eq(pci_irq_trigger(&function, 1), INTACT_IRQ_BAD_INDEX);
    pci_irq_set_level(&function, false);
    rig_set(&rig, &function, rig_find(&rig, &function, MSI_CAP) + 2, 2, 0);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_LEGACY);
    cr_assert_not(rig.level[3], "the level is the one of now");
    pci_irq_set_level(&function, true);
    cr_assert(rig.level[3]);
}

Test(pci_irq, a_level_that_waited_while_messages_were_used_is_seen_afterwards)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
    enable_msi(0);
    pci_irq_set_level(&function, true);
    cr_assert_not(rig.level[3]);
    rig_set(&rig, &function, rig_find(&rig, &function, MSI_CAP) + 2, 2, 0);
    cr_assert(rig.level[3]);
}

Test(pci_irq, fewer_messages_than_vectors_are_shared)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 8 });
    enable_msi(1);
    cr_assert_eq(pci_irq_vectors(&function), 2);
    for (unsigned vector = 0; vector < 8; vector++) {
        cr_assert_eq(pci_irq_trigger(&function, vector), 0);
        check_last(vector + 1, 0x12fee01000, 0x4040 | (vector & 1));
    }
    enable_msi(3);
    cr_assert_eq(pci_irq_vectors(&function), 8);
    cr_assert_eq(pci_irq_trigger(&function, 5), 0);
    check_last(9, 0x12fee01000, 0x4045);
}

Test(pci_irq, a_masked_msi_vector_is_pending_and_sent_when_unmasked)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 4, .msi_maskable = true });
    unsigned at = rig_find(&rig, &function, MSI_CAP);
    enable_msi(2);
    rig_set(&rig, &function, at + 16, 4, 0x6);
    cr_assert_eq(pci_irq_trigger(&function, 1), 0);
    cr_assert_eq(pci_irq_trigger(&function, 1), 0);
    cr_assert_eq(pci_irq_trigger(&function, 2), 0);
    cr_assert_eq(rig.count, 0);
    cr_assert_eq(rig_config(&rig, &function, at + 20, 4), 0x6);
    rig_set(&rig, &function, at + 16, 1, 0x4);
    check_last(1, 0x12fee01000, 0x4041);
    cr_assert_eq(rig_config(&rig, &function, at + 20, 4), 0x4);
    rig_set(&rig, &function, at + 16, 4, 0);
    check_last(2, 0x12fee01000, 0x4042);
    cr_assert_eq(rig_config(&rig, &function, at + 20, 4), 0);
}

// --- MSI-X -----------------------------------------------------------------------------------------------------------

Test(pci_irq, each_msix_vector_has_its_message)
{
    make_msix(3);
    for (unsigned vector = 0; vector < 3; vector++)
        entry(vector, MESSAGE + (vector << 12), 0x50 + vector, false);
    cr_assert_eq(pci_irq_trigger(&function, 0), INTACT_IRQ_NOT_ENABLED);
    msix_control(0x8000);
    cr_assert_eq(modes, 1);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_PCI_MSIX);
    cr_assert_eq(pci_irq_vectors(&function), 3);
    for (unsigned vector = 0; vector < 3; vector++) {
        cr_assert_eq(pci_irq_trigger(&function, vector), 0);
        check_last(vector + 1, MESSAGE + (vector << 12), 0x50 + vector);
    }
    cr_assert_eq(pci_irq_trigger(&function, 3), INTACT_IRQ_BAD_INDEX);
    entry(1, MESSAGE, 0x77, false);
    cr_assert_eq(pci_irq_trigger(&function, 1), 0);
    check_last(4, MESSAGE, 0x77);
}

Test(pci_irq, a_masked_msix_vector_is_pending_in_the_pba_however_it_was_triggered)
{
    make_msix(70);
    msix_control(0x8000);
    struct intact_irq_notifier *notifier;
    cr_assert_eq(intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &notifier), 0);
    cr_assert_eq(intact_irq_group_set_notifier(pci_irq_group(&function), 69, notifier), 0);
    cr_assert_eq(intact_irq_notifier_signal(notifier), 0);
    intact_irq_manager_poll(rig.manager, 0);
    cr_assert_eq(pci_irq_trigger(&function, 3), 0);
    cr_assert_eq(pba(0), 1 << 3);
    cr_assert_eq(pba(1), 1 << 5);
    cr_assert_eq(rig_read(&rig, TABLE + function.bars[1].region.size / 2 + 8, 4), 1 << 5, "in 4 bytes");
    entry(69, MESSAGE, 0x45, false);
    check_last(1, MESSAGE, 0x45);
    cr_assert_eq(pba(1), 0);
    entry(3, MESSAGE, 0x33, true);
    cr_assert_eq(pba(0), 1 << 3);
    entry(3, MESSAGE, 0x34, false);
    check_last(2, MESSAGE, 0x34);
    rig_write(&rig, TABLE + function.bars[1].region.size / 2, 8, UINT64_MAX);
    cr_assert_eq(pba(0), 0, "the PBA is read-only");
    cr_assert_eq(intact_irq_group_set_notifier(pci_irq_group(&function), 69, NULL), 0);
    cr_assert_eq(intact_irq_notifier_destroy(notifier), 0);
}

Test(pci_irq, the_function_mask_holds_all_and_lets_them_out_in_order)
{
    make_msix(3);
    for (unsigned vector = 0; vector < 3; vector++)
        entry(vector, MESSAGE, 0x50 + vector, vector == 1);
    msix_control(0xc000);
    for (unsigned vector = 3; vector-- > 0;)
        cr_assert_eq(pci_irq_trigger(&function, vector), 0);
    cr_assert_eq(rig.count, 0);
    cr_assert_eq(pba(0), 7);
    msix_control(0x8000);
    cr_assert_eq(rig.count, 2);
    cr_assert_eq(rig.messages[0].data, 0x50);
    cr_assert_eq(rig.messages[1].data, 0x52);
    cr_assert_eq(pba(0), 2);
}

Test(pci_irq, without_bus_mastering_messages_wait)
{
    make_msix(1);
    entry(0, MESSAGE, 0x50, false);
    msix_control(0x8000);
    rig_set(&rig, &function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    cr_assert_eq(rig.count, 0);
    cr_assert_eq(pba(0), 1);
    rig_set(&rig, &function, PCI_COMMAND, 2, RIG_ON);
    check_last(1, MESSAGE, 0x50);
}

Test(pci_irq, a_write_to_the_table_is_always_accepted_and_an_unreachable_vector_counted)
{
    make_msix(2);
    entry(0, RIG_NOWHERE, 0x50, false);
    entry(1, MESSAGE, 0x51, false);
    msix_control(0x8000);
    cr_assert_eq(rig_read(&rig, TABLE, 8), RIG_NOWHERE);
    cr_assert_gt(function.irq.mistakes[PCI_IRQ_UNREACHABLE], 0);
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    cr_assert_eq(pci_irq_trigger(&function, 1), 0);
    check_last(1, MESSAGE, 0x51);
    rig_write(&rig, TABLE, 8, MESSAGE);
    check_last(2, MESSAGE, 0x50);
}

Test(pci_irq, msi_and_msix_at_once_are_a_mistake_and_msix_counts)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 1, .msix_vectors = 1, .msix_table = table, .msix_bar = 1 });
    rig_set(&rig, &function, PCI_BAR0 + 4, 4, (uint32_t)TABLE);
    enable_msi(0);
    entry(0, MESSAGE, 0x50, false);
    msix_control(0x8000);
    cr_assert_eq(function.irq.mistakes[PCI_IRQ_BOTH], 1);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_PCI_MSIX);
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    check_last(1, MESSAGE, 0x50);
    msix_control(0);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_PCI_MSI);
}

Test(pci_irq, the_largest_table_has_2048_vectors)
{
    make_msix(2048);
    cr_assert_eq(function.bars[1].region.size, 65536);
    entry(2047, MESSAGE, 0x99, false);
    msix_control(0x8000);
    cr_assert_eq(pci_irq_trigger(&function, 2047), 0);
    check_last(1, MESSAGE, 0x99);
    cr_assert_eq(pci_irq_trigger(&function, 2046), 0);
    cr_assert_eq(pba(31), UINT64_C(1) << 62);
}

Test(pci_irq, a_function_may_have_no_interrupts_at_all)
{
    make(&(struct pci_irq_config){ 0 });
    pci_irq_set_level(&function, true);
    cr_assert_eq(pci_irq_trigger(&function, 0), INTACT_IRQ_NOT_ENABLED);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_DISABLED);
    cr_assert_eq(rig_config(&rig, &function, PCI_INTERRUPT_PIN, 1), 0);
    pci_function_reset(&function, 0);
}

// --- Reset and state -------------------------------------------------------------------------------------------------

Test(pci_irq, a_reset_returns_to_intx_with_nothing_staged_and_nothing_pending)
{
    make_msix(2);
    entry(0, MESSAGE, 0x50, true);
    msix_control(0x8000);
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    pci_irq_set_level(&function, true);
    pci_function_reset(&function, 0);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_LEGACY);
    cr_assert_not(rig.level[3]);
    cr_assert_eq(rig_config(&rig, &function, PCI_COMMAND, 2), 0);
    cr_assert_eq(rig_config(&rig, &function, rig_find(&rig, &function, MSIX_CAP) + 2, 2), 1);
    cr_assert_eq(table[0].address_low, 0);
    cr_assert_eq(table[0].control, 1);
    rig_set(&rig, &function, PCI_COMMAND, 2, RIG_ON);
    rig_set(&rig, &function, PCI_BAR0 + 4, 4, (uint32_t)TABLE);
    entry(0, MESSAGE, 0x51, false);
    msix_control(0x8000);
    cr_assert_eq(rig.count, 0, "nothing was left from before");
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    check_last(1, MESSAGE, 0x51);
}

static void list(void *object, struct visit *v)
{
    pci_function_visit(object, v);
}

static void list_all(void *object, struct visit *v)
{
    pci_function_visit(object, v);
    manager_visit(rig.manager, v);
}

Test(pci_irq, an_armed_function_is_saved_and_loaded)
{
    struct visit_save save;
    make_msix(2);
    entry(0, MESSAGE, 0x50, false);
    entry(1, MESSAGE, 0x51, true);
    msix_control(0x8000);
    visit_save_init(&save);
    list_all(&function, &save.visit);
    pci_function_reset(&function, 0);
    check_load(&function, list_all, &save);
    pci_bus_loaded(&rig.host.bus);
    free(save.data);
    cr_assert_eq(pci_irq_mode(&function), INTACT_IRQ_MODE_PCI_MSIX);
    cr_assert(pci_bar_mapped(&function, 1));
    cr_assert_eq(rig_read(&rig, TABLE + 8, 4), 0x50);
    cr_assert_eq(pci_irq_trigger(&function, 0), 0);
    check_last(1, MESSAGE, 0x50);
    cr_assert_eq(pci_irq_trigger(&function, 1), 0);
    check_last(1, MESSAGE, 0x50); // vector 1 is masked, and pending
    rig_write(&rig, TABLE + 16 + 12, 4, 0);
    check_last(2, MESSAGE, 0x51);
    cr_assert_eq(visit_uncovered(&function, sizeof function, list), sizeof function - rig_state(&function));
}

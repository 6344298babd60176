// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PIIX3 data sheet (290550), 3.1: the ISA bridge; PIIX4 data sheet (290562), 7: power management.
#include "devices/pci/piix.h"

#include "devices/pci/pci_rig.h"

static struct pci_rig rig;
static struct piix piix;

static uint64_t answer(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)size, (void)now;
    return 0x40 + offset;
}

static void ignore(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)value, (void)now;
}

static void setup(void)
{
    const struct region window = { .name = "pm", .widest = 4, .read = answer, .write = ignore };
    rig_open(&rig);
    cr_assert_eq(piix_init(&piix, &rig.host.bus, &rig.ports, &window), 0);
    piix_reset(&piix, 0);
}

static void teardown(void)
{
    rig_close(&rig);
}

TestSuite(piix, .init = setup, .fini = teardown);

static uint32_t isa(unsigned offset, unsigned size)
{
    return rig_config(&rig, &piix.isa, offset, size);
}

static void place(uint32_t base, bool on)
{
    rig_set(&rig, &piix.pm, PIIX_PMBA, 4, base);
    rig_set(&rig, &piix.pm, PIIX_PMREGMISC, 1, on);
}

static bool answers(uint16_t port)
{
    return bus_read(&rig.ports, port, 1, 0) == 0x40;
}

Test(piix, a_system_finds_two_functions_in_slot_1)
{
    cr_assert_eq(isa(PCI_VENDOR_ID, 4), 0x70008086);
    cr_assert_eq(isa(PCI_REVISION_ID, 4) >> 8, 0x060100);
    cr_assert_eq(isa(PCI_HEADER_TYPE, 1), 0x80);
    cr_assert_eq(isa(PCI_COMMAND, 2), 0x0007);
    cr_assert_eq(rig_config(&rig, &piix.pm, PCI_VENDOR_ID, 4), 0x71138086);
    cr_assert_eq(rig_config(&rig, &piix.pm, PCI_REVISION_ID, 4) >> 8, 0x068000);
}

// PIRQRC[A:D]: 80h after reset; bit 7 and the number of an IRQ can be written.
Test(piix, the_routes_of_pci_interrupts_are_kept)
{
    for (unsigned pin = 0; pin < 4; pin++) {
        cr_assert_eq(isa(PIIX_PIRQRC + pin, 1), 0x80);
        rig_set(&rig, &piix.isa, PIIX_PIRQRC + pin, 1, 0xff);
        cr_assert_eq(isa(PIIX_PIRQRC + pin, 1), 0x8f);
        rig_set(&rig, &piix.isa, PIIX_PIRQRC + pin, 1, 10);
        cr_assert_eq(isa(PIIX_PIRQRC + pin, 1), 10);
    }
    piix_reset(&piix, 0);
    cr_assert_eq(isa(PIIX_PIRQRC, 4), 0x80808080);
}

Test(piix, the_acpi_registers_are_where_pmba_says)
{
    place(0x600, false);
    cr_assert_not(answers(0x600));
    place(0x600, true);
    cr_assert(answers(0x600));
    cr_assert_eq(rig_config(&rig, &piix.pm, PIIX_PMBA, 4), 0x601);
    place(0xb03f, true);
    cr_assert_not(answers(0x600));
    cr_assert(answers(0xb000));
    cr_assert_eq(bus_read(&rig.ports, 0xb03f, 1, 0), 0x7f);
    cr_assert_eq(bus_read(&rig.ports, 0xb040, 1, 0), 0xff);
    piix_reset(&piix, 0);
    cr_assert_not(answers(0xb000));
}

Test(piix, a_place_that_is_in_use_is_counted)
{
    struct region other = { .base = 0x620, .size = 4, .name = "other", .widest = 4, .read = answer, .write = ignore };
    cr_assert_eq(bus_add(&rig.ports, &other), 0);
    place(0x600, true);
    cr_assert_not(answers(0x600));
    cr_assert_eq(piix.pm.mistakes[PCI_OVERLAP], 1);
    bus_remove(&rig.ports, &other);
}

// By APMC_EN a firmware knows that it need not set up SMM.
Test(piix, smm_is_said_to_be_set_up)
{
    cr_assert_eq(rig_config(&rig, &piix.pm, PIIX_DEVACTB, 4), 0x02000000);
    rig_set(&rig, &piix.pm, PIIX_DEVACTB, 4, 0);
    cr_assert_eq(rig_config(&rig, &piix.pm, PIIX_DEVACTB, 4), 0x02000000);
}

static void list(void *object, struct visit *v)
{
    piix_visit(object, v);
}

Test(piix, a_loaded_state_has_its_window)
{
    place(0x600, true);
    struct visit_save save;
    visit_save_init(&save);
    list(&piix, &save.visit);
    place(0xb000, true);
    check_load(&piix, list, &save);
    piix_loaded(&piix);
    cr_assert(answers(0x600));
    cr_assert_not(answers(0xb000));
    free(save.data);
}

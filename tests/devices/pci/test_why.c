// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a PCI function says of an interrupt that does not leave it: a driver opens each gate in its turn. PCI 3.0, 6.2.2,
// 6.2.3, 6.8.1, 6.8.2.
#include "devices/pci/pci_rig.h"

#include "answer.h"

#define TABLE   UINT64_C(0xe0000000)
#define MESSAGE UINT32_C(0xfee01000)

enum { MSIX_CAP = 0x11, MSI_CAP = 0x05 };

static struct pci_rig rig;
static struct pci_function function;
static struct msix_entry table[8];
static struct answer answer;

static void setup(void)
{
    rig_open(&rig);
    memset(&function, 0, sizeof function);
}

static void teardown(void)
{
    pci_function_destroy(&function);
    rig_close(&rig);
}

TestSuite(why_pci, .init = setup, .fini = teardown);

static void make(const struct pci_irq_config *config)
{
    pci_function_init(&function, 0x1234, 0x11e8, 0x00ff00, 0x10);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(3, 0), &function), 0);
    cr_assert_eq(pci_irq_init(&function, config), 0);
}

static const char *ask(const char *part, const char *name)
{
    struct why why = answer_begin(&answer);
    cr_assert(pci_irq_why(&function, part, name, &why));
    return answer.text;
}

static void command(uint16_t value)
{
    rig_set(&rig, &function, PCI_COMMAND, 2, value);
}

// A register of the capability.
static void set(uint8_t capability, unsigned offset, unsigned size, uint32_t value)
{
    rig_set(&rig, &function, rig_find(&rig, &function, capability) + offset, size, value);
}

Test(why_pci, intx_is_low_or_disabled_or_another_way_is_in_use)
{
    make(&(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
    cr_expect_str_eq(ask("intx", "edu0.intx"), "- edu0.intx is low: the device's interrupt status is 0\n");
    pci_irq_set_level(&function, true);
    cr_expect_str_eq(ask("intx", "edu0.intx"), "", "it is at the pin");
    cr_expect(rig.level[3]);
    command(RIG_ON | PCI_COMMAND_INTX_DISABLE);
    cr_expect_not(rig.level[3]);
    cr_expect_str_eq(ask("intx", "edu0.intx"),
                     "- edu0.intx is disabled: the command register = 0407h, bit 10 (interrupt disable)\n");
    set(MSI_CAP, 2, 2, 1);
    cr_expect_str_eq(ask("intx", "edu0.intx"),
                     "- edu0.intx is not driven: the driver has enabled MSI\n"
                     "- edu0.intx is disabled: the command register = 0407h, bit 10 (interrupt disable)\n");
    pci_irq_set_level(&function, false);
    set(MSI_CAP, 2, 2, 0);
    command(RIG_ON);
    cr_expect_str_eq(ask("intx", "edu0.intx"), "- edu0.intx is low: the device's interrupt status is 0\n");
}

Test(why_pci, intx_is_not_driven_with_msix)
{
    make(&(struct pci_irq_config){ .pin = 1, .msix_vectors = 8, .msix_table = table, .msix_bar = 1 });
    pci_irq_set_level(&function, true);
    set(MSIX_CAP, 2, 2, 0x8000);
    cr_expect_str_eq(ask("intx", "edu0.intx"), "- edu0.intx is not driven: the driver has enabled MSI-X\n");
    set(MSIX_CAP, 2, 2, 0);
    cr_expect(rig.level[3], "it arrives");
}

Test(why_pci, msi_is_off_or_not_allotted_or_masked_or_no_bus_master)
{
    make(&(struct pci_irq_config){ .msi_vectors = 4, .msi_maskable = true });
    cr_expect_str_eq(ask("msi3", "edu0.msi3"),
                     "- edu0.msi3 is not sent: MSI is not enabled, message control = 0184h, bit 0\n"
                     "- edu0.msi3 is not sent: the command register = 0000h, bit 2 (bus master) is 0\n");
    set(MSI_CAP, 4, 4, MESSAGE);
    set(MSI_CAP, 12, 2, 0x40);
    set(MSI_CAP, 16, 4, 8);
    set(MSI_CAP, 2, 2, 0x11);
    cr_expect_str_eq(ask("msi3", "edu0.msi3"),
                     "- edu0.msi3 is not allotted: message control = 0195h, bits 6:4 give the device 2 vectors\n"
                     "- edu0.msi3 is not sent: the command register = 0000h, bit 2 (bus master) is 0\n"
                     "- edu0.msi3 is masked: mask bits = 00000008h, bit 3\n");
    set(MSI_CAP, 2, 2, 0x21);
    command(RIG_ON);
    cr_expect_str_eq(ask("msi3", "edu0.msi3"), "- edu0.msi3 is masked: mask bits = 00000008h, bit 3\n");
    cr_expect_str_eq(ask("msi2", "edu0.msi2"), "", "nothing of the function holds the next one");
    pci_irq_trigger(&function, 3);
    cr_expect_eq(rig.count, 0);
    set(MSI_CAP, 16, 4, 0);
    cr_expect_str_eq(ask("msi3", "edu0.msi3"), "");
    cr_assert_eq(rig.count, 1, "it arrives");
    cr_expect_eq(rig.messages[0].data, 0x43);
}

Test(why_pci, msix_is_off_or_masked_or_no_bus_master)
{
    make(&(struct pci_irq_config){ .msix_vectors = 8, .msix_table = table, .msix_bar = 1 });
    rig_set(&rig, &function, PCI_BAR0 + 4, 4, (uint32_t)TABLE);
    command(PCI_COMMAND_MEMORY);
    cr_expect_str_eq(ask("msix5", "nic.msix5"),
                     "- nic.msix5 is not sent: MSI-X is not enabled, message control = 0007h, bit 15\n"
                     "- nic.msix5 is not sent: the command register = 0002h, bit 2 (bus master) is 0\n"
                     "- nic.msix5 is masked: vector control of row 5 = 00000001h, bit 0\n");
    set(MSIX_CAP, 2, 2, 0xc000);
    command(RIG_ON);
    cr_expect_str_eq(ask("msix5", "nic.msix5"),
                     "- nic.msix5 is masked with all others: message control = C007h, bit 14\n"
                     "- nic.msix5 is masked: vector control of row 5 = 00000001h, bit 0\n");
    rig_write(&rig, TABLE + 80, 8, MESSAGE);
    rig_write(&rig, TABLE + 88, 4, 0x51);
    pci_irq_trigger(&function, 5);
    rig_write(&rig, TABLE + 92, 4, 0);
    cr_expect_str_eq(ask("msix5", "nic.msix5"),
                     "- nic.msix5 is masked with all others: message control = C007h, bit 14\n");
    cr_expect_eq(rig.count, 0);
    set(MSIX_CAP, 2, 2, 0x8000);
    cr_expect_str_eq(ask("msix5", "nic.msix5"), "");
    cr_assert_eq(rig.count, 1, "it arrives");
    cr_expect_eq(rig.messages[0].data, 0x51);
}

Test(why_pci, a_message_waits_for_the_bus_master_bit)
{
    make(&(struct pci_irq_config){ .msi_vectors = 1 });
    set(MSI_CAP, 4, 4, MESSAGE);
    set(MSI_CAP, 2, 2, 1);
    pci_irq_trigger(&function, 0);
    cr_expect_str_eq(ask("msi0", "edu0.msi0"),
                     "- edu0.msi0 is not sent: the command register = 0000h, bit 2 (bus master) is 0\n");
    cr_expect_eq(rig.count, 0);
}

Test(why_pci, other_parts_are_none)
{
    static const char *const none[] = { "intx", "msi4", "msi", "msi-1", "msi 1", "msi1x", "msix8", "msix", "", "irq" };
    struct why why = answer_begin(&answer);
    make(&(struct pci_irq_config){ .msi_vectors = 4, .msix_vectors = 8, .msix_table = table, .msix_bar = 1 });
    for (unsigned i = 0; i < countof(none); i++)
        cr_expect_not(pci_irq_why(&function, none[i], none[i], &why), "'%s'", none[i]);
    cr_expect_str_empty(answer.text);
    cr_expect(pci_irq_why(&function, "msix7", "nic.msix7", &why));
}

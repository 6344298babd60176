// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QEMU, docs/specs/pci-testdev: the header, the tests of both BARs, the large BAR.
#include "devices/pci/pci_rig.h"
#include "devices/pci_testdev.h"

#define BASE UINT64_C(0xe0000000)
#define PORT UINT64_C(0xc000)

static struct pci_rig rig;
static struct pci_testdev device;

static void setup(void)
{
    rig_open(&rig);
    cr_assert_eq(pci_testdev_init(&device, UINT64_C(0x100000000), &rig.host.bus, PCI_DEVFN(5, 0)), 0);
    rig_set(&rig, &device.pci, PCI_BAR0, 4, (uint32_t)BASE);
    rig_set(&rig, &device.pci, PCI_BAR0 + 4, 4, (uint32_t)PORT);
    rig_set(&rig, &device.pci, PCI_BAR0 + 12, 4, 0x80);
    rig_set(&rig, &device.pci, PCI_COMMAND, 2, RIG_ON);
}

static void teardown(void)
{
    pci_testdev_destroy(&device);
    rig_close(&rig);
}

TestSuite(pci_testdev, .init = setup, .fini = teardown);

// A guest scans tests until a width says that there is no such one.
static void scan(struct bus *bus, uint64_t base, const char *kind)
{
    unsigned test = 0;
    for (;; test++) {
        bus_write(bus, base, 1, test, 0);
        unsigned width = (unsigned)bus_read(bus, base + 1, 1, 0);
        if (width != 1 && width != 2 && width != 4)
            break;
        uint32_t offset = (uint32_t)bus_read(bus, base + 4, 4, 0), data = (uint32_t)bus_read(bus, base + 8, 4, 0);
        char name[32];
        for (unsigned i = 0; i < sizeof name; i++)
            name[i] = (char)bus_read(bus, base + 16 + i, 1, 0);
        cr_assert_eq(strncmp(name, kind, strlen(kind)), 0, "%s", name);
        cr_assert_eq(bus_read(bus, base + 12, 4, 0), 0);
        for (unsigned i = 0; i < 10; i++)
            bus_write(bus, base + offset, width, data, 0);
        cr_assert_eq(bus_read(bus, base + 12, 4, 0), 10, "%s", name);
        bus_write(bus, base + offset, width, data ^ 1, 0);
        cr_assert_eq(bus_read(bus, base + 12, 4, 0), test < 3 ? 10 : 11, "%s", name);
        bus_write(bus, base + offset, width == 1 ? 2 : width / 2, data, 0);
        bus_write(bus, base + offset + 4, width, data, 0);
        cr_assert_eq(bus_read(bus, base + 12, 4, 0), test < 3 ? 10 : 11, "%s", name);
    }
    cr_assert_eq(test, PCI_TESTDEV_TESTS);
    cr_assert_eq(bus_read(bus, base + 4, 4, 0), 0);
}

Test(pci_testdev, its_tests_are_found_and_counted_in_memory)
{
    scan(&rig.memory, BASE, "mmio-");
}

Test(pci_testdev, its_tests_are_found_and_counted_at_ports)
{
    scan(&rig.ports, PORT, "portio-");
}

Test(pci_testdev, the_large_bar_is_empty)
{
    cr_assert_eq(rig_config(&rig, &device.pci, PCI_VENDOR_ID, 4), 0x00051b36);
    cr_assert_eq(pci_bar_address(&device.pci, 2), 0x8000000000);
    cr_assert(pci_bar_mapped(&device.pci, 2));
    uint64_t unanswered = rig.memory.unanswered_reads;
    cr_assert_eq(rig_read(&rig, 0x80fffffff8, 8), UINT64_MAX);
    rig_write(&rig, 0x8000000000, 4, 1);
    cr_assert_eq(rig.memory.unanswered_reads, unanswered, "it answers");
}

Test(pci_testdev, no_test_runs_after_a_reset)
{
    rig_write(&rig, BASE, 1, 0);
    pci_testdev_reset(&device, 0);
    rig_set(&rig, &device.pci, PCI_BAR0, 4, (uint32_t)BASE);
    rig_set(&rig, &device.pci, PCI_COMMAND, 2, RIG_ON);
    cr_assert_eq(rig_read(&rig, BASE + 1, 1), 0);
    rig_write(&rig, BASE + 2048, 1, 0xfa);
    cr_assert_eq(rig_read(&rig, BASE + 12, 4), 0);
    cr_assert_eq(rig_read(&rig, BASE + 1024, 4), 0, "behind the header");
}

static void list(void *object, struct visit *v)
{
    pci_testdev_visit(object, v);
}

Test(pci_testdev, its_state_is_saved_and_loaded)
{
    struct visit_save save;
    rig_write(&rig, BASE, 1, 4);
    rig_write(&rig, BASE + 2048 + 16, 2, 0);
    visit_save_init(&save);
    pci_testdev_visit(&device, &save.visit);
    pci_testdev_reset(&device, 0);
    check_load(&device, list, &save);
    pci_bus_loaded(&rig.host.bus);
    free(save.data);
    cr_assert_eq(rig_read(&rig, BASE + 12, 4), 1);
    rig_write(&rig, BASE + 2048 + 16, 2, 0);
    cr_assert_eq(rig_read(&rig, BASE + 12, 4), 2);
    size_t state = rig_state(&device.pci) + 2 * (sizeof device.bars[0].test + sizeof device.bars[0].count);
    cr_assert_eq(visit_uncovered(&device, sizeof device, list), sizeof device - state);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 4.1: discovery and use as by a driver, with messages and with the line.
#include "devices/pci/pci_rig.h"
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_rng.h"

#define BAR     UINT64_C(0x8000000000)
#define TABLE   UINT64_C(0xe0000000)
#define QUEUE   UINT64_C(0x1000) // descriptors, and 100h and 200h further the rings
#define BUFFER  UINT64_C(0x8000)
#define MESSAGE UINT32_C(0xfee01000)

static struct pci_rig rig;
static struct virtio_rng rng;
static struct virtio_pci device;

static void make(unsigned vectors)
{
    virtio_rng_init(&rng, 1);
    cr_assert_eq(virtio_pci_init(&device, &rng.virtio, 0x00ff00, vectors, &rig.host.bus, PCI_DEVFN(4, 0)), 0);
    rig_set(&rig, &device.pci, PCI_BAR0 + 16, 4, (uint32_t)BAR);
    rig_set(&rig, &device.pci, PCI_BAR0 + 20, 4, (uint32_t)(BAR >> 32));
    rig_set(&rig, &device.pci, PCI_BAR0 + 4, 4, (uint32_t)TABLE);
    rig_set(&rig, &device.pci, PCI_COMMAND, 2, RIG_ON);
}

static void setup(void)
{
    rig_open(&rig);
    make(2);
}

static void teardown(void)
{
    virtio_pci_destroy(&device);
    rig_close(&rig);
}

TestSuite(virtio_pci, .init = setup, .fini = teardown);

// --- A driver's hands -----------------------------------------------------------------------------------------------

static uint64_t in(uint64_t offset, unsigned size)
{
    return rig_read(&rig, BAR + offset, size);
}

static void out(uint64_t offset, unsigned size, uint64_t value)
{
    rig_write(&rig, BAR + offset, size, value);
}

// `features`: bits 32 to 63.
static void start_with(uint32_t features)
{
    memset(rig.bytes + QUEUE, 0, 0x1000);
    out(20, 1, 0);
    out(20, 1, 3);
    out(8, 4, 1);
    out(12, 4, features);
    out(20, 1, 11);
    cr_assert_eq(in(20, 1), 11);
    out(22, 2, 0);
    out(24, 2, 8);
    out(26, 2, 1);
    out(32, 4, QUEUE);
    out(40, 8, QUEUE + 0x100);
    out(48, 8, QUEUE + 0x200);
    out(28, 2, 1);
    out(16, 2, 0);
    out(20, 1, 15);
    cr_assert_eq(in(20, 1), 15);
}

static void start(void)
{
    start_with(1);
}

static void enable_msix(void)
{
    unsigned at = rig_find(&rig, &device.pci, 0x11);
    rig_set(&rig, &device.pci, at + 2, 2, 0x8000);
    for (unsigned i = 0; i < 2; i++) {
        rig_write(&rig, TABLE + 16 * i, 8, MESSAGE);
        rig_write(&rig, TABLE + 16 * i + 8, 4, 0x40 + i);
        rig_write(&rig, TABLE + 16 * i + 12, 4, 0);
    }
}

static void ask_for_bytes(void)
{
    uint16_t index = (uint16_t)bytes_get(rig.bytes + QUEUE + 0x102, 2);
    bytes_put(rig.bytes + QUEUE, 8, BUFFER);
    bytes_put(rig.bytes + QUEUE + 8, 4, 8);
    bytes_put(rig.bytes + QUEUE + 12, 2, VIRTQ_DESC_F_WRITE);
    bytes_put(rig.bytes + QUEUE + 0x102, 2, index + 1u);
    out(VIRTIO_PCI_NOTIFY, 2, 0);
}

static uint16_t used(void)
{
    return (uint16_t)bytes_get(rig.bytes + QUEUE + 0x202, 2);
}

// --- Identity -------------------------------------------------------------------------------------------------------

Test(virtio_pci, it_is_found_with_its_structures)
{
    static const uint32_t where[] = { 0, 0x3000, 0x1000, 0x2000, 0 };
    unsigned seen = 0;
    cr_assert_eq(rig_config(&rig, &device.pci, PCI_VENDOR_ID, 4), 0x10441af4);
    cr_assert_eq(rig_config(&rig, &device.pci, PCI_REVISION_ID, 1), 1);
    for (unsigned at = rig_config(&rig, &device.pci, PCI_CAPABILITIES_POINTER, 1); at;
         at = rig_config(&rig, &device.pci, at + 1, 1)) {
        if (rig_config(&rig, &device.pci, at, 1) != 9)
            continue;
        unsigned type = rig_config(&rig, &device.pci, at + 3, 1);
        cr_assert_eq(rig_config(&rig, &device.pci, at + 2, 1), type == 2 || type == 5 ? 20 : 16);
        cr_assert_eq(rig_config(&rig, &device.pci, at + 4, 1), type == 5 ? 0 : VIRTIO_PCI_BAR);
        cr_assert_eq(rig_config(&rig, &device.pci, at + 8, 4), where[type - 1]);
        seen |= 1u << type;
    }
    cr_assert_eq(seen, 0x3e, "all five kinds");
}

Test(virtio_pci, queues_are_described_one_at_a_time)
{
    cr_assert_eq(in(18, 2), 1);
    cr_assert_eq(in(24, 2), 64);
    cr_assert_eq(in(30, 2), 0);
    cr_assert_eq(in(26, 2), 0xffff);
    out(22, 2, 1);
    cr_assert_eq(in(22, 2), 1);
    cr_assert_eq(in(24, 2), 0, "no such queue");
    cr_assert_eq(in(26, 2), 0xffff);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_NO_QUEUE], 0);
}

Test(virtio_pci, features_come_in_two_halves)
{
    cr_assert_eq(in(4, 4), 0x30000000);
    out(0, 4, 1);
    cr_assert_eq(in(4, 4), 0x101);
    out(8, 4, 1);
    out(12, 4, 1);
    cr_assert_eq(in(12, 4), 1);
    cr_assert_eq(rng.virtio.driver_features, BIT64(32));
}

Test(virtio_pci, addresses_are_written_whole_or_in_halves)
{
    out(32, 4, 0x11111110);
    out(36, 4, 0x22);
    out(40, 8, UINT64_C(0x4433333330));
    cr_assert_eq(in(32, 8), UINT64_C(0x2211111110));
    cr_assert_eq(in(36, 4), 0x22);
    cr_assert_eq(in(44, 4), 0x44);
}

// --- Interrupts -----------------------------------------------------------------------------------------------------

Test(virtio_pci, each_event_has_its_vector)
{
    enable_msix();
    start();
    ask_for_bytes();
    cr_assert_eq(used(), 1);
    cr_assert_eq(rig.count, 1);
    cr_assert_eq(rig.messages[0].data, 0x41);
    cr_assert_eq(rig.messages[0].device, PCI_DEVFN(4, 0));
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 0, "the queue's bit is for the line");
    bytes_put(rig.bytes + QUEUE + 0x102, 2, 100);
    out(VIRTIO_PCI_NOTIFY, 2, 0);
    cr_assert_eq(rig.count, 2);
    cr_assert_eq(rig.messages[1].data, 0x40, "DEVICE_NEEDS_RESET by the configuration's vector");
}

static bool told_by_status(void)
{
    return rig_config(&rig, &device.pci, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT;
}

Test(virtio_pci, a_change_of_the_configuration_is_in_isr_status_beside_its_vector)
{
    unsigned at = rig_find(&rig, &device.pci, 0x11);
    enable_msix();
    start();
    out(16, 2, 0xffff);
    bytes_put(rig.bytes + QUEUE + 0x102, 2, 100);
    out(VIRTIO_PCI_NOTIFY, 2, 0);
    cr_assert_eq(rig.count, 0, "it has no vector");
    cr_assert_not(rig.level[0]);
    cr_assert_not(told_by_status());
    rig_set(&rig, &device.pci, at + 2, 2, 0);
    cr_assert(rig.level[0], "the line is the OR of ISR status when MSI-X is off");
    cr_assert(told_by_status());
    rig_set(&rig, &device.pci, at + 2, 2, 0x8000);
    cr_assert_not(rig.level[0]);
    cr_assert_not(told_by_status());
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 2);
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 0);
}

Test(virtio_pci, a_queue_that_is_reset_forgets_all_that_was_set_up)
{
    enable_msix();
    start_with(1 | 1 << (VIRTIO_F_RING_RESET - 32));
    out(58, 2, 1);
    cr_assert_eq(in(58, 2), 0);
    cr_assert_eq(in(28, 2), 0);
    cr_assert_eq(in(24, 2), device.virtio->queues[0].size_max);
    cr_assert_eq(in(26, 2), 0xffff, "2.6.1.1.1: its vector as well");
    cr_assert_eq(in(16, 2), 0, "the configuration's stays");
    start();
    out(58, 2, 1);
    cr_assert_eq(in(28, 2), 1, "not without the feature");
    cr_assert_eq(in(26, 2), 1);
}

Test(virtio_pci, a_vector_beyond_the_table_is_none)
{
    enable_msix();
    start();
    out(16, 2, 2);
    cr_assert_eq(in(16, 2), 0xffff);
    out(26, 2, 0x1234);
    cr_assert_eq(in(26, 2), 0xffff);
    ask_for_bytes();
    cr_assert_eq(used(), 1);
    cr_assert_eq(rig.count, 0);
}

Test(virtio_pci, the_line_is_high_until_isr_status_is_read)
{
    start();
    ask_for_bytes();
    cr_assert(rig.level[0], "slot 4, INTA");
    cr_assert(rig_config(&rig, &device.pci, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    ask_for_bytes();
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 1);
    cr_assert_not(rig.level[0]);
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 0);
    bytes_put(rig.bytes + QUEUE + 0x102, 2, 100);
    out(VIRTIO_PCI_NOTIFY, 2, 0);
    cr_assert_eq(in(VIRTIO_PCI_ISR, 1), 2);
    ask_for_bytes();
    cr_assert_not(rig.level[0]);
}

Test(virtio_pci, a_reset_lowers_the_line_and_forgets_vectors)
{
    start();
    ask_for_bytes();
    out(20, 1, 0);
    cr_assert_not(rig.level[0]);
    cr_assert_eq(in(16, 2), 0xffff);
    cr_assert_eq(in(26, 2), 0xffff);
    cr_assert_eq(in(28, 2), 0);
    start();
    ask_for_bytes();
    cr_assert_eq(used(), 1);
    virtio_pci_reset(&device, 0);
    cr_assert_not(rig.level[0]);
    cr_assert_not(pci_bar_mapped(&device.pci, VIRTIO_PCI_BAR));
}

Test(virtio_pci, without_bus_mastering_the_rings_are_out_of_reach)
{
    start();
    rig_set(&rig, &device.pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ask_for_bytes();
    cr_assert_eq(rng.virtio.faults[VIRTQUEUE_RING_OUTSIDE], 1);
    cr_assert_eq(in(20, 1), 15 | 0x40);
}

Test(virtio_pci, a_device_without_msix_has_the_line)
{
    virtio_pci_destroy(&device);
    make(0);
    cr_assert_eq(rig_find(&rig, &device.pci, 0x11), 0);
    start();
    cr_assert_eq(in(26, 2), 0xffff, "no table, no vector");
    ask_for_bytes();
    cr_assert(rig.level[0]);
}

// --- Access ---------------------------------------------------------------------------------------------------------

Test(virtio_pci, wrong_accesses_are_counted_and_change_nothing)
{
    in(20, 4);
    in(0, 2);
    in(0x100, 4);
    in(VIRTIO_PCI_NOTIFY, 2);
    out(4, 4, 0);
    out(18, 2, 5);
    out(28, 2, 0);
    out(30, 2, 1);
    out(VIRTIO_PCI_NOTIFY + 4, 2, 0);
    out(VIRTIO_PCI_ISR, 1, 1);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], 10);
    out(VIRTIO_PCI_NOTIFY, 2, 9);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_NO_QUEUE], 1);
}

// 4.1.4.9
Test(virtio_pci, configuration_space_reaches_the_structures)
{
    unsigned at = device.access;
    rig_set(&rig, &device.pci, at + 4, 1, VIRTIO_PCI_BAR);
    rig_set(&rig, &device.pci, at + 8, 4, 20);
    rig_set(&rig, &device.pci, at + 12, 4, 1);
    rig_set(&rig, &device.pci, at + 16, 1, 3);
    cr_assert_eq(in(20, 1), 3);
    cr_assert_eq(rig_config(&rig, &device.pci, at + 16, 1), 3);
    rig_set(&rig, &device.pci, at + 8, 4, 4);
    rig_set(&rig, &device.pci, at + 12, 4, 4);
    cr_assert_eq(rig_config(&rig, &device.pci, at + 16, 4), 0x30000000);
    uint32_t before = rng.virtio.mistakes[VIRTIO_BAD_ACCESS];
    rig_set(&rig, &device.pci, at + 12, 4, 3);
    cr_assert_eq(rig_config(&rig, &device.pci, at + 16, 4), 0);
    rig_set(&rig, &device.pci, at + 12, 4, 4);
    rig_set(&rig, &device.pci, at + 8, 4, 0xfffffffc);
    rig_set(&rig, &device.pci, at + 16, 4, 0);
    rig_set(&rig, &device.pci, at + 8, 4, 4);
    rig_set(&rig, &device.pci, at + 4, 1, 1);
    cr_assert_eq(rig_config(&rig, &device.pci, at + 16, 4), 0);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], before + 3);
}

Test(virtio_pci, the_devices_own_structure_is_behind_its_capability)
{
    static const struct intact_block block = { .size = 1 << 20, .readonly = true };
    static struct virtio_blk blk;
    virtio_pci_destroy(&device);
    virtio_blk_init(&blk, &(struct virtio_blk_config){ &block, 4, 64, 512, NULL });
    cr_assert_eq(virtio_pci_init(&device, &blk.virtio, 0x010000, 5, &rig.host.bus, PCI_DEVFN(4, 0)), 0);
    rig_set(&rig, &device.pci, PCI_BAR0 + 16, 4, (uint32_t)BAR);
    rig_set(&rig, &device.pci, PCI_BAR0 + 20, 4, (uint32_t)(BAR >> 32));
    rig_set(&rig, &device.pci, PCI_COMMAND, 2, RIG_ON);
    cr_assert_eq(rig_config(&rig, &device.pci, PCI_DEVICE_ID, 2), 0x1042);
    cr_assert_eq(in(VIRTIO_PCI_CONFIG, 8), 2048);
    cr_assert_eq(in(18, 2), 4);
    out(22, 2, 3);
    cr_assert_eq(in(30, 2), 3);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    virtio_pci_visit(object, v);
}

Test(virtio_pci, its_state_travels_whole)
{
    enable_msix();
    start();
    ask_for_bytes();
    struct visit_save save;
    visit_save_init(&save);
    virtio_pci_visit(&device, &save.visit);
    virtio_pci_destroy(&device);
    make(2);
    check_load(&device, list, &save);
    pci_bus_loaded(&rig.host.bus);
    free(save.data);
    cr_assert_eq(device.config_vector, 0);
    cr_assert_eq(device.queue_vectors[0], 1);
    cr_assert_eq(in(16, 2), 0);
    struct virtio_pci *object = &device;
    size_t inner = visit_uncovered(&object->pci, sizeof object->pci, list);
    size_t table = sizeof object->table - 2 * sizeof object->table[0]; // rows that do not exist
    cr_assert_eq(visit_uncovered(object, offsetof(struct virtio_pci, virtio), list), inner + table);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 4.2: the registers of both versions, and the line.
#include "devices/virtio/virtio_mmio.h"

#include "devices/virtio/virtio_rig.h"
#include "devices/virtio/virtio_rng.h"

static struct virtio_rig rig;
static struct virtio_rng rng;
static struct virtio_mmio mmio;
static struct intact_irq_manager *manager;
static bool line;

static void pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    (void)owner, (void)chip;
    if (number == 5)
        line = level;
}

static void make(bool legacy)
{
    virtio_rng_init(&rng, 1);
    rig_memory(&rig);
    rig.virtio = &rng.virtio;
    cr_assert_eq(virtio_mmio_init(&mmio, &rng.virtio, manager, 5, &rig.bus, legacy), 0);
}

static void setup(void)
{
    const struct intact_irq_output output = { .size = sizeof(struct intact_irq_output), .pin = pin };
    cr_assert_eq(intact_irq_manager_create(&output, &manager), 0);
    cr_assert_eq(intact_irq_manager_add_chip(manager, 0, 8), 0);
    cr_assert_eq(intact_irq_manager_route(manager, 5, 0, 5), 0);
    line = false;
    make(false);
}

static void teardown(void)
{
    virtio_mmio_destroy(&mmio);
    cr_assert_eq(intact_irq_manager_destroy(manager), 0);
}

TestSuite(virtio_mmio, .init = setup, .fini = teardown);

static void again(bool legacy)
{
    virtio_mmio_destroy(&mmio);
    make(legacy);
}

static uint32_t in(uint64_t offset)
{
    return (uint32_t)virtio_mmio_read(&mmio, offset, 4, 0);
}

static void out(uint64_t offset, uint32_t value)
{
    virtio_mmio_write(&mmio, offset, 4, value, 0);
}

static void start(void)
{
    out(0x070, 0);
    out(0x070, 3);
    out(0x024, 1);
    out(0x020, 1);
    out(0x070, 11);
    cr_assert_eq(in(0x070), 11);
    out(0x030, 0);
    out(0x038, 16);
    out(0x080, (uint32_t)rig_table(0));
    out(0x090, (uint32_t)rig_available(0));
    out(0x0a0, (uint32_t)rig_used(0));
    out(0x044, 1);
    cr_assert_eq(in(0x044), 1);
    out(0x070, 15);
}

static void ask_for_bytes(void)
{
    rig_descriptor(&rig, 0, 0, RIG_BUFFERS, 8, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    out(0x050, 0);
}

Test(virtio_mmio, it_says_what_it_is)
{
    cr_assert_eq(in(0x000), 0x74726976);
    cr_assert_eq(in(0x004), 2);
    cr_assert_eq(in(0x008), 4);
    cr_assert_eq(in(0x034), 64);
    out(0x030, 1);
    cr_assert_eq(in(0x034), 0, "there is no second queue");
    cr_assert_eq(in(0x010), 0x30000000);
    out(0x014, 1);
    cr_assert_eq(in(0x010), 0x101);
    out(0x014, 7);
    cr_assert_eq(in(0x010), 0);
    cr_assert_eq(in(0x0b0), UINT32_MAX, "no shared memory");
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], 0);
}

Test(virtio_mmio, a_driver_gets_its_bytes_and_acknowledges_the_level)
{
    start();
    ask_for_bytes();
    cr_assert_eq(rig_used_index(&rig, 0), 1);
    cr_assert(line);
    cr_assert_eq(in(0x060), 1);
    cr_assert(line, "reading it is no acknowledgement");
    out(0x064, 2);
    cr_assert(line);
    out(0x064, 1);
    cr_assert_not(line);
    cr_assert_eq(in(0x060), 0);
}

Test(virtio_mmio, a_fault_raises_the_configuration_bit)
{
    start();
    rig_put(&rig, rig_available(0) + 2, 2, 999);
    out(0x050, 0);
    cr_assert_eq(in(0x070), 15 | 0x40);
    cr_assert_eq(in(0x060), 2);
    cr_assert(line);
    out(0x070, 0);
    cr_assert_not(line, "a reset lowers it");
    cr_assert_eq(in(0x070), 0);
    cr_assert_eq(in(0x044), 0);
    rig.available[0] = 0;
    memset(rig.ram + RIG_QUEUES, 0, RIG_STRIDE);
    start();
    ask_for_bytes();
    cr_assert_eq(rig_used_index(&rig, 0), 1);
}

Test(virtio_mmio, addresses_have_64_bits)
{
    out(0x030, 0);
    out(0x080, 0x11111110);
    out(0x084, 0x22);
    out(0x090, 0x33333330);
    out(0x094, 0x44);
    out(0x0a0, 0x55555550);
    out(0x0a4, 0x66);
    cr_assert_eq(rng.virtio.queues[0].descriptors, UINT64_C(0x2211111110));
    cr_assert_eq(rng.virtio.queues[0].available, UINT64_C(0x4433333330));
    cr_assert_eq(rng.virtio.queues[0].used, UINT64_C(0x6655555550));
}

Test(virtio_mmio, a_queue_is_stopped_and_reset)
{
    start();
    out(0x044, 0);
    cr_assert_eq(in(0x044), 0);
    out(0x050, 0);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_NO_QUEUE], 1);
    out(0x0c0, 1);
    cr_assert_eq(in(0x0c0), 0);
}

Test(virtio_mmio, the_legacy_version_has_its_own_registers)
{
    again(true);
    cr_assert_eq(in(0x004), 1);
    out(0x070, 3);
    cr_assert_eq(in(0x010), 0x38000000, "ANY_LAYOUT, INDIRECT_DESC, EVENT_IDX");
    out(0x020, 0);
    out(0x028, 4096);
    out(0x030, 0);
    out(0x038, 16);
    out(0x03c, 4096);
    out(0x040, (uint32_t)(RIG_QUEUES / 4096));
    cr_assert_eq(in(0x040), RIG_QUEUES / 4096);
    cr_assert_eq(rng.virtio.queues[0].available, RIG_QUEUES + 256);
    cr_assert_eq(rng.virtio.queues[0].used, RIG_QUEUES + 4096);
    out(0x070, 7);
    rig_descriptor(&rig, 0, 0, RIG_BUFFERS, 8, VIRTQ_DESC_F_WRITE, 0);
    rig_put(&rig, RIG_QUEUES + 256 + 2, 2, 1);
    out(0x050, 0);
    cr_assert_eq(rig_get(&rig, RIG_QUEUES + 4096 + 2, 2), 1);
    cr_assert(line);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], 0);
    out(0x040, 0);
    cr_assert_not(rng.virtio.queues[0].ready, "PFN 0 takes the queue away");
    out(0x080, 1);
    cr_assert_eq(in(0x0fc), 0);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], 2, "registers of version 2");
}

// Drivers of QEMU's legacy interface compare VendorID and never write QueueAlign; Linux writes GuestPageSize once and
// resets the device afterwards.
Test(virtio_mmio, a_legacy_queue_is_aligned_to_4096_until_the_driver_says_otherwise)
{
    again(true);
    cr_assert_eq(in(0x00c), 0x554d4551);
    out(0x028, 4096);
    out(0x070, 0);
    out(0x070, 3);
    out(0x030, 0);
    out(0x038, 16);
    out(0x040, (uint32_t)(RIG_QUEUES / 4096));
    cr_assert_eq(rng.virtio.faults[VIRTQUEUE_UNALIGNED], 0);
    cr_assert(rng.virtio.queues[0].ready);
    cr_assert_eq(rng.virtio.queues[0].used, RIG_QUEUES + 4096);
    out(0x040, 0);
    out(0x038, 16);
    out(0x03c, 512);
    out(0x040, (uint32_t)(RIG_QUEUES / 4096));
    cr_assert_eq(rng.virtio.queues[0].used, RIG_QUEUES + 512);
    out(0x070, 0);
    cr_assert_eq(mmio.QueueAlign[0], 512, "a driver's reset leaves it");
    virtio_mmio_reset(&mmio);
    cr_assert_eq(mmio.QueueAlign[0], 4096, "the board's does not");
    cr_assert_eq(mmio.GuestPageSize, 0);
}

Test(virtio_mmio, a_legacy_queue_needs_a_page_size_and_an_alignment)
{
    again(true);
    out(0x070, 3);
    out(0x028, 4095);
    out(0x03c, 4096);
    out(0x040, 16);
    cr_assert_eq(rng.virtio.faults[VIRTQUEUE_UNALIGNED], 1);
    cr_assert(in(0x070) & 0x40);
}

Test(virtio_mmio, wrong_accesses_are_counted_and_change_nothing)
{
    virtio_mmio_read(&mmio, 0x004, 2, 0);
    virtio_mmio_read(&mmio, 0x005, 1, 0);
    in(0x020); // write-only
    in(0x0f0);
    out(0x000, 1); // read-only
    out(0x028, 1); // legacy
    virtio_mmio_write(&mmio, 0x070, 1, 3, 0);
    cr_assert_eq(rng.virtio.mistakes[VIRTIO_BAD_ACCESS], 7);
    cr_assert_eq(in(0x070), 0);
    cr_assert_eq(virtio_mmio_read(&mmio, 0x100, 1, 0), 0, "a device without a configuration structure");
}

Test(virtio_mmio, an_empty_slot_has_device_id_0)
{
    virtio_mmio_destroy(&mmio);
    cr_assert_eq(virtio_mmio_init(&mmio, NULL, manager, 5, &rig.bus, false), 0);
    cr_assert_eq(in(0x000), 0x74726976);
    cr_assert_eq(in(0x008), 0);
    cr_assert_eq(in(0x034), 0);
    out(0x070, 1);
    virtio_mmio_read(&mmio, 0x100, 4, 0);
    cr_assert_eq(mmio.mistakes, 3);
    virtio_mmio_reset(&mmio);
}

// The rows say what a register reads after a reset, where that is not the device's own.
Test(virtio_mmio, constants_read_as_their_rows_say)
{
    static const uint32_t constants[] = { 0x000, 0x00c, 0x0b0, 0x0b4, 0x0b8, 0x0bc, 0x044, 0x060, 0x070, 0x0c0, 0x0fc };
    unsigned count;
    const struct reg *rows = virtio_mmio_registers(&count);
    for (unsigned i = 0; i < countof(constants); i++)
        cr_assert_eq(in(constants[i]), reg_find(rows, count, constants[i])->reset, "%03x", constants[i]);
}

// Every row has the sizes and directions that 4.2.2 gives it, in order.
Test(virtio_mmio, the_registers_are_in_order_and_do_something)
{
    unsigned count;
    const struct reg *rows = virtio_mmio_registers(&count);
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(rows[i].widths, REG_32, "%s", rows[i].name);
        cr_assert(reg_readable(&rows[i]) || reg_writable(&rows[i]), "%s", rows[i].name);
        cr_assert_eq(rows[i].mask != 0, reg_writable(&rows[i]), "%s", rows[i].name);
        cr_assert(i == 0 || rows[i].offset > rows[i - 1].offset, "%s", rows[i].name);
        cr_assert_eq(reg_find(rows, count, rows[i].offset), &rows[i]);
    }
}

static void list(void *object, struct visit *v)
{
    virtio_mmio_visit(object, v);
}

Test(virtio_mmio, its_state_travels_whole)
{
    start();
    ask_for_bytes();
    struct visit_save save;
    visit_save_init(&save);
    virtio_mmio_visit(&mmio, &save.visit);
    again(false);
    check_load(&mmio, list, &save);
    free(save.data);
    cr_assert_eq(in(0x060), 1);
    // The pointer to the device, and padding.
    cr_assert_eq(visit_uncovered(&mmio, offsetof(struct virtio_mmio, legacy), list), sizeof(void *));
}

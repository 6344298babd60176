// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI 3.0, 6.2.5 (BARs), 6.7 (capabilities), 3.3.3.1 (master abort); PCI Express 7.2.2 (ECAM).
#include <errno.h>

#include "devices/pci/pci_rig.h"

static struct pci_rig rig;
static struct pci_function first, second;
static struct {
    uint64_t offset, value;
    unsigned size, reads, writes;
} last;

static uint64_t read_bar(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)now;
    last.offset = offset;
    last.size = size;
    last.reads++;
    return 0x1122334455667788;
}

static void write_bar(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)now;
    last.offset = offset;
    last.size = size;
    last.value = value;
    last.writes++;
}

static int add(struct pci_function *function, unsigned index, enum pci_bar_kind kind, uint64_t size)
{
    return pci_bar_add(function, index, kind, size, read_bar, write_bar, NULL, "test");
}

static void setup(void)
{
    rig_open(&rig);
    memset(&last, 0, sizeof last);
    pci_function_init(&first, 0x1234, 1, 0xff0000, 0);
    pci_function_init(&second, 0x1234, 2, 0xff0000, 0);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(1, 0), &first), 0);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(2, 0), &second), 0);
}

static void teardown(void)
{
    pci_function_destroy(&first);
    pci_function_destroy(&second);
    rig_close(&rig);
}

TestSuite(pci_bus, .init = setup, .fini = teardown);

static void bar(const struct pci_function *function, unsigned index, uint32_t value)
{
    rig_set(&rig, function, PCI_BAR0 + 4 * index, 4, value);
}

Test(pci_bus, each_kind_of_bar_tells_its_size_and_type)
{
    cr_assert_eq(add(&first, 0, PCI_BAR_IO, 32), 0);
    cr_assert_eq(add(&first, 1, PCI_BAR_MEMORY, 16), 0);
    cr_assert_eq(add(&first, 2, PCI_BAR_MEMORY64, 0x200000000), 0);
    cr_assert_eq(add(&first, 4, PCI_BAR_MEMORY64_PREFETCHABLE, 0x4000), 0);
    static const uint32_t sizes[] = { 0xffffffe1, 0xfffffff0, 0x00000004, 0xfffffffe, 0xffffc00c, 0xffffffff };
    static const uint32_t resets[] = { 1, 0, 4, 0, 12, 0 };
    for (unsigned i = 0; i < PCI_BARS; i++) {
        cr_assert_eq(rig_config(&rig, &first, PCI_BAR0 + 4 * i, 4), resets[i]);
        bar(&first, i, 0xffffffff);
        cr_assert_eq(rig_config(&rig, &first, PCI_BAR0 + 4 * i, 4), sizes[i], "BAR %u", i);
    }
    pci_function_reset(&first, 0);
    for (unsigned i = 0; i < PCI_BARS; i++)
        cr_assert_eq(rig_config(&rig, &first, PCI_BAR0 + 4 * i, 4), resets[i]);
}

Test(pci_bus, bars_that_cannot_be_are_refused)
{
    cr_assert_eq(add(&first, 6, PCI_BAR_MEMORY, 4096), -EINVAL);
    cr_assert_eq(add(&first, 5, PCI_BAR_MEMORY64, 4096), -EINVAL);
    cr_assert_eq(add(&first, 0, PCI_BAR_MEMORY, 4097), -EINVAL);
    cr_assert_eq(add(&first, 0, PCI_BAR_MEMORY, 8), -EINVAL);
    cr_assert_eq(add(&first, 0, PCI_BAR_MEMORY, UINT64_C(0x100000000)), -EINVAL);
    cr_assert_eq(add(&first, 0, PCI_BAR_IO, 512), -EINVAL);
    cr_assert_eq(add(&first, 0, PCI_BAR_IO, 2), -EINVAL);
    cr_assert_eq(add(&first, 1, PCI_BAR_MEMORY64, 4096), 0);
    cr_assert_eq(add(&first, 1, PCI_BAR_IO, 4), -EEXIST);
    cr_assert_eq(add(&first, 2, PCI_BAR_IO, 4), -EEXIST, "the upper half of BAR 1");
    cr_assert_eq(add(&first, 0, PCI_BAR_MEMORY64, 4096), -EEXIST);
    cr_assert_eq(add(&first, 0, PCI_BAR_IO, 4), 0);
}

Test(pci_bus, a_window_is_where_the_bar_says_while_the_command_register_allows)
{
    add(&first, 0, PCI_BAR_MEMORY, 4096);
    add(&first, 1, PCI_BAR_IO, 16);
    bar(&first, 0, 0xe0000000);
    bar(&first, 1, 0xc000);
    rig_read(&rig, 0xe0000010, 4);
    cr_assert_eq(last.reads, 0, "not yet");
    rig_set(&rig, &first, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert_eq(rig_read(&rig, 0xe0000010, 8), 0x1122334455667788);
    cr_assert_eq(last.offset, 0x10);
    bus_read(&rig.ports, 0xc004, 2, 0);
    cr_assert_eq(last.reads, 1);
    rig_set(&rig, &first, PCI_COMMAND, 2, PCI_COMMAND_IO);
    bus_write(&rig.ports, 0xc004, 2, 0xabcd, 0);
    cr_assert_eq(last.writes, 1);
    cr_assert_eq(last.value, 0xabcd);
    cr_assert_eq(last.offset, 4);
    rig_read(&rig, 0xe0000010, 4);
    cr_assert_eq(last.reads, 1, "memory is off again");
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    bar(&first, 0, 0xe0100000);
    rig_read(&rig, 0xe0000010, 4);
    cr_assert_eq(last.reads, 1, "it has moved");
    rig_read(&rig, 0xe0100ffc, 4);
    cr_assert_eq(last.offset, 0xffc);
}

Test(pci_bus, a_64_bit_bar_is_beyond_4_gib)
{
    add(&first, 0, PCI_BAR_MEMORY64, 0x10000);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    bar(&first, 0, 0x40000000);
    bar(&first, 1, 0x80);
    cr_assert_eq(pci_bar_address(&first, 0), 0x8040000000);
    rig_write(&rig, 0x804000fff8, 8, 7);
    cr_assert_eq(last.offset, 0xfff8);
    cr_assert_eq(last.value, 7);
}

Test(pci_bus, a_bar_in_a_place_that_is_taken_is_left_out_and_comes_when_it_is_free)
{
    add(&first, 0, PCI_BAR_MEMORY, 4096);
    add(&second, 0, PCI_BAR_MEMORY, 4096);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    rig_set(&rig, &second, PCI_COMMAND, 2, RIG_ON);
    bar(&second, 0, 0xe0000000);
    bar(&first, 0, 0xe0000000);
    cr_assert(pci_bar_mapped(&second, 0));
    cr_assert_not(pci_bar_mapped(&first, 0));
    cr_assert_eq(first.mistakes[PCI_OVERLAP], 1);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    cr_assert_eq(first.mistakes[PCI_OVERLAP], 1, "counted once");
    bar(&second, 0, 0xe0001000);
    cr_assert(pci_bar_mapped(&first, 0));
    bar(&first, 0, 0x1000);
    cr_assert_not(pci_bar_mapped(&first, 0), "RAM is there");
    cr_assert_eq(first.mistakes[PCI_OVERLAP], 2);
    bar(&first, 0, 0);
    cr_assert_eq(first.mistakes[PCI_OVERLAP], 2, "0 is no address");
}

Test(pci_bus, sizing_with_decoding_on_harms_nobody)
{
    add(&first, 0, PCI_BAR_MEMORY, 4096);
    add(&first, 1, PCI_BAR_IO, 16);
    add(&first, 2, PCI_BAR_MEMORY64, 4096);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    for (unsigned i = 0; i < 4; i++)
        bar(&first, i, 0xffffffff);
    cr_assert_not(pci_bar_mapped(&first, 1), "there are 64 Ki ports");
    for (unsigned i = 0; i < 3; i++)
        bar(&first, i, 0xe0000000 + 0x1000 * i);
    bar(&first, 3, 0);
    cr_assert(pci_bar_mapped(&first, 0));
    cr_assert(pci_bar_mapped(&first, 2));
    rig_read(&rig, 0xe0002000, 4);
    cr_assert_eq(last.reads, 1);
}

Test(pci_bus, what_is_mapped_where_is_saved_and_loaded)
{
    add(&first, 0, PCI_BAR_MEMORY, 4096);
    add(&second, 0, PCI_BAR_MEMORY, 4096);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    rig_set(&rig, &second, PCI_COMMAND, 2, RIG_ON);
    bar(&second, 0, 0xe0000000);
    bar(&first, 0, 0xe0000000);
    struct visit_save save;
    visit_save_init(&save);
    pci_function_visit(&first, &save.visit);
    size_t half = save.size;
    pci_function_visit(&second, &save.visit);
    pci_function_reset(&second, 0);
    cr_assert(pci_bar_mapped(&first, 0));
    struct visit_load load;
    visit_load_init(&load, save.data, half);
    pci_function_visit(&first, &load.visit);
    visit_load_init(&load, save.data + half, save.size - half);
    pci_function_visit(&second, &load.visit);
    pci_bus_loaded(&rig.host.bus);
    free(save.data);
    cr_assert_not(pci_bar_mapped(&first, 0), "the one who came first has the place");
    cr_assert(pci_bar_mapped(&second, 0));
    pci_function_reset(&second, 0);
    cr_assert(pci_bar_mapped(&first, 0));
}

Test(pci_bus, capabilities_form_a_list_in_the_order_they_were_added)
{
    cr_assert_eq(rig_config(&rig, &first, PCI_CAPABILITIES_POINTER, 1), 0);
    cr_assert_eq(pci_add_capability(&first, 9, 15), 0x40);
    cr_assert_eq(pci_add_capability(&first, 5, 4), 0x50);
    cr_assert_eq(pci_add_capability(&first, 9, 100), 0x54);
    cr_assert_eq(pci_add_capability(&first, 9, 100), 0, "no room");
    cr_assert_eq(pci_add_capability(&first, 1, 0x100 - 0xb8), 0xb8, "to the last byte");
    cr_assert_eq(pci_add_capability(&first, 1, 4), 0);
    cr_assert(rig_config(&rig, &first, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES);
    static const uint8_t chain[] = { 0x40, 0x50, 0x54, 0xb8, 0 };
    unsigned at = PCI_CAPABILITIES_POINTER;
    for (unsigned i = 0; i < sizeof chain; i++) {
        at = rig_config(&rig, &first, i ? at + 1 : at, 1);
        cr_assert_eq(at, chain[i]);
    }
    cr_assert_eq(rig_find(&rig, &first, 5), 0x50);
}

static uint32_t hook_read(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    (void)owner, (void)now;
    return 0xa0u + offset * 16 + size;
}

static void hook_write(void *owner, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    write_bar(owner, offset, size, value, now);
}

Test(pci_bus, a_capability_may_answer_by_functions)
{
    unsigned at = pci_add_capability(&first, 9, 12);
    const struct pci_capability hook = { (uint8_t)(at + 4), 8, hook_read, hook_write, NULL };
    cr_assert(pci_hook_capability(&first, &hook));
    cr_assert_eq(rig_config(&rig, &first, at, 1), 9);
    cr_assert_eq(rig_config(&rig, &first, at + 4, 4), 0xa4);
    cr_assert_eq(rig_config(&rig, &first, at + 10, 2), 0xa0 + 6 * 16 + 2);
    rig_set(&rig, &first, at + 9, 1, 0x5a);
    cr_assert_eq(last.offset, 5);
    cr_assert_eq(last.value, 0x5a);
    for (unsigned i = 1; i < PCI_CAPABILITIES; i++)
        cr_assert(pci_hook_capability(&first, &hook));
    cr_assert_not(pci_hook_capability(&first, &hook));
}

Test(pci_bus, ecam_names_bus_device_function_and_register)
{
    struct pci_host *host = &rig.host;
    cr_assert_eq(pci_ecam_read(host, 0, 4, 0), 0x00081b36, "the bridge");
    cr_assert_eq(pci_ecam_read(host, 1 << 15, 4, 0), 0x00011234);
    cr_assert_eq(pci_ecam_read(host, 2 << 15 | 2, 2, 0), 2);
    cr_assert_eq(pci_ecam_read(host, 2 << 15 | 3, 1, 0), 0);
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | 2, 4, 0), 1, "across two dwords");
    cr_assert_eq(pci_ecam_read(host, 3 << 15, 4, 0), 0xffffffff, "nobody");
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | 1 << 12, 4, 0), 0xffffffff, "function 1");
    cr_assert_eq(pci_ecam_read(host, 1 << 20 | 1 << 15, 2, 0), 0xffff, "bus 1");
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | 0x100, 4, 0), 0xffffffff, "no extended space");
    pci_ecam_write(host, 1 << 15 | PCI_INTERRUPT_LINE, 1, 0x0b, 0);
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | PCI_INTERRUPT_LINE, 4, 0), 0x0b);
    pci_ecam_write(host, 1 << 15 | (PCI_INTERRUPT_LINE - 2), 4, 0x00070000, 0);
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | PCI_INTERRUPT_LINE, 1, 0), 7, "across two dwords");
    pci_ecam_write(host, 1 << 20 | 1 << 15 | PCI_INTERRUPT_LINE, 1, 9, 0);
    pci_ecam_write(host, 3 << 15, 4, 0, 0);
    cr_assert_eq(pci_ecam_read(host, 1 << 15 | PCI_INTERRUPT_LINE, 1, 0), 7);
}

Test(pci_bus, dma_needs_a_bus_master_and_memory)
{
    uint32_t value = 0x12345678;
    cr_assert_not(pci_write_memory(&first, 0x100, &value, 4));
    cr_assert_not(pci_read_memory(&first, 0x100, &value, 4));
    cr_assert_eq(value, 0xffffffff);
    cr_assert_eq(first.mistakes[PCI_NO_MASTER], 2);
    cr_assert_eq(rig_config(&rig, &first, PCI_STATUS, 2), 0, "nothing was on the bus");
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    value = 0x12345678;
    cr_assert(pci_write_memory(&first, 0x101, &value, 4));
    cr_assert(pci_read_memory(&first, 0x102, &value, 2));
    cr_assert_eq(value, 0x12343456);
    cr_assert_not(pci_write_memory(&first, RIG_RAM - 2, &value, 4));
    cr_assert_eq(rig_read(&rig, RIG_RAM - 2, 2), 0, "all or nothing");
    cr_assert_eq(rig_config(&rig, &first, PCI_STATUS, 2), 0x2000, "received master abort");
    cr_assert_not(pci_read_memory(&first, UINT64_MAX - 1, &value, 4));
    cr_assert_eq(first.mistakes[PCI_NO_MEMORY], 2);
    rig_set(&rig, &first, PCI_STATUS, 2, 0x2000);
    cr_assert_eq(rig_config(&rig, &first, PCI_STATUS, 2), 0);
}

Test(pci_bus, slots_are_given_in_order_and_a_function_can_leave)
{
    cr_assert_eq(pci_bus_free_slot(&rig.host.bus), 3);
    add(&first, 0, PCI_BAR_MEMORY, 4096);
    bar(&first, 0, 0xe0000000);
    rig_set(&rig, &first, PCI_COMMAND, 2, RIG_ON);
    pci_function_destroy(&first);
    cr_assert_eq(pci_bus_free_slot(&rig.host.bus), 1);
    rig_read(&rig, 0xe0000000, 4);
    cr_assert_eq(last.reads, 0);
    cr_assert_eq(pci_bus_add(&rig.host.bus, PCI_DEVFN(1, 0), &first), 0);
}

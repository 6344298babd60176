// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest memory through the software TLB: RAM, devices, pages that are not mapped, pages with code.
#include "vcpu/tlb.h"

#include <criterion/criterion.h>

#include "base/cpu_port.h"
#include "vcpu/fake.h"

#define DEVICE 0x20000u // page 32

static struct fake *fake;
static struct vcpu *cpu;
static struct region device;

static struct access_seen {
    uint64_t offset, value, now;
    unsigned size, count;
} reads, writes;

static uint64_t device_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner;
    reads = (struct access_seen){ offset, 0, now, size, reads.count + 1 };
    return UINT64_C(0x8877665544332211) & bits_low(8 * size);
}

static void device_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner;
    writes = (struct access_seen){ offset, value, now, size, writes.count + 1 };
}

static void setup(void)
{
    fake = fake_new(2);
    cpu = &fake->cpu[0]->vcpu;
    device = (struct region){
        .base = DEVICE, .size = PAGE_SIZE, .name = "device", .widest = 8, .read = device_read, .write = device_write
    };
    bus_add(&fake->memory, &device);
    reads = writes = (struct access_seen){ 0 };
    for (unsigned i = 0; i < 16 * PAGE_SIZE; i++)
        fake->ram.ram[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void teardown(void)
{
    fake_free(fake);
}

TestSuite(tlb, .init = setup, .fini = teardown);

static uint64_t ram(uint64_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, fake->ram.ram + address, size);
    return value;
}

Test(tlb, loads_have_any_size_and_alignment)
{
    for (uint64_t address = 0xff0; address < 0x1010; address++) {
        for (unsigned size = 1; size <= 8; size++) {
            uint64_t value = 0;
            cr_assert(tlb_load(cpu, address, size, false, &value));
            cr_assert_eq(value, ram(address, size), "%lx size %u", address, size);
        }
    }
    cr_assert_eq(fake->walks, 2);
}

Test(tlb, stores_have_any_size_and_alignment)
{
    for (uint64_t address = 0xff0; address < 0x1010; address++) {
        for (unsigned size = 1; size <= 8; size++) {
            uint64_t value = 0x0123456789abcdef ^ address, before = ram(address - 8, 8), after = ram(address + size, 8);
            cr_assert(tlb_store(cpu, address, size, false, value));
            cr_assert_eq(ram(address, size), value & bits_low(8 * size));
            cr_assert_eq(ram(address - 8, 8), before);
            cr_assert_eq(ram(address + size, 8), after);
        }
    }
}

Test(tlb, neighbours_need_not_be_neighbours_in_memory)
{
    fake->page[1] = 0x5000;
    fake->page[2] = 0x3000;
    uint64_t value;
    cr_assert(tlb_load(cpu, 0x1ffc, 8, false, &value));
    cr_assert_eq(value, ram(0x5ffc, 4) | ram(0x3000, 4) << 32);
    cr_assert(tlb_store(cpu, 0x1ffd, 8, false, 0x1122334455667788));
    cr_assert_eq(ram(0x5ffd, 3), 0x667788);
    cr_assert_eq(ram(0x3000, 5), 0x1122334455);
}

Test(tlb, a_load_of_a_page_that_is_not_there_faults)
{
    uint64_t value = 77;
    fake->page[2] = UINT64_MAX;
    cr_assert_not(tlb_load(cpu, 0x2345, 4, false, &value));
    cr_assert_eq(fake->faulted, 0x2345);
    cr_assert_eq(value, 77);
    cr_assert_not(tlb_load(cpu, 0x1ffe, 4, false, &value));
    cr_assert_eq(fake->faulted, 0x2000);
}

Test(tlb, a_store_that_faults_in_its_second_page_changes_nothing)
{
    uint64_t before = ram(0x1ff8, 8);
    fake->readonly[2] = true;
    cr_assert_not(tlb_store(cpu, 0x1ffc, 8, false, UINT64_MAX));
    cr_assert_eq(fake->faulted, 0x2000);
    cr_assert_eq(ram(0x1ff8, 8), before);
}

Test(tlb, a_page_that_may_be_read_may_not_be_written)
{
    uint64_t value;
    fake->readonly[3] = true;
    cr_assert(tlb_load(cpu, 0x3000, 8, false, &value));
    cr_assert_not(tlb_store(cpu, 0x3000, 8, false, 0));
    cr_assert_eq(fake->faulted, 0x3000);
    cr_assert(tlb_load(cpu, 0x3000, 8, false, &value));
}

Test(tlb, pages_are_remembered_until_they_are_flushed)
{
    uint64_t value;
    tlb_load(cpu, 0x4000, 8, false, &value);
    fake->page[4] = 0x6000;
    tlb_load(cpu, 0x4000, 8, false, &value);
    cr_assert_eq(value, ram(0x4000, 8));
    tlb_flush_address(cpu, 0x4abc, 0);
    tlb_load(cpu, 0x4000, 8, false, &value);
    cr_assert_eq(value, ram(0x6000, 8));
    fake->page[4] = 0x7000;
    tlb_flush(cpu);
    tlb_load(cpu, 0x4000, 8, false, &value);
    cr_assert_eq(value, ram(0x7000, 8));
}

Test(tlb, privileges_have_tables_of_their_own)
{
    uint64_t value;
    tlb_load(cpu, 0x4000, 8, false, &value);
    fake->page[4] = 0x6000;
    tlb_load(cpu, 0x4000, 8, true, &value);
    cr_assert_eq(value, ram(0x6000, 8));
    tlb_load(cpu, 0x4000, 8, false, &value);
    cr_assert_eq(value, ram(0x4000, 8));
}

// --- devices ---------------------------------------------------------------------------------------------------------

Test(tlb, a_device_sees_one_access_of_the_size)
{
    uint64_t value;
    for (unsigned size = 1; size <= 8; size *= 2) {
        cr_assert(tlb_load(cpu, DEVICE + 0x10, size, false, &value));
        cr_assert_eq(value, UINT64_C(0x8877665544332211) & bits_low(8 * size));
        cr_assert_eq(reads.size, size);
        cr_assert_eq(reads.offset, 0x10);
        cr_assert(tlb_store(cpu, DEVICE + 0x20, size, false, 0xfedcba9876543210));
        cr_assert_eq(writes.size, size);
        cr_assert_eq(writes.value, UINT64_C(0xfedcba9876543210) & bits_low(8 * size));
    }
    cr_assert_eq(reads.count, 4);
    cr_assert_eq(writes.count, 4);
}

// BARs lie megabytes apart, and so in one place of the table for memory.
Test(tlb, devices_far_apart_and_memory_between_them_are_walked_to_once)
{
    const uint64_t here = 3 << PAGE_BITS, there = here + (2 * TLB_LEAST << PAGE_BITS),
                   ram_page = there + (2 * TLB_LEAST << PAGE_BITS);
    uint64_t value;
    fake->page[here >> PAGE_BITS] = fake->page[there >> PAGE_BITS] = DEVICE;
    fake->page[ram_page >> PAGE_BITS] = 0x6000;
    for (unsigned turn = 0; turn < 3; turn++) {
        cr_assert(tlb_load(cpu, here, 4, false, &value));
        cr_assert(tlb_load(cpu, there, 4, false, &value));
        cr_assert(tlb_load(cpu, ram_page, 8, false, &value));
        cr_assert_eq(value, ram(0x6000, 8));
    }
    cr_assert_eq(reads.count, 6);
    cr_assert_eq(fake->walks, 3);
}

Test(tlb, a_device_page_is_forgotten_with_the_others)
{
    uint64_t value;
    cr_assert(tlb_load(cpu, DEVICE, 4, false, &value));
    fake->page[DEVICE >> PAGE_BITS] = 0x6000;
    cr_assert(tlb_load(cpu, DEVICE, 4, false, &value));
    cr_assert_eq(reads.count, 2);
    tlb_flush_address(cpu, DEVICE + 5, 0);
    cr_assert(tlb_load(cpu, DEVICE, 8, false, &value));
    cr_assert_eq(value, ram(0x6000, 8));
}

Test(tlb, a_device_at_the_end_of_a_page_sees_two_and_one_of_three_bytes)
{
    uint64_t value;
    cr_assert(tlb_store(cpu, DEVICE + 0xffd, 8, false, 0x332211));
    cr_expect_eq(writes.count, 2);
    cr_expect_eq(writes.offset, 0xfff);
    cr_expect_eq(writes.size, 1);
    cr_expect_eq(writes.value, 0x33);
    cr_assert(tlb_load(cpu, DEVICE + 0xffd, 8, false, &value));
    cr_expect_eq(reads.count, 2);
    cr_expect_eq(value & 0xffffff, 0x112211);
}

static void read_the_device(struct fake_cpu *fake_cpu)
{
    uint64_t value;
    if (fake_cpu->executed == 40)
        tlb_load(&fake_cpu->vcpu, DEVICE, 4, false, &value);
}

Test(tlb, a_device_is_told_the_time_of_its_own_instruction)
{
    fake->cpu[0]->step = read_the_device;
    vcpu_set_state(&fake->cpu[1]->vcpu, VCPU_HALTED);
    fake->loop.limit = 100;
    vcpu_run(&fake->loop);
    cr_assert_eq(reads.now, 40);
}

Test(tlb, nothing_is_read_from_a_device_when_the_second_page_faults)
{
    uint64_t value;
    fake->page[33] = UINT64_MAX;
    cr_assert_not(tlb_load(cpu, DEVICE + 0xffe, 4, false, &value));
    cr_assert_not(tlb_store(cpu, DEVICE + 0xffe, 4, false, 0));
    cr_assert_eq(reads.count + writes.count, 0);
}

Test(tlb, where_nothing_is_all_ones_are_read)
{
    uint64_t value;
    fake->page[40] = 0x123456000;
    cr_assert(tlb_load(cpu, 40 << PAGE_BITS, 4, false, &value));
    cr_assert_eq(value, UINT32_MAX);
    cr_assert(tlb_store(cpu, 40 << PAGE_BITS, 4, false, 0));
    cr_assert_gt(fake->memory.unanswered_reads, 0);
    cr_assert_gt(fake->memory.unanswered_writes, 0);
}

Test(tlb, rom_is_read_and_not_written)
{
    static uint8_t rom[PAGE_SIZE] = { 1, 2, 3, 4 };
    static struct region region;
    uint64_t value;
    region = (struct region){ .base = 0x30000, .size = PAGE_SIZE, .name = "rom", .ram = rom, .readonly = true };
    bus_add(&fake->memory, &region);
    cr_assert(tlb_store(cpu, 0x30000, 4, false, 0));
    cr_assert(tlb_load(cpu, 0x30000, 4, false, &value));
    cr_assert_eq(value, 0x04030201);
}

static enum port_result port_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now)
{
    (void)owner, (void)size, (void)now;
    *value = 0xa0 + vcpu;
    return space == PORT_MEMORY && (address & 0xfff) < 0x400 ? PORT_DONE : PORT_NOT_MINE;
}

Test(tlb, the_cpu_port_goes_before_ram_in_its_page)
{
    uint64_t value;
    fake->loop.port.read = port_read;
    cpu->port_page = 0x6000;
    cr_assert(tlb_load(cpu, 0x6020, 4, false, &value));
    cr_assert_eq(value, 0xa0);
    cr_assert(tlb_load(cpu, 0x6420, 4, false, &value)); // not its own: RAM
    cr_assert_eq(value, ram(0x6420, 4));
    cr_assert(tlb_load(&fake->cpu[1]->vcpu, 0x6020, 4, false, &value)); // the other has its page elsewhere
    cr_assert_eq(value, ram(0x6020, 4));
}

// --- code, probes, host pointers -------------------------------------------------------------------------------------

static struct block *add_block(uint64_t physical, unsigned bytes)
{
    struct block draft = {
        .physical = physical, .second = UINT64_MAX, .count = 1, .bytes = (uint16_t)bytes, .op_count = 1
    };
    struct op head = { .code = OP_HEAD };
    return blocks_add(&fake->loop.blocks, &draft, &head, (const uint16_t[]){ 0, draft.bytes });
}

Test(tlb, a_store_to_code_kills_it_and_asks_for_a_look)
{
    cr_assert(tlb_store(cpu, 0x5000, 8, false, 0)); // so that the page is in the TLB as plain
    add_block(0x5100, 16);
    cr_assert(tlb_store(cpu, 0x5200, 8, false, 1)); // another granule
    cr_assert_eq(cpu->kick, 0);
    cr_assert_eq(ram(0x5200, 8), 1);
    cr_assert_not_null(blocks_find(&fake->loop.blocks, 0x5100, 0));
    cr_assert(tlb_store(cpu, 0x510f, 1, false, 1));
    cr_assert_eq(cpu->kick, KICK_LOOK);
    cr_assert_null(blocks_find(&fake->loop.blocks, 0x5100, 0));
    cr_assert_eq(ram(0x510f, 1), 1);
}

Test(tlb, a_store_through_another_address_kills_code_too)
{
    fake->page[9] = 0x5000;
    cr_assert(tlb_store(&fake->cpu[1]->vcpu, 0x9000, 8, true, 0));
    add_block(0x5100, 16);
    cr_assert(tlb_store(&fake->cpu[1]->vcpu, 0x9100, 8, true, 0));
    cr_assert_null(blocks_find(&fake->loop.blocks, 0x5100, 0));
}

Test(tlb, a_probe_asks_both_pages_and_changes_nothing)
{
    fake->readonly[3] = true;
    cr_assert(tlb_probe(cpu, 0x2ff0, 16, false, ACCESS_WRITE));
    cr_assert_not(tlb_probe(cpu, 0x2ff1, 16, false, ACCESS_WRITE));
    cr_assert_eq(fake->faulted, 0x3000);
    cr_assert(tlb_probe(cpu, 0x2ff1, 16, false, ACCESS_READ));
}

Test(tlb, a_fetch_gives_the_physical_address)
{
    uint64_t physical;
    fake->page[8] = 0x3000;
    cr_assert(tlb_fetch(cpu, 0x8123, false, &physical));
    cr_assert_eq(physical, 0x3123);
    fake->page[8] = UINT64_MAX;
    cr_assert(tlb_fetch(cpu, 0x8124, false, &physical));
    cr_assert_not(tlb_fetch(cpu, 0x8124, true, &physical)); // the user's own
    tlb_flush_address(cpu, 0x8000, 0);
    cr_assert_not(tlb_fetch(cpu, 0x8124, false, &physical));
}

Test(tlb, host_memory_is_given_for_plain_ram_alone)
{
    uint64_t value;
    tlb_load(cpu, 0x2000, 8, false, &value);
    cr_assert_eq(tlb_host(cpu, 0x2008, 16, false, ACCESS_READ), fake->ram.ram + 0x2008);
    cr_assert_null(tlb_host(cpu, 0x2ff8, 16, false, ACCESS_READ));
    tlb_load(cpu, DEVICE, 8, false, &value);
    cr_assert_null(tlb_host(cpu, DEVICE, 8, false, ACCESS_READ));
    tlb_store(cpu, 0x5000, 8, false, 0);
    cr_assert_not_null(tlb_host(cpu, 0x5000, 8, false, ACCESS_WRITE));
    add_block(0x5100, 16);
    cr_assert_null(tlb_host(cpu, 0x5000, 8, false, ACCESS_WRITE));
    cr_assert_not_null(tlb_host(cpu, 0x5000, 8, false, ACCESS_READ));
}

Test(tlb, rom_that_turns_into_a_device_is_read_from_it_at_once)
{
    uint8_t *contents = calloc(1, PAGE_SIZE);
    uint64_t value;
    contents[8] = 0x5a;
    device.readonly = true;
    fake->memory.mapped = loop_memory_mapped;
    fake->memory.written_owner = &fake->loop;
    bus_set_ram(&fake->memory, &device, contents);
    cr_assert(tlb_load(cpu, DEVICE + 8, 1, false, &value));
    cr_assert_eq(value, 0x5a);
    cr_assert_not_null(tlb_host(cpu, DEVICE + 8, 1, false, ACCESS_READ));
    cr_assert(tlb_store(cpu, DEVICE + 8, 4, false, 0x98));
    cr_assert_eq(writes.value, 0x98, "a write goes to the device");
    cr_assert_eq(contents[8], 0x5a);
    add_block(DEVICE, 8);
    bus_set_ram(&fake->memory, &device, NULL);
    cr_assert_null(tlb_host(cpu, DEVICE + 8, 1, false, ACCESS_READ));
    cr_assert_null(blocks_find(&fake->loop.blocks, DEVICE, 0), "what was read as code is no longer there");
    cr_assert(tlb_load(cpu, DEVICE + 8, 1, false, &value));
    cr_assert_eq(value, 0x11);
    bus_set_ram(&fake->memory, &device, contents);
    cr_assert(tlb_load(cpu, DEVICE + 8, 1, false, &value));
    cr_assert_eq(value, 0x5a);
    free(contents);
}

Test(tlb, every_access_to_a_watched_page_asks_the_guest_and_is_not_made_if_it_refuses)
{
    uint64_t value = 0;
    fake->watched[3] = true;
    fake->refused = 0x3008;
    static const struct {
        uint64_t address;
        unsigned size;
        bool asks, made;
    } rows[] = {
        { 0x2ff0, 8, false, true }, { 0x4000, 8, false, true }, { 0x3000, 8, true, true },
        { 0x3000, 8, true, true },  { 0x3001, 8, true, false }, { 0x3008, 1, true, false },
        { 0x3009, 4, true, true },  { 0x2ffc, 8, true, true },  { 0x3ffc, 8, true, true },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned write = 0; write < 2; write++)
            for (unsigned user = 0; user < 2; user++) {
                uint64_t before = ram(rows[i].address, rows[i].size), asked = fake->asked;
                bool made = write ? tlb_store(cpu, rows[i].address, rows[i].size, user, ~before)
                                  : tlb_load(cpu, rows[i].address, rows[i].size, user, &value);
                cr_expect_eq(made, rows[i].made, "row %u", i);
                cr_expect_eq(fake->asked - asked, rows[i].asks, "row %u", i);
                cr_expect_eq(ram(rows[i].address, rows[i].size) != before, write && rows[i].made, "row %u", i);
                if (!rows[i].asks)
                    continue;
                cr_expect_eq(fake->asked_address, rows[i].address);
                cr_expect_eq(fake->asked_size, rows[i].size);
                cr_expect_eq(fake->asked_access, write ? ACCESS_WRITE : ACCESS_READ);
                cr_expect_eq(fake->asked_user, user);
            }
    // They are found without a walk, and never by the fast path.
    uint64_t walks = fake->walks;
    cr_assert(tlb_load(cpu, 0x3010, 8, false, &value));
    cr_assert_null(tlb_host(cpu, 0x3010, 8, false, ACCESS_READ));
    cr_assert_eq(fake->walks, walks);
    // A page that is not mapped faults before a device is accessed.
    fake->page[4] = UINT64_MAX;
    tlb_flush_address(cpu, 0x4000, 0);
    uint64_t asked = fake->asked;
    cr_assert(!tlb_load(cpu, 0x3ffc, 8, false, &value));
    cr_assert_eq(fake->asked, asked);
    // A device gets no more accesses than needed.
    fake->watched[DEVICE >> PAGE_BITS] = true;
    fake->refused = DEVICE;
    tlb_flush(cpu);
    cr_assert(!tlb_load(cpu, DEVICE, 4, false, &value) && !tlb_store(cpu, DEVICE, 4, false, 1));
    cr_assert_eq(reads.count + writes.count, 0);
    cr_assert(tlb_load(cpu, DEVICE + 4, 4, false, &value) && tlb_store(cpu, DEVICE + 4, 4, false, 1));
    cr_assert_eq(reads.count + writes.count, 2);
}

// A debugger's watchpoint comes and goes while the page is in the TLB, without a walk.
Test(tlb, watching_a_page_leaves_its_entry)
{
    uint64_t value = 0;
    cr_assert(tlb_load(cpu, 0x3000, 8, false, &value) && tlb_store(cpu, 0x3000, 8, false, 5));
    cr_assert(tlb_load(cpu, 0x5000, 8, false, &value));
    uint64_t walks = fake->walks;
    cr_assert_eq(stops_add(&fake->loop, STOP_WRITE, 0x3ffc, 8), 0);
    cr_assert_null(tlb_host(cpu, 0x3000, 8, false, ACCESS_READ));
    cr_assert_not_null(tlb_host(cpu, 0x5000, 8, false, ACCESS_READ));
    uint64_t asked = fake->asked;
    cr_assert(tlb_load(cpu, 0x3000, 8, false, &value) && tlb_store(cpu, 0x3008, 8, false, 5));
    cr_assert_eq(fake->asked, asked + 2);
    cr_assert_eq(stops_remove(&fake->loop, STOP_WRITE, 0x3ffc, 8), 0);
    cr_assert_not_null(tlb_host(cpu, 0x3000, 8, false, ACCESS_READ));
    cr_assert_not_null(tlb_host(cpu, 0x3000, 8, false, ACCESS_WRITE));
    cr_assert_eq(fake->walks, walks);
}

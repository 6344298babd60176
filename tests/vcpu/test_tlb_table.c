// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The tables of the TLB: how they grow, what each invalidation drops and keeps, and what is kept of address spaces.
#include "vcpu/tlb_table.h"

#include <criterion/criterion.h>

#include "vcpu/chain.h"
#include "vcpu/fake.h"

#define DEVICE 0x20000u // page 32, where nothing answers

static struct fake *fake;
static struct vcpu *cpu;

static void setup(void)
{
    fake = fake_new(1);
    cpu = &fake->cpu[0]->vcpu;
    for (unsigned i = 0; i < 16 * PAGE_SIZE; i++)
        fake->ram.ram[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void teardown(void)
{
    fake_free(fake);
}

TestSuite(tlb_table, .init = setup, .fini = teardown);

static uint64_t ram(uint64_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, fake->ram.ram + address, size);
    return value;
}

// --- sizes -----------------------------------------------------------------------------------------------------------

// Loads the pages by turns, and says how many of the loads walked.
static uint64_t walks_of(unsigned turns, uint64_t first, uint64_t second)
{
    uint64_t value, before = fake->walks;
    for (unsigned i = 0; i < turns; i++) {
        cr_assert(tlb_load(cpu, first, 8, false, &value));
        cr_assert(tlb_load(cpu, second, 8, false, &value));
    }
    return fake->walks - before;
}

static void map(uint64_t address, uint64_t physical)
{
    fake->page[address >> PAGE_BITS] = physical;
}

Test(tlb_table, a_table_grows_when_pages_displace_each_other)
{
    const uint64_t far = TLB_LEAST << PAGE_BITS;
    map(far + 0x1000, 0x2000);
    cr_assert_eq(walks_of(1, 0x1000, far + 0x1000), 2);
    cr_assert_gt(walks_of(1000, 0x1000, far + 0x1000), 50);
    cr_assert_gt(cpu->tlb->data[0].mask, (TLB_LEAST - 1) * sizeof(struct tlb_entry));
    cr_assert_eq(cpu->data, cpu->tlb->data[0].entries);
    cr_assert_eq(cpu->data_mask, cpu->tlb->data[0].mask);
    cr_assert_eq(cpu->tlb->data[1].mask, (TLB_LEAST - 1) * sizeof(struct tlb_entry), "the user's has its own size");
    cr_assert_eq(walks_of(100, 0x1000, far + 0x1000), 0);
}

Test(tlb_table, a_table_grows_no_further_than_its_limit)
{
    for (unsigned page = 0; page < FAKE_PAGES; page++)
        fake->page[page] = 0x1000;
    struct tlb_table *table = &cpu->tlb->data[0];
    for (unsigned i = 0; i < 20 * TLB_MOST; i++) {
        // As if the address space were larger: the entry that is there belongs to a page far away.
        uint64_t value, address = (uint64_t)(i % FAKE_PAGES) << PAGE_BITS;
        cr_assert(tlb_load(cpu, address, 8, false, &value));
        struct tlb_entry *entry = tlb_place(cpu, address, false);
        entry->read = entry->write = address + (UINT64_C(1) << 40);
    }
    cr_assert_eq(table->mask, (TLB_MOST - 1) * sizeof(struct tlb_entry));
}

Test(tlb_table, few_displaced_entries_in_many_instructions_are_no_reason_to_grow)
{
    const uint64_t far = TLB_LEAST << PAGE_BITS;
    map(far + 0x1000, 0x2000);
    for (unsigned i = 0; i < 1000; i++) {
        cpu->goal += 1000000; // instructions that have been executed
        cr_assert_eq(walks_of(1, 0x1000, far + 0x1000), 2);
    }
    cr_assert_eq(cpu->tlb->data[0].mask, (TLB_LEAST - 1) * sizeof(struct tlb_entry));
}

Test(tlb_table, an_emptied_table_with_little_in_it_is_halved)
{
    const uint64_t far = TLB_LEAST << PAGE_BITS, least = (TLB_LEAST - 1) * sizeof(struct tlb_entry);
    map(far + 0x1000, 0x2000);
    walks_of(1000, 0x1000, far + 0x1000);
    cr_assert_gt(cpu->tlb->data[0].mask, least);
    for (unsigned i = 0; i < 5; i++)
        tlb_flush(cpu);
    cr_assert_eq(cpu->tlb->data[0].mask, least);
    cr_assert_eq(cpu->data_mask, least);
    cr_assert_eq(cpu->data, cpu->tlb->data[0].entries);
    cr_assert_eq(walks_of(1, 0x1000, 0x2000), 2);
}

// --- large pages -----------------------------------------------------------------------------------------------------

// The first and the last page of a large one, the page before it, and the page after it.
Test(tlb_table, every_piece_of_a_large_page_goes_with_one_address_of_it)
{
    static const uint8_t shifts[] = { 14, 16, 21, 22 };
    for (unsigned i = 0; i < countof(shifts); i++) {
        const uint64_t size = BIT64(shifts[i]), first = size == BIT64(22) ? size - size : size,
                       last = first + size - 0x1000;
        const uint64_t after = first + size + 0x5000;
        tlb_flush(cpu);
        for (unsigned page = 0; page < FAKE_PAGES; page++) {
            fake->page[page] = 0x1000;
            fake->shift[page] =
                (uint64_t)page << PAGE_BITS >= first && (uint64_t)page << PAGE_BITS <= last ? shifts[i] : 0;
        }
        cr_assert_eq(walks_of(1, first, last), 2);
        cr_assert_eq(walks_of(1, after, after), 1);
        tlb_flush_address(cpu, after, 0);
        cr_assert_eq(walks_of(1, first, last), 0, "shift %u", shifts[i]);
        cr_assert_eq(walks_of(1, after, after), 1);
        tlb_flush_address(cpu, first + size / 2 + 0x123, 0);
        cr_assert_eq(walks_of(1, after, after), 0, "shift %u", shifts[i]);
        cr_assert_eq(walks_of(1, first, last), 2, "shift %u", shifts[i]);
    }
}

Test(tlb_table, the_tag_of_an_address_makes_no_difference_to_an_invalidation)
{
    tlb_place(cpu, 0x3000, false)->read = UINT64_C(0xab) << 56 | 0x3000;
    tlb_place(cpu, 0x3000, false)->physical = 0x3000;
    cpu->tlb->data[0].used++;
    tlb_flush_address(cpu, 0x3000, 0);
    cr_assert_eq(tlb_place(cpu, 0x3000, false)->read, TLB_NONE);
}

// --- address spaces --------------------------------------------------------------------------------------------------

enum { GLOBAL = 0x1000, PRIVATE = 0x2000, USERS = 0x3000 };

static uint64_t user_walks(uint64_t address)
{
    uint64_t value, before = fake->walks;
    cr_assert(tlb_load(cpu, address, 8, true, &value));
    return fake->walks - before;
}

static void make_private(void)
{
    fake->private[PRIVATE >> PAGE_BITS] = fake->private[USERS >> PAGE_BITS] = fake->private[DEVICE >> PAGE_BITS] = true;
}

static void enter_pages(void)
{
    make_private();
    walks_of(1, GLOBAL, PRIVATE);
    walks_of(1, DEVICE, DEVICE);
    user_walks(USERS);
}

Test(tlb_table, a_flush_of_the_space_keeps_global_pages)
{
    enter_pages();
    tlb_flush_space(cpu, 0);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    cr_assert_eq(walks_of(1, DEVICE, DEVICE), 1);
    cr_assert_eq(user_walks(USERS), 1);
    tlb_flush_private(cpu);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_flush(cpu);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 1);
}

Test(tlb_table, private_pages_are_of_their_space_alone_and_are_kept)
{
    uint64_t value;
    enter_pages();
    tlb_switch_space(cpu, 5, 0, true);
    map(PRIVATE, 0x5000);
    map(USERS, 0x6000);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cr_assert(tlb_load(cpu, PRIVATE, 8, false, &value));
    cr_assert_eq(value, ram(0x5000, 8));
    cr_assert(tlb_load(cpu, USERS, 8, true, &value));
    cr_assert_eq(value, ram(0x6000, 8));
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, GLOBAL, PRIVATE), 0);
    cr_assert_eq(user_walks(USERS), 0);
    cr_assert(tlb_load(cpu, PRIVATE, 8, false, &value));
    cr_assert_eq(value, ram(PRIVATE, 8));
    cr_assert(tlb_load(cpu, USERS, 8, true, &value));
    cr_assert_eq(value, ram(USERS, 8));
    tlb_switch_space(cpu, 5, 0, true);
    cr_assert(tlb_load(cpu, PRIVATE, 8, false, &value));
    cr_assert_eq(value, ram(0x5000, 8));
    cr_assert_eq(user_walks(USERS), 0);
}

Test(tlb_table, a_space_entered_without_keeping_is_empty)
{
    enter_pages();
    tlb_switch_space(cpu, 5, 0, true);
    tlb_switch_space(cpu, 0, 0, false);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    cr_assert_eq(user_walks(USERS), 1);
    tlb_switch_space(cpu, 0, 0, false); // the one that is current
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 0);
}

Test(tlb_table, what_was_walked_from_another_root_is_not_used)
{
    enter_pages();
    tlb_switch_space(cpu, 0, 0x7000, true);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_switch_space(cpu, 5, 0x7000, true);
    tlb_switch_space(cpu, 5, 0, true);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 0);
    cr_assert_eq(user_walks(USERS), 0);
    tlb_flush_space(cpu, 0); // from every root
    tlb_switch_space(cpu, 0, 0x7000, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_switch_space(cpu, 0, 0, true);
    walks_of(1, PRIVATE, PRIVATE);
    tlb_switch_space(cpu, 0, 0x7000, false);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
}

Test(tlb_table, a_space_that_is_not_current_can_be_flushed)
{
    enter_pages();
    tlb_switch_space(cpu, 5, 0, true);
    walks_of(1, PRIVATE, PRIVATE);
    tlb_flush_space(cpu, 0);
    tlb_flush_space(cpu, 77); // of which there is nothing
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 0);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    cr_assert_eq(user_walks(USERS), 1);
    tlb_flush_private(cpu);
    tlb_switch_space(cpu, 5, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    tlb_switch_space(cpu, 0, 0, true);
    tlb_flush(cpu);
    tlb_switch_space(cpu, 5, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
}

Test(tlb_table, an_address_is_flushed_in_the_space_that_is_named)
{
    enter_pages();
    fake->private[5] = true;
    walks_of(1, 0x5000, 0x5000);
    tlb_switch_space(cpu, 5, 0, true);
    tlb_flush_address(cpu, PRIVATE, 5);
    tlb_flush_address(cpu, USERS, 5);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, 0x5000), 0);
    cr_assert_eq(user_walks(USERS), 0);
    tlb_switch_space(cpu, 5, 0, true);
    tlb_flush_address(cpu, PRIVATE, 0);
    tlb_flush_address(cpu, USERS, TLB_ANY_SPACE);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, 0x5000), 1);
    cr_assert_eq(user_walks(USERS), 1);
}

// An invalidation of a global page must not find it again in a space that was kept.
Test(tlb_table, global_pages_of_the_user_are_not_kept_with_a_space)
{
    make_private();
    user_walks(USERS);
    user_walks(GLOBAL);
    tlb_switch_space(cpu, 5, 0, true);
    tlb_flush_address(cpu, GLOBAL, 5);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(user_walks(GLOBAL), 1);
}

Test(tlb_table, the_space_left_longest_ago_is_forgotten_first)
{
    make_private();
    for (uint32_t id = 0; id <= TLB_SPACES + 1; id++) {
        tlb_switch_space(cpu, id, 0, true);
        cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
    }
    for (uint32_t id = TLB_SPACES + 1; id >= 1; id--) {
        tlb_switch_space(cpu, id, 0, true);
        cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 0, "space %u", id);
    }
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(walks_of(1, PRIVATE, PRIVATE), 1);
}

Test(tlb_table, a_space_may_have_more_pages_than_are_kept)
{
    uint64_t value;
    for (unsigned i = 0; i < 1000; i++) {
        fake->private[i] = true;
        fake->page[i] = (uint64_t)(i % 16) << PAGE_BITS;
    }
    for (unsigned turn = 0; turn < 4; turn++) {
        tlb_switch_space(cpu, turn & 1, 0, true);
        for (unsigned i = 0; i < 1000; i++) {
            cr_assert(tlb_load(cpu, (uint64_t)i << PAGE_BITS, 8, false, &value));
            cr_assert_eq(value, ram((uint64_t)(i % 16) << PAGE_BITS, 8));
        }
    }
    uint64_t walks = fake->walks;
    tlb_switch_space(cpu, 0, 0, true);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert(tlb_load(cpu, (uint64_t)i << PAGE_BITS, 8, false, &value));
    cr_assert_geq(fake->walks - walks, 1000 - TLB_KEPT);
    cr_assert_lt(fake->walks - walks, 1000);
}

Test(tlb_table, a_grown_table_still_knows_what_is_private)
{
    const uint64_t far = TLB_LEAST << PAGE_BITS;
    make_private();
    fake->private[far >> PAGE_BITS] = true;
    map(far, 0x5000);
    map(far + 0x1000, 0x2000);
    walks_of(1, PRIVATE, far);
    walks_of(1000, GLOBAL, far + 0x1000);
    cr_assert_gt(cpu->tlb->data[0].mask, (TLB_LEAST - 1) * sizeof(struct tlb_entry));
    tlb_flush_space(cpu, 0);
    cr_assert_eq(walks_of(1, GLOBAL, far + 0x1000), 0);
    cr_assert_eq(walks_of(1, PRIVATE, far), 2);
}

// What has happened to the pages of a space that was not current must be known when it is again.
Test(tlb_table, marks_reach_the_entries_of_every_space)
{
    enter_pages();
    cr_assert(tlb_store(cpu, PRIVATE, 8, false, 0));
    cr_assert(tlb_store(cpu, USERS, 8, true, 0));
    tlb_switch_space(cpu, 5, 0, true);
    tlb_track_code(cpu, PRIVATE);
    tlb_track_code(cpu, USERS);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(tlb_place(cpu, PRIVATE, false)->write, PRIVATE | TLB_CODE);
    cr_assert_eq(tlb_place(cpu, USERS, true)->write, USERS | TLB_CODE);
    tlb_switch_space(cpu, 5, 0, true);
    tlb_track_writes(cpu);
    fake->watched[PRIVATE >> PAGE_BITS] = fake->watched[USERS >> PAGE_BITS] = true;
    fake_watch_changed(cpu);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_eq(tlb_place(cpu, PRIVATE, false)->write, PRIVATE | TLB_CODE | TLB_CLEAN | TLB_WATCH);
    cr_assert_eq(tlb_place(cpu, USERS, true)->read, USERS | TLB_WATCH);
}

// --- code ------------------------------------------------------------------------------------------------------------

static const struct op block_here;

static bool knows_jump(uint64_t key)
{
    return jump_cached(cpu, key) == &block_here;
}

static void enter_code(uint64_t address, bool user)
{
    uint64_t physical;
    cr_assert(tlb_fetch(cpu, address, user, &physical));
    *jump_slot(cpu, address) = (struct jump_cache_entry){ .key = address, .ops = &block_here };
}

Test(tlb_table, code_of_global_pages_stays_in_the_jump_cache)
{
    make_private();
    enter_code(GLOBAL + 8, false);
    tlb_flush_space(cpu, 0);
    tlb_switch_space(cpu, 5, 0, true);
    cr_assert(knows_jump(GLOBAL + 8));
    enter_code(USERS + 8, true);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_not(knows_jump(USERS + 8));
    // The page is still known, and is private still.
    tlb_switch_space(cpu, 5, 0, true);
    uint64_t walks = fake->walks;
    enter_code(USERS + 16, true);
    cr_assert_eq(fake->walks, walks);
    tlb_switch_space(cpu, 0, 0, true);
    cr_assert_not(knows_jump(USERS + 16));
    enter_code(PRIVATE + 8, false);
    tlb_flush_space(cpu, 0);
    cr_assert_not(knows_jump(PRIVATE + 8));
    walks = fake->walks;
    enter_code(PRIVATE + 8, false);
    cr_assert_eq(fake->walks, walks + 1);
}

Test(tlb_table, code_of_an_address_leaves_the_jump_cache_and_other_code_stays)
{
    enter_code(0x4008, false);
    enter_code(0x5008, false);
    tlb_flush_address(cpu, 0x4000, 0);
    cr_assert_not(knows_jump(0x4008));
    cr_assert(knows_jump(0x5008));
    fake->shift[6] = fake->shift[7] = 13;
    enter_code(0x6008, false);
    enter_code(0x7008, false);
    tlb_flush_address(cpu, 0x7000, 0);
    cr_assert_not(knows_jump(0x6008));
    cr_assert_not(knows_jump(0x7008));
    cr_assert(knows_jump(0x5008));
    uint64_t walks = fake->walks, physical;
    cr_assert(tlb_fetch(cpu, 0x6008, false, &physical));
    cr_assert_eq(fake->walks, walks + 1);
    tlb_flush(cpu);
    cr_assert_not(knows_jump(0x5008));
}

// A filter that says yes too often is emptied, and with it what it speaks of.
Test(tlb_table, a_full_filter_begins_again)
{
    enter_code(0x4008, false);
    walks_of(1, GLOBAL, GLOBAL);
    cpu->tlb->code_pages.count = TLB_FILTER_MOST + 1;
    tlb_flush_address(cpu, 0x9000, 0);
    cr_assert_eq(cpu->tlb->code_pages.count, 0);
    cr_assert_not(knows_jump(0x4008));
    uint64_t walks = fake->walks;
    enter_code(0x4008, false);
    cr_assert_eq(fake->walks, walks + 1, "or an invalidation would not find it");
    tlb_flush_address(cpu, 0x4000, 0);
    cr_assert_not(knows_jump(0x4008));
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 0);
    cpu->tlb->large.count = TLB_FILTER_MOST + 1;
    tlb_flush_address(cpu, 0x9000, 0);
    cr_assert_eq(cpu->tlb->large.count, 0);
    cr_assert_eq(walks_of(1, GLOBAL, GLOBAL), 1);
}

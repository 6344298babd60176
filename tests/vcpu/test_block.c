// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The block cache: blocks that are found, removed by a write, and dropped when the arena is full.
#include "vcpu/block.h"

#include <criterion/criterion.h>

#include "vcpu/chain.h"
#include "vcpu/fake.h"

#define ANY 7 // a mode

enum { EXIT = 100 }; // a guest's code of an exit

static struct fake *fake;
static struct blocks *blocks;

static void setup(void)
{
    fake = fake_new(2);
    blocks = &fake->loop.blocks;
}

static void teardown(void)
{
    fake_free(fake);
}

TestSuite(block, .init = setup, .fini = teardown);

// A block of a head, `plain` ops and two exits.
static struct block *add_long(uint64_t physical, unsigned bytes, uint32_t mode, uint64_t second, unsigned plain)
{
    static struct op ops[BLOCK_OPS];
    struct block draft = { .physical = physical,
                           .second = second,
                           .mode = mode,
                           .count = 1,
                           .bytes = (uint16_t)bytes,
                           .op_count = (uint16_t)(plain + 3),
                           .exits = 2 };
    for (unsigned i = 0; i < draft.op_count; i++)
        ops[i] = (struct op){ .code = EXIT - 1 };
    ops[0].code = OP_HEAD;
    ops[plain + 1] = ops[plain + 2] = (struct op){ .code = EXIT, .d = 1 };
    return blocks_add(blocks, &draft, ops, (const uint16_t[]){ 0, draft.bytes });
}

static struct block *add(uint64_t physical, unsigned bytes)
{
    return add_long(physical, bytes, ANY, UINT64_MAX, 0);
}

static struct block *find(uint64_t physical)
{
    return blocks_find(blocks, physical, ANY);
}

Test(block, a_block_is_found_by_its_address_and_mode)
{
    struct block *a = add(0x1000, 10), *b = add(0x1003, 10), *c = add_long(0x1000, 10, ANY + 1, UINT64_MAX, 0);
    cr_assert_eq(find(0x1000), a);
    cr_assert_eq(find(0x1003), b);
    cr_assert_eq(blocks_find(blocks, 0x1000, ANY + 1), c);
    cr_assert_null(find(0x1001));
    cr_assert_null(blocks_find(blocks, 0x1003, ANY + 1));
    cr_assert(blocks_in_page(blocks, 0x1fff));
    cr_assert_not(blocks_in_page(blocks, 0x2000));
    cr_assert_eq(block_of(a->ops), a);
}

Test(block, a_write_kills_the_blocks_that_it_touches)
{
    add(0x1010, 16);
    add(0x1018, 16);
    add(0x1040, 16);
    cr_assert_not(blocks_written(blocks, 0x1008, 8)); // before all of them
    cr_assert_not(blocks_written(blocks, 0x1028, 8)); // between, in the same granule
    cr_assert(blocks_written(blocks, 0x101c, 1));
    cr_assert_null(find(0x1010));
    cr_assert_null(find(0x1018));
    cr_assert_not_null(find(0x1040));
    cr_assert_eq(blocks->invalidated, 2);
}

Test(block, the_first_and_the_last_byte_count)
{
    add(0x1010, 16);
    cr_assert(blocks_written(blocks, 0x100f, 2));
    add(0x1010, 16);
    cr_assert_not(blocks_written(blocks, 0x1020, 4));
    cr_assert(blocks_written(blocks, 0x101f, 1));
    cr_assert_null(find(0x1010));
}

Test(block, a_write_may_go_over_many_pages)
{
    for (uint64_t page = 0; page < 10; page++)
        add(page << PAGE_BITS | 0x100, 32);
    cr_assert(blocks_written(blocks, 0x1110, 0x7000));
    for (uint64_t page = 0; page < 10; page++)
        cr_assert_eq(!find(page << PAGE_BITS | 0x100), page >= 1 && page <= 8, "page %lu", page);
}

Test(block, a_write_may_go_over_more_pages_than_hold_code)
{
    add(0x1ff0, 16);
    add(0x2000, 16);
    add(0x4000000, 16);
    add(0x4002010, 16);
    cr_assert(blocks_written(blocks, 0x2000, 0x4000000));
    cr_assert_not_null(find(0x1ff0));
    cr_assert_null(find(0x2000));
    cr_assert_null(find(0x4000000));
    cr_assert_not_null(find(0x4002010));
    cr_assert(blocks_written(blocks, 0x2008, 0x4000010));
    cr_assert_null(find(0x4002010), "its first bytes are the last that were written");
    cr_assert_not(blocks_written(blocks, 0x2008, 0x4000010));
}

Test(block, a_block_that_goes_on_in_another_page_dies_with_either)
{
    add_long(0x1ffd, 8, ANY, 0x5000, 0); // three bytes there, five here
    cr_assert(blocks_in_page(blocks, 0x5000));
    cr_assert_not(blocks_written(blocks, 0x5005, 100));
    cr_assert(blocks_written(blocks, 0x5004, 1));
    cr_assert_null(find(0x1ffd));
    add_long(0x1ffd, 8, ANY, 0x5000, 0);
    cr_assert(blocks_written(blocks, 0x1fff, 1));
    cr_assert_null(find(0x1ffd));
    cr_assert_not(blocks_written(blocks, 0x5000, 5));
}

Test(block, a_block_whose_frame_is_mapped_twice_in_a_row_dies_at_both_ends)
{
    add_long(0x1ffe, 5, ANY, 0x1000, 0);
    cr_assert_not(blocks_written(blocks, 0x1003, 1));
    cr_assert(blocks_written(blocks, 0x1002, 1));
    cr_assert_null(find(0x1ffe));
    add_long(0x1ffe, 5, ANY, 0x1000, 0);
    cr_assert_not(blocks_written(blocks, 0x1ffd, 1));
    cr_assert(blocks_written(blocks, 0x1fff, 1));
}

Test(block, a_dead_block_has_a_dead_head_and_nothing_leads_to_it)
{
    struct block *from = add(0x1000, 8), *to = add(0x1100, 8);
    from->ops[1].link = to->ops;
    to->ops[1].link = from->ops;
    cr_assert(blocks_written(blocks, 0x1104, 4));
    cr_assert(to->dead);
    cr_assert_eq(to->ops[0].code, OP_DEAD);
    cr_assert_null(from->ops[1].link);
    cr_assert_null(to->ops[1].link); // a CPU inside leaves it at its end
    cr_assert_not(from->dead);
}

Test(block, an_exit_that_waits_for_its_successor_is_forgotten_when_a_block_dies)
{
    struct block *block = add(0x1000, 8);
    fake->cpu[1]->vcpu.unresolved = &block->ops[1];
    cr_assert(blocks_written(blocks, 0x1000, 1));
    cr_assert_null(fake->cpu[1]->vcpu.unresolved);
}

Test(block, a_full_arena_is_emptied_and_nothing_points_into_it)
{
    blocks_free(blocks);
    cr_assert_eq(blocks_init(blocks, 8 << 20, fake->loop.vcpus, &fake->loop.count), 0);
    struct block *first = add(0x1000, 8);
    struct vcpu *cpu = &fake->cpu[1]->vcpu;
    *jump_slot(cpu, 0x1000) = (struct jump_cache_entry){ .key = 0x1000, .ops = first->ops };
    cpu->unresolved = &first->ops[1];
    uint64_t at = 0x2000;
    while (blocks->emptied == 0) {
        add_long(at, 8, ANY, UINT64_MAX, 400);
        at += 0x1000;
        cr_assert_lt(blocks->translated, 100000);
    }
    cr_assert_gt(blocks->translated, 1000);
    cr_assert_null(find(0x1000));
    cr_assert_not(blocks_in_page(blocks, 0x1000));
    cr_assert_not_null(find(at - 0x1000)); // the one that did not fit any more
    cr_assert_null(jump_cached(cpu, 0x1000));
    cr_assert_null(cpu->unresolved);
    cr_assert_not(blocks_written(blocks, 0x1000, 8));
}

Test(block, all_are_found_and_killed_where_the_tables_have_grown)
{
    enum { BLOCKS = 50000 };
    for (uint64_t i = 0; i < BLOCKS; i++)
        add(i << 10, 8);
    for (uint64_t i = 0; i < BLOCKS; i++)
        cr_assert_eq(find(i << 10)->physical, i << 10);
    cr_assert_eq(blocks->count, BLOCKS);
    cr_assert_eq(blocks->page_count, BLOCKS / 4);
    cr_assert_geq(UINT64_C(1) << blocks->bucket_bits, BLOCKS);
    cr_assert_geq(UINT64_C(1) << blocks->page_bits, BLOCKS / 4);
    cr_assert(blocks_written(blocks, 0, (uint64_t)BLOCKS << 10));
    cr_assert_eq(blocks->count, 0);
    cr_assert_null(find(1 << 10));
}

Test(block, what_is_mostly_dead_is_emptied_before_it_is_full)
{
    struct block *block = add_long(0x1000, 8, ANY, UINT64_MAX, 500);
    size_t most = 3 * block_size(block);
    while (blocks->emptied == 0) {
        cr_assert_lt(blocks->used, (UINT64_C(64) << 20) + most);
        blocks_kill(blocks, block);
        block = add_long(0x1000, 8, ANY, UINT64_MAX, 500);
    }
    cr_assert_eq(find(0x1000), block);
    cr_assert_eq(blocks->dead, 0);
    cr_assert_gt(blocks->invalidated, 8000);
}

Test(block, new_code_makes_direct_stores_to_its_page_look)
{
    struct vcpu *cpu = &fake->cpu[1]->vcpu;
    cr_assert(tlb_store(cpu, 0x3000, 8, true, 0));
    struct tlb_entry *entry = tlb_place(cpu, 0x3000, true);
    cr_assert_eq(entry->write, 0x3000);
    add(0x3800, 8);
    cr_assert_eq(entry->write, 0x3000 | TLB_CODE);
    cr_assert_eq(entry->read, 0x3000);
}

Test(block, many_blocks_of_one_page_are_all_found_and_killed)
{
    for (uint64_t at = 0x4000; at < 0x5000; at += 4)
        add(at, 4);
    for (uint64_t at = 0x4000; at < 0x5000; at += 8)
        cr_assert(blocks_written(blocks, at, 4));
    for (uint64_t at = 0x4000; at < 0x5000; at += 4)
        cr_assert_eq(find(at) != NULL, at % 8 == 4, "%lx", at);
    cr_assert_eq(blocks->invalidated, 512);
}

Test(block, the_blocks_with_code_at_an_offset_are_forgotten_in_every_page)
{
    struct block *a = add(0x1010, 10), *b = add(0x7008, 10), *c = add(0x7011, 10);
    struct block *across = add_long(0x8ff8, 16, ANY, 0xb000, 0);
    blocks_forget_at(blocks, 0x10);
    cr_assert(a->dead && b->dead && !c->dead && !across->dead);
    cr_assert_null(find(0x1010));
    cr_assert_not_null(find(0x7011));
    blocks_forget_at(blocks, 0x7); // of its second page
    cr_assert(across->dead && !c->dead);
}

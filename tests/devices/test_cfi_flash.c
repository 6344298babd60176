// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Numonyx 319942 (J3-65nm, 256 Mbit), twice on a bus of 32 bits.
#include "devices/board.h"
#include "devices/cfi_flash.h"

#define BOTH(value) ((value)*UINT64_C(0x10001)) // the same to each chip
#define READY       BOTH(0x80)

static struct board {
    struct cfi_flash flash;
    uint8_t *data;
    unsigned turns, changes;
    bool array, refuse;
    uint64_t offset, size; // last change
} board;

static void turned(void *owner, bool array)
{
    struct board *b = owner;
    b->turns++;
    b->array = array;
}

static bool changed(void *owner, uint64_t offset, uint64_t size)
{
    struct board *b = owner;
    b->changes++;
    b->offset = offset;
    b->size = size;
    return !b->refuse;
}

static void make(bool writable)
{
    cfi_flash_init(&board.flash, &cfi_flash_pair, board.data, CFI_FLASH_SIZE, writable);
    board.flash.turned = turned;
    board.flash.changed = changed;
    board.flash.owner = &board;
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    board.array = true;
    board.data = malloc(CFI_FLASH_SIZE);
    memset(board.data, 0xff, 4 * CFI_FLASH_BLOCK);
    make(true);
}

static void teardown(void)
{
    free(board.data);
}

TestSuite(cfi_flash, .init = setup, .fini = teardown);

static uint64_t in(uint64_t offset)
{
    return cfi_flash_read(&board.flash, offset, 4, 0);
}

static void out(uint64_t offset, uint64_t value)
{
    cfi_flash_write(&board.flash, offset, 4, value, 0);
}

static uint64_t stored(uint64_t offset)
{
    return bytes_get(board.data + offset, 4);
}

Test(cfi_flash, it_is_memory_until_a_command_comes_and_again_after_read_array)
{
    bytes_put(board.data + 0x1234, 4, 0x12345678);
    cr_assert(cfi_flash_shows_array(&board.flash));
    cr_assert_eq(in(0x1234), 0x12345678);
    out(0, BOTH(0x70));
    cr_assert_not(board.array);
    cr_assert_eq(in(0x1234), READY);
    out(0, BOTH(0x98));
    cr_assert_eq(board.turns, 1, "it did not show the array before either");
    out(0, BOTH(0xff));
    cr_assert(board.array);
    cr_assert_eq(board.turns, 2);
    cr_assert_eq(in(0x1234), 0x12345678);
}

Test(cfi_flash, each_chip_answers_on_its_half)
{
    out(0, 0x009000ff);
    cr_assert_not(cfi_flash_shows_array(&board.flash));
    cr_assert_eq(in(0), 0x0089ffff);
    cr_assert_eq(cfi_flash_read(&board.flash, 4, 2, 0), 0xffff);
    cr_assert_eq(cfi_flash_read(&board.flash, 6, 1, 0), 0x1d);
}

Test(cfi_flash, a_narrow_command_reaches_both_chips)
{
    for (unsigned size = 1; size <= 2; size++)
        for (unsigned offset = 0; offset < 4; offset += size) {
            cfi_flash_write(&board.flash, offset, size, 0x90, 0);
            cr_assert_eq(in(4), BOTH(0x1d), "size %u at %u", size, offset);
            cfi_flash_write(&board.flash, offset, size, 0xff, 0);
            cr_assert(cfi_flash_shows_array(&board.flash));
        }
}

Test(cfi_flash, the_query_table_says_what_the_bank_is)
{
    static const struct {
        uint32_t word, value;
    } rows[] = {
        { 0x10, 'Q' }, { 0x11, 'R' }, { 0x12, 'Y' }, { 0x13, 1 },    { 0x14, 0 }, { 0x15, 0x31 }, { 0x27, 25 },
        { 0x28, 2 },   { 0x2a, 10 },  { 0x2c, 1 },   { 0x2d, 0xff }, { 0x2e, 0 }, { 0x2f, 0 },    { 0x30, 2 },
        { 0x31, 'P' }, { 0x32, 'R' }, { 0x33, 'I' }, { 0x36, 8 },    { 0x41, 0 }, { 0x8000, 0 },  { 0, 0x89 },
    };
    out(0x55 * 4, BOTH(0x98));
    for (unsigned i = 0; i < countof(rows); i++)
        cr_assert_eq(in(4 * rows[i].word), BOTH(rows[i].value), "word %x", rows[i].word);
    cr_assert_eq(cfi_flash_read(&board.flash, 0x42, 4, 0), 0x00520051, "at any alignment");
}

Test(cfi_flash, a_program_takes_ones_away)
{
    out(0x100, BOTH(0x40));
    cr_assert_eq(in(0x100), READY);
    out(0x100, 0xf0f0aaaa);
    cr_assert_eq(in(0x100), READY);
    cr_assert_eq(stored(0x100), 0xf0f0aaaa);
    out(0x100, BOTH(0x10));
    out(0x100, 0x0fff5fff);
    out(0, BOTH(0xff));
    cr_assert_eq(in(0x100), 0x00f00aaa);
    cr_assert_eq(stored(0xfc), 0xffffffff);
    cr_assert_eq(stored(0x104), 0xffffffff);
    cr_assert_eq(board.changes, 4, "two of each chip");
    cr_assert_eq(board.offset, 0x100);
    cr_assert_eq(board.size, 4);
}

Test(cfi_flash, narrow_data_programs_its_own_bytes)
{
    cfi_flash_write(&board.flash, 0x102, 2, 0x40, 0);
    cfi_flash_write(&board.flash, 0x102, 2, 0x1234, 0);
    cr_assert_eq(stored(0x100), 0x1234ffff);
    cfi_flash_write(&board.flash, 0x100, 1, 0x40, 0);
    cfi_flash_write(&board.flash, 0x101, 1, 0x56, 0);
    cr_assert_eq(stored(0x100), 0x123456ff);
    cr_assert_eq(cfi_flash_read(&board.flash, 0, 2, 0), 0x80);
    cr_assert_eq(board.flash.mistakes[CFI_FLASH_MISTAKE_SEQUENCE], 0);
}

Test(cfi_flash, a_buffer_can_be_filled_by_halves)
{
    cfi_flash_write(&board.flash, 0x100, 2, 0xe8, 0);
    cfi_flash_write(&board.flash, 0x100, 2, 3, 0);
    for (unsigned i = 0; i < 4; i++)
        cfi_flash_write(&board.flash, 0x100 + 2 * i, 2, 0x1000 + i, 0);
    cfi_flash_write(&board.flash, 0x100, 2, 0xd0, 0);
    cr_assert_eq(in(0), READY);
    cr_assert_eq(stored(0x100), 0x10011000);
    cr_assert_eq(stored(0x104), 0x10031002);
    cr_assert_eq(stored(0x108), 0xffffffff);
}

Test(cfi_flash, an_erase_sets_a_block_to_ones)
{
    memset(board.data, 0, 3 * CFI_FLASH_BLOCK);
    out(CFI_FLASH_BLOCK + 0x1234, BOTH(0x20));
    out(CFI_FLASH_BLOCK + 0x4, BOTH(0xd0));
    cr_assert_eq(in(0), READY);
    cr_assert_eq(stored(CFI_FLASH_BLOCK - 4), 0);
    for (uint64_t at = CFI_FLASH_BLOCK; at < 2 * CFI_FLASH_BLOCK; at += 4)
        cr_assert_eq(stored(at), 0xffffffff);
    cr_assert_eq(stored(2 * CFI_FLASH_BLOCK), 0);
    cr_assert_eq(board.offset, CFI_FLASH_BLOCK);
    cr_assert_eq(board.size, CFI_FLASH_BLOCK);
}

static void fill(uint64_t offset, unsigned words)
{
    out(offset, BOTH(0xe8));
    cr_assert_eq(in(offset), READY, "the buffer is free");
    out(offset, BOTH(words - 1));
    for (unsigned i = 0; i < words; i++)
        out(offset + 4 * i, 0xa0000000 + i);
}

Test(cfi_flash, a_buffer_is_programmed_when_it_is_confirmed)
{
    fill(0x1000, CFI_FLASH_BUFFER_WORDS);
    cr_assert_eq(stored(0x1000), 0xffffffff);
    out(0x1000, BOTH(0xd0));
    cr_assert_eq(in(0), READY);
    for (unsigned i = 0; i < CFI_FLASH_BUFFER_WORDS; i++)
        cr_assert_eq(stored(0x1000 + 4 * i), 0xa0000000 + i);
    cr_assert_eq(stored(0x1000 + 4 * CFI_FLASH_BUFFER_WORDS), 0xffffffff);
    cr_assert_eq(board.changes, 2);
    cr_assert_eq(board.size, 4 * CFI_FLASH_BUFFER_WORDS);
}

Test(cfi_flash, buffered_words_come_in_any_order_after_the_first)
{
    out(0, BOTH(0xe8));
    out(0, BOTH(2));
    out(0x20, 1);
    out(0x28, 3);
    out(0x24, 2);
    out(0, BOTH(0xd0));
    cr_assert_eq(stored(0x20), 1);
    cr_assert_eq(stored(0x24), 2);
    cr_assert_eq(stored(0x28), 3);
    cr_assert_eq(in(0), READY);
}

Test(cfi_flash, a_sequence_that_does_not_go_on_as_it_must_changes_nothing)
{
    const uint64_t failed = BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM | CFI_FLASH_SR_ERASE);
    out(0, BOTH(0x20));
    out(0, BOTH(0x70));
    cr_assert_eq(in(0), failed, "an erase needs its confirmation");
    out(0, BOTH(0x50));
    cr_assert_eq(in(0), READY);
    out(0, BOTH(0x60));
    out(0, BOTH(0x02));
    cr_assert_eq(in(0), failed);
    out(0, BOTH(0x50));
    fill(0x1000, 4);
    out(0x1000, BOTH(0xff));
    cr_assert_eq(in(0), failed, "so does a buffer");
    out(0, BOTH(0x50));
    out(0, BOTH(0xe8));
    out(0, BOTH(CFI_FLASH_BUFFER_WORDS));
    cr_assert_eq(in(0), failed, "which takes so many words");
    out(0, BOTH(0x50));
    out(0, BOTH(0xe8));
    out(0, BOTH(1));
    out(0x2000, 0);
    out(0x2008, 0);
    cr_assert_eq(in(0), failed, "side by side");
    out(0, BOTH(0x50));
    out(0, BOTH(0xe8));
    out(0, BOTH(1));
    out(CFI_FLASH_BLOCK - 4, 0);
    out(CFI_FLASH_BLOCK, 0);
    cr_assert_eq(in(0), failed, "in one block");
    cr_assert_eq(board.changes, 0);
    cr_assert_eq(board.flash.mistakes[CFI_FLASH_MISTAKE_SEQUENCE], 12);
    out(0, BOTH(0x33));
    cr_assert_eq(board.flash.mistakes[CFI_FLASH_MISTAKE_COMMAND], 2);
}

Test(cfi_flash, a_locked_block_is_neither_programmed_nor_erased)
{
    out(CFI_FLASH_BLOCK, BOTH(0x60));
    out(CFI_FLASH_BLOCK, BOTH(0x01));
    cr_assert_eq(in(0), READY);
    out(0, BOTH(0x90));
    cr_assert_eq(in(8), 0);
    cr_assert_eq(in(CFI_FLASH_BLOCK + 8), BOTH(1));
    out(CFI_FLASH_BLOCK + 4, BOTH(0x40));
    out(CFI_FLASH_BLOCK + 4, 0);
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM | CFI_FLASH_SR_LOCKED));
    out(0, BOTH(0x50));
    out(CFI_FLASH_BLOCK, BOTH(0x20));
    out(CFI_FLASH_BLOCK, BOTH(0xd0));
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_ERASE | CFI_FLASH_SR_LOCKED));
    cr_assert_eq(board.changes, 0);
    out(0, BOTH(0x50));
    out(0, BOTH(0x60));
    out(0, BOTH(0xd0));
    out(CFI_FLASH_BLOCK + 4, BOTH(0x40));
    out(CFI_FLASH_BLOCK + 4, 0);
    cr_assert_eq(stored(CFI_FLASH_BLOCK + 4), 0, "D0h unlocks all of them");
    cr_assert_eq(in(0), READY);
}

Test(cfi_flash, a_bank_that_may_not_be_written_says_so)
{
    make(false);
    out(0, BOTH(0x40));
    out(0, 0);
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM | CFI_FLASH_SR_VPEN));
    out(0, BOTH(0x50));
    out(0, BOTH(0x20));
    out(0, BOTH(0xd0));
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_ERASE | CFI_FLASH_SR_VPEN));
    out(0, BOTH(0x50));
    out(0, BOTH(0x60));
    out(0, BOTH(0x01));
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM | CFI_FLASH_SR_VPEN));
    cr_assert_eq(board.changes, 0);
    cr_assert_eq(stored(0), 0xffffffff);
}

Test(cfi_flash, what_the_host_cannot_keep_has_failed)
{
    board.refuse = true;
    out(0, BOTH(0x40));
    out(0, 0);
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM));
    out(0, BOTH(0x50));
    out(0, BOTH(0x20));
    out(0, BOTH(0xd0));
    cr_assert_eq(in(0), BOTH(CFI_FLASH_SR_READY | CFI_FLASH_SR_ERASE));
}

Test(cfi_flash, a_reset_shows_the_array_and_keeps_what_is_stored)
{
    out(0, BOTH(0x40));
    out(0, 0x12345678);
    out(0, BOTH(0x60));
    out(0, BOTH(0x01));
    out(0, BOTH(0xe8));
    cfi_flash_reset(&board.flash, 0);
    cr_assert(board.array);
    cr_assert_eq(in(0), 0x12345678);
    out(0, BOTH(0x90));
    cr_assert_eq(in(8), BOTH(1), "locked still");
}

// The last word, across the end of a word, across both chips: nothing is touched beyond the array.
Test(cfi_flash, any_access_at_any_place_is_taken)
{
    uint64_t state = 1;
    memset(board.data, 0xff, CFI_FLASH_SIZE);
    for (unsigned i = 0; i < 200000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned size = 1u << (state >> 40 & 3);
        uint64_t offset = (state >> 33 & 1 ? CFI_FLASH_SIZE - 8 : 0) + (state >> 43) % (9 - size);
        static const uint8_t commands[] = { 0x10, 0x40, 0xe8, 0xd0, 0x60, 0x01, 0x90, 0x70, 0xff, 0xb0, 0x00, 0x02 };
        if (state >> 32 & 1)
            cfi_flash_read(&board.flash, offset, size, 0);
        else
            cfi_flash_write(&board.flash, offset, size, BOTH(commands[(state >> 50) % countof(commands)]), 0);
    }
    cr_assert_gt(board.changes, 0);
    cfi_flash_reset(&board.flash, 0);
    cr_assert_eq(in(CFI_FLASH_SIZE - 4), stored(CFI_FLASH_SIZE - 4));
}

static void list(void *object, struct visit *v)
{
    cfi_flash_visit(object, v);
}

Test(cfi_flash, its_state_travels_whole)
{
    struct visit_save save;
    out(CFI_FLASH_BLOCK, BOTH(0x60));
    out(CFI_FLASH_BLOCK, BOTH(0x01));
    fill(0x40, 3);
    visit_save_init(&save);
    cfi_flash_visit(&board.flash, &save.visit);
    make(true);
    check_load(&board.flash, list, &save);
    out(0x40, BOTH(0xd0));
    cr_assert_eq(stored(0x48), 0xa0000002);
    free(save.data);
    cr_assert_eq(visit_uncovered(&board.flash, offsetof(struct cfi_flash, data), list), 2 * (1 + 4), "padding");
}

// --- One chip of 8 bits ---------------------------------------------------------------------------------------------

enum { BYTES = 1 << 16, BLOCK = CFI_FLASH_BYTE_BLOCK };

static void make_byte(bool writable)
{
    cfi_flash_init(&board.flash, &cfi_flash_byte, board.data, BYTES, writable);
    board.flash.turned = turned;
    board.flash.changed = changed;
    board.flash.owner = &board;
}

static void put(uint64_t offset, uint8_t value)
{
    cfi_flash_write(&board.flash, offset, 1, value, 0);
}

static uint8_t get(uint64_t offset)
{
    return (uint8_t)cfi_flash_read(&board.flash, offset, 1, 0);
}

Test(cfi_flash, of_one_byte_has_no_status_until_something_is_written)
{
    make_byte(true);
    put(5, 0x50);
    cr_assert_eq(get(5), 0xff, "it shows its array");
    put(5, 0x70);
    cr_assert_eq(get(5), 0);
    put(5, 0x10);
    put(5, 0x5a);
    cr_assert_eq(get(5), 0x80);
    put(5, 0xff);
    cr_assert_eq(get(5), 0x5a);
    cr_assert_eq(get(4), 0xff);
    cr_assert_eq(board.offset, 5);
    cr_assert_eq(board.size, 1);
}

Test(cfi_flash, of_one_byte_erases_4_kib)
{
    make_byte(true);
    memset(board.data, 0, BYTES);
    put(BLOCK + 7, 0x20);
    put(BLOCK + 7, 0xd0);
    cr_assert_eq(board.data[BLOCK - 1], 0);
    for (unsigned i = 0; i < BLOCK; i++)
        cr_assert_eq(board.data[BLOCK + i], 0xff);
    cr_assert_eq(board.data[2 * BLOCK], 0);
    cr_assert_eq(board.offset, BLOCK);
    cr_assert_eq(board.size, BLOCK);
}

Test(cfi_flash, of_one_byte_says_its_size)
{
    make_byte(true);
    put(0, 0x98);
    cr_assert_eq(get(0x10), 'Q');
    cr_assert_eq(get(0x27), 16, "64 KiB");
    cr_assert_eq(get(0x28), 0, "8 bits");
    cr_assert_eq(get(0x2d), 15, "blocks");
    cr_assert_eq(get(0x2f), 16, "of 256 bytes");
    cr_assert_eq(get(0x30), 0);
}

Test(cfi_flash, of_one_byte_cannot_be_written_if_it_may_not)
{
    make_byte(false);
    put(0, 0x10);
    put(0, 0);
    cr_assert_eq(get(0), CFI_FLASH_SR_READY | CFI_FLASH_SR_VPEN | CFI_FLASH_SR_PROGRAM);
    put(0, 0xff);
    cr_assert_eq(get(0), 0xff);
}

Test(cfi_flash, of_one_byte_takes_any_access)
{
    uint64_t state = 7;
    make_byte(true);
    for (unsigned i = 0; i < 200000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned size = 1u << (state >> 40 & 3);
        uint64_t offset = (state >> 33 & 1 ? BYTES - 8 : 0) + (state >> 43) % (9 - size);
        static const uint8_t commands[] = { 0x10, 0x40, 0xe8, 0xd0, 0x60, 0x01, 0x90, 0x70, 0xff, 0xb0, 0x00, 0x02 };
        if (state >> 32 & 1)
            cfi_flash_read(&board.flash, offset, size, 0);
        else
            cfi_flash_write(&board.flash, offset, size, BOTH(commands[(state >> 50) % countof(commands)]), 0);
    }
    cr_assert_gt(board.changes, 0);
    cr_assert_eq(board.data[BYTES], 0xff, "nothing beyond the array");
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI 3.0, 6.8.2 and 6.8.3: capability, table, pending bit array.
#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"
#include "msi/msix.h"

#define TABLE ((struct msix_place){ 1, 0 })
#define PBA   ((struct msix_place){ 2, 0x8000 })

static struct msix_entry rows[MSIX_VECTORS];
static struct msix msix;

static void setup(void)
{
    memset(rows, 0xff, sizeof rows);
    msix_init(&msix, rows, 5, TABLE, PBA);
}

TestSuite(msix, .init = setup);

Test(msix, the_capability_says_how_many_and_where)
{
    static const unsigned counts[] = { 1, 2, 3, 5, 64, 65, 2048 };
    for (unsigned i = 0; i < countof(counts); i++) {
        msix_init(&msix, rows, counts[i], TABLE, PBA);
        cr_assert_eq(msix_capability_read(&msix, 0, 4), (counts[i] - 1) << 16);
        cr_assert_eq(msix_capability_read(&msix, 4, 4), 1);
        cr_assert_eq(msix_capability_read(&msix, 8, 4), 0x8002);
        cr_assert_eq(msix_capability_read(&msix, 9, 1), 0x80);
        cr_assert_eq(msix_table_size(counts[i]), counts[i] * 16);
        cr_assert_eq(msix_pba_size(counts[i]), (counts[i] + 63) / 64 * 8);
    }
}

Test(msix, enable_and_function_mask_are_all_that_can_be_written)
{
    cr_assert(msix_capability_write(&msix, 0, 4, UINT32_MAX));
    cr_assert_eq(msix_capability_read(&msix, 0, 4), 0xc0040000);
    cr_assert(msix_enabled(&msix));
    cr_assert_not(msix_capability_write(&msix, 0, 4, UINT32_MAX), "nothing new");
    cr_assert_not(msix_capability_write(&msix, 4, 4, UINT32_MAX));
    cr_assert_not(msix_capability_write(&msix, 8, 4, UINT32_MAX));
    cr_assert_eq(msix_capability_read(&msix, 4, 4), 1);
    cr_assert_eq(msix_capability_read(&msix, 8, 4), 0x8002);
    cr_assert(msix_capability_write(&msix, 3, 1, 0x80), "the upper byte alone");
    cr_assert_eq(msix_capability_read(&msix, 2, 2), 0x8004);
    cr_assert(msix_capability_write(&msix, 2, 2, 0));
    cr_assert_not(msix_enabled(&msix));
}

Test(msix, after_reset_every_vector_is_masked_and_every_message_0)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned vector = 0; vector < 5; vector++) {
            cr_assert(msix_masked(&msix, vector));
            cr_assert_eq(msix_table_read(&msix, 16 * vector, 8), 0);
            cr_assert_eq(msix_table_read(&msix, 16 * vector + 8, 4), 0);
            cr_assert_eq(msix_table_read(&msix, 16 * vector + 12, 4), 1);
        }
        cr_assert_not(msix_enabled(&msix));
        for (unsigned offset = 0; offset < 80; offset += 8)
            msix_table_write(&msix, offset, 8, 0x1234567812345670);
        msix_capability_write(&msix, 2, 2, 0xffff);
        msix_reset(&msix);
    }
}

Test(msix, the_table_is_written_in_4_or_8_bytes)
{
    struct msix_change change = msix_table_write(&msix, 16, 8, UINT64_C(0x00000012fee01003));
    cr_assert(change.changed);
    cr_assert_eq(change.vector, 1);
    change = msix_table_write(&msix, 24, 8, UINT64_C(0xfffffffe12345678));
    cr_assert(change.changed);
    cr_assert_eq(msix_message(&msix, 1).address, 0x12fee01000, "bits 1:0 are none");
    cr_assert_eq(msix_message(&msix, 1).data, 0x12345678, "32 bits of data");
    cr_assert_not(msix_masked(&msix, 1));
    cr_assert_eq(msix_table_read(&msix, 24, 8), 0x12345678, "Vector Control has one bit");
    static const uint32_t dwords[] = { 0xfee02000, 7, 0x4321, 0 };
    for (unsigned i = 0; i < 4; i++) {
        change = msix_table_write(&msix, 64 + 4 * i, 4, dwords[i]);
        cr_assert(change.changed);
        cr_assert_eq(change.vector, 4);
        cr_assert_eq(msix_table_read(&msix, 64 + 4 * i, 4), dwords[i]);
    }
    cr_assert_not(msix_table_write(&msix, 64, 4, dwords[0]).changed, "the same again");
    cr_assert_eq(msix_message(&msix, 4).address, 0x7fee02000);
    cr_assert_eq(msix_message(&msix, 0).address, 0, "the neighbours are as they were");
    cr_assert(msix_masked(&msix, 3));
    cr_assert_eq(msix.mistakes[MSIX_MISTAKE_WIDTH], 0);
}

Test(msix, other_sizes_and_alignments_write_nothing_and_are_counted)
{
    static const struct {
        unsigned offset, size;
    } odd[] = { { 0, 1 }, { 0, 2 }, { 2, 4 }, { 1, 4 }, { 4, 8 }, { 12, 8 }, { 3, 1 }, { 6, 2 } };
    msix_table_write(&msix, 0, 8, UINT64_C(0x8877665544332210));
    for (unsigned i = 0; i < countof(odd); i++) {
        uint64_t before = msix_table_read(&msix, 0, 8), upper = msix_table_read(&msix, 8, 8);
        cr_assert_not(msix_table_write(&msix, odd[i].offset, odd[i].size, UINT64_MAX).changed);
        cr_assert_eq(msix_table_read(&msix, 0, 8), before);
        cr_assert_eq(msix_table_read(&msix, 8, 8), upper);
        cr_assert_eq(msix.mistakes[MSIX_MISTAKE_WIDTH], i + 1);
    }
    cr_assert_eq(msix_table_read(&msix, 1, 2), 0x3322, "they read what is there");
    cr_assert_eq(msix_table_read(&msix, 5, 1), 0x66);
    cr_assert_eq(msix_table_read(&msix, 4, 8), 0x88776655);
    cr_assert_eq(msix.mistakes[MSIX_MISTAKE_WIDTH], countof(odd) + 3);
}

// PCI 6.8.3.2.
Test(msix, a_message_that_changes_while_it_is_in_use_is_counted)
{
    static const struct {
        unsigned control, mask;
        bool counted;
    } states[] = { { 0, 0, false }, { 0x8000, 1, false }, { 0xc000, 0, false }, { 0x8000, 0, true } };
    unsigned expected = 0;
    for (unsigned i = 0; i < countof(states); i++) {
        msix_capability_write(&msix, 2, 2, states[i].control);
        msix_table_write(&msix, 28, 4, states[i].mask);
        cr_assert_eq(msix.mistakes[MSIX_MISTAKE_IN_USE], expected, "the mask is no message");
        for (unsigned at = 16; at < 28; at += 4)
            msix_table_write(&msix, at, 4, 0x1000 * (i + 1));
        expected += states[i].counted ? 3 : 0;
        cr_assert_eq(msix.mistakes[MSIX_MISTAKE_IN_USE], expected);
        msix_table_write(&msix, 16, 4, 0x1000 * (i + 1));
        cr_assert_eq(msix.mistakes[MSIX_MISTAKE_IN_USE], expected, "the same again");
    }
}

Test(msix, behind_the_last_row_is_nothing)
{
    cr_assert_not(msix_table_write(&msix, 80, 8, UINT64_MAX).changed);
    cr_assert_not(msix_table_write(&msix, 0x7ff8, 8, UINT64_MAX).changed);
    cr_assert_eq(msix_table_read(&msix, 80, 8), 0);
    cr_assert_eq(msix_table_read(&msix, 78, 4), 0, "half within");
    cr_assert_eq(rows[5].data, 0xffffffff, "the memory behind the rows was not touched");
}

Test(msix, the_function_mask_masks_all)
{
    msix_table_write(&msix, 12, 4, 0);
    cr_assert_not(msix_masked(&msix, 0));
    msix_capability_write(&msix, 2, 2, 0x4000);
    cr_assert(msix_masked(&msix, 0));
    cr_assert(msix_masked(&msix, 1));
    msix_capability_write(&msix, 2, 2, 0);
    cr_assert_not(msix_masked(&msix, 0));
    cr_assert(msix_masked(&msix, 1));
}

Test(msix, the_pba_shows_64_vectors_in_8_bytes_and_32_in_4)
{
    unsigned first = 99;
    cr_assert_eq(msix_pba_vectors(&msix, 0, 8, &first), 5);
    cr_assert_eq(first, 0);
    cr_assert_eq(msix_pba_vectors(&msix, 8, 8, &first), 0);
    cr_assert_eq(msix_pba_vectors(&msix, 4, 4, &first), 0);
    msix_init(&msix, rows, 2048, TABLE, PBA);
    cr_assert_eq(msix_pba_vectors(&msix, 248, 8, &first), 64);
    cr_assert_eq(first, 1984);
    cr_assert_eq(msix_pba_vectors(&msix, 12, 4, &first), 32);
    cr_assert_eq(first, 96);
    cr_assert_eq(msix_pba_vectors(&msix, 256, 8, &first), 0);
    cr_assert_eq(msix.mistakes[MSIX_MISTAKE_WIDTH], 0);
    cr_assert_eq(msix_pba_vectors(&msix, 1, 1, &first), 8);
    cr_assert_eq(first, 8);
    cr_assert_eq(msix.mistakes[MSIX_MISTAKE_WIDTH], 1);
}

static void list(void *object, struct visit *v)
{
    msix_visit(object, v);
}

Test(msix, its_table_and_control_are_its_state)
{
    static struct msix_entry other[5];
    struct msix loaded;
    struct visit_save save;
    struct visit_load load;
    for (unsigned offset = 0; offset < 80; offset += 8)
        msix_table_write(&msix, offset, 8, offset * UINT64_C(0x0123456789abcdef));
    msix_capability_write(&msix, 2, 2, 0x8000);
    msix_table_write(&msix, 1, 1, 0);
    visit_save_init(&save);
    msix_visit(&msix, &save.visit);
    msix_init(&loaded, other, 5, TABLE, PBA);
    visit_load_init(&load, save.data, save.size);
    msix_visit(&loaded, &load.visit);
    cr_assert_eq(load.position, save.size);
    free(save.data);
    cr_assert_eq(memcmp(rows, other, sizeof other), 0);
    cr_assert(msix_enabled(&loaded));
    cr_assert_eq(loaded.mistakes[MSIX_MISTAKE_WIDTH], 1);
    size_t state = sizeof msix.control + sizeof msix.mistakes;
    cr_assert_eq(visit_uncovered(&msix, sizeof msix, list), sizeof msix - state);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The digest of fields and RAM: it follows from the contents alone, however they came about.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "replay/digest.h"

TestSuite(digest, .timeout = 60);

struct chip {
    uint32_t value;
    uint8_t table[5];
};

static void visit(void *object, struct visit *v)
{
    struct chip *chip = object;
    VISIT(v, chip->value);
    VISIT_ARRAY(v, chip->table);
}

static uint64_t value_of(struct digest *digest, struct chip *chip)
{
    uint64_t value = 0;
    cr_assert(digest_of(digest, &(struct state_list){ visit, chip }, &value));
    return value;
}

static uint64_t fresh(const uint8_t *ram, uint64_t size, struct chip *chip)
{
    struct digest digest;
    cr_assert_eq(digest_init(&digest, ram, size), 0);
    page_set_fill(&digest.written);
    uint64_t value = value_of(&digest, chip);
    digest_free(&digest);
    return value;
}

Test(digest, is_the_same_by_way_of_changes_as_of_the_contents_at_once)
{
    static const uint64_t pages[] = { 1, 2, 63, 64, 65, 4096, 4097 };
    srand(7);
    for (unsigned i = 0; i < countof(pages); i++) {
        uint64_t size = pages[i] * RAM_PAGE, last = 0;
        uint8_t *ram = calloc(1, size);
        struct chip chip = { 1, { 2 } };
        struct digest digest;
        cr_assert_eq(digest_init(&digest, ram, size), 0);
        cr_assert_eq(value_of(&digest, &chip), fresh(ram, size, &chip));
        for (unsigned round = 0; round < 20; round++) {
            for (unsigned n = 0; n < 5; n++) {
                uint64_t at = ((uint64_t)rand() << 16 ^ (uint64_t)rand()) % size;
                ram[at] ^= (uint8_t)(1 + rand() % 255);
                page_set_add(&digest.written, at >> RAM_PAGE_BITS);
            }
            uint64_t value = value_of(&digest, &chip);
            cr_assert_eq(value, fresh(ram, size, &chip));
            cr_assert_neq(value, last);
            last = value;
        }
        digest_free(&digest);
        free(ram);
    }
}

Test(digest, goes_back_when_the_contents_do)
{
    uint8_t *ram = calloc(100, RAM_PAGE);
    struct chip chip = { 0 };
    struct digest digest;
    cr_assert_eq(digest_init(&digest, ram, 100 * RAM_PAGE), 0);
    uint64_t empty = value_of(&digest, &chip);
    ram[77 * RAM_PAGE + 5] = 1;
    page_set_add(&digest.written, 77);
    cr_assert_neq(value_of(&digest, &chip), empty);
    ram[77 * RAM_PAGE + 5] = 0;
    page_set_add(&digest.written, 77);
    cr_assert_eq(value_of(&digest, &chip), empty);
    digest_free(&digest);
    free(ram);
}

Test(digest, tells_apart_where_something_stands_and_how_much_RAM_there_is)
{
    uint8_t *ram = calloc(100, RAM_PAGE);
    struct chip chip = { 0 };
    uint64_t empty = fresh(ram, 100 * RAM_PAGE, &chip);
    cr_assert_neq(fresh(ram, 99 * RAM_PAGE, &chip), empty);
    ram[5] = 1;
    uint64_t first = fresh(ram, 100 * RAM_PAGE, &chip);
    ram[5] = 0;
    ram[RAM_PAGE + 5] = 1;
    cr_assert_neq(fresh(ram, 100 * RAM_PAGE, &chip), first);
    free(ram);
}

Test(digest, has_every_field_in_it)
{
    uint8_t *ram = calloc(1, RAM_PAGE);
    struct chip chip = { 0 }, other = { 0 };
    uint64_t value = fresh(ram, RAM_PAGE, &chip);
    other.value = 0x80000000;
    cr_assert_neq(fresh(ram, RAM_PAGE, &other), value);
    other.value = 0;
    other.table[4] = 1;
    cr_assert_neq(fresh(ram, RAM_PAGE, &other), value);
    free(ram);
}

// The value is the same on every host, or digests of two could not be compared.
Test(digest, of_known_contents_is_known)
{
    uint8_t *ram = calloc(3, RAM_PAGE);
    struct chip chip = { 0x12345678, { 1, 2, 3, 4, 5 } };
    for (unsigned i = 0; i < RAM_PAGE; i++)
        ram[RAM_PAGE + i] = (uint8_t)(i * 7);
    cr_assert_eq(fresh(ram, 3 * RAM_PAGE, &chip), UINT64_C(0x2d37ecd2d351e9b9));
    free(ram);
}

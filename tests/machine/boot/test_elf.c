// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ELF reader: files that it accepts, and that others are refused with one line.
#include "machine/boot/elf.h"

#include <criterion/criterion.h>

#include "machine/kernels.h"
#include "machine/memory.h"

static struct test_memory memory;
static uint8_t file[ELF_SIZE];

static void start(void)
{
    test_memory_init(&memory, 16 * MEBI);
}

static void finish(void)
{
    test_memory_free(&memory);
}

TestSuite(elf, .init = start, .fini = finish);

static int parse(struct elf *elf, struct error *error)
{
    struct image image = { .data = file, .size = sizeof file };
    return elf_parse(&image, ELF_X86, elf, error);
}

static void refuses(const char *part)
{
    struct elf elf;
    struct error error = { 0 };
    cr_assert_lt(parse(&elf, &error), 0);
    cr_assert_not_null(strstr(error.text, part), "got: %s", error.text);
    cr_assert_null(strchr(error.text, '\n'));
}

Test(elf, segments_are_copied_to_their_physical_addresses_and_filled_up_with_zeroes)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 512 }, { 1, 2048, 2 * MEBI + 3, 5, 5 } };
    for (int is64 = 0; is64 < 2; is64++) {
        struct elf elf;
        struct error error = { 0 };
        struct image image = { .data = file, .size = sizeof file };
        make_elf(file, is64, MEBI + 4, segments, 2);
        memset(memory.bytes + MEBI, 0xee, 1024);
        cr_assert_eq(elf_parse(&image, ELF_X86, &elf, &error), 0, "%s", error.text);
        cr_assert_eq(elf_load(&image, &elf, &memory.bus, &error), 0, "%s", error.text);
        cr_assert_eq(elf.entry, MEBI + 4);
        cr_assert_eq(elf.lowest, MEBI);
        cr_assert_eq(elf.highest, 2 * MEBI + 8);
        cr_assert_arr_eq(memory.bytes + MEBI, file + 1024, 256);
        for (unsigned i = 256; i < 512; i++)
            cr_assert_eq(memory.bytes[MEBI + i], 0);
        cr_assert_eq(memory.bytes[MEBI + 512], 0xee);
        cr_assert_arr_eq(memory.bytes + 2 * MEBI + 3, file + 2048, 5);
    }
}

Test(elf, overlapping_segments_are_refused)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 512 }, { 1, 1024, MEBI + 511, 16, 16 } };
    make_elf(file, 0, MEBI, segments, 2);
    refuses("segments 0 and 1 overlap at 0x1001ff");
}

Test(elf, a_segment_beyond_the_file_is_refused)
{
    const struct test_segment segments[] = { { 1, 4000, MEBI, 256, 512 } };
    make_elf(file, 1, MEBI, segments, 1);
    refuses("beyond the end of the file");
}

Test(elf, a_segment_larger_in_the_file_than_in_memory_is_refused)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 255 } };
    make_elf(file, 1, MEBI, segments, 1);
    refuses("larger in the file");
}

Test(elf, a_segment_beyond_the_physical_address_space_is_refused)
{
    const struct test_segment segments[] = { { 1, 1024, UINT64_MAX - 10, 16, 64 } };
    make_elf(file, 1, MEBI, segments, 1);
    refuses("beyond the physical address space");
}

Test(elf, a_huge_segment_is_refused_when_it_is_loaded_and_touches_nothing)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 16, UINT64_C(1) << 40 } };
    struct elf elf;
    struct error error = { 0 };
    struct image image = { .data = file, .size = sizeof file };
    make_elf(file, 1, MEBI, segments, 1);
    cr_assert_eq(elf_parse(&image, ELF_X86, &elf, &error), 0);
    cr_assert_lt(elf_load(&image, &elf, &memory.bus, &error), 0);
    cr_assert_not_null(strstr(error.text, "larger -m"), "%s", error.text);
}

Test(elf, a_file_for_another_machine_is_refused)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 16, 16 } };
    make_elf(file, 1, MEBI, segments, 1);
    put16(file + 18, 183);
    refuses("machine 183");
}

Test(elf, an_arm_file_may_be_linked_where_its_mmu_will_map_it)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 16, 16 }, { 1, 1024, 2 * MEBI, 16, 32 } };
    const uint64_t linked = UINT64_C(0xffff800000000000);
    struct elf elf;
    struct error error = { 0 };
    struct image image = { .data = file, .size = sizeof file };
    make_elf(file, 1, linked + 8, segments, 2);
    put64(file + 64 + 56 + 16, linked);
    cr_assert_lt(elf_parse(&image, ELF_AARCH64, &elf, &error), 0);
    cr_assert_not_null(strstr(error.text, "machine 62 of 64 bits, not for AArch64"), "%s", error.text);
    put16(file + 18, 183);
    cr_assert_eq(elf_parse(&image, ELF_AARCH64, &elf, &error), 0, "%s", error.text);
    cr_assert_eq(elf_physical_entry(&elf), 2 * MEBI + 8);
    elf.entry = MEBI + 4;
    cr_assert_eq(elf_physical_entry(&elf), MEBI + 4);
    elf.entry = 12;
    cr_assert_eq(elf_physical_entry(&elf), 12, "in no segment: taken as it is");
    make_elf(file, 0, MEBI, segments, 2);
    put16(file + 18, 183);
    cr_assert_lt(elf_parse(&image, ELF_AARCH64, &elf, &error), 0);
}

Test(elf, too_many_program_headers_are_refused)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 16, 16 } };
    make_elf(file, 0, MEBI, segments, 1);
    put16(file + 44, 65);
    refuses("65 program headers");
    put16(file + 44, 65535);
    refuses("program headers");
    put16(file + 44, 0);
    refuses("program headers");
}

Test(elf, a_file_with_nothing_to_load_is_refused)
{
    const struct test_segment segments[] = { { 4, 1024, MEBI, 16, 16 } };
    make_elf(file, 0, MEBI, segments, 1);
    refuses("nothing to load");
}

Test(elf, a_note_is_found_behind_others_and_damaged_ones_end_the_search)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 16, 16 }, { 4, 2048, 0, 44, 44 } };
    struct elf elf;
    struct error error = { 0 };
    struct image image = { .data = file, .size = sizeof file };
    uint32_t size = 0;
    make_elf(file, 1, MEBI, segments, 2);
    put32(file + 2048, 4); // another note of 3 bytes, padded to 4
    put32(file + 2052, 3);
    put32(file + 2056, 6);
    memcpy(file + 2060, "Xen", 4);
    make_pvh_note(file + 2068, 0x123456);
    cr_assert_eq(elf_parse(&image, ELF_X86, &elf, &error), 0);
    const uint8_t *note = elf_note(&image, &elf, "Xen", 18, &size);
    cr_assert_not_null(note);
    cr_assert_eq(size, 4);
    cr_assert_eq(get32(note), 0x123456);
    cr_assert_null(elf_note(&image, &elf, "Xen", 19, &size));
    put32(file + 2052, UINT32_MAX);
    cr_assert_null(elf_note(&image, &elf, "Xen", 18, &size));
}

Test(elf, a_file_cut_off_anywhere_never_reads_beyond_its_end)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 3072, 3072 }, { 4, 1024, 0, 20, 20 } };
    for (size_t size = 1; size < ELF_SIZE; size += size < 300 ? 1 : 97) {
        struct elf elf;
        struct error error = { 0 };
        make_elf(file, 1, MEBI, segments, 2);
        uint8_t *exact = malloc(size); // the sanitizer sees the end of it
        memcpy(exact, file, size);
        struct image image = { .data = exact, .size = size };
        cr_assert_lt(elf_parse(&image, ELF_X86, &elf, &error), 0);
        free(exact);
    }
}

Test(elf, random_headers_crash_nothing)
{
    uint64_t state = 88172645463325252u;
    for (unsigned round = 0; round < 20000; round++) {
        const struct test_segment segments[] = { { 1, 1024, MEBI, 64, 64 }, { 4, 1024, 0, 64, 64 } };
        struct elf elf;
        struct error error = { 0 };
        struct image image = { .data = file, .size = sizeof file };
        uint32_t size;
        make_elf(file, round & 1, MEBI, segments, 2);
        for (unsigned i = 0; i < 4; i++)
            file[test_random(&state) % 200] = (uint8_t)test_random(&state);
        for (unsigned i = 1024; i < 1088; i++)
            file[i] = (uint8_t)(test_random(&state) % 5);
        if (elf_parse(&image, ELF_X86, &elf, &error) == 0) {
            elf_load(&image, &elf, &memory.bus, &error);
            elf_note(&image, &elf, "Xen", 18, &size);
        } else {
            cr_assert_neq(error.text[0], 0);
        }
    }
}

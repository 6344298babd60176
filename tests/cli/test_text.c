// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Words of the command line: numbers, sizes, dates, and the nearest of a list.
#include "cli/text.h"

#include <criterion/criterion.h>

Test(text, numbers_are_whole_and_fit_64_bits)
{
    uint64_t value;
    cr_assert(text_number("0x3f8", &value));
    cr_assert_eq(value, 0x3f8);
    cr_assert(text_number("18446744073709551615", &value));
    cr_assert_eq(value, UINT64_MAX);
    cr_assert(text_number("010", &value));
    cr_assert_eq(value, 10);
    const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x", "18446744073709551616", "one" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(text_number(bad[i], &value), "'%s'", bad[i]);
}

Test(text, counts_have_decimal_suffixes)
{
    static const char *const wrong[] = { "", "M", "12MM", "12 M", "12T", "-1K", "1.5M", "99999999999G", "0x10M" };
    const char *end;
    uint64_t count;
    cr_assert(text_count("120M", NULL, &count) && count == 120000000);
    cr_assert(text_count("3k", NULL, &count) && count == 3000);
    cr_assert(text_count("18G", NULL, &count) && count == UINT64_C(18000000000));
    cr_assert(text_count("0x10", NULL, &count) && count == 16);
    cr_assert(text_count("7K:file", &end, &count) && count == 7000);
    cr_assert_str_eq(end, ":file");
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_not(text_count(wrong[i], NULL, &count), "%s", wrong[i]);
}

Test(text, sizes_have_suffixes_and_a_unit)
{
    uint64_t bytes;
    cr_assert(text_size("512", 20, &bytes));
    cr_assert_eq(bytes, UINT64_C(512) << 20);
    cr_assert(text_size("4G", 20, &bytes));
    cr_assert_eq(bytes, UINT64_C(4) << 30);
    cr_assert(text_size("64MiB", 20, &bytes));
    cr_assert_eq(bytes, UINT64_C(64) << 20);
    cr_assert(text_size("4096B", 20, &bytes));
    cr_assert_eq(bytes, 4096);
    const char *const bad[] = { "", "G", "-1G", "1X", "1GG", "1G1", "99999999999999999999", "17592186044416M", "1.5G" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(text_size(bad[i], 20, &bytes), "'%s'", bad[i]);
}

Test(text, dates_are_unix_time_and_checked)
{
    int64_t seconds;
    cr_assert(text_date("1970-01-01", &seconds));
    cr_assert_eq(seconds, 0);
    cr_assert(text_date("2000-02-29T12:34:56", &seconds));
    cr_assert_eq(seconds, 951827696);
    cr_assert(text_date("9999-12-31T23:59:59", &seconds));
    cr_assert_eq(seconds, INT64_C(253402300799));
    const char *const bad[] = { "",
                                "utc",
                                "1969-12-31",
                                "2001-02-29",
                                "2001-13-01",
                                "2001-04-31",
                                "2001-01-01T24:00:00",
                                "2001-01-01T10:00",
                                "2001-01-01 10:00:00",
                                "2001-01-01T10:00:00Z",
                                "1900-02-29" };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(text_date(bad[i], &seconds), "'%s'", bad[i]);
}

Test(text, the_distance_counts_insertions_deletions_replacements_and_swaps)
{
    cr_assert_eq(text_distance("kernel", "kernel"), 0);
    cr_assert_eq(text_distance("kernel", "kernal"), 1);
    cr_assert_eq(text_distance("kernel", "kenrel"), 1);
    cr_assert_eq(text_distance("", "abc"), 3);
    cr_assert_eq(text_distance("abc", ""), 3);
    cr_assert_eq(text_distance("serial", "cereal"), 2);
    cr_assert_eq(text_distance("a", "b"), 1);
}

Test(text, the_nearest_word_is_found_and_the_first_of_equals)
{
    static const char *const words[] = { "kernel", "append", "initrd", "append", 0 }, *const none[] = { 0 };
    cr_assert_eq(text_nearest("apend", words), words[1]);
    cr_assert_eq(text_nearest("inird", words), words[2]);
    cr_assert_null(text_nearest("x", none));
}

Test(text, a_word_that_is_like_none_has_no_nearest)
{
    static const char *const words[] = { "pc", "virt", "bios", "edu", 0 };
    cr_assert_null(text_nearest("q35", words));
    cr_assert_null(text_nearest("boot", words));
    cr_assert_null(text_nearest("", words));
    cr_assert_eq(text_nearest("edi", words), words[3], "one letter of three");
    cr_assert_null(text_nearest("ed", (const char *const[]){ "xy", NULL }));
}

Test(text, words_of_any_length_are_compared_without_harm)
{
    char word[5000];
    for (unsigned i = 0; i < sizeof word; i++)
        word[i] = 'a';
    word[sizeof word - 1] = 0;
    cr_assert_gt(text_distance(word, "kernel"), 0);
}

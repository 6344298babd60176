// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Unpacked numbers: operations that can be tested without a guest. The tests of the CPUs compare the rest with real
// processors.
#include <criterion/criterion.h>
#include <string.h>

#include "vcpu/number.h"

static struct number_context double_context(unsigned rounding)
{
    const uint8_t mode = (uint8_t)rounding;
    return (struct number_context){ .precision = 53, .min = -1022, .max = 1023, .rounding = mode, .masks = 0x3f };
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t multiply_add(struct number_context *context, double a, double b, double c)
{
    const struct number x = number_from_64(bits_of(a)), y = number_from_64(bits_of(b)), z = number_from_64(bits_of(c));
    return number_to_64(number_multiply_add(context, x, y, z));
}

Test(number, every_half_comes_back_as_it_was)
{
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        cr_assert_eq(number_to_16(number_from_16((uint16_t)bits, false)), bits);
        cr_assert_eq(number_to_16(number_from_16((uint16_t)bits, true)), bits);
    }
}

Test(number, the_alternative_half_has_numbers_for_nans)
{
    cr_expect_eq(number_from_16(0x7fff, false).kind, NUMBER_QNAN);
    cr_expect_eq(number_from_16(0x7fff, true).kind, NUMBER_FINITE);
    cr_expect_eq(number_from_16(0x7fff, true).exponent, 16);
}

Test(number, a_multiply_add_keeps_what_the_product_would_lose)
{
    struct number_context context = double_context(NUMBER_NEAREST);
    cr_expect_eq(multiply_add(&context, 0x1.0000000000001p0, 0x1.ffffffffffffep-1, -1.0), bits_of(-0x1p-104));
    cr_expect_eq(multiply_add(&context, 3, 5, -15), bits_of(0.0));
    cr_expect_eq(multiply_add(&context, 3, 5, 0), bits_of(15.0));
    cr_expect_eq(multiply_add(&context, 0, 5, -7), bits_of(-7.0));
    cr_expect_eq(multiply_add(&context, 0x1p1000, 0x1p1000, -0x1p1023), bits_of(__builtin_inf()));
    cr_expect_eq(context.flags, NUMBER_OE | NUMBER_PE);
}

Test(number, a_multiply_add_sees_an_addend_far_below)
{
    for (unsigned distance = 1; distance < 200; distance++) {
        struct number_context context = double_context(NUMBER_CHOP);
        struct number one = number_from_64(bits_of(1.0)), little = number_from_64(bits_of(-1.0));
        little.exponent = -(int32_t)distance;
        const uint64_t result = number_to_64(number_multiply_add(&context, one, one, little));
        const double gap = 1.0 / (double)(UINT64_C(1) << (distance <= 53 ? distance : 53));
        const uint64_t expected = bits_of(1.0 - gap);
        cr_expect_eq(result, expected, "at %u", distance);
        cr_expect_eq(context.flags != 0, distance > 53, "at %u", distance);
    }
}

Test(number, an_exact_zero_is_negative_when_rounding_down_alone)
{
    for (unsigned rounding = NUMBER_NEAREST; rounding <= NUMBER_ODD; rounding++) {
        struct number_context context = double_context(rounding);
        cr_expect_eq(multiply_add(&context, 3, 5, -15), bits_of(rounding == NUMBER_DOWN ? -0.0 : 0.0));
    }
}

Test(number, ties_go_where_the_mode_says)
{
    static const struct {
        double value;
        unsigned rounding;
        uint64_t magnitude;
    } rows[] = {
        { 2.5, NUMBER_NEAREST, 2 }, { 3.5, NUMBER_NEAREST, 4 }, { 2.5, NUMBER_AWAY, 3 },  { -2.5, NUMBER_AWAY, 3 },
        { 2.5, NUMBER_UP, 3 },      { -2.5, NUMBER_UP, 2 },     { -2.5, NUMBER_DOWN, 3 }, { 2.5, NUMBER_CHOP, 2 },
        { 2.25, NUMBER_ODD, 3 },    { 3.75, NUMBER_ODD, 3 },    { 2.0, NUMBER_ODD, 2 },   { 2.25, NUMBER_AWAY, 2 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct number_context context = double_context(rows[i].rounding);
        uint64_t magnitude;
        cr_assert(number_integer(&context, number_from_64(bits_of(rows[i].value)), &magnitude));
        cr_expect_eq(magnitude, rows[i].magnitude, "row %u", i);
    }
}

Test(number, tininess_is_found_before_or_after_rounding)
{
    struct number_context after = double_context(NUMBER_NEAREST), before = after;
    before.early = true;
    const double smallest = 0x1p-1022; // less 2^-1077: with 53 bits of any exponent it would be rounded up again
    cr_expect_eq(multiply_add(&after, 0x1p-500, -0x1p-577, smallest), bits_of(smallest));
    cr_expect_eq(multiply_add(&before, 0x1p-500, -0x1p-577, smallest), bits_of(smallest));
    cr_expect_eq(after.flags, NUMBER_PE);
    cr_expect_eq(before.flags, NUMBER_UE | NUMBER_PE);
}

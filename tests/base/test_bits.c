// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Bits and bytes: rounding to an alignment, values of every size at every address.
#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"

Test(bits, rounding_to_an_alignment_leaves_what_is_aligned)
{
    for (uint64_t align = 1; align <= 64; align *= 2)
        for (uint64_t value = 0; value < 200; value++) {
            cr_assert_eq(align_down(value, align), value / align * align);
            cr_assert_eq(align_up(value, align), (value + align - 1) / align * align);
        }
}

Test(bits, a_value_of_any_size_is_little_endian_and_touches_no_other_byte)
{
    const uint64_t value = UINT64_C(0x8877665544332211);
    for (unsigned size = 1; size <= 8; size++)
        for (unsigned at = 1; at < 8; at++) {
            uint8_t bytes[24];
            memset(bytes, 0xee, sizeof bytes);
            bytes_put(bytes + at, size, value);
            for (unsigned i = 0; i < sizeof bytes; i++)
                cr_assert_eq(bytes[i], i >= at && i < at + size ? 0x11 * (i - at + 1) : 0xee, "size %u", size);
            cr_assert_eq(bytes_get(bytes + at, size), size == 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1));
        }
}

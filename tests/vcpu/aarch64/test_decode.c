// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The masks of logical immediates and bitfields (Arm ARM section J1.2, DecodeBitMasks), against their definition.
#include <criterion/criterion.h>

#include "vcpu/aarch64/front/decode.h"

Test(a64_decode, logical_immediates_are_rotated_runs_of_ones)
{
    unsigned valid = 0;
    for (unsigned n = 0; n < 2; n++)
        for (unsigned imms = 0; imms < 64; imms++)
            for (unsigned immr = 0; immr < 64; immr++) {
                uint64_t mask, unused;
                if (!a64_decode_masks(n, imms, immr, 64, true, &mask, &unused))
                    continue;
                valid++;
                cr_assert_neq(mask, 0);
                cr_assert_neq(mask, UINT64_MAX);
                // Around the circle a run of ones begins once for each element.
                uint64_t begins = mask & ~(mask << 1 | mask >> 63);
                unsigned count = (unsigned)__builtin_popcountll(begins);
                cr_assert(is_power_of_two(count));
                unsigned size = 64 / count;
                if (size < 64)
                    cr_assert_eq(mask, mask >> size | mask << (64 - size));
            }
    cr_assert_eq(valid, 64 * 63 + 32 * 31 * 2 + 16 * 15 * 4 + 8 * 7 * 8 + 4 * 3 * 16 + 2 * 1 * 32);
}

Test(a64_decode, bitfields_have_the_masks_of_their_copies)
{
    for (unsigned sf = 0; sf < 2; sf++)
        for (unsigned s = 0; s < (sf ? 64 : 32); s++)
            for (unsigned r = 0; r < (sf ? 64 : 32); r++) {
                const unsigned bits = sf ? 64 : 32;
                uint64_t wmask, tmask, expected = bits_low(s + 1);
                cr_assert(a64_decode_masks(sf, s, r, bits, false, &wmask, &tmask));
                expected = r ? (expected >> r | expected << (bits - r)) & bits_low(bits) : expected;
                cr_expect_eq(wmask, expected, "%u %u", s, r);
                cr_expect_eq(tmask, bits_low(((s - r) & (bits - 1)) + 1), "%u %u", s, r);
            }
}

Test(a64_decode, what_is_reserved_is_refused)
{
    uint64_t wmask, tmask;
    cr_expect(!a64_decode_masks(0, 0x3f, 0, 64, true, &wmask, &tmask));  // no element at all
    cr_expect(!a64_decode_masks(0, 0x3e, 0, 64, false, &wmask, &tmask)); // an element of one bit
    cr_expect(!a64_decode_masks(1, 0, 0, 32, false, &wmask, &tmask));    // an element wider than the register
    cr_expect(!a64_decode_masks(1, 0x3f, 5, 64, true, &wmask, &tmask));  // all ones
    cr_expect(a64_decode_masks(1, 0x3f, 5, 64, false, &wmask, &tmask));
}

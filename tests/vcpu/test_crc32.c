// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The check values of both polynomials, in pieces of each size, and against the definition, bit by bit.
#include "vcpu/crc32.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"

static uint32_t of_text(const uint32_t table[16], unsigned piece)
{
    const char text[] = "12345678";
    uint32_t crc = UINT32_MAX;
    for (unsigned at = 0; at < 8; at += piece)
        crc = crc32_bytes(table, crc, bytes_get(text + at, piece), piece);
    return ~crc32_bytes(table, crc, '9', 1);
}

Test(crc32, the_check_values_are_those_of_the_polynomials)
{
    for (unsigned piece = 1; piece <= 8; piece *= 2) {
        cr_assert_eq(of_text(crc32_ieee, piece), 0xcbf43926);
        cr_assert_eq(of_text(crc32_castagnoli, piece), 0xe3069283);
    }
}

static uint32_t bit_by_bit(uint32_t polynomial, uint32_t crc, uint64_t data, unsigned bytes)
{
    for (unsigned i = 0; i < 8 * bytes; i++, data >>= 1)
        crc = crc >> 1 ^ ((crc ^ data) & 1 ? polynomial : 0);
    return crc;
}

Test(crc32, every_byte_is_what_eight_steps_make_of_it)
{
    uint64_t data = 1;
    for (unsigned i = 0; i < 10000; i++) {
        data = data * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint32_t crc = (uint32_t)(data >> 32) ^ i;
        for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
            cr_assert_eq(crc32_bytes(crc32_ieee, crc, data, bytes), bit_by_bit(0xedb88320, crc, data, bytes));
            cr_assert_eq(crc32_bytes(crc32_castagnoli, crc, data, bytes), bit_by_bit(0x82f63b78, crc, data, bytes));
        }
    }
}

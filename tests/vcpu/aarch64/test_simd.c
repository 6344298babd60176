// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Vector instructions: known answers, and random ones compared with qemu-aarch64.
#include <criterion/criterion.h>

#include "oracle.h"

Test(simd, random_vector_instructions_agree_with_the_oracle, .timeout = 300)
{
    static const struct oracle_class classes[] = {
        { "three same", 0x0e200400, 0x9f200400 },
        { "scalar three same", 0x5e200400, 0xdf200400 },
        { "three different", 0x0e200000, 0x9f200c00 },
        { "scalar three different", 0x5e200000, 0xdf200c00 },
        { "two-register miscellaneous", 0x0e200800, 0x9f3e0c00 },
        { "scalar two-register miscellaneous", 0x5e200800, 0xdf3e0c00 },
        { "across lanes", 0x0e300800, 0x9f3e0c00 },
        { "scalar pairwise", 0x5e300800, 0xdf3e0c00 },
        { "copy", 0x0e000400, 0x9fe08400 },
        { "scalar copy", 0x5e000400, 0xdfe08400 },
        { "permute", 0x0e000800, 0xbf208c00 },
        { "extract", 0x2e000000, 0xbfe08400 },
        { "table lookup", 0x0e000000, 0xbfe08c00 },
        { "modified immediate", 0x0f000400, 0x9ff80400 },
        { "shift by immediate", 0x0f000400, 0x9f800400 },
        { "scalar shift by immediate", 0x5f000400, 0xdf800400 },
        { "by element", 0x0f000000, 0x9f000400 },
        { "scalar by element", 0x5f000000, 0xdf000400 },
        { "anything with vectors", 0x0e000000, 0x8e000000 },
    };
    oracle_compare(classes, countof(classes), 20000);
}

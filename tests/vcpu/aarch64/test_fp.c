// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating-point scalars: known answers, and random ones compared with qemu-aarch64.
#include <criterion/criterion.h>

#include "oracle.h"

Test(fp, random_scalar_instructions_agree_with_the_oracle, .timeout = 300)
{
    static const struct oracle_class classes[] = {
        { "integers", 0x1e200000, 0x7f20fc00 },
        { "fixed point", 0x1e000000, 0x7f200000 },
        { "one source", 0x1e204000, 0xff207c00 },
        { "compare", 0x1e202000, 0xff20fc07 },
        { "immediate", 0x1e201000, 0xff201fe0 },
        { "conditional compare", 0x1e200400, 0xff200c00 },
        { "two sources", 0x1e200800, 0xff200c00 },
        { "conditional select", 0x1e200c00, 0xff200c00 },
        { "three sources", 0x1f000000, 0xff000000 },
        { "anything with scalars", 0x1e000000, 0x5e000000 },
    };
    oracle_compare(classes, countof(classes), 20000);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One result of all lanes: "across lanes" and "scalar pairwise" (Arm ARM section C4.1.96).
#include "vcpu/aarch64/float/simd_ops.h"

// x is what the lanes before gave, y the next lane; the result is of the type R.
#define ACROSS(name, T, F, R, expression)                                                                              \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const union a64_vector n = cpu->v[SIMD_RN(word)];                                                              \
        R x = (T)n.F[0];                                                                                               \
        for (unsigned i = 1; i < simd_width(word, 8) / sizeof(T); i++) {                                               \
            const T y = (T)n.F[i];                                                                                     \
            x = (R)(expression);                                                                                       \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = (union a64_vector){ .d = { (uint64_t)x & bits_low(8 * sizeof(R)), 0 } };               \
    }
#define ACROSS_BHS(name, S, expression)                                                                                \
    ACROSS(name##_b, S##8_t, b, S##8_t, expression)                                                                    \
    ACROSS(name##_h, S##16_t, h, S##16_t, expression)                                                                  \
    ACROSS(name##_s, S##32_t, s, S##32_t, expression)
#define ACROSS_LONG(name, S)                                                                                           \
    ACROSS(name##_b, S##8_t, b, S##16_t, x + y)                                                                        \
    ACROSS(name##_h, S##16_t, h, S##32_t, x + y)                                                                       \
    ACROSS(name##_s, S##32_t, s, S##64_t, x + y)

ACROSS_LONG(saddlv, int)
ACROSS_LONG(uaddlv, uint)
ACROSS_BHS(addv, uint, x + y)
ACROSS_BHS(smaxv, int, x > y ? x : y)
ACROSS_BHS(umaxv, uint, x > y ? x : y)
ACROSS_BHS(sminv, int, x < y ? x : y)
ACROSS_BHS(uminv, uint, x < y ? x : y)

static void addp_scalar(struct a64_cpu *cpu, uint32_t word)
{
    const union a64_vector n = cpu->v[SIMD_RN(word)];
    cpu->v[SIMD_RD(word)] = (union a64_vector){ .d = { n.d[0] + n.d[1], 0 } };
}

#define BHS(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHS(name), .whole = 4                                                                              \
    }

// By U:opcode.
static const struct a64_simd_row across[64] = {
    [0x03] = BHS(saddlv), [0x0a] = BHS(smaxv), [0x1a] = BHS(sminv), [0x1b] = BHS(addv),
    [0x23] = BHS(uaddlv), [0x2a] = BHS(umaxv), [0x3a] = BHS(uminv),
};

a64_simd_function *a64_simd_across(uint32_t word)
{
    const struct a64_simd_row *row = &across[a64_bit(word, 29) << 5 | a64_field(word, 16, 12)];
    return row->run[0] ? simd_pick(row, a64_field(word, 23, 22), word) : a64_simd_float_across(word);
}

a64_simd_function *a64_simd_pairwise(uint32_t word)
{
    if (a64_bit(word, 29))
        return a64_simd_float_pairwise(word);
    return a64_field(word, 16, 12) == 0x1b && a64_field(word, 23, 22) == 3 ? addp_scalar : NULL;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Data processing on floating-point and vector registers (Arm ARM section C4.1.96): which class an instruction belongs
// to. Each class has its table in the file of its instructions.
//
//   simd_move.c    copies, permutations, immediates     simd_float.c   vectors of floating-point numbers
//   simd_int.c     integers of one size                 fp_scalar.c    floating-point scalars, and general registers
//   simd_long.c    integers of two sizes                fp.c           arithmetic and comparison
//   simd_shift.c   shifts by an immediate               fp_convert.c   conversion, rounding to integers, estimates
//   simd_across.c  one result of all lanes
//
// Not modelled: what came after Armv8.0 (half-precision arithmetic, RDM, dot product, complex numbers, ...) and the
// cryptographic extension; all of it is unallocated.
#include "vcpu/aarch64/float/simd.h"

#include "vcpu/aarch64/float/simd_ops.h"

// Bits 28:24 are x1110: scalar or vector, two or three registers.
static a64_simd_function *find_registers(uint32_t word)
{
    bool scalar = simd_is_scalar(word), bit_21 = a64_bit(word, 21);
    if (bit_21 && a64_bit(word, 10))
        return a64_simd_three_same(word);
    if (bit_21 && !a64_bit(word, 11))
        return a64_simd_three_different(word);
    if (bit_21 && a64_field(word, 20, 17) == 0)
        return a64_simd_two_misc(word);
    if (bit_21 && a64_field(word, 20, 17) == 8)
        return scalar ? a64_simd_pairwise(word) : a64_simd_across(word);
    if (bit_21 || a64_bit(word, 15))
        return NULL;
    if (a64_bit(word, 10))
        return a64_field(word, 23, 22) == 0 ? a64_simd_copy(word) : NULL;
    return scalar ? NULL : a64_simd_permute(word);
}

// Bits 28:24 are x1111: by element, shifts by an immediate, immediates.
static a64_simd_function *find_immediates(uint32_t word)
{
    if (!a64_bit(word, 10))
        return a64_simd_by_element(word);
    if (a64_bit(word, 23))
        return NULL;
    if (a64_field(word, 22, 19))
        return a64_simd_shift(word);
    return simd_is_scalar(word) ? NULL : a64_simd_immediate(word);
}

a64_simd_function *a64_simd_find(uint32_t word)
{
    bool scalar = simd_is_scalar(word);
    if (scalar && !a64_bit(word, 30))
        return a64_fp_find(word);
    if (a64_bit(word, 31) || (word >> 25 & 7) != 7) // 0xx0 111x, 01x1 111x
        return NULL;
    return a64_bit(word, 24) ? find_immediates(word) : find_registers(word);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Data processing on floating-point and vector registers: one op that calls the function of the SIMD table (simd.h).
#include <string.h>

#include "vcpu/aarch64/float/simd.h"
#include "vcpu/aarch64/front/emit.h"

bool a64_simd_allowed(struct translator *t)
{
    if (t->mode & A64_MODE_FP)
        return true;
    a64_emit_exception(t, a64_syndrome(A64_EC_FP, BIT32(24) | 14u << 20)); // CV, COND always
    return false;
}

void a64_translate_simd(struct translator *t)
{
    a64_simd_function *function = a64_simd_find(t->word);
    if (!function) {
        a64_emit_undefined(t);
        return;
    }
    if (!a64_simd_allowed(t))
        return;
    struct op *op = a64_emit(t, A64_OP_SIMD);
    op->delta = (int32_t)t->word;
    memcpy(&op->imm, &function, sizeof function);
}

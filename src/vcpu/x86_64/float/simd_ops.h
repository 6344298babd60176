// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions behind the rows of simd_table.c, by kind: moves (simd_move.c), packed integers (simd_int.c), SSE4
// (simd_sse4.c), floating point (simd_float.c). An `mmx_` function works on 8 bytes, an `sse_` function on 16 or on the
// scalar that its name says.
//
// Operands may be unaligned and may be the same register, so every function copies in, works, and copies out.
#ifndef VCPU_X86_64_SIMD_OPS_H
#define VCPU_X86_64_SIMD_OPS_H

#include <string.h>

#include "vcpu/x86_64/cpu.h"

#define SIMD_RUN(name) bool name(struct x86_cpu *cpu, void *d, const void *s, unsigned imm)
#define SIMD_BOTH(name)                                                                                                \
    SIMD_RUN(mmx_##name);                                                                                              \
    SIMD_RUN(sse_##name)

// --- lanes: x is the destination's element, y the source's, and the expression is the new element --------------------

static inline int32_t simd_saturate(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

// clang-format off
#define SIMD_LANES(X) \
    X(paddb, uint8_t, x + y) \
    X(paddw, uint16_t, x + y) \
    X(paddd, uint32_t, x + y) \
    X(paddq, uint64_t, x + y) \
    X(psubb, uint8_t, x - y) \
    X(psubw, uint16_t, x - y) \
    X(psubd, uint32_t, x - y) \
    X(psubq, uint64_t, x - y) \
    X(paddsb, int8_t, simd_saturate(x + y, INT8_MIN, INT8_MAX)) \
    X(paddsw, int16_t, simd_saturate(x + y, INT16_MIN, INT16_MAX)) \
    X(paddusb, uint8_t, simd_saturate(x + y, 0, UINT8_MAX)) \
    X(paddusw, uint16_t, simd_saturate(x + y, 0, UINT16_MAX)) \
    X(psubsb, int8_t, simd_saturate(x - y, INT8_MIN, INT8_MAX)) \
    X(psubsw, int16_t, simd_saturate(x - y, INT16_MIN, INT16_MAX)) \
    X(psubusb, uint8_t, simd_saturate(x - y, 0, UINT8_MAX)) \
    X(psubusw, uint16_t, simd_saturate(x - y, 0, UINT16_MAX)) \
    X(pcmpeqb, uint8_t, x == y ? UINT8_MAX : 0) \
    X(pcmpeqw, uint16_t, x == y ? UINT16_MAX : 0) \
    X(pcmpeqd, uint32_t, x == y ? UINT32_MAX : 0) \
    X(pcmpgtb, int8_t, x > y ? -1 : 0) \
    X(pcmpgtw, int16_t, x > y ? -1 : 0) \
    X(pcmpgtd, int32_t, x > y ? -1 : 0) \
    X(pminub, uint8_t, x < y ? x : y) \
    X(pmaxub, uint8_t, x > y ? x : y) \
    X(pminsw, int16_t, x < y ? x : y) \
    X(pmaxsw, int16_t, x > y ? x : y) \
    X(pand, uint64_t, x & y) \
    X(pandn, uint64_t, ~x & y) \
    X(por, uint64_t, x | y) \
    X(pxor, uint64_t, x ^ y) \
    X(pavgb, uint8_t, (x + y + 1) >> 1) \
    X(pavgw, uint16_t, (x + y + 1) >> 1) \
    X(pmullw, int16_t, x * y) \
    X(pmulhw, int16_t, (x * y) >> 16) \
    X(pmulhuw, uint16_t, ((uint32_t)x * y) >> 16) \
    X(pmuludq, uint64_t, (x & UINT32_MAX) * (y & UINT32_MAX)) \
    /* SSSE3 */ \
    X(psignb, int8_t, y < 0 ? -x : y > 0 ? x : 0) \
    X(psignw, int16_t, y < 0 ? -x : y > 0 ? x : 0) \
    X(psignd, int32_t, y < 0 ? (int64_t)0 - x : y > 0 ? x : 0) \
    X(pabsb, int8_t, (void)x, y < 0 ? -y : y) \
    X(pabsw, int16_t, (void)x, y < 0 ? -y : y) \
    X(pabsd, int32_t, (void)x, y < 0 ? (int64_t)0 - y : y) \
    X(pmulhrsw, int16_t, ((x * y >> 14) + 1) >> 1)
// clang-format on

#define SIMD_DECLARE(name, ...) SIMD_BOTH(name);
SIMD_LANES(SIMD_DECLARE)
#undef SIMD_DECLARE

// --- simd_int.c: the rest of the packed integers ---------------------------------------------------------------------

// Shifts by a register or memory count (64 bits) and, with an `i`, by imm8.
SIMD_BOTH(psrlw);
SIMD_BOTH(psrld);
SIMD_BOTH(psrlq);
SIMD_BOTH(psraw);
SIMD_BOTH(psrad);
SIMD_BOTH(psllw);
SIMD_BOTH(pslld);
SIMD_BOTH(psllq);
SIMD_BOTH(psrlwi);
SIMD_BOTH(psrldi);
SIMD_BOTH(psrlqi);
SIMD_BOTH(psrawi);
SIMD_BOTH(psradi);
SIMD_BOTH(psllwi);
SIMD_BOTH(pslldi);
SIMD_BOTH(psllqi);
SIMD_RUN(sse_psrldq);
SIMD_RUN(sse_pslldq);

SIMD_BOTH(packsswb);
SIMD_BOTH(packssdw);
SIMD_BOTH(packuswb);
SIMD_BOTH(pmaddwd);
SIMD_BOTH(psadbw);
SIMD_BOTH(pshufb);
SIMD_BOTH(phaddw);
SIMD_BOTH(phaddd);
SIMD_BOTH(phaddsw);
SIMD_BOTH(phsubw);
SIMD_BOTH(phsubd);
SIMD_BOTH(phsubsw);
SIMD_BOTH(pmaddubsw);
SIMD_BOTH(palignr);

// --- simd_sse4.c -----------------------------------------------------------------------------------------------------

// clang-format off
#define SIMD_LANES_SSE4(X) \
    X(pmuldq, int64_t, (int64_t)(int32_t)x * (int32_t)y) \
    X(pmulld, uint32_t, x * y) \
    X(pcmpeqq, uint64_t, x == y ? UINT64_MAX : 0) \
    X(pcmpgtq, int64_t, x > y ? -1 : 0) \
    X(pminsb, int8_t, x < y ? x : y) \
    X(pmaxsb, int8_t, x > y ? x : y) \
    X(pminuw, uint16_t, x < y ? x : y) \
    X(pmaxuw, uint16_t, x > y ? x : y) \
    X(pminsd, int32_t, x < y ? x : y) \
    X(pmaxsd, int32_t, x > y ? x : y) \
    X(pminud, uint32_t, x < y ? x : y) \
    X(pmaxud, uint32_t, x > y ? x : y)

#define SIMD_DECLARE(name, ...) SIMD_RUN(sse_##name);
SIMD_LANES_SSE4(SIMD_DECLARE)
#undef SIMD_DECLARE
// clang-format on

SIMD_RUN(sse_blendps);
SIMD_RUN(sse_blendpd);
SIMD_RUN(sse_pblendw);
SIMD_RUN(sse_pblendvb);
SIMD_RUN(sse_blendvps);
SIMD_RUN(sse_blendvpd);
SIMD_RUN(sse_ptest);
SIMD_RUN(sse_pmovsxbw);
SIMD_RUN(sse_pmovsxbd);
SIMD_RUN(sse_pmovsxbq);
SIMD_RUN(sse_pmovsxwd);
SIMD_RUN(sse_pmovsxwq);
SIMD_RUN(sse_pmovsxdq);
SIMD_RUN(sse_pmovzxbw);
SIMD_RUN(sse_pmovzxbd);
SIMD_RUN(sse_pmovzxbq);
SIMD_RUN(sse_pmovzxwd);
SIMD_RUN(sse_pmovzxwq);
SIMD_RUN(sse_pmovzxdq);
SIMD_RUN(sse_packusdw);
SIMD_RUN(sse_phminposuw);
SIMD_RUN(sse_mpsadbw);
SIMD_RUN(sse_pinsrb);
SIMD_RUN(sse_pinsrd);
SIMD_RUN(sse_pinsrq);
SIMD_RUN(sse_pextrb);
SIMD_RUN(sse_pextrd);
SIMD_RUN(sse_pextrq);
SIMD_RUN(sse_insertps);
SIMD_RUN(sse_insertps_memory);
SIMD_RUN(sse_pcmpistri);
SIMD_RUN(sse_pcmpistrm);
SIMD_RUN(sse_pcmpestri);
SIMD_RUN(sse_pcmpestrm);
SIMD_RUN(sse_pcmpestri64);
SIMD_RUN(sse_pcmpestrm64);

// --- simd_move.c -----------------------------------------------------------------------------------------------------

SIMD_RUN(simd_nothing);
SIMD_RUN(simd_move4); // 4, 8 or 16 bytes, the rest of the destination unchanged
SIMD_RUN(simd_move8);
SIMD_RUN(simd_move16);
SIMD_RUN(simd_move4_zero8); // zero-extended to 8 (a general or mm register) or 16 bytes
SIMD_RUN(simd_move4_zero);
SIMD_RUN(simd_move8_zero);
SIMD_RUN(simd_high_to_low); // 8 bytes between halves of xmm registers
SIMD_RUN(simd_low_to_high);
SIMD_RUN(simd_movsldup);
SIMD_RUN(simd_movshdup);
SIMD_RUN(simd_movddup);
SIMD_RUN(simd_emms);

SIMD_BOTH(punpcklbw);
SIMD_BOTH(punpcklwd);
SIMD_BOTH(punpckldq);
SIMD_RUN(sse_punpcklqdq);
SIMD_BOTH(punpckhbw);
SIMD_BOTH(punpckhwd);
SIMD_BOTH(punpckhdq);
SIMD_RUN(sse_punpckhqdq);
SIMD_RUN(mmx_pshufw);
SIMD_RUN(sse_pshufd);
SIMD_RUN(sse_pshufhw);
SIMD_RUN(sse_pshuflw);
SIMD_RUN(sse_shufps);
SIMD_RUN(sse_shufpd);
SIMD_BOTH(pinsrw);
SIMD_BOTH(pextrw);
SIMD_BOTH(pmovmskb);
SIMD_RUN(sse_movmskps);
SIMD_RUN(sse_movmskpd);

// --- simd_float.c ----------------------------------------------------------------------------------------------------

#define SIMD_FLOAT4(name)                                                                                              \
    SIMD_RUN(sse_##name##ps);                                                                                          \
    SIMD_RUN(sse_##name##pd);                                                                                          \
    SIMD_RUN(sse_##name##ss);                                                                                          \
    SIMD_RUN(sse_##name##sd)

SIMD_FLOAT4(add);
SIMD_FLOAT4(sub);
SIMD_FLOAT4(mul);
SIMD_FLOAT4(div);
SIMD_FLOAT4(min);
SIMD_FLOAT4(max);
SIMD_FLOAT4(sqrt);
SIMD_FLOAT4(cmp);
SIMD_RUN(sse_rcpps);
SIMD_RUN(sse_rcpss);
SIMD_RUN(sse_rsqrtps);
SIMD_RUN(sse_rsqrtss);
SIMD_RUN(sse_addsubps);
SIMD_RUN(sse_addsubpd);
SIMD_RUN(sse_haddps);
SIMD_RUN(sse_haddpd);
SIMD_RUN(sse_hsubps);
SIMD_RUN(sse_hsubpd);
SIMD_FLOAT4(round); // SSE4.1, as are the dot products
SIMD_RUN(sse_dpps);
SIMD_RUN(sse_dppd);
SIMD_RUN(sse_comiss);
SIMD_RUN(sse_comisd);
SIMD_RUN(sse_ucomiss);
SIMD_RUN(sse_ucomisd);

// Conversions. Lanes of the source and of the destination as the instruction has them.
SIMD_RUN(sse_cvtpi2ps);
SIMD_RUN(sse_cvtpi2pd);
SIMD_RUN(sse_cvtsi2ss);
SIMD_RUN(sse_cvtsi2sd);
SIMD_RUN(sse_cvtsi2ss64);
SIMD_RUN(sse_cvtsi2sd64);
SIMD_RUN(sse_cvtps2pi);
SIMD_RUN(sse_cvtpd2pi);
SIMD_RUN(sse_cvttps2pi);
SIMD_RUN(sse_cvttpd2pi);
SIMD_RUN(sse_cvtss2si);
SIMD_RUN(sse_cvtsd2si);
SIMD_RUN(sse_cvttss2si);
SIMD_RUN(sse_cvttsd2si);
SIMD_RUN(sse_cvtss2si64);
SIMD_RUN(sse_cvtsd2si64);
SIMD_RUN(sse_cvttss2si64);
SIMD_RUN(sse_cvttsd2si64);
SIMD_RUN(sse_cvtps2pd);
SIMD_RUN(sse_cvtpd2ps);
SIMD_RUN(sse_cvtss2sd);
SIMD_RUN(sse_cvtsd2ss);
SIMD_RUN(sse_cvtdq2ps);
SIMD_RUN(sse_cvtps2dq);
SIMD_RUN(sse_cvttps2dq);
SIMD_RUN(sse_cvtdq2pd);
SIMD_RUN(sse_cvtpd2dq);
SIMD_RUN(sse_cvttpd2dq);

#endif

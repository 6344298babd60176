// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of MMX, SSE, SSE2, SSE3, SSSE3 and SSE4 instructions, in order of map, opcode and prefix (SDM vol. 2,
// appendix A).
#include "base/bits.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/float/simd_ops.h"

enum {
    SSE = X86_CHECK_SSE,
    MMX = X86_CHECK_MMX,
    IMM = X86_SIMD_IMM,
    ALIGNED = X86_SIMD_ALIGNED,
    REG = X86_SIMD_REGISTER,
    MEM = X86_SIMD_MEMORY,
    W0 = X86_SIMD_W0,
    W1 = X86_SIMD_W1,
    GROUP = X86_SIMD_GROUP,
};

// name, map, opcode, prefix, destination, source, memory bytes, flags, check, function
#define ROW(text, m, op, pre, to, from, size, bits, needs, function)                                                   \
    {                                                                                                                  \
        .name = text, .run = function, .map = m, .opcode = op, .prefix = pre, .d = X86_SIMD_##to,                      \
        .s = X86_SIMD_##from, .bytes = size, .flags = bits, .check = needs                                             \
    }
#define DIGIT(text, op, pre, n, to, function, needs)                                                                   \
    {                                                                                                                  \
        .name = text, .run = function, .map = 1, .opcode = op, .prefix = pre, .digit = n, .d = X86_SIMD_##to,          \
        .s = X86_SIMD_NONE, .flags = IMM | GROUP | REG, .check = needs                                                 \
    }

// One operation on xmm registers: packed, 16 bytes; on mm registers, 8 bytes; and on both.
#define XMM16(op, pre, name) ROW(#name, 1, op, pre, XMM, XMM_RM, 16, ALIGNED, SSE, sse_##name)
#define BOTH_OF(m, op, name)                                                                                           \
    ROW(#name, m, op, 0, MMX, MMX_RM, 8, 0, MMX, mmx_##name),                                                          \
        ROW(#name, m, op, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, sse_##name)
#define BOTH(op, name) BOTH_OF(1, op, name)

#define SSE4(m, op, name, bits) ROW(#name, m, op, 0x66, XMM, XMM_RM, 16, ALIGNED | (bits), SSE, sse_##name)
#define EXTEND(op, name, size)  ROW(#name, 2, op, 0x66, XMM, XMM_RM, size, 0, SSE, sse_##name)

// Floating point: ps, pd, ss, sd.
#define FLOAT2(op, name)                                                                                               \
    ROW(#name "ps", 1, op, 0, XMM, XMM_RM, 16, ALIGNED, SSE, sse_##name##ps),                                          \
        ROW(#name "pd", 1, op, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, sse_##name##pd)
#define FLOAT4(op, name)                                                                                               \
    FLOAT2(op, name), ROW(#name "sd", 1, op, 0xf2, XMM, XMM_RM, 8, 0, SSE, sse_##name##sd),                            \
        ROW(#name "ss", 1, op, 0xf3, XMM, XMM_RM, 4, 0, SSE, sse_##name##ss)
#define BITWISE(op, name, function)                                                                                    \
    ROW(name "ps", 1, op, 0, XMM, XMM_RM, 16, ALIGNED, SSE, function),                                                 \
        ROW(name "pd", 1, op, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, function)

static const struct x86_simd table[] = {
    ROW("movups", 1, 0x10, 0, XMM, XMM_RM, 16, 0, SSE, simd_move16),
    ROW("movupd", 1, 0x10, 0x66, XMM, XMM_RM, 16, 0, SSE, simd_move16),
    ROW("movsd", 1, 0x10, 0xf2, XMM, XMM_RM, 8, REG, SSE, simd_move8),
    ROW("movsd", 1, 0x10, 0xf2, XMM, XMM_RM, 8, MEM, SSE, simd_move8_zero),
    ROW("movss", 1, 0x10, 0xf3, XMM, XMM_RM, 4, REG, SSE, simd_move4),
    ROW("movss", 1, 0x10, 0xf3, XMM, XMM_RM, 4, MEM, SSE, simd_move4_zero),
    ROW("movups", 1, 0x11, 0, XMM_RM, XMM, 16, 0, SSE, simd_move16),
    ROW("movupd", 1, 0x11, 0x66, XMM_RM, XMM, 16, 0, SSE, simd_move16),
    ROW("movsd", 1, 0x11, 0xf2, XMM_RM, XMM, 8, 0, SSE, simd_move8),
    ROW("movss", 1, 0x11, 0xf3, XMM_RM, XMM, 4, 0, SSE, simd_move4),
    ROW("movhlps", 1, 0x12, 0, XMM, XMM_RM, 8, REG, SSE, simd_high_to_low),
    ROW("movlps", 1, 0x12, 0, XMM, XMM_RM, 8, MEM, SSE, simd_move8),
    ROW("movlpd", 1, 0x12, 0x66, XMM, XMM_RM, 8, MEM, SSE, simd_move8),
    ROW("movddup", 1, 0x12, 0xf2, XMM, XMM_RM, 8, 0, SSE, simd_movddup),
    ROW("movsldup", 1, 0x12, 0xf3, XMM, XMM_RM, 16, ALIGNED, SSE, simd_movsldup),
    ROW("movlps", 1, 0x13, 0, XMM_RM, XMM, 8, MEM, SSE, simd_move8),
    ROW("movlpd", 1, 0x13, 0x66, XMM_RM, XMM, 8, MEM, SSE, simd_move8),
    ROW("unpcklps", 1, 0x14, 0, XMM, XMM_RM, 16, ALIGNED, SSE, sse_punpckldq),
    ROW("unpcklpd", 1, 0x14, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, sse_punpcklqdq),
    ROW("unpckhps", 1, 0x15, 0, XMM, XMM_RM, 16, ALIGNED, SSE, sse_punpckhdq),
    ROW("unpckhpd", 1, 0x15, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, sse_punpckhqdq),
    ROW("movlhps", 1, 0x16, 0, XMM, XMM_RM, 8, REG, SSE, simd_low_to_high),
    ROW("movhps", 1, 0x16, 0, XMM, XMM_RM, 8, MEM, SSE, simd_low_to_high),
    ROW("movhpd", 1, 0x16, 0x66, XMM, XMM_RM, 8, MEM, SSE, simd_low_to_high),
    ROW("movshdup", 1, 0x16, 0xf3, XMM, XMM_RM, 16, ALIGNED, SSE, simd_movshdup),
    ROW("movhps", 1, 0x17, 0, XMM_RM, XMM, 8, MEM, SSE, simd_high_to_low),
    ROW("movhpd", 1, 0x17, 0x66, XMM_RM, XMM, 8, MEM, SSE, simd_high_to_low),
    ROW("movaps", 1, 0x28, 0, XMM, XMM_RM, 16, ALIGNED, SSE, simd_move16),
    ROW("movapd", 1, 0x28, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, simd_move16),
    ROW("movaps", 1, 0x29, 0, XMM_RM, XMM, 16, ALIGNED, SSE, simd_move16),
    ROW("movapd", 1, 0x29, 0x66, XMM_RM, XMM, 16, ALIGNED, SSE, simd_move16),
    ROW("cvtpi2ps", 1, 0x2a, 0, XMM, MMX_RM, 8, REG, SSE | MMX, sse_cvtpi2ps),
    ROW("cvtpi2ps", 1, 0x2a, 0, XMM, MMX_RM, 8, MEM, SSE, sse_cvtpi2ps),
    ROW("cvtpi2pd", 1, 0x2a, 0x66, XMM, MMX_RM, 8, REG, SSE | MMX, sse_cvtpi2pd),
    ROW("cvtpi2pd", 1, 0x2a, 0x66, XMM, MMX_RM, 8, MEM, SSE, sse_cvtpi2pd),
    ROW("cvtsi2sd", 1, 0x2a, 0xf2, XMM, GPR_RM, 4, W0, SSE, sse_cvtsi2sd),
    ROW("cvtsi2sd", 1, 0x2a, 0xf2, XMM, GPR_RM, 8, W1, SSE, sse_cvtsi2sd64),
    ROW("cvtsi2ss", 1, 0x2a, 0xf3, XMM, GPR_RM, 4, W0, SSE, sse_cvtsi2ss),
    ROW("cvtsi2ss", 1, 0x2a, 0xf3, XMM, GPR_RM, 8, W1, SSE, sse_cvtsi2ss64),
    ROW("movntps", 1, 0x2b, 0, XMM_RM, XMM, 16, ALIGNED | MEM, SSE, simd_move16),
    ROW("movntpd", 1, 0x2b, 0x66, XMM_RM, XMM, 16, ALIGNED | MEM, SSE, simd_move16),
    ROW("cvttps2pi", 1, 0x2c, 0, MMX, XMM_RM, 8, 0, SSE | MMX, sse_cvttps2pi),
    ROW("cvttpd2pi", 1, 0x2c, 0x66, MMX, XMM_RM, 16, ALIGNED, SSE | MMX, sse_cvttpd2pi),
    ROW("cvttsd2si", 1, 0x2c, 0xf2, GPR, XMM_RM, 8, W0, SSE, sse_cvttsd2si),
    ROW("cvttsd2si", 1, 0x2c, 0xf2, GPR, XMM_RM, 8, W1, SSE, sse_cvttsd2si64),
    ROW("cvttss2si", 1, 0x2c, 0xf3, GPR, XMM_RM, 4, W0, SSE, sse_cvttss2si),
    ROW("cvttss2si", 1, 0x2c, 0xf3, GPR, XMM_RM, 4, W1, SSE, sse_cvttss2si64),
    ROW("cvtps2pi", 1, 0x2d, 0, MMX, XMM_RM, 8, 0, SSE | MMX, sse_cvtps2pi),
    ROW("cvtpd2pi", 1, 0x2d, 0x66, MMX, XMM_RM, 16, ALIGNED, SSE | MMX, sse_cvtpd2pi),
    ROW("cvtsd2si", 1, 0x2d, 0xf2, GPR, XMM_RM, 8, W0, SSE, sse_cvtsd2si),
    ROW("cvtsd2si", 1, 0x2d, 0xf2, GPR, XMM_RM, 8, W1, SSE, sse_cvtsd2si64),
    ROW("cvtss2si", 1, 0x2d, 0xf3, GPR, XMM_RM, 4, W0, SSE, sse_cvtss2si),
    ROW("cvtss2si", 1, 0x2d, 0xf3, GPR, XMM_RM, 4, W1, SSE, sse_cvtss2si64),
    ROW("ucomiss", 1, 0x2e, 0, XMM, XMM_RM, 4, 0, SSE, sse_ucomiss),
    ROW("ucomisd", 1, 0x2e, 0x66, XMM, XMM_RM, 8, 0, SSE, sse_ucomisd),
    ROW("comiss", 1, 0x2f, 0, XMM, XMM_RM, 4, 0, SSE, sse_comiss),
    ROW("comisd", 1, 0x2f, 0x66, XMM, XMM_RM, 8, 0, SSE, sse_comisd),
    ROW("movmskps", 1, 0x50, 0, GPR, XMM_RM, 0, REG, SSE, sse_movmskps),
    ROW("movmskpd", 1, 0x50, 0x66, GPR, XMM_RM, 0, REG, SSE, sse_movmskpd),
    FLOAT4(0x51, sqrt),
    XMM16(0x52, 0, rsqrtps),
    ROW("rsqrtss", 1, 0x52, 0xf3, XMM, XMM_RM, 4, 0, SSE, sse_rsqrtss),
    XMM16(0x53, 0, rcpps),
    ROW("rcpss", 1, 0x53, 0xf3, XMM, XMM_RM, 4, 0, SSE, sse_rcpss),
    BITWISE(0x54, "and", sse_pand),
    BITWISE(0x55, "andn", sse_pandn),
    BITWISE(0x56, "or", sse_por),
    BITWISE(0x57, "xor", sse_pxor),
    FLOAT4(0x58, add),
    FLOAT4(0x59, mul),
    ROW("cvtps2pd", 1, 0x5a, 0, XMM, XMM_RM, 8, 0, SSE, sse_cvtps2pd),
    ROW("cvtpd2ps", 1, 0x5a, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, sse_cvtpd2ps),
    ROW("cvtsd2ss", 1, 0x5a, 0xf2, XMM, XMM_RM, 8, 0, SSE, sse_cvtsd2ss),
    ROW("cvtss2sd", 1, 0x5a, 0xf3, XMM, XMM_RM, 4, 0, SSE, sse_cvtss2sd),
    XMM16(0x5b, 0, cvtdq2ps),
    XMM16(0x5b, 0x66, cvtps2dq),
    XMM16(0x5b, 0xf3, cvttps2dq),
    FLOAT4(0x5c, sub),
    FLOAT4(0x5d, min),
    FLOAT4(0x5e, div),
    FLOAT4(0x5f, max),
    ROW("punpcklbw", 1, 0x60, 0, MMX, MMX_RM, 4, 0, MMX, mmx_punpcklbw),
    XMM16(0x60, 0x66, punpcklbw),
    ROW("punpcklwd", 1, 0x61, 0, MMX, MMX_RM, 4, 0, MMX, mmx_punpcklwd),
    XMM16(0x61, 0x66, punpcklwd),
    ROW("punpckldq", 1, 0x62, 0, MMX, MMX_RM, 4, 0, MMX, mmx_punpckldq),
    XMM16(0x62, 0x66, punpckldq),
    BOTH(0x63, packsswb),
    BOTH(0x64, pcmpgtb),
    BOTH(0x65, pcmpgtw),
    BOTH(0x66, pcmpgtd),
    BOTH(0x67, packuswb),
    BOTH(0x68, punpckhbw),
    BOTH(0x69, punpckhwd),
    BOTH(0x6a, punpckhdq),
    BOTH(0x6b, packssdw),
    XMM16(0x6c, 0x66, punpcklqdq),
    XMM16(0x6d, 0x66, punpckhqdq),
    ROW("movd", 1, 0x6e, 0, MMX, GPR_RM, 4, W0, MMX, simd_move4_zero8),
    ROW("movq", 1, 0x6e, 0, MMX, GPR_RM, 8, W1, MMX, simd_move8),
    ROW("movd", 1, 0x6e, 0x66, XMM, GPR_RM, 4, W0, SSE, simd_move4_zero),
    ROW("movq", 1, 0x6e, 0x66, XMM, GPR_RM, 8, W1, SSE, simd_move8_zero),
    ROW("movq", 1, 0x6f, 0, MMX, MMX_RM, 8, 0, MMX, simd_move8),
    ROW("movdqa", 1, 0x6f, 0x66, XMM, XMM_RM, 16, ALIGNED, SSE, simd_move16),
    ROW("movdqu", 1, 0x6f, 0xf3, XMM, XMM_RM, 16, 0, SSE, simd_move16),
    ROW("pshufw", 1, 0x70, 0, MMX, MMX_RM, 8, IMM, MMX, mmx_pshufw),
    ROW("pshufd", 1, 0x70, 0x66, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_pshufd),
    ROW("pshuflw", 1, 0x70, 0xf2, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_pshuflw),
    ROW("pshufhw", 1, 0x70, 0xf3, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_pshufhw),
    DIGIT("psrlw", 0x71, 0, 2, MMX_RM, mmx_psrlwi, MMX),
    DIGIT("psraw", 0x71, 0, 4, MMX_RM, mmx_psrawi, MMX),
    DIGIT("psllw", 0x71, 0, 6, MMX_RM, mmx_psllwi, MMX),
    DIGIT("psrlw", 0x71, 0x66, 2, XMM_RM, sse_psrlwi, SSE),
    DIGIT("psraw", 0x71, 0x66, 4, XMM_RM, sse_psrawi, SSE),
    DIGIT("psllw", 0x71, 0x66, 6, XMM_RM, sse_psllwi, SSE),
    DIGIT("psrld", 0x72, 0, 2, MMX_RM, mmx_psrldi, MMX),
    DIGIT("psrad", 0x72, 0, 4, MMX_RM, mmx_psradi, MMX),
    DIGIT("pslld", 0x72, 0, 6, MMX_RM, mmx_pslldi, MMX),
    DIGIT("psrld", 0x72, 0x66, 2, XMM_RM, sse_psrldi, SSE),
    DIGIT("psrad", 0x72, 0x66, 4, XMM_RM, sse_psradi, SSE),
    DIGIT("pslld", 0x72, 0x66, 6, XMM_RM, sse_pslldi, SSE),
    DIGIT("psrlq", 0x73, 0, 2, MMX_RM, mmx_psrlqi, MMX),
    DIGIT("psllq", 0x73, 0, 6, MMX_RM, mmx_psllqi, MMX),
    DIGIT("psrlq", 0x73, 0x66, 2, XMM_RM, sse_psrlqi, SSE),
    DIGIT("psrldq", 0x73, 0x66, 3, XMM_RM, sse_psrldq, SSE),
    DIGIT("psllq", 0x73, 0x66, 6, XMM_RM, sse_psllqi, SSE),
    DIGIT("pslldq", 0x73, 0x66, 7, XMM_RM, sse_pslldq, SSE),
    BOTH(0x74, pcmpeqb),
    BOTH(0x75, pcmpeqw),
    BOTH(0x76, pcmpeqd),
    ROW("emms", 1, 0x77, 0, NONE, NONE, 0, 0, MMX, simd_emms),
    XMM16(0x7c, 0x66, haddpd),
    XMM16(0x7c, 0xf2, haddps),
    XMM16(0x7d, 0x66, hsubpd),
    XMM16(0x7d, 0xf2, hsubps),
    ROW("movd", 1, 0x7e, 0, GPR_RM, MMX, 4, W0, MMX, simd_move4_zero8),
    ROW("movq", 1, 0x7e, 0, GPR_RM, MMX, 8, W1, MMX, simd_move8),
    ROW("movd", 1, 0x7e, 0x66, GPR_RM, XMM, 4, W0, SSE, simd_move4_zero8),
    ROW("movq", 1, 0x7e, 0x66, GPR_RM, XMM, 8, W1, SSE, simd_move8),
    ROW("movq", 1, 0x7e, 0xf3, XMM, XMM_RM, 8, 0, SSE, simd_move8_zero),
    ROW("movq", 1, 0x7f, 0, MMX_RM, MMX, 8, 0, MMX, simd_move8),
    ROW("movdqa", 1, 0x7f, 0x66, XMM_RM, XMM, 16, ALIGNED, SSE, simd_move16),
    ROW("movdqu", 1, 0x7f, 0xf3, XMM_RM, XMM, 16, 0, SSE, simd_move16),
    ROW("cmpps", 1, 0xc2, 0, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_cmpps),
    ROW("cmppd", 1, 0xc2, 0x66, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_cmppd),
    ROW("cmpsd", 1, 0xc2, 0xf2, XMM, XMM_RM, 8, IMM, SSE, sse_cmpsd),
    ROW("cmpss", 1, 0xc2, 0xf3, XMM, XMM_RM, 4, IMM, SSE, sse_cmpss),
    ROW("movnti", 1, 0xc3, 0, GPR_RM, GPR, 4, MEM | W0, 0, simd_move4),
    ROW("movnti", 1, 0xc3, 0, GPR_RM, GPR, 8, MEM | W1, 0, simd_move8),
    ROW("pinsrw", 1, 0xc4, 0, MMX, GPR_RM, 2, IMM, MMX, mmx_pinsrw),
    ROW("pinsrw", 1, 0xc4, 0x66, XMM, GPR_RM, 2, IMM, SSE, sse_pinsrw),
    ROW("pextrw", 1, 0xc5, 0, GPR, MMX_RM, 0, IMM | REG, MMX, mmx_pextrw),
    ROW("pextrw", 1, 0xc5, 0x66, GPR, XMM_RM, 0, IMM | REG, SSE, sse_pextrw),
    ROW("shufps", 1, 0xc6, 0, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_shufps),
    ROW("shufpd", 1, 0xc6, 0x66, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_shufpd),
    XMM16(0xd0, 0x66, addsubpd),
    XMM16(0xd0, 0xf2, addsubps),
    BOTH(0xd1, psrlw),
    BOTH(0xd2, psrld),
    BOTH(0xd3, psrlq),
    BOTH(0xd4, paddq),
    BOTH(0xd5, pmullw),
    ROW("movq", 1, 0xd6, 0x66, XMM_RM, XMM, 8, MEM, SSE, simd_move8),
    ROW("movq", 1, 0xd6, 0x66, XMM_RM, XMM, 8, REG, SSE, simd_move8_zero),
    ROW("movdq2q", 1, 0xd6, 0xf2, MMX, XMM_RM, 0, REG, SSE | MMX, simd_move8),
    ROW("movq2dq", 1, 0xd6, 0xf3, XMM, MMX_RM, 0, REG, SSE | MMX, simd_move8_zero),
    ROW("pmovmskb", 1, 0xd7, 0, GPR, MMX_RM, 0, REG, MMX, mmx_pmovmskb),
    ROW("pmovmskb", 1, 0xd7, 0x66, GPR, XMM_RM, 0, REG, SSE, sse_pmovmskb),
    BOTH(0xd8, psubusb),
    BOTH(0xd9, psubusw),
    BOTH(0xda, pminub),
    BOTH(0xdb, pand),
    BOTH(0xdc, paddusb),
    BOTH(0xdd, paddusw),
    BOTH(0xde, pmaxub),
    BOTH(0xdf, pandn),
    BOTH(0xe0, pavgb),
    BOTH(0xe1, psraw),
    BOTH(0xe2, psrad),
    BOTH(0xe3, pavgw),
    BOTH(0xe4, pmulhuw),
    BOTH(0xe5, pmulhw),
    XMM16(0xe6, 0x66, cvttpd2dq),
    XMM16(0xe6, 0xf2, cvtpd2dq),
    ROW("cvtdq2pd", 1, 0xe6, 0xf3, XMM, XMM_RM, 8, 0, SSE, sse_cvtdq2pd),
    ROW("movntq", 1, 0xe7, 0, MMX_RM, MMX, 8, MEM, MMX, simd_move8),
    ROW("movntdq", 1, 0xe7, 0x66, XMM_RM, XMM, 16, ALIGNED | MEM, SSE, simd_move16),
    BOTH(0xe8, psubsb),
    BOTH(0xe9, psubsw),
    BOTH(0xea, pminsw),
    BOTH(0xeb, por),
    BOTH(0xec, paddsb),
    BOTH(0xed, paddsw),
    BOTH(0xee, pmaxsw),
    BOTH(0xef, pxor),
    ROW("lddqu", 1, 0xf0, 0xf2, XMM, XMM_RM, 16, MEM, SSE, simd_move16),
    BOTH(0xf1, psllw),
    BOTH(0xf2, pslld),
    BOTH(0xf3, psllq),
    BOTH(0xf4, pmuludq),
    BOTH(0xf5, pmaddwd),
    BOTH(0xf6, psadbw),
    ROW("maskmovq", 1, 0xf7, 0, MMX, MMX_RM, 8, REG | X86_SIMD_MASKMOV, MMX, NULL),
    ROW("maskmovdqu", 1, 0xf7, 0x66, XMM, XMM_RM, 16, REG | X86_SIMD_MASKMOV, SSE, NULL),
    BOTH(0xf8, psubb),
    BOTH(0xf9, psubw),
    BOTH(0xfa, psubd),
    BOTH(0xfb, psubq),
    BOTH(0xfc, paddb),
    BOTH(0xfd, paddw),
    BOTH(0xfe, paddd),

    BOTH_OF(2, 0x00, pshufb),
    BOTH_OF(2, 0x01, phaddw),
    BOTH_OF(2, 0x02, phaddd),
    BOTH_OF(2, 0x03, phaddsw),
    BOTH_OF(2, 0x04, pmaddubsw),
    BOTH_OF(2, 0x05, phsubw),
    BOTH_OF(2, 0x06, phsubd),
    BOTH_OF(2, 0x07, phsubsw),
    BOTH_OF(2, 0x08, psignb),
    BOTH_OF(2, 0x09, psignw),
    BOTH_OF(2, 0x0a, psignd),
    BOTH_OF(2, 0x0b, pmulhrsw),
    SSE4(2, 0x10, pblendvb, 0),
    SSE4(2, 0x14, blendvps, 0),
    SSE4(2, 0x15, blendvpd, 0),
    SSE4(2, 0x17, ptest, 0),
    BOTH_OF(2, 0x1c, pabsb),
    BOTH_OF(2, 0x1d, pabsw),
    BOTH_OF(2, 0x1e, pabsd),
    EXTEND(0x20, pmovsxbw, 8),
    EXTEND(0x21, pmovsxbd, 4),
    EXTEND(0x22, pmovsxbq, 2),
    EXTEND(0x23, pmovsxwd, 8),
    EXTEND(0x24, pmovsxwq, 4),
    EXTEND(0x25, pmovsxdq, 8),
    SSE4(2, 0x28, pmuldq, 0),
    SSE4(2, 0x29, pcmpeqq, 0),
    ROW("movntdqa", 2, 0x2a, 0x66, XMM, XMM_RM, 16, ALIGNED | MEM, SSE, simd_move16),
    SSE4(2, 0x2b, packusdw, 0),
    EXTEND(0x30, pmovzxbw, 8),
    EXTEND(0x31, pmovzxbd, 4),
    EXTEND(0x32, pmovzxbq, 2),
    EXTEND(0x33, pmovzxwd, 8),
    EXTEND(0x34, pmovzxwq, 4),
    EXTEND(0x35, pmovzxdq, 8),
    SSE4(2, 0x37, pcmpgtq, 0),
    SSE4(2, 0x38, pminsb, 0),
    SSE4(2, 0x39, pminsd, 0),
    SSE4(2, 0x3a, pminuw, 0),
    SSE4(2, 0x3b, pminud, 0),
    SSE4(2, 0x3c, pmaxsb, 0),
    SSE4(2, 0x3d, pmaxsd, 0),
    SSE4(2, 0x3e, pmaxuw, 0),
    SSE4(2, 0x3f, pmaxud, 0),
    SSE4(2, 0x40, pmulld, 0),
    SSE4(2, 0x41, phminposuw, 0),

    SSE4(3, 0x08, roundps, IMM),
    SSE4(3, 0x09, roundpd, IMM),
    ROW("roundss", 3, 0x0a, 0x66, XMM, XMM_RM, 4, IMM, SSE, sse_roundss),
    ROW("roundsd", 3, 0x0b, 0x66, XMM, XMM_RM, 8, IMM, SSE, sse_roundsd),
    SSE4(3, 0x0c, blendps, IMM),
    SSE4(3, 0x0d, blendpd, IMM),
    SSE4(3, 0x0e, pblendw, IMM),
    ROW("palignr", 3, 0x0f, 0, MMX, MMX_RM, 8, IMM, MMX, mmx_palignr),
    ROW("palignr", 3, 0x0f, 0x66, XMM, XMM_RM, 16, ALIGNED | IMM, SSE, sse_palignr),
    ROW("pextrb", 3, 0x14, 0x66, GPR_RM, XMM, 1, IMM, SSE, sse_pextrb),
    ROW("pextrw", 3, 0x15, 0x66, GPR_RM, XMM, 2, IMM, SSE, sse_pextrw),
    ROW("pextrd", 3, 0x16, 0x66, GPR_RM, XMM, 4, IMM | W0, SSE, sse_pextrd),
    ROW("pextrq", 3, 0x16, 0x66, GPR_RM, XMM, 8, IMM | W1, SSE, sse_pextrq),
    ROW("extractps", 3, 0x17, 0x66, GPR_RM, XMM, 4, IMM, SSE, sse_pextrd),
    ROW("pinsrb", 3, 0x20, 0x66, XMM, GPR_RM, 1, IMM, SSE, sse_pinsrb),
    ROW("insertps", 3, 0x21, 0x66, XMM, XMM_RM, 4, IMM | REG, SSE, sse_insertps),
    ROW("insertps", 3, 0x21, 0x66, XMM, XMM_RM, 4, IMM | MEM, SSE, sse_insertps_memory),
    ROW("pinsrd", 3, 0x22, 0x66, XMM, GPR_RM, 4, IMM | W0, SSE, sse_pinsrd),
    ROW("pinsrq", 3, 0x22, 0x66, XMM, GPR_RM, 8, IMM | W1, SSE, sse_pinsrq),
    SSE4(3, 0x40, dpps, IMM),
    SSE4(3, 0x41, dppd, IMM),
    SSE4(3, 0x42, mpsadbw, IMM),
    // The string comparisons need no alignment; they write ECX or XMM0, and read EAX and EDX.
    ROW("pcmpestrm", 3, 0x60, 0x66, XMM, XMM_RM, 16, IMM | W0, SSE, sse_pcmpestrm),
    ROW("pcmpestrm", 3, 0x60, 0x66, XMM, XMM_RM, 16, IMM | W1, SSE, sse_pcmpestrm64),
    ROW("pcmpestri", 3, 0x61, 0x66, XMM, XMM_RM, 16, IMM | W0, SSE, sse_pcmpestri),
    ROW("pcmpestri", 3, 0x61, 0x66, XMM, XMM_RM, 16, IMM | W1, SSE, sse_pcmpestri64),
    ROW("pcmpistrm", 3, 0x62, 0x66, XMM, XMM_RM, 16, IMM, SSE, sse_pcmpistrm),
    ROW("pcmpistri", 3, 0x63, 0x66, XMM, XMM_RM, 16, IMM, SSE, sse_pcmpistri),
};

const struct x86_simd *x86_simd_table(unsigned *count)
{
    *count = countof(table);
    return table;
}

static unsigned key(unsigned map, uint8_t opcode, unsigned prefix)
{
    return map << 16 | (unsigned)opcode << 8 | prefix;
}

static bool fits(const struct x86_simd *row, uint8_t modrm, bool rexw)
{
    bool memory = modrm >> 6 != 3;
    return !(row->flags & REG && memory) && !(row->flags & MEM && !memory) && !(row->flags & W0 && rexw) &&
           !(row->flags & W1 && !rexw) && !(row->flags & GROUP && row->digit != (modrm >> 3 & 7));
}

const struct x86_simd *x86_simd_find(unsigned map, unsigned prefix, uint8_t opcode, uint8_t modrm, bool rexw)
{
    const unsigned wanted = key(map, opcode, prefix);
    unsigned low = 0, high = countof(table);
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (key(table[middle].map, table[middle].opcode, table[middle].prefix) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < countof(table) && key(table[low].map, table[low].opcode, table[low].prefix) == wanted; low++) {
        if (fits(&table[low], modrm, rexw)) {
            return &table[low];
        }
    }
    return NULL;
}

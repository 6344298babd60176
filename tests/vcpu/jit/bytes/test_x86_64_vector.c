// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the encoder for x86-64 writes on vectors, as Capstone reads it. Nothing is executed: this runs on any host.
#include "vcpu/jit/bytes/x86_64.h"

#include "vcpu/jit/emit_x86_64_vector.c"

Test(x86_64, samples_on_vectors)
{
    if (!has_disassembler(false))
        cr_skip_test("built without Capstone");
    struct emit_label label;
    SAMPLE("movaps xmm1, xmm9; pand xmm1, xmm10", emit_vector(e, EMIT_VAND, 64, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm10; pandn xmm1, xmm9", emit_vector(e, EMIT_VANDN, 64, 1, 9, 10));
    SAMPLE("pxor xmm12, xmm15", emit_vector(e, EMIT_VXOR, 8, 12, 12, 15));
    SAMPLE("movaps xmm1, xmm9; paddb xmm1, xmm10", emit_vector(e, EMIT_VADD, 8, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; psubq xmm1, xmm10", emit_vector(e, EMIT_VSUB, 64, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; paddusw xmm1, xmm10", emit_vector(e, EMIT_VADDU, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; psubsb xmm1, xmm10", emit_vector(e, EMIT_VSUBS, 8, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pcmpeqw xmm1, xmm10", emit_vector(e, EMIT_VEQ, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pcmpgtd xmm1, xmm10", emit_vector(e, EMIT_VGTS, 32, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm10; pmaxub xmm1, xmm9; pcmpeqb xmm1, xmm10; pcmpeqd xmm2, xmm2; pxor xmm1, xmm2",
           emit_vector(e, EMIT_VGTU, 8, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm10; pcmpgtq xmm1, xmm9; pcmpeqd xmm2, xmm2; pxor xmm1, xmm2",
           emit_vector(e, EMIT_VGES, 64, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pmaxub xmm1, xmm10; pcmpeqb xmm1, xmm9", emit_vector(e, EMIT_VGEU, 8, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pminub xmm1, xmm10", emit_vector(e, EMIT_VMINU, 8, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pmaxsw xmm1, xmm10", emit_vector(e, EMIT_VMAXS, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pavgw xmm1, xmm10", emit_vector(e, EMIT_VAVGU, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pmulld xmm1, xmm10", emit_vector(e, EMIT_VMUL, 32, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; punpckldq xmm1, xmm10", emit_vector(e, EMIT_VLOW, 32, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; punpckhqdq xmm1, xmm10", emit_vector(e, EMIT_VHIGH, 64, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; packsswb xmm1, xmm10", emit_vector(e, EMIT_VNARROWS, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; packusdw xmm1, xmm10", emit_vector(e, EMIT_VNARROWU, 32, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; pshufb xmm1, xmm10", emit_vector(e, EMIT_VLOOKUP, 8, 1, 9, 10));
    SAMPLE("pabsw xmm1, xmm10", emit_vector(e, EMIT_VABS, 16, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; phaddd xmm1, xmm10", emit_vector(e, EMIT_VADDPAIR, 32, 1, 9, 10));
    SAMPLE("movups xmm15, xmmword ptr [rbp]", emit_vector_state_load(e, 15, 0x100));
    SAMPLE("movups xmmword ptr [rbp + 8], xmm12", emit_vector_state_store(e, 0x108, 12));
    SAMPLE("movups xmm12, xmmword ptr [rbp + 0xfff00]", emit_vector_state_load(e, 12, 0x100000));
    SAMPLE("movzx edx, byte ptr [rcx]; movd xmm12, edx", emit_vector_read(e, 12, 1, 0, 1));
    SAMPLE("movzx edx, word ptr [rcx + 2]; movd xmm12, edx", emit_vector_read(e, 12, 1, 2, 2));
    SAMPLE("movd xmm12, dword ptr [rcx - 4]", emit_vector_read(e, 12, 1, -4, 4));
    SAMPLE("movq qword ptr [rcx + 8], xmm12", emit_vector_write(e, 1, 8, 8, 12));
    SAMPLE("movups xmmword ptr [rcx], xmm12", emit_vector_write(e, 1, 0, 16, 12));
    SAMPLE("movaps xmm1, xmm9", emit_vector_move(e, 1, 9));
    SAMPLE("pxor xmm9, xmm9", emit_vector_zero(e, 9));
    SAMPLE("pcmpeqd xmm9, xmm9", emit_vector_ones(e, 9));
    SAMPLE("movq xmm1, xmm9", emit_vector_low(e, 64, 1, 9));
    SAMPLE("pxor xmm1, xmm1; movss xmm1, xmm9", emit_vector_low(e, 32, 1, 9));
    SAMPLE("movsd xmm1, xmm9", emit_vector_put_low(e, 64, 1, 9));
    SAMPLE("movss xmm1, xmm9", emit_vector_put_low(e, 32, 1, 9));
    SAMPLE("movq xmm9, rbx", emit_vector_from(e, 64, 9, 3));
    SAMPLE("movd ebx, xmm9", emit_vector_to(e, 32, 3, 9));
    SAMPLE("movaps xmm1, xmm9; psllw xmm1, 5", emit_vector_shift(e, EMIT_SHL, 16, 1, 9, 5));
    SAMPLE("movaps xmm1, xmm9; psllw xmm1, 0x10", emit_vector_shift(e, EMIT_SHL, 16, 1, 9, 16));
    SAMPLE("movaps xmm1, xmm9; psrlq xmm1, 0x40", emit_vector_shift(e, EMIT_SHR, 64, 1, 9, 64));
    SAMPLE("movaps xmm1, xmm9; psrad xmm1, 1", emit_vector_shift(e, EMIT_SAR, 32, 1, 9, 1));
    SAMPLE("movaps xmm1, xmm10; palignr xmm1, xmm9, 5", emit_vector_extract(e, 1, 9, 10, 5));
    SAMPLE("movaps xmm1, xmm9; psrldq xmm1, 8", emit_vector_extract(e, 1, 9, EMIT_NONE, 8));
    SAMPLE("movaps xmm1, xmm9; shufps xmm1, xmm10, 0x1b", emit_vector_pick(e, 1, 9, 10, 0x1b));
    SAMPLE("pshufhw xmm1, xmm9, 0x1b", emit_vector_order16(e, true, 1, 9, 0x1b));
    SAMPLE("pmovmskb ebx, xmm9", emit_vector_signs(e, 8, 3, 9));
    SAMPLE("movmskpd ebx, xmm9", emit_vector_signs(e, 64, 3, 9));
    SAMPLE("movaps xmm1, xmm9; addsd xmm1, xmm10", emit_float(e, EMIT_FADD, 64, false, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; subss xmm1, xmm10", emit_float(e, EMIT_FSUB, 32, true, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; mulsd xmm1, xmm10", emit_float(e, EMIT_FMUL, 64, false, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm9; divss xmm1, xmm10", emit_float(e, EMIT_FDIV, 32, false, 1, 9, 10));
    SAMPLE("movaps xmm1, xmm10; sqrtsd xmm1, xmm10", emit_float(e, EMIT_FSQRT, 64, false, 1, 9, 10));
    SAMPLE("movaps xmm2, xmm11; vfmadd231sd xmm2, xmm9, xmm10; movaps xmm1, xmm2",
           emit_float_fused(e, 64, 1, 9, 10, 11));
    label = (struct emit_label){ 0, 0 };
    SAMPLE("ucomisd xmm9, xmm10; jp 0x100b", emit_float_compare(e, 64, 9, 10, &label); emit_label(e, &label));
    SAMPLE("pxor xmm9, xmm9; cvtsi2sd xmm9, ebx", emit_float_from_int(e, 64, 9, 32, 3));
    SAMPLE("pxor xmm1, xmm1; cvtss2sd xmm1, xmm9", emit_float_convert(e, 64, 1, 9));
    SAMPLE("pxor xmm1, xmm1; cvtsd2ss xmm1, xmm9", emit_float_convert(e, 32, 1, 9));
    SAMPLE("movaps xmm1, xmm9; mulpd xmm1, xmm10", emit_float_lanes(e, EMIT_FMUL, 64, 1, 9, 10));
    SAMPLE("subps xmm1, xmm10", emit_float_lanes(e, EMIT_FSUB, 32, 1, 1, 10));
}

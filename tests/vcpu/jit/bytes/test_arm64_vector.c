// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the encoder for arm64 writes on vectors, against an assembler and as Capstone reads it. Nothing is executed: this runs on any
// host.
#include "vcpu/jit/bytes/arm64.h"

#include "vcpu/jit/emit_arm64_vector.c"

Test(arm64, samples_on_vectors)
{
    struct emit_label label;
    SAMPLE("and v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VAND, 64, 1, 17, 18), 0x4e321e21);
    SAMPLE("bic v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VANDN, 64, 1, 17, 18), 0x4e721e21);
    SAMPLE("eor v16.16b, v16.16b, v31.16b", emit_vector(e, EMIT_VXOR, 8, 16, 16, 31), 0x6e3f1e10);
    SAMPLE("add v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VADD, 8, 1, 17, 18), 0x4e328621);
    SAMPLE("sub v1.2d, v17.2d, v18.2d", emit_vector(e, EMIT_VSUB, 64, 1, 17, 18), 0x6ef28621);
    SAMPLE("uqadd v1.8h, v17.8h, v18.8h", emit_vector(e, EMIT_VADDU, 16, 1, 17, 18), 0x6e720e21);
    SAMPLE("sqsub v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VSUBS, 8, 1, 17, 18), 0x4e322e21);
    SAMPLE("cmeq v1.8h, v17.8h, v18.8h", emit_vector(e, EMIT_VEQ, 16, 1, 17, 18), 0x6e728e21);
    SAMPLE("cmgt v1.4s, v17.4s, v18.4s", emit_vector(e, EMIT_VGTS, 32, 1, 17, 18), 0x4eb23621);
    SAMPLE("cmhi v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VGTU, 8, 1, 17, 18), 0x6e323621);
    SAMPLE("cmge v1.2d, v17.2d, v18.2d", emit_vector(e, EMIT_VGES, 64, 1, 17, 18), 0x4ef23e21);
    SAMPLE("cmhs v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VGEU, 8, 1, 17, 18), 0x6e323e21);
    SAMPLE("umin v1.16b, v17.16b, v18.16b", emit_vector(e, EMIT_VMINU, 8, 1, 17, 18), 0x6e326e21);
    SAMPLE("smax v1.8h, v17.8h, v18.8h", emit_vector(e, EMIT_VMAXS, 16, 1, 17, 18), 0x4e726621);
    SAMPLE("urhadd v1.8h, v17.8h, v18.8h", emit_vector(e, EMIT_VAVGU, 16, 1, 17, 18), 0x6e721621);
    SAMPLE("mul v1.4s, v17.4s, v18.4s", emit_vector(e, EMIT_VMUL, 32, 1, 17, 18), 0x4eb29e21);
    SAMPLE("zip1 v1.4s, v17.4s, v18.4s", emit_vector(e, EMIT_VLOW, 32, 1, 17, 18), 0x4e923a21);
    SAMPLE("zip2 v1.2d, v17.2d, v18.2d", emit_vector(e, EMIT_VHIGH, 64, 1, 17, 18), 0x4ed27a21);
    SAMPLE("sqxtn v2.8b, v17.8h; sqxtn2 v2.16b, v18.8h; mov v1.16b, v2.16b",
           emit_vector(e, EMIT_VNARROWS, 16, 1, 17, 18), 0x0e214a22, 0x4e214a42, 0x4ea21c41);
    SAMPLE("sqxtun v2.4h, v17.4s; sqxtun2 v2.8h, v18.4s; mov v1.16b, v2.16b",
           emit_vector(e, EMIT_VNARROWU, 32, 1, 17, 18), 0x2e612a22, 0x6e612a42, 0x4ea21c41);
    SAMPLE("movi v2.16b, #0x8f; and v2.16b, v2.16b, v18.16b; tbl v1.16b, {v17.16b}, v2.16b",
           emit_vector(e, EMIT_VLOOKUP, 8, 1, 17, 18), 0x4f04e5e2, 0x4e321c42, 0x4e020221);
    SAMPLE("abs v1.8h, v18.8h", emit_vector(e, EMIT_VABS, 16, 1, 17, 18), 0x4e60ba41);
    SAMPLE("addp v1.4s, v17.4s, v18.4s", emit_vector(e, EMIT_VADDPAIR, 32, 1, 17, 18), 0x4eb2be21);
    SAMPLE("ldr q31, [x19, #0x100]", emit_vector_state_load(e, 31, 0x100), 0x3dc0427f);
    SAMPLE("movz x17, #0x108; str q16, [x19, x17]", emit_vector_state_store(e, 0x108, 16), 0xd2802111, 0x3cb16a70);
    SAMPLE("movz x17, #0x10, lsl #16; ldr q16, [x19, x17]", emit_vector_state_load(e, 16, 0x100000), 0xd2a00211,
           0x3cf16a70);
    SAMPLE("ldr b16, [x1]", emit_vector_read(e, 16, 1, 0, 1), 0x3d400030);
    SAMPLE("ldr h16, [x1, #2]", emit_vector_read(e, 16, 1, 2, 2), 0x7d400430);
    SAMPLE("ldur s16, [x1, #-4]", emit_vector_read(e, 16, 1, -4, 4), 0xbc5fc030);
    SAMPLE("str d16, [x1, #8]", emit_vector_write(e, 1, 8, 8, 16), 0xfd000430);
    SAMPLE("str q16, [x1]", emit_vector_write(e, 1, 0, 16, 16), 0x3d800030);
    SAMPLE("mov v1.16b, v17.16b", emit_vector_move(e, 1, 17), 0x4eb11e21);
    SAMPLE("movi v17.16b, #0", emit_vector_zero(e, 17), 0x4f00e411);
    SAMPLE("movi v17.16b, #0xff", emit_vector_ones(e, 17), 0x4f07e7f1);
    SAMPLE("fmov d1, d17", emit_vector_low(e, 64, 1, 17), 0x1e604221);
    SAMPLE("fmov s1, s17", emit_vector_low(e, 32, 1, 17), 0x1e204221);
    SAMPLE("ins v1.d[0], v17.d[0]", emit_vector_put_low(e, 64, 1, 17), 0x6e080621);
    SAMPLE("ins v1.s[0], v17.s[0]", emit_vector_put_low(e, 32, 1, 17), 0x6e040621);
    SAMPLE("fmov d17, x3", emit_vector_from(e, 64, 17, 3), 0x9e670071);
    SAMPLE("fmov w3, s17", emit_vector_to(e, 32, 3, 17), 0x1e260223);
    SAMPLE("shl v1.8h, v17.8h, #5", emit_vector_shift(e, EMIT_SHL, 16, 1, 17, 5), 0x4f155621);
    SAMPLE("movi v1.16b, #0", emit_vector_shift(e, EMIT_SHL, 16, 1, 17, 16), 0x4f00e401);
    SAMPLE("ushr v1.2d, v17.2d, #0x40", emit_vector_shift(e, EMIT_SHR, 64, 1, 17, 64), 0x6f400621);
    SAMPLE("sshr v1.4s, v17.4s, #1", emit_vector_shift(e, EMIT_SAR, 32, 1, 17, 1), 0x4f3f0621);
    SAMPLE("ext v1.16b, v17.16b, v18.16b, #5", emit_vector_extract(e, 1, 17, 18, 5), 0x6e122a21);
    SAMPLE("movi v2.16b, #0; ext v1.16b, v17.16b, v2.16b, #8", emit_vector_extract(e, 1, 17, EMIT_NONE, 8), 0x4f00e402,
           0x6e024221);
    SAMPLE("ins v2.s[0], v17.s[3]; ins v2.s[1], v17.s[2]; ins v2.s[2], v18.s[1]; ins v2.s[3], v18.s[0]; mov v1.16b, "
           "v2.16b",
           emit_vector_pick(e, 1, 17, 18, 0x1b), 0x6e046622, 0x6e0c4622, 0x6e142642, 0x6e1c0642, 0x4ea21c41);
    SAMPLE("mov v2.16b, v17.16b; ins v2.h[4], v17.h[7]; ins v2.h[5], v17.h[6]; ins v2.h[6], v17.h[5]; ins v2.h[7], "
           "v17.h[4]; mov v1.16b, v2.16b",
           emit_vector_order16(e, true, 1, 17, 0x1b), 0x4eb11e22, 0x6e127622, 0x6e166622, 0x6e1a5622, 0x6e1e4622,
           0x4ea21c41);
    SAMPLE("ushr v2.16b, v17.16b, #7; usra v2.8h, v2.8h, #7; usra v2.4s, v2.4s, #0xe; usra v2.2d, v2.2d, #0x1c; umov "
           "w3, v2.b[0]; umov w17, v2.b[8]; lsl x17, x17, #8; orr x3, x3, x17",
           emit_vector_signs(e, 8, 3, 17), 0x6f090622, 0x6f191442, 0x6f321442, 0x6f641442, 0x0e013c43, 0x0e113c51,
           0xd378de31, 0xaa110063);
    SAMPLE("ushr v2.2d, v17.2d, #0x3f; umov w3, v2.b[0]; umov w17, v2.b[8]; lsl x17, x17, #1; orr x3, x3, x17",
           emit_vector_signs(e, 64, 3, 17), 0x6f410622, 0x0e013c43, 0x0e113c51, 0xd37ffa31, 0xaa110063);
    SAMPLE("fadd d1, d17, d18", emit_float(e, EMIT_FADD, 64, false, 1, 17, 18), 0x1e722a21);
    SAMPLE("fsub s2, s17, s18; mov v1.16b, v17.16b; ins v1.s[0], v2.s[0]",
           emit_float(e, EMIT_FSUB, 32, true, 1, 17, 18), 0x1e323a22, 0x4eb11e21, 0x6e040441);
    SAMPLE("fmul d1, d17, d18", emit_float(e, EMIT_FMUL, 64, false, 1, 17, 18), 0x1e720a21);
    SAMPLE("fdiv s1, s17, s18", emit_float(e, EMIT_FDIV, 32, false, 1, 17, 18), 0x1e321a21);
    SAMPLE("fsqrt d1, d18", emit_float(e, EMIT_FSQRT, 64, false, 1, 17, 18), 0x1e61c241);
    SAMPLE("fmadd d1, d17, d18, d19", emit_float_fused(e, 64, 1, 17, 18, 19), 0x1f524e21);
    label = (struct emit_label){ 0, 0 };
    SAMPLE("fcmp d17, d18; b.vs #0x1008", emit_float_compare(e, 64, 17, 18, &label);
           emit_label(e, &label), 0x1e722220, 0x54000026);
    SAMPLE("scvtf d17, w3", emit_float_from_int(e, 64, 17, 32, 3), 0x1e620071);
    SAMPLE("fcvt d1, s17", emit_float_convert(e, 64, 1, 17), 0x1e22c221);
    SAMPLE("fcvt s1, d17", emit_float_convert(e, 32, 1, 17), 0x1e624221);
    SAMPLE("fadd v1.4s, v17.4s, v18.4s", emit_float_lanes(e, EMIT_FADD, 32, 1, 17, 18), 0x4e32d621);
    SAMPLE("fsub v1.2d, v17.2d, v18.2d", emit_float_lanes(e, EMIT_FSUB, 64, 1, 17, 18), 0x4ef2d621);
    SAMPLE("fmul v1.2d, v17.2d, v18.2d", emit_float_lanes(e, EMIT_FMUL, 64, 1, 17, 18), 0x6e72de21);
    SAMPLE("fdiv v1.4s, v17.4s, v18.4s", emit_float_lanes(e, EMIT_FDIV, 32, 1, 17, 18), 0x6e32fe21);
}

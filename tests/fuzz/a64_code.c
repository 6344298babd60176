// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Generates random A64 programs.
#include "a64_code.h"

#include <string.h>

#include "base/bits.h"
#include "vcpu/aarch64/system/sysreg.h"

// Rt, Rt2 and Ra of these are filled in, and so are small immediates where `free` has bits.
static const struct {
    uint32_t word, free;
} known[] = {
    // Exceptions, hints, barriers
    { 0xd4000001, 0x1fffe0 },
    { 0xd4200000, 0x1fffe0 },
    { 0xd4000002, 0 },
    { 0xd4000003, 0 },
    { 0xd4400000, 0 },
    { 0xd4a00001, 0 },
    { 0xd69f03e0, 0 },
    { 0xd69f03e0, 0 },
    { 0xd503201f, 0xfe0 },
    { 0xd503205f, 0 },
    { 0xd503207f, 0 },
    { 0xd503209f, 0x20 },
    { 0xd5033fdf, 0 },
    { 0xd503309f, 0xf20 },
    { 0xd5033f5f, 0 },
    // PSTATE: SPSel, DAIFSet, DAIFClr
    { 0xd50040bf, 0x100 },
    { 0xd50340df, 0xf00 },
    { 0xd50340ff, 0xf00 },
    { 0xd50340ff, 0xf00 },
    // TLBI, AT, IC, DC, DC ZVA
    { 0xd508871f, 0 },
    { 0xd5088700, 0xff },
    { 0xd5088300, 0xff },
    { 0xd508831f, 0 },
    { 0xd5087800, 0xff },
    { 0xd508751f, 0 },
    { 0xd50b7520, 0x1f },
    { 0xd50b7a20, 0x1f },
    { 0xd50b7e20, 0x1f },
    { 0xd5087620, 0x1f },
    { 0xd50b7420, 0x1f },
    { 0xd50b7420, 0x1f },
    // Jumps that stay near: B, BL, B.cond, CBZ and CBNZ, TBZ and TBNZ, RET, BR, BLR
    { 0x14000000, 0xf },
    { 0x94000000, 0xf },
    { 0x54000000, 0x1ef },
    { 0x34000000, 0x810001ff },
    { 0x36000000, 0x81f801ff },
    { 0xd65f0000, 0x3e0 },
    { 0xd61f0000, 0x3e0 },
    { 0xd63f0000, 0x3e0 },
    // ADR, LDR (literal)
    { 0x10000000, 0x600001ff },
    { 0x18000000, 0x440001ff },
    // Loads and stores: unsigned, unscaled, pre, post, register, pairs, exclusive, ordered, atomic
    { 0x39000000, 0xc0c01fff },
    { 0x38000000, 0xc0df8fff },
    { 0x38000400, 0xc0df83ff },
    { 0x38000c00, 0xc0df83ff },
    { 0x38200800, 0xc0dff3ff },
    { 0x28000000, 0xc1c7ffff },
    { 0x29000000, 0xc0c7ffff },
    { 0x08000000, 0xc0ffffff },
    { 0x085f7c00, 0xc00003ff },
    { 0x08007c00, 0xc01f03ff },
    { 0x087f0000, 0xc000ffff },
    { 0x08208000, 0xc01f7fff },
    { 0x08dffc00, 0xc00003ff },
    { 0x38200000, 0xc0dff3ff },
    { 0x3d000000, 0xc0c01fff },
    { 0x2d000000, 0xc0c7ffff },
    { 0x0c000000, 0x404fffff },
    { 0x0d000000, 0x406fffff },
    { 0xf8800000, 0x1fffff },
    // Arithmetic
    { 0x11000000, 0xe03fffff },
    { 0x12000000, 0xe07fffff },
    { 0x12800000, 0xe07fffff },
    { 0x13000000, 0xe07fffff },
    { 0x0a000000, 0xe0ffffff },
    { 0x0b000000, 0xe0ffffff },
    { 0x0b200000, 0xe01fffff },
    { 0x1a000000, 0xe01f03ff },
    { 0x3a400000, 0xc01fffef },
    { 0x1a800000, 0xe01ff7ff },
    { 0x1ac00000, 0x801fffff },
    { 0x5ac00000, 0x80001fff },
    { 0x1b000000, 0x80ffffff },
    // FP and SIMD
    { 0x1e200000, 0x80ffffff },
    { 0x1f000000, 0xffffff },
    { 0x0e200400, 0x60dffbff },
    { 0x0e200000, 0x60dfffff },
    { 0x0f000400, 0x60ffffff },
    { 0x0e000400, 0x601ffbff },
    { 0x5e200000, 0x20dfffff },
    { 0x0e000800, 0x40dfffff },
    { 0x2e000000, 0x401fffff },
    { 0x0e000000, 0x401f7fff },
    { 0x0f000000, 0x60ffffff },
};

// A system register of the table, or around it.
static uint32_t any_move(struct fuzz *fuzz)
{
    const struct a64_sysreg *row = &a64_sysregs[fuzz_below(fuzz, a64_sysreg_count)];
    uint32_t encoding = row->encoding + (row->count ? row->stride * fuzz_below(fuzz, row->count) : 0);
    if (fuzz_chance(fuzz, 16))
        encoding = 0x4000 | (fuzz_word(fuzz) & 0xbfff);
    return (fuzz_below(fuzz, 2) ? 0xd5300000u : 0xd5100000u) | (encoding & 0x7fff) << 5 |
           (encoding & 0x8000 ? 0x80000u : 0) | fuzz_below(fuzz, 32);
}

// movz x0, #high, lsl #16; movk x0, #low; hvc: the functions of PSCI, and CPU_ON of the next CPU here.
static unsigned put_call(struct fuzz *fuzz, uint32_t *words)
{
    static const uint32_t functions[] = {
        0x84000000, 0xc4000001, 0x84000002, 0xc4000003, 0xc4000003, 0xc4000003, 0xc4000004,
        0x84000006, 0x84000008, 0x84000009, 0x8400000a, 0x80000000, 0x84000fff, 0xc4000002,
    };
    uint32_t function = FUZZ_PICK(fuzz, functions);
    words[0] = 0xd2a00000 | (function >> 16) << 5;
    words[1] = 0xf2800000 | (function & 0xffff) << 5;
    words[2] = 0xd2800001 | fuzz_below(fuzz, 3) << 5; // x1: which CPU
    words[3] = 0x10000002 | fuzz_below(fuzz, 8) << 5; // x2: where it starts
    words[4] = fuzz_chance(fuzz, 4) ? 0xd4000003 : 0xd4000002;
    return 5;
}

static uint32_t any_known(struct fuzz *fuzz)
{
    unsigned row = fuzz_below(fuzz, countof(known));
    uint32_t word = known[row].word | ((uint32_t)fuzz_word(fuzz) & known[row].free);
    return fuzz_chance(fuzz, 16) ? word ^ BIT32(fuzz_below(fuzz, 32)) : word;
}

void a64_code(struct fuzz *fuzz, uint32_t *words, unsigned count)
{
    unsigned wild = fuzz_below(fuzz, 4);
    for (unsigned done = 0; done < count;) {
        unsigned kind = fuzz_below(fuzz, 32);
        if (kind == 0 && count - done >= 5)
            done += put_call(fuzz, words + done);
        else if (kind <= wild)
            words[done++] = (uint32_t)fuzz_word(fuzz);
        else
            words[done++] = kind < 7 ? any_move(fuzz) : any_known(fuzz);
    }
}

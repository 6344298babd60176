// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of x86-64 on vectors: SSE2 (Intel SDM vol. 1, chapter 11), and what came later where the host has it.
#include "vcpu/jit/emit.h"

#ifdef EMIT_X86_64

#include <assert.h>
#include <stdatomic.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "base/bits.h"
#include "vcpu/jit/emit_x86_64.h"

enum { XMM0, XMM1, XMM2, XMM3 };

const uint8_t emit_vectors[] = { 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
const unsigned emit_vector_count = sizeof emit_vectors;
const uint8_t EMIT_V0 = XMM0, EMIT_V1 = XMM1, EMIT_V2 = XMM2, EMIT_V3 = XMM3;

// --- what the host has -----------------------------------------------------------------------------------------------

// CPUID.1:ECX
enum { SSSE3 = 1 << 9, FMA = 1 << 12, SSE4_1 = 1 << 19, SSE4_2 = 1 << 20, OSXSAVE = 1 << 27, AVX = 1 << 28 };

static uint32_t features(void)
{
#ifdef __x86_64__
    static atomic_uint known; // with bit 31
    unsigned eax, ebx, ecx = atomic_load_explicit(&known, memory_order_relaxed), edx;
    if (!ecx) {
        if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
            ecx = 0;
        ecx |= BIT32(31);
        atomic_store_explicit(&known, ecx, memory_order_relaxed);
    }
    return ecx;
#else
    return 0; // of the test that looks at the instructions
#endif
}

static bool has_ssse3(void)
{
    return features() & SSSE3;
}

// --- operations ------------------------------------------------------------------------------------------------------

#define SSE2(OPCODE)  (P66 | TWO | 0x##OPCODE)
#define THREE(OPCODE) (P66 | 0x0f3800 | 0x##OPCODE) // SSSE3 and SSE4

enum { COMMUTES = 1, REVERSED = 2 }; // REVERSED: the instruction has a and b the other way round

static const struct {
    uint32_t opcode[4]; // by lane
    uint8_t how;
} operations[EMIT_VKINDS] = {
    [EMIT_VAND] = { { SSE2(db), SSE2(db), SSE2(db), SSE2(db) }, COMMUTES },
    [EMIT_VANDN] = { { SSE2(df), SSE2(df), SSE2(df), SSE2(df) }, REVERSED },
    [EMIT_VOR] = { { SSE2(eb), SSE2(eb), SSE2(eb), SSE2(eb) }, COMMUTES },
    [EMIT_VXOR] = { { SSE2(ef), SSE2(ef), SSE2(ef), SSE2(ef) }, COMMUTES },
    [EMIT_VADD] = { { SSE2(fc), SSE2(fd), SSE2(fe), SSE2(d4) }, COMMUTES },
    [EMIT_VADDS] = { { SSE2(ec), SSE2(ed) }, COMMUTES },
    [EMIT_VADDU] = { { SSE2(dc), SSE2(dd) }, COMMUTES },
    [EMIT_VSUB] = { { SSE2(f8), SSE2(f9), SSE2(fa), SSE2(fb) } },
    [EMIT_VSUBS] = { { SSE2(e8), SSE2(e9) } },
    [EMIT_VSUBU] = { { SSE2(d8), SSE2(d9) } },
    [EMIT_VEQ] = { { SSE2(74), SSE2(75), SSE2(76), THREE(29) }, COMMUTES },
    [EMIT_VGTS] = { { SSE2(64), SSE2(65), SSE2(66), THREE(37) } },
    [EMIT_VMINS] = { { THREE(38), SSE2(ea), THREE(39) }, COMMUTES },
    [EMIT_VMINU] = { { SSE2(da), THREE(3a), THREE(3b) }, COMMUTES },
    [EMIT_VMAXS] = { { THREE(3c), SSE2(ee), THREE(3d) }, COMMUTES },
    [EMIT_VMAXU] = { { SSE2(de), THREE(3e), THREE(3f) }, COMMUTES },
    [EMIT_VAVGU] = { { SSE2(e0), SSE2(e3) }, COMMUTES },
    [EMIT_VMUL] = { { 0, SSE2(d5), THREE(40) }, COMMUTES },
    [EMIT_VMULHS] = { { 0, SSE2(e5) }, COMMUTES },
    [EMIT_VMULHU] = { { 0, SSE2(e4) }, COMMUTES },
    [EMIT_VMULU] = { { 0, 0, SSE2(f4) }, COMMUTES },
    [EMIT_VMULADD] = { { 0, SSE2(f5) }, COMMUTES },
    [EMIT_VSAD] = { { SSE2(f6) }, COMMUTES },
    [EMIT_VLOW] = { { SSE2(60), SSE2(61), SSE2(62), SSE2(6c) } },
    [EMIT_VHIGH] = { { SSE2(68), SSE2(69), SSE2(6a), SSE2(6d) } },
    [EMIT_VNARROWS] = { { 0, SSE2(63), SSE2(6b) } },
    [EMIT_VNARROWU] = { { 0, SSE2(67), THREE(2b) } },
    [EMIT_VLOOKUP] = { { THREE(00) } },
    [EMIT_VSHL] = { { 0, SSE2(f1), SSE2(f2), SSE2(f3) } },
    [EMIT_VSHR] = { { 0, SSE2(d1), SSE2(d2), SSE2(d3) } },
    [EMIT_VSAR] = { { 0, SSE2(e1), SSE2(e2) } },
    [EMIT_VABS] = { { THREE(1c), THREE(1d), THREE(1e) } },
    [EMIT_VMULROUND] = { { 0, THREE(0b) }, COMMUTES },
    [EMIT_VMULADDU] = { { THREE(04) } },
    [EMIT_VSIGN] = { { THREE(08), THREE(09), THREE(0a) } },
    [EMIT_VADDPAIR] = { { 0, THREE(01), THREE(02) } },
    [EMIT_VSUBPAIR] = { { 0, THREE(05), THREE(06) } },
};

static unsigned column(unsigned lane)
{
    return lane == 8 ? 0 : lane == 16 ? 1 : lane == 32 ? 2 : 3;
}

static uint32_t opcode_of(enum emit_vector kind, unsigned lane)
{
    return operations[kind].opcode[column(lane)];
}

static bool can(uint32_t opcode)
{
    if (!opcode || !(opcode & 0xff0000))
        return opcode;
    unsigned last = opcode & 0xff;
    bool is_ssse3 = last <= 0x0b || (last >= 0x1c && last <= 0x1e);
    return features() & (is_ssse3 ? SSSE3 : last == 0x37 ? SSE4_2 : SSE4_1);
}

bool emit_vector_can(enum emit_vector kind, unsigned lane)
{
    switch (kind) {
    case EMIT_VGES: return can(opcode_of(EMIT_VGTS, lane));
    case EMIT_VGEU: // the larger one is a
    case EMIT_VGTU: return can(opcode_of(EMIT_VMAXU, lane)) && can(opcode_of(EMIT_VEQ, lane));
    default: return can(opcode_of(kind, lane));
    }
}

void emit_vector_move(struct emit *e, unsigned d, unsigned a)
{
    if (d != a)
        put_rr(e, TWO | 0x28, 0, d, a); // MOVAPS, the shortest
}

void emit_vector_zero(struct emit *e, unsigned d)
{
    put_rr(e, SSE2(ef), 0, d, d);
}

void emit_vector_ones(struct emit *e, unsigned d)
{
    put_rr(e, SSE2(76), 0, d, d);
}

static void invert(struct emit *e, unsigned d)
{
    emit_vector_ones(e, XMM2);
    put_rr(e, SSE2(ef), 0, d, XMM2);
}

// d = a OP b, with the two operands that instructions have.
static void put_operation(struct emit *e, uint32_t opcode, bool commutes, unsigned d, unsigned a, unsigned b)
{
    if (d == b && d != a && commutes) {
        b = a;
    } else if (d == b && d != a) {
        emit_vector_move(e, XMM2, b);
        b = XMM2;
        emit_vector_move(e, d, a);
    } else {
        emit_vector_move(e, d, a);
    }
    put_rr(e, opcode, 0, d, b);
}

void emit_vector(struct emit *e, enum emit_vector kind, unsigned lane, unsigned d, unsigned a, unsigned b)
{
    switch (kind) {
    case EMIT_VGES: // not b > a
        emit_vector(e, EMIT_VGTS, lane, d, b, a);
        invert(e, d);
        return;
    case EMIT_VGEU: // a is the larger one
        if (d == a && d != b) {
            emit_vector_move(e, XMM2, a);
            a = XMM2;
        }
        put_operation(e, opcode_of(EMIT_VMAXU, lane), true, d, a, b);
        put_rr(e, opcode_of(EMIT_VEQ, lane), 0, d, a);
        return;
    case EMIT_VGTU: // not b >= a
        emit_vector(e, EMIT_VGEU, lane, d, b, a);
        invert(e, d);
        return;
    case EMIT_VABS: put_rr(e, opcode_of(kind, lane), 0, d, b); return;
    default: break;
    }
    bool reversed = operations[kind].how & REVERSED;
    put_operation(e, opcode_of(kind, lane), operations[kind].how & COMMUTES, d, reversed ? b : a, reversed ? a : b);
}

// --- moves -----------------------------------------------------------------------------------------------------------

void emit_vector_state_load(struct emit *e, unsigned d, unsigned offset)
{
    put_state(e, TWO | 0x10, 0, d, offset); // MOVUPS
}

void emit_vector_state_store(struct emit *e, unsigned offset, unsigned a)
{
    put_state(e, TWO | 0x11, 0, a, offset);
}

void emit_vector_read(struct emit *e, unsigned d, unsigned base, int32_t displacement, unsigned size)
{
    if (size < 4) {
        emit_load(e, 64, EMIT_T2, base, displacement, size, false);
        put_rr(e, SSE2(6e), 0, d, EMIT_T2);
        return;
    }
    // MOVUPS, MOVQ, MOVD: the last two clear the rest.
    put_rm(e,
           size == 16  ? TWO | 0x10u
           : size == 8 ? (uint32_t)PF3 | TWO | 0x7e
                       : SSE2(6e),
           0, d, base, EMIT_NONE, 0, displacement);
}

void emit_vector_write(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a)
{
    if (size < 4) {
        put_rr(e, SSE2(7e), 0, a, EMIT_T2);
        emit_store(e, base, displacement, size, EMIT_T2);
        return;
    }
    put_rm(e, size == 16 ? TWO | 0x11u : size == 8 ? SSE2(d6) : SSE2(7e), 0, a, base, EMIT_NONE, 0, displacement);
}

void emit_vector_low(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    if (bits == 64) {
        put_rr(e, (uint32_t)PF3 | TWO | 0x7e, 0, d, a); // MOVQ
        return;
    }
    if (d == a) {
        emit_vector_move(e, XMM2, a);
        a = XMM2;
    }
    emit_vector_zero(e, d);
    put_rr(e, (uint32_t)PF3 | TWO | 0x10, 0, d, a); // MOVSS
}

void emit_vector_put_low(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_rr(e, (uint32_t)(bits == 64 ? PF2 : PF3) | TWO | 0x10, 0, d, a); // MOVSD, MOVSS
}

void emit_vector_from(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_rr(e, SSE2(6e), wide(bits), d, a);
}

void emit_vector_to(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_rr(e, SSE2(7e), wide(bits), a, d);
}

// --- shifts and permutations -----------------------------------------------------------------------------------------

void emit_vector_shift(struct emit *e, enum emit_shift shift, unsigned lane, unsigned d, unsigned a, unsigned count)
{
    assert(lane > 8 && shift != EMIT_ROR);
    emit_vector_move(e, d, a);
    put_rr(e, P66 | TWO | (0x70 + column(lane)), 0, shift == EMIT_SHL ? 6 : shift == EMIT_SHR ? 2 : 4, d);
    put8(e, count);
}

bool emit_vector_can_extract(unsigned a, unsigned b)
{
    return a == EMIT_NONE || b == EMIT_NONE || has_ssse3();
}

void emit_vector_extract(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned count)
{
    if (a == EMIT_NONE || b == EMIT_NONE) { // PSLLDQ or PSRLDQ
        emit_vector_move(e, d, a == EMIT_NONE ? b : a);
        put_rr(e, SSE2(73), 0, a == EMIT_NONE ? 7 : 3, d);
        put8(e, a == EMIT_NONE ? 16 - count : count);
        return;
    }
    if (d == a && d != b) {
        emit_vector_move(e, XMM2, a);
        a = XMM2;
    }
    emit_vector_move(e, d, b);
    put_rr(e, P66 | 0x0f3a0f, 0, d, a); // PALIGNR: d is the upper half
    put8(e, count);
}

void emit_vector_pick(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned order)
{
    if (a == b) { // PSHUFD
        put_rr(e, SSE2(70), 0, d, a);
    } else {
        if (d == b) {
            emit_vector_move(e, XMM2, b);
            b = XMM2;
        }
        emit_vector_move(e, d, a);
        put_rr(e, TWO | 0xc6, 0, d, b); // SHUFPS
    }
    put8(e, order);
}

void emit_vector_order16(struct emit *e, bool upper, unsigned d, unsigned a, unsigned order)
{
    put_rr(e, (uint32_t)(upper ? PF3 : PF2) | TWO | 0x70, 0, d, a); // PSHUFHW, PSHUFLW
    put8(e, order);
}

void emit_vector_signs(struct emit *e, unsigned lane, unsigned d, unsigned a)
{
    put_rr(e, lane == 8 ? SSE2(d7) : lane == 32 ? TWO | 0x50u : SSE2(50), 0, d, a); // PMOVMSKB, MOVMSKPS, MOVMSKPD
}

// --- floating point --------------------------------------------------------------------------------------------------

static uint32_t scalar(unsigned bits, unsigned opcode)
{
    return (uint32_t)(bits == 64 ? PF2 : PF3) | TWO | opcode;
}

static const uint8_t float_opcodes[] = {
    [EMIT_FADD] = 0x58, [EMIT_FSUB] = 0x5c, [EMIT_FMUL] = 0x59, [EMIT_FDIV] = 0x5e, [EMIT_FSQRT] = 0x51
};

void emit_float_lanes(struct emit *e, enum emit_float kind, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    put_operation(e, (bits == 64 ? (uint32_t)P66 : 0) | TWO | float_opcodes[kind], false, d, a, b);
}

void emit_float(struct emit *e, enum emit_float kind, unsigned bits, bool keeps, unsigned d, unsigned a, unsigned b)
{
    bool commutes = !keeps && (kind == EMIT_FADD || kind == EMIT_FMUL);
    if (kind == EMIT_FSQRT && !keeps)
        a = b; // what d had before would be waited for
    put_operation(e, scalar(bits, float_opcodes[kind]), commutes, d, a, b);
}

bool emit_float_can_fuse(void)
{
    uint32_t wanted = FMA | AVX | OSXSAVE;
    return (features() & wanted) == wanted;
}

void emit_float_fused(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b, unsigned x)
{
    emit_vector_move(e, XMM2, x);
    // VFMADD231SD XMM2, a, b: VEX.LIG.66.0F38 B9 (SDM vol. 2, 2.3)
    put8(e, 0xc4);
    put8(e, 0xe2 & ~((b & 8) << 2));
    put8(e, (bits == 64 ? 0x80 : 0) | (~a & 15) << 3 | 1);
    put8(e, 0xb9);
    put8(e, 0xc0 | XMM2 << 3 | (b & 7));
    emit_vector_move(e, d, XMM2);
}

void emit_float_compare(struct emit *e, unsigned bits, unsigned a, unsigned b, struct emit_label *unordered)
{
    put_rr(e, (bits == 64 ? (uint32_t)P66 : 0) | TWO | 0x2e, 0, a, b); // UCOMISD, UCOMISS
    put8(e, 0x0f);
    put8(e, 0x8a); // JP
    put_label(e, unordered);
}

void emit_float_from_int(struct emit *e, unsigned bits, unsigned d, unsigned from_bits, unsigned a)
{
    emit_vector_zero(e, d);
    put_rr(e, scalar(bits, 0x2a), wide(from_bits), d, a); // CVTSI2SD
}

void emit_float_convert(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    if (d == a) {
        emit_vector_move(e, XMM2, a);
        a = XMM2;
    }
    emit_vector_zero(e, d);
    put_rr(e, scalar(96 - bits, 0x5a), 0, d, a); // CVTSS2SD, CVTSD2SS
}

void emit_float_to_int(struct emit *e, unsigned to_bits, unsigned d, unsigned bits, unsigned a, bool truncates,
                       struct emit_label *bad)
{
    put_rr(e, scalar(bits, truncates ? 0x2c : 0x2d), wide(to_bits), d, a);
    emit_compare_constant(e, to_bits, d, 1); // overflows for the smallest integer, which stands for what does not fit
    emit_branch(e, EMIT_VS, bad);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of arm64 on vectors (Arm ARM C4.1.96 and C7).
//
//   V0-V3  scratch    V16-V31  vectors of the guest
#include "vcpu/jit/emit.h"

#ifdef EMIT_ARM64

#include "base/bits.h"
#include "vcpu/jit/emit_arm64.h"

enum { V0, V1, V2, V3 };

const uint8_t emit_vectors[] = { 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
const unsigned emit_vector_count = sizeof emit_vectors;
const uint8_t EMIT_V0 = V0, EMIT_V1 = V1, EMIT_V2 = V2, EMIT_V3 = V3;

// --- operations ------------------------------------------------------------------------------------------------------

// Three registers of the same lanes, 16 bytes: U and the opcode; `sizes` has a bit for each lane from 8 on.
#define SAME(U, OPCODE, SIZES)                                                                                         \
    {                                                                                                                  \
        0x4e200400 | (uint32_t)(U) << 29 | (OPCODE) << 11, SIZES                                                       \
    }
#define LOGIC(U, SIZE)                                                                                                 \
    {                                                                                                                  \
        0x4e201c00 | (uint32_t)(U) << 29 | (SIZE) << 22, 0x80                                                          \
    }

static const struct {
    uint32_t instruction;
    uint8_t sizes; // bit 7: any, and no field for it
} operations[EMIT_VKINDS] = {
    [EMIT_VAND] = LOGIC(0, 0),           [EMIT_VANDN] = LOGIC(0, 1),         [EMIT_VOR] = LOGIC(0, 2),
    [EMIT_VXOR] = LOGIC(1, 0),           [EMIT_VADD] = SAME(0, 0x10, 15),    [EMIT_VADDS] = SAME(0, 0x01, 15),
    [EMIT_VADDU] = SAME(1, 0x01, 15),    [EMIT_VSUB] = SAME(1, 0x10, 15),    [EMIT_VSUBS] = SAME(0, 0x05, 15),
    [EMIT_VSUBU] = SAME(1, 0x05, 15),    [EMIT_VEQ] = SAME(1, 0x11, 15),     [EMIT_VGTS] = SAME(0, 0x06, 15),
    [EMIT_VGTU] = SAME(1, 0x06, 15),     [EMIT_VGES] = SAME(0, 0x07, 15),    [EMIT_VGEU] = SAME(1, 0x07, 15),
    [EMIT_VMINS] = SAME(0, 0x0d, 7),     [EMIT_VMINU] = SAME(1, 0x0d, 7),    [EMIT_VMAXS] = SAME(0, 0x0c, 7),
    [EMIT_VMAXU] = SAME(1, 0x0c, 7),     [EMIT_VAVGU] = SAME(1, 0x02, 7),    [EMIT_VMUL] = SAME(0, 0x13, 7),
    [EMIT_VLOW] = { 0x4e003800, 15 },    // ZIP1
    [EMIT_VHIGH] = { 0x4e007800, 15 },   // ZIP2
    [EMIT_VNARROWS] = { 0x0e214800, 6 }, // SQXTN
    [EMIT_VNARROWU] = { 0x2e212800, 6 }, // SQXTUN
    [EMIT_VLOOKUP] = { 0x4e000000, 1 },  // TBL
    [EMIT_VABS] = { 0x4e20b800, 7 },     [EMIT_VADDPAIR] = SAME(0, 0x17, 6),
};

static unsigned size_of(unsigned lane)
{
    return lane == 8 ? 0 : lane == 16 ? 1 : lane == 32 ? 2 : 3;
}

bool emit_vector_can(enum emit_vector kind, unsigned lane)
{
    return operations[kind].sizes & (0x80 | 1 << size_of(lane));
}

// Lanes of a, then of b, to half the size.
static void narrow(struct emit *e, uint32_t instruction, unsigned d, unsigned a, unsigned b)
{
    put_dn(e, instruction, V2, a);
    put_dn(e, instruction | BIT32(30), V2, b);
    emit_vector_move(e, d, V2);
}

void emit_vector(struct emit *e, enum emit_vector kind, unsigned lane, unsigned d, unsigned a, unsigned b)
{
    uint32_t instruction = operations[kind].instruction;
    if (!(operations[kind].sizes & 0x80))
        instruction |= size_of(lane) << 22;
    switch (kind) {
    case EMIT_VNARROWS:
    case EMIT_VNARROWU: narrow(e, instruction - (1 << 22), d, a, b); break; // of the narrow lanes
    case EMIT_VLOOKUP:
        put(e, 0x4f00e400 | 4 << 16 | 15 << 5 | V2); // MOVI V2.16B, #8fh
        put_dnm(e, operations[EMIT_VAND].instruction, V2, V2, b);
        put_dnm(e, instruction, d, a, V2);
        break;
    case EMIT_VABS: put_dn(e, instruction, d, b); break;
    default: put_dnm(e, instruction, d, a, b); break;
    }
}

// --- moves -----------------------------------------------------------------------------------------------------------

void emit_vector_state_load(struct emit *e, unsigned d, unsigned offset)
{
    put_access(e, VECTOR | LOAD, 16, d, STATE, offset);
}

void emit_vector_state_store(struct emit *e, unsigned offset, unsigned a)
{
    put_access(e, VECTOR | STORE, 16, a, STATE, offset);
}

void emit_vector_read(struct emit *e, unsigned d, unsigned base, int32_t displacement, unsigned size)
{
    put_access(e, VECTOR | LOAD, size, d, base, displacement);
}

void emit_vector_write(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a)
{
    put_access(e, VECTOR | STORE, size, a, base, displacement);
}

void emit_vector_move(struct emit *e, unsigned d, unsigned a)
{
    if (d != a)
        put_dnm(e, operations[EMIT_VOR].instruction, d, a, a);
}

void emit_vector_zero(struct emit *e, unsigned d)
{
    put(e, 0x4f00e400 | d); // MOVI
}

void emit_vector_ones(struct emit *e, unsigned d)
{
    put(e, 0x4f00e400 | 7 << 16 | 31 << 5 | d);
}

void emit_vector_low(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, bits == 64 ? 0x1e604000 : 0x1e204000, d, a); // FMOV
}

// INS: lane `to` of d becomes lane `from` of a.
static void insert(struct emit *e, unsigned lane, unsigned d, unsigned to, unsigned a, unsigned from)
{
    unsigned size = size_of(lane);
    put_dn(e, 0x6e000400 | (to << 1 | 1) << size << 16 | from << size << 11, d, a);
}

void emit_vector_put_low(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    insert(e, bits, d, 0, a, 0);
}

void emit_vector_from(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, bits == 64 ? 0x9e670000 : 0x1e270000, d, a); // FMOV
}

void emit_vector_to(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, bits == 64 ? 0x9e660000 : 0x1e260000, d, a);
}

// --- shifts and permutations -----------------------------------------------------------------------------------------

// By an immediate: immh:immb is the lane's size plus what it is shifted to the left, or twice the size less what to the right.
static void put_shift(struct emit *e, uint32_t instruction, unsigned field, unsigned d, unsigned a)
{
    put_dn(e, instruction | field << 16, d, a);
}

enum { SHL = 0x4f005400, USHR = 0x6f000400, SSHR = 0x4f000400, USRA = 0x6f001400 };

void emit_vector_shift(struct emit *e, enum emit_shift shift, unsigned lane, unsigned d, unsigned a, unsigned count)
{
    if (count == 0)
        emit_vector_move(e, d, a);
    else if (shift == EMIT_SHL && count == lane)
        emit_vector_zero(e, d);
    else if (shift == EMIT_SHL)
        put_shift(e, SHL, lane + count, d, a);
    else
        put_shift(e, shift == EMIT_SHR ? USHR : SSHR, 2 * lane - count, d, a);
}

bool emit_vector_can_extract(unsigned a, unsigned b)
{
    (void)a, (void)b;
    return true;
}

void emit_vector_extract(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned count)
{
    if (a == EMIT_NONE || b == EMIT_NONE) {
        emit_vector_zero(e, V2);
        a = a == EMIT_NONE ? V2 : a;
        b = b == EMIT_NONE ? V2 : b;
    }
    if (count == 16)
        emit_vector_move(e, d, b);
    else
        put_dnm(e, 0x6e000000 | count << 11, d, a, b); // EXT
}

void emit_vector_pick(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned order)
{
    for (unsigned i = 0; i < 4; i++)
        insert(e, 32, V2, i, i < 2 ? a : b, order >> 2 * i & 3);
    emit_vector_move(e, d, V2);
}

void emit_vector_order16(struct emit *e, bool upper, unsigned d, unsigned a, unsigned order)
{
    unsigned first = upper ? 4 : 0;
    emit_vector_move(e, V2, a);
    for (unsigned i = 0; i < 4; i++)
        insert(e, 16, V2, first + i, a, first + (order >> 2 * i & 3));
    emit_vector_move(e, d, V2);
}

// UMOV of a byte.
static void byte_to(struct emit *e, unsigned d, unsigned a, unsigned index)
{
    put_dn(e, 0x0e003c00 | (index << 1 | 1) << 16, d, a);
}

// The signs of a half gather in its lowest byte, as lanes are added to those below them.
void emit_vector_signs(struct emit *e, unsigned lane, unsigned d, unsigned a)
{
    put_shift(e, USHR, lane + 1, V2, a); // by lane - 1
    for (unsigned size = 2 * lane, by = lane - 1; size <= 64; size *= 2, by *= 2)
        put_shift(e, USRA, 2 * size - by, V2, V2);
    byte_to(e, d, V2, 0);
    byte_to(e, X17, V2, 8);
    emit_shift_constant(e, EMIT_SHL, 64, X17, X17, 64 / lane);
    emit_alu(e, EMIT_OR, 64, d, d, X17);
}

// --- floating point --------------------------------------------------------------------------------------------------

static uint32_t typed(uint32_t instruction, unsigned bits)
{
    return instruction | (bits == 64 ? 1 << 22 : 0);
}

void emit_float(struct emit *e, enum emit_float kind, unsigned bits, bool keeps, unsigned d, unsigned a, unsigned b)
{
    static const uint32_t instructions[] = {
        [EMIT_FADD] = 0x1e202800, [EMIT_FSUB] = 0x1e203800, [EMIT_FMUL] = 0x1e200800, [EMIT_FDIV] = 0x1e201800
    };
    unsigned to = keeps ? V2 : d;
    if (kind == EMIT_FSQRT)
        put_dn(e, typed(0x1e21c000, bits), to, b);
    else
        put_dnm(e, typed(instructions[kind], bits), to, a, b);
    if (keeps) {
        emit_vector_move(e, d, a);
        emit_vector_put_low(e, bits, d, V2);
    }
}

void emit_float_lanes(struct emit *e, enum emit_float kind, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    static const uint32_t instructions[] = {
        [EMIT_FADD] = 0x4e20d400, [EMIT_FSUB] = 0x4ea0d400, [EMIT_FMUL] = 0x6e20dc00, [EMIT_FDIV] = 0x6e20fc00
    };
    put_dnm(e, typed(instructions[kind], bits), d, a, b);
}

bool emit_float_can_fuse(void)
{
    return true;
}

void emit_float_fused(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b, unsigned x)
{
    put_dnm(e, typed(0x1f000000, bits) | x << 10, d, a, b); // FMADD
}

void emit_float_compare(struct emit *e, unsigned bits, unsigned a, unsigned b, struct emit_label *unordered)
{
    put_dnm(e, typed(0x1e202000, bits), 0, a, b); // FCMP: less has neither C nor Z, equal both, greater C
    emit_branch(e, EMIT_VS, unordered);
}

void emit_float_from_int(struct emit *e, unsigned bits, unsigned d, unsigned from_bits, unsigned a)
{
    put_dn(e, typed(0x1e220000, bits) | (from_bits == 64 ? BIT32(31) : 0), d, a); // SCVTF
}

void emit_float_convert(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, bits == 64 ? 0x1e22c000 : 0x1e624000, d, a); // FCVT
}

// What does not fit becomes the nearest that does, a NaN 0.
void emit_float_to_int(struct emit *e, unsigned to_bits, unsigned d, unsigned bits, unsigned a, bool truncates,
                       struct emit_label *bad)
{
    emit_float_compare(e, bits, a, a, bad);
    put_dn(e, typed(truncates ? 0x1e380000 : 0x1e200000, bits) | (to_bits == 64 ? BIT32(31) : 0), d,
           a); // FCVTZS, FCVTNS
    emit_compare_constant(e, to_bits, d, bits_low(to_bits - 1));
    emit_branch(e, EMIT_EQ, bad);
    emit_compare_constant(e, to_bits, d, UINT64_C(1) << (to_bits - 1));
    emit_branch(e, EMIT_EQ, bad);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Moves: copies between elements and general registers, permutations, table lookup, immediates (Arm ARM section
// C4.1.96).
#include "vcpu/aarch64/float/simd_ops.h"

static uint64_t element(const union a64_vector *v, unsigned log2, unsigned index)
{
    switch (log2) {
    case 0: return v->b[index];
    case 1: return v->h[index];
    case 2: return v->s[index];
    default: return v->d[index];
    }
}

static void set_element(union a64_vector *v, unsigned log2, unsigned index, uint64_t value)
{
    switch (log2) {
    case 0: v->b[index] = (uint8_t)value; break;
    case 1: v->h[index] = (uint16_t)value; break;
    case 2: v->s[index] = (uint32_t)value; break;
    default: v->d[index] = value; break;
    }
}

// --- copies: imm5 is the index of an element above a 1 whose position is its size -------------------------------------------

static unsigned copy_size(uint32_t word)
{
    return bits_lowest(a64_field(word, 20, 16));
}

static unsigned copy_index(uint32_t word)
{
    return a64_field(word, 20, 16) >> (copy_size(word) + 1);
}

static uint64_t copy_element(const struct a64_cpu *cpu, uint32_t word)
{
    return element(&cpu->v[SIMD_RN(word)], copy_size(word), copy_index(word));
}

static uint64_t copy_general(const struct a64_cpu *cpu, uint32_t word)
{
    return cpu->r[SIMD_RN(word)]; // 31 is the slot of zero
}

static void dup_element(struct a64_cpu *cpu, uint32_t word)
{
    unsigned bytes = 1u << copy_size(word);
    cpu->v[SIMD_RD(word)] = simd_low(simd_repeat(copy_element(cpu, word), bytes), simd_width(word, bytes));
}

static void dup_general(struct a64_cpu *cpu, uint32_t word)
{
    unsigned bytes = 1u << copy_size(word);
    cpu->v[SIMD_RD(word)] = simd_low(simd_repeat(copy_general(cpu, word), bytes), simd_width(word, bytes));
}

static void ins_general(struct a64_cpu *cpu, uint32_t word)
{
    set_element(&cpu->v[SIMD_RD(word)], copy_size(word), copy_index(word), copy_general(cpu, word));
}

static void ins_element(struct a64_cpu *cpu, uint32_t word)
{
    unsigned size = copy_size(word);
    uint64_t value = element(&cpu->v[SIMD_RN(word)], size, a64_field(word, 14, 11) >> size);
    set_element(&cpu->v[SIMD_RD(word)], size, copy_index(word), value);
}

static void umov(struct a64_cpu *cpu, uint32_t word)
{
    cpu->r[a64_target(SIMD_RD(word))] = copy_element(cpu, word);
}

static void smov(struct a64_cpu *cpu, uint32_t word)
{
    uint64_t value = (uint64_t)bits_sign(copy_element(cpu, word), 8u << copy_size(word));
    cpu->r[a64_target(SIMD_RD(word))] = SIMD_Q(word) ? value : (uint32_t)value;
}

a64_simd_function *a64_simd_copy(uint32_t word)
{
    unsigned op = a64_bit(word, 29), imm4 = a64_field(word, 14, 11), q = SIMD_Q(word);
    if (!a64_field(word, 19, 16))
        return NULL;
    unsigned size = copy_size(word);
    if (simd_is_scalar(word))
        return op == 0 && imm4 == 0 ? dup_element : NULL;
    if (op)
        return q ? ins_element : NULL;
    switch (imm4) {
    case 0: return size == 3 && !q ? NULL : dup_element;
    case 1: return size == 3 && !q ? NULL : dup_general;
    case 3: return q ? ins_general : NULL;
    case 5: return size < 2 + q ? smov : NULL;
    case 7: return q == (size == 3) ? umov : NULL;
    default: return NULL;
    }
}

// --- permutations ----------------------------------------------------------------------------------------------------

// The lane of Rm:Rn (Rn below) that goes to lane i of a result of `lanes`; `part` is 1 for UZP2, TRN2, ZIP2.
static unsigned permuted(unsigned kind, unsigned part, unsigned lanes, unsigned i)
{
    switch (kind) {
    case 1: return 2 * i + part;                                          // UZP
    case 2: return (i & 1 ? lanes : 0) + (i & ~1u) + part;                // TRN
    default: return (i & 1 ? lanes : 0) + (part ? lanes / 2 : 0) + i / 2; // ZIP
    }
}

static void permute(struct a64_cpu *cpu, uint32_t word)
{
    const unsigned size = a64_field(word, 23, 22), lanes = (SIMD_Q(word) ? 16u : 8u) >> size;
    const union a64_vector n = cpu->v[SIMD_RN(word)], m = cpu->v[SIMD_RM(word)];
    union a64_vector d = { .d = { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        unsigned from = permuted(a64_field(word, 13, 12), a64_bit(word, 14), lanes, i);
        set_element(&d, size, i, element(from < lanes ? &n : &m, size, from % lanes));
    }
    cpu->v[SIMD_RD(word)] = d;
}

static void extract(struct a64_cpu *cpu, uint32_t word)
{
    const unsigned width = SIMD_Q(word) ? 16 : 8;
    uint8_t both[32];
    memcpy(both, cpu->v[SIMD_RN(word)].b, 16);
    memcpy(both + width, cpu->v[SIMD_RM(word)].b, 16);
    union a64_vector d;
    memcpy(d.b, both + a64_field(word, 14, 11), sizeof d.b);
    cpu->v[SIMD_RD(word)] = simd_low(d, width);
}

// TBL writes 0 where the index is outside the table, TBX leaves the byte.
static void look_up(struct a64_cpu *cpu, uint32_t word)
{
    const unsigned count = a64_field(word, 14, 13) + 1, width = SIMD_Q(word) ? 16 : 8;
    const union a64_vector index = cpu->v[SIMD_RM(word)];
    union a64_vector d = a64_bit(word, 12) ? cpu->v[SIMD_RD(word)] : (union a64_vector){ .d = { 0, 0 } };
    for (unsigned i = 0; i < width; i++)
        if (index.b[i] < 16 * count)
            d.b[i] = cpu->v[(SIMD_RN(word) + index.b[i] / 16) & 31].b[index.b[i] % 16];
    cpu->v[SIMD_RD(word)] = simd_low(d, width);
}

a64_simd_function *a64_simd_permute(uint32_t word)
{
    unsigned size = a64_field(word, 23, 22), q = SIMD_Q(word);
    if (a64_bit(word, 29))
        return size == 0 && !a64_bit(word, 10) && (q || !a64_bit(word, 14)) ? extract : NULL;
    if (a64_field(word, 11, 10) == 0)
        return size == 0 ? look_up : NULL;
    return a64_field(word, 11, 10) == 2 && a64_field(word, 13, 12) && (size < 3 || q) ? permute : NULL;
}

// --- immediates ------------------------------------------------------------------------------------------------------

// VFPExpandImm (section J1.2): a sign, 3 bits of exponent, 4 of fraction.
uint64_t a64_simd_expand_float(unsigned imm8, bool is_double)
{
    uint64_t sign = imm8 >> 7, b = imm8 >> 6 & 1, rest = imm8 & 0x3f;
    return is_double ? sign << 63 | (b ^ 1) << 62 | (b ? UINT64_C(0xff) : 0) << 54 | rest << 48
                     : sign << 31 | (b ^ 1) << 30 | (b ? UINT64_C(0x1f) : 0) << 25 | rest << 19;
}

static uint64_t expand_bytes(unsigned imm8)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < 8; i++)
        out |= imm8 >> i & 1 ? UINT64_C(0xff) << 8 * i : 0;
    return out;
}

// AdvSIMDExpandImm (section J1.1).
static union a64_vector expand(uint32_t word)
{
    const unsigned cmode = a64_field(word, 15, 12), imm8 = a64_field(word, 18, 16) << 5 | a64_field(word, 9, 5);
    switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3: return simd_repeat((uint64_t)imm8 << 8 * (cmode >> 1), 4);
    case 4:
    case 5: return simd_repeat((uint64_t)imm8 << 8 * (cmode >> 1 & 1), 2);
    case 6: return simd_repeat(cmode & 1 ? imm8 << 16 | 0xffff : imm8 << 8 | 0xff, 4);
    default: break;
    }
    if (a64_bit(word, 29))
        return simd_repeat(cmode & 1 ? a64_simd_expand_float(imm8, true) : expand_bytes(imm8), 8);
    return cmode & 1 ? simd_repeat(a64_simd_expand_float(imm8, false), 4) : simd_repeat(imm8, 1);
}

static void write_immediate(struct a64_cpu *cpu, uint32_t word, uint64_t low, uint64_t high)
{
    cpu->v[SIMD_RD(word)] = (union a64_vector){ .d = { low, SIMD_Q(word) ? high : 0 } };
}

static void movi(struct a64_cpu *cpu, uint32_t word) // FMOV too
{
    union a64_vector v = expand(word);
    write_immediate(cpu, word, v.d[0], v.d[1]);
}

static void mvni(struct a64_cpu *cpu, uint32_t word)
{
    union a64_vector v = expand(word);
    write_immediate(cpu, word, ~v.d[0], ~v.d[1]);
}

static void orr_immediate(struct a64_cpu *cpu, uint32_t word)
{
    union a64_vector v = expand(word), d = cpu->v[SIMD_RD(word)];
    write_immediate(cpu, word, d.d[0] | v.d[0], d.d[1] | v.d[1]);
}

static void bic_immediate(struct a64_cpu *cpu, uint32_t word)
{
    union a64_vector v = expand(word), d = cpu->v[SIMD_RD(word)];
    write_immediate(cpu, word, d.d[0] & ~v.d[0], d.d[1] & ~v.d[1]);
}

a64_simd_function *a64_simd_immediate(uint32_t word)
{
    unsigned cmode = a64_field(word, 15, 12), op = a64_bit(word, 29);
    if (a64_bit(word, 11) || (cmode == 15 && op && !SIMD_Q(word)))
        return NULL;
    if (cmode < 12 && (cmode & 1))
        return op ? bic_immediate : orr_immediate;
    return op && cmode < 14 ? mvni : movi;
}

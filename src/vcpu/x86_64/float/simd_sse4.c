// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// SSE4.1 and SSE4.2 except floating-point arithmetic: blends, extensions, inserts and extracts, 64-bit lanes, and the
// string comparisons (SDM vol. 1, 12.10 and 12.11; vol. 2, 4.1 for the latter).
#include "base/bits.h"
#include "vcpu/x86_64/float/simd_ops.h"

#define LANES(name, type, ...)                                                                                         \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        (void)cpu, (void)imm;                                                                                          \
        type to[16 / sizeof(type)], from[16 / sizeof(type)];                                                           \
        memcpy(to, d, 16);                                                                                             \
        memcpy(from, s, 16);                                                                                           \
        for (unsigned i = 0; i < 16 / sizeof(type); i++) {                                                             \
            const type x = to[i], y = from[i];                                                                         \
            to[i] = (type)(__VA_ARGS__);                                                                               \
        }                                                                                                              \
        memcpy(d, to, 16);                                                                                             \
        return true;                                                                                                   \
    }
SIMD_LANES_SSE4(LANES)

// --- blends: the element of the source where the mask is set ---------------------------------------------------------

static bool blend(void *d, const void *s, unsigned size, unsigned mask)
{
    for (unsigned i = 0; i < 16 / size; i++) {
        if (mask >> i & 1) {
            memmove((char *)d + i * size, (const char *)s + i * size, size);
        }
    }
    return true;
}

#define BLEND(name, size)                                                                                              \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        (void)cpu;                                                                                                     \
        return blend(d, s, size, imm);                                                                                 \
    }
BLEND(blendps, 4)
BLEND(blendpd, 8)
BLEND(pblendw, 2)

// By the top bits of XMM0's elements.
#define BLEND_VARIABLE(name, size)                                                                                     \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        (void)imm;                                                                                                     \
        unsigned mask = 0;                                                                                             \
        for (unsigned i = 0; i < 16 / (size); i++) {                                                                   \
            mask |= (unsigned)(cpu->xmm[0].b[i * (size) + (size)-1] >> 7) << i;                                        \
        }                                                                                                              \
        return blend(d, s, size, mask);                                                                                \
    }
BLEND_VARIABLE(pblendvb, 1)
BLEND_VARIABLE(blendvps, 4)
BLEND_VARIABLE(blendvpd, 8)

SIMD_RUN(sse_ptest)
{
    (void)imm;
    uint64_t x[2], y[2];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    const bool zero = ((x[0] & y[0]) | (x[1] & y[1])) == 0, carry = ((~x[0] & y[0]) | (~x[1] & y[1])) == 0;
    x86_set_arithmetic_flags(cpu, (zero ? X86_ZF : 0u) | (carry ? X86_CF : 0u));
    return true;
}

// --- extensions, packs, sums -----------------------------------------------------------------------------------------

#define EXTEND(name, from_type, to_type)                                                                               \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        (void)cpu, (void)imm;                                                                                          \
        from_type from[16 / sizeof(to_type)];                                                                          \
        to_type to[16 / sizeof(to_type)];                                                                              \
        memcpy(from, s, sizeof(from));                                                                                 \
        for (unsigned i = 0; i < 16 / sizeof(to_type); i++) {                                                          \
            to[i] = from[i];                                                                                           \
        }                                                                                                              \
        memcpy(d, to, 16);                                                                                             \
        return true;                                                                                                   \
    }
EXTEND(pmovsxbw, int8_t, int16_t)
EXTEND(pmovsxbd, int8_t, int32_t)
EXTEND(pmovsxbq, int8_t, int64_t)
EXTEND(pmovsxwd, int16_t, int32_t)
EXTEND(pmovsxwq, int16_t, int64_t)
EXTEND(pmovsxdq, int32_t, int64_t)
EXTEND(pmovzxbw, uint8_t, uint16_t)
EXTEND(pmovzxbd, uint8_t, uint32_t)
EXTEND(pmovzxbq, uint8_t, uint64_t)
EXTEND(pmovzxwd, uint16_t, uint32_t)
EXTEND(pmovzxwq, uint16_t, uint64_t)
EXTEND(pmovzxdq, uint32_t, uint64_t)

SIMD_RUN(sse_packusdw)
{
    (void)cpu, (void)imm;
    int32_t from[8];
    uint16_t to[8];
    memcpy(from, d, 16);
    memcpy(from + 4, s, 16);
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (uint16_t)simd_saturate(from[i], 0, UINT16_MAX);
    }
    memcpy(d, to, 16);
    return true;
}

SIMD_RUN(sse_phminposuw)
{
    (void)cpu, (void)imm;
    uint16_t words[8], to[8] = { 0 };
    memcpy(words, s, 16);
    unsigned least = 0;
    for (unsigned i = 1; i < 8; i++) {
        least = words[i] < words[least] ? i : least;
    }
    to[0] = words[least];
    to[1] = (uint16_t)least;
    memcpy(d, to, 16);
    return true;
}

// Eight sums of absolute differences of four bytes: a block of s, and blocks of d each one byte farther on.
SIMD_RUN(sse_mpsadbw)
{
    (void)cpu;
    uint8_t x[16], y[16];
    uint16_t to[8];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    const unsigned x_start = (imm >> 2 & 1) * 4, y_start = (imm & 3) * 4;
    for (unsigned i = 0; i < 8; i++) {
        unsigned sum = 0;
        for (unsigned k = 0; k < 4; k++) {
            const int difference = x[x_start + i + k] - y[y_start + k];
            sum += (unsigned)(difference < 0 ? -difference : difference);
        }
        to[i] = (uint16_t)sum;
    }
    memcpy(d, to, 16);
    return true;
}

// --- inserts and extracts: the register's element chosen by imm8 -----------------------------------------------------

#define INSERT_EXTRACT(suffix, size)                                                                                   \
    SIMD_RUN(sse_pinsr##suffix)                                                                                        \
    {                                                                                                                  \
        (void)cpu;                                                                                                     \
        memmove((char *)d + (imm & (16 / (size)-1)) * (size), s, size);                                                \
        return true;                                                                                                   \
    }                                                                                                                  \
    SIMD_RUN(sse_pextr##suffix)                                                                                        \
    {                                                                                                                  \
        (void)cpu;                                                                                                     \
        uint64_t value = 0;                                                                                            \
        memcpy(&value, (const char *)s + (imm & (16 / (size)-1)) * (size), size);                                      \
        memcpy(d, &value, sizeof(value));                                                                              \
        return true;                                                                                                   \
    }
INSERT_EXTRACT(b, 1)
INSERT_EXTRACT(d, 4)
INSERT_EXTRACT(q, 8)

static bool insert_single(void *d, uint32_t value, unsigned imm)
{
    uint32_t to[4];
    memcpy(to, d, 16);
    to[imm >> 4 & 3] = value;
    for (unsigned i = 0; i < 4; i++) {
        to[i] = imm >> i & 1 ? 0 : to[i];
    }
    memcpy(d, to, 16);
    return true;
}

SIMD_RUN(sse_insertps)
{
    (void)cpu;
    uint32_t from[4];
    memcpy(from, s, 16);
    return insert_single(d, from[imm >> 6 & 3], imm);
}

SIMD_RUN(sse_insertps_memory)
{
    (void)cpu;
    uint32_t value;
    memcpy(&value, s, 4);
    return insert_single(d, value, imm);
}

// --- string comparisons ----------------------------------------------------------------------------------------------

struct strings {
    int32_t a[16], b[16]; // elements of the first and the second operand
    unsigned count;       // of elements: 16 bytes or 8 words
    unsigned a_length, b_length;
};

static void load_elements(int32_t *to, const void *from, unsigned format)
{
    for (unsigned i = 0; i < (format & 1 ? 8u : 16u); i++) {
        int16_t word;
        memcpy(&word, (const char *)from + 2 * (i & 7), 2);
        const uint8_t byte = ((const uint8_t *)from)[i];
        switch (format) {
        case 0: to[i] = byte; break;
        case 1: to[i] = (uint16_t)word; break;
        case 2: to[i] = (int8_t)byte; break;
        default: to[i] = word; break;
        }
    }
}

// The length of a string that a zero ends.
static unsigned implicit_length(const int32_t *elements, unsigned count)
{
    unsigned length = 0;
    while (length < count && elements[length]) {
        length++;
    }
    return length;
}

// The length in EAX, EDX, or with REX.W in RAX, RDX: its magnitude, at most `count`.
static unsigned explicit_length(uint64_t value, bool wide, unsigned count)
{
    const int64_t length = wide ? (int64_t)value : (int32_t)value;
    const uint64_t magnitude = length < 0 ? UINT64_C(0) - (uint64_t)length : (uint64_t)length;
    return magnitude > count ? count : (unsigned)magnitude;
}

// Does element i of a match at position k of b, by the rules of "equal each" and "equal ordered"?
static bool agree(const struct strings *strings, unsigned i, unsigned k, bool ordered)
{
    const bool a_valid = i < strings->a_length, b_valid = k < strings->b_length;
    if (a_valid && b_valid) {
        return strings->a[i] == strings->b[k];
    }
    return ordered ? !a_valid : a_valid == b_valid;
}

static bool element_result(const struct strings *strings, unsigned aggregation, unsigned j)
{
    enum { EQUAL_ANY, RANGES, EQUAL_EACH, EQUAL_ORDERED };
    switch (aggregation) {
    case EQUAL_ANY:
        for (unsigned i = 0; i < strings->a_length && j < strings->b_length; i++) {
            if (strings->a[i] == strings->b[j]) {
                return true;
            }
        }
        return false;
    case RANGES:
        for (unsigned i = 0; i + 1 < strings->a_length && j < strings->b_length; i += 2) {
            if (strings->a[i] <= strings->b[j] && strings->b[j] <= strings->a[i + 1]) {
                return true;
            }
        }
        return false;
    case EQUAL_EACH: return agree(strings, j, j, false);
    default:
        for (unsigned i = 0; i + j < strings->count; i++) {
            if (!agree(strings, i, i + j, true)) {
                return false;
            }
        }
        return true;
    }
}

// The result bits (IntRes2), and all six flags.
static unsigned compare_strings(struct x86_cpu *cpu, const struct strings *strings, unsigned imm)
{
    const unsigned all = (unsigned)bits_low(strings->count);
    unsigned result = 0;
    for (unsigned j = 0; j < strings->count; j++) {
        result |= (unsigned)element_result(strings, imm >> 2 & 3, j) << j;
    }
    if (imm & 0x10) { // negative polarity: all, or those of the second string alone
        result ^= imm & 0x20 ? (unsigned)bits_low(strings->b_length) : all;
    }
    x86_set_arithmetic_flags(cpu, (result ? X86_CF : 0u) | (strings->b_length < strings->count ? X86_ZF : 0u) |
                                      (strings->a_length < strings->count ? X86_SF : 0u) | (result & 1 ? X86_OF : 0u));
    return result;
}

static bool string_index(struct x86_cpu *cpu, const struct strings *strings, unsigned imm)
{
    const unsigned result = compare_strings(cpu, strings, imm);
    cpu->r[X86_RCX] = !result ? strings->count : imm & 0x40 ? bits_highest(result) : bits_lowest(result);
    return true;
}

static bool string_mask(struct x86_cpu *cpu, const struct strings *strings, unsigned imm)
{
    const unsigned result = compare_strings(cpu, strings, imm), size = 16 / strings->count;
    union x86_xmm mask = { .q = { result } };
    if (imm & 0x40) {
        for (unsigned i = 0; i < 16; i++) {
            mask.b[i] = result >> i / size & 1 ? 0xff : 0;
        }
    }
    cpu->xmm[0] = mask;
    return true;
}

static struct strings load_strings(const void *d, const void *s, unsigned imm)
{
    struct strings strings = { .count = imm & 1 ? 8 : 16 };
    load_elements(strings.a, d, imm & 3);
    load_elements(strings.b, s, imm & 3);
    strings.a_length = implicit_length(strings.a, strings.count);
    strings.b_length = implicit_length(strings.b, strings.count);
    return strings;
}

static struct strings load_counted(const struct x86_cpu *cpu, const void *d, const void *s, unsigned imm, bool wide)
{
    struct strings strings = load_strings(d, s, imm);
    strings.a_length = explicit_length(cpu->r[X86_RAX], wide, strings.count);
    strings.b_length = explicit_length(cpu->r[X86_RDX], wide, strings.count);
    return strings;
}

#define STRINGS(name, finish, ...)                                                                                     \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        const struct strings strings = __VA_ARGS__;                                                                    \
        return finish(cpu, &strings, imm);                                                                             \
    }
STRINGS(pcmpistri, string_index, load_strings(d, s, imm))
STRINGS(pcmpistrm, string_mask, load_strings(d, s, imm))
STRINGS(pcmpestri, string_index, load_counted(cpu, d, s, imm, false))
STRINGS(pcmpestrm, string_mask, load_counted(cpu, d, s, imm, false))
STRINGS(pcmpestri64, string_index, load_counted(cpu, d, s, imm, true))
STRINGS(pcmpestrm64, string_mask, load_counted(cpu, d, s, imm, true))

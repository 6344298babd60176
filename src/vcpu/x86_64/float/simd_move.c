// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX and SSE data movement: moves, unpacks, shuffles, inserts, extracts and masks (SDM vol. 2).
#include "vcpu/x86_64/float/simd_ops.h"

#include "base/bits.h"

#define UNUSED (void)cpu, (void)s, (void)imm

SIMD_RUN(simd_nothing)
{
    UNUSED, (void)d;
    return true;
}

SIMD_RUN(simd_move4)
{
    UNUSED;
    memmove(d, s, 4);
    return true;
}

SIMD_RUN(simd_move8)
{
    UNUSED;
    memmove(d, s, 8);
    return true;
}

SIMD_RUN(simd_move16)
{
    UNUSED;
    memmove(d, s, 16);
    return true;
}

static void move_zero(void *d, const void *s, unsigned from, unsigned to)
{
    uint8_t bytes[16] = { 0 };
    memcpy(bytes, s, from);
    memcpy(d, bytes, to);
}

SIMD_RUN(simd_move4_zero8)
{
    UNUSED;
    move_zero(d, s, 4, 8);
    return true;
}

SIMD_RUN(simd_move4_zero)
{
    UNUSED;
    move_zero(d, s, 4, 16);
    return true;
}

SIMD_RUN(simd_move8_zero)
{
    UNUSED;
    move_zero(d, s, 8, 16);
    return true;
}

SIMD_RUN(simd_high_to_low)
{
    UNUSED;
    memmove(d, (const char *)s + 8, 8);
    return true;
}

SIMD_RUN(simd_low_to_high)
{
    UNUSED;
    memmove((char *)d + 8, s, 8);
    return true;
}

// The EMMS part, all registers empty, is in x86_simd_done.
SIMD_RUN(simd_emms)
{
    UNUSED, (void)d;
    return true;
}

// --- permutations ----------------------------------------------------------------------------------------------------

// Elements of `size` bytes: alternately from d and s, starting at byte `start` of each.
static inline bool unpack(void *d, const void *s, unsigned bytes, unsigned size, unsigned start)
{
    uint8_t x[16], y[16], to[16];
    memcpy(x, d, bytes);
    memcpy(y, s, start ? bytes : bytes / 2);
    for (unsigned i = 0; i < bytes / 2; i += size) {
        memcpy(to + 2 * i, x + start + i, size);
        memcpy(to + 2 * i + size, y + start + i, size);
    }
    memcpy(d, to, bytes);
    return true;
}

#define UNPACK(name, bytes, size, start)                                                                               \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)cpu, (void)imm;                                                                                          \
        return unpack(d, s, bytes, size, start);                                                                       \
    }
UNPACK(mmx_punpcklbw, 8, 1, 0)
UNPACK(mmx_punpcklwd, 8, 2, 0)
UNPACK(mmx_punpckldq, 8, 4, 0)
UNPACK(mmx_punpckhbw, 8, 1, 4)
UNPACK(mmx_punpckhwd, 8, 2, 4)
UNPACK(mmx_punpckhdq, 8, 4, 4)
UNPACK(sse_punpcklbw, 16, 1, 0)
UNPACK(sse_punpcklwd, 16, 2, 0)
UNPACK(sse_punpckldq, 16, 4, 0)
UNPACK(sse_punpcklqdq, 16, 8, 0)
UNPACK(sse_punpckhbw, 16, 1, 8)
UNPACK(sse_punpckhwd, 16, 2, 8)
UNPACK(sse_punpckhdq, 16, 4, 8)
UNPACK(sse_punpckhqdq, 16, 8, 8)

// Four words of `s` chosen by imm8, two bits each.
static void shuffle_words(void *d, const void *s, unsigned imm)
{
    uint16_t from[4], to[4];
    memcpy(from, s, 8);
    for (unsigned i = 0; i < 4; i++) {
        to[i] = from[imm >> 2 * i & 3];
    }
    memcpy(d, to, 8);
}

SIMD_RUN(mmx_pshufw)
{
    (void)cpu;
    shuffle_words(d, s, imm);
    return true;
}

SIMD_RUN(sse_pshuflw)
{
    (void)cpu;
    memmove((char *)d + 8, (const char *)s + 8, 8);
    shuffle_words(d, s, imm);
    return true;
}

SIMD_RUN(sse_pshufhw)
{
    (void)cpu;
    memmove(d, s, 8);
    shuffle_words((char *)d + 8, (const char *)s + 8, imm);
    return true;
}

SIMD_RUN(sse_pshufd)
{
    (void)cpu;
    uint32_t from[4], to[4];
    memcpy(from, s, 16);
    for (unsigned i = 0; i < 4; i++) {
        to[i] = from[imm >> 2 * i & 3];
    }
    memcpy(d, to, 16);
    return true;
}

SIMD_RUN(sse_shufps)
{
    (void)cpu;
    uint32_t x[4], y[4];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    uint32_t to[4] = { x[imm & 3], x[imm >> 2 & 3], y[imm >> 4 & 3], y[imm >> 6 & 3] };
    memcpy(d, to, 16);
    return true;
}

SIMD_RUN(sse_shufpd)
{
    (void)cpu;
    uint64_t x[2], y[2];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    uint64_t to[2] = { x[imm & 1], y[imm >> 1 & 1] };
    memcpy(d, to, 16);
    return true;
}

// The 32-bit elements of the source that MOVSLDUP, MOVSHDUP and MOVDDUP select.
SIMD_RUN(simd_movsldup)
{
    (void)imm;
    return sse_pshufd(cpu, d, s, 0xa0);
}

SIMD_RUN(simd_movshdup)
{
    (void)imm;
    return sse_pshufd(cpu, d, s, 0xf5);
}

SIMD_RUN(simd_movddup)
{
    UNUSED;
    uint64_t low;
    memcpy(&low, s, 8);
    memcpy(d, (uint64_t[2]){ low, low }, 16);
    return true;
}

// --- words and masks, to and from general registers ------------------------------------------------------------------

SIMD_RUN(mmx_pinsrw)
{
    (void)cpu;
    memcpy((char *)d + 2 * (imm & 3), s, 2);
    return true;
}

SIMD_RUN(sse_pinsrw)
{
    (void)cpu;
    memcpy((char *)d + 2 * (imm & 7), s, 2);
    return true;
}

SIMD_RUN(mmx_pextrw)
{
    (void)cpu;
    move_zero(d, (const char *)s + 2 * (imm & 3), 2, 8);
    return true;
}

SIMD_RUN(sse_pextrw)
{
    (void)cpu;
    move_zero(d, (const char *)s + 2 * (imm & 7), 2, 8);
    return true;
}

// The top bit of each element of `size` bytes.
static bool signs(void *d, const void *s, unsigned bytes, unsigned size)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < bytes / size; i++) {
        mask |= (uint64_t)(((const uint8_t *)s)[i * size + size - 1] >> 7) << i;
    }
    memcpy(d, &mask, 8);
    return true;
}

#define SIGNS(name, bytes, size)                                                                                       \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)cpu, (void)imm;                                                                                          \
        return signs(d, s, bytes, size);                                                                               \
    }
SIGNS(sse_movmskps, 16, 4)
SIGNS(sse_movmskpd, 16, 8)

// The top bits of eight bytes. The factor moves each to its own place of the top byte, and no two meet.
static uint64_t byte_signs(const void *s)
{
    return (bytes_get(s, 8) >> 7 & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
}

static bool put_mask(void *d, uint64_t mask)
{
    bytes_put(d, 8, mask);
    return true;
}

SIMD_RUN(mmx_pmovmskb)
{
    (void)cpu, (void)imm;
    return put_mask(d, byte_signs(s));
}

SIMD_RUN(sse_pmovmskb)
{
    (void)cpu, (void)imm;
    return put_mask(d, byte_signs(s) | byte_signs((const uint8_t *)s + 8) << 8);
}

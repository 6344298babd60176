// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Packed integer arithmetic of MMX, SSE, SSE2 and SSSE3 (SDM vol. 2). Each operation is written once for both widths.
#include "vcpu/x86_64/float/simd_ops.h"

#include "base/bits.h"

// An operation on `bytes` (8 or 16) of d and s becomes an mmx_ and an sse_ function.
#define WIDTHS(name, call8, call16)                                                                                    \
    SIMD_RUN(mmx_##name)                                                                                               \
    {                                                                                                                  \
        (void)cpu, (void)s, (void)imm;                                                                                 \
        call8;                                                                                                         \
        return true;                                                                                                   \
    }                                                                                                                  \
    SIMD_RUN(sse_##name)                                                                                               \
    {                                                                                                                  \
        (void)cpu, (void)s, (void)imm;                                                                                 \
        call16;                                                                                                        \
        return true;                                                                                                   \
    }

#define LANES(name, type, ...)                                                                                         \
    static inline void lanes_##name(void *d, const void *s, unsigned bytes)                                            \
    {                                                                                                                  \
        type to[16 / sizeof(type)], from[16 / sizeof(type)];                                                           \
        memcpy(to, d, bytes);                                                                                          \
        memcpy(from, s, bytes);                                                                                        \
        for (unsigned i = 0; i < bytes / sizeof(type); i++) {                                                          \
            type x = to[i], y = from[i];                                                                               \
            to[i] = (type)(__VA_ARGS__);                                                                               \
        }                                                                                                              \
        memcpy(d, to, bytes);                                                                                          \
    }                                                                                                                  \
    WIDTHS(name, lanes_##name(d, s, 8), lanes_##name(d, s, 16))
SIMD_LANES(LANES)

// --- shifts: a count beyond the element's width gives 0, or the sign -------------------------------------------------

#define SHIFT(name, type, beyond, ...)                                                                                 \
    static inline void shift_##name(void *d, uint64_t count, unsigned bytes)                                           \
    {                                                                                                                  \
        type to[16 / sizeof(type)];                                                                                    \
        memcpy(to, d, bytes);                                                                                          \
        for (unsigned i = 0; i < bytes / sizeof(type); i++) {                                                          \
            type x = to[i];                                                                                            \
            to[i] = (type)(count >= sizeof(type) * 8 ? (beyond) : (__VA_ARGS__));                                      \
        }                                                                                                              \
        memcpy(d, to, bytes);                                                                                          \
    }                                                                                                                  \
    WIDTHS(name, shift_##name(d, shift_count(s), 8), shift_##name(d, shift_count(s), 16))                              \
    WIDTHS(name##i, shift_##name(d, imm, 8), shift_##name(d, imm, 16))

static inline uint64_t shift_count(const void *s)
{
    uint64_t count;
    memcpy(&count, s, sizeof count);
    return count;
}

SHIFT(psrlw, uint16_t, 0, x >> count)
SHIFT(psrld, uint32_t, 0, x >> count)
SHIFT(psrlq, uint64_t, 0, x >> count)
SHIFT(psraw, int16_t, x < 0 ? -1 : 0, x >> count)
SHIFT(psrad, int32_t, x < 0 ? -1 : 0, x >> count)
SHIFT(psllw, uint16_t, 0, (uint32_t)x << count)
SHIFT(pslld, uint32_t, 0, x << count)
SHIFT(psllq, uint64_t, 0, x << count)

SIMD_RUN(sse_psrldq)
{
    (void)cpu, (void)s;
    uint8_t bytes[32] = { 0 };
    memcpy(bytes, d, 16);
    memcpy(d, bytes + (imm > 16 ? 16 : imm), 16);
    return true;
}

SIMD_RUN(sse_pslldq)
{
    (void)cpu, (void)s;
    uint8_t bytes[32] = { 0 };
    memcpy(bytes + 16, d, 16);
    memcpy(d, bytes + 16 - (imm > 16 ? 16 : imm), 16);
    return true;
}

// --- packs: the elements of d, then those of s, at half their size, saturated ----------------------------------------

#define PACK(name, from_type, to_type, low, high)                                                                      \
    static inline void pack_##name(void *d, const void *s, unsigned bytes)                                             \
    {                                                                                                                  \
        from_type from[32 / sizeof(from_type)];                                                                        \
        to_type to[16 / sizeof(to_type)];                                                                              \
        memcpy(from, d, bytes);                                                                                        \
        memcpy((char *)from + bytes, s, bytes);                                                                        \
        for (unsigned i = 0; i < bytes / sizeof(to_type); i++) {                                                       \
            to[i] = (to_type)simd_saturate(from[i], low, high);                                                        \
        }                                                                                                              \
        memcpy(d, to, bytes);                                                                                          \
    }                                                                                                                  \
    WIDTHS(name, pack_##name(d, s, 8), pack_##name(d, s, 16))

PACK(packsswb, int16_t, int8_t, INT8_MIN, INT8_MAX)
PACK(packssdw, int32_t, int16_t, INT16_MIN, INT16_MAX)
PACK(packuswb, int16_t, uint8_t, 0, UINT8_MAX)

// --- sums ------------------------------------------------------------------------------------------------------------

static inline void multiply_add_words(void *d, const void *s, unsigned bytes)
{
    int16_t x[8], y[8];
    uint32_t to[4];
    memcpy(x, d, bytes);
    memcpy(y, s, bytes);
    for (unsigned i = 0; i < bytes / 4; i++) {
        // All four operands -32768 wrap to 80000000h.
        to[i] = (uint32_t)(x[2 * i] * y[2 * i]) + (uint32_t)(x[2 * i + 1] * y[2 * i + 1]);
    }
    memcpy(d, to, bytes);
}
WIDTHS(pmaddwd, multiply_add_words(d, s, 8), multiply_add_words(d, s, 16))

static inline void multiply_add_bytes(void *d, const void *s, unsigned bytes)
{
    uint8_t x[16];
    int8_t y[16];
    int16_t to[8];
    memcpy(x, d, bytes);
    memcpy(y, s, bytes);
    for (unsigned i = 0; i < bytes / 2; i++) {
        to[i] = (int16_t)simd_saturate(x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1], INT16_MIN, INT16_MAX);
    }
    memcpy(d, to, bytes);
}
WIDTHS(pmaddubsw, multiply_add_bytes(d, s, 8), multiply_add_bytes(d, s, 16))

static inline void sum_differences(void *d, const void *s, unsigned bytes)
{
    uint8_t x[16], y[16];
    uint64_t to[2] = { 0 };
    memcpy(x, d, bytes);
    memcpy(y, s, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        to[i / 8] += x[i] > y[i] ? x[i] - y[i] : y[i] - x[i];
    }
    memcpy(d, to, bytes);
}
WIDTHS(psadbw, sum_differences(d, s, 8), sum_differences(d, s, 16))

// Horizontal: pairs x and y of d, then those of s.
#define HORIZONTAL(name, type, ...)                                                                                    \
    static inline void horizontal_##name(void *d, const void *s, unsigned bytes)                                       \
    {                                                                                                                  \
        type from[32 / sizeof(type)], to[16 / sizeof(type)];                                                           \
        memcpy(from, d, bytes);                                                                                        \
        memcpy((char *)from + bytes, s, bytes);                                                                        \
        for (unsigned i = 0; i < bytes / sizeof(type); i++) {                                                          \
            type x = from[2 * i], y = from[2 * i + 1];                                                                 \
            to[i] = (type)(__VA_ARGS__);                                                                               \
        }                                                                                                              \
        memcpy(d, to, bytes);                                                                                          \
    }                                                                                                                  \
    WIDTHS(name, horizontal_##name(d, s, 8), horizontal_##name(d, s, 16))

HORIZONTAL(phaddw, uint16_t, x + y)
HORIZONTAL(phaddd, uint32_t, x + y)
HORIZONTAL(phaddsw, int16_t, simd_saturate(x + y, INT16_MIN, INT16_MAX))
HORIZONTAL(phsubw, uint16_t, x - y)
HORIZONTAL(phsubd, uint32_t, x - y)
HORIZONTAL(phsubsw, int16_t, simd_saturate(x - y, INT16_MIN, INT16_MAX))

// --- byte permutations of SSSE3 --------------------------------------------------------------------------------------

static inline void shuffle_bytes(void *d, const void *s, unsigned bytes)
{
    uint8_t from[16], selector[16], to[16];
    memcpy(from, d, bytes);
    memcpy(selector, s, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = selector[i] & 0x80 ? 0 : from[selector[i] & (bytes - 1)];
    }
    memcpy(d, to, bytes);
}
WIDTHS(pshufb, shuffle_bytes(d, s, 8), shuffle_bytes(d, s, 16))

static inline void align_right(void *d, const void *s, unsigned bytes, unsigned count)
{
    uint8_t both[48] = { 0 };
    memcpy(both, s, bytes);
    memcpy(both + bytes, d, bytes);
    memcpy(d, both + (count > 2 * bytes ? 2 * bytes : count), bytes);
}
WIDTHS(palignr, align_right(d, s, 8, imm), align_right(d, s, 16, imm))

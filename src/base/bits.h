// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Small arithmetic used everywhere: bits, fields, alignment, and hints for the compiler.
//
// All functions are pure: they depend only on their arguments and allocate nothing.
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// For code on the hot path, and for code that must not be inlined into it. COLD is also optimised for size, and the
// branches that lead to it are unlikely.
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE  __attribute__((noinline))
#define COLD          __attribute__((noinline, cold))

#define countof(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define BIT32(n) (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))

// The low `n` bits, 0 <= n <= 64.
static inline uint64_t bits_low(unsigned n)
{
    return n >= 64 ? ~UINT64_C(0) : BIT64(n) - 1;
}

// Field [high:low] of `value`, both inclusive, as the manuals write it.
static inline uint64_t bits_get(uint64_t value, unsigned high, unsigned low)
{
    return (value >> low) & bits_low(high - low + 1);
}

// `old` with the bits of `mask` taken from `value`: the write of a register with reserved bits.
static inline uint64_t bits_merge(uint64_t old, uint64_t value, uint64_t mask)
{
    return (old & ~mask) | (value & mask);
}

// Sign extension of the low `n` bits, 1 <= n <= 64.
static inline int64_t bits_sign(uint64_t value, unsigned n)
{
    return (int64_t)(value << (64 - n)) >> (64 - n);
}

// Index of the lowest / highest set bit. `value` must not be 0.
static inline unsigned bits_lowest(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

static inline unsigned bits_highest(uint64_t value)
{
    return 63u ^ (unsigned)__builtin_clzll(value); // ^, not -: compilers know it as one instruction
}

static inline bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

// `align` is a power of two.
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
    return value & ~(align - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
    return align_down(value + align - 1, align);
}

// A little-endian value of 1 to 8 bytes at any alignment. The usual sizes are separate cases: a copy whose size is
// known only at run time would be a function call.
static inline uint64_t bytes_get(const void *from, unsigned size)
{
    uint64_t value = 0;
    switch (size) {
    case 1: return *(const uint8_t *)from;
    case 2: memcpy(&value, from, 2); return value;
    case 4: memcpy(&value, from, 4); return value;
    case 8: memcpy(&value, from, 8); return value;
    default: memcpy(&value, from, size); return value;
    }
}

static inline void bytes_put(void *to, unsigned size, uint64_t value)
{
    switch (size) {
    case 1: *(uint8_t *)to = (uint8_t)value; break;
    case 2: memcpy(to, &value, 2); break;
    case 4: memcpy(to, &value, 4); break;
    case 8: memcpy(to, &value, 8); break;
    default: memcpy(to, &value, size); break;
    }
}

#endif

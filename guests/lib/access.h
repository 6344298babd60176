// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores that happen as they are written: once, in order, in that width.
#ifndef GUEST_ACCESS_H
#define GUEST_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Always inlined, also into handlers, which must not change registers that they have not saved.
#define INLINE static inline __attribute__((always_inline))

INLINE uint8_t read8(uint64_t address)
{
    return *(volatile uint8_t *)address;
}

INLINE uint32_t read32(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

INLINE uint64_t read64(uint64_t address)
{
    return *(volatile uint64_t *)address;
}

INLINE void write8(uint64_t address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

INLINE void write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

INLINE void write64(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

#endif

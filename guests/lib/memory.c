// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Memory allocation, and the two functions that a C compiler may call by itself (a freestanding implementation needs
// them). They are compiled with -fno-builtin, or the compiler would turn them into calls of themselves.
#include "lib/machine.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *at, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    while (size--)
        *out++ = *in++;
    return to;
}

void *memset(void *at, int value, size_t size)
{
    uint8_t *out = at;
    while (size--)
        *out++ = (uint8_t)value;
    return at;
}

void *allocate(size_t size, size_t align)
{
    uint64_t at = (heap_begin + align - 1) & ~(uint64_t)(align - 1);
    if (at > heap_end || size > heap_end - at)
        fail("no memory left");
    heap_begin = at + size;
    return (void *)at;
}

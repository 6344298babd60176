// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See host_memory.h. A bare host has no virtual memory: what is reserved is used.
#include "machine/board/host_memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

uint8_t *host_memory_reserve(uint64_t size)
{
    if (size == 0 || size > PTRDIFF_MAX - PAGE)
        return NULL;
    uint8_t *memory = aligned_alloc(PAGE, (size_t)(size + PAGE - 1) / PAGE * PAGE);
    return memory ? memset(memory, 0, (size_t)size) : NULL;
}

void host_memory_clear(uint8_t *memory, uint64_t size)
{
    memset(memory, 0, (size_t)size);
}

void host_memory_release(uint8_t *memory, uint64_t size)
{
    (void)size;
    free(memory);
}

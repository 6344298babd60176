// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest RAM from the host's virtual memory: the only file of the machine that depends on the host's operating system.
//
// MAP_NORESERVE asks the host not to set swap space aside, so that `-m 64G` starts at once on a small host. Where the
// host has no such flag (or refuses it) a plain anonymous mapping follows.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "machine/board/host_memory.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static void *map(void *where, uint64_t size, int extra)
{
    return mmap(where, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | extra, -1, 0);
}

uint8_t *host_memory_reserve(uint64_t size)
{
    if (size == 0 || size > PTRDIFF_MAX)
        return NULL;
    void *memory = map(NULL, size, MAP_NORESERVE);
    if (memory == MAP_FAILED)
        memory = map(NULL, size, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void host_memory_clear(uint8_t *memory, uint64_t size)
{
    if (map(memory, size, MAP_FIXED | MAP_NORESERVE) == MAP_FAILED)
        memset(memory, 0, (size_t)size);
}

void host_memory_release(uint8_t *memory, uint64_t size)
{
    if (memory)
        munmap(memory, (size_t)size);
}

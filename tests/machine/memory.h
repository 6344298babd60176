// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bus with only RAM, and temporary files, for tests of the loaders.
#ifndef TESTS_MACHINE_MEMORY_H
#define TESTS_MACHINE_MEMORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bus.h"
#include "machine/board/host_memory.h"
#include "machine/boot/boot_x86.h"
#include "machine/tables/bytes.h"

#define LOW_END UINT64_C(0xa0000)
#define MEBI    UINT64_C(0x100000)

struct test_memory {
    struct bus bus;
    struct region low, high;
    uint8_t *bytes; // by guest address
    uint64_t size;
};

static inline void test_memory_init(struct test_memory *memory, uint64_t size)
{
    bus_init(&memory->bus);
    memory->size = size;
    memory->bytes = host_memory_reserve(size);
    memory->low = (struct region){ .size = LOW_END, .name = "low", .ram = memory->bytes };
    memory->high = (struct region){ .base = MEBI, .size = size - MEBI, .name = "high", .ram = memory->bytes + MEBI };
    bus_add(&memory->bus, &memory->low);
    bus_add(&memory->bus, &memory->high);
}

static inline void test_memory_free(struct test_memory *memory)
{
    host_memory_release(memory->bytes, memory->size);
}

static inline struct boot_x86_request test_request(struct test_memory *memory)
{
    return (struct boot_x86_request){
        .memory = &memory->bus,
        .map = { .range = { { 0, LOW_END, MEMORY_USABLE }, { MEBI, memory->size - MEBI, MEMORY_USABLE } }, .count = 2 },
        .ram_below_4g = memory->size,
        .rsdp = 0xe0000,
    };
}

// A temporary file with these bytes; the caller frees the path after unlinking it.
static inline char *test_file(const void *data, size_t size)
{
    char *path = strdup("/tmp/intact-test-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    close(fd);
    return path;
}

static inline void test_file_remove(char *path)
{
    unlink(path);
    free(path);
}

// Deterministic noise.
static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif

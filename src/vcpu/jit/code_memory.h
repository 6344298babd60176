// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Memory for host code. No page of it can be written and executed at once: where the host allows it, the same memory is mapped
// twice, once for writing and once for executing; on macOS with arm64 a thread may do one or the other (MAP_JIT).
#ifndef VCPU_JIT_CODE_MEMORY_H
#define VCPU_JIT_CODE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_memory {
    uint8_t *write;      // where it is written
    const uint8_t *code; // where it is executed
    size_t size;
    bool can_protect; // it may be made not executable for a moment, and executable again
};

// -ENOTSUP: the host has no way; another negative errno: it refused. `for_perf`: Linux's perf looks up names of code in its map
// only where memory belongs to no file, so it must look so, if the host allows that.
int code_memory_map(struct code_memory *memory, size_t size, bool for_perf);
void code_memory_unmap(struct code_memory *memory);

// The thread is about to write; it has written `size` bytes at offset `at`.
void code_memory_begin(struct code_memory *memory);
void code_memory_end(struct code_memory *memory, size_t at, size_t size);

// All of it will be written again. Processors need no more than code_memory_end; but qemu-user does not notice what is written through
// another mapping, so that it has to be told in a way that it knows.
void code_memory_forget(struct code_memory *memory);

#endif

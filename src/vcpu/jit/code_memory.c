// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Memory for host code, from the host's operating system.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 // memfd_create
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE 1 // MAP_JIT
#endif
#include "vcpu/jit/code_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__APPLE__) && defined(__aarch64__)
#include <libkern/OSCacheControl.h>
#include <pthread.h>

int code_memory_map(struct code_memory *memory, size_t size, bool for_perf)
{
    (void)for_perf;
    void *both = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON | MAP_JIT, -1, 0);
    if (both == MAP_FAILED)
        return -errno;
    *memory = (struct code_memory){ .write = both, .code = both, .size = size };
    return 0;
}

void code_memory_unmap(struct code_memory *memory)
{
    if (memory->write)
        munmap(memory->write, memory->size);
    memset(memory, 0, sizeof *memory);
}

void code_memory_begin(struct code_memory *memory)
{
    (void)memory;
    pthread_jit_write_protect_np(0);
}

void code_memory_end(struct code_memory *memory, size_t at, size_t size)
{
    pthread_jit_write_protect_np(1);
    sys_icache_invalidate(memory->write + at, size);
}

void code_memory_forget(struct code_memory *memory)
{
    (void)memory;
}

#else
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

// A file beyond the limit of the process is answered by a signal, not by an error.
static bool is_too_large(size_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < size;
}

// A file without a name: it is gone when both mappings are.
static int anonymous_file(void)
{
#if defined(__linux__)
    int file = memfd_create("intact-code", MFD_CLOEXEC);
    if (file >= 0 || errno != ENOSYS)
        return file;
#endif
    char path[] = "/tmp/intact-code-XXXXXX";
    int named = mkstemp(path);
    if (named >= 0) {
        unlink(path);
        fcntl(named, F_SETFD, FD_CLOEXEC);
    }
    return named;
}

#if defined(__linux__) && defined(MREMAP_MAYMOVE)
// Shared memory without a file, mapped a second time by mremap from nothing. Hosts that refuse to make memory executable by
// mprotect are more than those that refuse it from the beginning, so this is not the usual way.
static bool map_anonymous(struct code_memory *memory, size_t size)
{
    void *write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    void *code = write == MAP_FAILED ? MAP_FAILED : mremap(write, 0, size, MREMAP_MAYMOVE);
    if (code != MAP_FAILED && mprotect(code, size, PROT_READ | PROT_EXEC) == 0) {
        *memory = (struct code_memory){ .write = write, .code = code, .size = size, .can_protect = true };
        return true;
    }
    if (code != MAP_FAILED)
        munmap(code, size);
    if (write != MAP_FAILED)
        munmap(write, size);
    return false;
}
#else
static bool map_anonymous(struct code_memory *memory, size_t size)
{
    (void)memory, (void)size;
    return false;
}
#endif

int code_memory_map(struct code_memory *memory, size_t size, bool for_perf)
{
    if (for_perf && map_anonymous(memory, size))
        return 0;
    int file = anonymous_file(), result = 0;
    if (file < 0)
        return -errno;
    if (is_too_large(size))
        result = -EFBIG;
    else if (ftruncate(file, (off_t)size) != 0)
        result = -errno;
    if (result) {
        close(file);
        return result;
    }
    void *write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    result = write == MAP_FAILED ? -errno : 0;
    void *code = result ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    bool can_protect = !result && code != MAP_FAILED && mprotect(code, size, PROT_READ) == 0;
    if (can_protect &&
        mprotect(code, size, PROT_READ | PROT_EXEC) != 0) { // a host that allows it from the beginning alone
        can_protect = false;
        munmap(code, size);
        code = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    }
    if (!result && code == MAP_FAILED) {
        result = -errno;
        munmap(write, size);
    }
    close(file);
    if (!result)
        *memory = (struct code_memory){ .write = write, .code = code, .size = size, .can_protect = can_protect };
    return result;
}

void code_memory_unmap(struct code_memory *memory)
{
    if (memory->write) {
        munmap(memory->write, memory->size);
        munmap((void *)(uintptr_t)memory->code, memory->size);
    }
    memset(memory, 0, sizeof *memory);
}

void code_memory_begin(struct code_memory *memory)
{
    (void)memory;
}

void code_memory_end(struct code_memory *memory, size_t at, size_t size)
{
    char *code = (char *)(uintptr_t)memory->code + at;
    __builtin___clear_cache(code, code + size);
}

void code_memory_forget(struct code_memory *memory)
{
    void *code = (void *)(uintptr_t)memory->code;
    if (memory->can_protect && mprotect(code, memory->size, PROT_READ) == 0)
        (void)mprotect(code, memory->size, PROT_READ | PROT_EXEC); // as it was, so it is not refused
}
#endif

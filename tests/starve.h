// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A host without memory, for the tests of what happens then.
#ifndef TESTS_STARVE_H
#define TESTS_STARVE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/resource.h>

// Where the process can be kept from growing, and no sanitizer ends it for want of memory.
#if defined __linux__ && !defined __SANITIZE_ADDRESS__
#define CAN_STARVE
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#undef CAN_STARVE
#endif
#endif

#ifdef CAN_STARVE

struct starve_block {
    struct starve_block *next;
};

// More than malloc has left without asking the system.
#define STARVE_LIMIT (512u << 20)

static inline void give_memory_back(struct starve_block *taken, const struct rlimit *before)
{
    setrlimit(RLIMIT_AS, before);
    while (taken) {
        struct starve_block *next = taken->next;
        free(taken);
        taken = next;
    }
}

// The process grows no more, and all that malloc still had is taken. Under qemu-user, which ignores the limit, the test is
// skipped.
static inline struct starve_block *use_up_memory(struct rlimit *before)
{
    struct starve_block *taken = NULL, *block;
    size_t total = 0;
    getrlimit(RLIMIT_AS, before);
    struct rlimit none = { .rlim_cur = 1, .rlim_max = before->rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    for (size_t size = 1 << 20; size >= sizeof *block; size /= 2)
        while ((block = malloc(size)) != NULL) {
            block->next = taken;
            taken = block;
            total += size;
            if (total > STARVE_LIMIT) {
                give_memory_back(taken, before);
                cr_skip_test("the limit of memory has no effect here");
            }
        }
    return taken;
}

#endif

#endif

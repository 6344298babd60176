// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exactness: one program leaves the same trace of instruction count, place, state and time, wherever execution is cut into
// pieces, whatever the size of the block cache, and whichever way the executor dispatches.
//
// A guest's test_exec_trace.c defines `struct tracer`, a machine with that program, includes this file, defines the functions
// declared first, and has the tests by TRACE_TESTS.
#ifndef TESTS_VCPU_TRACE_H
#define TESTS_VCPU_TRACE_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bits.h"
#include "vcpu/loop.h"

// `arena`: bytes of the block cache, 0 for what it usually has; `guest`: NULL for the family's own.
static void tracer_new(struct tracer *tracer, size_t arena, const struct guest *guest);
static void tracer_free(struct tracer *tracer);
static struct loop *tracer_loop(const struct tracer *tracer);
static uint64_t tracer_place(const struct tracer *tracer);         // the program counter of CPU 0
static uint64_t tracer_digest(const struct tracer *tracer);        // of the CPUs and the time
static uint64_t tracer_memory_digest(const struct tracer *tracer); // of the memory
static void tracer_check(const struct tracer *tracer);             // that the program did what it is there for

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

#define TRACE_MOST 200000
#define TRACE_TINY (12 << 10) // of a block cache: it is emptied often

static uint64_t *reference; // digest after n instructions
static uint64_t *places;
static uint64_t length, reference_memory;

static enum loop_stop run_piece(const struct tracer *tracer, uint64_t instructions)
{
    struct loop *loop = tracer_loop(tracer);
    loop->limit = loop->instructions + instructions;
    return vcpu_run(loop);
}

static void need_reference(void)
{
    struct tracer tracer;
    reference = malloc(TRACE_MOST * sizeof *reference);
    places = malloc(TRACE_MOST * sizeof *places);
    tracer_new(&tracer, 0, NULL);
    enum loop_stop stop = LOOP_LIMIT;
    for (length = 0; length < TRACE_MOST && stop == LOOP_LIMIT; length = tracer_loop(&tracer)->instructions) {
        reference[length] = tracer_digest(&tracer);
        places[length] = tracer_place(&tracer);
        stop = run_piece(&tracer, 1);
        cr_assert_leq(tracer_loop(&tracer)->instructions, length + 1);
    }
    cr_assert_eq(stop, LOOP_DEADLOCK);
    cr_assert_gt(length, 20000);
    reference[length] = tracer_digest(&tracer);
    places[length] = tracer_place(&tracer);
    reference_memory = tracer_memory_digest(&tracer);
    tracer_check(&tracer);
    tracer_free(&tracer);
}

struct watched {
    const struct tracer *tracer;
    uint64_t decoded, entered, elsewhere;
};

static void on_decoded(void *owner, struct vcpu *cpu, const struct block *block)
{
    struct watched *watched = owner;
    (void)cpu, (void)block;
    watched->decoded++;
}

// The program counter of the reference is where it was before an interrupt that was taken there.
static void on_entered(void *owner, struct vcpu *cpu, const struct block *block)
{
    struct watched *watched = owner;
    cr_assert_eq(block, cpu->block);
    if (cpu->index != 0)
        return;
    watched->entered++;
    watched->elsewhere += tracer_place(watched->tracer) != places[loop_instructions(cpu->loop)];
}

// `watched`: NULL: nobody watches the code.
static void compare_watched(uint64_t piece, size_t arena, const struct guest *guest, struct watched *watched)
{
    struct tracer tracer;
    tracer_new(&tracer, arena, guest);
    struct loop *loop = tracer_loop(&tracer);
    if (watched) {
        *watched = (struct watched){ .tracer = &tracer };
        loop->code = (struct code_watch){ .decoded = on_decoded, .entered = on_entered, .owner = watched };
        code_watch_changed(loop);
    }
    enum loop_stop stop = LOOP_LIMIT;
    uint64_t last = 0;
    while (stop == LOOP_LIMIT) {
        stop = run_piece(&tracer, piece);
        uint64_t at = loop->instructions;
        cr_assert_leq(at, length);
        cr_assert_eq(tracer_digest(&tracer), reference[at],
                     "differs between instruction %lu (at %lx) and %lu (at %lx, here %lx)", last, places[last], at,
                     places[at], tracer_place(&tracer));
        last = at;
    }
    cr_assert_eq(stop, LOOP_DEADLOCK);
    cr_assert_eq(last, length);
    cr_assert_eq(tracer_memory_digest(&tracer), reference_memory);
    cr_assert(!arena || loop->blocks.emptied > 2, "the cache was emptied %lu times", loop->blocks.emptied);
    if (watched) {
        cr_assert_eq(watched->decoded, loop->blocks.translated);
        cr_assert_gt(watched->entered, 1000);
        cr_assert_lt(watched->elsewhere, watched->entered / 5, "%lu of %lu", watched->elsewhere, watched->entered);
    }
    tracer_free(&tracer);
}

static void compare(uint64_t piece, size_t arena, const struct guest *guest)
{
    compare_watched(piece, arena, guest, NULL);
}

// `by_switch`: the guest whose executor was built with `switch`.
#define TRACE_TESTS(suite, by_switch)                                                                                  \
    TestSuite(suite, .init = need_reference, .timeout = 60);                                                           \
    Test(suite, does_not_depend_on_where_execution_is_cut)                                                             \
    {                                                                                                                  \
        static const uint64_t pieces[] = { 2, 3, 7, 64, 1000, 4099 };                                                  \
        for (unsigned i = 0; i < countof(pieces); i++)                                                                 \
            compare(pieces[i], 0, NULL);                                                                               \
    }                                                                                                                  \
    Test(suite, does_not_depend_on_being_cut_at_all)                                                                   \
    {                                                                                                                  \
        compare(UINT32_MAX, 0, NULL);                                                                                  \
    }                                                                                                                  \
    Test(suite, does_not_depend_on_the_size_of_the_cache)                                                              \
    {                                                                                                                  \
        compare(1, TRACE_TINY, NULL);                                                                                  \
        compare(7, TRACE_TINY, NULL);                                                                                  \
        compare(1000, TRACE_TINY, NULL);                                                                               \
        compare(UINT32_MAX, TRACE_TINY, NULL);                                                                         \
    }                                                                                                                  \
    Test(suite, does_not_depend_on_who_watches_the_code)                                                               \
    {                                                                                                                  \
        struct watched watched;                                                                                        \
        compare_watched(1, 0, NULL, &watched);                                                                         \
        compare_watched(7, 0, NULL, &watched);                                                                         \
        compare_watched(UINT32_MAX, 0, NULL, &watched);                                                                \
        compare_watched(UINT32_MAX, TRACE_TINY, NULL, &watched);                                                       \
        compare_watched(UINT32_MAX, 0, by_switch, &watched);                                                           \
    }                                                                                                                  \
    Test(suite, does_not_depend_on_the_way_of_dispatch)                                                                \
    {                                                                                                                  \
        compare(1, 0, by_switch);                                                                                      \
        compare(7, 0, by_switch);                                                                                      \
        compare(1000, 0, by_switch);                                                                                   \
        compare(UINT32_MAX, 0, by_switch);                                                                             \
        compare(UINT32_MAX, TRACE_TINY, by_switch);                                                                    \
    }

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A routine in code memory for the tests of the encoder: it loads all registers that the templates may use, does what the test
// emits, and stores them, so that a test sees both what an operation gives and what it should not have changed.
#ifndef TESTS_VCPU_JIT_ROUTINE_H
#define TESTS_VCPU_JIT_ROUTINE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/bytes.h"
#include "vcpu/jit/code_memory.h"
#include "vcpu/jit/emit.h"
#include "vcpu/native.h"

enum { T0, T1, T2, PC, CACHED, MOST = CACHED + 16 }; // indices of registers
enum { IN_T0 = 1 << T0, IN_T1 = 1 << T1, IN_T2 = 1 << T2, IN_TS = IN_T0 | IN_T1 | IN_T2 };
enum { DONE = 100 };
enum { MEMORY_BYTES = 1 << 20, ROUTINE_BYTES = 1 << 14 };

static struct state { // what the code takes for the guest's CPU
    uint64_t left, pc;
    const void *block, *table;
    uint64_t mask;
    uint64_t before[MOST], after[MOST];
    uint64_t word, guard;
    _Alignas(16) uint8_t vector[2][16];
    uint8_t gap[40000];
    uint64_t far;
    _Alignas(16) uint8_t far_vector[16];
} state;

static struct code_memory memory;
static struct emit_shared shared;
static struct emit e;
static struct native_end (*enter)(struct state *, const void *);
static op_body *bodies[8];
static uint64_t seed = 88172645463325252;

// --- random values ---------------------------------------------------------------------------------------------------

static inline uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static inline unsigned below(unsigned n)
{
    return (unsigned)(random64() >> 33) % n;
}

// Corners of all sizes, and anything.
static inline uint64_t random_value(void)
{
    static const uint64_t corners[] = { 0,
                                        1,
                                        2,
                                        0x7f,
                                        0x80,
                                        0xff,
                                        0x100,
                                        0xfff,
                                        0x1000,
                                        0x7fff,
                                        0x8000,
                                        0xffff,
                                        0x10000,
                                        0xfff000,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        UINT64_C(0x100000000),
                                        UINT64_C(0x0123456789abcdef) };
    uint64_t value = corners[below(countof(corners))];
    switch (below(6)) {
    case 0: return random64();
    case 1: return random64() >> below(64);
    case 2: return bits_low(below(64) + 1) << below(64); // also an operand of the logical instructions of arm64
    case 3: return -value;
    case 4: return value << below(64);
    default: return value;
    }
}

static inline int32_t random_displacement(void)
{
    switch (below(4)) {
    case 0: return 0;
    case 1: return (int32_t)below(512) - 256;
    case 2: return (int32_t)below(80000) - 40000;
    default: return (int32_t)random_value();
    }
}

static inline unsigned registers(void)
{
    return CACHED + emit_cached_count;
}

// The host's number of a register.
static inline unsigned host(unsigned index)
{
    const uint8_t fixed[] = { EMIT_T0, EMIT_T1, EMIT_T2, EMIT_PC };
    return index < CACHED ? fixed[index] : emit_cached[index - CACHED];
}

static inline unsigned any(unsigned but)
{
    unsigned index;
    do
        index = below(registers());
    while (but >> index & 1);
    return index;
}

struct operands {
    unsigned d, a, b; // indices
};

// In every combination: distinct, and any two or all the same.
static inline struct operands any_operands(unsigned but)
{
    struct operands o = { any(but), any(but), any(but) };
    switch (below(5)) {
    case 0: o.a = o.d; break;
    case 1: o.b = o.d; break;
    case 2: o.b = o.a; break;
    case 3: o.a = o.b = o.d; break;
    default: break;
    }
    return o;
}

// --- the routine -----------------------------------------------------------------------------------------------------

static inline void setup(void)
{
    cr_assert_eq(code_memory_map(&memory, MEMORY_BYTES, false), 0);
    shared = (struct emit_shared){ .state_left = offsetof(struct state, left),
                                   .state_pc = offsetof(struct state, pc),
                                   .state_block = offsetof(struct state, block),
                                   .state_data = offsetof(struct state, table),
                                   .bodies = bodies,
                                   .native_of_head = 200,
                                   .count_in_head = offsetof(struct op, imm) };
    e = (struct emit){
        .at = memory.write, .begin = memory.write, .end = memory.write + memory.size, .code = memory.code
    };
    code_memory_begin(&memory);
    emit_shared(&e, &shared);
    code_memory_end(&memory, 0, (size_t)(e.at - e.begin));
    cr_assert(!e.full);
    check_bytes(memory.write, (size_t)(shared.leave - shared.enter));
    memcpy(&enter, &shared.enter, sizeof enter);
}

static inline void teardown(void)
{
    code_memory_unmap(&memory);
}

// Begins the next routine; the memory is not written twice, so that no host or emulator of one needs to notice.
static inline void begin(void)
{
    uint8_t *at = e.at;
    if (memory.write + memory.size - at < ROUTINE_BYTES) {
        teardown();
        setup();
        at = e.at;
    }
    at = memory.write + align_up((uint64_t)(at - memory.write), 16);
    e = (struct emit){ .at = at, .begin = at, .end = at + ROUTINE_BYTES, .code = memory.code + (at - memory.write) };
    code_memory_begin(&memory);
    for (unsigned i = registers(); i-- > 0;)
        emit_state_load(&e, 64, host(i), (unsigned)(offsetof(struct state, before) + 8 * i));
}

static inline void store_all(void)
{
    for (unsigned i = 0; i < registers(); i++)
        emit_state_store(&e, 64, (unsigned)(offsetof(struct state, after) + 8 * i), host(i));
}

static inline void end(void)
{
    store_all();
    emit_leave(&e, &shared, NULL, DONE);
    cr_assert(!e.full);
    code_memory_end(&memory, (size_t)(e.begin - memory.write), (size_t)(e.at - e.begin));
    check_bytes(e.begin, (size_t)(e.at - e.begin));
}

static inline struct native_end run_it(void)
{
    state.left = 1000;
    state.pc = 0x1234;
    state.guard = UINT64_C(0x5555aaaa5555aaaa);
    memset(state.after, 0xcc, sizeof state.after);
    return enter(&state, e.code);
}

static inline void run(void)
{
    struct native_end out = run_it();
    cr_assert(out.how == DONE && out.op == NULL);
    cr_assert_eq(state.guard, UINT64_C(0x5555aaaa5555aaaa));
}

static inline void random_registers(void)
{
    for (unsigned i = 0; i < registers(); i++)
        state.before[i] = random_value();
}

// Register d (MOST: none) has the value; those of `but` may have any; all others are as they were.
static inline void check(const char *what, unsigned bits, unsigned d, uint64_t value, unsigned but)
{
    for (unsigned i = 0; i < registers(); i++) {
        uint64_t expected = i == d ? value : state.before[i];
        if (i == d || !(but >> i & 1))
            cr_assert(state.after[i] == expected, "%s, %u bits: register %u of %u is %llx, not %llx; it was %llx", what,
                      bits, i, d, (unsigned long long)state.after[i], (unsigned long long)expected,
                      (unsigned long long)state.before[i]);
    }
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Much code: `mib` MiB of small functions, 64 bytes and eight instructions each, of which each ends with a jump to the next. One event
// is one function; whole rounds are run, so `n` should be many times 16384 * mib.
//
// A PC needs 64 MiB of memory besides: the code lies behind the library's heap.
#include "bench/bench.h"

enum { FUNCTION = 64 }; // bytes

// Adds, mixes, and jumps `after` bytes on from the function's beginning; or, if that is 0, returns.
#ifdef __x86_64__
#define CODE_AT (UINT64_C(64) << 20)

static void put(uint8_t *at, unsigned count, uint64_t bytes)
{
    for (; count--; bytes >>= 8)
        *at++ = (uint8_t)bytes;
}

static void emit(uint8_t *at, uint32_t value, uint32_t after)
{
    put(at, 3, 0xf88948);   // movq %rdi, %rax
    put(at + 3, 2, 0x0548); // addq $value, %rax
    put(at + 5, 4, value & 0x7fffffff);
    put(at + 9, 4, 0x07c0c148);  // rolq $7, %rax
    put(at + 13, 3, 0xf83148);   // xorq %rdi, %rax
    put(at + 16, 4, 0x47048d48); // leaq (%rdi, %rax, 2), %rax: the displacement is none
    put(at + 20, 4, 0x03e8c148); // shrq $3, %rax
    put(at + 24, 3, 0xc70148);   // addq %rax, %rdi
    put(at + 27, 1, after ? 0xe9 : 0xc3);
    if (after)
        put(at + 28, 4, after - 32);
}

static void emitted(const uint8_t *code, uint64_t size)
{
    (void)code, (void)size;
    __asm__ volatile("" : : : "memory");
}

static uint64_t run(const uint8_t *code, uint64_t x)
{
    __asm__ volatile("call *%1" : "+D"(x) : "r"(code) : "rax", "memory", "cc");
    return x;
}
#else
static void emit(uint8_t *at, uint32_t value, uint32_t after)
{
    uint32_t *out = (uint32_t *)(uint64_t)at;
    *out++ = 0xd2800001 | (value & 0xffff) << 5;                 // mov x1, #value
    *out++ = 0x8b000021;                                         // add x1, x1, x0
    *out++ = 0x93c1e421;                                         // ror x1, x1, #57
    *out++ = 0xca000021;                                         // eor x1, x1, x0
    *out++ = 0x8b010401;                                         // add x1, x0, x1, lsl #1
    *out++ = 0xd343fc21;                                         // lsr x1, x1, #3
    *out++ = 0x8b010000;                                         // add x0, x0, x1
    *out++ = after ? 0x14000000 | (after - 28) / 4 : 0xd65f03c0; // b, or ret
}

// DDI 0487, B2.4.4: what was written becomes what is executed.
static void emitted(const uint8_t *code, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += 64)
        __asm__ volatile("dc cvau, %0" : : "r"(code + at) : "memory");
    __asm__ volatile("dsb ish; ic iallu; dsb ish; isb" : : : "memory");
}

static uint64_t run(const uint8_t *code, uint64_t x)
{
    return ((uint64_t(*)(uint64_t))(uint64_t)code)(x);
}
#endif

int guest_main(void)
{
    uint64_t size = argument("mib", 1) << 20, functions = size / FUNCTION, x = 1;
    uint64_t rounds = argument("n", functions) / functions;
#ifdef __x86_64__
    uint8_t *code = (uint8_t *)CODE_AT;
#else
    uint8_t *code = allocate(size, FUNCTION);
#endif
    for (uint64_t i = 0; i < functions; i++)
        emit(code + i * FUNCTION, (uint32_t)i * 2654435761u, i + 1 < functions ? FUNCTION : 0);
    emitted(code, size);
    while (rounds--)
        x = run(code, x);
    return bench_done("code", x & 0xffffffff);
}

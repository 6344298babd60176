// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two address spaces: one event is a load of CR3 and an increment in each of 64 pages, which are others in each space. What
// both have in common is global (SDM volume 3, "Caching Translation Information"), as a kernel's mappings are.
#include "bench/bench.h"

enum { PAGES = 64, PAGE = 4096, TABLE = 3, GLOBAL = 1 << 8, CR4_PGE = 1 << 7 };
#define AT (UINT64_C(1) << 39) // by the second entry of the highest table

extern uint64_t page_map[], page_directories[]; // of lib/x86_64/start.S: 4 GiB one to one, by 2 MiB

static uint8_t *memory[2];

static uint64_t *table(uint64_t *in, unsigned index)
{
    uint64_t *made = allocate(PAGE, PAGE);
    in[index] = (uint64_t)made | TABLE;
    return made;
}

static uint64_t space(unsigned number)
{
    uint64_t *top = allocate(PAGE, PAGE);
    memory[number] = allocate(PAGES * PAGE, PAGE);
    top[0] = page_map[0];
    uint64_t *last = table(table(table(top, 1), 0), 0);
    for (unsigned i = 0; i < PAGES; i++)
        last[i] = ((uint64_t)memory[number] + i * PAGE) | TABLE;
    return (uint64_t)top;
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0, cr4;
    uint64_t spaces[2] = { space(0), space(1) };
    for (unsigned i = 0; i < 4 * 512; i++)
        page_directories[i] |= GLOBAL;
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | CR4_PGE) : "memory");
    for (uint64_t i = 0; i < n; i++) {
        __asm__ volatile("movq %0, %%cr3" : : "r"(spaces[i & 1]) : "memory");
        for (unsigned k = 0; k < PAGES; k++)
            write64(AT + k * (PAGE + 8), read64(AT + k * (PAGE + 8)) + k + i);
    }
    for (unsigned k = 0; k < 2 * PAGES; k++)
        sum = sum * 31 + read64((uint64_t)memory[k / PAGES] + k % PAGES * (PAGE + 8));
    return bench_done("pages", sum & 0xffffffff);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two address spaces: one event is a write of TTBR0 with the other ASID and an increment in each of 64 pages, which are others
// in each space and not global. What both have in common is global (DDI 0487, D8.13.3), as a kernel's mappings are.
#include "bench/bench.h"

enum { PAGES = 64, PAGE = 4096, TABLE = 3 };
#define AT    (UINT64_C(4) << 30)          // the fifth entry of the highest table
#define ATTRS UINT64_C(0x0060000000000f07) // a page of normal memory, not global, read and write, not to execute

extern uint64_t page_map[]; // of lib/aarch64/start.S: one to one, by 1 GiB

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
    for (unsigned i = 0; i < PAGE / 8; i++)
        top[i] = page_map[i];
    uint64_t *last = table(table(top, AT >> 30), 0);
    for (unsigned i = 0; i < PAGES; i++)
        last[i] = ((uint64_t)memory[number] + i * PAGE) | ATTRS;
    return (uint64_t)top | (number + UINT64_C(1)) << 48;
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    uint64_t spaces[2] = { space(0), space(1) };
    barrier();
    for (uint64_t i = 0; i < n; i++) {
        write_register(ttbr0_el1, spaces[i & 1]);
        __asm__ volatile("isb" : : : "memory");
        for (unsigned k = 0; k < PAGES; k++)
            write64(AT + k * (PAGE + 8), read64(AT + k * (PAGE + 8)) + k + i);
    }
    for (unsigned k = 0; k < 2 * PAGES; k++)
        sum = sum * 31 + read64((uint64_t)memory[k / PAGES] + k % PAGES * (PAGE + 8));
    return bench_done("pages", sum & 0xffffffff);
}

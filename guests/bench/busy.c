// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// All processors are busy, each with its share of `n` turns of arithmetic in registers. The last one to be done ends the guest.
#include "bench/bench.h"

static uint64_t turns, sum;
static unsigned processors, done;

static void work(void)
{
    uint64_t a = 1, b = 2, c = 3;
    for (uint64_t i = 0; i < turns; i++) {
        a += b ^ i;
        b = (b << 7 | b >> 57) - c;
        c ^= a >> 3;
        a -= c & 0xff00ff;
        b += a | 1;
        c = (c << 13 | c >> 51) + b;
    }
    __atomic_fetch_add(&sum, a ^ b ^ c, __ATOMIC_SEQ_CST);
    if (__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST) == processors)
        guest_exit(bench_done("busy", sum & 0xffffffff));
}

int guest_main(void)
{
    processors = processor_count();
    turns = argument("n", 1000) / processors;
    for (unsigned i = 1; i < processors; i++)
        if (!processor_run(i, work))
            fail("a processor does not start");
    work();
    for (;;)
        interrupts_wait();
}

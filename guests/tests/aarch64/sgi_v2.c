// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What only GICv2 has: an SGI has its source CPUs, and is pending once for each of them (IHI 0048B, 3.2.1, 4.3.16,
// 4.3.17); GICC_IAR returns the source, which is written back to GICC_EOIR.
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { SGI = 3, GICD_CPENDSGIR = 0xf10, GICD_SPENDSGIR = 0xf20 };
static volatile unsigned up, wanted;

// Each of the others sends one when it is its turn.
static void other(void)
{
    unsigned self = processor_self();
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    while (wanted != self)
        relax();
    gic_send(SGI, 1);
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    for (;;)
        interrupts_wait();
}

static void show(const char *when)
{
    print("%s: pending %u, sources %x\n", when, (uint64_t)gic_read_bit(GICD_ISPENDR, SGI),
          (uint64_t)read8(gic.gicd + GICD_SPENDSGIR + SGI));
}

static void take(void)
{
    uint32_t iar = gic_acknowledge();
    print("  INTID %u from processor %u\n", (uint64_t)gic_intid(iar), (uint64_t)(iar >> 10 & 7));
    gic_eoi(iar);
}

int guest_main(void)
{
    unsigned number = processor_count();
    if (gic.version != 2)
        fail("needs a GICv2");
    gic_enable(SGI);
    for (unsigned i = 1; i < number; i++) {
        if (!processor_run(i, other))
            fail("a processor does not start");
        while (up < i)
            relax();
    }
    for (unsigned i = 1; i < number; i++) {
        wanted = i;
        while (up < number - 1 + i)
            relax();
    }
    show("all the others have sent one");
    gic_send(SGI, 1);
    show("and this one too");
    for (unsigned i = 0; i < number + 1; i++)
        take();
    show("taken");
    write8(gic.gicd + GICD_SPENDSGIR + SGI, 0x06);
    show("set by hand for 1 and 2");
    write8(gic.gicd + GICD_CPENDSGIR + SGI, 0x02);
    show("1 cleared by hand");
    take();
    take();
    return EXIT_PASSED;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv3: affinity routing, and the redistributor of each processor (IHI 0069, 12.9.4 and 12.11).
#include "lib/aarch64/gic.h"

#include "lib/guest.h"

enum { CTLR_GROUPS = 3, CTLR_ARE = 1 << 4 };
enum { WAKER_SLEEP = 1 << 1, WAKER_ASLEEP = 1 << 2 };
enum { TYPER_LAST = 1 << 4 };

static uint64_t redistributors[PROCESSOR_LIMIT];

uint64_t gicr_of(unsigned processor)
{
    return redistributors[processor];
}

// 12.9.4: affinity routing before the groups, which must be off while it changes.
void gicr_init(void)
{
    write32(gic.gicd + GICD_CTLR, 0);
    write32(gic.gicd + GICD_CTLR, CTLR_ARE);
    write32(gic.gicd + GICD_CTLR, CTLR_ARE | CTLR_GROUPS);
}

// 12.11.34: bits 63:32 of GICR_TYPER are the processor's affinity, one byte each.
static uint64_t find(uint64_t affinity)
{
    uint64_t wanted = affinity >> 32 << 24 | (affinity & 0xffffff), at = gic.gicr;
    for (;; at += GICR_FRAME) {
        uint64_t typer = read64(at + GICR_TYPER);
        if (typer >> 32 == wanted)
            return at;
        if (typer & TYPER_LAST)
            fail("no redistributor for this processor");
    }
}

void gicr_cpu_init(void)
{
    uint64_t at = find(read_register(mpidr_el1) & AFFINITY);
    redistributors[processor_self()] = at;
    write32(at + GICR_WAKER, read32(at + GICR_WAKER) & ~(uint32_t)WAKER_SLEEP);
    while (read32(at + GICR_WAKER) & WAKER_ASLEEP)
        relax();
}

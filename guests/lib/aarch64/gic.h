// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The GIC, version 2 or 3, whichever the device tree names: one set of verbs for both, so that one guest runs on either.
//
//     gic.c       found, distributor                   (IHI 0048B, chapter 4; IHI 0069, chapter 12)
//     gicr.c      redistributors of version 3
//     gic_cpu.c   CPU interface: GICC frame or ICC registers, SGIs
//     its.h       LPIs and the ITS
//
// Version 2 uses Group 0 with FIQEn 0, version 3 Group 1: both arrive as IRQ.
#ifndef GUEST_AARCH64_GIC_H
#define GUEST_AARCH64_GIC_H

#include "lib/aarch64/cpu.h"

// The distributor. For SGIs and PPIs version 3 has the same offsets in a frame of each redistributor.
enum gic_register {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_SETSPI_NSR = 0x040,
    GICD_CLRSPI_NSR = 0x048,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ISPENDR = 0x200,
    GICD_ICPENDR = 0x280,
    GICD_ISACTIVER = 0x300,
    GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
    GICD_SGIR = 0xf00,
    GICD_IROUTER = 0x6000,
};
// Redistributor, first frame; the frame of SGIs and PPIs is 10000h above.
enum { GICR_CTLR = 0x00, GICR_TYPER = 0x08, GICR_WAKER = 0x14, GICR_PROPBASER = 0x70, GICR_PENDBASER = 0x78 };
enum { GICR_FRAME = 0x20000, GICR_SGI = 0x10000 };
// GICv2's CPU interface.
enum {
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_BPR = 0x08,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
    GICC_DIR = 0x1000,
};
// GICv2m (SBSA, appendix on the GICv2m architecture).
enum { V2M_TYPER = 0x008, V2M_SETSPI = 0x040 };

enum { GIC_SPURIOUS = 1023, GIC_IDLE_PRIORITY = 0xff, LPI_FIRST = 8192 };

struct gic {
    unsigned version;
    unsigned lines;                      // INTIDs 0 to lines - 1, LPIs apart
    uint64_t gicd, gicc, gicr, v2m, its; // addresses; 0: none
};
extern struct gic gic;

// Ends the guest if the tree has none.
void gic_find(const void *fdt);
// Everything disabled, not pending, not active, priority A0h, level, to the boot processor; the distributor on, and this
// processor's interface.
void gic_init(void);
// This processor's interface: on, all priorities pass, no split EOI, finest grouping.
void gic_cpu_init(void);

// --- Registers that have a field for each interrupt (SGIs and PPIs: this processor's) --------------------------------

// The address of the distributor's registers for that interrupt.
uint64_t gic_frame(unsigned intid);

INLINE bool gic_read_bit(enum gic_register bank, unsigned intid)
{
    return read32(gic_frame(intid) + bank + intid / 32 * 4) >> (intid % 32) & 1;
}

INLINE void gic_write_bit(enum gic_register bank, unsigned intid)
{
    write32(gic_frame(intid) + bank + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

INLINE void gic_enable(unsigned intid)
{
    gic_write_bit(GICD_ISENABLER, intid);
}

INLINE void gic_disable(unsigned intid)
{
    gic_write_bit(GICD_ICENABLER, intid);
}

INLINE void gic_set_priority(unsigned intid, uint8_t priority)
{
    write8(gic_frame(intid) + GICD_IPRIORITYR + intid, priority);
}

void gic_set_edge(unsigned intid, bool edge); // PPIs and SPIs
void gic_set_target(unsigned intid, unsigned processor);

// --- CPU interface ---------------------------------------------------------------------------------------------------

// What IAR says: INTID, and with version 2 in bits 12:10 the source of an SGI. gic_eoi and gic_deactivate want it back.
uint32_t gic_acknowledge(void);
void gic_eoi(uint32_t iar);
void gic_deactivate(uint32_t iar);
void gic_set_eoi_mode(bool split); // priority drop and deactivation apart
void gic_set_mask(uint8_t priority);
void gic_set_subpriority(unsigned bits); // 1 to 7 low bits of a priority do not preempt (binary point)
uint32_t gic_running(void);              // priority
uint32_t gic_highest(void);              // pending INTID

INLINE unsigned gic_intid(uint32_t iar)
{
    return gic.version == 2 ? iar & 0x3ff : iar;
}

void gic_send(unsigned sgi, uint32_t processors); // a bit for each, of the first 16
void gic_send_others(unsigned sgi);

// --- What the files give to each other -------------------------------------------------------------------------------

void gicr_init(void);
void gicr_cpu_init(void);
void gic_interface_init(void);
// The redistributor of a processor that has been through gic_cpu_init.
uint64_t gicr_of(unsigned processor);
// machine.c: Aff3.Aff2.Aff1.Aff0 of a processor, as in MPIDR_EL1.
uint64_t processor_affinity(unsigned processor);

#endif

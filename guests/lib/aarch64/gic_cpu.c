// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The CPU interface: version 2's GICC frame (IHI 0048B, 4.4), version 3's ICC registers (IHI 0069, 12.2); and SGIs.
#include "lib/aarch64/gic.h"

#include "lib/guest.h"

enum { GICC_ENABLE_GROUP0 = 1, GICC_EOIMODE = 1 << 9 };
enum { ICC_EOIMODE = 1 << 1 };
enum { SGIR_OTHERS = 1 << 24 };
#define SGI1R_OTHERS (UINT64_C(1) << 40)

static uint32_t gicc_read(unsigned offset)
{
    return read32(gic.gicc + offset);
}

static void gicc_write(unsigned offset, uint32_t value)
{
    write32(gic.gicc + offset, value);
}

void gic_interface_init(void)
{
    if (gic.version == 2) {
        gicc_write(GICC_PMR, 0xff);
        gicc_write(GICC_BPR, 0);
        gicc_write(GICC_CTLR, GICC_ENABLE_GROUP0);
        return;
    }
    write_register(icc_sre_el1, 7);
    __asm__ volatile("isb" : : : "memory");
    write_register(icc_pmr_el1, 0xff);
    write_register(icc_bpr1_el1, 0);
    write_register(icc_ctlr_el1, 0);
    write_register(icc_igrpen1_el1, 1);
    barrier();
}

uint32_t gic_acknowledge(void)
{
    uint32_t iar = gic.version == 2 ? gicc_read(GICC_IAR) : (uint32_t)read_register(icc_iar1_el1);
    barrier();
    return iar;
}

void gic_eoi(uint32_t iar)
{
    if (gic.version == 2)
        gicc_write(GICC_EOIR, iar);
    else
        write_register(icc_eoir1_el1, iar);
    barrier();
}

void gic_deactivate(uint32_t iar)
{
    if (gic.version == 2)
        gicc_write(GICC_DIR, iar);
    else
        write_register(icc_dir_el1, iar);
    barrier();
}

void gic_set_eoi_mode(bool split)
{
    if (gic.version == 2)
        gicc_write(GICC_CTLR, GICC_ENABLE_GROUP0 | (split ? GICC_EOIMODE : 0));
    else
        write_register(icc_ctlr_el1, split ? ICC_EOIMODE : 0);
    barrier();
}

void gic_set_mask(uint8_t priority)
{
    if (gic.version == 2)
        gicc_write(GICC_PMR, priority);
    else
        write_register(icc_pmr_el1, priority);
    barrier();
}

// Group 1's binary point counts from one more than Group 0's (IHI 0069, 4.8.3).
void gic_set_subpriority(unsigned bits)
{
    if (gic.version == 2)
        gicc_write(GICC_BPR, bits - 1);
    else
        write_register(icc_bpr1_el1, bits);
    barrier();
}

uint32_t gic_running(void)
{
    return gic.version == 2 ? gicc_read(GICC_RPR) : (uint32_t)read_register(icc_rpr_el1);
}

uint32_t gic_highest(void)
{
    return gic_intid(gic.version == 2 ? gicc_read(GICC_HPPIR) : (uint32_t)read_register(icc_hppir1_el1));
}

// The first 16 processors share Aff3.Aff2.Aff1 with the boot processor.
void gic_send(unsigned sgi, uint32_t processors)
{
    barrier();
    if (gic.version == 2)
        write32(gic.gicd + GICD_SGIR, processors << 16 | sgi);
    else
        write_register(icc_sgi1r_el1, (uint64_t)sgi << 24 | processors);
    barrier();
}

void gic_send_others(unsigned sgi)
{
    barrier();
    if (gic.version == 2)
        write32(gic.gicd + GICD_SGIR, SGIR_OTHERS | sgi);
    else
        write_register(icc_sgi1r_el1, SGI1R_OTHERS | (uint64_t)sgi << 24);
    barrier();
}

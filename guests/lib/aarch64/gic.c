// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The distributor, which both versions have alike, and which of them the device tree names (IHI 0048B, 4.3; IHI 0069, 12.9).
#include "lib/aarch64/gic.h"

#include "lib/aarch64/fdt.h"
#include "lib/guest.h"

struct gic gic;

static uint64_t child(const void *fdt, const char *compatible)
{
    struct fdt_node node = { 0 };
    uint64_t address = 0;
    if (fdt_find(fdt, &node, compatible))
        fdt_reg(fdt, &node, 0, &address, NULL);
    return address;
}

void gic_find(const void *fdt)
{
    struct fdt_node v3 = { 0 }, v2 = { 0 };
    if (fdt_find(fdt, &v3, "arm,gic-v3")) {
        gic.version = 3;
        fdt_reg(fdt, &v3, 0, &gic.gicd, NULL);
        fdt_reg(fdt, &v3, 1, &gic.gicr, NULL);
        gic.its = child(fdt, "arm,gic-v3-its");
    } else if (fdt_find(fdt, &v2, "arm,cortex-a15-gic")) {
        gic.version = 2;
        fdt_reg(fdt, &v2, 0, &gic.gicd, NULL);
        fdt_reg(fdt, &v2, 1, &gic.gicc, NULL);
        gic.v2m = child(fdt, "arm,gic-v2m-frame");
    } else {
        fail("no GIC in the device tree");
    }
    gic.lines = 32 * ((read32(gic.gicd + GICD_TYPER) & 31) + 1);
}

uint64_t gic_frame(unsigned intid)
{
    return gic.version == 3 && intid < 32 ? gicr_of(processor_self()) + GICR_SGI : gic.gicd;
}

static void lines_init(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i += 32) {
        uint64_t at = gic_frame(i) + i / 32 * 4;
        write32(at + GICD_ICENABLER, UINT32_MAX);
        write32(at + GICD_ICPENDR, UINT32_MAX);
        write32(at + GICD_ICACTIVER, UINT32_MAX);
        if (gic.version == 3)
            write32(at + GICD_IGROUPR, UINT32_MAX);
    }
    for (unsigned i = first; i < end; i += 4)
        write32(gic_frame(i) + GICD_IPRIORITYR + i, 0xa0a0a0a0);
}

void gic_init(void)
{
    if (gic.version == 3)
        gicr_init();
    lines_init(32, gic.lines);
    for (unsigned i = 32; i < gic.lines; i++) {
        gic_set_target(i, 0);
        gic_set_edge(i, false);
    }
    if (gic.version == 2)
        write32(gic.gicd + GICD_CTLR, 1);
    gic_cpu_init();
}

void gic_cpu_init(void)
{
    if (gic.version == 3)
        gicr_cpu_init();
    lines_init(0, 32);
    gic_interface_init();
}

// IHI 0069, 12.9.9: two bits each, the upper one says edge.
void gic_set_edge(unsigned intid, bool edge)
{
    uint64_t at = gic_frame(intid) + GICD_ICFGR + intid / 16 * 4;
    uint32_t bit = UINT32_C(2) << intid % 16 * 2;
    write32(at, edge ? read32(at) | bit : read32(at) & ~bit);
}

void gic_set_target(unsigned intid, unsigned processor)
{
    if (gic.version == 3)
        write64(gic.gicd + GICD_IROUTER + 8 * intid, processor_affinity(processor));
    else
        write8(gic.gicd + GICD_ITARGETSR + intid, (uint8_t)(1u << processor));
}

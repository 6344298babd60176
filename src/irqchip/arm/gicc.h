// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPU interface of GICv2: the memory-mapped GICC registers of one CPU.
//
// Spec: IHI 0048B chapter 3 (handling, priorities, groups) and section 4.4 (registers).
//
//     struct gic_ready --(group enables, mask, running priority)--> IRQ, FIQ
//     GICC_IAR --> active --> GICC_EOIR (drop, and deactivate with EOImode 0) --> GICC_DIR
//
// The counterpart of icc.h with the same priority core. GICv2 has in addition: AckCtl, FIQEn, aliased registers for
// Group 1, the source CPU of an SGI in IAR, and that the highest pending interrupt hides those below it even while its
// group is disabled here (the pseudocode of GICC_IAR, 4.4.4).
//
// Not modelled: bypass (the bits of GICC_CTLR are stored without effect).
//
// Path: gicd.c / arm_irq.c, then the CPU
#ifndef IRQCHIP_ARM_GICC_H
#define IRQCHIP_ARM_GICC_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/arm/gic.h"
#include "irqchip/arm/gic_access.h"

#define GICC_SECURE_SPURIOUS 1022u // the highest pending interrupt is in Group 1, and AckCtl is 0

enum gicc_offset {
    GICC_CTLR = 0x0000,
    GICC_PMR = 0x0004,
    GICC_BPR = 0x0008,
    GICC_IAR = 0x000c,
    GICC_EOIR = 0x0010,
    GICC_RPR = 0x0014,
    GICC_HPPIR = 0x0018,
    GICC_ABPR = 0x001c,
    GICC_AIAR = 0x0020,
    GICC_AEOIR = 0x0024,
    GICC_AHPPIR = 0x0028,
    GICC_APR = 0x00d0,
    GICC_NSAPR = 0x00e0,
    GICC_IIDR = 0x00fc,
    GICC_DIR = 0x1000,
};

// GICC_CTLR as Secure software sees it. With one Security state EOImode is only bit 9.
enum {
    GICC_CTLR_GROUP0 = BIT32(0),
    GICC_CTLR_GROUP1 = BIT32(1),
    GICC_CTLR_ACKCTL = BIT32(2),
    GICC_CTLR_FIQEN = BIT32(3),
    GICC_CTLR_CBPR = BIT32(4),
    GICC_CTLR_BYPASS = 0x1e0,
    GICC_CTLR_EOIMODE = BIT32(9),
    GICC_CTLR_EOIMODE_NS = BIT32(10),
};

struct gicc {
    struct gic_cpu core; // `enabled` is not used: see GICC_CTLR
    uint32_t ctlr;
    uint32_t mistakes[GIC_MISTAKES];
};

void gicc_init(struct gicc *gicc);
void gicc_reset(struct gicc *gicc);

// PENDING_IRQ and PENDING_FIQ, derived.
uint32_t gicc_output(const struct gicc *gicc, const struct gic_ready *ready);

// The frame, 8 KiB, as the CPU that owns `bank` and `ready` sees it.
uint64_t gicc_read(struct gicc *gicc, const struct gic_ready *ready, struct gic_bank *bank, bool secure,
                   bool two_states, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect);
void gicc_write(struct gicc *gicc, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t value,
                uint64_t now, struct gic_effect *effect);

extern const struct gic_register gicc_registers[];
extern const unsigned gicc_register_count;

// Tells its registers (gicc_fields.c).
void gicc_tell(const struct gicc *gicc, const struct gic_ready *ready, const struct gic_bank *bank, bool two_states,
               const struct register_sink *sink);

void gicc_visit(struct gicc *gicc, struct visit *v);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPU interface of GICv3: the ICC system registers of one CPU.
//
// Spec: IHI 0069 4.1 (life cycle), 4.6 (groups), 4.8 (priorities) and the ICC registers; Arm ARM for the encodings.
//
//     struct gic_ready --(group enables, mask, running priority)--> IRQ, FIQ
//     ICC_IAR --> active --> ICC_EOIR (drop, and deactivate with EOImode 0) --> ICC_DIR
//
// A pure chip: the effect of an access on interrupts is returned as a `struct gic_effect`, and the wiring applies it to
// the redistributor or the distributor. System register access is always on (SRE reads as 1).
//
// With two Security states, `secure` says which one executes; EL3 is taken to route Group 0 to itself (SCR_EL3.FIQ), so
// Non-secure software sees the Non-secure half of the priorities and no Group 0 register.
//
// Not modelled: INTIDs 1020 and 1021 and EOImode_EL3, which only EL3 sees; ICH and ICV registers (virtualisation);
// AArch32 encodings; SEIs.
//
// Path: gicd.c, gicr.c / arm_irq.c, then the CPU
#ifndef IRQCHIP_ARM_ICC_H
#define IRQCHIP_ARM_ICC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_port.h"
#include "base/reg.h"
#include "irqchip/arm/gic.h"

// A system register as MRS and MSR name it.
#define ICC_ENCODING(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum icc_encoding {
    ICC_PMR_EL1 = ICC_ENCODING(3, 0, 4, 6, 0),
    ICC_IAR0_EL1 = ICC_ENCODING(3, 0, 12, 8, 0),
    ICC_EOIR0_EL1 = ICC_ENCODING(3, 0, 12, 8, 1),
    ICC_HPPIR0_EL1 = ICC_ENCODING(3, 0, 12, 8, 2),
    ICC_BPR0_EL1 = ICC_ENCODING(3, 0, 12, 8, 3),
    ICC_AP0R0_EL1 = ICC_ENCODING(3, 0, 12, 8, 4),
    ICC_AP1R0_EL1 = ICC_ENCODING(3, 0, 12, 9, 0),
    ICC_NMIAR1_EL1 = ICC_ENCODING(3, 0, 12, 9, 5),
    ICC_DIR_EL1 = ICC_ENCODING(3, 0, 12, 11, 1),
    ICC_RPR_EL1 = ICC_ENCODING(3, 0, 12, 11, 3),
    ICC_SGI1R_EL1 = ICC_ENCODING(3, 0, 12, 11, 5),
    ICC_ASGI1R_EL1 = ICC_ENCODING(3, 0, 12, 11, 6),
    ICC_SGI0R_EL1 = ICC_ENCODING(3, 0, 12, 11, 7),
    ICC_IAR1_EL1 = ICC_ENCODING(3, 0, 12, 12, 0),
    ICC_EOIR1_EL1 = ICC_ENCODING(3, 0, 12, 12, 1),
    ICC_HPPIR1_EL1 = ICC_ENCODING(3, 0, 12, 12, 2),
    ICC_BPR1_EL1 = ICC_ENCODING(3, 0, 12, 12, 3),
    ICC_CTLR_EL1 = ICC_ENCODING(3, 0, 12, 12, 4),
    ICC_SRE_EL1 = ICC_ENCODING(3, 0, 12, 12, 5),
    ICC_IGRPEN0_EL1 = ICC_ENCODING(3, 0, 12, 12, 6),
    ICC_IGRPEN1_EL1 = ICC_ENCODING(3, 0, 12, 12, 7),
    ICC_SRE_EL2 = ICC_ENCODING(3, 4, 12, 9, 5),
    ICC_CTLR_EL3 = ICC_ENCODING(3, 6, 12, 12, 4),
    ICC_SRE_EL3 = ICC_ENCODING(3, 6, 12, 12, 5),
    ICC_IGRPEN1_EL3 = ICC_ENCODING(3, 6, 12, 12, 7),
};

// ICC_CTLR_EL1 of one Security state.
enum { ICC_CTLR_CBPR = BIT32(0), ICC_CTLR_EOIMODE = BIT32(1), ICC_CTLR_PMHE = BIT32(6) };

struct icc {
    struct gic_cpu core;
    uint32_t eoimode; // of groups' Security states: bit GIC_G1NS, bit GIC_G1S
    uint32_t pmhe;
    uint32_t secure;      // the CPU executes in Secure state
    uint32_t sctlr_nmi;   // SCTLR_ELx.NMI where it executes: ICC_IAR1 leaves non-maskable ones to ICC_NMIAR1
    uint32_t long_intids; // configuration: INTIDs of more than 16 bits
    uint32_t extended;    // configuration: extended PPIs and SPIs
    uint32_t nmi;         // configuration: FEAT_GICv3_NMI
    uint32_t mistakes[GIC_MISTAKES];
};

void icc_init(struct icc *icc, bool long_intids, bool extended, bool nmi);
void icc_reset(struct icc *icc);

// PENDING_IRQ and PENDING_FIQ, derived. IHI 0069 4.6.2: Group 0 is FIQ, and so is Group 1 of the other Security state.
// With PENDING_NMI it has superpriority, and PSTATE.{I, F} do not mask it.
uint32_t icc_output(const struct icc *icc, const struct gic_ready *ready, bool two_states);

// A mask of 80h masks every Non-secure interrupt of Secure software, with superpriority or not; for Non-secure software
// the same mask reads as 0, and does not mask superpriority.
bool icc_masks_superpriority(const struct icc *icc, const struct gic_pending *pending);

// A system register. PORT_NOT_MINE: not one of these; PORT_FAULT: UNDEFINED (or a trap to EL3) in this state.
enum port_result icc_read(struct icc *icc, const struct gic_ready *ready, bool two_states, uint64_t encoding,
                          uint64_t *value, struct gic_effect *effect);
enum port_result icc_write(struct icc *icc, bool two_states, uint64_t encoding, uint64_t value,
                           struct gic_effect *effect);

// The registers, sorted by encoding (`offset`).
struct icc_register {
    struct reg reg;
    uint8_t access; // ICC_ bits below
};
enum { ICC_READ = 1, ICC_WRITE = 2, ICC_RW = 3, ICC_GROUP0 = 4, ICC_EL3 = 8, ICC_NMI = 16 };
extern const struct icc_register icc_registers[];
extern const unsigned icc_register_count;

// Tells its registers (icc_fields.c).
void icc_tell(const struct icc *icc, const struct gic_ready *ready, bool two_states, const struct register_sink *sink);

void icc_visit(struct icc *icc, struct visit *v);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Distributor: the SPIs, and the CPUs that get them. GICv3 with affinity routing, and GICv2, whose private interrupts
// are banked here too (`struct gic_bank` of the CPU that accesses).
//
// Spec: IHI 0069, the GICD registers (GICv3.1: extended SPIs; GICv3.3: non-maskable interrupts); IHI 0048B 4.3.
//
//     lines, SETSPI --> struct gic_shared --(enabled, not active, group enabled)--> forwarded --> GICD_IROUTER, or
//                                                                                                GICD_ITARGETSR
//
// A pure chip: it stores registers and inputs, and returns the interrupts to forward (gicd_forwarded). The wiring
// (arm_irq.c) finds the CPU of an affinity, and chooses one for a 1 of N interrupt.
//
// With two Security states the frame's accesses are Secure or Non-secure; with one, GICD_CTLR.DS reads as 1. Secure
// software may set DS, which only a reset clears.
//
// Not modelled: legacy operation of GICv3 (ARE is RAO/WI, and a write that clears it is counted); GICD_CTLR.E1NWF and
// nASSGIreq. RWP is always 0, as every write has its effect at once.
//
// Path: arm_irq.c / gicr.c, gicc.c
#ifndef IRQCHIP_ARM_GICD_H
#define IRQCHIP_ARM_GICD_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/arm/gic.h"
#include "irqchip/arm/gic_access.h"

#define GICD_SPIS     (GIC_SPI_BLOCKS * 32)
#define GICD_NOWHERE  UINT16_MAX
#define GICD_IIDR_ARM 0x43bu

// GICD_CTLR as seen by Secure software, or with one Security state. The enables are a mask of enum gic_group.
enum {
    GICD_CTLR_GROUPS = 7,
    GICD_CTLR_ARE_S = BIT32(4), // with one Security state: ARE
    GICD_CTLR_ARE_NS = BIT32(5),
    GICD_CTLR_DS = BIT32(6),
};

#define GICD_IROUTER_IRM      BIT64(31)
#define GICD_IROUTER_AFFINITY UINT64_C(0xff00ffffff)

struct gicd {
    // Configuration.
    uint8_t version;  // 2 or 3
    uint8_t security; // two Security states after reset
    uint8_t lpi_bits; // 0: no LPIs
    uint8_t messages; // message-based SPIs
    uint8_t nmi;      // FEAT_GICv3_NMI
    uint32_t cpus;
    // Registers, inputs and latches.
    uint32_t ctlr;       // without ARE
    uint32_t statusr[2]; // Secure, Non-secure
    struct gic_shared spi;
    uint64_t irouter[GICD_SPIS];  // GICv3
    uint8_t itargetsr[GICD_SPIS]; // GICv2
    uint32_t mistakes[GIC_MISTAKES];
    // The CPU that each SPI is forwarded to (for 1 of N the one that was chosen); GICv2: a mask of CPUs.
    uint16_t place[GICD_SPIS];
};

struct gicd_config {
    unsigned version, spis, extended_spis, lpi_bits;
    bool security, messages, nmi;
    uint32_t cpus;
};

void gicd_init(struct gicd *gicd, const struct gicd_config *config);
// Reset; lines, mistakes and configuration stay.
void gicd_reset(struct gicd *gicd);

static inline bool gicd_two_states(const struct gicd *gicd)
{
    return gicd->security && !(gicd->ctlr & GICD_CTLR_DS);
}

// Does SPI `index` (block * 32 + bit) exist?
bool gicd_has(const struct gicd *gicd, uint32_t index);
// Drives the line of an SPI.
void gicd_set_line(struct gicd *gicd, uint32_t index, bool level);
// An edge without a line: pending until it is acknowledged or GICD_ICPENDR clears it. A level-sensitive SPI becomes so too,
// as by GICD_ISPENDR: there is no level to hold it (IHI 0069, "Interrupt handling state machine"; IHI 0048B 4.3.7).
void gicd_trigger(struct gicd *gicd, uint32_t index);
// A message (GICD_SETSPI_NSR and similar registers). A level-sensitive SPI stays pending until it is cleared; as with
// GICD_ICPENDR, the level of its wire does not change. `secure`: the write is Secure, and reaches every SPI.
// GIC_NO_MISTAKE: it was done; GIC_MISTAKE_INTID: there is no such SPI; GIC_MISTAKE_SECURE: a Non-secure write for a
// Secure SPI.
enum gic_mistake gicd_message(struct gicd *gicd, uint32_t intid, bool set, bool secure);
// Does a Secure or Non-secure message reach the SPI, setting its pending state or clearing it?
bool gicd_permits(const struct gicd *gicd, uint32_t index, bool set, bool secure);
// Acknowledge and deactivation. gicd_deactivate returns whether it was active and the access was allowed to deactivate
// it.
void gicd_activate(struct gicd *gicd, uint32_t index);
bool gicd_deactivate(struct gicd *gicd, uint32_t index, bool secure);
// SPIs of `block` to forward.
uint32_t gicd_forwarded(const struct gicd *gicd, unsigned block);
enum gic_group gicd_group(const struct gicd *gicd, uint32_t index);
struct gic_rank gicd_rank(const struct gicd *gicd, uint32_t index);
// Marks everything to be settled.
void gicd_touch_all(struct gicd *gicd);

// The frame. `bank` is GICv2's of the CPU `cpu` that accesses; NULL with GICv3.
uint64_t gicd_read(struct gicd *gicd, struct gic_bank *bank, uint32_t cpu, bool secure, uint64_t offset, unsigned size,
                   uint64_t now, struct gic_effect *effect);
void gicd_write(struct gicd *gicd, struct gic_bank *bank, uint32_t cpu, bool secure, uint64_t offset, unsigned size,
                uint64_t value, uint64_t now, struct gic_effect *effect);

extern const struct gic_register gicd_registers[]; // GICv3
extern const unsigned gicd_register_count;
extern const struct gic_register gicd_v2_registers[];
extern const unsigned gicd_v2_register_count;

// Tells its registers (gicd_fields.c). `bank` and `cpu` as for gicd_read.
void gicd_tell(const struct gicd *gicd, const struct gic_bank *bank, uint32_t cpu, const struct register_sink *sink);

void gicd_visit(struct gicd *gicd, struct visit *v);

#endif

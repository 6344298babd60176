// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: what the Arm chips share, and each chip's own question. See base/why.h.
//
//     gicd_why, gicr_why       an SPI, or a private interrupt: pending, active, enabled      gic_block_why
//     gicr_why_lpi             an LPI: enabled redistributor, tables, cached configuration
//     its_why                  an event: the way through the tables to an LPI
//     icc_why, gicc_why        the CPU interface: group, mask, other interrupts              gic_cpu_why
//
// Every function reports the gates that it finds, in the order of the path, and changes nothing. They read guest memory,
// but fill no cache.
#ifndef IRQCHIP_ARM_GIC_WHY_H
#define IRQCHIP_ARM_GIC_WHY_H

#include "base/why.h"
#include "irqchip/arm/gic.h"

struct gicc;
struct gicd;
struct gicr;
struct gicr_lpi_world;
struct icc;
struct its;

// --- Interrupts -----------------------------------------------------------------------------------------------------

// An interrupt in its block, and how the registers that have it are called.
struct gic_why_place {
    const struct gic_block *block;
    unsigned bit;
    uint32_t intid;
    uint32_t number; // of the registers with a bit for each interrupt
    bool extended;   // their names end in E
    bool gicr;       // their names begin with GICR, not GICD
    uint32_t cpu;    // of a private interrupt
};

// The reasons of SPIs, or of private interrupts.
struct gic_why_reasons {
    enum intact_why_reason low, no_edge, not_pending, active, active_pending, disabled;
};

static inline bool gic_why_pending(const struct gic_why_place *place)
{
    return gic_block_pending(place->block) >> place->bit & 1;
}

static inline bool gic_why_active(const struct gic_why_place *place)
{
    return place->block->active >> place->bit & 1;
}

// Reports why it is not pending, that it is active, that it is disabled.
void gic_block_why(const struct gic_why_place *place, const struct gic_why_reasons *reasons, bool two_states,
                   struct why *why);
// GICD_CTLR enables its group? `place` is NULL for an LPI.
void gicd_why_group(const struct gicd *gicd, const struct gic_why_place *place, uint32_t intid, enum gic_group group,
                    struct why *why);
// In texts Group 1 has no Security state where there is one.
static inline unsigned gic_why_group(enum gic_group group, bool two_states)
{
    return group == GIC_G1NS && !two_states ? 3u : (unsigned)group;
}

void gicd_why(const struct gicd *gicd, uint32_t index, struct why *why);
struct gic_why_place gicd_why_place(const struct gicd *gicd, uint32_t index);
// A message to GICD_SETSPI (`secure_register`: GICD_SETSPI_SR) by a Non-secure write. False: it has no effect.
bool gicd_why_message(const struct gicd *gicd, uint32_t intid, bool secure_register, struct why *why);

// GICv2's private interrupts too, whose registers are the distributor's: `v2`.
void gicr_why(const struct gicr *gicr, uint32_t slot, bool two_states, bool v2, struct why *why);
struct gic_why_place gicr_why_place(const struct gicr *gicr, uint32_t slot, bool v2);
void gicr_why_asleep(const struct gicr *gicr, struct why *why);
// An LPI. False: it has no configuration, so that nothing behind can be said. Else its priority in `*pending`.
bool gicr_why_lpi(const struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid,
                  struct gic_pending *pending, struct why *why);
// An LPI that waits for others, or is masked: would it have a higher priority if its configuration were not cached?
void gicr_why_lpi_priority(const struct gicr *gicr, const struct gicr_lpi_world *world,
                           const struct gic_pending *pending, struct why *why);

// An event. False: no LPI; else it and its CPU.
bool its_why(const struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event, uint32_t *intid,
             uint32_t *cpu, struct why *why);

// --- CPU interfaces -------------------------------------------------------------------------------------------------

// The question to the interface of `cpu`: an interrupt that is forwarded to it, or would be.
struct gic_why_forwarded {
    struct gic_pending pending;
    uint32_t cpu;
    struct gic_pending serving; // the active interrupt that has the running priority; GIC_SPURIOUS: unknown
    bool two_states;
};

void icc_why(const struct icc *icc, const struct gic_ready *ready, const struct gic_why_forwarded *forwarded,
             struct why *why);
void gicc_why(const struct gicc *gicc, const struct gic_ready *ready, const struct gic_why_forwarded *forwarded,
              struct why *why);

struct gic_why_core {
    enum intact_why_reason behind, masked, running, running_intid, same_group;
};

// The highest pending interrupt of `groups` where it goes before this one.
bool gic_cpu_why_first(const struct gic_ready *ready, uint32_t groups, const struct gic_pending *pending,
                       struct gic_pending *first);
// The priority core: mask and running priority; and an interrupt that goes first.
void gic_cpu_why(const struct gic_cpu *cpu, const struct gic_why_forwarded *forwarded,
                 const struct gic_why_core *reasons, struct why *why);
void gic_cpu_why_behind(const struct gic_why_forwarded *forwarded, const struct gic_pending *first,
                        enum intact_why_reason reason, struct why *why);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Redistributor: the receiver of one CPU, with its SGIs and PPIs (extended ones too).
//
// Spec: IHI 0069, the GICR registers.
//
//     00000h  RD_base   control, wake-up
//     10000h  SGI_base  a bank of private interrupts
//     LPIs (gicr_lpi.c): pending bits, a cache of the configuration table
//
// A pure chip: registers, lines and latches; gicr_forwarded returns the interrupts to forward to the CPU interface,
// none while GICR_WAKER.ProcessorSleep is set.
//
// Not modelled: memory partitioning (GICR_MPAMIDR); the request to wake a CPU whose redistributor is asleep. RWP and UWP
// are always 0, as every write has its effect at once.
//
// Path: gicd.c / icc.c
#ifndef IRQCHIP_ARM_GICR_H
#define IRQCHIP_ARM_GICR_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/arm/gic.h"
#include "irqchip/arm/gic_access.h"

#define GICR_FRAME UINT64_C(0x20000) // RD_base and SGI_base

// GICR_CTLR: this CPU takes no part in 1 of N distribution of Group 0, Non-secure and Secure Group 1.
enum {
    GICR_CTLR_ENABLE_LPIS = BIT32(0),
    GICR_CTLR_CES = BIT32(1), // LPIs may be disabled again
    GICR_CTLR_IR = BIT32(2),  // GICR_INVLPIR and GICR_INVALLR
    GICR_CTLR_DPG0 = BIT32(24),
    GICR_CTLR_DPG1NS = BIT32(25),
    GICR_CTLR_DPG1S = BIT32(26),
};

#define GICR_PENDBASER_PTZ BIT64(62)

enum { GICR_WAKER_SLEEP = BIT32(1), GICR_WAKER_ASLEEP = BIT32(2) };

struct gicr {
    // Configuration.
    uint64_t affinity; // as in GICR_TYPER: Aff3.Aff2.Aff1.Aff0
    uint32_t number;
    uint32_t last;     // of its window
    uint32_t lpi_bits; // INTID bits of LPIs; 0: none
    uint32_t nmi;      // FEAT_GICv3_NMI
    // Registers, inputs and latches.
    uint32_t ctlr;
    uint32_t waker;
    uint32_t statusr[2]; // Secure, Non-secure
    uint64_t propbaser, pendbaser;
    struct gic_bank bank;
    uint32_t mistakes[GIC_MISTAKES];
    // In memory from the wiring: the INTIDs that are pending, the cached configuration of each, and the pages of the
    // cache that are in use (derived). Reset and INVALL skip unused pages.
    struct gic_set lpi_pending;
    uint8_t *lpi_properties;
    uint64_t *lpi_pages;
};

// Other objects that the LPI functions use.
struct gicr_lpi_world {
    struct gic_ready *ready; // of this CPU
    const struct gic_memory *memory;
    bool two_states;
};

// `affinity` is Aff3.Aff2.Aff1.Aff0 in 32 bits; `number` the CPU's; `blocks` 1 to 3: 32, 64 or 96 private interrupts;
// `last` in the window; `nmi`: FEAT_GICv3_NMI.
void gicr_init(struct gicr *gicr, uint32_t affinity, uint32_t number, unsigned blocks, bool last, bool nmi);
// Reset; lines, mistakes and configuration stay. Call gicr_lpi_reset before it.
void gicr_reset(struct gicr *gicr);

// Does private slot `slot` (below 32, or an extended PPI) exist?
bool gicr_has(const struct gicr *gicr, uint32_t slot);
void gicr_set_line(struct gicr *gicr, uint32_t slot, bool level);
// An SGI, or an edge without a line.
void gicr_trigger(struct gicr *gicr, uint32_t slot);
void gicr_activate(struct gicr *gicr, uint32_t slot);
bool gicr_deactivate(struct gicr *gicr, uint32_t slot, bool secure, bool two_states);
// Private interrupts of `block` to forward, with the groups `enabled` in the distributor.
static inline uint32_t gicr_forwarded(const struct gicr *gicr, unsigned block, uint32_t enabled, bool two_states)
{
    return gic_block_forwarded(&gicr->bank.block[block], enabled, two_states);
}
void gicr_touch_all(struct gicr *gicr);
// Groups of which this CPU takes 1 of N interrupts.
uint32_t gicr_one_of_many(const struct gicr *gicr);

static inline bool gicr_asleep(const struct gicr *gicr)
{
    return gicr->waker & GICR_WAKER_SLEEP;
}

// --- LPIs (gicr_lpi.c) -----------------------------------------------------------------------------------------------

// The words of memory needed for INTIDs of `lpi_bits` (0, or 14 to 24); and sets that memory, which must be zeroed.
size_t gicr_lpi_words(unsigned lpi_bits);
void gicr_lpi_init(struct gicr *gicr, struct gic_ready *ready, unsigned lpi_bits, uint64_t *words);
// Does the LPI exist?
bool gicr_lpi_has(const struct gicr *gicr, uint32_t intid);
bool gicr_lpi_is_pending(const struct gicr *gicr, uint32_t intid);
// The configuration of an LPI: as it is in memory, which is read without any effect on the cache; and as it is cached, if it
// is.
struct gicr_lpi_config {
    uint64_t address; // of the byte in memory
    uint8_t byte;
    bool readable; // the address is RAM
    bool enabled;
    uint8_t priority;
};
void gicr_lpi_read(const struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid,
                   struct gicr_lpi_config *config);
uint64_t gicr_lpi_pending_table(const struct gicr *gicr); // its address: a bit for each INTID
bool gicr_lpi_cached(const struct gicr *gicr, uint32_t intid, struct gicr_lpi_config *config);
// Make it pending, or not pending. gicr_lpi_set is false where LPIs are disabled or the INTID is out of range;
// gicr_lpi_clear is false if it was not pending.
bool gicr_lpi_set(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid);
bool gicr_lpi_clear(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid);
// Drops the cached configuration.
void gicr_lpi_invalidate(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid);
void gicr_lpi_invalidate_all(struct gicr *gicr, const struct gicr_lpi_world *world);
// Is it pending, where LPIs are enabled?
bool gicr_lpi_pends(const struct gicr *gicr, uint32_t intid);
// May an LPI move here? Commands that involve a redistributor with LPIs disabled are ignored (GICR_CTLR.EnableLPIs),
// and so are INTIDs beyond GICR_PROPBASER.IDbits: an interrupt that is pending elsewhere stays there. False is counted
// as a mistake.
bool gicr_lpi_takes(struct gicr *gicr, uint32_t intid);
// Moves all LPIs that may move.
void gicr_lpi_move_all(struct gicr *from, const struct gicr_lpi_world *from_world, struct gicr *to,
                       const struct gicr_lpi_world *to_world);
void gicr_lpi_enable(struct gicr *gicr, const struct gicr_lpi_world *world);
void gicr_lpi_disable(struct gicr *gicr, const struct gicr_lpi_world *world);
void gicr_lpi_reset(struct gicr *gicr, const struct gicr_lpi_world *world);
// After loading: derives what is not saved, and fills the empty set of ready LPIs from the pending ones.
void gicr_lpi_loaded(struct gicr *gicr, const struct gicr_lpi_world *world);

// Both frames: `offset` 0 to 1ffffh.
uint64_t gicr_read(struct gicr *gicr, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t now,
                   struct gic_effect *effect);
void gicr_write(struct gicr *gicr, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t value,
                uint64_t now, struct gic_effect *effect);

extern const struct gic_register gicr_registers[];
extern const unsigned gicr_register_count;

// Tells its registers (gicr_fields.c).
void gicr_tell(const struct gicr *gicr, bool two_states, const struct register_sink *sink);

void gicr_visit(struct gicr *gicr, struct visit *v);

#endif

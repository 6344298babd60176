// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The parts that all Arm interrupt controllers share: the state of 32 interrupts, the sets of ready interrupts, and the
// priority core of a CPU interface, used by GICv2's GICC and GICv3's ICC.
//
// Spec: IHI 0069 (GICv3), chapter "Physical interrupt handling and prioritization"; IHI 0048B (GICv2), chapter 3 and
// section 4.4. Five priority bits. The sections of IHI 0069 have other numbers in each issue, so that registers and
// commands are cited here by their names.
//
//     line, latch, enabled, active, group, priority     struct gic_block: 32 interrupts
//            |  forwarded to a CPU
//            v
//     ready: [group][level] -> bitmap of interrupts     struct gic_ready: the lowest level, then the lowest INTID
//            |  mask, binary point, running priority    in three steps, however many are ready
//            v
//     IRQ, FIQ; IAR                                     struct gic_cpu
//
// Interrupts are numbered in three ways: the INTID of the guest; the *slot*, which is the INTID without the gaps; LPIs
// have only an INTID.
//
//     INTID  0-1019  1056-1119  4096-5119
//     slot   0-1019  1024-1087  1088-2111
//
// An interrupt of Group 1 with the non-maskable property (FEAT_GICv3_NMI) has *superpriority*: it is just above all
// others of its priority, which is 80h for Non-secure ones with two Security states, and 0 otherwise.
//
// Not modelled: non-maskable LPIs; more than five priority bits.
//
// Path: gicd.c, gicr.c / icc.c, gicc.c
#ifndef IRQCHIP_ARM_GIC_H
#define IRQCHIP_ARM_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/visit.h"

struct register_sink;

#define GIC_SLOTS         2112u
#define GIC_WORDS         33u
#define GIC_LEVELS        32u // priorities 0, 8, ... f8h
#define GIC_PRIORITY_BITS 5u
#define GIC_PRIORITY_MASK 0xf8u
#define GIC_IDLE          0xffu // running priority while nothing is active
#define GIC_SPURIOUS      1023u
#define GIC_NMI_PENDING   1022u // ICC_IAR1: the highest one is for ICC_NMIAR1
#define GIC_NO_SLOT       UINT32_MAX
#define GIC_LPI_FIRST     8192u

#define GIC_SHARED_BLOCKS  31u // SPIs 32 to 1019 (1023)
#define GIC_EXTENDED_FIRST GIC_SHARED_BLOCKS
#define GIC_SPI_BLOCKS     63u // and the extended ones
#define GIC_PRIVATE_BLOCKS 3u  // SGIs and PPIs, extended PPIs
#define GIC_EPPI_SLOT      1024u
#define GIC_ESPI_SLOT      1088u
#define GIC_EPPI_INTID     1056u
#define GIC_ESPI_INTID     4096u

// Guest memory, as the redistributors (LPI tables) and the ITS use it. False: some byte is not RAM; nothing was copied.
struct gic_memory {
    bool (*read)(void *owner, uint64_t address, void *data, size_t size);
    bool (*write)(void *owner, uint64_t address, const void *data, size_t size);
    void *owner;
};

// With one Security state, Group 1 is GIC_G1NS.
enum gic_group { GIC_G0, GIC_G1NS, GIC_G1S, GIC_GROUPS };

// --- Interrupts by the 32 -------------------------------------------------------------------------------------------

struct gic_block {
    uint32_t group;    // Group 1
    uint32_t modifier; // Secure Group 1, where GICD_CTLR.DS is 0
    uint32_t enabled;
    uint32_t line;    // electrical level
    uint32_t message; // level that is set by messages (GICD_SETSPI), separate from the wire
    uint32_t latch;   // pending by an edge, a message or a register
    uint32_t active;
    uint32_t edge;  // edge-triggered, else level-sensitive
    uint32_t nmi;   // non-maskable property; used in Group 1
    uint64_t nsacr; // two bits each
    uint8_t priority[32];
};

static inline uint32_t gic_block_pending(const struct gic_block *block)
{
    return block->latch | ((block->line | block->message) & ~block->edge);
}

// Drives lines: an edge-triggered one is latched as it rises.
static inline void gic_block_set_line(struct gic_block *block, unsigned bit, bool level)
{
    uint32_t mask = BIT32(bit);
    if (level && !(block->line & mask))
        block->latch |= mask & block->edge;
    block->line = level ? block->line | mask : block->line & ~mask;
}

// Acknowledge: becomes active, and the latch is cleared. A level that is still high stays pending.
static inline void gic_block_activate(struct gic_block *block, unsigned bit)
{
    block->active |= BIT32(bit);
    block->latch &= ~BIT32(bit);
}

static inline enum gic_group gic_block_group(const struct gic_block *block, unsigned bit, bool two_states)
{
    if (two_states && block->modifier >> bit & 1 && !(block->group >> bit & 1))
        return GIC_G1S;
    return block->group >> bit & 1 ? GIC_G1NS : GIC_G0;
}

// The bits in Group 1, of either Security state.
static inline uint32_t gic_block_group_1(const struct gic_block *block, bool two_states)
{
    return two_states ? block->group | block->modifier : block->group;
}

// The priority of an interrupt, for comparison with others.
struct gic_rank {
    uint8_t priority;
    bool nmi; // superpriority
};

static inline struct gic_rank gic_block_rank(const struct gic_block *block, unsigned bit, bool two_states)
{
    uint32_t nmi = block->nmi & gic_block_group_1(block, two_states);
    if (likely(!(nmi >> bit & 1)))
        return (struct gic_rank){ block->priority[bit], false };
    return (struct gic_rank){ two_states && block->group >> bit & 1 ? 0x80 : 0, true };
}

// The bits that may be forwarded if the groups of the mask `enabled` are enabled.
static inline uint32_t gic_block_forwarded(const struct gic_block *block, uint32_t enabled, bool two_states)
{
    uint32_t secure_1 = two_states ? block->modifier & ~block->group : 0;
    uint32_t groups = 0;
    groups |= enabled >> GIC_G0 & 1 ? ~block->group & ~secure_1 : 0;
    groups |= enabled >> GIC_G1NS & 1 ? block->group : 0;
    groups |= enabled >> GIC_G1S & 1 ? secure_1 : 0;
    return gic_block_pending(block) & block->enabled & ~block->active & groups;
}
void gic_block_visit(struct gic_block *block, struct visit *v);

// The private interrupts of a CPU (in GICv3: of its redistributor).
struct gic_bank {
    struct gic_block block[GIC_PRIVATE_BLOCKS];
    uint8_t source[16];                   // GICv2: for each SGI, the CPUs that sent it
    uint32_t blocks;                      // configuration: 1, 2 or 3
    uint32_t touched[GIC_PRIVATE_BLOCKS]; // to be derived again
    uint32_t touched_blocks;
};

// The interrupts of all CPUs: SPIs 32-1019 in blocks 0 to 30, extended ones in blocks 31 to 62.
struct gic_shared {
    struct gic_block block[GIC_SPI_BLOCKS];
    uint32_t blocks, extended; // configuration: how many of either
    uint32_t touched[GIC_SPI_BLOCKS];
    uint64_t touched_blocks;
};

static inline void gic_bank_touch(struct gic_bank *bank, unsigned block, uint32_t bits)
{
    bank->touched[block] |= bits;
    bank->touched_blocks |= BIT32(block);
}

static inline void gic_shared_touch(struct gic_shared *shared, unsigned block, uint32_t bits)
{
    shared->touched[block] |= bits;
    shared->touched_blocks |= BIT64(block);
}

// The slot of a shared interrupt from its index in gic_shared (block * 32 + bit), and the reverse.
static inline uint32_t gic_shared_slot(uint32_t index)
{
    return index < GIC_EXTENDED_FIRST * 32 ? index + 32 : index - GIC_EXTENDED_FIRST * 32 + GIC_ESPI_SLOT;
}

static inline uint32_t gic_shared_index(uint32_t slot)
{
    return slot < GIC_EPPI_SLOT ? slot - 32 : slot - GIC_ESPI_SLOT + GIC_EXTENDED_FIRST * 32;
}

static inline bool gic_slot_private(uint32_t slot)
{
    return slot < 32 || (slot >= GIC_EPPI_SLOT && slot < GIC_ESPI_SLOT);
}

// The block of a private slot.
static inline unsigned gic_bank_block(uint32_t slot)
{
    return slot < 32 ? 0 : 1 + (slot - GIC_EPPI_SLOT) / 32;
}

static inline uint32_t gic_slot_of(uint32_t intid)
{
    if (intid < 1020)
        return intid;
    if (intid - GIC_EPPI_INTID < 64)
        return intid - GIC_EPPI_INTID + GIC_EPPI_SLOT;
    if (intid - GIC_ESPI_INTID < 1024)
        return intid - GIC_ESPI_INTID + GIC_ESPI_SLOT;
    return GIC_NO_SLOT;
}

static inline uint32_t gic_intid_of(uint32_t slot)
{
    if (slot < GIC_EPPI_SLOT)
        return slot;
    return slot < GIC_ESPI_SLOT ? slot - GIC_EPPI_SLOT + GIC_EPPI_INTID : slot - GIC_ESPI_SLOT + GIC_ESPI_INTID;
}

// --- Sets of ready interrupts ---------------------------------------------------------------------------------------

// A hierarchical bitmap of 2^`bits` members (at most 2^24): each bit of a layer says that a word below it is not 0.
struct gic_set {
    uint64_t *layer[4]; // [0]: the members
    uint32_t depth, bits;
};

// Words that a set needs. gic_set_init takes them, zeroed.
size_t gic_set_words(unsigned bits);
void gic_set_init(struct gic_set *set, unsigned bits, uint64_t *words);
void gic_set_add(struct gic_set *set, uint32_t member);
void gic_set_remove(struct gic_set *set, uint32_t member);
// The lowest member, UINT32_MAX: none.
uint32_t gic_set_lowest(const struct gic_set *set);
// The lowest member that is not below `from`, UINT32_MAX: none. Its cost does not depend on the size of the set.
uint32_t gic_set_next(const struct gic_set *set, uint32_t from);
// Derives the upper layers from the members.
void gic_set_derive(struct gic_set *set);
static inline bool gic_set_has(const struct gic_set *set, uint32_t member)
{
    return set->layer[0][member / 64] >> (member % 64) & 1;
}

// One group at one priority.
struct gic_level {
    uint64_t summary;
    uint64_t word[GIC_WORDS];
};

// The interrupts that are forwarded to one CPU. Derived: never saved.
struct gic_ready {
    uint32_t groups;             // that are signalled: enabled in GICD_CTLR; none while the redistributor is asleep
    uint32_t levels[GIC_GROUPS]; // levels that are not empty
    uint32_t nmis;               // groups that have one with superpriority
    uint8_t nmi_priority[GIC_GROUPS];
    struct gic_level level[GIC_GROUPS][GIC_LEVELS + 1]; // the last one: superpriority
    uint8_t at[GIC_SLOTS];                              // the place of each slot: 1 + group * 33 + level; 0: none
    // LPIs, which are all in Group 1 (Non-secure). No memory: no LPIs.
    uint32_t lpi_levels;
    struct gic_set lpi[GIC_LEVELS];
};

// Empties it; the memory of its LPI sets stays.
void gic_ready_clear(struct gic_ready *ready);
void gic_ready_put(struct gic_ready *ready, uint32_t slot, enum gic_group group, struct gic_rank rank);
void gic_ready_take_out(struct gic_ready *ready, uint32_t slot); // it is in the set
static inline void gic_ready_remove(struct gic_ready *ready, uint32_t slot)
{
    if (ready->at[slot])
        gic_ready_take_out(ready, slot);
}
void gic_ready_put_lpi(struct gic_ready *ready, uint32_t intid, uint8_t priority);
void gic_ready_remove_lpi(struct gic_ready *ready, uint32_t intid, uint8_t priority);

// An interrupt that may be signalled.
struct gic_pending {
    uint32_t intid; // GIC_SPURIOUS: none
    uint8_t group, priority;
    bool nmi;
};

// The highest of the `groups` (a mask): among the same priority the one with the lowest INTID.
struct gic_pending gic_ready_find(const struct gic_ready *ready, uint32_t groups); // there may be one
static inline struct gic_pending gic_ready_highest(const struct gic_ready *ready, uint32_t groups)
{
    uint32_t levels = ready->levels[GIC_G0] | ready->levels[GIC_G1NS] | ready->levels[GIC_G1S] | ready->lpi_levels;
    if (!(levels | ready->nmis))
        return (struct gic_pending){ .intid = GIC_SPURIOUS, .priority = GIC_IDLE };
    return gic_ready_find(ready, groups & ready->groups);
}

// --- The priority core of a CPU interface ---------------------------------------------------------------------------

struct gic_cpu {
    uint8_t pmr;
    uint8_t bpr[GIC_GROUPS];
    uint32_t apr[GIC_GROUPS]; // a bit for each active priority level
    uint8_t nmi[GIC_GROUPS];  // superpriority that is active: 1 + its priority; 0: none
    uint32_t enabled;         // groups, as a mask
    uint32_t common_bpr;      // groups whose binary point is that of Group 0
};

#define GIC_BPR_MIN (7u - GIC_PRIORITY_BITS) // Group 0, Secure Group 1; one more for Non-secure Group 1

void gic_cpu_reset(struct gic_cpu *cpu);
// The bits of a priority that take part in preemption.
uint8_t gic_cpu_group_mask(const struct gic_cpu *cpu, enum gic_group group);
// Writes a binary point, at least the minimum of its group.
void gic_cpu_set_bpr(struct gic_cpu *cpu, enum gic_group group, unsigned value);
// The running priority; GIC_IDLE: nothing is active.
uint8_t gic_cpu_running(const struct gic_cpu *cpu);
// Is `pending` above the mask and the running priority, so that it is signalled? The second: with superpriority, of either.
bool gic_cpu_signals_nmi(const struct gic_cpu *cpu, const struct gic_pending *pending);
static inline bool gic_cpu_signals(const struct gic_cpu *cpu, const struct gic_pending *pending)
{
    uint32_t active = cpu->apr[GIC_G0] | cpu->apr[GIC_G1NS] | cpu->apr[GIC_G1S];
    if (pending->intid == GIC_SPURIOUS)
        return false;
    if (unlikely(pending->nmi || cpu->nmi[GIC_G1NS] || cpu->nmi[GIC_G1S]))
        return gic_cpu_signals_nmi(cpu, pending);
    if (pending->priority >= cpu->pmr)
        return false;
    uint8_t mask = gic_cpu_group_mask(cpu, pending->group);
    return !active || (pending->priority & mask) < (bits_lowest(active) * 8 & mask);
}
// Acknowledge: its priority is active.
void gic_cpu_activate(struct gic_cpu *cpu, const struct gic_pending *pending);
// Priority drop of an EOI for one of the `groups` (a mask). False: the highest active priority is none of them.
bool gic_cpu_drop(struct gic_cpu *cpu, uint32_t groups);
void gic_cpu_visit(struct gic_cpu *cpu, struct visit *v);

// Non-secure software sees the lower half of the priorities as the whole (IHI 0069 4.8.1, IHI 0048B chapter 3): 80h-FFh
// as 00h-FEh, and higher priorities as 0.
static inline uint8_t gic_priority_to_ns(uint8_t priority)
{
    return priority & 0x80 ? (uint8_t)(priority << 1) : 0;
}

static inline uint8_t gic_priority_from_ns(uint8_t seen)
{
    return (uint8_t)((0x80 | seen >> 1) & GIC_PRIORITY_MASK);
}

// Guest mistakes, counted by each chip of the family.
enum gic_mistake {
    GIC_MISTAKE_REGISTER,    // access to no register
    GIC_MISTAKE_READONLY,    // write to a read-only register
    GIC_MISTAKE_WRITEONLY,   // read of a write-only one
    GIC_MISTAKE_WIDTH,       // size or alignment that the register does not have
    GIC_MISTAKE_SECURE,      // a Non-secure access to a Secure register or interrupt
    GIC_MISTAKE_ARE,         // GICD_CTLR.ARE cleared: there is no legacy operation here
    GIC_MISTAKE_INTID,       // an INTID that does not exist, or that the register does not accept
    GIC_MISTAKE_EOI,         // an EOI for another than the highest active interrupt
    GIC_MISTAKE_DEACTIVATE,  // DIR without EOImode, or of an interrupt that is not active
    GIC_MISTAKE_OTHER_GROUP, // IAR of one group while the highest interrupt is in the other: 1023 for ever
    GIC_MISTAKE_SGI,         // an SGI without a receiver
    GIC_MISTAKE_TABLE,       // an LPI or ITS table that is not RAM, or not of a size that works
    GIC_MISTAKE_ENABLED,     // a write to a register that must not change while it is in use
    GIC_MISTAKE_CONFIG,      // the trigger mode of an interrupt changed while it is enabled
    GIC_MISTAKES,
    GIC_NO_MISTAKE = GIC_MISTAKES,
};

// "register", "read-only" and so on; never NULL.
const char *gic_mistake_name(enum gic_mistake mistake);

// --- What an access requires outside of the chip --------------------------------------------------------------------

enum {
    GIC_CHANGED = BIT32(0),     // this CPU's outputs may have changed
    GIC_TAKEN = BIT32(1),       // `intid` was acknowledged: it becomes active (v2: SGI of `source`)
    GIC_DROPPED = BIT32(2),     // `intid` got its EOI: its priority was dropped
    GIC_ENDED = BIT32(3),       // `intid` is to be deactivated, on behalf of `secure`
    GIC_SENDS = BIT32(4),       // an SGI: `intid` to `target`, of `group`
    GIC_EVERYTHING = BIT32(5),  // the enables of the distributor changed: all interrupts must be settled
    GIC_ONE_OF_MANY = BIT32(6), // the CPUs that take part in 1 of N distribution changed
    GIC_RAISES = BIT32(7),      // GICv2m: an edge on SPI `intid`
    GIC_LPI = BIT32(8),         // the action `lpi` for LPI `intid` of this CPU
    GIC_EVENT = BIT32(9),       // GITS_TRANSLATER: EventID `intid`
};

enum gic_lpi_action {
    GIC_LPI_NOTHING,
    GIC_LPI_SET,
    GIC_LPI_CLEAR,
    GIC_LPI_INVALIDATE, // its cached configuration
    GIC_LPI_INVALIDATE_ALL,
    GIC_LPI_ENABLE,
    GIC_LPI_DISABLE,
    GIC_LPI_MOVE,     // the ITS: its pending state moves to another CPU
    GIC_LPI_MOVE_ALL, // all of them
};

struct gic_effect {
    uint16_t flags; // GIC_ bits
    uint8_t group;  // enum gic_group: of what was acknowledged, or of an SGI that is sent
    uint8_t lpi;    // enum gic_lpi_action
    uint8_t source; // GICv2: the CPU that sent the SGI
    bool secure;    // the access is Secure (or there is one Security state)
    uint32_t intid;
    uint64_t target; // of an SGI: GICv2 a mask of CPUs, GICv3 the ICC_SGI1R value
};

static inline void gic_effect_clear(struct gic_effect *effect)
{
    *effect = (struct gic_effect){ .flags = 0 };
}

#endif

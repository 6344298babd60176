// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets of ready interrupts and the priority core; the overview is in gic.h.
//
// Path: gicd.c, gicr.c / icc.c, gicc.c
#include "irqchip/arm/gic.h"

void gic_block_visit(struct gic_block *block, struct visit *v)
{
    VISIT(v, block->group);
    VISIT(v, block->modifier);
    VISIT(v, block->enabled);
    VISIT(v, block->line);
    VISIT(v, block->message);
    VISIT(v, block->latch);
    VISIT(v, block->active);
    VISIT(v, block->edge);
    VISIT(v, block->nmi);
    VISIT(v, block->nsacr);
    VISIT_ARRAY(v, block->priority);
}

// --- Hierarchical bitmaps -------------------------------------------------------------------------------------------

static size_t layer_words(unsigned bits)
{
    return bits <= 6 ? 1 : (size_t)1 << (bits - 6);
}

size_t gic_set_words(unsigned bits)
{
    size_t words = layer_words(bits);
    while (bits > 6) {
        bits -= 6;
        words += layer_words(bits);
    }
    return words;
}

void gic_set_init(struct gic_set *set, unsigned bits, uint64_t *words)
{
    *set = (struct gic_set){ .depth = 1, .bits = bits, .layer = { words } };
    while (bits > 6) {
        words += layer_words(bits);
        bits -= 6;
        set->layer[set->depth++] = words;
    }
}

void gic_set_add(struct gic_set *set, uint32_t member)
{
    for (uint32_t i = 0; i < set->depth; i++, member /= 64) {
        uint64_t *word = &set->layer[i][member / 64];
        bool empty = *word == 0;
        *word |= BIT64(member % 64);
        if (!empty)
            return;
    }
}

void gic_set_remove(struct gic_set *set, uint32_t member)
{
    for (uint32_t i = 0; i < set->depth; i++, member /= 64)
        if (set->layer[i][member / 64] &= ~BIT64(member % 64))
            return;
}

uint32_t gic_set_lowest(const struct gic_set *set)
{
    uint32_t member = 0;
    if (set->depth == 0 || set->layer[set->depth - 1][0] == 0)
        return UINT32_MAX;
    for (uint32_t i = set->depth; i-- > 0;)
        member = member * 64 + bits_lowest(set->layer[i][member]);
    return member;
}

uint32_t gic_set_next(const struct gic_set *set, uint32_t from)
{
    for (uint32_t i = 0; i < set->depth && from >> (set->bits - 6 * i) == 0; i++) {
        uint32_t word = from / 64;
        uint64_t left = set->layer[i][word] & ~bits_low(from % 64);
        from = word + 1;
        if (!left)
            continue;
        uint32_t member = word * 64 + bits_lowest(left);
        while (i-- > 0)
            member = member * 64 + bits_lowest(set->layer[i][member]);
        return member;
    }
    return UINT32_MAX;
}

void gic_set_derive(struct gic_set *set)
{
    for (uint32_t i = 1; i < set->depth; i++) {
        size_t words = layer_words(set->bits - 6 * (i - 1));
        memset(set->layer[i], 0, layer_words(set->bits - 6 * i) * sizeof(uint64_t));
        for (size_t word = 0; word < words; word++)
            if (set->layer[i - 1][word])
                set->layer[i][word / 64] |= BIT64(word % 64);
    }
}

// --- Ready interrupts -----------------------------------------------------------------------------------------------

#define PLACES (GIC_LEVELS + 1)

void gic_ready_take_out(struct gic_ready *ready, uint32_t slot)
{
    uint8_t at = ready->at[slot];
    unsigned group = (at - 1u) / PLACES, n = (at - 1u) % PLACES;
    struct gic_level *level = &ready->level[group][n];
    ready->at[slot] = 0;
    if (level->word[slot / 64] &= ~BIT64(slot % 64))
        return;
    if (level->summary &= ~BIT64(slot / 64))
        return;
    if (n < GIC_LEVELS)
        ready->levels[group] &= ~BIT32(n);
    else
        ready->nmis &= ~BIT32(group);
}

void gic_ready_put(struct gic_ready *ready, uint32_t slot, enum gic_group group, struct gic_rank rank)
{
    unsigned n = rank.nmi ? GIC_LEVELS : rank.priority / 8;
    uint8_t at = (uint8_t)(1 + group * PLACES + n);
    if (rank.nmi) { // DS changed, if it differs
        ready->nmis |= BIT32(group);
        ready->nmi_priority[group] = rank.priority;
    }
    if (ready->at[slot] == at)
        return;
    gic_ready_remove(ready, slot);
    struct gic_level *level = &ready->level[group][n];
    ready->at[slot] = at;
    level->word[slot / 64] |= BIT64(slot % 64);
    level->summary |= BIT64(slot / 64);
    if (!rank.nmi)
        ready->levels[group] |= BIT32(n);
}

void gic_ready_put_lpi(struct gic_ready *ready, uint32_t intid, uint8_t priority)
{
    gic_set_add(&ready->lpi[priority / 8], intid);
    ready->lpi_levels |= BIT32(priority / 8);
}

void gic_ready_remove_lpi(struct gic_ready *ready, uint32_t intid, uint8_t priority)
{
    struct gic_set *set = &ready->lpi[priority / 8];
    gic_set_remove(set, intid);
    if (set->layer[set->depth - 1][0] == 0)
        ready->lpi_levels &= ~BIT32(priority / 8);
}

void gic_ready_clear(struct gic_ready *ready)
{
    memset(ready, 0, offsetof(struct gic_ready, lpi_levels));
    for (; ready->lpi_levels; ready->lpi_levels &= ready->lpi_levels - 1) {
        struct gic_set *set = &ready->lpi[bits_lowest(ready->lpi_levels)];
        for (uint32_t member = gic_set_lowest(set); member != UINT32_MAX; member = gic_set_lowest(set))
            gic_set_remove(set, member);
    }
}

static uint32_t level_lowest(const struct gic_level *level)
{
    unsigned word = bits_lowest(level->summary);
    return gic_intid_of(word * 64 + bits_lowest(level->word[word]));
}

// Compares interrupts with superpriority with `best`, the highest one without.
static NEVER_INLINE void offer_nmis(const struct gic_ready *ready, uint32_t groups, struct gic_pending *best)
{
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        uint8_t priority = ready->nmi_priority[group];
        if (!(ready->nmis & groups & BIT32(group)) || priority > best->priority)
            continue;
        uint32_t intid = level_lowest(&ready->level[group][GIC_LEVELS]);
        if (priority < best->priority || !best->nmi || intid < best->intid)
            *best = (struct gic_pending){ intid, (uint8_t)group, priority, true };
    }
}

struct gic_pending gic_ready_find(const struct gic_ready *ready, uint32_t groups)
{
    struct gic_pending best = { .intid = GIC_SPURIOUS, .priority = GIC_IDLE };
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        if (!(groups >> group & 1) || ready->levels[group] == 0)
            continue;
        unsigned n = bits_lowest(ready->levels[group]);
        uint32_t intid = level_lowest(&ready->level[group][n]);
        if (n * 8 < best.priority || (n * 8 == best.priority && intid < best.intid))
            best = (struct gic_pending){ .intid = intid, .group = (uint8_t)group, .priority = (uint8_t)(n * 8) };
    }
    if (groups >> GIC_G1NS & 1 && ready->lpi_levels) {
        unsigned n = bits_lowest(ready->lpi_levels);
        if (n * 8 < best.priority)
            best = (struct gic_pending){ gic_set_lowest(&ready->lpi[n]), GIC_G1NS, (uint8_t)(n * 8), false };
    }
    if (unlikely(ready->nmis & groups))
        offer_nmis(ready, groups, &best);
    return best;
}

// --- Priorities -----------------------------------------------------------------------------------------------------

void gic_cpu_reset(struct gic_cpu *cpu)
{
    *cpu = (struct gic_cpu){ .bpr = { GIC_BPR_MIN, GIC_BPR_MIN + 1, GIC_BPR_MIN } };
}

// IHI 0069, priority grouping: the binary point of Group 0 and Secure Group 1 leaves [7:n+1], that of Non-secure Group 1 [7:n].
uint8_t gic_cpu_group_mask(const struct gic_cpu *cpu, enum gic_group group)
{
    if (cpu->common_bpr >> group & 1)
        group = GIC_G0;
    return (uint8_t)(0xff << (cpu->bpr[group] + (group == GIC_G1NS ? 0 : 1)));
}

void gic_cpu_set_bpr(struct gic_cpu *cpu, enum gic_group group, unsigned value)
{
    unsigned least = GIC_BPR_MIN + (group == GIC_G1NS ? 1 : 0);
    cpu->bpr[group] = (uint8_t)(value < least ? least : value);
}

static inline uint8_t lowest_level(uint32_t levels)
{
    return levels ? (uint8_t)(bits_lowest(levels) * 8) : GIC_IDLE;
}

// The running priority. With superpriority it is above the same priority without, and `*group` is its group.
static struct gic_rank running(const struct gic_cpu *cpu, unsigned *group)
{
    struct gic_rank rank = { lowest_level(cpu->apr[GIC_G0] | cpu->apr[GIC_G1NS] | cpu->apr[GIC_G1S]), false };
    for (unsigned i = GIC_G1NS; i < GIC_GROUPS; i++) {
        if (cpu->nmi[i] == 0 || cpu->nmi[i] - 1 > rank.priority)
            continue;
        rank = (struct gic_rank){ (uint8_t)(cpu->nmi[i] - 1), true };
        *group = i;
    }
    return rank;
}

uint8_t gic_cpu_running(const struct gic_cpu *cpu)
{
    unsigned group;
    return running(cpu, &group).priority;
}

// ICC_PMR_EL1 does not mask superpriority, except that a mask in the Secure half masks Non-secure interrupts.
bool gic_cpu_signals_nmi(const struct gic_cpu *cpu, const struct gic_pending *pending)
{
    unsigned group;
    struct gic_rank rank = running(cpu, &group);
    uint8_t mask = gic_cpu_group_mask(cpu, pending->group);
    if (pending->nmi ? pending->priority > cpu->pmr : pending->priority >= cpu->pmr)
        return false;
    if (rank.priority == GIC_IDLE)
        return true;
    if ((pending->priority & mask) != (rank.priority & mask))
        return (pending->priority & mask) < (rank.priority & mask);
    return pending->nmi && !rank.nmi;
}

void gic_cpu_activate(struct gic_cpu *cpu, const struct gic_pending *pending)
{
    uint8_t priority = pending->priority & gic_cpu_group_mask(cpu, pending->group);
    if (unlikely(pending->nmi))
        cpu->nmi[pending->group] = (uint8_t)(1 + pending->priority);
    else
        cpu->apr[pending->group] |= BIT32(priority / 8);
}

bool gic_cpu_drop(struct gic_cpu *cpu, uint32_t groups)
{
    unsigned group = 0;
    struct gic_rank rank = running(cpu, &group);
    if (rank.priority == GIC_IDLE)
        return false;
    for (unsigned i = 0; i < GIC_GROUPS; i++) { // several groups may be active at the same priority
        bool active = rank.nmi ? i == group : cpu->apr[i] >> (rank.priority / 8) & 1;
        if (!(groups >> i & 1) || !active)
            continue;
        if (rank.nmi)
            cpu->nmi[i] = 0;
        else
            cpu->apr[i] &= ~BIT32(rank.priority / 8);
        return true;
    }
    return false;
}

void gic_cpu_visit(struct gic_cpu *cpu, struct visit *v)
{
    VISIT(v, cpu->pmr);
    VISIT_ARRAY(v, cpu->bpr);
    VISIT_ARRAY(v, cpu->apr);
    VISIT_ARRAY(v, cpu->nmi);
    VISIT(v, cpu->enabled);
    VISIT(v, cpu->common_bpr);
}

// --- Mistakes -------------------------------------------------------------------------------------------------------

const char *gic_mistake_name(enum gic_mistake mistake)
{
    static const char *const names[GIC_MISTAKES] = {
        [GIC_MISTAKE_REGISTER] = "register",
        [GIC_MISTAKE_READONLY] = "read-only",
        [GIC_MISTAKE_WRITEONLY] = "write-only",
        [GIC_MISTAKE_WIDTH] = "width",
        [GIC_MISTAKE_SECURE] = "secure",
        [GIC_MISTAKE_ARE] = "are",
        [GIC_MISTAKE_INTID] = "intid",
        [GIC_MISTAKE_EOI] = "eoi",
        [GIC_MISTAKE_DEACTIVATE] = "deactivate",
        [GIC_MISTAKE_OTHER_GROUP] = "other-group",
        [GIC_MISTAKE_SGI] = "sgi",
        [GIC_MISTAKE_TABLE] = "table",
        [GIC_MISTAKE_ENABLED] = "enabled",
        [GIC_MISTAKE_CONFIG] = "config",
    };
    return (unsigned)mistake < GIC_MISTAKES ? names[mistake] : "unknown";
}

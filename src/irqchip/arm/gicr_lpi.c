// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// LPIs of a redistributor: pending state, the cache of the configuration table, and both tables in memory.
//
// Spec: IHI 0069, chapter "Locality-specific peripheral interrupts and the ITS": LPI configuration and pending tables;
// GICR_PENDBASER, GICR_PROPBASER.
//
//     GICR_PROPBASER --> a byte for each LPI: enable 0, priority 7:2
//     GICR_PENDBASER --> a bit for each LPI: read when LPIs are enabled, written when they are disabled
//
// Pending LPIs are a hierarchical set, and the cache has a set of its pages in use, so that operations on all LPIs
// (INVALL, MOVALL, a reset) only visit those in use.
//
// A configuration byte is read when its LPI is used first, and stays cached until INV, INVALL or GICR_INV* drops it: a
// guest that omits the invalidation keeps the old configuration. LPIs that are pending and enabled are in the CPU's set
// of ready interrupts by priority, so the cost of adding or acknowledging one does not depend on their number.
//
// Path: its.c / icc.c
#include "irqchip/arm/gicr.h"

enum { PROPERTY_ENABLED = BIT32(0), PROPERTY_CACHED = BIT32(1) };

enum { PAGE = 4096 }; // bytes of lpi_properties

#define TABLE_ADDRESS UINT64_C(0x000ffffffffff000)

// Words of lpi_pages.
static size_t page_words(unsigned lpi_bits)
{
    size_t pages = ((size_t)1 << lpi_bits) / PAGE;
    return (pages + 63) / 64;
}

size_t gicr_lpi_words(unsigned lpi_bits)
{
    size_t lpis = (size_t)1 << lpi_bits;
    return lpi_bits ? lpis / 8 + page_words(lpi_bits) + (1 + GIC_LEVELS) * gic_set_words(lpi_bits) : 0;
}

void gicr_lpi_init(struct gicr *gicr, struct gic_ready *ready, unsigned lpi_bits, uint64_t *words)
{
    size_t lpis = (size_t)1 << lpi_bits;
    gicr->lpi_bits = lpi_bits;
    gicr->lpi_properties = (uint8_t *)words;
    words += lpis / 8;
    gicr->lpi_pages = words;
    words += page_words(lpi_bits);
    gic_set_init(&gicr->lpi_pending, lpi_bits, words);
    words += gic_set_words(lpi_bits);
    for (unsigned i = 0; i < GIC_LEVELS; i++, words += gic_set_words(lpi_bits))
        gic_set_init(&ready->lpi[i], lpi_bits, words);
}

static bool enabled(const struct gicr *gicr)
{
    return gicr->ctlr & GICR_CTLR_ENABLE_LPIS;
}

// GICR_PROPBASER.IDbits limits the INTIDs.
bool gicr_lpi_has(const struct gicr *gicr, uint32_t intid)
{
    unsigned bits = (gicr->propbaser & 31) + 1;
    if (bits > gicr->lpi_bits)
        bits = gicr->lpi_bits;
    return gicr->lpi_bits && intid >= GIC_LPI_FIRST && intid >> bits == 0;
}

bool gicr_lpi_is_pending(const struct gicr *gicr, uint32_t intid)
{
    return gic_set_has(&gicr->lpi_pending, intid);
}

// --- Configuration --------------------------------------------------------------------------------------------------

void gicr_lpi_read(const struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid,
                   struct gicr_lpi_config *config)
{
    *config = (struct gicr_lpi_config){ .address = (gicr->propbaser & TABLE_ADDRESS) + intid - GIC_LPI_FIRST };
    config->readable = world->memory->read(world->memory->owner, config->address, &config->byte, 1);
    if (!config->readable)
        config->byte = 0;
    config->enabled = config->byte & PROPERTY_ENABLED;
    config->priority = world->two_states ? gic_priority_from_ns(config->byte & 0xfc) : config->byte & GIC_PRIORITY_MASK;
}

bool gicr_lpi_cached(const struct gicr *gicr, uint32_t intid, struct gicr_lpi_config *config)
{
    uint8_t byte = gicr->lpi_properties[intid];
    *config = (struct gicr_lpi_config){ .enabled = byte & PROPERTY_ENABLED, .priority = byte & GIC_PRIORITY_MASK };
    return byte & PROPERTY_CACHED;
}

// A byte that cannot be read means disabled.
static uint8_t fetch(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    struct gicr_lpi_config config;
    gicr_lpi_read(gicr, world, intid, &config);
    if (!config.readable) {
        gicr->mistakes[GIC_MISTAKE_TABLE]++;
        return PROPERTY_CACHED;
    }
    return (uint8_t)(config.priority | (config.enabled ? PROPERTY_ENABLED : 0) | PROPERTY_CACHED);
}

static uint8_t property(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    uint8_t *cached = &gicr->lpi_properties[intid];
    if (!(*cached & PROPERTY_CACHED)) {
        *cached = fetch(gicr, world, intid);
        gicr->lpi_pages[intid / PAGE / 64] |= BIT64(intid / PAGE % 64);
    }
    return *cached;
}

static void drop_properties(struct gicr *gicr)
{
    for (size_t word = 0; word < page_words(gicr->lpi_bits); word++)
        for (uint64_t *left = &gicr->lpi_pages[word]; *left; *left &= *left - 1)
            memset(gicr->lpi_properties + (word * 64 + bits_lowest(*left)) * PAGE, 0, PAGE);
}

// Adds it to the set of ready ones, or removes it, by its cached configuration.
static void put_ready(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    uint8_t byte = property(gicr, world, intid);
    if (byte & PROPERTY_ENABLED)
        gic_ready_put_lpi(world->ready, intid, byte & GIC_PRIORITY_MASK);
}

static void take_ready(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    uint8_t byte = gicr->lpi_properties[intid];
    if (byte & PROPERTY_ENABLED)
        gic_ready_remove_lpi(world->ready, intid, byte & GIC_PRIORITY_MASK);
}

// The pending LPIs, from the lowest.
#define FOR_PENDING(gicr, intid)                                                                                       \
    for (uint32_t intid = gic_set_lowest(&(gicr)->lpi_pending); intid != UINT32_MAX;                                   \
         intid = gic_set_next(&(gicr)->lpi_pending, intid + 1))

static void put_all(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    FOR_PENDING(gicr, intid)
    {
        put_ready(gicr, world, intid);
    }
}

void gicr_lpi_invalidate(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    if (!enabled(gicr) || !gicr_lpi_has(gicr, intid))
        return;
    bool pending = gicr_lpi_is_pending(gicr, intid);
    if (pending)
        take_ready(gicr, world, intid);
    gicr->lpi_properties[intid] = 0;
    if (pending)
        put_ready(gicr, world, intid);
}

void gicr_lpi_invalidate_all(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    if (!enabled(gicr))
        return;
    FOR_PENDING(gicr, intid)
    {
        take_ready(gicr, world, intid);
    }
    drop_properties(gicr);
    put_all(gicr, world);
}

// --- Pending state --------------------------------------------------------------------------------------------------

bool gicr_lpi_set(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    if (!enabled(gicr) || !gicr_lpi_has(gicr, intid))
        return false;
    if (gicr_lpi_is_pending(gicr, intid))
        return true;
    gic_set_add(&gicr->lpi_pending, intid);
    put_ready(gicr, world, intid);
    return true;
}

bool gicr_lpi_pends(const struct gicr *gicr, uint32_t intid)
{
    return enabled(gicr) && gicr_lpi_has(gicr, intid) && gicr_lpi_is_pending(gicr, intid);
}

bool gicr_lpi_clear(struct gicr *gicr, const struct gicr_lpi_world *world, uint32_t intid)
{
    if (!gicr_lpi_pends(gicr, intid))
        return false;
    gic_set_remove(&gicr->lpi_pending, intid);
    take_ready(gicr, world, intid);
    return true;
}

bool gicr_lpi_takes(struct gicr *gicr, uint32_t intid)
{
    bool takes = enabled(gicr) && gicr_lpi_has(gicr, intid);
    gicr->mistakes[GIC_MISTAKE_INTID] += !takes;
    return takes;
}

void gicr_lpi_move_all(struct gicr *from, const struct gicr_lpi_world *from_world, struct gicr *to,
                       const struct gicr_lpi_world *to_world)
{
    if (from == to || !enabled(from))
        return;
    FOR_PENDING(from, intid)
    {
        if (!gicr_lpi_takes(to, intid))
            continue;
        take_ready(from, from_world, intid);
        gic_set_remove(&from->lpi_pending, intid);
        gicr_lpi_set(to, to_world, intid);
    }
}

// Bits that cannot be set in a running redistributor (of INTIDs that do not exist, or while LPIs are disabled) come
// from a damaged state: they are dropped, as nothing would ever clear them.
static void derive(struct gicr *gicr)
{
    for (uint32_t word = 0; word < BIT32(gicr->lpi_bits) / 64; word++)
        if (gicr->lpi_pending.layer[0][word] && (!enabled(gicr) || !gicr_lpi_has(gicr, word * 64)))
            gicr->lpi_pending.layer[0][word] = 0;
    gic_set_derive(&gicr->lpi_pending);
    for (uint32_t page = 0; page < BIT32(gicr->lpi_bits) / PAGE; page++) {
        const uint8_t *bytes = gicr->lpi_properties + page * PAGE;
        bool used = bytes[0] || memcmp(bytes, bytes + 1, PAGE - 1) != 0;
        gicr->lpi_pages[page / 64] = bits_merge(gicr->lpi_pages[page / 64], used ? UINT64_MAX : 0, BIT64(page % 64));
    }
}

void gicr_lpi_loaded(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    if (!gicr->lpi_bits)
        return;
    derive(gicr);
    put_all(gicr, world);
}

// --- The pending table ----------------------------------------------------------------------------------------------

uint64_t gicr_lpi_pending_table(const struct gicr *gicr)
{
    return gicr->pendbaser & TABLE_ADDRESS & ~UINT64_C(0xf000);
}

// Reads (or writes) the bits of the LPIs that exist by GICR_PROPBASER. Memory and registers are little endian.
static void transfer_table(struct gicr *gicr, const struct gicr_lpi_world *world, bool write)
{
    const struct gic_memory *memory = world->memory;
    uint64_t address = gicr_lpi_pending_table(gicr);
    for (uint32_t word = GIC_LPI_FIRST / 64; gicr_lpi_has(gicr, word * 64); word++) {
        uint8_t bytes[8] = { 0 };
        bytes_put(bytes, 8, gicr->lpi_pending.layer[0][word]);
        bool done = write ? memory->write(memory->owner, address + word * 8, bytes, 8)
                          : memory->read(memory->owner, address + word * 8, bytes, 8);
        if (!done) {
            gicr->mistakes[GIC_MISTAKE_TABLE]++;
            return;
        }
        for (uint64_t left = write ? 0 : bytes_get(bytes, 8); left; left &= left - 1)
            gic_set_add(&gicr->lpi_pending, word * 64 + bits_lowest(left));
    }
}

static void forget(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    FOR_PENDING(gicr, intid)
    {
        take_ready(gicr, world, intid);
        gic_set_remove(&gicr->lpi_pending, intid);
    }
    drop_properties(gicr);
}

// GICR_PENDBASER: with PTZ set software promises that the table is zero.
void gicr_lpi_enable(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    gicr->ctlr |= GICR_CTLR_ENABLE_LPIS;
    if (!(gicr->pendbaser & GICR_PENDBASER_PTZ))
        transfer_table(gicr, world, false);
    put_all(gicr, world);
}

void gicr_lpi_disable(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    transfer_table(gicr, world, true);
    forget(gicr, world);
    gicr->ctlr &= ~(uint32_t)GICR_CTLR_ENABLE_LPIS;
}

void gicr_lpi_reset(struct gicr *gicr, const struct gicr_lpi_world *world)
{
    if (!gicr->lpi_bits)
        return;
    forget(gicr, world);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Redistributor: private interrupts of one CPU and its registers; see gicr.h.
//
// Path: gicd.c / icc.c
#include "irqchip/arm/gicr.h"

#define SGI_BASE 0x10000u

void gicr_init(struct gicr *gicr, uint32_t affinity, uint32_t number, unsigned blocks, bool last, bool nmi)
{
    *gicr = (struct gicr){ .affinity = affinity, .number = number, .last = last, .nmi = nmi, .bank.blocks = blocks };
    gicr_reset(gicr);
}

// SGIs are edge-triggered; PPIs are level-sensitive until configured.
void gicr_reset(struct gicr *gicr)
{
    for (unsigned i = 0; i < GIC_PRIVATE_BLOCKS; i++)
        gicr->bank.block[i] = (struct gic_block){ .line = gicr->bank.block[i].line, .edge = i == 0 ? 0xffff : 0 };
    for (unsigned i = 0; i < countof(gicr->bank.source); i++)
        gicr->bank.source[i] = 0;
    gicr->ctlr = 0;
    gicr->propbaser = gicr->pendbaser = 0;
    gicr->waker = GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP;
    gicr->statusr[0] = gicr->statusr[1] = 0;
    gicr_touch_all(gicr);
}

void gicr_touch_all(struct gicr *gicr)
{
    for (unsigned i = 0; i < gicr->bank.blocks; i++)
        gic_bank_touch(&gicr->bank, i, UINT32_MAX);
}

bool gicr_has(const struct gicr *gicr, uint32_t slot)
{
    return slot < GIC_SLOTS && gic_slot_private(slot) && gic_bank_block(slot) < gicr->bank.blocks;
}

void gicr_set_line(struct gicr *gicr, uint32_t slot, bool level)
{
    unsigned block = gic_bank_block(slot);
    gic_block_set_line(&gicr->bank.block[block], slot % 32, level);
    gic_bank_touch(&gicr->bank, block, BIT32(slot % 32));
}

void gicr_trigger(struct gicr *gicr, uint32_t slot)
{
    struct gic_block *block = &gicr->bank.block[gic_bank_block(slot)];
    block->latch |= block->edge & BIT32(slot % 32);
    gic_bank_touch(&gicr->bank, gic_bank_block(slot), BIT32(slot % 32));
}

void gicr_activate(struct gicr *gicr, uint32_t slot)
{
    gic_block_activate(&gicr->bank.block[gic_bank_block(slot)], slot % 32);
    gic_bank_touch(&gicr->bank, gic_bank_block(slot), BIT32(slot % 32));
}

bool gicr_deactivate(struct gicr *gicr, uint32_t slot, bool secure, bool two_states)
{
    struct gic_block *block = &gicr->bank.block[gic_bank_block(slot)];
    uint32_t bit = BIT32(slot % 32);
    if (!gicr_has(gicr, slot) || !(block->active & bit) || (!secure && two_states && !(block->group & bit)))
        return false;
    block->active &= ~bit;
    gic_bank_touch(&gicr->bank, gic_bank_block(slot), bit);
    return true;
}

uint32_t gicr_one_of_many(const struct gicr *gicr)
{
    uint32_t groups = 0;
    if (gicr_asleep(gicr))
        return 0;
    groups |= gicr->ctlr & GICR_CTLR_DPG0 ? 0 : BIT32(GIC_G0);
    groups |= gicr->ctlr & GICR_CTLR_DPG1NS ? 0 : BIT32(GIC_G1NS);
    groups |= gicr->ctlr & GICR_CTLR_DPG1S ? 0 : BIT32(GIC_G1S);
    return groups;
}

// --- Registers ------------------------------------------------------------------------------------------------------

// Actions on LPIs need memory, so the wiring does them.
static void ask(struct gic_access *access, enum gic_lpi_action action, uint64_t intid)
{
    access->effect->flags |= GIC_LPI | GIC_CHANGED;
    access->effect->lpi = (uint8_t)action;
    access->effect->intid = (uint32_t)intid;
}

// GICR_CTLR. Non-secure software does not see the bits for Secure groups.
static uint32_t ctlr_mask(const struct gic_access *access)
{
    uint32_t secure = GICR_CTLR_DPG0 | (access->two_states ? GICR_CTLR_DPG1S : 0);
    return GICR_CTLR_DPG1NS | (access->ns ? 0 : secure);
}

static uint64_t ctlr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicr *gicr = access->chip;
    (void)index, (void)now;
    return (gicr->ctlr & (ctlr_mask(access) | GICR_CTLR_ENABLE_LPIS)) |
           (gicr->lpi_bits ? GICR_CTLR_CES | GICR_CTLR_IR : 0);
}

static void ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicr *gicr = access->chip;
    (void)index, (void)now;
    gicr->ctlr = (uint32_t)bits_merge(gicr->ctlr, value, ctlr_mask(access));
    access->effect->flags |= GIC_ONE_OF_MANY;
    if (gicr->lpi_bits && (value ^ gicr->ctlr) & GICR_CTLR_ENABLE_LPIS)
        ask(access, value & GICR_CTLR_ENABLE_LPIS ? GIC_LPI_ENABLE : GIC_LPI_DISABLE, 0);
}

// GICR_TYPER. PLPIS and DirectLPI where there are LPIs; DPGS; PPInum 1 and 2 mean INTIDs up to 1087 and 1119.
static uint64_t typer_read(void *context, unsigned index, uint64_t now)
{
    const struct gicr *gicr = ((struct gic_access *)context)->chip;
    (void)index, (void)now;
    return gicr->affinity << 32 | (uint64_t)(gicr->bank.blocks - 1) << 27 | gicr->number << 8 | BIT32(5) |
           gicr->last << 4 | (gicr->lpi_bits ? BIT32(3) | BIT32(0) : 0);
}

static uint64_t statusr_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return *((const struct gic_access *)context)->statusr;
}

static void statusr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    *((struct gic_access *)context)->statusr &= ~(uint32_t)value;
}

// ChildrenAsleep follows ProcessorSleep at once.
static void waker_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicr *gicr = access->chip;
    (void)index, (void)now;
    gicr->waker = value & GICR_WAKER_SLEEP ? GICR_WAKER_SLEEP | GICR_WAKER_ASLEEP : 0;
    access->effect->flags |= GIC_CHANGED | GIC_ONE_OF_MANY;
}

// --- LPIs -----------------------------------------------------------------------------------------------------------

#define PROPBASER UINT64_C(0x070fffffffffff9f) // OuterCache, address, Shareability, InnerCache, IDbits
#define PENDBASER UINT64_C(0x470fffffffff0f80) // PTZ, OuterCache, address, Shareability, InnerCache

// PTZ is write-only.
static uint64_t pendbaser_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return ((const struct gicr *)((struct gic_access *)context)->chip)->pendbaser & ~GICR_PENDBASER_PTZ;
}

// GICR_PENDBASER, GICR_PROPBASER: UNPREDICTABLE while LPIs are enabled; nothing happens here.
static bool may_move_tables(struct gic_access *access)
{
    const struct gicr *gicr = access->chip;
    if (gicr->ctlr & GICR_CTLR_ENABLE_LPIS)
        gic_access_mistake(access, GIC_MISTAKE_ENABLED);
    return gicr->lpi_bits && !(gicr->ctlr & GICR_CTLR_ENABLE_LPIS);
}

static void propbaser_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    if (may_move_tables(access))
        ((struct gicr *)access->chip)->propbaser = value;
}

static void pendbaser_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    if (may_move_tables(access))
        ((struct gicr *)access->chip)->pendbaser = value;
}

// The direct registers take a pINTID in 31:0.
static void direct(struct gic_access *access, enum gic_lpi_action action, uint64_t intid)
{
    const struct gicr *gicr = access->chip;
    if (!(gicr->ctlr & GICR_CTLR_ENABLE_LPIS) ||
        (action != GIC_LPI_INVALIDATE_ALL && !gicr_lpi_has(gicr, (uint32_t)intid)))
        gic_access_mistake(access, GIC_MISTAKE_INTID);
    else
        ask(access, action, intid);
}

static void setlpir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    direct(context, GIC_LPI_SET, value);
}

static void clrlpir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    direct(context, GIC_LPI_CLEAR, value);
}

static void invlpir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    direct(context, GIC_LPI_INVALIDATE, value);
}

static void invallr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)value, (void)now;
    direct(context, GIC_LPI_INVALIDATE_ALL, 0);
}

#define WORDS(name, offset, count, access, field, space)                                                               \
    {                                                                                                                  \
        { name, SGI_BASE + offset, 4, count, REG_32, true, 0, 0xffffffff }, access, field, space                       \
    }
#define BYTES(name, offset, count, space)                                                                              \
    {                                                                                                                  \
        { name, SGI_BASE + offset, 1, count, REG_8 | REG_32, true, 0, GIC_PRIORITY_MASK }, GIC_RW, GIC_PRIORITY, space \
    }
#define IDENTITY(name, offset, value)                                                                                  \
    {                                                                                                                  \
        { name, offset, 0, 0, REG_32, true, value, 0 }, GIC_READ                                                       \
    }

const struct gic_register gicr_registers[] = {
    { { "GICR_CTLR", 0x0000, 0, 0, REG_32, true, 0, 0x7000001, ctlr_read, ctlr_write }, GIC_RW },
    { { "GICR_IIDR", 0x0004, 0, 0, REG_32, true, 0x43b, 0 }, GIC_READ },
    { { "GICR_TYPER", 0x0008, 0, 0, REG_32 | REG_64, true, 0, 0, typer_read }, GIC_READ },
    { { "GICR_STATUSR", 0x0010, 0, 0, REG_32, true, 0, 0xf, statusr_read, statusr_write }, GIC_RW },
    { { "GICR_WAKER", 0x0014, 0, 0, REG_32, true, 6, 2, NULL, waker_write, REG_FIELD(struct gicr, waker) },
      GIC_RW | GIC_SECURE_ONLY },
    { { "GICR_SETLPIR", 0x0040, 0, 0, REG_32 | REG_64, false, 0, 0xffffffff, NULL, setlpir_write }, GIC_WRITE },
    { { "GICR_CLRLPIR", 0x0048, 0, 0, REG_32 | REG_64, false, 0, 0xffffffff, NULL, clrlpir_write }, GIC_WRITE },
    { { "GICR_PROPBASER", 0x0070, 0, 0, REG_32 | REG_64, true, 0, PROPBASER, NULL, propbaser_write,
        REG_FIELD(struct gicr, propbaser) },
      GIC_RW },
    { { "GICR_PENDBASER", 0x0078, 0, 0, REG_32 | REG_64, true, 0, PENDBASER, pendbaser_read, pendbaser_write },
      GIC_RW },
    { { "GICR_INVLPIR", 0x00a0, 0, 0, REG_32 | REG_64, false, 0, 0xffffffff, NULL, invlpir_write }, GIC_WRITE },
    { { "GICR_INVALLR", 0x00b0, 0, 0, REG_32 | REG_64, false, 0, UINT64_MAX, NULL, invallr_write }, GIC_WRITE },
    { { "GICR_SYNCR", 0x00c0, 0, 0, REG_32, true, 0, 0 }, GIC_READ },
    IDENTITY("GICR_PIDR4", 0xffd0, 0x44),
    IDENTITY("GICR_PIDR0", 0xffe0, 0x93),
    IDENTITY("GICR_PIDR1", 0xffe4, 0xb4),
    IDENTITY("GICR_PIDR2", 0xffe8, 0x3b),
    IDENTITY("GICR_CIDR0", 0xfff0, 0x0d),
    IDENTITY("GICR_CIDR1", 0xfff4, 0xf0),
    IDENTITY("GICR_CIDR2", 0xfff8, 0x05),
    IDENTITY("GICR_CIDR3", 0xfffc, 0xb1),
    WORDS("GICR_IGROUPR", 0x080, 3, GIC_RW | GIC_SECURE_ONLY, GIC_GROUP, GIC_PRIVATE),
    WORDS("GICR_ISENABLER", 0x100, 3, GIC_RW, GIC_SET_ENABLE, GIC_PRIVATE),
    WORDS("GICR_ICENABLER", 0x180, 3, GIC_RW, GIC_CLEAR_ENABLE, GIC_PRIVATE),
    WORDS("GICR_ISPENDR", 0x200, 3, GIC_RW, GIC_SET_PENDING, GIC_PRIVATE),
    WORDS("GICR_ICPENDR", 0x280, 3, GIC_RW, GIC_CLEAR_PENDING, GIC_PRIVATE),
    WORDS("GICR_ISACTIVER", 0x300, 3, GIC_RW, GIC_SET_ACTIVE, GIC_PRIVATE),
    WORDS("GICR_ICACTIVER", 0x380, 3, GIC_RW, GIC_CLEAR_ACTIVE, GIC_PRIVATE),
    BYTES("GICR_IPRIORITYR", 0x400, 96, GIC_PRIVATE),
    WORDS("GICR_ICFGR", 0xc00, 6, GIC_RW, GIC_CONFIG, GIC_PRIVATE),
    WORDS("GICR_IGRPMODR", 0xd00, 3, GIC_RW | GIC_SECURE_ONLY, GIC_MODIFIER, GIC_PRIVATE),
    WORDS("GICR_NSACR", 0xe00, 1, GIC_RW | GIC_SECURE_ONLY, GIC_NSACR, GIC_PRIVATE),
    WORDS("GICR_INMIR", 0xf80, 3, GIC_RW, GIC_NMI, GIC_PRIVATE),
};
const unsigned gicr_register_count = countof(gicr_registers);

static struct gic_access begin(struct gicr *gicr, bool secure, bool two_states, struct gic_effect *effect)
{
    bool ns = two_states && !secure;
    gic_effect_clear(effect);
    effect->secure = !ns;
    return (struct gic_access){
        .chip = gicr,
        .bank = &gicr->bank,
        .mistakes = gicr->mistakes,
        .statusr = &gicr->statusr[ns],
        .effect = effect,
        .two_states = two_states,
        .ns = ns,
        .nmi = gicr->nmi,
    };
}

uint64_t gicr_read(struct gicr *gicr, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t now,
                   struct gic_effect *effect)
{
    struct gic_access access = begin(gicr, secure, two_states, effect);
    return gic_access_read(&access, gicr_registers, gicr_register_count, offset, size, now);
}

void gicr_write(struct gicr *gicr, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t value,
                uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(gicr, secure, two_states, effect);
    gic_access_write(&access, gicr_registers, gicr_register_count, offset, size, value, now);
}

void gicr_visit(struct gicr *gicr, struct visit *v)
{
    VISIT(v, gicr->ctlr);
    VISIT(v, gicr->waker);
    VISIT_ARRAY(v, gicr->statusr);
    for (unsigned i = 0; i < GIC_PRIVATE_BLOCKS; i++)
        gic_block_visit(&gicr->bank.block[i], v);
    VISIT_ARRAY(v, gicr->bank.source);
    VISIT_ARRAY(v, gicr->mistakes);
    VISIT(v, gicr->propbaser);
    VISIT(v, gicr->pendbaser);
    if (!gicr->lpi_bits)
        return;
    VISIT_MEMORY(v, gicr->lpi_pending.layer[0], BIT32(gicr->lpi_bits) / 64);
    VISIT_MEMORY(v, gicr->lpi_properties, BIT32(gicr->lpi_bits));
}

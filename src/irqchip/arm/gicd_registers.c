// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Distributor: the registers of GICv3 and of GICv2, in the order of the manuals (IHI 0069; IHI 0048B table 4-1).
#include "irqchip/arm/gicd.h"

// --- Control --------------------------------------------------------------------------------------------------------

// GICD_CTLR has three formats: Secure, Non-secure, and for one Security state.
static uint64_t ctlr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    (void)index, (void)now;
    if (access->ns) // EnableGrp1A, ARE_NS
        return (gicd->ctlr & BIT32(GIC_G1NS)) | GICD_CTLR_ARE_S;
    return gicd->ctlr | GICD_CTLR_ARE_S | (access->two_states ? GICD_CTLR_ARE_NS : 0);
}

static void set_ctlr(struct gic_access *access, uint32_t ctlr)
{
    struct gicd *gicd = access->chip;
    if (ctlr == gicd->ctlr)
        return;
    if (ctlr & ~gicd->ctlr & GICD_CTLR_DS) // Secure Group 1 no longer exists
        ctlr &= ~BIT32(GIC_G1S);
    gicd->ctlr = ctlr;
    access->effect->flags |= GIC_EVERYTHING;
}

static void ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicd *gicd = access->chip;
    uint32_t are = access->two_states && !access->ns ? GICD_CTLR_ARE_S | GICD_CTLR_ARE_NS : GICD_CTLR_ARE_S;
    uint32_t mask = access->ns ? BIT32(GIC_G1NS) : access->two_states ? GICD_CTLR_GROUPS | GICD_CTLR_DS : 3;
    (void)index, (void)now;
    if (value & 3 && (value & are) != are) // enabled with ARE clear; before it is enabled ARE may be written as 0
        gic_access_mistake(access, GIC_MISTAKE_ARE);
    set_ctlr(access, (uint32_t)bits_merge(gicd->ctlr, value, mask));
}

// GICv2: EnableGrp0 and EnableGrp1; Non-secure software sees the latter as bit 0 (IHI 0048B 4.3.1).
static uint64_t v2_ctlr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    (void)index, (void)now;
    return access->ns ? gicd->ctlr >> GIC_G1NS & 1 : gicd->ctlr & 3;
}

static void v2_ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicd *gicd = access->chip;
    (void)index, (void)now;
    if (access->ns)
        set_ctlr(access, (uint32_t)bits_merge(gicd->ctlr, value << GIC_G1NS, BIT32(GIC_G1NS)));
    else
        set_ctlr(access, (uint32_t)bits_merge(gicd->ctlr, value, 3));
}

// What is implemented: lines, extended SPIs, NMI, SecurityExtn, MBIS, LPIS, IDbits, A3V, RSS.
static uint64_t typer_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    uint32_t extended = gicd->spi.extended ? BIT32(8) | (gicd->spi.extended - 1) << 27 : 0;
    (void)index, (void)now;
    return gicd->spi.blocks | extended | (gicd->nmi ? BIT32(9) : 0) | (access->two_states ? BIT32(10) : 0) |
           (gicd->messages ? BIT32(16) : 0) | (gicd->lpi_bits ? BIT32(17) : 0) |
           (gicd->lpi_bits ? gicd->lpi_bits - 1u : 15) << 19 | BIT32(24) | BIT32(26);
}

static uint64_t v2_typer_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    (void)index, (void)now;
    return gicd->spi.blocks | (gicd->cpus - 1) << 5 | (access->two_states ? BIT32(10) : 0);
}

static uint64_t statusr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    (void)index, (void)now;
    return *access->statusr;
}

static void statusr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    *access->statusr &= ~(uint32_t)value;
}

// --- Messages -------------------------------------------------------------------------------------------------------

// Every register takes the Security state of the access; GICD_SETSPI_SR and GICD_CLRSPI_SR are WI with one Security state, and
// to Non-secure accesses.
static void message(struct gic_access *access, uint64_t value, bool set)
{
    enum gic_mistake mistake = gicd_message(access->chip, (uint32_t)value, set, !access->ns);
    if (mistake != GIC_NO_MISTAKE)
        gic_access_mistake(access, mistake);
}

static void setspi_nsr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    message(context, value, true);
}

static void clrspi_nsr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    message(context, value, false);
}

static void setspi_sr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    if (((const struct gic_access *)context)->two_states)
        message(context, value, true);
}

static void clrspi_sr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    if (((const struct gic_access *)context)->two_states)
        message(context, value, false);
}

// --- Routing --------------------------------------------------------------------------------------------------------

// Non-secure software needs 3 in GICD_NSACR for a Secure SPI.
static bool may_route(const struct gic_access *access, uint32_t i)
{
    const struct gicd *gicd = access->chip;
    const struct gic_block *block = &gicd->spi.block[i / 32];
    if (!gicd_has(gicd, i))
        return false;
    return !access->ns || (block->group | gic_block_nsacr(block, 3)) >> (i % 32) & 1;
}

static uint64_t irouter_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    (void)now;
    return may_route(access, index) ? ((const struct gicd *)access->chip)->irouter[index] : 0;
}

static void irouter_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicd *gicd = access->chip;
    (void)now;
    if (!may_route(access, index))
        return;
    gicd->irouter[index] = value;
    gic_shared_touch(&gicd->spi, index / 32, BIT32(index % 32));
}

static uint64_t irouter_e_read(void *context, unsigned index, uint64_t now)
{
    return irouter_read(context, GIC_EXTENDED_FIRST * 32 + index, now);
}

static void irouter_e_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    irouter_write(context, GIC_EXTENDED_FIRST * 32 + index, value, now);
}

// GICD_ITARGETSR (IHI 0048B 4.3.12): one byte for each INTID; those of SGIs and PPIs read as the CPU that reads. On a
// uniprocessor it is RAZ/WI. Bits of CPUs that do not exist are RAZ/WI.
static uint64_t itargetsr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    (void)now;
    if (gicd->cpus == 1)
        return 0;
    if (index < 32)
        return BIT32(access->cpu);
    return may_route(access, index - 32) ? gicd->itargetsr[index - 32] : 0;
}

static void itargetsr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicd *gicd = access->chip;
    (void)now;
    if (gicd->cpus == 1 || index < 32 || !may_route(access, index - 32))
        return;
    gicd->itargetsr[index - 32] = (uint8_t)(value & bits_low(gicd->cpus));
    gic_shared_touch(&gicd->spi, (index - 32) / 32, BIT32(index % 32));
}

// --- SGIs of GICv2 --------------------------------------------------------------------------------------------------

// GICD_SGIR (IHI 0048B 4.3.15). NSATT is used for Secure writes; the wiring checks whether the target accepts it.
static void sgir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    uint64_t all = bits_low(gicd->cpus);
    const uint64_t targets[4] = { value >> 16 & 0xff & all, all & ~BIT64(access->cpu), BIT64(access->cpu), 0 };
    struct gic_effect *effect = access->effect;
    (void)index, (void)now;
    if (targets[value >> 24 & 3] == 0) {
        gic_access_mistake(access, GIC_MISTAKE_SGI);
        return;
    }
    effect->flags |= GIC_SENDS;
    effect->intid = value & 15;
    effect->source = (uint8_t)access->cpu;
    effect->target = targets[value >> 24 & 3];
    effect->group = value & BIT32(15) ? GIC_G1NS : GIC_G0;
}

// GICD_CPENDSGIR and GICD_SPENDSGIR: for each SGI a byte of the CPUs that sent it to the CPU that accesses.
static bool sgi_visible(const struct gic_access *access, unsigned index, enum gic_field field)
{
    return gic_access_visible(access, &access->bank->block[0], field, true) >> index & 1;
}

static uint64_t pendsgir_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    (void)now;
    return sgi_visible(access, index, GIC_SET_PENDING) ? access->bank->source[index] : 0;
}

static void set_sources(struct gic_access *access, unsigned index, uint8_t sources)
{
    struct gic_bank *bank = access->bank;
    bank->source[index] = sources;
    bank->block[0].latch = (uint32_t)bits_merge(bank->block[0].latch, sources ? UINT32_MAX : 0, BIT32(index));
    gic_bank_touch(bank, 0, BIT32(index));
    access->effect->flags |= GIC_CHANGED;
}

static void cpendsgir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)now;
    if (sgi_visible(access, index, GIC_CLEAR_PENDING))
        set_sources(access, index, access->bank->source[index] & ~(uint8_t)value);
}

static void spendsgir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    const struct gicd *gicd = access->chip;
    (void)now;
    if (sgi_visible(access, index, GIC_SET_PENDING))
        set_sources(access, index, access->bank->source[index] | (uint8_t)(value & bits_low(gicd->cpus)));
}

// --- The tables -----------------------------------------------------------------------------------------------------

#define ALL 0xffffffffu

// A row of words with a field for each interrupt.
#define WORDS(name, offset, count, access, field, space)                                                               \
    {                                                                                                                  \
        { name, offset, 4, count, REG_32, true, 0, ALL }, access, field, GIC_##space                                   \
    }
#define BYTES(name, offset, count, space)                                                                              \
    {                                                                                                                  \
        { name, offset, 1, count, REG_8 | REG_32, true, 0, GIC_PRIORITY_MASK }, GIC_RW, GIC_PRIORITY, GIC_##space      \
    }
#define IDENTITY(name, offset, value)                                                                                  \
    {                                                                                                                  \
        { name, offset, 0, 0, REG_32, true, value, 0 }, GIC_READ                                                       \
    }

const struct gic_register gicd_registers[] = {
    { { "GICD_CTLR", 0x0000, 0, 0, REG_32, true, 0x50, 0x77, ctlr_read, ctlr_write }, GIC_RW },
    { { "GICD_TYPER", 0x0004, 0, 0, REG_32, true, 0, 0, typer_read }, GIC_READ },
    { { "GICD_IIDR", 0x0008, 0, 0, REG_32, true, GICD_IIDR_ARM, 0 }, GIC_READ },
    { { "GICD_TYPER2", 0x000c, 0, 0, REG_32, true, 0, 0 }, GIC_READ },
    { { "GICD_STATUSR", 0x0010, 0, 0, REG_32, true, 0, 0xf, statusr_read, statusr_write }, GIC_RW },
    { { "GICD_SETSPI_NSR", 0x0040, 0, 0, REG_16 | REG_32, false, 0, 0x1fff, NULL, setspi_nsr_write }, GIC_WRITE },
    { { "GICD_CLRSPI_NSR", 0x0048, 0, 0, REG_16 | REG_32, false, 0, 0x1fff, NULL, clrspi_nsr_write }, GIC_WRITE },
    { { "GICD_SETSPI_SR", 0x0050, 0, 0, REG_16 | REG_32, false, 0, 0x1fff, NULL, setspi_sr_write },
      GIC_WRITE | GIC_SECURE_ONLY },
    { { "GICD_CLRSPI_SR", 0x0058, 0, 0, REG_16 | REG_32, false, 0, 0x1fff, NULL, clrspi_sr_write },
      GIC_WRITE | GIC_SECURE_ONLY },
    WORDS("GICD_IGROUPR", 0x0080, 32, GIC_RW | GIC_SECURE_ONLY, GIC_GROUP, STANDARD),
    WORDS("GICD_ISENABLER", 0x0100, 32, GIC_RW, GIC_SET_ENABLE, STANDARD),
    WORDS("GICD_ICENABLER", 0x0180, 32, GIC_RW, GIC_CLEAR_ENABLE, STANDARD),
    WORDS("GICD_ISPENDR", 0x0200, 32, GIC_RW, GIC_SET_PENDING, STANDARD),
    WORDS("GICD_ICPENDR", 0x0280, 32, GIC_RW, GIC_CLEAR_PENDING, STANDARD),
    WORDS("GICD_ISACTIVER", 0x0300, 32, GIC_RW, GIC_SET_ACTIVE, STANDARD),
    WORDS("GICD_ICACTIVER", 0x0380, 32, GIC_RW, GIC_CLEAR_ACTIVE, STANDARD),
    BYTES("GICD_IPRIORITYR", 0x0400, 1020, STANDARD),
    WORDS("GICD_ICFGR", 0x0c00, 64, GIC_RW, GIC_CONFIG, STANDARD),
    WORDS("GICD_IGRPMODR", 0x0d00, 32, GIC_RW | GIC_SECURE_ONLY, GIC_MODIFIER, STANDARD),
    WORDS("GICD_NSACR", 0x0e00, 64, GIC_RW | GIC_SECURE_ONLY, GIC_NSACR, STANDARD),
    WORDS("GICD_INMIR", 0x0f80, 32, GIC_RW, GIC_NMI, STANDARD),
    WORDS("GICD_IGROUPR_E", 0x1000, 32, GIC_RW | GIC_SECURE_ONLY, GIC_GROUP, EXTENDED),
    WORDS("GICD_ISENABLER_E", 0x1200, 32, GIC_RW, GIC_SET_ENABLE, EXTENDED),
    WORDS("GICD_ICENABLER_E", 0x1400, 32, GIC_RW, GIC_CLEAR_ENABLE, EXTENDED),
    WORDS("GICD_ISPENDR_E", 0x1600, 32, GIC_RW, GIC_SET_PENDING, EXTENDED),
    WORDS("GICD_ICPENDR_E", 0x1800, 32, GIC_RW, GIC_CLEAR_PENDING, EXTENDED),
    WORDS("GICD_ISACTIVER_E", 0x1a00, 32, GIC_RW, GIC_SET_ACTIVE, EXTENDED),
    WORDS("GICD_ICACTIVER_E", 0x1c00, 32, GIC_RW, GIC_CLEAR_ACTIVE, EXTENDED),
    BYTES("GICD_IPRIORITYR_E", 0x2000, 1024, EXTENDED),
    WORDS("GICD_ICFGR_E", 0x3000, 64, GIC_RW, GIC_CONFIG, EXTENDED),
    WORDS("GICD_IGRPMODR_E", 0x3400, 32, GIC_RW | GIC_SECURE_ONLY, GIC_MODIFIER, EXTENDED),
    WORDS("GICD_NSACR_E", 0x3600, 64, GIC_RW | GIC_SECURE_ONLY, GIC_NSACR, EXTENDED),
    WORDS("GICD_INMIR_E", 0x3b00, 32, GIC_RW, GIC_NMI, EXTENDED),
    { { "GICD_IROUTER", 0x6100, 8, 988, REG_32 | REG_64, true, 0, GICD_IROUTER_AFFINITY | GICD_IROUTER_IRM,
        irouter_read, irouter_write },
      GIC_RW },
    { { "GICD_IROUTER_E", 0x8000, 8, 1024, REG_32 | REG_64, true, 0, GICD_IROUTER_AFFINITY | GICD_IROUTER_IRM,
        irouter_e_read, irouter_e_write },
      GIC_RW },
    IDENTITY("GICD_PIDR4", 0xffd0, 0x44),
    IDENTITY("GICD_PIDR0", 0xffe0, 0x92),
    IDENTITY("GICD_PIDR1", 0xffe4, 0xb4),
    IDENTITY("GICD_PIDR2", 0xffe8, 0x3b),
    IDENTITY("GICD_CIDR0", 0xfff0, 0x0d),
    IDENTITY("GICD_CIDR1", 0xfff4, 0xf0),
    IDENTITY("GICD_CIDR2", 0xfff8, 0x05),
    IDENTITY("GICD_CIDR3", 0xfffc, 0xb1),
};
const unsigned gicd_register_count = countof(gicd_registers);

const struct gic_register gicd_v2_registers[] = {
    { { "GICD_CTLR", 0x000, 0, 0, REG_32, true, 0, 0x3, v2_ctlr_read, v2_ctlr_write }, GIC_RW },
    { { "GICD_TYPER", 0x004, 0, 0, REG_32, true, 0, 0, v2_typer_read }, GIC_READ },
    { { "GICD_IIDR", 0x008, 0, 0, REG_32, true, GICD_IIDR_ARM, 0 }, GIC_READ },
    WORDS("GICD_IGROUPR", 0x080, 32, GIC_RW | GIC_SECURE_ONLY, GIC_GROUP, STANDARD),
    WORDS("GICD_ISENABLER", 0x100, 32, GIC_RW, GIC_SET_ENABLE, STANDARD),
    WORDS("GICD_ICENABLER", 0x180, 32, GIC_RW, GIC_CLEAR_ENABLE, STANDARD),
    WORDS("GICD_ISPENDR", 0x200, 32, GIC_RW, GIC_SET_PENDING, STANDARD),
    WORDS("GICD_ICPENDR", 0x280, 32, GIC_RW, GIC_CLEAR_PENDING, STANDARD),
    WORDS("GICD_ISACTIVER", 0x300, 32, GIC_RW, GIC_SET_ACTIVE, STANDARD),
    WORDS("GICD_ICACTIVER", 0x380, 32, GIC_RW, GIC_CLEAR_ACTIVE, STANDARD),
    BYTES("GICD_IPRIORITYR", 0x400, 1020, STANDARD),
    { { "GICD_ITARGETSR", 0x800, 1, 1020, REG_8 | REG_32, true, 0, 0xff, itargetsr_read, itargetsr_write }, GIC_RW },
    WORDS("GICD_ICFGR", 0xc00, 64, GIC_RW, GIC_CONFIG, STANDARD),
    WORDS("GICD_NSACR", 0xe00, 64, GIC_RW | GIC_SECURE_ONLY, GIC_NSACR, STANDARD),
    { { "GICD_SGIR", 0xf00, 0, 0, REG_32, false, 0, 0x3ff800f, NULL, sgir_write }, GIC_WRITE },
    { { "GICD_CPENDSGIR", 0xf10, 1, 16, REG_8 | REG_32, true, 0, 0xff, pendsgir_read, cpendsgir_write }, GIC_RW },
    { { "GICD_SPENDSGIR", 0xf20, 1, 16, REG_8 | REG_32, true, 0, 0xff, pendsgir_read, spendsgir_write }, GIC_RW },
    IDENTITY("GICD_PIDR4", 0xfd0, 0x04),
    IDENTITY("GICD_PIDR0", 0xfe0, 0x90),
    IDENTITY("GICD_PIDR1", 0xfe4, 0xb4),
    IDENTITY("GICD_PIDR2", 0xfe8, 0x2b),
    IDENTITY("GICD_CIDR0", 0xff0, 0x0d),
    IDENTITY("GICD_CIDR1", 0xff4, 0xf0),
    IDENTITY("GICD_CIDR2", 0xff8, 0x05),
    IDENTITY("GICD_CIDR3", 0xffc, 0xb1),
};
const unsigned gicd_v2_register_count = countof(gicd_v2_registers);

// --- The frame ------------------------------------------------------------------------------------------------------

static struct gic_access begin(struct gicd *gicd, struct gic_bank *bank, uint32_t cpu, bool secure,
                               struct gic_effect *effect)
{
    bool two_states = gicd_two_states(gicd), ns = two_states && !secure;
    gic_effect_clear(effect);
    effect->secure = !ns;
    return (struct gic_access){
        .chip = gicd,
        .shared = &gicd->spi,
        .bank = bank,
        .mistakes = gicd->mistakes,
        .statusr = gicd->version == 3 ? &gicd->statusr[ns] : NULL,
        .effect = effect,
        .cpu = cpu,
        .two_states = two_states,
        .ns = ns,
        .v2 = gicd->version == 2,
        .nmi = gicd->nmi,
    };
}

uint64_t gicd_read(struct gicd *gicd, struct gic_bank *bank, uint32_t cpu, bool secure, uint64_t offset, unsigned size,
                   uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(gicd, bank, cpu, secure, effect);
    if (access.v2)
        return gic_access_read(&access, gicd_v2_registers, gicd_v2_register_count, offset, size, now);
    return gic_access_read(&access, gicd_registers, gicd_register_count, offset, size, now);
}

void gicd_write(struct gicd *gicd, struct gic_bank *bank, uint32_t cpu, bool secure, uint64_t offset, unsigned size,
                uint64_t value, uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(gicd, bank, cpu, secure, effect);
    if (access.v2)
        gic_access_write(&access, gicd_v2_registers, gicd_v2_register_count, offset, size, value, now);
    else
        gic_access_write(&access, gicd_registers, gicd_register_count, offset, size, value, now);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPU interface of GICv2; see gicc.h.
//
// Path: gicd.c / arm_irq.c, then the CPU
#include "irqchip/arm/gicc.h"

#include "base/cpu_port.h"

#define BOTH_GROUPS (BIT32(GIC_G0) | BIT32(GIC_G1NS))
#define INTID_MASK  0x3ffu

void gicc_init(struct gicc *gicc)
{
    *gicc = (struct gicc){ .ctlr = 0 };
    gicc_reset(gicc);
}

void gicc_reset(struct gicc *gicc)
{
    gic_cpu_reset(&gicc->core);
    gicc->ctlr = 0;
}

// The context of the rows' functions; `base` comes first, as gic_access.c passes a pointer to it.
struct access {
    struct gic_access base;
    const struct gic_ready *ready;
};

static struct gicc *chip(const struct gic_access *access)
{
    return access->chip;
}

// --- Signalling -----------------------------------------------------------------------------------------------------

static bool enabled(const struct gicc *gicc, const struct gic_pending *pending)
{
    return pending->intid != GIC_SPURIOUS &&
           gicc->ctlr & (pending->group == GIC_G0 ? GICC_CTLR_GROUP0 : GICC_CTLR_GROUP1);
}

uint32_t gicc_output(const struct gicc *gicc, const struct gic_ready *ready)
{
    struct gic_pending pending = gic_ready_highest(ready, BOTH_GROUPS);
    if (!enabled(gicc, &pending) || !gic_cpu_signals(&gicc->core, &pending))
        return 0;
    return pending.group == GIC_G0 && gicc->ctlr & GICC_CTLR_FIQEN ? PENDING_FIQ : PENDING_IRQ;
}

// What GICC_IAR and GICC_HPPIR, or (`alias`) GICC_AIAR and GICC_AHPPIR return for the highest pending interrupt: its
// INTID, 1022 or 1023 (IHI 0048B 4.4.4, 4.4.7, 4.4.9, 4.4.11).
static uint32_t seen(const struct gic_access *access, const struct gic_pending *pending, bool alias)
{
    const struct gicc *gicc = chip(access);
    bool group_1 = pending->group == GIC_G1NS;
    if (!enabled(gicc, pending))
        return GIC_SPURIOUS;
    if (alias || access->ns)
        return group_1 ? pending->intid : GIC_SPURIOUS;
    return group_1 && !(gicc->ctlr & GICC_CTLR_ACKCTL) ? GICC_SECURE_SPURIOUS : pending->intid;
}

// The CPU that sent an SGI, in bits 12:10: of several the lowest.
static uint32_t source(const struct gic_access *access, uint32_t intid)
{
    return intid < 16 && access->bank->source[intid] ? bits_lowest(access->bank->source[intid]) : 0;
}

static uint64_t acknowledge(struct gic_access *access, bool alias)
{
    struct gicc *gicc = chip(access);
    struct gic_pending pending = gic_ready_highest(((struct access *)(void *)access)->ready, BOTH_GROUPS);
    struct gic_effect *effect = access->effect;
    if (!gic_cpu_signals(&gicc->core, &pending))
        return GIC_SPURIOUS;
    uint32_t intid = seen(access, &pending, alias);
    if (intid >= GICC_SECURE_SPURIOUS) {
        if (enabled(gicc, &pending))
            gic_access_mistake(access, GIC_MISTAKE_OTHER_GROUP);
        return intid;
    }
    gic_cpu_activate(&gicc->core, &pending);
    effect->flags |= GIC_TAKEN | GIC_CHANGED;
    effect->intid = intid;
    effect->group = pending.group;
    effect->source = (uint8_t)source(access, intid);
    return intid | (uint32_t)effect->source << 10;
}

static uint64_t iar_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return acknowledge(context, false);
}

static uint64_t aiar_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return acknowledge(context, true);
}

static uint64_t highest(const struct gic_access *access, bool alias)
{
    struct gic_pending pending = gic_ready_highest(((const struct access *)(const void *)access)->ready, BOTH_GROUPS);
    uint32_t intid = seen(access, &pending, alias);
    return intid | source(access, intid) << 10;
}

static uint64_t hppir_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return highest(context, false);
}

static uint64_t ahppir_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return highest(context, true);
}

// The EOImode bit depends on the Security state of the access (IHI 0048B 4.4.1).
static bool drops_alone(const struct gic_access *access)
{
    return chip(access)->ctlr & (uint32_t)(access->ns ? GICC_CTLR_EOIMODE_NS : GICC_CTLR_EOIMODE);
}

static void end(struct gic_access *access, uint64_t value, uint32_t groups)
{
    uint32_t intid = value & INTID_MASK;
    struct gic_effect *effect = access->effect;
    if (intid >= 1020)
        return;
    if (!gic_cpu_drop(&chip(access)->core, groups)) {
        gic_access_mistake(access, GIC_MISTAKE_EOI);
        return;
    }
    effect->flags |= GIC_DROPPED | GIC_CHANGED | (drops_alone(access) ? 0 : GIC_ENDED);
    effect->intid = intid;
}

// Group 1 through GICC_EOIR: by Non-secure software, and with AckCtl.
static void eoir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    bool both = chip(access)->ctlr & GICC_CTLR_ACKCTL;
    (void)index, (void)now;
    end(access, value, access->ns ? BIT32(GIC_G1NS) : both ? BOTH_GROUPS : BIT32(GIC_G0));
}

static void aeoir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    end(context, value, BIT32(GIC_G1NS));
}

static void dir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    if (!drops_alone(access)) {
        gic_access_mistake(access, GIC_MISTAKE_DEACTIVATE);
        return;
    }
    if ((value & INTID_MASK) >= 1020)
        return;
    access->effect->flags |= GIC_ENDED | GIC_CHANGED;
    access->effect->intid = value & INTID_MASK;
}

// --- Control --------------------------------------------------------------------------------------------------------

#define NS_BITS (GICC_CTLR_GROUP1 | BIT32(7) | BIT32(8) | GICC_CTLR_EOIMODE_NS)

static uint64_t ctlr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    uint32_t ctlr = chip(access)->ctlr;
    (void)index, (void)now;
    if (!access->ns)
        return ctlr;
    return (ctlr >> 1 & 1) | (ctlr >> 2 & 0x60) | (ctlr >> 1 & GICC_CTLR_EOIMODE); // the Non-secure copy, 4.4.1
}

static void ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gicc *gicc = chip(access);
    (void)index, (void)now;
    if (access->ns)
        gicc->ctlr = (uint32_t)bits_merge(
            gicc->ctlr, (value & 1) << 1 | (value & 0x60) << 2 | (value & GICC_CTLR_EOIMODE) << 1, NS_BITS);
    else
        gicc->ctlr = (uint32_t)value & (access->two_states ? UINT32_MAX : ~(uint32_t)GICC_CTLR_EOIMODE_NS);
    gicc->core.common_bpr = gicc->ctlr & GICC_CTLR_CBPR ? BIT32(GIC_G1NS) : 0;
    access->effect->flags |= GIC_CHANGED;
}

// --- Priorities -----------------------------------------------------------------------------------------------------

static uint64_t pmr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    uint8_t pmr = chip(access)->core.pmr;
    (void)index, (void)now;
    return access->ns ? gic_priority_to_ns(pmr) : pmr;
}

static void pmr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    uint8_t *pmr = &chip(access)->core.pmr;
    (void)index, (void)now;
    if (!access->ns)
        *pmr = (uint8_t)value & GIC_PRIORITY_MASK;
    else if (*pmr & 0x80)
        *pmr = gic_priority_from_ns((uint8_t)value);
    access->effect->flags |= GIC_CHANGED;
}

static uint64_t rpr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    uint8_t running = gic_cpu_running(&chip(access)->core);
    (void)index, (void)now;
    return access->ns && running != GIC_IDLE ? gic_priority_to_ns(running) : running;
}

// The Non-secure copy of GICC_BPR is GICC_ABPR; with CBPR it reads as the Secure one and 1, and is not written (4.4.3).
static uint64_t bpr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gic_cpu *core = &chip(access)->core;
    (void)index, (void)now;
    if (!access->ns)
        return core->bpr[GIC_G0];
    if (!core->common_bpr)
        return core->bpr[GIC_G1NS];
    return core->bpr[GIC_G0] < 7 ? core->bpr[GIC_G0] + 1u : 7;
}

static void bpr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gic_cpu *core = &chip(access)->core;
    (void)index, (void)now;
    if (!access->ns)
        gic_cpu_set_bpr(core, GIC_G0, (unsigned)value);
    else if (!core->common_bpr)
        gic_cpu_set_bpr(core, GIC_G1NS, (unsigned)value);
    access->effect->flags |= GIC_CHANGED;
}

static void abpr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)index, (void)now;
    gic_cpu_set_bpr(&chip(access)->core, GIC_G1NS, (unsigned)value);
    access->effect->flags |= GIC_CHANGED;
}

// Active priorities (4.4.12, 4.4.13): five bits fill GICC_APR0 and GICC_NSAPR0. Non-secure software finds those of Group 1
// in GICC_APR0, in its own half.
static uint64_t apr_read(void *context, unsigned index, uint64_t now)
{
    const struct gic_access *access = context;
    const struct gic_cpu *core = &chip(access)->core;
    (void)now;
    if (index)
        return 0;
    return access->ns ? core->apr[GIC_G1NS] >> 16 : core->apr[GIC_G0];
}

static void apr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    struct gic_cpu *core = &chip(access)->core;
    (void)now;
    if (index)
        return;
    if (access->ns)
        core->apr[GIC_G1NS] = (uint32_t)bits_merge(core->apr[GIC_G1NS], value << 16, 0xffff0000);
    else
        core->apr[GIC_G0] = (uint32_t)value;
    access->effect->flags |= GIC_CHANGED;
}

static uint64_t nsapr_read(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return index ? 0 : chip(context)->core.apr[GIC_G1NS];
}

static void nsapr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_access *access = context;
    (void)now;
    if (index == 0)
        chip(access)->core.apr[GIC_G1NS] = (uint32_t)value;
    access->effect->flags |= GIC_CHANGED;
}

// --- The table ------------------------------------------------------------------------------------------------------

#define ROW(name, count, reset, mask, ...)                                                                             \
    {                                                                                                                  \
#name, name, (count)> 1 ? 4 : 0, count, REG_32, true, reset, mask, __VA_ARGS__                                 \
    }

const struct gic_register gicc_registers[] = {
    { ROW(GICC_CTLR, 1, 0, 0x7ff, ctlr_read, ctlr_write), GIC_RW },
    { ROW(GICC_PMR, 1, 0, GIC_PRIORITY_MASK, pmr_read, pmr_write), GIC_RW },
    { ROW(GICC_BPR, 1, GIC_BPR_MIN, 7, bpr_read, bpr_write), GIC_RW },
    { { "GICC_IAR", GICC_IAR, 0, 0, REG_32, false, GIC_SPURIOUS, 0, iar_read }, GIC_READ },
    { ROW(GICC_EOIR, 1, 0, 0x1fff, NULL, eoir_write), GIC_WRITE },
    { ROW(GICC_RPR, 1, GIC_IDLE, 0, rpr_read), GIC_READ },
    { ROW(GICC_HPPIR, 1, GIC_SPURIOUS, 0, hppir_read), GIC_READ },
    { ROW(GICC_ABPR, 1, GIC_BPR_MIN + 1, 7, NULL, abpr_write, REG_FIELD(struct gicc, core.bpr[GIC_G1NS])),
      GIC_RW | GIC_SECURE_ONLY },
    { { "GICC_AIAR", GICC_AIAR, 0, 0, REG_32, false, GIC_SPURIOUS, 0, aiar_read }, GIC_READ | GIC_SECURE_ONLY },
    { ROW(GICC_AEOIR, 1, 0, 0x1fff, NULL, aeoir_write), GIC_WRITE | GIC_SECURE_ONLY },
    { ROW(GICC_AHPPIR, 1, GIC_SPURIOUS, 0, ahppir_read), GIC_READ | GIC_SECURE_ONLY },
    { ROW(GICC_APR, 4, 0, 0xffffffff, apr_read, apr_write), GIC_RW },
    { ROW(GICC_NSAPR, 4, 0, 0xffffffff, nsapr_read, nsapr_write), GIC_RW | GIC_SECURE_ONLY },
    { ROW(GICC_IIDR, 1, 0x0002043b, 0, NULL), GIC_READ },
    { ROW(GICC_DIR, 1, 0, 0x1fff, NULL, dir_write), GIC_WRITE },
};
const unsigned gicc_register_count = countof(gicc_registers);

static struct access begin(struct gicc *gicc, const struct gic_ready *ready, struct gic_bank *bank, bool secure,
                           bool two_states, struct gic_effect *effect)
{
    bool ns = two_states && !secure;
    gic_effect_clear(effect);
    effect->secure = !ns;
    return (struct access){
        .base = { .chip = gicc,
                  .bank = bank,
                  .mistakes = gicc->mistakes,
                  .effect = effect,
                  .two_states = two_states,
                  .ns = ns,
                  .v2 = true },
        .ready = ready,
    };
}

uint64_t gicc_read(struct gicc *gicc, const struct gic_ready *ready, struct gic_bank *bank, bool secure,
                   bool two_states, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect)
{
    struct access access = begin(gicc, ready, bank, secure, two_states, effect);
    return gic_access_read(&access.base, gicc_registers, gicc_register_count, offset, size, now);
}

void gicc_write(struct gicc *gicc, bool secure, bool two_states, uint64_t offset, unsigned size, uint64_t value,
                uint64_t now, struct gic_effect *effect)
{
    struct access access = begin(gicc, NULL, NULL, secure, two_states, effect);
    gic_access_write(&access.base, gicc_registers, gicc_register_count, offset, size, value, now);
}

void gicc_visit(struct gicc *gicc, struct visit *v)
{
    gic_cpu_visit(&gicc->core, v);
    VISIT(v, gicc->ctlr);
    VISIT_ARRAY(v, gicc->mistakes);
}

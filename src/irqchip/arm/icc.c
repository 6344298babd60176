// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPU interface of GICv3; see icc.h.
//
// Path: gicd.c, gicr.c / arm_irq.c, then the CPU
#include "irqchip/arm/icc.h"

#define INTID_MASK 0xffffffu
#define AP1R_NMI   BIT64(63) // of ICC_AP1R0 and ICC_RPR
#define RPR_NMI_NS BIT64(62)
#define SGI_MASK   UINT64_C(0x00fff1ff0fffffff) // Aff3, RS, IRM, Aff2, INTID, Aff1, target list

void icc_init(struct icc *icc, bool long_intids, bool extended, bool nmi)
{
    *icc = (struct icc){ .long_intids = long_intids, .extended = extended, .nmi = nmi };
    icc_reset(icc);
}

void icc_reset(struct icc *icc)
{
    gic_cpu_reset(&icc->core);
    icc->eoimode = 0;
    icc->pmhe = 0;
}

// The context of the rows' functions.
struct access {
    struct icc *icc;
    const struct gic_ready *ready;
    struct gic_effect *effect;
    bool two_states, ns;
};

static void mistake(struct access *access, enum gic_mistake what)
{
    access->icc->mistakes[what]++;
}

// Group 1 of the Security state that executes; with one state there is one Group 1.
static enum gic_group group_1(const struct access *access)
{
    return access->two_states && !access->ns ? GIC_G1S : GIC_G1NS;
}

// --- Signalling -----------------------------------------------------------------------------------------------------

bool icc_masks_superpriority(const struct icc *icc, const struct gic_pending *pending)
{
    return pending->nmi && pending->priority == 0x80 && icc->secure && icc->core.pmr == 0x80;
}

static bool signals(const struct icc *icc, const struct gic_pending *pending)
{
    return !icc_masks_superpriority(icc, pending) && gic_cpu_signals(&icc->core, pending);
}

uint32_t icc_output(const struct icc *icc, const struct gic_ready *ready, bool two_states)
{
    struct gic_pending pending = gic_ready_highest(ready, icc->core.enabled);
    if (!signals(icc, &pending))
        return 0;
    if (pending.group == GIC_G0)
        return PENDING_FIQ;
    bool own = !two_states || (pending.group == GIC_G1S) == (icc->secure != 0);
    return (own ? PENDING_IRQ : PENDING_FIQ) | (pending.nmi && icc->sctlr_nmi ? PENDING_NMI : 0);
}

// The highest pending interrupt if it is of `group`.
static struct gic_pending highest(struct access *access, enum gic_group group)
{
    struct gic_pending pending = gic_ready_highest(access->ready, access->icc->core.enabled);
    if (pending.group != group)
        pending.intid = GIC_SPURIOUS;
    return pending;
}

// `nmiar`: ICC_NMIAR1, which acknowledges only interrupts with superpriority; while SCTLR_ELx.NMI is set, ICC_IAR1 does
// not acknowledge them.
static uint64_t acknowledge(struct access *access, enum gic_group group, bool nmiar)
{
    struct gic_pending pending = gic_ready_highest(access->ready, access->icc->core.enabled);
    if (!signals(access->icc, &pending))
        return GIC_SPURIOUS;
    if (pending.group != group) {
        mistake(access, GIC_MISTAKE_OTHER_GROUP);
        return GIC_SPURIOUS;
    }
    if (nmiar && !pending.nmi)
        return GIC_SPURIOUS;
    if (!nmiar && unlikely(pending.nmi) && access->icc->sctlr_nmi)
        return GIC_NMI_PENDING;
    gic_cpu_activate(&access->icc->core, &pending);
    access->effect->flags |= GIC_TAKEN | GIC_CHANGED;
    access->effect->intid = pending.intid;
    access->effect->group = pending.group;
    return pending.intid;
}

static bool drops_alone(const struct access *access)
{
    return access->icc->eoimode >> group_1(access) & 1;
}

// ICC_EOIR0, ICC_EOIR1: the priority of the highest active interrupt is dropped. An EOI that does not match it is
// UNPREDICTABLE: nothing happens here, and it is counted. LPIs have no active state to end.
static void end(struct access *access, uint64_t value, enum gic_group group)
{
    uint32_t intid = value & INTID_MASK;
    struct gic_effect *effect = access->effect;
    if (intid >= 1020 && intid <= GIC_SPURIOUS)
        return;
    if (!gic_cpu_drop(&access->icc->core, BIT32(group))) {
        mistake(access, GIC_MISTAKE_EOI);
        return;
    }
    effect->flags |= GIC_DROPPED | GIC_CHANGED;
    effect->intid = intid;
    if (!drops_alone(access) && intid < GIC_LPI_FIRST)
        effect->flags |= GIC_ENDED;
}

static uint64_t iar0_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return acknowledge(context, GIC_G0, false);
}

static uint64_t iar1_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return acknowledge(context, group_1(context), false);
}

static uint64_t nmiar1_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return acknowledge(context, group_1(context), true);
}

static void eoir0_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    end(context, value, GIC_G0);
}

static void eoir1_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    end(context, value, group_1(context));
}

// ICC_DIR: with EOImode 0 it is UNPREDICTABLE; nothing happens here.
static void dir_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    uint32_t intid = value & INTID_MASK;
    (void)index, (void)now;
    if (!drops_alone(access)) {
        mistake(access, GIC_MISTAKE_DEACTIVATE);
        return;
    }
    if (intid >= GIC_LPI_FIRST || (intid >= 1020 && intid <= GIC_SPURIOUS))
        return;
    access->effect->flags |= GIC_ENDED | GIC_CHANGED;
    access->effect->intid = intid;
}

static uint64_t hppir0_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return highest(context, GIC_G0).intid;
}

static uint64_t hppir1_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return highest(context, group_1(context)).intid;
}

// --- Priorities -----------------------------------------------------------------------------------------------------

// IHI 0069 4.8.1, ICC_PMR, ICC_RPR: for Non-secure software a mask or running priority in the Secure half reads as 0,
// and it cannot write such a mask.
static uint64_t pmr_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    uint8_t pmr = access->icc->core.pmr;
    (void)index, (void)now;
    return access->ns ? gic_priority_to_ns(pmr) : pmr;
}

static void pmr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    uint8_t *pmr = &access->icc->core.pmr;
    (void)index, (void)now;
    if (!access->ns)
        *pmr = (uint8_t)value & GIC_PRIORITY_MASK;
    else if (*pmr & 0x80)
        *pmr = gic_priority_from_ns((uint8_t)value);
    access->effect->flags |= GIC_CHANGED;
}

static uint64_t rpr_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    uint8_t running = gic_cpu_running(&access->icc->core);
    const uint8_t *nmi = access->icc->core.nmi;
    uint64_t high = nmi[group_1(access)] ? AP1R_NMI : 0;
    (void)index, (void)now;
    if (access->two_states && !access->ns && nmi[GIC_G1NS])
        high |= RPR_NMI_NS;
    return high | (access->ns && running != GIC_IDLE ? gic_priority_to_ns(running) : running);
}

static void bpr0_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    gic_cpu_set_bpr(&access->icc->core, GIC_G0, (unsigned)value);
    access->effect->flags |= GIC_CHANGED;
}

// ICC_BPR1: with CBPR, Secure software gets ICC_BPR0; the others read ICC_BPR0 + 1 (at most 7) and write nothing.
static uint64_t bpr1_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    const struct gic_cpu *core = &access->icc->core;
    enum gic_group group = group_1(access);
    (void)index, (void)now;
    if (!(core->common_bpr >> group & 1))
        return core->bpr[group];
    if (group == GIC_G1S)
        return core->bpr[GIC_G0];
    return core->bpr[GIC_G0] < 7 ? core->bpr[GIC_G0] + 1u : 7;
}

static void bpr1_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct gic_cpu *core = &access->icc->core;
    enum gic_group group = group_1(access);
    (void)index, (void)now;
    access->effect->flags |= GIC_CHANGED;
    if (!(core->common_bpr >> group & 1))
        gic_cpu_set_bpr(core, group, (unsigned)value);
    else if (group == GIC_G1S)
        gic_cpu_set_bpr(core, GIC_G0, (unsigned)value);
}

static void ap0r_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    access->icc->core.apr[GIC_G0] = (uint32_t)value;
    access->effect->flags |= GIC_CHANGED;
}

static uint64_t ap1r_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    (void)index, (void)now;
    return access->icc->core.apr[group_1(access)] | (access->icc->core.nmi[group_1(access)] ? AP1R_NMI : 0);
}

static void ap1r_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    struct gic_cpu *core = &access->icc->core;
    enum gic_group group = group_1(access);
    core->apr[group] = (uint32_t)value;
    if (access->icc->nmi)
        core->nmi[group] = value & AP1R_NMI ? (access->ns ? 0x81 : 1) : 0;
    access->effect->flags |= GIC_CHANGED;
}

// --- Control --------------------------------------------------------------------------------------------------------

// PRIbits, IDbits, A3V, RSS, ExtRange.
static uint32_t fixed_bits(const struct icc *icc)
{
    return (GIC_PRIORITY_BITS - 1) << 8 | icc->long_intids << 11 | BIT32(15) | BIT32(18) | icc->extended << 19;
}

static uint64_t ctlr_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    const struct icc *icc = access->icc;
    enum gic_group group = group_1(access);
    (void)index, (void)now;
    return fixed_bits(icc) | (icc->core.common_bpr >> group & 1 ? ICC_CTLR_CBPR : 0) |
           (icc->eoimode >> group & 1 ? ICC_CTLR_EOIMODE : 0) | (icc->pmhe ? ICC_CTLR_PMHE : 0);
}

// CBPR and PMHE belong to EL3 where there are two Security states (ICC_CTLR_EL3).
static void ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct icc *icc = access->icc;
    uint32_t bit = BIT32(group_1(access));
    (void)index, (void)now;
    icc->eoimode = (uint32_t)bits_merge(icc->eoimode, value & ICC_CTLR_EOIMODE ? bit : 0, bit);
    if (access->two_states)
        return;
    icc->core.common_bpr = (uint32_t)bits_merge(icc->core.common_bpr, value & ICC_CTLR_CBPR ? bit : 0, bit);
    icc->pmhe = value & ICC_CTLR_PMHE ? 1 : 0;
    access->effect->flags |= GIC_CHANGED;
}

// ICC_CTLR_EL3: CBPR_EL1S 0, CBPR_EL1NS 1, EOImode_EL1S 3, EOImode_EL1NS 4, PMHE 6.
static uint64_t ctlr_el3_read(void *context, unsigned index, uint64_t now)
{
    const struct icc *icc = ((struct access *)context)->icc;
    (void)index, (void)now;
    return fixed_bits(icc) | (icc->core.common_bpr >> GIC_G1S & 1) | (icc->core.common_bpr >> GIC_G1NS & 1) << 1 |
           (icc->eoimode >> GIC_G1S & 1) << 3 | (icc->eoimode >> GIC_G1NS & 1) << 4 | (icc->pmhe ? ICC_CTLR_PMHE : 0);
}

static void ctlr_el3_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct icc *icc = access->icc;
    (void)index, (void)now;
    icc->core.common_bpr = (uint32_t)((value & 1) << GIC_G1S | (value >> 1 & 1) << GIC_G1NS);
    icc->eoimode = (uint32_t)((value >> 3 & 1) << GIC_G1S | (value >> 4 & 1) << GIC_G1NS);
    icc->pmhe = value & ICC_CTLR_PMHE ? 1 : 0;
    access->effect->flags |= GIC_CHANGED;
}

static void enable(struct access *access, uint32_t groups, uint32_t mask)
{
    access->icc->core.enabled = (uint32_t)bits_merge(access->icc->core.enabled, groups, mask);
    access->effect->flags |= GIC_CHANGED | GIC_ONE_OF_MANY;
}

static uint64_t igrpen0_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return ((struct access *)context)->icc->core.enabled >> GIC_G0 & 1;
}

static void igrpen0_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    enable(context, (uint32_t)value << GIC_G0, BIT32(GIC_G0));
}

static uint64_t igrpen1_read(void *context, unsigned index, uint64_t now)
{
    const struct access *access = context;
    (void)index, (void)now;
    return access->icc->core.enabled >> group_1(access) & 1;
}

static void igrpen1_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    enum gic_group group = group_1(context);
    (void)index, (void)now;
    enable(context, (uint32_t)value << group, BIT32(group));
}

// EnableGrp1NS is bit 0, EnableGrp1S bit 1: the order of enum gic_group.
static uint64_t igrpen1_el3_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return ((struct access *)context)->icc->core.enabled >> GIC_G1NS & 3;
}

static void igrpen1_el3_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    enable(context, (uint32_t)value << GIC_G1NS, BIT32(GIC_G1NS) | BIT32(GIC_G1S));
}

// --- SGIs -----------------------------------------------------------------------------------------------------------

static void send(struct access *access, uint64_t value, enum gic_group group)
{
    access->effect->flags |= GIC_SENDS;
    access->effect->group = (uint8_t)group;
    access->effect->intid = value >> 24 & 15;
    access->effect->target = value;
}

static void sgi1r_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    send(context, value, group_1(context));
}

// Group 1 of the other Security state, if there is one.
static void asgi1r_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    send(access, value, access->ns ? GIC_G1S : GIC_G1NS);
}

static void sgi0r_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    send(context, value, GIC_G0);
}

// --- The table ------------------------------------------------------------------------------------------------------

#define ROW(name, reset, mask, ...)                                                                                    \
    {                                                                                                                  \
#name, name, 0, 0, REG_64, true, reset, mask, __VA_ARGS__                                                      \
    }
// A register whose read has a side effect.
#define ROW_EFFECT(name, mask, ...)                                                                                    \
    {                                                                                                                  \
#name, name, 0, 0, REG_64, false, GIC_SPURIOUS, mask, __VA_ARGS__                                              \
    }

const struct icc_register icc_registers[] = {
    { ROW(ICC_PMR_EL1, 0, GIC_PRIORITY_MASK, pmr_read, pmr_write), ICC_RW },
    { ROW_EFFECT(ICC_IAR0_EL1, 0, iar0_read, NULL), ICC_READ | ICC_GROUP0 },
    { ROW(ICC_EOIR0_EL1, 0, INTID_MASK, NULL, eoir0_write), ICC_WRITE | ICC_GROUP0 },
    { ROW(ICC_HPPIR0_EL1, GIC_SPURIOUS, 0, hppir0_read, NULL), ICC_READ | ICC_GROUP0 },
    { ROW(ICC_BPR0_EL1, GIC_BPR_MIN, 7, NULL, bpr0_write, REG_FIELD(struct icc, core.bpr[GIC_G0])),
      ICC_RW | ICC_GROUP0 },
    { ROW(ICC_AP0R0_EL1, 0, 0xffffffff, NULL, ap0r_write, REG_FIELD(struct icc, core.apr[GIC_G0])),
      ICC_RW | ICC_GROUP0 },
    { ROW(ICC_AP1R0_EL1, 0, AP1R_NMI | 0xffffffff, ap1r_read, ap1r_write), ICC_RW },
    { ROW_EFFECT(ICC_NMIAR1_EL1, 0, nmiar1_read, NULL), ICC_READ | ICC_NMI },
    { ROW(ICC_DIR_EL1, 0, INTID_MASK, NULL, dir_write), ICC_WRITE },
    { ROW(ICC_RPR_EL1, GIC_IDLE, 0, rpr_read, NULL), ICC_READ },
    { ROW(ICC_SGI1R_EL1, 0, SGI_MASK, NULL, sgi1r_write), ICC_WRITE },
    { ROW(ICC_ASGI1R_EL1, 0, SGI_MASK, NULL, asgi1r_write), ICC_WRITE },
    { ROW(ICC_SGI0R_EL1, 0, SGI_MASK, NULL, sgi0r_write), ICC_WRITE },
    { ROW_EFFECT(ICC_IAR1_EL1, 0, iar1_read, NULL), ICC_READ },
    { ROW(ICC_EOIR1_EL1, 0, INTID_MASK, NULL, eoir1_write), ICC_WRITE },
    { ROW(ICC_HPPIR1_EL1, GIC_SPURIOUS, 0, hppir1_read, NULL), ICC_READ },
    { ROW(ICC_BPR1_EL1, GIC_BPR_MIN + 1, 7, bpr1_read, bpr1_write), ICC_RW },
    { ROW(ICC_CTLR_EL1, 0x48400, 0x43, ctlr_read, ctlr_write), ICC_RW },
    { ROW(ICC_SRE_EL1, 7, 0, NULL), ICC_RW },
    { ROW(ICC_IGRPEN0_EL1, 0, 1, igrpen0_read, igrpen0_write), ICC_RW | ICC_GROUP0 },
    { ROW(ICC_IGRPEN1_EL1, 0, 1, igrpen1_read, igrpen1_write), ICC_RW },
    { ROW(ICC_SRE_EL2, 15, 0, NULL), ICC_RW },
    { ROW(ICC_CTLR_EL3, 0x48400, 0x5b, ctlr_el3_read, ctlr_el3_write), ICC_RW | ICC_EL3 },
    { ROW(ICC_SRE_EL3, 15, 0, NULL), ICC_RW | ICC_EL3 },
    { ROW(ICC_IGRPEN1_EL3, 0, 3, igrpen1_el3_read, igrpen1_el3_write), ICC_RW | ICC_EL3 },
};
const unsigned icc_register_count = countof(icc_registers);

static const struct icc_register *find(uint64_t encoding)
{
    const struct icc_register *row = REG_FIND(icc_registers, icc_register_count, (uint32_t)encoding);
    return row && row->reg.offset == encoding ? row : NULL;
}

// Whether the register is accessible: those of EL3 only with two Security states, and those of Group 0 not for
// Non-secure software.
static enum port_result check(struct access *access, const struct icc_register *row, unsigned wanted)
{
    if (!row)
        return PORT_NOT_MINE;
    if ((row->access & ICC_EL3 && !access->two_states) || (row->access & ICC_NMI && !access->icc->nmi))
        return PORT_NOT_MINE;
    if (row->access & ICC_GROUP0 && access->ns) {
        mistake(access, GIC_MISTAKE_SECURE);
        return PORT_FAULT;
    }
    if (!(row->access & wanted)) {
        mistake(access, wanted == ICC_READ ? GIC_MISTAKE_WRITEONLY : GIC_MISTAKE_READONLY);
        return PORT_FAULT;
    }
    return PORT_DONE;
}

static struct access begin(struct icc *icc, const struct gic_ready *ready, bool two_states, struct gic_effect *effect)
{
    bool ns = two_states && !icc->secure;
    gic_effect_clear(effect);
    effect->secure = !ns;
    return (struct access){ icc, ready, effect, two_states, ns };
}

static NEVER_INLINE enum port_result read_row(struct icc *icc, const struct gic_ready *ready, bool two_states,
                                              uint64_t encoding, uint64_t *value, struct gic_effect *effect)
{
    struct access access = begin(icc, ready, two_states, effect);
    const struct icc_register *row = find(encoding);
    enum port_result result = check(&access, row, ICC_READ);
    *value = result == PORT_DONE ? reg_get(&row->reg, icc, &access, 0, 0) : 0;
    return result;
}

enum port_result icc_read(struct icc *icc, const struct gic_ready *ready, bool two_states, uint64_t encoding,
                          uint64_t *value, struct gic_effect *effect)
{
    if (unlikely(encoding != ICC_IAR1_EL1))
        return read_row(icc, ready, two_states, encoding, value, effect);
    struct access access = begin(icc, ready, two_states, effect);
    *value = acknowledge(&access, group_1(&access), false);
    return PORT_DONE;
}

static NEVER_INLINE enum port_result write_row(struct icc *icc, bool two_states, uint64_t encoding, uint64_t value,
                                               struct gic_effect *effect)
{
    struct access access = begin(icc, NULL, two_states, effect);
    const struct icc_register *row = find(encoding);
    enum port_result result = check(&access, row, ICC_WRITE);
    if (result == PORT_DONE)
        reg_put(&row->reg, icc, &access, 0, value, 0); // a row without function, ICC_SRE: WI
    return result;
}

enum port_result icc_write(struct icc *icc, bool two_states, uint64_t encoding, uint64_t value,
                           struct gic_effect *effect)
{
    if (unlikely(encoding != ICC_EOIR1_EL1 && encoding != ICC_SGI1R_EL1))
        return write_row(icc, two_states, encoding, value, effect);
    struct access access = begin(icc, NULL, two_states, effect);
    if (encoding == ICC_EOIR1_EL1)
        end(&access, value, group_1(&access));
    else
        send(&access, value & SGI_MASK, group_1(&access));
    return PORT_DONE;
}

void icc_visit(struct icc *icc, struct visit *v)
{
    gic_cpu_visit(&icc->core, v);
    VISIT(v, icc->eoimode);
    VISIT(v, icc->pmhe);
    VISIT(v, icc->secure);
    VISIT(v, icc->sctlr_nmi);
    VISIT_ARRAY(v, icc->mistakes);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: delivery of messages of devices, SGIs and LPIs to a receiver. See arm_irq.h.
//
//     GICD_SETSPI, v2m ----------> gicd.c: an SPI
//     GITS_TRANSLATER, INT ------> its.c: translation --> gicr_lpi.c: pending, configuration --> ready
//     GITS_CWRITER --------------> its_cmd.c: commands -> what they ask of an LPI, done here
//     ICC_SGI1R, GICD_SGIR ------> gicr.c: an SGI of each target
//
// Path: msi/msi_arm.c, its.c / gicd.c, gicr.c, gicr_lpi.c
#include "irqchip/arm/arm_irq.h"

// --- Messages -------------------------------------------------------------------------------------------------------

// An interrupt was made pending. `cpu`: NULL for an SPI.
static void hold(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    if (trace_heard(irq->config.trace))
        arm_irq_report_held(irq, cpu, intid);
}

void arm_irq_raise(struct arm_irq *irq, uint32_t intid)
{
    uint32_t index = intid - 32;
    if (!gicd_has(&irq->gicd, index))
        return;
    gicd_trigger(&irq->gicd, index);
    hold(irq, NULL, intid);
}

static bool refuse(struct arm_irq *irq, const struct arm_message *message)
{
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_REFUSED, message->number, message->kind);
    return false;
}

static bool deliver_spi(struct arm_irq *irq, const struct arm_message *message, bool set)
{
    enum gic_mistake mistake = gicd_message(&irq->gicd, message->number, set, message->secure);
    if (mistake == GIC_NO_MISTAKE && set)
        hold(irq, NULL, message->number);
    if (mistake == GIC_NO_MISTAKE)
        return true;
    arm_irq_mistake(irq, irq->gicd.mistakes, ARM_IRQ_GICD, TRACE_NO_CPU, mistake, message->number);
    return refuse(irq, message);
}

// GICD_SETSPI_SR and GICD_CLRSPI_SR: WI for Non-secure writes, and with one Security state.
static bool deliver_secure(struct arm_irq *irq, const struct arm_message *message, bool set)
{
    if (message->secure && gicd_two_states(&irq->gicd))
        return deliver_spi(irq, message, set);
    if (gicd_two_states(&irq->gicd))
        arm_irq_mistake(irq, irq->gicd.mistakes, ARM_IRQ_GICD, TRACE_NO_CPU, GIC_MISTAKE_SECURE, message->number);
    return refuse(irq, message);
}

static bool deliver_v2m(struct arm_irq *irq, const struct arm_message *message)
{
    bool there;
    TRACE_COUNTED(irq->config.trace, arm_irq_counters(irq->gicv2m.mistakes, ARM_IRQ_V2M, TRACE_NO_CPU),
                  there = gicv2m_message(&irq->gicv2m, message->number), message->number);
    if (!there)
        return refuse(irq, message);
    arm_irq_raise(irq, message->number);
    return true;
}

static bool deliver(struct arm_irq *irq, const struct arm_message *message)
{
    switch (message->kind) {
    case ARM_MESSAGE_SET_SPI: return deliver_spi(irq, message, true);
    case ARM_MESSAGE_CLEAR_SPI: return deliver_spi(irq, message, false);
    case ARM_MESSAGE_SET_SPI_SECURE: return deliver_secure(irq, message, true);
    case ARM_MESSAGE_CLEAR_SPI_SECURE: return deliver_secure(irq, message, false);
    case ARM_MESSAGE_V2M: return deliver_v2m(irq, message);
    case ARM_MESSAGE_EVENT: return arm_irq_event(irq, message->device, message->number);
    }
    return false;
}

bool arm_irq_deliver(struct arm_irq *irq, const struct arm_message *message)
{
    arm_irq_begin(irq);
    bool taken = deliver(irq, message);
    arm_irq_end(irq);
    return taken;
}

bool arm_irq_msi(struct arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, bool secure)
{
    struct arm_message message;
    enum msi_arm_result result = msi_arm_decode(&irq->config.windows, address, data, device, secure, &message);
    bool heard = trace_heard(irq->config.trace), taken = false;
    if (heard)
        trace_raise(irq->config.trace, TRACE_NO_KEY, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    if (likely(result == MSI_ARM_OK))
        taken = arm_irq_deliver(irq, &message);
    else
        TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_MALFORMED, address, data);
    if (heard)
        trace_end(irq->config.trace);
    return taken;
}

bool arm_irq_pends(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    uint32_t slot = gic_slot_of(intid);
    if (intid >= GIC_LPI_FIRST)
        return gicr_lpi_pends(&cpu->gicr, intid);
    return gic_block_pending(arm_irq_block(irq, cpu, slot)) >> (slot % 32) & 1;
}

// --- SGIs -----------------------------------------------------------------------------------------------------------

// IHI 0069, ICC_SGI1R_EL1 and similar registers: the target's own configuration decides whether an SGI for `group`
// reaches it. One sent for Secure Group 1 reaches a Group 0 interrupt too; Non-secure software reaches Secure ones with
// GICR_NSACR.
static bool sgi_passes(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    const struct gic_block *block = &cpu->gicr.bank.block[0];
    bool two_states = gicd_two_states(&irq->gicd);
    enum gic_group group = gic_block_group(block, effect->intid, two_states);
    unsigned allowed = block->nsacr >> (2 * effect->intid) & 3;
    if (group != effect->group && !(effect->group == GIC_G1S && group == GIC_G0))
        return false;
    if (!two_states || effect->secure)
        return true;
    return group == GIC_G1NS || allowed >= (group == GIC_G0 ? 1 : 2);
}

static bool send_to(struct arm_irq *irq, uint32_t target, const struct gic_effect *effect)
{
    struct arm_irq_cpu *cpu = &irq->cpus[target];
    if (!sgi_passes(irq, cpu, effect))
        return false;
    gicr_trigger(&cpu->gicr, effect->intid);
    hold(irq, cpu, effect->intid);
    arm_irq_touch(irq, target);
    return true;
}

// ICC_SGI1R: Aff3.Aff2.Aff1 and 16 CPUs of RS * 16 and up.
static bool send_to_list(struct arm_irq *irq, const struct gic_effect *effect)
{
    uint64_t value = effect->target;
    uint32_t cluster = (uint32_t)(bits_get(value, 55, 48) << 24 | bits_get(value, 39, 32) << 16 |
                                  bits_get(value, 23, 16) << 8 | bits_get(value, 47, 44) << 4);
    bool sent = false;
    for (uint64_t list = value & 0xffff; list; list &= list - 1) {
        uint32_t target = arm_targets_one(&irq->targets, cluster | bits_lowest(list));
        if (target != ARM_TARGETS_NONE)
            sent |= send_to(irq, target, effect);
    }
    return sent;
}

static bool send_to_others(struct arm_irq *irq, uint32_t self, const struct gic_effect *effect)
{
    bool sent = irq->config.cpus == 1; // no other CPU that could be missed
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (i != self)
            sent |= send_to(irq, i, effect);
    return sent;
}

// GICD_SGIR (IHI 0048B 4.3.15, table 4-21): NSATT selects the group for Secure software; Non-secure software sends to
// Group 1, or to what GICD_NSACR permits. Without the Security Extensions every target takes it.
static bool sgi_passes_v2(const struct arm_irq *irq, const struct gic_block *block, const struct gic_effect *effect)
{
    bool group_1 = block->group >> effect->intid & 1;
    if (!gicd_two_states(&irq->gicd))
        return true;
    if (effect->secure)
        return group_1 == (effect->group == GIC_G1NS);
    return group_1 || (block->nsacr >> (2 * effect->intid) & 3);
}

static bool send_to_mask(struct arm_irq *irq, const struct gic_effect *effect)
{
    bool sent = false;
    for (uint64_t left = effect->target; left; left &= left - 1) {
        uint32_t target = bits_lowest(left);
        struct arm_irq_cpu *cpu = &irq->cpus[target];
        struct gic_bank *bank = &cpu->gicr.bank;
        if (!sgi_passes_v2(irq, &bank->block[0], effect))
            continue;
        bank->source[effect->intid] |= (uint8_t)BIT32(effect->source);
        gicr_trigger(&cpu->gicr, effect->intid);
        hold(irq, cpu, effect->intid);
        arm_irq_touch(irq, target);
        sent = true;
    }
    return sent;
}

static bool send(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    if (irq->config.version == 2)
        return send_to_mask(irq, effect);
    return effect->target >> 40 & 1 ? send_to_others(irq, cpu->index, effect) : send_to_list(irq, effect);
}

void arm_irq_send(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    bool heard = trace_heard(irq->config.trace);
    if (heard) {
        trace_name_numbered(irq->config.trace, "cpu%u.sgi", cpu->index);
        trace_anew(irq->config.trace, TRACE_IPI, cpu->index, effect->target, effect->group, effect->intid);
    }
    if (!send(irq, cpu, effect)) {
        arm_irq_mistake(irq, arm_irq_mistakes(irq, cpu), ARM_IRQ_CPU, cpu->index, GIC_MISTAKE_SGI, effect->intid);
        TRACE(irq->config.trace, TRACE_DROP, cpu->index, ARM_IRQ_DROP_NO_CPU, effect->target, effect->intid);
    }
    if (heard)
        trace_end(irq->config.trace);
}

// --- LPIs -----------------------------------------------------------------------------------------------------------

static struct gicr_lpi_world world_of(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return (struct gicr_lpi_world){ &cpu->ready, &irq->config.memory, gicd_two_states(&irq->gicd) };
}

static bool set_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu);
    if (!gicr_lpi_set(&cpu->gicr, &world, intid)) {
        TRACE(irq->config.trace, TRACE_DROP, cpu->index, ARM_IRQ_DROP_REFUSED, intid, ARM_MESSAGE_EVENT);
        return false;
    }
    TRACE_AT(irq->config.trace, TRACE_HELD, arm_irq_key(cpu->index, intid), TRACE_ACCEPT, cpu->index, intid, GIC_G1NS,
             0);
    if (trace_heard(irq->config.trace))
        arm_irq_report_mask(irq, cpu, intid);
    arm_irq_touch(irq, cpu->index);
    return true;
}

static void move_lpi(struct arm_irq *irq, struct arm_irq_cpu *from, struct arm_irq_cpu *to, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, from), other = world_of(irq, to);
    if (gicr_lpi_pends(&from->gicr, intid) && !gicr_lpi_takes(&to->gicr, intid))
        return;
    bool pending = gicr_lpi_clear(&from->gicr, &world, intid);
    gicr_lpi_invalidate(&from->gicr, &world, intid);
    gicr_lpi_invalidate(&to->gicr, &other, intid); // its cached configuration from an earlier time
    if (pending)
        set_lpi(irq, to, intid);
}

static bool do_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other, enum gic_lpi_action action,
                   uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu), to;
    arm_irq_touch(irq, cpu->index);
    switch (action) {
    case GIC_LPI_NOTHING: break;
    case GIC_LPI_SET: return set_lpi(irq, cpu, intid);
    case GIC_LPI_CLEAR: gicr_lpi_clear(&cpu->gicr, &world, intid); break;
    case GIC_LPI_INVALIDATE: gicr_lpi_invalidate(&cpu->gicr, &world, intid); break;
    case GIC_LPI_INVALIDATE_ALL: gicr_lpi_invalidate_all(&cpu->gicr, &world); break;
    case GIC_LPI_ENABLE: gicr_lpi_enable(&cpu->gicr, &world); break;
    case GIC_LPI_DISABLE: gicr_lpi_disable(&cpu->gicr, &world); break;
    case GIC_LPI_MOVE: move_lpi(irq, cpu, other, intid); break;
    case GIC_LPI_MOVE_ALL:
        to = world_of(irq, other);
        gicr_lpi_move_all(&cpu->gicr, &world, &other->gicr, &to);
        arm_irq_touch(irq, other->index);
        break;
    }
    return true;
}

static struct trace_counters counters_of(const struct arm_irq_cpu *cpu)
{
    return arm_irq_counters(cpu->gicr.mistakes, ARM_IRQ_CPU, cpu->index);
}

// Tables of LPIs are read as they are needed: any action may find one that is not RAM.
static NEVER_INLINE bool do_lpi_heard(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other,
                                      enum gic_lpi_action action, uint32_t intid)
{
    struct trace_counters from = counters_of(cpu), to = counters_of(other);
    struct trace_mistakes before, before_to;
    trace_mistakes_begin(&before, &from);
    trace_mistakes_begin(&before_to, &to);
    bool done = do_lpi(irq, cpu, other, action, intid);
    trace_mistakes_end(irq->config.trace, &before, &from, intid);
    if (other != cpu)
        trace_mistakes_end(irq->config.trace, &before_to, &to, intid);
    return done;
}

// What software asks for, by a register or a command.
static NEVER_INLINE void do_asked_heard(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other,
                                        enum gic_lpi_action action, uint32_t intid)
{
    bool raises = action == GIC_LPI_SET;
    if (raises)
        arm_irq_report_set(irq, cpu, intid);
    do_lpi_heard(irq, cpu, other, action, intid);
    if (raises)
        trace_end(irq->config.trace);
}

void arm_irq_do_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other, enum gic_lpi_action action,
                    uint32_t intid)
{
    if (trace_heard(irq->config.trace))
        do_asked_heard(irq, cpu, other, action, intid);
    else
        do_lpi(irq, cpu, other, action, intid);
}

void arm_irq_take_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu);
    TRACE_COUNTED(irq->config.trace, counters_of(cpu), gicr_lpi_clear(&cpu->gicr, &world, intid), intid);
}

// --- The ITS --------------------------------------------------------------------------------------------------------

static struct trace_counters its_counters(const struct arm_irq *irq)
{
    return arm_irq_counters(irq->its.mistakes, ARM_IRQ_ITS, TRACE_NO_CPU);
}

static NEVER_INLINE bool event_heard(struct arm_irq *irq, uint32_t device, uint32_t event,
                                     struct its_translation *found)
{
    bool there = false;
    if (irq->config.its)
        TRACE_COUNTED(irq->config.trace, its_counters(irq),
                      there = its_translate(&irq->its, &irq->config.memory, device, event, found), event);
    if (there)
        return do_lpi_heard(irq, &irq->cpus[found->cpu - 1], &irq->cpus[found->cpu - 1], GIC_LPI_SET, found->intid);
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_UNTRANSLATED, (uint64_t)device << 32 | event, 0);
    return false;
}

bool arm_irq_event(struct arm_irq *irq, uint32_t device, uint32_t event)
{
    struct its_translation found;
    if (trace_heard(irq->config.trace))
        return event_heard(irq, device, event, &found);
    return irq->config.its && its_translate(&irq->its, &irq->config.memory, device, event, &found) &&
           set_lpi(irq, &irq->cpus[found.cpu - 1], found.intid);
}

// A queue full of commands that loop over all LPIs would take seconds, so an access executes a portion of it. The rest
// follows at the next access to the frame, or at the deadline: software may also wait for the interrupt of an INT.
enum { COMMAND_BUDGET = 8192, COMMAND_HEAVY = 256 };

// One command, if there is one.
static NEVER_INLINE bool step_heard(struct arm_irq *irq, uint64_t now, struct its_effect *effect)
{
    bool done;
    TRACE_COUNTED(irq->config.trace, its_counters(irq), done = its_step(&irq->its, &irq->config.memory, now, effect),
                  0);
    if (effect->error) {
        struct trace_counters counters = its_counters(irq);
        trace_mistake(irq->config.trace, &counters, GIC_MISTAKES, effect->error);
    }
    return done;
}

void arm_irq_commands(struct arm_irq *irq, uint64_t now)
{
    struct its_effect effect;
    int budget = COMMAND_BUDGET;
    bool heard = trace_heard(irq->config.trace);
    while (budget > 0 &&
           (heard ? step_heard(irq, now, &effect) : its_step(&irq->its, &irq->config.memory, now, &effect))) {
        budget -= effect.action == GIC_LPI_INVALIDATE_ALL || effect.action == GIC_LPI_MOVE_ALL ? COMMAND_HEAVY : 1;
        if (effect.action != GIC_LPI_NOTHING)
            arm_irq_do_lpi(irq, &irq->cpus[effect.cpu], &irq->cpus[effect.other], effect.action, effect.intid);
    }
    its_pause(&irq->its, now + ITS_PORTION_NS);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm family wired together; see arm_irq.h.
//
// Path: irqchip/route.c, msi/msi_arm.c / gicd.c, its.c, gicr.c, then icc.c or gicc.c, then the CPU
#include "irqchip/arm/arm_irq.h"

// --- Settling -------------------------------------------------------------------------------------------------------

static inline void touch_bank(struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    if (cpu->gicr.bank.touched_blocks)
        arm_irq_touch(irq, cpu->index);
}

// 1 of N (GICD_IROUTER.Interrupt_Routing_Mode; who takes it is the implementation's choice): whoever has it keeps it
// while it takes part; else the CPUs take turns, the same way in every run.
static uint32_t choose(struct arm_irq *irq, uint32_t index, enum gic_group group)
{
    uint16_t place = irq->gicd.place[index];
    if (place != GICD_NOWHERE && arm_targets_takes(&irq->targets, group, place))
        return place;
    uint32_t cpu = arm_targets_next(&irq->targets, group, irq->last_taker);
    if (cpu != ARM_TARGETS_NONE)
        irq->last_taker = cpu;
    return cpu;
}

static uint32_t route(struct arm_irq *irq, uint32_t index, enum gic_group group)
{
    uint64_t router = irq->gicd.irouter[index];
    if (router & GICD_IROUTER_IRM)
        return choose(irq, index, group);
    return arm_targets_one(&irq->targets, (uint32_t)(router >> 32 << 24 | (router & 0xffffff)));
}

// The interrupt is in the CPU's set of ready ones, or not.
static void forward(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t slot, enum gic_group group,
                    struct gic_rank rank)
{
    if (!cpu->ready.at[slot])
        TRACE(irq->config.trace, TRACE_ACCEPT, cpu->index, gic_intid_of(slot), group, 0);
    gic_ready_put(&cpu->ready, slot, group, rank);
    arm_irq_touch(irq, cpu->index);
}

static void withdraw(struct arm_irq *irq, uint32_t cpu, uint32_t slot)
{
    gic_ready_remove(&irq->cpus[cpu].ready, slot);
    arm_irq_touch(irq, cpu);
}

// GICv2: it is ready for each of its targets, and whoever acknowledges it first has it.
static void refresh_targets(struct arm_irq *irq, uint32_t index, bool forwarded)
{
    struct gicd *gicd = &irq->gicd;
    uint32_t slot = gic_shared_slot(index), old = gicd->place[index], targets = forwarded ? gicd->itargetsr[index] : 0;
    for (uint32_t left = old & ~targets; left; left &= left - 1)
        withdraw(irq, bits_lowest(left), slot);
    for (uint32_t left = targets; left; left &= left - 1)
        forward(irq, &irq->cpus[bits_lowest(left)], slot, gicd_group(gicd, index), gicd_rank(gicd, index));
    gicd->place[index] = (uint16_t)targets;
}

static void refresh_spi(struct arm_irq *irq, uint32_t index, bool forwarded)
{
    struct gicd *gicd = &irq->gicd;
    uint32_t slot = gic_shared_slot(index), cpu = ARM_TARGETS_NONE, old = gicd->place[index];
    enum gic_group group = gicd_group(gicd, index);
    if (forwarded)
        cpu = route(irq, index, group);
    if (old != GICD_NOWHERE && old != cpu)
        withdraw(irq, old, slot);
    gicd->place[index] = cpu == ARM_TARGETS_NONE ? GICD_NOWHERE : (uint16_t)cpu;
    if (cpu != ARM_TARGETS_NONE)
        forward(irq, &irq->cpus[cpu], slot, group, gicd_rank(gicd, index));
}

static void settle_gicd(struct arm_irq *irq)
{
    struct gic_shared *spi = &irq->gicd.spi;
    while (spi->touched_blocks) {
        unsigned block = bits_lowest(spi->touched_blocks);
        uint32_t touched = spi->touched[block], forwarded = gicd_forwarded(&irq->gicd, block);
        spi->touched_blocks &= spi->touched_blocks - 1;
        spi->touched[block] = 0;
        for (; touched; touched &= touched - 1) {
            unsigned bit = bits_lowest(touched);
            if (irq->config.version == 2)
                refresh_targets(irq, block * 32 + bit, forwarded >> bit & 1);
            else
                refresh_spi(irq, block * 32 + bit, forwarded >> bit & 1);
        }
    }
}

static void refresh_block(struct arm_irq *irq, struct arm_irq_cpu *cpu, unsigned block, bool two_states)
{
    struct gic_bank *bank = &cpu->gicr.bank;
    uint32_t touched = bank->touched[block], first = block ? GIC_EPPI_SLOT + (block - 1) * 32 : 0;
    uint32_t forwarded = gicr_forwarded(&cpu->gicr, block, irq->gicd.ctlr & GICD_CTLR_GROUPS, two_states);
    bank->touched[block] = 0;
    for (; touched; touched &= touched - 1) {
        unsigned bit = bits_lowest(touched);
        if (forwarded >> bit & 1)
            forward(irq, cpu, first + bit, gic_block_group(&bank->block[block], bit, two_states),
                    gic_block_rank(&bank->block[block], bit, two_states));
        else
            gic_ready_remove(&cpu->ready, first + bit);
    }
}

static uint32_t output(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, bool two_states)
{
    if (irq->config.version == 2)
        return gicc_output(&cpu->gicc, &cpu->ready);
    return gicr_asleep(&cpu->gicr) ? 0 : icc_output(&cpu->icc, &cpu->ready, two_states);
}

static void settle_cpu(struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    struct gic_bank *bank = &cpu->gicr.bank;
    bool two_states = gicd_two_states(&irq->gicd);
    for (; bank->touched_blocks; bank->touched_blocks &= bank->touched_blocks - 1)
        refresh_block(irq, cpu, bits_lowest(bank->touched_blocks), two_states);
    uint32_t pending = output(irq, cpu, two_states);
    if (pending == cpu->pending)
        return;
    TRACE(irq->config.trace, TRACE_PENDING, cpu->index, pending, cpu->pending, 0);
    cpu->pending = pending;
    irq->config.signal(irq->config.owner, cpu->index, pending);
}

static void tell_deadline(struct arm_irq *irq)
{
    uint64_t deadline = its_deadline(&irq->its);
    if (deadline == irq->deadline)
        return;
    irq->deadline = deadline;
    irq->config.deadline(irq->config.owner, deadline);
}

void arm_irq_settle(struct arm_irq *irq)
{
    irq->depth++;
    settle_gicd(irq);
    for (uint32_t word = 0; irq->dirty_words; word++) {
        if (!(irq->dirty_words >> word & 1))
            continue;
        for (; irq->dirty[word]; irq->dirty[word] &= irq->dirty[word] - 1)
            settle_cpu(irq, &irq->cpus[word * 64 + bits_lowest(irq->dirty[word])]);
        irq->dirty_words &= ~BIT64(word);
    }
    tell_deadline(irq);
    irq->depth--;
}

void arm_irq_begin(struct arm_irq *irq)
{
    irq->depth++;
}

void arm_irq_end(struct arm_irq *irq)
{
    if (--irq->depth == 0)
        arm_irq_settle(irq);
}

void arm_irq_follow(struct arm_irq *irq, uint32_t vcpu)
{
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    uint32_t groups = gicr_one_of_many(&cpu->gicr) & cpu->icc.core.enabled;
    arm_irq_begin(irq);
    if (arm_targets_update(&irq->targets, vcpu, groups))
        gicd_touch_all(&irq->gicd);
    arm_irq_touch(irq, vcpu);
    arm_irq_end(irq);
}

// The enables of groups changed, or DS.
static void touch_everything(struct arm_irq *irq)
{
    gicd_touch_all(&irq->gicd);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        gicr_touch_all(&irq->cpus[i].gicr);
        arm_irq_touch(irq, i);
    }
}

// --- Life of an interrupt -------------------------------------------------------------------------------------------

// GICv2: an SGI stays pending while other CPUs have sent it too.
static void take_source(struct gic_bank *bank, uint32_t sgi, unsigned source)
{
    bank->source[sgi] &= (uint8_t)~BIT32(source);
    bank->block[0].latch |= bank->source[sgi] ? BIT32(sgi) : 0;
}

static void activate(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    uint32_t slot = gic_slot_of(effect->intid);
    TRACE(irq->config.trace, TRACE_ACK, cpu->index, effect->intid, effect->group, 0);
    if (effect->intid >= GIC_LPI_FIRST) {
        arm_irq_take_lpi(irq, cpu, effect->intid);
    } else if (gic_slot_private(slot)) {
        gicr_activate(&cpu->gicr, slot);
        if (irq->config.version == 2 && slot < 16)
            take_source(&cpu->gicr.bank, slot, effect->source);
        arm_irq_touch(irq, cpu->index);
    } else {
        gicd_activate(&irq->gicd, gic_shared_index(slot));
    }
}

static uint32_t *cpu_mistakes(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? cpu->gicc.mistakes : cpu->icc.mistakes;
}

static void resample(struct arm_irq *irq, uint32_t index)
{
    uint32_t extended = GIC_EXTENDED_FIRST * 32;
    uint32_t pin = index < extended ? index : ARM_IRQ_EXTENDED_PIN + index - extended;
    TRACE(irq->config.trace, TRACE_EOI, TRACE_NO_CPU, gic_intid_of(gic_shared_slot(index)), ARM_IRQ_GICD, 0);
    if (irq->config.resample)
        irq->config.resample(irq->config.owner, ARM_IRQ_GICD, pin);
}

static void deactivate(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    uint32_t slot = gic_slot_of(effect->intid);
    bool ended;
    if (slot == GIC_NO_SLOT) {
        ended = false;
    } else if (gic_slot_private(slot)) {
        ended = gicr_deactivate(&cpu->gicr, slot, effect->secure, gicd_two_states(&irq->gicd));
        touch_bank(irq, cpu);
    } else {
        ended = gicd_deactivate(&irq->gicd, gic_shared_index(slot), effect->secure);
        if (ended)
            resample(irq, gic_shared_index(slot));
    }
    if (!ended) {
        cpu_mistakes(irq, cpu)[GIC_MISTAKE_DEACTIVATE]++;
        TRACE(irq->config.trace, TRACE_MISTAKE, cpu->index, ARM_IRQ_CPU, GIC_MISTAKE_DEACTIVATE, effect->intid);
    }
}

// --- SGIs -----------------------------------------------------------------------------------------------------------

// IHI 0069, ICC_SGI1R_EL1 and its kin: the target's own configuration decides whether an SGI for `group` reaches it.
// One sent for Secure Group 1 reaches a Group 0 interrupt too; Non-secure software reaches Secure ones with GICR_NSACR.
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
    bool sent = irq->config.cpus == 1; // nobody to miss it
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (i != self)
            sent |= send_to(irq, i, effect);
    return sent;
}

// GICD_SGIR (IHI 0048B 4.3.15, table 4-21): NSATT names the group that Secure software means, and Non-secure software
// means Group 1, or what GICD_NSACR lets it. Without the Security Extensions every target takes it.
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
        struct gic_bank *bank = &irq->cpus[target].gicr.bank;
        if (!sgi_passes_v2(irq, &bank->block[0], effect))
            continue;
        bank->source[effect->intid] |= (uint8_t)BIT32(effect->source);
        gicr_trigger(&irq->cpus[target].gicr, effect->intid);
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

static void send_sgi(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    TRACE(irq->config.trace, TRACE_IPI, cpu->index, effect->target, effect->group, effect->intid);
    if (send(irq, cpu, effect))
        return;
    cpu_mistakes(irq, cpu)[GIC_MISTAKE_SGI]++;
    TRACE(irq->config.trace, TRACE_DROP, cpu->index, ARM_IRQ_DROP_NO_CPU, effect->target, effect->intid);
}

// A v2m message: one edge.
static void raise(struct arm_irq *irq, uint32_t intid)
{
    uint32_t index = intid - 32;
    if (gicd_has(&irq->gicd, index))
        gicd_trigger(&irq->gicd, index);
}

// What the access of a CPU, or to what belongs to it, asked for.
static void apply(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t chip, const struct gic_effect *effect)
{
    if (unlikely(effect->mistake != GIC_NO_MISTAKE))
        TRACE(irq->config.trace, TRACE_MISTAKE, cpu->index, chip, effect->mistake, effect->intid);
    if (effect->flags & GIC_CHANGED)
        arm_irq_touch(irq, cpu->index);
    if (effect->flags & GIC_TAKEN)
        activate(irq, cpu, effect);
    if (effect->flags & GIC_DROPPED)
        TRACE(irq->config.trace, TRACE_EOI, cpu->index, effect->intid, ARM_IRQ_CPU, 0);
    if (effect->flags & GIC_ENDED)
        deactivate(irq, cpu, effect);
    if (effect->flags & GIC_SENDS)
        send_sgi(irq, cpu, effect);
    if (effect->flags & GIC_EVERYTHING)
        touch_everything(irq);
    if (effect->flags & GIC_ONE_OF_MANY)
        arm_irq_follow(irq, cpu->index);
    if (effect->flags & GIC_LPI)
        arm_irq_do_lpi(irq, cpu, cpu, effect->lpi, effect->intid);
    if (effect->flags & GIC_RAISES)
        raise(irq, effect->intid);
    if (effect->flags & GIC_EVENT) // a CPU's own write has DeviceID 0
        arm_irq_event(irq, 0, effect->intid);
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

// The index of a pin's SPI; false: no such pin.
static bool spi_of(const struct arm_irq *irq, uint32_t chip, uint32_t pin, uint32_t *index)
{
    if (chip != ARM_IRQ_GICD)
        return false;
    *index = pin < ARM_IRQ_EXTENDED_PIN ? pin : pin - ARM_IRQ_EXTENDED_PIN + GIC_EXTENDED_FIRST * 32;
    if (pin < ARM_IRQ_EXTENDED_PIN && pin >= GIC_EXTENDED_FIRST * 32)
        return false;
    return gicd_has(&irq->gicd, *index);
}

void arm_irq_set_pin(struct arm_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    uint32_t index;
    if (!spi_of(irq, chip, pin, &index))
        return;
    TRACE(irq->config.trace, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
    arm_irq_begin(irq);
    gicd_set_line(&irq->gicd, index, level);
    arm_irq_end(irq);
}

void arm_irq_trigger(struct arm_irq *irq, uint32_t chip, uint32_t pin)
{
    uint32_t index;
    if (!spi_of(irq, chip, pin, &index))
        return;
    TRACE(irq->config.trace, TRACE_PIN, TRACE_NO_CPU, chip, pin, 1);
    arm_irq_begin(irq);
    gicd_trigger(&irq->gicd, index);
    arm_irq_end(irq);
}

void arm_irq_set_ppi(struct arm_irq *irq, uint32_t vcpu, uint32_t intid, bool level)
{
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    uint32_t slot = gic_slot_of(intid);
    if (slot < 16 || !gicr_has(&cpu->gicr, slot))
        return;
    TRACE(irq->config.trace, TRACE_PIN, vcpu, ARM_IRQ_CPU, intid, level);
    arm_irq_begin(irq);
    gicr_set_line(&cpu->gicr, slot, level);
    arm_irq_touch(irq, vcpu);
    arm_irq_end(irq);
}

// --- Messages -------------------------------------------------------------------------------------------------------

static bool deliver_spi(struct arm_irq *irq, const struct arm_message *message, bool set, bool secure)
{
    if (gicd_message(&irq->gicd, message->number, set, secure))
        return true;
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_REFUSED, message->number, message->kind);
    return false;
}

static bool deliver(struct arm_irq *irq, const struct arm_message *message)
{
    switch (message->kind) {
    case ARM_MESSAGE_SET_SPI: return deliver_spi(irq, message, true, false);
    case ARM_MESSAGE_CLEAR_SPI: return deliver_spi(irq, message, false, false);
    case ARM_MESSAGE_SET_SPI_SECURE: return deliver_spi(irq, message, true, true);
    case ARM_MESSAGE_CLEAR_SPI_SECURE: return deliver_spi(irq, message, false, true);
    case ARM_MESSAGE_V2M:
        if (gicv2m_message(&irq->gicv2m, message->number)) {
            raise(irq, message->number);
            return true;
        }
        TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_REFUSED, message->number, message->kind);
        return false;
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

bool arm_irq_msi(struct arm_irq *irq, uint64_t address, uint32_t data, uint32_t device)
{
    struct arm_message message;
    enum msi_arm_result result = msi_arm_decode(&irq->config.windows, address, data, device, &message);
    TRACE(irq->config.trace, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    if (likely(result == MSI_ARM_OK))
        return arm_irq_deliver(irq, &message);
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_MALFORMED, address, data);
    return false;
}

// --- Windows --------------------------------------------------------------------------------------------------------

uint64_t arm_irq_window_size(const struct arm_irq *irq, enum arm_irq_window window)
{
    bool v3 = irq->config.version == 3;
    switch (window) {
    case ARM_IRQ_WINDOW_GICD: return v3 ? 0x10000 : 0x1000;
    case ARM_IRQ_WINDOW_GICR: return v3 ? GICR_FRAME * irq->config.cpus : 0;
    case ARM_IRQ_WINDOW_GICC: return v3 ? 0 : 0x2000;
    case ARM_IRQ_WINDOW_ITS: return irq->config.its ? 0x20000 : 0;
    case ARM_IRQ_WINDOW_V2M: return irq->config.v2m_count ? 0x1000 : 0;
    default: return 0;
    }
}

static struct arm_irq_cpu *current(struct arm_irq *irq)
{
    uint32_t cpu = irq->config.current ? irq->config.current(irq->config.owner) : 0;
    return &irq->cpus[cpu < irq->config.cpus ? cpu : 0];
}

// GICv2's distributor shows the private interrupts of whoever accesses it.
static struct gic_bank *private_bank(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? &cpu->gicr.bank : NULL;
}

uint64_t arm_irq_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct arm_irq_frame *frame = owner;
    struct arm_irq *irq = frame->irq;
    struct arm_irq_cpu *cpu = current(irq);
    struct gic_effect effect;
    uint64_t value = 0;
    gic_effect_clear(&effect);
    arm_irq_begin(irq);
    switch (frame->window) {
    case ARM_IRQ_WINDOW_GICD:
        value = gicd_read(&irq->gicd, private_bank(irq, cpu), cpu->index, frame->secure, offset, size, now, &effect);
        apply(irq, cpu, ARM_IRQ_GICD, &effect);
        break;
    case ARM_IRQ_WINDOW_GICR:
        cpu = &irq->cpus[offset / GICR_FRAME];
        value =
            gicr_read(&cpu->gicr, frame->secure, gicd_two_states(&irq->gicd), offset % GICR_FRAME, size, now, &effect);
        apply(irq, cpu, ARM_IRQ_CPU, &effect);
        break;
    case ARM_IRQ_WINDOW_GICC:
        value = gicc_read(&cpu->gicc, &cpu->ready, &cpu->gicr.bank, frame->secure, gicd_two_states(&irq->gicd), offset,
                          size, now, &effect);
        apply(irq, cpu, ARM_IRQ_CPU, &effect);
        break;
    case ARM_IRQ_WINDOW_V2M:
        value = gicv2m_read(&irq->gicv2m, offset, size, now, &effect);
        apply(irq, cpu, ARM_IRQ_V2M, &effect);
        break;
    case ARM_IRQ_WINDOW_ITS:
        arm_irq_commands(irq, now);
        value = its_read(&irq->its, offset, size, now, &effect);
        apply(irq, cpu, ARM_IRQ_ITS, &effect);
        break;
    default: break;
    }
    arm_irq_end(irq);
    return value;
}

void arm_irq_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct arm_irq_frame *frame = owner;
    struct arm_irq *irq = frame->irq;
    struct arm_irq_cpu *cpu = current(irq);
    struct gic_effect effect;
    gic_effect_clear(&effect);
    arm_irq_begin(irq);
    switch (frame->window) {
    case ARM_IRQ_WINDOW_GICD:
        gicd_write(&irq->gicd, private_bank(irq, cpu), cpu->index, frame->secure, offset, size, value, now, &effect);
        apply(irq, cpu, ARM_IRQ_GICD, &effect);
        break;
    case ARM_IRQ_WINDOW_GICR:
        cpu = &irq->cpus[offset / GICR_FRAME];
        gicr_write(&cpu->gicr, frame->secure, gicd_two_states(&irq->gicd), offset % GICR_FRAME, size, value, now,
                   &effect);
        apply(irq, cpu, ARM_IRQ_CPU, &effect);
        break;
    case ARM_IRQ_WINDOW_GICC:
        gicc_write(&cpu->gicc, frame->secure, gicd_two_states(&irq->gicd), offset, size, value, now, &effect);
        apply(irq, cpu, ARM_IRQ_CPU, &effect);
        break;
    case ARM_IRQ_WINDOW_V2M:
        gicv2m_write(&irq->gicv2m, offset, size, value, now, &effect);
        apply(irq, cpu, ARM_IRQ_V2M, &effect);
        break;
    case ARM_IRQ_WINDOW_ITS:
        its_write(&irq->its, offset, size, value, now, &effect);
        apply(irq, cpu, ARM_IRQ_ITS, &effect);
        arm_irq_commands(irq, now);
        break;
    default: break;
    }
    arm_irq_end(irq);
}

// --- CPU port -------------------------------------------------------------------------------------------------------

int arm_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    const struct arm_irq *irq = owner;
    (void)now;
    return irq->cpus[vcpu].pending & which ? 0 : -1;
}

enum port_result arm_irq_cpu_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now)
{
    struct arm_irq *irq = owner;
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    struct gic_effect effect;
    (void)size, (void)now;
    if (space != PORT_REGISTER || irq->config.version != 3)
        return PORT_NOT_MINE;
    arm_irq_begin(irq);
    enum port_result result = icc_read(&cpu->icc, &cpu->ready, gicd_two_states(&irq->gicd), address, value, &effect);
    apply(irq, cpu, ARM_IRQ_CPU, &effect);
    arm_irq_end(irq);
    return result;
}

enum port_result arm_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now)
{
    struct arm_irq *irq = owner;
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    struct gic_effect effect;
    (void)size, (void)now;
    if (space != PORT_REGISTER || irq->config.version != 3)
        return PORT_NOT_MINE;
    if (unlikely(address == PORT_SCTLR_NMI)) {
        arm_irq_set_sctlr_nmi(irq, vcpu, value);
        return PORT_DONE;
    }
    arm_irq_begin(irq);
    enum port_result result = icc_write(&cpu->icc, gicd_two_states(&irq->gicd), address, value, &effect);
    apply(irq, cpu, ARM_IRQ_CPU, &effect);
    arm_irq_end(irq);
    return result;
}

void arm_irq_port(struct arm_irq *irq, struct cpu_port *port)
{
    *port = (struct cpu_port){
        .owner = irq,
        .acknowledge = arm_irq_acknowledge,
        .read = arm_irq_cpu_read,
        .write = arm_irq_cpu_write,
    };
}

void arm_irq_set_secure(struct arm_irq *irq, uint32_t vcpu, bool secure)
{
    arm_irq_begin(irq);
    irq->cpus[vcpu].icc.secure = secure;
    arm_irq_touch(irq, vcpu);
    arm_irq_end(irq);
}

void arm_irq_set_sctlr_nmi(struct arm_irq *irq, uint32_t vcpu, bool on)
{
    arm_irq_begin(irq);
    irq->cpus[vcpu].icc.sctlr_nmi = on;
    arm_irq_touch(irq, vcpu);
    arm_irq_end(irq);
}

// --- Time -----------------------------------------------------------------------------------------------------------

void arm_irq_timer(struct arm_irq *irq, uint64_t now)
{
    arm_irq_begin(irq);
    arm_irq_commands(irq, now);
    arm_irq_end(irq);
}

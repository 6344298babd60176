// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: accesses of CPUs to windows and system registers, and their effects on other chips. See
// arm_irq.h.
//
// Path: the CPU / gicd.c, gicr.c, icc.c, gicc.c, its.c
#include "irqchip/arm/arm_irq.h"

// --- States of an interrupt -----------------------------------------------------------------------------------------

// GICv2: an SGI stays pending while other CPUs have sent it too.
static void take_source(struct gic_bank *bank, uint32_t sgi, unsigned source)
{
    bank->source[sgi] &= (uint8_t)~BIT32(source);
    bank->block[0].latch |= bank->source[sgi] ? BIT32(sgi) : 0;
}

static void activate(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    uint32_t slot = gic_slot_of(effect->intid);
    uint64_t key = arm_irq_key(cpu->index, effect->intid);
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        trace_take(irq->config.trace, key);
    TRACE_AT(irq->config.trace, TRACE_SERVED, key, TRACE_ACK, cpu->index, effect->intid, effect->group, 0);
    if (effect->intid >= GIC_LPI_FIRST) {
        arm_irq_take_lpi(irq, cpu, effect->intid);
    } else if (gic_slot_private(slot)) {
        gicr_activate(&cpu->gicr, slot);
        if (irq->config.version == 2 && slot < 16)
            take_source(&cpu->gicr.bank, slot, effect->source);
    } else {
        gicd_activate(&irq->gicd, gic_shared_index(slot));
    }
    if (heard && !arm_irq_pends(irq, cpu, effect->intid)) // a level that is still there keeps its cause
        trace_drop(irq->config.trace, key);
}

static void resample(struct arm_irq *irq, uint32_t index)
{
    uint32_t intid = gic_intid_of(gic_shared_slot(index)), pin = arm_irq_pin_of(intid);
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        trace_ended(irq->config.trace, arm_irq_key(TRACE_SHARED, intid));
    TRACE(irq->config.trace, TRACE_EOI, TRACE_NO_CPU, intid, ARM_IRQ_GICD, pin);
    if (irq->config.resample)
        irq->config.resample(irq->config.owner, ARM_IRQ_GICD, pin);
    if (heard)
        trace_end(irq->config.trace);
}

static void deactivate(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    uint32_t slot = gic_slot_of(effect->intid);
    bool ended;
    if (slot == GIC_NO_SLOT) {
        ended = false;
    } else if (gic_slot_private(slot)) {
        ended = gicr_deactivate(&cpu->gicr, slot, effect->secure, gicd_two_states(&irq->gicd));
    } else {
        ended = gicd_deactivate(&irq->gicd, gic_shared_index(slot), effect->secure);
        if (ended)
            resample(irq, gic_shared_index(slot));
    }
    if (!ended)
        arm_irq_mistake(irq, arm_irq_mistakes(irq, cpu), ARM_IRQ_CPU, cpu->index, GIC_MISTAKE_DEACTIVATE,
                        effect->intid);
}

// --- Effects of an access -------------------------------------------------------------------------------------------

// A CPU's own write to a register that takes messages is one, with DeviceID 0.
static void send_message(struct arm_irq *irq, const struct arm_irq_cpu *cpu, enum arm_message_kind kind,
                         uint32_t number)
{
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        arm_irq_message_heard(irq, cpu->index, kind, number);
    if (kind == ARM_MESSAGE_V2M)
        arm_irq_raise(irq, number);
    else
        arm_irq_event(irq, 0, number);
    if (heard)
        trace_end(irq->config.trace);
}

// The effects that only configuration, tables and messages have.
static NEVER_INLINE void apply_rare(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    if (effect->flags & GIC_EVERYTHING)
        arm_irq_touch_everything(irq);
    if (effect->flags & GIC_ONE_OF_MANY)
        arm_irq_follow(irq, cpu->index);
    if (effect->flags & GIC_LPI)
        arm_irq_do_lpi(irq, cpu, cpu, effect->lpi, effect->intid);
    if (effect->flags & GIC_RAISES)
        send_message(irq, cpu, ARM_MESSAGE_V2M, effect->intid);
    if (effect->flags & GIC_EVENT)
        send_message(irq, cpu, ARM_MESSAGE_EVENT, effect->intid);
}

// Does what an access of a CPU, or to its redistributor, requires elsewhere. True: this CPU is to be settled.
static bool do_effects(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    const unsigned own = GIC_CHANGED | GIC_TAKEN | GIC_ENDED, usual = own | GIC_DROPPED | GIC_SENDS;
    if (effect->flags & GIC_TAKEN)
        activate(irq, cpu, effect);
    if (effect->flags & GIC_DROPPED)
        TRACE_AT(irq->config.trace, TRACE_SERVED, arm_irq_key(cpu->index, effect->intid), TRACE_EOI, cpu->index,
                 effect->intid, ARM_IRQ_CPU, 0);
    if (effect->flags & GIC_ENDED)
        deactivate(irq, cpu, effect);
    if (effect->flags & GIC_SENDS)
        arm_irq_send(irq, cpu, effect);
    if (unlikely(effect->flags & ~usual))
        apply_rare(irq, cpu, effect);
    return effect->flags & own;
}

static void apply(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    if (do_effects(irq, cpu, effect))
        arm_irq_touch(irq, cpu->index);
}

// The same at the end of an access that is nothing else.
static inline void apply_and_end(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect)
{
    if (do_effects(irq, cpu, effect))
        arm_irq_end_cpu(irq, cpu->index);
    else
        arm_irq_end(irq);
}

// Does `access` of the CPU with this index, which may count mistakes in the chip. `heard`: there is an observer. It is a
// constant in each of the two forms of an access, so that without an observer one test is all.
#define COUNTED(chip, counted_by, cpu, access, value)                                                                  \
    do {                                                                                                               \
        if (!heard) {                                                                                                  \
            access;                                                                                                    \
        } else {                                                                                                       \
            const struct trace_counters from = arm_irq_counters((counted_by), (chip), (cpu));                          \
            struct trace_mistakes mistakes;                                                                            \
            trace_mistakes_begin(&mistakes, &from);                                                                    \
            access;                                                                                                    \
            trace_mistakes_end(irq->config.trace, &mistakes, &from, (value));                                          \
        }                                                                                                              \
    } while (0)

// --- Windows --------------------------------------------------------------------------------------------------------

uint64_t arm_irq_window_size(const struct arm_irq *irq, enum arm_irq_window window)
{
    bool v3 = irq->config.version == 3;
    uint32_t split = irq->config.gicr_split,
             split_off = split && split < irq->config.cpus ? irq->config.cpus - split : 0;
    switch (window) {
    case ARM_IRQ_WINDOW_GICD: return v3 ? 0x10000 : 0x1000;
    case ARM_IRQ_WINDOW_GICR: return v3 ? GICR_FRAME * (irq->config.cpus - split_off) : 0;
    case ARM_IRQ_WINDOW_GICR2: return v3 ? GICR_FRAME * split_off : 0;
    case ARM_IRQ_WINDOW_GICC: return v3 ? 0 : 0x2000;
    case ARM_IRQ_WINDOW_ITS: return irq->config.its ? 0x20000 : 0;
    case ARM_IRQ_WINDOW_V2M: return irq->config.v2m_count ? 0x1000 : 0;
    default: return 0;
    }
}

static struct arm_irq_cpu *redistributor(struct arm_irq *irq, enum arm_irq_window window, uint64_t offset)
{
    return &irq->cpus[(window == ARM_IRQ_WINDOW_GICR2 ? irq->config.gicr_split : 0) + offset / GICR_FRAME];
}

static struct arm_irq_cpu *current(struct arm_irq *irq)
{
    uint32_t cpu = irq->config.current ? irq->config.current(irq->config.owner) : 0;
    return &irq->cpus[cpu < irq->config.cpus ? cpu : 0];
}

// GICv2's distributor shows the private interrupts of the CPU that accesses it.
static struct gic_bank *private_bank(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? &cpu->gicr.bank : NULL;
}

ALWAYS_INLINE uint64_t read_window(const struct arm_irq_frame *frame, uint64_t offset, unsigned size, uint64_t now,
                                   bool heard)
{
    struct arm_irq *irq = frame->irq;
    struct arm_irq_cpu *cpu = current(irq);
    struct gic_effect effect;
    uint64_t value = 0;
    arm_irq_begin(irq);
    switch (frame->window) {
    case ARM_IRQ_WINDOW_GICD: // each chip clears the effect first
        COUNTED(ARM_IRQ_GICD, irq->gicd.mistakes, cpu->index,
                value = gicd_read(&irq->gicd, private_bank(irq, cpu), cpu->index, frame->secure, offset, size, now,
                                  &effect),
                offset);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_GICR:
    case ARM_IRQ_WINDOW_GICR2:
        cpu = redistributor(irq, frame->window, offset);
        COUNTED(ARM_IRQ_CPU, cpu->gicr.mistakes, cpu->index,
                value = gicr_read(&cpu->gicr, frame->secure, gicd_two_states(&irq->gicd), offset % GICR_FRAME, size,
                                  now, &effect),
                offset);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_GICC:
        COUNTED(ARM_IRQ_CPU, cpu->gicc.mistakes, cpu->index,
                value = gicc_read(&cpu->gicc, &cpu->ready, &cpu->gicr.bank, frame->secure, gicd_two_states(&irq->gicd),
                                  offset, size, now, &effect),
                offset);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_V2M:
        COUNTED(ARM_IRQ_V2M, irq->gicv2m.mistakes, cpu->index,
                value = gicv2m_read(&irq->gicv2m, offset, size, now, &effect), offset);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_ITS:
        arm_irq_commands(irq, now);
        COUNTED(ARM_IRQ_ITS, irq->its.mistakes, cpu->index, value = its_read(&irq->its, offset, size, now, &effect),
                offset);
        apply(irq, cpu, &effect);
        break;
    default: break;
    }
    arm_irq_end(irq);
    return value;
}

static NEVER_INLINE uint64_t read_window_heard(const struct arm_irq_frame *frame, uint64_t offset, unsigned size,
                                               uint64_t now)
{
    return read_window(frame, offset, size, now, true);
}

uint64_t arm_irq_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct arm_irq_frame *frame = owner;
    return trace_heard(frame->irq->config.trace) ? read_window_heard(frame, offset, size, now)
                                                 : read_window(frame, offset, size, now, false);
}

ALWAYS_INLINE void write_window(const struct arm_irq_frame *frame, uint64_t offset, unsigned size, uint64_t value,
                                uint64_t now, bool heard)
{
    struct arm_irq *irq = frame->irq;
    struct arm_irq_cpu *cpu = current(irq);
    struct gic_effect effect;
    arm_irq_begin(irq);
    switch (frame->window) {
    case ARM_IRQ_WINDOW_GICD:
        COUNTED(ARM_IRQ_GICD, irq->gicd.mistakes, cpu->index,
                gicd_write(&irq->gicd, private_bank(irq, cpu), cpu->index, frame->secure, offset, size, value, now,
                           &effect),
                value);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_GICR:
    case ARM_IRQ_WINDOW_GICR2:
        cpu = redistributor(irq, frame->window, offset);
        COUNTED(ARM_IRQ_CPU, cpu->gicr.mistakes, cpu->index,
                gicr_write(&cpu->gicr, frame->secure, gicd_two_states(&irq->gicd), offset % GICR_FRAME, size, value,
                           now, &effect),
                value);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_GICC:
        COUNTED(ARM_IRQ_CPU, cpu->gicc.mistakes, cpu->index,
                gicc_write(&cpu->gicc, frame->secure, gicd_two_states(&irq->gicd), offset, size, value, now, &effect),
                value);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_V2M:
        COUNTED(ARM_IRQ_V2M, irq->gicv2m.mistakes, cpu->index,
                gicv2m_write(&irq->gicv2m, offset, size, value, now, &effect), value);
        apply(irq, cpu, &effect);
        break;
    case ARM_IRQ_WINDOW_ITS:
        COUNTED(ARM_IRQ_ITS, irq->its.mistakes, cpu->index, its_write(&irq->its, offset, size, value, now, &effect),
                value);
        apply(irq, cpu, &effect);
        arm_irq_commands(irq, now);
        break;
    default: break;
    }
    arm_irq_end(irq);
}

static NEVER_INLINE void write_window_heard(const struct arm_irq_frame *frame, uint64_t offset, unsigned size,
                                            uint64_t value, uint64_t now)
{
    struct arm_irq *irq = frame->irq;
    bool own = frame->window == ARM_IRQ_WINDOW_GICR || frame->window == ARM_IRQ_WINDOW_GICR2;
    const struct arm_irq_cpu *cpu = own ? redistributor(irq, frame->window, offset) : current(irq);
    struct arm_irq_pending pending = arm_irq_before_write(irq, frame->window, cpu, offset);
    arm_irq_begin(irq); // what was made pending is reported before anything follows from it
    write_window(frame, offset, size, value, now, true);
    arm_irq_after_write(irq, &pending);
    arm_irq_end(irq);
}

void arm_irq_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct arm_irq_frame *frame = owner;
    if (trace_heard(frame->irq->config.trace))
        write_window_heard(frame, offset, size, value, now);
    else
        write_window(frame, offset, size, value, now, false);
}

// --- CPU port -------------------------------------------------------------------------------------------------------

int arm_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    const struct arm_irq *irq = owner;
    (void)now;
    return irq->cpus[vcpu].pending & which ? 0 : -1;
}

ALWAYS_INLINE enum port_result read_register(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint64_t address,
                                             uint64_t *value, bool heard)
{
    struct gic_effect effect;
    enum port_result result;
    arm_irq_begin(irq);
    COUNTED(ARM_IRQ_CPU, cpu->icc.mistakes, cpu->index,
            result = icc_read(&cpu->icc, &cpu->ready, gicd_two_states(&irq->gicd), address, value, &effect), address);
    apply_and_end(irq, cpu, &effect);
    return result;
}

static NEVER_INLINE enum port_result read_register_heard(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint64_t address,
                                                         uint64_t *value)
{
    return read_register(irq, cpu, address, value, true);
}

enum port_result arm_irq_cpu_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now)
{
    struct arm_irq *irq = owner;
    (void)size, (void)now;
    if (space != PORT_REGISTER || irq->config.version != 3)
        return PORT_NOT_MINE;
    return trace_heard(irq->config.trace) ? read_register_heard(irq, &irq->cpus[vcpu], address, value)
                                          : read_register(irq, &irq->cpus[vcpu], address, value, false);
}

ALWAYS_INLINE enum port_result write_register(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint64_t address,
                                              uint64_t value, bool heard)
{
    struct gic_effect effect;
    enum port_result result;
    arm_irq_begin(irq);
    COUNTED(ARM_IRQ_CPU, cpu->icc.mistakes, cpu->index,
            result = icc_write(&cpu->icc, gicd_two_states(&irq->gicd), address, value, &effect), value);
    apply_and_end(irq, cpu, &effect);
    return result;
}

static NEVER_INLINE enum port_result write_register_heard(struct arm_irq *irq, struct arm_irq_cpu *cpu,
                                                          uint64_t address, uint64_t value)
{
    return write_register(irq, cpu, address, value, true);
}

enum port_result arm_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now)
{
    struct arm_irq *irq = owner;
    (void)size, (void)now;
    if (space != PORT_REGISTER || irq->config.version != 3)
        return PORT_NOT_MINE;
    if (unlikely(address == PORT_SCTLR_NMI)) {
        arm_irq_set_sctlr_nmi(irq, vcpu, value);
        return PORT_DONE;
    }
    return trace_heard(irq->config.trace) ? write_register_heard(irq, &irq->cpus[vcpu], address, value)
                                          : write_register(irq, &irq->cpus[vcpu], address, value, false);
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

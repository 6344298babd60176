// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: accesses of CPUs to ports, the windows of IOAPICs, the page and the MSRs of the local
// APIC, and their effects on other chips. See x86_irq.h.
//
// Spec: MultiProcessor specification 1.4, 3.6.2.1 (IMCR); the registers are those of pic.c, ioapic.c and lapic.c.
//
// Path: the CPU / pic.c, ioapic.c, lapic.c
#include "irqchip/x86/x86_irq.h"

// --- End of interrupt -----------------------------------------------------------------------------------------------

static void resample(struct x86_irq *irq, uint32_t chip, uint32_t pin, uint32_t vector)
{
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        trace_ended(irq->config.trace, x86_irq_pin_key(chip, pin));
    TRACE(irq->config.trace, TRACE_EOI, TRACE_NO_CPU, vector, chip, pin);
    if (irq->config.resample)
        irq->config.resample(irq->config.owner, chip, pin);
    if (heard)
        trace_end(irq->config.trace);
}

static void end_pin(struct x86_irq *irq, uint32_t ioapic, uint32_t pin)
{
    resample(irq, X86_IRQ_IOAPIC + ioapic, pin, irq->ioapics[ioapic].entry[pin] & 0xff);
}

static void end_line(struct x86_irq *irq, uint32_t line)
{
    resample(irq, X86_IRQ_PIC, line, pic_cascade_vector(&irq->pic, line / 8, line % 8));
}

static void end_pins(struct x86_irq *irq, uint32_t ioapic, const struct ioapic_pins *ended)
{
    for (unsigned word = 0; word < IOAPIC_WORDS; word++)
        for (uint64_t left = ended->word[word]; left; left &= left - 1)
            end_pin(irq, ioapic, word * 64 + bits_lowest(left));
}

static void broadcast_eoi(struct x86_irq *irq, uint8_t vector, uint64_t now)
{
    irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        struct ioapic_pins ended;
        ioapic_eoi(&irq->ioapics[i], vector, now, &ended);
        end_pins(irq, i, &ended);
    }
}

// --- Effects of an access -------------------------------------------------------------------------------------------

static NEVER_INLINE void apply_all(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect,
                                   uint64_t now)
{
    x86_irq_begin(irq);
    if (effect->flags & LAPIC_CHANGED)
        x86_irq_touch(irq, cpu->index);
    if (effect->flags & LAPIC_ENDED)
        TRACE_AT(irq->config.trace, TRACE_SERVED, x86_irq_cpu_key(cpu->index, X86_FIXED, effect->vector), TRACE_EOI,
                 cpu->index, effect->vector, X86_IRQ_LAPIC, 0);
    if (effect->flags & LAPIC_BROADCAST)
        broadcast_eoi(irq, effect->vector, now);
    if (effect->flags & LAPIC_SENDS)
        x86_irq_send(irq, cpu, effect);
    if (effect->flags & LAPIC_MOVED)
        x86_irq_moved(irq, cpu->index);
    x86_irq_end(irq);
}

// Applies the effects of an access to a local APIC. Most are on this CPU alone, an EOI, the timer, or an IPI and nothing else.
static inline void apply(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect, uint64_t now)
{
    bool own = !(effect->flags & ~(LAPIC_CHANGED | LAPIC_ENDED));
    if (unlikely(trace_heard(irq->config.trace) || !(own || effect->flags == LAPIC_SENDS))) {
        apply_all(irq, cpu, effect, now);
    } else if (!own) {
        x86_irq_send(irq, cpu, effect);
    } else if (effect->flags) {
        x86_irq_begin(irq);
        x86_irq_end_cpu(irq, cpu->index);
    }
}

// --- Ports ----------------------------------------------------------------------------------------------------------

// MP specification 3.6.2.1: index 70h, bit 0 connects the 8259A and NMI through the local APIC.
static void write_imcr(struct x86_irq *irq, uint8_t value)
{
    bool past = x86_irq_pic_mode(irq);
    if (irq->imcr_index != 0x70)
        return;
    irq->imcr = value;
    if (past == x86_irq_pic_mode(irq))
        return;
    bool heard = trace_heard(irq->config.trace);
    x86_irq_drive_lint0(irq, irq->pic_int && past);
    if (heard)
        trace_follow(irq->config.trace, x86_irq_nmi_key());
    x86_irq_drive_lint1(irq, irq->nmi && past);
    if (heard)
        trace_end(irq->config.trace);
}

static uint16_t pic_service(const struct x86_irq *irq)
{
    return (uint16_t)(pic_cascade_isr(&irq->pic, 0) | pic_cascade_isr(&irq->pic, 1) << 8);
}

// A poll (OCW3) acknowledges as an INTA sequence does: what it put into service is then taken.
static uint8_t read_pic(struct x86_irq *irq, uint16_t port)
{
    bool heard = trace_heard(irq->config.trace);
    uint16_t before = pic_service(irq);
    uint8_t value = pic_cascade_read(&irq->pic, port >> 7 & 1, port & 1);
    for (uint32_t left = heard ? pic_service(irq) & ~(uint32_t)before : 0; left; left &= left - 1)
        trace_take(irq->config.trace, x86_irq_pin_key(X86_IRQ_PIC, bits_lowest(left)));
    return value;
}

// Does `access`, which may count mistakes in the chip.
#define COUNTED(irq, chip, access, value)                                                                              \
    TRACE_COUNTED((irq)->config.trace, x86_irq_counters((irq), (chip)), access, value)

uint8_t x86_irq_port_read(struct x86_irq *irq, uint16_t port)
{
    uint8_t value = 0xff;
    x86_irq_begin(irq);
    if (irq->config.pic && (port & ~0x81) == 0x20) { // 20h, 21h, A0h, A1h
        value = read_pic(irq, port);
        irq->hub_dirty |= X86_IRQ_HUB_PIC; // a poll acknowledges
    } else if (irq->config.pic && (port & ~1) == 0x4d0) {
        value = pic_cascade_read_elcr(&irq->pic, port & 1);
    } else if (irq->config.imcr && (port & ~1) == 0x22) {
        value = (uint8_t)(port & 1 ? irq->imcr : irq->imcr_index);
    }
    x86_irq_end(irq);
    return value;
}

static void write_pic(struct x86_irq *irq, uint16_t port, uint8_t value)
{
    unsigned chip = port >> 7 & 1;
    uint8_t ended = pic_cascade_write(&irq->pic, chip, port & 1, value);
    irq->hub_dirty |= X86_IRQ_HUB_PIC;
    for (uint32_t left = ended; left; left &= left - 1)
        end_line(irq, chip * 8 + bits_lowest(left));
}

ALWAYS_INLINE void write_port(struct x86_irq *irq, uint16_t port, uint8_t value)
{
    x86_irq_begin(irq);
    if (irq->config.pic && (port & ~0x81) == 0x20) {
        write_pic(irq, port, value);
    } else if (irq->config.pic && (port & ~1) == 0x4d0) {
        pic_cascade_write_elcr(&irq->pic, port & 1, value);
        irq->hub_dirty |= X86_IRQ_HUB_PIC;
    } else if (irq->config.imcr && port == 0x22) {
        irq->imcr_index = value;
    } else if (irq->config.imcr && port == 0x23) {
        write_imcr(irq, value);
    }
    x86_irq_end(irq);
}

static NEVER_INLINE void write_port_heard(struct x86_irq *irq, uint16_t port, uint8_t value)
{
    COUNTED(irq, X86_IRQ_PIC, write_port(irq, port, value), value);
}

void x86_irq_port_write(struct x86_irq *irq, uint16_t port, uint8_t value)
{
    if (trace_heard(irq->config.trace))
        write_port_heard(irq, port, value);
    else
        write_port(irq, port, value);
}

uint64_t x86_irq_ioapic_read(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size)
{
    uint64_t value;
    COUNTED(irq, X86_IRQ_IOAPIC + ioapic, value = ioapic_read(&irq->ioapics[ioapic], offset, size), offset);
    return value;
}

void x86_irq_ioapic_write(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size, uint64_t value,
                          uint64_t now)
{
    struct ioapic_pins ended = { { 0 } };
    x86_irq_begin(irq);
    irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
    COUNTED(irq, X86_IRQ_IOAPIC + ioapic, ioapic_write(&irq->ioapics[ioapic], offset, size, value, now, &ended), value);
    end_pins(irq, ioapic, &ended);
    x86_irq_end(irq);
}

// --- CPU port -------------------------------------------------------------------------------------------------------

static bool wants_inta(const struct x86_irq *irq, const struct x86_irq_cpu *cpu)
{
    return lapic_extint(&cpu->lapic) || x86_irq_extint_past_lint(irq, cpu);
}

static NEVER_INLINE int inta_heard(struct x86_irq *irq, uint32_t vcpu, struct pic_taken *taken)
{
    int vector;
    COUNTED(irq, X86_IRQ_PIC, vector = pic_cascade_acknowledge(&irq->pic, taken), taken->vector);
    trace_taken(irq->config.trace, vcpu, taken->spurious ? TRACE_NO_KEY : x86_irq_pin_key(X86_IRQ_PIC, taken->line));
    return vector;
}

// INT falls with the acknowledge even if there is another request, so that edge-triggered receivers see the next rise.
static NEVER_INLINE int inta(struct x86_irq *irq, uint32_t vcpu)
{
    struct pic_taken taken;
    if (!irq->config.pic)
        return 0xff; // no chip drives the data bus
    int vector =
        trace_heard(irq->config.trace) ? inta_heard(irq, vcpu, &taken) : pic_cascade_acknowledge(&irq->pic, &taken);
    x86_irq_drive_int(irq, false);
    irq->hub_dirty |= X86_IRQ_HUB_PIC;
    if (taken.ended)
        end_line(irq, taken.line);
    return vector;
}

static int take(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint32_t which)
{
    bool vector = which == PENDING_INTR;
    int taken = vector ? lapic_take_vector(&cpu->lapic) : lapic_take(&cpu->lapic, which);
    if (trace_heard(irq->config.trace) && taken >= 0) {
        uint64_t key =
            vector ? x86_irq_cpu_key(cpu->index, X86_FIXED, (unsigned)taken) : x86_irq_first_key(irq, cpu, which);
        trace_taken(irq->config.trace, cpu->index, key);
        trace_drop(irq->config.trace, key);
    }
    return taken;
}

int x86_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    struct x86_irq *irq = owner;
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    int taken;
    (void)now;
    x86_irq_begin(irq);
    if (which == PENDING_INTR && wants_inta(irq, cpu))
        taken = inta(irq, vcpu);
    else
        taken = take(irq, cpu, which);
    if (unlikely(which == PENDING_INIT && taken >= 0)) {
        if (trace_heard(irq->config.trace))
            trace_forget(irq->config.trace, vcpu);
        x86_irq_moved(irq, cpu->index);
    }
    x86_irq_end_cpu(irq, vcpu);
    return taken;
}

// The access of a CPU to its local APIC.
ALWAYS_INLINE enum port_result read_lapic(struct x86_irq_cpu *cpu, enum port_space space, uint64_t address,
                                          unsigned size, uint64_t *value, uint64_t now, struct lapic_effect *effect)
{
    if (space == PORT_REGISTER)
        return address > UINT32_MAX ? PORT_NOT_MINE
                                    : lapic_read_msr(&cpu->lapic, (uint32_t)address, value, now, effect);
    if ((address & ~(LAPIC_PAGE - 1)) != cpu->page)
        return PORT_NOT_MINE;
    return lapic_read(&cpu->lapic, address & (LAPIC_PAGE - 1), size, value, now, effect);
}

ALWAYS_INLINE enum port_result write_lapic(struct x86_irq_cpu *cpu, enum port_space space, uint64_t address,
                                           unsigned size, uint64_t value, uint64_t now, struct lapic_effect *effect)
{
    if (space == PORT_REGISTER)
        return address > UINT32_MAX ? PORT_NOT_MINE
                                    : lapic_write_msr(&cpu->lapic, (uint32_t)address, value, now, effect);
    if ((address & ~(LAPIC_PAGE - 1)) != cpu->page)
        return PORT_NOT_MINE;
    return lapic_write(&cpu->lapic, address & (LAPIC_PAGE - 1), size, value, now, effect);
}

// The same with an observer.
static NEVER_INLINE enum port_result read_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, enum port_space space,
                                                uint64_t address, unsigned size, uint64_t *value, uint64_t now,
                                                struct lapic_effect *effect)
{
    const struct lapic before = cpu->lapic;
    enum port_result result = read_lapic(cpu, space, address, size, value, now, effect);
    if (result != PORT_NOT_MINE)
        x86_irq_report_access(irq, cpu, &before, effect->fired, address, now);
    return result;
}

static NEVER_INLINE enum port_result write_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, enum port_space space,
                                                 uint64_t address, unsigned size, uint64_t value, uint64_t now,
                                                 struct lapic_effect *effect)
{
    const struct lapic before = cpu->lapic;
    enum port_result result = write_lapic(cpu, space, address, size, value, now, effect);
    if (result != PORT_NOT_MINE)
        x86_irq_report_access(irq, cpu, &before, effect->fired, value, now);
    return result;
}

enum port_result x86_irq_cpu_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now)
{
    struct x86_irq *irq = owner;
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    struct lapic_effect effect;
    enum port_result result;
    if (space == PORT_REGISTER && address == PORT_CR8) {
        *value = lapic_cr8(&cpu->lapic);
        return PORT_DONE;
    }
    if (trace_heard(irq->config.trace))
        result = read_heard(irq, cpu, space, address, size, value, now, &effect);
    else
        result = read_lapic(cpu, space, address, size, value, now, &effect);
    if (result != PORT_NOT_MINE)
        apply(irq, cpu, &effect, now);
    return result;
}

static void write_cr8(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t value)
{
    x86_irq_begin(irq);
    lapic_set_cr8(&cpu->lapic, value);
    x86_irq_end_cpu(irq, cpu->index);
}

enum port_result x86_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now)
{
    struct x86_irq *irq = owner;
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    struct lapic_effect effect;
    enum port_result result;
    if (space == PORT_REGISTER && address == PORT_CR8) {
        if (value >> 4) // SDM vol. 3, "Task Priority in IA-32e Mode": bits 63:4 are reserved
            return PORT_FAULT;
        write_cr8(irq, cpu, value);
        return PORT_DONE;
    }
    if (trace_heard(irq->config.trace))
        result = write_heard(irq, cpu, space, address, size, value, now, &effect);
    else
        result = write_lapic(cpu, space, address, size, value, now, &effect);
    if (result != PORT_NOT_MINE)
        apply(irq, cpu, &effect, now);
    return result;
}

void x86_irq_port(struct x86_irq *irq, struct cpu_port *port)
{
    *port = (struct cpu_port){
        .owner = irq,
        .acknowledge = x86_irq_acknowledge,
        .read = x86_irq_cpu_read,
        .write = x86_irq_cpu_write,
    };
}

// --- Time -----------------------------------------------------------------------------------------------------------

static NEVER_INLINE void fire_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t due, uint64_t now)
{
    const struct lapic before = cpu->lapic;
    bool fired = lapic_fire(&cpu->lapic, now);
    x86_irq_report_lapic(irq, cpu, &before, 0);
    if (fired)
        x86_irq_report_timer(irq, cpu, before.lvt[LAPIC_TIMER], due);
}

static inline void fire(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t due, uint64_t now)
{
    if (trace_heard(irq->config.trace))
        fire_heard(irq, cpu, due, now);
    else
        lapic_fire(&cpu->lapic, now);
}

void x86_irq_timer(struct x86_irq *irq, uint32_t vcpu, uint64_t now)
{
    x86_irq_begin(irq);
    if (vcpu == X86_IRQ_HUB) {
        irq->hub_deadline = X86_IRQ_UNREPORTED_DEADLINE;
        irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
        for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
            ioapic_run(&irq->ioapics[i], now);
    } else {
        struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
        uint64_t due = cpu->deadline;
        cpu->deadline = X86_IRQ_UNREPORTED_DEADLINE;
        fire(irq, cpu, due, now);
        x86_irq_touch(irq, vcpu);
    }
    x86_irq_end(irq);
}

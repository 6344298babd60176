// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x86 family wired together; see x86_irq.h.
//
// Path: irqchip/route.c, ioapic.c, msi/msi_x86.c / lapic.c, then the CPU
#include "irqchip/x86/x86_irq.h"

#include <string.h>

#include "base/clock.h"
#include "msi/msi_x86.h"

// --- Settling -------------------------------------------------------------------------------------------------------

static inline void touch(struct x86_irq *irq, uint32_t cpu)
{
    irq->dirty[cpu / 64] |= BIT64(cpu % 64);
    irq->dirty_words |= BIT64(cpu / 64);
}

// With an IMCR that still selects PIC mode, the 8259A and NMI go past the local APIC of CPU 0 to its pins.
static inline bool pic_mode(const struct x86_irq *irq)
{
    return irq->config.imcr && !(irq->imcr & 1);
}

// A pin that is masked, or whose edge has been seen, gives nothing to settle.
static inline void drive_ioapic(struct x86_irq *irq, struct ioapic *ioapic, unsigned pin, bool level)
{
    if (ioapic_set_pin(ioapic, pin, level) || ioapic_pins_has(&ioapic->extint, pin))
        irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
}

static void drive_pic_int(struct x86_irq *irq, bool level)
{
    if (level == irq->pic_int)
        return;
    irq->pic_int = level;
    lapic_set_lint(&irq->cpus[X86_IRQ_BSP].lapic, 0, level && !pic_mode(irq));
    touch(irq, X86_IRQ_BSP);
    if (irq->config.pic_pin >= 0)
        drive_ioapic(irq, &irq->ioapics[0], (unsigned)irq->config.pic_pin, level);
}

// A level that nobody takes now is offered again when a local APIC changes; an edge is gone.
static void send_messages(struct x86_irq *irq, struct ioapic *ioapic)
{
    struct x86_message message;
    unsigned pin;
    while (ioapic_next(ioapic, &message, &pin)) {
        bool accepted = x86_irq_deliver(irq, &message);
        enum ioapic_answer otherwise = message.level ? IOAPIC_RETRY : IOAPIC_DROPPED;
        ioapic_answer(ioapic, pin, accepted ? IOAPIC_ACCEPTED : otherwise);
    }
}

// Which CPUs see the 8259A through an ExtINT entry: a wire, so the set is derived and compared.
static void settle_extint(struct x86_irq *irq)
{
    struct x86_message message;
    size_t bytes = irq->targets.words * sizeof(uint64_t);
    bool used = false;
    memset(irq->found, 0, bytes);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        if (unlikely(ioapic_extint(&irq->ioapics[i], &message))) {
            x86_targets_find(&irq->targets, &message, irq->found);
            used = true;
        }
    }
    if (likely(!used && !irq->extint_used))
        return;
    for (uint32_t i = 0; i < irq->targets.words; i++) {
        uint64_t changed = irq->extint[i] ^ irq->found[i];
        irq->dirty[i] |= changed;
        irq->dirty_words |= changed ? BIT64(i) : 0;
    }
    memcpy(irq->extint, irq->found, bytes);
    irq->extint_used = used;
}

static void settle_ioapics(struct x86_irq *irq)
{
    uint64_t deadline = CLOCK_NEVER;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        if (ioapic_ready(&irq->ioapics[i]))
            send_messages(irq, &irq->ioapics[i]);
        uint64_t when = ioapic_deadline(&irq->ioapics[i]);
        deadline = when < deadline ? when : deadline;
    }
    settle_extint(irq);
    if (deadline != irq->hub_deadline) {
        irq->hub_deadline = deadline;
        irq->config.deadline(irq->config.owner, X86_IRQ_HUB, deadline);
    }
}

static void settle_hub(struct x86_irq *irq)
{
    if (irq->hub_dirty & X86_IRQ_HUB_PIC && irq->config.pic)
        drive_pic_int(irq, pic_cascade_int(&irq->pic));
    if (irq->hub_dirty & X86_IRQ_HUB_IOAPIC)
        settle_ioapics(irq);
    irq->hub_dirty = 0;
}

// The 8259A's INT reaches this CPU without a LINT pin.
static bool extint_past_lint(const struct x86_irq *irq, const struct x86_irq_cpu *cpu)
{
    if (irq->extint_used && irq->extint[cpu->index / 64] >> (cpu->index % 64) & 1)
        return lapic_enabled(&cpu->lapic) && lapic_software_enabled(&cpu->lapic);
    return cpu->index == X86_IRQ_BSP && irq->pic_int && pic_mode(irq);
}

static void tell_pending(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint32_t pending)
{
    TRACE(irq->config.trace, TRACE_PENDING, cpu->index, pending, cpu->pending, 0);
    cpu->pending = pending;
    irq->config.signal(irq->config.owner, cpu->index, pending);
}

static void tell_deadline(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t deadline)
{
    cpu->deadline = deadline;
    irq->config.deadline(irq->config.owner, cpu->index, deadline);
}

static void settle_cpu(struct x86_irq *irq, struct x86_irq_cpu *cpu)
{
    uint32_t pending = lapic_output(&cpu->lapic);
    uint64_t deadline = lapic_deadline(&cpu->lapic);
    if (extint_past_lint(irq, cpu))
        pending |= PENDING_INTR;
    if (pending != cpu->pending)
        tell_pending(irq, cpu, pending);
    if (deadline != cpu->deadline)
        tell_deadline(irq, cpu, deadline);
}

// Sending the IOAPICs' messages enters again, hence the depth.
void x86_irq_settle(struct x86_irq *irq)
{
    irq->depth++;
    if (irq->hub_dirty)
        settle_hub(irq);
    while (irq->dirty_words) {
        unsigned word = bits_lowest(irq->dirty_words);
        irq->dirty_words &= irq->dirty_words - 1;
        uint64_t set = irq->dirty[word];
        irq->dirty[word] = 0;
        for (; set; set &= set - 1)
            settle_cpu(irq, &irq->cpus[word * 64 + bits_lowest(set)]);
    }
    irq->depth--;
}

static inline void enter(struct x86_irq *irq)
{
    irq->depth++;
}

static inline void leave(struct x86_irq *irq)
{
    if (--irq->depth == 0 && (irq->hub_dirty || irq->dirty_words))
        x86_irq_settle(irq);
}

void x86_irq_begin(struct x86_irq *irq)
{
    enter(irq);
}

void x86_irq_end(struct x86_irq *irq)
{
    leave(irq);
}

void x86_irq_follow(struct x86_irq *irq, uint32_t vcpu)
{
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    uint64_t page = lapic_page(&cpu->lapic);
    enter(irq);
    x86_targets_update(&irq->targets, vcpu, &cpu->lapic);
    touch(irq, vcpu);
    irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
    if (page != cpu->page) {
        cpu->page = page;
        if (irq->config.page)
            irq->config.page(irq->config.owner, vcpu, page);
    }
    leave(irq);
}

// A destination may mean others now: tables, the window, waiting levels and ExtINT follow.
void x86_irq_moved(struct x86_irq *irq, uint32_t vcpu)
{
    enter(irq);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        ioapic_retry(&irq->ioapics[i]);
    x86_irq_follow(irq, vcpu);
    leave(irq);
}

// --- Messages -------------------------------------------------------------------------------------------------------

static bool accept(struct x86_irq *irq, uint32_t cpu, const struct x86_message *message)
{
    if (!lapic_accept(&irq->cpus[cpu].lapic, message))
        return false;
    TRACE(irq->config.trace, TRACE_ACCEPT, cpu, message->vector, message->delivery | message->level << 8, 0);
    touch(irq, cpu);
    return true;
}

// SDM, "Lowest Priority Delivery Mode": the CPU with the lowest arbitration priority takes it. Among equals it is the
// next one behind the last winner, so that the load spreads, and the same way in every run.
static bool arbitrate(struct x86_irq *irq, const uint64_t *set, const struct x86_message *message)
{
    uint32_t best = X86_TARGETS_NONE, best_rank = UINT32_MAX;
    for (uint32_t word = 0; word < irq->targets.words; word++) {
        for (uint64_t left = set[word]; left; left &= left - 1) {
            uint32_t cpu = word * 64 + bits_lowest(left);
            uint32_t turn = cpu > irq->last_lowest ? 0 : 1;
            uint32_t rank = lapic_apr(&irq->cpus[cpu].lapic) << 1 | turn;
            if (rank < best_rank && lapic_software_enabled(&irq->cpus[cpu].lapic)) {
                best = cpu;
                best_rank = rank;
            }
        }
    }
    if (best == X86_TARGETS_NONE)
        return false;
    irq->last_lowest = best;
    return accept(irq, best, message);
}

static bool accept_all(struct x86_irq *irq, const uint64_t *set, const struct x86_message *message)
{
    bool accepted = false;
    if (x86_message_one_of_many(message))
        return arbitrate(irq, set, message);
    for (uint32_t word = 0; word < irq->targets.words; word++)
        for (uint64_t left = set[word]; left; left &= left - 1)
            accepted |= accept(irq, word * 64 + bits_lowest(left), message);
    return accepted;
}

static bool any(const struct x86_irq *irq, const uint64_t *set)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < irq->targets.words; i++)
        all |= set[i];
    return all;
}

// Delivers to irq->found, or says why not.
static bool deliver_found(struct x86_irq *irq, const struct x86_message *message)
{
    enum x86_irq_drop reason = X86_IRQ_DROP_NO_CPU;
    if (any(irq, irq->found)) {
        if (accept_all(irq, irq->found, message))
            return true;
        reason = X86_IRQ_DROP_REFUSED;
    }
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, reason, message->destination, message->vector);
    return false;
}

static uint64_t *clear_found(struct x86_irq *irq)
{
    return memset(irq->found, 0, irq->targets.words * sizeof(uint64_t));
}

bool x86_irq_deliver(struct x86_irq *irq, const struct x86_message *message)
{
    bool accepted;
    enter(irq);
    uint32_t one = x86_targets_one(&irq->targets, message);
    if (likely(one < irq->config.cpus) && accept(irq, one, message)) {
        accepted = true;
    } else {
        x86_targets_find(&irq->targets, message, clear_found(irq));
        accepted = deliver_found(irq, message);
    }
    leave(irq);
    return accepted;
}

bool x86_irq_msi(struct x86_irq *irq, uint64_t address, uint32_t data, uint32_t device)
{
    struct x86_message message;
    enum msi_x86_result result = msi_x86_decode(address, data, device, irq->config.msi_flags, &message);
    TRACE(irq->config.trace, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    if (likely(result == MSI_X86_OK))
        return x86_irq_deliver(irq, &message);
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, X86_IRQ_DROP_MALFORMED, address, data | (uint64_t)result << 32);
    return false;
}

static void send_ipi(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect)
{
    const struct x86_message *ipi = &effect->ipi;
    TRACE(irq->config.trace, TRACE_IPI, cpu->index, ipi->destination, ipi->delivery | effect->shorthand << 8,
          ipi->vector);
    switch (effect->shorthand) {
    case LAPIC_TO_DESTINATION: x86_irq_deliver(irq, ipi); return;
    case LAPIC_TO_SELF:
        if (!accept(irq, cpu->index, ipi))
            TRACE(irq->config.trace, TRACE_DROP, cpu->index, X86_IRQ_DROP_REFUSED, ipi->destination, ipi->vector);
        return;
    case LAPIC_TO_ALL: x86_targets_all(&irq->targets, clear_found(irq)); break;
    case LAPIC_TO_OTHERS:
        x86_targets_all(&irq->targets, clear_found(irq));
        irq->found[cpu->index / 64] &= ~BIT64(cpu->index % 64);
        break;
    }
    deliver_found(irq, ipi);
}

// --- EOI ------------------------------------------------------------------------------------------------------------

static void resample(struct x86_irq *irq, uint32_t chip, uint32_t pin, uint32_t vector)
{
    TRACE(irq->config.trace, TRACE_EOI, TRACE_NO_CPU, vector, chip, pin);
    if (irq->config.resample)
        irq->config.resample(irq->config.owner, chip, pin);
}

static void end_pin(struct x86_irq *irq, uint32_t ioapic, uint32_t pin)
{
    resample(irq, X86_IRQ_IOAPIC + ioapic, pin, irq->ioapics[ioapic].entry[pin] & 0xff);
}

static void end_line(struct x86_irq *irq, uint32_t line)
{
    resample(irq, X86_IRQ_PIC, line, pic_cascade_vector(&irq->pic, line / 8, line % 8));
}

static void resample_ioapic(struct x86_irq *irq, uint32_t ioapic, const struct ioapic_pins *ended)
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
        resample_ioapic(irq, i, &ended);
    }
}

// What the access to a local APIC asked for.
static void apply(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect, uint64_t now)
{
    if (unlikely(effect->mistake != LAPIC_MISTAKES))
        TRACE(irq->config.trace, TRACE_MISTAKE, cpu->index, X86_IRQ_LAPIC, effect->mistake, 0);
    if (effect->flags == 0)
        return;
    enter(irq);
    if (effect->flags & LAPIC_CHANGED)
        touch(irq, cpu->index);
    if (effect->flags & LAPIC_ENDED)
        TRACE(irq->config.trace, TRACE_EOI, cpu->index, effect->vector, X86_IRQ_LAPIC, 0);
    if (effect->flags & LAPIC_BROADCAST)
        broadcast_eoi(irq, effect->vector, now);
    if (effect->flags & LAPIC_SENDS)
        send_ipi(irq, cpu, effect);
    if (effect->flags & LAPIC_MOVED)
        x86_irq_moved(irq, cpu->index);
    leave(irq);
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

static bool has_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (chip == X86_IRQ_PIC)
        return irq->config.pic && pin < 16;
    return chip - X86_IRQ_IOAPIC < irq->config.ioapic_count && pin < irq->ioapics[chip - X86_IRQ_IOAPIC].pins;
}

void x86_irq_set_pin(struct x86_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    if (!has_pin(irq, chip, pin))
        return;
    TRACE(irq->config.trace, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
    enter(irq);
    if (chip == X86_IRQ_PIC) {
        pic_cascade_set_line(&irq->pic, pin, level);
        if (!pic_cascade_masked(&irq->pic, pin)) // an ISA line leads to both hubs, and most systems use one
            irq->hub_dirty |= X86_IRQ_HUB_PIC;
    } else {
        struct ioapic *ioapic = &irq->ioapics[chip - X86_IRQ_IOAPIC];
        drive_ioapic(irq, ioapic, pin, level);
    }
    leave(irq);
}

void x86_irq_trigger(struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (!has_pin(irq, chip, pin))
        return;
    TRACE(irq->config.trace, TRACE_PIN, TRACE_NO_CPU, chip, pin, 1);
    enter(irq);
    irq->hub_dirty |= chip == X86_IRQ_PIC ? X86_IRQ_HUB_PIC : X86_IRQ_HUB_IOAPIC;
    if (chip == X86_IRQ_PIC)
        pic_cascade_trigger(&irq->pic, pin);
    else
        ioapic_trigger(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
    leave(irq);
}

void x86_irq_set_lint(struct x86_irq *irq, uint32_t vcpu, unsigned pin, bool level)
{
    enter(irq);
    lapic_set_lint(&irq->cpus[vcpu].lapic, pin, level);
    touch(irq, vcpu);
    leave(irq);
}

void x86_irq_set_nmi(struct x86_irq *irq, bool level)
{
    bool rises = level && !irq->nmi;
    enter(irq);
    irq->nmi = level;
    if (pic_mode(irq)) {
        irq->cpus[X86_IRQ_BSP].lapic.latched |= rises ? PENDING_NMI : 0;
        touch(irq, X86_IRQ_BSP);
    } else {
        for (uint32_t i = 0; i < irq->config.cpus; i++)
            x86_irq_set_lint(irq, i, 1, level);
    }
    leave(irq);
}

void x86_irq_raise(struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry)
{
    enter(irq);
    lapic_raise(&irq->cpus[vcpu].lapic, entry);
    touch(irq, vcpu);
    leave(irq);
}

void x86_irq_timer(struct x86_irq *irq, uint32_t vcpu, uint64_t now)
{
    enter(irq);
    if (vcpu == X86_IRQ_HUB) {
        irq->hub_deadline = X86_IRQ_UNTOLD_DEADLINE;
        irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
        for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
            ioapic_run(&irq->ioapics[i], now);
    } else {
        struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
        uint64_t due = cpu->deadline;
        cpu->deadline = X86_IRQ_UNTOLD_DEADLINE;
        if (lapic_fire(&cpu->lapic, now))
            TRACE(irq->config.trace, TRACE_TIMER, vcpu, due, 0, 0);
        touch(irq, vcpu);
    }
    leave(irq);
}

// --- Ports ----------------------------------------------------------------------------------------------------------

// MP specification 3.6.2.1: index 70h, bit 0 leads the 8259A and NMI through the local APIC.
static void write_imcr(struct x86_irq *irq, uint8_t value)
{
    bool past = pic_mode(irq);
    if (irq->imcr_index != 0x70)
        return;
    irq->imcr = value;
    if (past == pic_mode(irq))
        return;
    x86_irq_set_lint(irq, X86_IRQ_BSP, 0, irq->pic_int && past);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        x86_irq_set_lint(irq, i, 1, irq->nmi && past);
}

uint8_t x86_irq_port_read(struct x86_irq *irq, uint16_t port)
{
    uint8_t value = 0xff;
    enter(irq);
    if (irq->config.pic && (port & ~0x81) == 0x20) { // 20h, 21h, A0h, A1h
        value = pic_cascade_read(&irq->pic, port >> 7 & 1, port & 1);
        irq->hub_dirty |= X86_IRQ_HUB_PIC; // a poll acknowledges
    } else if (irq->config.pic && (port & ~1) == 0x4d0) {
        value = pic_cascade_read_elcr(&irq->pic, port & 1);
    } else if (irq->config.imcr && (port & ~1) == 0x22) {
        value = (uint8_t)(port & 1 ? irq->imcr : irq->imcr_index);
    }
    leave(irq);
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

void x86_irq_port_write(struct x86_irq *irq, uint16_t port, uint8_t value)
{
    enter(irq);
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
    leave(irq);
}

uint64_t x86_irq_ioapic_read(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size)
{
    return ioapic_read(&irq->ioapics[ioapic], offset, size);
}

void x86_irq_ioapic_write(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size, uint64_t value,
                          uint64_t now)
{
    struct ioapic_pins ended = { { 0 } };
    enter(irq);
    irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
    ioapic_write(&irq->ioapics[ioapic], offset, size, value, now, &ended);
    resample_ioapic(irq, ioapic, &ended);
    leave(irq);
}

// --- CPU port -------------------------------------------------------------------------------------------------------

static bool wants_inta(const struct x86_irq *irq, const struct x86_irq_cpu *cpu)
{
    return lapic_extint(&cpu->lapic) || extint_past_lint(irq, cpu);
}

// INT falls with the acknowledge, whatever is requested behind it: receivers of edges see the next one rise.
static int inta(struct x86_irq *irq)
{
    struct pic_taken taken;
    if (!irq->config.pic)
        return 0xff; // nobody drives the data bus
    int vector = pic_cascade_acknowledge(&irq->pic, &taken);
    drive_pic_int(irq, false);
    irq->hub_dirty |= X86_IRQ_HUB_PIC;
    if (taken.ended)
        end_line(irq, taken.line);
    return vector;
}

int x86_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    struct x86_irq *irq = owner;
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    int taken;
    (void)now;
    enter(irq);
    if (which == PENDING_INTR)
        taken = wants_inta(irq, cpu) ? inta(irq) : lapic_take_vector(&cpu->lapic);
    else
        taken = lapic_take(&cpu->lapic, which);
    touch(irq, vcpu);
    if (which == PENDING_INIT && taken >= 0)
        x86_irq_moved(irq, cpu->index);
    leave(irq);
    return taken;
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
    if (space == PORT_REGISTER)
        result =
            address > UINT32_MAX ? PORT_NOT_MINE : lapic_read_msr(&cpu->lapic, (uint32_t)address, value, now, &effect);
    else if ((address & ~(LAPIC_PAGE - 1)) == cpu->page)
        result = lapic_read(&cpu->lapic, address & (LAPIC_PAGE - 1), size, value, now, &effect);
    else
        return PORT_NOT_MINE;
    if (result != PORT_NOT_MINE)
        apply(irq, cpu, &effect, now);
    return result;
}

static void write_cr8(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t value)
{
    enter(irq);
    lapic_set_cr8(&cpu->lapic, value);
    touch(irq, cpu->index);
    leave(irq);
}

enum port_result x86_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now)
{
    struct x86_irq *irq = owner;
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    struct lapic_effect effect;
    enum port_result result;
    if (space == PORT_REGISTER && address == PORT_CR8) {
        write_cr8(irq, cpu, value);
        return PORT_DONE;
    }
    if (space == PORT_REGISTER)
        result =
            address > UINT32_MAX ? PORT_NOT_MINE : lapic_write_msr(&cpu->lapic, (uint32_t)address, value, now, &effect);
    else if ((address & ~(LAPIC_PAGE - 1)) == cpu->page)
        result = lapic_write(&cpu->lapic, address & (LAPIC_PAGE - 1), size, value, now, &effect);
    else
        return PORT_NOT_MINE;
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

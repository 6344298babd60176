// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: why an interrupt does not arrive. It follows the path from a source over the chips to a
// CPU, and each chip reports what it holds back. See x86_irq.h and <intact/why.h>. Not on the path of an interrupt.
//
//     IRQ line --> 8259A (pic_why.c) --> INT --> CPU 0 (IMCR), LINT0, an ExtINT pin
//     pin --> IOAPIC (ioapic_why.c) --> message --+--> destination --> local APICs (lapic_why.c)
//     MSI --> decode (msi_x86.c) -----------------+
//     LINT pins, timer, errors --> LVT (lapic_why.c)
//
// An interrupt that a local APIC has accepted has passed what is before it: then only the local APIC is asked. An edge
// leaves no trace at its source, so a vector in IRR or ISR of its destination is taken for its own.
#include "irqchip/x86/x86_irq.h"

#include "base/why.h"
#include "msi/msi_x86.h"

// A set of CPUs.
struct cpus {
    uint64_t word[(INTACT_X86_CPUS_MAX + 63) / 64];
};

static bool has(const struct cpus *set, uint32_t cpu)
{
    return set->word[cpu / 64] >> (cpu % 64) & 1;
}

static bool is_empty(const struct x86_irq *irq, const struct cpus *set)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < irq->targets.words; i++)
        all |= set->word[i];
    return all == 0;
}

static const struct lapic *lapic_of(const struct x86_irq *irq, uint32_t cpu)
{
    return &irq->cpus[cpu].lapic;
}

// --- Destinations ---------------------------------------------------------------------------------------------------

static struct cpus destinations(const struct x86_irq *irq, const struct x86_message *message)
{
    struct cpus set = { { 0 } };
    x86_targets_find(&irq->targets, message, set.word);
    return set;
}

// Those CPUs of `among` (NULL: of all) whose local APIC has the interrupt of `message`.
static struct cpus holders(const struct x86_irq *irq, const struct x86_message *message, const struct cpus *among)
{
    struct cpus set = { { 0 } };
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if ((!among || has(among, cpu)) && lapic_holds(lapic_of(irq, cpu), message))
            set.word[cpu / 64] |= BIT64(cpu % 64);
    return set;
}

// CPU 0 stands for all in what is said of logical destinations.
static void why_no_match(const struct x86_irq *irq, const struct x86_message *message, struct why *why)
{
    const struct lapic *lapic = lapic_of(irq, X86_IRQ_BSP);
    if (!message->logical)
        WHY(why, INTACT_WHY_X86_NO_PHYSICAL, message->destination);
    else if (lapic_x2apic(lapic))
        WHY(why, INTACT_WHY_X86_NO_X2APIC, message->destination, X86_IRQ_BSP, lapic_ldr(lapic));
    else if (lapic->dfr >> 28 == 0xf)
        WHY(why, INTACT_WHY_X86_NO_FLAT, message->destination, X86_IRQ_BSP, lapic->ldr, lapic->dfr);
    else
        WHY(why, INTACT_WHY_X86_NO_CLUSTER, message->destination, X86_IRQ_BSP, lapic->ldr, lapic->dfr);
}

// No CPU matches: those that would if their local APIC were enabled, or why none does.
static void why_no_cpu(const struct x86_irq *irq, const struct x86_message *message, struct why *why)
{
    unsigned gates = why->gates;
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++) {
        struct lapic enabled = *lapic_of(irq, cpu);
        enabled.base |= LAPIC_BASE_ENABLE;
        if (lapic_matches(&enabled, message))
            lapic_why_accept(lapic_of(irq, cpu), cpu, message, why);
    }
    if (why->gates == gates)
        why_no_match(irq, message, why);
}

// --- At a local APIC ------------------------------------------------------------------------------------------------

// INTR of the CPU is up for the 8259A.
static bool is_extint(const struct x86_irq *irq, uint32_t cpu)
{
    return lapic_extint(lapic_of(irq, cpu)) || x86_irq_extint_past_lint(irq, &irq->cpus[cpu]);
}

// After acceptance. A vector below 16 is never accepted, and has no class.
static void why_accepted(const struct x86_irq *irq, uint32_t cpu, const struct x86_message *message, struct why *why)
{
    const struct lapic *lapic = lapic_of(irq, cpu);
    if (!x86_delivery_has_vector(message->delivery))
        lapic_why_signal(lapic, cpu, message->delivery, lapic_holds(lapic, message), why);
    else if (message->vector >= 16)
        lapic_why_vector(lapic, cpu, message->vector, is_extint(irq, cpu), why);
    else
        lapic_why_start(lapic, cpu, why);
}

static void why_accepted_by(const struct x86_irq *irq, const struct cpus *set, const struct x86_message *message,
                            struct why *why)
{
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if (has(set, cpu))
            why_accepted(irq, cpu, message, why);
}

// It is in the state after a reset, so that its local APIC accepts nothing either: the wait is the reason of both.
static bool why_not_started(const struct x86_irq *irq, uint32_t cpu, const struct x86_message *message, struct why *why)
{
    const struct lapic *lapic = lapic_of(irq, cpu);
    bool waits = lapic->waits_for_sipi && message->delivery != X86_INIT;
    if (waits)
        lapic_why_start(lapic, cpu, why);
    return waits;
}

// For a message that no local APIC of `set` has.
static void why_refused_by(const struct x86_irq *irq, const struct cpus *set, const struct x86_message *message,
                           struct why *why)
{
    if (is_empty(irq, set))
        why_no_cpu(irq, message, why);
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++) {
        if (!has(set, cpu))
            continue;
        why_not_started(irq, cpu, message, why);
        lapic_why_accept(lapic_of(irq, cpu), cpu, message, why);
    }
}

// What a local APIC does with a request that has no trace before it: a message of a device, a vector.
static void why_requested(const struct x86_irq *irq, uint32_t cpu, const struct x86_message *message, struct why *why)
{
    bool held = lapic_holds(lapic_of(irq, cpu), message), waits = !held && why_not_started(irq, cpu, message, why);
    if (!held)
        lapic_why_accept(lapic_of(irq, cpu), cpu, message, why);
    lapic_why_idle(lapic_of(irq, cpu), cpu, message, why);
    if (!waits)
        why_accepted(irq, cpu, message, why);
}

// --- INT of the 8259A -----------------------------------------------------------------------------------------------

// A CPU that INT reaches.
static void where_int(const struct x86_irq *irq, uint32_t cpu, bool up, struct why *why)
{
    if (up)
        WHY(why, INTACT_WHY_LAPIC_EXTINT, cpu);
    lapic_why_start(lapic_of(irq, cpu), cpu, why);
}

// The CPUs of an ExtINT entry. False: it has none that takes it.
static bool where_extint(const struct x86_irq *irq, const struct x86_message *message, bool up, struct why *why)
{
    struct cpus set = destinations(irq, message);
    bool any = false;
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if (has(&set, cpu) && lapic_software_enabled(lapic_of(irq, cpu))) {
            where_int(irq, cpu, up, why);
            any = true;
        }
    return any;
}

// It needs the enables that a vector needs.
static void why_no_extint(const struct x86_irq *irq, const struct x86_message *message, bool but_bsp, struct why *why)
{
    struct x86_message vectored = *message;
    struct cpus set = destinations(irq, message);
    vectored.delivery = X86_FIXED;
    if (but_bsp && has(&set, X86_IRQ_BSP))
        return;
    why_refused_by(irq, &set, &vectored, why);
}

// By the pin of IOAPIC 0. False: closed.
static bool where_int_pin(const struct x86_irq *irq, bool up, struct why *why)
{
    struct why closed = { .found = NULL };
    struct x86_message message;
    if (irq->config.pic_pin < 0)
        return false;
    ioapic_why_int(&irq->ioapics[0], 0, (unsigned)irq->config.pic_pin, &closed);
    ioapic_message(&irq->ioapics[0], (unsigned)irq->config.pic_pin, &message);
    return closed.gates == 0 && where_extint(irq, &message, up, why);
}

static void why_no_int_pin(const struct x86_irq *irq, struct why *why)
{
    struct x86_message message;
    if (irq->config.pic_pin < 0)
        return;
    ioapic_why_int(&irq->ioapics[0], 0, (unsigned)irq->config.pic_pin, why);
    ioapic_message(&irq->ioapics[0], (unsigned)irq->config.pic_pin, &message);
    why_no_extint(irq, &message, true, why); // CPU 0 was looked at for LINT0
}

// `up`: INT is. There are three ways; what closes them is reported if all are closed.
static void why_int(const struct x86_irq *irq, bool up, struct why *why)
{
    const struct lapic *lapic = lapic_of(irq, X86_IRQ_BSP);
    struct why closed = { .found = NULL };
    lapic_why_int(lapic, X86_IRQ_BSP, &closed);
    bool reaches = x86_irq_pic_mode(irq) || closed.gates == 0;
    if (reaches)
        where_int(irq, X86_IRQ_BSP, up, why);
    if (where_int_pin(irq, up, why) || reaches)
        return;
    if (irq->config.imcr)
        WHY(why, INTACT_WHY_X86_IMCR_APIC, irq->imcr);
    lapic_why_int(lapic, X86_IRQ_BSP, why);
    why_no_int_pin(irq, why);
}

// --- Pins -----------------------------------------------------------------------------------------------------------

static void why_line(const struct x86_irq *irq, uint32_t line, struct why *why)
{
    bool served = pic_cascade_serves(&irq->pic, line);
    bool up = pic_cascade_why(&irq->pic, line, why);
    if (!served)
        why_int(irq, up, why);
}

static void why_extint_pin(const struct x86_irq *irq, uint32_t index, uint32_t pin, const struct x86_message *message,
                           struct why *why)
{
    unsigned gates = why->gates;
    ioapic_why(&irq->ioapics[index], index, pin, why);
    bool up = why->gates == gates;
    if (index != 0 || (int)pin != irq->config.pic_pin)
        WHY(why, INTACT_WHY_IOAPIC_EXTINT_NO_PIC, index, pin, ioapic_entry(&irq->ioapics[index], pin));
    if (!where_extint(irq, message, up, why))
        why_no_extint(irq, message, false, why);
}

// Remote IRR without an interrupt in service: CPUs that send no EOIs to IOAPICs.
static void why_no_eoi(const struct x86_irq *irq, const struct cpus *set, struct why *why)
{
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if (has(set, cpu) && lapic_of(irq, cpu)->svr >> 12 & 1)
            WHY(why, INTACT_WHY_LAPIC_EOI_NOT_SENT, cpu, lapic_of(irq, cpu)->svr);
}

// A level was accepted if remote IRR is set, by any CPU, as software may have changed the destination since.
static void why_ioapic_pin(const struct x86_irq *irq, uint32_t index, uint32_t pin, struct why *why)
{
    const struct ioapic *ioapic = &irq->ioapics[index];
    bool remote_irr = ioapic_pins_has(&ioapic->remote_irr, pin);
    struct x86_message message;
    ioapic_message(ioapic, pin, &message);
    if (message.delivery == X86_EXTINT) {
        why_extint_pin(irq, index, pin, &message, why);
        return;
    }
    struct cpus set = destinations(irq, &message), accepted = holders(irq, &message, message.level ? NULL : &set);
    if (!is_empty(irq, &accepted) && (!message.level || remote_irr)) {
        why_accepted_by(irq, &accepted, &message, why);
        return;
    }
    ioapic_why(ioapic, index, pin, why);
    if (remote_irr)
        why_no_eoi(irq, &set, why);
    why_refused_by(irq, &set, &message, why);
    ioapic_why_edge(ioapic, index, pin, why);
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if (has(&set, cpu) && !lapic_of(irq, cpu)->waits_for_sipi)
            why_accepted(irq, cpu, &message, why);
}

void x86_irq_why_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin, struct why *why)
{
    if (!x86_irq_has_pin(irq, chip, pin))
        WHY(why, INTACT_WHY_X86_NO_PIN, pin);
    else if (chip == X86_IRQ_PIC)
        why_line(irq, pin, why);
    else
        why_ioapic_pin(irq, chip - X86_IRQ_IOAPIC, pin, why);
}

// Whatever else is masked: a guest that uses the IOAPIC masks all of the 8259A, and has configured the pin, or another one.
bool x86_irq_uses_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    const struct pic *pics = irq->pic.chip;
    if (chip == X86_IRQ_PIC)
        return (pics[0].imr | BIT32(2)) != 0xff || (irq->pic.chips > 1 && pics[1].imr != 0xff);
    return ioapic_used(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
}

// --- Messages and vectors -------------------------------------------------------------------------------------------

static void why_malformed(enum msi_x86_result result, uint64_t address, uint32_t data, struct why *why)
{
    switch (result) {
    case MSI_X86_REMAPPABLE: WHY(why, INTACT_WHY_MSI_REMAPPABLE, address); return;
    case MSI_X86_RESERVED_ADDRESS: WHY(why, INTACT_WHY_MSI_ADDRESS_RESERVED, address); return;
    case MSI_X86_AMBIGUOUS: WHY(why, INTACT_WHY_MSI_AMBIGUOUS, address); return;
    case MSI_X86_RESERVED_DELIVERY: WHY(why, INTACT_WHY_MSI_DELIVERY, data, bits_get(data, 10, 8)); return;
    case MSI_X86_LEVEL_DEASSERT: WHY(why, INTACT_WHY_MSI_DEASSERT, data); return;
    default: WHY(why, INTACT_WHY_MSI_ADDRESS, address); return;
    }
}

void x86_irq_why_message(const struct x86_irq *irq, uint64_t address, uint32_t data, struct why *why)
{
    struct x86_message message;
    enum msi_x86_result result = msi_x86_decode(address, data, 0, irq->config.msi_flags, &message);
    if (result != MSI_X86_OK) {
        why_malformed(result, address, data, why);
        return;
    }
    if (x86_delivery_has_vector(message.delivery) && message.vector < 16)
        WHY(why, INTACT_WHY_MSI_VECTOR, data, message.vector);
    struct cpus set = destinations(irq, &message), accepted = holders(irq, &message, &set);
    if (is_empty(irq, &set))
        why_no_cpu(irq, &message, why);
    if (!is_empty(irq, &accepted))
        set = accepted;
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        if (has(&set, cpu))
            why_requested(irq, cpu, &message, why);
}

void x86_irq_why_vector(const struct x86_irq *irq, uint32_t vcpu, unsigned vector, struct why *why)
{
    const struct x86_message message = { .vector = (uint8_t)vector };
    if (vector < 16)
        WHY(why, INTACT_WHY_LAPIC_VECTOR, vcpu, vector);
    why_requested(irq, vcpu, &message, why);
}

// --- Local interrupts -----------------------------------------------------------------------------------------------

// With an IMCR in PIC mode the line leads to CPU 0 alone, past its local APIC.
void x86_irq_why_nmi(const struct x86_irq *irq, struct why *why)
{
    const struct x86_message message = { .delivery = X86_NMI };
    struct cpus pending = holders(irq, &message, NULL);
    bool past = x86_irq_pic_mode(irq);
    if (!is_empty(irq, &pending)) {
        why_accepted_by(irq, &pending, &message, why);
        return;
    }
    if (!irq->nmi)
        WHY(why, INTACT_WHY_X86_NMI_LOW, 0);
    else if (past)
        WHY(why, INTACT_WHY_X86_NMI_EDGE_SEEN, 0);
    for (uint32_t cpu = 0; cpu < (past ? 1 : irq->config.cpus); cpu++) {
        if (!past)
            lapic_why_nmi(lapic_of(irq, cpu), cpu, why);
        if (irq->nmi && !past)
            lapic_why_lost(lapic_of(irq, cpu), cpu, LAPIC_LINT1, why);
        lapic_why_signal(lapic_of(irq, cpu), cpu, X86_NMI, false, why);
    }
}

// What an entry raises. With the APIC disabled LINT0 is the INTR pin, and LINT1 the NMI pin.
static struct x86_message raised(const struct lapic *lapic, enum lapic_lvt entry)
{
    uint32_t lvt = lapic->lvt[entry];
    if (!lapic_enabled(lapic) && entry == LAPIC_LINT0)
        lvt = X86_EXTINT << 8;
    if (!lapic_enabled(lapic) && entry == LAPIC_LINT1)
        lvt = X86_NMI << 8;
    unsigned delivery = (unsigned)bits_get(lvt, 10, 8);
    return (struct x86_message){
        .vector = (uint8_t)lvt,
        .delivery = (uint8_t)delivery,
        .level = entry == LAPIC_LINT0 && delivery == X86_FIXED && lvt & LAPIC_LVT_LEVEL,
    };
}

static bool is_connected(const struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry)
{
    bool wired = entry == LAPIC_LINT1 || (entry == LAPIC_LINT0 && vcpu == X86_IRQ_BSP);
    return !wired || !x86_irq_pic_mode(irq);
}

void x86_irq_why_lvt(const struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry, struct why *why)
{
    const struct lapic *lapic = lapic_of(irq, vcpu);
    struct x86_message message = raised(lapic, entry);
    unsigned gates = why->gates;
    if (lapic_holds(lapic, &message) && (!message.level || lapic->lvt[entry] & LAPIC_LVT_REMOTE_IRR)) {
        why_accepted(irq, vcpu, &message, why);
        return;
    }
    if (!is_connected(irq, vcpu, entry))
        WHY(why, INTACT_WHY_X86_IMCR_PIC, vcpu, entry - LAPIC_LINT0, irq->imcr);
    if (entry == LAPIC_TIMER) { // a timer that runs is no reason where its entry is closed
        lapic_why_entry(lapic, vcpu, entry, why);
        lapic_why_source(lapic, vcpu, entry, why);
    } else {
        lapic_why_source(lapic, vcpu, entry, why);
        lapic_why_entry(lapic, vcpu, entry, why);
    }
    lapic_why_lost(lapic, vcpu, entry, why);
    if (message.delivery == X86_EXTINT)
        where_int(irq, vcpu, why->gates == gates, why);
    else
        why_accepted(irq, vcpu, &message, why);
}

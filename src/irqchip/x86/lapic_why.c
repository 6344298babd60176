// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Local APIC: why an interrupt is not accepted, does not leave IRR, or is not raised by the local vector table. See lapic.h
// and <intact/why.h>.
//
//     message ---> enables, vector --> IRR --> TPR, ISR (PPR), higher vectors --> INTR
//     LVT source --> LVT entry --------^
//
// The conditions are those of lapic_accept, lapic_output and lapic_raise in lapic.c, one by one; the tests compare both.
//
// Spec: Intel SDM vol. 3A, chapter "Advanced Programmable Interrupt Controller (APIC)".
#include "irqchip/x86/lapic.h"

#include "base/clock.h"
#include "base/why.h"

// --- Acceptance -----------------------------------------------------------------------------------------------------

static uint32_t latch_of(unsigned delivery)
{
    switch (delivery) {
    case X86_SMI: return PENDING_SMI;
    case X86_NMI: return PENDING_NMI;
    case X86_INIT: return PENDING_INIT;
    default: return 0;
    }
}

bool lapic_holds(const struct lapic *lapic, const struct x86_message *message)
{
    if (!x86_delivery_has_vector(message->delivery))
        return lapic->latched & latch_of(message->delivery);
    return lapic_vectors_has(&lapic->irr, message->vector) || lapic_vectors_has(&lapic->isr, message->vector);
}

static void why_disabled(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    if (!lapic_enabled(lapic))
        WHY(why, INTACT_WHY_LAPIC_DISABLED, cpu, lapic->base);
}

static void why_software_disabled(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    if (!lapic_software_enabled(lapic))
        WHY(why, INTACT_WHY_LAPIC_SOFTWARE_DISABLED, cpu, lapic->svr);
}

// SMI, NMI and INIT are accepted by an APIC that software has disabled.
void lapic_why_accept(const struct lapic *lapic, uint32_t cpu, const struct x86_message *message, struct why *why)
{
    if (message->delivery == X86_EXTINT)
        WHY(why, INTACT_WHY_LAPIC_EXTINT_MESSAGE, cpu);
    why_disabled(lapic, cpu, why);
    if (x86_delivery_has_vector(message->delivery))
        why_software_disabled(lapic, cpu, why);
}

// --- From IRR and the latches to the CPU ----------------------------------------------------------------------------

static void why_priority(const struct lapic *lapic, uint32_t cpu, unsigned vector, struct why *why)
{
    unsigned class = vector >> 4;
    int serves = lapic_vectors_highest(&lapic->isr), first = lapic_first(lapic);
    if (lapic->tpr >> 4 >= class)
        WHY(why, INTACT_WHY_LAPIC_TPR, cpu, vector, lapic->tpr, class);
    if (serves >= 0 && (unsigned)serves >> 4 >= class)
        WHY(why, INTACT_WHY_LAPIC_SERVES, cpu, vector, (unsigned)serves, class, lapic_ppr(lapic));
    if (first > (int)vector)
        WHY(why, INTACT_WHY_LAPIC_HIGHER_FIRST, cpu, vector, (unsigned)first);
}

void lapic_why_start(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    if (lapic->waits_for_sipi)
        WHY(why, INTACT_WHY_LAPIC_WAITS_SIPI, cpu);
    if (lapic->latched & PENDING_INIT)
        WHY(why, INTACT_WHY_LAPIC_INIT_FIRST, cpu);
}

void lapic_why_idle(const struct lapic *lapic, uint32_t cpu, const struct x86_message *message, struct why *why)
{
    bool has_vector = x86_delivery_has_vector(message->delivery);
    if (lapic_holds(lapic, message) || (has_vector && message->vector < 16))
        return;
    if (has_vector)
        WHY(why, INTACT_WHY_LAPIC_NOT_REQUESTED, cpu, message->vector);
    else if (latch_of(message->delivery))
        WHY(why, INTACT_WHY_LAPIC_NOT_LATCHED, cpu, message->delivery);
}

void lapic_why_vector(const struct lapic *lapic, uint32_t cpu, unsigned vector, bool extint, struct why *why)
{
    bool requested = lapic_vectors_has(&lapic->irr, vector);
    unsigned gates = why->gates;
    if (!requested && lapic_vectors_has(&lapic->isr, vector)) {
        WHY(why, INTACT_WHY_LAPIC_IN_SERVICE, cpu, vector);
        return;
    }
    why_priority(lapic, cpu, vector, why);
    if (extint)
        WHY(why, INTACT_WHY_LAPIC_EXTINT_FIRST, cpu, vector);
    if (requested && why->gates == gates)
        WHY(why, INTACT_WHY_LAPIC_READY, cpu, vector);
    lapic_why_start(lapic, cpu, why);
}

// An INIT ends the wait for a SIPI only to begin it again.
void lapic_why_signal(const struct lapic *lapic, uint32_t cpu, unsigned delivery, bool latched, struct why *why)
{
    if (latched)
        WHY(why, INTACT_WHY_LAPIC_LATCHED, cpu, delivery);
    if (delivery != X86_INIT)
        lapic_why_start(lapic, cpu, why);
}

// --- Local vector table: sources ------------------------------------------------------------------------------------

// SMI, NMI and INIT are edges whatever the trigger mode.
static bool is_level(const struct lapic *lapic, enum lapic_lvt entry)
{
    uint32_t lvt = lapic->lvt[entry], delivery = (uint32_t)bits_get(lvt, 10, 8);
    return delivery == X86_EXTINT || (delivery == X86_FIXED && entry == LAPIC_LINT0 && lvt & LAPIC_LVT_LEVEL);
}

// With the APIC disabled LINT0 is the INTR pin, a level, and LINT1 the NMI pin, an edge; both are active high.
static bool is_inactive(const struct lapic *lapic, enum lapic_lvt entry, uint32_t *level)
{
    uint32_t lvt = lapic_enabled(lapic) ? lapic->lvt[entry] : 0;
    *level = lapic->lint >> (entry - LAPIC_LINT0) & 1;
    return *level == (lvt & LAPIC_LVT_LOW_ACTIVE ? 1 : 0);
}

static void why_inactive(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    uint32_t level;
    if (is_inactive(lapic, entry, &level))
        WHY(why, INTACT_WHY_LVT_INACTIVE, cpu, entry, lapic->lvt[entry], level);
}

static void why_edge(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    uint32_t level;
    bool edge = lapic_enabled(lapic) ? !is_level(lapic, entry) : entry == LAPIC_LINT1;
    if (edge && !is_inactive(lapic, entry, &level))
        WHY(why, INTACT_WHY_LVT_EDGE_SEEN, cpu, entry, lapic->lvt[entry]);
}

static void why_timer_silent(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    const struct lapic_timer *timer = &lapic->timer;
    uint32_t lvt = lapic->lvt[LAPIC_TIMER];
    if (timer->mode == LAPIC_TIMER_RESERVED)
        WHY(why, INTACT_WHY_LAPIC_TIMER_MODE, cpu, lvt);
    else if (timer->expiry != CLOCK_NEVER)
        WHY(why, INTACT_WHY_LAPIC_TIMER_RUNS, cpu, timer->expiry);
    else if (timer->mode == LAPIC_TIMER_TSC_DEADLINE)
        WHY(why, INTACT_WHY_LAPIC_NO_DEADLINE, cpu, lvt);
    else
        WHY(why, INTACT_WHY_LAPIC_TIMER_STOPPED, cpu, timer->initial_count, lvt);
}

void lapic_why_source(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    switch (entry) {
    case LAPIC_LINT0:
    case LAPIC_LINT1: why_inactive(lapic, cpu, entry, why); return;
    case LAPIC_TIMER: why_timer_silent(lapic, cpu, why); return;
    case LAPIC_ERROR:
        if (!lapic->errors)
            WHY(why, INTACT_WHY_LVT_NO_ERROR, cpu, 0);
        return;
    default: return;
    }
}

void lapic_why_lost(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    switch (entry) {
    case LAPIC_LINT0:
    case LAPIC_LINT1: why_edge(lapic, cpu, entry, why); return;
    case LAPIC_TIMER: return;
    case LAPIC_ERROR:
        if (lapic->errors)
            WHY(why, INTACT_WHY_LVT_NO_ERROR, cpu, lapic->errors);
        return;
    default: WHY(why, INTACT_WHY_LVT_NO_EVENT, cpu, entry); return;
    }
}

// --- Local vector table: entries ------------------------------------------------------------------------------------

static void why_closed(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    why_software_disabled(lapic, cpu, why);
    if (lapic->lvt[entry] & LAPIC_LVT_MASKED)
        WHY(why, INTACT_WHY_LVT_MASKED, cpu, entry, lapic->lvt[entry]);
}

// Delivery modes with which lapic_raise does nothing. ExtINT is a level, which only a pin has.
static bool raises_nothing(enum lapic_lvt entry, unsigned delivery)
{
    bool pin = entry == LAPIC_LINT0 || entry == LAPIC_LINT1;
    if (delivery == X86_INIT || delivery == X86_EXTINT)
        return !pin;
    return delivery != X86_FIXED && delivery != X86_SMI && delivery != X86_NMI;
}

void lapic_why_nmi(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    uint32_t lvt = lapic->lvt[LAPIC_LINT1];
    if (!lapic_enabled(lapic))
        return;
    why_closed(lapic, cpu, LAPIC_LINT1, why);
    if (bits_get(lvt, 10, 8) != X86_NMI)
        WHY(why, INTACT_WHY_LVT_NOT_NMI, cpu, LAPIC_LINT1, lvt);
    if (lvt & LAPIC_LVT_LOW_ACTIVE)
        WHY(why, INTACT_WHY_LVT_LOW_ACTIVE, cpu, LAPIC_LINT1, lvt);
}

void lapic_why_entry(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why)
{
    uint32_t lvt = lapic->lvt[entry];
    unsigned delivery = (unsigned)bits_get(lvt, 10, 8);
    bool pin = entry == LAPIC_LINT0 || entry == LAPIC_LINT1;
    if (!lapic_enabled(lapic)) {
        if (!pin)
            why_disabled(lapic, cpu, why);
        return;
    }
    why_closed(lapic, cpu, entry, why);
    if (raises_nothing(entry, delivery))
        WHY(why, INTACT_WHY_LVT_DELIVERY, cpu, entry, lvt, delivery);
    if (delivery == X86_FIXED && (lvt & 0xff) < 16)
        WHY(why, INTACT_WHY_LVT_VECTOR, cpu, entry, lvt);
    if (delivery == X86_FIXED && entry == LAPIC_LINT0 && lvt & LAPIC_LVT_REMOTE_IRR)
        WHY(why, INTACT_WHY_LVT_REMOTE_IRR, cpu, entry, lvt);
}

// An active INT is a high pin.
void lapic_why_int(const struct lapic *lapic, uint32_t cpu, struct why *why)
{
    uint32_t lvt = lapic->lvt[LAPIC_LINT0];
    if (!lapic_enabled(lapic))
        return;
    why_closed(lapic, cpu, LAPIC_LINT0, why);
    if (bits_get(lvt, 10, 8) != X86_EXTINT)
        WHY(why, INTACT_WHY_LVT_NOT_EXTINT, cpu, LAPIC_LINT0, lvt);
    if (lvt & LAPIC_LVT_LOW_ACTIVE)
        WHY(why, INTACT_WHY_LVT_LOW_ACTIVE, cpu, LAPIC_LINT0, lvt);
}

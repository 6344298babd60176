// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: what only an observer sees. See x86_irq.h. Nothing here is called without one.
//
// A local APIC is also a source of interrupts: LINT pins, timer, errors. What it did by itself in a step is found by
// comparing it with a copy from before.
//
// Path: x86_irq.c, x86_irq_access.c, x86_irq_deliver.c / base/trace.c
#include "irqchip/x86/x86_irq.h"

// --- Mistakes -------------------------------------------------------------------------------------------------------

static const char *pic_name(unsigned which)
{
    return pic_mistake_name((enum pic_mistake)which);
}

static const char *ioapic_name(unsigned which)
{
    return ioapic_mistake_name((enum ioapic_mistake)which);
}

static const char *lapic_name(unsigned which)
{
    return lapic_mistake_name((enum lapic_mistake)which);
}

struct trace_counters x86_irq_counters(const struct x86_irq *irq, uint32_t chip)
{
    struct trace_counters counters = { irq->pic.mistakes, PIC_MISTAKES, TRACE_NO_CPU, chip, NULL, pic_name };
    if (chip != X86_IRQ_PIC) {
        counters.counters = irq->ioapics[chip - X86_IRQ_IOAPIC].mistakes;
        counters.count = IOAPIC_MISTAKES;
        counters.name = ioapic_name;
    }
    return counters;
}

static void report_mistakes(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before,
                            uint64_t value)
{
    const struct trace_counters old = { before->mistakes, LAPIC_MISTAKES, 0, 0, NULL, NULL };
    const struct trace_counters now = {
        cpu->lapic.mistakes, LAPIC_MISTAKES, cpu->index, X86_IRQ_LAPIC, NULL, lapic_name
    };
    struct trace_mistakes mistakes;
    uint32_t changed = 0;
    for (unsigned i = 0; i < LAPIC_MISTAKES; i++)
        changed |= before->mistakes[i] ^ cpu->lapic.mistakes[i];
    if (!changed)
        return;
    trace_mistakes_begin(&mistakes, &old);
    trace_mistakes_end(irq->config.trace, &mistakes, &now, value);
}

// --- Sources within a local APIC ------------------------------------------------------------------------------------

static const char *const lint_names[] = { "lapic%u.lint0", "lapic%u.lint1" };

// An interrupt of the LVT entry `lvt` was accepted: that of the enclosing part of the path, or a new one of the source that
// `name` makes of the CPU's number.
static void report_accept(struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t lvt, const char *name)
{
    unsigned delivery = (unsigned)bits_get(lvt, 10, 8), vector = x86_delivery_has_vector(delivery) ? lvt & 0xff : 0;
    trace_name_numbered(irq->config.trace, name, cpu->index);
    trace_raise(irq->config.trace, x86_irq_cpu_key(cpu->index, delivery, vector), TRACE_ACCEPT, cpu->index, vector,
                delivery | (lvt & LAPIC_LVT_LEVEL ? 1u << 8 : 0), 0);
    trace_end(irq->config.trace);
}

void x86_irq_report_timer(struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t lvt, uint64_t due)
{
    trace_name_numbered(irq->config.trace, "lapic%u.timer", cpu->index);
    trace_anew(irq->config.trace, TRACE_TIMER, cpu->index, due, 0, 0);
    if ((lvt & 0xff) >= 16)
        report_accept(irq, cpu, lvt & 0xff, "lapic%u.timer");
    trace_end(irq->config.trace);
}

static void report_error(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before)
{
    uint32_t lvt = cpu->lapic.lvt[LAPIC_ERROR];
    if (cpu->lapic.errors & ~before->errors && !(lvt & LAPIC_LVT_MASKED) && (lvt & 0xff) >= 16)
        report_accept(irq, cpu, lvt & 0xff, "lapic%u.error");
}

static bool lint0_requested(const struct lapic *lapic)
{
    unsigned vector = lapic->lvt[LAPIC_LINT0] & 0xff;
    return lapic->lvt[LAPIC_LINT0] & LAPIC_LVT_REMOTE_IRR && lapic->irr.word[vector / 64] >> (vector % 64) & 1;
}

// A level at LINT0 was accepted once more: it had its EOI, or the entry was unmasked.
static void report_lint0_again(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before)
{
    if (lint0_requested(before) || !lint0_requested(&cpu->lapic))
        return;
    trace_follow(irq->config.trace, x86_irq_lint_key(cpu->index, 0));
    report_accept(irq, cpu, cpu->lapic.lvt[LAPIC_LINT0], lint_names[0]);
    trace_end(irq->config.trace);
}

void x86_irq_report_lapic(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before,
                          uint64_t value)
{
    report_mistakes(irq, cpu, before, value);
    report_error(irq, cpu, before);
}

void x86_irq_report_access(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before,
                           unsigned fired, uint64_t value, uint64_t now)
{
    x86_irq_report_lapic(irq, cpu, before, value);
    if (fired && before->timer.expiry <= now) { // it was due before the access
        x86_irq_report_timer(irq, cpu, before->lvt[LAPIC_TIMER], before->timer.expiry);
        fired--;
    }
    if (fired) // the access wrote a deadline that has passed
        x86_irq_report_timer(irq, cpu, cpu->lapic.lvt[LAPIC_TIMER], value);
    report_lint0_again(irq, cpu, before);
}

void x86_irq_report_raise(struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t lvt)
{
    report_accept(irq, cpu, lvt & ~(uint32_t)LAPIC_LVT_LEVEL, "lapic%u.event");
}

// --- LINT pins ------------------------------------------------------------------------------------------------------

// What the pin does with its interrupt: with the APIC disabled LINT1 is the NMI pin.
static uint32_t lint_entry(const struct lapic *lapic, unsigned pin)
{
    uint32_t lvt = lapic->lvt[LAPIC_LINT0 + pin];
    if (!lapic_enabled(lapic))
        return pin ? X86_NMI << 8 : X86_EXTINT << 8;
    return pin ? lvt & ~(uint32_t)LAPIC_LVT_LEVEL : lvt;
}

// While a level is up, its interrupt waits at the pin.
static bool waits_at_lint(const struct lapic *lapic, unsigned pin)
{
    uint32_t lvt = lint_entry(lapic, pin);
    bool low = lapic_enabled(lapic) && lvt & LAPIC_LVT_LOW_ACTIVE;
    bool level = lvt & LAPIC_LVT_LEVEL || bits_get(lvt, 10, 8) == X86_EXTINT;
    return level && (lapic->lint >> pin & 1) != low;
}

// Within the part of the path that raised or lowered the pin.
static void drive(struct x86_irq *irq, struct x86_irq_cpu *cpu, unsigned pin, bool level)
{
    const struct lapic before = cpu->lapic;
    bool accepted = lapic_set_lint(&cpu->lapic, pin, level);
    x86_irq_report_lapic(irq, cpu, &before, 0);
    if (accepted)
        report_accept(irq, cpu, lint_entry(&before, pin), lint_names[pin]);
    if (!waits_at_lint(&cpu->lapic, pin))
        trace_drop(irq->config.trace, x86_irq_lint_key(cpu->index, pin));
}

void x86_irq_lint_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, unsigned pin, bool level)
{
    uint32_t lvt = lint_entry(&cpu->lapic, pin);
    bool low = lapic_enabled(&cpu->lapic) && lvt & LAPIC_LVT_LOW_ACTIVE;
    uint64_t key = x86_irq_lint_key(cpu->index, pin);
    if ((cpu->lapic.lint >> pin & 1) == level)
        return;
    trace_name_numbered(irq->config.trace, lint_names[pin], cpu->index);
    if (level != low)
        trace_raise(irq->config.trace, key, TRACE_PIN, cpu->index, X86_IRQ_LAPIC, pin, level);
    else
        trace_lower(irq->config.trace, key, TRACE_PIN, cpu->index, X86_IRQ_LAPIC, pin, level);
    drive(irq, cpu, pin, level);
    trace_end(irq->config.trace);
}

void x86_irq_int_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, bool level, uint64_t line)
{
    uint64_t key = x86_irq_lint_key(cpu->index, 0);
    if (level)
        trace_pass(irq->config.trace, line, key);
    trace_follow(irq->config.trace, key);
    drive(irq, cpu, 0, level);
    trace_end(irq->config.trace);
}

void x86_irq_nmi_heard(struct x86_irq *irq, bool level)
{
    trace_name(irq->config.trace, "nmi");
    if (level)
        trace_raise(irq->config.trace, x86_irq_nmi_key(), TRACE_LINE, TRACE_NO_CPU, INTACT_NMI_LINE, level, 0);
    else
        trace_lower(irq->config.trace, x86_irq_nmi_key(), TRACE_LINE, TRACE_NO_CPU, INTACT_NMI_LINE, level, 0);
}

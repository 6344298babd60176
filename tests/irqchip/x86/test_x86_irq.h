// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A board for the tests of the x86 wiring: CPUs that record what is reported to them.
#ifndef TEST_X86_IRQ_H
#define TEST_X86_IRQ_H

#include <criterion/criterion.h>

#include "base/clock.h"
#include "irqchip/x86/x86_irq.h"

#define BOARD_CPUS 300

struct board {
    struct x86_irq irq;
    uint32_t pending[BOARD_CPUS];
    uint64_t deadline[BOARD_CPUS];
    uint64_t hub_deadline;
    uint64_t page[BOARD_CPUS];
    unsigned signals, deadlines;
    unsigned resampled;
    uint32_t resampled_chip, resampled_pin;
    bool lower_on_resample; // the level source goes away when asked
    struct trace trace;
    struct intact_trace_observer observer;
    unsigned drops;
    uint64_t drop_reason;
    uint64_t now;
};

static inline void board_signal(void *owner, uint32_t vcpu, uint32_t pending)
{
    struct board *board = owner;
    cr_assert_neq(board->pending[vcpu], pending, "reported without a change");
    board->pending[vcpu] = pending;
    board->signals++;
}

static inline void board_deadline(void *owner, uint32_t vcpu, uint64_t when)
{
    struct board *board = owner;
    *(vcpu == X86_IRQ_HUB ? &board->hub_deadline : &board->deadline[vcpu]) = when;
    board->deadlines++;
}

static inline void board_resample(void *owner, uint32_t chip, uint32_t pin)
{
    struct board *board = owner;
    board->resampled++;
    board->resampled_chip = chip;
    board->resampled_pin = pin;
    if (board->lower_on_resample)
        x86_irq_set_pin(&board->irq, chip, pin, false);
}

static inline void board_page(void *owner, uint32_t vcpu, uint64_t page)
{
    ((struct board *)owner)->page[vcpu] = page;
}

static inline void board_tap(void *owner, const struct intact_trace_event *event)
{
    struct board *board = owner;
    board->drops++;
    board->drop_reason = event->a;
}

static const struct x86_irq_ioapic board_ioapics[] = { { 24, 0x20, 0 }, { 24, 0x11, 1 } };

static inline void board_make(struct board *board, struct x86_irq_config config)
{
    struct error error = { 0 };
    *board = (struct board){ .hub_deadline = CLOCK_NEVER, .now = 1000 };
    for (unsigned i = 0; i < BOARD_CPUS; i++)
        board->deadline[i] = CLOCK_NEVER;
    intact_trace_observer_init(&board->observer, BIT64(TRACE_DROP), board_tap, board);
    trace_add(&board->trace, &board->observer);
    config.signal = board_signal;
    config.deadline = board_deadline;
    config.resample = board_resample;
    config.page = board_page;
    config.owner = board;
    config.trace = &board->trace;
    cr_assert_eq(x86_irq_init(&board->irq, &config, &error), 0, "%s", error.text);
}

// CPUs that have everything.
static inline void board_config(struct board *board, struct x86_irq_config config)
{
    config.x2apic = config.tsc_deadline = true;
    board_make(board, config);
}

// A PC: 8259A pair with INT at LINT0 and at pin 0 of the first of two IOAPICs; no APIC is enabled by software.
static inline void board_pc(struct board *board, uint32_t cpus)
{
    board_config(board,
                 (struct x86_irq_config){ .cpus = cpus, .pic = true, .ioapic_count = 2, .ioapics = board_ioapics });
}

static inline void put(struct board *b, uint32_t vcpu, uint32_t offset, uint32_t value)
{
    enum port_result result =
        x86_irq_cpu_write(&b->irq, vcpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + offset, 4, value, b->now);
    cr_assert_eq(result, PORT_DONE);
}

static inline uint32_t get(struct board *b, uint32_t vcpu, uint32_t offset)
{
    uint64_t value;
    enum port_result result =
        x86_irq_cpu_read(&b->irq, vcpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + offset, 4, &value, b->now);
    cr_assert_eq(result, PORT_DONE);
    return (uint32_t)value;
}

static inline void put_msr(struct board *b, uint32_t vcpu, uint32_t msr, uint64_t value)
{
    cr_assert_eq(x86_irq_cpu_write(&b->irq, vcpu, PORT_REGISTER, msr, 8, value, b->now), PORT_DONE);
}

static inline int take(struct board *b, uint32_t vcpu)
{
    return x86_irq_acknowledge(&b->irq, vcpu, PENDING_INTR, b->now);
}

static inline void eoi(struct board *b, uint32_t vcpu)
{
    put(b, vcpu, LAPIC_EOI, 0);
}

// All APICs enabled, xAPIC mode, physical id = index.
static inline void board_enable(struct board *b)
{
    for (uint32_t i = 0; i < b->irq.config.cpus; i++)
        put(b, i, LAPIC_SVR, 0x1ff);
}

static inline void enter_x2apic(struct board *b, uint32_t vcpu)
{
    put_msr(b, vcpu, LAPIC_MSR_BASE, b->irq.cpus[vcpu].lapic.base | LAPIC_BASE_X2APIC);
}

// A redirection entry, high half first.
static inline void route(struct board *b, uint32_t ioapic, unsigned pin, uint64_t entry)
{
    x86_irq_ioapic_write(&b->irq, ioapic, 0x00, 4, 0x11 + 2 * pin, b->now);
    x86_irq_ioapic_write(&b->irq, ioapic, 0x10, 4, entry >> 32, b->now);
    x86_irq_ioapic_write(&b->irq, ioapic, 0x00, 4, 0x10 + 2 * pin, b->now);
    x86_irq_ioapic_write(&b->irq, ioapic, 0x10, 4, (uint32_t)entry, b->now);
}

#define ENTRY_LEVEL    (1u << 15)
#define ENTRY_MASKED   (1u << 16)
#define ENTRY_DEST(id) ((uint64_t)(id) << 56)

// The 8259A pair as a PC's firmware sets it up: vectors 20h and 28h, all unmasked.
static inline void pic_setup(struct board *b)
{
    static const struct {
        uint16_t port;
        uint8_t value;
    } writes[] = { { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 0x04 }, { 0x21, 0x01 }, { 0x21, 0x00 },
                   { 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 0x02 }, { 0xa1, 0x01 }, { 0xa1, 0x00 } };
    for (unsigned i = 0; i < countof(writes); i++)
        x86_irq_port_write(&b->irq, writes[i].port, writes[i].value);
}

// Settling again must change nothing.
static inline void settled(struct board *b)
{
    unsigned signals = b->signals, deadlines = b->deadlines;
    x86_irq_settle(&b->irq);
    x86_irq_settle(&b->irq);
    cr_assert_eq(b->signals, signals);
    cr_assert_eq(b->deadlines, deadlines);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A local APIC on the bench: one-line register accesses for its tests.
#ifndef TEST_LAPIC_H
#define TEST_LAPIC_H

#include <criterion/criterion.h>

#include "base/clock.h"
#include "irqchip/x86/lapic.h"

struct bench {
    struct lapic lapic;
    struct lapic_effect effect; // of the last access
    enum port_result result;
    uint64_t now;
};

static inline void put(struct bench *b, uint32_t offset, uint32_t value)
{
    b->result = lapic_write(&b->lapic, offset, 4, value, b->now, &b->effect);
}

static inline uint32_t get(struct bench *b, uint32_t offset)
{
    uint64_t value;
    b->result = lapic_read(&b->lapic, offset, 4, &value, b->now, &b->effect);
    return (uint32_t)value;
}

static inline enum port_result put_msr(struct bench *b, uint32_t msr, uint64_t value)
{
    return b->result = lapic_write_msr(&b->lapic, msr, value, b->now, &b->effect);
}

static inline uint64_t get_msr(struct bench *b, uint32_t msr)
{
    uint64_t value;
    b->result = lapic_read_msr(&b->lapic, msr, &value, b->now, &b->effect);
    return value;
}

static inline uint32_t msr_of(uint32_t offset)
{
    return LAPIC_MSR_FIRST + offset / 16;
}

// With everything that there is, and a timer of 1 GHz.
static inline struct lapic_config bench_config(uint32_t id)
{
    return (struct lapic_config){
        .apic_id = id, .address_bits = 40, .timer_hz = 1000000000, .x2apic = true, .tsc_deadline = true
    };
}

// As reset leaves it: xAPIC mode, software disabled.
static inline struct bench bench_reset(uint32_t id, bool bsp)
{
    struct bench b = { .now = 1000 };
    struct lapic_config config = bench_config(id);
    lapic_init(&b.lapic, &config, bsp);
    return b;
}

// Software enabled, spurious vector FFh.
static inline struct bench bench_enabled(void)
{
    struct bench b = bench_reset(0, true);
    put(&b, LAPIC_SVR, 0x1ff);
    return b;
}

static inline struct bench bench_x2apic(uint32_t id)
{
    struct bench b = bench_reset(id, true);
    put_msr(&b, LAPIC_MSR_BASE, b.lapic.base | LAPIC_BASE_X2APIC);
    put_msr(&b, msr_of(LAPIC_SVR), 0x1ff);
    return b;
}

static inline bool bench_accept(struct bench *b, unsigned delivery, unsigned vector)
{
    struct x86_message message = { .vector = (uint8_t)vector, .delivery = (uint8_t)delivery, .assert_level = true };
    return lapic_accept(&b->lapic, &message);
}

// A bit of IRR, ISR or TMR as software reads it.
static inline bool bench_bit(struct bench *b, uint32_t offset, unsigned vector)
{
    return get(b, offset + vector / 32 * 16) >> (vector % 32) & 1;
}

#endif

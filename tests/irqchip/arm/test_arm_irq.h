// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An Arm interrupt controller on the bench: one-line register accesses, lines and pending words for its tests.
#ifndef TEST_ARM_IRQ_H
#define TEST_ARM_IRQ_H

#include <criterion/criterion.h>
#include <string.h>

#include "irqchip/arm/arm_irq.h"

#define RIG_CPUS   40
#define RIG_MEMORY 0x400000u
#define RIG_BASE   UINT64_C(0x40000000)

struct rig {
    struct arm_irq irq;
    struct arm_irq_frame frame[ARM_IRQ_WINDOWS];
    uint32_t current;
    uint32_t pending[RIG_CPUS];
    unsigned signals;
    unsigned resamples;
    uint32_t resampled; // pin
    bool line_after;    // level that the resampled pin is given
    bool relines;
    uint64_t deadline;
    uint8_t *memory;
};

static inline void rig_signal(void *owner, uint32_t vcpu, uint32_t pending)
{
    struct rig *rig = owner;
    cr_assert_neq(rig->pending[vcpu], pending, "told though nothing changed");
    rig->pending[vcpu] = pending;
    rig->signals++;
}

static inline void rig_deadline(void *owner, uint64_t when)
{
    ((struct rig *)owner)->deadline = when;
}

static inline uint32_t rig_current(void *owner)
{
    return ((struct rig *)owner)->current;
}

static inline void rig_resample(void *owner, uint32_t chip, uint32_t pin)
{
    struct rig *rig = owner;
    rig->resamples++;
    rig->resampled = pin;
    if (rig->relines)
        arm_irq_set_pin(&rig->irq, chip, pin, rig->line_after);
}

// Made when it is first used: most tests never do, and a calloc may clear all of it.
static inline uint8_t *rig_memory(struct rig *rig)
{
    if (!rig->memory)
        rig->memory = calloc(1, RIG_MEMORY);
    return rig->memory;
}

static inline bool rig_memory_read(void *owner, uint64_t address, void *data, size_t size)
{
    struct rig *rig = owner;
    if (address < RIG_BASE || address - RIG_BASE > RIG_MEMORY - size)
        return false;
    memcpy(data, rig_memory(rig) + (address - RIG_BASE), size);
    return true;
}

static inline bool rig_memory_write(void *owner, uint64_t address, const void *data, size_t size)
{
    struct rig *rig = owner;
    if (address < RIG_BASE || address - RIG_BASE > RIG_MEMORY - size)
        return false;
    memcpy(rig_memory(rig) + (address - RIG_BASE), data, size);
    return true;
}

static inline struct rig *rig_new(struct arm_irq_config config)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct error error;
    rig->deadline = CLOCK_NEVER;
    config.signal = rig_signal;
    config.deadline = rig_deadline;
    config.current = rig_current;
    config.resample = rig_resample;
    config.memory = (struct gic_memory){ rig_memory_read, rig_memory_write, rig };
    config.owner = rig;
    cr_assert_eq(arm_irq_init(&rig->irq, &config, &error), 0);
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i] = (struct arm_irq_frame){ &rig->irq, (enum arm_irq_window)i, false };
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    arm_irq_free(&rig->irq);
    free(rig->memory);
    free(rig);
}

static inline void rig_put(struct rig *rig, enum arm_irq_window window, uint64_t offset, uint32_t value)
{
    arm_irq_write(&rig->frame[window], offset, 4, value, 0);
}

static inline uint32_t rig_get(struct rig *rig, enum arm_irq_window window, uint64_t offset)
{
    return (uint32_t)arm_irq_read(&rig->frame[window], offset, 4, 0);
}

#define gicd_put(rig, offset, value)      rig_put(rig, ARM_IRQ_WINDOW_GICD, offset, value)
#define gicd_get(rig, offset)             rig_get(rig, ARM_IRQ_WINDOW_GICD, offset)
#define gicr_put(rig, cpu, offset, value) rig_put(rig, ARM_IRQ_WINDOW_GICR, (cpu)*GICR_FRAME + (offset), value)
#define gicr_get(rig, cpu, offset)        rig_get(rig, ARM_IRQ_WINDOW_GICR, (cpu)*GICR_FRAME + (offset))
#define SGI(offset)                       (0x10000u + (offset))

static inline uint64_t icc_get(struct rig *rig, uint32_t cpu, uint64_t encoding)
{
    uint64_t value;
    cr_assert_eq(arm_irq_cpu_read(&rig->irq, cpu, PORT_REGISTER, encoding, 8, &value, 0), PORT_DONE);
    return value;
}

static inline void icc_put(struct rig *rig, uint32_t cpu, uint64_t encoding, uint64_t value)
{
    cr_assert_eq(arm_irq_cpu_write(&rig->irq, cpu, PORT_REGISTER, encoding, 8, value, 0), PORT_DONE);
}

// The distributor on, all SPIs in Group 1 and enabled with priority 80h, all CPUs awake with Group 1 enabled: what Linux
// does, in one call. One Security state.
static inline struct rig *rig_v3_config(struct arm_irq_config config)
{
    config.version = 3;
    struct rig *rig = rig_new(config);
    gicd_put(rig, 0x0, 0x13);
    for (unsigned n = 1; n <= rig->irq.gicd.spi.blocks; n++) {
        gicd_put(rig, 0x80 + 4 * n, UINT32_MAX);
        gicd_put(rig, 0x100 + 4 * n, UINT32_MAX);
        for (unsigned i = 0; i < 8 && n * 32 + i * 4 < 1020; i++)
            gicd_put(rig, 0x400 + n * 32 + 4 * i, 0x80808080);
    }
    for (uint32_t cpu = 0; cpu < config.cpus; cpu++) {
        gicr_put(rig, cpu, 0x14, 0);
        gicr_put(rig, cpu, SGI(0x80), UINT32_MAX);
        gicr_put(rig, cpu, SGI(0x100), UINT32_MAX);
        for (unsigned i = 0; i < 8; i++)
            gicr_put(rig, cpu, SGI(0x400 + 4 * i), 0x80808080);
        icc_put(rig, cpu, ICC_PMR_EL1, 0xff);
        icc_put(rig, cpu, ICC_IGRPEN1_EL1, 1);
    }
    return rig;
}

static inline struct rig *rig_v3(uint32_t cpus)
{
    return rig_v3_config((struct arm_irq_config){ .cpus = cpus, .spis = 96 });
}

// Acknowledges an interrupt of Group 1 and ends it.
static inline uint32_t rig_take(struct rig *rig, uint32_t cpu)
{
    uint32_t intid = (uint32_t)icc_get(rig, cpu, ICC_IAR1_EL1);
    icc_put(rig, cpu, ICC_EOIR1_EL1, intid);
    return intid;
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A GICv2 on the bench, set up as Linux does it.
#ifndef TEST_GICV2_H
#define TEST_GICV2_H

#include "test_arm_irq.h"

#define gicc_put(rig, offset, value) rig_put(rig, ARM_IRQ_WINDOW_GICC, offset, value)
#define gicc_get(rig, offset)        rig_get(rig, ARM_IRQ_WINDOW_GICC, offset)

static inline void put8(struct rig *rig, uint64_t offset, uint8_t value)
{
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], offset, 1, value, 0);
}

static inline uint8_t get8(struct rig *rig, uint64_t offset)
{
    return (uint8_t)arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICD], offset, 1, 0);
}

static inline void set_secure(struct rig *rig, bool secure)
{
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = secure;
}

// Everything on, SPIs and PPIs enabled at priority 80h, SPIs to CPU 0, as Linux does it: Group 0 for all. Secure frames
// where there are two states.
static inline struct rig *rig_v2_config(struct arm_irq_config config)
{
    config.version = 2;
    struct rig *rig = rig_new(config);
    set_secure(rig, true);
    gicd_put(rig, 0, 3);
    for (unsigned n = 1; n <= rig->irq.gicd.spi.blocks; n++) {
        gicd_put(rig, 0x100 + 4 * n, UINT32_MAX);
        for (unsigned i = 0; i < 8; i++) {
            gicd_put(rig, 0x400 + n * 32 + 4 * i, 0x80808080);
            gicd_put(rig, 0x800 + n * 32 + 4 * i, 0x01010101);
        }
    }
    for (rig->current = 0; rig->current < config.cpus; rig->current++) {
        gicd_put(rig, 0x100, UINT32_MAX);
        for (unsigned i = 0; i < 8; i++)
            gicd_put(rig, 0x400 + 4 * i, 0x80808080);
        gicc_put(rig, GICC_PMR, 0xff);
        gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0 | GICC_CTLR_GROUP1);
    }
    rig->current = 0;
    return rig;
}

static inline struct rig *rig_v2(uint32_t cpus)
{
    return rig_v2_config((struct arm_irq_config){ .cpus = cpus, .spis = 96 });
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An Arm interrupt controller with LPIs on the bench: tables in its memory.
#ifndef TEST_LPI_H
#define TEST_LPI_H

#include "test_arm_irq.h"

#define LPI_PROPERTIES (RIG_BASE + 0x10000)
#define LPI_PENDING    (RIG_BASE + 0x40000) // 64 KiB for each CPU

static inline uint8_t *lpi_property(struct rig *rig, uint32_t intid)
{
    return rig_memory(rig) + (LPI_PROPERTIES - RIG_BASE) + intid - 8192;
}

static inline uint8_t *lpi_pending_bytes(struct rig *rig, uint32_t cpu)
{
    return rig_memory(rig) + (LPI_PENDING - RIG_BASE) + cpu * 0x10000;
}

static inline void gicr_put64(struct rig *rig, uint32_t cpu, uint64_t offset, uint64_t value)
{
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICR], cpu * GICR_FRAME + offset, 8, value, 0);
}

static inline uint64_t gicr_get64(struct rig *rig, uint32_t cpu, uint64_t offset)
{
    return arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICR], cpu * GICR_FRAME + offset, 8, 0);
}

// LPIs on with 16 INTID bits; all are enabled with priority A0h in the table.
static inline struct rig *rig_lpi(uint32_t cpus, bool its)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){
        .cpus = cpus,
        .spis = 32,
        .lpi_bits = 16,
        .its = its,
        .windows = { MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW, 0x8080000 },
    });
    memset(lpi_property(rig, 8192), 0xa1, 65536 - 8192);
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        gicr_put64(rig, cpu, 0x70, LPI_PROPERTIES | 15);
        gicr_put64(rig, cpu, 0x78, LPI_PENDING + cpu * 0x10000);
        gicr_put(rig, cpu, 0, GICR_CTLR_ENABLE_LPIS);
    }
    return rig;
}

#endif

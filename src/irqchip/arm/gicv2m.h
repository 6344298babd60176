// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv2m: a frame in which devices write the INTID of an edge-triggered SPI.
//
// Spec: Arm SBSA, appendix "GICv2m Architecture".
//
//     008h  MSI_TYPER      first SPI and how many
//     040h  MSI_SETSPI_NS  --> one edge on that SPI
//     FCCh  MSI_IIDR
//
// Path: msi/msi_arm.c / gicd.c
#ifndef IRQCHIP_ARM_GICV2M_H
#define IRQCHIP_ARM_GICV2M_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/arm/gic.h"
#include "irqchip/arm/gic_access.h"

struct gicv2m {
    uint32_t first, count; // configuration: INTIDs
    uint32_t mistakes[GIC_MISTAKES];
};

void gicv2m_init(struct gicv2m *gicv2m, uint32_t first, uint32_t count);

// Does `intid` belong to the frame? For messages; if not, it is counted.
bool gicv2m_message(struct gicv2m *gicv2m, uint32_t intid);

// The frame, 4 KiB. A message is returned as GIC_RAISES.
uint64_t gicv2m_read(struct gicv2m *gicv2m, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect);
void gicv2m_write(struct gicv2m *gicv2m, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                  struct gic_effect *effect);

extern const struct gic_register gicv2m_registers[];
extern const unsigned gicv2m_register_count;

// Tells its registers (gicv2m_fields.c).
void gicv2m_tell(const struct gicv2m *gicv2m, const struct register_sink *sink);

void gicv2m_visit(struct gicv2m *gicv2m, struct visit *v);

#endif

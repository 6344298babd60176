// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of a memory-mapped Arm chip as data (<intact/chips.h>), by the rows of its table.
//
// A register that has something for each interrupt is told in words of 32 bits, also where its row has bytes, and only as far as
// there are interrupts. Of a pair that sets and clears the same bits, the one that sets is told.
#ifndef IRQCHIP_ARM_GIC_FIELDS_H
#define IRQCHIP_ARM_GIC_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/chip_register.h"
#include "irqchip/arm/gic_access.h"

struct gic_look {
    const struct register_sink *sink;
    const struct gic_register *rows;
    unsigned row_count;
    const struct register_form *forms;
    unsigned form_count;
    // Reads `size` bytes at `offset`, as Secure software does, without an effect.
    uint64_t (*read)(void *chip, uint64_t offset, unsigned size);
    void *chip;
    // The interrupts that there are: INTIDs below 32 (SGIs and PPIs) that are not another chip's, SPIs, extended PPIs or SPIs.
    uint32_t private_count, spi_count, extended_count;
};

void gic_tell(const struct gic_look *look);

// Forms that several chips need.
extern const struct intact_register_field gic_iidr_fields[4];
extern const struct intact_register_field gic_statusr_fields[4];

#endif

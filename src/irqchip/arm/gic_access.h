// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register access for the memory-mapped Arm chips: each has one sorted table of rows, which these functions use.
//
// The registers that have a bit, two bits or a byte for each interrupt are the same in GICD of both versions and in
// GICR, and for standard and extended INTIDs; their meaning is implemented once (gic_access.c), and a row has the field
// and the space of its interrupts.
//
// Spec: IHI 0069, the GICD and GICR registers, 4.6 (two Security states); IHI 0048B 4.3. Non-secure accesses are
// described with each register.
#ifndef IRQCHIP_ARM_GIC_ACCESS_H
#define IRQCHIP_ARM_GIC_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reg.h"
#include "irqchip/arm/gic.h"

enum gic_field {
    GIC_NO_FIELD, // use use the row's functions, or its member of the chip
    GIC_GROUP,
    GIC_MODIFIER,
    GIC_NMI,
    GIC_SET_ENABLE,
    GIC_CLEAR_ENABLE,
    GIC_SET_PENDING,
    GIC_CLEAR_PENDING,
    GIC_SET_ACTIVE,
    GIC_CLEAR_ACTIVE,
    GIC_PRIORITY,
    GIC_CONFIG,
    GIC_NSACR,
};

enum gic_space {
    GIC_STANDARD, // of a distributor: index 0 is the CPU's own bank (GICv2) or nothing (GICv3), then SPIs
    GIC_EXTENDED, // of a distributor: extended SPIs
    GIC_PRIVATE,  // of a redistributor: SGIs and PPIs, then extended PPIs
};

enum { GIC_READ = 1, GIC_WRITE = 2, GIC_SECURE_ONLY = 4, GIC_RW = GIC_READ | GIC_WRITE };

struct gic_register {
    struct reg reg;
    uint8_t access; // GIC_READ, GIC_WRITE, GIC_SECURE_ONLY: RAZ/WI to Non-secure accesses
    uint8_t field;  // enum gic_field
    uint8_t space;  // enum gic_space
};

// The context of the rows' functions; `chip` has the rows' members.
struct gic_access {
    void *chip; // struct gicd, gicr, gicc, its
    struct gic_shared *shared;
    struct gic_bank *bank;
    uint32_t *mistakes; // of the chip
    uint32_t *statusr;  // NULL: none
    struct gic_effect *effect;
    uint32_t cpu;    // GICv2: the CPU that accesses
    bool two_states; // DS is 0
    bool ns;         // a Non-secure access, with two states
    bool v2;
    bool nmi; // FEAT_GICv3_NMI
};

// STATUSR bits.
enum { GIC_STATUS_RRD = 1, GIC_STATUS_WRD = 2, GIC_STATUS_RWOD = 4, GIC_STATUS_WROD = 8 };

// One access of `size` 1, 2, 4 or 8 bytes. A register that does not exist reads as 0, ignores writes, and the access is
// counted.
uint64_t gic_access_read(struct gic_access *access, const struct gic_register *rows, unsigned count, uint64_t offset,
                         unsigned size, uint64_t now);
void gic_access_write(struct gic_access *access, const struct gic_register *rows, unsigned count, uint64_t offset,
                      unsigned size, uint64_t value, uint64_t now);
void gic_access_mistake(struct gic_access *access, enum gic_mistake mistake);

// Interrupts of a block that the access may see, for reading or writing `field`.
uint32_t gic_access_visible(const struct gic_access *access, const struct gic_block *block, enum gic_field field,
                            bool write);

// The bits of `block` at least at `level` of NSACR.
uint32_t gic_block_nsacr(const struct gic_block *block, unsigned level);

#endif

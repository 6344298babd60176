// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a CPU says that it is: the names of -cpu and their ID registers. What is not advertised here is undefined elsewhere.
#ifndef VCPU_AARCH64_SYSTEM_MODEL_H
#define VCPU_AARCH64_SYSTEM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"

#define A64_ZVA_BYTES           64 // DC ZVA, DCZID_EL0
#define A64_COUNTER_HZ          62500000
#define A64_COUNTER_NS          16 // of a tick
#define A64_BREAKPOINTS         6
#define A64_WATCHPOINTS         4
#define A64_CONTEXT_BREAKPOINTS 2 // the last ones can compare CONTEXTIDR_EL1

struct a64_model {
    const char *name;
    uint64_t midr;
    uint64_t pfr0, pfr1, dfr0, isar0, mmfr0; // ID_AA64xxx_EL1; the field GIC of PFR0 is the machine's
    uint64_t ctr, clidr;
    uint64_t ccsidr[3]; // L1 data, L1 instruction, L2
};

extern const struct a64_model a64_models[];
extern const size_t a64_model_count;

// By name, or NULL. a64_models[0] is the default.
const struct a64_model *a64_model_find(const char *name);

// The atomic instructions of Armv8.1.
static inline bool a64_has_lse(const struct a64_model *model)
{
    return bits_get(model->isar0, 23, 20) != 0;
}

// Translation granules of 16 KiB.
static inline bool a64_has_16k(const struct a64_model *model)
{
    return bits_get(model->mmfr0, 23, 20) != 0;
}

// Non-maskable interrupts (FEAT_NMI), where the machine's GICv3 has them too.
static inline bool a64_has_nmi(const struct a64_model *model)
{
    return bits_get(model->pfr1, 39, 36) != 0;
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The CPUs that -cpu can name. The Cortex ones have the identity of the real cores and what we model of them: no AArch32, EL2 or
// EL3, no cryptography, no performance counters.
#include "vcpu/aarch64/system/model.h"

#include <string.h>

#define PFR0_ELS  UINT64_C(0x11)               // EL0 and EL1 in AArch64 alone; FP and SIMD
#define PFR0_SAFE UINT64_C(0x1100000000000000) // CSV2, CSV3: nothing is speculated
#define PFR1_NMI  (UINT64_C(1) << 36)
// Armv8 debug, no PMU
#define DFR0_DEBUG                                                                                                     \
    (UINT64_C(6) | (A64_BREAKPOINTS - 1) << 12 | (A64_WATCHPOINTS - 1) << 20 | (A64_CONTEXT_BREAKPOINTS - 1) << 28)
#define ISAR0_CRC  (UINT64_C(1) << 16)
#define ISAR0_LSE  (UINT64_C(2) << 20)
#define MMFR0_BASE UINT64_C(0x24) // 44 bits of physical address, 16 of ASID; granules of 4 and 64 KiB
#define MMFR0_16K  (UINT64_C(1) << 20)
#define CTR_A57    UINT64_C(0x8444c004)
#define CTR_DIC    (UINT64_C(3) << 28) // no maintenance is needed for code

#define CORTEX(NAME, MIDR)                                                                                             \
    {                                                                                                                  \
        .name = NAME, .midr = MIDR, .pfr0 = PFR0_ELS, .dfr0 = DFR0_DEBUG, .isar0 = ISAR0_CRC, .mmfr0 = MMFR0_BASE,     \
        .ctr = CTR_A57, .clidr = 0x0a200023, .ccsidr = {                                                               \
            0x701fe00a,                                                                                                \
            0x201fe012,                                                                                                \
            0x70ffe07a                                                                                                 \
        }                                                                                                              \
    }

// CTR_EL0 is that of the A57 there, too. L2 by the argument.
#define ARMV8_2(NAME, MIDR, L2)                                                                                        \
    {                                                                                                                  \
        .name = NAME, .midr = MIDR, .pfr0 = PFR0_ELS, .dfr0 = DFR0_DEBUG, .isar0 = ISAR0_CRC | ISAR0_LSE,              \
        .mmfr0 = MMFR0_BASE | MMFR0_16K, .ctr = CTR_A57, .clidr = 0x02000023, .ccsidr = {                              \
            0x701fe01a,                                                                                                \
            0x201fe01a,                                                                                                \
            L2                                                                                                         \
        }                                                                                                              \
    }

const struct a64_model a64_models[] = {
    CORTEX("cortex-a57", 0x411fd070),
    CORTEX("cortex-a53", 0x410fd034),
    CORTEX("cortex-a72", 0x410fd083),
    ARMV8_2("cortex-a76", 0x414fd0b1, 0x707fe03a),
    ARMV8_2("neoverse-n1", 0x414fd0c1, 0x70ffe03a),
    { .name = "max",
      .midr = 0x000f0510,
      .pfr0 = PFR0_ELS | PFR0_SAFE,
      .pfr1 = PFR1_NMI,
      .dfr0 = DFR0_DEBUG,
      .isar0 = ISAR0_CRC | ISAR0_LSE,
      .mmfr0 = MMFR0_BASE | MMFR0_16K,
      .ctr = CTR_A57 | CTR_DIC,
      .clidr = 0x0a200023,
      .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a } },
};
const size_t a64_model_count = countof(a64_models);

const struct a64_model *a64_model_find(const char *name)
{
    for (size_t i = 0; i < a64_model_count; i++)
        if (strcmp(a64_models[i].name, name) == 0)
            return &a64_models[i];
    return NULL;
}

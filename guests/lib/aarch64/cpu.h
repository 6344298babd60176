// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The instructions that C has no word for.
#ifndef GUEST_AARCH64_CPU_H
#define GUEST_AARCH64_CPU_H

#include "lib/access.h"

#define read_register(name)                                                                                            \
    ({                                                                                                                 \
        uint64_t value_;                                                                                               \
        __asm__ volatile("mrs %0, " #name : "=r"(value_) : : "memory");                                                \
        value_;                                                                                                        \
    })

#define write_register(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

INLINE void barrier(void)
{
    __asm__ volatile("dsb sy; isb" : : : "memory");
}

INLINE void interrupts_off(void)
{
    __asm__ volatile("msr daifset, #3" : : : "memory");
}

INLINE void interrupts_on(void)
{
    __asm__ volatile("msr daifclr, #3" : : : "memory");
}

INLINE void relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

// Waits for one interrupt: WFI ends by a pending one although it is masked, so none can slip in before.
INLINE void interrupts_wait(void)
{
    __asm__ volatile("wfi; msr daifclr, #3; isb; msr daifset, #3" : : : "memory");
}

// Takes what is pending: an interrupt arrives at the ISB at the latest.
INLINE void interrupts_take(void)
{
    __asm__ volatile("dsb sy; msr daifclr, #3; isb; msr daifset, #3" : : : "memory");
}

// PSCI (DEN 0022) through HVC, which is what this machine's device tree says.
enum {
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0xc4000003,
    PSCI_AFFINITY_INFO = 0xc4000004,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_FEATURES = 0x8400000a,
};

INLINE int64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return (int64_t)x0;
}

// Aff3.Aff2.Aff1.Aff0 as in MPIDR_EL1.
#define AFFINITY UINT64_C(0xff00ffffff)

#endif

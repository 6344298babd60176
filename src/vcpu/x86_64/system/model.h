// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The identification of CPU models: the names of -cpu and their CPUID words. A feature that is not advertised here is
// #UD, #GP or a reserved bit elsewhere, so this table is also used for CR4, EFER and the page walk.
#ifndef VCPU_X86_64_MODEL_H
#define VCPU_X86_64_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"

#define X86_PHYSICAL_BITS  40
#define X86_PHYSICAL_MASK  (BIT64(X86_PHYSICAL_BITS) - 1)
#define X86_VARIABLE_MTRRS 8

enum x86_vendor { X86_INTEL, X86_AMD }; // decides SYSCALL, SYSRET and SYSENTER outside 64-bit mode, and null selectors

// CPUID.01H:ECX
#define X86_1C_SSE3         BIT32(0)
#define X86_1C_MONITOR      BIT32(3)
#define X86_1C_SSSE3        BIT32(9)
#define X86_1C_CX16         BIT32(13)
#define X86_1C_PCID         BIT32(17)
#define X86_1C_SSE41        BIT32(19)
#define X86_1C_SSE42        BIT32(20)
#define X86_1C_X2APIC       BIT32(21)
#define X86_1C_MOVBE        BIT32(22)
#define X86_1C_POPCNT       BIT32(23)
#define X86_1C_TSC_DEADLINE BIT32(24)
#define X86_1C_HYPERVISOR   BIT32(31)
// CPUID.01H:EDX
#define X86_1D_FPU     BIT32(0)
#define X86_1D_VME     BIT32(1)
#define X86_1D_DE      BIT32(2)
#define X86_1D_PSE     BIT32(3)
#define X86_1D_TSC     BIT32(4)
#define X86_1D_MSR     BIT32(5)
#define X86_1D_PAE     BIT32(6)
#define X86_1D_MCE     BIT32(7)
#define X86_1D_CX8     BIT32(8)
#define X86_1D_APIC    BIT32(9)
#define X86_1D_SEP     BIT32(11)
#define X86_1D_MTRR    BIT32(12)
#define X86_1D_PGE     BIT32(13)
#define X86_1D_MCA     BIT32(14)
#define X86_1D_CMOV    BIT32(15)
#define X86_1D_PAT     BIT32(16)
#define X86_1D_PSE36   BIT32(17)
#define X86_1D_CLFLUSH BIT32(19)
#define X86_1D_MMX     BIT32(23)
#define X86_1D_FXSR    BIT32(24)
#define X86_1D_SSE     BIT32(25)
#define X86_1D_SSE2    BIT32(26)
#define X86_1D_HTT     BIT32(28)
// CPUID.07H:EBX
#define X86_7B_FSGSBASE   BIT32(0)
#define X86_7B_TSC_ADJUST BIT32(1)
#define X86_7B_SMEP       BIT32(7)
#define X86_7B_INVPCID    BIT32(10)
#define X86_7B_SMAP       BIT32(20)
// CPUID.07H:ECX
#define X86_7C_UMIP BIT32(2)
// CPUID.80000001H:ECX
#define X86_XC_LAHF       BIT32(0)
#define X86_XC_CMP_LEGACY BIT32(1)
// CPUID.80000001H:EDX
#define X86_XD_SYSCALL  BIT32(11)
#define X86_XD_NX       BIT32(20)
#define X86_XD_PDPE1GB  BIT32(26)
#define X86_XD_RDTSCP   BIT32(27)
#define X86_XD_LM       BIT32(29)
#define X86_XD_REPEATED UINT32_C(0x0183f3ff) // AMD: bits of leaf 1 again

struct x86_model {
    const char *name;
    const char *lacks; // what the processor of that name has, and ours does not: names with spaces; NULL: nothing
    enum x86_vendor vendor;
    uint32_t signature; // CPUID.01H:EAX, and DX after reset
    uint32_t leaf_1_ecx, leaf_1_edx;
    uint32_t leaf_7_ebx, leaf_7_ecx;
    uint32_t leaf_x1_ecx, leaf_x1_edx; // 80000001H
};

// The features that instructions, registers and bits depend on, for their tables.
enum x86_feature {
    X86_FEATURE_ALWAYS,
    X86_FEATURE_TSC,
    X86_FEATURE_CX8,
    X86_FEATURE_SEP,
    X86_FEATURE_MTRR,
    X86_FEATURE_MCA,
    X86_FEATURE_CMOV,
    X86_FEATURE_PAT,
    X86_FEATURE_PSE36,
    X86_FEATURE_CLFLUSH,
    X86_FEATURE_MMX,
    X86_FEATURE_FXSR,
    X86_FEATURE_SSE,
    X86_FEATURE_SSE2,
    X86_FEATURE_SSE3,
    X86_FEATURE_SSSE3,
    X86_FEATURE_CX16,
    X86_FEATURE_SSE41,
    X86_FEATURE_SSE42,
    X86_FEATURE_POPCNT,
    X86_FEATURE_TSC_ADJUST,
    X86_FEATURE_INVPCID,
    X86_FEATURE_LAHF_64, // LAHF and SAHF in 64-bit mode
    X86_FEATURE_SYSCALL,
    X86_FEATURE_RDTSCP,
    X86_FEATURE_LM,
    X86_FEATURE_EFER, // EFER exists: with SYSCALL, NX or LM
    X86_FEATURES
};

bool x86_has(const struct x86_model *model, enum x86_feature feature);

extern const struct x86_model x86_models[];
extern const size_t x86_model_count;

// By name, or NULL. x86_models[0] is the default.
const struct x86_model *x86_model_find(const char *name);

#endif

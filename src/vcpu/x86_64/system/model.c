// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The CPU models of -cpu, with their CPUID words. Those of QEMU's names have its signatures.
//
// The default model is "Intel, family 6, model 1Ch", the last in-order core with 64 bits. As in this interpreter
// nothing is executed speculatively, and kernels know that: they enable no mitigations, such as page-table isolation or
// retpolines.
#include "vcpu/x86_64/system/model.h"

#include <string.h>

#define LEAF_1_EDX                                                                                                     \
    (X86_1D_FPU | X86_1D_DE | X86_1D_PSE | X86_1D_TSC | X86_1D_MSR | X86_1D_PAE | X86_1D_MCE | X86_1D_CX8 |            \
     X86_1D_APIC | X86_1D_SEP | X86_1D_MTRR | X86_1D_PGE | X86_1D_MCA | X86_1D_CMOV | X86_1D_PAT | X86_1D_PSE36 |      \
     X86_1D_CLFLUSH | X86_1D_MMX | X86_1D_FXSR | X86_1D_SSE | X86_1D_SSE2)
#define LEAF_1_ECX  (X86_1C_SSE3 | X86_1C_CX16 | X86_1C_X2APIC | X86_1C_POPCNT | X86_1C_TSC_DEADLINE)
#define LEAF_X1_EDX (X86_XD_SYSCALL | X86_XD_NX | X86_XD_PDPE1GB | X86_XD_RDTSCP | X86_XD_LM)

// The named processors of QEMU: their identity, and of their features those that are modelled. All of them say that they are under a
// hypervisor, as there, so that kernels look for no machine-specific registers of the real ones.
#define ECX_CONROE  (X86_1C_HYPERVISOR | X86_1C_SSE3 | X86_1C_SSSE3)
#define ECX_PENRYN  (ECX_CONROE | X86_1C_CX16 | X86_1C_SSE41)
#define ECX_NEHALEM (ECX_PENRYN | X86_1C_SSE42 | X86_1C_POPCNT)
#define ECX_SANDY   (ECX_NEHALEM | X86_1C_X2APIC | X86_1C_TSC_DEADLINE)
#define ECX_HASWELL (ECX_SANDY | X86_1C_PCID)
#define B7_IVY      (X86_7B_FSGSBASE | X86_7B_SMEP)
#define B7_HASWELL  (B7_IVY | X86_7B_INVPCID)
#define XD_64       (X86_XD_SYSCALL | X86_XD_NX | X86_XD_LM)
#define AVX         "aes arat avx erms f16c pclmulqdq rdrand xsave xsaveopt "
#define HASWELL     "abm " AVX "avx2 bmi1 bmi2 fma hle movbe rtm"
#define BROADWELL   "3dnowprefetch adx rdseed " HASWELL

#define NAMED(NAME, SIGNATURE, ECX, B7, XC, XD, LACKS)                                                                 \
    {                                                                                                                  \
        .name = NAME, .lacks = LACKS, .vendor = X86_INTEL, .signature = SIGNATURE, .leaf_1_ecx = ECX,                  \
        .leaf_1_edx = LEAF_1_EDX, .leaf_7_ebx = B7, .leaf_x1_ecx = XC, .leaf_x1_edx = XD                               \
    }
#define NAMED_AMD(NAME, SIGNATURE, ECX, B7, XC, XD, LACKS)                                                             \
    {                                                                                                                  \
        .name = NAME, .lacks = LACKS, .vendor = X86_AMD, .signature = SIGNATURE, .leaf_1_ecx = ECX,                    \
        .leaf_1_edx = LEAF_1_EDX, .leaf_7_ebx = B7, .leaf_x1_ecx = XC,                                                 \
        .leaf_x1_edx = (XD) | (LEAF_1_EDX & X86_XD_REPEATED)                                                           \
    }

const struct x86_model x86_models[] = {
    {
        .name = "intact",
        .vendor = X86_INTEL,
        .signature = 0x000106ca,
        .leaf_1_ecx = LEAF_1_ECX | X86_1C_SSSE3 | X86_1C_PCID,
        .leaf_1_edx = LEAF_1_EDX,
        .leaf_7_ebx = X86_7B_FSGSBASE | X86_7B_TSC_ADJUST | X86_7B_SMEP | X86_7B_INVPCID,
        .leaf_x1_ecx = X86_XC_LAHF,
        .leaf_x1_edx = LEAF_X1_EDX,
    },
    {
        .name = "max", // all features, also those that cost speed
        .vendor = X86_INTEL,
        .signature = 0x000106ca,
        .leaf_1_ecx = LEAF_1_ECX | X86_1C_SSSE3 | X86_1C_PCID | X86_1C_SSE41 | X86_1C_SSE42,
        .leaf_1_edx = LEAF_1_EDX,
        .leaf_7_ebx = X86_7B_FSGSBASE | X86_7B_TSC_ADJUST | X86_7B_SMEP | X86_7B_INVPCID | X86_7B_SMAP,
        .leaf_x1_ecx = X86_XC_LAHF,
        .leaf_x1_edx = LEAF_X1_EDX,
    },
    {
        .name = "qemu64", // as in QEMU: an AMD family 15 under a hypervisor
        .vendor = X86_AMD,
        .signature = 0x00060fb1,
        .leaf_1_ecx = LEAF_1_ECX | X86_1C_HYPERVISOR,
        .leaf_1_edx = LEAF_1_EDX,
        .leaf_7_ebx = X86_7B_TSC_ADJUST,
        .leaf_x1_ecx = X86_XC_LAHF,
        .leaf_x1_edx = LEAF_X1_EDX | (LEAF_1_EDX & X86_XD_REPEATED),
    },
    {
        .name = "qemu32",
        .vendor = X86_INTEL,
        .signature = 0x00000663,
        .leaf_1_ecx = X86_1C_HYPERVISOR | X86_1C_SSE3,
        .leaf_1_edx = LEAF_1_EDX & ~(X86_1D_CLFLUSH | X86_1D_MCA | X86_1D_MTRR | X86_1D_PSE36),
    },
    NAMED("kvm32", 0x00000f61, X86_1C_HYPERVISOR | X86_1C_SSE3, 0, 0, 0, NULL),
    NAMED("kvm64", 0x00000f61, X86_1C_HYPERVISOR | X86_1C_SSE3 | X86_1C_CX16, 0, 0, XD_64, NULL),
    NAMED("Conroe", 0x000006f3, ECX_CONROE, 0, X86_XC_LAHF, XD_64, NULL),
    NAMED("Penryn", 0x00010673, ECX_PENRYN, 0, X86_XC_LAHF, XD_64, NULL),
    NAMED("Nehalem", 0x000106a3, ECX_NEHALEM, 0, X86_XC_LAHF, XD_64, NULL),
    NAMED("Westmere", 0x000206c1, ECX_NEHALEM, 0, X86_XC_LAHF, XD_64, "aes arat pclmulqdq"),
    NAMED("SandyBridge", 0x000206a1, ECX_SANDY, 0, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP,
          "aes arat avx pclmulqdq xsave xsaveopt"),
    NAMED("IvyBridge", 0x000306a9, ECX_SANDY, B7_IVY, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP, AVX),
    NAMED("Haswell", 0x000306c4, ECX_HASWELL, B7_HASWELL, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP, HASWELL),
    NAMED("Broadwell", 0x000306d2, ECX_HASWELL, B7_HASWELL | X86_7B_SMAP, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP,
          BROADWELL),
    NAMED("Skylake-Client", 0x000506e3, ECX_HASWELL, B7_HASWELL | X86_7B_SMAP, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP,
          BROADWELL " xgetbv1 xsavec"),
    NAMED_AMD("Opteron_G1", 0x00000f61, X86_1C_HYPERVISOR | X86_1C_SSE3, 0, 0, XD_64, NULL),
    NAMED_AMD("Opteron_G2", 0x00000f61, X86_1C_HYPERVISOR | X86_1C_SSE3 | X86_1C_CX16, 0, X86_XC_LAHF, XD_64, "svm"),
    NAMED_AMD("Opteron_G3", 0x00100f23, X86_1C_HYPERVISOR | X86_1C_SSE3 | X86_1C_CX16 | X86_1C_POPCNT, 0, X86_XC_LAHF,
              XD_64 | X86_XD_RDTSCP, "abm misalignsse monitor sse4a svm"),
    NAMED_AMD(
        "EPYC", 0x00800f12, ECX_NEHALEM, B7_IVY | X86_7B_SMAP, X86_XC_LAHF, XD_64 | X86_XD_RDTSCP | X86_XD_PDPE1GB,
        "3dnowprefetch abm adx aes arat avx avx2 bmi1 bmi2 clflushopt cr8legacy f16c fma fxsr-opt misalignsse mmxext "
        "monitor movbe npt nrip-save osvw pclmulqdq rdrand rdseed sha-ni sse4a svm topoext xgetbv1 xsave xsavec "
        "xsaveopt"),
};
const size_t x86_model_count = countof(x86_models);

bool x86_has(const struct x86_model *model, enum x86_feature feature)
{
#define WORD(name) offsetof(struct x86_model, name)
    static const struct {
        size_t word;   // 0: none
        uint32_t bits; // any of them
    } rows[X86_FEATURES] = {
        [X86_FEATURE_TSC] = { WORD(leaf_1_edx), X86_1D_TSC },
        [X86_FEATURE_CX8] = { WORD(leaf_1_edx), X86_1D_CX8 },
        [X86_FEATURE_SEP] = { WORD(leaf_1_edx), X86_1D_SEP },
        [X86_FEATURE_MTRR] = { WORD(leaf_1_edx), X86_1D_MTRR },
        [X86_FEATURE_MCA] = { WORD(leaf_1_edx), X86_1D_MCA },
        [X86_FEATURE_CMOV] = { WORD(leaf_1_edx), X86_1D_CMOV },
        [X86_FEATURE_PAT] = { WORD(leaf_1_edx), X86_1D_PAT },
        [X86_FEATURE_PSE36] = { WORD(leaf_1_edx), X86_1D_PSE36 },
        [X86_FEATURE_CLFLUSH] = { WORD(leaf_1_edx), X86_1D_CLFLUSH },
        [X86_FEATURE_MMX] = { WORD(leaf_1_edx), X86_1D_MMX },
        [X86_FEATURE_FXSR] = { WORD(leaf_1_edx), X86_1D_FXSR },
        [X86_FEATURE_SSE] = { WORD(leaf_1_edx), X86_1D_SSE },
        [X86_FEATURE_SSE2] = { WORD(leaf_1_edx), X86_1D_SSE2 },
        [X86_FEATURE_SSE3] = { WORD(leaf_1_ecx), X86_1C_SSE3 },
        [X86_FEATURE_SSSE3] = { WORD(leaf_1_ecx), X86_1C_SSSE3 },
        [X86_FEATURE_CX16] = { WORD(leaf_1_ecx), X86_1C_CX16 },
        [X86_FEATURE_SSE41] = { WORD(leaf_1_ecx), X86_1C_SSE41 },
        [X86_FEATURE_SSE42] = { WORD(leaf_1_ecx), X86_1C_SSE42 },
        [X86_FEATURE_POPCNT] = { WORD(leaf_1_ecx), X86_1C_POPCNT },
        [X86_FEATURE_TSC_ADJUST] = { WORD(leaf_7_ebx), X86_7B_TSC_ADJUST },
        [X86_FEATURE_INVPCID] = { WORD(leaf_7_ebx), X86_7B_INVPCID },
        [X86_FEATURE_LAHF_64] = { WORD(leaf_x1_ecx), X86_XC_LAHF },
        [X86_FEATURE_SYSCALL] = { WORD(leaf_x1_edx), X86_XD_SYSCALL },
        [X86_FEATURE_RDTSCP] = { WORD(leaf_x1_edx), X86_XD_RDTSCP },
        [X86_FEATURE_LM] = { WORD(leaf_x1_edx), X86_XD_LM },
        [X86_FEATURE_EFER] = { WORD(leaf_x1_edx), X86_XD_SYSCALL | X86_XD_NX | X86_XD_LM },
    };
#undef WORD
    if (!rows[feature].word)
        return true;
    return *(const uint32_t *)(const void *)((const char *)model + rows[feature].word) & rows[feature].bits;
}

const struct x86_model *x86_model_find(const char *name)
{
    for (size_t i = 0; i < x86_model_count; i++)
        if (strcmp(x86_models[i].name, name) == 0)
            return &x86_models[i];
    return NULL;
}

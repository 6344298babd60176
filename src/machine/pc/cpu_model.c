// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of processor features and their CPUID bits. Spec: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
#include "machine/pc/cpu_model.h"

#include <errno.h>
#include <string.h>

enum word { LEAF_1_ECX, LEAF_1_EDX, LEAF_7_EBX, LEAF_7_ECX, LEAF_X1_ECX, LEAF_X1_EDX };

static const struct feature {
    const char *name;
    enum word word;
    uint32_t bit;
} features[] = {
    { "pni", LEAF_1_ECX, X86_1C_SSE3 },
    { "monitor", LEAF_1_ECX, X86_1C_MONITOR },
    { "ssse3", LEAF_1_ECX, X86_1C_SSSE3 },
    { "cx16", LEAF_1_ECX, X86_1C_CX16 },
    { "pcid", LEAF_1_ECX, X86_1C_PCID },
    { "sse4.1", LEAF_1_ECX, X86_1C_SSE41 },
    { "sse4.2", LEAF_1_ECX, X86_1C_SSE42 },
    { "x2apic", LEAF_1_ECX, X86_1C_X2APIC },
    { "movbe", LEAF_1_ECX, X86_1C_MOVBE },
    { "popcnt", LEAF_1_ECX, X86_1C_POPCNT },
    { "tsc-deadline", LEAF_1_ECX, X86_1C_TSC_DEADLINE },
    { "hypervisor", LEAF_1_ECX, X86_1C_HYPERVISOR },
    { "vme", LEAF_1_EDX, X86_1D_VME },
    { "de", LEAF_1_EDX, X86_1D_DE },
    { "pse", LEAF_1_EDX, X86_1D_PSE },
    { "tsc", LEAF_1_EDX, X86_1D_TSC },
    { "pae", LEAF_1_EDX, X86_1D_PAE },
    { "mce", LEAF_1_EDX, X86_1D_MCE },
    { "cx8", LEAF_1_EDX, X86_1D_CX8 },
    { "sep", LEAF_1_EDX, X86_1D_SEP },
    { "mtrr", LEAF_1_EDX, X86_1D_MTRR },
    { "pge", LEAF_1_EDX, X86_1D_PGE },
    { "mca", LEAF_1_EDX, X86_1D_MCA },
    { "cmov", LEAF_1_EDX, X86_1D_CMOV },
    { "pat", LEAF_1_EDX, X86_1D_PAT },
    { "pse36", LEAF_1_EDX, X86_1D_PSE36 },
    { "clflush", LEAF_1_EDX, X86_1D_CLFLUSH },
    { "mmx", LEAF_1_EDX, X86_1D_MMX },
    { "fxsr", LEAF_1_EDX, X86_1D_FXSR },
    { "sse", LEAF_1_EDX, X86_1D_SSE },
    { "sse2", LEAF_1_EDX, X86_1D_SSE2 },
    { "fsgsbase", LEAF_7_EBX, X86_7B_FSGSBASE },
    { "tsc_adjust", LEAF_7_EBX, X86_7B_TSC_ADJUST },
    { "smep", LEAF_7_EBX, X86_7B_SMEP },
    { "invpcid", LEAF_7_EBX, X86_7B_INVPCID },
    { "smap", LEAF_7_EBX, X86_7B_SMAP },
    { "umip", LEAF_7_ECX, X86_7C_UMIP },
    { "lahf_lm", LEAF_X1_ECX, X86_XC_LAHF },
    { "syscall", LEAF_X1_EDX, X86_XD_SYSCALL },
    { "nx", LEAF_X1_EDX, X86_XD_NX },
    { "pdpe1gb", LEAF_X1_EDX, X86_XD_PDPE1GB },
    { "rdtscp", LEAF_X1_EDX, X86_XD_RDTSCP },
    { "lm", LEAF_X1_EDX, X86_XD_LM },
};

const char *cpu_model_feature(unsigned index)
{
    return index < countof(features) ? features[index].name : NULL;
}

static uint32_t *word_of(struct x86_model *model, enum word word)
{
    switch (word) {
    case LEAF_1_ECX: return &model->leaf_1_ecx;
    case LEAF_1_EDX: return &model->leaf_1_edx;
    case LEAF_7_EBX: return &model->leaf_7_ebx;
    case LEAF_7_ECX: return &model->leaf_7_ecx;
    case LEAF_X1_ECX: return &model->leaf_x1_ecx;
    case LEAF_X1_EDX: break;
    }
    return &model->leaf_x1_edx;
}

static int change(struct x86_model *model, const char *name, int length, bool on, struct error *error)
{
    struct x86_model all = *x86_model_find("max");
    for (unsigned i = 0; i < countof(features); i++) {
        const struct feature *feature = &features[i];
        if ((size_t)length != strlen(feature->name) || strncmp(name, feature->name, (size_t)length) != 0)
            continue;
        bool possible = *word_of(&all, feature->word) & feature->bit || feature->bit == X86_1C_HYPERVISOR;
        if (on && !possible)
            return error_set(error, -EINVAL, "-cpu: our processors do not have '%s'", feature->name);
        uint32_t *word = word_of(model, feature->word);
        *word = on ? *word | feature->bit : *word & ~feature->bit;
        return 0;
    }
    return error_set(error, -EINVAL, "-cpu: there is no feature '%.*s'", length, name);
}

// One of "+f", "-f", "f=on", "f=off", `length` characters long.
static int change_by_text(struct x86_model *model, const char *text, int length, struct error *error)
{
    const char *equals = memchr(text, '=', (size_t)length);
    if (length && (*text == '+' || *text == '-'))
        return change(model, text + 1, length - 1, *text == '+', error);
    if (equals) {
        int rest = length - (int)(equals + 1 - text);
        bool on = rest == 2 && strncmp(equals + 1, "on", 2) == 0;
        if (on || (rest == 3 && strncmp(equals + 1, "off", 3) == 0))
            return change(model, text, (int)(equals - text), on, error);
    }
    return error_set(error, -EINVAL, "-cpu: '%.*s' is not +FEATURE, -FEATURE or FEATURE=on|off", length, text);
}

int cpu_model_parse(const char *text, struct x86_model *model, struct error *error)
{
    char name[32] = "";
    size_t length = text ? strcspn(text, ",") : 0;
    if (length < sizeof name && text)
        memcpy(name, text, length);
    const struct x86_model *found = text ? x86_model_find(name) : &x86_models[0];
    if (!found)
        return error_set(error, -EINVAL, "-cpu: there is no model '%.*s'", (int)length, text);
    *model = *found;
    while (text && text[length]) {
        text += length + 1;
        length = strcspn(text, ",");
        int result = change_by_text(model, text, (int)length, error);
        if (result < 0)
            return result;
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of processor features and their CPUID bits. Spec: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
#include "machine/pc/cpu_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"

enum word { LEAF_1_ECX, LEAF_1_EDX, LEAF_7_EBX, LEAF_X1_ECX, LEAF_X1_EDX };

static const struct feature {
    const char *name;
    enum word word;
    uint32_t bit;
} features[] = {
    { "pni", LEAF_1_ECX, X86_1C_SSE3 },
    { "ssse3", LEAF_1_ECX, X86_1C_SSSE3 },
    { "cx16", LEAF_1_ECX, X86_1C_CX16 },
    { "pcid", LEAF_1_ECX, X86_1C_PCID },
    { "sse4.1", LEAF_1_ECX, X86_1C_SSE41 },
    { "sse4.2", LEAF_1_ECX, X86_1C_SSE42 },
    { "x2apic", LEAF_1_ECX, X86_1C_X2APIC },
    { "popcnt", LEAF_1_ECX, X86_1C_POPCNT },
    { "tsc-deadline", LEAF_1_ECX, X86_1C_TSC_DEADLINE },
    { "hypervisor", LEAF_1_ECX, X86_1C_HYPERVISOR },
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
    { "lahf_lm", LEAF_X1_ECX, X86_XC_LAHF },
    { "syscall", LEAF_X1_EDX, X86_XD_SYSCALL },
    { "nx", LEAF_X1_EDX, X86_XD_NX },
    { "pdpe1gb", LEAF_X1_EDX, X86_XD_PDPE1GB },
    { "rdtscp", LEAF_X1_EDX, X86_XD_RDTSCP },
    { "lm", LEAF_X1_EDX, X86_XD_LM },
};

// What QEMU's models and scripts name, and our processors do not have.
static const char *const unmodelled[] = {
    "3dnow",
    "3dnowext",
    "3dnowprefetch",
    "abm",
    "acpi",
    "adx",
    "aes",
    "amd-ssbd",
    "amd-stibp",
    "arat",
    "arch-capabilities",
    "avx",
    "avx2",
    "avx512-vpopcntdq",
    "avx512bitalg",
    "avx512bw",
    "avx512cd",
    "avx512dq",
    "avx512f",
    "avx512ifma",
    "avx512vbmi",
    "avx512vbmi2",
    "avx512vl",
    "avx512vnni",
    "bmi1",
    "bmi2",
    "clflushopt",
    "clwb",
    "clzero",
    "cmp-legacy",
    "cr8legacy",
    "dca",
    "ds",
    "ds-cpl",
    "dtes64",
    "erms",
    "est",
    "f16c",
    "fma",
    "fma4",
    "fsrm",
    "fxsr-opt",
    "gfni",
    "hle",
    "ht",
    "ia64",
    "ibpb",
    "ibrs",
    "invtsc",
    "kvmclock",
    "la57",
    "lbrv",
    "md-clear",
    "misalignsse",
    "mmxext",
    "monitor",
    "movbe",
    "movdir64b",
    "movdiri",
    "mpx",
    "npt",
    "nrip-save",
    "osvw",
    "pbe",
    "pclmulqdq",
    "pcommit",
    "pdcm",
    "perfctr-core",
    "pku",
    "pmu",
    "pn",
    "rdpid",
    "rdrand",
    "rdseed",
    "rtm",
    "sha-ni",
    "skinit",
    "smx",
    "spec-ctrl",
    "ss",
    "ssbd",
    "sse4a",
    "stibp",
    "svm",
    "svme-addr-chk",
    "tbm",
    "tce",
    "tm",
    "tm2",
    "topoext",
    "umip",
    "vaes",
    "virt-ssbd",
    "vme",
    "vmx",
    "vpclmulqdq",
    "wbnoinvd",
    "wdt",
    "xgetbv1",
    "xop",
    "xsave",
    "xsavec",
    "xsaveerptr",
    "xsaveopt",
    "xsaves",
    "xtpr",
};

static const char *const always[] = { "fpu", "msr", "apic" };

enum { UNMODELLED = countof(unmodelled) };

const char *cpu_model_feature(unsigned index)
{
    return index < countof(features) ? features[index].name : NULL;
}

// A model as it is read.
struct reading {
    struct x86_model *model;
    bool asked[UNMODELLED]; // for what is not modelled
    bool enforce;
    struct error *error;
};

// "sse4_1" is "sse4.1", "tsc-adjust" is "tsc_adjust".
static bool same_name(const char *name, const char *text, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] != text[i] && !(strchr("-_.", name[i]) && strchr("-_.", text[i])))
            return false;
    return true;
}

static uint32_t *word_of(struct x86_model *model, enum word word)
{
    switch (word) {
    case LEAF_1_ECX: return &model->leaf_1_ecx;
    case LEAF_1_EDX: return &model->leaf_1_edx;
    case LEAF_7_EBX: return &model->leaf_7_ebx;
    case LEAF_X1_ECX: return &model->leaf_x1_ecx;
    case LEAF_X1_EDX: break;
    }
    return &model->leaf_x1_edx;
}

static int change(struct reading *reading, const char *name, size_t length, bool on)
{
    for (unsigned i = 0; i < countof(features); i++)
        if (same_name(features[i].name, name, length)) {
            uint32_t *word = word_of(reading->model, features[i].word);
            *word = on ? *word | features[i].bit : *word & ~features[i].bit;
            return 0;
        }
    for (unsigned i = 0; i < UNMODELLED; i++)
        if (same_name(unmodelled[i], name, length)) {
            reading->asked[i] = on;
            return 0;
        }
    for (unsigned i = 0; i < countof(always); i++)
        if (same_name(always[i], name, length))
            return on ? 0
                      : error_set(reading->error, -EINVAL,
                                  "-cpu: '%s' cannot be taken away: every processor here has it", always[i]);
    return error_set(reading->error, -EINVAL, "-cpu: there is no feature '%.*s'", (int)length, name);
}

// --- Properties with values ------------------------------------------------------------------------------------------

static int take_vendor(struct reading *reading, const char *value)
{
    static const char *const names[] = { [X86_INTEL] = "GenuineIntel", [X86_AMD] = "AuthenticAMD" };
    for (unsigned i = 0; i < countof(names); i++)
        if (strcmp(value, names[i]) == 0) {
            reading->model->vendor = (enum x86_vendor)i;
            return 0;
        }
    return error_set(reading->error, -EINVAL, "-cpu: vendor=%s: GenuineIntel and AuthenticAMD are possible", value);
}

static int bad_number(struct reading *reading, const char *name, const char *value, unsigned most)
{
    return error_set(reading->error, -EINVAL, "-cpu: %s=%s is not a number from 0 to %u", name, value, most);
}

// Parts of CPUID.01H:EAX; a family above 15, and the upper half of a model, are in the extended fields.
static int take_part(struct reading *reading, const char *name, const char *value, unsigned number)
{
    uint32_t *signature = &reading->model->signature;
    if (strcmp(name, "family") == 0) {
        if (number > 15 + 255)
            return bad_number(reading, name, value, 15 + 255);
        *signature &= ~UINT32_C(0x0ff00f00);
        *signature |= number > 15 ? 15u << 8 | (number - 15) << 20 : number << 8;
    } else if (strcmp(name, "model") == 0) {
        if (number > 255)
            return bad_number(reading, name, value, 255);
        *signature = (*signature & ~UINT32_C(0x000f00f0)) | (number & 15) << 4 | number >> 4 << 16;
    } else {
        if (number > 15)
            return bad_number(reading, name, value, 15);
        *signature = (*signature & ~UINT32_C(15)) | number;
    }
    return 0;
}

static bool is_switch(const char *value, bool *on)
{
    *on = strcmp(value, "on") == 0 || strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;
    return *on || strcmp(value, "off") == 0 || strcmp(value, "false") == 0 || strcmp(value, "no") == 0;
}

static int take_value(struct reading *reading, const char *name, const char *value)
{
    static const char *const hosts[] = { "host-phys-bits", "host-cache-info", "migratable", "kvm", "check" };
    char *end;
    bool on, is_number = *value >= '0' && *value <= '9';
    unsigned long number = is_number ? strtoul(value, &end, 0) : 0;
    is_number = is_number && *end == 0 && number < UINT32_MAX;
    if (strcmp(name, "vendor") == 0)
        return take_vendor(reading, value);
    if (strcmp(name, "family") == 0 || strcmp(name, "model") == 0 || strcmp(name, "stepping") == 0)
        return is_number ? take_part(reading, name, value, (unsigned)number) : bad_number(reading, name, value, 255);
    if (strcmp(name, "phys-bits") == 0)
        return is_number && (number == 0 || number == X86_PHYSICAL_BITS)
                   ? 0
                   : error_set(reading->error, -EINVAL, "-cpu: phys-bits=%s: physical addresses have %d bits here",
                               value, X86_PHYSICAL_BITS);
    if (!is_switch(value, &on))
        return error_set(reading->error, -EINVAL, "-cpu: '%s=%s' is not +FEATURE, -FEATURE or FEATURE=on|off", name,
                         value);
    if (strcmp(name, "enforce") == 0) {
        reading->enforce = on;
        return 0;
    }
    for (unsigned i = 0; i < countof(hosts); i++) // about the host, which has no part in it
        if (strcmp(hosts[i], name) == 0)
            return 0;
    return change(reading, name, strlen(name), on);
}

// One of "+f", "-f", "f=on", "f=off", "name=value", "enforce", "check", `length` characters long.
static int take_item(struct reading *reading, const char *text, size_t length)
{
    char item[80];
    if (length && (*text == '+' || *text == '-'))
        return change(reading, text + 1, length - 1, *text == '+');
    snprintf(item, sizeof item, "%.*s", (int)length, text);
    char *equals = strchr(item, '=');
    if (strcmp(item, "enforce") == 0 || strcmp(item, "check") == 0)
        return take_value(reading, item, "on");
    if (!equals || length >= sizeof item)
        return error_set(reading->error, -EINVAL, "-cpu: '%s' is not +FEATURE, -FEATURE or FEATURE=on|off", item);
    *equals = 0;
    return take_value(reading, item, equals + 1);
}

// --- The whole -------------------------------------------------------------------------------------------------------

static void begin(struct reading *reading, const struct x86_model *found)
{
    *reading->model = *found;
    for (const char *name = found->lacks; name && *name;) {
        size_t length = strcspn(name, " ");
        change(reading, name, length, true);
        name += length + strspn(name + length, " ");
    }
}

static int finish(const struct reading *reading, char *without)
{
    struct x86_model *model = reading->model;
    size_t used = 0;
    model->leaf_x1_edx &= ~X86_XD_REPEATED;
    if (model->vendor == X86_AMD)
        model->leaf_x1_edx |= model->leaf_1_edx & X86_XD_REPEATED;
    without[0] = 0;
    for (unsigned i = 0; i < UNMODELLED && used < BOARD_CPU_WITHOUT; i++)
        if (reading->asked[i])
            used += (size_t)snprintf(without + used, BOARD_CPU_WITHOUT - used, "%s%s", used ? ", " : "", unmodelled[i]);
    if (!used || !reading->enforce)
        return 0;
    return error_set(reading->error, -EINVAL, "-cpu: enforce: not modelled: %s", without);
}

int cpu_model_parse(const char *text, struct x86_model *model, char *without, struct error *error)
{
    char name[32] = "";
    struct reading reading = { .model = model, .error = error };
    size_t length = text ? strcspn(text, ",") : 0;
    if (length < sizeof name && text)
        memcpy(name, text, length);
    const struct x86_model *found = text ? x86_model_find(name) : &x86_models[0];
    if (!found)
        return error_set(error, -EINVAL, "-cpu: there is no model '%.*s'", (int)length, text);
    begin(&reading, found);
    while (text && text[length]) {
        text += length + 1;
        length = strcspn(text, ",");
        int result = take_item(&reading, text, length);
        if (result < 0)
            return result;
    }
    return finish(&reading, without);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The value of -cpu: models, features, numbers, and what is left out.
#include "machine/pc/cpu_model.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "machine/board/board.h"

static struct x86_model model;
static struct error error;
static char without[BOARD_CPU_WITHOUT];

static void takes(const char *text)
{
    error.text[0] = 0;
    cr_assert_eq(cpu_model_parse(text, &model, without, &error), 0, "%s: %s", text, error.text);
}

Test(cpu_model, the_first_is_the_default)
{
    takes(NULL);
    cr_assert_str_eq(model.name, x86_models[0].name);
    cr_assert_str_empty(without);
}

// What a model lacks has a name that can be taken away.
Test(cpu_model, every_model_is_taken_and_says_what_it_lacks)
{
    for (size_t i = 0; i < x86_model_count; i++) {
        takes(x86_models[i].name);
        cr_assert_eq(model.signature, x86_models[i].signature);
        const char *lacks = x86_models[i].lacks ? x86_models[i].lacks : "";
        size_t names = 0, said = *without != 0;
        for (const char *at = lacks; *at; at += strcspn(at, " "), at += strspn(at, " "))
            names++;
        for (const char *at = without; (at = strchr(at, ',')); at++)
            said++;
        cr_assert_eq(names, said, "%s: '%s' and '%s'", model.name, lacks, without);
    }
}

// No model has more than all that there is.
Test(cpu_model, max_has_all_features)
{
    const struct x86_model *max = x86_model_find("max");
    for (size_t i = 0; i < x86_model_count; i++) {
        const struct x86_model *is = &x86_models[i];
        cr_assert_eq(is->leaf_1_ecx & ~max->leaf_1_ecx & ~X86_1C_HYPERVISOR, 0, "%s", is->name);
        cr_assert_eq(is->leaf_1_edx & ~max->leaf_1_edx, 0, "%s", is->name);
        cr_assert_eq(is->leaf_7_ebx & ~max->leaf_7_ebx, 0, "%s", is->name);
        cr_assert_eq(is->leaf_x1_ecx & ~max->leaf_x1_ecx, 0, "%s", is->name);
    }
}

Test(cpu_model, features_come_and_go_by_each_spelling)
{
    takes("kvm64,+sse4.1,sse4_2=on,-nx,lahf-lm=on,tsc_adjust=on");
    cr_assert(model.leaf_1_ecx & X86_1C_SSE41 && model.leaf_1_ecx & X86_1C_SSE42);
    cr_assert_not(model.leaf_x1_edx & X86_XD_NX);
    cr_assert(model.leaf_x1_ecx & X86_XC_LAHF && model.leaf_7_ebx & X86_7B_TSC_ADJUST);
    cr_assert_str_empty(without);
}

Test(cpu_model, what_is_not_modelled_is_said)
{
    takes("max,+avx,+aes,vmx=on,-svm");
    cr_assert_str_eq(without, "aes, avx, vmx");
    takes("Westmere,-aes,-arat,pclmulqdq=off,enforce");
    cr_assert_str_empty(without);
    takes("max,-avx512f,check,migratable=off,host-phys-bits=on,phys-bits=40,kvm=off");
    cr_assert_str_empty(without);
}

Test(cpu_model, the_identity_can_be_another)
{
    takes("max,vendor=AuthenticAMD,family=0x19,model=33,stepping=2");
    cr_assert_eq(model.vendor, X86_AMD);
    cr_assert_eq(model.signature, 0x00a20f12);
    cr_assert_eq(model.leaf_x1_edx & X86_XD_REPEATED, model.leaf_1_edx & X86_XD_REPEATED);
    takes("qemu64,-mmx");
    cr_assert_eq(model.leaf_x1_edx & X86_1D_MMX, 0, "a bit of leaf 1 that AMD repeats");
    takes("qemu64,vendor=GenuineIntel");
    cr_assert_eq(model.leaf_x1_edx & X86_XD_REPEATED, 0);
    takes("max,family=6,model=26,stepping=3");
    cr_assert_eq(model.signature, 0x000106a3);
}

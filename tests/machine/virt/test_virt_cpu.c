// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The value of -cpu on virt: models, and properties of QEMU's that are off.
#include "machine/virt/virt_cpu.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "machine/board/board.h"

static const struct a64_model *model;
static struct error error;
static char without[BOARD_CPU_WITHOUT];

static void takes(const char *text, const char *name, const char *left)
{
    error.text[0] = 0;
    cr_assert_eq(virt_cpu_parse(text, &model, without, &error), 0, "%s", error.text);
    cr_assert_str_eq(model->name, name);
    cr_assert_str_eq(without, left);
}

static void refuses(const char *text, const char *why)
{
    cr_assert_eq(virt_cpu_parse(text, &model, without, &error), -EINVAL, "%s", text);
    cr_assert(strstr(error.text, why), "%s", error.text);
}

Test(virt_cpu, models)
{
    takes(NULL, a64_models[0].name, "");
    for (size_t i = 0; i < a64_model_count; i++)
        takes(a64_models[i].name, a64_models[i].name, "");
    refuses("cortex-m0", "no model 'cortex-m0' in this machine");
}

Test(virt_cpu, properties)
{
    takes("max,pauth=off,sve=off,pmu=off,aarch64=on", "max", "");
    takes("cortex-a76,pmu=on,lpa2=on", "cortex-a76", "pmu, lpa2");
    refuses("max,aarch64=off", "there is no feature 'aarch64'");
    refuses("max,pauth", "'pauth' is not FEATURE=on|off");
    refuses("max,", "'' is not FEATURE=on|off");
    refuses("max,x2apic=on", "there is no feature 'x2apic'");
}

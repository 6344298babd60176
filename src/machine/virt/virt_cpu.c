// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See virt_cpu.h. The properties are those that QEMU's processors have; all but AArch64 itself are features that ours do not have.
#include "machine/virt/virt_cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine/board/board.h"

static const char *const unmodelled[] = { "pmu", "pauth", "pauth-impdef", "sve", "sme", "lpa2", "kvm-steal-time" };

// "pmu=off": nothing; "pmu=on": it is not there.
static int take_property(const char *text, size_t length, char *without, struct error *error)
{
    const char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : length, used = strlen(without);
    bool on = equals && length - name == 3 && strncmp(equals, "=on", 3) == 0;
    bool off = equals && length - name == 4 && strncmp(equals, "=off", 4) == 0;
    if (!on && !off)
        return error_set(error, -EINVAL, "-cpu: '%.*s' is not FEATURE=on|off", (int)length, text);
    if (on && name == 7 && strncmp(text, "aarch64", 7) == 0)
        return 0;
    for (unsigned i = 0; i < countof(unmodelled); i++)
        if (strlen(unmodelled[i]) == name && strncmp(text, unmodelled[i], name) == 0) {
            if (on)
                snprintf(without + used, BOARD_CPU_WITHOUT - used, "%s%s", used ? ", " : "", unmodelled[i]);
            return 0;
        }
    return error_set(error, -EINVAL, "-cpu: there is no feature '%.*s'", (int)name, text);
}

int virt_cpu_parse(const char *text, const struct a64_model **model, char *without, struct error *error)
{
    char name[32] = "";
    size_t length = text ? strcspn(text, ",") : 0;
    if (length < sizeof name && text)
        memcpy(name, text, length);
    *model = text ? a64_model_find(name) : &a64_models[0];
    without[0] = 0;
    if (!*model)
        return error_set(error, -EINVAL, "-cpu: no model '%.*s' in this machine; '%s' is one", (int)length, text,
                         a64_models[0].name);
    while (text && text[length]) {
        text += length + 1;
        length = strcspn(text, ",");
        int result = take_property(text, length, without, error);
        if (result < 0)
            return result;
    }
    return 0;
}

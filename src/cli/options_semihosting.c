// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -semihosting, -semihosting-config.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

int take_semihosting(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.semihosting = true;
    return 0;
}

// "a b" of `first` and `second`, either of which may be NULL.
static char *join(struct settings *settings, const char *first, const char *second)
{
    size_t size = strlen(first ? first : "") + strlen(second ? second : "") + 2;
    char *text = malloc(size), *copy;
    if (!text) {
        refuse(settings, "-semihosting-config: no memory for the command line");
        return NULL;
    }
    snprintf(text, size, "%s%s%s", first ? first : "", first && second ? " " : "", second ? second : "");
    copy = settings_copy(settings, text);
    free(text);
    return copy;
}

static int take_arguments(struct settings *settings, const struct properties *properties)
{
    for (unsigned i = 0; i < properties->count; i++) {
        if (strcmp(properties->name[i], "arg") != 0)
            continue;
        settings->semihosting_args = join(settings, settings->semihosting_args, properties->value[i]);
        if (!settings->semihosting_args)
            return -1;
    }
    return 0;
}

int take_semihosting_config(struct settings *settings, const char *value)
{
    static const char *const names[] = { "enable", "target", "chardev", "userspace", "arg", NULL };
    struct properties properties;
    bool on = true, userspace = false;
    if (properties_parse(settings, "-semihosting-config", value, &properties) < 0 ||
        properties_check(settings, "-semihosting-config", &properties, names) < 0)
        return -1;
    const char *enable = properties.first ? properties.first : properties_get(&properties, "enable"),
               *target = properties_get(&properties, "target"), *user = properties_get(&properties, "userspace");
    if (enable && !text_switch(enable, &on))
        return refuse(settings, "-semihosting-config: enable is on or off, not '%.80s'", enable);
    if (user && (!text_switch(user, &userspace) || userspace))
        return refuse(settings, "-semihosting-config: userspace is off, as a program of EL0 has no semihosting here");
    if (target && strcmp(target, "native") != 0 && strcmp(target, "auto") != 0)
        return refuse(settings, "-semihosting-config: target=%.80s is not auto or native; gdb answers no requests here",
                      target);
    settings->config.semihosting = on;
    if (properties_get(&properties, "chardev"))
        settings->debugcon_chardev = properties_get(&properties, "chardev");
    return take_arguments(settings, &properties);
}

int resolve_semihosting(struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    if (!config->semihosting)
        return 0;
    config->semihosting_line =
        settings->semihosting_args ? settings->semihosting_args : join(settings, config->kernel, config->append);
    if (!settings->debugcon_chardev && settings->debugcon.kind == STREAM_UNSET)
        settings->debugcon = (struct stream){ .kind = STREAM_STDIO };
    return config->semihosting_line ? 0 : -1;
}

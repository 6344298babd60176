// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The value of an option in QEMU's form, WORD,NAME=VALUE,...: ",," is a comma, NAME means NAME=on. See properties.h.
#include "cli/properties.h"

#include <string.h>

// Ends the part at `text` at its first single comma, and undoubles the others. Returns the next part, or NULL.
static char *cut(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text == ',' && *++text != ',') {
            *out = 0;
            return text;
        }
        *out++ = *text;
    }
    *out = 0;
    return NULL;
}

int properties_parse(struct settings *settings, const char *option, const char *text, struct properties *properties)
{
    char *part = settings_copy(settings, text);
    *properties = (struct properties){ 0 };
    if (!part)
        return -1;
    for (bool first = true; part; first = false) {
        char *next = cut(part), *equals = strchr(part, '=');
        if (first && !equals) {
            properties->first = part;
        } else if (properties->count == PROPERTY_LIMIT) {
            return refuse(settings, "%s: more than %d properties", option, PROPERTY_LIMIT);
        } else {
            if (equals)
                *equals = 0;
            if (*part == 0)
                return refuse(settings, "%s: a property without a name in '%.80s'", option, text);
            properties->name[properties->count] = part;
            properties->value[properties->count++] = equals ? equals + 1 : "on";
        }
        part = next;
    }
    return 0;
}

const char *properties_get(const struct properties *properties, const char *name)
{
    const char *value = NULL;
    for (unsigned i = 0; i < properties->count; i++)
        if (strcmp(properties->name[i], name) == 0)
            value = properties->value[i];
    return value;
}

int properties_check(struct settings *settings, const char *option, const struct properties *properties,
                     const char *const *names)
{
    for (unsigned i = 0; i < properties->count; i++) {
        const char *const *name = names;
        while (*name && strcmp(*name, properties->name[i]) != 0)
            name++;
        if (!*name)
            return refuse_unknown(settings, option, "property", properties->name[i], names);
    }
    return 0;
}

static bool is_among(const char *text, const char *const *values)
{
    for (; *values; values++)
        if (strcmp(text, *values) == 0)
            return true;
    return false;
}

int properties_among(struct settings *settings, const char *option, const struct properties *properties,
                     const struct property_values *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *text = properties_get(properties, rows[i].name);
        if (text && !is_among(text, rows[i].values))
            return refuse(settings, "%s: %s=%.80s is not possible here; %s is", option, rows[i].name, text,
                          rows[i].values[0]);
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -uuid, -smbios. The machine knows which properties there are.
#include <ctype.h>
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

// Each byte is two digits; dashes are after 4, 6, 8 and 10 bytes (RFC 9562, 4).
static bool parse_uuid(const char *text, uint8_t *uuid)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        unsigned value = 0;
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return false;
        for (unsigned half = 0; half < 2; half++) {
            const char *digit = *text ? strchr(digits, tolower((unsigned char)*text++)) : NULL;
            if (!digit)
                return false;
            value = value << 4 | (unsigned)(digit - digits);
        }
        uuid[i] = (uint8_t)value;
    }
    return *text == 0;
}

static int set_uuid(struct settings *settings, const char *option, const char *value)
{
    if (!parse_uuid(value, settings->uuid))
        return refuse(settings, "%s: '%.80s' is no UUID as 12345678-9abc-def0-1234-56789abcdef0", option, value);
    settings->config.uuid = settings->uuid;
    return 0;
}

int take_uuid(struct settings *settings, const char *value)
{
    return set_uuid(settings, "-uuid", value);
}

static int add(struct settings *settings, struct intact_smbios_config setting)
{
    if (settings->config.smbios_count == INTACT_SMBIOS_MAX)
        return refuse(settings, "-smbios: more than %d properties and files", INTACT_SMBIOS_MAX);
    settings->smbios[settings->config.smbios_count++] = setting;
    settings->config.smbios = settings->smbios;
    return 0;
}

static int take_property(struct settings *settings, uint64_t type, const char *name, const char *value)
{
    if (strcmp(name, "type") == 0)
        return 0;
    if (type == 1 && strcmp(name, "uuid") == 0)
        return set_uuid(settings, "-smbios: uuid", value);
    if (type == 11 && strcmp(name, "path") == 0)
        return refuse(settings, "-smbios: type=11: path= is not here; value=TEXT is");
    return add(settings, (struct intact_smbios_config){ .type = (unsigned)type, .name = name, .value = value });
}

int take_smbios(struct settings *settings, const char *value)
{
    struct properties properties;
    uint64_t type;
    if (properties_parse(settings, "-smbios", value, &properties) < 0)
        return -1;
    const char *file = properties_get(&properties, "file"), *number = properties_get(&properties, "type");
    if (file && properties.count == 1 && !properties.first)
        return add(settings, (struct intact_smbios_config){ .file = file });
    if (properties.first || file || !number || !text_number(number, &type) || type > UINT8_MAX)
        return refuse(settings, "-smbios: '%.80s' is neither type=N,NAME=VALUE,... nor file=FILE alone", value);
    for (unsigned i = 0; i < properties.count; i++)
        if (take_property(settings, type, properties.name[i], properties.value[i]) < 0)
            return -1;
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -global DRIVER.PROPERTY=VALUE: a default for every -device of that driver, anywhere on the command line; a property
// of the -device itself has precedence. `virtio-mmio` is the transport of every virtio-*-device.
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"

static const char mmio[] = "virtio-mmio";

static bool is_mmio(const char *driver)
{
    size_t length = strlen(driver);
    return strncmp(driver, "virtio-", 7) == 0 && length > 7 && strcmp(driver + length - 7, "-device") == 0;
}

static bool is_for(const struct global *global, const char *driver)
{
    return strcmp(global->driver, driver) == 0 || (strcmp(global->driver, mmio) == 0 && is_mmio(driver));
}

static int check_property(struct settings *settings, const struct global *global)
{
    const char *names[PROPERTY_LIMIT + 1] = { NULL }, *drivers[LINE_LIMIT + 1] = { mmio };
    const char *driver = strcmp(global->driver, mmio) == 0 ? "virtio-rng-device" : global->driver;
    for (unsigned i = 0; i < PROPERTY_LIMIT; i++)
        names[i] = intact_device_property(driver, i, NULL);
    for (unsigned i = 0; !names[0] && i + 1 < LINE_LIMIT; i++)
        drivers[i + 1] = intact_device_driver(i, NULL);
    if (!names[0])
        return refuse_unknown(settings, "-global", "device", global->driver, drivers);
    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], global->property.name) == 0)
            return 0;
    return refuse_unknown(settings, "-global", "property", global->property.name, names);
}

int take_global(struct settings *settings, const char *value)
{
    struct global global = { 0 };
    char *text = settings_copy(settings, value), *equals = text ? strchr(text, '=') : NULL;
    char *dot = text ? strchr(text, '.') : NULL;
    if (!text)
        return -1;
    if (!dot || !equals || dot > equals)
        return refuse(settings, "-global: '%.80s' is not DRIVER.PROPERTY=VALUE", value);
    *dot = *equals = 0;
    global = (struct global){ text, { dot + 1, equals + 1 } };
    if (check_property(settings, &global) < 0)
        return -1;
    if (settings->global_count == GLOBAL_LIMIT)
        return refuse(settings, "-global: more than %d", GLOBAL_LIMIT);
    settings->globals[settings->global_count++] = global;
    return 0;
}

// The properties of a device begin with those of -global: the last one of a name is used.
static int resolve_device(struct settings *settings, struct intact_device_config *device)
{
    struct intact_property *first = &settings->device_properties[settings->device_property_count];
    unsigned count = 0, room = DEVICE_PROPERTY_LIMIT - settings->device_property_count;
    for (unsigned i = 0; i < settings->global_count; i++) {
        if (!is_for(&settings->globals[i], device->driver))
            continue;
        if (count + 1 + device->property_count > room)
            return refuse(settings, "-global: more than %d properties of devices in all", DEVICE_PROPERTY_LIMIT);
        first[count++] = settings->globals[i].property;
    }
    if (count == 0)
        return 0;
    for (unsigned i = 0; i < device->property_count; i++)
        first[count++] = device->properties[i];
    settings->device_property_count += count;
    device->properties = first;
    device->property_count = count;
    return 0;
}

int resolve_globals(struct settings *settings)
{
    for (unsigned i = 0; i < settings->config.device_count; i++)
        if (resolve_device(settings, &settings->devices[i]) < 0)
            return -1;
    return 0;
}

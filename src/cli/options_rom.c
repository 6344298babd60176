// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -vga, and the expansion ROMs of displays: what a firmware runs to show its screen.
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/options_firmware.h"
#include "cli/options_lists.h"
#include "cli/properties.h"

int take_vga(struct settings *settings, const char *value)
{
    static const char *const names[] = { "std", "none", NULL };
    if (strcmp(value, "std") != 0 && strcmp(value, "none") != 0)
        return refuse_unknown(settings, "-vga", "card", value, names);
    settings->vga = strcmp(value, "std") == 0;
    settings->vga_said = true;
    return 0;
}

// It is the first device, so that it has the slot that it has with QEMU.
int resolve_vga(struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    if (!settings->vga)
        return 0;
    if (config->device_count == INTACT_DEVICES_MAX)
        return refuse(settings, "-vga: more than %u devices", INTACT_DEVICES_MAX);
    memmove(&settings->devices[1], &settings->devices[0], config->device_count * sizeof settings->devices[0]);
    settings->devices[0] = (struct intact_device_config){ "VGA", NULL, 0 };
    config->device_count++;
    config->devices = settings->devices;
    return 0;
}

// --- ROMs ------------------------------------------------------------------------------------------------------------

static const char *default_rom(const char *driver)
{
    static const char *const roms[][2] = { { "VGA", "vgabios-stdvga.bin" },
                                           { "bochs-display", "vgabios-bochs-display.bin" },
                                           { "ramfb", "vgabios-ramfb.bin" } };
    for (unsigned i = 0; i < sizeof roms / sizeof roms[0]; i++)
        if (strcmp(driver, roms[i][0]) == 0)
            return roms[i][1];
    return NULL;
}

static struct intact_property *property_of(const struct intact_device_config *device, const char *name)
{
    for (unsigned i = 0; i < device->property_count; i++)
        if (strcmp(device->properties[i].name, name) == 0)
            return (struct intact_property *)&device->properties[i];
    return NULL;
}

// The properties are copied, with one more.
static int add_rom(struct settings *settings, struct intact_device_config *device, const char *path)
{
    struct intact_property *first = &settings->device_properties[settings->device_property_count];
    if (settings->device_property_count + device->property_count + 1 > DEVICE_PROPERTY_LIMIT)
        return refuse(settings, "-device: more than %d properties in all", DEVICE_PROPERTY_LIMIT);
    for (unsigned i = 0; i < device->property_count; i++)
        first[i] = device->properties[i];
    first[device->property_count] = (struct intact_property){ "romfile", settings_copy(settings, path) };
    settings->device_property_count += device->property_count + 1;
    device->properties = first;
    device->property_count++;
    return first[device->property_count - 1].value ? 0 : -1;
}

static int resolve_rom(struct settings *settings, struct intact_device_config *device)
{
    struct intact_property *given = property_of(device, "romfile");
    const char *name = given ? given->value : default_rom(device->driver);
    char path[FIRMWARE_PATH];
    if (given && (!*name || access(name, R_OK) == 0))
        return 0;
    if (!name || (!given && !settings->config.bios))
        return 0;
    if (!firmware_find(settings, name, path)) {
        settings->missing_rom = given ? NULL : name; // the machine refuses a name that was given
        return 0;
    }
    if (!given)
        return add_rom(settings, device, path);
    given->value = settings_copy(settings, path);
    return given->value ? 0 : -1;
}

int resolve_roms(struct settings *settings)
{
    for (unsigned i = 0; i < settings->config.device_count; i++)
        if (resolve_rom(settings, &settings->devices[i]) < 0)
            return -1;
    return 0;
}

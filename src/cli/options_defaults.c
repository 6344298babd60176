// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -default-devices: what QEMU's machines have besides what was asked for, unless -nodefaults is given. The links of QEMU's names
// give this option, so that a script gets the machine that it was written for.
#include <string.h>

#include "cli/options.h"
#include "host/net_user.h"

int take_default_devices(struct settings *settings, const char *value)
{
    (void)value;
    settings->default_devices = true;
    return 0;
}

static bool has_device(const struct settings *settings, const char *driver)
{
    for (unsigned i = 0; i < settings->config.device_count; i++)
        if (strcmp(settings->devices[i].driver, driver) == 0)
            return true;
    return false;
}

static bool has_display(const struct settings *settings)
{
    return has_device(settings, "VGA") || has_device(settings, "bochs-display") || has_device(settings, "ramfb");
}

// Before the devices that were asked for, as QEMU has it: its slot is the next behind the display's.
static int add_card(struct settings *settings)
{
    if (take_nic(settings, "user") < 0)
        return -1;
    unsigned last = settings->config.device_count - 1;
    struct intact_device_config card = settings->devices[last];
    memmove(&settings->devices[1], &settings->devices[0], last * sizeof card);
    settings->devices[0] = card;
    return 0;
}

static bool has_disk(const struct settings *settings, unsigned unit)
{
    for (unsigned i = 0; i < settings->config.drive_count; i++)
        if (settings->drives[i].interface == INTACT_DRIVE_IDE && settings->drives[i].unit == unit)
            return true;
    return false;
}

int resolve_defaults(struct settings *settings)
{
    bool pc = settings->config.type == INTACT_PC;
    if (!settings->default_devices || settings->nodefaults)
        return 0;
    if (!settings->net_said && net_user_is_built() && add_card(settings) < 0)
        return -1;
    if (pc && !settings->vga_said && !has_display(settings))
        settings->vga = true;
    return pc && !has_disk(settings, 2) && !has_device(settings, "ide-cd")
               ? take_drive(settings, "if=ide,media=cdrom,index=2")
               : 0;
}

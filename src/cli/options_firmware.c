// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where a firmware or an expansion ROM is that a command line gives by its name alone, as QEMU's command lines do.
#include "cli/options_firmware.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

#define SEABIOS "bios-256k.bin"

// Of Debian's packages seabios, ovmf, qemu-efi-aarch64, ipxe-qemu, qemu-system-data; other systems have the same names, or
// have QEMU's folder alone.
static const char *const folders[] = {
    "/usr/share/seabios",          "/usr/share/OVMF",    "/usr/share/ovmf", "/usr/share/AAVMF",
    "/usr/share/qemu-efi-aarch64", "/usr/lib/ipxe/qemu", "/usr/share/qemu", "/usr/local/share/qemu",
    "/opt/homebrew/share/qemu"
};

static bool is_in(const char *folder, size_t length, const char *name, char path[FIRMWARE_PATH])
{
    int size = snprintf(path, FIRMWARE_PATH, "%.*s/%s", (int)length, folder, name);
    return size > 0 && size < FIRMWARE_PATH && access(path, R_OK) == 0;
}

bool firmware_find(const struct settings *settings, const char *name, char path[FIRMWARE_PATH])
{
    const char *bios = settings->config.bios, *slash = bios ? strrchr(bios, '/') : NULL;
    if (settings->directory && is_in(settings->directory, strlen(settings->directory), name, path))
        return true;
    if (slash && is_in(bios, (size_t)(slash - bios), name, path))
        return true;
    for (unsigned i = 0; !strchr(name, '/') && i < sizeof folders / sizeof folders[0]; i++)
        if (is_in(folders[i], strlen(folders[i]), name, path))
            return true;
    return false;
}

// A PC with disks and nothing to start them starts SeaBIOS, if that is there; under QEMU's names one without disks, too.
static const char *default_bios(const struct settings *settings)
{
    const struct intact_machine_config *config = &settings->config;
    bool disks = settings->default_devices, flash = false;
    for (unsigned i = 0; i < config->drive_count; i++)
        *(settings->drives[i].interface == INTACT_DRIVE_PFLASH ? &flash : &disks) = true;
    return config->type == INTACT_PC && !config->kernel && disks && !flash ? SEABIOS : NULL;
}

int resolve_bios(struct settings *settings)
{
    const char *given = settings->config.bios, *name = given ? given : default_bios(settings);
    char path[FIRMWARE_PATH];
    if (!name || (given && access(given, R_OK) == 0) || !firmware_find(settings, name, path))
        return 0; // the machine refuses a name that is not found
    settings->config.bios = settings_copy(settings, path);
    return settings->config.bios ? 0 : -1;
}

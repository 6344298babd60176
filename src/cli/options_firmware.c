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

// --- A kernel that SeaBIOS starts --------------------------------------------------------------------------------------

// QEMU's option ROM, which starts the kernel that fw_cfg has; SeaBIOS runs it, and tries it first. Other firmware needs none.
#define KERNEL_ROM "linuxboot_dma.bin"

static bool has_file(const struct settings *settings, const char *name)
{
    for (unsigned i = 0; i < settings->config.fw_cfg_count; i++)
        if (strcmp(settings->fw_cfgs[i].name, name) == 0)
            return true;
    return false;
}

static bool has_flash(const struct settings *settings)
{
    for (unsigned i = 0; i < settings->config.drive_count; i++)
        if (settings->drives[i].interface == INTACT_DRIVE_PFLASH && settings->drives[i].unit == 0)
            return true;
    return false;
}

int resolve_kernel_rom(struct settings *settings)
{
    static const char rom[] = "genroms/" KERNEL_ROM;
    const struct intact_machine_config *config = &settings->config;
    char path[FIRMWARE_PATH];
    if (config->type != INTACT_PC || !config->kernel || !(config->bios || has_flash(settings)) ||
        has_file(settings, rom) || !firmware_find(settings, KERNEL_ROM, path))
        return 0;
    const char *kept = settings_copy(settings, path);
    if (!kept)
        return -1;
    return add_fw_cfg(settings, &(struct intact_fw_cfg_config){ .name = rom, .file = kept, .starts_kernel = true });
}

// --- -bios -------------------------------------------------------------------------------------------------------------

int resolve_bios(struct settings *settings)
{
    const char *given = settings->config.bios, *name = given ? given : default_bios(settings);
    char path[FIRMWARE_PATH];
    if (!name || (given && access(given, R_OK) == 0) || !firmware_find(settings, name, path))
        return 0; // the machine refuses a name that is not found
    settings->config.bios = settings_copy(settings, path);
    return settings->config.bios ? 0 : -1;
}

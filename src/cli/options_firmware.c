// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where a firmware or an expansion ROM is that a command line gives by its name alone, as QEMU's command lines do.
#include "cli/options_firmware.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

// Of Debian's packages seabios, ovmf, qemu-efi-aarch64, ipxe-qemu, qemu-system-data; other systems have the same names, or
// have QEMU's folder alone.
static const char *const folders[] = { "/usr/share/seabios",      "/usr/share/OVMF", "/usr/share/AAVMF",
                                       "/usr/lib/ipxe/qemu",      "/usr/share/qemu", "/usr/local/share/qemu",
                                       "/opt/homebrew/share/qemu" };

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

int resolve_bios(struct settings *settings)
{
    const char *name = settings->config.bios;
    char path[FIRMWARE_PATH];
    if (!name || access(name, R_OK) == 0 || !firmware_find(settings, name, path))
        return 0; // the machine refuses a name that is not found
    settings->config.bios = settings_copy(settings, path);
    return settings->config.bios ? 0 : -1;
}

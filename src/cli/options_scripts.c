// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Options of QEMU's that scripts give: those that cannot change anything here by what they mean, a few whose effect is the command's
// own, and those that Intact does not have, each with the reason. docs/drop-in.md lists all of them.
//
// Not modelled: options that change how the host treats the process (-daemonize, -runas, -sandbox on); they are refused.
#include "cli/options.h"

#include <string.h>

#include "cli/properties.h"
#include "cli/text.h"

// --- Without effect --------------------------------------------------------------------------------------------------

int take_nothing(struct settings *settings, const char *value)
{
    (void)settings, (void)value;
    return 0;
}

int take_sandbox(struct settings *settings, const char *value)
{
    if (strcmp(value, "off") == 0 || strncmp(value, "off,", 4) == 0)
        return 0;
    return refuse(settings, "-sandbox: there is no system call filter here, only 'off'; start the command inside one");
}

int take_daemonize(struct settings *settings, const char *value)
{
    (void)value;
    settings->daemonize = true;
    return 0;
}

// What happens at the ends of a machine: where QEMU has a choice that is another option here, that option.
int take_action(struct settings *settings, const char *value)
{
    static const struct {
        const char *event, *does;
    } same[] = { { "reboot", "reset" },
                 { "panic", "none" },
                 { "panic", "shutdown" },
                 { "watchdog", "none" },
                 { "watchdog", "reset" } };
    static const char *const names[] = { "reboot", "shutdown", "panic", "watchdog", NULL };
    struct properties properties;
    if (properties_parse(settings, "-action", value, &properties) < 0 ||
        properties_check(settings, "-action", &properties, names) < 0)
        return -1;
    if (properties.first)
        return refuse(settings, "-action: '%.80s' needs a value: reboot=shutdown", properties.first);
    for (unsigned i = 0; names[i]; i++) {
        const char *does = properties_get(&properties, names[i]);
        bool known = !does;
        for (unsigned k = 0; does && k < sizeof same / sizeof same[0]; k++)
            known |= strcmp(same[k].event, names[i]) == 0 && strcmp(same[k].does, does) == 0;
        if (does && strcmp(names[i], "reboot") == 0 && strcmp(does, "shutdown") == 0)
            settings->config.reboot = false;
        else if (does && strcmp(names[i], "shutdown") == 0 &&
                 (strcmp(does, "pause") == 0 || strcmp(does, "poweroff") == 0))
            settings->config.stay_off = *does == 'p' && does[1] == 'a';
        else if (!known)
            return refuse(settings, "-action: %s=%.80s is not possible here", names[i], does);
    }
    return 0;
}

// --- Refused ---------------------------------------------------------------------------------------------------------

static const char no_usb[] = "there is no USB controller; the console is a serial port";
static const char no_floppy[] = "there is no floppy drive";
static const char no_graphics[] = "there is no such display";
static const char no_sound[] = "there is no sound card";
static const char no_process[] = "the command stays as it was started; the shell or a service manager does that";
static const char no_migration[] =
    "a machine is not sent to another host; -savevm FILE and -loadvm FILE keep its state";

const struct refused_option refused_options[] = {
    { "usb", no_usb },
    { "usbdevice", no_usb },
    { "fda", no_floppy },
    { "fdb", no_floppy },
    { "mtdblock", "there is no NAND flash; -drive if=pflash is NOR flash" },
    { "sd", "there is no SD card; -drive if=none with virtio-blk is a disk" },
    { "spice", no_graphics },
    { "full-screen", no_graphics },
    { "g", "the size of a screen is the guest's matter" },
    { "k", "text is typed as on a US keyboard, and keys go by their places" },
    { "soundhw", no_sound },
    { "tpmdev", "there is no TPM" },
    { "watchdog", "there is no watchdog" },
    { "numa", "memory is one node" },
    { "mem-path", "guest memory is the process's own" },
    { "incoming", no_migration },
    { "only-migratable", no_migration },
    { "runas", no_process },
    { "chroot", no_process },
    { "run-with", no_process },
    { "add-fd", "files are given by name" },
    { "plugin", "the library's observers take the place of plugins: include/intact/code.h" },
    { "prom-env", "there is no Open Firmware" },
    { "virtfs", "there is no virtio-9p; files go in by a disk or an initial ramdisk" },
    { "fsdev", "there is no virtio-9p; files go in by a disk or an initial ramdisk" },
    { "acpitable", "the ACPI tables are the machine's own" },
    { "writeconfig", "options are read from a file by -readconfig, but not written to one" },
};
const unsigned refused_option_count = sizeof refused_options / sizeof refused_options[0];

const char *option_refused(const char *name)
{
    for (unsigned i = 0; i < refused_option_count; i++)
        if (strcmp(refused_options[i].name, name) == 0)
            return refused_options[i].reason;
    return NULL;
}

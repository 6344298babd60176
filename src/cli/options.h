// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The option table: one row per option feeds the parser, -help, the man page and the shell completions.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/settings.h"

enum option_group {
    GROUP_MACHINE,
    GROUP_BOOT,
    GROUP_DEVICES,
    GROUP_TIME,
    GROUP_OBSERVE,
    GROUP_SCRIPTS,
    GROUP_HELP,
    OPTION_GROUPS
};

struct option {
    const char *name;     // without its dash
    const char *argument; // what follows, for the reader; NULL: nothing does
    enum option_group group;
    const char *help;         // sentences
    const char *const *words; // values to complete, NULL: none, a file if `argument` is FILE, or devices
    int (*take)(struct settings *settings, const char *value); // `value` is NULL without an argument. -1: refused
};

extern const struct option options[];
extern const unsigned option_count;

const char *option_group_title(enum option_group group);

// Reads the arguments argv[0] to argv[argc - 1] (no program name) into `settings`, which settings_init has prepared.
// 0; or -1 with one line in settings->why.
int options_parse(struct settings *settings, int argc, char *const *argv);

// The option that the word means, with its dash; NULL: none.
const struct option *option_find(const char *word);

// Options of QEMU's that are refused, and why.
struct refused_option {
    const char *name, *reason;
};
extern const struct refused_option refused_options[];
extern const unsigned refused_option_count;
// NULL: it is none of them.
const char *option_refused(const char *name);

// Used by the functions of several rows.
extern const char *const machine_types[], *const drive_words[], *const blockdev_words[], *const netdev_words[],
                                                                                             *const log_items[];
// All that -device can name; NULL ends them.
const char *const *device_names(void);
int take_machine(struct settings *settings, const char *value);
int take_cpu(struct settings *settings, const char *value);
int take_smp(struct settings *settings, const char *value);
int take_memory(struct settings *settings, const char *value);
int take_accel(struct settings *settings, const char *value);
int take_screendump(struct settings *settings, const char *value);
int take_sendkeys(struct settings *settings, const char *value);
int take_vga(struct settings *settings, const char *value);
int take_default_devices(struct settings *settings, const char *value);
int take_display(struct settings *settings, const char *value);
int take_device(struct settings *settings, const char *value);
int take_balloon(struct settings *settings, const char *value);
int take_serial(struct settings *settings, const char *value);
// The next serial port, for a -chardev.
int settings_add_serial(struct settings *settings, const char *chardev);
int take_debugcon(struct settings *settings, const char *value);
int take_chardev(struct settings *settings, const char *value);
int take_snapshots(struct settings *settings, const char *value);
int take_lint(struct settings *settings, const char *value);
int take_break(struct settings *settings, const char *value);
int take_gdb(struct settings *settings, const char *value);
int take_gdb_default(struct settings *settings, const char *value);
int take_monitor(struct settings *settings, const char *value);
int take_qmp(struct settings *settings, const char *value);
int take_mon(struct settings *settings, const char *value);
int take_stopped(struct settings *settings, const char *value);
int take_icount(struct settings *settings, const char *value);
int take_rtc(struct settings *settings, const char *value);
int take_global(struct settings *settings, const char *value);
int take_drive(struct settings *settings, const char *value);
int take_blockdev(struct settings *settings, const char *value);
int take_hda(struct settings *settings, const char *value);
int take_hdb(struct settings *settings, const char *value);
int take_hdc(struct settings *settings, const char *value);
int take_hdd(struct settings *settings, const char *value);
int take_fw_cfg(struct settings *settings, const char *value);
int take_semihosting(struct settings *settings, const char *value);
int take_semihosting_config(struct settings *settings, const char *value);
int take_readconfig(struct settings *settings, const char *value);
int take_daemonize(struct settings *settings, const char *value);
int take_smbios(struct settings *settings, const char *value);
int take_uuid(struct settings *settings, const char *value);
int take_cdrom(struct settings *settings, const char *value);
int take_pflash(struct settings *settings, const char *value);
int take_snapshot(struct settings *settings, const char *value);
int take_netdev(struct settings *settings, const char *value);
int take_object(struct settings *settings, const char *value);
int take_nic(struct settings *settings, const char *value);
int take_net(struct settings *settings, const char *value);
int take_trace(struct settings *settings, const char *value);
int take_log(struct settings *settings, const char *value);
int take_log_file(struct settings *settings, const char *value);
int take_log_ranges(struct settings *settings, const char *value);
int take_nothing(struct settings *settings, const char *value);
int take_sandbox(struct settings *settings, const char *value);
int take_action(struct settings *settings, const char *value);
// The -chardev with this id, or NULL with an error line of `option`.
const struct chardev *settings_chardev(struct settings *settings, const char *option, const char *id);
// The -object of this type with this id, or NULL.
const struct object *settings_object(const struct settings *settings, enum object_type type, const char *id);
// Has a -mon this chardev?
bool settings_monitor_has(const struct settings *settings, const char *chardev);

// Called when all options have been read.
int resolve_monitors(struct settings *settings); // by resolve_streams
int resolve_streams(struct settings *settings);
int resolve_semihosting(struct settings *settings); // before resolve_streams: it has one
int resolve_drives(struct settings *settings);
int resolve_blockdevs(struct settings *settings); // by resolve_drives
int resolve_globals(struct settings *settings);
int resolve_cpu(struct settings *settings);
int resolve_objects(struct settings *settings);
int resolve_net(struct settings *settings); // before resolve_globals: it adds devices
int resolve_defaults(struct settings *settings);
int resolve_bios(struct settings *settings);
int resolve_kernel_rom(struct settings *settings);
int add_fw_cfg(struct settings *settings, const struct intact_fw_cfg_config *file);
int resolve_vga(struct settings *settings);
int resolve_roms(struct settings *settings);

#endif

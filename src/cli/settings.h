// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The parsed command line: a machine's configuration, and settings of the command itself.
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#include "host/char_stream.h"
#include "observe/export.h"
#include "observe/filter.h"

enum stream_kind {
    STREAM_UNSET, // not given: the default
    STREAM_NONE,  // no port at all
    STREAM_NULL,  // a port whose output is dropped
    STREAM_STDIO,
    STREAM_FILE,
    STREAM_HOST,    // a socket, a pseudo-terminal, pipes
    STREAM_TESTDEV, // ends the run when the guest says so
};

struct stream {
    enum stream_kind kind;
    const char
        *path; // STREAM_FILE; of STREAM_HOST that is a listening socket "unix:PATH" or "tcp:HOST:PORT", else NULL
    // Ctrl-a is the escape key; of STREAM_STDIO, Ctrl-c goes to the guest.
    bool escape;
    bool mux;        // several may use it
    bool appends;    // STREAM_FILE: to what the file has
    const char *log; // a file that gets what is printed, too; NULL: none
    bool log_appends;
    struct char_stream_config host; // STREAM_HOST
};

#define CHARDEV_LIMIT 16

struct chardev {
    const char *id;
    struct stream stream;
};

// A monitor, for people or for programs.
struct monitor_wish {
    bool qmp;
    const char *where;   // "stdio", "unix:PATH", "tcp:HOST:PORT", "fd:N"
    const char *chardev; // -mon: the id of its -chardev; NULL: -monitor, -qmp
    // A line of the command's own leads to it (cli/char_lines.h), and `where` is its end; NULL: none. Of -monitor and -qmp `own`.
    const struct stream *stream;
    struct stream own;
};

// What is to be written of a trace, and where.
struct trace_wish {
    const char *file;                   // NULL: standard output
    const struct export_format *format; // NULL: none, but the last `records` events as they are kept
    uint64_t records;                   // 0: it was not said
    uint64_t cause;                     // as in struct export_machine
    bool says_events;                   // `filter` has the events of the command line, not those of filter_init
    struct filter filter;
};

#define DEVICE_PROPERTY_LIMIT 512
#define LINE_LIMIT            64
#define GLOBAL_LIMIT          64
#define FORWARD_LIMIT         64
#define NET_CARD_LIMIT        8
#define RECORDED_LIMIT        1024
#define BREAK_LIMIT           64
#define TRACE_LIMIT           8
#define SCREENDUMP_LIMIT      64
#define MONITOR_LIMIT         16

#define OBJECT_LIMIT     32
#define DRIVE_TEXT_LIMIT 16
#define NODE_LIMIT       64

enum object_type { OBJECT_RNG, OBJECT_MEMORY, OBJECT_THREAD };

struct object {
    enum object_type type;
    const char *id;
    uint64_t size; // OBJECT_MEMORY: bytes
};

enum choice { CHOICE_AUTO, CHOICE_ON, CHOICE_OFF };

struct settings {
    struct intact_machine_config config;
    struct stream serial, debugcon;
    const char *debugcon_chardev, *serial_chardev; // ids that are looked up when all options are read
    struct com {
        const char *chardev; // NULL: not there
    } coms[3];               // COM2 to COM4
    unsigned serial_count;   // of -serial and -device isa-serial
    struct chardev chardevs[CHARDEV_LIMIT];
    unsigned chardev_count;
    bool nodefaults, default_devices, nographic;
    bool window, curses; // -display sdl, curses
    const char *font;    // its font, NULL: any that is monospaced
    unsigned font_size;  // 0: not given
    uint8_t escape;      // -echr: the character that begins a key of ours
    bool daemonize;
    const char *pid_file;    // -pidfile; NULL: none
    const char *directory;   // -L; NULL: none
    bool vga, vga_said;      // -vga std
    const char *missing_rom; // of a display, which a firmware needs; NULL: none
    struct screendump {
        uint64_t at;
        const char *file;
        bool done, failed;
    } dumps[SCREENDUMP_LIMIT]; // -screendump-at
    unsigned dump_count;
    const char *key_file;          // -sendkeys; NULL: none
    struct key_script *key_script; // what is in it
    enum choice sleep;
    bool log_exit;                         // -d exit
    const char *log_items, *log_ranges;    // the other items of -d, and -dfilter; NULL: none
    const char *log_path;                  // -D, NULL: standard error
    struct trace_wish traces[TRACE_LIMIT]; // -trace
    unsigned trace_count;
    const char *gdb;                             // -gdb, NULL: none
    struct monitor_wish monitors[MONITOR_LIMIT]; // -monitor, -qmp, -mon
    unsigned monitor_count;
    bool no_monitor;                 // -monitor none: neither one behind Ctrl-a c
    bool stopped;                    // -S
    const char *breaks[BREAK_LIMIT]; // -break
    unsigned break_count;
    enum { LINT_OFF, LINT_ON, LINT_ERROR } lint; // -lint
    const char *skipped_accel;                   // an accelerator that we do not have
    enum { RUN, SHOW_HELP, SHOW_VERSION, SHOW_LIST, SHOW_CPUS, SHOW_DEVICES, SHOW_COMPLETION } action;
    const char *shell;                 // SHOW_COMPLETION
    const char *const *list;           // SHOW_LIST: lines to print
    const char *lines[LINE_LIMIT + 1]; // of a list that is made
    struct intact_device_config devices[INTACT_DEVICES_MAX];
    struct intact_property device_properties[DEVICE_PROPERTY_LIMIT];
    unsigned device_property_count;
    struct global {
        const char *driver;
        struct intact_property property;
    } globals[GLOBAL_LIMIT];
    unsigned global_count;
    struct intact_drive_config drives[INTACT_DRIVES_MAX];
    struct intact_fw_cfg_config fw_cfgs[INTACT_FW_CFG_MAX];
    struct intact_smbios_config smbios[INTACT_SMBIOS_MAX];
    char *semihosting_args; // -semihosting-config arg=, joined by spaces; NULL: none
    uint8_t uuid[16];       // -uuid, if config.uuid points here
    struct intact_netdev_config netdevs[INTACT_NETDEVS_MAX];
    const char *forwards[FORWARD_LIMIT]; // of all of them: hostfwd, guestfwd, dnssearch
    struct block_node {
        const char *name; // NULL: within another
        struct intact_drive_config drive;
        bool inner;      // the file of another node
    } nodes[NODE_LIMIT]; // -blockdev
    unsigned node_count;
    const char *drive_texts[DRIVE_TEXT_LIMIT]; // -drive without if=, until the machine is known
    unsigned drive_text_count, virtio_drives;
    struct object objects[OBJECT_LIMIT]; // -object
    unsigned object_count;
    struct object_use {
        const char *option; // that names it
        enum object_type type;
        const char *id;
    } object_uses[OBJECT_LIMIT];
    unsigned object_use_count;
    const char *memory_object; // -machine memory-backend=
    struct net_card {
        const char *driver, *mac, *netdev; // NULL: its own address; the network of -net
    } net_cards[NET_CARD_LIMIT];           // -net nic
    unsigned net_card_count;
    bool net_user; // -net user
    bool net_said; // -net, -nic or -netdev
    unsigned forward_count;
    struct intact_chardev_config device_chardevs[CHARDEV_LIMIT]; // those that a device uses
    // Recording and replay.
    enum { RR_NONE, RR_RECORD, RR_REPLAY } rr;
    const char *rr_file;
    uint64_t rr_digest;                   // instructions between two digests of a recording
    const char *recorded[RECORDED_LIMIT]; // the options as a journal keeps them, without those about the journal
    unsigned recorded_count;
    bool tells_digest;                 // of the last state
    bool answers;                      // as a side of a bisection
    uint64_t diverged;                 // after the run: the instructions at which a replay was found to be another run
    const char *why_source;            // `intact why`: NULL: another verb
    uint64_t why_at;                   // instructions; 0: at the end
    const char *why_event;             // or where this happens; NULL
    const char *load_file, *save_file; // -loadvm, -savevm
    uint64_t history;                  // -snapshots: bytes, 0: no history
    bool snapshot;                     // -snapshot
    uint32_t snapshot_said;            // bit per drive: it has a `snapshot` property
    char *copies[1024];                // of arguments that were cut into pieces; settings_free releases them
    unsigned copy_count;
    char why[INTACT_ERROR_SIZE]; // the line of an error
};

void settings_init(struct settings *settings);
void settings_free(struct settings *settings);

// Writes the line of an error and returns -1.
int refuse(struct settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));
// "-option: no THING 'word'; the nearest is 'other'", or where none is near "there is A, B, C". `words` ends with NULL.
int refuse_unknown(struct settings *settings, const char *option, const char *thing, const char *word,
                   const char *const *words);

// The option of the monitor on standard input and output; NULL: none is. Called when all options have been read.
const char *settings_monitor_at_stdio(const struct settings *settings);

// Are there servers for debuggers, so that somebody could start a machine that is stopped?
bool servers_wanted(const struct settings *settings);

// A copy of `text` that lives as long as the settings, or NULL with an error line.
char *settings_copy(struct settings *settings, const char *text);

#endif

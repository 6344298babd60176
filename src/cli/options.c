// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The option table and the loop over the arguments. Options with a syntax of their own are parsed in options_machine.c,
// options_devices.c, options_chardevs.c, options_servers.c, options_drives.c, options_time.c, options_trace.c and options_scripts.c.
//
// The names are QEMU's, so that a script only needs another program name. Every accepted option has its effect; what we
// do not have is refused with a message.
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/options_lists.h"
#include "cli/properties.h"
#include "cli/text.h"

static int set_text(struct settings *settings, const char **field, const char *value)
{
    *field = settings_copy(settings, value);
    return *field ? 0 : -1;
}

static int take_kernel(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->config.kernel, value);
}

static int take_initrd(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->config.initrd, value);
}

static int take_append(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->config.append, value);
}

static int take_bios(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->config.bios, value);
}

static int take_boot(struct settings *settings, const char *value)
{
    static const char *const names[] = { "order", "once", "menu", "strict", NULL };
    struct properties properties;
    if (properties_parse(settings, "-boot", value, &properties) < 0 ||
        properties_check(settings, "-boot", &properties, names) < 0)
        return -1;
    const char *order = properties_get(&properties, "order"), *menu = properties_get(&properties, "menu");
    const char *once = properties_get(&properties, "once"), *strict = properties_get(&properties, "strict");
    if (strict && !text_switch(strict, &settings->config.boot_strict))
        return refuse(settings, "-boot: strict is on or off, not '%.80s'", strict);
    if (once)
        settings->config.boot_once = once;
    if (menu && !text_switch(menu, &settings->config.boot_menu))
        return refuse(settings, "-boot: menu is on or off, not '%.80s'", menu);
    if (order || properties.first)
        settings->config.boot_order = order ? order : properties.first;
    return 0;
}

static int take_loadvm(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->load_file, value);
}

static int take_savevm(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->save_file, value);
}

static int take_no_reboot(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.reboot = false;
    return 0;
}

static int take_no_shutdown(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.stay_off = true;
    return 0;
}

static int take_no_hpet(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.hpet = false;
    return 0;
}

static int take_no_acpi(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.acpi = false;
    return 0;
}

static int take_nographic(struct settings *settings, const char *value)
{
    (void)value;
    settings->nographic = settings->config.serial_console = true;
    return 0;
}

static int take_nodefaults(struct settings *settings, const char *value)
{
    (void)value;
    settings->nodefaults = true;
    return 0;
}

static int take_enable_kvm(struct settings *settings, const char *value)
{
    (void)value;
    return take_accel(settings, "kvm");
}

static int only_none(struct settings *settings, const char *option, const char *value)
{
    if (strcmp(value, "none") == 0)
        return 0;
    return refuse(settings, "%s: there is no '%.80s' here; only 'none'", option, value);
}

static int take_parallel(struct settings *settings, const char *value)
{
    return only_none(settings, "-parallel", value);
}

static int take_vnc(struct settings *settings, const char *value)
{
    return only_none(settings, "-vnc", value);
}

static int take_audio(struct settings *settings, const char *value)
{
    return only_none(settings, "-audio", value);
}

// A back end of no sound has an id that only a sound card would use.
static int take_audiodev(struct settings *settings, const char *value)
{
    return strncmp(value, "none,", 5) == 0 ? 0 : only_none(settings, "-audiodev", value);
}

static int take_pidfile(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->pid_file, value);
}

static int take_directory(struct settings *settings, const char *value)
{
    return set_text(settings, &settings->directory, value);
}

// In any of C's notations, as QEMU's.
static int take_echr(struct settings *settings, const char *value)
{
    uint64_t character;
    if (!text_number(value, &character) || character == 0 || character > 127)
        return refuse(settings, "-echr: '%.80s' is not a character's number, 1 to 127", value);
    settings->escape = (uint8_t)character;
    return 0;
}

static int take_seed(struct settings *settings, const char *value)
{
    if (!text_number(value, &settings->config.seed))
        return refuse(settings, "-seed: '%.80s' is not a number", value);
    return 0;
}

static int take_limit(struct settings *settings, const char *value)
{
    if (!text_count(value, NULL, &settings->config.limit) || settings->config.limit == 0)
        return refuse(settings, "-limit: '%.80s' is not a number of instructions; 1000000 and 120M are", value);
    return 0;
}

int take_snapshots(struct settings *settings, const char *value)
{
    if (!text_size(value, 20, &settings->history) || settings->history == 0)
        return refuse(settings, "-snapshots: '%.80s' is not a size; 512M and 4G are", value);
    return 0;
}

int take_break(struct settings *settings, const char *value)
{
    if (settings->break_count == BREAK_LIMIT)
        return refuse(settings, "-break: no more than %d events can stop a run", BREAK_LIMIT);
    return set_text(settings, &settings->breaks[settings->break_count++], value);
}

int take_lint(struct settings *settings, const char *value)
{
    static const char *const values[] = { [LINT_OFF] = "off", [LINT_ON] = "on", [LINT_ERROR] = "error" };
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strcmp(value, values[i]) == 0) {
            settings->lint = i;
            return 0;
        }
    return refuse(settings, "-lint: '%.80s' is none of on, error and off", value);
}

int take_stopped(struct settings *settings, const char *value)
{
    (void)value;
    settings->stopped = true;
    return 0;
}

static int take_perf_map(struct settings *settings, const char *value)
{
    (void)value;
    settings->config.perf_map = true;
    return 0;
}

static int take_help(struct settings *settings, const char *value)
{
    (void)value;
    settings->action = SHOW_HELP;
    return 0;
}

static int take_version(struct settings *settings, const char *value)
{
    (void)value;
    settings->action = SHOW_VERSION;
    return 0;
}

static int take_completion(struct settings *settings, const char *value)
{
    settings->action = SHOW_COMPLETION;
    return set_text(settings, &settings->shell, value);
}

static const char *const none_word[] = { "none", NULL };
static const char *const vga_words[] = { "std", "none", NULL };
static const char *const shell_words[] = { "bash", "zsh", "fish", NULL };
static const char *const object_words[] = { "rng-random,id=", "rng-builtin,id=", "memory-backend-ram,id=,size=",
                                            "iothread,id=", NULL };
static const char *const nic_words[] = { "none", "user", "user,model=virtio-net-pci", NULL };
static const char *const net_words[] = { "none", "nic", "user", NULL };
static const char *const display_words[] = { "none", "sdl", "curses", NULL };
static const char *const accel_words[] = { "tcg", "tcg,jit=off", "tcg,jit=check", "kvm", "hvf", NULL };
static const char *const stream_words[] = { "stdio", "mon:stdio", "none", "null", "file:", "pty", NULL };
static const char *const icount_words[] = { "shift=0", "shift=0,sleep=off", "shift=0,sleep=on", NULL };
static const char *const gdb_words[] = { "tcp::1234", "tcp:", "unix:", "none", NULL };
static const char *const monitor_words[] = { "stdio", "tcp:", "unix:", "none", NULL };
static const char *const mon_words[] = { "chardev=", NULL };
static const char *const lint_words[] = { "on", "error", "off", NULL };
static const char *const trace_words[] = { "file=", "help", NULL };
static const char *const rtc_words[] = { "base=utc", "base=2026-01-01T00:00:00", NULL };

const struct option options[] = {
    { "machine", "[type=]pc|q35|virt[,PROPERTY=VALUE]", GROUP_MACHINE,
      "The machine to build. Properties of pc and q35: hpet=on|off (the HPET); of virt: gic-version=2|3, its=on|off "
      "(an ITS, with GICv3), dtb-randomness=on|off (seeds in the device tree, off by default); of all: acpi=on|off "
      "(ACPI tables; on virt a firmware gets them), accel=NAME as with -accel.",
      machine_types, take_machine },
    { "M", "...", GROUP_MACHINE, "The same as -machine.", machine_types, take_machine },
    { "cpu", "MODEL[,+FEATURE][,-FEATURE]", GROUP_MACHINE, "The model of the processors; -cpu help lists them.", NULL,
      take_cpu },
    { "smp", "[cpus=]N[,sockets=N][,cores=N][,threads=N]", GROUP_MACHINE,
      "How many processors. The topology must multiply to as many, and changes nothing else.", NULL, take_smp },
    { "m", "[size=]N[K|M|G]", GROUP_MACHINE, "Guest memory, in MiB unless a suffix says otherwise. 128 MiB by default.",
      NULL, take_memory },
    { "accel", "NAME[,thread=single][,jit=on|off|check][,tb-size=N][,jit-threshold=N]", GROUP_MACHINE,
      "May be repeated. kvm, hvf and others are skipped with a note: interrupts and processors are always done in "
      "software, which QEMU calls tcg. jit: guest code that runs often becomes host code (on by default), and check "
      "compares it with the interpreter, block by block, which is slow, and stops at the first difference; tb-size: "
      "MiB of memory for it, or with a suffix, 64K to 1G (64 by default); jit-threshold: after so many runs of a block "
      "(16 by default). The guest sees no difference.",
      accel_words, take_accel },
    { "enable-kvm", NULL, GROUP_MACHINE, "The same as -accel kvm: skipped with a note.", NULL, take_enable_kvm },
    { "no-acpi", NULL, GROUP_MACHINE, "No ACPI tables; the MP table or the device tree remains.", NULL, take_no_acpi },
    { "no-hpet", NULL, GROUP_MACHINE, "No HPET.", NULL, take_no_hpet },
    { "seed", "N", GROUP_MACHINE,
      "What the seeds in the device tree are made from (-machine virt,dtb-randomness=on); 0 by default.", NULL,
      take_seed },
    { "uuid", "UUID", GROUP_MACHINE,
      "The machine's UUID, as 8-4-4-4-12 hexadecimal digits: in SMBIOS, in fw_cfg, and by QMP.", NULL, take_uuid },
    { "smbios", "type=N[,NAME=VALUE]|file=FILE", GROUP_MACHINE,
      "What SMBIOS tables say, for a firmware of either machine, and for a -kernel on a PC: type=0 vendor, version, "
      "date, release, uefi, vm; 1 manufacturer, product, version, serial, uuid, sku, family; 2 manufacturer, product, "
      "version, serial, asset, location; 3 manufacturer, version, serial, asset, sku; 4 sock_pfx, manufacturer, "
      "version, serial, asset, part, max-speed, current-speed, processor-id, processor-family; 11 value (several); 17 "
      "loc_pfx, bank, manufacturer, serial, asset, part, speed. file= has whole structures, in place of those of their "
      "types. May be repeated.",
      NULL, take_smbios },

    { "kernel", "FILE", GROUP_BOOT,
      "What to run: a Linux bzImage, a multiboot 1 kernel, or an ELF file with a PVH entry; with -machine virt a Linux "
      "Image, also inside an EFI zboot file, an ELF file, or raw code that starts at its first byte; gzip is unpacked.",
      NULL, take_kernel },
    { "initrd", "FILE", GROUP_BOOT,
      "The initial ramdisk. For a multiboot kernel a list of modules: FILE ARGUMENTS,FILE ARGUMENTS.", NULL,
      take_initrd },
    { "append", "TEXT", GROUP_BOOT, "The kernel's command line.", NULL, take_append },
    { "bios", "FILE", GROUP_BOOT,
      "A firmware, which starts -kernel if that is given. On a PC it ends at 4 GiB and starts at the reset vector; "
      "without both, a PC with disks starts SeaBIOS, if its package is installed. virt has it in flash bank 0.",
      NULL, take_bios },
    { "fw_cfg", "[name=]NAME,string=TEXT|file=FILE", GROUP_BOOT,
      "A file of fw_cfg, for a firmware or a system: etc/boot-fail-wait of SeaBIOS, or opt/ and a name of your own.",
      NULL, take_fw_cfg },
    { "boot", "[order=]LETTERS[,once=LETTERS][,menu=on|off][,strict=on|off]", GROUP_BOOT,
      "What a PC's firmware tries, in this order: c a disk, d a CD, a a floppy, n the network; cad by default. once: "
      "in the first boot alone. menu=on: it asks. A bootindex of a -device comes before, and with strict=on nothing "
      "comes behind it.",
      NULL, take_boot },
    { "loadvm", "FILE", GROUP_BOOT,
      "Starts from a machine's state that -savevm wrote, with the same options. A run that is recorded cannot.", NULL,
      take_loadvm },
    { "savevm", "FILE", GROUP_BOOT,
      "Writes the machine's state to the file when the run is stopped: by -limit, or by Ctrl-a x. A machine that has "
      "ended by itself is not written.",
      NULL, take_savevm },
    { "semihosting", NULL, GROUP_BOOT,
      "With -machine virt a program's HLT #0xf000 is a request of Arm's semihosting: to print, for the time, the "
      "command line, memory, or to end with an exit status.",
      NULL, take_semihosting },
    { "semihosting-config", "[enable=on|off][,target=auto|native][,chardev=ID][,arg=TEXT]", GROUP_BOOT,
      "The same; where its console is, standard output by default, and the words of the command line, which otherwise "
      "is that of -kernel and -append. Files of the host are refused to it.",
      NULL, take_semihosting_config },
    { "no-reboot", NULL, GROUP_BOOT, "A reset ends the run instead of starting the machine again.", NULL,
      take_no_reboot },
    { "no-shutdown", NULL, GROUP_BOOT,
      "The machine stops when the guest turns the power off, and a monitor, QMP or gdb can start it again by "
      "system_reset and cont.",
      NULL, take_no_shutdown },

    { "device", "NAME[,PROPERTY=VALUE]", GROUP_DEVICES,
      "Adds a device; -device help lists them, and -device NAME,help what each takes.", NULL, take_device },
    { "balloon", "virtio[,PROPERTY=VALUE]|none", GROUP_DEVICES, "A memory balloon, as -device virtio-balloon-pci.",
      NULL, take_balloon },
    { "global", "DRIVER.PROPERTY=VALUE", GROUP_DEVICES,
      "A property of every -device of that driver that does not say otherwise; virtio-mmio is the transport of all "
      "virtio-*-device: -global virtio-mmio.force-legacy=on.",
      NULL, take_global },
    { "drive", "file=FILE[,if=none|ide|virtio|pflash][,PROPERTY=VALUE]", GROUP_DEVICES,
      "A file as a drive: if=none, with id=ID, for a -device to use; if=ide as a disk of the PC, media=disk|cdrom, "
      "index=0 to 3 (or bus= and unit=), by default the first that is free; if=virtio as a virtio-blk-pci; without if= "
      "as ide on a PC and virtio on virt; if=pflash as a flash bank, unit=0|1, by default the first free one: on a PC "
      "the firmware is bank 0, and each is as large as its file. format=raw|qcow2; without it, qcow2 if the file "
      "begins as one, else raw. What the guest writes goes to the file, unless readonly=on (it cannot write) or "
      "snapshot=on (its writes are lost at the end). discard=unmap gives back to the host what the guest discards. "
      "cache=none|writeback|unsafe and aio= are about the host, and change nothing.",
      drive_words, take_drive },
    { "blockdev", "driver=DRIVER,node-name=NAME[,PROPERTY=VALUE]", GROUP_DEVICES,
      "A node of a drive, for a -device to use by drive=NAME, or for file= of another node: driver=file,filename=FILE; "
      "qcow2 and raw, file=NODE (or file.driver=file,file.filename=FILE); null-co,size=BYTES, which reads as zeroes. "
      "read-only=on, discard=unmap, locking=off (of file) as of -drive. It may be written as JSON.",
      blockdev_words, take_blockdev },
    { "hda", "FILE", GROUP_DEVICES, "The same as -drive file=FILE,if=ide,index=0; a PC boots from it.", NULL,
      take_hda },
    { "hdb", "FILE", GROUP_DEVICES, "The same with index=1.", NULL, take_hdb },
    { "hdc", "FILE", GROUP_DEVICES, "The same with index=2.", NULL, take_hdc },
    { "hdd", "FILE", GROUP_DEVICES, "The same with index=3.", NULL, take_hdd },
    { "cdrom", "FILE", GROUP_DEVICES, "A CD: the same as -drive file=FILE,if=ide,index=2,media=cdrom.", NULL,
      take_cdrom },
    { "pflash", "FILE", GROUP_DEVICES, "The same as -drive file=FILE,if=pflash.", NULL, take_pflash },
    { "snapshot", NULL, GROUP_DEVICES, "All drives as with snapshot=on, except those with snapshot=off.", NULL,
      take_snapshot },
    { "netdev", "user|hubport|file|socket|stream|dgram,id=ID[,PROPERTY=VALUE]", GROUP_DEVICES,
      "A network, for a -device to use: user is a network behind the host's sockets, with "
      "hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT, restrict=on, tftp=FOLDER and its own addresses; socket, stream "
      "and dgram are sockets, to QEMU's or Intact's of the same kind. All of these follow the host's time while the "
      "guest is idle (-icount sleep=off: not); hubport, with hubid=N, receives what all others with that number send; "
      "file, with path=PATH, writes what the card sends to a pcap file.",
      netdev_words, take_netdev },
    { "serial", "WHERE", GROUP_DEVICES,
      "A serial port: the first one is COM1, or the PL011 of virt, further ones are COM2 to COM4 of pc. stdio, "
      "mon:stdio (with Ctrl-a x to quit and Ctrl-a c for the monitor; the default), file:PATH, chardev:ID, null, none "
      "for no port, pty, pipe:PATH, or a socket: tcp:[HOST]:PORT, telnet:[HOST]:PORT or unix:PATH, each with "
      ",server=on to listen, which waits for the first client unless ,wait=off follows, or ,reconnect=SECONDS.",
      stream_words, take_serial },
    { "debugcon", "WHERE", GROUP_DEVICES, "A console at port 0xe9; where, as with -serial.", stream_words,
      take_debugcon },
    { "chardev", "stdio|null|file|socket|pty|pipe|testdev,id=ID[,PROPERTY=VALUE]", GROUP_DEVICES,
      "A character device, for -serial, -device and -mon to use. socket: path=PATH or host=HOST,port=PORT, with "
      "server=on, wait=off, telnet=on, reconnect=SECONDS, or fd=N; file: path=PATH, append=on; pipe: path=PATH, of "
      "PATH.in and PATH.out; testdev ends the run when the guest says Nq, as isa-debug-exit with N does. mux=on lets "
      "several use it, and Ctrl-a c goes from one to the next; logfile=FILE and logappend=on keep a copy of what is "
      "printed.",
      NULL, take_chardev },
    { "default-devices", NULL, GROUP_DEVICES,
      "The devices that QEMU's machines have unless -nodefaults is given: a network card with -nic user, on pc also "
      "-vga std and an empty CD drive. The links qemu-system-x86_64, -i386 and -aarch64 say this.",
      NULL, take_default_devices },
    { "nodefaults", NULL, GROUP_DEVICES, "No serial port unless -serial asks for it.", NULL, take_nodefaults },
    { "nographic", NULL, GROUP_DEVICES,
      "The serial port and the monitor on the terminal, as by default; a PC's firmware uses the serial port as its "
      "console also beside a display.",
      NULL, take_nographic },
    { "display", "none|sdl|curses[,font=NAME][,font-size=N]", GROUP_DEVICES,
      "With sdl a window shows the guest's screen (-vga std), whose keyboard and mouse it has: a click or Ctrl-Alt-g "
      "gives it the mouse, Ctrl-Alt-g takes it back. Of a machine without a display it shows the inside, as intact "
      "watch does, with the guest's console; in the monospaced font NAME, or that of a file with a / in its name, of N "
      "pixels (16). With curses a terminal shows the guest's text screen; Ctrl-a x quits.",
      display_words, take_display },
    { "vga", "std|none", GROUP_DEVICES,
      "With std, a video card: -device VGA, a VGA with the Bochs VBE extensions; with -bios its BIOS is run if "
      "vgabios-stdvga.bin is in the folder of -L, beside the firmware or in /usr/share/seabios. None is the default.",
      vga_words, take_vga },
    { "object", "KIND,id=ID[,PROPERTY=VALUE]", GROUP_DEVICES,
      "What a device names: rng-random and rng-builtin, whose bytes are the same in every run; memory-backend-ram, "
      "with size=N as -m, for -machine memory-backend=ID; iothread, as everything is done in one thread.",
      object_words, take_object },
    { "nic", "user|hubport|file|none[,model=CARD][,mac=MAC][,PROPERTY=VALUE]", GROUP_DEVICES,
      "A -netdev and a card at it in one: virtio-net-pci, or virtio-net-device. None is what there is without it.",
      nic_words, take_nic },
    { "net", "nic|user|none[,PROPERTY=VALUE]", GROUP_DEVICES,
      "The same in two: nic, with model=CARD and macaddr=MAC, and user, with the properties of -netdev user.",
      net_words, take_net },
    { "parallel", "none", GROUP_DEVICES, "There is no parallel port.", none_word, take_parallel },

    { "icount", "shift=N[,sleep=on|off][,rr=record|replay,rrfile=FILE]", GROUP_TIME,
      "2^N ns of virtual time per instruction, 0 to 10; 0 by default. With sleep=on idle time is waited for by the "
      "host's clock (the default at a terminal), with sleep=off it is skipped; the guest sees no difference. rr=record "
      "writes a journal of the run to FILE, with a digest of the state every digest=N instructions (1000000 by "
      "default, 0: only at the end); rr=replay, with the same options, runs it again and compares.",
      icount_words, take_icount },
    { "rtc", "base=utc|localtime|DATE[,clock=vm][,driftfix=none|slew]", GROUP_TIME,
      "The date at the start: the host's time, or a date like 2026-01-01T00:00:00, which is the default.", rtc_words,
      take_rtc },
    { "limit", "N", GROUP_TIME, "Stops after N instructions of all processors (as 120M), with exit status 66.", NULL,
      take_limit },

    { "d", "ITEM[,ITEM]", GROUP_OBSERVE,
      "Tells of the run, on standard error: exit (a last line with status and instruction count), int (every "
      "interrupt, station by station), in_asm (each block of instructions as assembly, by Capstone where it is built "
      "in), exec (each block that is entered), cpu (the registers before it), op and out_asm (each block as ops and as "
      "host code), jit (whether there is host code, and how much), guest_errors (what the guest does wrong), unimp "
      "(what the machine does not have), trace:PATTERN (the events of a trace whose names match). The run stays the "
      "same. -d help lists them, -d trace:help the events.",
      log_items, take_log },
    { "D", "FILE", GROUP_OBSERVE, "Where -d writes instead.", NULL, take_log_file },
    { "dfilter", "RANGE[,RANGE]", GROUP_OBSERVE,
      "The addresses of code that in_asm, op, out_asm, exec and cpu of -d are about: FIRST..LAST, START+SIZE or "
      "END-SIZE.",
      NULL, take_log_ranges },
    { "perfmap", NULL, GROUP_OBSERVE,
      "Writes to /tmp/perf-PID.map which guest code each piece of host code belongs to, for Linux's perf.", NULL,
      take_perf_map },

    { "trace",
      "file=FILE[,format=FORMAT][,records=N][,events=EVENT+EVENT][,cpu=N][,vector=N][,source=PATTERN][,from=N][,to=N]",
      GROUP_OBSERVE,
      "Writes a trace of the interrupts to FILE. With format=text, json, vcd, chrome, svg or latency the events are "
      "written as they come; without a format the last records=N of them (1000000 by default) are kept in memory and "
      "written at the end of the run, for intact trace FILE. The others choose events: by name or station (-trace help "
      "lists them), processor, vector or INTID, name of the source (pit.*), and from one instruction to another. With "
      "format=svg, cause=N is the interrupt to draw. May be given more than once. A trace does not change the run.",
      trace_words, take_trace },

    { "lint", "on|error|off", GROUP_OBSERVE,
      "Says at the end of the run, on standard error, what the guest did wrong with its interrupts and devices: each "
      "kind once, with how often, where it was first, and the manual's section. With error the exit status is 74 if "
      "there was anything. It does not change the run.",
      lint_words, take_lint },

    { "screendump-at", "N:FILE", GROUP_OBSERVE,
      "Writes the guest's picture to FILE.png, or as PPM to a file with another name, when N instructions (as 120M) "
      "have been executed. Needs a display (-vga std). May be given more than once, and does not change the run.",
      NULL, take_screendump },

    { "sendkeys", "FILE", GROUP_OBSERVE,
      "Presses keys of the guest's keyboard. A line of FILE is a count of instructions (120M) or a time after the line "
      "before (+500ms, +2s), the keys of the monitor's sendkey (ctrl-alt-delete) or a text (\"root\\n\"), and how many "
      "ms of virtual time each key waits for the next (100; 10 in a text). Two runs with the same file are the same.",
      NULL, take_sendkeys },
    { "snapshots", "N[K|M|G]", GROUP_OBSERVE,
      "Takes snapshots in memory from the first instruction on, so that a debugger can go back to there; they take up "
      "about N bytes (MiB unless a suffix says otherwise), and older ones are thinned out. Without it they begin with "
      "a client of -gdb, with 512M.",
      NULL, take_snapshots },
    { "gdb", "tcp:[HOST]:PORT|unix:PATH", GROUP_OBSERVE,
      "A server for gdb (target remote HOST:PORT, or the path). Without HOST it listens to this host alone. Debugging "
      "does not change the run.",
      gdb_words, take_gdb },
    { "monitor", "stdio|tcp:[HOST]:PORT|unix:PATH|none", GROUP_OBSERVE,
      "A monitor: commands that stop, step and start the machine, look into it, go back in its run, and save its "
      "state; its command help lists them. Without HOST it listens to this host alone. With stdio the serial port is "
      "null unless -serial says otherwise; where it is mon:stdio, Ctrl-a c shows a monitor at the terminal without "
      "this option, but for none. The commands change nothing in the run, but for loadvm, nmi, system_reset and "
      "system_powerdown.",
      monitor_words, take_monitor },
    { "qmp", "stdio|tcp:[HOST]:PORT|unix:PATH|none", GROUP_OBSERVE,
      "A monitor for programs, by QEMU's protocol QMP: commands and answers in JSON, and events. One -gdb and several "
      "-monitor and -qmp may be given together: what a client of one does is told to the clients of all.",
      monitor_words, take_qmp },
    { "mon", "[chardev=]ID[,mode=readline|control]", GROUP_OBSERVE,
      "A monitor at a -chardev: for people with mode=readline, the default, and QMP with mode=control.", mon_words,
      take_mon },
    { "break", "EVENT[:N][,cpu=N]", GROUP_OBSERVE,
      "Stops for the client of -gdb, -monitor or -qmp when something happens to an interrupt or a device: raise:4 "
      "(GSI), accept:0x31, deliver:0x31, ack:27, eoi:27 (vector or INTID), write:0xfee000b0, read, in:0x3f8, out, "
      "instruction:123456, says:TEXT (the guest prints that). May be given more than once.",
      NULL, take_break },
    { "s", NULL, GROUP_OBSERVE, "The same as -gdb tcp::1234.", NULL, take_gdb_default },
    { "S", NULL, GROUP_OBSERVE,
      "Waits for a client of -gdb or -s, or for cont in a -monitor or by -qmp, before the first instruction.", NULL,
      take_stopped },

    { "name", "TEXT", GROUP_SCRIPTS, "A name for the machine, which the guest does not see.", NULL, take_nothing },
    { "readconfig", "FILE", GROUP_SCRIPTS,
      "Options from a file in QEMU's form: [device \"ID\"], or another option's name, and lines NAME = \"VALUE\" below "
      "it.",
      NULL, take_readconfig },
    { "daemonize", NULL, GROUP_SCRIPTS,
      "The run goes on in the background; what is wrong before its first instruction is still said. The serial port is "
      "null, unless it goes to a file or a socket.",
      NULL, take_daemonize },
    { "pidfile", "FILE", GROUP_SCRIPTS, "The process's number goes there while it runs.", NULL, take_pidfile },
    { "echr", "N", GROUP_SCRIPTS, "The character that begins the keys of the command, instead of 1, Ctrl-a.", NULL,
      take_echr },
    { "L", "DIRECTORY", GROUP_SCRIPTS,
      "Where firmware and ROMs are that are given by name: before the folders of packages, as /usr/share/seabios and "
      "/usr/share/qemu.",
      NULL, take_directory },
    { "action", "EVENT=ACTION[,EVENT=ACTION]", GROUP_SCRIPTS,
      "What happens at the ends of a machine: reboot=shutdown is -no-reboot, shutdown=pause is -no-shutdown, the "
      "others are as they are: reboot=reset, shutdown=poweroff, panic=none, watchdog=none.",
      NULL, take_action },
    { "no-user-config", NULL, GROUP_SCRIPTS, "There are no files of a user's configuration.", NULL, take_nothing },
    { "overcommit", "mem-lock=on|off", GROUP_SCRIPTS, "How the host treats memory: the guest does not see it.", NULL,
      take_nothing },
    { "mem-prealloc", NULL, GROUP_SCRIPTS, "Likewise.", NULL, take_nothing },
    { "no-fd-bootchk", NULL, GROUP_SCRIPTS, "There is no floppy drive.", NULL, take_nothing },
    { "watchdog-action", "ACTION", GROUP_SCRIPTS, "There is no watchdog.", NULL, take_nothing },
    { "sandbox", "off", GROUP_SCRIPTS, "There is no filter of system calls.", NULL, take_sandbox },
    { "vnc", "none", GROUP_SCRIPTS, "There is no display.", none_word, take_vnc },
    { "audio", "none", GROUP_SCRIPTS, "There is no sound card.", none_word, take_audio },
    { "audiodev", "none,id=ID", GROUP_SCRIPTS, "Likewise.", NULL, take_audiodev },

    { "help", NULL, GROUP_HELP, "Lists the options.", NULL, take_help },
    { "h", NULL, GROUP_HELP, "The same as -help.", NULL, take_help },
    { "version", NULL, GROUP_HELP, "Prints the version.", NULL, take_version },
    { "completion", "bash|zsh|fish", GROUP_HELP, "Prints the completions of that shell, to be sourced there.",
      shell_words, take_completion },
};
const unsigned option_count = sizeof options / sizeof options[0];

const char *option_group_title(enum option_group group)
{
    static const char *const titles[OPTION_GROUPS] = {
        [GROUP_MACHINE] = "Machine", [GROUP_BOOT] = "What to run",   [GROUP_DEVICES] = "Devices and consoles",
        [GROUP_TIME] = "Time",       [GROUP_OBSERVE] = "Looking in", [GROUP_SCRIPTS] = "For scripts",
        [GROUP_HELP] = "Help",
    };
    return titles[group];
}

static const struct option *find(const char *name)
{
    for (unsigned i = 0; i < option_count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

const struct option *option_find(const char *word)
{
    if (word[0] != '-' || word[1] == 0)
        return NULL;
    return find(word + (word[1] == '-' && word[2] ? 2 : 1));
}

static int unknown_option(struct settings *settings, const char *name)
{
    const char *words[sizeof options / sizeof options[0] + 1] = { 0 };
    for (unsigned i = 0; i < option_count; i++)
        words[i] = options[i].name;
    if (option_refused(name))
        return refuse(settings, "-%s: not here: %s", name, option_refused(name));
    const char *nearest = text_nearest(name, words);
    if (!nearest)
        return refuse(settings, "unknown option '-%.80s'; -help lists all", name);
    return refuse(settings, "unknown option '-%.80s'; the nearest is '-%s' (-help lists all)", name, nearest);
}

// "-OPTION help" lists what an option takes, unless its value is a file's name or free text.
static int take_value(struct settings *settings, const struct option *option, const char *value)
{
    bool is_free = option->argument && (strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "TEXT") == 0);
    if (!list_is_asked(value) || is_free || option->take == take_cpu || option->take == take_device ||
        option->take == take_trace || option->take == take_log)
        return option->take(settings, value);
    return list_find(settings, option) ? 0 : list_usage(settings, option);
}

// What options mean together, once all have been read; each in its place, as later ones count on what earlier ones have added.
static int (*const resolvers[])(struct settings *settings) = {
    resolve_semihosting, resolve_drives, resolve_defaults, resolve_cpu,  resolve_net,   resolve_objects, resolve_bios,
    resolve_kernel_rom,  resolve_vga,    resolve_globals,  resolve_roms, resolve_lists, resolve_streams,
};

int options_parse(struct settings *settings, int argc, char *const *argv)
{
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || word[1] == 0)
            return refuse(settings, "'%.80s' is no option; a kernel is given with -kernel FILE", word);
        const struct option *option = option_find(word);
        if (!option)
            return unknown_option(settings, word + (word[1] == '-' && word[2] ? 2 : 1));
        if (option->argument && ++i == argc)
            return refuse(settings, "-%s: needs %s", option->name, option->argument);
        if (take_value(settings, option, option->argument ? argv[i] : NULL) < 0)
            return -1;
    }
    for (unsigned i = 0; i < sizeof resolvers / sizeof resolvers[0]; i++)
        if (resolvers[i](settings) < 0)
            return -1;
    return 0;
}

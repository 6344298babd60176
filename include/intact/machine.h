// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole machine: configure it, load a kernel, run it, see how it ended.
//
//     struct intact_machine_config config;
//     intact_machine_config_init(&config);
//     config.kernel = "vmlinuz";
//     config.append = "console=ttyS0";
//     config.serial.write = my_write;
//     struct intact_machine *machine;
//     char why[INTACT_ERROR_SIZE];
//     if (intact_machine_create(&config, &machine, why) < 0)
//         die(why);
//     struct intact_exit end = intact_machine_run(machine);
//     intact_machine_destroy(machine);
//
// Time is counted in executed instructions only: two runs of one configuration do the same things at the same
// instructions, as long as there is no input from outside.
//
// Threads. The thread that creates the machine runs it; all callbacks come on it. Only functions marked "any thread"
// may be called from elsewhere. Several machines may exist, each with a thread of its own.
#ifndef INTACT_MACHINE_H
#define INTACT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/backend.h>
#include <intact/error.h>
#include <intact/trace.h>
#include <intact/version.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_machine;
struct intact_irq_manager;

// --- Configuration ---------------------------------------------------------------------------------------------------

#define INTACT_MEMORY_MIN (UINT64_C(4) << 20)
#define INTACT_MEMORY_MAX (UINT64_C(512) << 30)
#define INTACT_CPUS_MAX   512u // INTACT_VIRT with GICv3; INTACT_PC: 255, INTACT_VIRT with GICv2: 8

// Where the characters of a port go. `write` NULL: nowhere. `flush` is called when the machine is about to wait and
// when it stops: output that was buffered should be shown then. It may be NULL.
struct intact_console {
    void (*write)(void *owner, uint8_t byte);
    void (*flush)(void *owner);
    void *owner;
};

// Which machine: its processors, its interrupt controllers, its address map.
enum intact_machine_type {
    INTACT_PC,   // x86-64; 8259A pair, IOAPIC, local APICs
    INTACT_VIRT, // AArch64; a generic interrupt controller (GIC), addresses as of QEMU's `virt`
};

// The chipset of INTACT_PC: `-machine pc` and `q35`.
enum intact_chipset {
    INTACT_I440FX, // an 82441FX; with a firmware or disks a PIIX3 with IDE, and the power management of a PIIX4
    INTACT_Q35,    // a Q35 MCH and an ICH9: configuration space in memory by PCIEXBAR, eight PCI interrupts, AHCI
};

// How the bytes of a disk are in a file.
enum intact_drive_format {
    INTACT_DRIVE_RAW,   // one after the other
    INTACT_DRIVE_QCOW2, // QEMU's docs/interop/qcow2, versions 2 and 3, with backing files
    // qcow2 if the file begins as one, else raw; what the guest writes to the first sector of such a raw disk may not begin as
    // qcow2, and is an I/O error if it does: it would be taken for that the next time
    INTACT_DRIVE_PROBE,
    INTACT_DRIVE_NULL, // no file: it reads as zeroes, and what is written is lost
};

// A drive: a file, and what it is for.
enum intact_drive_interface {
    INTACT_DRIVE_NONE,   // for the device whose `drive` property is its id
    INTACT_DRIVE_PFLASH, // the contents of a flash bank
    INTACT_DRIVE_IDE,    // a disk of the IDE or AHCI controller of INTACT_PC
};

#define INTACT_DRIVES_MAX  32
#define INTACT_FLASH_BANKS 2u
#define INTACT_IDE_DRIVES  4u
#define INTACT_SATA_DRIVES 6u

struct intact_drive_config {
    enum intact_drive_interface interface;
    const char *file; // path
    const char *id;   // INTACT_DRIVE_NONE: no two are equal. NULL: none
    // INTACT_DRIVE_PFLASH: the bank, 0 to INTACT_FLASH_BANKS - 1; INTACT_DRIVE_IDE: the disk, 0 to INTACT_IDE_DRIVES - 1: 0 and 1
    // are master and slave of the first channel, 2 and 3 of the second; with INTACT_Q35 the port, 0 to INTACT_SATA_DRIVES - 1
    unsigned unit;
    bool readonly; // the guest cannot write to it
    bool snapshot; // what it writes is kept in memory only, and the file is not changed
    // INTACT_DRIVE_NONE, INTACT_DRIVE_IDE: a disk of your own instead of the file. It is copied. NULL: the file.
    const struct intact_block *block;
    // INTACT_DRIVE_IDE: a CD drive with the file as its medium, which is never written; without a file it is empty
    bool cd;
    enum intact_drive_format format; // of the file; INTACT_DRIVE_PFLASH: INTACT_DRIVE_RAW
    bool discard;  // what the guest discards reads as zeroes, and its room is given back to the host; false: it stays
    uint64_t size; // INTACT_DRIVE_NULL: bytes, a multiple of INTACT_BLOCK_SECTOR, not 0
    // Other processes may have the file open as they like. false, on hosts that can tell: a drive that is written is nobody else's,
    // and one that is read is written by nobody else; but for INTACT_DRIVE_PFLASH. The `share-rw` of a device lets others write.
    bool unlocked;
};

// The end of a network cable, for the card that names its id.
enum intact_netdev_kind {
    INTACT_NETDEV_HUB,  // those with the same number are on one hub: each receives what the others send
    INTACT_NETDEV_FILE, // a pcap file that gets what the card sends; nothing is received
    INTACT_NETDEV_USER, // a network behind the host's sockets (10.0.2.0/24, DHCP), if the library has libslirp
    INTACT_NETDEV_OWN,  // implemented by the program
    // Sockets, whose frames are input from outside. STREAM: each frame behind its length in 4 bytes, the highest first, to one peer
    // at a time, as QEMU's `stream` and `socket`; DGRAM: each frame is a datagram.
    INTACT_NETDEV_STREAM,
    INTACT_NETDEV_DGRAM,
};

#define INTACT_NETDEVS_MAX 16

// What a network of kind USER has inside: addresses as text, NULL: as QEMU has them, that is what the comment says.
struct intact_user_network {
    const char *net;                                        // "10.0.2.0/24"; the length may be a mask, too
    const char *host;                                       // the host's address: that of the network and 2
    const char *dns;                                        // of the name server: and 3
    const char *dhcp_start;                                 // the first of 16 that DHCP gives: and 15
    const char *hostname, *domain, *bootfile, *tftp_server; // that DHCP tells: none
    const char *tftp;                                       // a folder, whose files can be read by TFTP: none
    const char *const *search;                              // domains that DHCP tells
    unsigned search_count;
    const char *const
        *guest_forwards; // "tcp:ADDRESS:PORT-cmd:COMMAND" or "-unix:PATH": who answers there in place of the outside
    unsigned guest_forward_count;
    bool no_ipv4, no_ipv6;
    const char *net6, *host6, *dns6; // "fec0::/64", with ::2 and ::3
};

struct intact_netdev_config {
    enum intact_netdev_kind kind;
    const char *id;   // no two are equal
    unsigned hub;     // HUB: its number
    const char *file; // FILE: its path
    // USER: the guest cannot connect to the outside; only forwarded ports are connected.
    bool restricted;
    const char *const *forwards; // USER: "tcp:[address]:port-[address]:port", "udp:..."
    unsigned forward_count;
    // OWN: it is copied. Frames for the guest are sent with intact_machine_net_input.
    const struct intact_net *net;
    // STREAM: one of the two: where it listens, or what it connects to, "tcp:[HOST]:PORT" or "unix:PATH"; `local` may be "fd:N", a
    // socket that is connected already. DGRAM: where datagrams come in and where they go, "udp:[HOST]:PORT" or "unix:PATH"; a
    // `remote` that is the address of a group is joined, by the interface of `local` or by any. An empty HOST is this host.
    const char *local, *remote;
    struct intact_user_network user; // USER
    unsigned reconnect_ms; // STREAM with `remote`: it is tried again after so long; 0: it must be there, and comes once
};

// A character device other than the serial port's, for the device whose `chardev` property is its id.
#define INTACT_CHARDEVS_MAX 16

struct intact_chardev_config {
    const char *id; // no two are equal
    struct intact_console console;
    bool input; // the characters of intact_machine_input are for that device, not for the serial port
    // A run waits for its input (intact_machine_chardev_input) until intact_machine_chardev_input_end is called.
    bool interactive;
    // "Nq" from the guest, a number and a q, ends the run as isa-debug-exit does with N; whatever else it says is dropped.
    bool testdev;
};

// A device in addition to those that the machine always has: which one (intact_device_driver), and its properties.
struct intact_property {
    const char *name, *value;
};

struct intact_device_config {
    const char *driver;
    const struct intact_property *properties;
    unsigned property_count;
};

#define INTACT_DEVICES_MAX 128

// A file of fw_cfg in addition to the machine's own, for a firmware or a system: its name, and its contents in a file or in memory.
#define INTACT_FW_CFG_MAX 16

struct intact_fw_cfg_config {
    const char *name; // 1 to 55 characters
    const char *file; // path; NULL: `data`, which lives as long as the machine
    const void *data;
    size_t data_size;
    // An option ROM ("genroms/NAME") that starts the kernel: a firmware tries it first, as a device with bootindex=0.
    bool starts_kernel;
};

// What SMBIOS tables say, in place of or in addition to what they say by themselves: a property of a structure by QEMU's names
// (docs/drop-in.md), or a file that has whole structures with their strings, in place of those of the same types.
#define INTACT_SMBIOS_MAX 64

struct intact_smbios_config {
    unsigned type;            // 0, 1, 2, 3, 4, 11 or 17
    const char *name, *value; // NULL: a file
    const char *file;         // path
    const void *data;         // its contents, if they are in memory, as long as the machine is there; NULL: the file
    size_t data_size;
};

enum intact_jit {
    INTACT_JIT_ON,
    INTACT_JIT_OFF, // the interpreter runs everything
    // To find mistakes of the code generator: every block that became host code is run by the interpreter too, and the first
    // difference ends the run with INTACT_JIT_DIFFERS. 10 to 100 times slower.
    INTACT_JIT_CHECK,
};

// A list is an array, a count and the size of an element. intact_machine_config_init sets all sizes: they tell the library
// which version of each structure the program was compiled with. The arrays are copied; the strings and owners that they
// point to live as long as the machine.
struct intact_machine_config {
    size_t size; // of this structure: intact_machine_config_init sets it
    enum intact_machine_type type;
    unsigned gic_version; // INTACT_VIRT: 2 (at most 8 processors) or 3 (at most 512)
    bool its;             // with GICv3: LPIs, and an interrupt translation service for messages

    // Processors and memory.
    unsigned cpus;   // 1 to INTACT_CPUS_MAX, or less: see there
    uint64_t memory; // bytes, INTACT_MEMORY_MIN to INTACT_MEMORY_MAX, a multiple of 4 KiB
    // A model's name (intact_machine_cpu), with features added or removed: "qemu64,+x2apic,-nx". NULL: the first. INTACT_PC also
    // takes vendor=, family=, model=, stepping=, and enforce (intact_machine_cpu_without); docs/drop-in.md.
    const char *cpu;

    // What to run: a kernel (bzImage, multiboot 1, ELF with a PVH note; INTACT_VIRT: Image, ELF, raw code; plain or
    // gzip) or a firmware. Paths, or a kernel in memory, which is then called by the name in `kernel`.
    const char *kernel;
    const void *kernel_data; // NULL: the file. It must live as long as the machine
    size_t kernel_size;
    const char *initrd; // NULL: none
    const char *append; // the command line, NULL: empty
    const char *bios;   // NULL: none. a firmware, which starts the kernel if there is one; INTACT_VIRT: flash bank 0

    // Time.
    unsigned shift; // 2^shift ns of virtual time per instruction, 0 to 10
    // Idle time is waited for by the host's clock instead of being skipped; the guest sees no difference.
    bool paced;
    int64_t rtc_date; // Unix time of the real-time clock at the start, 0 to 253402300799
    uint64_t limit;   // stop after so many instructions of all processors, 0: none

    // Devices.
    bool hpet;                // IA-PC HPET
    bool acpi;                // ACPI tables; INTACT_VIRT: for a firmware. The MP table, or device tree, is always there
    bool testdev;             // pc-testdev
    uint16_t debug_exit_port; // isa-debug-exit, 0: none
    uint16_t debug_exit_size; // 1 to 4 ports
    uint16_t debugcon_port;   // a console port as of Bochs (E9h), 0: none
    bool com1;                // a 16550A at 3F8h, IRQ 4
    struct intact_console serial; // of COM1
    struct intact_console debugcon;

    // Characters of other devices.
    const struct intact_chardev_config *chardevs;
    unsigned chardev_count; // 0 to INTACT_CHARDEVS_MAX
    size_t chardev_size;

    // Drives. One with INTACT_DRIVE_NONE need not be used by a device.
    const struct intact_drive_config *drives;
    unsigned drive_count; // 0 to INTACT_DRIVES_MAX
    size_t drive_size;

    // More devices, made in this order.
    const struct intact_device_config *devices;
    unsigned device_count; // 0 to INTACT_DEVICES_MAX
    size_t device_size;
    size_t property_size; // of their properties

    // The network.
    const struct intact_netdev_config *netdevs;
    unsigned netdev_count; // 0 to INTACT_NETDEVS_MAX
    size_t netdev_size;

    // Behaviour.
    bool reboot; // a reset starts the machine again; false: it stops
    // A run waits for input (intact_machine_input, triggers of other threads) until intact_machine_input_end is called.
    bool interactive;

    // Of the backends of the program's own that drives and networks point to (<intact/backend.h>).
    size_t block_size, net_size;
    // Input comes from a journal (intact_journal_prepare sets it): no network of the host is opened, and drives keep what
    // is written in memory only, as with their `snapshot`.
    bool replays;

    // The code generator: guest code that runs often becomes host code. Nothing of it can be seen by the guest. Where the host
    // has no memory for code or refuses it, the interpreter runs everything; INTACT_JIT_CHECK is refused there.
    enum intact_jit jit;
    uint64_t jit_size;      // bytes of memory for host code, 64 KiB to 1 GiB; 0: 64 MiB
    uint32_t jit_threshold; // a block becomes host code when it has run so many times; 0: 16
    // Where host code is goes to /tmp/perf-PID.map, which Linux's perf reads: a line with address, size and name for each block that
    // becomes host code. Its name is guest-0x100025, with the guest's address. Several machines of a process share the file.
    bool perf_map;

    // What a firmware of INTACT_PC tries to boot, in this order: c a disk, d a CD, a a floppy, n the network; up to three. NULL: "cad".
    const char *boot_order;
    bool boot_menu; // it asks the user
    // A firmware of the PC uses the first serial port as its console, even if there is a display; without one it does so anyway.
    bool serial_console;

    const struct intact_fw_cfg_config *fw_cfgs;
    unsigned fw_cfg_count; // 0 to INTACT_FW_CFG_MAX
    size_t fw_cfg_size;

    // INTACT_PC: the ids of the chardevs of COM2 (2F8h, IRQ 3), COM3 (3E8h, IRQ 4) and COM4 (2E8h, IRQ 3). NULL: not there.
    const char *com_chardevs[3];
    enum intact_chipset chipset; // of INTACT_PC

    // What SMBIOS tables say: for a firmware, and on INTACT_PC without one at F8000h.
    const uint8_t *uuid; // of the machine, 16 bytes in the order in which they are written; NULL: none
    const struct intact_smbios_config *smbios;
    unsigned smbios_count; // 0 to INTACT_SMBIOS_MAX
    size_t smbios_size;

    // INTACT_VIRT: HLT #F000h is a semihosting request (docs/drop-in.md), whose console is `debugcon`; a program that exits ends the
    // run with INTACT_DEBUG_EXIT and its status.
    bool semihosting;
    const char *semihosting_line; // the command line that it can ask for; NULL: empty

    // INTACT_VIRT: /chosen of the device tree has a kaslr-seed and an rng-seed, made from `seed`: the same in every run, and after a
    // reset. Then a kernel is at another address than in its symbols.
    bool tree_seeds;
    uint64_t seed;

    // INTACT_PC: `boot_order` of the first boot, until the guest is reset. NULL: there is no difference.
    const char *boot_once;
    bool boot_strict; // a firmware tries nothing but the devices that have a `bootindex`, if there are any

    // The end of a machine does not end its run: where that would be INTACT_POWER_OFF, or without `reboot` INTACT_RESET, it is
    // INTACT_BREAK with INTACT_STOP_OFF, and intact_machine_reset is to be called before the next run. A replay passes it.
    bool stay_off;
};

// One processor, 128 MiB, an HPET, ACPI, COM1 without output, reboot, the fixed date 2026-01-01; nothing to run.
void intact_machine_config_defaults(struct intact_machine_config *config, size_t size);
static inline void intact_machine_config_init(struct intact_machine_config *config)
{
    intact_machine_config_defaults(config, sizeof *config);
    config->chardev_size = sizeof(struct intact_chardev_config);
    config->drive_size = sizeof(struct intact_drive_config);
    config->device_size = sizeof(struct intact_device_config);
    config->property_size = sizeof(struct intact_property);
    config->netdev_size = sizeof(struct intact_netdev_config);
    config->block_size = sizeof(struct intact_block);
    config->net_size = sizeof(struct intact_net);
    config->fw_cfg_size = sizeof(struct intact_fw_cfg_config);
    config->smbios_size = sizeof(struct intact_smbios_config);
}

// The names that `cpu` takes on a machine of `type`, by index from 0; NULL after the last. `about`, unless NULL, gets
// one line of description. Any thread.
const char *intact_machine_cpu(enum intact_machine_type type, unsigned index, const char **about);

// The features that may follow on a machine of `type`, in the same way: none on INTACT_VIRT. Any thread.
const char *intact_machine_cpu_feature(enum intact_machine_type type, unsigned index);

// The devices that `devices` can name, by index from 0; NULL after the last. `about`, unless NULL, gets one line of
// description. Any thread.
const char *intact_device_driver(unsigned index, const char **about);
// The properties that a driver takes, in the same way; also NULL for a driver that does not exist. Any thread.
const char *intact_device_property(const char *driver, unsigned index, const char **about);

// --- Life ------------------------------------------------------------------------------------------------------------

// Builds the machine and loads what it is to run. `config` is copied, its strings must live as long as the machine.
// 0 and *machine; or a negative errno with one line in `why` (INTACT_ERROR_SIZE bytes) that names what is wrong:
// -EINVAL for a value out of range, -ENOENT and other file errors, -ENOEXEC for a file that is no kernel, -ENOMEM if
// the guest's or the host's memory is too small.
int intact_machine_create(const struct intact_machine_config *config, struct intact_machine **machine, char *why);
// NULL: nothing. No other thread may use the machine any more. Groups of <intact/interrupt.h> that are left are
// destroyed as by intact_irq_manager_destroy_group; the program destroys the notifiers that it attached to them.
// Devices (intact_irq_device_destroy) and lines must be destroyed or disconnected before.
void intact_machine_destroy(struct intact_machine *machine);

enum intact_reason {
    INTACT_POWER_OFF,   // the guest turned the power off (ACPI S5)
    INTACT_RESET,       // it asked for a reset (port CF9h, 8042, triple fault), and `reboot` was false
    INTACT_DEBUG_EXIT,  // it wrote to isa-debug-exit, or a program exited by semihosting
    INTACT_DEADLOCK,    // every processor is halted, no timer runs, and no input is possible
    INTACT_QUIT,        // intact_machine_quit
    INTACT_LIMIT,       // `limit` instructions were executed
    INTACT_PAUSED,      // the instructions of intact_machine_run_for were executed
    INTACT_FAILED,      // the machine could not be started again after a reset; intact_machine_error says why
    INTACT_DIVERGED,    // a replay is not the run that was recorded (<intact/replay.h>); intact_machine_error says more
    INTACT_JOURNAL_END, // a replay has come to the end of a journal that was cut short
    INTACT_BREAK,       // a debugger's: `stop` of struct intact_exit says which (<intact/debug.h>)
    INTACT_JIT_DIFFERS, // INTACT_JIT_CHECK: host code is not what the interpreter does; intact_machine_jit_report says more
};

// Where INTACT_BREAK stopped.
enum intact_stop {
    INTACT_STOP_NONE,
    INTACT_STOP_STEP,    // `cpu` has executed an instruction (intact_machine_step)
    INTACT_STOP_REQUEST, // intact_machine_interrupt
    INTACT_STOP_EXECUTE, // `cpu` is about to execute the instruction at `address`
    INTACT_STOP_WRITE,   // it accessed the watched byte at `address`, or on INTACT_VIRT is about to
    INTACT_STOP_READ,
    INTACT_STOP_ACCESS,
    INTACT_STOP_EVENT, // an event of intact_break_event: `address` is its GSI, vector, INTID, address, port or instruction
    INTACT_STOP_OFF, // the power is off (intact_machine_config.stay_off)
};

struct intact_exit {
    enum intact_reason reason;
    int status;            // exit status for a process: 0 to 255
    uint64_t instructions; // executed by all processors since creation
    uint64_t time;         // virtual time, ns
    enum intact_stop stop; // INTACT_BREAK: why
    unsigned cpu;          // INTACT_BREAK: the processor
    uint64_t address;      // INTACT_BREAK: of a breakpoint or a watched byte, virtual; of an event, its number
};

// Exit statuses of INTACT_DEADLOCK, INTACT_LIMIT, INTACT_FAILED, INTACT_DIVERGED, INTACT_JOURNAL_END and INTACT_JIT_DIFFERS.
// isa-debug-exit gives odd ones, (value << 1 | 1) & 255, and everything else 0.
#define INTACT_STATUS_DEADLOCK    64
#define INTACT_STATUS_LIMIT       66
#define INTACT_STATUS_FAILED      68
#define INTACT_STATUS_DIVERGED    70
#define INTACT_STATUS_JOURNAL_END 72
#define INTACT_STATUS_JIT_DIFFERS 76

// Runs until one of the reasons above. On the machine's thread. In a callback of a run it is INTACT_FAILED and changes nothing, and so
// are intact_machine_run_for and intact_machine_step. intact_machine_quit may be called there.
//
// Another call continues the run, after INTACT_QUIT as if it had not stopped. After INTACT_POWER_OFF, INTACT_DEBUG_EXIT and
// INTACT_RESET the guest goes on behind the instruction that ended it, without a reset, where real hardware would not.
// INTACT_LIMIT comes again at once, and so does INTACT_DEADLOCK unless there is input now.
struct intact_exit intact_machine_run(struct intact_machine *machine);

// The same for at most `count` instructions of all processors: INTACT_PAUSED after exactly that many. It goes on with
// another call of either function, and nothing that the guest sees depends on where it paused. A `count` of 0 is
// INTACT_PAUSED at once.
struct intact_exit intact_machine_run_for(struct intact_machine *machine, uint64_t count);

// Calls `call` once, on the machine's thread, when all processors together have executed `instructions` (and before the next one),
// or at the end of a run that stops there. The call looks at the machine, and may not run it; the run goes on as if it had not been.
// 0, -EINVAL: more have been executed already, -ENOMEM.
int intact_machine_call_at(struct intact_machine *machine, uint64_t instructions,
                           void (*call)(void *owner, struct intact_machine *machine), void *owner);

// Any thread. Calls `call` once, on the machine's thread: between two instructions of a run, while it waits for input or the host's
// clock, or in the next run. The call itself is in no journal. It looks at the machine, and may neither run nor change it. One at a
// time: -EBUSY until the last one was called. 0. `owner` must live until it was called or the machine is destroyed.
int intact_machine_look(struct intact_machine *machine, void (*call)(void *owner, struct intact_machine *machine),
                        void *owner);

// A short text for a reason, "power off". Any thread.
const char *intact_reason_text(enum intact_reason reason);

// What `cpu` asks for, by the name of a model or by a feature, and is not modelled: "aes, avx", or "". The processors say that they do
// not have it. ",enforce" in `cpu` makes intact_machine_create fail instead, on INTACT_PC.
const char *intact_machine_cpu_without(const struct intact_machine *machine);

// The text of the last failure after creation, one line; never NULL.
const char *intact_machine_error(const struct intact_machine *machine);

// Instructions executed so far and the virtual time in ns, exact also inside a callback.
uint64_t intact_machine_instructions(const struct intact_machine *machine);
uint64_t intact_machine_time(const struct intact_machine *machine);

// What the code generator does. Numbers of it depend on the host, and are no part of the run.
struct intact_jit_state {
    size_t size; // of this structure: intact_jit_state_init sets it
    bool on;     // false: the interpreter runs everything, and all numbers below are 0
    int refused; // why it is off: 0: the configuration says so; -ENOTSUP: there is none for this host; another negative
                 // errno: the host refuses memory for code
    uint32_t threshold;      // a block becomes host code when it has run so many times
    uint64_t memory, used;   // bytes of memory for host code, and of it in use
    uint64_t blocks;         // that became host code so far
    uint64_t blocks_refused; // that are larger than the memory
    uint64_t
        emptied; // how often the memory was emptied: it, or the cache of blocks, was full, or observers of code changed
};

// Nothing is known yet. Any thread.
void intact_jit_state_defaults(struct intact_jit_state *state, size_t size);
static inline void intact_jit_state_init(struct intact_jit_state *state)
{
    intact_jit_state_defaults(state, sizeof *state);
}

// Fills in a structure that intact_jit_state_init has prepared. On the machine's thread. 0; -EINVAL: it was not prepared.
int intact_machine_jit(const struct intact_machine *machine, struct intact_jit_state *state);

// After INTACT_JIT_DIFFERS: which block, which op and register, what they are and should be, and the host code, as assembly where the
// library was built with Capstone. Lines for people, until the machine is destroyed. On the machine's thread. NULL: there is nothing to
// tell, or no memory for it.
const char *intact_machine_jit_report(struct intact_machine *machine);

// The manager of the machine's interrupts, for devices of your own (<intact/interrupt.h>).
struct intact_irq_manager *intact_machine_interrupts(struct intact_machine *machine);

// --- Processors and memory -------------------------------------------------------------------------------------------
//
// On the machine's thread, between two runs: -EBUSY from within a callback of a run. `cpu` is below the configuration's
// cpus, else -EINVAL.

// The names of a processor's registers, by index from 0; NULL after the last. INTACT_PC: "rax" to "r15", "rip",
// "rflags", segment selectors and bases, "cr0" and so on; INTACT_VIRT: "x0" to "x30", "sp", "pc", "pstate", and the
// system registers by their names in the architecture's manual.
const char *intact_machine_register(const struct intact_machine *machine, unsigned index);

// A register by its name, of at most 64 bits. -ENOENT: there is none of this name; -EROFS: it can only be read. A write
// sets what an instruction of the guest could set, and other bits stay.
int intact_machine_read_register(struct intact_machine *machine, unsigned cpu, const char *name, uint64_t *value);
int intact_machine_write_register(struct intact_machine *machine, unsigned cpu, const char *name, uint64_t value);

// Memory at a physical address: RAM, and for a read ROM. -EFAULT: some byte of the range is something else, and nothing
// was copied.
int intact_machine_read_memory(struct intact_machine *machine, uint64_t address, void *data, size_t size);
int intact_machine_write_memory(struct intact_machine *machine, uint64_t address, const void *data, size_t size);

// The same at a virtual address, through the page tables of `cpu` as its kernel's accesses see them. -EFAULT too where
// a page is not mapped; the pages before it were copied. As an access of the guest does, this may set accessed and
// dirty flags in the tables.
int intact_machine_read_virtual(struct intact_machine *machine, unsigned cpu, uint64_t address, void *data,
                                size_t size);
int intact_machine_write_virtual(struct intact_machine *machine, unsigned cpu, uint64_t address, const void *data,
                                 size_t size);

// --- From outside ----------------------------------------------------------------------------------------------------

// Any thread. Bytes for the serial port, or the device with `input`, in order. Returns how many were accepted: fewer
// than `size` when the guest has not read the earlier ones (call again later), and none after intact_machine_input_end. Without
// `interactive` a run does not wait for them: it ends with INTACT_DEADLOCK where the guest does, and the next one goes on.
size_t intact_machine_input(struct intact_machine *machine, const void *data, size_t size);

// Any thread. No more input will come: a machine that waits for it may end with INTACT_DEADLOCK, unless a notifier is
// still attached to a source.
void intact_machine_input_end(struct intact_machine *machine);

// Any thread. The same for the device with the chardev `id`, or with NULL for the serial port, whether or not it has `input`; a
// device that only prints takes none. The end is that of the one port: -ENOENT: no chardev has this id.
size_t intact_machine_chardev_input(struct intact_machine *machine, const char *id, const void *data, size_t size);
int intact_machine_chardev_input_end(struct intact_machine *machine, const char *id);

// Any thread. A frame for the card on the network `id`, of kind OWN: from the destination address on, without a check
// sequence, 1 to INTACT_NET_FRAME bytes. It arrives when the machine's thread drains its inbox; a card without buffers
// drops it. 0; -ENOENT: no card uses such a network; -EINVAL: the size; -ENOMEM.
int intact_machine_net_input(struct intact_machine *machine, const char *id, const void *frame, size_t size);

// Any thread. Connects (`up`, as at first) or disconnects the cable of the card on the network `id`, of any kind, in
// order with frames of intact_machine_net_input. While it is disconnected the card neither sends nor receives, and
// frames that wait for the card are lost. Its driver finds VIRTIO_NET_S_LINK_UP in `status` and gets a
// configuration-change interrupt if that changed (VIRTIO 1.2, 5.1.4 and 2.3). A reset of the machine does not change
// it. 0; -ENOENT: no card uses such a network; -ENOMEM.
int intact_machine_net_link(struct intact_machine *machine, const char *id, bool up);

// Any thread. Sets the screen size of the virtconsole with the chardev `id`: columns and rows, each 1 to 65535; 80 and
// 25 at first. Its driver finds them in `cols` and `rows` and gets a configuration-change interrupt if one changed
// (VIRTIO 1.2, 5.3.4 and 2.3). A reset of the machine does not change them. 0; -ENOENT: no virtconsole has such a
// chardev; -EINVAL: the size; -ENOMEM.
int intact_machine_console_size(struct intact_machine *machine, const char *id, unsigned columns, unsigned rows);

// Any thread. Presses the machine's reset button: a machine with `reboot` starts again as after a reset of the guest's
// own, another one ends with INTACT_RESET. Like the two below it is input from outside: it takes effect when the
// machine's thread next drains its inbox, between two instructions (a stopped machine: when it goes on), and a journal
// has it. 0; -EROFS: a replay, which takes its input from the journal; -ENOMEM.
int intact_machine_reset(struct intact_machine *machine);

// Any thread. Presses the power button, which asks the guest to turn the power off: INTACT_PC sets PWRBTN_STS and raises
// the SCI if the guest enabled it (ACPI 6.5, 4.8.2.2.1.1); INTACT_VIRT has a key at a PL061, which is held for 100 ms of
// virtual time. 0; -EROFS; -ENOMEM.
int intact_machine_power_button(struct intact_machine *machine);

// Any thread. A pulse on the NMI line, which is wired to LINT1 of every processor of INTACT_PC: those whose LVT entry
// passes NMIs take it. It is lost while bit 7 of port 70h masks NMI (82371SB and ICH9, NMI_EN). 0; -ENOTSUP: this machine has no such line (INTACT_VIRT); -EROFS; -ENOMEM.
int intact_machine_nmi(struct intact_machine *machine);

// Any thread. Asks the guest's balloon driver (-device virtio-balloon-pci or virtio-balloon-device) to leave the guest `size` bytes of
// its memory, rounded up to 4 KiB; more than there is asks for all. Input from outside as the buttons are. 0; -EINVAL: 0 bytes;
// -ENOTSUP: there is no balloon; -EROFS; -ENOMEM.
int intact_machine_balloon(struct intact_machine *machine, uint64_t size);
// On the machine's thread. How many bytes the driver says that it has left the guest. 0; -ENOTSUP.
int intact_machine_balloon_actual(struct intact_machine *machine, uint64_t *size);

// Any thread. Holds the wire of a GSI high by hand, as one more driver of it, or lets it go: it stays high while a device holds it.
// Input from outside as the buttons are; a reset of the machine does not change it. Its name in traces is "gsi:N". 0; -ENXIO: the
// wire leads nowhere; -EROFS; -ENOMEM.
int intact_machine_hold_wire(struct intact_machine *machine, uint32_t gsi, bool level);

// Any thread, but not from a signal handler. Ends intact_machine_run soon.
void intact_machine_quit(struct intact_machine *machine);

// --- Trace -----------------------------------------------------------------------------------------------------------

// Reports the stations of an interrupt's path to `observer` (<intact/trace.h>) until intact_trace_observer_remove, or
// the end of the machine. 0; -EINVAL: it was not prepared by intact_trace_observer_init; -EBUSY: it has been added
// already.
int intact_machine_trace(struct intact_machine *machine, struct intact_trace_observer *observer);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif

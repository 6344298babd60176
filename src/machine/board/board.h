// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What all machines have in common: the first member of struct pc and of struct virt.
//
//     board.c        construction in order, reset; callbacks of controllers, windows
//     board_state.c  all state in one list
//
// A machine adds its own part with a struct board_type, whose functions the board calls in the order of its members.
#ifndef MACHINE_BOARD_BOARD_H
#define MACHINE_BOARD_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include <intact/lint.h>
#include <intact/machine.h>

#include "base/bus.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/inbox.h"
#include "base/trace.h"
#include "base/visit.h"
#include "base/why.h"
#include "devices/display/display.h"
#include "devices/pci/pci.h"
#include "groups/manager.h"
#include "irqchip/route.h"
#include "machine/board/backends.h"
#include "machine/board/boot_order.h"
#include "machine/board/buttons.h"
#include "machine/board/device_list.h"
#include "machine/board/disk_places.h"
#include "machine/board/fw_cfg_files.h"
#include "machine/board/hand.h"
#include "machine/board/history.h"
#include "machine/board/input.h"
#include "machine/board/look.h"
#include "machine/board/mistakes.h"
#include "machine/board/outside.h"
#include "machine/board/pci_place.h"
#include "machine/board/printer.h"
#include "machine/board/smbios_tables.h"
#include "machine/board/virtio_slots.h"
#include "machine/boot/boot.h"
#include "machine/boot/elf.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"

struct board;
struct register_sink;
struct jit;

// Interrupt controllers that the monitor shows by `info NAME [NUMBER]`, without any effect on them.
struct board_chip {
    const char *name;                             // "pic"; NULL behind the last one
    uint32_t (*count)(const struct board *board); // those that have numbers; NULL: there is one
    bool of_cpu;                                  // without a number, that of the monitor's processor; else all
    void (*show)(struct board *board, uint32_t number, const struct printer *printer);
};

// A function that may fail returns 0, or a negative errno, possibly with a line in board->error.
struct board_type {
    size_t size; // of the whole machine, whose first member is the board
    const struct guest *guest;
    unsigned chips;                // the public number of its chip 0
    int64_t last_date;             // the last date of its real-time clock, in seconds since 1970
    unsigned last_year;            // the same for a message
    const struct route_sink *sink; // the receiver of routing; the owner is the board
    const char *pci_address;       // of the PCI host bridge in a path of boot_order.h
    uint64_t video_window;         // where a VGA has its window of 128 KiB, 0: nowhere

    // Construction.
    int (*check)(struct board *board); // checks the configuration for this machine
    int (*make_devices)(struct board *board);
    int (*map_memory)(struct board *board); // RAM, ROM and flash
    int (*wire_controllers)(struct board *board);
    struct vcpu *(*make_cpu)(struct board *board, uint32_t index); // NULL: no memory
    int (*wire_devices)(struct board *board);
    int (*map_devices)(struct board *board);
    // (The devices of the configuration are created here.)
    void (*describe)(struct board *board); // fills the description for ACPI tables or the device tree

    // Reset of devices, controllers and processors; then what a firmware would do.
    void (*reset)(struct board *board);
    int (*firmware)(struct board *board);

    // -device loader: the files it takes; and resets a processor, whose first instruction is at `address` then. One that waits
    // to be started by another goes on waiting.
    enum elf_family elf;
    int (*start_at)(struct board *board, uint32_t cpu, uint64_t address);

    // The buttons of buttons.h, when the machine's thread takes them. NULL: there is none.
    void (*press_power)(struct board *board, uint64_t now);
    void (*press_nmi)(struct board *board);
    // The keyboard and mouse of input.h, likewise.
    void (*key)(struct board *board, unsigned key, bool down, uint64_t now);
    void (*pointer)(struct board *board, int dx, int dy, int wheel, uint8_t buttons, uint64_t now);

    // The interrupt that the controller signals to a processor, whose exception names none. NULL: it names it.
    uint32_t (*signalled)(struct board *board, uint32_t index);

    // Why an interrupt does not arrive (base/why.h): at a pin, of a message; of a source that the controllers know by a text,
    // or a processor's own (-EINVAL with a line). `why_ready`: what of a CPU's pending word a finding says is there; 0.
    // `uses_pin`: whether the guest seems to use that chip for the pin; NULL where no wire leads to several.
    void (*why_pin)(struct board *board, uint32_t chip, uint32_t pin, struct why *why);
    bool (*uses_pin)(struct board *board, uint32_t chip, uint32_t pin);
    void (*why_message)(struct board *board, uint64_t address, uint32_t data, uint32_t device, struct why *why);
    int (*why_source)(struct board *board, const char *source, struct why *why, struct error *error);
    uint32_t (*why_ready)(const struct intact_why_finding *finding, uint32_t *cpu);
    // The CPU whose interface to the controller a finding is about, UINT32_MAX: none. NULL: the controller itself knows which
    // CPUs were started.
    uint32_t (*why_within)(const struct intact_why_finding *finding);
    // The names of the processors' own sources, in order; false behind the last one.
    bool (*own_source)(const struct board *board, unsigned index, char *name, size_t size);

    // What the monitor shows of the interrupt controllers, and which they are, in words.
    const struct board_chip *shown;
    const char *shown_text;
    // What a device's message means: "vector 31h, fixed, to APIC 0 (physical)".
    void (*write_message)(struct board *board, uint64_t address, uint32_t data, uint32_t device, char *text,
                          size_t size);

    // Tells the registers of the controllers as data: those that all processors share, and those of processor `cpu`, or with
    // INTACT_NO_CPU of all.
    void (*tell_registers)(struct board *board, uint32_t cpu, struct register_sink *sink);

    // What a lint looks for in this machine: at an event, which of its suspicions still hold, and at an end of the run.
    void (*lint)(struct board *board, struct intact_lint *lint, const struct intact_trace_event *event);
    bool (*lint_holds)(const struct board *board, enum intact_lint_id id, uint64_t number);
    void (*lint_end)(struct board *board, struct intact_lint *lint, bool runs); // `runs`: some processor would go on

    // The registers of a processor, for programs: 0, -ENOENT or -EROFS.
    const char *(*register_name)(const struct board *board, unsigned index);
    int (*read_register)(struct board *board, uint32_t index, const char *name, uint64_t *value);
    int (*write_register)(struct board *board, uint32_t index, const char *name, uint64_t value);

    // State. After a load, `loaded` derives the rest.
    void (*visit_devices)(struct board *board, struct visit *v);
    void (*visit_controllers)(struct board *board, struct visit *v);
    void (*visit_cpu)(struct board *board, uint32_t index, struct visit *v);
    void (*loaded)(struct board *board);

    // Destroys the parts that have been created.
    void (*destroy_cpu)(struct board *board, uint32_t index);
    void (*destroy)(struct board *board);
};

#define BOARD_CPU_WITHOUT 1024

struct board {
    const struct board_type *type;
    struct intact_machine_config config;
    char cpu_without[BOARD_CPU_WITHOUT]; // what -cpu asks for, and is not modelled
    struct error error;                  // of the last failure

    // Time, vCPUs, host input and output.
    struct clock clock;
    struct inbox inbox;
    struct trace trace;
    struct mistakes mistakes; // of devices; empty without an observer
    struct bus heard_ports;   // with an observer, in place of `ports`: one window, which reports mistakes
    struct region heard_window;
    struct loop loop;
    struct jit *jit; // the code generator; NULL: there is none
    int jit_refused; // why: 0 where it is off, -ENOTSUP, or what the host said
    struct outside outside;
    struct buttons buttons;
    struct input_queue input;
    struct look_channel look;

    // Memory, and I/O ports where the family has them.
    struct bus memory, ports;
    struct board_window *windows;
    uint8_t *ram; // the guest's, and behind it the video memory of its displays
    uint64_t ram_size;
    uint8_t *video;
    uint64_t video_used;     // by displays that were made
    struct page_set written; // pages of RAM since board_take_written
    bool written_taken;      // it was called: `written` no longer has all that was written since the machine was made

    // Interrupts.
    struct route route;
    struct intact_irq_manager *manager;
    struct hand hand;

    // PCI, and the devices of the configuration.
    struct pci_host pci;
    struct pci_windows pci_windows; // where BARs go
    struct virtio_slots virtio_slots;
    struct backends backends;
    struct disk_places disk_places;
    struct device_list devices;
    struct display display; // the first one; all zero: there is none

    const struct history *history; // how a debugger goes back; NULL: it cannot

    struct fw_cfg_files fw_cfg_files;
    struct boot_order boot_order;
    bool restarted; // the guest was reset since the machine was made; kept with config.boot_once alone
    struct smbios_tables smbios;
    struct image_store files; // files that the machine boots from, read once; empty without config.reboot
};

// Builds the machine and loads what it runs, in `type->size` bytes at `board`. 0, or a negative errno with a line in
// board->error; board_destroy in either case. A destroyed board is all zero, and may be destroyed again.
int board_create(struct board *board, const struct board_type *type, const struct intact_machine_config *config);
void board_destroy(struct board *board);
// Reset of everything, then the state that a firmware leaves. The same errors.
int board_reset(struct board *board);
// A reset during a run, which takes time: RESET# is held for a millisecond at least (PCI 3.0, 4.3.2, Trst), and a
// firmware runs. It is counted as BOARD_RESET_INSTRUCTIONS; 1: the loop's limit comes before their end, and the next call
// goes on.
#define BOARD_RESET_INSTRUCTIONS 1000000
int board_restart(struct board *board);

// --- For the machines ------------------------------------------------------------------------------------------------

// Refuses the configuration: -EINVAL and the line "option: text".
int board_refuse(struct board *board, const char *option, const char *text);
// Allocates the guest's memory in `ram`, `size` bytes, and that of its displays, all 0 and no page of it written. -ENOMEM, or
// -EINVAL for a display's property.
int board_make_ram(struct board *board, uint64_t size);
// A window that stays as long as the board, which keeps it: -EEXIST, -ENOSPC, -EINVAL, -ENOMEM as bus_add. A device
// that moves or removes its window has a region of its own, and adds and removes it itself.
int board_map(struct board *board, struct bus *bus, struct region region);

// The kernel of the configuration, with the store that keeps its file, so that a reset does not read it again. NULL:
// there is none.
struct boot_kernel board_kernel(const struct board *board);
struct image_store *board_files(struct board *board);

// A display was made. The machine's picture is that of the first.
void board_add_display(struct board *board, const struct display *display);

// Connects bus 0 to memory, ports and interrupts. `wires` says to which GSIs its pins lead.
void board_connect_pci(struct board *board, const struct pci_bus_config *wires, const struct pci_windows *windows);

// A device was added, or its counters of mistakes were loaded: with an observer, they are looked for again. (Without
// memory for that, those of the last devices are not reported.)
void board_mistakes_changed(struct board *board);

// `signal` and `resample` of a controller; `owner` is the board.
void board_signal(void *board, uint32_t vcpu, uint32_t pending);
void board_resample(void *board, uint32_t chip, uint32_t pin);

// --- State (board_state.c) -------------------------------------------------------------------------------------------

// All state, to save, load and compare between two runs. board_loaded follows a load.
void board_visit(struct board *board, struct visit *v);
void board_visit_devices(struct board *board, struct visit *v); // only devices
// Only the flash banks and overlays of devices, in the same order: calls v->storage for each; the caller sets nothing else.
void board_visit_storage(struct board *board, struct visit *v);
void board_loaded(struct board *board);
// The same if `written` has got the pages of RAM that the load has changed; of all others nothing is to be looked at again.
void board_pages_loaded(struct board *board);
// The same without RAM. After a load of RAM, in whole or in part, the caller tells loop_memory_written and `written`.
void board_visit_chips(struct board *board, struct visit *v);
void board_chips_loaded(struct board *board);
// Adds the pages of RAM that were written since the last call, or since creation, to `sets`; those that are NULL are left
// out. Not within an instruction.
void board_take_written(struct board *board, struct page_set *const sets[], size_t count);

#endif

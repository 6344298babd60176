// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The `pc` machine: a PC with an 8259A pair, one IOAPIC and a local APIC per processor. Only this folder knows
// addresses and interrupt numbers.
//
//     pc.c           what it is made of, reset
//     pc_map.c       who answers at which address
//     pc_wire.c      which line leads where
//     pc_firmware.c  what a firmware would have left behind: tables, CMOS, controllers set up
//     pc_bios.c      and in the first megabyte: interrupt vectors, data areas
//     pc_fw_cfg.c    what fw_cfg has
//     pc_com.c       COM2 to COM4
//     pc_acpi.c      the ACPI tables there
//     pc_flash.c     the firmware's memory
//     pc_south.c     the chipset of `pc`, with its IDE controller
//     q35_south.c    the chipset of `q35`, with its AHCI controller
//     pc_pirq.c      the PCI interrupts of either chipset
//     pc_drives.c    the drives of if=ide, at either controller
//     pc_start.c     the first processor's state
//     pc_state.c     its part of the list of state
//     pc_why.c       why an interrupt does not arrive
//     pc_lint.c     what a guest does wrong, beyond one chip
//     pc_info.c      what the monitor shows of its interrupt controllers
#ifndef MACHINE_PC_PC_H
#define MACHINE_PC_PC_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/acpi_pm.h"
#include "devices/debug_ports.h"
#include "devices/fw_cfg.h"
#include "devices/hpet.h"
#include "devices/i8042.h"
#include "devices/ich9.h"
#include "devices/isa_dma.h"
#include "devices/nmi_sc.h"
#include "devices/pc_testdev.h"
#include "devices/pci/mch.h"
#include "devices/pci/pam.h"
#include "devices/pci/piix.h"
#include "devices/pci/reset_port.h"
#include "devices/pit.h"
#include "devices/rtc.h"
#include "devices/storage/ide.h"
#include "devices/uart16550.h"
#include "irqchip/x86/x86_irq.h"
#include "machine/board/board.h"
#include "machine/board/flash_bank.h"
#include "machine/boot/boot_x86.h"
#include "machine/boot/image.h"
#include "machine/pc/cpu_model.h"
#include "machine/pc/pc_chipset.h"
#include "machine/pc/pc_pirq.h"
#include "machine/tables/description.h"
#include "vcpu/x86_64/cpu.h"

// --- Addresses -------------------------------------------------------------------------------------------------------

enum {
    PC_PORT_DMA1 = 0x00,
    PC_PORT_PIC1 = 0x20,
    PC_PORT_PIT = 0x40,
    PC_PORT_KEYBOARD = 0x60,
    PC_PORT_61 = 0x61,
    PC_PORT_KEYBOARD_COMMAND = 0x64,
    PC_PORT_RTC = 0x70,
    PC_PORT_DMA_PAGE = 0x81,
    PC_PORT_92 = 0x92,
    PC_PORT_PIC2 = 0xa0,
    PC_PORT_SMI = 0xb2,
    PC_PORT_DMA2 = 0xc0,
    PC_PORT_COM1 = 0x3f8,
    PC_PORT_ELCR = 0x4d0,
    PC_PORT_FW_CFG = 0x510,
    PC_PORT_FW_CFG_DMA = 0x514,
    PC_PORT_PM = 0x600, // with a south bridge: where its registers say
    PC_PORT_PCI = 0xcf8,
    PC_PORT_RESET = 0xcf9,
};

#define PC_LOW_END   UINT64_C(0xa0000) // conventional memory; the video window follows
#define PC_VIDEO     UINT64_C(0xa0000) // to C0000h: the window of a VGA
#define PC_EBDA      UINT64_C(0x9fc00) // its last KiB is used by the firmware
#define PC_ROM_BASE  UINT64_C(0xe0000) // tables, where a BIOS would be
#define PC_TABLES    UINT64_C(0xe0000) // ACPI
#define PC_MP_TABLE  UINT64_C(0xf0000) // where kernels look for it
#define PC_SMBIOS    UINT64_C(0xf8000)
#define PC_BIOS_CODE UINT64_C(0xfe000) // handlers of the interrupt vectors
#define PC_ROM_END   UINT64_C(0x100000)
#define PC_RAM_SPLIT UINT64_C(0xc0000000) // RAM beyond goes above 4 GiB
#define PC_ECAM      UINT64_C(0xe0000000) // PCI configuration space, 256 MiB
#define PC_IOAPIC    UINT64_C(0xfec00000)
#define PC_VIRTIO    UINT64_C(0xfec10000) // virtio-mmio
#define PC_HPET      UINT64_C(0xfed00000)
#define PC_LAPIC     UINT64_C(0xfee00000)
#define PC_FLASH     UINT64_C(0xff800000) // a firmware, up to 4 GiB
#define PC_HIGH      UINT64_C(0x100000000)
#define PC_PCI_HIGH  UINT64_C(0x9000000000)  // 64-bit BARs, beyond all RAM
#define PC_PCI_END   UINT64_C(0x10000000000) // up to the last address of the processors
#define PC_PCI_PORTS UINT64_C(0xc000)        // I/O BARs, to the last port

#define PC_BOOT_ORDER "acdn" // of -boot: floppy, disk, CD, network, as CMOS numbers them from 1

// --- Interrupts ------------------------------------------------------------------------------------------------------

enum { PC_CPUS_MAX = 255, PC_VIRTIO_SLOTS = 8, PC_COMS = 3 }; // APIC ids of 8 bits, without FFh

enum { PC_VECTOR_PIC1 = 0x08, PC_VECTOR_PIC2 = 0x70 }; // as a BIOS programs the 8259As

enum {
    PC_IRQ_TIMER = 0,
    PC_IRQ_KEYBOARD = 1,
    PC_IRQ_CASCADE = 2,
    PC_IRQ_COM1 = 4,
    PC_IRQ_RTC = 8,
    PC_IRQ_SCI = 9,
    PC_IRQ_PCI_A = 10, // INTA and INTC
    PC_IRQ_PCI_B = 11, // INTB and INTD
    PC_IRQ_MOUSE = 12,
    PC_IRQ_IDE = 14, // and 15
    PC_ISA_IRQS = 16,
    PC_IOAPIC_PINS = 24,
    PC_IOAPIC_ID = 0,
    PC_IOAPIC_VERSION = 0x20,
    PC_GSI_TIMER = 2, // ISA IRQ 0 on the IOAPIC: pin 0 has the 8259A's INT
    PC_GSI_PIC = 0,
    PC_GSI_PIRQ = 16,      // of the ICH9: PIRQ A to H, with the pins of the IOAPIC
    PC_GSI_PIIX_PIRQ = 24, // of the PIIX3: PIRQ A to D, behind those pins
};

#define PC_HPET_ROUTES UINT32_C(0x00f00104) // pins 2, 8 and 20-23

#define PC_HPET_GSI 20 // of timer 0, as set by the firmware; timers 1 and 2 follow

#define PC_HPET_DEVICE UINT32_C(0xf8) // the id of the HPET as a source of messages: 00:1f.0

struct pc {
    struct board board; // first

    // Memory.
    uint64_t ram_below_4g;
    bool runs_flash;                             // a firmware is given
    uint8_t *rom;                                // -bios
    struct flash_bank flash[INTACT_FLASH_BANKS]; // or -drive if=pflash
    struct pam pam;                              // with either
    struct image kernel, ramdisk;                // that a firmware in flash starts

    // Processors and interrupt controllers.
    struct x86_model model;
    struct x86_cpu *cpus[PC_CPUS_MAX];
    struct x86_irq irq;
    struct pc_chip_ports { // of the first PIC, of the second, ELCR
        struct x86_irq *irq;
        uint16_t base;
    } chip_ports[3];
    struct event *irq_events; // per processor, then one for the IOAPIC
    struct pc_irq_timer {
        struct pc *pc;
        uint32_t index;
    } * irq_timers;

    // Devices.
    struct pit pit;
    struct rtc rtc;
    struct hpet hpet;
    struct acpi_pm pm;
    struct i8042 keyboard;
    struct uart16550 com1;
    struct pc_com { // COM2 to COM4
        bool there;
        struct uart16550 uart;
    } coms[PC_COMS];
    struct reset_port reset;
    const struct pc_chipset *chipset;
    struct pc_pirqs pirqs;
    bool south; // the south bridge of an 82441FX is there: a firmware expects it, and IDE is a part of it
    struct piix piix;
    struct ide ide;
    struct mch mch;
    struct ich9 ich9;
    unsigned drives; // places of the chipset's own disks
    struct block_file disks[INTACT_SATA_DRIVES];
    struct fw_cfg fw_cfg;
    struct post_port post;
    struct isa_dma dma;
    struct nmi_sc nmi;
    struct debugcon debugcon;
    struct isa_debug_exit debug_exit;
    struct pc_testdev *testdev; // NULL: not there
    // The PIT's and the RTC's outputs behind the gate that the HPET's legacy replacement closes.
    struct intact_irq_line gated_timer, gated_rtc;

    // The description for firmware tables.
    struct machine_description description;
    struct memory_map map;
    uint8_t e820[20 * MEMORY_RANGE_LIMIT];
    uint8_t *acpi, *loader; // for a firmware: the tables, for address 0, and the script that places them
    size_t acpi_size, loader_size;
    uint16_t acpi_key, acpi_last_key; // of their files in fw_cfg
    struct pc_acpi_places {
        uint64_t ecam;
        uint16_t pm;
        bool read; // the firmware has selected them
    } acpi_places;
};

extern const struct board_type pc_type;

static inline struct pc *pc_of(struct board *board)
{
    return (struct pc *)(void *)board;
}

// pc_map.c
int pc_map_memory(struct board *board);
int pc_map_devices(struct board *board);

// pc_wire.c
extern const struct route_sink pc_sink;
int pc_wire_controllers(struct board *board);
int pc_wire_devices(struct board *board);

// pc_firmware.c
void pc_describe(struct board *board);
int pc_firmware(struct board *board);

// pc_com.c. By index from 0, which is COM2; -device's ports are made, mapped and wired in this order.
struct pc_com_place {
    uint16_t port;
    uint8_t irq;
    const char *name, *irq_name;
};
extern const struct pc_com_place pc_com_places[PC_COMS];
int pc_com_make(struct pc *pc);
int pc_com_wire(struct pc *pc);
void pc_com_reset(struct pc *pc, uint64_t now);
void pc_com_visit(struct pc *pc, struct visit *v);

// pc_flash.c: the firmware's memory; `runs_flash` says whether there is any.
int pc_make_flash(struct pc *pc);
int pc_map_flash(struct pc *pc);
void pc_reset_flash(struct pc *pc, uint64_t now);
void pc_visit_flash(struct pc *pc, struct visit *v);
void pc_flash_loaded(struct pc *pc);
void pc_destroy_flash(struct pc *pc);

// pc_drives.c. The drives of if=ide go to the places that the chipset has added, and these are all there are yet.
// pc_drives_wanted: the configuration has disks for its controller. pc_drives_translation: CMOS 39h.
int pc_drives_connect(struct pc *pc);
bool pc_drives_wanted(const struct intact_machine_config *config);
uint8_t pc_drives_translation(const struct pc *pc);
void pc_drives_visit(struct pc *pc, struct visit *v);
void pc_drives_loaded(struct pc *pc);
void pc_drives_close(struct pc *pc);

// pc_firmware.c: the ACPI registers are at `port`.
void pc_describe_pm(struct machine_description *machine, uint16_t port);

// pc_kernel.c: -kernel for a firmware, into fw_cfg. 0, or a negative errno with a line in board->error.
int pc_add_kernel(struct pc *pc);
// pc_acpi.c. pc_acpi_add: into fw_cfg, after a reset; pc_acpi_selected is fw_cfg's.
int pc_acpi_add(struct pc *pc);
void pc_acpi_selected(void *owner, uint16_t key);
void pc_acpi_visit(struct pc *pc, struct visit *v);
void pc_acpi_loaded(struct pc *pc);

// pc_fw_cfg.c
int pc_fill_fw_cfg(struct pc *pc);
void pc_ram(const struct pc *pc, struct smbios_range *ram); // SMBIOS_RANGES of them

// pc_bios.c: interrupt vectors, their handlers and the BIOS data area. 0, or a negative errno with a line in board.error.
int pc_bios(struct pc *pc);

// pc_start.c
void pc_start(struct pc *pc, const struct boot_x86_state *state);
int pc_start_at(struct board *board, uint32_t cpu, uint64_t address); // of struct board_type

// pc_registers.c
const char *pc_register_name(const struct board *board, unsigned index);
int pc_read_register(struct board *board, uint32_t index, const char *name, uint64_t *value);
int pc_write_register(struct board *board, uint32_t index, const char *name, uint64_t value);

// pc_state.c
void pc_visit_devices(struct board *board, struct visit *v);
void pc_visit_controllers(struct board *board, struct visit *v);
void pc_visit_cpu(struct board *board, uint32_t index, struct visit *v);
void pc_loaded(struct board *board);

// --- pc_lint.c: struct board_type --------------------------------------------------------------------------------------

void pc_lint(struct board *board, struct intact_lint *lint, const struct intact_trace_event *event);
bool pc_lint_holds(const struct board *board, enum intact_lint_id id, uint64_t number);
void pc_lint_end(struct board *board, struct intact_lint *lint, bool runs);

// --- pc_why.c: struct board_type ------------------------------------------------------------------------------------

void pc_why_pin(struct board *board, uint32_t chip, uint32_t pin, struct why *why);
bool pc_uses_pin(struct board *board, uint32_t chip, uint32_t pin);
void pc_why_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, struct why *why);
int pc_why_source(struct board *board, const char *source, struct why *why, struct error *error);
uint32_t pc_why_ready(const struct intact_why_finding *finding, uint32_t *cpu);
bool pc_own_source(const struct board *board, unsigned index, char *name, size_t size);

// --- pc_info.c: struct board_type ------------------------------------------------------------------------------------

extern const struct board_chip pc_shown[];
void pc_tell_registers(struct board *board, uint32_t cpu, struct register_sink *sink);
void pc_write_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, char *text, size_t size);

#endif

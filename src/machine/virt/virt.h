// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm `virt` machine: a GIC, a generic timer per processor, a PL011, a PL031 and a PL061, at the addresses of QEMU's `virt`.
// Only this folder knows addresses and interrupt numbers.
//
//     virt.c           what it is made of, reset
//     virt_map.c       who answers at which address
//     virt_wire.c      which line leads where
//     virt_firmware.c  what a firmware would have left behind: kernel, device tree, serial port set up, redistributors awake
//     virt_flash.c     flash banks for a firmware
//     virt_fw_cfg.c    what a firmware is to start, and its ACPI tables
//     virt_start.c     the first processor's state
//     virt_state.c     its part of the list of state
//     virt_why.c       why an interrupt does not arrive
//     virt_lint.c     what a guest does wrong, beyond one chip
//     virt_info.c      what the monitor shows of its GIC; virt_info_its.c: of its ITS
#ifndef MACHINE_VIRT_VIRT_H
#define MACHINE_VIRT_VIRT_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/arm_timer.h"
#include "devices/fw_cfg.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl061.h"
#include "irqchip/arm/arm_irq.h"
#include "machine/board/board.h"
#include "machine/board/flash_bank.h"
#include "machine/boot/boot_arm64.h"
#include "machine/tables/fdt.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/system/semihosting.h"

// --- Addresses -------------------------------------------------------------------------------------------------------

#define VIRT_FLASH   UINT64_C(0x00000000) // and 0x04000000
#define VIRT_GICD    UINT64_C(0x08000000)
#define VIRT_GICC    UINT64_C(0x08010000)
#define VIRT_V2M     UINT64_C(0x08020000)
#define VIRT_ITS     UINT64_C(0x08080000)
#define VIRT_GICR    UINT64_C(0x080a0000) // up to the serial port: VIRT_GICR_FIRST redistributors
#define VIRT_UART    UINT64_C(0x09000000)
#define VIRT_RTC     UINT64_C(0x09010000)
#define VIRT_FW_CFG  UINT64_C(0x09020000)
#define VIRT_GPIO    UINT64_C(0x09030000)
#define VIRT_VIRTIO  UINT64_C(0x0a000000) // virtio-mmio
#define VIRT_RAM     UINT64_C(0x40000000)
#define VIRT_RAM_END UINT64_C(0x4000000000) // 255 GiB at most
#define VIRT_GICR2   UINT64_C(0x4000000000) // the other redistributors

// PCI: BARs in 32 and 64 bits, ports as memory, configuration space.
#define VIRT_PCI          UINT64_C(0x10000000)
#define VIRT_PCI_END      UINT64_C(0x3eff0000)
#define VIRT_PCI_IO       UINT64_C(0x3eff0000)
#define VIRT_PCI_IO_SIZE  UINT64_C(0x10000)
#define VIRT_PCI_ECAM     UINT64_C(0x4010000000)
#define VIRT_PCI_HIGH     UINT64_C(0x8000000000)
#define VIRT_PCI_HIGH_END UINT64_C(0x10000000000)

#define VIRT_GICR_WAKER 0x14 // of a redistributor

// --- Interrupts ------------------------------------------------------------------------------------------------------

enum {
    VIRT_SPIS = 224, // INTIDs 32 to 255
    VIRT_SPI_UART = 1,
    VIRT_SPI_RTC = 2,
    VIRT_SPI_PCI = 3, // INTA to INTD of slot 0; those of slot n are rotated by n
    VIRT_SPI_GPIO = 7,
    VIRT_SPI_VIRTIO = 16, // of slot 0, to 47
    VIRT_LPI_BITS = 16,   // of an INTID: LPIs 8192 to 65535
    VIRT_V2M_FIRST = 80,  // INTIDs of the message frame
    VIRT_V2M_COUNT = 64,
    VIRT_PPI_HYP = 10,
    VIRT_PPI_VIRTUAL = 11,
    VIRT_PPI_SECURE = 13,
    VIRT_PPI_PHYSICAL = 14,
    VIRT_PPI_INTID = 16, // of PPI 0
};

enum { VIRT_POWER_PIN = 3 }; // of the GPIO: the power button, which is high while it is held

enum { VIRT_CPUS_V2 = 8, VIRT_CPUS_V3 = 512, VIRT_GICR_FIRST = 123 };

struct virt {
    struct board board; // first

    // Processors, their timers, the interrupt controller.
    const struct a64_model *model;
    uint64_t affinities[VIRT_CPUS_V3];
    struct a64_cpu *cpus[VIRT_CPUS_V3];
    struct virt_cpu_timer {
        struct virt *virt;
        uint32_t cpu;
        struct arm_timer timer;
    } * timers;
    struct arm_irq irq;
    struct event irq_event; // the ITS goes on with its queue
    struct arm_irq_frame frames[ARM_IRQ_WINDOWS];

    // Devices.
    struct pl011 uart;
    struct pl031 rtc;
    struct pl061 gpio;
    struct event power_released; // the power button
    struct a64_semihosting semihosting;
    struct flash_bank flash[INTACT_FLASH_BANKS];
    struct fw_cfg fw_cfg;
    struct image kernel, ramdisk; // for fw_cfg
    uint8_t *acpi, *loader; // for a firmware: the tables, for address 0, and the script that places them. Made once
    size_t acpi_size, loader_size;
    bool runs_flash; // there is a bank 0, and the first processor starts there

    // The description for firmware tables.
    struct fdt_description description;
    char cpu_compatible[32];
};

extern const struct board_type virt_type;

static inline struct virt *virt_of(struct board *board)
{
    return (struct virt *)(void *)board;
}

// virt_map.c
int virt_map_memory(struct board *board);
int virt_map_devices(struct board *board);

// virt_wire.c
extern const struct route_sink virt_sink;
int virt_wire_controllers(struct board *board);
int virt_wire_devices(struct board *board);

// virt_firmware.c
void virt_describe(struct board *board);
int virt_firmware(struct board *board);

// virt_flash.c
int virt_make_flash(struct virt *virt);
int virt_map_flash(struct virt *virt);
void virt_destroy_flash(struct virt *virt);

// virt_fw_cfg.c
int virt_fill_fw_cfg(struct virt *virt);
void virt_destroy_fw_cfg(struct virt *virt);

// virt_start.c
void virt_start(struct virt *virt, const struct boot_arm64_state *state);
int virt_start_at(struct board *board, uint32_t cpu, uint64_t address); // of struct board_type

// virt_registers.c
const char *virt_register_name(const struct board *board, unsigned index);
int virt_read_register(struct board *board, uint32_t index, const char *name, uint64_t *value);
int virt_write_register(struct board *board, uint32_t index, const char *name, uint64_t value);

// virt_state.c
void virt_visit_devices(struct board *board, struct visit *v);
void virt_visit_controllers(struct board *board, struct visit *v);
void virt_visit_cpu(struct board *board, uint32_t index, struct visit *v);
void virt_loaded(struct board *board);

// --- virt_lint.c: struct board_type --------------------------------------------------------------------------------------

void virt_lint(struct board *board, struct intact_lint *lint, const struct intact_trace_event *event);
bool virt_lint_holds(const struct board *board, enum intact_lint_id id, uint64_t number);
void virt_lint_end(struct board *board, struct intact_lint *lint, bool runs);

// --- virt_why.c: struct board_type ----------------------------------------------------------------------------------

void virt_why_pin(struct board *board, uint32_t chip, uint32_t pin, struct why *why);
void virt_why_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, struct why *why);
int virt_why_source(struct board *board, const char *source, struct why *why, struct error *error);
uint32_t virt_why_ready(const struct intact_why_finding *finding, uint32_t *cpu);
const char *virt_own_name(uint32_t intid); // of a private interrupt, without the CPU: "vtimer"; NULL: it has none
uint32_t virt_why_within(const struct intact_why_finding *finding);
bool virt_own_source(const struct board *board, unsigned index, char *name, size_t size);

// --- virt_info.c, virt_info_its.c: struct board_type -----------------------------------------------------------------

extern const struct board_chip virt_shown[];
void virt_tell_registers(struct board *board, uint32_t cpu, struct register_sink *sink);
void virt_write_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, char *text, size_t size);
void virt_show_its(struct board *board, uint32_t number, const struct printer *printer);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm `virt` machine: a GIC, a generic timer per processor, a PL011 and a PL031, where QEMU's `virt` has them. The
// only code that knows addresses and interrupt numbers.
//
//     virt.c           construction in order, reset, run
//     virt_map.c       who answers at which address
//     virt_wire.c      which line leads where
//     virt_firmware.c  what a firmware would have left behind: kernel, device tree, serial port set up
//     virt_start.c     the first processor's state
//     virt_state.c     all state in one list
#ifndef MACHINE_VIRT_H
#define MACHINE_VIRT_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#include "base/bus.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/inbox.h"
#include "base/trace.h"
#include "devices/arm_timer.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "irqchip/arm/arm_irq.h"
#include "irqchip/manager.h"
#include "irqchip/route.h"
#include "machine/boot_arm64.h"
#include "machine/fdt.h"
#include "machine/outside.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/loop.h"

// --- Addresses -------------------------------------------------------------------------------------------------------

#define VIRT_GICD UINT64_C(0x08000000)
#define VIRT_GICC UINT64_C(0x08010000)
#define VIRT_V2M  UINT64_C(0x08020000)
#define VIRT_ITS  UINT64_C(0x08080000)
#define VIRT_GICR UINT64_C(0x080a0000) // up to the serial port: 123 redistributors
#define VIRT_UART UINT64_C(0x09000000)
#define VIRT_RTC  UINT64_C(0x09010000)
#define VIRT_RAM  UINT64_C(0x40000000)

// --- Interrupts ------------------------------------------------------------------------------------------------------

enum {
    VIRT_SPIS = 224, // INTIDs 32 to 255
    VIRT_SPI_UART = 1,
    VIRT_SPI_RTC = 2,
    VIRT_LPI_BITS = 16,  // of an INTID: LPIs 8192 to 65535
    VIRT_V2M_FIRST = 80, // INTIDs of the message frame
    VIRT_V2M_COUNT = 64,
    VIRT_PPI_HYP = 10,
    VIRT_PPI_VIRTUAL = 11,
    VIRT_PPI_SECURE = 13,
    VIRT_PPI_PHYSICAL = 14,
    VIRT_PPI_INTID = 16, // of PPI 0
};

enum { VIRT_CPUS_V2 = 8, VIRT_CPUS_V3 = 123 };

#define VIRT_REGIONS 16

struct virt {
    struct intact_machine_config config;
    struct error error; // of the last failure

    // Time, order, outside.
    struct clock clock;
    struct inbox inbox;
    struct trace trace;
    struct loop loop;
    struct outside outside;

    // Memory.
    struct bus memory;
    struct region regions[VIRT_REGIONS];
    unsigned region_count;
    uint8_t *ram;

    // Processors, their timers, the interrupt controller.
    const struct a64_model *model;
    uint64_t affinities[VIRT_CPUS_V3];
    struct a64_cpu **cpus;
    struct virt_cpu_timer {
        struct virt *virt;
        uint32_t cpu;
        struct arm_timer timer;
    } * timers;
    struct arm_irq irq;
    struct arm_irq_frame frames[ARM_IRQ_WINDOWS];
    struct route route;
    struct intact_irq_manager *manager;

    // Devices.
    struct pl011 uart;
    struct pl031 rtc;

    // What firmware tells.
    struct fdt_description description;
    char cpu_compatible[32];

    bool chips_ready, loop_ready; // what virt_destroy must take down
};

// Builds the machine and loads what it runs. 0, or a negative errno with a line in virt->error; virt_destroy in either
// case.
int virt_create(struct virt *virt, const struct intact_machine_config *config);
void virt_destroy(struct virt *virt);
// Reset of everything, then the firmware's work again. The same errors.
int virt_reset(struct virt *virt);

// virt_map.c. -ENOMEM when the host refuses the memory.
int virt_map_memory(struct virt *virt);
int virt_map_devices(struct virt *virt);

// virt_wire.c
int virt_wire_controllers(struct virt *virt);
int virt_wire_devices(struct virt *virt);

// virt_firmware.c
void virt_describe(struct virt *virt);
int virt_firmware(struct virt *virt);

// virt_start.c
void virt_start(struct virt *virt, const struct boot_arm64_state *state);

// virt_state.c: every byte of state, to save, load and compare between two runs; without RAM for those who copy that
// themselves. After a load comes virt_loaded.
void virt_visit(struct virt *virt, struct visit *v);
void virt_visit_chips(struct virt *virt, struct visit *v);
void virt_loaded(struct virt *virt);

#endif

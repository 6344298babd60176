// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a firmware would have left behind when it starts an operating system: the kernel in memory, a device tree that
// describes the machine, a serial port that is on, redistributors that are awake. No guest code runs for it.
#include <stdio.h>
#include <string.h>

#include "machine/board/device_drivers.h"
#include "machine/virt/virt.h"
#include "vcpu/aarch64/system/model.h"

static struct fdt_window window(const struct virt *virt, enum arm_irq_window which, uint64_t base)
{
    uint64_t size = arm_irq_window_size(&virt->irq, which);
    return (struct fdt_window){ .base = size ? base : 0, .size = size };
}

// Models with the name of a core are compatible with that core; others only with the architecture.
static void name_cpu(struct virt *virt)
{
    bool core = strncmp(virt->model->name, "cortex-", 7) == 0;
    snprintf(virt->cpu_compatible, sizeof virt->cpu_compatible, "arm,%s", core ? virt->model->name : "armv8");
}

static struct fdt_window flash_window(const struct virt *virt, unsigned bank)
{
    if (!virt->flash[bank].contents)
        return (struct fdt_window){ 0 };
    return (struct fdt_window){ VIRT_FLASH + bank * CFI_FLASH_SIZE, CFI_FLASH_SIZE };
}

void virt_describe(struct board *board)
{
    struct virt *virt = virt_of(board);
    name_cpu(virt);
    virt->description = (struct fdt_description){
        .cpus = virt->board.config.cpus,
        .affinities = virt->affinities,
        .cpu_compatible = virt->cpu_compatible,
        .memory = { VIRT_RAM, virt->board.config.memory },
        .gic_version = virt->board.config.gic_version,
        .gicd = window(virt, ARM_IRQ_WINDOW_GICD, VIRT_GICD),
        .gicr = { window(virt, ARM_IRQ_WINDOW_GICR, VIRT_GICR), window(virt, ARM_IRQ_WINDOW_GICR2, VIRT_GICR2) },
        .gicc = window(virt, ARM_IRQ_WINDOW_GICC, VIRT_GICC),
        .v2m = window(virt, ARM_IRQ_WINDOW_V2M, VIRT_V2M),
        .its = window(virt, ARM_IRQ_WINDOW_ITS, VIRT_ITS),
        .v2m_first = VIRT_V2M_FIRST,
        .v2m_count = VIRT_V2M_COUNT,
        .timer_secure = VIRT_PPI_SECURE,
        .timer_physical = VIRT_PPI_PHYSICAL,
        .timer_virtual = VIRT_PPI_VIRTUAL,
        .timer_hyp = VIRT_PPI_HYP,
        .pci = { .ecam = { VIRT_PCI_ECAM, PCI_ECAM_SIZE },
                 .io = { VIRT_PCI_IO, VIRT_PCI_IO_SIZE },
                 .memory = { VIRT_PCI, VIRT_PCI_END - VIRT_PCI },
                 .high = { VIRT_PCI_HIGH, VIRT_PCI_HIGH_END - VIRT_PCI_HIGH },
                 .spi = VIRT_SPI_PCI },
        .virtio = { VIRT_VIRTIO, (uint64_t)VIRTIO_SLOTS * VIRTIO_MMIO_SIZE },
        .virtio_slots = VIRTIO_SLOTS,
        .virtio_spi = VIRT_SPI_VIRTIO,
        .flash = { flash_window(virt, 0), flash_window(virt, 1) },
        .flash_width = 2 * CFI_FLASH_CHIPS,
        .fw_cfg = { VIRT_FW_CFG, FW_CFG_SIZE },
        .serial = { VIRT_UART, virt->board.config.com1 ? PL011_SIZE : 0 },
        .rtc = { VIRT_RTC, PL031_SIZE },
        .serial_spi = VIRT_SPI_UART,
        .rtc_spi = VIRT_SPI_RTC,
        .gpio = { VIRT_GPIO, PL061_SIZE },
        .gpio_spi = VIRT_SPI_GPIO,
        .power_pin = VIRT_POWER_PIN,
        .serial_clock = (uint32_t)PL011_CLOCK_HZ,
        .append = virt->board.config.append,
        .seeds = virt->board.config.tree_seeds,
        .seed = virt->board.config.seed,
    };
}

// 115200 baud, 8 bits, FIFOs on: as an early console expects.
static void start_serial(struct virt *virt)
{
    uint64_t now = virt->board.clock.now;
    pl011_write(&virt->uart, PL011_UARTIBRD, 4, 13, now);
    pl011_write(&virt->uart, PL011_UARTFBRD, 4, 1, now);
    pl011_write(&virt->uart, PL011_UARTLCR_H, 4, 0x60 | PL011_LCR_H_FEN, now);
    pl011_write(&virt->uart, PL011_UARTCR, 4, PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE, now);
}

// PSCI answers, so a firmware ran at EL3 and woke the redistributors of all processors; below EL3, with two Security
// states, no software can (GICR_WAKER is Secure). This also holds with -bios, since that firmware starts below EL3 too.
static void wake_redistributors(struct virt *virt)
{
    for (unsigned region = 0; region < FDT_GICR_REGIONS; region++) {
        const struct fdt_window *window = &virt->description.gicr[region];
        for (uint64_t at = 0; at < window->size; at += GICR_FRAME)
            bus_write(&virt->board.memory, window->base + at + VIRT_GICR_WAKER, 4, 0, virt->board.clock.now);
    }
}

int virt_firmware(struct board *board)
{
    struct virt *virt = virt_of(board);
    struct boot_kernel kernel = board_kernel(board);
    kernel.zboot = true;
    const struct boot_arm64_request request = {
        .kernel = kernel,
        .files = board_files(board),
        .initrd = virt->board.config.initrd,
        .firmware = virt->runs_flash || (!kernel.name && device_loader_starts(board)),
        .firmware_entry = VIRT_FLASH,
        .memory = &virt->board.memory,
        .tree = &virt->description,
    };
    struct boot_arm64_state state;
    int result = virt_fill_fw_cfg(virt);
    if (result == 0)
        result = boot_arm64_load(&request, &state, &virt->board.error);
    if (result < 0)
        return result;
    start_serial(virt);
    wake_redistributors(virt);
    virt_start(virt, &state);
    return pci_place(&board->pci.bus, &board->pci_windows, board->clock.now, &board->error);
}

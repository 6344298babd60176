// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The memory map of `virt`. One row for each window.
//
//     0000_0000  flash, two banks of 64 MiB
//     0800_0000  GIC distributor
//     0801_0000  GICv2: processor interfaces
//     0802_0000  GICv2: message frame
//     0808_0000  GICv3: interrupt translation service
//     080a_0000  GICv3: redistributors, 128 KiB each
//     0900_0000  PL011
//     0901_0000  PL031
//     0902_0000  fw_cfg
//     0a00_0000  virtio-mmio, 32 slots
//     1000_0000  PCI: BARs
//     3eff_0000  PCI: ports
//     4000_0000  RAM
//  40_0000_0000  GICv3: redistributors from the 124th on
//  40_1000_0000  PCI: configuration space (ECAM)
//  80_0000_0000  PCI: 64-bit BARs that do not fit below
#include "machine/virt/virt.h"

int virt_map_memory(struct board *board)
{
    uint64_t size = board->config.memory;
    int result = board_make_ram(board, size);
    if (result < 0)
        return result;
    return board_map(board, &board->memory,
                     (struct region){ .base = VIRT_RAM, .size = size, .name = "RAM", .ram = board->ram });
}

static int map_gic(struct virt *virt)
{
    static const struct {
        const char *name;
        enum arm_irq_window window;
        uint64_t base;
    } rows[] = {
        { "GICD", ARM_IRQ_WINDOW_GICD, VIRT_GICD }, { "GICC", ARM_IRQ_WINDOW_GICC, VIRT_GICC },
        { "GICv2m", ARM_IRQ_WINDOW_V2M, VIRT_V2M }, { "ITS", ARM_IRQ_WINDOW_ITS, VIRT_ITS },
        { "GICR", ARM_IRQ_WINDOW_GICR, VIRT_GICR }, { "GICR2", ARM_IRQ_WINDOW_GICR2, VIRT_GICR2 },
    };
    int result = 0;
    for (unsigned i = 0; i < countof(rows) && result == 0; i++) {
        struct arm_irq_frame *frame = &virt->frames[rows[i].window];
        uint64_t size = arm_irq_window_size(&virt->irq, rows[i].window);
        *frame = (struct arm_irq_frame){ .irq = &virt->irq, .window = rows[i].window };
        if (size)
            result = board_map(&virt->board, &virt->board.memory,
                               (struct region){ .base = rows[i].base,
                                                .size = size,
                                                .name = rows[i].name,
                                                .widest = 8,
                                                .read = arm_irq_read,
                                                .write = arm_irq_write,
                                                .owner = frame });
    }
    return result;
}

static uint64_t port_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct board *board = owner;
    return bus_read(&board->ports, offset, size, now);
}

static void port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct board *board = owner;
    bus_write(&board->ports, offset, size, value, now);
}

static int map_pci(struct board *board)
{
    const struct region rows[] = {
        { VIRT_PCI_ECAM, PCI_ECAM_SIZE, "ECAM", .widest = 4, .read = pci_ecam_read, .write = pci_ecam_write,
          .owner = &board->pci },
        { VIRT_PCI_IO, VIRT_PCI_IO_SIZE, "PCI ports", .widest = 4, .read = port_read, .write = port_write,
          .owner = board },
    };
    int result = 0;
    for (unsigned i = 0; i < countof(rows) && result == 0; i++)
        result = board_map(board, &board->memory, rows[i]);
    return result;
}

static int map_virtio(struct board *board)
{
    uint32_t gsi[VIRTIO_SLOTS];
    for (unsigned i = 0; i < VIRTIO_SLOTS; i++)
        gsi[i] = VIRT_SPI_VIRTIO + i;
    return virtio_slots_init(board, VIRT_VIRTIO, VIRTIO_SLOTS, gsi);
}

int virt_map_devices(struct board *board)
{
    struct virt *virt = virt_of(board);
    int result = map_gic(virt);
    if (result == 0)
        result = virt_map_flash(virt);
    if (result == 0)
        result = map_pci(board);
    if (result == 0)
        result = map_virtio(board);
    if (result == 0 && virt->board.config.com1)
        result = board_map(&virt->board, &virt->board.memory,
                           (struct region){ .base = VIRT_UART,
                                            .size = PL011_SIZE,
                                            .name = "pl011",
                                            .widest = 4,
                                            .read = pl011_read,
                                            .write = pl011_write,
                                            .owner = &virt->uart });
    if (result == 0)
        result = board_map(&virt->board, &virt->board.memory,
                           (struct region){ .base = VIRT_RTC,
                                            .size = PL031_SIZE,
                                            .name = "pl031",
                                            .widest = 4,
                                            .read = pl031_read,
                                            .write = pl031_write,
                                            .owner = &virt->rtc });
    if (result == 0)
        result = board_map(&virt->board, &virt->board.memory,
                           (struct region){ .base = VIRT_GPIO,
                                            .size = PL061_SIZE,
                                            .name = "pl061",
                                            .widest = 4,
                                            .read = pl061_read,
                                            .write = pl061_write,
                                            .owner = &virt->gpio });
    if (result == 0)
        result = board_map(&virt->board, &virt->board.memory,
                           (struct region){ .base = VIRT_FW_CFG,
                                            .size = FW_CFG_SIZE,
                                            .name = "fw_cfg",
                                            .widest = 8,
                                            .read = fw_cfg_memory_read,
                                            .write = fw_cfg_memory_write,
                                            .owner = &virt->fw_cfg });
    return result;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's two maps: memory and I/O ports. One row for each window.
//
//     memory                                    host memory behind it
//     0000_0000  640 KiB RAM                    offset 0
//     000a_0000  a VGA's window, if there      (not used)
//     000c_0000  with a firmware: ROM or RAM, as the bridge's registers say
//     000e_0000  firmware tables, RAM           the same offset as the address
//     0010_0000  RAM up to -m, at most 3 GiB    the same (on `q35` 2 GiB, if it is more than 2.75)
//     c000_0000  BARs
//     e000_0000  PCI configuration space (ECAM); on `q35` where PCIEXBAR says, b000_0000
//     fec0_0000  IOAPIC
//     fec1_0000  virtio-mmio, 8 slots
//     fed0_0000  HPET
//     fee0_0000  (local APICs: each CPU's port)
//     ff00_0000  pc-testdev, if there
//     ff80_0000  a firmware, if given (pc_flash.c)  its own
//  1_0000_0000   RAM, the rest                  follows what is below
// 90_0000_0000   64-bit BARs that do not fit below
//
// Not modelled: shadow RAM registers without a firmware (the range from C0000h to DFFFFh is empty).
#include <errno.h>

#include "machine/board/host_memory.h"
#include "machine/pc/pc.h"

// --- Memory ----------------------------------------------------------------------------------------------------------

static int map_ram(struct board *board)
{
    uint64_t size = board->config.memory, low = pc_of(board)->ram_below_4g;
    int result = board_make_ram(board, size > PC_ROM_END ? size : PC_ROM_END);
    if (result < 0)
        return result;
    uint64_t tables = pc_of(board)->runs_flash ? 0 : PC_ROM_END - PC_ROM_BASE;
    const struct region rows[] = {
        { .base = 0, .size = PC_LOW_END, .name = "RAM", .ram = board->ram },
        { .base = PC_ROM_BASE, .size = tables, .name = "firmware", .ram = board->ram + PC_ROM_BASE },
        { .base = PC_ROM_END, .size = low - PC_ROM_END, .name = "RAM", .ram = board->ram + PC_ROM_END },
        { .base = PC_HIGH, .size = size - low, .name = "RAM", .ram = board->ram + low },
    };
    for (unsigned i = 0; i < countof(rows) && result == 0; i++)
        if (rows[i].size)
            result = board_map(board, &board->memory, rows[i]);
    return result;
}

int pc_map_memory(struct board *board)
{
    pc_of(board)->ram_below_4g = pc_of(board)->chipset->ram_below_4g(board->config.memory);
    int result = map_ram(board);
    return result == 0 && pc_of(board)->runs_flash ? pc_map_flash(pc_of(board)) : result;
}

// --- Devices in memory -----------------------------------------------------------------------------------------------

static uint64_t ioapic_window_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)now;
    return x86_irq_ioapic_read(owner, 0, offset, size);
}

static void ioapic_window_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    x86_irq_ioapic_write(owner, 0, offset, size, value, now);
}

static int map_windows(struct pc *pc)
{
    const struct {
        bool there;
        uint64_t base, size;
        const char *name;
        bus_read_fn *read;
        bus_write_fn *write;
        void *owner;
        unsigned widest;
    } rows[] = {
        { true, PC_IOAPIC, 0x1000, "IOAPIC", ioapic_window_read, ioapic_window_write, &pc->irq, 8 },
        { pc->board.config.hpet, PC_HPET, HPET_SIZE, "HPET", hpet_read, hpet_write, &pc->hpet, 8 },
        { pc->testdev, PC_TESTDEV_MEMORY, PC_TESTDEV_BYTES, "testdev", pc_testdev_memory_read, pc_testdev_memory_write,
          pc->testdev, 8 },
    };
    int result = 0;
    for (unsigned i = 0; i < countof(rows) && result == 0; i++)
        if (rows[i].there)
            result = board_map(&pc->board, &pc->board.memory,
                               (struct region){ .base = rows[i].base,
                                                .size = rows[i].size,
                                                .name = rows[i].name,
                                                .widest = rows[i].widest,
                                                .read = rows[i].read,
                                                .write = rows[i].write,
                                                .owner = rows[i].owner });
    return result;
}

// --- Ports -----------------------------------------------------------------------------------------------------------

static uint64_t chip_port_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct pc_chip_ports *ports = owner;
    (void)size, (void)now;
    return x86_irq_port_read(ports->irq, (uint16_t)(ports->base + offset));
}

static void chip_port_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct pc_chip_ports *ports = owner;
    (void)size, (void)now;
    x86_irq_port_write(ports->irq, (uint16_t)(ports->base + offset), (uint8_t)value);
}

// The PIT and the NMI sources share a port.
static uint64_t port61_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pc *pc = owner;
    return pit_port61_read(&pc->pit, offset, size, now) | nmi_sc_read(&pc->nmi);
}

static void port61_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pc *pc = owner;
    pit_port61_write(&pc->pit, offset, size, value, now);
    nmi_sc_write(&pc->nmi, (uint8_t)value);
}

static int add_port(struct pc *pc, const char *name, uint16_t port, unsigned ports, unsigned widest, bus_read_fn *read,
                    bus_write_fn *write, void *owner)
{
    int result = board_map(&pc->board, &pc->board.ports,
                           (struct region){ .base = port,
                                            .size = ports,
                                            .name = name,
                                            .widest = widest,
                                            .read = read,
                                            .write = write,
                                            .owner = owner });
    if (result == -EEXIST)
        return error_set(&pc->board.error, -EINVAL, "-device %s: port 0x%x is taken already", name, port);
    if ((uint32_t)port + ports > 0x10000)
        return error_set(&pc->board.error, -EINVAL, "-device %s: port 0x%x is beyond the last one", name, port);
    return result;
}

// What every PC has. No two of these overlap.
static int map_ports(struct pc *pc)
{
    struct pc_chip_ports *pic1 = &pc->chip_ports[0], *pic2 = &pc->chip_ports[1], *elcr = &pc->chip_ports[2];
    *pic1 = (struct pc_chip_ports){ &pc->irq, PC_PORT_PIC1 };
    *pic2 = (struct pc_chip_ports){ &pc->irq, PC_PORT_PIC2 };
    *elcr = (struct pc_chip_ports){ &pc->irq, PC_PORT_ELCR };
    const struct {
        const char *name;
        uint16_t port, ports;
        unsigned widest;
        bus_read_fn *read;
        bus_write_fn *write;
        void *owner;
    } rows[] = {
        { "dma1", PC_PORT_DMA1, ISA_DMA_LOW_PORTS, 1, isa_dma_low_read, isa_dma_low_write, &pc->dma },
        { "pic1", pic1->base, 2, 1, chip_port_read, chip_port_write, pic1 },
        { "pit", PC_PORT_PIT, PIT_PORTS, 1, pit_read, pit_write, &pc->pit },
        { "keyboard data", PC_PORT_KEYBOARD, 1, 1, i8042_read_data, i8042_write_data, &pc->keyboard },
        { "port 61h", PC_PORT_61, 1, 1, port61_read, port61_write, pc },
        { "keyboard command", PC_PORT_KEYBOARD_COMMAND, 1, 1, i8042_read_status, i8042_write_command, &pc->keyboard },
        { "rtc", PC_PORT_RTC, RTC_PORTS, 1, rtc_read, rtc_write, &pc->rtc },
        { "post", POST_PORT, 1, 1, post_port_read, post_port_write, &pc->post },
        { "dma pages", PC_PORT_DMA_PAGE, ISA_DMA_PAGE_PORTS, 1, isa_dma_page_read, isa_dma_page_write, &pc->dma },
        { "port 92h", PC_PORT_92, 1, 1, port92_read, port92_write, &pc->reset },
        { "pic2", pic2->base, 2, 1, chip_port_read, chip_port_write, pic2 },
        { "smi", PC_PORT_SMI, ACPI_SMI_CMD_PORTS, 1, acpi_smi_read, acpi_smi_write, &pc->pm },
        { "dma2", PC_PORT_DMA2, ISA_DMA_HIGH_PORTS, 1, isa_dma_high_read, isa_dma_high_write, &pc->dma },
        { "elcr", elcr->base, 2, 1, chip_port_read, chip_port_write, elcr },
        { "fw_cfg", PC_PORT_FW_CFG, FW_CFG_PORTS, 2, fw_cfg_read, fw_cfg_write, &pc->fw_cfg },
        { "pci", PC_PORT_PCI, PCI_PORTS, 4, pci_host_read, pci_host_write, &pc->board.pci },
    };
    int result = 0;
    for (unsigned i = 0; i < countof(rows) && result == 0; i++)
        result = add_port(pc, rows[i].name, rows[i].port, rows[i].ports, rows[i].widest, rows[i].read, rows[i].write,
                          rows[i].owner);
    if (result == 0 && pc->runs_flash)
        result = add_port(pc, "fw_cfg DMA", PC_PORT_FW_CFG_DMA, FW_CFG_DMA_PORTS, 4, fw_cfg_dma_read, fw_cfg_dma_write,
                          &pc->fw_cfg);
    if (result == 0 && pc->board.config.com1)
        result = add_port(pc, "com1", PC_PORT_COM1, UART16550_PORTS, 1, uart16550_read, uart16550_write, &pc->com1);
    for (unsigned i = 0; i < PC_COMS && result == 0; i++)
        if (pc->coms[i].there)
            result = add_port(pc, pc_com_places[i].name, pc_com_places[i].port, UART16550_PORTS, 1, uart16550_read,
                              uart16550_write, &pc->coms[i].uart);
    return result;
}

// pc-testdev has E0h-EBh; a debug console at E9h splits its window in two.
static int map_testdev(struct pc *pc)
{
    bool split = pc->board.config.debugcon_port == DEBUGCON_PORT;
    unsigned first = split ? DEBUGCON_PORT - PC_TESTDEV_PORT : PC_TESTDEV_PORTS;
    int result = add_port(pc, "pc-testdev", PC_TESTDEV_PORT, first, 4, pc_testdev_read, pc_testdev_write, pc->testdev);
    if (result == 0 && split)
        result = add_port(pc, "pc-testdev", DEBUGCON_PORT + 1, PC_TESTDEV_PORTS - first - 1, 2, pc_testdev_read_high,
                          pc_testdev_write_high, pc->testdev);
    if (result == 0)
        result = add_port(pc, "pc-testdev", PC_TESTDEV_LINE_PORT, PC_TESTDEV_LINES, 1, pc_testdev_line_read,
                          pc_testdev_line_write, pc->testdev);
    return result;
}

// They use free ISA interrupts (14 and 15 are those of IDE, where that is), so that the 8259As have them too.
static int map_virtio(struct board *board)
{
    static const uint32_t gsi[PC_VIRTIO_SLOTS] = { 5, 6, 14, 15, 5, 6, 14, 15 };
    static const uint32_t beside_ide[PC_VIRTIO_SLOTS] = { 5, 6, 5, 6, 5, 6, 5, 6 };
    return virtio_slots_init(board, PC_VIRTIO, PC_VIRTIO_SLOTS, pc_of(board)->south ? beside_ide : gsi);
}

int pc_map_devices(struct board *board)
{
    struct pc *pc = pc_of(board);
    const struct intact_machine_config *config = &board->config;
    int result = map_windows(pc);
    if (result == 0)
        result = pc->chipset->map(pc);
    if (result == 0)
        result = map_virtio(board);
    if (result == 0)
        result = map_ports(pc);
    if (result == 0 && pc->testdev)
        result = map_testdev(pc);
    if (result == 0 && config->debugcon_port)
        result =
            add_port(pc, "isa-debugcon", config->debugcon_port, 1, 1, debugcon_read, debugcon_write, &pc->debugcon);
    if (result == 0 && config->debug_exit_port)
        result = add_port(pc, "isa-debug-exit", config->debug_exit_port, config->debug_exit_size, 4,
                          isa_debug_exit_read, isa_debug_exit_write, &pc->debug_exit);
    return result;
}

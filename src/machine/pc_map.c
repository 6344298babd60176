// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's two maps: memory and I/O ports. One row for each window.
//
//     memory                                    host memory behind it
//     0000_0000  640 KiB RAM                    offset 0
//     000a_0000  (video: nobody)                 (not used)
//     000e_0000  firmware tables, RAM           the same offset as the address
//     0010_0000  RAM up to -m, at most 3 GiB    the same
//     fec0_0000  IOAPIC
//     fed0_0000  HPET
//     fee0_0000  (local APICs: each CPU's port)
//     ff00_0000  pc-testdev, if there
//     ff80_0000  -bios, if given                its own
//  1_0000_0000   RAM, the rest                  follows what is below
//
// Not modelled: shadow RAM registers (the range from C0000h to DFFFFh is empty), address line 20.
#include <errno.h>
#include <inttypes.h>

#include "machine/host_memory.h"
#include "machine/pc.h"

// --- Memory ----------------------------------------------------------------------------------------------------------

static int add(struct bus *bus, struct region *regions, unsigned *count, struct region region)
{
    if (*count == PC_REGIONS)
        return -ENOSPC;
    struct region *place = &regions[*count];
    *place = region;
    int result = bus_add(bus, place);
    *count += result == 0;
    return result;
}

static int add_memory(struct pc *pc, struct region region)
{
    return add(&pc->memory, pc->memory_regions, &pc->memory_region_count, region);
}

static uint64_t ioapic_window_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)now;
    return x86_irq_ioapic_read(owner, 0, offset, size);
}

static void ioapic_window_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    x86_irq_ioapic_write(owner, 0, offset, size, value, now);
}

static int map_ram(struct pc *pc)
{
    uint64_t size = pc->config.memory, low = pc->ram_below_4g;
    pc->ram_size = size > PC_ROM_END ? size : PC_ROM_END;
    pc->ram = host_memory_reserve(pc->ram_size);
    if (!pc->ram)
        return error_set(&pc->error, -ENOMEM, "-m: the host has no room for %" PRIu64 " MiB of guest memory",
                         size >> 20);
    int result = add_memory(pc, (struct region){ .base = 0, .size = PC_LOW_END, .name = "RAM", .ram = pc->ram });
    if (result == 0)
        result = add_memory(pc, (struct region){ .base = PC_ROM_BASE,
                                                 .size = PC_ROM_END - PC_ROM_BASE,
                                                 .name = "firmware",
                                                 .ram = pc->ram + PC_ROM_BASE });
    if (result == 0)
        result = add_memory(
            pc, (struct region){
                    .base = PC_ROM_END, .size = low - PC_ROM_END, .name = "RAM", .ram = pc->ram + PC_ROM_END });
    if (result == 0 && size > low)
        result =
            add_memory(pc, (struct region){ .base = PC_HIGH, .size = size - low, .name = "RAM", .ram = pc->ram + low });
    return result;
}

static int map_flash(struct pc *pc)
{
    pc->flash_size = PC_HIGH - PC_FLASH;
    pc->flash = host_memory_reserve(pc->flash_size);
    if (!pc->flash)
        return error_set(&pc->error, -ENOMEM, "-bios: the host has no memory left");
    return add_memory(
        pc, (struct region){
                .base = PC_FLASH, .size = pc->flash_size, .name = "flash", .ram = pc->flash, .readonly = true });
}

int pc_map_memory(struct pc *pc)
{
    bus_init(&pc->memory);
    int result = map_ram(pc);
    if (result == 0)
        result = add_memory(pc, (struct region){ .base = PC_IOAPIC,
                                                 .size = 0x1000,
                                                 .name = "IOAPIC",
                                                 .widest = 8,
                                                 .read = ioapic_window_read,
                                                 .write = ioapic_window_write,
                                                 .owner = &pc->irq });
    if (result == 0 && pc->config.hpet)
        result = add_memory(pc, (struct region){ .base = PC_HPET,
                                                 .size = HPET_SIZE,
                                                 .name = "HPET",
                                                 .widest = 8,
                                                 .read = hpet_read,
                                                 .write = hpet_write,
                                                 .owner = &pc->hpet });
    if (result == 0 && pc->testdev)
        result = add_memory(pc, (struct region){ .base = PC_TESTDEV_MEMORY,
                                                 .size = PC_TESTDEV_BYTES,
                                                 .name = "testdev",
                                                 .widest = 8,
                                                 .read = pc_testdev_memory_read,
                                                 .write = pc_testdev_memory_write,
                                                 .owner = pc->testdev });
    if (result == 0 && pc->config.bios)
        result = map_flash(pc);
    return result;
}

// --- Ports -----------------------------------------------------------------------------------------------------------

static uint64_t pic1_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size, (void)now;
    return x86_irq_port_read(owner, (uint16_t)(PC_PORT_PIC1 + offset));
}

static void pic1_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size, (void)now;
    x86_irq_port_write(owner, (uint16_t)(PC_PORT_PIC1 + offset), (uint8_t)value);
}

static uint64_t pic2_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size, (void)now;
    return x86_irq_port_read(owner, (uint16_t)(PC_PORT_PIC2 + offset));
}

static void pic2_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size, (void)now;
    x86_irq_port_write(owner, (uint16_t)(PC_PORT_PIC2 + offset), (uint8_t)value);
}

static uint64_t elcr_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size, (void)now;
    return x86_irq_port_read(owner, (uint16_t)(PC_PORT_ELCR + offset));
}

static void elcr_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size, (void)now;
    x86_irq_port_write(owner, (uint16_t)(PC_PORT_ELCR + offset), (uint8_t)value);
}

static int add_port(struct pc *pc, const char *name, uint16_t port, unsigned ports, unsigned widest, bus_read_fn *read,
                    bus_write_fn *write, void *owner)
{
    int result = add(&pc->ports, pc->port_regions, &pc->port_region_count,
                     (struct region){ .base = port,
                                      .size = ports,
                                      .name = name,
                                      .widest = widest,
                                      .read = read,
                                      .write = write,
                                      .owner = owner });
    if (result == -EEXIST)
        return error_set(&pc->error, -EINVAL, "-device %s: port 0x%x is taken already", name, port);
    if ((uint32_t)port + ports > 0x10000)
        return error_set(&pc->error, -EINVAL, "-device %s: port 0x%x is beyond the last one", name, port);
    return result;
}

// What every PC has. No two of these overlap.
static int map_board(struct pc *pc)
{
    const struct {
        const char *name;
        uint16_t port, ports;
        unsigned widest;
        bus_read_fn *read;
        bus_write_fn *write;
        void *owner;
    } rows[] = {
        { "pic1", PC_PORT_PIC1, 2, 1, pic1_read, pic1_write, &pc->irq },
        { "pit", PC_PORT_PIT, PIT_PORTS, 1, pit_read, pit_write, &pc->pit },
        { "keyboard data", PC_PORT_KEYBOARD, 1, 1, i8042_read_data, i8042_write_data, &pc->keyboard },
        { "port 61h", PC_PORT_61, 1, 1, pit_port61_read, pit_port61_write, &pc->pit },
        { "keyboard command", PC_PORT_KEYBOARD_COMMAND, 1, 1, i8042_read_status, i8042_write_command, &pc->keyboard },
        { "rtc", PC_PORT_RTC, RTC_PORTS, 1, rtc_read, rtc_write, &pc->rtc },
        { "post", POST_PORT, 1, 1, post_port_read, post_port_write, &pc->post },
        { "port 92h", PC_PORT_92, 1, 1, port92_read, port92_write, &pc->reset },
        { "pic2", PC_PORT_PIC2, 2, 1, pic2_read, pic2_write, &pc->irq },
        { "smi", PC_PORT_SMI, ACPI_SMI_CMD_PORTS, 1, acpi_smi_read, acpi_smi_write, &pc->pm },
        { "elcr", PC_PORT_ELCR, 2, 1, elcr_read, elcr_write, &pc->irq },
        { "fw_cfg", PC_PORT_FW_CFG, FW_CFG_PORTS, 2, fw_cfg_read, fw_cfg_write, &pc->fw_cfg },
        { "pm", PC_PORT_PM, ACPI_PM_PORTS, 4, acpi_pm_read, acpi_pm_write, &pc->pm },
        { "pci", PC_PORT_PCI, PCI_PORTS, 4, pci_host_read, pci_host_write, &pc->pci },
    };
    int result = 0;
    for (unsigned i = 0; i < countof(rows) && result == 0; i++)
        result = add_port(pc, rows[i].name, rows[i].port, rows[i].ports, rows[i].widest, rows[i].read, rows[i].write,
                          rows[i].owner);
    if (result == 0 && pc->config.com1)
        result = add_port(pc, "com1", PC_PORT_COM1, UART16550_PORTS, 1, uart16550_read, uart16550_write, &pc->com1);
    return result;
}

// pc-testdev has E0h-EBh; a debug console at E9h cuts its window in two.
static int map_testdev(struct pc *pc)
{
    bool split = pc->config.debugcon_port == DEBUGCON_PORT;
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

int pc_map_ports(struct pc *pc)
{
    bus_init(&pc->ports);
    int result = map_board(pc);
    if (result == 0 && pc->testdev)
        result = map_testdev(pc);
    if (result == 0 && pc->config.debugcon_port)
        result =
            add_port(pc, "isa-debugcon", pc->config.debugcon_port, 1, 1, debugcon_read, debugcon_write, &pc->debugcon);
    if (result == 0 && pc->config.debug_exit_port)
        result = add_port(pc, "isa-debug-exit", pc->config.debug_exit_port, pc->config.debug_exit_size, 4,
                          isa_debug_exit_read, isa_debug_exit_write, &pc->debug_exit);
    return result;
}

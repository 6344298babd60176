// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every device on a bus, as in a board: its functions work as those of a region, and no access of any size does harm.
#include <criterion/criterion.h>

#include "base/bus.h"
#include "devices/acpi_pm.h"
#include "devices/board.h"
#include "devices/debug_ports.h"
#include "devices/fw_cfg.h"
#include "devices/hpet.h"
#include "devices/i8042.h"
#include "devices/isa_dma.h"
#include "devices/pc_testdev.h"
#include "devices/pci/pci.h"
#include "devices/pci/reset_port.h"
#include "devices/pit.h"
#include "devices/rtc.h"
#include "devices/uart16550.h"

static struct board {
    struct clock clock;
    struct bus io, memory;
    struct uart16550 uart;
    struct pit pit;
    struct rtc rtc;
    struct hpet hpet;
    struct acpi_pm pm;
    struct i8042 kbc;
    struct pci_host pci;
    struct reset_port reset_port;
    struct fw_cfg fw;
    struct debugcon con;
    struct isa_debug_exit leave;
    struct post_port post;
    struct isa_dma dma;
    struct pc_testdev testdev;
} board;

static struct region ports[] = {
    { 0x00, ISA_DMA_LOW_PORTS, "dma1", .widest = 1, .read = isa_dma_low_read, .write = isa_dma_low_write,
      .owner = &board.dma },
    { 0x40, PIT_PORTS, "pit", .widest = 1, .read = pit_read, .write = pit_write, .owner = &board.pit },
    { 0x60, 1, "i8042 data", .widest = 1, .read = i8042_read_data, .write = i8042_write_data, .owner = &board.kbc },
    { 0x61, 1, "port 61h", .widest = 1, .read = pit_port61_read, .write = pit_port61_write, .owner = &board.pit },
    { 0x64, 1, "i8042", .widest = 1, .read = i8042_read_status, .write = i8042_write_command, .owner = &board.kbc },
    { 0x70, RTC_PORTS, "rtc", .widest = 1, .read = rtc_read, .write = rtc_write, .owner = &board.rtc },
    { 0x80, 1, "post", .widest = 1, .read = post_port_read, .write = post_port_write, .owner = &board.post },
    { 0x81, ISA_DMA_PAGE_PORTS, "dma pages", .widest = 1, .read = isa_dma_page_read, .write = isa_dma_page_write,
      .owner = &board.dma },
    { 0x92, 1, "port 92h", .widest = 1, .read = port92_read, .write = port92_write, .owner = &board.reset_port },
    { 0xb2, ACPI_SMI_CMD_PORTS, "smi", .widest = 1, .read = acpi_smi_read, .write = acpi_smi_write,
      .owner = &board.pm },
    { 0xc0, ISA_DMA_HIGH_PORTS, "dma2", .widest = 1, .read = isa_dma_high_read, .write = isa_dma_high_write,
      .owner = &board.dma },
    { 0xe0, 9, "testdev", .widest = 4, .read = pc_testdev_read, .write = pc_testdev_write, .owner = &board.testdev },
    { 0xe9, 1, "debugcon", .widest = 1, .read = debugcon_read, .write = debugcon_write, .owner = &board.con },
    { 0xea, 2, "testdev high", .widest = 4, .read = pc_testdev_read_high, .write = pc_testdev_write_high,
      .owner = &board.testdev },
    { 0x3f8, UART16550_PORTS, "uart", .widest = 1, .read = uart16550_read, .write = uart16550_write,
      .owner = &board.uart },
    { 0x501, 2, "exit", .widest = 4, .read = isa_debug_exit_read, .write = isa_debug_exit_write,
      .owner = &board.leave },
    { 0x510, FW_CFG_PORTS, "fw_cfg", .widest = 2, .read = fw_cfg_read, .write = fw_cfg_write, .owner = &board.fw },
    { 0x600, ACPI_PM_PORTS, "pm", .widest = 4, .read = acpi_pm_read, .write = acpi_pm_write, .owner = &board.pm },
    { 0xcf8, PCI_PORTS, "pci", .widest = 4, .read = pci_host_read, .write = pci_host_write, .owner = &board.pci },
    { 0x2000, PC_TESTDEV_LINES, "lines", .widest = 1, .read = pc_testdev_line_read, .write = pc_testdev_line_write,
      .owner = &board.testdev },
};
static struct region windows[] = {
    { 0xfed00000, HPET_SIZE, "hpet", .widest = 8, .read = hpet_read, .write = hpet_write, .owner = &board.hpet },
    { PC_TESTDEV_MEMORY, PC_TESTDEV_BYTES, "testdev", .widest = 8, .read = pc_testdev_memory_read,
      .write = pc_testdev_memory_write, .owner = &board.testdev },
};

static void setup(void)
{
    clock_init(&board.clock);
    uart16550_init(&board.uart, &board.clock, NULL, NULL);
    pit_init(&board.pit, &board.clock);
    rtc_init(&board.rtc, &board.clock, RTC_DEFAULT_DATE);
    hpet_init(&board.hpet, &board.clock, 0x00f00004);
    acpi_pm_init(&board.pm, &board.clock, true, NULL, NULL);
    i8042_init(&board.kbc, &board.clock, NULL, NULL);
    reset_port_init(&board.reset_port, NULL, NULL);
    pci_host_init(&board.pci, &board.reset_port);
    fw_cfg_init(&board.fw);
    debugcon_init(&board.con, NULL, NULL);
    isa_debug_exit_init(&board.leave, NULL, NULL);
    post_port_init(&board.post);
    pc_testdev_init(&board.testdev);
    bus_init(&board.io);
    bus_init(&board.memory);
    isa_dma_init(&board.dma, &board.memory);
    for (unsigned i = 0; i < countof(ports); i++)
        cr_assert_eq(bus_add(&board.io, &ports[i]), 0);
    for (unsigned i = 0; i < countof(windows); i++)
        cr_assert_eq(bus_add(&board.memory, &windows[i]), 0);
}

static void visit_all(void *object, struct visit *v)
{
    (void)object;
    VISIT(v, board.clock.now);
    uart16550_visit(&board.uart, v);
    pit_visit(&board.pit, v);
    rtc_visit(&board.rtc, v);
    hpet_visit(&board.hpet, v);
    acpi_pm_visit(&board.pm, v);
    i8042_visit(&board.kbc, v);
    pci_host_visit(&board.pci, v);
    reset_port_visit(&board.reset_port, v);
    fw_cfg_visit(&board.fw, v);
    post_port_visit(&board.post, v);
    isa_dma_visit(&board.dma, v);
    pc_testdev_visit(&board.testdev, v);
}

static uint64_t random64(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void access(struct bus *bus, const struct region *region, uint64_t pick, uint64_t value)
{
    uint64_t address = region->base + (pick >> 8) % region->size;
    unsigned size = 1u << (pick & 3);
    if (bus == &board.io && size == 8)
        size = 4;
    if (pick & 0x80)
        bus_read(bus, address, size, board.clock.now);
    else
        bus_write(bus, address, size, value & bits_low(8 * size), board.clock.now);
}

// `steps` random accesses with time passing in between.
static void storm(uint64_t seed, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        uint64_t pick = random64(&seed), value = random64(&seed);
        if (pick >> 60 < 13)
            access(&board.io, &ports[(pick >> 40) % countof(ports)], pick, value);
        else
            access(&board.memory, &windows[(pick >> 40) % countof(windows)], pick, value);
        run_to(&board.clock, board.clock.now + ((pick >> 32) & 0xff) * (value & 0xff));
        cr_assert_gt(clock_next(&board.clock), board.clock.now);
    }
}

Test(devices_bus, no_access_of_any_size_harms, .init = setup)
{
    storm(0x123456789, 300000);
}

Test(devices_bus, after_saving_and_loading_the_same_accesses_have_the_same_effect, .init = setup)
{
    struct visit_save middle, end;
    storm(42, 20000);
    visit_save_init(&middle);
    visit_all(NULL, &middle.visit);
    storm(43, 20000);
    visit_save_init(&end);
    visit_all(NULL, &end.visit);
    setup();
    check_load(NULL, visit_all, &middle);
    clock_loaded(&board.clock);
    storm(43, 20000);
    struct visit_differ differ;
    visit_differ_init(&differ, end.data, end.size);
    visit_all(NULL, &differ.visit);
    cr_assert_not(differ.differs, "%s", differ.path);
    free(middle.data);
    free(end.data);
}

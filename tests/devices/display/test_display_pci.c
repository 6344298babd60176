// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions VGA and bochs-display on their bus: BARs, the registers in BAR 2, ports and window; expansion ROMs (PCI 3.0, 6.2.5.2).
#include <errno.h>

#include "devices/display/display_pci.h"
#include "devices/pci/pci_rig.h"

enum { SIZE = 1 << 20, FRAMEBUFFER = 0x40000000, REGISTERS = 0x50000000, ROM = 0x60000000 };
#define WINDOW UINT64_C(0x20000000)

static struct pci_rig rig;
static struct display_pci display;
static uint8_t memory[SIZE];

static void make(bool is_vga)
{
    const struct display_pci_config config = { .vga = is_vga,
                                               .memory = memory,
                                               .size = SIZE,
                                               .memory_bus = &rig.memory,
                                               .ports = &rig.ports,
                                               .window = WINDOW,
                                               .edid = true,
                                               .width = 1280,
                                               .height = 800 };
    cr_assert_eq(display_pci_init(&display, &config, &rig.host.bus, PCI_DEVFN(2, 0)), 0);
    rig_set(&rig, &display.pci, PCI_BAR0, 4, FRAMEBUFFER);
    rig_set(&rig, &display.pci, PCI_BAR0 + 8, 4, REGISTERS);
    rig_set(&rig, &display.pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void setup(void)
{
    rig_open(&rig);
    memset(memory, 0, sizeof memory);
}

static void teardown(void)
{
    display_pci_destroy(&display);
    rig_close(&rig);
}

TestSuite(display_pci, .init = setup, .fini = teardown);

Test(display_pci, bar_0_is_memory)
{
    make(true);
    rig_write(&rig, FRAMEBUFFER + 16, 4, 0x11223344);
    cr_assert_eq(bytes_get(memory + 16, 4), 0x11223344);
    cr_assert(bus_is_memory(&rig.memory, FRAMEBUFFER, SIZE));
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_BAR0, 4), FRAMEBUFFER | 8, "prefetchable");
}

Test(display_pci, bar_2_has_edid_ports_and_vbe)
{
    make(true);
    cr_assert_eq(rig_read(&rig, REGISTERS, 8), UINT64_C(0x00ffffffffffff00));
    rig_write(&rig, REGISTERS + 0x404, 2, 0x0302); // the map mask, as index and data
    cr_assert_eq(display.vga.sequencer[VGA_MAP_MASK], 3);
    cr_assert_eq(rig_read(&rig, REGISTERS + 0x500, 2), VBE_ID5);
    rig_write(&rig, REGISTERS + 0x502, 2, 640);
    cr_assert_eq(display.vga.vbe.registers[VBE_XRES], 640);
    cr_assert_eq(rig_read(&rig, REGISTERS + 0x600, 8), UINT64_C(0x1e1e1e1e00000008));
    cr_assert_eq(rig_read(&rig, REGISTERS + 0x700, 4), 0);
}

Test(display_pci, a_vga_has_ports_and_a_window)
{
    make(true);
    bus_write(&rig.ports, 0x3c2, 1, 0x63, 0);
    bus_write(&rig.ports, 0x3c4, 2, 0x0f02, 0);
    bus_write(&rig.ports, 0x3c4, 2, 0x0604, 0);
    bus_write(&rig.ports, 0x3ce, 2, 0xff08, 0);
    bus_write(&rig.ports, 0x3ce, 2, 0x0506, 0);
    rig_write(&rig, WINDOW + 3, 1, 0x5a);
    cr_assert_eq(bytes_get(memory + 12, 4), 0x5a5a5a5a);
    bus_write(&rig.ports, 0x1ce, 2, VBE_XRES, 0);
    bus_write(&rig.ports, 0x1cf, 2, 320, 0);
    cr_assert_eq(bus_read(&rig.ports, 0x1d0, 2, 0), 320);
    cr_assert_eq(bus_read(&rig.ports, 0x1ce, 2, 0), VBE_XRES);
    cr_assert_eq(bus_read(&rig.ports, 0x1cf, 1, 0), 0xff, "all are 16 bits");
}

Test(display_pci, bochs_display_has_neither)
{
    make(false);
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_CLASS_DEVICE, 2), 0x0380);
    cr_assert_null(bus_find(&rig.ports, 0x3c4));
    cr_assert_null(bus_find(&rig.memory, WINDOW));
    rig_write(&rig, REGISTERS + 0x404, 2, 0x0302);
    cr_assert_eq(display.vga.sequencer[VGA_MAP_MASK], 0);
    cr_assert_eq(rig_read(&rig, REGISTERS + 0x500, 2), VBE_ID5);
}

Test(display_pci, a_second_vga_finds_its_ports_taken)
{
    static struct display_pci second;
    struct display_pci_config config = {
        .vga = true, .memory = memory, .size = SIZE, .memory_bus = &rig.memory, .ports = &rig.ports
    };
    make(true);
    cr_assert_eq(display_pci_init(&second, &config, &rig.host.bus, PCI_DEVFN(3, 0)), -EEXIST);
    display_pci_destroy(&second);
    cr_assert(bus_find(&rig.ports, 0x3c4), "those of the first are there");
}

static void list(void *object, struct visit *v)
{
    display_pci_visit(object, v);
}

Test(display_pci, its_list_covers_the_function_and_the_vga)
{
    make(true);
    size_t uncovered = visit_uncovered(&display, sizeof display, list);
    size_t outside = sizeof display.vga.memory + sizeof display.vga.size + sizeof display.vga.bus +
                     sizeof display.vga.linear + sizeof display.vga.vbe.size;
    size_t state = rig_state(&display.pci) + sizeof display.vga - outside;
    cr_assert(uncovered <= sizeof display - state + 8, "%zu of %zu, with padding", uncovered, sizeof display - state);
}

// --- Expansion ROMs --------------------------------------------------------------------------------------------------

Test(display_pci, an_expansion_rom_is_there_when_it_is_enabled)
{
    static const uint8_t contents[3000] = { 0x55, 0xaa, [2999] = 7 };
    make(true);
    cr_assert_eq(pci_rom_add(&display.pci, contents, sizeof contents), 0);
    cr_assert_eq(pci_rom_add(&display.pci, contents, sizeof contents), -EEXIST);
    rig_set(&rig, &display.pci, PCI_ROM_ADDRESS, 4, 0xfffff800);
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_ROM_ADDRESS, 4), 0xfffff000, "4 KiB");
    rig_set(&rig, &display.pci, PCI_ROM_ADDRESS, 4, ROM);
    cr_assert_not(pci_bar_mapped(&display.pci, PCI_ROM));
    rig_set(&rig, &display.pci, PCI_ROM_ADDRESS, 4, ROM | 1);
    cr_assert(pci_bar_mapped(&display.pci, PCI_ROM));
    cr_assert_eq(rig_read(&rig, ROM, 2), 0xaa55);
    cr_assert_eq(rig_read(&rig, ROM + 2999, 2), 7, "zeros follow");
    rig_write(&rig, ROM, 2, 0);
    cr_assert_eq(rig_read(&rig, ROM, 2), 0xaa55);
    rig_set(&rig, &display.pci, PCI_COMMAND, 2, 0);
    cr_assert_not(pci_bar_mapped(&display.pci, PCI_ROM));
    rig_set(&rig, &display.pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    cr_assert(pci_bar_mapped(&display.pci, PCI_ROM));
    pci_function_reset(&display.pci, 0);
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_ROM_ADDRESS, 4), 0);
}

Test(display_pci, an_expansion_rom_has_1_byte_to_16_mib)
{
    static uint8_t large[PCI_ROM_MAX + 1];
    make(true);
    cr_assert_eq(pci_rom_add(&display.pci, large, 0), -EINVAL);
    cr_assert_eq(pci_rom_add(&display.pci, large, sizeof large), -EINVAL);
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_ROM_ADDRESS, 4), 0);
    cr_assert_eq(pci_rom_add(&display.pci, large, 1), 0);
    rig_set(&rig, &display.pci, PCI_ROM_ADDRESS, 4, UINT32_MAX);
    cr_assert_eq(rig_config(&rig, &display.pci, PCI_ROM_ADDRESS, 4), 0xfffff801, "2 KiB, and the bit that enables it");
}

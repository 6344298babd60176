// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The chipsets of the PC, `pc` with a south bridge and `q35`: PCI interrupts by the registers of the south bridge, windows that move,
// ACPI registers, disks. Intel 290550 (PIIX3), 316966 (3 Series MCH), 316972 (ICH9).
#include <criterion/criterion.h>

#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct board *board;
static char why[INTACT_ERROR_SIZE];
static uint8_t bytes[64 * 512];

static int read_disk(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner;
    memcpy(data, bytes + offset, size);
    return 0;
}

static const struct intact_block disk = { .size = sizeof bytes, .readonly = true, .read = read_disk };
static const struct intact_drive_config drive = { .interface = INTACT_DRIVE_IDE, .readonly = true, .block = &disk };
static const struct intact_property addr_3[] = { { "addr", "3" } }, addr_1a[] = { { "addr", "1a" } };
static const struct intact_device_config devices[] = { { "edu", addr_3, 1 }, { "edu", addr_1a, 1 } };
enum { SLOT = 3, HIGH_SLOT = 0x1a };

static void make(enum intact_chipset chipset)
{
    intact_machine_config_init(&config);
    config.chipset = chipset;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.drives = &drive;
    config.drive_count = 1;
    config.devices = devices;
    config.device_count = 2;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    board = machine_board(machine);
}

static void end(void)
{
    intact_machine_destroy(machine);
}

static void set(unsigned devfn, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&board->pci.bus, (uint8_t)devfn, offset, size, value, 0);
}

static uint32_t get(unsigned devfn, unsigned offset, unsigned size)
{
    return pci_bus_read(&board->pci.bus, (uint8_t)devfn, offset, size, 0);
}

static uint64_t in(uint64_t port, unsigned size)
{
    return bus_read(&board->ports, port, size, board->clock.now);
}

static void out(uint64_t port, unsigned size, uint64_t value)
{
    bus_write(&board->ports, port, size, value, board->clock.now);
}

static void raise_intx(unsigned slot, bool level)
{
    pci_irq_set_level(board->pci.bus.functions[PCI_DEVFN(slot, 0)], level);
}

static uint32_t irqs(void)
{
    uint32_t high = 0;
    for (unsigned irq = 0; irq < PC_ISA_IRQS; irq++)
        high |= (uint32_t)route_pin_level(&board->route, X86_IRQ_PIC, irq) << irq;
    return high;
}

static uint32_t pins(void)
{
    uint32_t high = 0;
    for (unsigned pin = 0; pin < PC_IOAPIC_PINS; pin++)
        high |= (uint32_t)route_pin_level(&board->route, X86_IRQ_IOAPIC, pin) << pin;
    return high;
}

// --- PCI interrupts --------------------------------------------------------------------------------------------------

// Slot 3's INTA is PIRQC.
Test(chipset, pirqrc_of_a_piix3_move_the_wires)
{
    enum { ISA = PCI_DEVFN(PIIX_SLOT, 0), PIRQC = PIIX_PIRQRC + 2 };
    make(INTACT_I440FX);
    uint32_t before = irqs(), other = pins();
    raise_intx(SLOT, true);
    cr_assert_eq(irqs() ^ before, 1 << 11, "as the machine has set it");
    cr_assert_eq(pins() ^ other, 1 << 11);
    set(ISA, PIRQC, 1, 5);
    cr_assert_eq(irqs() ^ before, 1 << 5);
    cr_assert_eq(pins() ^ other, 1 << 5);
    set(ISA, PIIX_PIRQRC, 4, 0x800a0a0a);
    cr_assert_eq(irqs() ^ before, 1 << 10);
    set(ISA, PIRQC, 1, 0x8a);
    cr_assert_eq(irqs() ^ before, 0);
    set(ISA, PIRQC, 1, 13);
    cr_assert_eq(irqs() ^ before, 0, "reserved");
    set(ISA, PIRQC, 1, 9);
    raise_intx(SLOT, false);
    cr_assert_eq(irqs() ^ before, 0);
    cr_assert_eq(pins() ^ other, 0);
    end();
}

// Slots below 25 rotate PIRQE to H; those above have PIRQA to D.
Test(chipset, pirqs_of_an_ich9_have_pins_and_irqs)
{
    enum { LPC = PCI_DEVFN(ICH9_SLOT, 0), PIRQH = ICH9_PIRQE_ROUT + 3 };
    make(INTACT_Q35);
    cr_assert_eq(get(LPC, PCI_VENDOR_ID, 4), 0x29188086);
    uint32_t before = irqs(), other = pins();
    raise_intx(SLOT, true);
    cr_assert_eq(pins() ^ other, 1 << 23);
    cr_assert_eq(irqs() ^ before, 1 << 11);
    raise_intx(HIGH_SLOT, true);
    cr_assert_eq(pins() ^ other, 1 << 23 | 1 << 16);
    cr_assert_eq(irqs() ^ before, 1 << 11 | 1 << 10);
    set(LPC, PIRQH, 1, 10);
    cr_assert_eq(irqs() ^ before, 1 << 10, "both on one line");
    raise_intx(HIGH_SLOT, false);
    cr_assert_eq(irqs() ^ before, 1 << 10);
    set(LPC, PIRQH, 1, ICH9_PIRQ_OFF);
    cr_assert_eq(irqs() ^ before, 0);
    cr_assert_eq(pins() ^ other, 1 << 23, "the IOAPIC's pin does not move");
    cr_assert_eq(get(PCI_DEVFN(SLOT, 0), PCI_INTERRUPT_LINE, 1), 11);
    cr_assert_eq(get(PCI_DEVFN(HIGH_SLOT, 0), PCI_INTERRUPT_LINE, 1), 10);
    end();
}

Test(chipset, a_loaded_machine_has_the_wires_of_the_saved_one)
{
    static const enum intact_chipset chipsets[] = { INTACT_I440FX, INTACT_Q35 };
    for (unsigned i = 0; i < countof(chipsets); i++) {
        struct visit_save save;
        struct visit_load load;
        unsigned devfn = i ? PCI_DEVFN(ICH9_SLOT, 0) : PCI_DEVFN(PIIX_SLOT, 0);
        unsigned offset = i ? ICH9_PIRQE_ROUT + 3 : PIIX_PIRQRC + 2;
        make(chipsets[i]);
        uint32_t before = irqs();
        set(devfn, offset, 1, 7);
        raise_intx(SLOT, true);
        visit_save_init(&save);
        board_visit(board, &save.visit);
        set(devfn, offset, 1, 4);
        raise_intx(SLOT, false);
        visit_load_init(&load, save.data, save.size);
        board_visit(board, &load.visit);
        board_loaded(board);
        cr_assert_not(load.failed);
        cr_assert_eq(irqs() ^ before, 1 << 7);
        set(devfn, offset, 1, 6);
        cr_assert_eq(irqs() ^ before, 1 << 6);
        raise_intx(SLOT, false);
        cr_assert_eq(irqs() ^ before, 0);
        free(save.data);
        end();
    }
}

// --- Windows ---------------------------------------------------------------------------------------------------------

Test(chipset, pciexbar_says_where_configuration_space_is)
{
    make(INTACT_Q35);
    uint64_t lpc = (uint64_t)PCI_DEVFN(ICH9_SLOT, 0) << 12;
    cr_assert_eq(get(0, PCI_VENDOR_ID, 4), 0x29c08086);
    cr_assert_eq(bus_read(&board->memory, 0xb0000000 + lpc, 4, 0), 0x29188086);
    set(0, MCH_PCIEXBAR, 4, 0xe0000000 | MCH_PCIEXBAR_ENABLE);
    cr_assert_eq(bus_read(&board->memory, 0xe0000000 + lpc, 4, 0), 0x29188086);
    cr_assert_eq(bus_read(&board->memory, 0xb0000000 + lpc, 4, 0), UINT32_MAX);
    set(0, MCH_PCIEXBAR, 4, 0xe4000000 | 2 << 1 | MCH_PCIEXBAR_ENABLE);
    cr_assert_eq(bus_read(&board->memory, 0xe4000000 + lpc, 4, 0), 0x29188086, "64 MiB");
    cr_assert_eq(get(0, MCH_PCIEXBAR, 4), 0xe4000005);
    set(0, MCH_PCIEXBAR, 4, 0xe0000000);
    cr_assert_eq(bus_read(&board->memory, 0xe0000000 + lpc, 4, 0), UINT32_MAX);
    end();
}

Test(chipset, the_acpi_registers_of_an_ich9)
{
    enum { LPC = PCI_DEVFN(ICH9_SLOT, 0), MOVED = 0x1000 };
    make(INTACT_Q35);
    out(PC_PORT_PM + ACPI_PM1_EN, 2, ACPI_PM1_PWRBTN);
    out(PC_PORT_PM + ICH9_GPE0_EN, 4, 0x12345678);
    cr_assert_eq(in(PC_PORT_PM + ICH9_SMI_EN, 4), 0x20, "somebody has set up SMM");
    out(PC_PORT_PM + ICH9_SMI_EN, 1, 1);
    cr_assert_eq(in(PC_PORT_PM + ICH9_SMI_EN, 4), 0x21);
    cr_assert_eq(in(PC_PORT_PM + ACPI_GPE0_EN, 4), 0, "the status has 64 bits");
    set(LPC, ICH9_PMBASE, 4, MOVED);
    cr_assert_eq(in(PC_PORT_PM + ICH9_SMI_EN, 4), UINT32_MAX);
    cr_assert_eq(in(MOVED + ACPI_PM1_EN, 2), ACPI_PM1_PWRBTN);
    cr_assert_eq(in(MOVED + ICH9_GPE0_EN, 4), 0x12345678);
    cr_assert_eq(in(MOVED + ICH9_GPE0_EN + 1, 1), 0x56);
    set(LPC, ICH9_ACPI_CNTL, 1, 0);
    cr_assert_eq(in(MOVED + ACPI_PM1_EN, 2), 0xffff);
    end();
}

Test(chipset, the_chipset_registers_of_an_ich9_say_what_is_fixed)
{
    make(INTACT_Q35);
    cr_assert_eq(bus_read(&board->memory, 0xfed1c000 + 0x3140, 2, 0), 0x3210);
    cr_assert_eq(bus_read(&board->memory, 0xfed1c000 + 0x3404, 4, 0), 0x80);
    set(PCI_DEVFN(ICH9_SLOT, 0), ICH9_RCBA, 4, 0);
    cr_assert_eq(bus_read(&board->memory, 0xfed1c000 + 0x3404, 4, 0), UINT32_MAX);
    end();
}

// --- Disks, memory ---------------------------------------------------------------------------------------------------

Test(chipset, a_drive_is_at_the_first_port)
{
    enum { AHCI = PCI_DEVFN(ICH9_SLOT, 2) };
    make(INTACT_Q35);
    uint64_t registers = get(AHCI, PCI_BAR0 + 20, 4);
    cr_assert_eq(get(AHCI, PCI_VENDOR_ID, 4), 0x29228086);
    cr_assert_eq(bus_read(&board->memory, registers + 0x128, 4, 0), 0x123);
    cr_assert_eq(bus_read(&board->memory, registers + 0x1a8, 4, 0), 0);
    end();
}

Test(chipset, places_that_are_not_there_are_refused)
{
    struct intact_drive_config sixth = drive;
    sixth.unit = 5;
    make(INTACT_Q35);
    end();
    config.drives = &sixth;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    end();
    config.chipset = INTACT_I440FX;
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_str_eq(why, "-drive: if=ide has disks 0 to 3, not 5");
    sixth.unit = 7;
    config.chipset = INTACT_Q35;
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    config.drive_count = 0;
    config.chipset = (enum intact_chipset)2;
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_str_eq(why, "-machine: there is no such chipset");
}

#define NAMED(...)                                                                                                     \
    (const struct intact_property[])                                                                                   \
    {                                                                                                                  \
        { "drive", "d" }, __VA_ARGS__                                                                                  \
    }

static void refuses(const struct intact_device_config *list, unsigned count, const char *text)
{
    config.devices = list;
    config.device_count = count;
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_str_eq(why, text);
}

Test(chipset, disks_of_device_have_their_places)
{
    static const struct intact_property sata[] = { { "id", "sata" }, { "addr", "5" } };
    struct intact_drive_config named = { .id = "d", .readonly = true, .block = &disk };
    const struct intact_device_config list[] = { { "ahci", sata, 2 }, { "ide-hd", NAMED({ "bus", "sata.2" }), 2 } };
    make(INTACT_I440FX);
    end();
    config.drives = &named;
    config.devices = list;
    config.device_count = 2;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    board = machine_board(machine);
    cr_assert_not(pc_of(board)->south, "no disk of the machine's own controller");
    uint64_t registers = get(PCI_DEVFN(5, 0), PCI_BAR0 + 20, 4);
    cr_assert_eq(bus_read(&board->memory, registers + 0x228, 4, 0), 0x123);
    end();
    config.devices = &(struct intact_device_config){ "ide-cd", NAMED({ "bus", "ide.1" }, { "unit", "1" }), 3 };
    config.device_count = 1;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert(pc_of(machine_board(machine))->ide.channels[1].disks[1].is_cd);
    end();
    config.chipset = INTACT_Q35;
    config.devices = &(struct intact_device_config){ "ide-hd", NAMED({ "serial", "ABC" }), 2 };
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(memcmp(machine_board(machine)->disk_places.places[0].disk->serial, "ABC ", 4), 0);
    end();
}

Test(chipset, disks_without_a_place_are_refused)
{
    struct intact_drive_config named = { .id = "d", .readonly = true, .block = &disk };
    make(INTACT_Q35);
    end();
    config.drives = &named;
    refuses(&(struct intact_device_config){ "ide-hd", NAMED({ "bus", "ide.1" }, { "unit", "1" }), 3 }, 1,
            "-device ide-hd: no bus 'ide.1' with such a unit; ID.0 is the first of a -device ahci,id=ID before it");
    refuses(&(struct intact_device_config){ "ide-hd", NAMED({ "bus", "sata.0" }), 2 }, 1,
            "-device ide-hd: no bus 'sata.0' with such a unit; ID.0 is the first of a -device ahci,id=ID before it");
    refuses(&(struct intact_device_config){ "ide-hd", NULL, 0 }, 1,
            "-device ide-hd: needs drive=ID, of a -drive if=none");
    refuses(&(struct intact_device_config){ "ide-hd", NAMED({ "serial", "123456789012345678901" }), 2 }, 1,
            "-device ide-hd: serial has at most 20 characters");
    config.drives = (const struct intact_drive_config[]){ drive, named };
    config.drive_count = 2;
    refuses(&(struct intact_device_config){ "ide-hd", NAMED({ "bus", "ide.0" }), 2 }, 1,
            "-device ide-hd: bus=ide.0 has a disk there already");
}

Test(chipset, memory_of_q35_has_its_hole_below_the_configuration_space)
{
    make(INTACT_Q35);
    end();
    config.memory = UINT64_C(0xb0000000);
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(pc_of(machine_board(machine))->ram_below_4g, 0xb0000000);
    end();
    config.memory = UINT64_C(0xc0000000);
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(pc_of(machine_board(machine))->ram_below_4g, 0x80000000);
    end();
}

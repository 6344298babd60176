// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a firmware would have left behind when it starts an operating system: the tables that describe the machine, the
// memory map, CMOS, the interrupt controllers in their compatible state, the timer ticking. The list is in
// docs/guests.md. No guest code runs for it; pc_bios.c has what real-mode code finds in the first megabyte.
//
// Spec: ACPI 6.5, 5.2; Intel MP 1.4, 3.6.2.2 (virtual wire mode); the CMOS layout of the PC/AT.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/device_drivers.h"
#include "machine/boot/guest_memory.h"
#include "machine/pc/pc.h"
#include "machine/tables/bytes.h"

enum {
    TABLES_SIZE = PC_MP_TABLE - PC_TABLES,
    MP_TABLE_SIZE = PC_SMBIOS - PC_MP_TABLE,
    SMBIOS_SIZE = PC_BIOS_CODE - PC_SMBIOS
};
enum { RESET_HARD = RESET_PORT_SYS_RST | RESET_PORT_RST_CPU };

static void override(struct machine_description *machine, unsigned irq, unsigned gsi, uint16_t flags)
{
    machine->overrides[machine->override_count++] =
        (struct override_description){ .irq = (uint8_t)irq, .gsi = (uint8_t)gsi, .flags = flags };
}

void pc_describe_pm(struct machine_description *machine, uint16_t port)
{
    machine->pm_port = port;
    machine->pm_ports = ACPI_PM_PORTS;
    machine->pm1_event = port + ACPI_PM1_STS;
    machine->pm1_control = port + ACPI_PM1_CNT;
    machine->pm_timer = port + ACPI_PM_TMR;
    machine->gpe0 = port + ACPI_GPE0_STS;
    machine->smi_command = PC_PORT_SMI;
    machine->acpi_enable = ACPI_SMI_ENABLE;
    machine->acpi_disable = ACPI_SMI_DISABLE;
    machine->s5_type = ACPI_S5_TYPE;
    machine->sci = PC_IRQ_SCI;
    machine->reset_port = PC_PORT_RESET;
    machine->reset_value = RESET_HARD;
}

static void describe_memory(struct pc *pc)
{
    const struct memory_range ranges[] = {
        { 0, PC_EBDA, MEMORY_USABLE },
        { PC_EBDA, PC_LOW_END - PC_EBDA, MEMORY_RESERVED },
        { PC_ROM_BASE, PC_ROM_END - PC_ROM_BASE, MEMORY_RESERVED },
        { PC_ROM_END, pc->ram_below_4g - PC_ROM_END, MEMORY_USABLE },
        { pc->chipset->ecam, PCI_ECAM_SIZE, MEMORY_RESERVED },
        { PC_HIGH, pc->board.config.memory - pc->ram_below_4g, MEMORY_USABLE },
    };
    pc->map.count = 0;
    for (unsigned i = 0; i < countof(ranges); i++)
        if (ranges[i].size)
            pc->map.range[pc->map.count++] = ranges[i];
}

_Static_assert(PC_VIRTIO_SLOTS <= DESCRIPTION_VIRTIO, "each slot has its place in the DSDT");

static void describe_virtio(struct pc *pc)
{
    struct machine_description *machine = &pc->description;
    const struct virtio_slots *slots = &pc->board.virtio_slots;
    machine->virtio_size = VIRTIO_MMIO_SIZE;
    for (unsigned i = 0; i < slots->count; i++) {
        if (!slots->devices[i])
            continue;
        machine->virtio[machine->virtio_count] = slots->base + (uint64_t)i * VIRTIO_MMIO_SIZE;
        machine->virtio_gsi[machine->virtio_count++] = slots->gsi[i];
    }
}

void pc_describe(struct board *board)
{
    struct pc *pc = pc_of(board);
    struct machine_description *machine = &pc->description;
    *machine = (struct machine_description){
        .cpus = pc->board.config.cpus,
        .lapic_address = (uint32_t)PC_LAPIC,
        .lapic_version = LAPIC_VERSION & 0xff,
        .ioapics = { { PC_IOAPIC_ID, PC_IOAPIC_VERSION, (uint32_t)PC_IOAPIC, 0, PC_IOAPIC_PINS } },
        .ioapic_count = 1,
        .ecam = pc->chipset->ecam,
        .ecam_size = PCI_ECAM_SIZE,
        .pci_high = PC_PCI_HIGH,
        .pci_high_end = PC_PCI_END,
        .pci_window = pc->chipset->pci_memory,
        .pci_window_end = PC_IOAPIC,
        .hpet_address = pc->board.config.hpet ? PC_HPET : 0,
        .hpet_id = HPET_ID,
        .com1_port = pc->board.config.com1 ? PC_PORT_COM1 : 0,
        .com1_irq = PC_IRQ_COM1,
    };
    for (unsigned i = 0; i < PC_COMS; i++) {
        machine->com_port[i] = pc->coms[i].there ? pc_com_places[i].port : 0;
        machine->com_irq[i] = pc_com_places[i].irq;
    }
    override(machine, PC_IRQ_TIMER, PC_GSI_TIMER, INTI_CONFORMS);
    override(machine, PC_IRQ_SCI, PC_IRQ_SCI, INTI_LEVEL_HIGH);
    override(machine, PC_IRQ_PCI_A, PC_IRQ_PCI_A, INTI_LEVEL_HIGH);
    override(machine, PC_IRQ_PCI_B, PC_IRQ_PCI_B, INTI_LEVEL_HIGH);
    describe_virtio(pc);
    pc_describe_pm(machine, PC_PORT_PM);
    pc->chipset->describe(pc, machine);
    describe_memory(pc);
}

// --- Tables ----------------------------------------------------------------------------------------------------------

typedef size_t build_fn(const struct machine_description *machine, uint64_t base, uint8_t *out, size_t capacity);

static int put_table(struct pc *pc, const char *what, build_fn *build, uint64_t base, size_t capacity)
{
    uint8_t *out = malloc(capacity);
    size_t size = out ? build(&pc->description, base, out, capacity) : 0;
    int result = size ? guest_put(&pc->board.memory, what, base, out, size, &pc->board.error)
                      : error_set(&pc->board.error, -ENOMEM, "-smp: no room for the %s of so many processors", what);
    free(out);
    return result;
}

// --- CMOS ------------------------------------------------------------------------------------------------------------

static void set_cmos16(struct rtc *rtc, unsigned index, uint64_t value)
{
    rtc_set_cmos(rtc, index, (uint8_t)value);
    rtc_set_cmos(rtc, index + 1, (uint8_t)(value >> 8));
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

// What a firmware tries first, second and third, in half bytes: 1 floppy, 2 disk, 3 CD, 4 network. 3Dh has the first two, 38h the
// third above bit 0, which is set if a floppy needs no signature.
static void set_boot_order(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->board.config;
    const char *order = config->boot_order ? config->boot_order : "cad";
    if (config->boot_once && !pc->board.restarted)
        order = config->boot_once;
    unsigned places = 0;
    for (unsigned i = 0; i < 3 && order[i]; i++)
        places |= (unsigned)(strchr(PC_BOOT_ORDER, order[i]) - PC_BOOT_ORDER + 1) << (4 * i);
    rtc_set_cmos(&pc->rtc, 0x3d, (uint8_t)places);
    rtc_set_cmos(&pc->rtc, 0x38, (uint8_t)(places >> 8 << 4));
    rtc_set_cmos(&pc->rtc, 0x39, pc_drives_translation(pc));
}

// 15h: KiB of base memory; 17h and 30h: KiB above 1 MiB; 34h: 64 KiB units above 16 MiB; 5Bh: 64 KiB units above 4 GiB;
// 5Fh: processors besides the first.
static void fill_cmos(struct pc *pc)
{
    uint64_t low = pc->ram_below_4g, high = pc->board.config.memory - low,
             above_16m = low > 16 << 20 ? low - (16 << 20) : 0;
    rtc_set_cmos(&pc->rtc, 0x14, 0x06); // equipment: a mathematics unit, a keyboard controller with a mouse port
    set_cmos16(&pc->rtc, 0x15, PC_LOW_END >> 10);
    set_cmos16(&pc->rtc, 0x17, at_most((low - PC_ROM_END) >> 10, UINT16_MAX));
    set_cmos16(&pc->rtc, 0x30, at_most((low - PC_ROM_END) >> 10, UINT16_MAX));
    set_cmos16(&pc->rtc, 0x34, at_most(above_16m >> 16, UINT16_MAX));
    set_cmos16(&pc->rtc, 0x5b, high >> 16);
    rtc_set_cmos(&pc->rtc, 0x5d, (uint8_t)(high >> 32));
    rtc_set_cmos(&pc->rtc, 0x5f, (uint8_t)(pc->board.config.cpus - 1));
    if (pc->runs_flash)
        set_boot_order(pc);
}

// --- Interrupt controllers -------------------------------------------------------------------------------------------

// The 8259As as a BIOS programs them: vectors 08h and 70h, slave at IR2, 8086 mode; all masked but the timer, the
// keyboard, the cascade and the RTC, which pc_bios.c has handlers for; the shared PCI lines, the SCI and those of
// virtio-mmio level triggered.
static uint16_t level_irqs(const struct pc *pc)
{
    uint16_t levels = 1 << PC_IRQ_SCI | 1 << PC_IRQ_PCI_A | 1 << PC_IRQ_PCI_B;
    for (unsigned i = 0; i < pc->description.virtio_count; i++)
        levels |= (uint16_t)(1 << pc->description.virtio_gsi[i]);
    return levels;
}

static void init_8259(struct pc *pc)
{
    uint16_t levels = level_irqs(pc);
    const struct {
        uint16_t port;
        uint8_t value;
    } words[] = {
        { PC_PORT_PIC1, 0x11 },
        { PC_PORT_PIC1 + 1, PC_VECTOR_PIC1 },
        { PC_PORT_PIC1 + 1, 0x04 },
        { PC_PORT_PIC1 + 1, 0x01 },
        { PC_PORT_PIC2, 0x11 },
        { PC_PORT_PIC2 + 1, PC_VECTOR_PIC2 },
        { PC_PORT_PIC2 + 1, 0x02 },
        { PC_PORT_PIC2 + 1, 0x01 },
        { PC_PORT_PIC1 + 1, 0xf8 },
        { PC_PORT_PIC2 + 1, 0xfe },
        { PC_PORT_ELCR, (uint8_t)levels },
        { PC_PORT_ELCR + 1, (uint8_t)(levels >> 8) },
    };
    for (unsigned i = 0; i < countof(words); i++)
        x86_irq_port_write(&pc->irq, words[i].port, words[i].value);
}

// Counter 0 in mode 3 with the largest count: 18.2 Hz. Counter 1 is the memory refresh of a PC/AT.
static void init_pit(struct pc *pc)
{
    static const struct {
        uint8_t offset, value;
    } words[] = { { 3, 0x36 }, { 0, 0 }, { 0, 0 }, { 3, 0x54 }, { 1, 18 } };
    for (unsigned i = 0; i < countof(words); i++)
        pit_write(&pc->pit, words[i].offset, 1, words[i].value, pc->board.clock.now);
}

_Static_assert(DESCRIPTION_HPET_TIMERS == HPET_TIMERS, "each timer has its interrupt in the DSDT");

// The DSDT names one interrupt for each timer, and a system that reads it there does not route the timer itself.
static void init_hpet(struct pc *pc)
{
    for (unsigned i = 0; i < HPET_TIMERS && pc->description.hpet_gsi[i]; i++) {
        uint32_t config = (uint32_t)pc->description.hpet_gsi[i] << HPET_TN_INT_ROUTE_SHIFT;
        hpet_write(&pc->hpet, HPET_TIM_CONF + 0x20 * i, 4, config, pc->board.clock.now);
    }
}

// The cascade of the two 8237As is open, and so is the mask of NMI.
static void init_dma_and_nmi(struct pc *pc)
{
    uint64_t now = pc->board.clock.now;
    isa_dma_high_write(&pc->dma, 2 * DMA8237_MODE, 1, DMA8237_CASCADE, now);
    isa_dma_high_write(&pc->dma, 2 * DMA8237_MASK, 1, 0, now);
    rtc_write(&pc->rtc, 0, 1, 0, now);
}

static int put_smbios(struct pc *pc)
{
    struct smbios_range ram[SMBIOS_RANGES];
    pc_ram(pc, ram);
    return smbios_tables_put(&pc->board, ram, PC_SMBIOS, SMBIOS_SIZE);
}

// With a firmware the hardware is in its reset state, and the firmware does all this itself.
int pc_firmware(struct board *board)
{
    struct pc *pc = pc_of(board);
    struct boot_x86_request request = {
        .kernel = board_kernel(board),
        .files = board_files(board),
        .initrd = pc->board.config.initrd,
        .append = pc->board.config.append,
        .firmware = pc->runs_flash,
        .bios = pc->board.config.bios,
        .memory = &pc->board.memory,
        .map = pc->map,
        .ram_below_4g = pc->ram_below_4g,
        .rsdp = pc->board.config.acpi ? PC_TABLES : 0,
    };
    struct boot_x86_state state = { .mode = BOOT_X86_REAL };
    bool loader_alone = !pc->runs_flash && !board->config.kernel && device_loader_starts(board);
    int result = pc_fill_fw_cfg(pc);
    fill_cmos(pc);
    if (result == 0 && !loader_alone)
        result = boot_x86_load(&request, &state, &pc->board.error);
    if (result == 0 && !pc->runs_flash) {
        x86_irq_virtual_wire(&pc->irq);
        init_pit(pc); // first: its output rises, and ICW1 clears the edge
        init_8259(pc);
        init_dma_and_nmi(pc);
        if (pc->board.config.hpet)
            init_hpet(pc);
        result = pc_bios(pc);
        pc->chipset->start(pc);
        if (result == 0)
            result = pci_place(&board->pci.bus, &board->pci_windows, board->clock.now, &board->error);
        if (result == 0)
            result = put_table(pc, "MP table", mptable_build, PC_MP_TABLE, MP_TABLE_SIZE);
        if (result == 0)
            result = put_smbios(pc);
        if (result == 0 && pc->board.config.acpi)
            result = put_table(pc, "ACPI tables", acpi_build, PC_TABLES, TABLES_SIZE);
    }
    if (result == 0)
        pc_start(pc, &state);
    return result;
}

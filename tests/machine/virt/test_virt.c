// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The virt machine: how it starts, what it has, what its device tree says, and with a firmware in flash.
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>

#include "base/bits.h"
#include "machine/arm64_code.h"
#include "machine/memory.h"
#include "machine/tables/bytes.h"
#include "machine/virt/virt.h"

static struct virt virt;
static struct intact_machine_config config;
static char text[256];
static size_t length;

static void write_text(void *owner, uint8_t byte)
{
    (void)owner;
    if (length < sizeof text - 1)
        text[length++] = (char)byte;
}

static void setup(void)
{
    memset(text, 0, sizeof text);
    length = 0;
    config = (struct intact_machine_config){
        .type = INTACT_VIRT,
        .gic_version = 3,
        .cpus = 1,
        .memory = UINT64_C(64) << 20,
        .kernel = "code",
        .com1 = true,
        .rtc_date = 1767225600,
        .limit = 1000000,
        .serial.write = write_text,
    };
}

static void teardown(void)
{
    board_destroy(&virt.board);
}

TestSuite(virt, .init = setup, .fini = teardown);

static void make(const uint32_t *code, size_t size)
{
    config.kernel_data = code;
    config.kernel_size = size;
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), 0, "%s", virt.board.error.text);
    outside_start(&virt.board.outside);
}

#define MAKE(code) make(code, sizeof(code))

Test(virt, a_raw_kernel_starts_with_the_device_tree_in_x0)
{
    MAKE(code_hello);
    cr_assert_eq(virt.cpus[0]->r[A64_PC], VIRT_RAM + 0x80000);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_str_eq(text, "\xd0\x0d\xfe\xed");
    cr_assert_eq(virt.board.loop.instructions, countof(code_hello));
}

Test(virt, the_virtual_timer_wakes_the_cpu_as_intid_27_on_either_gic)
{
    for (unsigned version = 2; version <= 3; version++) {
        setup();
        config.gic_version = version;
        if (version == 2)
            MAKE(code_timer2);
        else
            MAKE(code_timer3);
        cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
        cr_assert_eq(text[0], 27, "gic-version=%u: %d", version, text[0]);
        cr_assert_geq(virt.board.clock.now, 1000 * ARM_TIMER_NS);
        cr_assert_lt(virt.board.clock.now, 1010 * ARM_TIMER_NS);
        if (version == 2)
            board_destroy(&virt.board);
    }
}

// Firmware has run, since there is PSCI: a program need not write GICR_WAKER.
Test(virt, a_program_that_does_not_wake_the_redistributor_gets_interrupts)
{
    uint32_t code[countof(code_timer3)];
    unsigned writes = 0;
    memcpy(code, code_timer3, sizeof code);
    for (unsigned i = 0; i < countof(code); i++)
        if (code[i] == 0xb900155f) { // str wzr, [x10, #GICR_WAKER]
            code[i] = 0xd503201f;    // nop
            writes++;
        }
    cr_assert_eq(writes, 1);
    MAKE(code);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
        cr_assert_eq(text[i], 27, "run %u: %d", i, text[i]);
        cr_assert_eq(board_reset(&virt.board), 0);
    }
}

Test(virt, the_redistributors_of_all_cpus_are_awake_from_the_start)
{
    config.cpus = 3;
    MAKE(code_hello);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR + 0x20000 * i + 0x14, 4, 0), 0);
}

Test(virt, psci_starts_another_cpu)
{
    config.cpus = 2;
    MAKE(code_smp);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_str_eq(text, "B1");
}

Test(virt, characters_from_outside_arrive_at_the_serial_port)
{
    config.interactive = true;
    MAKE(code_echo);
    cr_assert_eq(outside_input(&virt.board.outside, OUTSIDE_SERIAL, (const uint8_t *)"over and out.", 13), 13);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_str_eq(text, "over and out.");
}

Test(virt, a_reset_puts_everything_back)
{
    MAKE(code_reset);
    arm_timer_write(&virt.timers[0].timer, ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE, 0);
    virt.cpus[0]->vbar = 0x1000;
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_RESET);
    cr_assert_eq(board_reset(&virt.board), 0);
    cr_assert_eq(virt.cpus[0]->vbar, 0);
    cr_assert_eq(virt.cpus[0]->r[A64_PC], VIRT_RAM + 0x80000);
    cr_assert_not(virt.timers[0].timer.compare[ARM_TIMER_VIRTUAL].line.level);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_RESET);
}

Test(virt, its_lines_are_the_spis_and_ppis_that_the_tree_names)
{
    MAKE(code_hello);
    intact_irq_line_set(&virt.uart.irq, true);
    cr_assert(virt.irq.gicd.spi.block[0].line >> VIRT_SPI_UART & 1);
    intact_irq_line_set(&virt.rtc.irq, true);
    cr_assert(virt.irq.gicd.spi.block[0].line >> VIRT_SPI_RTC & 1);
    intact_irq_line_set(&virt.gpio.irq, true);
    cr_assert(virt.irq.gicd.spi.block[0].line >> VIRT_SPI_GPIO & 1);
    intact_irq_line_set(&virt.timers[0].timer.compare[ARM_TIMER_PHYSICAL].line, true);
    cr_assert_eq(virt.irq.cpus[0].gicr.bank.block[0].line, BIT32(30));
}

static void refused(const char *want)
{
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), -EINVAL);
    cr_assert(strstr(virt.board.error.text, want), "%s", virt.board.error.text);
    board_destroy(&virt.board);
}

Test(virt, what_it_does_not_have_is_refused_by_name)
{
    config.gic_version = 4;
    refused("gic-version");
    setup();
    config.gic_version = 2;
    config.cpus = 9;
    refused("-smp: 9 processors; 1 to 8");
    setup();
    config.cpus = 513;
    refused("1 to 512");
    setup();
    config.cpu = "qemu64";
    refused("-cpu: no model 'qemu64'");
    setup();
    config.testdev = true;
    refused("-device");
    setup();
    config.kernel = NULL;
    refused("-kernel");
}

// Without its unpacking it would be raw code, which runs.
Test(virt, a_kernel_in_an_efi_zboot_file_does_not_run_as_it_is)
{
    static uint8_t file[256] = "MZ\0\0zimg";
    file[8] = 128; // where the packed kernel is, and its size
    file[12] = 64;
    memcpy(file + 24, "lzma", 5);
    config.kernel_data = file;
    config.kernel_size = sizeof file;
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), -ENOEXEC);
    cr_assert_not_null(strstr(virt.board.error.text, "is packed with 'lzma'; gzip and zstd can be unpacked"));
    board_destroy(&virt.board);
}

// --- The device tree ------------------------------------------------------------------------------------------------

static const void *tree(void)
{
    return virt.board.ram + (virt.cpus[0]->r[0] - VIRT_RAM);
}

static int node(const char *path)
{
    int at = fdt_path_offset(tree(), path);
    cr_assert_geq(at, 0, "%s", path);
    return at;
}

static uint32_t cell_of(const char *path, const char *name, unsigned index)
{
    int size;
    const fdt32_t *cells = fdt_getprop(tree(), node(path), name, &size);
    cr_assert(cells && (unsigned)size >= 4 * (index + 1), "%s of %s", name, path);
    return fdt32_to_cpu(cells[index]);
}

static void check_text(const char *path, const char *name, const char *want)
{
    cr_assert_str_eq(fdt_getprop(tree(), node(path), name, NULL), want);
}

Test(virt, the_tree_describes_what_is_there)
{
    config.cpus = 18;
    config.append = "console=ttyAMA0";
    MAKE(code_hello);
    cr_assert_eq(fdt_check_header(tree()), 0);
    check_text("/chosen", "bootargs", "console=ttyAMA0");
    check_text("/chosen", "stdout-path", "/pl011@9000000");
    check_text("/psci", "method", "hvc");
    check_text("/cpus/cpu@101", "enable-method", "psci"); // CPU 17
    check_text("/cpus/cpu@0", "compatible", "arm,cortex-a57");
    check_text("/intc@8000000", "compatible", "arm,gic-v3");
    cr_assert_eq(cell_of("/memory@40000000", "reg", 1), VIRT_RAM);
    cr_assert_eq(cell_of("/memory@40000000", "reg", 3), config.memory);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 5), VIRT_GICR);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 7), 18 * 0x20000);
    cr_assert_eq(cell_of("/timer", "interrupts", 7), VIRT_PPI_VIRTUAL);
    cr_assert_eq(cell_of("/pl011@9000000", "interrupts", 1), VIRT_SPI_UART);
    cr_assert_eq(cell_of("/pl061@9030000", "interrupts", 1), VIRT_SPI_GPIO);
    cr_assert_eq(cell_of("/gpio-keys/poweroff", "gpios", 0), cell_of("/pl061@9030000", "phandle", 0));
    cr_assert_eq(cell_of("/gpio-keys/poweroff", "gpios", 1), VIRT_POWER_PIN);
    cr_assert_lt(fdt_path_offset(tree(), "/intc@8000000/v2m@8020000"), 0);
    cr_assert_lt(fdt_path_offset(tree(), "/intc@8000000/its@8080000"), 0);
}

// splitmix64: its first numbers of seed 0 are known.
Test(virt, seeds_are_in_the_tree_if_they_are_asked_for)
{
    MAKE(code_hello);
    cr_assert_null(fdt_getprop(tree(), fdt_path_offset(tree(), "/chosen"), "kaslr-seed", NULL));
    board_destroy(&virt.board);
    setup();
    config.tree_seeds = true;
    MAKE(code_hello);
    cr_assert_eq(cell_of("/chosen", "kaslr-seed", 0), 0xe220a839);
    cr_assert_eq(cell_of("/chosen", "kaslr-seed", 1), 0x7b1dcdaf);
    cr_assert_eq(cell_of("/chosen", "rng-seed", 0), 0x6e789e6a);
    cr_assert_neq(cell_of("/chosen", "rng-seed", 7), cell_of("/chosen", "rng-seed", 5));
}

// IHI 0069, 12.11.35: GICR_TYPER has the affinity in bits 63:32, the processor's number in 23:8, and Last in 4.
Test(virt, redistributors_from_the_124th_on_are_in_a_second_region)
{
    config.cpus = 125;
    MAKE(code_hello);
    cr_assert_eq(cell_of("/intc@8000000", "#redistributor-regions", 0), 2);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 7), 123 * 0x20000);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 8), 0x40);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 9), 0);
    cr_assert_eq(cell_of("/intc@8000000", "reg", 11), 2 * 0x20000);
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR + 122 * 0x20000 + 8, 8, 0) >> 4 & 1, 1,
                 "the last of its region");
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR2 + 8, 8, 0), UINT64_C(0x70b00007b20));
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR2 + 0x20008, 8, 0), UINT64_C(0x70c00007c30));
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR2 + 0x20014, 4, 0), 0, "awake");
    bus_write(&virt.board.memory, VIRT_GICR2 + 0x30100, 4, 0x20, 0);
    cr_assert_eq(virt.irq.cpus[124].gicr.bank.block[0].enabled, 0x20);
}

Test(virt, an_its_is_there_if_it_is_asked_for)
{
    config.its = true;
    MAKE(code_hello);
    check_text("/intc@8000000/its@8080000", "compatible", "arm,gic-v3-its");
    cr_assert_eq(cell_of("/intc@8000000/its@8080000", "reg", 1), VIRT_ITS);
    cr_assert_neq(bus_read(&virt.board.memory, VIRT_GICR + 8, 8, 0) & 1, 0, "GICR_TYPER.PLPIS");
}

Test(virt, with_gicv2_the_tree_has_the_message_frame_and_the_timers_cpus)
{
    config.gic_version = 2;
    config.cpus = 3;
    config.com1 = false;
    config.cpu = "max";
    MAKE(code_reset);
    check_text("/intc@8000000", "compatible", "arm,cortex-a15-gic");
    check_text("/cpus/cpu@0", "compatible", "arm,armv8");
    cr_assert_eq(cell_of("/intc@8000000", "reg", 5), VIRT_GICC);
    cr_assert_eq(cell_of("/intc@8000000/v2m@8020000", "arm,msi-base-spi", 0), VIRT_V2M_FIRST);
    cr_assert_eq(cell_of("/timer", "interrupts", 2), 0x704);
    cr_assert_lt(fdt_path_offset(tree(), "/pl011@9000000"), 0);
}

// pci-host-ecam-generic and PCI's own binding: three cells of address, and a row of ten for each slot and pin.
Test(virt, the_tree_leads_to_pci_its_windows_its_interrupts_and_its_messages)
{
    static const char pci[] = "/pcie@4010000000";
    config.its = true;
    MAKE(code_hello);
    check_text(pci, "compatible", "pci-host-ecam-generic");
    check_text(pci, "device_type", "pci");
    cr_assert_eq(cell_of(pci, "reg", 0), 0x40);
    cr_assert_eq(cell_of(pci, "reg", 1), 0x10000000);
    cr_assert_eq(cell_of(pci, "reg", 3), PCI_ECAM_SIZE);
    static const uint32_t ranges[] = { 0x01000000, 0,    0,          0,    0x3eff0000, 0,    0x10000,
                                       0x02000000, 0,    0x10000000, 0,    0x10000000, 0,    0x2eff0000,
                                       0x03000000, 0x80, 0,          0x80, 0,          0x80, 0 };
    for (unsigned i = 0; i < countof(ranges); i++)
        cr_assert_eq(cell_of(pci, "ranges", i), ranges[i], "%u", i);
    cr_assert_eq(cell_of(pci, "interrupt-map-mask", 0), 0x1800);
    cr_assert_eq(cell_of(pci, "interrupt-map-mask", 3), 7);
    for (unsigned slot = 0; slot < 4; slot++) {
        for (unsigned pin = 0; pin < 4; pin++) {
            unsigned row = 10 * (4 * slot + pin);
            cr_assert_eq(cell_of(pci, "interrupt-map", row), slot << 11);
            cr_assert_eq(cell_of(pci, "interrupt-map", row + 3), pin + 1);
            cr_assert_eq(cell_of(pci, "interrupt-map", row + 4), cell_of("/intc@8000000", "phandle", 0));
            cr_assert_eq(cell_of(pci, "interrupt-map", row + 8), VIRT_SPI_PCI + (slot + pin) % 4);
            cr_assert_eq(cell_of(pci, "interrupt-map", row + 9), 4, "high level");
        }
    }
    cr_assert_eq(cell_of(pci, "msi-map", 1), cell_of("/intc@8000000/its@8080000", "phandle", 0));
    cr_assert_eq(cell_of(pci, "msi-map", 3), 0x10000, "every requester id");
}

Test(virt, without_its_and_frame_the_tree_has_no_way_for_messages)
{
    config.its = false;
    MAKE(code_hello);
    cr_assert_null(fdt_getprop(tree(), node("/pcie@4010000000"), "msi-map", NULL));
    config.gic_version = 2;
    board_destroy(&virt.board);
    MAKE(code_hello);
    cr_assert_eq(cell_of("/pcie@4010000000", "msi-map", 1), cell_of("/intc@8000000/v2m@8020000", "phandle", 0));
}

Test(virt, ram_ends_below_configuration_space)
{
    config.memory = (UINT64_C(255) << 30) + 4096;
    refused("-m: this machine has at most 255 GiB");
}

// --- Firmware -------------------------------------------------------------------------------------------------------

static char *firmware;

static void setup_firmware(void)
{
    setup();
    firmware = test_file(code_flash, sizeof code_flash);
    config.kernel = NULL;
}

static void teardown_firmware(void)
{
    teardown();
    test_file_remove(firmware);
}

TestSuite(virt_firmware, .init = setup_firmware, .fini = teardown_firmware);

static void make_firmware(void)
{
    config.its = true;
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), 0, "%s", virt.board.error.text);
    outside_start(&virt.board.outside);
}

static struct intact_drive_config drives[2];

static void add_drive(const char *file, unsigned unit)
{
    config.drives = drives;
    drives[config.drive_count++] =
        (struct intact_drive_config){ .interface = INTACT_DRIVE_PFLASH, .file = file, .unit = unit, .snapshot = true };
}

Test(virt_firmware, it_runs_in_flash_and_writes_the_other_bank)
{
    config.bios = firmware;
    make_firmware();
    cr_assert_eq(virt.cpus[0]->r[A64_PC], VIRT_FLASH);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_str_eq(text, "\x80\x41");
    cr_assert_eq(bytes_get(virt.flash[1].contents + 8, 4), 0x4b4f4b41);
    cr_assert_eq(virt.board.loop.instructions, countof(code_flash));
}

Test(virt_firmware, it_may_come_from_a_drive_and_starts_again_after_a_reset)
{
    add_drive(firmware, 0);
    make_firmware();
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_eq(board_reset(&virt.board), 0);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_eq(virt.board.loop.instructions, 2 * countof(code_flash));
    cr_assert_str_eq(text, "\x80\x41\x80\x41");
}

Test(virt_firmware, it_finds_the_tree_where_ram_begins_and_the_redistributors_awake)
{
    config.bios = firmware;
    config.cpus = 2;
    make_firmware();
    cr_assert_eq(virt.cpus[0]->r[0], VIRT_RAM);
    cr_assert_eq(cell_of("/flash@0", "reg", 5), CFI_FLASH_SIZE);
    cr_assert_eq(cell_of("/flash@0", "bank-width", 0), 4);
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(bus_read(&virt.board.memory, VIRT_GICR + 0x20000 * i + 0x14, 4, 0), 0);
}

static uint64_t item(uint16_t key, unsigned size)
{
    uint64_t value = 0;
    bus_write(&virt.board.memory, VIRT_FW_CFG + 8, 2, __builtin_bswap16(key), 0);
    for (unsigned i = 0; i < size; i++)
        value |= bus_read(&virt.board.memory, VIRT_FW_CFG, 1, 0) << (8 * i);
    return value;
}

Test(virt_firmware, it_is_told_by_fw_cfg_what_to_start)
{
    config.bios = firmware;
    config.cpus = 2;
    config.kernel = "kernel";
    config.kernel_data = code_hello;
    config.kernel_size = sizeof code_hello;
    config.initrd = firmware;
    config.append = "quiet";
    make_firmware();
    check_text("/fw-cfg@9020000", "compatible", "qemu,fw-cfg-mmio");
    cr_assert_eq(item(FW_CFG_SIGNATURE, 4), 0x554d4551);
    cr_assert_eq(item(FW_CFG_NB_CPUS, 2), 2);
    cr_assert_eq(item(FW_CFG_KERNEL_SIZE, 4), sizeof code_hello);
    cr_assert_eq(item(FW_CFG_KERNEL_DATA, 4), code_hello[0]);
    cr_assert_eq(item(FW_CFG_INITRD_SIZE, 4), sizeof code_flash);
    cr_assert_eq(item(FW_CFG_INITRD_DATA, 8), (uint64_t)code_flash[1] << 32 | code_flash[0]);
    cr_assert_eq(item(FW_CFG_CMDLINE_SIZE, 4), 6);
    cr_assert_eq(item(FW_CFG_CMDLINE_DATA, 6), UINT64_C(0x007465697571));
    // A request to read the signature, by DMA into RAM.
    static const uint8_t request[16] = { 0, 0, 0, 0x0a, 0, 0, 0, 4, 0, 0, 0, 0, 0x41, 0, 0, 0 };
    cr_assert(bus_write_memory(&virt.board.memory, VIRT_RAM + 0x800000, request, sizeof request));
    bus_write(&virt.board.memory, VIRT_FW_CFG + 16, 8, __builtin_bswap64(VIRT_RAM + 0x800000), 0);
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_RAM + 0x800000, 4, 0), 0);
    cr_assert_eq(bus_read(&virt.board.memory, VIRT_RAM + 0x1000000, 4, 0), 0x554d4551);
}

Test(virt_firmware, its_state_goes_on_in_another_machine)
{
    struct visit_save save;
    struct visit_load load;
    config.bios = firmware;
    config.limit = 7; // the word is programmed, and bank 1 shows its status
    make_firmware();
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_LIMIT);
    visit_save_init(&save);
    board_visit(&virt.board, &save.visit);
    board_destroy(&virt.board);
    config.limit = 0;
    make_firmware();
    visit_load_init(&load, save.data, save.size);
    board_visit(&virt.board, &load.visit);
    board_loaded(&virt.board);
    cr_assert_not(load.failed);
    cr_assert_eq(vcpu_run(&virt.board.loop), LOOP_POWER_OFF);
    cr_assert_str_eq(text, "\x80\x41");
    cr_assert_eq(virt.board.loop.instructions, countof(code_flash));
    free(save.data);
}

Test(virt_firmware, what_does_not_go_together_is_refused)
{
    config.bios = "/does/not/exist";
    cr_assert_lt(board_create(&virt.board, &virt_type, &config), 0);
    cr_assert(strstr(virt.board.error.text, "-bios: cannot read '/does/not/exist'"), "%s", virt.board.error.text);
    board_destroy(&virt.board);
    config.bios = firmware;
    add_drive(firmware, 0);
    refused("-bios: flash bank 0 holds it");
    config.bios = NULL;
    drives[0].unit = 1;
    refused("nothing to run");
    drives[0].unit = 0;
    config.initrd = firmware;
    refused("-initrd:");
}

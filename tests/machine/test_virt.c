// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>

#include "base/bits.h"
#include "machine/arm64_code.h"
#include "machine/bytes.h"
#include "machine/virt.h"

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
    cr_assert_eq(outside_input(&virt.board.outside, (const uint8_t *)"over and out.", 13), 13);
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
    config.cpus = 124;
    refused("1 to 123");
    setup();
    config.cpu = "qemu64";
    refused("-cpu: no model 'qemu64'");
    setup();
    config.bios = "bios.bin";
    refused("-bios");
    setup();
    config.testdev = true;
    refused("-device");
    setup();
    config.kernel = NULL;
    refused("-kernel");
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
    cr_assert_lt(fdt_path_offset(tree(), "/intc@8000000/v2m@8020000"), 0);
    cr_assert_lt(fdt_path_offset(tree(), "/intc@8000000/its@8080000"), 0);
}

Test(virt, an_its_is_there_if_it_is_asked_for)
{
    config.its = true;
    MAKE(code_hello);
    check_text("/intc@8000000/its@8080000", "compatible", "arm,gic-v3-its");
    cr_assert_eq(cell_of("/intc@8000000/its@8080000", "reg", 1), VIRT_ITS);
    cr_assert_neq(bus_read(&virt.board.memory, VIRT_GICR + 8, 8, 0) & 1, 0, "GICR_TYPER.PLPIS");
    cr_assert(route_reaches(&virt.board.route, VIRT_ITS + 0x10040, 0));
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

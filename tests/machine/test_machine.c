// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of a machine: refused configurations, ends of runs, input and output, and that two runs are the same.
#include <intact/debug.h>
#include <intact/machine.h>

#include <criterion/criterion.h>
#include <pthread.h>

#include "machine/memory.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static char printed[4096];
static size_t printed_size;

static void print(void *owner, uint8_t byte)
{
    (void)owner;
    if (printed_size < sizeof printed - 1)
        printed[printed_size++] = (char)byte;
    printed[printed_size] = 0;
}

static void start(void)
{
    code_begin(&code);
    printed_size = 0;
    printed[0] = 0;
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "test";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    config.reboot = false;
    config.limit = 10000000;
    config.serial.write = print;
}

TestSuite(machine, .init = start);

static struct intact_exit run(void)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    struct intact_exit end = intact_machine_run(machine);
    intact_machine_destroy(machine);
    return end;
}

static void refuses(const char *part)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_not_null(strstr(why, part), "got: %s", why);
    cr_assert_null(strchr(why, '\n'));
}

// --- Processors -----------------------------------------------------------------------------------------------------

// Runs what is in `code` and then writes AL to the debug exit: its end on a processor of `cpu`.
static struct intact_exit run_on(const char *cpu, const uint8_t *bytes, size_t size)
{
    start();
    config.cpu = cpu;
    code_add(&code, bytes, size);
    CODE(&code, 0x66, 0xba, 0xf4, 0x00, 0xee); // mov dx, 0f4h; out dx, al
    return run();
}

#define RUN_ON(cpu, bytes) run_on((cpu), (bytes), sizeof(bytes))

Test(machine, a_feature_that_cpu_takes_away_takes_its_registers_along)
{
    static const uint8_t extd[] = { 0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x0d, 0, 4, 0, 0, 0x0f, 0x30 }; // IA32_APIC_BASE
    static const uint8_t deadline[] = { 0xb9, 0xe0, 6, 0, 0, 0x31, 0xc0, 0x31, 0xd2, 0x0f, 0x30 };   // 0 to MSR 6E0h
    static const uint8_t mode[] = { 0xc7, 0x05, 0x20, 0x03, 0xe0, 0xfe, 0x40, 0,   5, 0, // LVT_TIMER = 50040h
                                    0xa1, 0x20, 0x03, 0xe0, 0xfe, 0xc1, 0xe8, 0x12 };    // its bits from 18 up
    cr_assert_eq(RUN_ON("qemu64", extd).reason, INTACT_DEBUG_EXIT);
    cr_assert_neq(RUN_ON("qemu64,-x2apic", extd).reason, INTACT_DEBUG_EXIT, "#GP, and there is no IDT");
    cr_assert_eq(RUN_ON("qemu64", deadline).reason, INTACT_DEBUG_EXIT);
    cr_assert_neq(RUN_ON("qemu64,-tsc-deadline", deadline).reason, INTACT_DEBUG_EXIT);
    cr_assert_eq(RUN_ON("qemu64", mode).status, 3);
    cr_assert_eq(RUN_ON("qemu64,-tsc-deadline", mode).status, 1);
    cr_assert_eq(RUN_ON("qemu64,-x2apic", deadline).reason, INTACT_DEBUG_EXIT, "one does not take the other away");
}

// --- Ends -----------------------------------------------------------------------------------------------------------

Test(machine, the_debug_exit_port_ends_it_with_an_odd_status)
{
    code_out8(&code, 0xf4, 0x10);
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_DEBUG_EXIT);
    cr_assert_eq(end.status, 33);
    cr_assert_eq(end.instructions, 3);
    cr_assert_eq(end.time, 3);
}

Test(machine, acpi_soft_off_ends_it_with_status_0)
{
    code_out16(&code, 0x604, 0x2000);
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_POWER_OFF);
    cr_assert_eq(end.status, 0);
}

Test(machine, processors_that_are_halted_for_good_are_reported_and_not_waited_for)
{
    code_halt(&code);
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_DEADLOCK);
    cr_assert_eq(end.status, INTACT_STATUS_DEADLOCK);
}

// A firmware leaves the PIT running: it does not wake the CPU here, and nothing else could.
Test(machine, a_processor_that_waits_behind_masked_controllers_is_halted_for_good)
{
    code_out8(&code, 0x21, 0xff);
    code_out8(&code, 0xa1, 0xff);
    CODE(&code, 0xfb, 0xf4, 0xeb, 0xfc); // again: sti; hlt; jmp again
    cr_assert_eq(run().reason, INTACT_DEADLOCK);
}

Test(machine, the_instruction_limit_is_exact)
{
    CODE(&code, 0x90, 0xeb, 0xfd); // nop; jmp to it
    config.limit = 12345;
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_LIMIT);
    cr_assert_eq(end.status, INTACT_STATUS_LIMIT);
    cr_assert_eq(end.instructions, 12345);
}

Test(machine, each_reset_of_a_pc_ends_a_machine_that_does_not_reboot)
{
    const struct {
        uint16_t port;
        uint8_t value;
    } ways[] = { { 0xcf9, 0x06 }, { 0x64, 0xfe }, { 0x92, 0x01 } };
    for (unsigned i = 0; i < 3; i++) {
        start();
        if (ways[i].port == 0xcf9)
            code_out8(&code, 0xcf9, 0x02);
        code_out8(&code, ways[i].port, ways[i].value);
        code_halt(&code);
        struct intact_exit end = run();
        cr_assert_eq(end.reason, INTACT_RESET, "port %x", ways[i].port);
        cr_assert_eq(end.status, 0);
    }
}

Test(machine, a_triple_fault_is_a_reset)
{
    CODE(&code, 0x0f, 0x0b); // ud2 with an IDT of nothing
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_RESET);
}

// CMOS keeps its bytes over a reset: the guest leaves a mark the first time, and finds it the second time.
Test(machine, a_reset_starts_the_kernel_again_from_a_fresh_machine)
{
    code_out8(&code, 0x3f8, 'b');
    code_out8(&code, 0x70, 0x40);
    code_in8(&code, 0x71);
    CODE(&code, 0x3c, 0x5a, 0x74, 7 + 7 + 3); // cmp al, 5ah; je over the reset
    code_out8(&code, 0x71, 0x5a);
    code_out8(&code, 0xcf9, 0x06);
    CODE(&code, 0xf4, 0xeb, 0xfd);
    code_out8(&code, 0xf4, 1);
    config.reboot = true;
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_DEBUG_EXIT);
    cr_assert_str_eq(printed, "bb");
}

// A kernel that faults at once costs a reset of a millisecond each time, and its file is read once.
Test(machine, a_reset_takes_time_and_keeps_what_was_loaded)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    CODE(&code, 0x0f, 0x0b);
    char *path = test_file(code.bytes, sizeof code.bytes);
    config.kernel = path;
    config.kernel_data = NULL;
    config.reboot = true;
    config.limit = 20000000;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(unlink(path), 0);
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_LIMIT, "%s", intact_machine_error(machine));
    cr_assert_eq(end.instructions, 20000000);
    cr_assert_geq(end.time, 20000000);
    intact_machine_destroy(machine);
    free(path);
}

// --- What a firmware would have left behind -------------------------------------------------------------------------

enum { LOW = 0x8000, LOW_GDTR = 0x100, LOW_GDT = 0x110, LOW_REAL = 0x40 };

// A guest at LOW that goes to real mode by itself: what follows is 16-bit code, with DS, ES and SS 0.
static void begin_real_mode(void)
{
    static const uint8_t to_16_bits[] = { 0x0f, 0x01,     0x15,     0, LOW >> 8 | LOW_GDTR >> 8,
                                          0,    0, // lgdt
                                          0xea, LOW_REAL, LOW >> 8, 0, 0,
                                          8,    0 }; // jmp 8:LOW_REAL
    static const uint8_t to_real_mode[] = {
        0x0f, 0x20,          0xc0,     0x24, 0xfe, 0x0f, 0x22, 0xc0, // cr0.PE = 0
        0xea, LOW_REAL + 13, LOW >> 8, 0,    0,                      // jmp 0:next
        0x31, 0xc0,          0x8e,     0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0, 0x70
    };
    for (unsigned i = 12; i <= 16; i += 4)
        put32(code.bytes + i, LOW);
    for (unsigned i = 20; i <= 24; i += 4)
        put32(code.bytes + i, LOW + CODE_SIZE);
    put32(code.bytes + 28, LOW + CODE_START);
    put16(code.bytes + LOW_GDTR, 15);
    put32(code.bytes + LOW_GDTR + 2, LOW + LOW_GDT);
    put64(code.bytes + LOW_GDT + 8, UINT64_C(0x00009a000000ffff));
    code_add(&code, to_16_bits, sizeof to_16_bits);
    code.size = LOW_REAL;
    code_add(&code, to_real_mode, sizeof to_real_mode);
}

// out f4h, value
static void end_real_mode(uint8_t value)
{
    CODE(&code, 0xba, 0xf4, 0x00, 0xb0, value, 0xee);
}

Test(machine, real_mode_finds_the_base_memory_and_services_that_fail)
{
    begin_real_mode();
    CODE(&code, 0xa1, 0x13, 0x04, 0x3d, 0x7f, 0x02, 0x75, 19); // [413h] is 639 KiB
    CODE(&code, 0xa1, 0x0e, 0x04, 0x3d, 0xc0, 0x9f, 0x75, 11); // [40eh] is 9fc0h
    CODE(&code, 0xf8, 0xb4, 0x88, 0xcd, 0x15, 0x73, 4);        // clc; int 15h; jnc bad
    CODE(&code, 0xb0, 21, 0xeb, 2, 0xb0, 1);                   // good: al = 21; bad: al = 1
    CODE(&code, 0xba, 0xf4, 0x00, 0xee);
    cr_assert_eq(run().status, 21 << 1 | 1);
}

Test(machine, real_mode_hears_the_tick_that_a_bios_leaves_running)
{
    begin_real_mode();
    CODE(&code, 0x8b, 0x1e, 0x6c, 0x04, 0xfb);                            // mov bx, [46ch]; sti
    CODE(&code, 0xf4, 0xa1, 0x6c, 0x04, 0x29, 0xd8, 0x3c, 3, 0x72, 0xf6); // hlt until three ticks later
    end_real_mode(3);
    struct intact_exit end = run();
    cr_assert_eq(end.status, 7);
    cr_assert(end.time > 160000000 && end.time < 170000000, "18.2 Hz: three take 164.8 ms");
}

// The RTC's periodic interrupt, 1024 times a second: IRQ 8 is unmasked, its vector is 70h, and the handler there reads
// register C and ends it at both controllers, or there would not be a second one. Without the tick nothing else wakes.
Test(machine, real_mode_hears_the_rtc_through_the_second_8259)
{
    begin_real_mode();
    CODE(&code, 0xb0, 0xfb, 0xe6, 0x21);                         // mov al, fbh; out 21h, al: the cascade alone
    CODE(&code, 0xb0, 0x0b, 0xe6, 0x70, 0xb0, 0x42, 0xe6, 0x71); // register B: PIE, 24 hours
    CODE(&code, 0xfb, 0xf4, 0xf4, 0xf4);                         // sti; three times hlt
    end_real_mode(5);
    struct intact_exit end = run();
    cr_assert_eq(end.reason, INTACT_DEBUG_EXIT);
    cr_assert_eq(end.status, 5 << 1 | 1);
    cr_assert(end.time > 1900000 && end.time < 4000000, "three periods of 976.6 us, the first cut short");
}

// 640 KiB below 1 MiB, in CMOS too.
Test(machine, the_cmos_has_the_base_memory)
{
    for (unsigned i = 0; i < 2; i++) {
        code_begin(&code);
        code_out8(&code, 0x70, (uint8_t)(0x15 + i));
        code_in8(&code, 0x71);
        CODE(&code, 0xc0, 0xe8, 0x01, 0x0f, 0xb6, 0xc0, 0x66, 0xba, 0xf4, 0x00, 0xef); // shr al; movzx eax, al; out f4h
        cr_assert_eq(run().status, (i ? 640 >> 8 : 640 & 0xff) | 1);
    }
}

static uint64_t memory_at(struct intact_machine *machine, uint64_t address, size_t size)
{
    uint8_t bytes[8] = { 0 };
    cr_assert_eq(intact_machine_read_memory(machine, address, bytes, size), 0);
    return get64(bytes);
}

Test(machine, the_bios_data_area_says_what_is_there)
{
    struct intact_machine *machine;
    config.rtc_date = 951782400 + 12 * 3600; // noon
    cr_assert_eq(intact_machine_create(&config, &machine, NULL), 0);
    cr_assert_eq(memory_at(machine, 0x400, 2), 0x3f8, "the first serial port");
    cr_assert_eq(memory_at(machine, 0x410, 2), 1 << 9 | 1 << 1, "one serial port, a mathematics unit");
    cr_assert_eq(memory_at(machine, 0x41a, 4), 0x001e001e, "no key waits");
    cr_assert_eq(memory_at(machine, 0x480, 4), 0x003e001e, "their ring");
    cr_assert_eq(memory_at(machine, 0x46c, 4), UINT64_C(43200) * 1193182 / 65536, "ticks since midnight");
    cr_assert_eq(memory_at(machine, 0x9fc00, 1), 1, "KiB of the extended area");
    intact_machine_destroy(machine);
}

Test(machine, a_jump_to_the_reset_vector_resets)
{
    begin_real_mode();
    CODE(&code, 0xea, 0, 0, 0xff, 0xff); // jmp ffff:0
    cr_assert_eq(run().reason, INTACT_RESET);
}

// --- What is refused ------------------------------------------------------------------------------------------------

Test(machine, values_out_of_range_are_refused_with_the_option_that_sets_them)
{
    config.cpus = 0;
    refuses("-smp: 0 processors");
    config.cpus = 256;
    refuses("-smp: 256 processors");
    start();
    config.memory = INTACT_MEMORY_MAX + 4096;
    refuses("-m:");
    config.memory = 4096;
    refuses("-m:");
    config.memory = (UINT64_C(16) << 20) + 1;
    refuses("-m:");
    start();
    config.cpu = "nosuch";
    refuses("-cpu: there is no model 'nosuch'");
    config.cpu = "max,+nosuch";
    refuses("-cpu: there is no feature 'nosuch'");
    config.cpu = "max,+monitor,enforce";
    refuses("-cpu: enforce: not modelled: monitor");
    config.cpu = "Westmere,-aes,enforce";
    refuses("-cpu: enforce: not modelled: arat, pclmulqdq");
    config.cpu = "max,+apic,-fpu";
    refuses("-cpu: 'fpu' cannot be taken away");
    config.cpu = "max,vendor=CyrixInstead";
    refuses("-cpu: vendor=CyrixInstead: GenuineIntel and AuthenticAMD are possible");
    config.cpu = "max,family=271";
    refuses("-cpu: family=271 is not a number from 0 to 270");
    config.cpu = "max,stepping=x";
    refuses("-cpu: stepping=x is not a number");
    config.cpu = "max,phys-bits=48";
    refuses("-cpu: phys-bits=48: physical addresses have 40 bits here");
    config.cpu = "max,nx=maybe";
    refuses("is not +FEATURE");
    config.cpu = "max,";
    refuses("is not +FEATURE");
    start();
    config.shift = 11;
    refuses("-icount");
    start();
    config.rtc_date = -1;
    refuses("-rtc");
    start();
    config.debug_exit_size = 5;
    refuses("iosize");
}

Test(machine, devices_that_want_the_same_port_are_refused)
{
    config.debug_exit_port = 0x3f9;
    refuses("-device isa-debug-exit: port 0x3f9 is taken already");
    config.debug_exit_port = 0xffff;
    refuses("beyond the last");
}

Test(machine, nothing_to_run_is_refused)
{
    config.kernel = NULL;
    refuses("nothing to run");
    config.bios = "/nonexistent/bios";
    refuses("-bios: cannot read '/nonexistent/bios'");
}

Test(machine, a_pc_runs_a_firmware_of_one_kind)
{
    struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH, .file = "/nonexistent/code" };
    config.drives = &drive;
    config.drive_count = 1;
    refuses("-drive: cannot read '/nonexistent/code'");
    config.bios = "/nonexistent/bios";
    refuses("-bios: a drive with if=pflash,unit=0 is the firmware");
    config.bios = NULL;
    drive.unit = 1;
    refuses("-drive: if=pflash,unit=1 needs the firmware that uses it");
}

Test(machine, an_order_of_a_boot_has_known_letters)
{
    config.boot_order = "cx";
    refuses("-boot: the order is up to three of c, d, a and n, not 'cx'");
    config.boot_order = "cadn";
    refuses("-boot: the order");
}

Test(machine, files_of_fw_cfg_are_refused_by_what_is_wrong)
{
    struct intact_fw_cfg_config file = { .name = "etc/e820", .data = "x", .data_size = 1 };
    config.fw_cfgs = &file;
    config.fw_cfg_count = 1;
    refuses("-fw_cfg: 'etc/e820' is there already");
    file.name = "";
    refuses("-fw_cfg: the name '' has not 1 to 55 characters");
    file.name = "opt/x";
    file.file = "/nonexistent/file";
    refuses("-fw_cfg: cannot read '/nonexistent/file'");
    config.fw_cfg_count = INTACT_FW_CFG_MAX + 1;
    struct intact_fw_cfg_config many[INTACT_FW_CFG_MAX + 1] = { file };
    config.fw_cfgs = many;
    refuses("-fw_cfg: more than 16");
}

Test(machine, ide_disks_are_refused_where_they_cannot_be)
{
    struct intact_drive_config drives[] = { { .interface = INTACT_DRIVE_IDE, .file = "/nonexistent/disk" },
                                            { .interface = INTACT_DRIVE_IDE, .file = "x", .unit = 4 } };
    config.drives = drives;
    config.drive_count = 1;
    refuses("-drive: cannot open '/nonexistent/disk'");
    config.drives = drives + 1;
    refuses("-drive: if=ide has disks 0 to 3, not 4");
    config.type = INTACT_VIRT;
    refuses("-drive: this machine has no IDE disks");
}

// --- Memory ---------------------------------------------------------------------------------------------------------

// mov eax, [address]; then its low byte to COM1 and out.
static void print_memory(uint32_t address)
{
    CODE(&code, 0xa1, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16), (uint8_t)(address >> 24));
    CODE(&code, 0x66, 0xba, 0xf8, 0x03, 0xee);
    code_out8(&code, 0xf4, 0);
}

Test(machine, sixty_four_gigabytes_start_at_once)
{
    print_memory(0xbffffffc);
    config.memory = UINT64_C(64) << 30;
    cr_assert_eq(run().reason, INTACT_DEBUG_EXIT);
    cr_assert_eq(printed[0], 0);
}

Test(machine, the_tables_are_where_kernels_look_for_them)
{
    print_memory(0xe0000);
    run();
    cr_assert_eq(printed[0], 'R'); // "RSD PTR "
    start();
    print_memory(0xf0000);
    run();
    cr_assert_eq(printed[0], '_'); // "_MP_"
    start();
    config.acpi = false;
    print_memory(0xe0000);
    run();
    cr_assert_eq(printed[0], 0);
}

// The guest compares the entry of CPU 0 with the version register of its chip.
Test(machine, the_mp_table_has_the_version_of_the_local_apic)
{
    CODE(&code, 0xa0, 0x3e, 0x00, 0x0f, 0x00); // mov al, [f003eh]
    CODE(&code, 0x88, 0xc3);                   // mov bl, al
    CODE(&code, 0xa1, 0x30, 0x00, 0xe0, 0xfe); // mov eax, [fee00030h]
    CODE(&code, 0x28, 0xd8);                   // sub al, bl
    CODE(&code, 0x66, 0xba, 0xf4, 0x00, 0xee); // mov dx, f4h; out dx, al
    cr_assert_eq(run().status, 1);
}

Test(machine, the_timers_of_the_hpet_lead_where_the_dsdt_says)
{
    CODE(&code, 0xa1, 0x20, 0x01, 0xd0, 0xfe); // mov eax, [fed00120h]
    CODE(&code, 0xc1, 0xe8, 9);                // shr eax, 9
    CODE(&code, 0x66, 0xba, 0xf4, 0x00, 0xee); // mov dx, f4h; out dx, al
    cr_assert_eq(run().status, 21 << 1 | 1);
}

// --- In and out -----------------------------------------------------------------------------------------------------

// Echoes the input of COM1, until a 'q'.
static void make_echo(void)
{
    code_in8(&code, 0x3fd);
    CODE(&code, 0xa8, 0x01, 0x74, (uint8_t)-9);
    code_in8(&code, 0x3f8);
    CODE(&code, 0xee, 0x3c, 'q', 0x75, (uint8_t)-19);
    code_out8(&code, 0xf4, 3);
}

Test(machine, input_reaches_com1_in_order)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    make_echo();
    config.interactive = true;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    const char *text = "The quick brown fox jumps over the lazy dog, twenty times q";
    size_t length = strlen("The q");
    cr_assert_eq(intact_machine_input(machine, text, strlen(text)), strlen(text));
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_DEBUG_EXIT);
    cr_assert_eq(printed_size, length);
    cr_assert_arr_eq(printed, text, length);
    intact_machine_destroy(machine);
}

Test(machine, without_interactive_input_is_taken_too)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    make_echo();
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    intact_machine_run_for(machine, 100000);
    cr_assert_eq(printed_size, 0);
    cr_assert_eq(intact_machine_input(machine, "ab", 2), 2);
    intact_machine_run_for(machine, 100000);
    cr_assert_eq(printed_size, 2);
    cr_assert_eq(intact_machine_input(machine, "q", 1), 1);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEBUG_EXIT);
    cr_assert_arr_eq(printed, "abq", 3);
    intact_machine_destroy(machine);
}

Test(machine, input_beyond_what_waits_is_taken_later)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    static uint8_t bytes[100000];
    make_echo();
    config.interactive = true;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    size_t taken = intact_machine_input(machine, bytes, sizeof bytes);
    cr_assert_gt(taken, 1000);
    cr_assert_lt(taken, sizeof bytes);
    cr_assert_eq(intact_machine_input(machine, bytes, 16), 0);
    intact_machine_destroy(machine);
}

static void *type(void *machine)
{
    while (intact_machine_input(machine, "q", 1) == 0) {
    }
    return NULL;
}

// sti, and halted with the receive interrupt masked at the controllers: only the inbox can be waited for.
Test(machine, an_interactive_machine_without_work_waits_for_the_end_of_input)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    pthread_t thread;
    code_halt(&code);
    config.interactive = true;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    pthread_create(&thread, NULL, type, machine);
    pthread_join(thread, NULL);
    intact_machine_input_end(machine);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(intact_machine_input(machine, "x", 1), 0);
    intact_machine_destroy(machine);
}

Test(machine, it_can_be_told_to_quit_and_goes_on_when_run_again)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    CODE(&code, 0x90, 0xeb, 0xfd);
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    intact_machine_quit(machine);
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_QUIT);
    cr_assert_eq(end.status, 0);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_LIMIT);
    intact_machine_destroy(machine);
}

Test(machine, the_debug_console_has_a_place_of_its_own)
{
    code_out8(&code, 0xe9, 'd');
    code_out8(&code, 0xf4, 0);
    config.debugcon_port = 0xe9;
    config.debugcon.write = print;
    config.testdev = true; // its window is cut in two around E9h
    run();
    cr_assert_str_eq(printed, "d");
}

// --- Traces and time ------------------------------------------------------------------------------------------------

static unsigned seen[INTACT_TRACE_IDS];
static uint64_t last_time, last_instructions;

static void tap(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    seen[event->id]++;
    cr_assert_geq(event->time, last_time);
    cr_assert_geq(event->instructions, last_instructions);
    last_time = event->time;
    last_instructions = event->instructions;
}

// A PIT tick with the 8259A masked: it passes device, routing and pins, and is not taken.
static void make_tick(void)
{
    code_out8(&code, 0x43, 0x30);
    code_out8(&code, 0x40, 100);
    code_out8(&code, 0x40, 0);
    code_halt(&code);
}

Test(machine, an_observer_hears_the_stations_that_an_interrupt_passes)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    make_tick();
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    memset(seen, 0, sizeof seen);
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, tap, NULL);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    struct intact_exit end = intact_machine_run(machine);
    cr_assert_eq(end.reason, INTACT_DEADLOCK);
    cr_assert_eq(seen[INTACT_TRACE_ROUTE], 2);
    cr_assert_gt(seen[INTACT_TRACE_PIN], 1);
    cr_assert_eq(seen[INTACT_TRACE_TAKE], 0);
    cr_assert_gt(end.time, 80000); // 100 ticks of 838 ns were skipped to, not waited for
    intact_machine_destroy(machine);
}

static struct intact_machine *within;
static unsigned refused;

static void run_again(void *owner, const struct intact_trace_event *event)
{
    (void)owner, (void)event;
    refused += intact_machine_run(within).reason == INTACT_FAILED && strstr(intact_machine_error(within), "a callback");
    refused += intact_machine_run_for(within, 1).reason == INTACT_FAILED;
    refused += intact_machine_step(within, 0).reason == INTACT_FAILED;
}

Test(machine, a_callback_cannot_run_it)
{
    char why[INTACT_ERROR_SIZE];
    make_tick();
    cr_assert_eq(intact_machine_create(&config, &within, why), 0, "%s", why);
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_BIT(INTACT_TRACE_ROUTE), run_again, NULL);
    cr_assert_eq(intact_machine_trace(within, &observer), 0);
    cr_assert_eq(intact_machine_run(within).reason, INTACT_DEADLOCK);
    cr_assert_eq(refused, 6, "by each of two events");
    intact_machine_destroy(within);
}

Test(machine, an_observer_hears_of_a_pending_word_once)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    code_out8(&code, 0x21, 0xfe);
    make_tick();
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    memset(seen, 0, sizeof seen);
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, tap, NULL);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(seen[INTACT_TRACE_PENDING], 1);
    intact_machine_destroy(machine);
}

Test(machine, two_machines_of_one_configuration_end_at_the_same_instruction)
{
    make_tick();
    config.cpus = 3;
    struct intact_exit first = run(), second = run();
    cr_assert_eq(first.instructions, second.instructions);
    cr_assert_eq(first.time, second.time);
}

Test(machine, pacing_changes_nothing_that_the_guest_sees)
{
    make_tick();
    struct intact_exit first = run();
    config.paced = true;
    struct intact_exit second = run();
    cr_assert_eq(first.instructions, second.instructions);
    cr_assert_eq(first.time, second.time);
}

Test(machine, every_reason_has_a_text_and_every_model_a_name)
{
    for (int reason = INTACT_POWER_OFF; reason <= INTACT_FAILED; reason++)
        cr_assert_gt(strlen(intact_reason_text((enum intact_reason)reason)), 3);
    for (int id = 0; id < INTACT_TRACE_IDS; id++)
        cr_assert_gt(strlen(intact_trace_name((enum intact_trace_id)id)), 1);
    for (enum intact_machine_type type = INTACT_PC; type <= INTACT_VIRT; type++) {
        cr_assert_not_null(intact_machine_cpu(type, 0, NULL));
        cr_assert_null(intact_machine_cpu(type, 10000, NULL));
    }
    cr_assert_null(intact_machine_cpu_feature(INTACT_VIRT, 0));
}

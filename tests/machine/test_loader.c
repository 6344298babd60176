// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device loader`: what is in RAM, again after a reset, where processors start, and what is refused.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <intact/debug.h>
#include <intact/machine.h>

#include "base/bits.h"
#include "machine/kernels.h"

#define DEVICE(...) ((struct intact_property[]){ __VA_ARGS__ })
#define ADD(...)    add(DEVICE(__VA_ARGS__), sizeof DEVICE(__VA_ARGS__) / sizeof(struct intact_property))

static struct intact_machine_config config;
static struct intact_device_config devices[4];
static struct intact_machine *machine;
static char path[64], printed[32], why[INTACT_ERROR_SIZE];
static size_t printed_size;

static void print(void *owner, uint8_t byte)
{
    (void)owner;
    if (printed_size < sizeof printed - 1)
        printed[printed_size++] = (char)byte;
}

static void start(void)
{
    intact_machine_config_init(&config);
    memset(devices, 0, sizeof devices);
    memset(printed, 0, sizeof printed);
    printed_size = 0;
    config.memory = UINT64_C(16) << 20;
    config.devices = devices;
    config.limit = 100000;
    config.serial.write = print;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
}

static void finish(void)
{
    intact_machine_destroy(machine);
    machine = NULL;
    if (*path)
        unlink(path);
}

TestSuite(loader, .init = start, .fini = finish);

static void add(const struct intact_property *properties, unsigned count)
{
    devices[config.device_count++] = (struct intact_device_config){ "loader", properties, count };
}

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void refuses(const char *text)
{
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert(strstr(why, text), "%s", why);
    config.device_count = 0;
}

static void make_file(const void *bytes, size_t size)
{
    if (!*path) {
        snprintf(path, sizeof path, "/tmp/intact-loader-XXXXXX");
        close(mkstemp(path));
    }
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static uint64_t memory(uint64_t address)
{
    uint64_t value = 0;
    cr_assert_eq(intact_machine_read_memory(machine, address, &value, sizeof value), 0);
    return value;
}

static uint64_t cpu(uint32_t index, const char *name)
{
    uint64_t value = 0;
    cr_assert_eq(intact_machine_read_register(machine, index, name, &value), 0, "%s", name);
    return value;
}

// MOV AL, 'A'; MOV DX, 3F8h; OUT DX, AL; MOV DX, F4h; OUT DX, AL; JMP to itself
static const uint8_t code_x86[] = { 0xb0, 'A', 0xba, 0xf8, 3, 0xee, 0xba, 0xf4, 0, 0xee, 0xeb, 0xfe };

// MOV X9, #9000000h; MOV W1, 'A'; STRB W1, [X9]; MOV X0, #84000000h; MOVK X0, #8; HVC #0
static const uint32_t code_arm[] = { 0xd2a12009, 0x52800821, 0x39000121, 0xd2b08000, 0xf2800100, 0xd4000002 };

Test(loader, numbers_are_in_ram_in_either_order_of_bytes_and_again_after_a_reset)
{
    config.limit = 0;
    ADD({ "addr", "0x7000" }, { "cpu-num", "0" });
    ADD({ "addr", "0x100000" }, { "data", "0x1122334455667788" }, { "data-len", "8" });
    ADD({ "addr", "0x100008" }, { "data", "0x112233" }, { "data-len", "3" }, { "data-be", "on" });
    make();
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t zero[2] = { 0 };
        cr_assert_eq(memory(0x100000), UINT64_C(0x1122334455667788));
        cr_assert_eq(memory(0x100008), 0x332211);
        cr_assert_eq(cpu(0, "rip"), 0);
        cr_assert_eq(cpu(0, "cs"), 0x700);
        cr_assert_eq(intact_machine_write_memory(machine, 0x100000, zero, sizeof zero), 0);
        cr_assert_eq(intact_machine_reset(machine), 0);
        intact_machine_run_for(machine, 1000000); // the time of a reset
    }
}

Test(loader, a_raw_file_runs_in_real_mode_without_a_kernel)
{
    make_file(code_x86, sizeof code_x86);
    ADD({ "file", path }, { "addr", "0x7c05" }, { "cpu-num", "0" });
    make();
    cr_assert_eq(cpu(0, "cs"), 0x7c0);
    cr_assert_eq(cpu(0, "rip"), 5);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEBUG_EXIT);
    cr_assert_str_eq(printed, "A");
}

Test(loader, a_raw_file_runs_on_virt_and_a_processor_that_waits_goes_on_waiting)
{
    config.type = INTACT_VIRT;
    config.debug_exit_port = 0;
    config.cpus = 2;
    make_file(code_arm, sizeof code_arm);
    ADD({ "file", path }, { "addr", "0x40200000" }, { "cpu-num", "0" });
    ADD({ "addr", "0x40300000" }, { "cpu-num", "1" });
    make();
    cr_assert_eq(cpu(0, "pc"), 0x40200000);
    cr_assert_eq(cpu(0, "x0"), 0);
    cr_assert_eq(cpu(1, "pc"), 0x40300000);
    cr_assert_eq(memory(0x40000000) & UINT32_MAX, 0xedfe0dd0, "the device tree is where RAM begins");
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
    cr_assert_eq(cpu(1, "pc"), 0x40300000);
    cr_assert_str_eq(printed, "A");
}

Test(loader, an_elf_file_goes_to_its_own_addresses_beside_a_kernel)
{
    static const struct test_segment segments[] = { { 1, 1024, 0x200000, 256, 512 } };
    uint8_t file[ELF_SIZE];
    make_elf(file, 1, 0x200000, segments, 1);
    make_file(file, sizeof file);
    uint8_t kernel[4096] = { 0 };
    make_multiboot_header(kernel, 1u << 16);
    put32(kernel + 12, 0x100000);
    put32(kernel + 16, 0x100000);
    put32(kernel + 28, 0x100020);
    config.kernel = "kernel";
    config.kernel_data = kernel;
    config.kernel_size = sizeof kernel;
    ADD({ "file", path }, { "addr", "0x300000" });
    make();
    cr_assert_eq(memory(0x200000), UINT64_C(0x0706050403020100));
    cr_assert_eq(memory(0x300000), 0);
    cr_assert_eq(cpu(0, "rip"), 0x100020, "the kernel starts");
    intact_machine_destroy(machine);
    config.device_count = 0;
    ADD({ "file", path }, { "addr", "0x300000" }, { "force-raw", "on" });
    make();
    cr_assert_eq(memory(0x200000), 0);
    cr_assert_eq(memory(0x300000) & UINT32_MAX, 0x464c457f);
}

Test(loader, what_is_not_ram_is_refused)
{
    make_file(code_x86, sizeof code_x86);
    ADD({ "file", path }, { "addr", "0x1000000" }, { "cpu-num", "0" });
    refuses("0xc bytes at 0x1000000 are not all in RAM");
    ADD({ "addr", "0xfffffe" }, { "data", "1" }, { "data-len", "4" });
    ADD({ "addr", "0x7000" }, { "cpu-num", "0" });
    refuses("-device loader: data=: 0x4 bytes at 0xfffffe are not all in RAM");
    ADD({ "addr", "0x7000" }, { "cpu-num", "0" });
    ADD({ "addr", "0xfffffffffffffffe" }, { "data", "1" }, { "data-len", "4" });
    refuses("not all in RAM");
}

Test(loader, what_makes_no_sense_is_refused)
{
    ADD({ "addr", "0x100000" });
    refuses("addr= alone needs cpu-num=");
    ADD({ "cpu-num", "0" });
    refuses("it has nothing to do");
    ADD({ "addr", "0" }, { "cpu-num", "1" });
    refuses("cpu-num=1: -smp is 1");
    ADD({ "addr", "0x100000" }, { "cpu-num", "0" });
    refuses("0x100000 is not below 1 MiB");
    ADD({ "addr", "0" }, { "data", "1" });
    refuses("data= and data-len= must be given together");
    ADD({ "addr", "0" }, { "data", "1" }, { "data-len", "9" });
    refuses("data-len=9 is not a number from 1 to 8");
    ADD({ "addr", "0" }, { "data", "256" }, { "data-len", "1" });
    refuses("data=256 has more than the 1 bytes");
    ADD({ "addr", "0" }, { "data", "1" }, { "data-len", "1" }, { "file", "x" });
    refuses("exclude each other");
    ADD({ "force-raw", "on" });
    refuses("force-raw= is for a file");
    ADD({ "file", "/nonexistent/file" });
    ADD({ "addr", "0x7000" }, { "cpu-num", "0" });
    refuses("-device loader: cannot read '/nonexistent/file'");
    ADD({ "addr", "0x100000" }, { "data", "1" }, { "data-len", "1" });
    refuses("nothing to run");
}

Test(loader, files_of_other_formats_are_refused)
{
    static const uint8_t image[16] = { 0x27, 0x05, 0x19, 0x56 };
    static const struct test_segment segments[] = { { 1, 1024, 0x200000, 256, 512 } };
    uint8_t file[ELF_SIZE];
    const char hex[] = ":0B0010006164647265737320676170A7\n";
    make_file(hex, sizeof hex - 1);
    ADD({ "file", path }, { "cpu-num", "0" });
    refuses("an Intel HEX file");
    make_file(image, sizeof image);
    ADD({ "file", path }, { "cpu-num", "0" });
    refuses("a uImage file");
    make_elf(file, 1, 0x200000, segments, 1);
    put16(file + 18, 183);
    make_file(file, sizeof file);
    ADD({ "file", path }, { "cpu-num", "0" });
    ADD({ "addr", "0x7000" }, { "cpu-num", "0" });
    refuses("ELF file is for machine 183");
}

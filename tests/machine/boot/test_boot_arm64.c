// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loaders of the Arm machine: Image, ELF, raw code.
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <zlib.h>

#include "machine/boot/boot_arm64.h"
#include "machine/kernels.h"
#include "machine/memory.h"

#define RAM      UINT64_C(0x40000000)
#define RAM_SIZE (UINT64_C(32) << 20)

static struct error error;
static struct bus bus;
static struct region ram;
static struct fdt_description description;
static struct boot_arm64_state state;
static uint64_t affinity;

enum { IMAGE_SIZE = 4096 };
static uint8_t file[IMAGE_SIZE];

static void make_image(uint64_t text_offset, uint64_t image_size)
{
    for (unsigned i = 0; i < IMAGE_SIZE; i++)
        file[i] = (uint8_t)i;
    put64(file + 8, text_offset);
    put64(file + 16, image_size);
    put64(file + 24, 0xa);
    memcpy(file + 56, "ARM\x64", 4);
}

static void setup(void)
{
    bus_init(&bus);
    ram = (struct region){ .base = RAM, .size = RAM_SIZE, .name = "RAM", .ram = host_memory_reserve(RAM_SIZE) };
    bus_add(&bus, &ram);
    error = (struct error){ 0 };
    description = (struct fdt_description){
        .cpus = 1,
        .affinities = &affinity,
        .cpu_compatible = "arm,armv8",
        .memory = { RAM, RAM_SIZE },
        .gic_version = 3,
        .gicd = { 0x8000000, 0x10000 },
    };
}

static void teardown(void)
{
    host_memory_release(ram.ram, RAM_SIZE);
}

TestSuite(boot_arm64, .init = setup, .fini = teardown);

static int load(const void *data, size_t size, const char *initrd)
{
    const struct boot_arm64_request request = {
        .kernel = { "kernel", data, size, true },
        .initrd = initrd,
        .memory = &bus,
        .tree = &description,
    };
    return boot_arm64_load(&request, &state, &error);
}

Test(boot_arm64, an_image_starts_text_offset_above_2_mib)
{
    make_image(0, 0x300000);
    cr_assert_eq(load(file, sizeof file, NULL), 0, "%s", error.text);
    cr_assert_eq(state.entry, RAM + 0x200000, "not on the first page of RAM");
    cr_assert_eq(state.tree, RAM + 0x600000, "above what the image takes up in memory");
    cr_assert_arr_eq(ram.ram + 0x200000, file, sizeof file);
    make_image(0x80000, 0x300000);
    cr_assert_eq(load(file, sizeof file, NULL), 0);
    cr_assert_eq(state.entry, RAM + 0x80000);
}

Test(boot_arm64, an_old_image_without_its_size_goes_to_80000h)
{
    make_image(0x1234, 0);
    cr_assert_eq(load(file, sizeof file, NULL), 0);
    cr_assert_eq(state.entry, RAM + 0x80000);
}

Test(boot_arm64, raw_code_goes_to_80000h)
{
    make_image(0, 0);
    file[56] = 0;
    cr_assert_eq(load(file, sizeof file, NULL), 0);
    cr_assert_eq(state.entry, RAM + 0x80000);
    cr_assert_eq(state.tree, RAM + 0x200000);
}

static const void *tree(void)
{
    const void *fdt = ram.ram + (state.tree - RAM);
    cr_assert_eq(fdt_check_header(fdt), 0);
    return fdt;
}

static void make_arm_elf(uint64_t address)
{
    const struct test_segment segments[] = { { 1, 1024, address, 64, 0x1000 } };
    make_elf(file, 1, address + 8, segments, 1);
    put16(file + 18, 183);
}

Test(boot_arm64, an_elf_file_goes_where_it_says_and_the_tree_below_or_above)
{
    make_arm_elf(RAM + 0x100000);
    cr_assert_eq(load(file, sizeof file, NULL), 0, "%s", error.text);
    cr_assert_eq(state.entry, RAM + 0x100008);
    cr_assert_arr_eq(ram.ram + 0x100000, file + 1024, 64);
    cr_assert_eq(state.tree, RAM);
    cr_assert_eq(fdt_path_offset(tree(), "/flash@0"), -FDT_ERR_NOTFOUND);
    make_arm_elf(RAM + 0xff000);
    cr_assert_eq(load(file, sizeof file, NULL), 0, "%s", error.text);
    cr_assert_eq(state.tree, RAM + 0x200000, "there is no room below");
    make_arm_elf(RAM + RAM_SIZE - 64);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM);
    make_arm_elf(0x1000);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM);
    file[18] = 62;
    cr_assert_eq(load(file, sizeof file, NULL), -EINVAL);
    cr_assert_str_eq(error.text,
                     "-kernel: 'kernel': ELF file is for machine 62 of 64 bits, not for AArch64 (183 of 64)");
}

Test(boot_arm64, firmware_runs_in_flash_and_finds_the_tree_where_ram_begins)
{
    const struct boot_arm64_request request = {
        .firmware = true, .firmware_entry = 0x1000, .memory = &bus, .tree = &description
    };
    description.flash[0] = (struct fdt_window){ 0, 0x4000000 };
    description.flash[1] = (struct fdt_window){ 0x4000000, 0x4000000 };
    description.flash_width = 4;
    description.fw_cfg = (struct fdt_window){ 0x9020000, 0x18 };
    cr_assert_eq(boot_arm64_load(&request, &state, &error), 0, "%s", error.text);
    cr_assert_eq(state.entry, 0x1000);
    cr_assert_eq(state.tree, RAM);
    int size, flash = fdt_path_offset(tree(), "/flash@0"), fw_cfg = fdt_path_offset(tree(), "/fw-cfg@9020000");
    const fdt64_t *banks = fdt_getprop(tree(), flash, "reg", &size);
    cr_assert_eq(size, 32);
    cr_assert_eq(fdt64_ld(banks + 2), 0x4000000);
    cr_assert_eq(fdt32_ld(fdt_getprop(tree(), flash, "bank-width", NULL)), 4);
    cr_assert_str_eq(fdt_getprop(tree(), fw_cfg, "compatible", NULL), "qemu,fw-cfg-mmio");
}

Test(boot_arm64, a_gzip_image_is_unpacked)
{
    uint8_t packed[2 * IMAGE_SIZE];
    make_image(0, 0x10000);
    z_stream stream = { .next_in = file, .avail_in = sizeof file, .next_out = packed, .avail_out = sizeof packed };
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    cr_assert_eq(load(packed, sizeof packed - stream.avail_out, NULL), 0, "%s", error.text);
    cr_assert_arr_eq(ram.ram + 0x200000, file, sizeof file);
}

Test(boot_arm64, the_ramdisk_is_where_the_tree_says)
{
    make_image(0, 0x10000);
    char *path = test_file("ramdisk", 7);
    cr_assert_eq(load(file, sizeof file, path), 0, "%s", error.text);
    const void *tree = ram.ram + (state.tree - RAM);
    int chosen = fdt_path_offset(tree, "/chosen");
    const fdt64_t *start = fdt_getprop(tree, chosen, "linux,initrd-start", NULL);
    const fdt64_t *end = fdt_getprop(tree, chosen, "linux,initrd-end", NULL);
    cr_assert(start && end);
    cr_assert_eq(fdt64_ld(end) - fdt64_ld(start), 7);
    cr_assert_arr_eq(ram.ram + (fdt64_ld(start) - RAM), "ramdisk", 7);
    test_file_remove(path);
}

Test(boot_arm64, what_does_not_fit_is_told_by_the_option_to_change)
{
    make_image(0, RAM_SIZE);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM);
    cr_assert_str_eq(error.text, "-m: the kernel needs 34 MiB of memory and 32 are there");
    make_image(UINT64_MAX - 100, UINT64_MAX);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM);
    make_image(0, RAM_SIZE - 0x200000);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM, "no room for the tree");
    char *path = test_file("ramdisk", 7);
    make_image(0, RAM_SIZE - 0x600000);
    cr_assert_eq(load(file, sizeof file, path), 0, "%s", error.text);
    make_image(0, RAM_SIZE - 0x400000);
    cr_assert_eq(load(file, sizeof file, path), -ENOMEM);
    cr_assert(strstr(error.text, "-initrd:"), "%s", error.text);
    test_file_remove(path);
}

Test(boot_arm64, a_big_endian_kernel_is_refused)
{
    make_image(0, 0x10000);
    file[24] |= 1;
    cr_assert_eq(load(file, sizeof file, NULL), -ENOEXEC);
    cr_assert(strstr(error.text, "-kernel: 'kernel'"), "%s", error.text);
}

// --- EFI zboot --------------------------------------------------------------------------------------------------------

static const char plain[] = "zboot payload: ARM64 kernel bytes, zboot payload: ARM64 kernel bytes";
enum { PLAIN = sizeof plain - 1, PAYLOAD = 0x80 };

// `plain`, by zstd -19
static const uint8_t zstd_frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x44, 0x5d, 0x01, 0x00, 0x34, 0x02, 0x7a,
                                      0x62, 0x6f, 0x6f, 0x74, 0x20, 0x70, 0x61, 0x79, 0x6c, 0x6f, 0x61, 0x64,
                                      0x3a, 0x20, 0x41, 0x52, 0x4d, 0x36, 0x34, 0x20, 0x6b, 0x65, 0x72, 0x6e,
                                      0x65, 0x6c, 0x20, 0x62, 0x79, 0x74, 0x65, 0x73, 0x2c, 0x20, 0x01, 0x00,
                                      0x33, 0xa3, 0x7a, 0x02, 0x9f, 0x90, 0xa2, 0x83 };

// A zboot file in `file`; what follows the payload is no part of it.
static void make_zboot(const char *type, const void *payload, size_t size)
{
    memset(file, 0xee, sizeof file);
    memset(file, 0, PAYLOAD);
    memcpy(file, "MZ\0\0zimg", 8);
    put32(file + 8, PAYLOAD);
    put32(file + 12, (uint32_t)size);
    memcpy(file + 24, type, strlen(type) + 1);
    memcpy(file + 56, "\xcd\x23\x82\x81", 4);
    put32(file + 60, 0x40);
    memcpy(file + 0x40, "PE\0", 4);
    memcpy(file + PAYLOAD, payload, size);
}

static size_t pack_gzip(uint8_t *out, size_t capacity)
{
    z_stream stream = {
        .next_in = (Bytef *)(uintptr_t)plain, .avail_in = PLAIN, .next_out = out, .avail_out = (uInt)capacity
    };
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return stream.total_out;
}

Test(boot_arm64, the_kernel_in_an_efi_zboot_file_is_unpacked)
{
    uint8_t packed[256];
    make_zboot("gzip", packed, pack_gzip(packed, sizeof packed));
    memcpy(file + PAYLOAD, packed, pack_gzip(packed, sizeof packed));
    cr_assert_eq(load(file, sizeof file, NULL), 0, "%s", error.text);
    cr_assert_eq(state.entry, RAM + 0x80000);
    cr_assert_arr_eq(ram.ram + 0x80000, plain, PLAIN);
    memset(ram.ram + 0x80000, 0, PLAIN);
    make_zboot("zstd22", zstd_frame, sizeof zstd_frame);
    cr_assert_eq(load(file, sizeof file, NULL), 0, "%s", error.text);
    cr_assert_arr_eq(ram.ram + 0x80000, plain, PLAIN);
}

Test(boot_arm64, an_efi_zboot_file_that_cannot_be_unpacked_is_refused_by_name)
{
    make_zboot("lzma", zstd_frame, sizeof zstd_frame);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOEXEC);
    cr_assert(strstr(error.text, "-kernel: 'kernel' is packed with 'lzma'"), "%s", error.text);
    make_zboot("gzip", zstd_frame, sizeof zstd_frame);
    cr_assert_eq(load(file, sizeof file, NULL), -EINVAL);
    cr_assert(strstr(error.text, "damaged EFI zboot file"), "%s", error.text);
    static const struct {
        uint32_t offset, size;
    } rows[] = { { PAYLOAD, sizeof file - PAYLOAD + 1 },
                 { sizeof file, 1 },
                 { sizeof file + 1, 1 },
                 { PAYLOAD, UINT32_MAX },
                 { UINT32_MAX, UINT32_MAX },
                 { PAYLOAD, 0 } };
    uint8_t packed[256];
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make_zboot("gzip", packed, pack_gzip(packed, sizeof packed));
        memcpy(file + PAYLOAD, packed, pack_gzip(packed, sizeof packed));
        put32(file + 8, rows[i].offset);
        put32(file + 12, rows[i].size);
        cr_assert_eq(load(file, sizeof file, NULL), -EINVAL, "row %u", i);
        cr_assert(strstr(error.text, "damaged EFI zboot file"), "%s", error.text);
    }
    for (size_t size = 1; size < sizeof zstd_frame; size++) {
        make_zboot("zstd", zstd_frame, size);
        cr_assert_lt(load(file, sizeof file, NULL), 0, "cut off at %zu", size);
    }
}

Test(boot_arm64, another_efi_program_needs_a_firmware)
{
    make_zboot("", zstd_frame, sizeof zstd_frame);
    memset(file + 4, 0, 4);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOEXEC);
    cr_assert(strstr(error.text, "-kernel: 'kernel' is an EFI program"), "%s", error.text);
    make_image(0, 0x10000);
    memcpy(file, "MZ", 2);
    put32(file + 60, 0x40);
    memcpy(file + 0x40, "PE\0", 4);
    cr_assert_eq(load(file, sizeof file, NULL), 0, "Linux's own Image is one as well: %s", error.text);
}

Test(boot_arm64, a_command_line_beyond_the_trees_room_is_refused)
{
    static char append[BOOT_ARM64_TREE_LIMIT + 1];
    memset(append, 'a', sizeof append - 1);
    description.append = append;
    make_image(0, 0x10000);
    cr_assert_eq(load(file, sizeof file, NULL), -ENOMEM);
    cr_assert(strstr(error.text, "-append:"), "%s", error.text);
}

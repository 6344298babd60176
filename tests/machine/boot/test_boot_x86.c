// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The loaders end to end: from a file on disk to the entry state and guest memory.
#include "machine/boot/boot_x86.h"

#include <criterion/criterion.h>

#include "machine/kernels.h"
#include "machine/memory.h"

#define RAM (16 * MEBI)

static struct test_memory memory;

static void start(void)
{
    test_memory_init(&memory, RAM);
}

static void finish(void)
{
    test_memory_free(&memory);
}

TestSuite(boot, .init = start, .fini = finish);

static int boot(struct boot_x86_request request, const void *kernel, size_t size, struct boot_x86_state *state,
                struct error *error)
{
    char *path = test_file(kernel, size);
    request.kernel.name = path;
    int result = boot_x86_load(&request, state, error);
    test_file_remove(path);
    return result;
}

static void refuses(struct boot_x86_request request, const void *kernel, size_t size, const char *part)
{
    struct boot_x86_state state;
    struct error error = { 0 };
    cr_assert_lt(boot(request, kernel, size, &state, &error), 0);
    cr_assert_not_null(strstr(error.text, part), "got: %s", error.text);
    cr_assert_null(strchr(error.text, '\n'));
}

// --- Linux -----------------------------------------------------------------------------------------------------------

Test(boot, a_bzimage_enters_in_long_mode_at_0x200_of_its_preferred_address)
{
    uint8_t file[BZIMAGE_SIZE];
    struct boot_x86_state state;
    struct error error = { 0 };
    make_bzimage(file);
    cr_assert_eq(boot(test_request(&memory), file, sizeof file, &state, &error), 0, "%s", error.text);
    cr_assert_eq(state.mode, BOOT_X86_LONG);
    cr_assert_eq(state.rip, 0x200200);
    cr_assert_eq(state.rsi, BOOT_X86_INFO);
    cr_assert_eq(state.cs, 0x10);
    cr_assert_eq(state.ds, 0x18);
    cr_assert_eq(state.cr0 & 0x80000001, 0x80000001);
    cr_assert_eq(state.cr4, 0x20);
    cr_assert_eq(state.efer, 0x500);
    cr_assert_arr_eq(memory.bytes + 0x200000, file + 1024, BZIMAGE_SIZE - 1024);
}

Test(boot, the_identity_map_covers_the_first_four_gigabytes)
{
    uint8_t file[BZIMAGE_SIZE];
    struct boot_x86_state state;
    make_bzimage(file);
    cr_assert_eq(boot(test_request(&memory), file, sizeof file, &state, NULL), 0);
    for (uint64_t address = 0; address < UINT64_C(1) << 32; address += UINT64_C(0x12345000)) {
        uint64_t entry = get64(memory.bytes + state.cr3);
        entry = get64(memory.bytes + (entry & ~UINT64_C(0xfff)) + 8 * (address >> 30));
        entry = get64(memory.bytes + (entry & ~UINT64_C(0xfff)) + 8 * (address >> 21 & 0x1ff));
        cr_assert_eq(entry, (address & ~UINT64_C(0x1fffff)) | 0x83);
    }
}

Test(boot, the_zero_page_has_the_setup_header_the_memory_map_and_the_command_line)
{
    uint8_t file[BZIMAGE_SIZE];
    struct boot_x86_state state;
    struct boot_x86_request request = test_request(&memory);
    make_bzimage(file);
    request.append = "console=ttyS0 quiet";
    cr_assert_eq(boot(request, file, sizeof file, &state, NULL), 0);
    const uint8_t *zero_page = memory.bytes + BOOT_X86_INFO;
    cr_assert_arr_eq(zero_page + 0x202, "HdrS", 4);
    cr_assert_eq(zero_page[0x210], 0xff);
    cr_assert_eq(zero_page[0x1e8], 2);
    cr_assert_eq(get64(zero_page + 0x2d0), 0);
    cr_assert_eq(get64(zero_page + 0x2d8), LOW_END);
    cr_assert_eq(get64(zero_page + 0x2d0 + 20), MEBI);
    cr_assert_eq(get64(zero_page + 0x2d8 + 20), RAM - MEBI);
    cr_assert_eq(get32(zero_page + 0x2d0 + 36), MEMORY_USABLE);
    cr_assert_eq(get64(zero_page + 0x70), 0xe0000);
    cr_assert_str_eq((const char *)memory.bytes + get32(zero_page + 0x228), "console=ttyS0 quiet");
}

Test(boot, the_ramdisk_goes_to_the_top_of_memory)
{
    uint8_t file[BZIMAGE_SIZE];
    struct boot_x86_state state;
    struct boot_x86_request request = test_request(&memory);
    char *initrd = test_file("ramdisk", 7);
    make_bzimage(file);
    request.initrd = initrd;
    cr_assert_eq(boot(request, file, sizeof file, &state, NULL), 0);
    const uint8_t *zero_page = memory.bytes + BOOT_X86_INFO;
    cr_assert_eq(get32(zero_page + 0x218), RAM - 4096);
    cr_assert_eq(get32(zero_page + 0x21c), 7);
    cr_assert_arr_eq(memory.bytes + RAM - 4096, "ramdisk", 7);
    put32(file + 0x22c, 8 * MEBI - 1); // initrd_addr_max is the last byte it may have
    cr_assert_eq(boot(request, file, sizeof file, &state, NULL), 0);
    cr_assert_eq(get32(zero_page + 0x218), 8 * MEBI - 4096);
    put32(file + 0x22c, 0x200000); // inside the kernel
    refuses(request, file, sizeof file, "-initrd: no room");
    test_file_remove(initrd);
}

Test(boot, a_kernel_without_a_64_bit_entry_or_without_enough_memory_is_refused)
{
    uint8_t file[BZIMAGE_SIZE];
    make_bzimage(file);
    put16(file + 0x206, 0x20b);
    refuses(test_request(&memory), file, sizeof file, "without a 64-bit entry");
    make_bzimage(file);
    put16(file + 0x236, 0);
    refuses(test_request(&memory), file, sizeof file, "without a 64-bit entry");
    make_bzimage(file);
    put32(file + 0x260, 0x10000000);
    refuses(test_request(&memory), file, sizeof file, "-m: this kernel needs at least 259 MiB");
}

// boot.rst, syssize: "the size of the protected-mode code in units of 16-byte paragraphs", the last of which need not be
// full: a well-known memory tester's is not.
Test(boot, a_bzimage_may_end_inside_its_last_paragraph)
{
    uint8_t file[BZIMAGE_SIZE];
    struct boot_x86_state state;
    struct error error = { 0 };
    make_bzimage(file);
    for (size_t less = 0; less < 16; less++)
        cr_assert_eq(boot(test_request(&memory), file, sizeof file - less, &state, &error), 0, "%s", error.text);
    refuses(test_request(&memory), file, sizeof file - 16, "truncated?");
}

Test(boot, a_truncated_bzimage_is_refused)
{
    uint8_t file[BZIMAGE_SIZE];
    make_bzimage(file);
    for (size_t size = 1; size + 16 <= sizeof file; size += 13)
        refuses(test_request(&memory), file, size, "-kernel: ");
    refuses(test_request(&memory), file, sizeof file - 16, "shorter than the kernel in it");
}

Test(boot, a_command_line_longer_than_the_kernel_takes_is_refused)
{
    uint8_t file[BZIMAGE_SIZE];
    char text[3000];
    struct boot_x86_request request = test_request(&memory);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    request.append = text;
    make_bzimage(file);
    refuses(request, file, sizeof file, "-append: 2999 characters are more than the 2047");
}

Test(boot, random_setup_headers_crash_nothing)
{
    uint8_t file[BZIMAGE_SIZE];
    uint64_t random = 7;
    for (unsigned round = 0; round < 3000; round++) {
        struct boot_x86_state state;
        struct error error = { 0 };
        struct image image = { .data = file, .size = sizeof file };
        struct boot_x86_request request = test_request(&memory);
        make_bzimage(file);
        for (unsigned i = 0; i < 6; i++)
            file[0x1f1 + test_random(&random) % 0x90] = (uint8_t)test_random(&random);
        if (linux_x86_is(&image) && linux_x86_load(&request, &image, &state, &error) < 0)
            cr_assert_neq(error.text[0], 0);
    }
}

// --- Multiboot -------------------------------------------------------------------------------------------------------

static void make_flat_multiboot(uint8_t file[ELF_SIZE])
{
    memset(file, 0, ELF_SIZE);
    for (unsigned i = 256; i < ELF_SIZE; i++)
        file[i] = (uint8_t)i;
    make_multiboot_header(file + 64, 0x10003);
    put32(file + 64 + 12, 0x100040); // header_addr: the file starts at 1 MiB
    put32(file + 64 + 16, 0x100000);
    put32(file + 64 + 20, 0x100000 + ELF_SIZE);
    put32(file + 64 + 24, 0x100000 + ELF_SIZE + 4096);
    put32(file + 64 + 28, 0x100020);
}

Test(boot, a_flat_multiboot_file_goes_where_its_header_says_with_its_bss_zeroed)
{
    uint8_t file[ELF_SIZE];
    struct boot_x86_state state;
    struct error error = { 0 };
    make_flat_multiboot(file);
    memset(memory.bytes + MEBI, 0xee, 12288);
    cr_assert_eq(boot(test_request(&memory), file, sizeof file, &state, &error), 0, "%s", error.text);
    cr_assert_eq(state.mode, BOOT_X86_PROTECTED);
    cr_assert_eq(state.rip, 0x100020);
    cr_assert_eq(state.rax, 0x2badb002);
    cr_assert_eq(state.rbx, BOOT_X86_INFO);
    cr_assert_eq(state.cr0 & 0x80000001, 1);
    cr_assert_arr_eq(memory.bytes + MEBI, file, ELF_SIZE);
    for (unsigned i = 0; i < 4096; i++)
        cr_assert_eq(memory.bytes[MEBI + ELF_SIZE + i], 0);
    cr_assert_eq(memory.bytes[MEBI + ELF_SIZE + 4096], 0xee);
}

Test(boot, a_multiboot_elf_gets_its_command_line_modules_and_memory_map)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 256 } };
    uint8_t file[ELF_SIZE];
    struct boot_x86_state state;
    struct error error = { 0 };
    struct boot_x86_request request = test_request(&memory);
    char *one = test_file("first", 5), *two = test_file("second", 6);
    char initrd[256];
    snprintf(initrd, sizeof initrd, "%s with words,%s", one, two);
    request.append = "test=1";
    request.initrd = initrd;
    make_elf(file, 0, MEBI + 8, segments, 1);
    make_multiboot_header(file + 512, 3);
    cr_assert_eq(boot(request, file, sizeof file, &state, &error), 0, "%s", error.text);
    const uint8_t *info = memory.bytes + state.rbx;
    cr_assert_eq(state.rip, MEBI + 8);
    cr_assert_eq(get32(info) & 0x4d, 0x4d);
    cr_assert_eq(get32(info + 4), 640);
    cr_assert_eq(get32(info + 8), 15 * 1024);
    const char *line = (const char *)memory.bytes + get32(info + 16);
    cr_assert_str_eq(line + strlen(line) - 7, " test=1");
    cr_assert_eq(get32(info + 20), 2);
    const uint8_t *modules = memory.bytes + get32(info + 24);
    cr_assert_arr_eq(memory.bytes + get32(modules), "first", 5);
    cr_assert_eq(get32(modules + 4) - get32(modules), 5);
    cr_assert_eq(get32(modules) & 0xfff, 0);
    const char *text = (const char *)memory.bytes + get32(modules + 8);
    cr_assert_str_eq(text + strlen(text) - 11, " with words");
    cr_assert_arr_eq(memory.bytes + get32(modules + 16), "second", 6);
    const uint8_t *map = memory.bytes + get32(info + 48);
    cr_assert_eq(get32(info + 44), 48);
    cr_assert_eq(get32(map), 20);
    cr_assert_eq(get64(map + 24 + 4), MEBI);
    test_file_remove(one);
    test_file_remove(two);
}

Test(boot, a_multiboot_header_that_is_wrong_is_refused)
{
    uint8_t file[ELF_SIZE];
    make_flat_multiboot(file);
    make_multiboot_header(file + 64, 0x10003 | 0x20);
    refuses(test_request(&memory), file, sizeof file, "requires features 0x20");
    make_flat_multiboot(file);
    put32(file + 64 + 20, 0x100000 + ELF_SIZE + 1);
    refuses(test_request(&memory), file, sizeof file, "more than the file has");
    make_flat_multiboot(file);
    put32(file + 64 + 16, 0xfffff000);
    refuses(test_request(&memory), file, sizeof file, "before the file");
    make_flat_multiboot(file);
    put32(file + 64 + 12, 0x90000040);
    put32(file + 64 + 16, 0x90000000);
    put32(file + 64 + 20, 0);
    refuses(test_request(&memory), file, sizeof file, "not all RAM");
    make_flat_multiboot(file);
    put32(file + 64 + 24, 0xffffffff);
    refuses(test_request(&memory), file, sizeof file, ".bss does not fit");
    make_flat_multiboot(file);
    refuses(test_request(&memory), file, 80, "cut off");
}

Test(boot, random_multiboot_headers_crash_nothing)
{
    uint8_t file[ELF_SIZE];
    uint64_t random = 11;
    for (unsigned round = 0; round < 3000; round++) {
        struct boot_x86_state state;
        struct error error = { 0 };
        struct image image = { .data = file, .size = sizeof file };
        struct boot_x86_request request = test_request(&memory);
        request.kernel.name = "kernel";
        make_flat_multiboot(file);
        for (unsigned i = 0; i < 3; i++)
            file[64 + 12 + test_random(&random) % 20] = (uint8_t)test_random(&random);
        if (multiboot_is(&image) && multiboot_load(&request, &image, &state, &error) < 0)
            cr_assert_neq(error.text[0], 0);
    }
}

// --- PVH -------------------------------------------------------------------------------------------------------------

Test(boot, a_pvh_kernel_gets_its_start_info)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 8192 }, { 4, 3000, 0, 20, 20 } };
    uint8_t file[ELF_SIZE];
    struct boot_x86_state state;
    struct error error = { 0 };
    struct boot_x86_request request = test_request(&memory);
    char *initrd = test_file("ramdisk", 7);
    request.initrd = initrd;
    request.append = "hello";
    make_elf(file, 1, UINT64_C(0xffffffff81000000), segments, 2);
    make_pvh_note(file + 3000, MEBI + 16);
    cr_assert_eq(boot(request, file, sizeof file, &state, &error), 0, "%s", error.text);
    cr_assert_eq(state.mode, BOOT_X86_PROTECTED);
    cr_assert_eq(state.rip, MEBI + 16);
    const uint8_t *info = memory.bytes + state.rbx;
    cr_assert_eq(get32(info), 0x336ec578);
    cr_assert_eq(get32(info + 4), 1);
    cr_assert_str_eq((const char *)memory.bytes + get64(info + 24), "hello");
    cr_assert_eq(get64(info + 32), 0xe0000);
    cr_assert_eq(get32(info + 48), 2);
    cr_assert_eq(get64(memory.bytes + get64(info + 40) + 24), MEBI);
    cr_assert_eq(get32(info + 12), 1);
    const uint8_t *module = memory.bytes + get64(info + 16);
    cr_assert_eq(get64(module + 8), 7);
    cr_assert_arr_eq(memory.bytes + get64(module), "ramdisk", 7);
    test_file_remove(initrd);
}

Test(boot, an_elf_without_an_entry_for_us_is_refused)
{
    const struct test_segment segments[] = { { 1, 1024, MEBI, 256, 256 }, { 4, 3000, 0, 20, 20 } };
    uint8_t file[ELF_SIZE];
    make_elf(file, 1, MEBI, segments, 1);
    refuses(test_request(&memory), file, sizeof file, "neither a multiboot header nor a PVH entry");
    make_elf(file, 1, MEBI, segments, 2);
    make_pvh_note(file + 3000, 0x5000000);
    refuses(test_request(&memory), file, sizeof file, "outside of the file's segments");
}

// --- What is no kernel -----------------------------------------------------------------------------------------------

Test(boot, files_that_are_no_kernel_are_refused_by_name)
{
    uint8_t file[5000];
    uint64_t random = 3;
    memset(file, 0, sizeof file);
    refuses(test_request(&memory), file, sizeof file, "not a kernel we know");
    refuses(test_request(&memory), file, 1, "not a kernel we know");
    refuses(test_request(&memory), file, 0, "is empty");
    for (unsigned i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)test_random(&random);
    refuses(test_request(&memory), file, sizeof file, "not a kernel we know");
}

Test(boot, nothing_to_run_is_said_so)
{
    struct boot_x86_state state;
    struct error error = { 0 };
    struct boot_x86_request request = test_request(&memory);
    cr_assert_lt(boot_x86_load(&request, &state, &error), 0);
    cr_assert_not_null(strstr(error.text, "-kernel FILE"), "%s", error.text);
}

Test(boot, what_a_loader_writes_for_a_firmware)
{
    uint8_t file[0x1000] = { [0x1f1] = 3, [0x1fe] = 0x55, [0x1ff] = 0xaa };
    memcpy(file + 0x202, "HdrS", 4);
    put16(file + 0x206, 0x20f);
    put32(file + 0x22c, 0x7fffffff);
    struct image image = { .data = file, .size = sizeof file };
    cr_assert_eq(linux_x86_setup(&image), 4 * 512);
    cr_assert_eq(linux_x86_ramdisk_limit(&image), UINT64_C(0x80000000));
    linux_x86_prepare(&image, 0x10000, 0x20000, 0x1234000, 0x567);
    cr_assert_eq(file[0x210], 0xff, "a loader without a number");
    cr_assert(file[0x211] & 0x80, "the heap can be used");
    cr_assert_eq(get16(file + 0x224), 0xfe00);
    cr_assert_eq(get32(file + 0x228), 0x20000);
    cr_assert_eq(linux_x86_ramdisk(&image), 0x1234000);
    cr_assert_eq(get32(file + 0x21c), 0x567);
    put16(file + 0x206, 0x202);
    cr_assert_eq(linux_x86_ramdisk_limit(&image), 0x38000000);
    image.size = 4 * 512;
    cr_assert_eq(linux_x86_setup(&image), 0, "it ends within its setup code");
}

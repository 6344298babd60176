// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A flash bank on a bus, and the file behind it.
#include "machine/board/flash_bank.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "machine/memory.h"

#define BASE UINT64_C(0x4000000)

static const struct flash_kind kind = { &cfi_flash_pair, CFI_FLASH_SIZE, CFI_FLASH_SIZE };

static struct bus bus;
static struct flash_bank bank;
static struct error error;
static char *path;

static void setup(void)
{
    bus_init(&bus);
    error = (struct error){ 0 };
    path = test_file("contents", 8);
}

static void teardown(void)
{
    flash_bank_close(&bank);
    test_file_remove(path);
}

TestSuite(flash_bank, .init = setup, .fini = teardown);

static void make(bool readonly, bool snapshot)
{
    const struct intact_drive_config drive = {
        .interface = INTACT_DRIVE_PFLASH, .file = path, .readonly = readonly, .snapshot = snapshot
    };
    cr_assert_eq(flash_bank_open(&bank, &kind, &drive, NULL, false, &error), 0, "%s", error.text);
    cr_assert_eq(flash_bank_map(&bank, &bus, BASE), 0);
}

static uint32_t in(uint64_t offset)
{
    return (uint32_t)bus_read(&bus, BASE + offset, 4, 0);
}

static void out(uint64_t offset, uint32_t value)
{
    bus_write(&bus, BASE + offset, 4, value, 0);
}

static void program(uint64_t offset, uint32_t value)
{
    out(offset, 0x00400040);
    out(offset, value);
}

static uint32_t in_file(uint64_t offset)
{
    uint32_t value = 0;
    int fd = open(path, O_RDONLY);
    cr_assert_eq(pread(fd, &value, 4, (off_t)offset), 4);
    close(fd);
    return value;
}

Test(flash_bank, what_the_guest_writes_goes_to_the_file)
{
    cr_assert_eq(truncate(path, (off_t)CFI_FLASH_SIZE), 0);
    make(false, false);
    cr_assert_eq(in(0), 0x746e6f63);
    program(0, 0x746e0063);
    out(CFI_FLASH_SIZE - 4, 0x00200020);
    out(CFI_FLASH_SIZE - 4, 0x00d000d0);
    cr_assert_eq(in(0), 0x00800080);
    cr_assert_eq(in_file(0), 0x746e0063);
    cr_assert_eq(in_file(CFI_FLASH_SIZE - CFI_FLASH_BLOCK - 4), 0);
    cr_assert_eq(in_file(CFI_FLASH_SIZE - CFI_FLASH_BLOCK), 0xffffffff);
    cr_assert_eq(in_file(CFI_FLASH_SIZE - 4), 0xffffffff);
}

Test(flash_bank, it_is_memory_while_it_shows_its_array)
{
    uint32_t word;
    make(false, true);
    cr_assert(bus_read_memory(&bus, BASE, &word, 4));
    cr_assert_eq(word, 0x746e6f63);
    cr_assert_eq(in(8), 0xffffffff, "what the file does not fill is erased");
    out(0, 0x00980098);
    cr_assert_not(bus_read_memory(&bus, BASE, &word, 4));
    cr_assert_eq(in(0x40), 0x00510051);
    flash_bank_reset(&bank, 0);
    cr_assert(bus_read_memory(&bus, BASE, &word, 4));
}

Test(flash_bank, a_snapshot_leaves_the_file_as_it_is)
{
    make(false, true);
    program(0, 0);
    flash_bank_reset(&bank, 0);
    cr_assert_eq(in(0), 0);
    cr_assert_eq(in_file(0), 0x746e6f63);
}

Test(flash_bank, what_is_readonly_cannot_be_written)
{
    make(true, false);
    program(0, 0);
    cr_assert_eq(in(0), 0x00980098, "ready, no voltage, program failed");
    flash_bank_reset(&bank, 0);
    cr_assert_eq(in(0), 0x746e6f63);
}

Test(flash_bank, what_the_host_cannot_write_has_failed)
{
    cr_assert_eq(truncate(path, (off_t)CFI_FLASH_SIZE), 0);
    make(false, false);
    close(bank.file);
    bank.file = open("/dev/full", O_WRONLY);
    if (bank.file < 0)
        cr_skip_test("no /dev/full here");
    program(0, 0);
    cr_assert_eq(in(0), 0x00900090);
}

Test(flash_bank, a_wrong_file_is_refused_by_name)
{
    struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH, .file = path };
    cr_assert_eq(flash_bank_open(&bank, &kind, &drive, NULL, false, &error), -EINVAL);
    cr_assert(strstr(error.text, "has 8 bytes"), "%s", error.text);
    flash_bank_close(&bank);
    cr_assert_eq(truncate(path, (off_t)CFI_FLASH_SIZE + 1), 0);
    drive.readonly = true;
    cr_assert_eq(flash_bank_open(&bank, &kind, &drive, NULL, false, &error), -EFBIG);
    cr_assert(strstr(error.text, "64 MiB"), "%s", error.text);
    flash_bank_close(&bank);
    cr_assert_lt(flash_bank_open(&bank, &kind, NULL, "/does/not/exist", false, &error), 0);
    cr_assert(strstr(error.text, "-bios: cannot read '/does/not/exist'"), "%s", error.text);
}

Test(flash_bank, a_file_that_may_not_be_written_is_refused_unless_nothing_is_to_be)
{
    struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH, .file = path };
    if (geteuid() == 0)
        cr_skip_test("to this user every file may be written");
    cr_assert_eq(truncate(path, (off_t)CFI_FLASH_SIZE), 0);
    cr_assert_eq(chmod(path, 0400), 0);
    cr_assert_eq(flash_bank_open(&bank, &kind, &drive, NULL, false, &error), -EACCES);
    cr_assert(strstr(error.text, "-drive: cannot write"), "%s", error.text);
    flash_bank_close(&bank);
    drive.snapshot = true;
    cr_assert_eq(flash_bank_open(&bank, &kind, &drive, NULL, false, &error), 0);
}

Test(flash_bank, state_travels_and_the_bus_follows_it)
{
    struct visit_save save;
    struct visit_load load;
    make(false, true);
    program(16, 0x12345678);
    visit_save_init(&save);
    flash_bank_visit(&bank, &save.visit);
    flash_bank_close(&bank);
    bus_init(&bus);
    make(false, true);
    cr_assert_eq(in(16), 0xffffffff);
    visit_load_init(&load, save.data, save.size);
    flash_bank_visit(&bank, &load.visit);
    flash_bank_loaded(&bank);
    cr_assert_not(load.failed);
    cr_assert_eq(in(16), 0x00800080);
    out(0, 0x00ff00ff);
    cr_assert_eq(in(16), 0x12345678);
    free(save.data);
}

// --- As large as its file -------------------------------------------------------------------------------------------

static const struct flash_kind of_pc = { &cfi_flash_byte, 0, CFI_FLASH_BYTE_SIZE };

Test(flash_bank, may_be_as_large_as_its_file)
{
    const struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH, .file = path };
    cr_assert_eq(truncate(path, 0x3000), 0);
    cr_assert_eq(flash_bank_open(&bank, &of_pc, &drive, NULL, false, &error), 0, "%s", error.text);
    cr_assert_eq(bank.size, 0x3000);
    cr_assert_eq(flash_bank_map(&bank, &bus, BASE), 0);
    bus_write(&bus, BASE + 0x2ffe, 1, 0x20, 0);
    bus_write(&bus, BASE + 0x2ffe, 1, 0xd0, 0);
    bus_write(&bus, BASE + 0x2ffe, 1, 0x10, 0);
    bus_write(&bus, BASE + 0x2ffe, 1, 0x12, 0);
    cr_assert_eq(in_file(0x2ffc), 0xff12ffff);
    cr_assert_eq(in_file(0), 0x746e6f63);
}

Test(flash_bank, as_large_as_its_file_has_whole_blocks)
{
    const struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH, .file = path };
    cr_assert_eq(flash_bank_open(&bank, &of_pc, &drive, NULL, false, &error), -EINVAL);
    cr_assert(strstr(error.text, "has 8 bytes, and a flash bank of this machine has whole blocks of 4096"), "%s",
              error.text);
    cr_assert_eq(truncate(path, (off_t)CFI_FLASH_BYTE_SIZE + 0x1000), 0);
    cr_assert_eq(flash_bank_open(&bank, &of_pc, &drive, NULL, false, &error), -EFBIG);
    cr_assert(strstr(error.text, "8 MiB"), "%s", error.text);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Files as disks: what is read and written, what cannot be opened, and what a snapshot does not change.
#include "host/block_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 10 * 4096 + 512 };

static char path[64];
static struct block_file file;
static struct error error;
static uint8_t bytes[SIZE];

static void write_file(size_t size)
{
    int descriptor = open(path, O_WRONLY | O_TRUNC);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i / 512 + 1);
    cr_assert_eq(write(descriptor, bytes, size), (ssize_t)size);
    close(descriptor);
}

static void setup(void)
{
    strcpy(path, "/tmp/intact-block-XXXXXX");
    close(mkstemp(path));
    write_file(SIZE);
    error = (struct error){ 0 };
}

static void teardown(void)
{
    block_file_close(&file);
    unlink(path);
}

TestSuite(block_file, .init = setup, .fini = teardown);

static void open_well(bool readonly, bool snapshot)
{
    const struct block_file_options options = { .path = path, .readonly = readonly, .snapshot = snapshot };
    cr_assert_eq(block_file_open(&file, &options, &error), 0, "%s", error.text);
}

static uint8_t byte_at(uint64_t offset)
{
    uint8_t sector[512];
    cr_assert_eq(file.block.read(&file, offset / 512 * 512, sector, 512), 0);
    return sector[offset % 512];
}

static int fill(uint64_t offset, uint8_t value, size_t size)
{
    uint8_t data[16384];
    memset(data, value, sizeof data);
    return file.block.write(&file, offset, data, size);
}

static bool file_is_as_it_was(void)
{
    uint8_t now[SIZE];
    int descriptor = open(path, O_RDONLY);
    bool same = read(descriptor, now, SIZE) == SIZE && memcmp(now, bytes, SIZE) == 0;
    close(descriptor);
    return same;
}

Test(block_file, what_is_written_is_in_the_file)
{
    open_well(false, false);
    cr_assert_eq(file.block.size, SIZE);
    cr_assert_not(file.block.readonly);
    cr_assert_eq(byte_at(512), 2);
    cr_assert_eq(fill(512, 0x99, 1024), 0);
    cr_assert_eq(file.block.flush(&file), 0);
    block_file_close(&file);
    open_well(true, false);
    cr_assert(file.block.readonly);
    cr_assert_eq(byte_at(511), 1);
    cr_assert_eq(byte_at(512), 0x99);
    cr_assert_eq(byte_at(1536), 4);
}

Test(block_file, a_snapshot_leaves_the_file_alone)
{
    open_well(false, true);
    cr_assert_eq(fill(4096 + 512, 0x99, 512), 0);
    cr_assert_eq(fill(3 * 4096 - 512, 0x77, 8192), 0, "the end of one, a whole one, the begin of another");
    cr_assert_eq(fill(SIZE - 512, 0x55, 512), 0, "the last, short one");
    cr_assert_eq(byte_at(4096), 9);
    cr_assert_eq(byte_at(4096 + 512), 0x99);
    cr_assert_eq(byte_at(4096 + 1024), 11);
    cr_assert_eq(byte_at(3 * 4096 - 513), 23);
    cr_assert_eq(byte_at(3 * 4096), 0x77);
    cr_assert_eq(byte_at(5 * 4096 - 513), 0x77);
    cr_assert_eq(byte_at(5 * 4096 - 512), 40);
    cr_assert_eq(byte_at(SIZE - 1), 0x55);
    cr_assert_eq(file.count, 5);
    cr_assert(file_is_as_it_was());
}

Test(block_file, a_snapshot_needs_no_right_to_write)
{
    chmod(path, 0400);
    open_well(false, true);
    cr_assert_eq(fill(0, 1, 512), 0);
}

static void check_refusal(const char *name, bool snapshot, int code, const char *part)
{
    const struct block_file_options options = { .path = name, .snapshot = snapshot };
    cr_assert_eq(block_file_open(&file, &options, &error), code, "%s", error.text);
    cr_assert_not_null(strstr(error.text, part), "%s", error.text);
    cr_assert_not_null(strstr(error.text, name), "%s", error.text);
}

Test(block_file, what_is_no_disk_is_refused_with_its_name)
{
    check_refusal("/no/such/file", false, -ENOENT, "cannot open");
    check_refusal("/tmp", true, -EINVAL, "neither a file nor a block device");
    check_refusal("/dev/null", false, -EINVAL, "neither a file nor a block device");
    write_file(0);
    check_refusal(path, false, -EINVAL, "is empty");
    write_file(1000);
    check_refusal(path, false, -EINVAL, "has 1000 bytes");
}

Test(block_file, a_file_that_became_shorter_is_an_error_of_the_read)
{
    uint8_t data[4096];
    open_well(false, false);
    cr_assert_eq(truncate(path, 4096), 0);
    cr_assert_eq(file.block.read(&file, 0, data, 4096), 0);
    cr_assert_eq(file.block.read(&file, 2048, data, 4096), -EIO);
    block_file_close(&file);
    write_file(SIZE);
    open_well(false, true);
    cr_assert_eq(truncate(path, 4096), 0);
    cr_assert_eq(file.block.read(&file, 8192, data, 512), -EIO);
    cr_assert_eq(fill(8192, 1, 512), -EIO, "the rest of the cluster is gone");
    cr_assert_eq(fill(8192, 1, 4096), 0, "a whole one needs nothing of it");
}

// A limit on the size of files takes the place of a full disk: the error is of the same kind.
Test(block_file, a_disk_that_takes_no_more_is_an_error_of_the_write)
{
    open_well(false, false);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = { 8192, RLIM_INFINITY };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(fill(4096, 1, 4096), 0);
    cr_assert_eq(fill(8192, 1, 512), -EFBIG);
}

static void list(void *object, struct visit *v)
{
    block_file_visit(object, v);
}

Test(block_file, the_clusters_of_a_snapshot_travel)
{
    struct visit_save save;
    struct visit_load load;
    visit_save_init(&save);
    open_well(false, true);
    fill(8192, 0x99, 512);
    fill(0, 0x88, 4096);
    list(&file, &save.visit);
    fill(4096, 0x77, 4096); // the rest is lost
    for (unsigned round = 0; round < 2; round++) {
        visit_load_init(&load, save.data, save.size);
        list(&file, &load.visit);
        block_file_loaded(&file);
        cr_assert_not(load.failed);
        cr_assert_eq(load.position, save.size);
        cr_assert_eq(byte_at(8192), 0x99);
        cr_assert_eq(byte_at(0), 0x88);
        cr_assert_eq(byte_at(4096), 9);
        block_file_close(&file);
        open_well(false, true);
    }
    free(save.data);
}

Test(block_file, nonsense_is_not_loaded)
{
    struct visit_load load;
    uint32_t saved[2 + 2048] = { 2, 7, 7 };
    uint8_t data[512];
    open_well(false, true);
    visit_load_init(&load, saved, sizeof saved);
    list(&file, &load.visit);
    block_file_loaded(&file);
    cr_assert_eq(file.block.read(&file, 0, data, 512), -EIO, "one cluster twice");
    block_file_close(&file);
    open_well(false, true);
    saved[0] = UINT32_MAX;
    visit_load_init(&load, saved, sizeof saved);
    list(&file, &load.visit);
    block_file_loaded(&file);
    cr_assert_eq(file.block.write(&file, 0, data, 512), -EIO, "more than the disk has");
}

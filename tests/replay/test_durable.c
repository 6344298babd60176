// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A file that is replaced: what reaches the disk in which order, and what is left when a step fails. This program has fsync
// and rename of its own, which keep the order and can fail.
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replay/durable.h"

TestSuite(durable, .timeout = 60);

static char steps[16]; // f: a file was synced, d: a folder, r: a file was renamed
static char fails_at;  // one of these
static int fails_with;

static int step(char name)
{
    size_t used = strlen(steps);
    if (used + 1 < sizeof steps)
        steps[used] = name;
    if (name != fails_at)
        return 0;
    errno = fails_with;
    return -1;
}

int fsync(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode) ? step('d') : step('f');
}

int rename(const char *from, const char *to)
{
    return step('r') < 0 ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static char folder[64], path[128];

static void begin(void)
{
    strcpy(folder, "/tmp/intact-durable-XXXXXX");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    memset(steps, 0, sizeof steps);
    fails_at = 0;
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *open = opendir(folder);
    for (const struct dirent *entry; (entry = readdir(open));)
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

static int write_text(const char *text, int result)
{
    struct durable durable;
    int opened = durable_open(&durable, path);
    if (opened < 0)
        return opened;
    fputs(text, durable.file);
    return durable_finish(&durable, result);
}

static const char *read_text(void)
{
    static char text[64];
    FILE *file = fopen(path, "r");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = 0;
    if (file)
        fclose(file);
    return text;
}

static void end(void)
{
    unlink(path);
    cr_assert_eq(rmdir(folder), 0);
}

Test(durable, contents_reach_the_disk_before_the_name_and_the_folder_after_it)
{
    begin();
    cr_assert_eq(write_text("one", 0), 0);
    cr_assert_str_eq(steps, "frd");
    cr_assert_str_eq(read_text(), "one");
    cr_assert_eq(write_text("two", 0), 0);
    cr_assert_str_eq(steps, "frdfrd");
    cr_assert_str_eq(read_text(), "two");
    cr_assert_eq(count_files(), 1);
    end();
}

Test(durable, a_path_without_a_folder_is_in_this_one)
{
    begin();
    cr_assert_eq(chdir(folder), 0);
    strcpy(path, "file");
    cr_assert_eq(write_text("one", 0), 0);
    cr_assert_str_eq(steps, "frd");
    cr_assert_str_eq(read_text(), "one");
    end();
}

static void fails(char at, int with, int expected, const char *left)
{
    begin();
    cr_assert_eq(write_text("old", 0), 0);
    fails_at = at;
    fails_with = with;
    cr_assert_eq(write_text("new", 0), expected, "%c", at);
    cr_assert_str_eq(read_text(), left);
    cr_assert_eq(count_files(), 1);
    end();
}

Test(durable, a_step_that_fails_is_reported_and_the_old_file_stays)
{
    fails('f', EIO, -EIO, "old");
    fails('r', ENOSPC, -ENOSPC, "old");
    fails('d', EIO, -EIO, "new");
    fails('f', EINVAL, 0, "new"); // it has no disk
    fails('d', EINVAL, 0, "new");
}

Test(durable, what_could_not_be_written_is_given_up)
{
    begin();
    cr_assert_eq(write_text("one", -ENOMEM), -ENOMEM);
    cr_assert_eq(count_files(), 0);
    cr_assert_str_eq(steps, "");
    snprintf(path, sizeof path, "%s/nowhere/file", folder);
    cr_assert_eq(write_text("one", 0), -ENOENT);
    snprintf(path, sizeof path, "%s", folder);
    cr_assert_eq(write_text("one", 0), -EISDIR);
    cr_assert_eq(rmdir(folder), 0);
}

// What another process began, or left when it was killed, is not touched.
Test(durable, a_file_of_another_process_is_left_alone)
{
    char other[192];
    begin();
    snprintf(other, sizeof other, "%s.%ld-0.part", path, (long)getpid());
    FILE *file = fopen(other, "w");
    cr_assert(file);
    fclose(file);
    cr_assert_eq(write_text("one", 0), 0);
    cr_assert_eq(access(other, F_OK), 0);
    cr_assert_eq(count_files(), 2);
    unlink(other);
    end();
}

Test(durable, a_device_is_written_to_and_not_replaced)
{
    struct stat status;
    begin();
    strcpy(path, "/dev/null");
    cr_assert_eq(write_text("one", 0), 0);
    cr_assert_str_eq(steps, "f");
    cr_assert_eq(stat("/dev/null", &status), 0);
    cr_assert(S_ISCHR(status.st_mode));
    cr_assert_eq(rmdir(folder), 0);
}

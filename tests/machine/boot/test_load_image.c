// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Files: every error is reported in one line, and gzip is unpacked up to its limit.
#include <criterion/criterion.h>
#include <unistd.h>
#include <zlib.h>

#include "machine/boot/image.h"
#include "machine/memory.h"

static void reads_as(const char *path, uint64_t limit, const char *text)
{
    struct image image;
    struct error error = { 0 };
    cr_assert_lt(image_read(&image, "-kernel", path, limit, &error), 0);
    image_release(&image);
    cr_assert_not_null(strstr(error.text, text), "got: %s", error.text);
    cr_assert_eq(strncmp(error.text, "-kernel: ", 9), 0);
}

Test(load_image, a_missing_file_is_named)
{
    reads_as("/nonexistent/vmlinux", MEBI, "could not open kernel '/nonexistent/vmlinux': No such file or directory");
}

Test(load_image, a_directory_a_device_and_an_empty_file_are_refused)
{
    char *path = test_file("", 0);
    reads_as("/tmp", MEBI, "Is a directory");
    reads_as("/dev/zero", MEBI, "not a regular file");
    reads_as(path, MEBI, "is empty");
    test_file_remove(path);
}

Test(load_image, a_file_above_the_limit_is_refused)
{
    char *path = test_file("12345", 5);
    reads_as(path, 4, "larger than");
    test_file_remove(path);
}

Test(load_image, a_file_is_read_once_and_kept_by_its_store)
{
    struct image_store store = { 0 };
    struct image image;
    struct error error = { 0 };
    char *path = test_file("12345", 5);
    cr_assert_eq(image_open(&store, &image, "-initrd", path, MEBI, &error), 0);
    const uint8_t *data = image.data;
    image_release(&image);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(image_open(&store, &image, "-initrd", path, MEBI, &error), 0, "%s", error.text);
    cr_assert_eq(image.data, data);
    cr_assert_eq(image.size, 5);
    image_release(&image);
    cr_assert_not(image_find(&store, &image, "-kernel", path), "by the option as well");
    cr_assert_lt(image_open(NULL, &image, "-initrd", path, MEBI, &error), 0, "nothing is kept without a store");
    image_store_free(&store);
    cr_assert_null(store.first);
    free(path);
}

static size_t pack(const void *data, size_t size, uint8_t *out, size_t capacity)
{
    z_stream stream = {
        .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size, .next_out = out, .avail_out = (uInt)capacity
    };
    deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    return stream.total_out;
}

static int unpack(const uint8_t *data, size_t size, uint64_t limit, struct image *image, struct error *error)
{
    *image = (struct image){ .data = malloc(size), .size = size };
    memcpy(image->data, data, size);
    return image_unpack(image, "-kernel", "k.gz", limit, error);
}

Test(load_image, gzip_is_unpacked_and_anything_else_is_left_alone)
{
    uint8_t packed[256];
    struct image image;
    struct error error = { 0 };
    size_t size = pack("the kernel, the whole kernel", 28, packed, sizeof packed);
    cr_assert_eq(unpack(packed, size, MEBI, &image, &error), 0, "%s", error.text);
    cr_assert_eq(image.size, 28);
    cr_assert_arr_eq(image.data, "the kernel, the whole kernel", 28);
    image_release(&image);
    cr_assert_eq(unpack((const uint8_t *)"not packed at all, not at all", 29, MEBI, &image, &error), 0);
    cr_assert_eq(image.size, 29);
    image_release(&image);
}

Test(load_image, a_truncated_or_damaged_gzip_file_is_refused)
{
    uint8_t text[4096], packed[8192];
    uint64_t state = 42;
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)test_random(&state);
    size_t size = pack(text, sizeof text, packed, sizeof packed);
    for (size_t cut = 18; cut < size; cut += 61) {
        struct image image;
        struct error error = { 0 };
        cr_assert_lt(unpack(packed, cut, MEBI, &image, &error), 0);
        cr_assert_not_null(strstr(error.text, "damaged gzip"), "%s", error.text);
        image_release(&image);
    }
    packed[size / 2] ^= 0x40;
    struct image image;
    struct error error = { 0 };
    cr_assert_lt(unpack(packed, size, MEBI, &image, &error), 0);
    image_release(&image);
}

Test(load_image, a_small_archive_of_many_zeroes_stops_at_the_limit)
{
    size_t plain = 8 * MEBI;
    uint8_t *zeroes = calloc(1, plain), *packed = malloc(MEBI);
    size_t size = pack(zeroes, plain, packed, MEBI);
    struct image image;
    struct error error = { 0 };
    cr_assert_lt(unpack(packed, size, 4 * MEBI, &image, &error), 0);
    cr_assert_not_null(strstr(error.text, "larger than"), "%s", error.text);
    image_release(&image);
    cr_assert_eq(unpack(packed, size, plain, &image, &error), 0, "%s", error.text);
    cr_assert_eq(image.size, plain);
    image_release(&image);
    free(zeroes);
    free(packed);
}

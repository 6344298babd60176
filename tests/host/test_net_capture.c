// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Frames of a network in a pcap file.
#include "host/net_capture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"

Test(net_capture, frames_are_in_the_file_with_their_times)
{
    char path[] = "/tmp/intact-capture-XXXXXX";
    struct net_capture capture = { 0 };
    struct error error = { 0 };
    uint8_t bytes[256];
    close(mkstemp(path));
    cr_assert_eq(net_capture_open(&capture, path, &error), 0);
    capture.net.send(capture.net.owner, "0123456789abcdef", 16, UINT64_C(5000000007));
    capture.net.send(capture.net.owner, "xyz", 3, UINT64_C(6000000000));
    net_capture_close(&capture);
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    unlink(path);
    cr_assert_eq(size, 24 + 16 + 16 + 16 + 3);
    cr_assert_eq(bytes_get(bytes, 4), 0xa1b23c4d);
    cr_assert_eq(bytes_get(bytes + 20, 4), 1);
    cr_assert_eq(bytes_get(bytes + 24, 8), UINT64_C(7) << 32 | 5);
    cr_assert_eq(bytes_get(bytes + 32, 8), UINT64_C(16) << 32 | 16);
    cr_assert_arr_eq(bytes + 40, "0123456789abcdef", 16);
    cr_assert_arr_eq(bytes + size - 3, "xyz", 3);
}

Test(net_capture, a_file_that_cannot_be_written_is_named)
{
    struct net_capture capture = { 0 };
    struct error error = { 0 };
    cr_assert_eq(net_capture_open(&capture, "/no/such/place", &error), -ENOENT);
    cr_assert_not_null(strstr(error.text, "/no/such/place"));
    net_capture_close(&capture);
}

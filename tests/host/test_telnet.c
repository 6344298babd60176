// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Telnet's commands are taken out, in whatever pieces they come, and bytes of 255 pass both ways (RFC 854, 855).
#include "host/telnet.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t input[] = { 'a', 255, 253, 1,   'b', 255, 251, 34,  255, 250, 24,  0,   255, 255, 'x',
                                 255, 240, 'c', 255, 255, 255, 243, 'd', 255, 241, 'e', 255, 252, 255, 'f' };
static const uint8_t left[] = { 'a', 'b', 'c', 255, 'd', 'e', 'f' };

Test(telnet, commands_are_taken_out_in_whatever_pieces_they_come)
{
    for (size_t piece = 1; piece <= sizeof input; piece++) {
        struct telnet telnet = { TELNET_DATA };
        uint8_t got[sizeof input];
        size_t count = 0;
        for (size_t at = 0; at < sizeof input; at += piece) {
            size_t size = sizeof input - at < piece ? sizeof input - at : piece;
            memcpy(got + count, input + at, size);
            count += telnet_take(&telnet, got + count, size);
        }
        cr_assert_eq(count, sizeof left, "%zu", piece);
        cr_assert_arr_eq(got, left, sizeof left);
    }
}

Test(telnet, a_byte_of_255_is_sent_twice)
{
    uint8_t out[2];
    cr_assert_eq(telnet_put('a', out), 1);
    cr_assert_eq(telnet_put(255, out), 2);
    cr_assert_arr_eq(out, ((uint8_t[]){ 255, 255 }), 2);
}

Test(telnet, lines_end_with_a_line_feed)
{
    uint8_t text[] = "one\r\ntwo\r\0three\n";
    cr_assert_eq(telnet_lines(text, sizeof text - 1), 14);
    cr_assert_arr_eq(text, "one\ntwo\nthree\n", 14);
}

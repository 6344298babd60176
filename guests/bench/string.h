// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What x86_64/string.c and aarch64/string.c have in common: the work for their copy and length, which are as a libc's.
#ifndef BENCH_STRING_H
#define BENCH_STRING_H

#include "bench/bench.h"

// Neither may overlap. Length reads up to 63 bytes behind the end, within the same 64 bytes.
void string_copy(void *to, const void *from, uint64_t size);
uint64_t string_length(const char *text);

enum { STRING_ROOM = 8192 };
static char string_from[STRING_ROOM] __attribute__((aligned(64))), string_to[STRING_ROOM] __attribute__((aligned(64)));

// One event: texts of twelve lengths, each copied, with its end, and then measured.
static uint64_t string_turn(uint64_t turn)
{
    static const uint16_t lengths[12] = { 3, 1500, 7, 12, 40, 15, 20, 64, 300, 31, 90, 3000 };
    uint64_t sum = 0, at = turn % 31;
    for (unsigned i = 0; i < 12; i++) {
        char *text = string_from + at, *copy = string_to + at + i;
        char behind = text[lengths[i]];
        text[lengths[i]] = 0;
        string_copy(copy, text, lengths[i] + UINT64_C(1));
        text[lengths[i]] = behind;
        sum = sum * 31 + string_length(copy);
        at += lengths[i] + UINT64_C(5);
    }
    return sum;
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    for (unsigned i = 0; i < STRING_ROOM; i++)
        string_from[i] = (char)(i % 251 + 1);
    floating_point_on();
    for (uint64_t i = 0; i < n; i++)
        sum += string_turn(i);
    for (unsigned i = 0; i < STRING_ROOM; i++)
        sum = sum * 31 + (uint8_t)string_to[i];
    return bench_done("string", sum & 0xffffffff);
}

#endif

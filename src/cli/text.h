// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Words of the command line: numbers, sizes, dates, property lists, and the nearest word to one that is not known.
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// A whole unsigned number, decimal or with 0x. False: something else, or more than 64 bits.
bool text_number(const char *text, uint64_t *value);
// A count of instructions: a number as above, or a decimal one with K, M or G for 10^3, 10^6 or 10^9. It is all of the text, or, with
// `end`, what stands before there.
bool text_count(const char *text, const char **end, uint64_t *count);

// A size with an optional suffix (K, M, G, T, with or without B or iB); without one in units of 2^`shift` bytes.
bool text_size(const char *text, unsigned shift, uint64_t *bytes);

// Opens a file of text for reading. NULL with errno: what is no regular file, and so might have no end, has EINVAL.
FILE *text_open(const char *path);

// "on" or "off" (also yes, no, true, false).
bool text_switch(const char *text, bool *value);

// "2026-11-21" or "2026-11-21T08:30:00" in UTC as Unix time, 1970 to 9999.
bool text_date(const char *text, int64_t *seconds);

// Prints the words of a text to standard output, each line from column `from` to `width`.
void text_print(const char *text, unsigned from, unsigned width);

// The number of insertions, deletions, replacements and swaps of adjacent letters from one word to the other.
unsigned text_distance(const char *a, const char *b);

// The word of the list (NULL ends it) with the smallest distance, the first of equals; NULL if none is near: at most one
// difference for each three letters.
const char *text_nearest(const char *word, const char *const *words);

#endif

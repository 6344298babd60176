// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See text.h. The distance is the restricted Damerau-Levenshtein one (optimal string alignment).
#include "cli/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool text_number(const char *text, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, strncmp(text, "0x", 2) && strncmp(text, "0X", 2) ? 10 : 16);
    *value = number;
    return errno == 0 && *end == 0;
}

bool text_count(const char *text, const char **end, uint64_t *count)
{
    static const char suffixes[] = "KMG";
    char *rest;
    if (!end && text_number(text, count))
        return true;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    uint64_t number = strtoull(text, &rest, 10), unit = 1;
    const char *suffix = *rest ? strchr(suffixes, toupper((unsigned char)*rest)) : NULL;
    for (long i = suffix ? suffix - suffixes : -1; i >= 0; i--)
        unit *= 1000;
    rest += suffix != NULL;
    if (errno || number > UINT64_MAX / unit || (!end && *rest))
        return false;
    *count = number * unit;
    if (end)
        *end = rest;
    return true;
}

bool text_size(const char *text, unsigned shift, uint64_t *bytes)
{
    static const char suffixes[] = "BKMGT";
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno)
        return false;
    if (*end) {
        const char *found = strchr(suffixes, toupper((unsigned char)*end));
        if (!found)
            return false;
        shift = 10 * (unsigned)(found - suffixes);
        end++;
        if (shift && (strcasecmp(end, "b") == 0 || strcasecmp(end, "ib") == 0))
            end += strlen(end);
    }
    *bytes = (uint64_t)number << shift;
    return *end == 0 && *bytes >> shift == number;
}

FILE *text_open(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return NULL;
    if (S_ISREG(status.st_mode))
        return fopen(path, "r");
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return NULL;
}

bool text_switch(const char *text, bool *value)
{
    static const char *const on[] = { "on", "yes", "true" }, *const off[] = { "off", "no", "false" };
    for (unsigned i = 0; i < 3; i++) {
        *value = strcmp(text, on[i]) == 0;
        if (*value || strcmp(text, off[i]) == 0)
            return true;
    }
    return false;
}

// Days since 1970-01-01 of a proleptic Gregorian date; the year starts in March here, so that the leap day is its last.
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

bool text_date(const char *text, int64_t *seconds)
{
    static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3)
        return false;
    if (text[used] == 'T') {
        int more = 0;
        if (sscanf(text + used, "T%2d:%2d:%2d%n", &hour, &minute, &second, &more) != 3)
            return false;
        used += more;
    }
    if (text[used] || year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_days[month - 1])
        return false;
    if (month == 2 && day == 29 && (year % 4 || (year % 100 == 0 && year % 400)))
        return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    *seconds = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

enum { LONGEST = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned text_distance(const char *a, const char *b)
{
    unsigned rows[3][LONGEST + 1];
    size_t na = strlen(a), nb = strlen(b);
    na = na > LONGEST ? LONGEST : na;
    nb = nb > LONGEST ? LONGEST : nb;
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(row[j - 1], above[j]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

// A word is near if at most one letter in three differs.
static bool is_near(const char *word, const char *other, unsigned distance)
{
    size_t length = strlen(word) > strlen(other) ? strlen(word) : strlen(other);
    return 3 * (size_t)distance <= length;
}

const char *text_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    for (; *words; words++) {
        unsigned distance = text_distance(word, *words);
        if (is_near(word, *words, distance) && (!best || distance < best_distance)) {
            best = *words;
            best_distance = distance;
        }
    }
    return best;
}

void text_print(const char *text, unsigned from, unsigned width)
{
    unsigned column = from;
    printf("%*s", (int)from, "");
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > from && column + length > width) {
            printf("\n%*s", (int)from, "");
            column = from;
        }
        printf("%s%.*s", column > from ? " " : "", (int)length, text);
        column += (unsigned)length + 1;
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

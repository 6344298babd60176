// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A set of names. See names.h.
#include "base/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 64, LONGEST = 128 };

// The names of one format, by number.
struct name_series {
    struct name_series *next;
    const char *format;
    const char **names; // NULL: not made yet
    uint32_t count;
};

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->capacity; i++)
        free(names->slots[i]);
    free(names->slots);
    while (names->series) {
        struct name_series *series = names->series;
        names->series = series->next;
        free(series->names);
        free(series);
    }
    *names = (struct names){ 0 };
}

static size_t hash(const char *text)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325); // FNV-1a
    while (*text)
        value = (value ^ (unsigned char)*text++) * UINT64_C(0x100000001b3);
    return (size_t)value;
}

static char **slot_of(char **slots, size_t capacity, const char *text)
{
    size_t at = hash(text) & (capacity - 1);
    while (slots[at] && strcmp(slots[at], text) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static int grow(struct names *names)
{
    size_t capacity = names->capacity ? 2 * names->capacity : FIRST;
    char **slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return -1;
    for (size_t i = 0; i < names->capacity; i++)
        if (names->slots[i])
            *slot_of(slots, capacity, names->slots[i]) = names->slots[i];
    free(names->slots);
    names->slots = slots;
    names->capacity = capacity;
    return 0;
}

const char *names_add(struct names *names, const char *text)
{
    if (2 * names->count >= names->capacity && grow(names) < 0)
        return NULL;
    char **slot = slot_of(names->slots, names->capacity, text);
    if (*slot)
        return *slot;
    size_t size = strlen(text) + 1;
    *slot = malloc(size);
    if (*slot) {
        memcpy(*slot, text, size);
        names->count++;
    }
    return *slot;
}

const char *names_add_part(struct names *names, const char *of, const char *part)
{
    char text[LONGEST];
    snprintf(text, sizeof text, "%s.%s", of, part);
    return names_add(names, text);
}

// --- Numbered names --------------------------------------------------------------------------------------------------

static struct name_series *series_of(struct names *names, const char *format)
{
    struct name_series *series = names->series;
    while (series && series->format != format)
        series = series->next;
    if (series || !(series = calloc(1, sizeof *series)))
        return series;
    series->format = format;
    series->next = names->series;
    return names->series = series;
}

static int make_room(struct name_series *series, uint32_t number)
{
    uint32_t count = number < UINT32_MAX / 2 ? 2 * number + 4 : UINT32_MAX;
    const char **bigger = realloc(series->names, count * sizeof *bigger);
    if (!bigger)
        return -1;
    memset(bigger + series->count, 0, (count - series->count) * sizeof *bigger);
    series->names = bigger;
    series->count = count;
    return 0;
}

__attribute__((format(printf, 2, 0))) static const char *print(struct names *names, const char *format, uint32_t number)
{
    char text[LONGEST];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, number);
#pragma GCC diagnostic pop
    return names_add(names, text);
}

const char *names_numbered(struct names *names, const char *format, uint32_t number)
{
    struct name_series *series = series_of(names, format);
    if (!series || (number >= series->count && make_room(series, number) < 0))
        return NULL;
    if (!series->names[number])
        series->names[number] = print(names, format, number);
    return series->names[number];
}

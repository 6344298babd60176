// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The visitors that save, load, compare and describe state. Described in visit.h.
#include "base/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

const char *visit_name(const char *expression)
{
    const char *name = expression;
    for (const char *p = expression; *p; p++) {
        if (p[0] == '-' && p[1] == '>')
            name = p + 2;
        else if (p[0] == '.')
            name = p + 1;
    }
    return name;
}

// Makes room for `more` bytes behind the `used` ones. False: the host has no memory left.
static bool make_room(void *data, size_t *capacity, size_t used, size_t more)
{
    size_t wanted = *capacity ? *capacity : 4096;
    while (wanted < used + more)
        wanted *= 2;
    if (wanted == *capacity)
        return true;
    void *grown = realloc(*(void **)data, wanted);
    if (!grown)
        return false;
    *(void **)data = grown;
    *capacity = wanted;
    return true;
}

void visit_enter_numbered(struct visit *v, const char *name, unsigned number)
{
    char text[64];
    if (!v->enter)
        return;
    snprintf(text, sizeof text, "%s%u", name, number);
    v->enter(v, text);
}

// Most fields are one integer: no call for those.
static void copy(void *to, const void *from, size_t bytes)
{
    switch (bytes) {
    case 1: memcpy(to, from, 1); break;
    case 2: memcpy(to, from, 2); break;
    case 4: memcpy(to, from, 4); break;
    case 8: memcpy(to, from, 8); break;
    case 0: break; // of an array that is not there
    default: memcpy(to, from, bytes); break;
    }
}

static bool same_integer(const void *a, const void *b, size_t bytes)
{
    uint64_t x = 0, y = 0;
    copy(&x, a, bytes);
    copy(&y, b, bytes);
    return x == y;
}

static bool same(const void *a, const void *b, size_t bytes)
{
    bool integer = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
    return integer ? same_integer(a, b, bytes) : memcmp(a, b, bytes) == 0;
}

static void save_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct visit_save *save = container_of(v, struct visit_save, visit);
    (void)name;
    size_t bytes = size * count;
    if (save->failed)
        return;
    if (!make_room(&save->data, &save->capacity, save->size, bytes)) {
        save->failed = true;
        return;
    }
    copy(save->data + save->size, data, bytes);
    save->size += bytes;
}

void visit_save_init(struct visit_save *save)
{
    *save = (struct visit_save){ .visit.field = save_field };
}

static void load_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct visit_load *load = container_of(v, struct visit_load, visit);
    (void)name;
    size_t bytes = size * count;
    if (bytes > load->size - load->position) {
        load->failed = true;
        load->position = load->size;
        if (!v->variable) // whose length may be a damaged one, of many gigabytes
            memset(data, 0, bytes);
        return;
    }
    copy(data, load->data + load->position, bytes);
    load->position += bytes;
}

void visit_load_init(struct visit_load *load, const void *data, size_t size)
{
    *load = (struct visit_load){ .visit.field = load_field, .data = data, .size = size };
}

void visit_path_enter(struct visit_path *path, const char *name)
{
    size_t length = strlen(name);
    if (path->hidden || length + 2 > sizeof path->text - path->length) {
        path->hidden++;
        return;
    }
    memcpy(path->text + path->length, name, length);
    path->length += length;
    memcpy(path->text + path->length++, "/", 2);
}

void visit_path_leave(struct visit_path *path)
{
    if (path->hidden) {
        path->hidden--;
        return;
    }
    if (path->length)
        path->length--;
    while (path->length && path->text[path->length - 1] != '/')
        path->length--;
    path->text[path->length] = 0;
}

static void differ_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct visit_differ *differ = container_of(v, struct visit_differ, visit);
    size_t bytes = size * count;
    if (differ->differs)
        return;
    size_t at = 0;
    if (bytes <= differ->size - differ->position) {
        const uint8_t *live = data, *saved = differ->data + differ->position;
        differ->position += bytes;
        if (same(live, saved, bytes))
            return;
        while (live[at] == saved[at])
            at++;
    }
    differ->differs = true;
    if (count == 1)
        snprintf(differ->path, sizeof differ->path, "%s%s", differ->lists.text, visit_name(name));
    else
        snprintf(differ->path, sizeof differ->path, "%s%s[%zu]", differ->lists.text, visit_name(name), at / size);
}

static void differ_enter(struct visit *v, const char *name)
{
    visit_path_enter(&container_of(v, struct visit_differ, visit)->lists, name);
}

static void differ_leave(struct visit *v)
{
    visit_path_leave(&container_of(v, struct visit_differ, visit)->lists);
}

void visit_differ_init(struct visit_differ *differ, const void *data, size_t size)
{
    *differ = (struct visit_differ){
        .visit = { .field = differ_field, .enter = differ_enter, .leave = differ_leave },
        .data = data,
        .size = size,
    };
}

static void beyond_below(struct visit *v, const char *name, uint64_t value, uint64_t limit)
{
    struct visit_differ *differ = container_of(v, struct visit_differ, visit);
    if (differ->differs || value < limit)
        return;
    differ->differs = true;
    snprintf(differ->path, sizeof differ->path, "%s%s is %llu", differ->lists.text, visit_name(name),
             (unsigned long long)value);
}

void visit_beyond_init(struct visit_differ *differ)
{
    *differ = (struct visit_differ){
        .visit = { .enter = differ_enter, .leave = differ_leave, .below = beyond_below },
    };
}

// --- Schema ----------------------------------------------------------------------------------------------------------

static void add_line(struct visit_schema *schema, const char *line, size_t length)
{
    if (schema->failed || !make_room(&schema->text, &schema->capacity, schema->length, length)) {
        schema->failed = true;
        return;
    }
    memcpy(schema->text + schema->length, line, length);
    schema->length += length;
    for (size_t i = 0; i < length; i++) // FNV-1a
        schema->hash = (schema->hash ^ (uint8_t)line[i]) * UINT64_C(0x100000001b3);
}

// A line is written without printf: every snapshot in memory asks for the whole schema.
enum { LONGEST_NAME = 60 };

struct line {
    char text[128];
    size_t length;
};

static void line_character(struct line *line, char character)
{
    line->text[line->length++] = character;
}

static void line_name(struct line *line, const char *name)
{
    while (*name && line->length < LONGEST_NAME)
        line_character(line, *name++);
}

static void line_number(struct line *line, size_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        line_character(line, digits[--count]);
}

static void schema_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct visit_schema *schema = container_of(v, struct visit_schema, visit);
    struct line line;
    (void)data;
    line.length = 0;
    line_name(&line, visit_name(name));
    line_character(&line, ' ');
    line_number(&line, size);
    if (v->variable || count != 1)
        line_character(&line, ' ');
    if (v->variable)
        line_character(&line, '*');
    else if (count != 1)
        line_number(&line, count);
    line_character(&line, '\n');
    schema->variable |= v->variable;
    schema->bytes += v->variable ? 0 : (uint64_t)size * count;
    add_line(schema, line.text, line.length);
}

static void schema_constant(struct visit *v, const char *name, uint64_t value)
{
    char line[96];
    int length = value < 65536
                     ? snprintf(line, sizeof line, "%.60s = %llu\n", visit_name(name), (unsigned long long)value)
                     : snprintf(line, sizeof line, "%.60s = 0x%llx\n", visit_name(name), (unsigned long long)value);
    add_line(container_of(v, struct visit_schema, visit), line, (size_t)length);
}

static void schema_enter(struct visit *v, const char *name)
{
    struct line line;
    line.length = 0;
    line_name(&line, name);
    line_character(&line, '/');
    line_character(&line, '\n');
    add_line(container_of(v, struct visit_schema, visit), line.text, line.length);
}

static void schema_leave(struct visit *v)
{
    add_line(container_of(v, struct visit_schema, visit), "/\n", 2);
}

void visit_schema_init(struct visit_schema *schema)
{
    *schema = (struct visit_schema){
        .visit = { .field = schema_field, .constant = schema_constant, .enter = schema_enter, .leave = schema_leave },
        .hash = UINT64_C(0xcbf29ce484222325),
    };
}

// --- Coverage --------------------------------------------------------------------------------------------------------

struct cover {
    struct visit visit;
    uint8_t *base, *seen;
    size_t size;
};

static void cover_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct cover *cover = container_of(v, struct cover, visit);
    (void)name;
    uint8_t *start = data;
    if (start >= cover->base && start + size * count <= cover->base + cover->size)
        memset(cover->seen + (start - cover->base), 1, size * count);
}

size_t visit_uncovered(void *object, size_t size, void (*list)(void *object, struct visit *v))
{
    struct cover cover = { .visit.field = cover_field, .base = object, .seen = calloc(1, size), .size = size };
    if (!cover.seen)
        return size;
    list(object, &cover.visit);
    size_t missing = 0;
    for (size_t i = 0; i < size; i++)
        missing += !cover.seen[i];
    free(cover.seen);
    return missing;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Saved states with a header. The format is in state.h.
#include "base/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

#define MAGIC "intact\r\n"

// Fields are saved in the host's byte order; `order` shows which one that is.
#define ORDER UINT32_C(0x01020304)

enum { FORMAT = 2 };

struct header {
    char magic[8];
    uint32_t order;
    uint32_t format;
    uint64_t schema_hash;
    uint64_t schema_length;
    uint64_t field_bytes;
    uint64_t check; // of the schema and the fields
};

// Each step is a bijection of the sum for the same word, and of the word for the same sum: a change in one word always
// shows, and others nearly always.
static uint64_t sum_of(const void *data, size_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (const uint8_t *at = data; size; at += 8) {
        uint64_t word = 0;
        size_t bytes = size < 8 ? size : 8;
        memcpy(&word, at, bytes);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
        size -= bytes;
    }
    return sum;
}

static int make_schema(const struct state_list *list, struct visit_schema *schema)
{
    visit_schema_init(schema);
    list->visit(list->object, &schema->visit);
    if (!schema->failed)
        return 0;
    free(schema->text);
    return -ENOMEM;
}

// --- Saving ----------------------------------------------------------------------------------------------------------

// Writes what fits, and counts the rest.
struct writer {
    struct visit visit;
    uint8_t *data;
    size_t size, position;
};

static void write_bytes(struct writer *writer, const void *data, size_t bytes)
{
    if (writer->position <= writer->size && bytes <= writer->size - writer->position && bytes)
        memcpy(writer->data + writer->position, data, bytes);
    writer->position += bytes;
}

static void write_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    (void)name;
    write_bytes(container_of(v, struct writer, visit), data, size * count);
}

size_t state_save(const struct state_list *list, void *data, size_t size)
{
    struct writer writer = { .visit.field = write_field, .data = data, .size = size };
    struct header header = { .order = ORDER, .format = FORMAT };
    memcpy(header.magic, MAGIC, sizeof header.magic);
    struct visit_schema schema;
    if (make_schema(list, &schema) < 0)
        return 0;
    writer.position = sizeof header;
    write_bytes(&writer, schema.text, schema.length);
    size_t start = writer.position;
    list->visit(list->object, &writer.visit);
    header.schema_hash = schema.hash;
    header.schema_length = schema.length;
    header.field_bytes = writer.position - start;
    if (size >= writer.position) {
        header.check = sum_of((char *)data + sizeof header, writer.position - sizeof header);
        memcpy(data, &header, sizeof header);
    }
    free(schema.text);
    return writer.position;
}

// --- Comparing schemas -----------------------------------------------------------------------------------------------

struct line {
    const char *text;
    int length; // without its end
};

static struct line next_line(const char **at, const char *end)
{
    struct line line = { .text = *at };
    while (*at < end && **at != '\n')
        ++*at;
    line.length = (int)(*at - line.text < 80 ? *at - line.text : 80);
    *at += *at < end;
    return line;
}

// Follows the nesting: "lapic0/" goes in, "/" comes out.
static void follow(char *path, size_t size, struct line line)
{
    size_t used = strlen(path);
    if (line.length == 1 && line.text[0] == '/') {
        used -= used > 0;
        while (used && path[used - 1] != '/')
            used--;
        path[used] = '\0';
    } else if (line.length && line.text[line.length - 1] == '/') {
        snprintf(path + used, size - used, "%.*s", line.length, line.text);
    }
}

static struct line or_nothing(struct line line)
{
    return line.length ? line : (struct line){ "nothing more", 12 };
}

static int refuse(const struct visit_schema *here, const char *saved, size_t saved_length, struct error *error)
{
    const char *a = saved, *a_end = saved + saved_length, *b = here->text, *b_end = here->text + here->length;
    char path[160] = "";
    for (;;) {
        struct line was = next_line(&a, a_end), is = next_line(&b, b_end);
        if (was.length != is.length || memcmp(was.text, is.text, (size_t)was.length) != 0) {
            was = or_nothing(was);
            is = or_nothing(is);
            return error_set(error, -EINVAL, "the saved state has '%s%.*s' where '%s%.*s' belongs", path, was.length,
                             was.text, path, is.length, is.text);
        }
        if (was.length == 0)
            return error_set(error, -EINVAL, "the saved state is damaged: its schema has another hash");
        follow(path, sizeof path, was);
    }
}

// --- Loading ---------------------------------------------------------------------------------------------------------

// Reads the header and checks its lengths against the size of the data.
static int read_header(const void *data, size_t size, struct header *header, struct error *error)
{
    if (size < sizeof *header)
        return error_set(error, -EINVAL, "not a saved state: it has %zu bytes", size);
    memcpy(header, data, sizeof *header);
    if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0)
        return error_set(error, -EINVAL, "not a saved state: it begins in another way");
    if (header->order != ORDER || header->format != FORMAT)
        return error_set(error, -EINVAL, "a saved state of another host, or of another version (format %u)",
                         header->format);
    size -= sizeof *header;
    if (header->schema_length > size || header->field_bytes != size - header->schema_length)
        return error_set(error, -EINVAL, "the saved state is damaged: its length is wrong");
    if (header->check != sum_of((const char *)data + sizeof *header, size))
        return error_set(error, -EINVAL, "the saved state is damaged: its check value is another");
    return 0;
}

static int check(const struct header *header, const struct visit_schema *schema, const char *saved, struct error *error)
{
    if (header->schema_hash != schema->hash || header->schema_length != schema->length)
        return refuse(schema, saved, header->schema_length, error);
    if (header->field_bytes < schema->bytes || (!schema->variable && header->field_bytes != schema->bytes))
        return error_set(error, -EINVAL, "the saved state is damaged: its fields have another length");
    return 0;
}

// Loads, and keeps the first value that cannot be.
struct loader {
    struct visit visit;
    struct visit_load load;
    struct visit_differ beyond;
};

static void load_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct loader *loader = container_of(v, struct loader, visit);
    loader->load.visit.variable = v->variable;
    loader->load.visit.field(&loader->load.visit, name, data, size, count);
}

static void load_enter(struct visit *v, const char *name)
{
    visit_enter(&container_of(v, struct loader, visit)->beyond.visit, name);
}

static void load_leave(struct visit *v)
{
    visit_leave(&container_of(v, struct loader, visit)->beyond.visit);
}

static void load_below(struct visit *v, const char *name, uint64_t value, uint64_t limit)
{
    visit_below(&container_of(v, struct loader, visit)->beyond.visit, name, value, limit);
}

static int load_fields(const struct state_list *list, const void *data, size_t size, struct error *error)
{
    struct loader loader = {
        .visit = { .field = load_field, .enter = load_enter, .leave = load_leave, .below = load_below },
    };
    visit_load_init(&loader.load, data, size);
    visit_beyond_init(&loader.beyond);
    list->visit(list->object, &loader.visit);
    if (loader.beyond.differs)
        return error_set(error, -EIO, "the saved state is damaged: %s, which cannot be", loader.beyond.path);
    if (loader.load.failed || loader.load.position != loader.load.size)
        return error_set(error, -EIO, "the saved state is damaged: it ends %s", loader.load.failed ? "early" : "late");
    return 0;
}

int state_load(const struct state_list *list, const void *data, size_t size, struct error *error)
{
    struct header header;
    struct visit_schema schema;
    int result = read_header(data, size, &header, error);
    if (result < 0)
        return result;
    if (make_schema(list, &schema) < 0)
        return error_set(error, -ENOMEM, "the host has no memory left");
    const char *saved = (const char *)data + sizeof header;
    result = check(&header, &schema, saved, error);
    free(schema.text);
    if (result < 0)
        return result;
    return load_fields(list, saved + header.schema_length, header.field_bytes, error);
}

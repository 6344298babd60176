// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See facts.h.
#include "machine/replay/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/version.h>

#include "replay/digest.h"

struct text {
    char *bytes;
    size_t length, capacity;
    bool failed;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t more = (size_t)vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (!text->failed && text->length + more + 1 > text->capacity) {
        size_t capacity = 2 * (text->length + more + 1);
        char *grown = realloc(text->bytes, capacity);
        text->failed = !grown;
        text->bytes = grown ? grown : text->bytes;
        text->capacity = grown ? capacity : text->capacity;
    }
    if (!text->failed)
        text->length += (size_t)vsnprintf(text->bytes + text->length, more + 1, format, arguments);
    va_end(arguments);
}

// --- Files -----------------------------------------------------------------------------------------------------------

struct file {
    const char *option, *path;
    const void *data; // the contents, if they are in memory
    uint64_t size, hash;
};

enum { FILES_MAX = 4 + INTACT_DRIVES_MAX };

static unsigned list_drives(const struct intact_machine_config *config, struct file *files)
{
    unsigned count = 0;
    for (unsigned i = 0; i < config->drive_count; i++)
        if (!config->drives[i].block)
            files[count++] = (struct file){ .option = "-drive", .path = config->drives[i].file };
    return count;
}

static unsigned list_files(const struct intact_machine_config *config, struct file files[FILES_MAX])
{
    unsigned count = 0;
    if (config->kernel)
        files[count++] = (struct file){ "-kernel", config->kernel, config->kernel_data, config->kernel_size, 0 };
    if (config->initrd)
        files[count++] = (struct file){ .option = "-initrd", .path = config->initrd };
    if (config->bios)
        files[count++] = (struct file){ .option = "-bios", .path = config->bios };
    return count + list_drives(config, files + count);
}

// Pieces of a file are hashed one by one, and then their hashes.
static int hash_stream(FILE *stream, struct file *file)
{
    static const size_t piece = 1 << 20;
    uint8_t *bytes = malloc(piece);
    if (!bytes)
        return -ENOMEM;
    for (size_t got; (got = fread(bytes, 1, piece, stream)) > 0; file->size += got) {
        const uint64_t parts[] = { file->hash, digest_bytes(bytes, got) };
        file->hash = digest_bytes(parts, sizeof parts);
    }
    free(bytes);
    return ferror(stream) ? -EIO : 0;
}

static int hash_file(struct file *file, struct error *error)
{
    if (file->data) {
        file->hash = digest_bytes(file->data, file->size);
        return 0;
    }
    FILE *stream = fopen(file->path, "rb");
    int result = stream ? hash_stream(stream, file) : -errno;
    if (stream)
        fclose(stream);
    return result < 0
               ? error_set(error, result, "%s: cannot read '%s': %s", file->option, file->path, strerror(-result))
               : 0;
}

// A multiboot kernel has a list of modules there, which is in the digest of its memory.
static bool is_list(const struct file *file)
{
    return strcmp(file->option, "-initrd") == 0 && strpbrk(file->path, ", ");
}

static int hash_files(struct file *files, unsigned count, struct error *error)
{
    for (unsigned i = 0; i < count; i++) {
        int result = is_list(&files[i]) ? 0 : hash_file(&files[i], error);
        if (result < 0)
            return result;
    }
    return 0;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

static int hash_schema(struct board *board, uint64_t *hash)
{
    struct visit_schema schema;
    visit_schema_init(&schema);
    schema.visit.no_storage = schema.visit.no_requests = true;
    board_visit(board, &schema.visit);
    *hash = schema.hash;
    free(schema.text);
    return schema.failed ? -ENOMEM : 0;
}

static void append_files(struct text *text, const struct file *files, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        append(text, "file %s %016" PRIx64 " %" PRIu64 "\n", files[i].option, files[i].hash, files[i].size);
}

static char *finished(struct text *text, struct error *error)
{
    if (!text->failed)
        return text->bytes;
    free(text->bytes);
    error_set(error, -ENOMEM, "the host has no memory left");
    return NULL;
}

char *facts_write(struct board *board, uint64_t interval, const char *const *arguments, unsigned count,
                  struct error *error)
{
    struct file files[FILES_MAX];
    unsigned file_count = list_files(&board->config, files);
    uint64_t schema;
    struct text text = { .bytes = NULL };
    if (hash_files(files, file_count, error) < 0)
        return NULL;
    text.failed = hash_schema(board, &schema) < 0;
    append(&text, "version %s\nschema %016" PRIx64 "\ndigest %" PRIu64 "\nrtc %" PRId64 "\n", INTACT_VERSION, schema,
           interval, board->config.rtc_date);
    append_files(&text, files, file_count);
    for (unsigned i = 0; i < count; i++)
        append(&text, "argument %s\n", arguments[i]);
    return finished(&text, error);
}

char *facts_of_drives(struct board *board, struct error *error)
{
    struct file files[FILES_MAX];
    struct text text = { .bytes = NULL };
    unsigned count = list_drives(&board->config, files);
    if (hash_files(files, count, error) < 0)
        return NULL;
    append(&text, "version %s\n", INTACT_VERSION);
    append_files(&text, files, count);
    return finished(&text, error);
}

// --- Reading ---------------------------------------------------------------------------------------------------------

// Not by strcspn: some libraries look for the end of the whole text first, at every line.
static const char *end_of(const char *line)
{
    while (*line && *line != '\n')
        line++;
    return line;
}

const char *facts_line(const char *text, const char *name, unsigned index, const char **end)
{
    size_t length = strlen(name);
    while (*text) {
        const char *stop = end_of(text);
        if (strncmp(text, name, length) == 0 && text[length] == ' ' && index-- == 0) {
            *end = stop;
            return text + length + 1;
        }
        text = stop + (*stop == '\n');
    }
    return NULL;
}

uint64_t facts_number(const char *text, const char *name, uint64_t otherwise)
{
    const char *end, *value = facts_line(text, name, 0, &end);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

// Whether the line is exactly `value`.
static bool says(const char *text, const char *name, const char *value)
{
    const char *end, *line = facts_line(text, name, 0, &end);
    return line && strlen(value) == (size_t)(end - line) && strncmp(line, value, strlen(value)) == 0;
}

static int check_file(const char *text, unsigned index, const struct file *file, struct error *error)
{
    char value[64];
    const char *end, *line = facts_line(text, "file", index, &end);
    snprintf(value, sizeof value, "%s %016" PRIx64 " %" PRIu64, file->option, file->hash, file->size);
    if (line && strlen(value) == (size_t)(end - line) && strncmp(line, value, strlen(value)) == 0)
        return 0;
    if (line && strncmp(line, file->option, strlen(file->option)) == 0)
        return error_set(error, -EINVAL, "%s: '%s' is not the file that it was", file->option, file->path);
    return error_set(error, -EINVAL, "%s: '%s' was not there", file->option, file->path);
}

static int check_files(const char *text, const struct file *files, unsigned count, struct error *error)
{
    const char *end, *more = facts_line(text, "file", count, &end);
    for (unsigned i = 0; i < count; i++) {
        int result = check_file(text, i, &files[i], error);
        if (result < 0)
            return result;
    }
    return more ? error_set(error, -EINVAL, "there was another file: %.*s", (int)(end - more), more) : 0;
}

int facts_check_drives(struct board *board, const char *text, struct error *error)
{
    struct file files[FILES_MAX];
    unsigned count = list_drives(&board->config, files);
    int result = hash_files(files, count, error);
    return result < 0 ? result : check_files(text, files, count, error);
}

int facts_check(struct board *board, const char *text, struct error *error)
{
    struct file files[FILES_MAX];
    unsigned count = list_files(&board->config, files);
    const char *end, *version = facts_line(text, "version", 0, &end);
    char schema_text[20];
    uint64_t schema;
    int result = hash_files(files, count, error);
    if (result < 0)
        return result;
    if (!says(text, "version", INTACT_VERSION))
        return error_set(error, -EINVAL, "the journal is of version %.*s, and this is %s",
                         version ? (int)(end - version) : 0, version ? version : "", INTACT_VERSION);
    result = check_files(text, files, count, error);
    if (result < 0)
        return result;
    if (hash_schema(board, &schema) < 0)
        return error_set(error, -ENOMEM, "the host has no memory left");
    snprintf(schema_text, sizeof schema_text, "%016" PRIx64, schema);
    if (!says(text, "schema", schema_text))
        return error_set(error, -EINVAL,
                         "the recorded run was of another machine: its type, processors, memory or "
                         "devices are not the same");
    return 0;
}

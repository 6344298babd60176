// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See facts.h.
#include "machine/replay/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <intact/version.h>

#include "host/disk_image.h"
#include "machine/board/device_drivers.h"
#include "machine/boot/boot_x86.h"
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

enum {
    BACKING_MAX = 128, // backing files of all drives
    FILES_MAX = BACKING_MAX + 2 + BOOT_X86_MODULES + INTACT_DRIVES_MAX + INTACT_FW_CFG_MAX + INTACT_DEVICES_MAX +
                INTACT_SMBIOS_MAX
};

struct files {
    struct file file[FILES_MAX];
    unsigned count;
    char *modules; // has the paths of some
    char *backing[BACKING_MAX];
    unsigned backing_count;
};

static void add_file(struct files *files, const char *option, const char *path)
{
    files->file[files->count++] = (struct file){ .option = option, .path = path };
}

// The backing files behind an image, one behind the other. One that is behind itself comes to the limit.
static int list_backing(const char *path, enum intact_drive_format format, struct files *files, struct error *error)
{
    char *backing = NULL;
    int result = disk_image_backing(path, &format, &backing, error);
    while (result == 0 && backing) {
        if (files->backing_count == BACKING_MAX) {
            free(backing);
            return error_set(error, -E2BIG, "-drive: '%.200s': more than %d backing files", path, BACKING_MAX);
        }
        files->backing[files->backing_count++] = backing;
        add_file(files, "-drive", backing);
        result = disk_image_backing(backing, &format, &backing, error);
    }
    if (result < 0)
        error_prefix(error, "-drive");
    return result;
}

static int list_drives(const struct intact_machine_config *config, struct files *files, struct error *error)
{
    int result = 0;
    for (unsigned i = 0; i < config->drive_count && result == 0; i++) {
        const struct intact_drive_config *drive = &config->drives[i];
        if (!drive->file || drive->block)
            continue;
        add_file(files, "-drive", drive->file);
        if (drive->interface != INTACT_DRIVE_PFLASH)
            result = list_backing(drive->file, drive->format, files, error);
    }
    return result;
}

static void list_roms(const struct intact_machine_config *config, struct files *files)
{
    for (unsigned i = 0; i < config->device_count; i++) {
        const char *path = device_loader_file(&config->devices[i]);
        if (path)
            add_file(files, "-device", path);
        path = device_property(&config->devices[i], "romfile");
        if (path && *path && access(path, R_OK) == 0) // with rombar=off it need not be there
            add_file(files, "-device", path);
    }
}

// A multiboot kernel has a list of modules there.
static bool has_modules(struct board *board)
{
    const struct boot_kernel kernel = board_kernel(board);
    return board->config.type == INTACT_PC && strpbrk(board->config.initrd, ", ") && boot_x86_takes_modules(&kernel);
}

static int list_modules(struct board *board, struct files *files, struct error *error)
{
    char *rest = files->modules = strdup(board->config.initrd);
    if (!rest)
        return error_set(error, -ENOMEM, "the host has no memory left");
    for (char *module; (module = boot_x86_next_module(&rest)) && files->count < 1 + BOOT_X86_MODULES;) {
        module[boot_x86_module_path(module)] = 0;
        add_file(files, "-initrd", module);
    }
    return 0;
}

static int list_files(struct board *board, struct files *files, struct error *error)
{
    const struct intact_machine_config *config = &board->config;
    int result = 0;
    if (config->kernel)
        files->file[files->count++] =
            (struct file){ "-kernel", config->kernel, config->kernel_data, config->kernel_size, 0 };
    if (config->initrd && has_modules(board))
        result = list_modules(board, files, error);
    else if (config->initrd)
        add_file(files, "-initrd", config->initrd);
    if (config->bios)
        add_file(files, "-bios", config->bios);
    if (result == 0)
        result = list_drives(config, files, error);
    for (unsigned i = 0; i < config->fw_cfg_count; i++)
        if (config->fw_cfgs[i].file)
            add_file(files, "-fw_cfg", config->fw_cfgs[i].file);
    for (unsigned i = 0; i < config->smbios_count; i++)
        if (config->smbios[i].file && !config->smbios[i].data)
            add_file(files, "-smbios", config->smbios[i].file);
    list_roms(config, files);
    return result;
}

static void free_files(struct files *files)
{
    for (unsigned i = 0; i < files->backing_count; i++)
        free(files->backing[i]);
    files->backing_count = 0;
    free(files->modules);
    files->modules = NULL;
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

static int hash_files(struct files *files, struct error *error)
{
    for (unsigned i = 0; i < files->count; i++) {
        int result = hash_file(&files->file[i], error);
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

static const char *machine_name(const struct intact_machine_config *config)
{
    return config->type == INTACT_VIRT ? "virt" : config->chipset == INTACT_Q35 ? "q35" : "pc";
}

// What the schema does not have, or has without a name for users. Each line is the name of an option and its value.
static void append_machine(struct text *text, const struct intact_machine_config *config)
{
    append(text, "-machine %s\n", machine_name(config));
    append(text, "-cpu %s\n", config->cpu ? config->cpu : intact_machine_cpu(config->type, 0, NULL));
    append(text, "-smp %u\n-m %" PRIu64 "\n-icount shift=%u\n", config->cpus, config->memory >> 20, config->shift);
    if (config->type == INTACT_PC)
        append(text, "-no-hpet %s\n", config->hpet ? "off" : "on");
    append(text, "-no-acpi %s\n", config->acpi ? "off" : "on");
}

static void append_files(struct text *text, const struct files *files)
{
    for (unsigned i = 0; i < files->count; i++)
        append(text, "file %s %016" PRIx64 " %" PRIu64 "\n", files->file[i].option, files->file[i].hash,
               files->file[i].size);
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
    struct files files = { .count = 0 };
    uint64_t schema;
    struct text text = { .bytes = NULL };
    int result = list_files(board, &files, error);
    if (result == 0)
        result = hash_files(&files, error);
    if (result == 0) {
        text.failed = hash_schema(board, &schema) < 0;
        append(&text, "version %s\nschema %016" PRIx64 "\ndigest %" PRIu64 "\nrtc %" PRId64 "\n", INTACT_VERSION,
               schema, interval, board->config.rtc_date);
        append_machine(&text, &board->config);
        append_files(&text, &files);
        for (unsigned i = 0; i < count; i++)
            append(&text, "argument %s\n", arguments[i]);
    }
    free_files(&files);
    return result < 0 ? NULL : finished(&text, error);
}

char *facts_of_snapshot(struct board *board, struct error *error)
{
    struct files files = { .count = 0 };
    struct text text = { .bytes = NULL };
    int result = list_drives(&board->config, &files, error);
    if (result == 0)
        result = hash_files(&files, error);
    if (result == 0) {
        append(&text, "version %s\n", INTACT_VERSION);
        append_machine(&text, &board->config);
        append_files(&text, &files);
    }
    free_files(&files);
    return result < 0 ? NULL : finished(&text, error);
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

static int check_files(const char *text, const struct files *files, struct error *error)
{
    const char *end, *more = facts_line(text, "file", files->count, &end);
    for (unsigned i = 0; i < files->count; i++) {
        int result = check_file(text, i, &files->file[i], error);
        if (result < 0)
            return result;
    }
    return more ? error_set(error, -EINVAL, "there was another file: %.*s", (int)(end - more), more) : 0;
}

// `line` is one of this machine's.
static int check_option(const char *text, const char *line, const char *stop, const char *what, struct error *error)
{
    char name[16];
    size_t length = strcspn(line, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, line);
    const char *end, *was = facts_line(text, name, 0, &end), *is = line + length + 1;
    if (!was || (end - was == stop - is && strncmp(was, is, (size_t)(end - was)) == 0))
        return 0; // an older file may not have it
    return error_set(error, -EINVAL, "%s is of another machine: %s was %.*s, and is %.*s", what, name, (int)(end - was),
                     was, (int)(stop - is), is);
}

static int check_machine(struct board *board, const char *text, const char *what, struct error *error)
{
    struct text own = { .bytes = NULL };
    int result = 0;
    append_machine(&own, &board->config);
    if (!finished(&own, error))
        return -ENOMEM;
    for (const char *line = own.bytes; *line && result == 0; line = end_of(line) + 1)
        result = check_option(text, line, end_of(line), what, error);
    free(own.bytes);
    return result;
}

int facts_check_snapshot(struct board *board, const char *text, struct error *error)
{
    struct files files = { .count = 0 };
    int result = check_machine(board, text, "the snapshot", error);
    if (result == 0)
        result = list_drives(&board->config, &files, error);
    if (result == 0)
        result = hash_files(&files, error);
    if (result == 0)
        result = check_files(text, &files, error);
    free_files(&files);
    return result;
}

static int check_version(const char *text, struct error *error)
{
    const char *end, *version = facts_line(text, "version", 0, &end);
    if (says(text, "version", INTACT_VERSION))
        return 0;
    return error_set(error, -EINVAL, "the journal is of version %.*s, and this is %s",
                     version ? (int)(end - version) : 0, version ? version : "", INTACT_VERSION);
}

static int check_schema(struct board *board, const char *text, struct error *error)
{
    char schema_text[20];
    uint64_t schema;
    if (hash_schema(board, &schema) < 0)
        return error_set(error, -ENOMEM, "the host has no memory left");
    snprintf(schema_text, sizeof schema_text, "%016" PRIx64, schema);
    if (says(text, "schema", schema_text))
        return 0;
    return error_set(error, -EINVAL,
                     "the recorded run was of another machine: its type, processors, memory or devices are not the "
                     "same");
}

int facts_check(struct board *board, const char *text, struct error *error)
{
    struct files files = { .count = 0 };
    int result = list_files(board, &files, error);
    if (result == 0)
        result = hash_files(&files, error);
    if (result == 0)
        result = check_version(text, error);
    if (result == 0)
        result = check_machine(board, text, "the recorded run", error);
    if (result == 0)
        result = check_files(text, &files, error);
    if (result == 0)
        result = check_schema(board, text, error);
    free_files(&files);
    return result;
}

int facts_check_output(struct board *board, const char *path, struct error *error)
{
    struct stat output, input;
    struct files files = { .count = 0 };
    int result = list_files(board, &files, error);
    bool exists = stat(path, &output) == 0;
    for (unsigned i = 0; i < files.count && exists && result == 0; i++)
        if (files.file[i].path && stat(files.file[i].path, &input) == 0 && input.st_dev == output.st_dev &&
            input.st_ino == output.st_ino)
            result = error_set(error, -EINVAL, "'%s' is the file of %s: the journal would overwrite it", path,
                               files.file[i].option);
    free_files(&files);
    return result;
}

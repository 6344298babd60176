// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The file of a log: docs/tracing.md. Everything is little-endian.
//
//     0   "INTACTTR"
//     8   u32 version, 1          u32 flags, bit 0: the controllers are a GIC
//     16  u32 processors          u32 names
//     24  u64 records             u64 records that were overwritten
//     40  u64 instructions, u64 ns, u64 cause, to which the first record refers
//     64  the names: u16 length, and so many bytes
//         the records: three u64 each, as in ring.h
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/error.h"
#include "observe/trace_log.h"

enum { MAGIC = 8, HEADER = 64, VERSION = 1, FLAG_ARM = 1, RECORD = 24, NAME_LIMIT = 1024 };

static const char magic[MAGIC + 1] = "INTACTTR";

static void put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)in[i] << 8 * i;
    return value;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

static void write_header(const struct intact_trace_log *log, FILE *file)
{
    const struct ring *ring = &log->ring;
    const struct ring_state begin = ring_begin(ring);
    uint8_t header[HEADER];
    memcpy(header, magic, MAGIC);
    put(header + 8, VERSION, 4);
    put(header + 12, log->arm ? FLAG_ARM : 0, 4);
    put(header + 16, log->cpus, 4);
    put(header + 20, ring_name_count(ring), 4);
    put(header + 24, ring_count(ring), 8);
    put(header + 32, ring_lost(ring), 8);
    put(header + 40, begin.instructions, 8);
    put(header + 48, begin.time, 8);
    put(header + 56, begin.cause, 8);
    fwrite(header, 1, sizeof header, file);
}

static void write_names(const struct ring *ring, FILE *file)
{
    for (unsigned number = 1; number <= ring_name_count(ring); number++) {
        const char *name = ring_name(ring, number);
        size_t length = strlen(name) < NAME_LIMIT ? strlen(name) : NAME_LIMIT;
        uint8_t bytes[2];
        put(bytes, length, 2);
        fwrite(bytes, 1, sizeof bytes, file);
        fwrite(name, 1, length, file);
    }
}

static void write_records(const struct ring *ring, FILE *file)
{
    for (size_t i = 0; i < ring_count(ring); i++) {
        uint8_t bytes[RECORD];
        for (unsigned word = 0; word < 3; word++)
            put(bytes + 8 * word, ring_at(ring, i)->word[word], 8);
        fwrite(bytes, 1, sizeof bytes, file);
    }
}

int trace_file_put(const struct intact_trace_log *log, FILE *file)
{
    write_header(log, file);
    write_names(&log->ring, file);
    write_records(&log->ring, file);
    return fflush(file) || ferror(file) ? -EIO : 0;
}

int trace_file_write(const struct intact_trace_log *log, const char *path, struct error *error)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return error_set(error, -errno, "cannot write '%.200s': %s", path, strerror(errno));
    int result = trace_file_put(log, file);
    if (fclose(file) && result == 0)
        result = -errno;
    return result < 0 ? error_set(error, result, "cannot write '%.200s': %s", path, strerror(-result)) : 0;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

static int damaged(const char *path, const char *what, struct error *error)
{
    return error_set(error, -EINVAL, "'%.200s' is damaged: %s", path, what);
}

static int read_names(struct ring *ring, unsigned count, FILE *file, const char *path, struct error *error)
{
    char name[NAME_LIMIT + 1];
    uint8_t bytes[2];
    for (unsigned i = 0; i < count; i++) {
        if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes)
            return damaged(path, "it ends within its names", error);
        size_t length = (size_t)get(bytes, 2);
        if (length > NAME_LIMIT)
            return damaged(path, "a name is too long", error);
        if (fread(name, 1, length, file) != length)
            return damaged(path, "it ends within its names", error);
        name[length] = 0;
        int result = ring_load_name(ring, name);
        if (result < 0)
            return result == -ENOMEM ? error_set(error, result, "the host has no memory left")
                                     : damaged(path, "it has too many names", error);
    }
    return 0;
}

static int read_records(struct ring *ring, uint64_t count, FILE *file, const char *path, struct error *error)
{
    for (uint64_t i = 0; i < count; i++) {
        uint8_t bytes[RECORD];
        struct ring_record record;
        if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes)
            return damaged(path, "it ends within its records", error);
        for (unsigned word = 0; word < 3; word++)
            record.word[word] = get(bytes + 8 * word, 8);
        if (ring_load_record(ring, &record) < 0)
            return damaged(path, "a record is no event", error);
    }
    return 0;
}

static int read_all(struct intact_trace_log *log, FILE *file, const char *path, struct error *error)
{
    uint8_t header[HEADER];
    if (fread(header, 1, sizeof header, file) != sizeof header || memcmp(header, magic, MAGIC) != 0)
        return error_set(error, -EINVAL, "'%.200s' is no trace: it does not begin with %.8s", path, magic);
    if (get(header + 8, 4) != VERSION)
        return error_set(error, -EINVAL, "'%.200s' is a trace of version %u; this program reads version %d", path,
                         (unsigned)get(header + 8, 4), VERSION);
    uint64_t records = get(header + 24, 8);
    if (get(header + 12, 4) & ~(uint64_t)FLAG_ARM || records > UINT32_MAX || get(header + 20, 4) >= RING_NAMES)
        return damaged(path, "its header has values that no trace has", error);
    log->arm = header[12] & FLAG_ARM;
    log->cpus = (uint32_t)get(header + 16, 4);
    fseek(file, 0, SEEK_END);
    if (records > (uint64_t)ftell(file) / RECORD) // before memory is taken for them
        return damaged(path, "it is shorter than its records", error);
    fseek(file, HEADER, SEEK_SET);
    if (ring_init(&log->ring, records < 4 ? 4 : (size_t)records) < 0)
        return error_set(error, -ENOMEM, "the host has no memory for %llu records", (unsigned long long)records);
    log->ring.end = (struct ring_state){ get(header + 40, 8), get(header + 48, 8), get(header + 56, 8) };
    int result = read_names(&log->ring, (unsigned)get(header + 20, 4), file, path, error);
    if (result == 0)
        result = read_records(&log->ring, records, file, path, error);
    log->ring.lost_before = get(header + 32, 8);
    return result;
}

int trace_file_read(struct intact_trace_log *log, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, -errno, "cannot read '%.200s': %s", path, strerror(errno));
    int result = read_all(log, file, path, error);
    fclose(file);
    return result;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The format is in journal.h. A block is written as a whole by journal_write, and brought to the disk by journal_flush: a run
// that is killed loses what came after the last one.
#include "replay/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/bits.h"
#include "replay/digest.h"
#include "replay/durable.h"

#define MAGIC "intactRR"

enum {
    HEADER_BYTES = 24,     // magic, format, length of the text, check of the text
    BLOCK_HEADER = 16,     // length of the entries, length of what is stored, check of what is stored
    ENTRY_BYTES = 1 << 13, // the longest entry, a PARTS, has fewer
    BLOCK_BYTES = 1 << 16, // a block is brought to the file when it has more
    TEXT_LIMIT = 1 << 24,
    LEVEL = 3,
};

enum { LATER = 1 << 7 }; // beside the kind

// --- Writing ---------------------------------------------------------------------------------------------------------

static void write_file(struct journal_writer *writer, const void *data, size_t size)
{
    if (writer->error)
        return;
    if (fwrite(data, 1, size, writer->file) == size)
        writer->written += size;
    else
        writer->error = errno ? -errno : -EIO;
}

int journal_create(struct journal_writer *writer, const char *path, const char *text, struct error *error)
{
    uint8_t header[HEADER_BYTES] = MAGIC;
    size_t length = strlen(text);
    *writer = (struct journal_writer){ .capacity = BLOCK_BYTES + ENTRY_BYTES };
    writer->block = malloc(writer->capacity);
    if (!writer->block)
        return error_set(error, -ENOMEM, "the host has no memory left");
    writer->file = fopen(path, "wb");
    if (!writer->file) {
        int code = -errno;
        journal_close(writer);
        return error_set(error, code, "cannot write '%s': %s", path, strerror(-code));
    }
    bytes_put(header + 8, 4, JOURNAL_FORMAT);
    bytes_put(header + 12, 4, length);
    bytes_put(header + 16, 8, digest_bytes(text, length));
    write_file(writer, header, sizeof header);
    write_file(writer, text, length);
    journal_flush(writer);
    if (writer->error) {
        int code = journal_close(writer);
        return error_set(error, code, "cannot write '%s': %s", path, strerror(-code));
    }
    return 0;
}

static void put_byte(struct journal_writer *writer, uint8_t byte)
{
    writer->block[writer->used++] = byte;
}

static void put_number(struct journal_writer *writer, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(writer, (uint8_t)(value | 0x80));
    put_byte(writer, (uint8_t)value);
}

static void put_bytes(struct journal_writer *writer, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put_byte(writer, (uint8_t)(value >> (8 * i)));
}

static unsigned length_of(uint64_t value)
{
    return value ? bits_highest(value) / 8 + 1 : 0;
}

static void put_message(struct journal_writer *writer, const struct inbox_message *message)
{
    unsigned a = length_of(message->a), b = length_of(message->b), c = length_of(message->c);
    put_number(writer, message->channel);
    put_number(writer, message->id);
    put_number(writer, message->kind);
    put_byte(writer, (uint8_t)(a | b << 4));
    put_byte(writer, (uint8_t)c);
    put_bytes(writer, message->a, a);
    put_bytes(writer, message->b, b);
    put_bytes(writer, message->c, c);
}

// Checks in a row share their kind and count, and two of them share the byte in their middle.
static void put_check(struct journal_writer *writer, uint64_t digest)
{
    if (!writer->checks || writer->block[writer->checks] == 255) {
        put_byte(writer, JOURNAL_CHECK);
        writer->checks = writer->used;
        put_byte(writer, 0);
    }
    if (writer->block[writer->checks]++ % 2 == 0) {
        put_bytes(writer, digest & bits_low(JOURNAL_CHECK_BITS), 2);
    } else {
        writer->block[writer->used - 1] |= (uint8_t)(digest << 4);
        put_byte(writer, (uint8_t)(digest >> 4));
    }
    if (writer->used > BLOCK_BYTES)
        journal_write(writer);
}

static bool same_sum(const struct part_sum *a, const struct part_sum *b)
{
    return a->hashes == b->hashes && a->places == b->places;
}

static void put_parts(struct journal_writer *writer, const struct parts *parts)
{
    const struct part_sum *now = parts->sums, *before = writer->parts.sums;
    put_number(writer, parts->count);
    for (unsigned i = 0; i < parts->count; i += 8) {
        unsigned changed = 0;
        for (unsigned bit = 0; bit < 8 && i + bit < parts->count; bit++)
            changed |= (unsigned)!same_sum(&now[i + bit], &before[i + bit]) << bit;
        put_byte(writer, (uint8_t)changed);
    }
    for (unsigned i = 0; i < parts->count; i++) {
        if (same_sum(&now[i], &before[i]))
            continue;
        put_bytes(writer, now[i].hashes, 3);
        put_bytes(writer, now[i].places, 3);
    }
    put_bytes(writer, parts->ram.hashes, 4);
    put_bytes(writer, parts->ram.places, 4);
    writer->parts = *parts;
}

void journal_put(struct journal_writer *writer, const struct journal_entry *entry)
{
    if (entry->kind == JOURNAL_CHECK) {
        put_check(writer, entry->digest);
        return;
    }
    writer->checks = 0;
    bool has_moment = entry->kind == JOURNAL_MESSAGE || entry->kind == JOURNAL_END;
    bool later = has_moment && (entry->instructions != writer->instructions || entry->turns != writer->turns);
    put_byte(writer, (uint8_t)((unsigned)entry->kind | (later ? LATER : 0u)));
    if (later) {
        put_number(writer, entry->instructions - writer->instructions);
        put_number(writer, entry->turns - writer->turns);
        writer->instructions = entry->instructions;
        writer->turns = entry->turns;
    }
    bool has_message = entry->kind == JOURNAL_MESSAGE || entry->kind == JOURNAL_WITHIN;
    if (has_message)
        put_message(writer, &entry->message);
    if (entry->kind == JOURNAL_END) {
        put_number(writer, entry->reason);
        put_number(writer, entry->status);
    }
    if (entry->kind == JOURNAL_PARTS)
        put_parts(writer, entry->parts);
    else if (!has_message)
        put_bytes(writer, entry->digest, 8);
    if (writer->used > BLOCK_BYTES)
        journal_write(writer);
}

static void write_block(struct journal_writer *writer)
{
    uint8_t header[BLOCK_HEADER];
    size_t room = ZSTD_compressBound(writer->used);
    uint8_t *packed = malloc(room);
    size_t size = packed ? ZSTD_compress(packed, room, writer->block, writer->used, LEVEL) : 0;
    if (!packed || ZSTD_isError(size)) {
        writer->error = -ENOMEM;
    } else {
        bytes_put(header, 4, writer->used);
        bytes_put(header + 4, 4, size);
        bytes_put(header + 8, 8, digest_bytes(packed, size));
        write_file(writer, header, sizeof header);
        write_file(writer, packed, size);
    }
    free(packed);
}

void journal_write(struct journal_writer *writer)
{
    if (writer->used && !writer->error)
        write_block(writer);
    writer->used = writer->checks = 0;
    if (!writer->error && fflush(writer->file) != 0)
        writer->error = errno ? -errno : -EIO;
}

void journal_flush(struct journal_writer *writer)
{
    journal_write(writer);
    if (!writer->error && writer->synced != writer->written)
        writer->error = durable_sync(fileno(writer->file));
    writer->synced = writer->written;
}

bool journal_is_flushed(const struct journal_writer *writer)
{
    return writer->error || (!writer->used && writer->synced == writer->written);
}

int journal_close(struct journal_writer *writer)
{
    if (writer->file) {
        journal_flush(writer);
        if (fclose(writer->file) != 0 && !writer->error)
            writer->error = -errno;
    }
    free(writer->block);
    int error = writer->error;
    *writer = (struct journal_writer){ .error = error };
    return error;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

static int refuse(struct journal_reader *reader, struct error *error, const char *path, const char *why)
{
    journal_free(reader);
    return error_set(error, -EINVAL, "'%s' %s", path, why);
}

static int read_text(struct journal_reader *reader, const char *path, struct error *error)
{
    uint8_t header[HEADER_BYTES];
    if (fread(header, 1, sizeof header, reader->file) != sizeof header || memcmp(header, MAGIC, 8) != 0)
        return refuse(reader, error, path, "is no journal of a run");
    if (bytes_get(header + 8, 4) != JOURNAL_FORMAT) {
        unsigned format = (unsigned)bytes_get(header + 8, 4);
        journal_free(reader);
        return error_set(error, -EINVAL, "'%s' is a journal of format %u; this version reads format %d", path, format,
                         JOURNAL_FORMAT);
    }
    size_t length = (size_t)bytes_get(header + 12, 4);
    if (length > TEXT_LIMIT)
        return refuse(reader, error, path, "is a damaged journal: its header has an impossible length");
    reader->text = malloc(length + 1);
    if (!reader->text) {
        journal_free(reader);
        return error_set(error, -ENOMEM, "the host has no memory left");
    }
    if (fread(reader->text, 1, length, reader->file) != length)
        return refuse(reader, error, path, "is a damaged journal: it ends within its header");
    reader->text[length] = 0;
    if (digest_bytes(reader->text, length) != bytes_get(header + 16, 8) || strlen(reader->text) != length)
        return refuse(reader, error, path, "is a damaged journal: the check value of its header is another");
    return 0;
}

int journal_open(struct journal_reader *reader, const char *path, struct error *error)
{
    *reader = (struct journal_reader){ .file = fopen(path, "rb") };
    if (!reader->file)
        return error_set(error, -errno, "cannot read '%s': %s", path, strerror(errno));
    return read_text(reader, path, error);
}

void journal_free(struct journal_reader *reader)
{
    if (reader->file)
        fclose(reader->file);
    free(reader->text);
    free(reader->block);
    *reader = (struct journal_reader){ .file = NULL };
}

// The next block, whole. False: there is none.
static bool read_block(struct journal_reader *reader)
{
    uint8_t header[BLOCK_HEADER];
    size_t got = fread(header, 1, sizeof header, reader->file);
    reader->size = reader->position = reader->checks = 0;
    if (got == 0)
        return false;
    reader->cut = true;
    if (got < sizeof header)
        return false;
    size_t size = (size_t)bytes_get(header, 4), stored = (size_t)bytes_get(header + 4, 4);
    reader->damaged =
        size == 0 || size > BLOCK_BYTES + ENTRY_BYTES || stored > ZSTD_compressBound(BLOCK_BYTES + ENTRY_BYTES);
    if (reader->damaged)
        return false;
    uint8_t *packed = malloc(stored + 1);
    if (!reader->block)
        reader->block = malloc(BLOCK_BYTES + ENTRY_BYTES);
    bool whole = packed && reader->block && fread(packed, 1, stored, reader->file) == stored;
    bool good = whole && digest_bytes(packed, stored) == bytes_get(header + 8, 8) &&
                ZSTD_decompress(reader->block, size, packed, stored) == size;
    free(packed);
    reader->damaged = whole && !good;
    if (!good)
        return false;
    reader->cut = false;
    reader->size = size;
    return true;
}

static uint8_t get_byte(struct journal_reader *reader)
{
    if (reader->position < reader->size)
        return reader->block[reader->position++];
    reader->damaged = true;
    return 0;
}

static uint64_t get_bytes(struct journal_reader *reader, unsigned count)
{
    uint64_t value = 0;
    reader->damaged |= count > 8;
    for (unsigned i = 0; i < count && i < 8; i++)
        value |= (uint64_t)get_byte(reader) << (8 * i);
    return value;
}

static uint64_t get_number(struct journal_reader *reader, uint64_t most)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; byte & 0x80 && !reader->damaged; shift += 7) {
        byte = get_byte(reader);
        uint64_t part = byte & 0x7f;
        if (shift > 63 || part << shift >> shift != part)
            reader->damaged = true;
        else
            value |= part << shift;
    }
    reader->damaged |= value > most;
    return value;
}

static void get_message(struct journal_reader *reader, struct inbox_message *message)
{
    message->channel = (uint16_t)get_number(reader, UINT16_MAX);
    message->id = (uint32_t)get_number(reader, UINT32_MAX);
    message->kind = (uint16_t)get_number(reader, UINT16_MAX);
    uint8_t ab = get_byte(reader), c = get_byte(reader);
    message->a = get_bytes(reader, ab & 15);
    message->b = get_bytes(reader, ab >> 4);
    message->c = get_bytes(reader, c);
}

static void get_check(struct journal_reader *reader, struct journal_entry *entry)
{
    if (reader->checks == 0) {
        reader->checks = get_byte(reader);
        reader->checks_read = 0;
        reader->damaged |= reader->checks == 0;
    }
    reader->checks -= reader->checks > 0;
    bool second = reader->checks_read++ % 2;
    reader->position -= second; // the byte that it shares with the first
    entry->digest = get_bytes(reader, 2);
    entry->digest = second ? entry->digest >> 4 : entry->digest & bits_low(JOURNAL_CHECK_BITS);
}

static uint32_t get_sum(struct journal_reader *reader, unsigned bytes, uint64_t prime)
{
    uint64_t sum = get_bytes(reader, bytes);
    reader->damaged |= sum >= prime;
    return (uint32_t)sum;
}

static void get_parts(struct journal_reader *reader, struct journal_entry *entry)
{
    struct parts *parts = &reader->parts;
    uint8_t changed[PARTS_LIMIT / 8];
    parts->count = (unsigned)get_number(reader, PARTS_LIMIT);
    for (unsigned i = 0; i < parts->count && !reader->damaged; i += 8)
        changed[i / 8] = get_byte(reader);
    for (unsigned i = 0; i < parts->count && !reader->damaged; i++) {
        if (!(changed[i / 8] >> i % 8 & 1))
            continue;
        parts->sums[i].hashes = get_sum(reader, 3, PARTS_PRIME);
        parts->sums[i].places = get_sum(reader, 3, PARTS_PRIME);
    }
    parts->ram.hashes = get_sum(reader, 4, PARTS_RAM_PRIME);
    parts->ram.places = get_sum(reader, 4, PARTS_RAM_PRIME);
    if (reader->damaged)
        parts->count = 0;
    memset(&parts->sums[parts->count], 0, (PARTS_LIMIT - parts->count) * sizeof parts->sums[0]);
    entry->parts = parts;
}

bool journal_next(struct journal_reader *reader, struct journal_entry *entry)
{
    *entry = (struct journal_entry){ .kind = JOURNAL_NOTHING };
    if (reader->damaged || reader->cut || (reader->position == reader->size && !read_block(reader)))
        return false;
    uint8_t first = reader->checks ? JOURNAL_CHECK : get_byte(reader);
    if (first & LATER) {
        reader->instructions += get_number(reader, UINT64_MAX);
        reader->turns += get_number(reader, UINT64_MAX);
    }
    entry->instructions = reader->instructions;
    entry->turns = reader->turns;
    switch (first & ~LATER) {
    case JOURNAL_MESSAGE:
    case JOURNAL_WITHIN: get_message(reader, &entry->message); break;
    case JOURNAL_CHECK: get_check(reader, entry); break;
    case JOURNAL_DIGEST: entry->digest = get_bytes(reader, 8); break;
    case JOURNAL_PARTS: get_parts(reader, entry); break;
    case JOURNAL_END:
        entry->reason = (uint32_t)get_number(reader, UINT32_MAX);
        entry->status = (uint32_t)get_number(reader, UINT32_MAX);
        entry->digest = get_bytes(reader, 8);
        break;
    default: reader->damaged = true;
    }
    if (reader->damaged)
        return false;
    entry->kind = (enum journal_kind)(first & ~LATER);
    return true;
}

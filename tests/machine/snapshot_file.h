// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A snapshot's file taken apart, and put together again with right check values, whatever was changed in between
// (src/machine/replay/state_file.h, ram_file.h, src/base/state.h).
#ifndef TESTS_MACHINE_SNAPSHOT_FILE_H
#define TESTS_MACHINE_SNAPSHOT_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/bits.h"
#include "replay/digest.h"

enum { FILE_HEADER = 24, FILE_LENGTHS = 16, BATCH_HEADER = 24, BATCH_PAGE = 8 + 4096, BATCH_PAGES = 256 };
enum { STATE_AT = 8, STATE_HEADER = 48 }; // where the state is in `state`; of the state

struct snapshot_batch {
    uint8_t header[BATCH_HEADER]; // the length of the frame is set when it is put together
    uint8_t *content;
    size_t size;
};

struct snapshot_file {
    char text[512];
    uint8_t *state; // the size of RAM, and the state
    size_t state_size;
    struct snapshot_batch *batches; // the last one has no content
    unsigned batch_count;
};

static inline void *snapshot_memory(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static inline uint8_t *snapshot_read(const char *path, size_t *size)
{
    FILE *file = snapshot_memory(fopen(path, "rb"));
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = snapshot_memory(malloc(*size + 1));
    if (fread(bytes, 1, *size, file) != *size)
        abort();
    fclose(file);
    return bytes;
}

static inline void snapshot_write(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = snapshot_memory(fopen(path, "wb"));
    if (fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
}

static inline uint8_t *snapshot_unpack(const uint8_t *frame, size_t stored, size_t size)
{
    uint8_t *bytes = snapshot_memory(malloc(size));
    if (ZSTD_decompress(bytes, size, frame, stored) != size)
        abort();
    return bytes;
}

static inline void snapshot_take_apart(struct snapshot_file *parts, const char *path)
{
    size_t size, length, stored;
    uint8_t *file = snapshot_read(path, &size), *at = file + FILE_HEADER;
    *parts = (struct snapshot_file){ .batch_count = 0 };
    length = (size_t)bytes_get(file + 12, 4);
    if (length >= sizeof parts->text)
        abort();
    memcpy(parts->text, at, length);
    at += length;
    parts->state_size = (size_t)bytes_get(at, 8);
    stored = (size_t)bytes_get(at + 8, 8);
    parts->state = snapshot_unpack(at + FILE_LENGTHS, stored, parts->state_size);
    at += FILE_LENGTHS + stored;
    for (bool more = true; more;) {
        parts->batches = snapshot_memory(realloc(parts->batches, (parts->batch_count + 1) * sizeof *parts->batches));
        struct snapshot_batch *batch = &parts->batches[parts->batch_count++];
        memcpy(batch->header, at, BATCH_HEADER);
        batch->size = (size_t)bytes_get(at, 4) * BATCH_PAGE;
        stored = (size_t)bytes_get(at + 4, 4);
        more = batch->size > 0;
        batch->content = more ? snapshot_unpack(at + BATCH_HEADER, stored, batch->size) : NULL;
        at += BATCH_HEADER + stored;
    }
    free(file);
}

static inline void snapshot_free(struct snapshot_file *parts)
{
    for (unsigned i = 0; i < parts->batch_count; i++)
        free(parts->batches[i].content);
    free(parts->batches);
    free(parts->state);
}

static inline struct snapshot_file snapshot_copy(const struct snapshot_file *from)
{
    struct snapshot_file copy = *from;
    copy.state = snapshot_memory(malloc(from->state_size));
    memcpy(copy.state, from->state, from->state_size);
    copy.batches = snapshot_memory(calloc(from->batch_count, sizeof *copy.batches));
    for (unsigned i = 0; i < from->batch_count; i++) {
        copy.batches[i] = from->batches[i];
        copy.batches[i].content = snapshot_memory(malloc(from->batches[i].size + 1));
        if (from->batches[i].size)
            memcpy(copy.batches[i].content, from->batches[i].content, from->batches[i].size);
    }
    return copy;
}

// Appends a frame at `at`, and returns its length.
static inline size_t snapshot_pack(ZSTD_CCtx *context, uint8_t *at, size_t room, const uint8_t *bytes, size_t size)
{
    size_t stored = ZSTD_compress2(context, at, room, bytes, size);
    if (ZSTD_isError(stored))
        abort();
    return stored;
}

static inline void snapshot_put_together(const struct snapshot_file *parts, const char *path)
{
    size_t length = strlen(parts->text), room = FILE_HEADER + length + FILE_LENGTHS;
    ZSTD_CCtx *context = snapshot_memory(ZSTD_createCCtx());
    room += ZSTD_compressBound(parts->state_size);
    for (unsigned i = 0; i < parts->batch_count; i++)
        room += BATCH_HEADER + ZSTD_compressBound(parts->batches[i].size);
    uint8_t *file = snapshot_memory(malloc(room)), *at = file;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, -20);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    memcpy(at, "intactSS", 8);
    bytes_put(at + 8, 4, 2);
    bytes_put(at + 12, 4, length);
    bytes_put(at + 16, 8, digest_bytes(parts->text, length));
    memcpy(at + FILE_HEADER, parts->text, length);
    at += FILE_HEADER + length;
    size_t stored =
        snapshot_pack(context, at + FILE_LENGTHS, (size_t)(file + room - at), parts->state, parts->state_size);
    bytes_put(at, 8, parts->state_size);
    bytes_put(at + 8, 8, stored);
    at += FILE_LENGTHS + stored;
    for (unsigned i = 0; i < parts->batch_count; i++) {
        const struct snapshot_batch *batch = &parts->batches[i];
        memcpy(at, batch->header, BATCH_HEADER);
        stored = batch->size ? snapshot_pack(context, at + BATCH_HEADER, (size_t)(file + room - at), batch->content,
                                             batch->size)
                             : 0;
        if (batch->size)
            bytes_put(at + 4, 4, stored);
        at += BATCH_HEADER + stored;
    }
    snapshot_write(path, file, (size_t)(at - file));
    ZSTD_freeCCtx(context);
    free(file);
}

static inline size_t snapshot_schema_length(const struct snapshot_file *parts)
{
    return (size_t)bytes_get(parts->state + STATE_AT + 24, 8);
}

static inline uint8_t *snapshot_schema(const struct snapshot_file *parts)
{
    return parts->state + STATE_AT + STATE_HEADER;
}

static inline uint8_t *snapshot_fields(const struct snapshot_file *parts)
{
    return snapshot_schema(parts) + snapshot_schema_length(parts);
}

// The check value of the state, and with `schema` the hash of its schema.
static inline void snapshot_seal(struct snapshot_file *parts, bool schema)
{
    uint8_t *state = parts->state + STATE_AT;
    uint64_t sum = UINT64_C(0xcbf29ce484222325), hash = sum;
    size_t left = parts->state_size - STATE_AT - STATE_HEADER;
    for (size_t i = 0; schema && i < snapshot_schema_length(parts); i++)
        hash = (hash ^ state[STATE_HEADER + i]) * UINT64_C(0x100000001b3);
    if (schema)
        bytes_put(state + 16, 8, hash);
    for (const uint8_t *at = state + STATE_HEADER; left; at += 8) {
        uint64_t word = 0;
        size_t bytes = left < 8 ? left : 8;
        memcpy(&word, at, bytes);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
        left -= bytes;
    }
    bytes_put(state + 40, 8, sum);
}

#endif

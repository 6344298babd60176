// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A growing table in a buffer of fixed size: little-endian fields are appended, earlier ones patched. If something does
// not fit, it is dropped and `overflow` is set, so that one check after many appends is enough.
#ifndef MACHINE_TABLES_BLOB_H
#define MACHINE_TABLES_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "machine/tables/bytes.h"

struct blob {
    uint8_t *data;
    size_t size, capacity;
    bool overflow; // something did not fit; `data` is incomplete
};

static inline void blob_bytes(struct blob *blob, const void *data, size_t size)
{
    if (blob->overflow || size > blob->capacity - blob->size) {
        blob->overflow = true;
        return;
    }
    memcpy(blob->data + blob->size, data, size);
    blob->size += size;
}

static inline void blob8(struct blob *blob, uint8_t value)
{
    blob_bytes(blob, &value, 1);
}

static inline void blob16(struct blob *blob, uint16_t value)
{
    uint8_t bytes[2];
    put16(bytes, value);
    blob_bytes(blob, bytes, sizeof bytes);
}

static inline void blob32(struct blob *blob, uint32_t value)
{
    uint8_t bytes[4];
    put32(bytes, value);
    blob_bytes(blob, bytes, sizeof bytes);
}

static inline void blob64(struct blob *blob, uint64_t value)
{
    uint8_t bytes[8];
    put64(bytes, value);
    blob_bytes(blob, bytes, sizeof bytes);
}

// Characters of `text` in a field of `width`, filled up with `fill`.
static inline void blob_text(struct blob *blob, const char *text, size_t width, uint8_t fill)
{
    for (size_t i = 0; i < width; i++)
        blob8(blob, *text ? (uint8_t)*text++ : fill);
}

static inline void blob_zeroes(struct blob *blob, size_t count)
{
    while (count--)
        blob8(blob, 0);
}

static inline void blob_align(struct blob *blob, size_t align)
{
    while (!blob->overflow && blob->size % align)
        blob8(blob, 0);
}

// The byte that makes the sum of `size` bytes at `at` zero (the field itself being zero now): every table has one.
static inline uint8_t blob_checksum(const struct blob *blob, size_t at, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size && !blob->overflow; i++)
        sum = (uint8_t)(sum + blob->data[at + i]);
    return (uint8_t)-sum;
}

#endif

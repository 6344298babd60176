// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The header of a qcow2 image and its extensions: what can be opened, and what is refused by name.
//
// Not modelled: encryption, data in an external file, extended L2 entries (all refused), bitmaps (their autoclear bit is cleared
// before the first change, by which others know that they are no longer right).
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/qcow2_inside.h"

// "Header"
enum {
    VERSION = 4,
    BACKING_OFFSET = 8,
    BACKING_SIZE = 16,
    CLUSTER_BITS = 20,
    SIZE = 24,
    CRYPT_METHOD = 32,
    L1_SIZE = 36,
    L1_OFFSET = 40,
    REFCOUNT_OFFSET = 48,
    REFCOUNT_CLUSTERS = 56,
    HEADER_2 = 72,
    INCOMPATIBLE = 72,
    AUTOCLEAR = 88,
    REFCOUNT_ORDER = 96,
    HEADER_LENGTH = 100,
    HEADER_3 = 104,
    COMPRESSION = 104,
    MOST = 512, // of the header that is read
};
enum { DIRTY = 0, CORRUPT = 1, EXTERNAL_DATA = 2, COMPRESSION_TYPE = 3, EXTENDED_L2 = 4 };
enum { NAME_LIMIT = 1023, LEAST_BITS = 9, MOST_BITS = 21, SECTOR = 512 };

#define EXTENSION_BACKING_FORMAT UINT32_C(0xe2792aca)
#define EXTENSION_FEATURE_NAMES  UINT32_C(0x6803f857)

struct header {
    uint8_t bytes[MOST];
    const char *name; // of the file
    uint64_t incompatible;
    uint32_t length;
    char unknown[47]; // the name that the image gives to a feature that it must not have
};

static uint64_t field(const struct header *header, unsigned offset, unsigned size)
{
    return qcow2_get(header->bytes + offset, size);
}

// --- Extensions ------------------------------------------------------------------------------------------------------

// "Feature name table": type, bit, name.
static int find_feature_name(struct qcow2 *qcow2, struct header *header, uint64_t offset, uint64_t size, unsigned bit)
{
    enum { ENTRY = 48, NAME = 46 };
    for (uint64_t at = 0; at + ENTRY <= size; at += ENTRY) {
        uint8_t entry[ENTRY];
        int result = host_file_read(qcow2->file, offset + at, entry, ENTRY);
        if (result < 0)
            return result;
        if (entry[0] == 0 && entry[1] == bit)
            memcpy(header->unknown, entry + 2, NAME);
    }
    return 0;
}

static int read_format(struct qcow2 *qcow2, uint64_t offset, uint64_t size)
{
    if (size >= sizeof qcow2->backing_format)
        size = sizeof qcow2->backing_format - 1; // longer than any that is known, and refused by its beginning
    return host_file_read(qcow2->file, offset, qcow2->backing_format, (size_t)size);
}

// They are within the first cluster, and end with one of type 0. `bit`: the feature whose name is wanted.
static int read_extensions(struct qcow2 *qcow2, struct header *header, unsigned bit, struct error *error)
{
    uint64_t at = header->length, end = qcow2->cluster;
    uint64_t backing = field(header, BACKING_OFFSET, 8);
    int result = 0;
    if (backing && backing < end)
        end = backing;
    while (at + 8 <= end && result == 0) {
        uint8_t start[8];
        result = host_file_read(qcow2->file, at, start, sizeof start);
        uint32_t type = (uint32_t)qcow2_get(start, 4), size = (uint32_t)qcow2_get(start + 4, 4);
        if (result < 0 || type == 0)
            break;
        at += sizeof start;
        if (size > end - at)
            return error_set(error, -EINVAL, "'%.200s' is damaged: its header extension %08x has %u bytes",
                             header->name, type, size);
        if (type == EXTENSION_BACKING_FORMAT)
            result = read_format(qcow2, at, size);
        else if (type == EXTENSION_FEATURE_NAMES)
            result = find_feature_name(qcow2, header, at, size, bit);
        at += align_up(size, 8);
    }
    return result < 0
               ? error_set(error, result, "'%.200s': its header cannot be read: %s", header->name, strerror(-result))
               : 0;
}

// --- Checks ----------------------------------------------------------------------------------------------------------

static int check_features(struct qcow2 *qcow2, struct header *header, struct error *error)
{
    static const char *const refused[] = {
        [EXTERNAL_DATA] = "its data in an external file", [EXTENDED_L2] = "extended L2 entries"
    };
    uint64_t known = BIT64(DIRTY) | BIT64(CORRUPT) | BIT64(COMPRESSION_TYPE), bad = header->incompatible & ~known;
    const char *name = header->name;
    unsigned bit = bad ? bits_lowest(bad) : 64;
    int result = read_extensions(qcow2, header, bit, error);
    if (result < 0)
        return result;
    if (bit <= EXTENDED_L2)
        return error_set(error, -ENOTSUP,
                         "'%.200s' has %s, which is not supported; qemu-img convert makes an image without", name,
                         refused[bit]);
    if (bit < 64)
        return error_set(error, -ENOTSUP, "'%.200s' has the unknown incompatible feature %u%s%s", name, bit,
                         *header->unknown ? ": " : "", header->unknown);
    if (qcow2->writable && header->incompatible & BIT64(CORRUPT))
        return error_set(error, -EACCES,
                         "'%.200s' is marked as corrupt; qemu-img check -r all repairs it, readonly=on reads it", name);
    if (qcow2->writable && header->incompatible & BIT64(DIRTY))
        return error_set(
            error, -EACCES,
            "'%.200s' was not closed (its dirty bit is set); qemu-img check -r all repairs it, readonly=on reads it",
            name);
    return 0;
}

static int check_compression(struct qcow2 *qcow2, struct header *header, struct error *error)
{
    uint64_t type = header->length > COMPRESSION ? field(header, COMPRESSION, 1) : 0;
    qcow2->zstd = type == 1;
    if (type > 1 || (type != 0) != (header->incompatible >> COMPRESSION_TYPE & 1))
        return error_set(error, -ENOTSUP, "'%.200s' has the unknown compression type %u", header->name, (unsigned)type);
    return 0;
}

static int check_numbers(struct qcow2 *qcow2, struct header *header, struct error *error)
{
    uint64_t bits = field(header, CLUSTER_BITS, 4), crypt = field(header, CRYPT_METHOD, 4), order = 4;
    const char *name = header->name;
    if (bits < LEAST_BITS || bits > MOST_BITS)
        return error_set(error, -EINVAL, "'%.200s' has clusters of 2^%u bytes; 2^%d to 2^%d are possible", name,
                         (unsigned)bits, LEAST_BITS, MOST_BITS);
    if (crypt)
        return error_set(error, -ENOTSUP, "'%.200s' is encrypted, which is not supported; qemu-img convert decrypts it",
                         name);
    if (qcow2->version == 3)
        order = field(header, REFCOUNT_ORDER, 4);
    if (order > 6)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its refcount order is %u, and at most 6 is possible",
                         name, (unsigned)order);
    qcow2->refcount_order = (unsigned)order;
    qcow2->cluster_bits = (unsigned)bits;
    qcow2->cluster = 1u << bits;
    qcow2->size = field(header, SIZE, 8);
    if (!qcow2->size || qcow2->size % SECTOR || qcow2->size > INT64_MAX)
        return error_set(error, -EINVAL, "'%.200s' is a disk of %llu bytes, and a disk has whole sectors of %d", name,
                         (unsigned long long)qcow2->size, SECTOR);
    if (header->length > qcow2->cluster)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its header has %u bytes", name, header->length);
    return 0;
}

static int read_backing_name(struct qcow2 *qcow2, struct header *header, struct error *error)
{
    uint64_t offset = field(header, BACKING_OFFSET, 8), size = field(header, BACKING_SIZE, 4);
    if (!offset)
        return 0;
    if (!size || size > NAME_LIMIT || offset > qcow2->cluster || size > qcow2->cluster - offset)
        return error_set(error, -EINVAL, "'%.200s' is damaged: the name of its backing file has %u bytes, at %llu",
                         header->name, (unsigned)size, (unsigned long long)offset);
    int result = host_file_read(qcow2->file, offset, qcow2->backing_name, (size_t)size);
    if (result < 0 || strlen(qcow2->backing_name) != size)
        return error_set(error, -EINVAL, "'%.200s' is damaged: the name of its backing file cannot be read",
                         header->name);
    return 0;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

static int read_start(struct qcow2 *qcow2, struct header *header, struct error *error)
{
    const char *name = header->name;
    int result = host_file_read(qcow2->file, 0, header->bytes, HEADER_2);
    if (result < 0 || memcmp(header->bytes, QCOW2_MAGIC, 4) != 0)
        return error_set(error, -EINVAL, "'%.200s' is no qcow2 image; is it format=raw?", name);
    qcow2->version = (unsigned)field(header, VERSION, 4);
    if (qcow2->version != 2 && qcow2->version != 3)
        return error_set(error, -ENOTSUP, "'%.200s' is qcow2 of version %u; 2 and 3 are possible", name,
                         qcow2->version);
    header->length = HEADER_2;
    if (qcow2->version == 2)
        return 0;
    result = host_file_read(qcow2->file, 0, header->bytes, MOST);
    header->length = (uint32_t)field(header, HEADER_LENGTH, 4);
    header->incompatible = field(header, INCOMPATIBLE, 8);
    qcow2->autoclear = field(header, AUTOCLEAR, 8);
    if (result < 0 || header->length < HEADER_3 || header->length % 8)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its header has %u bytes", name, header->length);
    return 0;
}

int qcow2_read_header(struct qcow2 *qcow2, const char *name, struct error *error)
{
    struct header header = { .name = name };
    int result = read_start(qcow2, &header, error);
    if (result == 0)
        result = check_numbers(qcow2, &header, error);
    if (result == 0)
        result = check_features(qcow2, &header, error);
    if (result == 0)
        result = check_compression(qcow2, &header, error);
    if (result == 0)
        result = read_backing_name(qcow2, &header, error);
    qcow2->l1_size = (uint32_t)field(&header, L1_SIZE, 4);
    qcow2->l1_offset = field(&header, L1_OFFSET, 8);
    qcow2->refcount_table_offset = field(&header, REFCOUNT_OFFSET, 8);
    qcow2->refcount_table_size = (field(&header, REFCOUNT_CLUSTERS, 4) << qcow2->cluster_bits) / 8;
    return result;
}

int qcow2_begin_change(struct qcow2 *qcow2)
{
    static const uint8_t none[8];
    int result = 0;
    if (!qcow2->changed && qcow2->autoclear) {
        result = host_file_write(qcow2->file, AUTOCLEAR, none, sizeof none);
        if (result == 0)
            result = host_file_sync(qcow2->file);
    }
    qcow2->changed |= result == 0;
    return result;
}

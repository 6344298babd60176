// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Compressed clusters, which are only read: one that is written to becomes an ordinary one. Deflate without a zlib header, or zstd
// ("Compressed Clusters Descriptor", "compression_type").
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "host/qcow2_inside.h"

enum { SECTOR = 512 };

void qcow2_packed_range(const struct qcow2 *qcow2, uint64_t entry, uint64_t *offset, uint64_t *size)
{
    unsigned x = 62 - (qcow2->cluster_bits - 8);
    *offset = entry & bits_low(x) & bits_low(56);
    *size = (bits_get(entry, 61, x) + 1) * SECTOR - *offset % SECTOR;
}

static bool inflate_all(uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
    z_stream stream = { .next_in = in, .avail_in = (uInt)in_size, .next_out = out, .avail_out = (uInt)out_size };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return false;
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    // what follows the cluster in the last sector is of another one
    return stream.avail_out == 0 && (result == Z_STREAM_END || result == Z_BUF_ERROR || result == Z_OK);
}

static bool unpack_zstd(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = { in, in_size, 0 };
    ZSTD_outBuffer to = { out, out_size, 0 };
    size_t result = stream ? 1 : 0, before;
    do {
        before = from.pos + to.pos;
        result = stream ? ZSTD_decompressStream(stream, &to, &from) : 0;
    } while (!ZSTD_isError(result) && to.pos < out_size && from.pos + to.pos > before);
    ZSTD_freeDStream(stream);
    return to.pos == out_size;
}

int qcow2_unpack(struct qcow2 *qcow2, uint64_t entry)
{
    uint64_t offset, size;
    if (qcow2->unpacked && qcow2->unpacked_entry == entry)
        return 0;
    if (!qcow2->unpacked)
        qcow2->unpacked = malloc(qcow2->cluster);
    qcow2_packed_range(qcow2, entry, &offset, &size);
    uint8_t *packed = malloc((size_t)size);
    if (!packed || !qcow2->unpacked) {
        free(packed);
        return -ENOMEM;
    }
    qcow2->unpacked_entry = 0;
    int result = host_file_read(qcow2->file, offset, packed, (size_t)size);
    bool good = result == 0 && (qcow2->zstd ? unpack_zstd(packed, (size_t)size, qcow2->unpacked, qcow2->cluster)
                                            : inflate_all(packed, (size_t)size, qcow2->unpacked, qcow2->cluster));
    free(packed);
    if (good)
        qcow2->unpacked_entry = entry;
    return result < 0 ? result : good ? 0 : -EIO;
}

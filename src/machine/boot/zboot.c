// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// EFI zboot: a packed Linux kernel inside an EFI program that unpacks it. Spec: Linux,
// drivers/firmware/efi/libstub/zboot-header.S.
//
//     0 "MZ"   4 "zimg"   8 offset and 12 size of the packed kernel   24 "gzip" or "zstd22", ended by 0   60 PE header
//
// gzip is unpacked through zlib, zstd (RFC 8878) through libzstd; other compressions of Linux are refused by name. Other EFI programs have no code that runs without a firmware.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/boot/boot.h"
#include "machine/tables/bytes.h"

#include <zstd.h>

enum { MAGIC = 4, PAYLOAD = 8, PAYLOAD_SIZE = 12, TYPE = 24, TYPE_SIZE = 32, PE_HEADER = 60, HEADER_SIZE = 64 };

static bool is_mz(const struct image *image)
{
    return image->size >= HEADER_SIZE && memcmp(image->data, "MZ", 2) == 0;
}

// Linux's own Image begins with "MZ" as well, and has its magic at 56.
static bool is_other_efi_program(const struct image *image)
{
    uint32_t header = get32(image->data + PE_HEADER);
    return memcmp(image->data + 56, "ARM\x64", 4) != 0 && image_holds(image, header, 4) &&
           memcmp(image->data + header, "PE\0", 4) == 0;
}

static int damaged(const char *name, struct error *error)
{
    return error_set(error, -EINVAL, "-kernel: '%s' is a damaged EFI zboot file", name);
}

// Makes room for more at the end of `out`, up to the limit. False: the limit is reached.
static bool grow(struct image *out, size_t *capacity)
{
    size_t wanted = *capacity ? *capacity * 2 : 1 << 20;
    wanted = wanted > BOOT_KERNEL_LIMIT ? (size_t)BOOT_KERNEL_LIMIT : wanted;
    uint8_t *grown = wanted > *capacity ? realloc(out->data, wanted) : NULL;
    if (!grown)
        return false;
    out->data = grown;
    *capacity = wanted;
    return true;
}

// 0: one whole frame was unpacked.
static size_t decompress(ZSTD_DStream *stream, const struct image *packed, struct image *out)
{
    ZSTD_inBuffer in = { packed->data, packed->size, 0 };
    size_t capacity = 0, result = 1;
    while (result != 0 && !ZSTD_isError(result)) {
        if (out->size == capacity && !grow(out, &capacity))
            return result;
        ZSTD_outBuffer part = { out->data, capacity, out->size };
        size_t before = in.pos;
        result = ZSTD_decompressStream(stream, &part, &in);
        if (part.pos == out->size && in.pos == before)
            return result; // the file ends inside the frame
        out->size = part.pos;
    }
    return result;
}

static int unpack_zstd(struct image *packed, const char *name, struct error *error)
{
    struct image out = { 0 };
    ZSTD_DStream *stream = ZSTD_createDStream();
    size_t result = stream ? decompress(stream, packed, &out) : 1;
    ZSTD_freeDStream(stream);
    image_release(packed);
    *packed = out;
    return result == 0 && out.size ? 0 : damaged(name, error);
}

static int unpack(struct image *image, const char *type, const char *name, struct error *error)
{
    if (strncmp(type, "zstd", 4) == 0)
        return unpack_zstd(image, name, error);
    if (strcmp(type, "gzip") != 0)
        return error_set(error, -ENOEXEC, "-kernel: '%s' is packed with '%s'; gzip and zstd can be unpacked", name,
                         type);
    if (image->size < 2 || image->data[0] != 0x1f || image->data[1] != 0x8b)
        return damaged(name, error);
    return image_unpack(image, "-kernel", name, BOOT_KERNEL_LIMIT, error);
}

int zboot_unpack(struct image *image, const char *name, struct error *error)
{
    char type[TYPE_SIZE + 1] = "";
    if (!is_mz(image))
        return 0;
    if (memcmp(image->data + MAGIC, "zimg", 4) != 0) {
        if (!is_other_efi_program(image))
            return 0;
        return error_set(error, -ENOEXEC, "-kernel: '%s' is an EFI program, which runs on a firmware (-bios FILE)",
                         name);
    }
    uint32_t offset = get32(image->data + PAYLOAD), size = get32(image->data + PAYLOAD_SIZE);
    if (size == 0 || !image_holds(image, offset, size))
        return damaged(name, error);
    memcpy(type, image->data + TYPE, TYPE_SIZE);
    memmove(image->data, image->data + offset, size);
    image->size = size;
    return unpack(image, type, name, error);
}

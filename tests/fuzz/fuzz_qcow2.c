// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// qcow2 images that are damaged, or made to do harm: headers, tables that overlap or are outside of the file, counts that are wrong,
// compressed clusters that are none, backing files that are themselves. They are read and written, with snapshots or without.
//
// What must hold: an image that opens, or a negative errno and one line of text; each access ends, well or with an error; an image
// without damage has what was written to it, also after it was opened again.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "fuzz.h"
#include "host/block_file.h"
#include "host/qcow2_inside.h"

const char *const fuzz_name = "fuzz_qcow2";

enum { CLUSTERS = 48, DISK = 40 << 12, STEPS = 40, SECTOR = 512, MOST = 1 << 14, RAW = 8192 };

struct image {
    uint8_t bytes[CLUSTERS << 12];
    unsigned bits; // of a cluster
    size_t size;
    bool damaged;
};

struct files {
    char folder[64], image[96], base[96];
};

// --- An image --------------------------------------------------------------------------------------------------------

static void put(struct image *image, uint64_t offset, unsigned size, uint64_t value)
{
    if (offset + size <= sizeof image->bytes)
        qcow2_put(image->bytes + offset, size, value);
}

enum { L1 = 1, REFCOUNTS = 2, BLOCK = 3, TABLE = 4, DATA = 5, USED = 8 }; // which cluster has what

static void make_header(struct fuzz *fuzz, struct image *image, unsigned version, bool backing)
{
    static const char format[] = "raw";
    uint64_t cluster = UINT64_C(1) << image->bits, per_table = cluster / 8;
    memcpy(image->bytes, QCOW2_MAGIC, 4);
    put(image, 4, 4, version);
    put(image, 20, 4, image->bits);
    put(image, 24, 8, DISK);
    put(image, 36, 4, (DISK / cluster + per_table - 1) / per_table);
    put(image, 40, 8, L1 * cluster);
    put(image, 48, 8, REFCOUNTS * cluster);
    put(image, 56, 4, 1);
    uint64_t at = version == 2 ? 72 : 112;
    if (version == 3) {
        put(image, 96, 4, 4);
        put(image, 100, 4, 112);
        put(image, 88, 8, fuzz_below(fuzz, 2));
        bool zstd = fuzz_chance(fuzz, 4);
        put(image, 72, 8, zstd ? 8 : 0);
        put(image, 104, 1, zstd);
    }
    if (!backing)
        return;
    put(image, at, 4, 0xe2792aca);
    put(image, at + 4, 4, 3);
    memcpy(image->bytes + at + 8, format, 3);
    put(image, 8, 8, at + 40);
    put(image, 16, 4, 4);
    memcpy(image->bytes + at + 40, "base", 4);
}

static void make_image(struct fuzz *fuzz, struct image *image)
{
    *image = (struct image){ .bits = 9 + fuzz_below(fuzz, 4) };
    uint64_t cluster = UINT64_C(1) << image->bits;
    make_header(fuzz, image, 2 + fuzz_below(fuzz, 2), fuzz_chance(fuzz, 2));
    put(image, L1 * cluster, 8, TABLE * cluster | QCOW2_COPIED);
    put(image, REFCOUNTS * cluster, 8, BLOCK * cluster);
    for (unsigned i = 0; i < USED; i++)
        put(image, BLOCK * cluster + 2 * i, 2, 1);
    for (unsigned i = 0; i < USED - DATA; i++) {
        put(image, TABLE * cluster + 8 * (3 * i), 8, (DATA + i) * cluster | QCOW2_COPIED);
        memset(image->bytes + (DATA + i) * cluster, (int)(i + 1), cluster);
    }
    image->size = USED * cluster;
}

// --- Damage ----------------------------------------------------------------------------------------------------------

static uint64_t any_entry(struct fuzz *fuzz, const struct image *image)
{
    uint64_t cluster = UINT64_C(1) << image->bits;
    switch (fuzz_below(fuzz, 5)) {
    case 0: return fuzz_value(fuzz);
    case 1: return fuzz_below(fuzz, CLUSTERS) * cluster | QCOW2_COPIED; // another table, perhaps
    case 2: return fuzz_below(fuzz, CLUSTERS) * cluster;
    case 3: return QCOW2_COMPRESSED | (fuzz_word(fuzz) & bits_low(62));
    default: return QCOW2_COMPRESSED | fuzz_below(fuzz, (uint32_t)image->size);
    }
}

static void damage(struct fuzz *fuzz, struct image *image)
{
    static const uint8_t places[] = { L1, REFCOUNTS, BLOCK, TABLE, TABLE };
    uint64_t cluster = UINT64_C(1) << image->bits;
    image->damaged = true;
    for (unsigned count = 1 + fuzz_below(fuzz, 4); count; count--)
        switch (fuzz_below(fuzz, 5)) {
        case 0: put(image, fuzz_below(fuzz, 120), 1u << fuzz_below(fuzz, 4), fuzz_value(fuzz)); break;
        case 1: put(image, fuzz_below(fuzz, (uint32_t)image->size), 1, fuzz_word(fuzz)); break;
        case 2: image->size = fuzz_below(fuzz, (uint32_t)image->size + 1); break;
        default: put(image, FUZZ_PICK(fuzz, places) * cluster + 8 * fuzz_below(fuzz, 64), 8, any_entry(fuzz, image));
        }
}

// --- Use -------------------------------------------------------------------------------------------------------------

static void write_file(const char *path, const void *data, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        fuzz_fail("cannot write %s: %s", path, strerror(errno));
    close(file);
}

static bool open_image(const struct files *files, struct block_file *file, const struct block_file_options *options,
                       bool damaged)
{
    struct error error = { 0 };
    int result = block_file_open(file, options, &error);
    if (result == 0)
        return true;
    fuzz_check_line(error.text);
    if (!damaged)
        fuzz_fail("%s does not open: %s", files->image, error.text);
    return false;
}

struct use {
    struct block_file file;
    uint8_t model[DISK], data[MOST];
    bool damaged;
};

static void step(struct fuzz *fuzz, struct use *use)
{
    const struct intact_block *block = &use->file.block;
    uint64_t sectors = block->size / SECTOR;
    uint64_t from = fuzz_word(fuzz) % sectors, most = sectors - from < MOST / SECTOR ? sectors - from : MOST / SECTOR;
    size_t size = (size_t)(1 + fuzz_word(fuzz) % most) * SECTOR;
    uint64_t offset = from * SECTOR;
    int result = 0;
    uint8_t value = (uint8_t)fuzz_word(fuzz);
    unsigned what = fuzz_below(fuzz, 8);
    if (what < 3) {
        result = block->read(block->owner, offset, use->data, size);
        if (!use->damaged && (result < 0 || memcmp(use->data, use->model + offset, size) != 0))
            fuzz_fail("%zu bytes at %llu: %d, or others than were written", size, (unsigned long long)offset, result);
        return;
    }
    if (what == 3 && block->flush)
        result = block->flush(block->owner);
    if (what >= 4) {
        memset(use->data, what >= 6 ? 0 : value, size);
        result = what == 7 && block->discard ? block->discard(block->owner, offset, size)
                 : what >= 6 && block->zero  ? block->zero(block->owner, offset, size, value & 1)
                                             : block->write(block->owner, offset, use->data, size);
        if (!use->damaged)
            memcpy(use->model + offset, use->data, size);
    }
    if (!use->damaged && result < 0)
        fuzz_fail("step %u failed: %d", what, result);
}

static void make_model(struct use *use, const struct image *image, const uint8_t *base)
{
    uint64_t cluster = UINT64_C(1) << image->bits;
    memset(use->model, 0, sizeof use->model);
    if (image->bytes[15])
        memcpy(use->model, base, RAW);
    for (unsigned i = 0; i < USED - DATA; i++)
        memset(use->model + 3 * i * cluster, (int)(i + 1), cluster);
}

static void use_image(struct fuzz *fuzz, const struct files *files, struct use *use)
{
    const struct block_file_options options = { .path = files->image,
                                                .format =
                                                    fuzz_chance(fuzz, 2) ? INTACT_DRIVE_QCOW2 : INTACT_DRIVE_PROBE,
                                                .snapshot = fuzz_chance(fuzz, 4),
                                                .discard = fuzz_chance(fuzz, 2) };
    if (!open_image(files, &use->file, &options, use->damaged))
        return;
    for (unsigned i = 0; i < STEPS && use->file.block.size; i++)
        step(fuzz, use);
    block_file_close(&use->file);
    if (options.snapshot)
        return;
    const struct block_file_options again = { .path = files->image, .format = INTACT_DRIVE_QCOW2, .readonly = true };
    if (!open_image(files, &use->file, &again, use->damaged))
        return;
    for (uint64_t at = 0; at < DISK && !use->damaged; at += SECTOR)
        if (use->file.block.read(use->file.block.owner, at, use->data, SECTOR) < 0 ||
            memcmp(use->data, use->model + at, SECTOR) != 0)
            fuzz_fail("the sector at %llu is another after the end", (unsigned long long)at);
    block_file_close(&use->file);
}

void fuzz_case(struct fuzz *fuzz)
{
    static struct image image;
    static struct use use;
    static uint8_t base[RAW];
    struct files files;
    snprintf(files.folder, sizeof files.folder, "%s/intact-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(files.folder))
        fuzz_fail("no folder: %s", strerror(errno));
    snprintf(files.image, sizeof files.image, "%s/image", files.folder);
    snprintf(files.base, sizeof files.base, "%s/base", files.folder);
    for (unsigned i = 0; i < sizeof base; i++)
        base[i] = (uint8_t)(0x80 + i / SECTOR);
    make_image(fuzz, &image);
    make_model(&use, &image, base);
    if (!fuzz_chance(fuzz, 4))
        damage(fuzz, &image);
    use.damaged = image.damaged;
    write_file(files.image, image.bytes, image.size);
    if (image.damaged && fuzz_chance(fuzz, 4)) // a chain without end
        (void)!symlink("image", files.base);
    else
        write_file(files.base, base, sizeof base);
    use_image(fuzz, &files, &use);
    unlink(files.image);
    unlink(files.base);
    rmdir(files.folder);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ram_file.h. Reading: each thread takes the next batch from the file under a lock, and unpacks it without. Batches have
// different pages, which their headers say, so that no page is written by two threads.
#define _DARWIN_C_SOURCE // the number of processors; other systems need nothing
#include "machine/replay/ram_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/bits.h"
#include "base/quiet_thread.h"

enum { HEADER_BYTES = 24, BATCH_PAGES = 256, THREADS = 4, LEVEL = 1 };

struct batch {
    uint32_t count, stored; // pages; bytes of the frame
    uint64_t first, last;
    uint8_t *content, *frame;
};

static size_t content_size(uint32_t count)
{
    return (size_t)count * (8 + RAM_PAGE);
}

static int batch_init(struct batch *batch)
{
    *batch = (struct batch){ .content = malloc(content_size(BATCH_PAGES)) };
    batch->frame = malloc(ZSTD_compressBound(content_size(BATCH_PAGES)));
    return batch->content && batch->frame ? 0 : -ENOMEM;
}

static void batch_free(struct batch *batch)
{
    free(batch->content);
    free(batch->frame);
}

// --- Saving ----------------------------------------------------------------------------------------------------------

static int write_bytes(FILE *file, const void *data, size_t size)
{
    return fwrite(data, 1, size, file) == size ? 0 : errno ? -errno : -EIO;
}

static int write_header(FILE *file, const struct batch *batch)
{
    uint8_t header[HEADER_BYTES];
    bytes_put(header, 4, batch->count);
    bytes_put(header + 4, 4, batch->stored);
    bytes_put(header + 8, 8, batch->first);
    bytes_put(header + 16, 8, batch->last);
    return write_bytes(file, header, sizeof header);
}

// The next pages from *page on that are not zeros.
static void gather(struct batch *batch, const uint8_t *ram, uint64_t pages, const struct page_set *written,
                   uint64_t *page)
{
    uint64_t numbers[BATCH_PAGES];
    batch->count = 0;
    for (; *page < pages && batch->count < BATCH_PAGES; ++*page)
        if ((!written || page_set_has(written, *page)) && !ram_page_is_zero(ram + *page * RAM_PAGE))
            numbers[batch->count++] = *page;
    for (uint32_t i = 0; i < batch->count; i++) {
        bytes_put(batch->content + 8 * (size_t)i, 8, numbers[i]);
        memcpy(batch->content + 8 * (size_t)batch->count + i * (size_t)RAM_PAGE, ram + numbers[i] * RAM_PAGE, RAM_PAGE);
    }
    batch->first = batch->count ? numbers[0] : 0;
    batch->last = batch->count ? numbers[batch->count - 1] : 0;
}

static int write_batch(struct batch *batch, ZSTD_CCtx *context, FILE *file)
{
    size_t size = content_size(batch->count);
    size_t stored = ZSTD_compress2(context, batch->frame, ZSTD_compressBound(size), batch->content, size);
    if (ZSTD_isError(stored))
        return -ENOMEM;
    batch->stored = (uint32_t)stored;
    int result = write_header(file, batch);
    return result < 0 ? result : write_bytes(file, batch->frame, stored);
}

static int write_batches(struct batch *batch, ZSTD_CCtx *context, const uint8_t *ram, uint64_t pages,
                         const struct page_set *written, FILE *file)
{
    int result = 0;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    for (uint64_t page = 0; result == 0 && page < pages;) {
        gather(batch, ram, pages, written, &page);
        if (batch->count)
            result = write_batch(batch, context, file);
    }
    return result < 0 ? result : write_header(file, &(struct batch){ .count = 0 });
}

int ram_file_save(const uint8_t *ram, uint64_t size, const struct page_set *written, FILE *file)
{
    struct batch batch;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    int result = batch_init(&batch);
    if (!context)
        result = -ENOMEM;
    if (result == 0)
        result = write_batches(&batch, context, ram, size >> RAM_PAGE_BITS, written, file);
    ZSTD_freeCCtx(context);
    batch_free(&batch);
    return result;
}

// --- Loading ---------------------------------------------------------------------------------------------------------

struct reader {
    uint8_t *ram;
    uint64_t pages;
    FILE *file;
    pthread_mutex_t lock;
    // Under the lock.
    struct page_set *written;
    uint64_t next; // the first page that may come
    bool ended;
    int result; // the first error
};

// With the lock held. False: there is none, or an error.
static bool read_batch(struct reader *reader, struct batch *batch)
{
    uint8_t header[HEADER_BYTES];
    reader->result = -EINVAL; // unless all is good
    if (fread(header, 1, sizeof header, reader->file) != sizeof header)
        return false;
    batch->count = (uint32_t)bytes_get(header, 4);
    batch->stored = (uint32_t)bytes_get(header + 4, 4);
    batch->first = bytes_get(header + 8, 8);
    batch->last = bytes_get(header + 16, 8);
    if (batch->count == 0) {
        reader->ended = true;
        reader->result = batch->stored || batch->first || batch->last || fgetc(reader->file) != EOF ? -EINVAL : 0;
        return false;
    }
    if (batch->count > BATCH_PAGES || batch->stored > ZSTD_compressBound(content_size(batch->count)) ||
        batch->first < reader->next || batch->last < batch->first || batch->last >= reader->pages ||
        fread(batch->frame, 1, batch->stored, reader->file) != batch->stored)
        return false;
    reader->next = batch->last + 1;
    reader->result = 0;
    return true;
}

static bool take_batch(struct reader *reader, struct batch *batch)
{
    pthread_mutex_lock(&reader->lock);
    bool taken = !reader->ended && reader->result == 0 && read_batch(reader, batch);
    pthread_mutex_unlock(&reader->lock);
    return taken;
}

static void mark_written(struct reader *reader, const struct batch *batch)
{
    pthread_mutex_lock(&reader->lock);
    for (uint32_t i = 0; i < batch->count; i++)
        page_set_add(reader->written, bytes_get(batch->content + 8 * (size_t)i, 8));
    pthread_mutex_unlock(&reader->lock);
}

static int unpack(const struct reader *reader, const struct batch *batch, ZSTD_DCtx *context)
{
    size_t size = content_size(batch->count);
    if (ZSTD_decompressDCtx(context, batch->content, size, batch->frame, batch->stored) != size)
        return -EINVAL;
    uint64_t next = batch->first, last = batch->last;
    for (uint32_t i = 0; i < batch->count; i++) {
        uint64_t page = bytes_get(batch->content + 8 * (size_t)i, 8);
        if (page < next || page > last)
            return -EINVAL;
        memcpy(reader->ram + page * RAM_PAGE, batch->content + 8 * (size_t)batch->count + i * (size_t)RAM_PAGE,
               RAM_PAGE);
        next = page + 1;
    }
    return next == last + 1 ? 0 : -EINVAL;
}

static void note(struct reader *reader, int result)
{
    pthread_mutex_lock(&reader->lock);
    if (reader->result == 0)
        reader->result = result;
    pthread_mutex_unlock(&reader->lock);
}

static void *read_batches(void *owner)
{
    struct reader *reader = owner;
    struct batch batch;
    ZSTD_DCtx *context = ZSTD_createDCtx();
    int result = batch_init(&batch);
    if (!context)
        result = -ENOMEM;
    while (result == 0 && take_batch(reader, &batch))
        if ((result = unpack(reader, &batch, context)) == 0)
            mark_written(reader, &batch);
    if (result < 0)
        note(reader, result);
    ZSTD_freeDCtx(context);
    batch_free(&batch);
    return NULL;
}

// As many as there are processors.
static unsigned start_helpers(struct reader *reader, pthread_t threads[THREADS])
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = online > 1 ? (unsigned)online - 1 : 0;
    unsigned count = 0;
    while (count < THREADS && count < wanted && quiet_thread_start(&threads[count], read_batches, reader) == 0)
        count++;
    return count;
}

int ram_file_load(uint8_t *ram, uint64_t size, struct page_set *written, FILE *file)
{
    struct reader reader = { .ram = ram, .pages = size >> RAM_PAGE_BITS, .file = file, .written = written };
    pthread_t threads[THREADS];
    if (pthread_mutex_init(&reader.lock, NULL) != 0)
        return -ENOMEM;
    unsigned count = start_helpers(&reader, threads);
    read_batches(&reader);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&reader.lock);
    return reader.result;
}

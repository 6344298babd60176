// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See state_file.h. A failed write leaves the file that was there (replay/durable.h).
#include "machine/replay/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/state.h"
#include "machine/replay/facts.h"
#include "replay/digest.h"
#include "replay/durable.h"

#define MAGIC "intactSS"

enum { FORMAT = 1, HEADER_BYTES = 24, LEVEL = 1, TEXT_LIMIT = 1 << 20 };

#define STATE_LIMIT (UINT64_C(1) << 36)
#define LAST_PAGE   UINT64_MAX

static void visit_chips(void *board, struct visit *v)
{
    board_visit_chips(board, v);
}

// --- The compressed stream -------------------------------------------------------------------------------------------

struct stream {
    FILE *file;
    ZSTD_CStream *out;
    ZSTD_DStream *in;
    uint8_t *buffer; // packed bytes
    size_t room;
    ZSTD_inBuffer packed; // of `buffer`, when reading
    size_t frame;         // what ZSTD_decompressStream returned last; 0: the frame has ended
    int error;            // the first failure
};

static void stream_open(struct stream *stream, FILE *file, bool writes)
{
    *stream = (struct stream){ .file = file, .frame = 1 };
    stream->room = writes ? ZSTD_CStreamOutSize() : ZSTD_DStreamInSize();
    stream->buffer = malloc(stream->room);
    if (writes)
        stream->out = ZSTD_createCStream();
    else
        stream->in = ZSTD_createDStream();
    if (!stream->buffer || (!stream->out && !stream->in))
        stream->error = -ENOMEM;
    if (stream->out) {
        ZSTD_CCtx_setParameter(stream->out, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(stream->out, ZSTD_c_checksumFlag, 1);
    }
    stream->packed.src = stream->buffer;
}

static void stream_free(struct stream *stream)
{
    ZSTD_freeCStream(stream->out);
    ZSTD_freeDStream(stream->in);
    free(stream->buffer);
}

static void write_mode(struct stream *stream, const void *data, size_t size, ZSTD_EndDirective mode)
{
    ZSTD_inBuffer in = { data, size, 0 };
    size_t left = 1;
    while (!stream->error && (in.pos < in.size || (mode == ZSTD_e_end && left))) {
        ZSTD_outBuffer out = { stream->buffer, stream->room, 0 };
        left = ZSTD_compressStream2(stream->out, &out, &in, mode);
        if (ZSTD_isError(left))
            stream->error = -ENOMEM;
        else if (fwrite(stream->buffer, 1, out.pos, stream->file) != out.pos)
            stream->error = errno ? -errno : -EIO;
    }
}

static void put(struct stream *stream, const void *data, size_t size)
{
    write_mode(stream, data, size, ZSTD_e_continue);
}

static void put_number(struct stream *stream, uint64_t value)
{
    put(stream, &value, sizeof value);
}

// After an error `data` is undefined. It is not touched: its length may be a damaged one, of many gigabytes.
static void get(struct stream *stream, void *data, size_t size)
{
    ZSTD_outBuffer out = { data, size, 0 };
    while (!stream->error && out.pos < out.size) {
        if (stream->packed.pos == stream->packed.size) {
            stream->packed.pos = 0;
            stream->packed.size = fread(stream->buffer, 1, stream->room, stream->file);
        }
        size_t before = out.pos;
        if (stream->frame)
            stream->frame = ZSTD_decompressStream(stream->in, &out, &stream->packed);
        if (ZSTD_isError(stream->frame) || (out.pos == before && stream->packed.pos == stream->packed.size &&
                                            (stream->packed.size == 0 || !stream->frame)))
            stream->error = -EINVAL;
        else if (!stream->frame && out.pos < out.size)
            stream->error = -EINVAL;
    }
}

static uint64_t get_number(struct stream *stream)
{
    uint64_t value = 0;
    get(stream, &value, sizeof value);
    return stream->error ? 0 : value;
}

// Is the frame whole, with the checksum at its end, and nothing behind it?
static bool at_end(struct stream *stream)
{
    uint8_t byte;
    ZSTD_outBuffer out = { &byte, 1, 0 };
    while (!stream->error && stream->frame) {
        if (stream->packed.pos == stream->packed.size) {
            stream->packed.pos = 0;
            stream->packed.size = fread(stream->buffer, 1, stream->room, stream->file);
            if (stream->packed.size == 0)
                return false;
        }
        stream->frame = ZSTD_decompressStream(stream->in, &out, &stream->packed);
        if (ZSTD_isError(stream->frame) || out.pos)
            return false;
    }
    return !stream->error && stream->packed.pos == stream->packed.size && fgetc(stream->file) == EOF;
}

// --- Saving ----------------------------------------------------------------------------------------------------------

static void put_state(struct stream *stream, struct board *board)
{
    const struct state_list list = { visit_chips, board };
    size_t size = state_save(&list, NULL, 0);
    void *state = size ? malloc(size) : NULL;
    if (!state || state_save(&list, state, size) != size)
        stream->error = -ENOMEM;
    put_number(stream, size);
    if (state)
        put(stream, state, size);
    free(state);
}

// May a page have other bytes than zeros? One that was never written is not looked at: the host would have to find memory for
// it, which takes longer than to load a page from the file.
static bool may_have_contents(const struct board *board, uint64_t page)
{
    return board->written_taken || page_set_has(&board->written, page);
}

static void put_ram(struct stream *stream, const struct board *board)
{
    for (uint64_t page = 0; page < board->ram_size >> RAM_PAGE_BITS && !stream->error; page++) {
        const uint8_t *bytes = board->ram + page * RAM_PAGE;
        if (!may_have_contents(board, page) || ram_page_is_zero(bytes))
            continue;
        put_number(stream, page);
        put(stream, bytes, RAM_PAGE);
    }
    put_number(stream, LAST_PAGE);
}

static int write_header(FILE *file, const char *text)
{
    uint8_t header[HEADER_BYTES] = MAGIC;
    size_t length = strlen(text);
    bytes_put(header + 8, 4, FORMAT);
    bytes_put(header + 12, 4, length);
    bytes_put(header + 16, 8, digest_bytes(text, length));
    bool done = fwrite(header, 1, sizeof header, file) == sizeof header && fwrite(text, 1, length, file) == length;
    return done ? 0 : errno ? -errno : -EIO;
}

static int write_all(struct board *board, FILE *file, const char *text)
{
    struct stream stream;
    int result = write_header(file, text);
    if (result < 0)
        return result;
    stream_open(&stream, file, true);
    put_number(&stream, board->ram_size);
    put_state(&stream, board);
    put_ram(&stream, board);
    write_mode(&stream, NULL, 0, ZSTD_e_end);
    result = stream.error;
    stream_free(&stream);
    return result;
}

int state_file_save(struct board *board, const char *path, struct error *error)
{
    struct durable durable;
    char *text = facts_of_drives(board, error);
    if (!text)
        return error->code;
    int result = durable_open(&durable, path);
    if (result == 0)
        result = durable_finish(&durable, write_all(board, durable.file, text));
    free(text);
    return result < 0 ? error_set(error, result, "cannot write '%s': %s", path, strerror(-result)) : 0;
}

// --- Loading ---------------------------------------------------------------------------------------------------------

static int damaged(const char *path, struct error *error)
{
    return error_set(error, -EINVAL, "'%s' is a damaged snapshot of a machine", path);
}

static char *read_header(FILE *file, const char *path, struct error *error)
{
    uint8_t header[HEADER_BYTES];
    if (fread(header, 1, sizeof header, file) != sizeof header || memcmp(header, MAGIC, 8) != 0) {
        error_set(error, -EINVAL, "'%s' is no snapshot of a machine", path);
        return NULL;
    }
    unsigned format = (unsigned)bytes_get(header + 8, 4);
    size_t length = (size_t)bytes_get(header + 12, 4);
    if (format != FORMAT) {
        error_set(error, -EINVAL, "'%s' is a snapshot of format %u; this version reads format %d", path, format,
                  FORMAT);
        return NULL;
    }
    char *text = length <= TEXT_LIMIT ? calloc(1, length + 1) : NULL;
    if (text && fread(text, 1, length, file) == length && digest_bytes(text, length) == bytes_get(header + 16, 8))
        return text;
    free(text);
    damaged(path, error);
    return NULL;
}

static int get_state(struct stream *stream, struct board *board, const char *path, struct error *error)
{
    uint64_t size = get_number(stream);
    void *state = !stream->error && size && size <= STATE_LIMIT ? malloc(size) : NULL;
    if (!state)
        return damaged(path, error);
    get(stream, state, size);
    int result = stream->error ? damaged(path, error)
                               : state_load(&(struct state_list){ visit_chips, board }, state, size, error);
    free(state);
    return result;
}

static void clear_ram(struct board *board, uint64_t page, uint64_t end)
{
    for (; page < end; page++) {
        uint8_t *bytes = board->ram + page * RAM_PAGE;
        if (!may_have_contents(board, page) || ram_page_is_zero(bytes))
            continue;
        memset(bytes, 0, RAM_PAGE);
        page_set_add(&board->written, page);
    }
}

// RAM behind the state: what it was before goes.
static bool get_ram(struct stream *stream, struct board *board)
{
    uint64_t pages = board->ram_size >> RAM_PAGE_BITS, next = 0;
    for (uint64_t page; (page = get_number(stream)) != LAST_PAGE; next = page + 1) {
        if (stream->error || page < next || page >= pages)
            return false;
        clear_ram(board, next, page);
        get(stream, board->ram + page * RAM_PAGE, RAM_PAGE);
        page_set_add(&board->written, page);
    }
    clear_ram(board, next, pages);
    return !stream->error;
}

// Before anything is changed.
static int check_memory(struct stream *stream, const struct board *board, const char *path, struct error *error)
{
    uint64_t size = get_number(stream);
    if (stream->error)
        return damaged(path, error);
    if (size == board->ram_size)
        return 0;
    return error_set(error, -EINVAL, "-m: the snapshot is of a machine with %" PRIu64 " MiB, and this one has %" PRIu64,
                     size >> 20, board->ram_size >> 20);
}

static int load_all(struct board *board, FILE *file, const char *path, struct error *error)
{
    struct stream stream;
    stream_open(&stream, file, false);
    int result = stream.error ? error_set(error, -ENOMEM, "the host has no memory left")
                              : check_memory(&stream, board, path, error);
    if (result == 0)
        result = get_state(&stream, board, path, error);
    if (result == 0) {
        if (!get_ram(&stream, board) || !at_end(&stream))
            result = damaged(path, error);
        board_pages_loaded(board);
    }
    stream_free(&stream);
    return result;
}

int state_file_load(struct board *board, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, -errno, "cannot read '%s': %s", path, strerror(errno));
    char *text = read_header(file, path, error);
    int result = text ? facts_check_drives(board, text, error) : -EINVAL;
    if (result == 0)
        result = load_all(board, file, path, error);
    free(text);
    fclose(file);
    return result;
}

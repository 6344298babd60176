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
#include "machine/board/host_memory.h"
#include "machine/replay/facts.h"
#include "machine/replay/ram_file.h"
#include "replay/digest.h"
#include "replay/durable.h"

#define MAGIC "intactSS"

enum { FORMAT = 2, HEADER_BYTES = 24, LEVEL = 1, TEXT_LIMIT = 1 << 20 };

#define STATE_LIMIT (UINT64_C(1) << 36)

static void visit_chips(void *board, struct visit *v)
{
    board_visit_chips(board, v);
}

// --- The state -------------------------------------------------------------------------------------------------------

// Eight bytes with the size of RAM, and behind them what state_save makes. The caller frees it; NULL: no memory is left.
static uint8_t *make_content(struct board *board, size_t *size)
{
    const struct state_list list = { visit_chips, board };
    size_t state = state_save(&list, NULL, 0);
    uint8_t *content = state ? malloc(8 + state) : NULL;
    if (content && state_save(&list, content + 8, state) != state) {
        free(content);
        return NULL;
    }
    if (content)
        bytes_put(content, 8, board->ram_size);
    *size = 8 + state;
    return content;
}

static int write_bytes(FILE *file, const void *data, size_t size)
{
    return fwrite(data, 1, size, file) == size ? 0 : errno ? -errno : -EIO;
}

static int write_frame(FILE *file, const uint8_t *content, size_t size)
{
    size_t room = ZSTD_compressBound(size);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    uint8_t *frame = malloc(room), lengths[16];
    int result = -ENOMEM;
    if (context && frame) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        size_t stored = ZSTD_compress2(context, frame, room, content, size);
        bytes_put(lengths, 8, size);
        bytes_put(lengths + 8, 8, stored);
        if (!ZSTD_isError(stored))
            result = write_bytes(file, lengths, sizeof lengths);
        if (result == 0)
            result = write_bytes(file, frame, stored);
    }
    ZSTD_freeCCtx(context);
    free(frame);
    return result;
}

static int write_state(struct board *board, FILE *file)
{
    size_t size;
    uint8_t *content = make_content(board, &size);
    int result = content ? write_frame(file, content, size) : -ENOMEM;
    free(content);
    return result;
}

// The content of the frame; NULL: it is damaged, or no memory is left for what it says to be.
static uint8_t *read_state(FILE *file, size_t *size)
{
    uint8_t lengths[16], *content = NULL, *frame = NULL;
    if (fread(lengths, 1, sizeof lengths, file) != sizeof lengths)
        return NULL;
    uint64_t whole = bytes_get(lengths, 8), stored = bytes_get(lengths + 8, 8);
    if (whole > 8 && whole <= STATE_LIMIT && stored <= ZSTD_compressBound((size_t)whole) &&
        (frame = malloc((size_t)stored)) && fread(frame, 1, (size_t)stored, file) == stored &&
        ZSTD_getFrameContentSize(frame, (size_t)stored) == whole)
        content = malloc((size_t)whole);
    if (content && ZSTD_decompress(content, (size_t)whole, frame, (size_t)stored) != whole) {
        free(content);
        content = NULL;
    }
    free(frame);
    *size = (size_t)whole;
    return content;
}

// --- Saving ----------------------------------------------------------------------------------------------------------

static int write_header(FILE *file, const char *text)
{
    uint8_t header[HEADER_BYTES] = MAGIC;
    size_t length = strlen(text);
    bytes_put(header + 8, 4, FORMAT);
    bytes_put(header + 12, 4, length);
    bytes_put(header + 16, 8, digest_bytes(text, length));
    int result = write_bytes(file, header, sizeof header);
    return result < 0 ? result : write_bytes(file, text, length);
}

// The pages of RAM that may have other bytes than zeros; NULL: all. One that was never written is not looked at: the host would
// have to find memory for it, which takes longer than to load a page from a file.
static const struct page_set *ever_written(const struct board *board)
{
    return board->written_taken ? NULL : &board->written;
}

static int write_all(struct board *board, FILE *file, const char *text)
{
    int result = write_header(file, text);
    if (result == 0)
        result = write_state(board, file);
    return result < 0 ? result : ram_file_save(board->ram, board->ram_size, ever_written(board), file);
}

int state_file_save(struct board *board, const char *path, struct error *error)
{
    struct durable durable;
    char *text = facts_of_snapshot(board, error);
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

// Before anything is changed.
static int check_memory(const struct board *board, uint64_t size, struct error *error)
{
    if (size == board->ram_size)
        return 0;
    return error_set(error, -EINVAL, "-m: the snapshot is of a machine with %" PRIu64 " MiB, and this one has %" PRIu64,
                     size >> 20, board->ram_size >> 20);
}

// A state that turns out to be damaged while it is loaded leaves the machine as it was: half of one could not even be
// destroyed.
static int load_or_go_back(struct board *board, const void *state, size_t size, struct error *error)
{
    const struct state_list list = { visit_chips, board };
    size_t room;
    uint8_t *before = make_content(board, &room);
    if (!before)
        return error_set(error, -ENOMEM, "the host has no memory left");
    int result = state_load(&list, state, size, error);
    if (result == -EIO && state_load(&list, before + 8, room - 8, NULL) == 0)
        board_pages_loaded(board);
    free(before);
    return result;
}

static int load_state(struct board *board, FILE *file, const char *path, struct error *error)
{
    size_t size;
    uint8_t *content = read_state(file, &size);
    if (!content)
        return damaged(path, error);
    int result = check_memory(board, bytes_get(content, 8), error);
    if (result == 0)
        result = load_or_go_back(board, content + 8, size - 8, error);
    free(content);
    return result;
}

static int load_all(struct board *board, FILE *file, const char *path, struct error *error)
{
    int result = load_state(board, file, path, error);
    if (result < 0)
        return result;
    // What is cleared was written before, and what is loaded is written now: the rest of RAM is not to be looked at again.
    if (board->written_taken)
        page_set_fill(&board->written);
    host_memory_clear(board->ram, board->ram_size);
    result = ram_file_load(board->ram, board->ram_size, &board->written, file);
    if (result == -ENOMEM)
        error_set(error, result, "the host has no memory left; the machine is damaged");
    else if (result < 0)
        damaged(path, error);
    board_pages_loaded(board);
    return result;
}

int state_file_load(struct board *board, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, -errno, "cannot read '%s': %s", path, strerror(errno));
    char *text = read_header(file, path, error);
    int result = text ? facts_check_snapshot(board, text, error) : -EINVAL;
    if (result == 0)
        result = load_all(board, file, path, error);
    free(text);
    fclose(file);
    return result;
}

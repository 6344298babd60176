// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A disk image as the devices see it, driven by lines on standard input; for image_test.py.
//
//     image FILE raw|qcow2|probe [readonly] [snapshot] [discard]
//
//     size | read OFFSET SIZE | write OFFSET SIZE BYTE | flush | zero OFFSET SIZE | release OFFSET SIZE | discard OFFSET SIZE
//
// Each answer is one line: "ok", with a value where there is one (of read: a hash of the bytes), or "error ERRNO".
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/block_file.h"

enum { LIMIT = 16 << 20 };

static struct block_file file;
static uint8_t data[LIMIT];

static uint64_t hash(size_t size)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < size; i++)
        value = (value ^ data[i]) * UINT64_C(0x100000001b3);
    return value;
}

static int perform(const char *verb, uint64_t offset, size_t size, unsigned byte)
{
    const struct intact_block *block = &file.block;
    if (strcmp(verb, "read") == 0)
        return block->read(block->owner, offset, data, size);
    memset(data, (int)byte, size);
    if (strcmp(verb, "write") == 0)
        return block->write(block->owner, offset, data, size);
    if (strcmp(verb, "flush") == 0)
        return block->flush ? block->flush(block->owner) : 0;
    if (strcmp(verb, "discard") == 0)
        return block->discard ? block->discard(block->owner, offset, size) : 0;
    if (strcmp(verb, "zero") != 0 && strcmp(verb, "release") != 0)
        return -1;
    return block->zero ? block->zero(block->owner, offset, size, strcmp(verb, "release") == 0)
                       : block->write(block->owner, offset, memset(data, 0, size), size);
}

static void answer(const char *line)
{
    char verb[16] = "";
    uint64_t offset = 0, size = 0;
    unsigned byte = 0;
    sscanf(line, "%15s %" SCNu64 " %" SCNu64 " %u", verb, &offset, &size, &byte);
    int result = size > LIMIT ? -1 : strcmp(verb, "size") == 0 ? 0 : perform(verb, offset, (size_t)size, byte);
    if (result < 0)
        printf("error %d\n", -result);
    else if (strcmp(verb, "size") == 0)
        printf("ok %" PRIu64 "\n", file.block.size);
    else if (strcmp(verb, "read") == 0)
        printf("ok %016" PRIx64 "\n", hash((size_t)size));
    else
        printf("ok\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct block_file_options options = { .path = argc > 2 ? argv[1] : "", .format = INTACT_DRIVE_PROBE };
    struct error error;
    char line[128];
    for (int i = 2; i < argc; i++) {
        options.readonly |= strcmp(argv[i], "readonly") == 0;
        options.snapshot |= strcmp(argv[i], "snapshot") == 0;
        options.discard |= strcmp(argv[i], "discard") == 0;
        options.format = strcmp(argv[i], "raw") == 0     ? INTACT_DRIVE_RAW
                         : strcmp(argv[i], "qcow2") == 0 ? INTACT_DRIVE_QCOW2
                                                         : options.format;
    }
    signal(SIGXFSZ, SIG_IGN);
    if (block_file_open(&file, &options, &error) < 0) {
        printf("refused %s\n", error.text);
        return 1;
    }
    printf("ok\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        answer(line);
    block_file_close(&file);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The journal: what is written is read again; a file that was cut is good up to its last whole block; any other change is
// noticed.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "replay/journal.h"

TestSuite(journal, .timeout = 120);

static char path[64];
static struct error error;

static const char *new_path(void)
{
    snprintf(path, sizeof path, "/tmp/intact-journal-%ld", (long)getpid());
    return path;
}

static uint64_t some_bits(void)
{
    uint64_t value = (uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand();
    return value & bits_low((unsigned)rand() % 65);
}

// The caller is done with it before the next.
static const struct parts *some_parts(void)
{
    static struct parts parts;
    parts = (struct parts){ .count = (unsigned)rand() % 30,
                            .ram = { (uint32_t)(some_bits() % PARTS_RAM_PRIME), (uint32_t)rand() } };
    for (unsigned i = 0; i < parts.count; i++)
        if (rand() % 2)
            parts.sums[i] = (struct part_sum){ (uint32_t)(some_bits() % PARTS_PRIME), (uint32_t)rand() % 2 };
    return &parts;
}

static struct journal_entry some_entry(uint64_t *instructions, uint64_t *turns)
{
    struct journal_entry entry = { .kind = (enum journal_kind)(JOURNAL_MESSAGE + rand() % 6) };
    if (rand() % 3) {
        *instructions += some_bits() >> 16;
        *turns += some_bits() >> 32;
    }
    entry.instructions = *instructions;
    entry.turns = *turns;
    if (entry.kind == JOURNAL_MESSAGE || entry.kind == JOURNAL_WITHIN)
        entry.message = (struct inbox_message){ .channel = (uint16_t)some_bits(),
                                                .kind = (uint16_t)some_bits(),
                                                .id = (uint32_t)some_bits(),
                                                .a = some_bits(),
                                                .b = some_bits(),
                                                .c = some_bits() };
    else if (entry.kind == JOURNAL_PARTS)
        entry.parts = some_parts();
    else
        entry.digest = some_bits() & (entry.kind == JOURNAL_CHECK ? bits_low(JOURNAL_CHECK_BITS) : UINT64_MAX);
    if (entry.kind == JOURNAL_END) {
        entry.reason = (uint32_t)some_bits();
        entry.status = (uint32_t)some_bits();
    }
    return entry;
}

static void same(const struct journal_entry *a, const struct journal_entry *b)
{
    cr_assert_eq(a->kind, b->kind);
    cr_assert_eq(a->digest, b->digest);
    if (a->kind == JOURNAL_MESSAGE || a->kind == JOURNAL_END) {
        cr_assert_eq(a->instructions, b->instructions);
        cr_assert_eq(a->turns, b->turns);
    }
    cr_assert_eq(a->message.channel, b->message.channel);
    cr_assert_eq(a->message.kind, b->message.kind);
    cr_assert_eq(a->message.id, b->message.id);
    cr_assert_eq(a->message.a, b->message.a);
    cr_assert_eq(a->message.b, b->message.b);
    cr_assert_eq(a->message.c, b->message.c);
    if (a->kind == JOURNAL_PARTS)
        cr_assert_eq(memcmp(a->parts, b->parts, sizeof *a->parts), 0);
    cr_assert_eq(a->reason, b->reason);
    cr_assert_eq(a->status, b->status);
}

// `count` entries of a seed, flushed now and then. Returns where the blocks end in the file.
static unsigned write_entries(unsigned seed, unsigned count, unsigned flush_every, uint64_t *ends)
{
    struct journal_writer writer;
    uint64_t instructions = 0, turns = 0;
    unsigned blocks = 0;
    srand(seed);
    cr_assert_eq(journal_create(&writer, new_path(), "version 1\nargument a b\n", &error), 0, "%s", error.text);
    for (unsigned i = 0; i < count; i++) {
        struct journal_entry entry = some_entry(&instructions, &turns);
        journal_put(&writer, &entry);
        if (i % flush_every == flush_every - 1) {
            journal_flush(&writer);
            if (ends)
                ends[blocks++] = writer.written;
        }
    }
    cr_assert_eq(journal_close(&writer), 0);
    return blocks;
}

// How many entries of that seed can be read.
static unsigned read_entries(unsigned seed, struct journal_reader *reader)
{
    struct journal_entry entry;
    uint64_t instructions = 0, turns = 0;
    unsigned count = 0;
    srand(seed);
    for (; journal_next(reader, &entry); count++) {
        struct journal_entry written = some_entry(&instructions, &turns);
        same(&entry, &written);
    }
    return count;
}

static void open_it(struct journal_reader *reader)
{
    cr_assert_eq(journal_open(reader, path, &error), 0, "%s", error.text);
    cr_assert_str_eq(reader->text, "version 1\nargument a b\n");
}

Test(journal, what_is_written_is_read_again)
{
    for (unsigned seed = 1; seed < 6; seed++) {
        struct journal_reader reader;
        write_entries(seed, 50000, seed == 1 ? 100000 : 7000 * seed, NULL);
        open_it(&reader);
        cr_assert_eq(read_entries(seed, &reader), 50000);
        cr_assert(!reader.cut && !reader.damaged);
        journal_free(&reader);
    }
    unlink(path);
}

static uint8_t *slurp(size_t *size)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    *size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

static void spit(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

Test(journal, a_file_that_was_cut_is_good_up_to_its_last_whole_block)
{
    uint64_t ends[16];
    size_t size;
    unsigned blocks = write_entries(9, 160, 10, ends);
    const uint8_t *bytes = slurp(&size);
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (size_t length = ends[0]; length < size; length++) {
        struct journal_reader reader;
        unsigned whole = 0;
        while (whole < blocks && ends[whole] <= length)
            whole++;
        spit(copy, length);
        open_it(&reader);
        cr_assert_eq(read_entries(9, &reader), whole * 10, "%zu bytes", length);
        cr_assert_eq(reader.cut, ends[whole - 1] != length);
        journal_free(&reader);
    }
    free(copy);
    unlink(path);
}

Test(journal, no_changed_byte_goes_unnoticed)
{
    size_t size;
    write_entries(3, 60, 20, NULL);
    const uint8_t *bytes = slurp(&size);
    uint8_t *copy = malloc(size);
    memcpy(copy, bytes, size);
    for (size_t at = 0; at < size; at++) {
        struct journal_reader reader;
        struct journal_entry entry;
        copy[at] ^= (uint8_t)(1 << at % 8);
        spit(copy, size);
        if (journal_open(&reader, path, &error) == 0) {
            cr_assert_lt(read_entries(3, &reader), 60, "byte %zu", at);
            cr_assert(!journal_next(&reader, &entry), "byte %zu: what is behind the damage", at);
            cr_assert(reader.cut);
            journal_free(&reader);
        }
        copy[at] ^= (uint8_t)(1 << at % 8);
    }
    free(copy);
    unlink(path);
}

Test(journal, says_why_a_file_is_none)
{
    struct journal_reader reader;
    cr_assert_eq(journal_open(&reader, "/nowhere/at/all", &error), -ENOENT);
    cr_assert(strstr(error.text, "cannot read '/nowhere/at/all'"));
    new_path();
    spit((const uint8_t *)"", 0);
    cr_assert_eq(journal_open(&reader, path, &error), -EINVAL);
    cr_assert(strstr(error.text, "is no journal of a run"));
    spit((const uint8_t *)"intactRR\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
    cr_assert_eq(journal_open(&reader, path, &error), -EINVAL);
    cr_assert(strstr(error.text, "of format 9; this version reads format 2"), "%s", error.text);
    unlink(path);
    struct journal_writer writer;
    cr_assert_eq(journal_create(&writer, "/nowhere/at/all", "", &error), -ENOENT);
}

Test(journal, a_full_disk_is_reported_at_the_end)
{
    struct journal_writer writer;
    uint64_t instructions = 0, turns = 0;
    if (access("/dev/full", W_OK) != 0)
        cr_skip_test("skipped: the host has no /dev/full");
    cr_assert_eq(journal_create(&writer, "/dev/full", "text", &error), -ENOSPC);
    cr_assert_eq(journal_create(&writer, new_path(), "text", &error), 0);
    fclose(writer.file);
    writer.file = fopen("/dev/full", "wb");
    for (unsigned i = 0; i < 20000; i++) {
        struct journal_entry entry = some_entry(&instructions, &turns);
        journal_put(&writer, &entry);
    }
    cr_assert_eq(journal_close(&writer), -ENOSPC);
    unlink(path);
}

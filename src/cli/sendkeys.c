// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See sendkeys.h. Lines with a time belong to the last one with a count: they are given to the machine together, and it presses
// their keys by virtual time.
#include "cli/sendkeys.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/machine.h>

#include "cli/text.h"
#include "machine/key_text.h"

enum { TEXT_HOLD_MS = 10, LINE = 4096 };

struct stroke {
    int keys[INTACT_STROKE_KEYS];
    unsigned count, hold_ms;
};

// What is pressed from one instruction on.
struct batch {
    const struct key_script *script;
    uint64_t at;
    size_t first, end; // of the strokes
    unsigned line;
    unsigned changes;
};

struct key_script {
    struct stroke *strokes;
    size_t count, room;
    struct batch *batches;
    size_t batch_count, batch_room;
};

// What is read: a line of a file.
struct reader {
    struct settings *settings;
    struct key_script *script;
    unsigned line;
    char *at;
};

static int refuse_line(const struct reader *reader, const char *what, const char *word)
{
    return refuse(reader->settings, "-sendkeys: %s:%u: %s%s%.60s%s", reader->settings->key_file, reader->line, what,
                  word ? " '" : "", word ? word : "", word ? "'" : "");
}

static bool grow(void **items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : 16;
    void *bigger = realloc(*items, wanted * size);
    if (!bigger)
        return false;
    *items = bigger;
    *room = wanted;
    return true;
}

static int add_stroke(const struct reader *reader, const int *keys, unsigned count, unsigned hold_ms)
{
    struct key_script *script = reader->script;
    struct batch *batch = &script->batches[script->batch_count - 1];
    if (!grow((void **)&script->strokes, script->count, &script->room, sizeof *script->strokes))
        return refuse_line(reader, "the host has no memory left", NULL);
    batch->changes += count ? 2 * count : 1;
    if (batch->changes > INTACT_CHANGES_MAX)
        return refuse_line(reader, "too many keys since the last line with a count of instructions", NULL);
    struct stroke *stroke = &script->strokes[script->count++];
    *stroke = (struct stroke){ .count = count, .hold_ms = hold_ms };
    memcpy(stroke->keys, keys, count * sizeof *keys);
    batch->end = script->count;
    return 0;
}

static void skip_spaces(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
}

// The next word, NULL: there is none.
static char *next_word(struct reader *reader)
{
    skip_spaces(reader);
    char *word = reader->at;
    while (*reader->at && !isspace((unsigned char)*reader->at))
        reader->at++;
    if (*reader->at)
        *reader->at++ = 0;
    return *word ? word : NULL;
}

// --- the first word ----------------------------------------------------------------------------------------------------

static int begin_batch(const struct reader *reader, uint64_t at)
{
    struct key_script *script = reader->script;
    if (!grow((void **)&script->batches, script->batch_count, &script->batch_room, sizeof *script->batches))
        return refuse_line(reader, "the host has no memory left", NULL);
    script->batches[script->batch_count++] = (struct batch){
        .script = script, .at = at, .first = script->count, .end = script->count, .line = reader->line
    };
    return 0;
}

// "120M" is 120,000,000 instructions.
static int take_count(const struct reader *reader, const char *word)
{
    uint64_t count;
    if (!text_count(word, NULL, &count))
        return refuse_line(reader, "a line begins with a count of instructions (120M) or a time (+500ms), not", word);
    return begin_batch(reader, count);
}

// "+500ms", "+2s": as waits of at most INTACT_HOLD_MAX.
static int take_time(const struct reader *reader, const char *word)
{
    char *end;
    errno = 0;
    uint64_t time = strtoull(word + 1, &end, 10);
    bool seconds = strcmp(end, "s") == 0;
    if (!isdigit((unsigned char)word[1]) || errno || (!seconds && strcmp(end, "ms") != 0) || time > 1000000000)
        return refuse_line(reader, "a time is +500ms or +2s, not", word);
    if (reader->script->batch_count == 0)
        return refuse_line(reader, "the first line begins with a count of instructions, not with", word);
    for (uint64_t left = seconds ? 1000 * time : time; left;) {
        unsigned part = left < INTACT_HOLD_MAX ? (unsigned)left : INTACT_HOLD_MAX;
        if (add_stroke(reader, NULL, 0, part) < 0)
            return -1;
        left -= part;
    }
    return 0;
}

// --- keys and text -----------------------------------------------------------------------------------------------------

static int take_hold(struct reader *reader, unsigned *hold_ms)
{
    char *end, *word = next_word(reader);
    unsigned long value = word ? strtoul(word, &end, 10) : 0;
    if (!word || *word == '#')
        return 0;
    if (!isdigit((unsigned char)*word) || *end || value > INTACT_HOLD_MAX)
        return refuse_line(reader, "no number of milliseconds:", word);
    *hold_ms = (unsigned)value;
    word = next_word(reader);
    return word && *word != '#' ? refuse_line(reader, "too much:", word) : 0;
}

static int take_keys(struct reader *reader)
{
    int keys[INTACT_STROKE_KEYS];
    char name[KEY_TEXT];
    unsigned hold_ms = KEY_HOLD_MS;
    const char *word = next_word(reader);
    if (!word)
        return refuse_line(reader, "no keys", NULL);
    int count = key_text_parse(word, keys, name);
    if (count == -ENOENT)
        return refuse_line(reader, "there is no key", name);
    if (count < 0)
        return refuse_line(reader, "too many keys at once:", word);
    return take_hold(reader, &hold_ms) < 0 ? -1 : add_stroke(reader, keys, (unsigned)count, hold_ms);
}

// One character between quotation marks; 0: an escape that is none.
static char take_character(const char **text)
{
    char character = *(*text)++;
    if (character != '\\')
        return character;
    switch (*(*text)++) {
    case 'n': return '\n';
    case 't': return '\t';
    case '"': return '"';
    case '\\': return '\\';
    default: return 0;
    }
}

// The closing quotation mark, or NULL.
static char *end_of_text(char *text)
{
    while (*text && *text != '"')
        text += *text == '\\' && text[1] ? 2 : 1;
    return *text ? text : NULL;
}

static int take_text(struct reader *reader)
{
    unsigned hold_ms = TEXT_HOLD_MS;
    const char *text = reader->at + 1;
    char *end = end_of_text(reader->at + 1);
    if (!end)
        return refuse_line(reader, "no \" at the end", NULL);
    reader->at = end + 1;
    if (take_hold(reader, &hold_ms) < 0)
        return -1;
    while (text < end) {
        int keys[2];
        char character = take_character(&text);
        int count = intact_key_of_character(character, keys);
        if (count < 0)
            return refuse_line(reader, "no key types", character ? (char[]){ character, 0 } : "\\");
        if (add_stroke(reader, keys, (unsigned)count, hold_ms) < 0)
            return -1;
    }
    return 0;
}

static int take_line(struct reader *reader)
{
    const char *word = next_word(reader);
    if (!word || *word == '#')
        return 0;
    if ((*word == '+' ? take_time(reader, word) : take_count(reader, word)) < 0)
        return -1;
    skip_spaces(reader);
    return *reader->at == '"' ? take_text(reader) : take_keys(reader);
}

static int read_lines(struct reader *reader, FILE *file)
{
    char line[LINE];
    while (fgets(line, sizeof line, file)) {
        reader->line++;
        reader->at = line;
        if (strlen(line) == sizeof line - 1)
            return refuse_line(reader, "the line is too long", NULL);
        if (take_line(reader) < 0)
            return -1;
    }
    return ferror(file) ? refuse(reader->settings, "-sendkeys: cannot read '%s'", reader->settings->key_file) : 0;
}

// --- the run -----------------------------------------------------------------------------------------------------------

static void press(void *owner, struct intact_machine *machine)
{
    const struct batch *batch = owner;
    for (size_t i = batch->first; i < batch->end; i++) {
        const struct stroke *stroke = &batch->script->strokes[i];
        if (intact_machine_stroke(machine, stroke->keys, stroke->count, stroke->hold_ms) < 0)
            fprintf(stderr, "intact: -sendkeys: line %u: the host has no memory left\n", batch->line);
    }
}

static int check(struct settings *settings)
{
    if (settings->config.type != INTACT_PC)
        return refuse(settings, "-sendkeys: the machine has no keyboard; -machine pc has one");
    return settings->rr == RR_REPLAY ? refuse(settings, "-sendkeys: a replay takes its input from the journal") : 0;
}

static int arm(struct settings *settings, struct intact_machine *machine, struct key_script *script)
{
    for (size_t i = 0; i < script->batch_count; i++) {
        struct batch *batch = &script->batches[i];
        int result = intact_machine_call_at(machine, batch->at, press, batch);
        if (result == -EINVAL)
            return refuse(settings, "-sendkeys: %s:%u: %" PRIu64 " instructions have been executed already",
                          settings->key_file, batch->line, batch->at);
        if (result < 0)
            return refuse(settings, "-sendkeys: %s", strerror(-result));
    }
    return 0;
}

int sendkeys_begin(struct settings *settings, struct intact_machine *machine)
{
    if (!settings->key_file)
        return 0;
    struct reader reader = { .settings = settings, .script = calloc(1, sizeof *reader.script) };
    FILE *file = text_open(settings->key_file);
    settings->key_script = reader.script;
    if (!file)
        return refuse(settings, "-sendkeys: cannot read '%s': %s", settings->key_file, strerror(errno));
    int result = reader.script ? read_lines(&reader, file) : refuse(settings, "the host has no memory left");
    fclose(file);
    if (result == 0)
        result = check(settings);
    return result == 0 ? arm(settings, machine, reader.script) : result;
}

void sendkeys_free(struct key_script *script)
{
    if (!script)
        return;
    free(script->strokes);
    free(script->batches);
    free(script);
}

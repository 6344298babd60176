// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lesson_expect.h.
#include "cli/lesson_expect.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lesson_words.h"
#include "cli/text.h"
#include "observe/export.h"

#define LIMIT 20000000 // instructions; about a tenth of a second

static const char *const kinds[] = { [EXPECT_MUST] = "must",
                                     [EXPECT_NOT] = "not",
                                     [EXPECT_SOME] = "some",
                                     [EXPECT_NEVER] = "never",
                                     [EXPECT_NEVER + 1] = NULL };
static const char *const ends[] = { [END_PASSED] = "passed", [END_FAILED] = "failed", [END_STUCK] = "stuck",
                                    [END_LIMIT] = "limit",   [END_OTHER] = "other",   [ENDS] = NULL };

const char *expect_kind_name(enum expect_kind kind)
{
    return kinds[kind];
}

bool expect_wants(const struct expect_event *event)
{
    return event->kind == EXPECT_MUST || event->kind == EXPECT_SOME;
}

const char *expect_end_name(enum expect_end end)
{
    return ends[end];
}

// The index of `word` in a list that NULL ends, or -1.
static int find(const char *word, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (strcmp(word, list[i]) == 0)
            return i;
    return -1;
}

// "no THING 'word'; the nearest is 'other'", or "...; there is A, B, C"
static int refuse_unknown(const struct words *words, const char *thing, const char *word, const char *const *list)
{
    const char *nearest = text_nearest(word, list);
    char all[256] = "";
    if (nearest)
        return words_refuse(words, "no %s '%.60s'; the nearest is '%s'", thing, word, nearest);
    for (size_t used = 0; *list && used < sizeof all; list++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", *list);
    return words_refuse(words, "no %s '%.60s'; there is %s", thing, word, all);
}

static int keep(const struct words *words, const char *text, char **copy)
{
    if (*copy)
        return words_refuse(words, "'%.60s' again: one line is enough", words->word[0].text);
    *copy = strdup(text);
    return *copy ? 0 : words_refuse(words, "the host has no memory left");
}

static int one_value(const struct words *words)
{
    return words->count == 2 ? 0 : words_refuse(words, "'%.60s' needs one value", words->word[0].text);
}

// --- Events ----------------------------------------------------------------------------------------------------------

static int event_id(const struct words *words, const char *name, enum intact_trace_id *id)
{
    const char *names[INTACT_TRACE_IDS + 1] = { 0 };
    for (unsigned i = 0; i < INTACT_TRACE_IDS; i++)
        names[i] = intact_trace_name((enum intact_trace_id)i);
    int found = find(name, names);
    if (found < 0)
        return refuse_unknown(words, "event", name, names);
    *id = (enum intact_trace_id)found;
    return 0;
}

static int add_field(const struct words *words, bool arm, struct expect_event *event, char *word)
{
    char *equals = strchr(word, '=');
    if (!equals)
        return words_refuse(words, "'%.60s' is neither FIELD=VALUE nor a sentence in quotes", word);
    if (event->field_count == EXPECT_FIELDS)
        return words_refuse(words, "more than %d fields", EXPECT_FIELDS);
    *equals = 0;
    if (!export_json_has(arm, event->id, word))
        return words_refuse(words, "the event '%s' has no field '%.60s' on this machine; docs/tracing.md lists them",
                            intact_trace_name(event->id), word);
    event->field[event->field_count].name = strdup(word);
    event->field[event->field_count].value = strdup(equals + 1);
    *equals = '=';
    event->field_count++;
    return 0;
}

// The words from `first` on, up to a sentence, with a blank between them, and quotes around a value that has blanks.
static char *joined(const struct words *words, unsigned first)
{
    char text[2 * sizeof words->text] = "";
    size_t used = 0;
    for (unsigned i = first; i < words->count && !words->word[i].quoted; i++) {
        const char *word = words->word[i].text, *equals = strchr(word, '=');
        const char *quote = equals && strchr(word, ' ') ? "\"" : "";
        int name = equals ? (int)(equals - word) + 1 : 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s%s%s%s", i > first ? " " : "", name, word,
                                 quote, word + name, quote);
    }
    return strdup(text);
}

static int take_event(struct expect *expect, struct words *words, enum expect_kind kind)
{
    if (!expect->machine)
        return words_refuse(words,
                            "the machine is not known yet; a line 'machine pc' or 'machine virt' comes before events");
    if (words->count < 2)
        return words_refuse(words, "'%s' needs an event: %s take vector=0x25", kinds[kind], kinds[kind]);
    if (expect->count == EXPECT_EVENTS)
        return words_refuse(words, "more than %d events", EXPECT_EVENTS);
    struct expect_event *event = &expect->event[expect->count];
    *event = (struct expect_event){ .kind = kind, .line = words->line };
    if (event_id(words, words->word[1].text, &event->id) < 0)
        return -1;
    expect->count++;
    event->words = joined(words, 1);
    for (unsigned i = 2; i < words->count; i++) {
        if (!words->word[i].quoted) {
            if (add_field(words, expect->arm, event, words->word[i].text) < 0)
                return -1;
        } else if (i + 1 < words->count) {
            return words_refuse(words, "the sentence in quotes is the last of a line");
        } else {
            event->text = strdup(words->word[i].text);
        }
    }
    return 0;
}

// --- expect ----------------------------------------------------------------------------------------------------------

static int take_machine(struct expect *expect, const struct words *words)
{
    static const char *const types[] = { "pc", "virt", NULL };
    char type[16];
    if (one_value(words) < 0 || keep(words, words->word[1].text, &expect->machine) < 0)
        return -1;
    snprintf(type, sizeof type, "%.*s", (int)strcspn(expect->machine, ","), expect->machine);
    if (find(type, types) < 0)
        return refuse_unknown(words, "machine", type, types);
    expect->arm = strcmp(type, "virt") == 0;
    return 0;
}

static int take_options(struct expect *expect, const struct words *words)
{
    for (unsigned i = 1; i < words->count; i++) {
        if (expect->option_count == EXPECT_WORDS)
            return words_refuse(words, "more than %d words of options", EXPECT_WORDS);
        expect->option[expect->option_count++] = strdup(words->word[i].text);
    }
    return 0;
}

static int take_limit(struct expect *expect, const struct words *words)
{
    if (one_value(words) < 0)
        return -1;
    if (!text_number(words->word[1].text, &expect->limit) || !expect->limit)
        return words_refuse(words, "'%.60s' is no number of instructions", words->word[1].text);
    return 0;
}

static int take_end(const struct words *words, enum expect_end *end)
{
    int found = words->count == 2 ? find(words->word[1].text, ends) : -1;
    if (one_value(words) < 0)
        return -1;
    if (found < 0)
        return refuse_unknown(words, "end", words->word[1].text, ends);
    *end = (enum expect_end)found;
    return 0;
}

static int take_line(struct expect *expect, struct words *words)
{
    static const char *const all[] = { "track", "machine", "options", "limit", "exit", "hide",
                                       "must",  "not",     "some",    "never", NULL };
    const char *word = words->word[0].text;
    int kind = find(word, kinds);
    if (kind >= 0)
        return take_event(expect, words, (enum expect_kind)kind);
    switch (find(word, all)) {
    case 0: return one_value(words) < 0 ? -1 : keep(words, words->word[1].text, &expect->track);
    case 1: return take_machine(expect, words);
    case 2: return take_options(expect, words);
    case 3: return take_limit(expect, words);
    case 4: return take_end(words, &expect->end);
    case 5: return one_value(words) < 0 ? -1 : keep(words, words->word[1].text, &expect->hidden);
    default: return refuse_unknown(words, "line", word, all);
    }
}

static int check(const struct expect *expect, struct words *words)
{
    bool wants = false;
    words->line++;
    for (unsigned i = 0; i < expect->count; i++)
        wants = wants || expect->event[i].kind == EXPECT_MUST || expect->event[i].kind == EXPECT_SOME;
    if (!expect->machine)
        return words_refuse(words, "there is no line 'machine pc' or 'machine virt'");
    if (!expect->track)
        return words_refuse(words, "there is no line 'track NAME', which says what the lesson belongs to");
    if (!wants)
        return words_refuse(words, "nothing must occur: there is no line 'must EVENT' or 'some EVENT'");
    return 0;
}

int expect_read(struct expect *expect, const char *path, char *why)
{
    struct words words;
    int next;
    *expect = (struct expect){ .path = strdup(path), .limit = LIMIT };
    if (words_open(&words, path, why) < 0)
        return -1;
    while ((next = words_next(&words)) > 0 && (next = take_line(expect, &words)) == 0)
        ;
    if (next == 0)
        next = check(expect, &words);
    words_close(&words);
    return next;
}

// --- why -------------------------------------------------------------------------------------------------------------

// The expectation with these words. The same event may be expected several times: what is missing of a row of MUSTs is its end, so
// the last of them is meant that no line has meant yet.
static int take_broken(struct expect *expect, struct words *words, bool lacks)
{
    char *meant = joined(words, 1);
    for (unsigned i = expect->count; meant && i > 0; i--) {
        struct expect_event *event = &expect->event[i - 1];
        bool wants = event->kind == EXPECT_MUST || event->kind == EXPECT_SOME;
        if (wants == lacks && !event->broken && strcmp(event->words, meant) == 0) {
            event->broken = true;
            free(meant);
            return 0;
        }
    }
    free(meant);
    return words_refuse(words, "%.200s has no line '%s' with these words", expect->path,
                        lacks ? "must' or 'some" : "not' or 'never");
}

static int take_says(struct expect *expect, const struct words *words)
{
    if (one_value(words) < 0)
        return -1;
    if (expect->says_count == EXPECT_SAYS)
        return words_refuse(words, "more than %d lines of the answer", EXPECT_SAYS);
    expect->says[expect->says_count++] = strdup(words->word[1].text);
    return 0;
}

static int take_why_line(struct expect *expect, struct words *words)
{
    static const char *const all[] = { "source", "exit", "lacks", "breaks", "says", NULL };
    switch (find(words->word[0].text, all)) {
    case 0: return one_value(words) < 0 ? -1 : keep(words, words->word[1].text, &expect->source);
    case 1: return take_end(words, &expect->broken_end);
    case 2: return take_broken(expect, words, true);
    case 3: return take_broken(expect, words, false);
    case 4: return take_says(expect, words);
    default: return refuse_unknown(words, "line", words->word[0].text, all);
    }
}

int expect_read_why(struct expect *expect, const char *path, char *why)
{
    struct words words;
    int next;
    if (words_open(&words, path, why) < 0)
        return -1;
    while ((next = words_next(&words)) > 0 && (next = take_why_line(expect, &words)) == 0)
        ;
    words.line++;
    if (next == 0 && !expect->source)
        next = words_refuse(&words, "there is no line 'source NAME', which says what intact why is asked about");
    words_close(&words);
    return next;
}

void expect_free(struct expect *expect)
{
    for (unsigned i = 0; i < expect->count; i++) {
        struct expect_event *event = &expect->event[i];
        for (unsigned field = 0; field < event->field_count; field++) {
            free(event->field[field].name);
            free(event->field[field].value);
        }
        free(event->words);
        free(event->text);
    }
    for (unsigned i = 0; i < expect->option_count; i++)
        free(expect->option[i]);
    for (unsigned i = 0; i < expect->says_count; i++)
        free(expect->says[i]);
    free(expect->path);
    free(expect->track);
    free(expect->machine);
    free(expect->hidden);
    free(expect->source);
    *expect = (struct expect){ .path = NULL };
}

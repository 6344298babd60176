// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lesson_words.h.
#include "cli/lesson_words.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <intact/error.h>

int words_refuse(const struct words *words, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(words->why, INTACT_ERROR_SIZE, "%.200s:%u: ", words->path, words->line);
    va_start(arguments, format);
    vsnprintf(words->why + used, INTACT_ERROR_SIZE - (size_t)used, format, arguments);
    va_end(arguments);
    for (char *c = words->why; *c; c++) // a file may contain any byte
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return -1;
}

int words_open(struct words *words, const char *path, char *why)
{
    *words = (struct words){ .path = path, .why = why, .file = fopen(path, "r") };
    if (words->file)
        return 0;
    snprintf(why, INTACT_ERROR_SIZE, "cannot read '%.300s': %s", path, strerror(errno));
    return -1;
}

void words_close(struct words *words)
{
    if (words->file)
        fclose(words->file);
    words->file = NULL;
}

// Ends the word that begins at `from`, takes its quotes away, and returns what is behind it; NULL: a quote has no end.
static char *cut(char *from, struct word *word)
{
    char *to = from, *at = from;
    bool inside = false;
    *word = (struct word){ from, *from == '"' };
    for (; *at && (inside || (*at != ' ' && *at != '\t')); at++) {
        if (*at == '"')
            inside = !inside;
        else
            *to++ = *at;
    }
    char *rest = *at ? at + 1 : at;
    *to = 0;
    return inside ? NULL : rest;
}

static int split(struct words *words)
{
    char *at = words->text;
    words->count = 0;
    for (;;) {
        at += strspn(at, " \t");
        if (!*at || *at == '#')
            return 0;
        if (words->count == WORDS_LIMIT)
            return words_refuse(words, "more than %d words", WORDS_LIMIT);
        at = cut(at, &words->word[words->count++]);
        if (!at)
            return words_refuse(words, "a quote (\") that begins here has no end");
    }
}

int words_next(struct words *words)
{
    while (fgets(words->text, sizeof words->text, words->file)) {
        size_t length = strcspn(words->text, "\r\n");
        words->line++;
        if (length == sizeof words->text - 1)
            return words_refuse(words, "a line of more than %zu characters", sizeof words->text - 2);
        words->text[length] = 0;
        if (split(words) < 0)
            return -1;
        if (words->count)
            return 1;
    }
    return 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lines of a lesson's files `expect` and `why`, as words: "quotes" keep blanks together, a word that begins with # ends the line.
#ifndef CLI_LESSON_WORDS_H
#define CLI_LESSON_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#define WORDS_LIMIT 24

struct word {
    char *text;
    bool quoted; // all of it stood in quotes
};

struct words {
    const char *path;
    char *why; // INTACT_ERROR_SIZE bytes: the line of an error
    FILE *file;
    unsigned line; // of the file, from 1 on
    char text[512];
    struct word word[WORDS_LIMIT];
    unsigned count;
};

// -1: the file cannot be read, with the line in `why`.
int words_open(struct words *words, const char *path, char *why);
// The next line that has words: 1; 0: there is none; -1: it cannot be read as words.
int words_next(struct words *words);
void words_close(struct words *words);
// Writes "PATH:LINE: ..." to `why`, and returns -1.
int words_refuse(const struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

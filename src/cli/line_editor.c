// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See line_editor.h. libedit, whose bytes come by next_byte (EL_GETCFN), so that other things can be waited for meanwhile.
//
// Not modelled: a terminal whose width changes within a line.
#include "cli/line_editor.h"

#ifdef INTACT_LIBEDIT

#include <histedit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 500, MATCHES = 512, WORD = 96 };

struct line_editor {
    struct line_editor_host host;
    EditLine *edit;
    History *history;
    char *line;
    // Of a completion: what was found, sorted at its end.
    char matches[MATCHES][WORD];
    unsigned match_count;
};

static struct line_editor *editor_of(EditLine *edit)
{
    void *editor = NULL;
    el_get(edit, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt(EditLine *edit)
{
    return (char *)(size_t)editor_of(edit)->host.prompt;
}

static int get_character(EditLine *edit, wchar_t *character)
{
    struct line_editor *editor = editor_of(edit);
    int byte = editor->host.next_byte(editor->host.owner);
    *character = (wchar_t)byte;
    return byte < 0 ? 0 : 1;
}

// --- Completion ------------------------------------------------------------------------------------------------------

static void add_match(void *owner, const char *word)
{
    struct line_editor *editor = owner;
    if (editor->match_count < MATCHES && strlen(word) < WORD)
        strcpy(editor->matches[editor->match_count++], word);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void find_matches(struct line_editor *editor, const char *line)
{
    unsigned kept = 0;
    editor->match_count = 0;
    editor->host.complete(editor->host.owner, line, add_match, editor);
    qsort(editor->matches, editor->match_count, WORD, compare);
    for (unsigned i = 0; i < editor->match_count; i++)
        if (i == 0 || strcmp(editor->matches[i], editor->matches[kept - 1]) != 0)
            memmove(editor->matches[kept++], editor->matches[i], WORD);
    editor->match_count = kept;
}

// They are sorted: what the first and the last have in common, all have.
static size_t common(const struct line_editor *editor)
{
    const char *first = editor->matches[0], *last = editor->matches[editor->match_count - 1];
    size_t length = 0;
    while (first[length] && first[length] == last[length])
        length++;
    return length;
}

static void list_matches(const struct line_editor *editor)
{
    unsigned column = 0;
    putchar('\n');
    for (unsigned i = 0; i < editor->match_count; i++) {
        unsigned length = (unsigned)strlen(editor->matches[i]) + 2;
        if (column && column + length > 78) {
            putchar('\n');
            column = 0;
        }
        printf("%s  ", editor->matches[i]);
        column += length;
    }
    putchar('\n');
    fflush(stdout);
}

// A word that is whole gets a blank behind it, unless it goes on behind a colon.
static unsigned char complete(EditLine *edit, int character)
{
    struct line_editor *editor = editor_of(edit);
    const LineInfo *info = el_line(edit);
    char line[1024], more[WORD + 1];
    size_t size = (size_t)(info->cursor - info->buffer);
    (void)character;
    if (size >= sizeof line)
        return CC_ERROR;
    memcpy(line, info->buffer, size);
    line[size] = 0;
    find_matches(editor, line);
    if (!editor->match_count)
        return CC_ERROR;
    const char *blank = strrchr(line, ' ');
    size_t typed = strlen(blank ? blank + 1 : line), length = common(editor);
    if (editor->match_count > 1 && length == typed) {
        list_matches(editor);
        return CC_REDISPLAY;
    }
    snprintf(more, sizeof more, "%.*s", (int)(length - typed), editor->matches[0] + typed);
    if (editor->match_count == 1 && editor->matches[0][length - 1] != ':')
        strcat(more, " ");
    return *more && el_insertstr(edit, more) < 0 ? CC_ERROR : CC_REFRESH;
}

// --- Life ------------------------------------------------------------------------------------------------------------

// Between two lines too the terminal stays raw: what is typed there is not lost, and not shown twice.
static void set_modes(struct line_editor *editor)
{
    el_set(editor->edit, EL_SETTY, "-x", "-icanon", "-echo", "-iexten", "-icrnl", "-ixon", NULL);
    if (!editor->host.quiet)
        return;
    el_set(editor->edit, EL_SETTY, "-d", "-isig", NULL);
    el_set(editor->edit, EL_SETTY, "-x", "-isig", NULL);
}

static bool begin(struct line_editor *editor)
{
    HistEvent event;
    editor->edit = el_init("intact", stdin, stdout, stderr);
    editor->history = history_init();
    if (!editor->edit || !editor->history)
        return false;
    history(editor->history, &event, H_SETSIZE, KEPT);
    history(editor->history, &event, H_SETUNIQUE, 1);
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_PROMPT, prompt);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_set(editor->edit, EL_ADDFN, "complete", "completes a word", complete);
    el_set(editor->edit, EL_BIND, "^I", "complete", NULL);
    el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    set_modes(editor);
    return el_wset(editor->edit, EL_GETCFN, get_character) == 0;
}

struct line_editor *line_editor_open(const struct line_editor_host *host)
{
    struct line_editor *editor = calloc(1, sizeof *editor);
    if (!editor)
        return NULL;
    editor->host = *host;
    if (begin(editor))
        return editor;
    line_editor_close(editor);
    return NULL;
}

static char *without_end(const char *line, int size)
{
    size_t length = size > 0 && line[size - 1] == '\n' ? (size_t)size - 1 : (size_t)size;
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, line, length);
    copy[length] = 0;
    return copy;
}

const char *line_editor_read(struct line_editor *editor)
{
    HistEvent event;
    int size = 0;
    el_resize(editor->edit);
    const char *line = el_gets(editor->edit, &size);
    free(editor->line);
    editor->line = line && size > 0 ? without_end(line, size) : NULL;
    if (editor->line && editor->line[strspn(editor->line, " ")])
        history(editor->history, &event, H_ENTER, editor->line);
    return editor->line;
}

void line_editor_redraw(struct line_editor *editor)
{
    el_set(editor->edit, EL_REFRESH, NULL);
}

void line_editor_close(struct line_editor *editor)
{
    if (!editor)
        return;
    if (editor->edit)
        el_end(editor->edit);
    if (editor->history)
        history_end(editor->history);
    free(editor->line);
    free(editor);
}

#endif

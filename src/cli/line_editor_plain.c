// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See line_editor.h: without libedit. The terminal is raw, so what is typed is written here; backspace takes a character back,
// Ctrl-u all of them.
#include "cli/line_editor.h"

#ifndef INTACT_LIBEDIT

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1100, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };

struct line_editor {
    struct line_editor_host host;
    char line[LONGEST + 1];
    size_t length;
};

struct line_editor *line_editor_open(const struct line_editor_host *host)
{
    struct line_editor *editor = calloc(1, sizeof *editor);
    if (editor)
        editor->host = *host;
    return editor;
}

void line_editor_redraw(struct line_editor *editor)
{
    printf("%s%.*s", editor->host.prompt, (int)editor->length, editor->line);
    fflush(stdout);
}

static void take_back(struct line_editor *editor, size_t count)
{
    for (; count && editor->length; count--, editor->length--)
        fputs("\b \b", stdout);
}

static void type(struct line_editor *editor, int byte)
{
    if (byte == BACKSPACE || byte == DELETE) {
        take_back(editor, 1);
    } else if (byte == CTRL_U) {
        take_back(editor, editor->length);
    } else if (byte >= ' ' && editor->length < LONGEST) {
        editor->line[editor->length++] = (char)byte;
        putchar(byte);
    }
    fflush(stdout);
}

const char *line_editor_read(struct line_editor *editor)
{
    editor->length = 0;
    line_editor_redraw(editor);
    for (;;) {
        int byte = editor->host.next_byte(editor->host.owner);
        if (byte < 0 || (byte == CTRL_D && editor->length == 0))
            return NULL;
        if (byte == '\r' || byte == '\n')
            break;
        type(editor, byte);
    }
    editor->line[editor->length] = 0;
    puts("");
    fflush(stdout);
    return editor->line;
}

void line_editor_close(struct line_editor *editor)
{
    free(editor);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A line that is typed at a terminal: with libedit (editing, history, completion) where it was found when the command was built,
// else with the backspace key alone.
#ifndef CLI_LINE_EDITOR_H
#define CLI_LINE_EDITOR_H

struct line_editor;

struct line_editor_host {
    const char *prompt;
    // Waits for the next byte that was typed; negative: there is none any more, and the line is given up.
    int (*next_byte)(void *owner);
    // Calls `found` with each word that can stand in place of the last word of `line`.
    void (*complete)(void *owner, const char *line, void (*found)(void *owner, const char *word), void *found_owner);
    void *owner;
    int quiet; // Ctrl-c does not interrupt the process
};

// NULL: the host has no memory left, or no terminal.
struct line_editor *line_editor_open(const struct line_editor_host *host);
// Shows the prompt and waits for a line, which lives until the next call; without its end of line. NULL: there are no bytes any
// more, or the user ended the input with Ctrl-d.
const char *line_editor_read(struct line_editor *editor);
// Within next_byte: something else was written on the terminal, up to the beginning of a row; the line is shown again.
void line_editor_redraw(struct line_editor *editor);
void line_editor_close(struct line_editor *editor);

#endif

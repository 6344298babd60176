// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -display curses: the guest's text screen on the terminal, by the escape sequences of ECMA-48 that every terminal of today has. A graphics
// mode says its size. What is typed goes to the guest's keyboard as a US keyboard types it; the escape character of -echr (Ctrl-a)
// and x end the machine.
//
// Not modelled: the mouse; keys that a terminal does not send (a modifier alone, keys held down).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/error.h>
#include <intact/input.h>
#include <intact/screen.h>

#include "cli/face.h"
#include "cli/host_terminal.h"

enum { HOLD_MS = 10, LONGEST = 8 };

// clang-format off
static const uint16_t code_page[256] = { // 437, in Unicode
    0x0020, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9, 0x2642,
    0x2640, 0x266a, 0x266b, 0x263c, 0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7, 0x25ac, 0x21a8,
    0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc, 0x0020, 0x0021, 0x0022, 0x0023,
    0x0024, 0x0025, 0x0026, 0x0027, 0x0028, 0x0029, 0x002a, 0x002b, 0x002c, 0x002d, 0x002e, 0x002f,
    0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x003b,
    0x003c, 0x003d, 0x003e, 0x003f, 0x0040, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047,
    0x0048, 0x0049, 0x004a, 0x004b, 0x004c, 0x004d, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0053,
    0x0054, 0x0055, 0x0056, 0x0057, 0x0058, 0x0059, 0x005a, 0x005b, 0x005c, 0x005d, 0x005e, 0x005f,
    0x0060, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067, 0x0068, 0x0069, 0x006a, 0x006b,
    0x006c, 0x006d, 0x006e, 0x006f, 0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077,
    0x0078, 0x0079, 0x007a, 0x007b, 0x007c, 0x007d, 0x007e, 0x2302, 0x00c7, 0x00fc, 0x00e9, 0x00e2,
    0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
    0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2,
    0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
    0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
    0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566,
    0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
    0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0,
    0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
    0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a,
    0x207f, 0x00b2, 0x25a0, 0x0020,
};
// clang-format on

struct curses {
    struct intact_screen_text text; // what was copied; without cells: a graphics mode
    uint32_t width, height;         // of that
    struct intact_screen_text drawn;
    uint32_t drawn_width, drawn_height;
    bool escaped; // the escape character came
};

// --- Drawing ---------------------------------------------------------------------------------------------------------

static void look(struct face *face, struct intact_machine *machine)
{
    struct curses *curses = face->own;
    struct intact_picture picture;
    intact_screen_text_free(&curses->text);
    curses->text = (struct intact_screen_text){ .cells = NULL };
    if (intact_machine_screen_text(machine, &curses->text) == 0 || intact_machine_picture(machine, &picture) < 0)
        return;
    curses->width = picture.width;
    curses->height = picture.height;
    intact_picture_free(&picture);
}

static void put_character(uint16_t code)
{
    if (code < 0x80) {
        putchar(code);
    } else if (code < 0x800) {
        putchar(0xc0 | code >> 6);
        putchar(0x80 | (code & 0x3f));
    } else {
        putchar(0xe0 | code >> 12);
        putchar(0x80 | (code >> 6 & 0x3f));
        putchar(0x80 | (code & 0x3f));
    }
}

// The colours of a VGA, blue first, in the terminal's order.
static void put_colours(uint8_t attribute, bool blinking)
{
    static const uint8_t order[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
    unsigned ink = attribute & 15, paper = attribute >> 4 & (blinking ? 7 : 15);
    printf("\033[0;%s%u;%um", blinking && attribute & 0x80 ? "5;" : "", (ink & 8 ? 90u : 30u) + order[ink & 7],
           (paper & 8 ? 100u : 40u) + order[paper & 7]);
}

static void draw_row(const struct intact_screen_text *text, uint32_t row, uint32_t columns)
{
    int last = -1;
    printf("\033[%u;1H", (unsigned)row + 1);
    for (uint32_t i = 0; i < columns; i++) {
        const struct intact_screen_cell *cell = &text->cells[row * text->columns + i];
        if (cell->attribute != last)
            put_colours(cell->attribute, text->blinking);
        last = cell->attribute;
        put_character(code_page[cell->character]);
    }
    printf("\033[0m");
}

static bool same_row(const struct curses *curses, uint32_t row)
{
    const struct intact_screen_text *now = &curses->text, *then = &curses->drawn;
    size_t size = now->columns * sizeof *now->cells;
    return then->cells && then->columns == now->columns && then->rows == now->rows && then->blinking == now->blinking &&
           memcmp(&then->cells[row * now->columns], &now->cells[row * now->columns], size) == 0;
}

static void draw_text(struct curses *curses, uint32_t columns, uint32_t rows)
{
    struct intact_screen_text *text = &curses->text;
    if (!curses->drawn.cells || curses->drawn.columns != text->columns || curses->drawn.rows != text->rows)
        printf("\033[0m\033[2J");
    for (uint32_t row = 0; row < text->rows && row < rows; row++)
        if (!same_row(curses, row))
            draw_row(text, row, text->columns < columns ? text->columns : columns);
    if (text->cursor && text->cursor_column < columns && text->cursor_row < rows)
        printf("\033[%u;%uH\033[?25h", (unsigned)text->cursor_row + 1, (unsigned)text->cursor_column + 1);
    else
        printf("\033[?25l");
    intact_screen_text_free(&curses->drawn);
    curses->drawn = *text;
    *text = (struct intact_screen_text){ .cells = NULL };
    curses->drawn_width = curses->drawn_height = 0;
}

static void draw_graphics(struct curses *curses, unsigned columns, unsigned rows)
{
    char line[64];
    if (curses->width == curses->drawn_width && curses->height == curses->drawn_height)
        return;
    int length = snprintf(line, sizeof line, "%u x %u Graphic mode", (unsigned)curses->width, (unsigned)curses->height);
    printf("\033[0m\033[2J\033[?25l\033[%u;%uH%s", rows / 2 + 1,
           (unsigned)length < columns ? (columns - (unsigned)length) / 2 + 1 : 1, line);
    intact_screen_text_free(&curses->drawn);
    curses->drawn = (struct intact_screen_text){ .cells = NULL };
    curses->drawn_width = curses->width;
    curses->drawn_height = curses->height;
}

static void draw(struct face *face)
{
    struct curses *curses = face->own;
    unsigned columns = 80, rows = 25;
    terminal_size(&columns, &rows);
    if (curses->text.cells)
        draw_text(curses, columns, rows);
    else if (curses->width)
        draw_graphics(curses, columns, rows);
    fflush(stdout);
}

// --- Keys ------------------------------------------------------------------------------------------------------------

static void press(const struct face *face, int modifier, const int *keys, unsigned count)
{
    int all[3];
    unsigned used = 0;
    if (modifier >= 0)
        all[used++] = modifier;
    memcpy(all + used, keys, count * sizeof *keys);
    intact_machine_stroke(face->machine, all, used + count, HOLD_MS);
}

// What a terminal sends for a key behind ESC [ or ESC O.
static int key_of_sequence(const char *text)
{
    static const struct {
        const char *text;
        enum intact_key key;
    } rows[] = {
        { "A", INTACT_KEY_UP },      { "B", INTACT_KEY_DOWN },  { "C", INTACT_KEY_RIGHT }, { "D", INTACT_KEY_LEFT },
        { "H", INTACT_KEY_HOME },    { "F", INTACT_KEY_END },   { "1~", INTACT_KEY_HOME }, { "2~", INTACT_KEY_INSERT },
        { "3~", INTACT_KEY_DELETE }, { "4~", INTACT_KEY_END },  { "5~", INTACT_KEY_PGUP }, { "6~", INTACT_KEY_PGDN },
        { "7~", INTACT_KEY_HOME },   { "8~", INTACT_KEY_END },  { "P", INTACT_KEY_F1 },    { "Q", INTACT_KEY_F2 },
        { "R", INTACT_KEY_F3 },      { "S", INTACT_KEY_F4 },    { "11~", INTACT_KEY_F1 },  { "12~", INTACT_KEY_F2 },
        { "13~", INTACT_KEY_F3 },    { "14~", INTACT_KEY_F4 },  { "15~", INTACT_KEY_F5 },  { "17~", INTACT_KEY_F6 },
        { "18~", INTACT_KEY_F7 },    { "19~", INTACT_KEY_F8 },  { "20~", INTACT_KEY_F9 },  { "21~", INTACT_KEY_F10 },
        { "23~", INTACT_KEY_F11 },   { "24~", INTACT_KEY_F12 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].text, text) == 0)
            return (int)rows[i].key;
    return -1;
}

static void take_character(const struct face *face, int byte, int modifier)
{
    int keys[2], count = 1;
    if (byte == '\r' || byte == '\n')
        keys[0] = INTACT_KEY_RET;
    else if (byte == 0x7f || byte == '\b')
        keys[0] = INTACT_KEY_BACKSPACE;
    else if (byte == '\t')
        keys[0] = INTACT_KEY_TAB;
    else if (byte == 0x1b)
        keys[0] = INTACT_KEY_ESC;
    else if (byte > 0 && byte <= 26) {
        intact_key_of_character((char)('a' - 1 + byte), keys);
        keys[1] = keys[0];
        keys[0] = INTACT_KEY_CTRL;
        count = 2;
    } else
        count = intact_key_of_character((char)byte, keys);
    if (count > 0)
        press(face, modifier, keys, (unsigned)count);
}

// Behind ESC: the rest of a sequence, a character with Alt, or nothing.
static void take_escape(const struct face *face)
{
    char text[LONGEST] = "";
    int byte = terminal_key(0);
    if (byte < 0) {
        take_character(face, 0x1b, -1);
    } else if (byte != '[' && byte != 'O') {
        take_character(face, byte, INTACT_KEY_ALT);
    } else {
        for (unsigned i = 0; i < LONGEST - 1 && (byte = terminal_key(0)) >= 0; i++) {
            text[i] = (char)byte;
            if (byte >= '@')
                break;
        }
        int key = key_of_sequence(text);
        if (key >= 0)
            press(face, -1, &key, 1);
    }
}

// False: the user ends the machine, or nothing can be typed any more.
static bool step(struct face *face, unsigned milliseconds)
{
    struct curses *curses = face->own;
    int byte = terminal_key((int)milliseconds);
    if (byte == TERMINAL_NO_MORE)
        return false;
    if (byte < 0)
        return true;
    bool behind = curses->escaped;
    curses->escaped = !behind && face->escape && byte == face->escape;
    if (behind && byte != face->escape)
        return byte != 'x';
    if (!curses->escaped && byte == 0x1b)
        take_escape(face);
    else if (!curses->escaped)
        take_character(face, byte, -1);
    return true;
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void end(struct face *face)
{
    struct curses *curses = face->own;
    printf("\033[0m");
    terminal_other_screen(false);
    terminal_restore();
    intact_screen_text_free(&curses->text);
    intact_screen_text_free(&curses->drawn);
    free(curses);
    face->own = NULL;
}

bool face_curses(struct face *face, char *why)
{
    struct curses *curses = calloc(1, sizeof *curses);
    bool terminal = terminal_input() && terminal_output(1);
    if (!curses || !terminal) {
        snprintf(why, INTACT_ERROR_SIZE, "-display curses: %s",
                 terminal ? "the host has no memory left" : "standard input and output are no terminal");
        free(curses);
        return false;
    }
    face->own = curses;
    face->look = look;
    face->draw = draw;
    face->step = step;
    face->close = end;
    terminal_raw(false);
    terminal_other_screen(true);
    return true;
}

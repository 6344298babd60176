// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact watch: a machine on the terminal, run and stepped by keys (src/view/session.h). With -keys no terminal is needed: the keys
// are those, and the last screen is printed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/watch.h"

#include "cli/host_terminal.h"
#include "cli/options.h"
#include "cli/run.h"
#include "cli/text.h"
#include "view/keys.h"
#include "view/session.h"
#include "view/view_json.h"
#include "view/window/window.h"

enum { WINDOW_WIDTH = 120, WINDOW_HEIGHT = 40 }; // characters, if -size says nothing

#define FRAME UINT64_C(33000000) // ns between two pictures of a machine that runs

static int show_usage(void)
{
    puts("intact watch [-keys KEYS] [-size WxH] [-shot FILE] [--] RUN OPTIONS\n"
         "Shows a machine on the terminal: its chips with their registers, its wires, what lets interrupts into each\n"
         "processor, and the lives of its interrupts. It stands still before the first instruction; keys run it, by\n"
         "instructions and by events, forwards and back; ? lists them. The guest's serial port is shown, too.\n"
         "A -break stops it, too; -limit N ends the run; -snapshots says how much memory the way back may take.\n"
         "  -keys KEYS  does what these keys would, prints the last screen and ends; T is Tab, t Shift-Tab, others\n"
         "              have names: <Enter> <Esc> <Up> <Down> <Left> <Right> <Ctrl-a> <click COLUMN,LINE>\n"
         "  -size WxH   of the screen in characters, 80x24 to 400x200\n"
         "  -shot FILE  the last screen goes there as text, - for standard output; as a picture to FILE.png; what is "
         "to be\n"
         "              seen as JSON to FILE.json\n"
         "With -display sdl it is in a window, where a click does what the cursor's Enter does.\n"
         "Exit status: 0, or 1 if a line on standard error says what is wrong.");
    return 0;
}

// --- The screen ------------------------------------------------------------------------------------------------------

// Colours are not needed to read the screen: each has a sign, too.
static const char *const styles[GRID_STYLES] = {
    [GRID_PLAIN] = "\033[0m",        [GRID_TITLE] = "\033[0;1;34m",     [GRID_QUIET] = "\033[0;2m",
    [GRID_CHANGED] = "\033[0;1;33m", [GRID_OPEN] = "\033[0;32m",        [GRID_CLOSED] = "\033[0;31m",
    [GRID_BAR] = "\033[0;7m",        [GRID_CURSOR] = "\033[0;1;30;46m", [GRID_RULE] = "\033[0;34m",
};

static void show(const struct grid *grid)
{
    fputs("\033[H", stdout);
    for (unsigned line = 0; line < grid->height; line++) {
        const struct grid_cell *cells = &grid->cells[(size_t)line * grid->width];
        for (unsigned i = 0; i < grid->width; i++) {
            if (i == 0 || cells[i].style != cells[i - 1].style)
                fputs(styles[cells[i].style], stdout);
            putchar(cells[i].character);
        }
        fputs(line + 1 < grid->height ? "\033[0m\r\n" : "\033[0m", stdout);
    }
    fflush(stdout);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && strcasecmp(text + length - size, end) == 0;
}

static void write_text(FILE *file, const struct grid *grid)
{
    char text[GRID_MAX_WIDTH + 1];
    for (unsigned line = 0; line < grid->height; line++) {
        grid_text(grid, line, text);
        fprintf(file, "%s\n", text);
    }
}

static bool write_json(FILE *file, const struct session *session)
{
    char *text = view_json(session);
    if (text)
        fprintf(file, "%s\n", text);
    free(text);
    return text;
}

static int write_png(const struct settings *settings, const struct grid *grid, const char *path)
{
    char why[INTACT_ERROR_SIZE];
    const struct window_font font = { settings->font, settings->font_size };
    return window_write_png(grid, &font, path, why) < 0 ? cli_fail(why) : 0;
}

static int write_shot(const struct settings *settings, const struct watch_wish *wish, const struct session *session,
                      const struct grid *grid)
{
    char why[200];
    const char *path = wish->shot ? wish->shot : "-";
    if (ends_with(path, ".png"))
        return write_png(settings, grid, path);
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!file) {
        snprintf(why, sizeof why, "watch: cannot write '%.80s': %s", path, strerror(errno));
        return cli_fail(why);
    }
    errno = ENOMEM;
    bool failed = ends_with(path, ".json") && !write_json(file, session);
    if (!ends_with(path, ".json"))
        write_text(file, grid);
    failed |= ferror(file) | fflush(file);
    int error = errno;
    if (file != stdout)
        fclose(file);
    if (!failed)
        return 0;
    snprintf(why, sizeof why, "watch: cannot write '%.80s': %s", path, strerror(error));
    return cli_fail(why);
}

// --- Keys ------------------------------------------------------------------------------------------------------------

// Shift-Tab is ESC [ Z; the arrows are ESC [ A to D; ESC alone is itself.
static int escaped_key(void)
{
    static const char letters[] = "ABCDZ";
    static const int keys[] = { VIEW_KEY_UP, VIEW_KEY_DOWN, VIEW_KEY_RIGHT, VIEW_KEY_LEFT, VIEW_KEY_BACK_TAB };
    int next = terminal_key(50);
    if (next != '[')
        return next == TERMINAL_NO_KEY ? VIEW_KEY_ESCAPE : ' ';
    int last = terminal_key(50);
    const char *at = last > 0 ? strchr(letters, last) : NULL;
    return at ? keys[at - letters] : ' ';
}

// A window may have become larger or smaller. False: it is too small for a screen.
static bool follow_size(struct grid *grid, const struct watch_wish *wish)
{
    unsigned width, height;
    if (wish->width || !terminal_size(&width, &height))
        return true;
    width = width < GRID_MAX_WIDTH ? width : GRID_MAX_WIDTH;
    height = height < GRID_MAX_HEIGHT ? height : GRID_MAX_HEIGHT;
    if (width < PANES_MIN_WIDTH || height < PANES_MIN_HEIGHT)
        return false;
    struct grid other;
    if ((width != grid->width || height != grid->height) && grid_init(&other, width, height) == 0) {
        grid_free(grid);
        *grid = other;
    }
    return true;
}

static uint64_t host_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void draw(struct session *session, struct grid *grid, const struct watch_wish *wish)
{
    if (follow_size(grid, wish)) {
        session_draw(session, grid);
        show(grid);
    } else {
        fputs("\033[H\033[2J80x24 characters are needed", stdout);
        fflush(stdout);
    }
}

// The host's clock only says when to draw, and how fast a guest at its console may run.
static void by_hand(struct session *session, struct grid *grid, const struct watch_wish *wish)
{
    uint64_t drawn = 0;
    bool goes_on = true, console = false;
    terminal_other_screen(true);
    terminal_raw(true);
    while (goes_on) {
        uint64_t now = host_time();
        if (session->panes.console != console) { // Ctrl-c is the guest's there
            console = !console;
            terminal_restore();
            terminal_raw(!console);
        }
        if (!session->runs || now - drawn >= FRAME) {
            draw(session, grid, wish);
            drawn = now;
        }
        int wait = session->runs ? (int)session_pace(session, now) : -1, key = terminal_key(wait);
        if (key == TERMINAL_NO_KEY && session->runs && wait == 0)
            session_run_on(session);
        else if (key != TERMINAL_NO_KEY)
            goes_on = key != TERMINAL_NO_MORE && session_key(session, key == '\033' ? escaped_key() : key);
    }
    terminal_restore();
    terminal_other_screen(false);
}

// The machine runs as long as it would; what is typed into the guest's console comes in before it goes on.
static void by_list(struct session *session, struct grid *grid, const char *keys)
{
    session_draw(session, grid);
    for (bool goes_on = true; *keys && goes_on;) {
        goes_on = session_key(session, view_key_next(&keys, session->panes.console));
        while (session->runs && !session_expects(session, keys))
            session_run_on(session);
    }
}

// --- The verb --------------------------------------------------------------------------------------------------------

static int take_size(struct settings *settings, struct watch_wish *wish, const char *text)
{
    unsigned width, height;
    char end;
    bool good = sscanf(text, "%ux%u%c", &width, &height, &end) == 2 && width >= PANES_MIN_WIDTH &&
                height >= PANES_MIN_HEIGHT && width <= GRID_MAX_WIDTH && height <= GRID_MAX_HEIGHT;
    if (!good)
        return refuse(settings, "watch: -size '%.40s': needs a width and a height, 80x24 to 400x200", text);
    wish->width = width;
    wish->height = height;
    return 0;
}

static bool is_key(int key)
{
    return (key < 0x80 && session_knows((char)key)) || key == VIEW_KEY_TAB || key == VIEW_KEY_ENTER ||
           key == VIEW_KEY_ESCAPE || key >= 0x100;
}

// Of a key in a message: a name in brackets, or a whole character of UTF-8.
static int shown_length(const char *key)
{
    int length = *key == '<' ? (int)strcspn(key, ">") + 1 : 1;
    while (*key != '<' && ((uint8_t)key[length] & 0xc0) == 0x80)
        length++;
    return length;
}

static int take_keys(struct settings *settings, const char *keys)
{
    bool console = false, escape = false;
    for (const char *at = keys; *at;) {
        const char *from = at;
        int key = view_key_next(&at, console);
        if (key < 0 || (!console && !is_key(key)))
            return refuse(
                settings,
                "watch: -keys '%.40s': there is no key '%.*s'; the keys are %s, T, t, and in <> Enter, Esc, Tab, Up, "
                "Down, Left, Right, Ctrl-a, click X,Y, and in the console Space, lt",
                keys, shown_length(from), from, SESSION_KEYS);
        console = console ? !(escape && key == 'c') : key == 'C';
        escape = key == VIEW_KEY_CTRL_A;
    }
    return 0;
}

// A picture in a form that there is not is no text either.
static bool can_write(const char *path)
{
    static const char *const others[] = { ".svg", ".jpg", ".jpeg", ".gif", ".bmp", ".ppm", ".webp", ".pdf" };
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        if (ends_with(path, others[i]))
            return false;
    return true;
}

// An option of watch that stands behind one of the run.
static bool is_late(int argc, char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (!strcmp(argv[i], "-keys") || !strcmp(argv[i], "-shot") || !strcmp(argv[i], "-size"))
            return true;
    return false;
}

// The options before those of the run: how many words they are, or -1.
static int parse(struct settings *settings, struct watch_wish *wish, int argc, char *const *argv)
{
    int used = 0;
    while (used < argc) {
        const char *word = argv[used] + (argv[used][0] == '-' && argv[used][1] == '-' && argv[used][2]);
        const char **text = strcmp(word, "-keys") == 0 ? &wish->keys : strcmp(word, "-shot") == 0 ? &wish->shot : NULL;
        bool size = strcmp(word, "-size") == 0;
        if (strcmp(word, "--") == 0)
            return used + 1;
        if (!text && !size)
            break;
        if (text == &wish->shot && used + 1 < argc && !can_write(argv[used + 1]))
            return refuse(settings, "watch: -shot '%.80s': pictures are written as .png alone, states as .json",
                          argv[used + 1]);
        if (used + 1 == argc)
            return refuse(settings, "watch: %s needs a value", word);
        if (size && take_size(settings, wish, argv[used + 1]) < 0)
            return -1;
        if (text)
            *text = argv[used + 1];
        if (text == &wish->keys && take_keys(settings, wish->keys) < 0)
            return -1;
        used += 2;
    }
    return used;
}

// 80 by 24 if nothing says otherwise; what is larger than a grid can be is not used.
static int make_grid(struct settings *settings, const struct watch_wish *wish, struct grid *grid)
{
    unsigned width = PANES_MIN_WIDTH, height = PANES_MIN_HEIGHT;
    if (wish->width) {
        width = wish->width;
        height = wish->height;
    } else if (settings->window) {
        width = WINDOW_WIDTH;
        height = WINDOW_HEIGHT;
    } else if (!wish->keys && terminal_size(&width, &height) &&
               (width < PANES_MIN_WIDTH || height < PANES_MIN_HEIGHT)) {
        return refuse(settings, "watch: the terminal has %u by %u characters; 80 by 24 are needed", width, height);
    }
    width = width < GRID_MAX_WIDTH ? width : GRID_MAX_WIDTH;
    height = height < GRID_MAX_HEIGHT ? height : GRID_MAX_HEIGHT;
    return grid_init(grid, width, height) < 0 ? refuse(settings, "watch: the host has no memory left") : 0;
}

static int show_session(struct settings *settings, const struct watch_wish *wish, struct session *session,
                        struct grid *grid)
{
    const struct window_wish window = { .font = { settings->font, settings->font_size },
                                        .keys = wish->keys,
                                        .paced = settings->sleep != CHOICE_OFF };
    if (wish->console && !settings->stopped)
        session_console(session);
    if (settings->window)
        return window_run(session, grid, &window, settings->why) < 0 ? cli_fail(settings->why) : 0;
    if (wish->keys)
        by_list(session, grid, wish->keys);
    else
        by_hand(session, grid, wish);
    return 0;
}

static int run_session(struct settings *settings, const struct watch_wish *wish, struct session *session,
                       struct grid *grid)
{
    struct intact_machine *machine = watch_open(settings, session);
    if (!machine)
        return cli_fail(settings->why);
    int status = show_session(settings, wish, session, grid);
    session_draw(session, grid);
    if (status == 0 && (wish->keys || wish->shot))
        status = write_shot(settings, wish, session, grid);
    if (status == 0 && wish->console && session_has_ended(session))
        status = session->end.status;
    watch_close(machine, session);
    return status;
}

int watch_machine(struct settings *settings, const struct watch_wish *wish)
{
    static struct session session; // large
    struct grid grid = { .cells = NULL };
    if (!settings->window && !wish->keys && !terminal_input())
        return cli_fail("watch: standard input is no terminal; -keys KEYS says what to do");
    if (watch_check(settings) < 0 || make_grid(settings, wish, &grid) < 0)
        return cli_fail(settings->why);
    int status = run_session(settings, wish, &session, &grid);
    grid_free(&grid);
    return status;
}

int watch_in_window(struct settings *settings)
{
    return watch_machine(settings, &(struct watch_wish){ .console = true });
}

int cli_watch(int argc, char *const *argv)
{
    static struct settings settings; // large
    struct watch_wish wish = { .keys = NULL };
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    settings_init(&settings);
    int used = parse(&settings, &wish, argc, argv), status;
    if (used >= 0 && is_late(argc - used, argv + used))
        used = refuse(&settings, "watch: -keys, -size and -shot come before the options of the run");
    if (used < 0 || options_parse(&settings, argc - used, argv + used) < 0)
        status = cli_fail(settings.why);
    else
        status = settings.action == RUN ? watch_machine(&settings, &wish) : cli_act(&settings);
    settings_free(&settings);
    return status;
}

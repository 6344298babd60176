// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See session.h.
#include "view/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <intact/snapshot.h>

#include "view/cursor.h"
#include "view/keys.h"
#include "view/notes.h"

enum { PORTION = 200000, LEAP = 1000000, SEARCH_LIMIT = 200000000 };

static struct intact_machine *machine_of(const struct session *session)
{
    return session->view->machine;
}

// --- Running ---------------------------------------------------------------------------------------------------------

static void tell_state(struct session *session, const struct intact_exit *end)
{
    if (end->reason == INTACT_PAUSED)
        snprintf(session->state, sizeof session->state, "stopped");
    else if (end->reason == INTACT_BREAK)
        snprintf(session->state, sizeof session->state, "stopped by %s", intact_break_event_hit(machine_of(session)));
    else if (end->reason == INTACT_DEADLOCK)
        snprintf(session->state, sizeof session->state, "every processor waits, and nothing will wake one%s",
                 session->panes.console ? " but a key" : "");
    else if (end->reason == INTACT_FAILED)
        snprintf(session->state, sizeof session->state, "%s", intact_machine_error(machine_of(session)));
    else
        snprintf(session->state, sizeof session->state, "ended: %s", intact_reason_text(end->reason));
}

bool session_has_ended(const struct session *session)
{
    enum intact_reason reason = session->end.reason;
    return session->started && reason != INTACT_PAUSED && reason != INTACT_BREAK &&
           !(reason == INTACT_DEADLOCK && session->typed);
}

// An event of a processor: from here on that one is shown.
static void note_end(struct session *session)
{
    tell_state(session, &session->end);
    if (session->end.reason == INTACT_BREAK && session->end.cpu < session->view->cpu_count)
        session->panes.cpu = session->end.cpu;
}

// False: it did not come to the end of the `count` instructions.
static bool run(struct session *session, uint64_t count)
{
    if (session_has_ended(session))
        return false;
    session->started = true;
    session->typed = false;
    session->end = intact_machine_run_for(machine_of(session), count);
    note_end(session);
    return session->end.reason == INTACT_PAUSED;
}

// One instruction of the processor that is shown, or where it executes none, of any.
static void step(struct session *session)
{
    unsigned cpu = session->panes.cpu;
    if (session_has_ended(session) || session->view->cpu_count == 1 ||
        intact_machine_cpu_state(machine_of(session), cpu) != INTACT_CPU_RUNNING) {
        run(session, 1);
        return;
    }
    session->started = true;
    session->end = intact_machine_step(machine_of(session), cpu);
    if (session->end.reason == INTACT_BREAK && session->end.stop == INTACT_STOP_STEP)
        session->end.reason = INTACT_PAUSED;
    note_end(session);
}

static bool go_to(struct session *session, uint64_t instructions)
{
    char why[INTACT_ERROR_SIZE];
    int result = view_go_to(session->view, instructions, why);
    session->end.reason = INTACT_PAUSED;
    snprintf(session->state, sizeof session->state, "%s", result < 0 ? why : "stopped");
    return result == 0;
}

// The stations at which `n` and `p` stop, besides the events that the user has added: those stay.
static const char *const events[] = { "raise", "accept", "deliver", "ack", "eoi" };

enum { EVENTS = sizeof events / sizeof events[0] };

// Adds those that the family has, and that are not there yet. The set of them.
static unsigned add_events(struct session *session)
{
    unsigned added = 0;
    for (unsigned i = 0; i < EVENTS; i++)
        if (intact_break_event(machine_of(session), events[i], NULL) == 0)
            added |= 1u << i;
    return added;
}

static void remove_events(struct session *session, unsigned added)
{
    for (unsigned i = 0; i < EVENTS; i++)
        if (added >> i & 1)
            intact_break_event_remove(machine_of(session), events[i]);
}

static void next_event(struct session *session)
{
    unsigned added = add_events(session);
    if (run(session, SEARCH_LIMIT))
        snprintf(session->state, sizeof session->state, "no event within %d instructions", SEARCH_LIMIT);
    remove_events(session, added);
}

static void last_event(struct session *session)
{
    char why[INTACT_ERROR_SIZE];
    unsigned added = add_events(session);
    if (view_back(session->view, &session->end, why) < 0)
        snprintf(session->state, sizeof session->state, "%s", why);
    else
        note_end(session);
    remove_events(session, added);
}

void session_run_on(struct session *session)
{
    session->runs = session->runs && run(session, PORTION);
    session->stale = true;
}

bool session_expects(const struct session *session, const char *keys)
{
    static const char escape[] = "<Ctrl-a>";
    return session->typed && *keys && strncmp(keys, escape, sizeof escape - 1) != 0;
}

enum { PACE = 33 };

unsigned session_pace(struct session *session, uint64_t host)
{
    uint64_t guest = intact_machine_time(machine_of(session));
    uint64_t guest_passed = guest - session->guest_start, host_passed = host - session->host_start;
    if (!session->panes.console || guest < session->guest_start || guest_passed <= host_passed) {
        session->guest_start = guest;
        session->host_start = host;
        return 0;
    }
    uint64_t ahead = (guest_passed - host_passed) / 1000000;
    return ahead < PACE ? (unsigned)ahead : PACE;
}

// --- The guest's console ---------------------------------------------------------------------------------------------

static void start_run(struct session *session)
{
    session->runs = !session_has_ended(session);
    session->guest_start = UINT64_MAX; // session_pace begins anew
}

void session_console(struct session *session)
{
    session->panes.console = true;
    session->panes.note[0] = 0;
    start_run(session);
}

static void leave_console(struct session *session)
{
    session->panes.console = session->runs = session->escape = false;
    view_look(session->view);
}

// What a key sends, as a VT100's keys do.
static void type(struct session *session, int key)
{
    static const char arrows[] = "ABDC";
    char text[4] = { (char)key };
    size_t size = 1;
    if (key >= VIEW_KEY_UP && key <= VIEW_KEY_RIGHT)
        size = (size_t)snprintf(text, sizeof text, "\033[%c", arrows[key - VIEW_KEY_UP]);
    else if (key >= 0x100)
        return;
    if (intact_machine_input(machine_of(session), text, size) == 0)
        snprintf(session->state, sizeof session->state, "the guest takes no more keys");
    session->typed = true;
    if (!session->runs)
        start_run(session);
}

// Ctrl-a begins a key that is not for the guest, as on the terminal of intact run. False: Ctrl-a x.
static bool console_key(struct session *session, int key)
{
    bool escape = session->escape;
    session->escape = false;
    if (key == VIEW_KEY_QUIT || (escape && key == 'x'))
        return false;
    if (key == VIEW_KEY_LEAVE || (escape && key == 'c'))
        leave_console(session);
    else if (escape && (key == 'a' || key == VIEW_KEY_CTRL_A))
        type(session, VIEW_KEY_CTRL_A);
    else if (key == VIEW_KEY_CTRL_A)
        session->escape = true;
    else if (!escape)
        type(session, key);
    return true;
}

// --- Why -------------------------------------------------------------------------------------------------------------

// Of the chosen interrupt, and at each further key of the next source that the machine has.
static void ask_why(struct session *session)
{
    const struct view *view = session->view;
    struct panes *panes = &session->panes;
    char name[64] = "";
    if ((!*panes->note || strcmp(panes->note_title, "why") != 0) && view->life_count) {
        unsigned chosen = panes->life < view->life_count ? panes->life : view->life_count - 1;
        snprintf(name, sizeof name, "%s", view->lives[view->life_count - 1 - chosen].asks);
        session->source = 0;
    } else if (!intact_machine_source(machine_of(session), session->source++, name, sizeof name)) {
        session->source = 0;
        intact_machine_source(machine_of(session), session->source++, name, sizeof name);
    }
    panes->note[0] = 0;
    panes->note_title = "why";
    notes_add_why(view, name, panes->note, PANES_NOTE);
}

// --- Instants --------------------------------------------------------------------------------------------------------

void session_go_to(struct session *session, uint64_t instructions)
{
    uint64_t now = intact_machine_instructions(machine_of(session));
    session->runs = false;
    session->panes.note[0] = 0;
    session->panes.life = 0;
    if (instructions > now)
        run(session, instructions - now);
    else if (instructions < now)
        go_to(session, instructions);
    view_look(session->view);
}

// --- Keys ------------------------------------------------------------------------------------------------------------

static void choose_chip(struct session *session, unsigned chip)
{
    session->panes.chip = chip;
    session->panes.first_register = 0;
}

static void choose(struct session *session, int key)
{
    struct panes *panes = &session->panes;
    const struct view *view = session->view;
    unsigned chips = view->chip_count;
    switch (key) {
    case VIEW_KEY_TAB: choose_chip(session, (panes->chip + 1) % chips); break;
    case VIEW_KEY_BACK_TAB: choose_chip(session, (panes->chip + chips - 1) % chips); break;
    case 'c': panes->cpu = (panes->cpu + 1) % view->cpu_count; break;
    case 'j':
    case VIEW_KEY_DOWN: panes->first_register += panes->first_register + 1 < panes_rows(view, panes->chip); break;
    case 'k':
    case VIEW_KEY_UP: panes->first_register -= panes->first_register > 0; break;
    case 'h':
    case VIEW_KEY_LEFT: panes->life += panes->life + 1 < view->life_count; break;
    case 'l':
    case VIEW_KEY_RIGHT: panes->life -= panes->life > 0; break;
    default: break;
    }
}

bool session_knows(char key)
{
    return key && strchr(SESSION_KEYS, key);
}

static bool acts(struct session *session, int key)
{
    uint64_t now = intact_machine_instructions(machine_of(session));
    switch (key) {
    case 's': step(session); return true;
    case 'n': next_event(session); return true;
    case 'G': run(session, LEAP); return true;
    case 'p': last_event(session); return true;
    case 'b':
        if (now)
            go_to(session, now - 1);
        else
            snprintf(session->state, sizeof session->state, "this is the beginning");
        return true;
    default: return false;
    }
}

static bool plain_key(struct session *session, int key)
{
    struct panes *panes = &session->panes;
    session->runs = false;
    if (panes->help && key != '?' && key != 'q')
        return true;
    if (key == 'w') {
        ask_why(session);
        return true;
    }
    panes->note[0] = 0;
    switch (key) {
    case 'q': return false;
    case '?': panes->help = !panes->help; return true;
    case 'i': panes->full = !panes->full; return true;
    case 'g': start_run(session); return true;
    case 'C': session_console(session); return true;
    }
    if (acts(session, key)) {
        panes->life = 0;
        view_look(session->view);
    } else {
        choose(session, key);
    }
    return true;
}

// --- Wires -----------------------------------------------------------------------------------------------------------

// A wire is held high by hand, or let go: input of the machine, which comes when it goes on.
static void hold_wire(struct session *session, uint32_t index)
{
    if (index >= session->view->wire_count)
        return;
    const struct view_wire *wire = &session->view->wires[index];
    int result = intact_machine_hold_wire(machine_of(session), wire->gsi, !wire->held);
    if (result < 0)
        snprintf(session->state, sizeof session->state, "GSI %" PRIu32 " cannot be held: %s", wire->gsi,
                 result == -ENXIO ? "it leads nowhere" : strerror(-result));
    else
        snprintf(session->state, sizeof session->state, "GSI %" PRIu32 " is %s when the machine goes on", wire->gsi,
                 wire->held ? "let go" : "held high by hand");
    session->typed |= result == 0;
}

// --- A cursor, and a mouse -------------------------------------------------------------------------------------------

static bool has_station(const struct view *view, uint64_t number, unsigned station)
{
    for (unsigned i = 0; i < view->life_count; i++)
        if (view->lives[i].number == number)
            return station < view->lives[i].count;
    return false;
}

// To the first place behind the event of a station: what comes within an instruction belongs to this one, what comes between two to
// the next one.
static void go_to_station(struct session *session, const struct view_life *life, unsigned station)
{
    uint64_t number = life->number, instructions = life->stations[station].instructions;
    uint64_t now = intact_machine_instructions(machine_of(session));
    bool gone = go_to(session, instructions);
    if (gone && instructions < now && !has_station(session->view, number, station))
        go_to(session, instructions + 1);
    session->panes.life = 0;
    view_look(session->view);
}

// False: the target was a key, which ends the session.
static bool point_at(struct session *session, struct grid_target target)
{
    struct panes *panes = &session->panes;
    const struct view *view = session->view;
    session->runs = panes->console && session->runs;
    switch ((enum panes_target)target.kind) {
    case PANES_KEY: return target.index && session_key(session, (int)target.index);
    case PANES_PRINTED:
        if (!panes->console)
            session_console(session);
        return true;
    case PANES_CHIP: choose_chip(session, target.index); return true;
    case PANES_LEVEL: hold_wire(session, target.index); return true;
    case PANES_LIFE:
        panes->life = target.index < view->life_count ? view->life_count - 1 - target.index : 0;
        return true;
    case PANES_STATION:
        if (target.index < view->life_count && target.part < view->lives[target.index].count)
            go_to_station(session, &view->lives[target.index], target.part);
        return true;
    default:
        if (!notes_write(view, target, panes->note, PANES_NOTE, &panes->note_title))
            panes->note[0] = 0;
        return true;
    }
}

static bool click(struct session *session, unsigned column, unsigned line)
{
    struct grid *grid = session->grid;
    if (grid && !session->runs)
        session_draw(session, grid); // as the user sees it
    if (!grid || column >= grid->width || line >= grid->height)
        return true;
    struct grid_target target = grid_cell(grid, column, line)->target;
    return target.kind == PANES_NOTHING || point_at(session, target);
}

// Moves the cursor, or the registers below it where it is at their end.
static void move_cursor(struct session *session, enum cursor_way way)
{
    struct panes *panes = &session->panes;
    bool moved = cursor_move(session->grid, panes_pane_of, way, &panes->cursor);
    bool chip = panes_pane_of(panes->cursor) == panes_pane_of((struct grid_target){ .kind = PANES_REGISTER });
    if (moved || !chip || (way != CURSOR_DOWN && way != CURSOR_UP))
        return;
    choose(session, way == CURSOR_DOWN ? 'j' : 'k');
    session_draw(session, session->grid);
    cursor_move(session->grid, panes_pane_of, way, &panes->cursor);
}

// True: it was a key for the cursor. What it stood on may be gone: then it is put to the next pane.
static bool cursor_key(struct session *session, int key, bool *goes_on)
{
    static const char letters[] = "kjhl";
    struct panes *panes = &session->panes;
    const char *at = key > ' ' && key < 0x7f ? strchr(letters, key) : NULL;
    unsigned column, line, way = at ? (unsigned)(at - letters) : (unsigned)(key - VIEW_KEY_UP);
    if (!session->grid || panes->help || (key != 'o' && !panes->cursor.kind))
        return false;
    session_draw(session, session->grid);
    if (key == 'o') {
        cursor_next_pane(session->grid, panes_pane_of, &panes->cursor);
    } else if (key == VIEW_KEY_ESCAPE) {
        if (!*panes->note)
            panes->cursor = (struct grid_target){ 0 };
        panes->note[0] = 0;
    } else if (!cursor_find(session->grid, panes->cursor, &column, &line) && (way < 4 || key == VIEW_KEY_ENTER)) {
        cursor_next_pane(session->grid, panes_pane_of, &panes->cursor);
    } else if (key == VIEW_KEY_ENTER) {
        *goes_on = point_at(session, panes->cursor);
    } else if (way < 4) {
        move_cursor(session, (enum cursor_way)way);
    } else {
        return false;
    }
    session->runs &= panes->console || key == VIEW_KEY_ENTER;
    return true;
}

bool session_key(struct session *session, int key)
{
    unsigned column, line;
    bool goes_on = true;
    if (view_key_is_click(key, &column, &line))
        return click(session, column, line);
    if (session->panes.console)
        return console_key(session, key);
    if (cursor_key(session, key, &goes_on))
        return goes_on;
    return plain_key(session, key);
}

// --- The screen ------------------------------------------------------------------------------------------------------

size_t session_printed(const struct session *session)
{
    size_t length = strlen(session->printed);
    while (length && session->printed_at[length - 1] >= session->view->instructions)
        length--;
    return length;
}

void session_look(struct session *session)
{
    if (session->stale)
        view_look(session->view);
    session->stale = false;
}

void session_draw(struct session *session, struct grid *grid)
{
    session_look(session);
    session->grid = grid;
    struct panes panes = session->panes;
    panes.state = !session->runs ? session->state : panes.console ? "running" : "running; a key stops it";
    panes.printed = session->printed;
    panes.printed_size = session_printed(session);
    panes_draw(session->view, &panes, grid);
}

void session_print(void *owner, uint8_t byte)
{
    struct session *session = owner;
    size_t length = strlen(session->printed);
    if (length == SESSION_PRINTED - 1) {
        memmove(session->printed, session->printed + SESSION_PRINTED / 2, SESSION_PRINTED / 2);
        memmove(session->printed_at, session->printed_at + SESSION_PRINTED / 2, sizeof session->printed_at / 2);
        length -= SESSION_PRINTED / 2;
    }
    session->printed[length] = byte ? (char)byte : ' ';
    session->printed_at[length] = session->view ? intact_machine_instructions(machine_of(session)) : 0;
    session->printed[length + 1] = 0;
}

int session_open(struct session *session, struct intact_machine *machine, const struct intact_machine_config *config,
                 char *why)
{
    int result = view_open(machine, config, &session->view);
    if (result < 0) {
        snprintf(why, INTACT_ERROR_SIZE, "the host has no memory left");
        return result;
    }
    snprintf(session->state, sizeof session->state, "not started");
    return 0;
}

void session_close(struct session *session)
{
    view_close(session->view);
    session->view = NULL;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See session.h.
#include "view/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <intact/snapshot.h>

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
        snprintf(session->state, sizeof session->state, "every processor waits, and nothing will wake one");
    else if (end->reason == INTACT_FAILED)
        snprintf(session->state, sizeof session->state, "%s", intact_machine_error(machine_of(session)));
    else
        snprintf(session->state, sizeof session->state, "ended: %s", intact_reason_text(end->reason));
}

bool session_has_ended(const struct session *session)
{
    enum intact_reason reason = session->end.reason;
    return session->started && reason != INTACT_PAUSED && reason != INTACT_BREAK;
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
    view_look(session->view);
}

// --- Why -------------------------------------------------------------------------------------------------------------

static void add_note(struct panes *panes, const char *text, const char *section)
{
    size_t used = strlen(panes->note);
    snprintf(panes->note + used, PANES_NOTE - used, "%s%s%s%s\n", text, *section ? " (" : "", section,
             *section ? ")" : "");
}

static void take_finding(void *owner, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    intact_why_text(finding, text, sizeof text);
    add_note(owner, text, intact_why_section(finding->reason));
}

// Of the chosen interrupt, and at each further key of the next source that the machine has.
static void ask_why(struct session *session)
{
    const struct view *view = session->view;
    struct panes *panes = &session->panes;
    char name[64] = "", why[INTACT_ERROR_SIZE];
    if (!*panes->note && view->life_count) {
        unsigned chosen = panes->life < view->life_count ? panes->life : view->life_count - 1;
        snprintf(name, sizeof name, "%s", view->lives[view->life_count - 1 - chosen].source);
        session->source = 0;
    } else if (!intact_machine_source(machine_of(session), session->source++, name, sizeof name)) {
        session->source = 0;
        intact_machine_source(machine_of(session), session->source++, name, sizeof name);
    }
    panes->note[0] = 0;
    add_note(panes, name, "");
    if (intact_machine_why(machine_of(session), name, take_finding, panes, why) < 0)
        add_note(panes, why, "");
}

// --- Keys ------------------------------------------------------------------------------------------------------------

static void choose(struct session *session, int key)
{
    struct panes *panes = &session->panes;
    const struct view *view = session->view;
    unsigned chips = view->chip_count;
    switch (key) {
    case '\t': panes->chip = (panes->chip + 1) % chips; break;
    case SESSION_BACK_TAB: panes->chip = (panes->chip + chips - 1) % chips; break;
    case 'c': panes->cpu = (panes->cpu + 1) % view->cpu_count; break;
    case 'j': panes->first_register += panes->first_register + 1 < panes_rows(view, panes->chip); return;
    case 'k': panes->first_register -= panes->first_register > 0; return;
    case 'h': panes->life += panes->life + 1 < view->life_count; return;
    case 'l': panes->life -= panes->life > 0; return;
    default: return;
    }
    panes->first_register = 0;
}

bool session_knows(char key)
{
    return key && strchr(SESSION_KEYS, key);
}

bool session_key(struct session *session, int key)
{
    uint64_t now = intact_machine_instructions(machine_of(session));
    session->runs = false;
    if (session->panes.help && key != '?' && key != 'q')
        return true;
    if (key == 'w') {
        ask_why(session);
        return true;
    }
    session->panes.note[0] = 0;
    switch (key) {
    case 'q': return false;
    case '?': session->panes.help = !session->panes.help; return true;
    case 'i': session->panes.full = !session->panes.full; return true;
    case 's': step(session); break;
    case 'n': next_event(session); break;
    case 'G': run(session, LEAP); break;
    case 'g': session->runs = true; return true;
    case 'b':
        if (now)
            go_to(session, now - 1);
        else
            snprintf(session->state, sizeof session->state, "this is the beginning");
        break;
    case 'p': last_event(session); break;
    default: choose(session, key); return true;
    }
    session->panes.life = 0;
    view_look(session->view);
    return true;
}

size_t session_printed(const struct session *session)
{
    size_t length = strlen(session->printed);
    while (length && session->printed_at[length - 1] >= session->view->instructions)
        length--;
    return length;
}

void session_draw(const struct session *session, struct grid *grid)
{
    struct panes panes = session->panes;
    panes.state = session->runs ? "running; a key stops it" : session->state;
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

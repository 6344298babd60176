// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lesson_match.h.
//
// The MUSTs are a row: the first that is not fulfilled yet is waited for, and an event that fulfils it does nothing else. A NOT
// belongs to the MUST behind it, and counts while that one is waited for.
#include "cli/lesson_match.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

// --- Fields ----------------------------------------------------------------------------------------------------------

// A list is its elements with + between them, "none" without any.
static bool list_is(const json_t *list, const char *wanted)
{
    char text[128] = "";
    size_t used = 0, i;
    json_t *element;
    json_array_foreach(list, i, element) used +=
        (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "+" : "", json_string_value(element));
    return strcmp(used ? text : "none", wanted) == 0;
}

static bool string_is(const char *value, const char *wanted)
{
    uint64_t number, wanted_number;
    if (strcmp(value, wanted) == 0)
        return true;
    return strncmp(value, "0x", 2) == 0 && text_number(value, &number) && text_number(wanted, &wanted_number) &&
           number == wanted_number;
}

static bool value_is(const json_t *value, const char *wanted)
{
    uint64_t number;
    switch (json_typeof(value)) {
    case JSON_STRING: return string_is(json_string_value(value), wanted);
    case JSON_INTEGER: return text_number(wanted, &number) && number == (uint64_t)json_integer_value(value);
    case JSON_TRUE: return strcmp(wanted, "true") == 0;
    case JSON_FALSE: return strcmp(wanted, "false") == 0;
    case JSON_NULL: return strcmp(wanted, "null") == 0;
    case JSON_ARRAY: return list_is(value, wanted);
    default: return false;
    }
}

static bool fields_are(const json_t *object, const struct expect_event *wanted)
{
    for (unsigned i = 0; i < wanted->field_count; i++) {
        const json_t *value = json_object_get(object, wanted->field[i].name);
        if (!value || !value_is(value, wanted->field[i].value))
            return false;
    }
    return true;
}

// --- An event as JSON --------------------------------------------------------------------------------------------------

static json_t *object_of(struct match *match, const struct intact_trace_event *event)
{
    rewind(match->file);
    export_event(match->export, event);
    json_t *object = fflush(match->file) == 0 ? json_loadb(match->text, match->size, 0, NULL) : NULL;
    match->failed = match->failed || !object;
    return object;
}

// --- The expectations ------------------------------------------------------------------------------------------------

static unsigned next_must(const struct expect *expect, unsigned from)
{
    while (from < expect->count && expect->event[from].kind != EXPECT_MUST)
        from++;
    return from;
}

// Does a NOT count now? Then the MUST behind it is waited for.
static bool counts(const struct match *match, unsigned index)
{
    return next_must(match->expect, index) == match->next;
}

static void note(struct match *match, unsigned index, const struct intact_trace_event *event)
{
    struct match_state *state = &match->state[index];
    if (state->occurred)
        return;
    state->occurred = true;
    state->instructions = event->instructions;
    event_text(match->expect->arm, event, state->text, sizeof state->text);
}

static bool compare(struct match *match, const struct intact_trace_event *event, const json_t *object)
{
    const struct expect *expect = match->expect;
    unsigned waited = match->next;
    bool fulfils =
        waited < expect->count && expect->event[waited].id == event->id && fields_are(object, &expect->event[waited]);
    bool noted = fulfils;
    for (unsigned i = 0; i < expect->count; i++) {
        const struct expect_event *wanted = &expect->event[i];
        bool looks = wanted->kind == EXPECT_SOME || wanted->kind == EXPECT_NEVER ||
                     (wanted->kind == EXPECT_NOT && !fulfils && counts(match, i));
        if (!looks || wanted->id != event->id || !fields_are(object, wanted))
            continue;
        note(match, i, event);
        noted = true;
    }
    if (fulfils) {
        note(match, waited, event);
        match->next = next_must(expect, waited + 1);
    }
    return noted;
}

// A register that a guest polls is read a million times.
static bool is_far(const struct match *match, const struct intact_trace_event *event)
{
    if (event->id != INTACT_TRACE_ACCESS || match->any_address)
        return false;
    for (unsigned i = 0; i < match->address_count; i++)
        if (match->address[i] == event->a)
            return false;
    return true;
}

bool match_event(struct match *match, const struct intact_trace_event *event)
{
    if (!(match->wanted & INTACT_TRACE_BIT(event->id)) || is_far(match, event))
        return false;
    json_t *object = object_of(match, event);
    bool noted = object && compare(match, event, object);
    json_decref(object);
    return noted;
}

bool match_holds(const struct match *match, unsigned index)
{
    enum expect_kind kind = match->expect->event[index].kind;
    bool wants = kind == EXPECT_MUST || kind == EXPECT_SOME;
    return match->state[index].occurred == wants;
}

static void add_address(struct match *match, const struct expect_event *event)
{
    unsigned i = 0;
    while (i < event->field_count && strcmp(event->field[i].name, "address") != 0)
        i++;
    if (i < event->field_count && text_number(event->field[i].value, &match->address[match->address_count]))
        match->address_count++;
    else
        match->any_address = true;
}

int match_begin(struct match *match, const struct expect *expect)
{
    const struct export_machine machine = { .arm = expect->arm, .cpus = INTACT_CPUS_MAX };
    *match = (struct match){ .expect = expect, .next = next_must(expect, 0) };
    for (unsigned i = 0; i < expect->count; i++)
        match->wanted |= INTACT_TRACE_BIT(expect->event[i].id);
    for (unsigned i = 0; i < expect->count; i++)
        if (expect->event[i].id == INTACT_TRACE_ACCESS)
            add_address(match, &expect->event[i]);
    match->file = open_memstream(&match->text, &match->size);
    if (!match->file || export_begin(&export_json, match->file, &machine, &match->export) < 0)
        return -ENOMEM;
    return 0;
}

int match_end(struct match *match)
{
    bool failed = match->failed || !match->export;
    if (match->export && export_end(match->export) < 0)
        failed = true;
    if (match->file)
        fclose(match->file);
    free(match->text);
    match->export = NULL;
    match->file = NULL;
    match->text = NULL;
    return failed ? -ENOMEM : 0;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The result of a lesson's guest, for programs. See lesson.h.
#include <jansson.h>

#include "cli/lesson.h"

static json_t *list_of(const struct lesson *lesson, const struct lesson_result *result, bool wanted)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < lesson->expect.count; i++) {
        const struct expect_event *event = &lesson->expect.event[i];
        const struct match_state *state = &result->match.state[i];
        if (expect_wants(event) != wanted || match_holds(&result->match, i))
            continue;
        json_t *object = json_pack("{s:s, s:s, s:i}", "kind", expect_kind_name(event->kind), "event", event->words,
                                   "line", (int)event->line);
        if (event->text)
            json_object_set_new(object, "text", json_string(event->text));
        if (!wanted) {
            json_object_set_new(object, "instructions", json_integer((json_int_t)state->instructions));
            json_object_set_new(object, "happened", json_string(state->text));
        }
        json_array_append_new(list, object);
    }
    return list;
}

// A guest may print any byte.
static json_t *output_of(const struct lesson_result *result)
{
    json_t *text = json_stringn(result->output, result->output_size);
    return text ? text : json_null();
}

char *lesson_json(const struct lesson *lesson, const char *variant, const struct lesson_result *result)
{
    json_t *says = json_array();
    for (unsigned i = 0; i < result->says_count; i++)
        json_array_append_new(says, json_string(result->says[i]));
    json_t *object =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:I}", "lesson", (int)lesson->number,
                  "name", lesson->name, "title", lesson->title, "track", lesson->expect.track, "variant", variant,
                  "passed", result->passed, "exit", expect_end_name(result->end), "source",
                  lesson->expect.source ? lesson->expect.source : "", "missing", list_of(lesson, result, true),
                  "forbidden", list_of(lesson, result, false), "why", says, "output", output_of(result), "instructions",
                  (json_int_t)result->exit.instructions);
    char *text = object ? json_dumps(object, 0) : NULL;
    json_decref(object);
    return text;
}

char *lesson_json_error(const char *why)
{
    json_t *object = json_pack("{s:b, s:s?}", "passed", 0, "error", why);
    char *text = object ? json_dumps(object, 0) : NULL;
    json_decref(object);
    return text;
}

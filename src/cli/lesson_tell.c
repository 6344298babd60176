// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The result of a lesson's guest, for people. See lesson.h.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/lesson.h"

enum { LINES = 60, COLUMNS = 120 }; // of what a guest prints
enum { SHOWN_BEHIND = 2 };          // of a row of MUSTs, behind the first that is missing

static void tell_output(const struct lesson_result *result)
{
    const char *at = result->output ? result->output : "";
    for (unsigned line = 0; *at && line < LINES; line++) {
        size_t length = strcspn(at, "\n");
        printf("  | %.*s%s\n", (int)(length < COLUMNS ? length : COLUMNS), at, length < COLUMNS ? "" : " ...");
        at += length + (at[length] == '\n');
    }
    if (*at)
        puts("  | ... and more lines");
}

static void tell_event(const struct expect_event *event, const char *before)
{
    printf("  %-8s %s%s%s\n", before, event->words, event->text ? ": " : "", event->text ? event->text : "");
}

// The MUST before `index`; -1: there is none.
static int must_before(const struct lesson *lesson, unsigned index)
{
    int at = (int)index - 1;
    while (at >= 0 && lesson->expect.event[at].kind != EXPECT_MUST)
        at--;
    return at;
}

// Of a row of MUSTs the last that occurred, and the first that did not, are where something is wrong.
static void tell_row(const struct lesson *lesson, unsigned first)
{
    int before = must_before(lesson, first);
    unsigned behind = 0;
    if (before >= 0)
        tell_event(&lesson->expect.event[before], "occurred");
    tell_event(&lesson->expect.event[first], "missing");
    for (unsigned i = first + 1; i < lesson->expect.count; i++) {
        if (lesson->expect.event[i].kind != EXPECT_MUST)
            continue;
        if (behind++ < SHOWN_BEHIND)
            tell_event(&lesson->expect.event[i], "and then");
    }
    if (behind > SHOWN_BEHIND)
        printf("  and then %u more\n", behind - SHOWN_BEHIND);
}

static void tell_missing(const struct lesson *lesson, const struct lesson_result *result)
{
    if (result->match.next < lesson->expect.count)
        tell_row(lesson, result->match.next);
    for (unsigned i = 0; i < lesson->expect.count; i++)
        if (lesson->expect.event[i].kind == EXPECT_SOME && !match_holds(&result->match, i))
            tell_event(&lesson->expect.event[i], "missing");
}

static void tell_forbidden(const struct lesson *lesson, const struct lesson_result *result)
{
    for (unsigned i = 0; i < lesson->expect.count; i++) {
        const struct expect_event *event = &lesson->expect.event[i];
        const struct match_state *state = &result->match.state[i];
        if (expect_wants(event) || match_holds(&result->match, i))
            continue;
        tell_event(event, event->kind == EXPECT_NOT ? "too soon" : "wrong");
        printf("           it happened at instruction %" PRIu64 ": %s\n", state->instructions, state->text);
    }
}

static void tell_end(const struct lesson *lesson, const struct lesson_result *result)
{
    static const char *const texts[ENDS] = {
        [END_PASSED] = "says that it passed",
        [END_FAILED] = "says that it failed",
        [END_STUCK] = "is stuck: every processor is halted, and nothing can wake one",
        [END_LIMIT] = "did not come to its end within the limit of instructions",
        [END_OTHER] = "ended in another way",
    };
    if (result->end == lesson->expect.end)
        return;
    printf("  the guest %s", texts[result->end]);
    if (result->end == END_OTHER)
        printf(": %s, status %d", intact_reason_text(result->exit.reason), result->exit.status);
    putchar('\n');
}

static bool is_gate(const char *line)
{
    return strncmp(line, "gate", 4) == 0;
}

// The first gate is why the interrupt does not arrive; those behind it are left out, as they are a matter of other lessons.
static void tell_why(const struct lesson *lesson, const struct lesson_result *result)
{
    unsigned gates = 0;
    if (!result->says_count)
        return;
    printf("intact why %s, asked at the end:\n", lesson->expect.source);
    for (unsigned i = 0; i < result->says_count; i++) {
        gates += is_gate(result->says[i]);
        if (!is_gate(result->says[i]) || gates == 1)
            printf("  %s\n", result->says[i]);
    }
    if (gates > 1)
        printf("  (%u more gate%s, of this way or of another one: --json lists all)\n", gates - 1,
               gates > 2 ? "s" : "");
}

static void tell_who(const char *variant)
{
    if (strcmp(variant, "yours") == 0)
        puts("Your guest prints:");
    else if (strcmp(variant, "given") == 0)
        puts("The guest prints:");
    else
        printf("The %s guest prints:\n", variant);
}

void lesson_tell(const struct lesson *lesson, const char *variant, const struct lesson_result *result)
{
    unsigned holds = 0;
    for (unsigned i = 0; i < lesson->expect.count; i++)
        holds += match_holds(&result->match, i);
    tell_who(variant);
    tell_output(result);
    printf("%s: %u of %u expectations hold, %" PRIu64 " instructions\n", result->passed ? "passed" : "not passed",
           holds, lesson->expect.count, result->exit.instructions);
    if (result->passed)
        return;
    tell_missing(lesson, result);
    tell_forbidden(lesson, result);
    tell_end(lesson, result);
    tell_why(lesson, result);
}

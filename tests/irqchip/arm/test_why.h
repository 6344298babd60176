// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Questions to the Arm chips on the bench: an answer as text, and scenarios that have one reason each.
#ifndef TEST_WHY_H
#define TEST_WHY_H

#include "test_gicv2.h"
#include "test_its.h"

#include <stdio.h>

// An answer: its sentences, a line each; places in brackets.
struct answer {
    char text[8192];
    size_t used;
    uint8_t reasons[INTACT_WHY_REASON_COUNT]; // how often
};

static inline void answer_add(void *owner, const struct intact_why_finding *finding)
{
    struct answer *answer = owner;
    char sentence[INTACT_WHY_TEXT];
    bool place = intact_why_kind(finding->reason) == INTACT_WHY_PLACE;
    intact_why_text(finding, sentence, sizeof sentence);
    answer->reasons[finding->reason]++;
    answer->used += (size_t)snprintf(answer->text + answer->used, sizeof answer->text - answer->used,
                                     place ? "[%s]\n" : "%s\n", sentence);
    cr_assert_lt(answer->used, sizeof answer->text);
}

// Asks, and checks that asking changed neither state nor guest memory.
static inline struct answer ask(struct rig *rig, const char *source)
{
    struct answer answer = { .used = 0 };
    struct why why = { answer_add, &answer };
    struct visit_save before, after;
    struct error error = { 0 };
    visit_save_init(&before);
    visit_save_init(&after);
    arm_irq_visit(&rig->irq, &before.visit);
    cr_assert_eq(arm_irq_why_source(&rig->irq, source, &why, &error), 0, "%s", error.text);
    arm_irq_visit(&rig->irq, &after.visit);
    cr_assert_eq(before.size, after.size);
    cr_assert_arr_eq(before.data, after.data, before.size);
    cr_assert_gt(why.findings, 0u, "%s: no finding", source);
    free(before.data);
    free(after.data);
    return answer;
}

// What a guest does, then a question with its whole answer, then what opens the gate, and the answer after that.
struct scenario {
    enum intact_why_reason reason;
    struct rig *(*build)(void);
    const char *source, *answer;
    void (*open)(struct rig *rig);
    const char *then;
};

static inline void check_answer(struct rig *rig, const struct scenario *scenario, const char *expected,
                                struct answer *answer)
{
    *answer = ask(rig, scenario->source);
    cr_assert_str_eq(answer->text, expected, "%s, %s:\n%snot\n%s", intact_why_name(scenario->reason), scenario->source,
                     answer->text, expected);
}

// Every reason from `first` to `last` has a scenario: the files of tests divide them.
static inline void check_scenarios(const struct scenario *scenarios, size_t count, enum intact_why_reason first,
                                   enum intact_why_reason last)
{
    uint8_t reasons[INTACT_WHY_REASON_COUNT] = { 0 };
    for (const struct scenario *at = scenarios; at < scenarios + count; at++) {
        struct rig *rig = at->build();
        struct answer answer;
        check_answer(rig, at, at->answer, &answer);
        cr_assert(answer.reasons[at->reason], "%s", intact_why_name(at->reason));
        reasons[at->reason] = 1;
        if (at->open) {
            at->open(rig);
            check_answer(rig, at, at->then, &answer);
        }
        rig_free(rig);
    }
    for (unsigned reason = first; reason <= last; reason++)
        cr_assert(reasons[reason], "no scenario has %s", intact_why_name(reason));
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An answer of base/why.h as text: a line for each finding, "- " before a gate, "= " before a place and "~ " before
// what was earlier.
#ifndef TESTS_ANSWER_H
#define TESTS_ANSWER_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/why.h"

struct answer {
    char text[8192];
    unsigned gates, places;
};

static inline void answer_add(void *owner, const struct intact_why_finding *finding)
{
    struct answer *answer = owner;
    char sentence[INTACT_WHY_TEXT];
    size_t used = strlen(answer->text);
    enum intact_why_kind kind = intact_why_kind(finding->reason);
    intact_why_text(finding, sentence, sizeof sentence);
    snprintf(answer->text + used, sizeof answer->text - used, "%c %s\n", "-=~"[kind], sentence);
    answer->gates += kind == INTACT_WHY_GATE;
    answer->places += kind == INTACT_WHY_PLACE;
}

// Empties the answer; a part's function then reports to what is returned.
static inline struct why answer_begin(struct answer *answer)
{
    *answer = (struct answer){ .text = "" };
    return (struct why){ .found = answer_add, .owner = answer };
}

#endif

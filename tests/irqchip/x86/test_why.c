// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive, on x86: every reason, with its whole sentence.
#include "test_why.h"
#include "test_why_ioapic.h"
#include "test_why_lapic.h"
#include "test_why_msi.h"
#include "test_why_pic.h"

static const struct {
    const char *name;
    const struct why_case *cases;
    unsigned count;
} tables[] = {
    { "pic", why_pic_cases, countof(why_pic_cases) },
    { "ioapic", why_ioapic_cases, countof(why_ioapic_cases) },
    { "lapic", why_lapic_cases, countof(why_lapic_cases) },
    { "msi", why_msi_cases, countof(why_msi_cases) },
};

static void check(const struct why_case *row, struct why_answer *answer)
{
    struct board board;
    why_board(&board, row);
    why_ask(&board, row->source, answer);
    x86_irq_free(&board.irq);
    trace_free(&board.trace);
}

Test(why_x86, each_answer_is_exact)
{
    struct why_answer answer;
    for (unsigned table = 0; table < countof(tables); table++)
        for (unsigned i = 0; i < tables[table].count; i++) {
            const struct why_case *row = &tables[table].cases[i];
            check(row, &answer);
            cr_expect_str_eq(answer.text, row->answer, "%s: %s\n%s", tables[table].name, row->name, answer.text);
        }
}

Test(why_x86, each_reason_has_a_case)
{
#define REASON(id, kind, sentence, section) INTACT_WHY_##id,
    static const enum intact_why_reason reasons[] = { INTACT_WHY_X86(REASON) };
#undef REASON
    bool found[INTACT_WHY_REASON_COUNT] = { false };
    struct why_answer answer;
    for (unsigned table = 0; table < countof(tables); table++)
        for (unsigned i = 0; i < tables[table].count; i++) {
            check(&tables[table].cases[i], &answer);
            for (unsigned reason = 0; reason < INTACT_WHY_REASON_COUNT; reason++)
                found[reason] |= answer.found[reason];
        }
    for (unsigned i = 0; i < countof(reasons); i++)
        cr_expect(found[reasons[i]], "%s", intact_why_name(reasons[i]));
}

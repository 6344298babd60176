// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sentences of findings.
#include <criterion/criterion.h>

#include <string.h>

#include "base/why.h"

static const char *text_of(const struct intact_why_finding *finding)
{
    static char text[INTACT_WHY_TEXT];
    intact_why_text(finding, text, sizeof text);
    return text;
}

// "{0}", "{0:h2}", "{0:n}", "{0:u}", "{0:x}", "{0?low|high}", "{name}".
static bool is_well_formed(const char *at, const char *end)
{
    if (end - at == 4 && strncmp(at, "name", 4) == 0)
        return true;
    if (at[0] < '0' || at[0] >= '0' + INTACT_WHY_VALUES)
        return false;
    at++;
    if (at == end)
        return true;
    if (at[0] == '?')
        return memchr(at, '|', (size_t)(end - at));
    if (at[0] != ':')
        return false;
    if (at[1] == 'h')
        return end - at == 3 && at[2] >= '1' && at[2] <= '9';
    return end - at == 2 && strchr("nux", at[1]);
}

Test(why, every_sentence_is_well_formed_and_fits)
{
    for (unsigned reason = 0; reason < INTACT_WHY_REASON_COUNT; reason++) {
        const char *name = intact_why_name(reason), *at = intact_why_sentence(reason);
        cr_assert(*name && *at, "%u", reason);
        while ((at = strchr(at, '{'))) {
            const char *end = strchr(at, '}');
            cr_assert(end && is_well_formed(at + 1, end), "%s: %s", name, at);
            at = end;
        }
        const struct intact_why_finding finding = { reason,
                                                    { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                                      UINT64_MAX },
                                                    "virtio-blk0.configuration" };
        cr_assert_lt(strlen(text_of(&finding)), INTACT_WHY_TEXT - 1, "%s", name);
        cr_assert_eq(strpbrk(text_of(&finding), "{}|"), NULL, "%s: %s", name, text_of(&finding));
    }
}

Test(why, a_number_that_is_no_reason_has_no_texts)
{
    const struct intact_why_finding finding = { .reason = INTACT_WHY_REASON_COUNT };
    cr_assert_str_empty(intact_why_name(finding.reason));
    cr_assert_str_empty(intact_why_section(finding.reason));
    cr_assert_str_empty(text_of(&finding));
}

static unsigned found;

static void find(void *owner, const struct intact_why_finding *finding)
{
    cr_assert_eq(owner, &found);
    cr_assert_eq(finding->reason, INTACT_WHY_X86_NO_PIN);
    cr_assert_str_eq(text_of(finding), "the chip has no pin 24");
    found++;
}

Test(why, findings_are_counted_and_passed_on)
{
    struct why why = { find, &found };
    WHY(&why, INTACT_WHY_X86_NO_PIN, 24);
    cr_assert_eq(found, 1u);
    why.found = NULL;
    WHY_NAMED(&why, INTACT_WHY_LINE_LOW, "pit.out0", 0);
    cr_assert_eq(why.findings, 2u);
    cr_assert_eq(why.gates, 1u);
}

Test(why, a_text_is_cut_where_its_buffer_ends)
{
    const struct intact_why_finding finding = { INTACT_WHY_X86_NO_PIN, { 24 }, NULL };
    char text[12] = "???????????";
    intact_why_text(&finding, text, 8);
    cr_assert_str_eq(text, "the chi");
    cr_assert_eq(text[8], '?');
    intact_why_text(&finding, text, 0);
    cr_assert_str_eq(text, "the chi");
}

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
    WHY_NAMED(&why, INTACT_WHY_LINE_HIGH, "pit.out0", 0);
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

static void check_text(enum intact_why_reason reason, uint64_t a, uint64_t b, uint64_t c, const char *expected)
{
    const struct intact_why_finding finding = { reason, { a, b, c }, NULL };
    cr_assert_str_eq(text_of(&finding), expected);
}

Test(why, each_format_writes_its_value)
{
    check_text(INTACT_WHY_X86_NO_PIN, UINT64_MAX, 0, 0, "the chip has no pin 18446744073709551615");
    check_text(INTACT_WHY_PIC_POLL, 1, 0xa, 0,
               "the next read of port 0Ah acknowledges the slave 8259A in place of INTA: poll command (OCW3 bit 2)");
    check_text(INTACT_WHY_MSI_ADDRESS, 0x123456789, 0, 0,
               "the address 123456789h is outside FEE00000h to FEEFFFFFh: a write to memory, no interrupt");
    check_text(INTACT_WHY_MSI_AMBIGUOUS, 0xabcdef, 0, 0,
               "the address 0xabcdef has a high part of the destination in bits 11:5 and in bits 63:40");
    check_text(INTACT_WHY_IOAPIC_PIN_INACTIVE, 0, 4, 0x7ffff00012031,
               "IOAPIC 0 pin 4 is high, and active low: IOREDTBL4 = 0001_2031h, bit 13 (INTPOL)");
    check_text(INTACT_WHY_LAPIC_TIMER_RUNS, 0, 999, 0, "the timer of CPU 0 expires at 999 ns");
    check_text(INTACT_WHY_LAPIC_TIMER_RUNS, 12, 1000, 0, "the timer of CPU 12 expires at 1,000 ns");
    check_text(INTACT_WHY_LAPIC_TIMER_RUNS, 0, UINT64_MAX, 0,
               "the timer of CPU 0 expires at 18,446,744,073,709,551,615 ns");
}

Test(why, a_choice_takes_the_text_of_its_number_or_the_last_one)
{
    check_text(INTACT_WHY_PIC_LOW, 4, 0, 0, "IRQ 4 is low at the master 8259A");
    check_text(INTACT_WHY_PIC_LOW, 12, 1, 0, "IRQ 12 is low at the slave 8259A");
    check_text(INTACT_WHY_PIC_LOW, 12, 2, 0, "IRQ 12 is low at the slave 8259A");
    check_text(INTACT_WHY_LVT_NO_EVENT, 0, 0, 0,
               "nothing has raised LVT_CMCI of CPU 0 since its last interrupt, or it was lost");
    check_text(INTACT_WHY_LVT_NO_EVENT, 0, 6, 0,
               "nothing has raised LVT_ERROR of CPU 0 since its last interrupt, or it was lost");
    check_text(INTACT_WHY_LVT_NO_EVENT, 0, UINT64_MAX, 0,
               "nothing has raised LVT_ERROR of CPU 0 since its last interrupt, or it was lost");
}

Test(why, a_name_is_written_where_the_sentence_has_it)
{
    const struct intact_why_finding named = { INTACT_WHY_LINE_LOW, { 0 }, "pit.out0" };
    cr_assert(strstr(text_of(&named), "pit.out0"), "%s", text_of(&named));
}

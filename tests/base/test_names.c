// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets of names.
#include <criterion/criterion.h>

#include <stdio.h>

#include "base/names.h"

Test(names, an_equal_text_gives_the_same_name_after_any_growth)
{
    struct names names = { 0 };
    const char *first = names_add(&names, "pit.out0");
    const char *numbered = names_numbered(&names, "lapic%u.timer", 300);
    for (unsigned i = 0; i < 1000; i++) {
        char text[24];
        snprintf(text, sizeof text, "source %u", i);
        const char *name = names_add(&names, text);
        cr_assert_str_eq(name, text);
        cr_assert_eq(names_add(&names, text), name);
    }
    cr_assert_eq(names.count, 1002u);
    cr_assert_eq(names_add(&names, "pit.out0"), first);
    cr_assert_eq(names_add(&names, "lapic300.timer"), numbered);
    names_free(&names);
    cr_assert_eq(names.count, 0u);
}

Test(names, numbered_names_are_made_once)
{
    static const char timer[] = "lapic%u.timer", ipi[] = "cpu%u.ipi";
    struct names names = { 0 };
    for (unsigned round = 0; round < 2; round++) {
        cr_assert_str_eq(names_numbered(&names, timer, 2), "lapic2.timer");
        cr_assert_str_eq(names_numbered(&names, timer, 0), "lapic0.timer");
        cr_assert_str_eq(names_numbered(&names, ipi, 2), "cpu2.ipi");
        cr_assert_str_eq(names_numbered(&names, timer, 999), "lapic999.timer");
        cr_assert_eq(names.count, 4u);
    }
    cr_assert_eq(names_numbered(&names, timer, 2), names_numbered(&names, timer, 2));
    names_free(&names);
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The texts that name a source: what each form asks, and what is wrong in others.
#include "test_why.h"

#include <errno.h>

#define NO_SOURCE(text)                                                                                                \
    "'" text "' is no source of interrupts here: intid:INTID of an SPI or LPI, intid:INTID@CPU, lpi:INTID, "           \
    "lpi:INTID@CPU, pin:gicd.PIN, msi:ADDRESS,DATA, msi:ADDRESS,DATA,DEVICE and event:DEVICE,EVENT"

static void on_no_finding(void *owner, const struct intact_why_finding *finding)
{
    (void)owner;
    cr_assert_fail("a finding: %s", intact_why_name(finding->reason));
}

Test(arm_why_source, an_error_names_what_is_wrong_and_what_is_possible)
{
    static const struct {
        const char *source, *text;
    } cases[] = {
        { "", NO_SOURCE("") },
        { "33", NO_SOURCE("33") },
        { "intid:", NO_SOURCE("intid:") },
        { "intid:0x", NO_SOURCE("intid:0x") },
        { "intid:-1", NO_SOURCE("intid:-1") },
        { "intid: 33", NO_SOURCE("intid: 33") },
        { "intid:33@", NO_SOURCE("intid:33@") },
        { "intid:33@1x", NO_SOURCE("intid:33@1x") },
        { "intid:33 ", NO_SOURCE("intid:33 ") },
        { "intid:18446744073709551616", NO_SOURCE("intid:18446744073709551616") },
        { "lpi:", NO_SOURCE("lpi:") },
        { "pin:1", NO_SOURCE("pin:1") },
        { "pin:gicd", NO_SOURCE("pin:gicd") },
        { "pin:gicd.1@0", NO_SOURCE("pin:gicd.1@0") },
        { "pin:ioapic0.1", NO_SOURCE("pin:ioapic0.1") },
        { "msi:1", NO_SOURCE("msi:1") },
        { "msi:1,", NO_SOURCE("msi:1,") },
        { "msi:1,2,3,4", NO_SOURCE("msi:1,2,3,4") },
        { "msi:1,2,x", NO_SOURCE("msi:1,2,x") },
        { "event:5", NO_SOURCE("event:5") },
        { "event:5,3,1", NO_SOURCE("event:5,3,1") },
        { "events:5,3", NO_SOURCE("events:5,3") },
        { "intid:16777216", "'intid:16777216': INTIDs are 0 to 16777215" },
        { "intid:33@3", "'intid:33@3': there is no CPU 3; 0 to 2 are there" },
        { "lpi:8192@4294967296", "'lpi:8192@4294967296': there is no CPU 4294967296; 0 to 2 are there" },
        { "intid:27", "'intid:27': an SGI or PPI is one of a CPU: intid:27@0 to intid:27@2" },
        { "lpi:100", "'lpi:100': INTID 100 is no LPI; they are 8192 and up" },
        { "pin:gicd.4294967296", "'pin:gicd.4294967296': pin 4294967296 has more than 32 bits" },
        { "msi:1,0x100000000", "'msi:1,0x100000000': data 4294967296 has more than 32 bits" },
        { "msi:1,2,0x100000000", "'msi:1,2,0x100000000': DeviceID 4294967296 has more than 32 bits" },
        { "event:0x100000000,1", "'event:0x100000000,1': DeviceID 4294967296 has more than 32 bits" },
        { "event:1,0x100000000", "'event:1,0x100000000': EventID 4294967296 has more than 32 bits" },
    };
    struct rig *rig = rig_v3(3);
    for (unsigned i = 0; i < countof(cases); i++) {
        struct why why = { .found = on_no_finding };
        struct error error = { 0 };
        cr_assert_eq(arm_irq_why_source(&rig->irq, cases[i].source, &why, &error), -EINVAL, "%s", cases[i].source);
        cr_assert_str_eq(error.text, cases[i].text);
        cr_assert_eq(why.findings, 0u);
    }
    rig_free(rig);
}

Test(arm_why_source, numbers_are_decimal_or_hexadecimal)
{
    struct rig *rig = rig_v3(3);
    struct answer decimal = ask(rig, "intid:33"), hexadecimal = ask(rig, "intid:0x21"), pin = ask(rig, "pin:gicd.0X1");
    cr_assert_str_eq(decimal.text, hexadecimal.text);
    cr_assert_str_eq(decimal.text, pin.text);
    cr_assert(ask(rig, "msi:0xffffffffffffffff,0xFFFFFFFF").reasons[INTACT_WHY_ARM_NO_REGISTER]);
    cr_assert(ask(rig, "msi:18446744073709551615,4294967295").reasons[INTACT_WHY_ARM_NO_REGISTER]);
    rig_free(rig);
}

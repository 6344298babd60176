// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt of a machine does not arrive, by its source's name.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <intact/debug.h>

#include "machine/arm64_code.h"
#include "machine/x86_code.h"

static struct intact_machine *machine;
static char why[INTACT_ERROR_SIZE], text[8192];

static void start(enum intact_machine_type type)
{
    static const struct intact_device_config devices[] = { { .driver = "edu" }, { .driver = "virtio-rng-pci" } };
    static struct code code;
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = type;
    config.kernel = "code";
    if (type == INTACT_PC)
        code_begin(&code);
    config.kernel_data = type == INTACT_PC ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == INTACT_PC ? sizeof code.bytes : sizeof code_hello;
    config.devices = devices;
    config.device_count = 2;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void note(void *owner, const struct intact_why_finding *finding)
{
    char sentence[INTACT_WHY_TEXT];
    size_t used = strlen(text);
    (void)owner;
    intact_why_text(finding, sentence, sizeof sentence);
    snprintf(text + used, sizeof text - used, "%s\n", sentence);
}

static const char *ask(const char *source)
{
    text[0] = 0;
    cr_assert_eq(intact_machine_why(machine, source, note, NULL, why), 0, "%s", why);
    cr_assert_neq(text[0], 0, "%s has no answer", source);
    return text;
}

Test(why, every_source_that_is_listed_has_an_answer)
{
    static const enum intact_machine_type types[] = { INTACT_PC, INTACT_VIRT };
    char name[96];
    for (unsigned i = 0; i < 2; i++) {
        unsigned count = 0;
        start(types[i]);
        for (; intact_machine_source(machine, count, name, sizeof name); count++)
            ask(name);
        cr_assert_gt(count, 8u);
        intact_machine_destroy(machine);
    }
}

Test(why, a_wire_of_two_pins_begins_with_the_one_that_is_more_open)
{
    start(INTACT_PC);
    cr_assert(strstr(ask("com1.irq"), "com1.irq is low"));
    const char *pic = strstr(text, "IRQ 4 is"), *ioapic = strstr(text, "IOAPIC 0 pin 4 is");
    cr_assert(pic && ioapic, "%s", text);
    intact_machine_destroy(machine);
}

Test(why, what_is_no_source_is_refused_with_what_there_is)
{
    start(INTACT_PC);
    cr_assert_eq(intact_machine_why(machine, "gsi:x", note, NULL, why), -EINVAL);
    cr_assert(strstr(why, "'gsi:x' is no GSI"), "%s", why);
    cr_assert_eq(intact_machine_why(machine, "edu0.msi9", note, NULL, why), -EINVAL);
    cr_assert_eq(intact_machine_why(machine, "edu0", note, NULL, why), -EINVAL);
    cr_assert_eq(intact_machine_why(machine, "intid:27@0", note, NULL, why), -EINVAL);
    cr_assert_eq(intact_machine_why(machine, "", note, NULL, NULL), -EINVAL);
    intact_machine_destroy(machine);
}

Test(why, a_device_that_its_driver_has_not_set_up_says_so)
{
    start(INTACT_PC);
    cr_assert(strstr(ask("edu0.msi0"), "edu0.msi0 is not sent: MSI is not enabled, message control ="), "%s", text);
    cr_assert(strstr(text, "bit 2 (bus master) is 0"), "%s", text);
    cr_assert(strstr(ask("edu0.intx"), "edu0.intx is low: the device's interrupt status is 0"), "%s", text);
    cr_assert(strstr(ask("virtio-rng0.queue0"), "DRIVER_OK) is 0"), "%s", text);
    cr_assert(strstr(text, "virtio-rng0.queue0 is not ready"), "%s", text);
    cr_assert(strstr(ask("virtio-rng0.msix1"), "MSI-X is not enabled"), "%s", text);
    cr_assert(strstr(ask("gsi:3"), "GSI 3 is low"), "%s", text);
    cr_assert(strstr(ask("gsi:60000"), "GSI 60000 leads to no pin"), "%s", text);
    intact_machine_destroy(machine);
}

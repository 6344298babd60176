// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact_x86_irq_why of include/intact/x86_irq.h: the forms of a source, and errors. The answers are in test_why.c.
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <intact/x86_irq.h>

enum { IOAPIC = 0xfec00000, LAPIC = 0xfee00000 };

static struct intact_x86_irq *irq;

static void store(uint32_t cpu, uint64_t address, uint32_t value)
{
    cr_assert_eq(intact_x86_irq_memory_write(irq, cpu, address, 4, value), INTACT_X86_DONE);
}

static void create(uint32_t cpus)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.cpus = cpus;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    for (uint32_t i = 0; i < cpus; i++)
        store(i, LAPIC + 0xf0, 0x1ff);
}

static void destroy(void)
{
    intact_x86_irq_destroy(irq);
}

static char answer[1024];

static void on_finding(void *owner, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    cr_assert_eq(owner, answer);
    intact_why_text(finding, text, sizeof text);
    strncat(answer, text, sizeof answer - strlen(answer) - 1);
    strncat(answer, "\n", sizeof answer - strlen(answer) - 1);
}

static const char *why(const char *source)
{
    char error[INTACT_ERROR_SIZE] = "";
    answer[0] = 0;
    cr_assert_eq(intact_x86_irq_why(irq, source, on_finding, answer, error), 0, "%s", error);
    return answer;
}

Test(intact_x86_irq_why, every_form_of_a_source_is_answered, .fini = destroy)
{
    static const char *const sources[] = { "pin:pic.0",
                                           "pin:pic.15",
                                           "pin:ioapic0.0",
                                           "pin:ioapic0.23",
                                           "vector:49@1",
                                           "vector:0xFF@0",
                                           "nmi",
                                           "msi:0xfee00000,0x31",
                                           "msi:0,0",
                                           "msi:0xfee00000,0xffffffff",
                                           "msi:0xFEE01000,49",
                                           "lint0@0",
                                           "lint1@1",
                                           "timer@0",
                                           "error@1",
                                           "thermal@0",
                                           "pmc@0",
                                           "cmci@1",
                                           "pin:ioapic0x0.0x17",
                                           "pin:pic.010" };
    create(2);
    for (unsigned i = 0; i < sizeof sources / sizeof *sources; i++)
        cr_assert_str_not_empty(why(sources[i]), "%s", sources[i]);
    cr_assert_str_eq(why("pin:pic.010"), why("pin:pic.10"), "decimal");
}

Test(intact_x86_irq_why, an_answer_follows_the_state, .fini = destroy)
{
    create(2);
    store(0, IOAPIC, 0x10 + 2 * 9);
    store(0, IOAPIC + 0x10, 0x18071);
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 9, true);
    cr_assert_str_eq(why("pin:ioapic0.9"), "IOAPIC 0 pin 9 is up, but masked: IOREDTBL9 = 0001_8071h, bit 16\n");
    store(0, IOAPIC + 0x10, 0x8071);
    cr_assert_str_eq(why("pin:ioapic0.9"), "vector 71h is in IRR of CPU 0, and its INTR is up\n");
    cr_assert_eq(intact_x86_irq_pending(irq, 0), INTACT_X86_INTR);
}

Test(intact_x86_irq_why, what_names_no_source_is_refused_with_the_forms, .fini = destroy)
{
    static const char *const rows[][2] = {
        { "", "'' is no source of interrupts here: pin:pic.LINE" },
        { "pit", "'pit' is no source" },
        { "nmi@0", "no source" },
        { "pin:pic", "no source" },
        { "pin:pic.", "no source" },
        { "pin:pic.4x", "no source" },
        { "pin:pic.-1", "no source" },
        { "pin:pic.16", "'pin:pic.16': there is no such pin" },
        { "pin:ioapic.4", "no source" },
        { "pin:ioapic0.24", "no such pin" },
        { "pin:ioapic1.4", "no such pin" },
        { "pin:ioapic255.4", "no such pin" },
        { "pin:ioapic4294967295.4", "no such pin" },
        { "pin:ioapic0.4294967300", "no such pin" },
        { "vector:0x31", "no source" },
        { "vector:@0", "no source" },
        { "vector:0x@0", "no source" },
        { "vector:256@0", "'vector:256@0': vectors are 0 to 255" },
        { "vector:99999999999999999999@0", "no source" },
        { "vector:0x31@2", "'vector:0x31@2': there is no CPU 2; 0 to 1 are there" },
        { "vector:0x31@0x100000000", "there is no CPU 4294967296" },
        { "vector:0x31@0 ", "no source" },
        { "msi:0xfee00000", "no source" },
        { "msi:0xfee00000,", "no source" },
        { "msi:0xfee00000,0x31,1", "no source" },
        { "msi:0xfee00000,0x100000031", "32 bits" },
        { "timer", "no source" },
        { "timer@", "no source" },
        { "timer@2", "no CPU 2" },
        { "timers@0", "no source" },
        { "lint2@0", "no source" },
    };
    char error[INTACT_ERROR_SIZE];
    create(2);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer[0] = error[0] = 0;
        cr_assert_eq(intact_x86_irq_why(irq, rows[i][0], on_finding, answer, error), -EINVAL, "%s", rows[i][0]);
        cr_assert(strstr(error, rows[i][1]), "'%s' in '%s'", rows[i][1], error);
        cr_assert_str_empty(answer);
        cr_assert_eq(intact_x86_irq_why(irq, rows[i][0], on_finding, answer, NULL), -EINVAL);
    }
}

Test(intact_x86_irq_why, a_line_is_asked_for_by_the_name_that_its_events_have, .fini = destroy)
{
    struct intact_irq_line line = { .level = true, .name = "uart0.irq" }, nameless = { .level = false };
    char by_pin[sizeof answer];
    create(1);
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 3, &nameless), 0);
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 4, &line), 0);
    strcpy(by_pin, why("pin:ioapic0.4"));
    cr_assert(strstr(by_pin, "IOAPIC 0 pin 4 is up, but masked"), "%s", by_pin);
    cr_assert_str_eq(why("uart0.irq"), by_pin);
    cr_assert_eq(intact_x86_irq_why(irq, "uart1.irq", on_finding, answer, NULL), -EINVAL);
}

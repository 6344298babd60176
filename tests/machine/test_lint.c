// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does wrong on a whole machine: with the instruction that does it.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <intact/debug.h>
#include <intact/replay.h>

#include "machine/arm64_code.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"
#include "observe/lint.h"

static struct intact_machine *machine;
static struct code code;
static char text[4096];

static void create(enum intact_machine_type type, const void *kernel, size_t size)
{
    char why[INTACT_ERROR_SIZE] = "";
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = type;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = kernel;
    config.kernel_size = size;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void create_pc(void)
{
    create(INTACT_PC, code.bytes, sizeof code.bytes);
}

static void add(void *owner, const struct intact_lint_finding *finding)
{
    char sentence[INTACT_LINT_TEXT];
    size_t used = strlen(text);
    (void)owner;
    intact_lint_text(finding, sentence, sizeof sentence);
    snprintf(text + used, sizeof text - used, "%s\n", sentence);
}

static const char *findings(void)
{
    text[0] = 0;
    intact_machine_lint_each(machine, add, NULL);
    return text;
}

// Runs with a lint, and says what it found.
static const char *run(const struct intact_lint_config *config, uint64_t instructions)
{
    cr_assert_eq(intact_machine_lint(machine, config), 0);
    intact_machine_run_for(machine, instructions);
    return findings();
}

Test(lint, a_machine_without_one_has_no_findings)
{
    code_begin(&code);
    store(&code, LAPIC_EOI, 0);
    code_halt(&code);
    create_pc();
    intact_machine_run_for(machine, 2);
    cr_assert_eq(intact_machine_lint_each(machine, add, NULL), 0u);
    intact_machine_destroy(machine);
}

// The instruction is in the middle of a block, where the register of the program counter is not exact.
Test(lint, an_access_has_its_instruction)
{
    char expected[512];
    code_begin(&code);
    CODE(&code, 0x90, 0x90, 0x90); // nop
    size_t lapic = code.size;
    store(&code, LAPIC_EOI, 0);
    code_out8(&code, 0x20, 0x20);
    size_t pic = code.size - 1;
    code_out8(&code, 0x64, 0xb7); // no command of the 8042
    size_t keyboard = code.size - 1;
    code_halt(&code);
    create_pc();
    snprintf(expected, sizeof expected,
             "EOI with nothing in service at lapic0, once, at instruction 3, CPU 0, 0x%zx\n"
             "EOI with nothing in service at pic, once, at instruction 6, CPU 0, 0x%zx\n"
             "command that keyboard does not have, once, at instruction 9, CPU 0, 0x%zx\n",
             CODE_BASE + lapic, CODE_BASE + pic, CODE_BASE + keyboard);
    cr_assert_str_eq(run(NULL, 100), expected);
    cr_assert_eq(intact_machine_lint(machine, NULL), 0, "it goes on");
    cr_assert_str_eq(findings(), expected);
    intact_machine_destroy(machine);
}

Test(lint, on_arm_too)
{
    static const uint32_t words[] = {
        0xd2a12009, // mov x9, #0x9000000
        0xd503201f, // nop
        0xb90f0121, // str w1, [x9, #0xf00]
        0xd2800021, // mov x1, #1
        0xd518cce1, // msr ICC_IGRPEN1_EL1, x1
        0xd2800501, // mov x1, #40
        0xd518cc21, // msr ICC_EOIR1_EL1, x1
        0xd503207f, // wfi
    };
    create(INTACT_VIRT, words, sizeof words);
    uint64_t start;
    cr_assert_eq(intact_machine_read_register(machine, 0, "pc", &start), 0);
    char expected[512];
    snprintf(expected, sizeof expected,
             "access to uart where no register is, once, at instruction 2, CPU 0, 0x%llx\n"
             "EOI at gic0 for INTID 40, which is not the highest active one, once, at instruction 6, CPU 0, 0x%llx\n",
             (unsigned long long)start + 8, (unsigned long long)start + 24);
    cr_assert_str_eq(run(NULL, 100), expected);
    intact_machine_destroy(machine);
}

// It reads ICC_IAR1_EL1 and powers off, five instructions later.
Test(lint, on_arm_an_acknowledge_without_an_end)
{
    struct intact_lint_config config;
    char expected[160];
    uint64_t start;
    intact_lint_config_init(&config);
    config.service = 4;
    create(INTACT_VIRT, code_timer3, sizeof code_timer3);
    cr_assert_eq(intact_machine_read_register(machine, 0, "pc", &start), 0);
    run(&config, 10000);
    cr_assert_eq(strncmp(text, "no EOI for cpu0.vtimer, in service for ", 39), 0, "%s", text);
    snprintf(expected, sizeof expected, " instructions, once, at instruction 20, CPU 0, 0x%llx\n",
             (unsigned long long)start + 80);
    cr_assert(strstr(text, expected), "%s", text);
    intact_machine_destroy(machine);
}

// The handler's store to the EOI register is at its bytes 7 to 16.
static void forget_eoi(void)
{
    memset(code.bytes + HANDLER + 7, 0x90, 10);
}

Test(lint, a_handler_without_an_end)
{
    struct intact_lint_config config;
    intact_lint_config_init(&config);
    config.service = 5000;
    make_ticking_guest(&code, true, 1000);
    create_pc();
    cr_assert_str_eq(run(&config, 100000), "", "this one has it");
    intact_machine_destroy(machine);
    make_ticking_guest(&code, true, 1000);
    forget_eoi();
    create_pc();
    run(&config, 100000);
    cr_assert_eq(strncmp(text, "no EOI for lapic0.timer, in service for ", 40), 0, "%s", text);
    cr_assert(strstr(text, " instructions, once, at instruction "), "%s", text);
    intact_machine_destroy(machine);
}

// The 8259A is told, and the local APIC is not.
Test(lint, a_handler_that_ends_it_at_another_chip)
{
    static const uint8_t eoi[10] = {
        0xb0, 0x20, 0xe6, 0x20, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90
    }; // mov al, 20h; out 20h, al
    struct intact_lint_config config;
    intact_lint_config_init(&config);
    config.service = 5000;
    make_ticking_guest(&code, true, 1000);
    memcpy(code.bytes + HANDLER + 7, eoi, sizeof eoi);
    create_pc();
    run(&config, 100000);
    cr_assert(strstr(text, "EOI at pic, while the interrupt in service is of another chip, once, at instruction "),
              "%s", text);
    cr_assert(strstr(text, ", CPU 0, 0x100609\n"), "%s", text);
    cr_assert(strstr(text, "no EOI for lapic0.timer"), "%s", text);
    intact_machine_destroy(machine);
}

// Counter 0 of the PIT in mode 2, every 100 ticks.
static void start_pit(void)
{
    code_out8(&code, 0x43, 0x34);
    code_out8(&code, 0x40, 100);
    code_out8(&code, 0x40, 0);
}

// The firmware has left IRQ 0 at vector 08h, that of the double fault, and unmasked.
Test(lint, an_8259a_that_was_not_remapped)
{
    char expected[160];
    code_begin(&code);
    start_pit();
    CODE(&code, 0xfb, 0xeb, 0xfe); // sti; again: jmp again
    create_pc();
    run(NULL, 200000);
    snprintf(expected, sizeof expected,
             "vector 08h of pit.out0 is that of an exception: the 8259A is not remapped, or an entry has a reserved "
             "vector, ");
    cr_assert_eq(strncmp(text, expected, strlen(expected)), 0, "%s", text);
    snprintf(expected, sizeof expected, ", CPU 0, 0x%zx\n", CODE_BASE + code.size - 2);
    cr_assert(strstr(text, expected), "%s", text);
    intact_machine_destroy(machine);
}

// The handler ends it at the local APIC, and the 8259A waits for its EOI.
Test(lint, an_interrupt_of_the_8259a_that_is_ended_elsewhere)
{
    static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 }, { 0x21, 0xfe } };
    struct intact_lint_config config;
    intact_lint_config_init(&config);
    config.service = 5000;
    code_begin(&code);
    make_start(&code);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        code_out8(&code, words[i][0], words[i][1]);
    start_pit();
    make_loop(&code, true);
    make_stubs(&code);
    make_handler(&code);
    make_tables(&code);
    create_pc();
    run(&config, 200000);
    cr_assert(strstr(text, "EOI at lapic0, while the interrupt in service is of another chip, once, at instruction "),
              "%s", text);
    cr_assert(strstr(text, "no EOI for pit.out0, in service for "), "%s", text);
    cr_assert_eq(machine->lint->count, 2u, "%s", text);
    intact_machine_destroy(machine);
}

Test(lint, a_level_that_nobody_lowers)
{
    const struct intact_irq_config level = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = true };
    struct intact_lint_config config;
    struct intact_irq_group *line;
    intact_lint_config_init(&config);
    config.storm = 100;
    make_interrupt_guest(&code, true);
    create_pc();
    run(&config, 1000);
    struct intact_irq_manager *manager = intact_machine_interrupts(machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, GUEST_GSI, 1, &line), 0);
    cr_assert_eq(intact_irq_group_enable(line, &level), 0);
    for (unsigned i = 0; i < 200; i++) { // raised anew each time
        intact_irq_group_set_level(line, 0, true);
        intact_machine_run_for(machine, 6);
        intact_irq_group_set_level(line, 0, false);
        intact_machine_run_for(machine, 6);
    }
    cr_assert_str_eq(findings(), "");
    intact_irq_group_set_level(line, 0, true);
    intact_machine_run_for(machine, 10000);
    cr_assert(strstr(findings(),
                     " is taken again after each EOI, 100 times or more: its handler does not quiet the device, "),
              "%s", text);
    cr_assert_eq(machine->lint->count, 1u, "%s", text);
    intact_machine_destroy(machine);
}

// The gate of a vector, in the table of the guest.
static void remove_gate(unsigned vector)
{
    put32(code.bytes + IDT + 8 * vector + 4, 0);
}

Test(lint, an_interrupt_without_a_handler)
{
    make_ticking_guest(&code, true, 1000);
    remove_gate(GUEST_TICK);
    create_pc();
    run(NULL, 100000);
    cr_assert_eq(
        strncmp(text, "vector 29h of lapic0.timer taken without a handler: the IDT has no present gate for it, once, ",
                94),
        0, "%s", text);
    intact_machine_destroy(machine);
}

// Beyond the end of the table is as good as not present. It is told at the first interrupt that is taken.
Test(lint, a_spurious_vector_without_a_handler)
{
    make_ticking_guest(&code, true, 1000);
    remove_gate(GUEST_LAST);
    create_pc();
    run(NULL, 100000);
    cr_assert_eq(strncmp(text, "spurious vector 6Fh of lapic0 without a handler: ", 49), 0, "%s", text);
    cr_assert_eq(machine->lint->count, 1u, "%s", text);
    intact_machine_destroy(machine);
    make_ticking_guest(&code, true, 1000);
    put16(code.bytes + IDTR, GUEST_LAST * 8 - 1);
    create_pc();
    run(NULL, 100000);
    cr_assert_eq(strncmp(text, "spurious vector 6Fh of lapic0 without a handler: ", 49), 0, "%s", text);
    intact_machine_destroy(machine);
}

Test(lint, an_entry_that_is_unmasked_before_its_local_apic_is_enabled)
{
    code_begin(&code);
    store(&code, LAPIC_SPURIOUS, 0xff);
    store_ioapic(&code, 0x10 + 2 * GUEST_GSI, 0x10000 | GUEST_LINE); // masked: not yet
    store_ioapic(&code, 0x10 + 2 * GUEST_GSI, GUEST_LINE);
    store(&code, LAPIC_SPURIOUS, 0x1ff);
    store_ioapic(&code, 0x10 + 2 * GUEST_GSI, GUEST_LINE); // enabled by now
    code_halt(&code);
    create_pc();
    run(NULL, 100);
    cr_assert_eq(strncmp(text,
                         "pin 20 of ioapic0 unmasked before the local APIC that it names is enabled by software (SVR, "
                         "bit 8), once, ",
                         106),
                 0, "%s", text);
    cr_assert_eq(machine->lint->count, 1u, "%s", text);
    intact_machine_destroy(machine);
}

Test(lint, a_lint_changes_nothing)
{
    uint64_t digests[2];
    for (unsigned i = 0; i < 2; i++) {
        make_ticking_guest(&code, true, 1000);
        forget_eoi();
        create_pc();
        if (i)
            cr_assert_eq(intact_machine_lint(machine, NULL), 0);
        intact_machine_run_for(machine, 50000);
        cr_assert_eq(intact_machine_digest(machine, &digests[i]), 0);
        intact_machine_destroy(machine);
    }
    cr_assert_eq(digests[0], digests[1]);
}

Test(lint, a_configuration_that_is_none_is_refused)
{
    struct intact_lint_config config;
    intact_lint_config_init(&config);
    config.service = 0;
    code_begin(&code);
    code_halt(&code);
    create_pc();
    cr_assert_eq(intact_machine_lint(machine, &config), -EINVAL);
    cr_assert_eq(intact_machine_lint_each(machine, add, NULL), 0u);
    intact_machine_destroy(machine);
}

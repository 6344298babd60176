// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// <intact/code.h>: what an observer is told of the code that a machine executes, and that nothing else changes.
#include <criterion/criterion.h>

#include <errno.h>
#include <intact/code.h>
#include <intact/replay.h>
#include <string.h>

#include "base/bits.h"
#include "machine/arm64_code.h"
#include "machine/x86_code.h"

#define MOST 64

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_code_observer observer, other;

// What was told: of each call a copy, its first bytes, and the register named `watched`.
static struct told {
    struct intact_code code;
    uint8_t bytes[16];
    uint16_t end;
    uint64_t value;
} decoded[MOST], entered[MOST];
static unsigned decoded_count, entered_count, other_count;
static const char *watched;

static void make(void)
{
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void setup(void)
{
    code_begin(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    decoded_count = entered_count = other_count = 0;
    watched = "rbx";
}

static void teardown(void)
{
    intact_machine_destroy(machine);
    machine = NULL;
}

TestSuite(code, .init = setup, .fini = teardown, .timeout = 60);

static void keep(struct told *told, unsigned *count, const struct intact_code *of)
{
    struct told *at = &told[(*count)++ % MOST];
    *at = (struct told){ .code = *of, .end = of->starts[of->count] };
    memcpy(at->bytes, of->bytes, of->size < 16 ? of->size : 16);
    cr_assert_eq(intact_machine_read_register(machine, of->cpu, watched, &at->value), 0);
    cr_assert_eq(intact_machine_write_register(machine, of->cpu, watched, 0), -EBUSY);
    cr_assert_eq(of->starts[0], 0);
}

static void on_decoded(void *owner, const struct intact_code *of)
{
    cr_assert_eq(owner, &code);
    keep(decoded, &decoded_count, of);
}

static void on_entered(void *owner, const struct intact_code *of)
{
    cr_assert_eq(owner, &code);
    keep(entered, &entered_count, of);
}

static void on_other(void *owner, const struct intact_code *of)
{
    (void)owner, (void)of;
    other_count++;
    cr_assert_eq(other_count, entered_count, "the observer that was added first is told first");
}

static void observe(void)
{
    intact_code_observer_init(&observer, on_decoded, on_entered, &code);
    cr_assert_eq(intact_machine_observe_code(machine, &observer), 0);
}

enum { START = CODE_BASE + CODE_START };

// mov ebx, 3; again: dec ebx; jnz again; then halts for ever
static void make_loop(void)
{
    CODE(&code, 0xbb, 3, 0, 0, 0, 0x4b, 0x75, 0xfd);
    code_halt(&code);
    make();
}

Test(code, each_block_is_told_when_it_is_decoded_and_each_time_it_is_entered)
{
    make_loop();
    observe();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);

    // The first round begins before the loop; the second and the third are a block of their own; then the halt.
    cr_assert_eq(decoded_count, 3);
    cr_assert_eq(entered_count, 4);
    static const struct {
        uint64_t address, instructions, rbx;
        uint32_t count, size;
    } expected[] = {
        { START, 0, 0, 3, 8 }, { START + 5, 3, 2, 2, 3 }, { START + 5, 5, 1, 2, 3 }, { START + 8, 7, 0, 2, 2 }
    };
    for (unsigned i = 0; i < 4; i++) {
        const struct told *told = &entered[i];
        cr_expect_eq(told->code.cpu, 0);
        cr_expect_eq(told->code.bits, 32);
        cr_expect_eq(told->code.address, expected[i].address, "%u: %#lx", i, told->code.address);
        cr_expect_eq(told->code.physical, expected[i].address);
        cr_expect_eq(told->code.instructions, expected[i].instructions);
        cr_expect_eq(told->code.time, expected[i].instructions);
        cr_expect_eq(told->code.count, expected[i].count);
        cr_expect_eq(told->code.size, expected[i].size);
        cr_expect_eq(told->end, expected[i].size);
        cr_expect_eq(told->bytes[0], code.bytes[expected[i].address - CODE_BASE]);
        if (i > 0)
            cr_expect_eq(told->value, expected[i].rbx, "the registers are those before the block");
    }
}

Test(code, flags_are_exact_before_a_block)
{
    make_loop();
    watched = "rflags";
    observe();
    intact_machine_run(machine);
    cr_expect_eq(entered[2].value & 0x8d5, 0, "1: %#lx", entered[2].value);
    cr_expect_eq(entered[3].value & 0x8d5, 0x44, "0: zero, parity: %#lx", entered[3].value);
}

Test(code, an_instruction_across_two_pages_is_whole)
{
    config.kernel_size = sizeof code.bytes;
    CODE(&code, 0xe9); // jmp to the end of the page of the stack below
    make();
    uint8_t jump[5] = { 0xe9 },
            across[] = { 0xb8, 0x78, 0x56, 0x34, 0x12, 0xfa, 0xf4 }; // mov eax, 0x12345678; cli; hlt
    put32(jump + 1, 0x200ffe - (START + 5));
    cr_assert_eq(intact_machine_write_memory(machine, START, jump, sizeof jump), 0);
    cr_assert_eq(intact_machine_write_memory(machine, 0x200ffe, across, sizeof across), 0);
    watched = "rax";
    observe();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(entered[1].code.address, 0x200ffe);
    cr_assert_arr_eq(entered[1].bytes, across, entered[1].code.size);
    cr_assert_geq(entered[1].code.size, 5);
    cr_assert_eq(entered[2].value, 0x12345678);
}

Test(code, observers_come_and_go_between_runs)
{
    make_loop();
    observe();
    intact_code_observer_init(&other, NULL, on_other, NULL);
    cr_assert_eq(intact_machine_observe_code(machine, &other), 0);
    cr_assert_eq(intact_machine_observe_code(machine, &other), -EBUSY);
    cr_assert_eq(intact_machine_run_for(machine, 3).reason, INTACT_PAUSED);
    cr_assert_eq(entered_count, 1);
    cr_assert_eq(other_count, 1);
    cr_assert_eq(intact_code_observer_remove(&observer), 0);
    cr_assert_eq(intact_code_observer_remove(&observer), 0, "it is not there any more");
    cr_assert_eq(intact_code_observer_remove(&other), 0);
    cr_assert_eq(intact_machine_run_for(machine, 2).reason, INTACT_PAUSED);
    cr_assert_eq(entered_count, 1);
    observe();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(decoded_count, 3, "what was decoded before is decoded again");
    cr_assert_eq(entered_count, 3);
}

Test(code, an_observer_that_was_not_prepared_is_refused)
{
    make_loop();
    intact_code_observer_init(&observer, NULL, NULL, NULL);
    cr_assert_eq(intact_machine_observe_code(machine, &observer), -EINVAL);
    cr_assert_eq(intact_code_observer_remove(&observer), 0);
    observe();
    intact_machine_destroy(machine); // removes it
    machine = NULL;
    cr_assert_eq(intact_code_observer_remove(&observer), 0);
}

static int within;

static void add_within(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
    within =
        observer.machine ? intact_code_observer_remove(&observer) : intact_machine_observe_code(machine, &observer);
}

Test(code, within_a_run_nothing_is_added_or_removed)
{
    CODE(&code, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xee); // mov dx, 0x3f8; out dx, al; out dx, al
    code_halt(&code);
    config.serial.write = add_within;
    make();
    intact_code_observer_init(&observer, on_decoded, NULL, &code);
    cr_assert_eq(intact_machine_run_for(machine, 2).reason, INTACT_PAUSED);
    cr_assert_eq(within, -EBUSY);
    within = 0;
    observe();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    cr_assert_eq(within, -EBUSY);
}

static uint64_t run_digest(bool observed)
{
    uint64_t digest;
    make();
    if (observed)
        observe();
    intact_machine_run(machine);
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    teardown();
    return digest;
}

Test(code, code_of_virt_has_64_bits_and_the_run_is_the_same)
{
    config.type = INTACT_VIRT;
    config.kernel_data = (const uint8_t *)code_timer3;
    config.kernel_size = sizeof code_timer3;
    watched = "x1";
    cr_assert_eq(run_digest(true), run_digest(false));
    cr_assert_gt(entered_count, 1);
    cr_assert_eq(entered[0].code.bits, 64);
    cr_assert_eq(entered[0].code.count * 4, entered[0].code.size);
    cr_assert_leq(entered[1].code.instructions, entered[0].code.count, "a device access may end it early");
    cr_assert_eq(entered[1].code.address, entered[0].code.address + 4 * entered[1].code.instructions);
}

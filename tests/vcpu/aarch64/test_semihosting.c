// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Semihosting 2.0: each operation, by HLT #F000h; without semihosting and for other numbers HLT is undefined.
#include <criterion/criterion.h>

#include "rig.h"
#include "vcpu/aarch64/system/semihosting.h"

enum { BLOCK = 0x30000, DATA = 0x31000 };
#define I_HLT(number) (0xd4400000u | (uint32_t)(number) << 5)
#define NOWHERE       UINT64_C(0x7f000000)
#define FAILED        UINT64_MAX

static char printed[64];
static unsigned count;

static void put(void *owner, uint8_t byte)
{
    (void)owner;
    if (count < sizeof printed - 1)
        printed[count++] = (char)byte;
}

static struct a64_semihosting host;

static struct rig *create(void)
{
    struct rig *rig = rig_new();
    memset(printed, 0, sizeof printed);
    count = 0;
    host = (struct a64_semihosting){ .put = put, .line = "kernel a b", .date = 1000, .ram = 0, .ram_end = RIG_RAM };
    rig->cpu->semihosting = &host;
    return rig;
}

static uint64_t call(struct rig *rig, uint32_t operation, uint64_t parameter)
{
    rig_code(rig, I_HLT(0xf000), I_B(0));
    rig->cpu->r[0] = operation;
    rig->cpu->r[1] = parameter;
    rig->cpu->r[A64_PC] = RIG_CODE;
    rig_run(rig, 1);
    return rig->cpu->r[0];
}

static uint64_t call_block(struct rig *rig, uint32_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t block[] = { a, b, c };
    memcpy(rig->ram.ram + BLOCK, block, sizeof block);
    return call(rig, operation, BLOCK);
}

static uint64_t open_file(struct rig *rig, const char *name, uint64_t mode)
{
    strcpy((char *)rig->ram.ram + DATA, name);
    return call_block(rig, 0x01, DATA, mode, strlen(name));
}

static uint64_t field(struct rig *rig, uint64_t address)
{
    uint64_t value;
    memcpy(&value, rig->ram.ram + address, 8);
    return value;
}

Test(semihosting, hlt_is_undefined_without_it_and_with_other_numbers)
{
    static const uint32_t words[] = { I_HLT(0xf000), I_HLT(0), I_HLT(0xf001) };
    for (unsigned i = 0; i < 3; i++) {
        struct rig *rig = create();
        if (i == 0)
            rig->cpu->semihosting = NULL;
        rig_code(rig, words[i], I_B(0));
        rig->cpu->r[A64_PC] = RIG_CODE;
        rig_run(rig, 1);
        cr_assert_eq(rig->cpu->esr >> 26, 0, "%u", i);
        cr_assert_eq(rig->cpu->elr, RIG_CODE);
        rig_free(rig);
    }
}

Test(semihosting, text_is_printed)
{
    struct rig *rig = create();
    strcpy((char *)rig->ram.ram + DATA, "hello");
    call(rig, 0x04, DATA);
    call(rig, 0x03, DATA + 1);
    uint64_t tt = open_file(rig, ":tt", 4), errors = open_file(rig, ":tt", 8);
    cr_assert_neq(tt, FAILED);
    cr_assert_neq(errors, tt);
    strcpy((char *)rig->ram.ram + DATA, "world");
    cr_assert_eq(call_block(rig, 0x05, tt, DATA, 3), 0);
    cr_assert_eq(call_block(rig, 0x05, errors, DATA + 3, 2), 0);
    cr_assert_str_eq(printed, "helloeworld");
    cr_assert_eq(call_block(rig, 0x09, tt, 0, 0), 1, "a terminal");
    cr_assert_eq(call_block(rig, 0x0c, tt, 0, 0), 0);
    cr_assert_eq(call_block(rig, 0x02, tt, 0, 0), 0);
    rig_free(rig);
}

Test(semihosting, what_cannot_be_written_is_returned)
{
    struct rig *rig = create();
    cr_assert_eq(call_block(rig, 0x05, 2, RIG_RAM - 2, 5), 3);
    cr_assert_eq(call(rig, 0x13, 0), 14);
    cr_assert_eq(count, 2);
    cr_assert_eq(call_block(rig, 0x05, 1, DATA, 5), 5, "the input");
    cr_assert_eq(call_block(rig, 0x05, 9, DATA, 5), 5);
    cr_assert_eq(call(rig, 0x13, 0), 9);
    rig_free(rig);
}

Test(semihosting, input_has_ended)
{
    struct rig *rig = create();
    uint64_t tt = open_file(rig, ":tt", 0);
    cr_assert_eq(call_block(rig, 0x06, tt, DATA, 7), 7);
    cr_assert_eq(call(rig, 0x07, 0), FAILED);
    rig_free(rig);
}

Test(semihosting, features_are_in_a_file)
{
    struct rig *rig = create();
    uint64_t file = open_file(rig, ":semihosting-features", 0);
    cr_assert_eq(call_block(rig, 0x0c, file, 0, 0), 5);
    cr_assert_eq(call_block(rig, 0x09, file, 0, 0), 0);
    cr_assert_eq(call_block(rig, 0x06, file, DATA, 8), 3);
    cr_assert_eq(memcmp(rig->ram.ram + DATA, "SHFB\3", 5), 0);
    cr_assert_eq(call_block(rig, 0x06, file, DATA, 8), 8, "the end");
    cr_assert_eq(call_block(rig, 0x0a, file, 3, 0), 0);
    cr_assert_eq(call_block(rig, 0x06, file, DATA, 1), 0);
    cr_assert_eq(rig->ram.ram[DATA], 'B');
    cr_assert_eq(call_block(rig, 0x0a, file, 6, 0), FAILED);
    cr_assert_eq(open_file(rig, ":semihosting-features", 4), FAILED);
    rig_free(rig);
}

Test(semihosting, files_of_the_host_are_refused)
{
    struct rig *rig = create();
    cr_assert_eq(open_file(rig, "/etc/passwd", 0), FAILED);
    cr_assert_eq(call(rig, 0x13, 0), 2);
    cr_assert_eq(open_file(rig, ":tt", 12), FAILED);
    cr_assert_eq(call(rig, 0x13, 0), 22);
    for (uint32_t operation = 0x0d; operation <= 0x0f; operation++)
        cr_assert_eq(call_block(rig, operation, DATA, 1, 0), FAILED);
    cr_assert_eq(call_block(rig, 0x12, DATA, 1, 0), FAILED);
    cr_assert_eq(call(rig, 0x13, 0), 38);
    cr_assert_eq(call(rig, 0x7777, 0), FAILED);
    cr_assert_eq(call_block(rig, 0x02, 5, 0, 0), FAILED);
    cr_assert_eq(call_block(rig, 0x02, 0, 0, 0), FAILED);
    rig_free(rig);
}

Test(semihosting, time_is_virtual)
{
    struct rig *rig = create();
    rig->clock.now = UINT64_C(12345678901);
    uint64_t centiseconds = call(rig, 0x10, 0), seconds = call(rig, 0x11, 0);
    cr_assert_eq(centiseconds, 1234);
    cr_assert_eq(seconds, 1012);
    cr_assert_eq(call(rig, 0x31, 0), 1000000000);
    cr_assert_eq(call(rig, 0x30, DATA), 0);
    cr_assert(field(rig, DATA) >= UINT64_C(12345678901) && field(rig, DATA) < UINT64_C(12345679901));
    rig_free(rig);
}

Test(semihosting, the_command_line_needs_its_room)
{
    struct rig *rig = create();
    cr_assert_eq(call_block(rig, 0x15, DATA, 11, 0), 0);
    cr_assert_str_eq((char *)rig->ram.ram + DATA, "kernel a b");
    cr_assert_eq(field(rig, BLOCK + 8), 10);
    cr_assert_eq(call_block(rig, 0x15, DATA, 10, 0), FAILED);
    host.line = NULL;
    cr_assert_eq(call_block(rig, 0x15, DATA, 1, 0), 0);
    cr_assert_eq(field(rig, BLOCK + 8), 0);
    rig_free(rig);
}

Test(semihosting, heap_and_stack_are_in_ram)
{
    struct rig *rig = create();
    cr_assert_eq(call_block(rig, 0x16, DATA, 0, 0), 0);
    cr_assert_eq(field(rig, DATA), RIG_RAM / 2);
    cr_assert_eq(field(rig, DATA + 8), RIG_RAM / 4 * 3);
    cr_assert_eq(field(rig, DATA + 16), RIG_RAM);
    cr_assert_eq(field(rig, DATA + 24), RIG_RAM / 4 * 3);
    rig_free(rig);
}

Test(semihosting, a_status_is_an_error_if_it_is_negative)
{
    struct rig *rig = create();
    cr_assert_eq(call_block(rig, 0x08, 0, 0, 0), 0);
    cr_assert_neq(call_block(rig, 0x08, FAILED, 0, 0), 0);
    rig_free(rig);
}

Test(semihosting, a_program_ends_with_its_status)
{
    static const struct {
        uint32_t operation;
        uint64_t reason, code;
        int status;
    } rows[] = {
        { 0x18, 0x20026, 0, 0 }, { 0x18, 0x20026, 42, 42 }, { 0x20, 0x20026, 0x103, 3 }, { 0x18, 0x20024, 0, 1 }
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = create();
        call_block(rig, rows[i].operation, rows[i].reason, rows[i].code, 0);
        cr_assert_eq(rig->loop.stop, LOOP_EXIT, "%u", i);
        cr_assert_eq(rig->loop.status, rows[i].status);
        rig_free(rig);
    }
}

Test(semihosting, a_block_that_is_not_memory_is_refused)
{
    static const uint32_t operations[] = {
        0x01, 0x02, 0x05, 0x06, 0x08, 0x09, 0x0a, 0x0c, 0x15, 0x16, 0x18, 0x20, 0x30
    };
    struct rig *rig = create();
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        cr_assert_eq(call(rig, operations[i], NOWHERE), FAILED, "%x", operations[i]);
        cr_assert_eq(call(rig, operations[i], RIG_RAM - 4), FAILED);
        cr_assert_eq(call(rig, 0x13, 0), 14);
    }
    call(rig, 0x03, NOWHERE);
    call(rig, 0x04, NOWHERE);
    cr_assert_eq(count, 0);
    rig_free(rig);
}

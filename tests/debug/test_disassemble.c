// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest code as assembly: the form of a line, what is no instruction, and each mode of code.
#include "debug/disassemble.h"

#include <criterion/criterion.h>

#include <string.h>

static struct disassembler disassembler;
static char text[DISASSEMBLE_TEXT];

static void teardown(void)
{
    disassemble_free(&disassembler);
}

TestSuite(disassemble, .fini = teardown);

#define LINE(mode, address, unknown, ...)                                                                              \
    disassemble_line(&disassembler, (mode), (address), (const uint8_t[]){ __VA_ARGS__ },                               \
                     sizeof((const uint8_t[]){ __VA_ARGS__ }), (unknown), text)

static void need_capstone(void)
{
    if (!disassemble_is_built())
        cr_skip_test("built without Capstone");
}

Test(disassemble, x86_code_is_in_a_column_of_eight_bytes)
{
    need_capstone();
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0x100000, 0, 0x90, 0x90), 1);
    cr_assert_str_eq(text, "0x00100000:  90                       nop      \n");
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0xffffffff81000000, 0, 0x48, 0x89, 0xd8), 3);
    cr_assert_str_eq(text, "0xffffffff81000000:  48 89 d8                 movq     %rbx, %rax\n");
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0, 0, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8), 10);
    cr_assert_str_eq(text, "0x00000000:  48 b8 01 02 03 04 05 06  movabsq  $0x807060504030201, %rax\n"
                           "0x00000008:  07 08\n");
}

Test(disassemble, the_same_bytes_mean_something_else_in_each_mode)
{
    need_capstone();
    cr_assert_eq(LINE(DISASSEMBLE_X86_16, 0, 0, 0xb8, 1, 2, 3, 4), 3);
    cr_assert_not_null(strstr(text, "movw     $0x201, %ax\n"));
    cr_assert_eq(LINE(DISASSEMBLE_X86_32, 0, 0, 0xb8, 1, 2, 3, 4), 5);
    cr_assert_not_null(strstr(text, "movl     $0x4030201, %eax\n"));
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0, 0, 0x48, 0xff, 0xc0), 3);
    cr_assert_not_null(strstr(text, "incq     %rax\n"));
}

Test(disassemble, arm_code_is_words)
{
    need_capstone();
    cr_assert_eq(LINE(DISASSEMBLE_A64, 0x40080000, 0, 0x10, 0, 0, 0x14, 0xff), 4);
    cr_assert_str_eq(text, "0x40080000:  14000010  b        #0x40080040\n");
}

Test(disassemble, what_is_no_instruction_is_data)
{
    need_capstone();
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0x1000, 2, 0x0f, 0x0a, 0x90), 2);
    cr_assert_str_eq(text, "0x00001000:  0f 0a                    .byte    0x0f, 0x0a\n");
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0x1000, 0, 0x0f, 0x0a, 0x90), 1);
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0x1000, 99, 0x0f, 0x0a, 0x90), 1);
    cr_assert_eq(LINE(DISASSEMBLE_A64, 0, 0, 0, 0, 0, 0), 4);
    cr_assert_str_eq(text, "0x00000000:  00000000  .inst    0x00000000\n");
}

Test(disassemble, an_instruction_that_is_not_whole_is_none)
{
    need_capstone();
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0, 0, 0xb8, 1), 1);
    cr_assert_not_null(strstr(text, ".byte    0xb8\n"));
    cr_assert_eq(LINE(DISASSEMBLE_A64, 0, 0, 0x10, 0, 0), 0);
    cr_assert_eq(disassemble_line(&disassembler, DISASSEMBLE_X86_64, 0, NULL, 0, 0, text), 0);
    cr_assert_str_eq(text, "");
}

Test(disassemble, without_capstone_there_is_nothing)
{
    if (disassemble_is_built())
        cr_skip_test("built with Capstone");
    cr_assert_eq(LINE(DISASSEMBLE_X86_64, 0, 0, 0x90), 0);
    cr_assert_str_eq(text, "");
}

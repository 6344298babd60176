// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What of a CPU's own state holds an interrupt back that its local APIC has ready, brought about by programs.
#include <criterion/criterion.h>

#include "answer.h"
#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/system/interrupt.h"

enum { VECTOR = 0x31, NMI = 2, HANDLER = BOARD_HANDLERS + 16 * VECTOR, NMI_HANDLER = BOARD_HANDLERS + 16 * NMI };

static struct board *board;
static struct answer answer;

static void setup(void)
{
    board = board_new(2, 0);
    board_long(board, 0);
    board_code(board, HANDLER, "90 48cf");     // nop; iretq
    board_code(board, NMI_HANDLER, "90 48cf"); // nop; iretq
}

static void teardown(void)
{
    board_free(board);
}

TestSuite(why_x86_64, .init = setup, .fini = teardown);

static const char *ask(unsigned cpu, uint32_t pending)
{
    struct why why = answer_begin(&answer);
    x86_why(&board->cpu[cpu]->vcpu, pending, &why);
    return answer.text;
}

Test(why_x86_64, if_and_the_shadow_of_sti_hold_an_interrupt_back)
{
    board_code(board, BOARD_CODE, "90 fb 90 90"); // nop; sti; nop; nop
    board_raise(board, 0, PENDING_INTR, VECTOR);
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_INTR),
                     "- CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x10001\n");
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_INTR), "- CPU 0 takes no interrupt before this instruction: it follows STI\n");
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_INTR), "= CPU 0 takes it before its next instruction, at 0x10003\n");
    board_run(board, 1);
    cr_expect_eq(board->cpu[0]->r[X86_RIP], HANDLER + 1, "it arrives");
    cr_expect_eq(board->taken[0], 1);
}

Test(why_x86_64, the_shadow_of_a_load_of_ss_holds_an_interrupt_and_an_nmi_back)
{
    board_code(board, BOARD_CODE, "8ed0 90 90"); // mov ss, eax; nop; nop
    board->cpu[0]->r[X86_RAX] = BOARD_FLAT;
    x86_set_flags(board->cpu[0], X86_IF);
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_INTR),
                     "- CPU 0 takes no interrupt before this instruction: it follows MOV SS or POP SS\n");
    cr_expect_str_eq(ask(0, PENDING_NMI),
                     "- CPU 0 takes no interrupt before this instruction: it follows MOV SS or POP SS\n");
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_NMI), "= CPU 0 takes it before its next instruction, at 0x10003\n");
}

Test(why_x86_64, both_gates_of_an_interrupt_are_told)
{
    board_code(board, BOARD_CODE, "8ed0 90");
    board->cpu[0]->r[X86_RAX] = BOARD_FLAT;
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_INTR),
                     "- CPU 0 takes no interrupt before this instruction: it follows MOV SS or POP SS\n"
                     "- CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x10002\n");
}

Test(why_x86_64, an_nmi_waits_for_the_iret_of_the_last_one)
{
    board_code(board, BOARD_CODE, "90 90");
    board_raise(board, 0, PENDING_NMI, 0);
    cr_expect_str_eq(ask(0, PENDING_NMI), "= CPU 0 takes it before its next instruction, at 0x10000\n",
                     "IF does not mask it");
    board_run(board, 1);
    cr_assert_eq(board->cpu[0]->r[X86_RIP], NMI_HANDLER + 1);
    board_raise(board, 0, PENDING_NMI, 0);
    cr_expect_str_eq(ask(0, PENDING_NMI), "- CPU 0 takes no NMI before the IRET of the last one's handler\n");
    board_run(board, 1);
    cr_expect_str_eq(ask(0, PENDING_NMI), "= CPU 0 takes it before its next instruction, at 0x10000\n");
    board_run(board, 1);
    cr_expect_eq(board->taken[0], 2, "it arrives");
}

Test(why_x86_64, a_cpu_that_waits_for_its_start_takes_nothing_else)
{
    const char *waits = "- CPU 1 waits for a SIPI, and takes INIT and SIPI alone\n";
    board_code(board, BOARD_CODE, "ebfe"); // CPU 0: jmp to itself
    board_raise(board, 1, PENDING_NMI, 0);
    cr_expect_str_eq(ask(1, PENDING_NMI), waits);
    cr_expect_str_eq(ask(1, PENDING_INIT), "= CPU 1 takes it before its next instruction, at 0xfff0\n");
    board_raise(board, 1, PENDING_INIT, 0);
    board_run(board, 100000);
    cr_assert_eq(board->word[1], PENDING_NMI, "INIT was taken");
    cr_expect_str_eq(ask(1, PENDING_NMI), waits);
    board_raise(board, 1, PENDING_SIPI, BOARD_CODE >> 12);
    board_run(board, 100000);
    cr_expect_eq(board->word[1], 0, "the NMI arrives behind SIPI");
}

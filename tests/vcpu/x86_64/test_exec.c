// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Events between and within instructions: budgets, shadows, traps, faults without side effects, pages, and code that
// changes.
#include <criterion/criterion.h>

#include "vcpu/x86_64/board.h"

#define NEXT_PAGE (BOARD_CODE + 0x1000)

static struct board *board;
static struct x86_cpu *cpu;

static void setup(void)
{
    board = board_new(1, 0);
    cpu = board_long(board, 0);
}

static void teardown(void)
{
    board_free(board);
}

TestSuite(exec, .init = setup, .fini = teardown, .timeout = 120);

static void code(const char *hex)
{
    unsigned length = board_code(board, BOARD_CODE, hex);
    board->ram.ram[BOARD_CODE + length] = 0xf4; // HLT
}

static void run(uint64_t instructions)
{
    board_run(board, instructions);
}

static uint64_t rip(void)
{
    return cpu->r[X86_RIP];
}

// The vector whose handler (an HLT) was reached; -1: none.
static int handled(void)
{
    uint64_t at = rip() - 1 - BOARD_HANDLERS;
    return at < 0x1000 && at % 16 == 0 ? (int)(at / 16) : -1;
}

static uint64_t frame(unsigned index) // 0: RIP, 1: CS, 2: RFLAGS, 3: RSP
{
    return board_get(board, BOARD_IST - 40 + 8 * index, 8);
}

static uint64_t error_code(void)
{
    return board_get(board, BOARD_IST - 48, 8);
}

// --- the budget ------------------------------------------------------------------------------------------------------

Test(exec, a_budget_ends_at_its_very_instruction)
{
    code("48 ff c0 48 ff c0 48 ff c0 48 ff c0 48 ff c0 48 ff c0"); // inc rax, six times
    for (uint64_t n = 1; n < 6; n++) {
        run(1);
        cr_assert_eq(cpu->r[X86_RAX], n);
        cr_assert_eq(rip(), BOARD_CODE + 3 * n);
        cr_assert_eq(loop_instructions(&board->loop), n);
    }
    cpu->r[X86_RIP] = BOARD_CODE;
    run(4); // inside the block that has been translated
    cr_assert_eq(cpu->r[X86_RAX], 9);
    cr_assert_eq(rip(), BOARD_CODE + 12);
}

Test(exec, flags_that_the_block_drops_are_there_when_it_is_cut)
{
    code("48 01 d8 48 29 c8 48 31 d2"); // add rax, rbx; sub rax, rcx; xor rdx, rdx
    cpu->r[X86_RAX] = UINT64_MAX;
    cpu->r[X86_RBX] = 1;
    run(1);
    cr_assert_eq(x86_flags(cpu), (X86_CF | X86_ZF | X86_PF | X86_AF | 2));
}

Test(exec, time_is_what_is_executed)
{
    code("48 ff c0 ba e0 00 00 00 ee 48 ff c0"); // inc rax; mov edx, e0; out dx, al; inc rax
    run(100);
    cr_assert_eq(board->writes, 1);
    cr_assert_eq(board->written_at, 2); // two instructions before it
    cr_assert_eq(board->clock.now, 5);
}

// --- strings ---------------------------------------------------------------------------------------------------------

Test(exec, every_iteration_of_rep_counts_as_an_instruction)
{
    code("f3 aa 90"); // rep stosb
    cpu->r[X86_RCX] = 1000;
    cpu->r[X86_RDI] = BOARD_DATA;
    run(10);
    cr_assert_eq(cpu->r[X86_RCX], 990);
    cr_assert_eq(cpu->r[X86_RDI], BOARD_DATA + 10);
    cr_assert_eq(rip(), BOARD_CODE);
    run(990);
    cr_assert_eq(cpu->r[X86_RCX], 0);
    cr_assert_eq(rip(), BOARD_CODE + 2);
    run(10);
    cr_assert_eq(loop_instructions(&board->loop), 1002);
}

Test(exec, rep_of_nothing_counts_once)
{
    code("f3 a4 90");
    cpu->r[X86_RCX] = 0;
    run(10);
    cr_assert_eq(loop_instructions(&board->loop), 3);
}

static void raise_interrupt(void *owner, uint64_t now)
{
    (void)owner, (void)now;
    board_raise(board, 0, PENDING_INTR, 0x30);
}

static void interrupt_at(uint64_t now)
{
    static struct event event;
    clock_register(&board->clock, &event, "test", raise_interrupt, NULL);
    clock_arm(&board->clock, &event, now);
}

Test(exec, an_interrupt_comes_between_two_iterations)
{
    code("fb 90 f3 a4"); // sti; nop; rep movsb
    cpu->r[X86_RCX] = 1000;
    cpu->r[X86_RSI] = BOARD_DATA;
    cpu->r[X86_RDI] = BOARD_DATA + 0x1000;
    interrupt_at(7);
    run(8);
    cr_assert_eq(handled(), 0x30);
    cr_assert_eq(frame(0), BOARD_CODE + 2);
    cr_assert_eq(frame(2) & X86_RF, X86_RF); // SDM vol. 3, 17.3.1.1
    cr_assert_eq(cpu->r[X86_RCX], 995);
    cr_assert_eq(cpu->r[X86_RSI], BOARD_DATA + 5);
}

Test(exec, an_interrupt_after_the_last_iteration_has_no_rf)
{
    code("fb 90 f3 a4 90"); // sti; nop; rep movsb; nop
    cpu->r[X86_RCX] = 5;
    cpu->r[X86_RSI] = BOARD_DATA;
    cpu->r[X86_RDI] = BOARD_DATA + 0x1000;
    interrupt_at(7);
    run(8);
    cr_assert_eq(frame(0), BOARD_CODE + 4);
    cr_assert_eq(frame(2) & X86_RF, 0);
}

static void raise_both(void *owner, uint64_t now)
{
    (void)owner, (void)now;
    board_raise(board, 0, PENDING_NMI, 0);
    board_raise(board, 0, PENDING_INTR, 0x30);
}

Test(exec, a_handler_that_is_entered_with_if_set_is_interrupted_after_its_first_instruction)
{
    static struct event event;
    code("fb 90 90 90 90 90");                     // sti; nops
    board->ram.ram[BOARD_IDT + 16 * 2 + 5] = 0x8f; // a trap gate
    board_code(board, BOARD_HANDLERS + 16 * 2, "90 90 90 90 f4");
    clock_register(&board->clock, &event, "test", raise_both, NULL);
    clock_arm(&board->clock, &event, 3);
    run(100);
    cr_assert_eq(handled(), 0x30);
    cr_assert_eq(frame(0), BOARD_HANDLERS + 16 * 2 + 1);
}

Test(exec, a_fault_in_rep_leaves_the_iterations_before_it_done)
{
    code("f3 ab"); // rep stosd
    board_map(board, BOARD_DATA + 0x1000, 0);
    cpu->r[X86_RCX] = 100;
    cpu->r[X86_RDI] = BOARD_DATA + 0x1000 - 42; // the eleventh crosses
    cpu->r[X86_RAX] = 0x11223344;
    run(100);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(cpu->r[X86_RCX], 90);
    cr_assert_eq(cpu->r[X86_RDI], BOARD_DATA + 0x1000 - 2);
    cr_assert_eq(cpu->cr2, BOARD_DATA + 0x1000);
    cr_assert_eq(error_code(), 2);
    cr_assert_eq(board_get(board, BOARD_DATA + 0xffe, 2), 0); // nothing of the eleventh
    cr_assert_eq(loop_instructions(&board->loop), 11);        // ten, and the handler's HLT
}

// --- SSE, which a block checks once -----------------------------------------------------------------------------------

Test(exec, sse_is_refused_at_the_first_instruction_after_ts_was_set)
{
    code("0f 58 c1 0f 58 c1 0f 20 c0 48 83 c8 08 0f 22 c0 0f 58 c1 90"); // addps twice; CR0.TS; addps xmm0, xmm1
    run(20);
    cr_assert_eq(handled(), X86_NM);
    cr_assert_eq(frame(0), BOARD_CODE + 16);
    cpu->cr0 &= ~(uint64_t)X86_CR0_TS;
    cpu->r[X86_RIP] = BOARD_CODE;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(1);
    cpu->cr0 |= X86_CR0_TS; // by a debugger, between two instructions of a block
    run(1);
    cr_assert_eq(handled(), X86_NM);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
}

Test(exec, mmx_after_sse_still_reports_what_the_x87_has_pending)
{
    code("0f 58 c1 0f fc c1 90"); // addps xmm0, xmm1; paddb mm0, mm1
    cpu->x87.control = 0x37e;
    cpu->x87.status = 0x8081;
    run(10);
    cr_assert_eq(handled(), X86_MF);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
}

Test(exec, sse_after_mmx_needs_osfxsr)
{
    code("0f fc c1 0f 58 c1 90"); // paddb mm0, mm1; addps xmm0, xmm1
    cpu->cr4 &= ~(uint64_t)X86_CR4_OSFXSR;
    run(10);
    cr_assert_eq(handled(), X86_UD);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
}

Test(exec, fxsave_writes_the_same_within_a_page_and_across_two)
{
    uint8_t *within = board->ram.ram + BOARD_DATA, *across = board->ram.ram + BOARD_DATA + 0x1f00;
    memset(within, 0xcc, 0x4000);
    cpu->mxcsr = 0x1f80;
    for (unsigned i = 0; i < 16; i++)
        cpu->xmm[i].q[0] = ~(cpu->xmm[i].q[1] = UINT64_C(0x123456789abcdef) * (i + 1));
    for (unsigned i = 0; i < 8; i++)
        cpu->x87.mantissa[i] = i + 77;
    code("48 0f ae 07 48 0f ae 07 48 0f ae 06"); // fxsave64 [rdi] twice; fxsave64 [rsi]
    cpu->r[X86_RDI] = BOARD_DATA;
    cpu->r[X86_RSI] = BOARD_DATA + 0x1f00;
    run(3);
    cr_assert_arr_eq(within, across, 512);
    cr_assert_eq(within[415], cpu->xmm[15].b[15]);
    cr_assert_eq(within[416], 0xcc);
    for (unsigned i = 0; i < 2; i++) { // fxrstor64 [rdi]
        union x86_xmm before[16];
        memcpy(before, cpu->xmm, sizeof before);
        memset(cpu->xmm, 0, sizeof cpu->xmm);
        memset(cpu->x87.mantissa, 0, sizeof cpu->x87.mantissa);
        board_code(board, BOARD_CODE + 0x100, "48 0f ae 0f f4");
        cpu->r[X86_RIP] = BOARD_CODE + 0x100;
        cpu->r[X86_RDI] = i ? BOARD_DATA + 0x1f00 : BOARD_DATA;
        run(1);
        cr_assert_arr_eq(cpu->xmm, before, sizeof before);
        cr_assert_eq(cpu->x87.mantissa[7], 84);
    }
}

Test(exec, fxsave_across_a_page_that_is_not_there_writes_nothing)
{
    code("48 0f ae 07");
    board_map(board, BOARD_DATA + 0x1000, 0);
    cpu->r[X86_RDI] = BOARD_DATA + 0xf00;
    cpu->xmm[0].q[0] = 1;
    run(10);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(cpu->cr2, BOARD_DATA + 0x1000);
    for (unsigned i = 0; i < 0x100; i += 8)
        cr_assert_eq(board_get(board, BOARD_DATA + 0xf00 + i, 8), 0);
}

// --- shadows ---------------------------------------------------------------------------------------------------------

Test(exec, an_interrupt_waits_for_the_instruction_after_sti)
{
    code("fb 48 ff c0 48 ff c0"); // sti; inc rax; inc rax
    board_raise(board, 0, PENDING_INTR, 0x31);
    run(10);
    cr_assert_eq(handled(), 0x31);
    cr_assert_eq(frame(0), BOARD_CODE + 4);
    cr_assert_eq(cpu->r[X86_RAX], 1);
}

Test(exec, an_nmi_waits_for_the_instruction_after_sti)
{
    code("fb 48 ff c0 48 ff c0"); // sti; inc rax; inc rax
    run(1);
    board_raise(board, 0, PENDING_NMI, 0);
    run(10);
    cr_assert_eq(handled(), 2);
    cr_assert_eq(frame(0), BOARD_CODE + 4);
    cr_assert_eq(cpu->r[X86_RAX], 1);
}

Test(exec, sti_and_cli_let_nothing_in)
{
    code("fb fa 90 90");
    board_raise(board, 0, PENDING_INTR, 0x31);
    run(4);
    cr_assert_eq(handled(), -1);
    cr_assert_eq(rip(), BOARD_CODE + 4);
}

Test(exec, a_second_sti_casts_no_shadow)
{
    code("fb fb 90 90");
    board_raise(board, 0, PENDING_INTR, 0x31);
    run(10);
    cr_assert_eq(frame(0), BOARD_CODE + 2);
}

Test(exec, an_nmi_waits_for_the_instruction_after_mov_ss_too)
{
    code("8e d0 48 ff c1 48 ff c1"); // mov ss, eax; inc rcx; inc rcx
    cpu->r[X86_RAX] = BOARD_FLAT;
    run(1);
    board_raise(board, 0, PENDING_NMI, 0);
    run(2);
    cr_assert_eq(handled(), 2);
    cr_assert_eq(frame(0), BOARD_CODE + 5);
    cr_assert_eq(cpu->r[X86_RCX], 1);
}

Test(exec, popf_lets_a_waiting_interrupt_in_at_once)
{
    code("9d 90 90");
    cpu->r[X86_RSP] = BOARD_DATA;
    board_put(board, BOARD_DATA, 8, X86_IF | 2);
    board_raise(board, 0, PENDING_INTR, 0x31);
    run(10);
    cr_assert_eq(handled(), 0x31);
    cr_assert_eq(frame(0), BOARD_CODE + 1);
}

Test(exec, a_device_that_answers_a_write_with_an_interrupt_is_heard_after_that_instruction)
{
    code("fb 90 ee 48 ff c0 48 ff c0"); // sti; nop; out dx, al; inc rax; inc rax
    cpu->r[X86_RDX] = 0xe0;
    interrupt_at(3);
    run(100);
    cr_assert_eq(handled(), 0x30);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
    cr_assert_eq(cpu->r[X86_RAX], 0);
}

static void interrupt_on_write(struct board *b, unsigned offset, uint64_t value, uint64_t now)
{
    (void)offset, (void)value, (void)now;
    board_raise(b, 0, PENDING_INTR, 0x32);
}

Test(exec, an_interrupt_raised_by_the_access_itself_is_taken_after_that_instruction)
{
    code("fb 90 ee 48 ff c0 48 ff c0");
    board->on_write = interrupt_on_write;
    cpu->r[X86_RDX] = 0xe0;
    run(100);
    cr_assert_eq(handled(), 0x32);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
    cr_assert_eq(cpu->r[X86_RAX], 0);
}

Test(exec, such_an_interrupt_is_taken_too_where_the_next_block_is_not_known)
{
    code("fb 90 ee f3 aa"); // sti; nop; out dx, al; rep stosb, which begins a block
    board->on_write = interrupt_on_write;
    cpu->r[X86_RDX] = 0xe0;
    cpu->r[X86_RCX] = 5;
    cpu->r[X86_RDI] = BOARD_DATA;
    run(100);
    cr_assert_eq(handled(), 0x32);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
    cr_assert_eq(cpu->r[X86_RCX], 5);
}

Test(exec, halt_waits_for_the_interrupt_and_returns_behind_it)
{
    code("fb f4 48 ff c0");
    interrupt_at(500);
    run(10);
    cr_assert_eq(handled(), 0x30);
    cr_assert_eq(frame(0), BOARD_CODE + 2);
    cr_assert_eq(board->clock.now, 501);
}

// --- the trap flag ---------------------------------------------------------------------------------------------------

Test(exec, the_trap_flag_traps_after_each_instruction)
{
    code("48 ff c0 48 ff c0");
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
    cr_assert_eq(frame(2) & X86_TF, X86_TF);
    cr_assert_eq(cpu->eflags & X86_TF, 0);
    cr_assert(cpu->dr[6] & BIT64(14));
}

Test(exec, popf_that_sets_the_trap_flag_does_not_trap_itself)
{
    code("9d 48 ff c0 48 ff c0");
    cpu->r[X86_RSP] = BOARD_DATA;
    board_put(board, BOARD_DATA, 8, X86_TF | 2);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 4);
}

Test(exec, popf_that_clears_the_trap_flag_still_traps)
{
    code("9d 48 ff c0");
    x86_set_flags(cpu, X86_TF);
    cpu->r[X86_RSP] = BOARD_DATA;
    board_put(board, BOARD_DATA, 8, 2);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 1);
    cr_assert_eq(frame(2) & X86_TF, 0);
}

// The manual says of TF that an instruction that sets it is not trapped (SDM vol. 3, 17.3.1.4). SYSRET is: processors look at
// TF behind it, so that a program that steps over SYSCALL stops at the instruction after it.
Test(exec, sysret_that_sets_the_trap_flag_traps_before_the_next_instruction)
{
    code("48 0f 07 90 90"); // sysretq
    board_code(board, BOARD_CODE + 0x100, "48 ff c0 48 ff c0 48 ff c0");
    cpu->star = (uint64_t)0x1b << 48;
    cpu->r[X86_RCX] = BOARD_CODE + 0x100;
    cpu->r[X86_R11] = X86_TF | 2;
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 0x100);
    cr_assert_eq(frame(1), 0x2b);
    cr_assert_eq(frame(2) & X86_TF, X86_TF);
    cr_assert_eq(cpu->dr[6], 0xffff4ff0);
    cr_assert_eq(cpu->r[X86_RAX], 0);
}

Test(exec, a_return_that_sets_the_trap_flag_traps_after_the_next_instruction)
{
    code("48 cf 90 90"); // iretq
    board_code(board, BOARD_CODE + 0x100, "48 ff c0 48 ff c0 48 ff c0");
    const uint64_t words[] = { BOARD_CODE + 0x100, BOARD_CODE64, X86_TF | 2, BOARD_STACK, BOARD_FLAT };
    cpu->r[X86_RSP] = BOARD_DATA;
    for (unsigned i = 0; i < countof(words); i++)
        board_put(board, BOARD_DATA + 8 * i, 8, words[i]);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 0x103);
    cr_assert_eq(cpu->r[X86_RAX], 1);
}

Test(exec, mov_ss_puts_the_trap_off_by_one_instruction)
{
    code("8e d0 90 90");
    cpu->r[X86_RAX] = BOARD_FLAT;
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
}

Test(exec, rep_traps_after_each_iteration)
{
    code("f3 aa");
    cpu->r[X86_RCX] = 5;
    cpu->r[X86_RDI] = BOARD_DATA;
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE);
    cr_assert_eq(frame(2) & X86_RF, X86_RF);
    cr_assert_eq(cpu->r[X86_RCX], 4);
}

Test(exec, the_trap_after_the_last_iteration_has_no_rf)
{
    code("f3 aa");
    cpu->r[X86_RCX] = 1;
    cpu->r[X86_RDI] = BOARD_DATA;
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(frame(0), BOARD_CODE + 2);
    cr_assert_eq(frame(2) & X86_RF, 0);
}

Test(exec, a_software_interrupt_clears_the_trap_flag_before_it_traps) // SDM vol. 3, 18.3.1.4
{
    code("cd 40");
    board_code(board, BOARD_HANDLERS + 16 * 0x40, "90 f4");
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(rip(), BOARD_HANDLERS + 16 * 0x40 + 2);
    cr_assert_eq(frame(0), BOARD_CODE + 2);
}

Test(exec, a_halt_is_left_by_the_trap)
{
    code("f4 90");
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(frame(0), BOARD_CODE + 1);
}

Test(exec, an_instruction_that_faults_does_not_trap)
{
    code("f7 f1"); // div ecx
    cpu->r[X86_RCX] = 0;
    x86_set_flags(cpu, X86_TF);
    run(10);
    cr_assert_eq(handled(), X86_DE);
    cr_assert_eq(frame(0), BOARD_CODE);
}

// --- faults leave nothing behind -------------------------------------------------------------------------------------

static void assert_nothing_changed(const char *hex, uint64_t entry)
{
    uint64_t before[16], place = BOARD_DATA + 0xffd;
    code(hex);
    cpu->r[X86_RIP] = BOARD_CODE;
    for (unsigned i = 0; i < 16; i++)
        cpu->r[i] = UINT64_C(0x1111111111111111) * i;
    cpu->r[X86_RDI] = place;
    cpu->r[X86_RSP] = BOARD_STACK;
    memcpy(before, cpu->r, sizeof before);
    x86_set_flags(cpu, X86_CF | X86_SF | X86_AF);
    for (unsigned i = 0; i < 16; i++)
        board_put(board, place + i, 1, 0xa0 + i);
    board_map(board, BOARD_DATA + 0x1000, entry);
    tlb_flush(&cpu->vcpu);
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(10);
    cr_assert_eq(handled(), X86_PAGE, "%s", hex);
    cr_assert_eq(frame(0), BOARD_CODE, "%s", hex);
    cr_assert_eq(frame(2) & X86_ARITHMETIC, (X86_CF | X86_SF | X86_AF), "%s", hex);
    cr_assert_eq(frame(3), BOARD_STACK, "%s", hex);
    cr_assert_eq(cpu->cr2, BOARD_DATA + 0x1000, "%s", hex);
    for (unsigned i = 0; i < 16; i++)
        cr_assert(i == X86_RSP || cpu->r[i] == before[i], "%s: register %u", hex, i);
    for (unsigned i = 0; i < 16; i++)
        cr_assert_eq(board_get(board, place + i, 1), 0xa0 + i, "%s: byte %u", hex, i);
}

static const char *const writers[] = {
    "48 01 07",
    "48 83 07 05",
    "48 d1 07",
    "48 d3 07",
    "48 ff 07",
    "48 f7 1f",
    "48 f7 17",
    "48 0f c1 07",
    "48 87 07",
    "48 0f b1 0f",
    "48 0f ab 07",
    "48 0f ba 2f 03",
    "48 0f a4 07 05",
    "48 0f ad 07",
    "f0 48 11 07",
    "48 0f c7 4f f3",
    "0f c7 0f",
    "48 89 07",
    "48 c7 07 01 00 00 00",
    "0f 11 07",
    "66 0f d6 07",
    "48 8f 07",
    "48 ab",
    "db 3f",
    "dd 1f",
    "0f ae 1f",
};

Test(exec, a_write_that_faults_in_its_second_page_changes_nothing)
{
    for (unsigned i = 0; i < countof(writers); i++) {
        if (strcmp(writers[i], "48 0f c7 4f f3") == 0) // CMPXCHG16B is aligned: it does not cross
            continue;
        assert_nothing_changed(writers[i], 0);
        cr_assert_eq(error_code(), 2, "%s", writers[i]);
        assert_nothing_changed(writers[i], (BOARD_DATA + 0x1000) | 1); // read-only, and CR0.WP
        cr_assert_eq(error_code(), 3, "%s", writers[i]);
    }
}

Test(exec, a_read_that_faults_in_its_second_page_changes_nothing)
{
    static const char *const readers[] = { "48 8b 07", "48 03 07", "48 0f af 07",    "48 0f 44 07", "ff 37",
                                           "ff 17",    "48 f7 27", "48 f7 37",       "0f 10 07",    "66 0f fe 07",
                                           "dd 07",    "48 39 07", "48 0f b7 47 02", "48 0f bc 07" };
    for (unsigned i = 0; i < countof(readers); i++) {
        if (strncmp(readers[i], "66", 2) == 0) // alignment comes first
            continue;
        assert_nothing_changed(readers[i], 0);
        cr_assert_eq(error_code(), 0, "%s", readers[i]);
    }
}

Test(exec, a_misaligned_sse_operand_is_a_general_protection_fault)
{
    code("66 0f fe 07"); // paddd xmm0, [rdi]
    cpu->r[X86_RDI] = BOARD_DATA + 8;
    run(10);
    cr_assert_eq(handled(), X86_GP);
    cr_assert_eq(error_code(), 0);
}

Test(exec, a_handler_that_faults_at_its_first_instruction_does_not_stop_the_clock)
{
    code("0f 0b");
    board_code(board, BOARD_HANDLERS + 16 * X86_UD, "0f 0b");
    run(100);
    cr_assert_eq(rip(), BOARD_HANDLERS + 16 * X86_UD);
    cr_assert_eq(loop_instructions(&board->loop), 100);
    cr_assert_eq(board->clock.now, 100);
}

Test(exec, code_wraps_within_its_segment_wherever_pages_end)
{
    cpu = board_real(board, 0);
    x86_set_segment(cpu, X86_CS, (BOARD_CODE >> 4) + 6, BOARD_CODE + 0x60, 0xffff, 0x9b);
    board_code(board, BOARD_CODE + 0x60 + 0xfffe, "40 40 43 43"); // inc ax, inc ax; inc bx would be the next segment's
    board_code(board, BOARD_CODE + 0x60, "41 41");                // inc cx
    cpu->r[X86_RIP] = 0xfffe;
    cpu->r[X86_RAX] = cpu->r[X86_RBX] = cpu->r[X86_RCX] = 0;
    run(4);
    cr_assert_eq(cpu->r[X86_RAX], 2);
    cr_assert_eq(cpu->r[X86_RBX], 0);
    cr_assert_eq(cpu->r[X86_RCX], 2);
}

Test(exec, an_instruction_that_crosses_the_limit_of_its_segment_is_a_general_protection_fault)
{
    cpu = board_real(board, 0);
    x86_set_segment(cpu, X86_CS, BOARD_CODE >> 4, BOARD_CODE, 0xffff, 0x9b);
    board_code(board, BOARD_CODE + 0xffff, "05 00 00"); // add ax, 0
    cpu->r[X86_RIP] = 0xffff;
    board_put(board, 4 * X86_GP, 4, BOARD_HANDLERS + 16 * X86_GP);
    run(1);
    cr_assert_eq(handled(), X86_GP);
}

Test(exec, a_shutdown_takes_the_time_of_an_instruction)
{
    code("0f 0b");
    cpu->idt_limit = 0; // no handler for it, nor for what follows
    run(100);
    cr_assert(cpu->shutdown);
    cr_assert_eq(loop_instructions(&board->loop), 1);
}

Test(exec, the_second_of_two_instructions_faults_with_the_first_done)
{
    code("48 ff c0 f7 f1 48 ff c0"); // inc rax; div ecx; inc rax
    cpu->r[X86_RCX] = 0;
    run(10);
    cr_assert_eq(handled(), X86_DE);
    cr_assert_eq(frame(0), BOARD_CODE + 3);
    cr_assert_eq(cpu->r[X86_RAX], 1);
    cr_assert_eq(loop_instructions(&board->loop), 2); // inc, and the handler's HLT
}

Test(exec, invpcid_takes_its_type_from_a_register_and_the_rest_from_memory)
{
    uint64_t value;
    cr_assert(tlb_load(&cpu->vcpu, NEXT_PAGE, 8, false, &value));
    board_map(board, NEXT_PAGE, 0);
    board_put(board, BOARD_DATA, 8, 0);
    board_put(board, BOARD_DATA + 8, 8, NEXT_PAGE + 0x123);
    cpu->r[X86_RBX] = BOARD_DATA;
    code("66 0f 38 82 03"); // invpcid rax, [rbx]
    run(10);
    cr_assert_eq(handled(), -1);
    cr_assert_not(tlb_load(&cpu->vcpu, NEXT_PAGE, 8, false, &value));
}

Test(exec, invpcid_faults_as_the_manual_says)
{
    static const struct {
        const char *code;
        uint64_t type, address;
        int vector;
    } rows[] = {
        { "66 0f 38 82 c3", 0, BOARD_DATA, X86_UD },        // a register as the descriptor
        { "0f 38 82 03", 0, BOARD_DATA, X86_UD },           // no prefix
        { "f0 66 0f 38 82 03", 0, BOARD_DATA, X86_UD },     // LOCK
        { "66 0f 38 82 03", 4, BOARD_DATA, X86_GP },        // type
        { "66 0f 38 82 03", 1, BOARD_DATA + 0x80, X86_GP }, // PCID without CR4.PCIDE
        { "66 0f 38 82 03", 2, NEXT_PAGE - 8, X86_PAGE },   // the second half
        { "66 0f 38 82 03", 2, BOARD_DATA, -1 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        teardown();
        setup();
        board_map(board, NEXT_PAGE, 0);
        board_put(board, BOARD_DATA + 0x80, 8, 1);
        cpu->r[X86_RAX] = rows[i].type;
        cpu->r[X86_RBX] = rows[i].address;
        code(rows[i].code);
        run(10);
        cr_expect_eq(handled(), rows[i].vector, "row %u: %d", i, handled());
    }
}

// --- pages of code ---------------------------------------------------------------------------------------------------

Test(exec, an_instruction_may_go_on_in_the_next_page)
{
    board_code(board, NEXT_PAGE - 3, "48 b8 11 22 33 44 55 66 77 88 f4"); // mov rax, imm64
    cpu->r[X86_RIP] = NEXT_PAGE - 3;
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x8877665544332211);
    cr_assert_eq(rip(), NEXT_PAGE + 8);
}

Test(exec, a_page_that_is_not_there_faults_only_when_it_is_reached)
{
    board_code(board, NEXT_PAGE - 6, "48 ff c0 48 ff c0");
    board_map(board, NEXT_PAGE, 0);
    cpu->r[X86_RIP] = NEXT_PAGE - 6;
    run(10);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(frame(0), NEXT_PAGE);
    cr_assert_eq(cpu->cr2, NEXT_PAGE);
    cr_assert_eq(cpu->r[X86_RAX], 2);
    cr_assert_eq(error_code() & ~UINT64_C(16), 0);
}

Test(exec, the_second_page_of_an_instruction_faults_with_its_own_address)
{
    board_code(board, NEXT_PAGE - 5, "48 ff c0 48 ff c0"); // the second crosses
    board_map(board, NEXT_PAGE, 0);
    cpu->r[X86_RIP] = NEXT_PAGE - 5;
    run(10);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(frame(0), NEXT_PAGE - 2);
    cr_assert_eq(cpu->cr2, NEXT_PAGE);
    cr_assert_eq(cpu->r[X86_RAX], 1);
}

Test(exec, the_second_page_is_looked_up_again_each_time)
{
    board_code(board, NEXT_PAGE - 1, "b8 11 11 11 11 f4"); // mov eax, imm32
    board_code(board, BOARD_DATA, "22 22 22 22 f4");
    cpu->r[X86_RIP] = NEXT_PAGE - 1;
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x11111111);
    board_map(board, NEXT_PAGE, BOARD_DATA | 7);
    tlb_flush(&cpu->vcpu);
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    cpu->r[X86_RIP] = NEXT_PAGE - 1;
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x22222222);
    board_map(board, NEXT_PAGE, 0);
    tlb_flush(&cpu->vcpu);
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    cpu->r[X86_RIP] = NEXT_PAGE - 1;
    run(10);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(frame(0), NEXT_PAGE - 1);
}

Test(exec, the_same_code_at_two_addresses_knows_where_it_is)
{
    code("48 8d 05 00 00 00 00 f4"); // lea rax, [rip]
    board_map(board, BOARD_DATA, BOARD_CODE | 7);
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], BOARD_CODE + 7);
    cpu->r[X86_RIP] = BOARD_DATA;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], BOARD_DATA + 7);
    cr_assert_eq(board->loop.blocks.translated, 1);
}

Test(exec, fifteen_bytes_are_the_most)
{
    code("66 66 66 66 66 66 66 66 66 66 66 66 66 ff c0"); // 13 prefixes
    run(10);
    cr_assert_eq(handled(), -1);
    cr_assert_eq(rip(), BOARD_CODE + 16);
    code("66 66 66 66 66 66 66 66 66 66 66 66 66 66 ff c0");
    loop_memory_written(&board->loop, BOARD_CODE, 32);
    cpu->r[X86_RIP] = BOARD_CODE;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(10);
    cr_assert_eq(handled(), X86_GP);
    cr_assert_eq(frame(0), BOARD_CODE);
}

Test(exec, code_where_no_memory_is_reads_as_ones)
{
    code("ff e0"); // jmp rax
    cpu->r[X86_RAX] = 0x10000000;
    run(10);
    cr_assert_eq(handled(), X86_UD);
    cr_assert_eq(frame(0), 0x10000000);
}

// --- code that changes -----------------------------------------------------------------------------------------------

Test(exec, a_block_that_writes_itself_runs_the_new_code_next)
{
    code("c6 05 02 00 00 00 2a 90 b0 11"); // mov byte [rip + 2], 2a; nop; mov al, 11
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x2a);
    cr_assert_eq(rip(), BOARD_CODE + 11);
}

Test(exec, a_table_register_stored_over_the_next_instruction_is_what_runs_next)
{
    code("0f 01 0f b0 11"); // sidt [rdi]; mov al, 11
    cpu->r[X86_RDI] = BOARD_CODE + 3;
    cpu->idt_limit = 0x22b0; // mov al, 22
    cpu->idt_base = 0xf4;    // hlt
    run(3);
    cr_assert_eq(cpu->r[X86_RAX], 0x22);
    cr_assert_eq(rip(), BOARD_CODE + 6);
}

Test(exec, a_block_that_writes_its_past_goes_on_undisturbed)
{
    code("48 ff c0 c6 05 f7 ff ff ff 90 48 ff c0"); // inc rax; mov byte [rip - 9], 90; inc rax
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 2);
    cr_assert_eq(loop_instructions(&board->loop), 4);
    cr_assert_eq(board->ram.ram[BOARD_CODE + 1], 0x90);
}

Test(exec, a_string_instruction_can_write_over_what_follows)
{
    code("f3 aa b0 11 b1 22"); // rep stosb; mov al, 11; mov cl, 22
    cpu->r[X86_RCX] = 2;
    cpu->r[X86_RAX] = 0x90;
    cpu->r[X86_RDI] = BOARD_CODE + 2;
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x90);
    cr_assert_eq(cpu->r[X86_RCX], 0x22);
}

Test(exec, data_beside_code_does_not_kill_it)
{
    code("48 89 05 f9 01 00 00 48 ff c8 75 f4"); // mov [rip + 1f9h], rax; dec rax; jnz
    cpu->r[X86_RAX] = 100;
    run(1000);
    cr_assert_eq(board_get(board, BOARD_CODE + 0x200, 8), 1);
    cr_assert_eq(board->loop.blocks.invalidated, 0);
    cr_assert_leq(board->loop.blocks.translated, 4);
}

Test(exec, code_written_from_outside_is_seen)
{
    code("b0 11");
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x11);
    board->memory.written = loop_memory_written;
    board->memory.written_owner = &board->loop;
    cr_assert(bus_write_memory(&board->memory, BOARD_CODE + 1, "\x22", 1));
    cpu->r[X86_RIP] = BOARD_CODE;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x22);
}

Test(exec, a_write_across_pages_kills_code_in_the_second)
{
    board_code(board, NEXT_PAGE, "b0 11 f4");
    cpu->r[X86_RIP] = NEXT_PAGE;
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0x11);
    code("66 89 0d f8 0f 00 00 e9 f4 0f 00 00"); // mov [rip + ff8h], cx; jmp NEXT_PAGE
    cpu->r[X86_RCX] = 0xb3 << 8;                 // mov bl, 11
    cpu->r[X86_RIP] = BOARD_CODE;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    run(10);
    cr_assert_eq(cpu->r[X86_RBX], 0x11);
}

Test(exec, the_same_bytes_in_another_mode_are_another_block)
{
    board_free(board);
    board = board_new(1, 0);
    cpu = board_flat32(board, 0);
    code("40 90 f4"); // inc eax; in 64-bit mode a prefix
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 1);
    cpu = board_long(board, 0);
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 1);
    cr_assert_eq(rip(), BOARD_CODE + 3);
    cr_assert_eq(board->loop.blocks.translated, 2);
}

// --- other modes -----------------------------------------------------------------------------------------------------

Test(exec, real_mode_counts_in_sixteen_bits)
{
    cpu = board_real(board, 0);
    code("b8 ff ff 40 50 8b dc f4"); // mov ax, ffff; inc ax; push ax; mov bx, sp; hlt
    run(10);
    cr_assert_eq(cpu->r[X86_RAX], 0);
    cr_assert_eq(cpu->r[X86_RBX], 0xffe);
    cr_assert_eq(rip(), 8);
}

Test(exec, real_mode_interrupts_go_through_the_table_at_zero)
{
    cpu = board_real(board, 0);
    code("cd 10 90");
    board_put(board, 4 * 0x10, 4, 0x08000000); // 0800:0000
    run(10);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x8000);
    cr_assert_eq(rip(), 1);
    cr_assert_eq(board_get(board, 0x2ffa, 2), 2); // IP
    cr_assert_eq(board_get(board, 0x2ffc, 2), BOARD_CODE >> 4);
}

Test(exec, an_offset_beyond_the_limit_is_a_general_protection_fault_in_real_mode)
{
    cpu = board_real(board, 0);
    code("66 bb ff ff 00 00 8b 07"); // mov ebx, ffff; mov ax, [bx]
    board_put(board, 4 * X86_GP, 4, 0x08000000);
    run(10);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x8000);
    cr_assert_eq(board_get(board, 0x2ffa, 2), 6);
}

Test(exec, protected_mode_has_one_byte_increments_and_segments)
{
    cpu = board_flat32(board, 0);
    code(
        "40 41 4a 1e 59 66 b8 34 12 0f b7 d8"); // inc eax; inc ecx; dec edx; push ds; pop ecx; mov ax, 1234; movzx ebx, ax
    cpu->r[X86_RDX] = 0;
    run(20);
    cr_assert_eq(cpu->r[X86_RAX], 0x1234);
    cr_assert_eq(cpu->r[X86_RBX], 0x1234);
    cr_assert_eq(cpu->r[X86_RCX], BOARD_FLAT);
    cr_assert_eq(cpu->r[X86_RDX], UINT32_MAX);
}

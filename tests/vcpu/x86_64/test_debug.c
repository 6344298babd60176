// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints of DR0 to DR3 on the block path: instruction fetches, data, ports; where they trap, RF, MOV SS, string
// instructions, and that a program without them runs as before (SDM vol. 3 sections 17.2 and 17.3).
#include "vcpu/x86_64/system/debug.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/board.h"

enum { FETCH = 0, WRITE = 1, PORT = 2, ACCESS = 3 }; // R/W
enum { BYTE = 0, WORD = 1, QUAD = 2, LONG = 3 };     // LEN

#define DR6_ONES 0xffff0ff0u

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

TestSuite(breakpoint, .init = setup, .fini = teardown, .timeout = 120);

static void code(const char *hex)
{
    unsigned length = board_code(board, BOARD_CODE, hex);
    board->ram.ram[BOARD_CODE + length] = 0xf4; // HLT
}

static void breakpoint(unsigned n, uint64_t address, unsigned kind, unsigned length)
{
    cr_assert(x86_write_dr(cpu, n, address));
    cr_assert(x86_write_dr(cpu, 7, cpu->dr[7] | 2u << 2 * n | (kind | length << 2) << (16 + 4 * n)));
}

static int handled(void)
{
    uint64_t at = cpu->r[X86_RIP] - 1 - BOARD_HANDLERS;
    return at < 0x1000 && at % 16 == 0 ? (int)(at / 16) : -1;
}

static uint64_t frame(unsigned index) // 0: RIP, 1: CS, 2: RFLAGS, 3: RSP
{
    return board_get(board, BOARD_IST - 40 + 8 * index, 8);
}

#define assert_trap(at, conditions)                                                                                    \
    do {                                                                                                               \
        cr_assert_eq(handled(), X86_DB);                                                                               \
        cr_assert_eq(frame(0), BOARD_CODE + (at), "at %lx", (unsigned long)(frame(0) - BOARD_CODE));                   \
        cr_assert_eq(cpu->dr[6], DR6_ONES | (conditions), "DR6 %lx", (unsigned long)cpu->dr[6]);                       \
    } while (0)

// --- instructions ----------------------------------------------------------------------------------------------------

Test(breakpoint, on_an_instruction_it_is_a_fault_before_it)
{
    code("48 ff c0 48 ff c0 48 ff c0"); // inc rax, three times
    breakpoint(1, BOARD_CODE + 3, FETCH, BYTE);
    board_run(board, 10);
    assert_trap(3, 1 << 1);
    cr_assert_eq(cpu->r[X86_RAX], 1);
    cr_assert_eq(frame(2) & X86_RF, 0); // it would hit again: the handler sets RF
}

Test(breakpoint, rf_lets_the_instruction_run_once)
{
    code("48 ff c0 eb fb");                                                  // inc rax; jmp back
    board_code(board, BOARD_HANDLERS + 16, "81 4c 24 10 00 00 01 00 48 cf"); // or dword [rsp+16], RF; iretq
    breakpoint(0, BOARD_CODE, FETCH, BYTE);
    board_run(board, 40);
    cr_assert_gt(cpu->r[X86_RAX], 5);
    cr_assert_lt(cpu->r[X86_RAX], 12); // four instructions a turn: the handler's two and the loop's
}

Test(breakpoint, behind_mov_ss_an_instruction_breakpoint_is_hidden)
{
    code("8e d1 48 ff c0 48 ff c0"); // mov ss, ecx; inc rax
    cpu->r[X86_RCX] = BOARD_FLAT;
    breakpoint(0, BOARD_CODE + 2, FETCH, BYTE);
    board_run(board, 10);
    cr_assert_eq(handled(), -1);
    cr_assert_eq(cpu->r[X86_RAX], 2);
}

Test(breakpoint, a_string_instruction_faults_once_and_not_at_each_iteration)
{
    code("f3 aa 90"); // rep stosb
    cpu->r[X86_RCX] = 5;
    cpu->r[X86_RDI] = BOARD_DATA;
    board_code(board, BOARD_HANDLERS + 16, "41 ff c7 81 4c 24 10 00 00 01 00 48 cf"); // inc r15d; or ..., RF; iretq
    breakpoint(0, BOARD_CODE, FETCH, BYTE);
    board_run(board, 40);
    cr_assert_eq(cpu->r[X86_RCX], 0);
    cr_assert_eq(cpu->r[X86_R15], 1);
    cr_assert_eq(cpu->r[X86_RIP], BOARD_CODE + 4);
}

Test(breakpoint, an_instruction_breakpoint_comes_before_the_page_fault_of_its_fetch)
{
    code("e9 fb 0f 00 00"); // jmp to the next page
    board_map(board, BOARD_CODE + 0x1000, 0);
    breakpoint(3, BOARD_CODE + 0x1000, FETCH, BYTE);
    board_run(board, 10);
    assert_trap(0x1000, 1 << 3);
}

// --- data ------------------------------------------------------------------------------------------------------------

Test(breakpoint, on_data_it_traps_after_the_instruction)
{
    code("89 03 48 ff c0 48 ff c0"); // mov [rbx], eax; inc rax
    cpu->r[X86_RBX] = BOARD_DATA;
    cpu->r[X86_RAX] = 0x1234;
    breakpoint(2, BOARD_DATA, WRITE, LONG);
    board_run(board, 10);
    assert_trap(2, 1 << 2);
    cr_assert_eq(board_get(board, BOARD_DATA, 4), 0x1234);
    cr_assert_eq(cpu->r[X86_RAX], 0x1234);
}

// An access of `size` bytes at an offset from a watched place of `length` bytes.
Test(breakpoint, every_overlap_of_access_and_length_counts_and_nothing_beside)
{
    static const char *const stores[9] = { [1] = "88 03", [2] = "66 89 03", [4] = "89 03", [8] = "48 89 03" };
    static const unsigned lengths[4] = { 1, 2, 8, 4 };
    for (unsigned length = 0; length < 4; length++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            for (int offset = -9; offset <= 9; offset++) {
                teardown();
                setup();
                code(stores[size]);
                cpu->r[X86_RBX] = BOARD_DATA + 0x100 + (uint64_t)(int64_t)offset;
                breakpoint(0, BOARD_DATA + 0x100, WRITE, length);
                board_run(board, 10);
                bool meets = offset < (int)lengths[length] && offset + (int)size > 0;
                cr_assert_eq(handled() == X86_DB, meets, "%u bytes at %d of %u", size, offset, lengths[length]);
            }
        }
    }
}

Test(breakpoint, writes_alone_or_reads_too)
{
    code("8b 03 90"); // mov eax, [rbx]
    cpu->r[X86_RBX] = BOARD_DATA;
    breakpoint(0, BOARD_DATA, WRITE, BYTE);
    breakpoint(1, BOARD_DATA, ACCESS, BYTE);
    board_run(board, 10);
    assert_trap(2, 1 << 1);
}

Test(breakpoint, a_fetch_is_no_data_access)
{
    code("90 90");
    breakpoint(0, BOARD_CODE + 1, ACCESS, BYTE);
    board_run(board, 10);
    cr_assert_eq(handled(), -1);
}

Test(breakpoint, a_16_byte_operand_and_an_access_across_pages_are_watched)
{
    code("0f 11 03 90"); // movups [rbx], xmm0
    cpu->r[X86_RBX] = BOARD_DATA + 0x1000 - 12;
    breakpoint(0, BOARD_DATA + 0x1000 + 3, WRITE, BYTE);
    board_run(board, 10);
    assert_trap(3, 1);
}

Test(breakpoint, the_stack_is_data_too)
{
    code("50 90"); // push rax
    breakpoint(0, BOARD_STACK - 8, ACCESS, QUAD);
    board_run(board, 10);
    assert_trap(1, 1);
}

Test(breakpoint, string_instructions_trap_after_the_iteration)
{
    code("f3 aa 90"); // rep stosb
    cpu->r[X86_RCX] = 5;
    cpu->r[X86_RDI] = BOARD_DATA;
    breakpoint(0, BOARD_DATA + 2, WRITE, BYTE);
    board_run(board, 20);
    assert_trap(0, 1);
    cr_assert_eq(cpu->r[X86_RCX], 2);
    cr_assert_eq(frame(2) & X86_RF, X86_RF); // SDM vol. 3, 17.3.1.1
}

Test(breakpoint, mov_ss_from_watched_memory_traps_after_the_next_instruction)
{
    code("8e 13 48 ff c0 48 ff c0"); // mov ss, [rbx]; inc rax
    cpu->r[X86_RBX] = BOARD_DATA;
    board_put(board, BOARD_DATA, 2, BOARD_FLAT);
    breakpoint(0, BOARD_DATA, ACCESS, BYTE);
    board_run(board, 10);
    assert_trap(5, 1);
    cr_assert_eq(cpu->r[X86_RAX], 1);
}

Test(breakpoint, an_instruction_that_faults_meets_none)
{
    code("60 90");
    code("ff 33 90"); // push qword [rbx]: the read is met, the write faults
    cpu->r[X86_RBX] = BOARD_DATA;
    cpu->r[X86_RSP] = BOARD_STACK;
    board_map(board, BOARD_STACK - 0x1000, 0);
    breakpoint(0, BOARD_DATA, ACCESS, BYTE);
    board_run(board, 10);
    cr_assert_eq(handled(), X86_PAGE);
    cr_assert_eq(cpu->traps, 0);
    cr_assert_eq(cpu->dr[6], DR6_ONES);
}

Test(breakpoint, single_step_and_data_are_one_trap)
{
    code("89 03 90");
    cpu->r[X86_RBX] = BOARD_DATA;
    x86_set_flags(cpu, X86_TF);
    breakpoint(0, BOARD_DATA, WRITE, LONG);
    board_run(board, 10);
    assert_trap(2, X86_DR6_BS | 1);
}

Test(breakpoint, a_trap_comes_before_the_interrupt_that_waits)
{
    code("89 03 90");
    cpu->r[X86_RBX] = BOARD_DATA;
    x86_set_flags(cpu, X86_IF);
    breakpoint(0, BOARD_DATA, WRITE, LONG);
    board_run(board, 1);
    board_raise(board, 0, PENDING_INTR, 0x30);
    board_run(board, 10);
    assert_trap(2, 1);
}

Test(breakpoint, disabled_ones_meet_nothing_and_pages_are_fast_again)
{
    code("89 03 89 03 89 03");
    cpu->r[X86_RBX] = BOARD_DATA;
    breakpoint(0, BOARD_DATA, WRITE, LONG);
    cr_assert(x86_write_dr(cpu, 7, 0));
    board_run(board, 10);
    cr_assert_eq(handled(), -1);
    cr_assert_eq(cpu->dr[6], DR6_ONES);
    uint64_t value;
    cr_assert_eq(tlb_place(&cpu->vcpu, BOARD_DATA, false)->write, BOARD_DATA);
    cr_assert(x86_load(cpu, BOARD_DATA, 4, &value));
}

Test(breakpoint, the_guest_sets_one_and_it_holds_from_the_next_instruction_on)
{
    code("0f 23 c3 0f 23 f9 89 03 90"); // mov dr0, rbx; mov dr7, rcx; mov [rbx], eax
    cpu->r[X86_RBX] = BOARD_DATA;
    cpu->r[X86_RCX] = 0x000d0402; // four bytes, writes, G0
    board_run(board, 10);
    assert_trap(8, 1);
}

// --- ports -----------------------------------------------------------------------------------------------------------

Test(breakpoint, on_a_port_it_wants_de)
{
    for (unsigned de = 0; de < 2; de++) {
        teardown();
        setup();
        code("e7 e0 90"); // out 0xe0, eax
        cpu->cr4 |= de ? X86_CR4_DE : 0u;
        breakpoint(0, 0xe2, PORT, BYTE);
        board_run(board, 10);
        cr_assert_eq(board->writes, 1);
        if (de)
            assert_trap(2, 1);
        else
            cr_assert_eq(handled(), -1);
    }
}

Test(breakpoint, in_is_watched_as_out_is)
{
    code("e4 e3 90"); // in al, 0xe3
    cpu->cr4 |= X86_CR4_DE;
    breakpoint(3, 0xe0, PORT, LONG);
    board_run(board, 10);
    assert_trap(2, 1 << 3);
}

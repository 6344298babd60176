// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the encoder for x86-64 writes, as Capstone reads it. Nothing is executed: this runs on any host.
#include "vcpu/jit/bytes/x86_64.h"

Test(x86_64, samples)
{
    if (!has_disassembler(false))
        cr_skip_test("built without Capstone");
    struct emit_label label = { 0, 0 };
    struct emit_shared shared = { .native_of_head = 0x40 };
    SAMPLE("mov eax, ecx", emit_move(e, 32, RAX, RCX));
    SAMPLE("mov r8, rsi", emit_move(e, 64, R8, RSI));
    SAMPLE("", emit_move(e, 64, R8, R8));
    SAMPLE("mov eax, 5", emit_constant(e, RAX, 5));
    SAMPLE("mov r9, -1", emit_constant(e, R9, UINT64_MAX));
    SAMPLE("movabs rbx, 0x123456789abcdef", emit_constant(e, RBX, UINT64_C(0x0123456789abcdef)));
    SAMPLE("movzx eax, sil", emit_extend(e, 64, RAX, RSI, 8, false));
    SAMPLE("movsx r8, dil", emit_extend(e, 64, R8, RDI, 8, true));
    SAMPLE("movsxd rax, ecx", emit_extend(e, 64, RAX, RCX, 32, true));
    SAMPLE("mov dil, sil", emit_insert(e, RDI, RSI, 8, 0));
    SAMPLE("mov ax, r8w", emit_insert(e, RAX, R8, 16, 0));
    SAMPLE("mov rax, qword ptr [rbp - 0x80]", emit_state_load(e, 64, RAX, 128));
    SAMPLE("mov dword ptr [rbp + 0x300], r11d", emit_state_store(e, 32, 1024, R11));
    SAMPLE("add rax, rcx", emit_alu(e, EMIT_ADD, 64, RAX, RAX, RCX));
    SAMPLE("lea rdx, [rax + rcx]", emit_alu(e, EMIT_ADD, 64, RDX, RAX, RCX));
    SAMPLE("neg ecx; add ecx, eax", emit_alu(e, EMIT_SUB, 32, RCX, RAX, RCX));
    SAMPLE("sub r8, 0x10", emit_alu_constant(e, EMIT_SUB, 64, R8, R8, 16));
    SAMPLE("lea rax, [rcx - 1]", emit_alu_constant(e, EMIT_SUB, 64, RAX, RCX, 1));
    SAMPLE("bts rbx, 0x3f", emit_alu_constant(e, EMIT_OR, 64, RBX, RBX, UINT64_C(1) << 63));
    SAMPLE("shl rbx, 4", emit_shift_constant(e, EMIT_SHL, 64, RBX, RBX, 4));
    SAMPLE("lea rax, [rbx + rcx*4 + 0x10]", emit_address(e, RAX, RBX, RCX, 2, 16));
    SAMPLE("lea rax, [r14*8]", emit_address(e, RAX, EMIT_NONE, R14, 3, 0));
    SAMPLE("imul rax, rcx", emit_multiply(e, 64, RAX, RAX, RCX));
    SAMPLE("bswap r9d", emit_swap(e, 32, R9, R9));
    SAMPLE("cmp sil, dil", emit_compare(e, 8, RSI, RDI));
    SAMPLE("cmp r8w, si", emit_compare(e, 16, R8, RSI));
    SAMPLE("cmp dil, 5", emit_compare_constant(e, 8, RDI, 5));
    SAMPLE("cmp di, 0x1234", emit_compare_constant(e, 16, RDI, 0x1234));
    SAMPLE("test rax, rax", emit_compare_constant(e, 64, RAX, 0));
    SAMPLE("test sil, 4", emit_test_constant(e, 8, RSI, 4));
    SAMPLE("cmovne eax, ecx", emit_select(e, EMIT_EQ, 32, RAX, RAX, RCX));
    SAMPLE("setb sil; movzx esi, sil", emit_set(e, EMIT_LO, RSI));
    SAMPLE("movzx eax, byte ptr [rcx]", emit_load(e, 64, RAX, RCX, 0, 1, false));
    SAMPLE("movsxd rax, dword ptr [r12 + 8]", emit_load(e, 64, RAX, R12, 8, 4, true));
    SAMPLE("mov byte ptr [rcx], sil", emit_store(e, RCX, 0, 1, RSI));
    SAMPLE("mov word ptr [rcx + 2], 0x1234", emit_store_constant(e, RCX, 2, 2, 0x1234));
    SAMPLE("sub r15, 5; js 0x100a", emit_head(e, 5, &label); emit_label(e, &label));
    SAMPLE("lea r12d, [r12 + 4]", emit_move_pc(e, 32, 4));
    SAMPLE("jmp qword ptr [rax - 0x40]", emit_go(e, &shared));
}

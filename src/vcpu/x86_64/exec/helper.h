// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operations that are a call: the rarer arithmetic (arith.c), string instructions (string.c), SIMD operands (operand.c), and the
// instructions of the system (helper.c), which are found by index in the op HELP.
#ifndef VCPU_X86_64_HELPER_H
#define VCPU_X86_64_HELPER_H

#include "vcpu/x86_64/cpu.h"

// --- arith.c ----------------------------------------------------------------------------------------------------------

// Shift and rotate kinds, as modrm.reg of C0-C1 and D0-D3 has them.
enum x86_shift { X86_ROL, X86_ROR, X86_RCL, X86_RCR, X86_SHL, X86_SHR, X86_SAL, X86_SAR };
enum x86_bit { X86_BT, X86_BTS, X86_BTR, X86_BTC };
enum x86_flag_op { X86_CLC, X86_STC, X86_CMC, X86_CLD, X86_STD, X86_LAHF, X86_SAHF, X86_SALC };

// s: bytes of the operand in all of them.
void x86_op_shift(struct x86_cpu *cpu, const struct op *op);        // d = a shifted by slot b; x: enum x86_shift
void x86_op_shift_double(struct x86_cpu *cpu, const struct op *op); // d = d:a shifted by slot b; x: 0 SHLD, 1 SHRD
void x86_op_multiply(struct x86_cpu *cpu, const struct op *op);     // rDX:rAX = rAX * a; x: signed
void x86_op_bit_test(struct x86_cpu *cpu, const struct op *op);     // bit (slot b) of a; d; x: enum x86_bit
void x86_op_bit_address(struct x86_cpu *cpu,
                        const struct op *op); // d = a + byte offset of bit (slot b), operands of s bytes
void x86_op_bit_scan(struct x86_cpu *cpu, const struct op *op); // d = BSF (x 0) or BSR (x 1) of a
void x86_op_popcount(struct x86_cpu *cpu, const struct op *op);
void x86_op_crc32(struct x86_cpu *cpu, const struct op *op);            // d = CRC-32C of a, s bytes, into d
void x86_op_compare_exchange(struct x86_cpu *cpu, const struct op *op); // rAX with a: equal: a = b; else rAX = a
void x86_op_flag(struct x86_cpu *cpu, const struct op *op);             // x: enum x86_flag_op
enum op_out x86_op_divide(struct x86_cpu *cpu, const struct op *op);    // rDX:rAX by a; x: signed; #DE

// --- string.c ---------------------------------------------------------------------------------------------------------

enum x86_string { X86_MOVS, X86_CMPS, X86_STOS, X86_LODS, X86_SCAS, X86_INS, X86_OUTS };
enum { X86_REP = 1, X86_REPNE = 2 };

// One string instruction, with REP all iterations that the budget allows: alone in its block. x: enum x86_string; s: bytes;
// a: address size in bytes; b: X86_REP, X86_REPNE; d: segment of the source; value: length of the instruction.
enum op_out x86_op_string(struct x86_cpu *cpu, const struct op *op);

// --- operand.c --------------------------------------------------------------------------------------------------------

// disp: row of the SIMD table; d, b: modrm.reg and modrm.rm with REX; s: imm8; x: X86_SIMD_OP_ bits.
// With STORES the result is in the scratch register, and the instruction is done when it has been stored.
enum { X86_SIMD_OP_SCRATCH = 1, X86_SIMD_OP_W = 2, X86_SIMD_OP_STORES = 4 };
enum op_out x86_op_simd(struct x86_cpu *cpu, const struct op *op);

// Outside flat and 64-bit modes: d = linear address of offset a in segment b; s: bytes; x: enum access.
enum op_out x86_op_linear(struct x86_cpu *cpu, const struct op *op);

// --- helper.c ---------------------------------------------------------------------------------------------------------

// What each takes: a: a source slot, d: a destination slot, s: size in bytes, x: a small number; value: RIP of the next
// instruction relative to the block. Slot T0 holds the linear address of a memory operand.
// clang-format off
#define X86_HELPERS(X)                                                                                                 \
    X(ud) X(gp) X(cpuid) X(rdtsc) X(rdtscp) X(rdpmc) X(rdmsr) X(wrmsr) X(mov_from_cr) X(mov_to_cr) X(mov_from_dr)      \
    X(mov_to_dr) X(lmsw) X(smsw) X(clts) X(invlpg) X(invd) X(lgdt) X(lidt) X(sgdt) X(sidt) X(lldt) X(ltr) X(sldt)      \
    X(str) X(lar) X(lsl) X(verr) X(verw) X(arpl) X(hlt) X(pause) X(cli) X(sti) X(pushf) X(popf) X(in) X(out)           \
    X(int_n) X(int3) X(into) X(icebp) X(iret) X(far_jump) X(far_call) X(far_return)                                    \
    X(load_segment) X(read_segment) X(push) X(pop) X(load_far) X(syscall) X(sysret) X(sysenter)     \
    X(sysexit) X(swapgs) X(enter) X(leave) X(pusha) X(popa) X(bound) X(bcd) X(cmpxchg8b)               \
    X(cmpxchg16b) X(x87) X(fwait) X(simd_check) X(simd_stored) X(maskmov) X(fxsave) X(fxrstor) X(ldmxcsr) X(stmxcsr) X(near_call)     \
    X(near_return) X(count_cx) X(rdfsbase) X(wrfsbase) X(stac)
// clang-format on

#define X86_HELPER_INDEX(name) X86_HELP_##name,
enum x86_helper { X86_HELPERS(X86_HELPER_INDEX) X86_HELPER_COUNT };
#undef X86_HELPER_INDEX

extern enum op_out (*const x86_helpers[X86_HELPER_COUNT])(struct x86_cpu *cpu, const struct op *op);

#endif

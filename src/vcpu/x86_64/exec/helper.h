// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operations that are done by a function call: the rarer arithmetic (arith.c), string instructions (string.c), SIMD
// operands (operand.c), and the system instructions (helper.c), which the op HELP calls by index.
#ifndef VCPU_X86_64_HELPER_H
#define VCPU_X86_64_HELPER_H

#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops.h"

// --- arith.c ---------------------------------------------------------------------------------------------------------

// Shift and rotate kinds, as modrm.reg of C0-C1 and D0-D3 has them.
enum x86_shift { X86_ROL, X86_ROR, X86_RCL, X86_RCR, X86_SHL, X86_SHR, X86_SAL, X86_SAR };
enum x86_bit { X86_BT, X86_BTS, X86_BTR, X86_BTC };
enum x86_flag_op { X86_CLC, X86_STC, X86_CMC, X86_LAHF, X86_SAHF, X86_SALC };

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

// --- string.c --------------------------------------------------------------------------------------------------------

enum x86_string { X86_MOVS, X86_CMPS, X86_STOS, X86_LODS, X86_SCAS, X86_INS, X86_OUTS };
enum { X86_REP = 1, X86_REPNE = 2 };

// One string instruction, with REP all iterations that the budget allows: the only instruction in its block. x: enum
// x86_string; s: bytes; a: address size in bytes; b: X86_REP, X86_REPNE; d: segment of the source; value: length of the
// instruction.
enum op_out x86_op_string(struct x86_cpu *cpu, const struct op *op);

// --- operand.c -------------------------------------------------------------------------------------------------------

// disp: row of the SIMD table; d, b: modrm.reg and modrm.rm with REX; s: imm8; x: X86_SIMD_OP_ bits.
// With STORES the result is in the scratch register, and the instruction is done when it has been stored.
enum { X86_SIMD_OP_SCRATCH = 1, X86_SIMD_OP_W = 2, X86_SIMD_OP_STORES = 4 };
enum op_out x86_op_simd(struct x86_cpu *cpu, const struct op *op);

// Outside flat and 64-bit modes: d = linear address of offset a in segment b; s: bytes; x: enum access.
enum op_out x86_op_linear(struct x86_cpu *cpu, const struct op *op);

// A debugger's breakpoint, outside the guest; disp: the instruction, relative to the block.
enum op_out x86_op_stop(struct x86_cpu *cpu, const struct op *op);

// --- helper.c --------------------------------------------------------------------------------------------------------

// Their rows have the columns of ops (vcpu/op.h): a: a source slot, d: a destination slot, s: size in bytes, x: a small
// number; value: RIP of the next instruction relative to the block. Slot T0 holds the linear address of a memory
// operand. `finishes`: the function itself may return OP_FINISH or OP_LEAVE; the op HELP also finishes if vcpu.kick was
// set meanwhile.
// clang-format off
#define X86_HELPERS(OP)                                                                                               \
    OP(ud, 0, 0, 0, 1, 0, CHECKED)                                                                                    \
    OP(gp, 0, 0, 0, 1, 0, CHECKED)                                                                                    \
    OP(cpuid, OP_CPU, 0, 0, 0, 0, CHECKED)                                                                            \
    OP(rdtsc, X86_TO_RAX | X86_TO_RDX | OP_CPU, 0, 0, 1, 0, CHECKED)                                                  \
    OP(rdtscp, X86_TO_RAX | X86_TO_RDX | OP_CPU, 0, 0, 1, 0, CHECKED)                                                 \
    OP(rdpmc, 0, 0, 0, 1, 0, CHECKED)                                                                                 \
    OP(rdmsr, X86_TO_RAX | X86_TO_RDX | OP_CPU, 0, 0, 1, 1, CHECKED)                                                  \
    OP(wrmsr, X86_OF_RAX | X86_OF_RDX | OP_CPU, 0, 0, 1, 0, CHECKED)                                                  \
    OP(mov_from_cr, OP_TO_D | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                              \
    OP(mov_to_cr, OP_OF_A | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                                \
    OP(mov_from_dr, OP_TO_D | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                              \
    OP(mov_to_dr, OP_OF_A | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                                \
    OP(lmsw, OP_OF_A | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                   \
    OP(smsw, OP_TO_D | OP_CPU, 0, 0, 0, 0, CHECKED)                                                                   \
    OP(clts, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                             \
    OP(invlpg, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                           \
    OP(invpcid, OP_OF_A | OP_S | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                                              \
    OP(invd, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                             \
    OP(lgdt, OP_S | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                                                           \
    OP(lidt, OP_S | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                                                           \
    OP(sgdt, OP_STORES | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                 \
    OP(sidt, OP_STORES | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                 \
    OP(lldt, OP_OF_A | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                                                        \
    OP(ltr, OP_OF_A | OP_LOADS | OP_STORES | OP_CPU, 0, 0, 1, 0, CHECKED)                                             \
    OP(sldt, OP_TO_D | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                   \
    OP(str, OP_TO_D | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                    \
    OP(lar, OP_TO_D | OP_OF_D | OP_S | OP_OF_A | OP_LOADS | OP_CPU, X86_ALL, X86_ZF, 1, 0, CHECKED)                   \
    OP(lsl, OP_TO_D | OP_OF_D | OP_S | OP_OF_A | OP_LOADS | OP_CPU, X86_ALL, X86_ZF, 1, 0, CHECKED)                   \
    OP(verr, OP_OF_A | OP_LOADS | OP_CPU, X86_ALL, X86_ZF, 1, 0, CHECKED)                                             \
    OP(verw, OP_OF_A | OP_LOADS | OP_CPU, X86_ALL, X86_ZF, 1, 0, CHECKED)                                             \
    OP(arpl, OP_TO_D | OP_OF_D | OP_OF_A | OP_CPU, X86_ALL, X86_ZF, 1, 0, CHECKED)                                    \
    OP(hlt, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                              \
    OP(pause, OP_CPU, 0, 0, 0, 0, CHECKED)                                                                            \
    OP(cli, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                              \
    OP(sti, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                              \
    OP(pushf, OP_S | X86_STACK | OP_STORES | OP_CPU, X86_ALL_DF, 0, 1, 1, CHECKED)                                    \
    OP(popf, OP_S | X86_STACK | OP_LOADS | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 0, CHECKED)                             \
    OP(in, OP_OF_A | OP_S | X86_OF_RAX | X86_TO_RAX | OP_CPU, 0, 0, 1, 1, CHECKED)                                    \
    OP(out, OP_OF_A | OP_S | X86_OF_RAX | OP_CPU, 0, 0, 1, 1, CHECKED)                                                \
    OP(int_n, OP_X | OP_VALUE | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                            \
    OP(int3, OP_VALUE | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                    \
    OP(into, OP_VALUE | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                    \
    OP(icebp, OP_VALUE | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                   \
    OP(iret, OP_S | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                        \
    OP(far_jump, OP_OF_A | OP_OF_B | OP_S | OP_VALUE | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                 \
    OP(far_call, OP_OF_A | OP_OF_B | OP_S | OP_VALUE | X86_STACK | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)     \
    OP(far_return, OP_S | OP_VALUE | X86_STACK | OP_CPU, 0, 0, 1, 1, CHECKED)                                         \
    OP(load_segment, OP_OF_A | OP_S | OP_X | X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                      \
    OP(read_segment, OP_TO_D | OP_X | OP_CPU, 0, 0, 0, 0, CHECKED)                                                    \
    OP(push, OP_OF_A | OP_S | X86_STACK | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                    \
    OP(pop, OP_TO_D | OP_OF_D | OP_S | OP_X | X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                     \
    OP(load_far, OP_TO_D | OP_OF_D | OP_S | OP_OF_A | OP_OF_B | OP_X | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)        \
    OP(syscall, OP_VALUE | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                             \
    OP(sysret, OP_S | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                                                  \
    OP(sysenter, OP_CPU, 0, 0, 1, 1, CHECKED)                                                                         \
    OP(sysexit, OP_S | OP_CPU, 0, 0, 1, 1, CHECKED)                                                                   \
    OP(swapgs, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                           \
    OP(enter, OP_S | OP_X | X86_STACK | OP_LOADS | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                           \
    OP(leave, OP_S | X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                              \
    OP(pusha, OP_S | X86_STACK | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                             \
    OP(popa, OP_S | X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                               \
    OP(bound, OP_OF_A | OP_S | OP_LOADS | OP_CPU, 0, 0, 1, 0, CHECKED)                                                \
    OP(bcd, OP_S | OP_X | X86_OF_RAX | X86_TO_RAX, X86_ALL, X86_ALL, 1, 0, CHECKED)                                   \
    OP(cmpxchg8b, OP_LOADS | OP_STORES | OP_CPU, X86_ALL, X86_ZF, 1, 1, CHECKED)                                      \
    OP(cmpxchg16b, OP_LOADS | OP_STORES | OP_CPU, X86_ALL, X86_ZF, 1, 1, CHECKED)                                     \
    OP(x87, OP_D | OP_S | OP_X | OP_LOADS | OP_STORES | OP_CPU, X86_ALL, X86_ALL, 1, 1, CHECKED)                      \
    OP(fwait, OP_CPU, 0, 0, 1, 0, CHECKED)                                                                            \
    OP(simd_check, OP_VALUE | OP_CPU, 0, 0, 1, 0, CHECKED)                                                            \
    OP(simd_stored, OP_VALUE | OP_CPU, 0, 0, 0, 0, CHECKED)                                                           \
    OP(maskmov, OP_D | OP_VALUE | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                            \
    OP(fxsave, OP_X | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                                        \
    OP(fxrstor, OP_X | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                                        \
    OP(ldmxcsr, OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                                               \
    OP(stmxcsr, OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                                              \
    OP(near_call, OP_S | OP_VALUE | X86_STACK | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                              \
    OP(near_return, OP_TO_D | OP_S | OP_VALUE | X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                   \
    OP(count_cx, OP_TO_D | OP_S | OP_X | OP_CPU, X86_ZF, 0, 0, 0, CHECKED)                                            \
    OP(rdfsbase, OP_TO_D | OP_OF_D | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                       \
    OP(wrfsbase, OP_OF_A | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                                 \
    OP(stac, OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)
// clang-format on

#define X86_HELPER_INDEX(name, ...) X86_HELP_##name,
enum x86_helper { X86_HELPERS(X86_HELPER_INDEX) X86_HELPER_COUNT };
#undef X86_HELPER_INDEX

// The rows and the functions, by index.
extern const struct op_row x86_helper_rows[X86_HELPER_COUNT];
extern enum op_out (*const x86_helpers[X86_HELPER_COUNT])(struct x86_cpu *cpu, const struct op *op);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the translator's files: the block being written, and helpers to emit ops.
//
// Temporaries by convention: T0 the linear address of the memory operand, T1 its value, T2 the shadow of a high byte
// register, T3 free for each instruction.
#ifndef VCPU_X86_64_EMIT_H
#define VCPU_X86_64_EMIT_H

#include "vcpu/draft.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/front/decode.h"
#include "vcpu/x86_64/front/op_choice.h"
#include "vcpu/x86_64/front/opcodes.h"
#include "vcpu/x86_64/system/model.h"

struct translator {
    struct x86_cpu *cpu; // only its mode is used
    struct x86_insn insn;
    uint32_t mode;
    unsigned code_size;
    unsigned start; // of this instruction, bytes from the start of the block
    unsigned next;  // of the one after it
    bool ended;     // the block ends with this instruction
    bool alone;     // the instruction must be the first of a block but is not: it begins the next block
    bool has_sse;   // the block has checked that SSE may be used; what changes that ends a block
    struct draft draft;
};

// A memory operand ready for a load or store op.
struct place {
    uint8_t a, b, s, x;
    int32_t disp;
    bool indexed; // needs the X form of the op
};

// --- emit.c ------------------------------------------------------------------------------------------------------

struct op *x86_emit(struct translator *t, unsigned code);
struct op *x86_emit_unary(struct translator *t, unsigned code, unsigned d, unsigned a);
struct op *x86_emit_immediate(struct translator *t, unsigned d, int64_t value); // MOVI
struct op *x86_emit_help(struct translator *t, enum x86_helper helper);         // value: the next instruction
void x86_emit_exit(struct translator *t, int32_t target);                       // bytes from the start of the block
void x86_emit_end(struct translator *t);                                        // leave: the loop checks for events
void x86_emit_branch(struct translator *t, unsigned code, unsigned a);          // conditional, by insn.immediate
void x86_emit_undefined(struct translator *t);                                  // #UD

// Registers. For size 1 without REX, 4-7 are AH, CH, DH, BH: reading copies one into `temp`, and writing means computing in
// `temp` and copying it back with x86_write_register.
unsigned x86_read_register(struct translator *t, unsigned number, unsigned size, unsigned temp);
unsigned x86_target_register(struct translator *t, unsigned number, unsigned size, unsigned temp);
void x86_write_register(struct translator *t, unsigned number, unsigned size, unsigned slot);

enum x86_segment x86_memory_segment(const struct translator *t); // that the memory operand is in
// The memory operand of the instruction. With `only_base` an address that needs an index is computed into T0.
struct place x86_memory_place(struct translator *t, unsigned size, enum access access, bool only_base);
void x86_address_into(struct translator *t, unsigned slot, unsigned size, enum access access); // linear
// LEA: no segment; size of the result.
struct op *x86_effective_address(struct translator *t, unsigned slot, unsigned size);
struct op *x86_load_place(struct translator *t, const struct place *place, unsigned size, unsigned d); // zero-extended
void x86_store_place(struct translator *t, const struct place *place, unsigned size, unsigned slot);

// The operand in modrm.rm. read: register slot, or a load into T1. modify: the same ready to be written back by
// x86_rm_write.
unsigned x86_rm_read(struct translator *t, unsigned size);
unsigned x86_rm_modify(struct translator *t, unsigned size, struct place *place);
void x86_rm_write(struct translator *t, unsigned size, const struct place *place, unsigned slot);
// Writes without reading.
void x86_rm_store(struct translator *t, unsigned size, unsigned slot);

// Stack, at the stack's and the operand's size.
unsigned x86_stack_operand(const struct translator *t); // operand size of PUSH, POP, CALL, RET
void x86_emit_push(struct translator *t, unsigned slot, unsigned size);
void x86_emit_pop(struct translator *t, unsigned slot, unsigned size);

// --- the instruction ---------------------------------------------------------------------------------------------

static inline unsigned x86_digit(const struct translator *t) // modrm.reg where it is a part of the opcode
{
    return t->insn.modrm >> 3 & 7;
}

static inline bool x86_is_memory(const struct translator *t)
{
    return t->insn.mod != 3;
}

// Of opcodes that come in pairs: the even one is for bytes.
static inline unsigned x86_byte_or_operand(const struct translator *t)
{
    return t->insn.opcode & 1 ? t->insn.operand_size : 1;
}

// The register in bits 2:0 of the opcode.
static inline unsigned x86_opcode_register(const struct translator *t)
{
    return (t->insn.opcode & 7) | (t->insn.rex & 1 ? 8u : 0u);
}

// --- functions of the rows of the opcode maps --------------------------------------------------------------------

// translate_alu.c
void x86_translate_alu_rm_register(struct translator *t);
void x86_translate_alu_register_rm(struct translator *t);
void x86_translate_alu_rm_immediate(struct translator *t);
void x86_translate_alu_accumulator(struct translator *t);
void x86_translate_unary(struct translator *t);
void x86_translate_unary_register(struct translator *t);
void x86_translate_shift_immediate(struct translator *t);
void x86_translate_shift_one(struct translator *t);
void x86_translate_shift_cl(struct translator *t);
void x86_translate_shift_double(struct translator *t);
void x86_translate_multiply_divide(struct translator *t);
void x86_translate_multiply_immediate(struct translator *t);
void x86_translate_multiply(struct translator *t);
void x86_translate_bit_test_immediate(struct translator *t);
void x86_translate_bit_test_register(struct translator *t);
void x86_translate_bit_scan(struct translator *t);
void x86_translate_popcount(struct translator *t);
void x86_translate_byte_swap(struct translator *t);

// translate_move.c
void x86_translate_move_rm_register(struct translator *t);
void x86_translate_move_register_rm(struct translator *t);
void x86_translate_move_rm_immediate(struct translator *t);
void x86_translate_move_register_immediate(struct translator *t);
void x86_translate_move_offset(struct translator *t);
void x86_translate_exchange(struct translator *t);
void x86_translate_exchange_accumulator(struct translator *t);
void x86_translate_sign_extend_accumulator(struct translator *t);
void x86_translate_sign_accumulator(struct translator *t);
void x86_translate_movsxd_or_arpl(struct translator *t);
void x86_translate_load_address(struct translator *t);
void x86_translate_move_extended(struct translator *t);
void x86_translate_conditional_move(struct translator *t);
void x86_translate_set_condition(struct translator *t);
void x86_translate_compare_exchange(struct translator *t);
void x86_translate_exchange_add(struct translator *t);
void x86_translate_compare_exchange_wide(struct translator *t);
void x86_translate_store_around(struct translator *t);
void x86_translate_xlat(struct translator *t);

// translate_control.c
void x86_translate_push_register(struct translator *t);
void x86_translate_pop_register(struct translator *t);
void x86_translate_push_rm(struct translator *t);
void x86_translate_push_immediate(struct translator *t);
void x86_translate_pop_rm(struct translator *t);
void x86_translate_push_segment(struct translator *t);
void x86_translate_pop_segment(struct translator *t);
void x86_translate_push_all(struct translator *t);
void x86_translate_push_flags(struct translator *t);
void x86_translate_pop_flags(struct translator *t);
void x86_translate_enter(struct translator *t);
void x86_translate_leave(struct translator *t);
void x86_translate_branch(struct translator *t);
void x86_translate_jump(struct translator *t);
void x86_translate_call(struct translator *t);
void x86_translate_call_rm(struct translator *t);
void x86_translate_jump_rm(struct translator *t);
void x86_translate_return(struct translator *t);
void x86_translate_loop(struct translator *t);
void x86_translate_far_immediate(struct translator *t);
void x86_translate_far_memory(struct translator *t);
void x86_translate_load_far(struct translator *t);
void x86_translate_far_return(struct translator *t);
void x86_translate_interrupt(struct translator *t);

// translate_system.c
void x86_translate_nothing(struct translator *t);
void x86_translate_help(struct translator *t);
void x86_translate_help_then_end(struct translator *t);
void x86_translate_help_ended(struct translator *t);
void x86_translate_string(struct translator *t);
void x86_translate_port(struct translator *t);
void x86_translate_flag(struct translator *t);
void x86_translate_direction(struct translator *t);
void x86_translate_flags_ah(struct translator *t);
void x86_translate_bcd(struct translator *t);
void x86_translate_bound(struct translator *t);
void x86_translate_x87(struct translator *t);
void x86_translate_move_from_segment(struct translator *t);
void x86_translate_move_to_segment(struct translator *t);
void x86_translate_load_rights(struct translator *t);
void x86_translate_store_word(struct translator *t);
void x86_translate_load_word(struct translator *t);
void x86_translate_load_status_word(struct translator *t);
void x86_translate_store_table(struct translator *t);
void x86_translate_load_table(struct translator *t);
void x86_translate_invalidate_page(struct translator *t);
void x86_translate_save_state(struct translator *t);
void x86_translate_load_state(struct translator *t);
void x86_translate_store_mxcsr(struct translator *t);
void x86_translate_load_mxcsr(struct translator *t);
void x86_translate_invalidate_pcid(struct translator *t);
void x86_translate_flush_line(struct translator *t);
void x86_translate_access_flag(struct translator *t);
void x86_translate_swapgs_or_rdtscp(struct translator *t);
void x86_translate_segment_base(struct translator *t);
void x86_translate_fence(struct translator *t);
void x86_translate_move_control(struct translator *t);
void x86_translate_simd(struct translator *t); // translate_simd.c: instructions of the SIMD table, otherwise #UD

#endif

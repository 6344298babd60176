// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the translator's files share: the block under construction, and the vocabulary in which instructions are written as ops.
//
// Temporaries by convention: T0 the linear address of the memory operand, T1 its value, T2 the shadow of a high byte register,
// T3 whatever the instruction needs beside.
#ifndef VCPU_X86_64_EMIT_H
#define VCPU_X86_64_EMIT_H

#include "vcpu/draft.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/front/decode.h"

struct translator {
    struct x86_cpu *cpu; // its mode alone is looked at
    struct x86_insn insn;
    uint32_t mode;
    unsigned code_size;
    unsigned start; // of this instruction, bytes from the start of the block
    unsigned next;  // of the one after it
    bool ended;     // the block ends with this instruction
    bool alone;     // the instruction must begin a block and found one begun: put it off
    struct draft draft;
};

// A memory operand ready for a load or store op.
struct place {
    uint8_t a, b, s, x;
    int32_t disp;
    bool indexed; // needs the X form of the op
};

// --- translate.c ------------------------------------------------------------------------------------------------------

struct op *x86_emit(struct translator *t, unsigned code);
struct op *x86_emit_unary(struct translator *t, unsigned code, unsigned d, unsigned a);
struct op *x86_emit_immediate(struct translator *t, unsigned d, int64_t value); // MOVI
struct op *x86_emit_help(struct translator *t, enum x86_helper helper);         // value: the next instruction
void x86_emit_exit(struct translator *t, int32_t target);                       // bytes from the start of the block
void x86_emit_end(struct translator *t);                                        // leave, so that the loop looks around
void x86_emit_branch(struct translator *t, unsigned code, unsigned a);          // conditional, by insn.immediate
void x86_emit_undefined(struct translator *t);                                  // #UD

// log2 of an operand size in bytes: op codes of one kind follow each other by size.
unsigned x86_size_log(unsigned size);

// Registers. For size 1 without REX, 4-7 are AH, CH, DH, BH: reading copies one into `temp`, and writing means computing in
// `temp` and copying it back with x86_write_register.
unsigned x86_read_register(struct translator *t, unsigned number, unsigned size, unsigned temp);
unsigned x86_target_register(struct translator *t, unsigned number, unsigned size, unsigned temp);
void x86_write_register(struct translator *t, unsigned number, unsigned size, unsigned slot);

enum x86_segment x86_memory_segment(const struct translator *t); // that the memory operand is in
// The memory operand of the instruction. With `only_base` an address that needs an index is computed into T0.
struct place x86_memory_place(struct translator *t, unsigned size, enum access access, bool only_base);
void x86_address_into(struct translator *t, unsigned slot, unsigned size, enum access access); // linear
void x86_effective_address(struct translator *t, unsigned slot, unsigned size); // LEA: no segment; size of the result
void x86_load_place(struct translator *t, const struct place *place, unsigned size, unsigned d); // zero-extended
void x86_store_place(struct translator *t, const struct place *place, unsigned size, unsigned slot);

// The operand that modrm.rm names. read: register slot, or a load into T1. modify: the same ready to be written back by x86_rm_write.
unsigned x86_rm_read(struct translator *t, unsigned size);
unsigned x86_rm_modify(struct translator *t, unsigned size, struct place *place);
void x86_rm_write(struct translator *t, unsigned size, const struct place *place, unsigned slot);
// Writes without reading.
void x86_rm_store(struct translator *t, unsigned size, unsigned slot);

// Stack, at the stack's and the operand's size.
unsigned x86_stack_operand(const struct translator *t); // operand size of PUSH, POP, CALL, RET
void x86_emit_push(struct translator *t, unsigned slot, unsigned size);
void x86_emit_pop(struct translator *t, unsigned slot, unsigned size);

// --- the opcode maps --------------------------------------------------------------------------------------------------

void x86_translate_one_byte(struct translator *t); // translate_one.c
void x86_translate_two_byte(struct translator *t); // translate_two.c
void x86_translate_load_far(struct translator *t,
                            enum x86_segment segment); // LES, LDS, LSS, LFS, LGS (translate_one.c)
void x86_translate_simd(struct translator *t);         // translate_simd.c: whatever the SIMD table knows, otherwise #UD

#endif

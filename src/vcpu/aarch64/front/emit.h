// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the translator's files share: the block under construction, and the vocabulary in which instructions are written as ops.
//
// Temporaries by convention: T0 a shifted or extended operand, T1 an address.
#ifndef VCPU_AARCH64_FRONT_EMIT_H
#define VCPU_AARCH64_FRONT_EMIT_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/front/decode.h"
#include "vcpu/draft.h"

struct translator {
    struct a64_cpu *cpu; // its model alone is looked at
    uint32_t word;       // the instruction
    uint32_t mode;
    unsigned start;  // of this instruction, bytes from the start of the block
    unsigned next;   // of the one after it
    unsigned sp;     // slot of the stack pointer
    bool sp_aligned; // it is known to be a multiple of 16
    bool ended;      // the block ends with this instruction
    struct draft draft;
};

// --- translate.c ------------------------------------------------------------------------------------------------------

struct op *a64_emit(struct translator *t, unsigned code);
struct op *a64_emit_two(struct translator *t, unsigned code, unsigned d, unsigned a, unsigned b);
struct op *a64_emit_one(struct translator *t, unsigned code, unsigned d, unsigned a, int64_t imm);
struct op *a64_emit_help(struct translator *t, enum a64_helper helper);          // value: the next instruction
void a64_emit_exit(struct translator *t, int32_t target);                        // bytes from the start of the block
void a64_emit_end(struct translator *t);                                         // leave, so that the loop looks around
struct op *a64_emit_branch(struct translator *t, unsigned code, int32_t target); // two exits
void a64_emit_exception(struct translator *t, uint32_t syndrome);
void a64_emit_undefined(struct translator *t);

// The slot of a source register or the target's, where 31 is XZR / where it is SP. A target that is SP may lose its alignment.
unsigned a64_source(unsigned number);
unsigned a64_source_sp(const struct translator *t, unsigned number);
unsigned a64_target_sp(struct translator *t, unsigned number);

// --- the instruction groups (section C4.1) ------------------------------------------------------------------------------

void a64_translate_immediate(struct translator *t); // translate_data.c
void a64_translate_register(struct translator *t);
void a64_translate_branch(struct translator *t); // translate_branch.c
void a64_translate_memory(struct translator *t); // translate_memory.c
void a64_translate_simd(struct translator *t);   // translate_simd.c: all that has a row in a SIMD table

// False: traps to EL1, and the exception is emitted (section D1.3.2, CPACR_EL1.FPEN).
bool a64_simd_allowed(struct translator *t);

#endif

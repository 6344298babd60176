// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for the ops of x86-64. What each means is defined by its function (exec/ops_*.h), which runs where there is no template,
// and where a memory access is not one of plain memory.
#include "vcpu/x86_64/jit/templates.h"

#include "base/bits.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/bodies.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/jit/ops_arith.h"
#include "vcpu/x86_64/jit/ops_jump.h"
#include "vcpu/x86_64/jit/ops_memory.h"
#include "vcpu/x86_64/jit/ops_register.h"
#include "vcpu/x86_64/jit/vector.h"

// --- the ops ---------------------------------------------------------------------------------------------------------

// In the order of the guest's encoding.
// clang-format off
#define CONDITIONS(X)                                                                                                  \
    X(O, VS) X(NO, VC) X(B, LO) X(NB, HS) X(Z, EQ) X(NZ, NE) X(BE, LS) X(NBE, HI)                                      \
    X(S, MI) X(NS, PL) X(P, PE) X(NP, PO) X(L, LT) X(NL, GE) X(LE, LE) X(NLE, GT)
// clang-format on

static bool emit_op(struct compiler *c, const struct op *op)
{
    switch (op->code) {
#define SIZES(X, NAME, ...)                                                                                            \
    X(NAME, 8, __VA_ARGS__) X(NAME, 16, __VA_ARGS__) X(NAME, 32, __VA_ARGS__) X(NAME, 64, __VA_ARGS__)
#define RESULT(NAME, BITS, ALU)                                                                                        \
    case X86_OP_##NAME##BITS##RR: result(c, op, ALU, BITS, false, true); break;                                        \
    case X86_OP_##NAME##BITS##RI: result(c, op, ALU, BITS, true, true); break;
        SIZES(RESULT, ADD, EMIT_ADD)
        SIZES(RESULT, SUB, EMIT_SUB)
        SIZES(RESULT, AND, EMIT_AND)
        SIZES(RESULT, OR, EMIT_OR)
        SIZES(RESULT, XOR, EMIT_XOR)
#define BARE(NAME, ALU)                                                                                                \
    case X86_OP_##NAME##32RR: result(c, op, ALU, 32, false, false); break;                                             \
    case X86_OP_##NAME##32RI: result(c, op, ALU, 32, true, false); break;                                              \
    case X86_OP_##NAME##64RR: result(c, op, ALU, 64, false, false); break;                                             \
    case X86_OP_##NAME##64RI: result(c, op, ALU, 64, true, false); break;
        BARE(ADDN, EMIT_ADD)
        BARE(SUBN, EMIT_SUB)
        BARE(ANDN, EMIT_AND)
        BARE(ORN, EMIT_OR)
        BARE(XORN, EMIT_XOR)
#define COMPARE(NAME, BITS, HOW)                                                                                       \
    case X86_OP_##NAME##BITS##RR: HOW(c, op, BITS, false); break;                                                      \
    case X86_OP_##NAME##BITS##RI: HOW(c, op, BITS, true); break;
        SIZES(COMPARE, CMP, compare)
        SIZES(COMPARE, TEST, test)
#define STEP(NAME, BITS, UP)                                                                                           \
    case X86_OP_##NAME##BITS: return step(c, op, BITS, UP);
        SIZES(STEP, INC, true)
        SIZES(STEP, DEC, false)
#define NOT(NAME, BITS, ...)                                                                                           \
    case X86_OP_##NAME##BITS: unary_not(c, op, BITS); break;
        SIZES(NOT, NOT, )
#define CARRY(NAME, BITS, DIFFERENCE)                                                                                  \
    case X86_OP_##NAME##BITS##RR: return with_carry(c, op, BITS, DIFFERENCE, false);                                   \
    case X86_OP_##NAME##BITS##RI: return with_carry(c, op, BITS, DIFFERENCE, true);
        SIZES(CARRY, ADC, false)
        SIZES(CARRY, SBB, true)
#define NEGATE(NAME, BITS, ...)                                                                                        \
    case X86_OP_##NAME##BITS: return negate(c, op, BITS);
        SIZES(NEGATE, NEG, )
    case X86_OP_SHIFT: return shift_by(c, op);
    case X86_OP_SHIFTD: return shift_double(c, op);
    case X86_OP_BITTEST: return bit_test(c, op);
    case X86_OP_MULTIPLY: return multiply_wide(c, op);
    case X86_OP_DIVIDE: return divide(c, op);
    case X86_OP_SIGNA: return sign_of_rax(c, op);
    case X86_OP_SHL32: shift_flags(c, op, EMIT_SHL, 32); break;
    case X86_OP_SHL64: shift_flags(c, op, EMIT_SHL, 64); break;
    case X86_OP_SHR32: shift_flags(c, op, EMIT_SHR, 32); break;
    case X86_OP_SHR64: shift_flags(c, op, EMIT_SHR, 64); break;
    case X86_OP_SAR32: shift_flags(c, op, EMIT_SAR, 32); break;
    case X86_OP_SAR64: shift_flags(c, op, EMIT_SAR, 64); break;
    case X86_OP_SHLN32: shift(c, op, EMIT_SHL, 32); break;
    case X86_OP_SHLN64: shift(c, op, EMIT_SHL, 64); break;
    case X86_OP_SHRN32: shift(c, op, EMIT_SHR, 32); break;
    case X86_OP_SHRN64: shift(c, op, EMIT_SHR, 64); break;
    case X86_OP_IMUL32: multiply(c, op, 32); break;
    case X86_OP_IMUL64: multiply(c, op, 64); break;

    case X86_OP_MOV8: move_low(c, op, 8); break;
    case X86_OP_MOV16: move_low(c, op, 16); break;
    case X86_OP_MOV32:
    case X86_OP_MOV64: {
        unsigned a = use(c, op->a);
        emit_move(&c->e, op->code == X86_OP_MOV32 ? 32 : 64, define(c, op->d), a);
        break;
    }
    case X86_OP_MOVI: define_constant(c, op->d, (uint64_t)op->imm); break;
    case X86_OP_GETH: {
        unsigned a = use(c, op->a);
        emit_shift_constant(&c->e, EMIT_SHR, 64, EMIT_T0, a, 8);
        emit_extend(&c->e, 64, define(c, op->d), EMIT_T0, 8, false);
        break;
    }
    case X86_OP_PUTH: {
        unsigned a = use(c, op->a);
        emit_move(&c->e, 64, EMIT_T0, a);
        emit_insert(&c->e, modify(c, op->d), EMIT_T0, 8, 8);
        break;
    }
    case X86_OP_MOVZ8: extend(c, op, 64, 8, false); break;
    case X86_OP_MOVZ16: extend(c, op, 64, 16, false); break;
    case X86_OP_MOVS8_32: extend(c, op, 32, 8, true); break;
    case X86_OP_MOVS8_64: extend(c, op, 64, 8, true); break;
    case X86_OP_MOVS16_32: extend(c, op, 32, 16, true); break;
    case X86_OP_MOVS16_64: extend(c, op, 64, 16, true); break;
    case X86_OP_MOVS32_64: extend(c, op, 64, 32, true); break;
    case X86_OP_BSWAP32:
    case X86_OP_BSWAP64: {
        unsigned a = use(c, op->a);
        emit_swap(&c->e, op->code == X86_OP_BSWAP32 ? 32 : 64, define(c, op->d), a);
        break;
    }
    case X86_OP_XCHG64: exchange(c, op); break;
    case X86_OP_LEA64: lea(c, op, true, 64); break;
    case X86_OP_LEA32: lea(c, op, true, 32); break;
    case X86_OP_LEAD: lea(c, op, false, 64); break;

#define LOADS(X, INDEXED)                                                                                              \
    case X86_OP_LD8##X: load(c, op, INDEXED, 64, 1, false, EMIT_READ); break;                                          \
    case X86_OP_LD16##X: load(c, op, INDEXED, 64, 2, false, EMIT_READ); break;                                         \
    case X86_OP_LD32##X: load(c, op, INDEXED, 32, 4, false, EMIT_READ); break;                                         \
    case X86_OP_LD64##X: load(c, op, INDEXED, 64, 8, false, EMIT_READ); break;                                         \
    case X86_OP_LDS8_32##X: load(c, op, INDEXED, 32, 1, true, EMIT_READ); break;                                       \
    case X86_OP_LDS8_64##X: load(c, op, INDEXED, 64, 1, true, EMIT_READ); break;                                       \
    case X86_OP_LDS16_32##X: load(c, op, INDEXED, 32, 2, true, EMIT_READ); break;                                      \
    case X86_OP_LDS16_64##X: load(c, op, INDEXED, 64, 2, true, EMIT_READ); break;                                      \
    case X86_OP_LDS32_64##X: load(c, op, INDEXED, 64, 4, true, EMIT_READ); break;
        LOADS(, false)
        LOADS(X, true)
    case X86_OP_LDM8: load(c, op, false, 64, 1, false, EMIT_MODIFY); break;
    case X86_OP_LDM16: load(c, op, false, 64, 2, false, EMIT_MODIFY); break;
    case X86_OP_LDM32: load(c, op, false, 32, 4, false, EMIT_MODIFY); break;
    case X86_OP_LDM64: load(c, op, false, 64, 8, false, EMIT_MODIFY); break;
#define STORES(NAME, X, HOW, INDEXED)                                                                                  \
    case X86_OP_##NAME##8##X: HOW(c, op, INDEXED, 1); break;                                                           \
    case X86_OP_##NAME##16##X: HOW(c, op, INDEXED, 2); break;                                                          \
    case X86_OP_##NAME##32##X: HOW(c, op, INDEXED, 4); break;                                                          \
    case X86_OP_##NAME##64##X: HOW(c, op, INDEXED, 8); break;
        STORES(ST, , store, false)
        STORES(ST, X, store, true)
        STORES(STI, , store_value, false)
        STORES(STI, X, store_value, true)
    case X86_OP_PUSH64: push(c, use(c, op->a), 0, false); break;
    case X86_OP_PUSHI64: push(c, EMIT_NONE, (uint64_t)op->imm, false); break;
    case X86_OP_CALL64: push(c, EMIT_NONE, (uint64_t)op->imm, true); break;
    case X86_OP_POP64: pop(c, op->d, X86_RSP); break;
    case X86_OP_LEAVE64: pop(c, X86_RBP, X86_RBP); break;
    case X86_OP_LDSCRATCH:
    case X86_OP_STSCRATCH:
        if (!is_power_of_two(op->s))
            return false;
        scratch(c, op, op->code == X86_OP_STSCRATCH);
        break;

    case X86_OP_EXIT: leave_always(c, op); break;
    case X86_OP_JUMP: jump(c, op, 0); break;
    case X86_OP_RETURN: jump(c, op, (uint64_t)op->imm); break;
    case X86_OP_BRANCH: {
        leave_begin(c);
        emit_compare_constant(&c->e, 64, use(c, op->a), 0);
        leave_if_host(c, EMIT_NE, op);
        break;
    }
#define CONDITION(CC, IF)                                                                                              \
    case X86_OP_J##CC: leave_if(c, IF_##IF, op); break;                                                                \
    case X86_OP_SET##CC: set(c, op, IF_##IF); break;                                                                   \
    case X86_OP_CMOV64##CC: conditional_move(c, op, 64, IF_##IF); break;                                               \
    case X86_OP_CMOV32##CC: conditional_move(c, op, 32, IF_##IF); break;
        CONDITIONS(CONDITION)
    default: return x86_vector_emit(c, op);
    }
    return true;
}

// --- the architecture ------------------------------------------------------------------------------------------------

static bool compiles(uint32_t mode)
{
    return (mode & X86_MODE_64) || ((mode & X86_MODE_FLAT) && (mode & X86_MODE_32));
}

static unsigned pc_bits(uint32_t mode)
{
    return mode & X86_MODE_64 ? 64 : 32;
}

static uint64_t key(uint32_t mode)
{
    return (uint64_t)mode << 56;
}

static uint64_t written(const struct op *op, const struct op_row *row)
{
    if (op->code == X86_OP_SIMD || op->code == X86_OP_HELP)
        return x86_vector_written(op);
    if (op->code == X86_OP_LDSCRATCH || op->code == X86_OP_STSCRATCH)
        return 0;
    if (row->operands & OP_CPU)
        return UINT64_MAX;
    return (row->operands & OP_TO_D ? BIT64(op->d) : 0) | (row->operands & OP_TO_X ? BIT64(op->x) : 0) |
           (row->operands & X86_TO_A ? BIT64(op->a) : 0) | (row->operands & X86_TO_B ? BIT64(op->b) : 0) |
           (row->operands & X86_TO_RAX ? BIT64(X86_RAX) : 0) | (row->operands & X86_TO_RDX ? BIT64(X86_RDX) : 0) |
           (row->operands & (uint32_t)X86_STACK ? BIT64(X86_RSP) : 0);
}

// CF, or the flags that a count of 0 or a rotation leaves. RCL and RCR take CF in.
static bool keeps(const struct op *op)
{
    switch (op->code) {
    case X86_OP_SHIFT: return op->x != X86_RCL && op->x != X86_RCR;
    case X86_OP_INC8:
    case X86_OP_INC16:
    case X86_OP_INC32:
    case X86_OP_INC64:
    case X86_OP_DEC8:
    case X86_OP_DEC16:
    case X86_OP_DEC32:
    case X86_OP_DEC64:
    case X86_OP_SHIFTD:
    case X86_OP_BITTEST: return true;
    default: return false;
    }
}

static bool is_pure(const struct op *op)
{
    return op->code == X86_OP_LEAVE64 || op->code == X86_OP_LDSCRATCH || op->code == X86_OP_STSCRATCH ||
           op->code == X86_OP_SIMD || op->code == X86_OP_LINEAR ||
           (op->code == X86_OP_HELP && op->disp == X86_HELP_simd_check);
}

static const char *const names[X86_SLOTS] = {
    "RAX", "RCX", "RDX",     "RBX",     "RSP",     "RBP",     "RSI",     "RDI",     "R8",       "R9",
    "R10", "R11", "R12",     "R13",     "R14",     "R15",     "RIP",     "zero",    "T0",       "T1",
    "T2",  "T3",  "ES base", "CS base", "SS base", "DS base", "FS base", "GS base", "LDT base", "TR base",
};

const struct jit_guest x86_jit = {
    .rows = x86_ops,
    .op_count = X86_OP_COUNT,
    .bodies = x86_bodies,
    .size = sizeof(struct x86_cpu),
    .registers = offsetof(struct x86_cpu, r),
    .slots = X86_SLOTS,
    .names = names,
    .vectors = offsetof(struct x86_cpu, xmm),
    .vector_count = 16,
    .vector_name = "XMM",
    .result = offsetof(struct x86_cpu, result),
    .aux = offsetof(struct x86_cpu, aux),
    .pc = X86_RIP,
    .sink = EMIT_NONE,
    .temps = X86_T0,
    .temps_end = X86_T3 + 1,
    .flags = X86_ARITHMETIC,
    .vector_temp = X86_VECTOR_SCRATCH,
    .is_borrow = true,
    .compiles = compiles,
    .pc_bits = pc_bits,
    .key = key,
    .written = written,
    .keeps = keeps,
    .is_pure = is_pure,
    .emit = emit_op,
};

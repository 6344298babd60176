// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for the ops of AArch64. What each means is defined by its function (exec/ops_*.h), which runs where there is no template,
// and where a memory access is not one of plain memory.
#include "vcpu/aarch64/jit/templates.h"

#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/bodies.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/jit/ops_jump.h"
#include "vcpu/aarch64/jit/ops_memory.h"
#include "vcpu/aarch64/jit/ops_register.h"
#include "vcpu/aarch64/jit/vector.h"
#include "vcpu/jit/compile.h"

// --- the ops ---------------------------------------------------------------------------------------------------------

static bool emit_op(struct compiler *c, const struct op *op)
{
    switch (op->code) {
#define SIZED(NAME, FORM, ALU, IMMEDIATE, FLAGS)                                                                       \
    case A64_OP_##NAME##32##FORM: result(c, op, ALU, 32, IMMEDIATE, FLAGS); break;                                     \
    case A64_OP_##NAME##64##FORM:                                                                                      \
        result(c, op, ALU, 64, IMMEDIATE, FLAGS);                                                                      \
        break;
#define RESULT(NAME, ALU, FLAGS) SIZED(NAME, RR, ALU, false, FLAGS) SIZED(NAME, RI, ALU, true, FLAGS)
        RESULT(ADD, EMIT_ADD, false)
        RESULT(SUB, EMIT_SUB, false)
        RESULT(ADDS, EMIT_ADD, true)
        RESULT(SUBS, EMIT_SUB, true)
        RESULT(AND, EMIT_AND, false)
        RESULT(ORR, EMIT_OR, false)
        RESULT(EOR, EMIT_XOR, false)
        RESULT(ANDS, EMIT_AND, true)
        SIZED(BIC, , EMIT_ANDN, false, false)
        SIZED(ORN, , EMIT_ORN, false, false)
        SIZED(EON, , EMIT_XORN, false, false)
        SIZED(BICS, , EMIT_ANDN, false, true)
#define BOTH(NAME, HOW, ...)                                                                                           \
    case A64_OP_##NAME##32: HOW(c, op, __VA_ARGS__, 32); break;                                                        \
    case A64_OP_##NAME##64: HOW(c, op, __VA_ARGS__, 64); break;
        BOTH(ADDL, shifted, EMIT_ADD)
        BOTH(SUBL, shifted, EMIT_SUB)
        BOTH(ORRL, shifted, EMIT_OR)
        BOTH(SHL, shift, EMIT_SHL)
        BOTH(SHR, shift, EMIT_SHR)
        BOTH(SAR, shift, EMIT_SAR)
        BOTH(ROR, shift, EMIT_ROR)
        BOTH(SHLV, shift_by, EMIT_SHL)
        BOTH(SHRV, shift_by, EMIT_SHR)
        BOTH(SARV, shift_by, EMIT_SAR)
        BOTH(RORV, shift_by, EMIT_ROR)
    case A64_OP_UBF:
    case A64_OP_UBFZ:
    case A64_OP_SBF32:
    case A64_OP_SBF64:
    case A64_OP_BFM32:
    case A64_OP_BFM64: field(c, op); break;
    case A64_OP_EXTR32: extract(c, op, 32); break;
    case A64_OP_EXTR64: extract(c, op, 64); break;
    case A64_OP_UXTW: extend(c, op, 32, false); break;
    case A64_OP_SXTW: extend(c, op, 32, true); break;
    case A64_OP_EXTEND: extend(c, op, 8u << (op->x & 3), op->x & 4); break;
    case A64_OP_MOV32:
    case A64_OP_MOV64: {
        unsigned a = use(c, op->a);
        emit_move(&c->e, op->code == A64_OP_MOV32 ? 32 : 64, define(c, op->d), a);
        break;
    }
    case A64_OP_MOVI: define_constant(c, op->d, (uint64_t)op->imm); break;
    case A64_OP_MOVK32: move_keep(c, op, 32); break;
    case A64_OP_MOVK64: move_keep(c, op, 64); break;
    case A64_OP_MADD32: multiply(c, op, EMIT_ADD, 32, 0); break;
    case A64_OP_MADD64: multiply(c, op, EMIT_ADD, 64, 0); break;
    case A64_OP_MSUB32: multiply(c, op, EMIT_SUB, 32, 0); break;
    case A64_OP_MSUB64: multiply(c, op, EMIT_SUB, 64, 0); break;
    case A64_OP_SMADDL: multiply(c, op, EMIT_ADD, 64, -1); break;
    case A64_OP_UMADDL: multiply(c, op, EMIT_ADD, 64, 1); break;
    case A64_OP_SMSUBL: multiply(c, op, EMIT_SUB, 64, -1); break;
    case A64_OP_UMSUBL: multiply(c, op, EMIT_SUB, 64, 1); break;
    case A64_OP_SMULH: multiply_high(c, op, true); break;
    case A64_OP_UMULH: multiply_high(c, op, false); break;
    case A64_OP_UDIV32: divide(c, op, 32, false); break;
    case A64_OP_UDIV64: divide(c, op, 64, false); break;
    case A64_OP_SDIV32: divide(c, op, 32, true); break;
    case A64_OP_SDIV64: divide(c, op, 64, true); break;
    case A64_OP_REV3232: swap(c, op, 32); break;
    case A64_OP_REV64: swap(c, op, 64); break;
    case A64_OP_CLZ32: count_zeros(c, op, 32); break;
    case A64_OP_CLZ64: count_zeros(c, op, 64); break;
    case A64_OP_CCMP: conditional_compare(c, op); break;
    case A64_OP_GET:
        if (is_slot(op))
            return false;
        emit_state_load(&c->e, 64, define(c, op->d), (unsigned)op->imm);
        break;
    case A64_OP_PUT:
        if (is_slot(op))
            return false;
        emit_state_store(&c->e, 64, (unsigned)op->imm, use(c, op->a));
        break;

#define LOADS(X, INDEXED)                                                                                              \
    case A64_OP_LD8##X: load(c, op, INDEXED, 64, 1, false); break;                                                     \
    case A64_OP_LD16##X: load(c, op, INDEXED, 64, 2, false); break;                                                    \
    case A64_OP_LD32##X: load(c, op, INDEXED, 32, 4, false); break;                                                    \
    case A64_OP_LD64##X: load(c, op, INDEXED, 64, 8, false); break;                                                    \
    case A64_OP_LDS8_32##X: load(c, op, INDEXED, 32, 1, true); break;                                                  \
    case A64_OP_LDS8_64##X: load(c, op, INDEXED, 64, 1, true); break;                                                  \
    case A64_OP_LDS16_32##X: load(c, op, INDEXED, 32, 2, true); break;                                                 \
    case A64_OP_LDS16_64##X: load(c, op, INDEXED, 64, 2, true); break;                                                 \
    case A64_OP_LDS32_64##X: load(c, op, INDEXED, 64, 4, true); break;                                                 \
    case A64_OP_ST8##X: store(c, op, INDEXED, 1); break;                                                               \
    case A64_OP_ST16##X: store(c, op, INDEXED, 2); break;                                                              \
    case A64_OP_ST32##X: store(c, op, INDEXED, 4); break;                                                              \
    case A64_OP_ST64##X: store(c, op, INDEXED, 8); break;
        LOADS(, false)
        LOADS(X, true)
    case A64_OP_LDP32: load_pair(c, op, 32, 4, false); break;
    case A64_OP_LDP64: load_pair(c, op, 64, 8, false); break;
    case A64_OP_LDPS32: load_pair(c, op, 64, 4, true); break;
    case A64_OP_STP32: store_pair(c, op, 4); break;
    case A64_OP_STP64: store_pair(c, op, 8); break;
#define VECTORS(BITS)                                                                                                  \
    case A64_OP_LDV##BITS: vectors(c, op, BITS / 8, 1, false); break;                                                  \
    case A64_OP_STV##BITS:                                                                                             \
        vectors(c, op, BITS / 8, 1, true);                                                                             \
        break;
#define VECTOR_PAIRS(BITS)                                                                                             \
    VECTORS(BITS)                                                                                                      \
    case A64_OP_LDPV##BITS: vectors(c, op, BITS / 8, 2, false); break;                                                 \
    case A64_OP_STPV##BITS: vectors(c, op, BITS / 8, 2, true); break;
        VECTORS(8)
        VECTORS(16)
        VECTOR_PAIRS(32)
        VECTOR_PAIRS(64)
        VECTOR_PAIRS(128)
    case A64_OP_CHECKSP: check_stack(c, op); break;

    case A64_OP_EXIT: leave_always(c, op); break;
    case A64_OP_JUMP: jump(c, op); break;
    case A64_OP_CBZ32: compare_and_jump(c, op, 32, EMIT_EQ); break;
    case A64_OP_CBZ64: compare_and_jump(c, op, 64, EMIT_EQ); break;
    case A64_OP_CBNZ32: compare_and_jump(c, op, 32, EMIT_NE); break;
    case A64_OP_CBNZ64: compare_and_jump(c, op, 64, EMIT_NE); break;
    case A64_OP_TBZ: test_and_jump(c, op, EMIT_EQ); break;
    case A64_OP_TBNZ: test_and_jump(c, op, EMIT_NE); break;
#define CONDITION(CC)                                                                                                  \
    case A64_OP_B##CC: leave_if(c, IF_##CC, op); break;                                                                \
    case A64_OP_CSEL32##CC: conditional(c, op, 32, AS_IS, IF_##CC); break;                                             \
    case A64_OP_CSEL64##CC: conditional(c, op, 64, AS_IS, IF_##CC); break;                                             \
    case A64_OP_CSINC32##CC: conditional(c, op, 32, PLUS_ONE, IF_##CC); break;                                         \
    case A64_OP_CSINC64##CC: conditional(c, op, 64, PLUS_ONE, IF_##CC); break;                                         \
    case A64_OP_CSINV32##CC: conditional(c, op, 32, INVERTED, IF_##CC); break;                                         \
    case A64_OP_CSINV64##CC: conditional(c, op, 64, INVERTED, IF_##CC); break;                                         \
    case A64_OP_CSNEG32##CC: conditional(c, op, 32, NEGATED, IF_##CC); break;                                          \
    case A64_OP_CSNEG64##CC: conditional(c, op, 64, NEGATED, IF_##CC); break;
        A64_CONDITIONS(CONDITION)
    case A64_OP_SIMD: return a64_vector_emit(c, op);
    default: return false;
    }
    return true;
}

// --- the architecture ------------------------------------------------------------------------------------------------

static bool compiles(uint32_t mode)
{
    (void)mode;
    return true;
}

static unsigned pc_bits(uint32_t mode)
{
    (void)mode;
    return 64;
}

static uint64_t key(uint32_t mode)
{
    return mode & A64_MODE_KEY;
}

static uint64_t written(const struct op *op, const struct op_row *row)
{
    if (op->code == A64_OP_SIMD)
        return a64_vector_written(op);
    if (row->operands & OP_CPU)
        return UINT64_MAX;
    if (row->operands & OP_VECTOR)
        return 0;
    return (row->operands & OP_TO_D ? BIT64(op->d) : 0) | (row->operands & OP_TO_X ? BIT64(op->x) : 0);
}

static bool keeps(const struct op *op)
{
    (void)op;
    return false;
}

static bool is_pure(const struct op *op)
{
    return op->code == A64_OP_GET || op->code == A64_OP_PUT || op->code == A64_OP_SIMD;
}

static const char *const names[A64_SLOTS] = {
    "X0",  "X1",  "X2",  "X3",   "X4",   "X5",     "X6",     "X7",  "X8",  "X9",  "X10", "X11", "X12", "X13",
    "X14", "X15", "X16", "X17",  "X18",  "X19",    "X20",    "X21", "X22", "X23", "X24", "X25", "X26", "X27",
    "X28", "X29", "X30", "zero", "sink", "SP_EL0", "SP_EL1", "PC",  "T0",  "T1",  "T2",  "T3",
};

const struct jit_guest a64_jit = {
    .rows = a64_ops,
    .op_count = A64_OP_COUNT,
    .bodies = a64_bodies,
    .size = sizeof(struct a64_cpu),
    .registers = offsetof(struct a64_cpu, r),
    .slots = A64_SLOTS,
    .names = names,
    .vectors = offsetof(struct a64_cpu, v),
    .vector_count = 32,
    .vector_name = "V",
    .result = offsetof(struct a64_cpu, result),
    .aux = offsetof(struct a64_cpu, aux),
    .pc = A64_PC,
    .sink = A64_SINK,
    .temps = A64_T0,
    .temps_end = A64_T3 + 1,
    .flags = FLAGS_NZCV,
    .vector_temp = EMIT_NONE,
    .is_borrow = false,
    .compiles = compiles,
    .pc_bits = pc_bits,
    .key = key,
    .written = written,
    .keeps = keeps,
    .is_pure = is_pure,
    .emit = emit_op,
};

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for the ops of AArch64. What each means is defined by its function (exec/ops_*.h), which runs where there is no template,
// and where a memory access is not one of plain memory.
#include "vcpu/aarch64/jit/templates.h"

#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/bodies.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/jit/compile.h"

// --- two operands ----------------------------------------------------------------------------------------------------

static void result(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits, bool immediate,
                   bool sets_flags)
{
    unsigned a = use(c, op->a), b = immediate ? EMIT_NONE : use(c, op->b);
    uint64_t value = (uint64_t)op->imm;
    bool logic = alu != EMIT_ADD && alu != EMIT_SUB;
    if (sets_flags && !logic) {
        flags_set(c, alu == EMIT_ADD ? FLAGS_ADD : FLAGS_SUB, bits, op->d, op->a, immediate ? EMIT_NONE : op->b, value);
        if (op->d == A64_SINK)
            return; // a comparison
    }
    // The result of a test has no register of the guest's, so it gets a temporary one.
    unsigned to = sets_flags && op->d == A64_SINK ? A64_T3 : op->d;
    unsigned d = define(c, to);
    if (immediate)
        emit_alu_constant(&c->e, alu, bits, d, a, value);
    else if (alu == EMIT_OR && op->a == A64_ZERO)
        emit_move(&c->e, bits, d, b);
    else
        emit_alu(&c->e, alu, bits, d, a, b);
    if (sets_flags && logic)
        flags_set(c, FLAGS_LOGIC, bits, to, to, EMIT_NONE, 0);
}

// a OP (b << s)
static void shifted(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b), d;
    if (alu == EMIT_ADD && bits == 64 && op->s <= 3) {
        d = define(c, op->d);
        emit_address(e, d, a, b, op->s, 0);
        return;
    }
    emit_shift_constant(e, EMIT_SHL, bits, EMIT_T0, b, op->s);
    d = define(c, op->d);
    emit_alu(e, alu, bits, d, a, EMIT_T0);
}

// --- shifts and fields -----------------------------------------------------------------------------------------------

static void shift(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_shift_constant(&c->e, kind, bits, define(c, op->d), a, op->s);
}

static void shift_by(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_shift(&c->e, kind, bits, EMIT_T0, a, b);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T0);
}

static void field(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), d;
    uint64_t mask = (uint64_t)op->imm;
    switch (op->code) {
    case A64_OP_UBF:
        d = define(c, op->d);
        emit_shift_constant(e, EMIT_SHR, 64, d, a, op->s);
        emit_alu_constant(e, EMIT_AND, 64, d, d, mask);
        break;
    case A64_OP_UBFZ:
        d = define(c, op->d);
        emit_alu_constant(e, EMIT_AND, 64, d, a, mask);
        emit_shift_constant(e, EMIT_SHL, 64, d, d, op->s);
        break;
    case A64_OP_SBF32:
    case A64_OP_SBF64:
        d = define(c, op->d);
        emit_shift_constant(e, EMIT_SHL, 64, d, a, op->s);
        emit_shift_constant(e, EMIT_SAR, 64, d, d, op->x);
        if (op->code == A64_OP_SBF32)
            emit_move(e, 32, d, d);
        break;
    default: { // BFM: the bits of the mask from a rotated, the others from b
        unsigned bits = op->code == A64_OP_BFM32 ? 32 : 64, b = use(c, op->b);
        emit_shift_constant(e, EMIT_ROR, bits, EMIT_T0, a, op->s);
        emit_alu_constant(e, EMIT_AND, bits, EMIT_T0, EMIT_T0, mask);
        emit_alu_constant(e, EMIT_AND, bits, EMIT_T1, b, ~mask);
        emit_alu(e, EMIT_OR, bits, define(c, op->d), EMIT_T0, EMIT_T1);
        break;
    }
    }
}

static void extract(struct compiler *c, const struct op *op, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (bits == 64) {
        emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, b, op->s);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, a, 64u - op->s);
        emit_alu(e, EMIT_OR, 64, define(c, op->d), EMIT_T0, EMIT_T1);
        return;
    }
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, a, 32);
    emit_move(e, 32, EMIT_T1, b);
    emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, EMIT_T0, op->s);
    emit_move(e, 32, define(c, op->d), EMIT_T0);
}

// Extended from op->x (ExtendReg) or 32 bits, then shifted.
static void extend(struct compiler *c, const struct op *op, unsigned from, bool sign)
{
    unsigned a = use(c, op->a), d = define(c, op->d);
    if (from == 64)
        emit_move(&c->e, 64, d, a);
    else
        emit_extend(&c->e, 64, d, a, from, sign);
    if (op->s)
        emit_shift_constant(&c->e, EMIT_SHL, 64, d, d, op->s);
}

static void move_keep(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a), d = define(c, op->d);
    emit_alu_constant(&c->e, EMIT_AND, 64, d, a, ~(UINT64_C(0xffff) << op->s));
    emit_alu_constant(&c->e, EMIT_OR, 64, d, d, (uint64_t)op->imm);
    if (bits == 32)
        emit_move(&c->e, 32, d, d);
}

// --- multiplication, bits --------------------------------------------------------------------------------------------

static void multiply(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits, int extends)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b), x = use(c, op->x);
    if (extends) {
        emit_extend(e, 64, EMIT_T0, a, 32, extends < 0);
        emit_extend(e, 64, EMIT_T1, b, 32, extends < 0);
        emit_multiply(e, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    } else {
        emit_multiply(e, bits, EMIT_T0, a, b);
    }
    unsigned d = define(c, op->d);
    if (op->x == A64_ZERO && alu == EMIT_ADD)
        emit_move(e, bits, d, EMIT_T0);
    else
        emit_alu(e, alu, bits, d, x, EMIT_T0);
}

static void multiply_high(struct compiler *c, const struct op *op, bool sign)
{
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_multiply_high(&c->e, sign, EMIT_T1, a, b);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T1);
}

// A divisor of 0 gives 0. With signs, one of -1 negates: the host's division of the smallest number would trap.
static void divide(struct compiler *c, const struct op *op, unsigned bits, bool sign)
{
    struct emit *e = &c->e;
    struct emit_label zero = { 0, 0 }, minus = { 0, 0 }, done = { 0, 0 };
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_compare_constant(e, bits, b, 0);
    emit_branch(e, EMIT_EQ, &zero);
    if (sign) {
        emit_compare_constant(e, bits, b, UINT64_MAX);
        emit_branch(e, EMIT_EQ, &minus);
    }
    emit_divide(e, sign, bits, EMIT_T1, a, b);
    emit_jump(e, &done);
    if (sign) {
        emit_label(e, &minus);
        emit_negate(e, bits, EMIT_T1, a);
        emit_jump(e, &done);
    }
    emit_label(e, &zero);
    emit_constant(e, EMIT_T1, 0);
    emit_label(e, &done);
    emit_move(e, 64, define(c, op->d), EMIT_T1);
}

static void swap(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_swap(&c->e, bits, define(c, op->d), a);
}

static void count_zeros(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_count_zeros(&c->e, bits, define(c, op->d), a);
}

// --- conditions ------------------------------------------------------------------------------------------------------

enum other { AS_IS, PLUS_ONE, INVERTED, NEGATED }; // operand b, where the condition does not hold

static void conditional(struct compiler *c, const struct op *op, unsigned bits, enum other other, enum condition wanted)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (other != AS_IS) {
        unsigned t = borrow(c);
        if (other == PLUS_ONE)
            emit_alu_constant(e, EMIT_ADD, bits, t, b, 1);
        else if (other == INVERTED)
            emit_not(e, bits, t, b);
        else
            emit_negate(e, bits, t, b);
        b = t;
    }
    enum emit_condition host = condition(c, wanted);
    emit_select(e, host, bits, define(c, op->d), a, b);
}

// CCMP: the comparison if the condition holds, else the flags given. Both ways store them.
static void conditional_compare(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    struct emit_label no = { 0, 0 }, done = { 0, 0 };
    // In the order of the guest's encoding.
    static const uint8_t conditions[14] = { IF_EQ, IF_NE, IF_HS, IF_LO, IF_MI, IF_PL, IF_VS,
                                            IF_VC, IF_HI, IF_LS, IF_GE, IF_LT, IF_GT, IF_LE };
    unsigned a = use(c, op->a), bits = op->d & 1 ? 64 : 32;
    unsigned b = op->b == A64_ZERO ? EMIT_NONE : use(c, op->b);
    // Both ways have the same slots in registers: what follows the branch takes no other.
    (void)a, (void)b;
    if (op->x < 14) {
        enum emit_condition host = condition(c, (enum condition)conditions[op->x]);
        emit_branch(e, (enum emit_condition)(host ^ 1), &no);
    }
    flags_set(c, op->d & 2 ? FLAGS_ADD : FLAGS_SUB, bits, EMIT_NONE, op->a, op->b == A64_ZERO ? EMIT_NONE : op->b,
              (uint64_t)op->imm);
    flags_store(c);
    if (op->x < 14) {
        bool n = op->s & 8, z = op->s & 4, carry = op->s & 2, v = op->s & 1;
        emit_jump(e, &done);
        emit_label(e, &no);
        emit_state_store_constant(e, c->guest->result, z ? 0 : 1); // as a64_set_nzcv
        emit_constant(e, EMIT_T0, (uint64_t)carry << 63 | (uint64_t)(carry ^ v) << 62 | (uint64_t)n << 16);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
        emit_label(e, &done);
    }
    flags_forget(c);
}

// --- loads and stores ------------------------------------------------------------------------------------------------

// [a + disp], or [a + (b << s)], into T1.
static void address(struct compiler *c, const struct op *op, bool indexed)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a);
    if (!indexed) {
        emit_address(e, EMIT_T1, a, EMIT_NONE, 0, op->disp);
        return;
    }
    unsigned b = use(c, op->b);
    if (op->s <= 3) {
        emit_address(e, EMIT_T1, a, b, op->s, 0);
        return;
    }
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, b, op->s);
    emit_alu(e, EMIT_ADD, 64, EMIT_T1, EMIT_T1, a);
}

static void load(struct compiler *c, const struct op *op, bool indexed, unsigned bits, unsigned size, bool sign)
{
    address(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_READ, size);
    emit_load(&c->e, bits, define(c, op->d), EMIT_T1, 0, size, sign);
    memory_end(c, cold);
}

static void store(struct compiler *c, const struct op *op, bool indexed, unsigned size)
{
    unsigned d = use(c, op->d);
    address(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_WRITE, size);
    emit_store(&c->e, EMIT_T1, 0, size, d);
    memory_end(c, cold);
}

// The second register wins where both are the same.
static void load_pair(struct compiler *c, const struct op *op, unsigned bits, unsigned size, bool sign)
{
    address(c, op, false);
    struct cold *cold = memory_begin(c, EMIT_READ, 2 * size);
    emit_load(&c->e, bits, define(c, op->d), EMIT_T1, 0, size, sign);
    emit_load(&c->e, bits, define(c, op->x), EMIT_T1, (int32_t)size, size, sign);
    memory_end(c, cold);
}

static void store_pair(struct compiler *c, const struct op *op, unsigned size)
{
    unsigned d = use(c, op->d), x = use(c, op->x);
    address(c, op, false);
    struct cold *cold = memory_begin(c, EMIT_WRITE, 2 * size);
    emit_store(&c->e, EMIT_T1, 0, size, d);
    emit_store(&c->e, EMIT_T1, (int32_t)size, size, x);
    memory_end(c, cold);
}

static void vectors(struct compiler *c, const struct op *op, unsigned size, unsigned count, bool stores)
{
    const unsigned numbers[2] = { op->d, op->x };
    for (unsigned i = 0; stores && i < count; i++)
        (void)vector_use(c, numbers[i]); // what is stored is in registers on both ways
    address(c, op, false);
    struct cold *cold = memory_begin(c, stores ? EMIT_WRITE : EMIT_READ, size * count);
    for (unsigned i = 0; i < count; i++) {
        if (stores)
            emit_vector_write(&c->e, EMIT_T1, (int32_t)(i * size), size, vector_use(c, numbers[i]));
        else
            emit_vector_read(&c->e, vector_define(c, numbers[i]), EMIT_T1, (int32_t)(i * size), size);
    }
    memory_end(c, cold);
}

static void check_stack(struct compiler *c, const struct op *op)
{
    unsigned a = use(c, op->a);
    struct cold *cold = body_if(c);
    emit_test_constant(&c->e, 32, a, 15);
    emit_branch(&c->e, EMIT_NE, &cold->from);
    memory_end(c, cold);
}

// --- ways out --------------------------------------------------------------------------------------------------------

// An address that is not aligned is left to the function.
static void jump(struct compiler *c, const struct op *op)
{
    flags_store(c);
    write_back(c);
    c->locked = 0;
    unsigned target = use(c, op->a);
    emit_move(&c->e, 64, EMIT_PC, target);
    emit_test_constant(&c->e, 32, target, 3);
    emit_branch(&c->e, EMIT_NE, leave_cold(c, op, NATIVE_GO));
    leave_by_jump(c, op, NATIVE_GO);
}

static void compare_and_jump(struct compiler *c, const struct op *op, unsigned bits, enum emit_condition host)
{
    leave_begin(c);
    emit_compare_constant(&c->e, bits, use(c, op->a), 0);
    leave_if_host(c, host, op);
}

static void test_and_jump(struct compiler *c, const struct op *op, enum emit_condition host)
{
    leave_begin(c);
    emit_test_constant(&c->e, op->s < 32 ? 32 : 64, use(c, op->a), UINT64_C(1) << op->s);
    leave_if_host(c, host, op);
}

// Is the field of GET or PUT a slot, which may be in a register?
static bool is_slot(const struct op *op)
{
    return op->imm >= (int64_t)offsetof(struct a64_cpu, r) && op->imm < (int64_t)offsetof(struct a64_cpu, result);
}

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

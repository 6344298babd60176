// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The first executor: a direct-threaded interpreter over pre-decoded ops.
//
// There are two ways to get from one op to the next. The fast one jumps to the op's code. The careful one first asks whether
// the op belongs to an instruction that must not run any more: it is used when the budget ends inside a block, and after an
// op has said OP_FINISH. Careful execution also sets all flags, so that what is seen where it stops is exact.
#include "vcpu/x86_64/exec.h"

#include "vcpu/block.h"
#include "vcpu/x86_64/helper.h"
#include "vcpu/x86_64/ops.h"
#include "vcpu/x86_64/ops_alu.h"
#include "vcpu/x86_64/ops_jump.h"
#include "vcpu/x86_64/ops_memory.h"

#define op_SHIFT      x86_op_shift
#define op_SHIFTD     x86_op_shift_double
#define op_MULTIPLY   x86_op_multiply
#define op_BITTEST    x86_op_bit_test
#define op_BITADDRESS x86_op_bit_address
#define op_BITSCAN    x86_op_bit_scan
#define op_POPCOUNT   x86_op_popcount
#define op_CMPXCHG    x86_op_compare_exchange
#define op_FLAGOP     x86_op_flag

static inline enum op_out op_DIVIDE(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_divide(cpu, op);
}

static inline enum op_out op_LINEAR(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_linear(cpu, op);
}

static inline enum op_out op_SIMD(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_simd(cpu, op);
}

static inline enum op_out op_STRING(struct x86_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return x86_op_string(cpu, op);
}

static inline enum op_out op_HELP(struct x86_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return x86_helpers[op->disp](cpu, op);
}

// The guest is between two instructions of `block`: `n` of them are done.
static void stop_at(struct x86_cpu *cpu, const struct block *block, unsigned n)
{
    cpu->vcpu.left += block->count - (int)n;
    cpu->r[X86_RIP] = (cpu->r[X86_RIP] + block->offsets[n]) & cpu->rip_mask;
}

#if defined(INTACT_SWITCH_DISPATCH) || !defined(__GNUC__)
#define LABEL(name)   case X86_OP_##name:
#define NEXT          goto dispatch
#define CAREFUL_ON()  (careful = true)
#else
#define LABEL(name)   l_##name:
#define NEXT          goto *table[op->code]
#define CAREFUL_ON()  (table = careful)
#define THREADED      1
#endif

enum op_out x86_execute(struct x86_cpu *cpu, const struct op *op)
{
    unsigned stop = BLOCK_INSTRUCTIONS + 1; // careful: instructions of this block that may be completed
    enum op_out out;

#ifdef THREADED
#define ADDRESS_OF(name)        [X86_OP_##name] = &&l_##name,
#define ADDRESS_OF_N(name, all) [X86_OP_##name] = &&l_##name,
#define FULL_OF_N(name, all)    [X86_OP_##name] = &&l_##all,
#define CAREFULLY(name)         [X86_OP_##name] = &&check,
#define CAREFULLY_N(name, all)  [X86_OP_##name] = &&check,
    static const void *const fast[X86_OP_COUNT] = {
        [X86_OP_DEAD] = &&l_DEAD, [X86_OP_HEAD] = &&l_HEAD,
        X86_OPS(ADDRESS_OF, ADDRESS_OF_N, ADDRESS_OF, ADDRESS_OF)
    };
    static const void *const full[X86_OP_COUNT] = {
        [X86_OP_DEAD] = &&l_DEAD, [X86_OP_HEAD] = &&leave,
        X86_OPS(ADDRESS_OF, FULL_OF_N, ADDRESS_OF, ADDRESS_OF)
    };
    static const void *const careful[X86_OP_COUNT] = {
        [X86_OP_DEAD] = &&leave, [X86_OP_HEAD] = &&leave,
        X86_OPS(CAREFULLY, CAREFULLY_N, CAREFULLY, CAREFULLY)
    };
    const void *const *table = fast;
    NEXT;

check:
    if (op->n < stop)
        goto *full[op->code];
    stop_at(cpu, cpu->vcpu.block, stop);
    goto leave;
#else
#define FULL_CODE(name)
#define FULL_CODE_N(name, all) case X86_OP_##name: code = X86_OP_##all; break;
    bool careful = false;
    unsigned code;
dispatch:
    code = op->code;
    if (careful) {
        if (code == X86_OP_HEAD)
            goto leave;
        if (op->n >= stop) {
            stop_at(cpu, cpu->vcpu.block, stop);
            goto leave;
        }
        switch (code) {
            X86_OPS(FULL_CODE, FULL_CODE_N, FULL_CODE, FULL_CODE)
        }
    }
    switch (code) {
#endif

    LABEL(HEAD)
    {
        cpu->vcpu.block = block_of(op);
        int64_t left = cpu->vcpu.left;
        if (unlikely(left < op->imm)) {
            if (left <= 0)
                goto leave;
            stop = (unsigned)left;
            CAREFUL_ON();
        }
        cpu->vcpu.left = left - op->imm;
        op++;
        NEXT;
    }

    LABEL(DEAD)
    goto leave;

#define PLAIN(name)         \
    LABEL(name)             \
    op_##name(cpu, op);     \
    op++;                   \
    NEXT;
#define PLAIN_N(name, all) PLAIN(name)
#define CHECKED(name)             \
    LABEL(name)                   \
    out = op_##name(cpu, op);     \
    if (unlikely(out != OP_NEXT)) \
        goto not_next;            \
    op++;                         \
    NEXT;
#define JUMPING(name)             \
    LABEL(name)                   \
    op = op_##name(cpu, op);      \
    if (unlikely(!op))            \
        goto leave;               \
    NEXT;
    X86_OPS(PLAIN, PLAIN_N, CHECKED, JUMPING)

#ifndef THREADED
    }
#endif

not_next:
    if (out == OP_FINISH) {
        stop = op->n + 1u;
        CAREFUL_ON();
        op++;
        NEXT;
    }
    if (out == OP_FAULT)
        stop_at(cpu, cpu->vcpu.block, op->n);
    cpu->vcpu.at = NULL;
    return out;

leave:
    cpu->vcpu.at = NULL;
    return OP_NEXT;
}

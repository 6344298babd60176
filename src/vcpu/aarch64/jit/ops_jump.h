// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for the ways out of a block (exec/ops_jump.h).
#ifndef VCPU_AARCH64_JIT_OPS_JUMP_H
#define VCPU_AARCH64_JIT_OPS_JUMP_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/jit/compile.h"

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

#endif

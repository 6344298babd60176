// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for jumps to a slot, and for what depends on a condition (exec/ops_jump.h, exec/ops_register.h).
#ifndef VCPU_X86_64_JIT_OPS_JUMP_H
#define VCPU_X86_64_JIT_OPS_JUMP_H

#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops.h"

// A target that is not canonical is left to the op that follows; `drop` bytes leave the stack.
static void jump(struct compiler *c, const struct op *op, uint64_t drop)
{
    struct emit *e = &c->e;
    struct emit_label bad = { 0, 0 };
    bool wide = c->block->mode & X86_MODE_64;
    flags_store(c);
    write_back(c);
    c->locked = 0;
    unsigned target = use(c, op->a);
    if (wide) {
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, target, 16);
        emit_shift_constant(e, EMIT_SAR, 64, EMIT_T0, EMIT_T0, 16);
        emit_compare(e, 64, EMIT_T0, target);
        emit_branch(e, EMIT_NE, &bad);
    }
    struct slots slots = c->slots;
    if (drop) {
        emit_alu_constant(e, EMIT_ADD, 64, EMIT_T1, use(c, X86_RSP), drop);
        emit_state_store(e, 64, slot_offset(c, X86_RSP), EMIT_T1);
    }
    emit_move(e, wide ? 64 : 32, EMIT_PC, target);
    leave_by_jump(c, NULL, NATIVE_STOP);
    if (wide) {
        emit_label(e, &bad);
        c->slots = slots;
        c->done = false;
    }
}

static void conditional_move(struct compiler *c, const struct op *op, unsigned bits, enum condition wanted)
{
    unsigned a = use(c, op->a), d = use(c, op->d);
    enum emit_condition host = condition(c, wanted);
    emit_select(&c->e, host, bits, modify(c, op->d), a, d);
}

static void set(struct compiler *c, const struct op *op, enum condition wanted)
{
    unsigned d = modify(c, op->d);
    emit_set(&c->e, condition(c, wanted), EMIT_T0);
    emit_insert(&c->e, d, EMIT_T0, 8, 0);
}

#endif

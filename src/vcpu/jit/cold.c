// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is seldom run, behind the code of a block: accesses that are not to plain memory, and ways back to the interpreter.
#include "vcpu/jit/parts.h"
#include "vcpu/vcpu.h"

const struct emit_tlb jit_tlb = { .table = offsetof(struct vcpu, data), .mask = offsetof(struct vcpu, data_mask) };

struct cold *cold_add(struct compiler *c, const struct op *op)
{
    struct cold *cold = &c->cold[c->cold_count++];
    cold->from = cold->back = (struct emit_label){ 0, 0 };
    cold->op = op;
    cold->zero_count = 0;
    cold->returns_no_more = false;
    cold->usual = 0;
    return cold;
}

struct cold *memory_begin(struct compiler *c, enum emit_access access, unsigned bytes)
{
    return memory_begin_aligned(c, access, bytes, 0);
}

struct cold *memory_begin_aligned(struct compiler *c, enum emit_access access, unsigned bytes, unsigned unaligned)
{
    struct cold *cold = cold_add(c, c->op);
    cold->kind = COLD_BODY;
    if (unaligned) {
        emit_test_constant(&c->e, 32, EMIT_T1, unaligned);
        emit_branch(&c->e, EMIT_NE, &cold->from);
    }
    emit_tlb(&c->e, &jit_tlb, access, bytes, &cold->from);
    cold->before = c->slots;
    cold->flags = c->flags;
    return cold;
}

struct cold *body_if(struct compiler *c)
{
    struct cold *cold = cold_add(c, c->op);
    cold->kind = COLD_BODY;
    cold->before = c->slots;
    cold->flags = c->flags;
    return cold;
}

void memory_end(struct compiler *c, struct cold *cold)
{
    emit_label(&c->e, &cold->back);
    cold->after = c->slots;
}

void cold_emit(struct compiler *c, struct cold *cold)
{
    float_before(c, cold);
    emit_label(&c->e, &cold->from);
    if (cold->kind == COLD_LEAVE) {
        for (unsigned i = 0; cold->how == NATIVE_EXIT && i < c->block->exits; i++)
            if (cold->op == exit_of(c, i))
                c->misses[i] = cold->from.at - 1;
        if (cold->how == NATIVE_EXIT)
            emit_leave_exit(&c->e, c->shared, c->block, cold->op);
        else
            emit_leave(&c->e, c->shared, cold->op, cold->how);
        return;
    }
    c->slots = cold->before;
    c->flags = cold->flags;
    c->locked = 0;
    flags_store(c);
    write_back_all(c);
    if (cold->kind == COLD_HEAD) { // too little of the budget is left for another turn
        emit_leave_few(&c->e, c->shared, cold->op);
        return;
    }
    emit_call_body(&c->e, c->shared, cold->op, c->block);
    struct emit_label unusual = { 0, 0 };
    if (!cold->returns_no_more) {
        float_after(c, cold, &unusual);
        slots_reload(c, &cold->after);
        emit_jump(&c->e, &cold->back);
    }
    if (cold->returns_no_more || cold->usual) {
        emit_label(&c->e, &unusual);
        emit_leave(&c->e, c->shared, cold->op + 1, NATIVE_GO);
    }
}

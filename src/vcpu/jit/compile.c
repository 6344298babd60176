// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From the ops of a block to host code: one op after the other by its template, or a call of its function.
#include "vcpu/jit/compile.h"

#include <string.h>

#include "vcpu/jit/parts.h"

// An op without a template: its body is called, with everything in the state.
static void call_body(struct compiler *c, const struct op *op, const struct op_row *row, uint64_t written,
                      unsigned index)
{
    if (c->needed[index - 1])
        flags_store(c);
    write_back(c);
    if (row->class == OP_JUMP) {
        emit_jump_body(&c->e, c->shared, op, c->block);
        c->done = true;
        return;
    }
    emit_call_body(&c->e, c->shared, op, c->block);
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (i >= emit_cached_kept || c->slots.dirty[i] ||
            (c->slots.slot[i] != EMIT_NONE && (written >> c->slots.slot[i] & 1))) {
            c->slots.slot[i] = EMIT_NONE;
            c->slots.dirty[i] = false;
        }
    vectors_forget(c);
    flags_forget(c);
    c->constant = EMIT_NONE;
    for (unsigned slot = c->guest->temps; slot < c->guest->temps_end; slot++)
        if (written >> slot & 1)
            c->temp_of[slot] = 0;
}

static uint32_t here(const struct compiler *c)
{
    return (uint32_t)(c->e.at - c->e.begin);
}

// All ops of the block, from the state that the registers have.
static bool compile_ops(struct compiler *c)
{
    struct block *block = c->block;
    c->done = false;
    c->constant = EMIT_NONE;
    memset(c->temp_of, 0, sizeof c->temp_of);
    c->vector_temp_of = 0;
    c->usual[0] = c->usual[1] = 0;
    for (unsigned i = 1; i < block->op_count && !c->done; i++) {
        const struct op *op = &block->ops[i];
        const struct op_row *row = &c->guest->rows[op->code];
        uint64_t written = c->guest->written(op, row);
        c->starts[c->loop.inside][i] = here(c);
        c->last = i;
        c->op = op;
        c->instruction = op->n;
        c->locked = c->vector_locked = 0;
        flags_guard(c, written, i);
        c->locked = 0;
        if (!c->guest->emit(c, op))
            call_body(c, op, row, written, i);
        if (c->e.full)
            return false;
    }
    if (!c->done) // the last op does not come back with OP_NEXT
        leave_now(c, NULL, NATIVE_STOP);
    return true;
}

// The second copy, whose head is reached by the jumps of both.
static bool compile_loop(struct compiler *c)
{
    struct slots *slots = &c->loop.slots;
    uint64_t written = 0;
    for (unsigned i = 1; i < c->block->op_count; i++)
        written |= c->guest->written(&c->block->ops[i], &c->guest->rows[c->block->ops[i].code]);
    for (unsigned i = 0; i < emit_cached_count; i++) {
        unsigned slot = slots->slot[i];
        if (slot == EMIT_NONE)
            continue;
        bool dead = slot == c->guest->sink || (slot_is_temp(c, slot) && !flags_use(&c->loop.flags, slot));
        slots->slot[i] = dead ? EMIT_NONE : (uint8_t)slot;
        slots->dirty[i] = !dead && (slots->dirty[i] || (written >> slot & 1)); // for every turn
    }
    vectors_begin_loop(c, slots);
    c->loop.inside = true;
    c->slots = *slots;
    c->flags = c->loop.flags;
    c->loop_head = here(c);
    emit_label(&c->e, &c->loop.again);
    struct cold *head = cold_add(c, c->block->ops);
    head->kind = COLD_HEAD;
    head->before = c->slots;
    head->flags = c->flags;
    emit_head(&c->e, c->block->count, &head->from);
    return compile_ops(c);
}

bool compile_block(struct compiler *c, struct block *block)
{
    struct emit_label leave = { 0, 0 };
    c->block = block;
    c->clock = 0;
    c->cold_count = 0;
    memset(&c->slots, 0, sizeof c->slots);
    memset(c->slots.slot, EMIT_NONE, sizeof c->slots.slot);
    memset(&c->loop, 0, sizeof c->loop);
    vectors_forget(c);
    for (unsigned i = 0; i < 2; i++) {
        c->exits[i] = UINT32_MAX; // has no place
        c->misses[i] = 0;
        c->loop.wanted |= i < block->exits && exit_is_own(exit_of(c, i));
    }
    flags_forget(c);
    find_needed(c->guest, block, c->needed);

    emit_head(&c->e, block->count, &leave);
    if (!compile_ops(c) || (c->loop.found && !compile_loop(c)))
        return false;
    c->often_end = c->e.at;
    if (c->seldom) {
        c->e.at = c->seldom;
        c->e.end = c->seldom_end;
    }
    c->end = here(c);
    emit_label(&c->e, &leave);
    emit_leave_few(&c->e, c->shared, block->ops);
    for (unsigned i = 0; i < c->cold_count; i++)
        cold_emit(c, &c->cold[i]);
    return !c->e.full;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ways out of a block: to another block, to its own beginning, to the interpreter.
#include "vcpu/jit/parts.h"
#include "vcpu/vcpu.h"

const struct op *exit_of(const struct compiler *c, unsigned index)
{
    return &c->block->ops[c->block->op_count - c->block->exits + index];
}

struct emit_label *leave_cold(struct compiler *c, const struct op *op, uint64_t how)
{
    struct cold *cold = cold_add(c, op);
    cold->kind = COLD_LEAVE;
    cold->how = how;
    return &cold->from;
}

void leave_now(struct compiler *c, const struct op *op, uint64_t how)
{
    emit_leave(&c->e, c->shared, op, how);
    c->done = true;
}

// As jump_slot and jump_cached of chain.h.
void leave_by_jump(struct compiler *c, const struct op *op, enum native_how how)
{
    struct emit *e = &c->e;
    unsigned key = EMIT_T0, entry = EMIT_T1, t = EMIT_T2;
    if (c->apart) {
        emit_jump(e, leave_cold(c, op, how));
        c->done = true;
        return;
    }
    uint64_t mode = c->guest->key(c->block->mode);
    emit_move(e, 64, key, EMIT_PC);
    if (mode)
        emit_alu_constant(e, EMIT_XOR, 64, key, key, mode);
    emit_shift_constant(e, EMIT_SHR, 64, entry, key, 9);
    emit_alu(e, EMIT_XOR, 64, entry, entry, key);
    emit_alu_constant(e, EMIT_AND, 32, entry, entry, JUMP_CACHE_ENTRIES - 1);
    emit_shift_constant(e, EMIT_SHL, 64, entry, entry, 4);
    emit_state_load(e, 64, t, offsetof(struct vcpu, jumps));
    emit_alu(e, EMIT_ADD, 64, entry, entry, t);
    emit_load(e, 64, t, entry, offsetof(struct jump_cache_entry, key), 8, false);
    emit_compare(e, 64, t, key);
    emit_branch(e, EMIT_NE, leave_cold(c, op, how));
    emit_load(e, 64, EMIT_T0, entry, offsetof(struct jump_cache_entry, ops), 8, false);
    emit_go(e, c->shared);
    c->done = true;
}

void leave_through(struct compiler *c, const struct op *exit)
{
    emit_move_pc(&c->e, c->guest->pc_bits(c->block->mode), exit->delta);
    if (exit->d) { // in the same page
        unsigned index = (unsigned)(exit - exit_of(c, 0));
        c->exits[index] = emit_exit(&c->e, leave_cold(c, exit, NATIVE_EXIT), &c->block->host->targets[index]);
    } else {
        leave_by_jump(c, exit, NATIVE_EXIT);
    }
    c->done = true;
}

// --- a block's jump to its own beginning ---

bool exit_is_own(const struct op *exit)
{
    return exit->delta == 0 && exit->d;
}

static bool fits_loop(const struct compiler *c)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->loop.slots.slot[i] != EMIT_NONE &&
            (c->slots.slot[i] != c->loop.slots.slot[i] || (c->slots.dirty[i] && !c->loop.slots.dirty[i])))
            return false;
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->loop.slots.slot[i] == EMIT_NONE && c->slots.slot[i] != EMIT_NONE && c->slots.dirty[i] &&
            (!slot_is_temp(c, c->slots.slot[i]) || flags_use(&c->flags, c->slots.slot[i])))
            return false;
    return vectors_fit(c, &c->loop.slots);
}

// The registers as the loop's head has them.
static void fit_loop(struct compiler *c)
{
    const struct slots *head = &c->loop.slots;
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->slots.slot[i] != EMIT_NONE &&
            (c->slots.slot[i] != head->slot[i] || (c->slots.dirty[i] && !head->dirty[i])))
            slot_store(c, i);
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (head->slot[i] != EMIT_NONE && c->slots.slot[i] != head->slot[i])
            emit_state_load(&c->e, 64, emit_cached[i], slot_offset(c, head->slot[i]));
    vectors_make_fit(c, head);
}

// To the head of the loop, whatever the registers hold; the block goes on with what they hold now.
static void go_again(struct compiler *c, const struct op *exit)
{
    struct slots slots = c->slots;
    struct flags flags = c->flags;
    if (flags_are_same(&c->flags, &c->loop.flags)) {
        fit_loop(c);
        emit_jump(&c->e, &c->loop.again);
    } else {
        flags_store(c);
        write_back(c);
        leave_through(c, exit);
    }
    c->slots = slots;
    c->flags = flags;
}

// The first copy leaves its state to the second.
static void begin_loop(struct compiler *c)
{
    c->loop.slots = c->slots;
    c->loop.flags = c->flags;
    c->loop.found = true;
}

static void leave_if_again(struct compiler *c, enum emit_condition host, const struct op *op)
{
    bool taken = exit_is_own(op + 1);
    const struct op *own = taken ? op + 1 : op + 2, *other = taken ? op + 2 : op + 1;
    enum emit_condition stays = taken ? host : (enum emit_condition)(host ^ 1);
    struct emit_label over = { 0, 0 };
    if (!c->loop.inside) {
        begin_loop(c);
        emit_branch(&c->e, stays, &c->loop.again);
    } else if (flags_are_same(&c->flags, &c->loop.flags) && fits_loop(c)) {
        emit_branch(&c->e, stays, &c->loop.again);
    } else {
        emit_branch(&c->e, (enum emit_condition)(stays ^ 1), &over);
        go_again(c, own);
        emit_label(&c->e, &over);
    }
    flags_store(c);
    write_back(c);
    if (c->loop.inside) {
        emit_label(&c->e, &c->loop.out);
        leave_through(c, other);
    } else {
        emit_jump(&c->e, &c->loop.out);
    }
    c->done = true;
}

void leave_begin(struct compiler *c)
{
    if (!c->loop.wanted) {
        flags_store(c);
        write_back(c);
    }
    c->locked = 0;
}

void leave_if_host(struct compiler *c, enum emit_condition host, const struct op *op)
{
    struct emit_label taken = { 0, 0 };
    if (c->loop.wanted) {
        leave_if_again(c, host, op);
        return;
    }
    emit_branch(&c->e, host, &taken);
    leave_through(c, op + 2);
    emit_label(&c->e, &taken);
    leave_through(c, op + 1);
}

void leave_if(struct compiler *c, enum condition wanted, const struct op *op)
{
    leave_begin(c); // a comparison for the condition can still use what the flags follow from
    leave_if_host(c, condition(c, wanted), op);
}

void leave_always(struct compiler *c, const struct op *exit)
{
    if (c->loop.wanted && c->loop.inside) {
        go_again(c, exit);
    } else if (c->loop.wanted) {
        begin_loop(c);
        emit_jump(&c->e, &c->loop.again);
    } else {
        flags_store(c);
        write_back(c);
        leave_through(c, exit);
    }
    c->done = true;
}

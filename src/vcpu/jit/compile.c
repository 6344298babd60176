// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From the ops of a block to host code: slots in registers, the ways out, and the parts that are seldom run.
#include "vcpu/jit/compile.h"

#include <assert.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/vcpu.h"

const struct emit_tlb jit_tlb = { .table = offsetof(struct vcpu, data), .mask = offsetof(struct vcpu, data_mask) };

// --- slots -----------------------------------------------------------------------------------------------------------

unsigned slot_offset(const struct compiler *c, unsigned slot)
{
    return c->guest->registers + 8 * slot;
}

static bool is_temp(const struct compiler *c, unsigned slot)
{
    return slot >= c->guest->temps && slot < c->guest->temps_end;
}

static void store_slot(struct compiler *c, unsigned i)
{
    if (c->slots.dirty[i])
        emit_state_store(&c->e, 64, slot_offset(c, c->slots.slot[i]), emit_cached[i]);
    c->slots.dirty[i] = false;
}

static void touch(struct compiler *c, unsigned i)
{
    c->slots.used[i] = ++c->clock;
    c->locked |= BIT32(i);
}

static unsigned find(const struct compiler *c, unsigned slot)
{
    unsigned i = 0;
    while (i < emit_cached_count && c->slots.slot[i] != slot)
        i++;
    return i;
}

// A register that no op in work needs: a free one, else the one that was not used for longest, written back.
static unsigned take(struct compiler *c)
{
    unsigned best = CACHED_MOST;
    for (unsigned i = 0; i < emit_cached_count; i++) {
        if (c->locked & BIT32(i))
            continue;
        if (c->slots.slot[i] == EMIT_NONE) {
            best = i;
            break;
        }
        if (best == CACHED_MOST || c->slots.used[i] < c->slots.used[best])
            best = i;
    }
    assert(best < CACHED_MOST);
    store_slot(c, best);
    c->slots.slot[best] = EMIT_NONE;
    touch(c, best);
    return best;
}

static unsigned get(struct compiler *c, unsigned slot, bool load)
{
    unsigned i = find(c, slot);
    if (i == emit_cached_count) {
        i = take(c);
        c->slots.slot[i] = (uint8_t)slot;
        if (load)
            emit_state_load(&c->e, 64, emit_cached[i], slot_offset(c, slot));
    }
    touch(c, i);
    return i;
}

unsigned use(struct compiler *c, unsigned slot)
{
    return slot == c->guest->pc ? EMIT_PC : emit_cached[get(c, slot, true)];
}

static unsigned changed(struct compiler *c, unsigned slot, bool load)
{
    unsigned i = get(c, slot, load);
    c->slots.dirty[i] = slot != c->guest->sink;
    if (slot == c->constant)
        c->constant = EMIT_NONE;
    if (is_temp(c, slot))
        c->temp_of[slot] = (uint8_t)(c->instruction + 1);
    return emit_cached[i];
}

void define_constant(struct compiler *c, unsigned slot, uint64_t value)
{
    emit_constant(&c->e, define(c, slot), value);
    c->constant = (uint8_t)slot;
    c->constant_value = value;
}

bool has_constant(const struct compiler *c, unsigned slot, uint64_t *value)
{
    *value = c->constant_value;
    return slot == c->constant;
}

unsigned define(struct compiler *c, unsigned slot)
{
    return changed(c, slot, false);
}

unsigned modify(struct compiler *c, unsigned slot)
{
    return changed(c, slot, true);
}

unsigned borrow(struct compiler *c)
{
    return emit_cached[take(c)];
}

void write_back(struct compiler *c)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->slots.slot[i] != EMIT_NONE &&
            (!is_temp(c, c->slots.slot[i]) || c->temp_of[c->slots.slot[i]] == c->instruction + 1))
            store_slot(c, i);
    vectors_write_back(c, false);
}

static void write_back_all(struct compiler *c)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->slots.slot[i] != EMIT_NONE)
            store_slot(c, i);
    vectors_write_back(c, true);
}

// --- flags -----------------------------------------------------------------------------------------------------------

static bool has_b(const struct flags *flags)
{
    return flags->is_constant || flags->b != EMIT_NONE;
}

static unsigned known(const struct flags *flags)
{
    return (flags->a != EMIT_NONE) + has_b(flags) + (flags->r != EMIT_NONE);
}

// CF if it was less. PF never: bit 8 makes up for that of a result of 0.
static void store_float_aux(struct compiler *c)
{
    struct emit *e = &c->e;
    emit_compare_constant(e, 32, use(c, c->flags.r), 1);
    emit_set(e, EMIT_EQ, EMIT_T0);
    emit_set(e, EMIT_LO, EMIT_T1);
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 8);
    emit_address(e, EMIT_T1, EMIT_T1, EMIT_T1, 1, 0);
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
    emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_state_store(e, 64, c->guest->aux, EMIT_T0);
}

static void store_aux(struct compiler *c)
{
    struct flags *flags = &c->flags;
    bool difference = flags->kind == FLAGS_SUB;
    if (flags->kind == FLAGS_LOGIC) {
        emit_state_store_constant(&c->e, c->guest->aux, 0);
        return;
    }
    if (flags->kind == FLAGS_FLOAT) {
        store_float_aux(c);
        return;
    }
    unsigned a, b = EMIT_NONE;
    if (flags->a != EMIT_NONE) {
        a = use(c, flags->a);
    } else { // a = r - b, or r + b
        unsigned r = use(c, flags->r);
        a = borrow(c);
        if (flags->is_constant)
            emit_alu_constant(&c->e, difference ? EMIT_ADD : EMIT_SUB, 64, a, r, flags->constant);
        else
            emit_alu(&c->e, difference ? EMIT_ADD : EMIT_SUB, 64, a, r, use(c, flags->b));
    }
    if (!flags->is_constant && flags->b != EMIT_NONE) {
        b = use(c, flags->b);
    } else if (!flags->is_constant) { // b = r - a, or a - r
        unsigned r = use(c, flags->r);
        b = borrow(c);
        emit_alu(&c->e, EMIT_SUB, 64, b, difference ? a : r, difference ? r : a);
    }
    emit_aux(&c->e, difference, flags->bits, difference && !c->guest->is_borrow, c->guest->is_borrow, c->guest->aux, a,
             b, flags->constant);
}

static void store_result(struct compiler *c)
{
    struct flags *flags = &c->flags;
    unsigned r = EMIT_T0;
    if (flags->kind == FLAGS_FLOAT) { // 0 if it was equal, else 1
        emit_compare_constant(&c->e, 32, use(c, flags->r), 1);
        emit_set(&c->e, EMIT_NE, EMIT_T0);
        emit_state_store(&c->e, 64, c->guest->result, EMIT_T0);
        return;
    }
    if (flags->r != EMIT_NONE) {
        r = use(c, flags->r);
    } else {
        enum emit_alu alu = flags->kind == FLAGS_SUB ? EMIT_SUB : EMIT_ADD;
        unsigned a = use(c, flags->a);
        if (flags->is_constant)
            emit_alu_constant(&c->e, alu, 64, EMIT_T0, a, flags->constant);
        else
            emit_alu(&c->e, alu, 64, EMIT_T0, a, use(c, flags->b));
    }
    if (flags->bits != 64) {
        emit_extend(&c->e, 64, EMIT_T0, r, flags->bits, true);
        r = EMIT_T0;
    }
    emit_state_store(&c->e, 64, c->guest->result, r);
}

void flags_store(struct compiler *c)
{
    struct flags *flags = &c->flags;
    if (flags->stored)
        return;
    if (!flags->aux_stored)
        store_aux(c);
    store_result(c);
    flags->stored = flags->aux_stored = true;
}

void flags_forget(struct compiler *c)
{
    c->flags = (struct flags){ .kind = FLAGS_STORED, .stored = true, .a = EMIT_NONE, .b = EMIT_NONE, .r = EMIT_NONE };
}

void flags_are_result(struct compiler *c, unsigned bits, unsigned d)
{
    c->flags = (struct flags){
        .kind = FLAGS_ADD, .aux_stored = true, .bits = (uint8_t)bits, .a = EMIT_NONE, .b = EMIT_NONE, .r = (uint8_t)d
    };
}

static uint8_t unless(unsigned slot, unsigned lost)
{
    return slot == lost ? EMIT_NONE : (uint8_t)slot;
}

void flags_set(struct compiler *c, enum flags_kind kind, unsigned bits, unsigned d, unsigned a, unsigned b,
               uint64_t constant)
{
    if (d == c->guest->sink)
        d = EMIT_NONE;
    c->flags = (struct flags){ .kind = kind,
                               .bits = (uint8_t)bits,
                               .a = (uint8_t)a,
                               .b = (uint8_t)b,
                               .r = EMIT_NONE,
                               .is_constant = b == EMIT_NONE,
                               .constant = constant };
    if (kind == FLAGS_LOGIC || kind == FLAGS_FLOAT) {
        c->flags.a = c->flags.b = EMIT_NONE;
        c->flags.r = (uint8_t)(d != EMIT_NONE ? d : a);
        return;
    }
    if (d == EMIT_NONE)
        return;
    if (d == a && d == b) { // nothing of it is left
        store_aux(c);
        c->flags.aux_stored = true;
    }
    c->flags.r = (uint8_t)d;
    c->flags.a = unless(a, d);
    c->flags.b = unless(b, d);
}

// The op at `index` writes these slots: flags that need one are stored first, if they are needed at all.
static void flags_guard(struct compiler *c, uint64_t written, unsigned index)
{
    struct flags *flags = &c->flags;
    if (flags->kind == FLAGS_STORED)
        return;
    struct flags rest = *flags;
    if (rest.a != EMIT_NONE && (written >> rest.a & 1))
        rest.a = EMIT_NONE;
    if (rest.b != EMIT_NONE && (written >> rest.b & 1))
        rest.b = EMIT_NONE;
    if (rest.r != EMIT_NONE && (written >> rest.r & 1))
        rest.r = EMIT_NONE;
    bool alone = rest.kind == FLAGS_LOGIC || rest.kind == FLAGS_FLOAT || rest.aux_stored;
    bool enough = alone ? rest.r != EMIT_NONE : known(&rest) >= 2;
    if (enough) {
        *flags = rest;
        return;
    }
    if (c->needed[index - 1])
        flags_store(c);
    flags_forget(c);
}

// --- conditions ------------------------------------------------------------------------------------------------------

static enum emit_condition both(bool positive, enum emit_condition yes, enum emit_condition no)
{
    return positive ? yes : no;
}

// T0 = 1 if the result is 0, or'ed with T0.
static void or_zero(struct compiler *c)
{
    emit_state_load(&c->e, 64, EMIT_T1, c->guest->result);
    emit_compare_constant(&c->e, 64, EMIT_T1, 0);
    emit_set(&c->e, EMIT_EQ, EMIT_T1);
    emit_alu(&c->e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_compare_constant(&c->e, 64, EMIT_T0, 0);
}

// From the two words of the state; how they are made up is described in the guest's cpu.h.
static enum emit_condition stored_condition(struct compiler *c, enum condition wanted)
{
    struct emit *e = &c->e;
    unsigned t = EMIT_T0;
    switch (wanted) {
    case IF_EQ:
    case IF_NE:
        emit_state_load(e, 64, t, c->guest->result);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_EQ ? EMIT_EQ : EMIT_NE;
    case IF_HS:
    case IF_LO:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_compare_constant(e, 64, t, 0);
        return both((wanted == IF_LO) == c->guest->is_borrow, EMIT_MI, EMIT_PL);
    case IF_HI:
    case IF_LS:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 63);
        if (!c->guest->is_borrow)
            emit_alu_constant(e, EMIT_XOR, 64, t, t, 1);
        or_zero(c);
        return both(wanted == IF_LS, EMIT_NE, EMIT_EQ);
    case IF_PL:
    case IF_MI:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, t, t, 47);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_MI ? EMIT_MI : EMIT_PL;
    case IF_VS:
    case IF_VC:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, t, 1);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_VS ? EMIT_MI : EMIT_PL;
    case IF_GE:
    case IF_LT:
    case IF_GT:
    case IF_LE: // N != V: bit 63 of result ^ aux << 47 ^ aux ^ aux << 1
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, t, 1);
        emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, t);
        emit_shift_constant(e, EMIT_SHL, 64, t, t, 47);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        if (wanted == IF_LT || wanted == IF_GE) {
            emit_compare_constant(e, 64, t, 0);
            return wanted == IF_LT ? EMIT_MI : EMIT_PL;
        }
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 63);
        or_zero(c);
        return wanted == IF_LE ? EMIT_NE : EMIT_EQ;
    case IF_PE:
    case IF_PO: // the parity of the low byte of result ^ aux >> 8
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 8);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        for (unsigned n = 4; n; n /= 2) {
            emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, t, n);
            emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        }
        emit_test_constant(e, 32, t, 1);
        return wanted == IF_PE ? EMIT_EQ : EMIT_NE;
    }
    return EMIT_EQ;
}

// The conditions of a comparison are those of the host, in the same order.
_Static_assert((int)IF_EQ == EMIT_EQ && (int)IF_HI == EMIT_HI && (int)IF_GT == EMIT_GT && (int)IF_VC == EMIT_VC,
               "order");

static bool of_difference(struct compiler *c, enum condition wanted)
{
    struct flags *flags = &c->flags;
    if (wanted > IF_VC || known(flags) < 2)
        return false;
    if (flags->r != EMIT_NONE && (wanted == IF_EQ || wanted == IF_NE)) {
        emit_compare_constant(&c->e, flags->bits, use(c, flags->r), 0);
        return true;
    }
    if (flags->a == EMIT_NONE) { // a = r + b
        unsigned r = use(c, flags->r);
        if (flags->is_constant)
            emit_alu_constant(&c->e, EMIT_ADD, 64, EMIT_T0, r, flags->constant);
        else
            emit_alu(&c->e, EMIT_ADD, 64, EMIT_T0, r, use(c, flags->b));
    } else if (!has_b(flags)) { // b = a - r
        unsigned r = use(c, flags->r), a = use(c, flags->a);
        emit_alu(&c->e, EMIT_SUB, 64, EMIT_T0, a, r);
        emit_compare(&c->e, flags->bits, a, EMIT_T0);
        return true;
    }
    unsigned a = flags->a == EMIT_NONE ? EMIT_T0 : use(c, flags->a);
    if (flags->is_constant)
        emit_compare_constant(&c->e, flags->bits, a, flags->constant);
    else
        emit_compare(&c->e, flags->bits, a, use(c, flags->b));
    return true;
}

// What follows from the result alone, also where a carry and an overflow are known to be 0 (FLAGS_LOGIC).
static bool of_result(struct compiler *c, enum condition wanted, enum emit_condition *found)
{
    struct flags *flags = &c->flags;
    bool logic = flags->kind == FLAGS_LOGIC;
    if (flags->r == EMIT_NONE)
        return false;
    switch (wanted) {
    case IF_EQ:
    case IF_NE:
    case IF_MI:
    case IF_PL: *found = (enum emit_condition)wanted; break;
    case IF_LT: *found = EMIT_MI; break;
    case IF_GE: *found = EMIT_PL; break;
    case IF_LE:
    case IF_GT: *found = (enum emit_condition)wanted; break;
    case IF_LS: *found = EMIT_EQ; break;
    case IF_HI: *found = EMIT_NE; break;
    default: return false;
    }
    bool needs_logic = wanted != IF_EQ && wanted != IF_NE && wanted != IF_MI && wanted != IF_PL;
    if ((needs_logic && !logic) || ((wanted == IF_LS || wanted == IF_HI) && !c->guest->is_borrow))
        return false;
    emit_compare_constant(&c->e, flags->bits, use(c, flags->r), 0);
    return true;
}

// The carry of a sum: the result is below an operand.
static bool of_carry(struct compiler *c, enum condition wanted, enum emit_condition *found)
{
    struct flags *flags = &c->flags;
    if (flags->kind != FLAGS_ADD || flags->r == EMIT_NONE || (wanted != IF_LO && wanted != IF_HS) || flags->aux_stored)
        return false;
    unsigned r = use(c, flags->r);
    if (flags->a != EMIT_NONE)
        emit_compare(&c->e, flags->bits, r, use(c, flags->a));
    else if (flags->is_constant)
        emit_compare_constant(&c->e, flags->bits, r, flags->constant);
    else
        emit_compare(&c->e, flags->bits, r, use(c, flags->b));
    *found = both((wanted == IF_LO) == c->guest->is_borrow, EMIT_LO, EMIT_HS);
    return true;
}

// SF, OF and PF are 0: what depends on them alone is always so, or never.
static enum emit_condition of_float(struct compiler *c, enum condition wanted)
{
    unsigned r = use(c, c->flags.r);
    switch (wanted) {
    case IF_LE:
    case IF_GT: wanted = wanted == IF_LE ? IF_EQ : IF_NE; // falls through
    case IF_EQ:
    case IF_NE:
    case IF_LO:
    case IF_HS:
    case IF_LS:
    case IF_HI: emit_compare_constant(&c->e, 32, r, 1); return (enum emit_condition)wanted;
    default:
        emit_compare_constant(&c->e, 32, r, 3);
        return both(wanted == IF_MI || wanted == IF_VS || wanted == IF_LT || wanted == IF_PE, EMIT_EQ, EMIT_NE);
    }
}

enum emit_condition condition(struct compiler *c, enum condition wanted)
{
    enum emit_condition found = (enum emit_condition)wanted;
    if (c->flags.kind == FLAGS_FLOAT)
        return of_float(c, wanted);
    if (c->flags.kind == FLAGS_SUB && !(c->flags.aux_stored && known(&c->flags) < 2) && of_difference(c, wanted))
        return found;
    if (c->flags.kind != FLAGS_STORED && (of_result(c, wanted, &found) || of_carry(c, wanted, &found)))
        return found;
    flags_store(c);
    return stored_condition(c, wanted);
}

static const struct op *exit_of(const struct compiler *c, unsigned index)
{
    return &c->block->ops[c->block->op_count - c->block->exits + index];
}

// --- cold parts ------------------------------------------------------------------------------------------------------

static struct cold *cold_add(struct compiler *c, const struct op *op)
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

static void reload(struct compiler *c, const struct slots *slots)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (slots->slot[i] != EMIT_NONE && slots->slot[i] != c->guest->sink)
            emit_state_load(&c->e, 64, emit_cached[i], slot_offset(c, slots->slot[i]));
    vectors_reload(c, slots);
}

static void emit_cold(struct compiler *c, struct cold *cold)
{
    float_before(c, cold);
    emit_label(&c->e, &cold->from);
    if (cold->kind == COLD_LEAVE) {
        if (cold->how == NATIVE_EXIT) { // whose exit it is
            emit_constant(&c->e, EMIT_T1, (uint64_t)(uintptr_t)c->block);
            emit_state_store(&c->e, 64, offsetof(struct vcpu, block), EMIT_T1);
        }
        for (unsigned i = 0; cold->how == NATIVE_EXIT && i < c->block->exits; i++)
            if (cold->op == exit_of(c, i))
                c->misses[i] = cold->from.at - 1;
        emit_leave(&c->e, c->shared, cold->op, cold->how);
        return;
    }
    c->slots = cold->before;
    c->flags = cold->flags;
    c->locked = 0;
    flags_store(c);
    write_back_all(c);
    if (cold->kind == COLD_HEAD) { // too little of the budget is left for another turn
        emit_refund(&c->e, c->block->count);
        emit_leave(&c->e, c->shared, cold->op, NATIVE_HEAD);
        return;
    }
    emit_call_body(&c->e, c->shared, cold->op, c->block);
    struct emit_label unusual = { 0, 0 };
    if (!cold->returns_no_more) {
        float_after(c, cold, &unusual);
        reload(c, &cold->after);
        emit_jump(&c->e, &cold->back);
    }
    if (cold->returns_no_more || cold->usual) {
        emit_label(&c->e, &unusual);
        emit_leave(&c->e, c->shared, cold->op + 1, NATIVE_GO);
    }
}

// --- ways out --------------------------------------------------------------------------------------------------------

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
        c->exits[index] = emit_exit(&c->e, leave_cold(c, exit, NATIVE_EXIT), &c->block->native_targets[index]);
    } else {
        leave_by_jump(c, exit, NATIVE_EXIT);
    }
    c->done = true;
}

// --- a block's jump to its own beginning ---

static bool is_own(const struct op *exit)
{
    return exit->delta == 0 && exit->d;
}

static bool same_flags(const struct flags *a, const struct flags *b)
{
    return a->kind == b->kind && a->stored == b->stored && a->aux_stored == b->aux_stored && a->bits == b->bits &&
           a->a == b->a && a->b == b->b && a->r == b->r && a->is_constant == b->is_constant &&
           a->constant == b->constant;
}

static bool fits_loop(const struct compiler *c)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->loop.slots.slot[i] != EMIT_NONE &&
            (c->slots.slot[i] != c->loop.slots.slot[i] || (c->slots.dirty[i] && !c->loop.slots.dirty[i])))
            return false;
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->loop.slots.slot[i] == EMIT_NONE && c->slots.slot[i] != EMIT_NONE && c->slots.dirty[i] &&
            !is_temp(c, c->slots.slot[i]))
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
            store_slot(c, i);
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
    if (same_flags(&c->flags, &c->loop.flags)) {
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
    bool taken = is_own(op + 1);
    const struct op *own = taken ? op + 1 : op + 2, *other = taken ? op + 2 : op + 1;
    enum emit_condition stays = taken ? host : (enum emit_condition)(host ^ 1);
    struct emit_label over = { 0, 0 };
    if (!c->loop.inside) {
        begin_loop(c);
        emit_branch(&c->e, stays, &c->loop.again);
    } else if (same_flags(&c->flags, &c->loop.flags) && fits_loop(c)) {
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

// --- the block -------------------------------------------------------------------------------------------------------

static bool leaves(const struct op_row *row)
{
    return row->faults || row->finishes || row->class == OP_JUMP || (row->operands & OP_CPU);
}

void find_needed(const struct jit_guest *guest, const struct block *block, bool *found)
{
    bool needed = true;
    for (unsigned i = block->op_count; i-- > 1;) {
        const struct op_row *row = &guest->rows[block->ops[i].code];
        found[i] = needed;
        bool keeps = guest->keeps(&block->ops[i]);
        if (!keeps && !(guest->flags & ~row->writes))
            needed = false;
        if ((!keeps && (row->reads & guest->flags)) || leaves(row))
            needed = true;
    }
    found[0] = needed;
}

bool flags_needed(const struct compiler *c)
{
    return c->needed[c->op - c->block->ops];
}

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

static bool flags_use(const struct flags *flags, unsigned slot)
{
    return flags->a == slot || flags->b == slot || flags->r == slot;
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
        bool dead = slot == c->guest->sink || (is_temp(c, slot) && !flags_use(&c->loop.flags, slot));
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
        c->loop.wanted |= i < block->exits && is_own(exit_of(c, i));
    }
    flags_forget(c);
    find_needed(c->guest, block, c->needed);

    emit_head(&c->e, block->count, &leave);
    if (!compile_ops(c) || (c->loop.found && !compile_loop(c)))
        return false;
    c->end = here(c);
    emit_label(&c->e, &leave);
    emit_refund(&c->e, block->count);
    emit_leave(&c->e, c->shared, block->ops, NATIVE_HEAD);
    for (unsigned i = 0; i < c->cold_count; i++)
        emit_cold(c, &c->cold[i]);
    return !c->e.full;
}

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Slots of the guest in registers of the host, within one block.
#include <assert.h>

#include "base/bits.h"
#include "vcpu/jit/parts.h"

unsigned slot_offset(const struct compiler *c, unsigned slot)
{
    return c->guest->registers + 8 * slot;
}

bool slot_is_temp(const struct compiler *c, unsigned slot)
{
    return slot >= c->guest->temps && slot < c->guest->temps_end;
}

void slot_store(struct compiler *c, unsigned i)
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
    slot_store(c, best);
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
    if (slot_is_temp(c, slot))
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
            (!slot_is_temp(c, c->slots.slot[i]) || c->temp_of[c->slots.slot[i]] == c->instruction + 1))
            slot_store(c, i);
    vectors_write_back(c, false);
}

void write_back_all(struct compiler *c)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (c->slots.slot[i] != EMIT_NONE)
            slot_store(c, i);
    vectors_write_back(c, true);
}

void slots_reload(struct compiler *c, const struct slots *slots)
{
    for (unsigned i = 0; i < emit_cached_count; i++)
        if (slots->slot[i] != EMIT_NONE && slots->slot[i] != c->guest->sink)
            emit_state_load(&c->e, 64, emit_cached[i], slot_offset(c, slots->slot[i]));
    vectors_reload(c, slots);
}

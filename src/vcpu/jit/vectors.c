// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Vectors of the guest in vector registers of the host, as compile.c has slots in general ones. Calls keep none of them.
#include <assert.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/compile.h"

#if defined(EMIT_X86_64) || defined(EMIT_ARM64)

static unsigned offset_of(const struct compiler *c, unsigned vector)
{
    return c->guest->vectors + 16 * vector;
}

static void store(struct compiler *c, unsigned i)
{
    if (c->slots.vector_dirty[i])
        emit_vector_state_store(&c->e, offset_of(c, c->slots.vector[i]), emit_vectors[i]);
    c->slots.vector_dirty[i] = false;
}

static unsigned find(const struct compiler *c, unsigned vector)
{
    unsigned i = 0;
    while (i < emit_vector_count && c->slots.vector[i] != vector)
        i++;
    return i;
}

// A free register, else the one that was not used for longest, written back.
static unsigned take(struct compiler *c)
{
    unsigned best = VECTORS_MOST;
    for (unsigned i = 0; i < emit_vector_count; i++) {
        if (c->vector_locked & BIT32(i))
            continue;
        if (c->slots.vector[i] == EMIT_NONE) {
            best = i;
            break;
        }
        if (best == VECTORS_MOST || c->slots.vector_used[i] < c->slots.vector_used[best])
            best = i;
    }
    assert(best < VECTORS_MOST);
    store(c, best);
    return best;
}

static unsigned get(struct compiler *c, unsigned vector, bool loads)
{
    unsigned i = find(c, vector);
    if (i == emit_vector_count) {
        i = take(c);
        c->slots.vector[i] = (uint8_t)vector;
        if (loads)
            emit_vector_state_load(&c->e, emit_vectors[i], offset_of(c, vector));
    }
    c->slots.vector_used[i] = ++c->clock;
    c->vector_locked |= BIT32(i);
    return i;
}

unsigned vector_use(struct compiler *c, unsigned vector)
{
    return emit_vectors[get(c, vector, true)];
}

static unsigned changed(struct compiler *c, unsigned vector, bool loads)
{
    unsigned i = get(c, vector, loads);
    c->slots.vector_dirty[i] = true;
    c->usual[0] &= ~BIT32(vector);
    c->usual[1] &= ~BIT32(vector);
    if (vector == c->guest->vector_temp)
        c->vector_temp_of = c->instruction + 1;
    return emit_vectors[i];
}

unsigned vector_define(struct compiler *c, unsigned vector)
{
    return changed(c, vector, false);
}

unsigned vector_modify(struct compiler *c, unsigned vector)
{
    return changed(c, vector, true);
}

void vector_rename(struct compiler *c, unsigned to, unsigned from)
{
    unsigned old = find(c, to);
    if (old < emit_vector_count) {
        c->slots.vector[old] = EMIT_NONE;
        c->slots.vector_dirty[old] = false;
    }
    unsigned i = get(c, from, true);
    c->slots.vector[i] = (uint8_t)to;
    c->slots.vector_dirty[i] = true;
    float_copied(c, 32, to, from);
    float_copied(c, 64, to, from);
}

void vectors_write_back(struct compiler *c, bool temporary_too)
{
    bool temporary = temporary_too || c->vector_temp_of == c->instruction + 1;
    for (unsigned i = 0; i < emit_vector_count; i++)
        if (c->slots.vector[i] != EMIT_NONE && (temporary || c->slots.vector[i] != c->guest->vector_temp))
            store(c, i);
}

void vectors_reload(struct compiler *c, const struct slots *slots)
{
    for (unsigned i = 0; i < emit_vector_count; i++)
        if (slots->vector[i] != EMIT_NONE)
            emit_vector_state_load(&c->e, emit_vectors[i], offset_of(c, slots->vector[i]));
}

void vectors_forget(struct compiler *c)
{
    memset(c->slots.vector, EMIT_NONE, sizeof c->slots.vector);
    memset(c->slots.vector_dirty, 0, sizeof c->slots.vector_dirty);
    c->usual[0] = c->usual[1] = 0;
}

// --- loops -----------------------------------------------------------------------------------------------------------

// Any may be written in a later turn: that counts as written now.
void vectors_begin_loop(const struct compiler *c, struct slots *head)
{
    for (unsigned i = 0; i < emit_vector_count; i++) {
        if (head->vector[i] == c->guest->vector_temp)
            head->vector[i] = EMIT_NONE;
        head->vector_dirty[i] = head->vector[i] != EMIT_NONE;
    }
}

// Would a vector be lost at the jump to the head?
static bool is_lost(const struct compiler *c, const struct slots *head, unsigned i)
{
    unsigned vector = c->slots.vector[i];
    return c->slots.vector_dirty[i] && vector != head->vector[i] && vector != c->guest->vector_temp;
}

bool vectors_fit(const struct compiler *c, const struct slots *head)
{
    for (unsigned i = 0; i < emit_vector_count; i++)
        if ((head->vector[i] != EMIT_NONE && c->slots.vector[i] != head->vector[i]) || is_lost(c, head, i))
            return false;
    return true;
}

void vectors_make_fit(struct compiler *c, const struct slots *head)
{
    for (unsigned i = 0; i < emit_vector_count; i++)
        if (is_lost(c, head, i))
            store(c, i);
    for (unsigned i = 0; i < emit_vector_count; i++)
        if (head->vector[i] != EMIT_NONE && c->slots.vector[i] != head->vector[i])
            emit_vector_state_load(&c->e, emit_vectors[i], offset_of(c, head->vector[i]));
}

#endif

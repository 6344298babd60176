// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for loads, stores and what is checked of addresses (exec/ops_memory.h).
#ifndef VCPU_AARCH64_JIT_OPS_MEMORY_H
#define VCPU_AARCH64_JIT_OPS_MEMORY_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/jit/compile.h"

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

#endif

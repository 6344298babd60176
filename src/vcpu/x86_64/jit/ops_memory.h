// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for addresses, loads, stores and the 64-bit stack (exec/ops_memory.h).
#ifndef VCPU_X86_64_JIT_OPS_MEMORY_H
#define VCPU_X86_64_JIT_OPS_MEMORY_H

#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/jit/vector.h"

// [a + (b << s) + disp], and slot x, into `d`; slots that are always 0 are left out.
static void address(struct compiler *c, const struct op *op, unsigned d, bool indexed, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = op->a == X86_ZERO ? EMIT_NONE : use(c, op->a);
    unsigned b = !indexed || op->b == X86_ZERO ? EMIT_NONE : use(c, op->b);
    unsigned x = !indexed || op->x == X86_ZERO ? EMIT_NONE : use(c, op->x);
    emit_address(e, d, a, b, op->s, op->disp);
    if (bits == 32)
        emit_move(e, 32, d, d);
    if (x != EMIT_NONE)
        emit_alu(e, EMIT_ADD, 64, d, d, x);
}

// Without an index and with a displacement alone the scale is no scale.
static void address_of(struct compiler *c, const struct op *op, bool indexed)
{
    struct op plain = *op;
    if (!indexed)
        plain.s = 0;
    address(c, &plain, EMIT_T1, indexed, 64);
}

static void lea(struct compiler *c, const struct op *op, bool indexed, unsigned bits)
{
    struct op plain = *op;
    if (!indexed)
        plain.s = 0;
    address(c, &plain, EMIT_T0, indexed, bits);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T0);
}

static void load(struct compiler *c, const struct op *op, bool indexed, unsigned bits, unsigned size, bool sign,
                 enum emit_access access)
{
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, access, size);
    emit_load(&c->e, bits, define(c, op->d), EMIT_T1, 0, size, sign);
    memory_end(c, cold);
}

static void store(struct compiler *c, const struct op *op, bool indexed, unsigned size)
{
    unsigned d = use(c, op->d);
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_WRITE, size);
    emit_store(&c->e, EMIT_T1, 0, size, d);
    memory_end(c, cold);
}

static void store_value(struct compiler *c, const struct op *op, bool indexed, unsigned size)
{
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_WRITE, size);
    emit_store_constant(&c->e, EMIT_T1, 0, size, op->value);
    memory_end(c, cold);
}

// `value`: a register; EMIT_NONE: `constant`, or with `of_pc` that many bytes from the start of the block.
static void push(struct compiler *c, unsigned value, uint64_t constant, bool of_pc)
{
    struct emit *e = &c->e;
    unsigned sp = use(c, X86_RSP);
    emit_address(e, EMIT_T1, sp, EMIT_NONE, 0, -8);
    struct cold *cold = memory_begin(c, EMIT_WRITE, 8);
    if (value == EMIT_NONE) {
        value = EMIT_T0;
        if (of_pc)
            emit_alu_constant(e, EMIT_ADD, 64, EMIT_T0, EMIT_PC, constant);
        else
            emit_constant(e, EMIT_T0, constant);
    }
    emit_store(e, EMIT_T1, 0, 8, value);
    sp = modify(c, X86_RSP);
    emit_alu_constant(e, EMIT_SUB, 64, sp, sp, 8);
    memory_end(c, cold);
}

// From the address in slot `from`: RSP is behind it then, and `slot` gets the value, also if it is RSP.
static void pop(struct compiler *c, unsigned slot, unsigned from)
{
    struct emit *e = &c->e;
    unsigned at = use(c, from);
    emit_move(e, 64, EMIT_T1, at);
    struct cold *cold = memory_begin(c, EMIT_READ, 8);
    emit_load(e, 64, EMIT_T0, EMIT_T1, 0, 8, false);
    unsigned sp = define(c, X86_RSP);
    emit_alu_constant(e, EMIT_ADD, 64, sp, at, 8);
    emit_move(e, 64, define(c, slot), EMIT_T0);
    memory_end(c, cold);
}

// 16 bytes or fewer between memory and cpu->scratch.
static void scratch(struct compiler *c, const struct op *op, bool stores)
{
    unsigned from = stores ? vector_use(c, X86_VECTOR_SCRATCH) : EMIT_NONE;
    address_of(c, op, false);
    struct cold *cold = memory_begin_aligned(c, stores ? EMIT_WRITE : EMIT_READ, op->s, op->x ? op->s - 1u : 0);
    if (stores)
        emit_vector_write(&c->e, EMIT_T1, 0, op->s, from);
    else
        emit_vector_read(&c->e, vector_define(c, X86_VECTOR_SCRATCH), EMIT_T1, 0, op->s);
    memory_end(c, cold);
}

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions of the ops as a table, for who runs one op alone: a code generator, a test.
#include "vcpu/aarch64/exec/bodies.h"

#include "vcpu/aarch64/exec/ops_call.h"

#define BODY_PLAIN(name)                                                                                               \
    static enum op_out body_##name(struct a64_cpu *cpu, const struct op *op)                                           \
    {                                                                                                                  \
        op_##name(cpu, op);                                                                                            \
        return OP_NEXT;                                                                                                \
    }
#define BODY_BARE(full) BODY_PLAIN
#define BODY_CHECKED(name)                                                                                             \
    static enum op_out body_##name(struct a64_cpu *cpu, const struct op *op)                                           \
    {                                                                                                                  \
        return op_##name(cpu, op);                                                                                     \
    }
#define BODY_JUMP(name)                                                                                                \
    static const struct op *body_##name(struct a64_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        return op_##name(cpu, op);                                                                                     \
    }
#define BODY(name, operands, reads, writes, faults, finishes, class) BODY_##class(name)
A64_OPS(BODY)

#define ENTRY(name, operands, reads, writes, faults, finishes, class) [A64_OP_##name] = (op_body *)body_##name,
op_body *const a64_bodies[A64_OP_COUNT] = { A64_OPS(ENTRY) };

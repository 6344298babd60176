// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions of the ops as a table, for who runs one op alone: a code generator, a test.
#include "vcpu/x86_64/exec/bodies.h"

#include "vcpu/x86_64/exec/ops_call.h"

#define BODY_PLAIN(name)                                                                                               \
    static enum op_out body_##name(struct x86_cpu *cpu, const struct op *op)                                           \
    {                                                                                                                  \
        op_##name(cpu, op);                                                                                            \
        return OP_NEXT;                                                                                                \
    }
#define BODY_BARE(full) BODY_PLAIN
#define BODY_CHECKED(name)                                                                                             \
    static enum op_out body_##name(struct x86_cpu *cpu, const struct op *op)                                           \
    {                                                                                                                  \
        return op_##name(cpu, op);                                                                                     \
    }
#define BODY_JUMP(name)                                                                                                \
    static const struct op *body_##name(struct x86_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        return op_##name(cpu, op);                                                                                     \
    }
#define BODY(name, operands, reads, writes, faults, finishes, class) BODY_##class(name)
X86_OPS(BODY)

#define ENTRY(name, operands, reads, writes, faults, finishes, class) [X86_OP_##name] = (op_body *)body_##name,
op_body *const x86_bodies[X86_OP_COUNT] = { X86_OPS(ENTRY) };

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// All ops: those of the other headers of this folder, and here those that are calls.
#ifndef VCPU_X86_64_EXEC_OPS_CALL_H
#define VCPU_X86_64_EXEC_OPS_CALL_H

#include "vcpu/code_watch.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/exec/ops_jump.h"
#include "vcpu/x86_64/exec/ops_memory.h"
#include "vcpu/x86_64/exec/ops_register.h"

#define op_SHIFT      x86_op_shift
#define op_SHIFTD     x86_op_shift_double
#define op_MULTIPLY   x86_op_multiply
#define op_BITTEST    x86_op_bit_test
#define op_BITADDRESS x86_op_bit_address
#define op_BITSCAN    x86_op_bit_scan
#define op_POPCOUNT   x86_op_popcount
#define op_CRC32      x86_op_crc32
#define op_CMPXCHG    x86_op_compare_exchange
#define op_FLAGOP     x86_op_flag

static inline enum op_out op_DIVIDE(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_divide(cpu, op);
}

static inline enum op_out op_LINEAR(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_linear(cpu, op);
}

static inline enum op_out op_CANONICAL(struct x86_cpu *cpu, const struct op *op) // else #GP(0)
{
    return x86_is_canonical(cpu->r[op->a]) || x86_fault_code(cpu, X86_GP, 0) ? OP_NEXT : OP_FAULT;
}

static inline enum op_out op_STOP(struct x86_cpu *cpu, const struct op *op) // disp: this instruction
{
    return x86_op_stop(cpu, op);
}

static inline void op_WATCH(struct x86_cpu *cpu, const struct op *op)
{
    code_watch_enter(&cpu->vcpu, op);
}

static inline enum op_out op_SIMD(struct x86_cpu *cpu, const struct op *op)
{
    return x86_op_simd(cpu, op);
}

static inline enum op_out op_STRING(struct x86_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return x86_op_string(cpu, op);
}

static inline enum op_out op_HELP(struct x86_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    enum op_out out = x86_helpers[op->disp](cpu, op);
    return out == OP_NEXT ? after_slow(&cpu->vcpu, true) : out; // it may have stored to this block
}

#endif

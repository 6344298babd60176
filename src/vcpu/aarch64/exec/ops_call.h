// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// All ops: those of the other headers of this folder, and here those that are calls.
#ifndef VCPU_AARCH64_EXEC_OPS_CALL_H
#define VCPU_AARCH64_EXEC_OPS_CALL_H

#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/exec/ops_jump.h"
#include "vcpu/aarch64/exec/ops_memory.h"
#include "vcpu/aarch64/exec/ops_register.h"
#include "vcpu/aarch64/float/simd.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/code_watch.h"

#define op_CRC32 a64_op_crc32

static inline enum op_out op_MRS(struct a64_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return a64_op_mrs(cpu, op);
}

static inline enum op_out op_MSR(struct a64_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return a64_op_msr(cpu, op);
}

static inline void op_WATCH(struct a64_cpu *cpu, const struct op *op)
{
    code_watch_enter(&cpu->vcpu, op);
}

static inline void op_SIMD(struct a64_cpu *cpu, const struct op *op)
{
    a64_simd_function *function;
    memcpy(&function, &op->imm, sizeof function);
    function(cpu, (uint32_t)op->delta);
}

static inline enum op_out op_HELP(struct a64_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    return a64_helpers[op->disp](cpu, op);
}

#endif

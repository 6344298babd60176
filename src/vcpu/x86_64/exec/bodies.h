// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions of the ops as a table.
#ifndef VCPU_X86_64_EXEC_BODIES_H
#define VCPU_X86_64_EXEC_BODIES_H

#include "vcpu/x86_64/exec/ops.h"

// By code: enum op_out (*)(struct x86_cpu *cpu, const struct op *op), OP_NEXT from PLAIN and BARE ops; of a JUMP const struct op *
// (*)(same).
extern op_body *const x86_bodies[X86_OP_COUNT];

#endif

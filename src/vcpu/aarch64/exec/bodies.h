// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions of the ops as a table.
#ifndef VCPU_AARCH64_EXEC_BODIES_H
#define VCPU_AARCH64_EXEC_BODIES_H

#include "vcpu/aarch64/exec/ops.h"

// By code: enum op_out (*)(struct a64_cpu *cpu, const struct op *op), OP_NEXT from PLAIN and BARE ops; of a JUMP const struct op *
// (*)(same).
extern op_body *const a64_bodies[A64_OP_COUNT];

#endif

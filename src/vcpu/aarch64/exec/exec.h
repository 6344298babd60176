// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The executor of AArch64 ops.
#ifndef VCPU_AARCH64_EXEC_EXEC_H
#define VCPU_AARCH64_EXEC_EXEC_H

#include "vcpu/aarch64/cpu.h"

// Runs from the block whose head is `op` (PC is its start) until the budget is used up, an op leaves, or the next block is not
// known. PC is exact on return. OP_FAULT: cpu->fault is to be delivered at PC; everything else: look around and go on.
enum op_out a64_execute(struct a64_cpu *cpu, const struct op *op);

#endif

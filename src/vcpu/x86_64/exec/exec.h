// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The executor of x86-64 ops: the template of vcpu/executor.h with the ops of exec/ops.h.
#ifndef VCPU_X86_64_EXEC_H
#define VCPU_X86_64_EXEC_H

#include "vcpu/x86_64/cpu.h"

// Runs from the block whose head is `op` (RIP is its start) until the budget is used up, an op leaves, or the next
// block is not known. RIP is exact on return. OP_FAULT: cpu->fault is to be delivered at RIP; everything else: check
// for events and go on.
enum op_out x86_execute(struct x86_cpu *cpu, const struct op *op);

#endif

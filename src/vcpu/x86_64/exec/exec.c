// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interpreter of x86-64: the template in vcpu/executor.h with the ops of x86-64.
#include "vcpu/x86_64/exec/exec.h"

#include "vcpu/x86_64/exec/ops_call.h"

#define EXECUTOR                   x86_execute
#define EXECUTOR_CPU               struct x86_cpu
#define EXECUTOR_OPS               X86_OPS
#define EXECUTOR_CODE(name)        X86_OP_##name
#define EXECUTOR_STEP(cpu, bytes)  ((cpu)->r[X86_RIP] = ((cpu)->r[X86_RIP] + (bytes)) & (cpu)->rip_mask)
#define EXECUTOR_FOLLOW(cpu, exit) chain_follow(&(cpu)->vcpu, exit, x86_jump_key(cpu))
#define EXECUTOR_RESUME(cpu)       x86_resume(cpu)
#include "vcpu/executor.h"

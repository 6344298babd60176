// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interpreter of AArch64: the template in vcpu/executor.h with the ops of AArch64.
#include "vcpu/aarch64/exec/exec.h"

#include "vcpu/aarch64/exec/ops_call.h"

#define EXECUTOR                   a64_execute
#define EXECUTOR_CPU               struct a64_cpu
#define EXECUTOR_OPS               A64_OPS
#define EXECUTOR_CODE(name)        A64_OP_##name
#define EXECUTOR_STEP(cpu, bytes)  ((cpu)->r[A64_PC] += (bytes))
#define EXECUTOR_FOLLOW(cpu, exit) chain_follow(&(cpu)->vcpu, exit, a64_jump_key(cpu))
#define EXECUTOR_RESUME(cpu)       a64_resume(cpu)
#include "vcpu/executor.h"

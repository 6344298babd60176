// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the ops as a table.
#include "vcpu/aarch64/exec/ops.h"

const struct op_row a64_ops[A64_OP_COUNT] = { [A64_OP_DEAD] = { .name = "DEAD", .class = OP_JUMP },
                                              [A64_OP_HEAD] = { .name = "HEAD", .class = OP_PLAIN },
                                              [A64_OP_NATIVE] = { .name = "NATIVE", .class = OP_PLAIN },
#define A64_OP_ROW(name, ...) [A64_OP_##name] = OP_ROW(name, __VA_ARGS__),
                                              A64_OPS(A64_OP_ROW) };

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the ops as a table, and the table from an op to the same op without flags.
#include "vcpu/x86_64/exec/ops.h"

#define X86_OP_ROW(name, ...) [X86_OP_##name] = OP_ROW(name, __VA_ARGS__),
const struct op_row x86_ops[X86_OP_COUNT] = { [X86_OP_DEAD] = { .name = "DEAD", .class = OP_JUMP },
                                              [X86_OP_HEAD] = { .name = "HEAD", .class = OP_PLAIN },
                                              [X86_OP_NATIVE] = { .name = "NATIVE", .class = OP_PLAIN },
                                              X86_OPS(X86_OP_ROW) };

#define BARE_OF_PLAIN(name)
#define BARE_OF_CHECKED(name)
#define BARE_OF_JUMP(name)
#define BARE_OF_BARE(full)                                                  [X86_OP_##full] = BARE_NAME
#define BARE_NAME(name)                                                     X86_OP_##name,
#define X86_OP_BARE(name, operands, reads, writes, faults, finishes, class) BARE_OF_##class(name)
const uint16_t x86_op_bare[X86_OP_COUNT] = { X86_OPS(X86_OP_BARE) };

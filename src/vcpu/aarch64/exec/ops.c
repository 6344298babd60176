// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the ops as a table, and their names.
#include "vcpu/aarch64/exec/ops.h"

#include "vcpu/aarch64/exec/helper.h"

const struct op_row a64_ops[A64_OP_COUNT] = { [A64_OP_DEAD] = { .name = "DEAD", .class = OP_JUMP },
                                              [A64_OP_HEAD] = { .name = "HEAD", .class = OP_PLAIN },
                                              [A64_OP_NATIVE] = { .name = "NATIVE", .class = OP_PLAIN },
#define A64_OP_ROW(name, ...) [A64_OP_##name] = OP_ROW(name, __VA_ARGS__),
                                              A64_OPS(A64_OP_ROW) };

static const char *const slots[A64_SLOTS] = { "x0",   "x1",     "x2",     "x3",  "x4",  "x5",  "x6",  "x7",
                                              "x8",   "x9",     "x10",    "x11", "x12", "x13", "x14", "x15",
                                              "x16",  "x17",    "x18",    "x19", "x20", "x21", "x22", "x23",
                                              "x24",  "x25",    "x26",    "x27", "x28", "x29", "x30", "zero",
                                              "sink", "sp_el0", "sp_el1", "pc",  "t0",  "t1",  "t2",  "t3" };

const struct op_names a64_op_names = {
    .rows = a64_ops,
    .count = A64_OP_COUNT,
    .slots = slots,
    .slot_count = A64_SLOTS,
    .vector = "v",
    .helper_code = A64_OP_HELP,
    .helper_count = A64_HELPER_COUNT,
    .helpers = a64_helper_rows,
    .pointer_codes = { A64_OP_SIMD, A64_OP_MRS, A64_OP_MSR },
};

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the ops as a table, their names, and the table from an op to the same op without flags.
#include "vcpu/x86_64/exec/ops.h"

#include "vcpu/x86_64/exec/helper.h"

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

static const char *const slots[X86_SLOTS] = { "rax",     "rcx",     "rdx",     "rbx",     "rsp",       "rbp",
                                              "rsi",     "rdi",     "r8",      "r9",      "r10",       "r11",
                                              "r12",     "r13",     "r14",     "r15",     "rip",       "zero",
                                              "t0",      "t1",      "t2",      "t3",      "es.base",   "cs.base",
                                              "ss.base", "ds.base", "fs.base", "gs.base", "ldtr.base", "tr.base" };

const struct op_names x86_op_names = {
    .rows = x86_ops,
    .count = X86_OP_COUNT,
    .slots = slots,
    .slot_count = X86_SLOTS,
    .vector = "xmm",
    .helper_code = X86_OP_HELP,
    .helper_count = X86_HELPER_COUNT,
    .helpers = x86_helper_rows,
};

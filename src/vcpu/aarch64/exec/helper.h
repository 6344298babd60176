// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operations that are a call: exclusive and atomic accesses, vector structures (memory.c), and the instructions of the system
// (helper.c), which are found by index in the op HELP.
#ifndef VCPU_AARCH64_EXEC_HELPER_H
#define VCPU_AARCH64_EXEC_HELPER_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"

// Their rows have the columns of ops (vcpu/op.h). Fields that several use alike: a: base of an address (slot); s: size in bytes;
// value: 32 bits, or PC of the next instruction relative to the block. CASP uses slots d + 1 and b + 1 too.
// clang-format off
#define A64_HELPERS(OP)                                                                                               \
    OP(undefined,      OP_X,                                                 0, 0, 1, 0, CHECKED)                     \
    OP(exception,      OP_VALUE,                                             0, 0, 1, 0, CHECKED)                     \
    OP(hvc,            OP_X | OP_CPU,                                        0, 0, 0, 0, CHECKED)                     \
    OP(semihosting,    OP_CPU | OP_LOADS | OP_STORES,                        0, 0, 1, 1, CHECKED)                     \
    OP(daif,           OP_S | OP_X | OP_VALUE | OP_CPU,                      0, 0, 1, 1, CHECKED)                     \
    OP(allint,         OP_X | OP_CPU,                                        0, 0, 0, 1, CHECKED)                     \
    OP(spsel,          OP_X | OP_CPU,                                        0, 0, 0, 0, CHECKED)                     \
    OP(dc_zva,         OP_OF_A | OP_VALUE | OP_STORES,                       0, 0, 1, 1, CHECKED)                     \
    OP(cache,          OP_OF_A | OP_X | OP_VALUE,                            0, 0, 1, 0, CHECKED)                     \
    OP(tlbi,           OP_OF_A | OP_S | OP_X | OP_CPU,                       0, 0, 0, 0, CHECKED)                     \
    OP(at,             OP_OF_A | OP_X | OP_CPU,                              0, 0, 0, 0, CHECKED)                     \
    OP(wfi,            OP_CPU,                                               0, 0, 1, 1, CHECKED)                     \
    OP(wfe,            OP_CPU,                                               0, 0, 1, 1, CHECKED)                     \
    OP(sev,            OP_X | OP_CPU,                                        0, 0, 0, 1, CHECKED)                     \
    OP(yield,          OP_CPU,                                               0, 0, 0, 1, CHECKED)                     \
    OP(clrex,          OP_CPU,                                               0, 0, 0, 0, CHECKED)                     \
    OP(ldxr,           A64_R | OP_S | OP_LOADS | OP_CPU,                     0, 0, 1, 1, CHECKED)                     \
    OP(stxr,           A64_RRS | OP_LOADS | OP_STORES | OP_CPU,              0, 0, 1, 1, CHECKED)                     \
    OP(ldxp,           A64_R | OP_TO_X | OP_S | OP_LOADS | OP_CPU,           0, 0, 1, 1, CHECKED)                     \
    OP(stxp,           A64_RRR | OP_S | OP_LOADS | OP_STORES | OP_CPU,       0, 0, 1, 1, CHECKED)                     \
    OP(cas,            A64_RRS | OP_OF_D | OP_LOADS | OP_STORES,             0, 0, 1, 1, CHECKED)                     \
    OP(casp,           A64_RRS | OP_OF_D | OP_LOADS | OP_STORES | OP_CPU,    0, 0, 1, 1, CHECKED)                     \
    OP(atomic,         A64_RRS | OP_X | OP_LOADS | OP_STORES,                0, 0, 1, 1, CHECKED)                     \
    OP(ldtr,           A64_R | OP_S | OP_X | OP_VALUE | OP_LOADS,            0, 0, 1, 1, CHECKED)                     \
    OP(sttr,           OP_OF_D | OP_OF_A | OP_S | OP_VALUE | OP_STORES,      0, 0, 1, 1, CHECKED)                     \
    OP(ld_structures,  OP_OF_A | OP_S | OP_VALUE | OP_LOADS | OP_CPU,        0, 0, 1, 1, CHECKED)                     \
    OP(st_structures,  OP_OF_A | OP_S | OP_VALUE | OP_STORES | OP_CPU,       0, 0, 1, 1, CHECKED)
// clang-format on

#define A64_HELPER_INDEX(name, operands, reads, writes, faults, finishes, class) A64_HELP_##name,
enum a64_helper { A64_HELPERS(A64_HELPER_INDEX) A64_HELPER_COUNT };
#undef A64_HELPER_INDEX

#define A64_HELPER_DECLARE(name, operands, reads, writes, faults, finishes, class)                                     \
    enum op_out a64_help_##name(struct a64_cpu *cpu, const struct op *op);
A64_HELPERS(A64_HELPER_DECLARE)
#undef A64_HELPER_DECLARE

// What the rows say, and the functions, by index.
extern const struct op_row a64_helper_rows[A64_HELPER_COUNT];
extern enum op_out (*const a64_helpers[A64_HELPER_COUNT])(struct a64_cpu *cpu, const struct op *op);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operations that are a call: exclusive and atomic accesses, vector structures (memory.c), and the instructions of the system
// (helper.c), which are found by index in the op HELP.
#ifndef VCPU_AARCH64_EXEC_HELPER_H
#define VCPU_AARCH64_EXEC_HELPER_H

#include "vcpu/aarch64/cpu.h"

// What each takes: a: base of an address (slot), b: source slot, d: destination slot, s: size in bytes, x: a small number;
// value: 32 bits, or PC of the next instruction relative to the block.
// clang-format off
#define A64_HELPERS(X)                                                                                                \
    X(undefined) X(exception) X(hvc) X(daif) X(allint) X(spsel) X(dc_zva) X(cache) X(tlbi) X(at) X(wfi)    \
    X(wfe) X(sev) X(yield) X(clrex) X(ldxr) X(stxr) X(ldxp) X(stxp) X(cas) X(casp) X(atomic) X(ldtr) X(sttr)         \
    X(ld_structures) X(st_structures)
// clang-format on

#define A64_HELPER_INDEX(name) A64_HELP_##name,
enum a64_helper { A64_HELPERS(A64_HELPER_INDEX) A64_HELPER_COUNT };
#undef A64_HELPER_INDEX

#define A64_HELPER_DECLARE(name) enum op_out a64_help_##name(struct a64_cpu *cpu, const struct op *op);
A64_HELPERS(A64_HELPER_DECLARE)
#undef A64_HELPER_DECLARE

extern enum op_out (*const a64_helpers[A64_HELPER_COUNT])(struct a64_cpu *cpu, const struct op *op);

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the rows of sysreg_table.c name: functions of sysreg.c for registers that are more than a field.
#ifndef VCPU_AARCH64_SYSTEM_SYSREG_FUNCTIONS_H
#define VCPU_AARCH64_SYSTEM_SYSREG_FUNCTIONS_H

#include "vcpu/aarch64/cpu.h"

// clang-format off
#define A64_READS(X)                                                                                               \
    X(nzcv) X(daif) X(spsel) X(currentel) X(fpcr) X(fpsr) X(id) X(midr) X(mpidr) X(ctr) X(dczid) X(clidr) X(ccsidr) \
    X(isr) X(claim) X(dcc) X(counter) X(port) X(timer) X(allint)
// clang-format on
#define A64_WRITES(X)                                                                                                  \
    X(nzcv)                                                                                                            \
    X(daif)                                                                                                            \
    X(fpcr)                                                                                                            \
    X(fpsr)                                                                                                            \
    X(sctlr) X(cpacr) X(tcr) X(ttbr) X(oslar) X(mdscr) X(osdlr) X(claim) X(breakpoint) X(dcc) X(port) X(timer) X(allint)

#define A64_READ(name)  bool a64_read_##name(struct a64_cpu *cpu, unsigned encoding, uint64_t *value);
#define A64_WRITE(name) bool a64_write_##name(struct a64_cpu *cpu, unsigned encoding, uint64_t value);
A64_READS(A64_READ)
A64_WRITES(A64_WRITE)
#undef A64_READ
#undef A64_WRITE

bool a64_set_spsel(struct a64_cpu *cpu, unsigned encoding, uint64_t value);

#endif

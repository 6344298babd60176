// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Semihosting for AArch64, version 2.0: requests of a program to a debugger, by HLT #F000h with the operation in W0 and a
// parameter in X1; here the machine answers them.
#ifndef VCPU_AARCH64_SYSTEM_SEMIHOSTING_H
#define VCPU_AARCH64_SYSTEM_SEMIHOSTING_H

#include "vcpu/aarch64/cpu.h"

#define A64_SEMIHOSTING_HLT 0xf000u

struct a64_semihosting {
    // Set by the machine.
    void (*put)(void *owner, uint8_t byte); // the console
    void *owner;
    const char *line;      // the command line, NULL: empty
    int64_t date;          // of virtual time 0, seconds since 1970
    uint64_t ram, ram_end; // where RAM is

    // State.
    uint32_t error;    // of the last request that failed: what SYS_ERRNO returns
    uint32_t position; // in the file :semihosting-features
};

void a64_semihosting_visit(struct a64_semihosting *semihosting, struct visit *v);

// The request of this processor, which has semihosting; the result is in X0.
void a64_semihosting_call(struct a64_cpu *cpu);

#endif

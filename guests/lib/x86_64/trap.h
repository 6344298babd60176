// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Traps of a PC's processor: the frame that handlers get, gates, stacks.
#ifndef GUEST_X86_64_TRAP_H
#define GUEST_X86_64_TRAP_H

#include "lib/access.h"

enum { VECTORS = 256 };

// The stack of a trap, from the registers that vectors.S saves up to what the processor pushed.
struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

// The bare gate of a vector, for handlers that save what they use themselves (__attribute__((interrupt))).
enum gate { GATE_INTERRUPT = 0x8e, GATE_TRAP = 0x8f, GATE_USER = 0x60 };
void gate_set(unsigned vector, const void *entry, unsigned type, unsigned ist);
void gate_reset(unsigned vector);
void ist_set(unsigned index, void *top); // 1-7, of the boot processor
void stack0_set(void *top);              // the stack of traps from user mode, of the boot processor

struct hardware_frame {
    uint64_t rip, cs, rflags, rsp, ss;
};
#define INTERRUPT __attribute__((interrupt))

#endif

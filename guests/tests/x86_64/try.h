// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Runs one instruction that should fault, prints the fault, and continues after it.
#ifndef TRY_H
#define TRY_H

#include "lib/guest.h"

// Where the instruction under test stands, where to go on, and with which stack.
static __attribute__((used)) volatile uint64_t at, resume, stack;
static const char *volatile what;

static void report(struct frame *frame)
{
    uint64_t cr2;
    __asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
    print("%s: vector %u, error %x, rip ", what, frame->vector, frame->error);
    if (frame->rip - at < 16)
        print("+%u", frame->rip - at);
    else
        print("elsewhere");
    if (frame->vector == 14)
        print(", cr2 +%x", cr2 & 0xfff);
    print("\n");
    frame->rip = resume;
    frame->rflags &= ~UINT64_C(0x40100); // AC, TF
}

// Runs the instructions of the last argument, then `code`, which is what faults. Both may use RAX, RCX, RDX and the stack.
#define TRY(name, code, ...)                                                                                           \
    do {                                                                                                               \
        what = name;                                                                                                   \
        __asm__ volatile("movq $1f, at; movq $2f, resume; movq %%rsp, stack\n" __VA_ARGS__ "\n1: " code                \
                         "\n2: movq stack, %%rsp"                                                                      \
                         :                                                                                             \
                         :                                                                                             \
                         : "rax", "rcx", "rdx", "memory");                                                             \
    } while (0)

static inline void try_init(void)
{
    for (unsigned vector = 0; vector < 32; vector++)
        on_trap(vector, report);
}

#endif

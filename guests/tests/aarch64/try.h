// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Runs one instruction that should cause an exception, prints the exception, and continues after it.
#ifndef TESTS_AARCH64_TRY_H
#define TESTS_AARCH64_TRY_H

#include "lib/guest.h"

// Where the instruction under test stands, where to go on, and with which stack.
static volatile struct {
    uint64_t at, resume, stack;
} place;
static const char *volatile what;

#define PSTATE_IL    (UINT64_C(1) << 20)
#define PSTATE_SPSEL UINT64_C(1)

static void report(struct frame *frame)
{
    print("%s: vector %u, class %x, syndrome %x, pc ", what, frame->vector, (uint64_t)exception_class(frame),
          frame->esr & 0x1ffffff);
    if (frame->pc - place.at < 16)
        print("+%u", frame->pc - place.at);
    else
        print("elsewhere");
    switch (exception_class(frame)) {
    case EC_PC_ALIGNMENT: print(", far %s", frame->far == frame->pc ? "the same" : "another"); break;
    case EC_INSTRUCTION_ABORT:
    case EC_DATA_ABORT:
    case EC_WATCHPOINT: print(", far ..%x", frame->far & 0xffff); break;
    default: break;
    }
    if (frame->pstate & PSTATE_IL)
        print(", illegal state");
    print("\n");
    frame->pc = place.resume;
    frame->pstate = (frame->pstate & ~PSTATE_IL) | PSTATE_SPSEL;
}

// Runs the instructions of `before`, then `code`, which is what is tried. Both may use X9 to X15 and the stack.
#define TRY(name, code, before)                                                                                        \
    do {                                                                                                               \
        what = name;                                                                                                   \
        __asm__ volatile("adr x9, 1f; adr x10, 2f; mov x11, sp; stp x9, x10, [%0]; str x11, [%0, #16]\n" before        \
                         "\n1: " code "\n2: ldr x11, [%0, #16]; mov sp, x11"                                           \
                         :                                                                                             \
                         : "r"(&place)                                                                                 \
                         : "x9", "x10", "x11", "x12", "x13", "x14", "x15", "memory", "cc");                            \
    } while (0)

#endif

// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exceptions of an Arm processor (Arm ARM DDI 0487, D1.3): the frame that handlers get.
#ifndef GUEST_AARCH64_TRAP_H
#define GUEST_AARCH64_TRAP_H

#include "lib/access.h"

// Entries of the vector table, 80h apart: from EL1 on SP_EL0, from EL1 on SP_EL1 (where guests run), from EL0.
enum vector {
    VECTOR_SYNC_SP0 = 0,
    VECTOR_SYNC = 4,
    VECTOR_IRQ = 5,
    VECTOR_FIQ = 6,
    VECTOR_SERROR = 7,
    VECTOR_USER_SYNC = 8,
    VECTOR_USER_IRQ = 9,
    VECTORS = 16,
};

// The stack of a trap, as vectors.S saves it. What is changed in x, pc and pstate goes back.
struct frame {
    uint64_t x[31];
    uint64_t vector, pc, pstate, esr, far;
};

// ESR_EL1.EC, DDI 0487 D17.2.37.
enum {
    EC_UNKNOWN = 0x00,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_INSTRUCTION_ABORT_USER = 0x20,
    EC_INSTRUCTION_ABORT = 0x21,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT_USER = 0x24,
    EC_DATA_ABORT = 0x25,
    EC_SP_ALIGNMENT = 0x26,
    EC_BREAKPOINT = 0x31,
    EC_WATCHPOINT = 0x35,
    EC_BRK = 0x3c,
};

INLINE unsigned exception_class(const struct frame *frame)
{
    return frame->esr >> 26 & 0x3f;
}

#endif

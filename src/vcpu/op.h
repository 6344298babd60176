// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The pre-decoded operation: what a front end makes of guest code, and what an executor runs.
//
// A guest instruction becomes one or a few ops of 16 bytes. Operands are slots: indices into the guest's register file,
// which also holds temporaries, a zero and the segment bases, so that an op never asks what kind of operand it has.
// The codes are the guest's own (x86_64/ops.h); the format, the block and the ways to leave one are common.
#ifndef VCPU_OP_H
#define VCPU_OP_H

#include <stdint.h>

struct op {
    uint16_t code;
    uint8_t n; // index of its instruction in the block
    uint8_t d; // destination slot
    union {
        struct {
            uint8_t a; // first source, or base of an address
            uint8_t b; // second source, or index of an address
            uint8_t s; // scale (log2) or size (bytes), as the code says
            uint8_t x; // one more slot or small number
        };
        int32_t delta; // exits: from the start of this block to the target, in bytes
    };
    union {
        int64_t imm;
        struct {
            int32_t disp;  // of an address
            int32_t value; // immediate beside a displacement
        };
        const struct op *link; // exits: head of the next block once it is known, NULL before
    };
};

// What an op's function tells the executor when it is not simply done.
enum op_out {
    OP_NEXT = 0,
    OP_FINISH, // done, but leave after this instruction: something was raised, unmasked or changed
    OP_FAULT,  // not done: the instruction raised an exception, and no register of the guest has changed
    OP_LEAVE,  // done, the last of its block, and the program counter is already the new one
};

#endif

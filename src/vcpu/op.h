// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The pre-decoded operation: a front end translates guest code to it, and an executor runs it.
//
// A guest instruction becomes one or a few ops of 16 bytes. Operands are slots: indices into the guest's register file,
// which also holds temporaries, a zero and the segment bases, so that an op does not depend on the kind of operand.
// Each architecture has its own codes (x86_64/exec/ops.h, aarch64/exec/ops.h); the format, the columns of the lists,
// blocks and exits are common.
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
            int32_t value; // an immediate that is used with a displacement
        };
        const struct op *link; // exits: head of the next block once it is known, NULL before
    };
};

// What the function of a CHECKED op returns.
enum op_out {
    OP_NEXT = 0,
    OP_FINISH, // done, but leave the block after this instruction: something was raised, unmasked or changed
    OP_FAULT,  // not done: the instruction raised an exception, and no register of the guest has changed
    OP_LEAVE,  // done, the last of its block, and the program counter is already the new one
};

typedef void op_body(void); // the function of an op; its type follows from its class

#define OP_DEAD 0 // the first code of every guest: the head of a block that is no longer valid
#define OP_HEAD 1 // the second: charges the block's instructions
#define OP_NATIVE 2 // the third: the head of a block that has host code (native.h)

// --- the list of a guest's ops ---------------------------------------------------------------------------------------
//
// It is a macro, X86_OPS(OP) or A64_OPS(OP), with one row for each op in the order of their codes:
//
//   OP(name, operands, reads, writes, faults, finishes, class)
//
//   name      of the op; its function is op_NAME
//   operands  the fields of struct op that it uses: OP_ bits, below
//   reads     flags it looks at; writes: flags that it may change. The bits are the guest's own
//   faults    1: it may answer OP_FAULT
//   finishes  1: it may answer OP_FINISH or OP_LEAVE
//   class     the form of its function:
//       PLAIN       void op_NAME(cpu, op): falls to the next op
//       BARE(full)  the same; it is op `full` without the flags, and where execution may stop in between, `full` runs instead
//       CHECKED     enum op_out op_NAME(cpu, op)
//       JUMP        const struct op *op_NAME(cpu, op): ends a block; the next head, or NULL to leave with the program counter set
//
// To get codes, names, functions or properties, expand it with a macro of seven parameters; `class` is a token to paste.

// Operands.
enum {
    OP_TO_D = 1 << 0, // slot d is written
    OP_OF_D = 1 << 1, // slot d is read
    OP_OF_A = 1 << 2,
    OP_OF_B = 1 << 3,
    OP_TO_X = 1 << 4,
    OP_OF_X = 1 << 5,
    OP_VECTOR = 1 << 6, // d and x are vector registers
    OP_D = 1 << 7,      // d is a number, and so on
    OP_S = 1 << 8,
    OP_X = 1 << 9,
    OP_DELTA = 1 << 10,
    OP_IMM = 1 << 11,
    OP_DISP = 1 << 12,
    OP_VALUE = 1 << 13,
    OP_LOADS = 1 << 14, // guest memory
    OP_STORES = 1 << 15,
    // Bits 31:24 are a guest's own.
    OP_CPU = 1 << 16, // more of the CPU's state than slots and flags, and slots that no field names
};

enum op_class { OP_PLAIN, OP_BARE, OP_CHECKED, OP_JUMP };

struct op_row {
    const char *name;
    uint32_t operands;
    uint32_t reads, writes;
    uint8_t faults, finishes;
    uint8_t class;
};

// A row as a value.
#define OP_ROW(name, operands, reads, writes, faults, finishes, class)                                                 \
    {                                                                                                                  \
#name, operands, reads, writes, faults, finishes, OP_CLASS_##class                                             \
    }
#define OP_CLASS_PLAIN      OP_PLAIN
#define OP_CLASS_BARE(full) OP_BARE
#define OP_CLASS_CHECKED    OP_CHECKED
#define OP_CLASS_JUMP       OP_JUMP

#endif

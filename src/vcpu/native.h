// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How the interpreter runs host code: a compiled block has the head NATIVE, which is an op like others. What the code generator
// (vcpu/jit) makes is entered here and comes back here with the op at which the interpreter goes on, and how.
#ifndef VCPU_NATIVE_H
#define VCPU_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu/op.h"

struct vcpu;
struct block;

enum native_how {
    // OP_NEXT to OP_LEAVE: `op` has answered this; the executor does what it does after an op of its own.
    NATIVE_GO = 8, // run `op`, a head or an op of the current block
    NATIVE_HEAD,   // the budget does not suffice for the block of this head, which was not charged
    NATIVE_EXIT, // `op` is the exit that was taken: the program counter is the new one, and the next block is not linked
    NATIVE_STOP, // leave the blocks: the program counter is exact; there is no op
};

struct native_end {
    const struct op *op;
    uint64_t how; // enum op_out or enum native_how
};

// The part of the code generator that the interpreter sees. With `compile` NULL there is none.
struct native {
    struct native_end (*enter)(struct vcpu *cpu, const void *code);
    const void *absent; // the code of a block that has none: comes back with its head and NATIVE_GO
    // The block has run `threshold` times. True: its head is NATIVE now.
    bool (*compile)(void *owner, struct vcpu *cpu, struct block *block);
    // An exit has been linked to a compiled block.
    void (*link)(void *owner, struct block *block, unsigned exit, const struct block *target);
    // It is not linked any more.
    void (*unlink)(void *owner, struct block *block, unsigned exit);
    // The cache of blocks is being emptied.
    void (*drop)(void *owner);
    void *owner;
    uint32_t threshold;
};

#endif

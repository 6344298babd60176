// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Who is told what code the vCPUs execute: each block when it is decoded, each time it is entered, and when it becomes host code.
//
// Without a watch none of this costs time: only with one do blocks begin with a WATCH op, and when it comes or goes all blocks
// are decoded again. Links between blocks stay, as every way into a block passes its first op. A watch changes nothing that a
// guest can see.
//
// Not modelled: where a block is left before its end, by a fault, an interrupt or the end of a slice, nobody is told.
#ifndef VCPU_CODE_WATCH_H
#define VCPU_CODE_WATCH_H

#include <stdint.h>

#include "base/bits.h"
#include "vcpu/block.h"

struct loop;
struct vcpu;

// Host code as it was made. A piece ends where the next one begins, the last one with the code.
struct host_piece {
    uint32_t at;         // bytes from the start
    const char *what;    // "head"; "op"; "seldom": of an op, a way that is seldom taken; of the shared code, its name
    const struct op *op; // NULL: it belongs to none
};

struct host_code {
    const uint8_t *code; // where it is executed
    size_t size;
    const struct host_piece *pieces;
    unsigned count;
};

struct code_watch {
    // The program counter is that of the block's first instruction, the registers and flags are exact, and vcpu_executed is
    // what was executed before it. NULL: not told.
    void (*decoded)(void *owner, struct vcpu *cpu, const struct block *block);
    void (*entered)(void *owner, struct vcpu *cpu, const struct block *block);
    // A block became host code. Its exits are not linked yet. NULL: not told.
    void (*compiled)(void *owner, struct vcpu *cpu, const struct block *block, const struct host_code *code);
    void *owner;
};

// Between two runs, when loop->code has changed: the blocks decoded so far are dropped.
void code_watch_changed(struct loop *loop);

// The op WATCH, the first of a block but for those that may stop before it.
COLD void code_watch_enter(struct vcpu *cpu, const struct op *op);

// The code of a block: `block->bytes` bytes, which are put into `space` where the block continues in another page.
#define CODE_WATCH_SPACE (BLOCK_INSTRUCTIONS * 16)
const uint8_t *code_watch_bytes(const struct vcpu *cpu, const struct block *block, uint8_t space[CODE_WATCH_SPACE]);

#endif

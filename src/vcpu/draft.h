// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A block that a front end is writing: ops one after the other, an offset for each instruction, exits last.
#ifndef VCPU_DRAFT_H
#define VCPU_DRAFT_H

#include "vcpu/block.h"

struct draft {
    struct op ops[BLOCK_OPS];
    uint16_t offsets[BLOCK_INSTRUCTIONS + 1];
    struct block block; // last, as it ends with the ops of a finished block; a draft has them elsewhere
};

// An empty block of one op, its head.
void draft_begin(struct draft *draft, uint64_t physical, uint32_t mode);

// Is there room for one more instruction of at most `ops` ops?
bool draft_has_room(const struct draft *draft, unsigned ops);

// One more op of the instruction being written.
struct op *draft_op(struct draft *draft, unsigned code);

// An exit with op `code` to `target` (bytes from the start of the block), linked later if that is in the same page.
void draft_exit(struct draft *draft, unsigned code, int32_t target);

// The instruction that starts at `start` is complete.
void draft_instruction(struct draft *draft, unsigned start);

// No instruction ended the block: adds an exit `code` to `target`, which belongs to its last instruction.
void draft_go_on(struct draft *draft, unsigned code, int32_t target);

// The block is complete: its code ends before `end`.
void draft_end(struct draft *draft, unsigned end);

// Does the block begin with an op WATCH (code_watch.h)? It follows those that may stop before the first instruction.
bool draft_is_watched(const struct draft *draft, const struct vcpu *cpu);

// Enters the finished block into the cache, and tells who watches.
struct block *draft_add(const struct draft *draft, struct vcpu *cpu);

// A pointer to the code at a physical address, valid to the end of its page: RAM, or all ones if nothing answers there.
const uint8_t *draft_code(const struct vcpu *cpu, uint64_t physical);

#endif

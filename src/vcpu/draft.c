// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A block that a front end is writing.
#include "vcpu/draft.h"

#include <assert.h>

#include "vcpu/loop.h"

void draft_begin(struct draft *draft, uint64_t physical, uint32_t mode)
{
    draft->block = (struct block){ .physical = physical, .second = UINT64_MAX, .mode = mode };
    draft_op(draft, OP_HEAD);
}

bool draft_has_room(const struct draft *draft, unsigned ops)
{
    return draft->block.count < BLOCK_INSTRUCTIONS && draft->block.op_count + ops <= BLOCK_OPS;
}

struct op *draft_op(struct draft *draft, unsigned code)
{
    assert(draft->block.op_count < BLOCK_OPS);
    struct op *op = &draft->ops[draft->block.op_count++];
    *op = (struct op){ .code = (uint16_t)code, .n = (uint8_t)draft->block.count };
    return op;
}

void draft_exit(struct draft *draft, unsigned code, int32_t target)
{
    struct op *op = draft_op(draft, code);
    int64_t offset = (int64_t)(draft->block.physical & ~PAGE_MASK) + target;
    op->d = offset >= 0 && offset < (int64_t)PAGE_SIZE;
    op->delta = target;
    op->link = NULL;
    draft->block.exits++;
}

void draft_instruction(struct draft *draft, unsigned start)
{
    draft->offsets[draft->block.count++] = (uint16_t)start;
}

void draft_go_on(struct draft *draft, unsigned code, int32_t target)
{
    draft->block.count--;
    draft_exit(draft, code, target);
    draft->block.count++;
}

void draft_end(struct draft *draft, unsigned end)
{
    draft->offsets[draft->block.count] = (uint16_t)end;
    draft->block.bytes = (uint16_t)end;
    draft->ops[0].imm = draft->block.count;
}

bool draft_is_watched(const struct draft *draft, const struct vcpu *cpu)
{
    return draft->block.count == 0 && unlikely(cpu->loop->code.entered);
}

struct block *draft_add(const struct draft *draft, struct vcpu *cpu)
{
    struct loop *loop = cpu->loop;
    struct block *block = blocks_add(&loop->blocks, &draft->block, draft->ops, draft->offsets);
    if (unlikely(loop->code.decoded))
        loop->code.decoded(loop->code.owner, cpu, block);
    return block;
}

const uint8_t *draft_code(const struct vcpu *cpu, uint64_t physical)
{
    static const uint8_t nothing[PAGE_SIZE] = { [0 ... PAGE_SIZE - 1] = 0xff };
    struct region *region = bus_find(cpu->loop->memory, physical & PAGE_MASK);
    uint64_t offset = region ? (physical & PAGE_MASK) - region->base : 0;
    if (!region || !region->ram || region->size - offset < PAGE_SIZE)
        return nothing + (physical & ~PAGE_MASK);
    return region->ram + offset + (physical & ~PAGE_MASK);
}

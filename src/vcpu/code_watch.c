// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is told of the code that vCPUs execute.
#include "vcpu/code_watch.h"

#include <string.h>

#include "vcpu/draft.h"
#include "vcpu/loop.h"

void code_watch_changed(struct loop *loop)
{
    blocks_drop(&loop->blocks);
}

// With `at`, the instructions and the time of this moment are those before the block.
void code_watch_enter(struct vcpu *cpu, const struct op *op)
{
    const struct code_watch *watch = &cpu->loop->code;
    if (!watch->entered)
        return;
    cpu->at = op;
    watch->entered(watch->owner, cpu, cpu->block);
    cpu->at = NULL;
}

const uint8_t *code_watch_bytes(const struct vcpu *cpu, const struct block *block, uint8_t space[CODE_WATCH_SPACE])
{
    const uint8_t *first = draft_code(cpu, block->physical);
    unsigned here = (unsigned)(PAGE_SIZE - (block->physical & ~PAGE_MASK));
    if (block->bytes <= here)
        return first;
    memcpy(space, first, here);
    memcpy(space + here, draft_code(cpu, block->second), block->bytes - here);
    return space;
}
